"""Private notes: kept, shared behind a passcode, opened by nobody without it, never lost."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

WORD = "correct horse battery"
EVIL = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>'


@pytest.fixture
def context(browser: Any) -> Any:
    found = browser.new_context()
    yield found
    found.close()


def _page(context: Any, site: Path, trial: str = "NCT00320216") -> Any:
    page = context.new_page()
    page.goto((site / f"{trial}.html").as_uri())
    return page


def _note(page: Any, text: str) -> None:
    page.fill("#note-text", text)
    page.click("#note-add")


def _wait_for(page: Any, said: str) -> None:
    """The page's own policy lets no test evaluate a condition while it waits: look at the text."""
    page.locator("#note-says", has_text=said).wait_for()


def _texts(page: Any) -> list[str]:
    return list(page.locator("#note-list .note-text").all_inner_texts())


def _shared_link(page: Any) -> str:
    page.click("#note-list button:has-text('Share')")
    page.fill("#share-passcode", WORD)
    page.click("#share-link")
    page.wait_for_selector("#share-result textarea")
    return str(page.input_value("#share-result textarea"))


def _bytes(link: str) -> bytes:
    text = link.partition("#note=")[2]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _opened(whole: bytes, passcode: str) -> Any:
    """The note by the documented format, with another implementation of it."""
    head, sealed = whole[:36], whole[36:]
    assert head[:4] == b"WTN1"
    assert int.from_bytes(head[32:36], "big") == len(sealed)
    key = hashlib.pbkdf2_hmac("sha256", passcode.encode(), head[4:20], 600_000)
    return json.loads(AESGCM(key).decrypt(head[20:32], sealed, head))


def test_a_note_is_kept_tied_to_its_text_and_deleted(context: Any, site: Path) -> None:
    page = _page(context, site)
    page.evaluate(
        """() => { const one = document.querySelector('#placebo p').firstChild;
        document.getSelection().setBaseAndExtent(one, 0, one, 12); }"""
    )
    page.wait_for_selector("#note-quote:visible")
    assert page.inner_text("#note-quote") == "Yes. 64 of 3"
    _note(page, "Ask about this.")
    page.reload()
    assert _texts(page) == ["Ask about this."]
    assert page.locator("#note-list blockquote").all_inner_texts() == ["Yes. 64 of 3"]
    assert page.evaluate("[...CSS.highlights.get('note')].map(String)") == ["Yes. 64 of 3"]
    page.click("#note-list button:has-text('Delete')")
    page.reload()
    assert _texts(page) == []


def test_notes_of_two_tabs_stand_side_by_side(context: Any, site: Path) -> None:
    one, other = _page(context, site), _page(context, site)
    _note(one, "from one")
    _note(other, "from the other")
    one.locator("#note-list li").nth(1).wait_for()
    other.locator("#note-list li").nth(1).wait_for()
    one.reload()
    assert sorted(_texts(one)) == ["from one", "from the other"]


def test_notes_of_another_trial_stay_there(context: Any, site: Path) -> None:
    _note(_page(context, site), "here")
    assert _texts(_page(context, site, "NCT06374979")) == []


def test_a_shared_note_is_what_the_format_says(context: Any, site: Path) -> None:
    page = _page(context, site)
    _note(page, "Grüße, مرحبا")
    whole = _bytes(_shared_link(page))
    assert _opened(whole, WORD) == {
        "trial": "NCT00320216",
        "notes": [{"text": "Grüße, مرحبا", "quote": ""}],
    }
    with pytest.raises(InvalidTag):
        _opened(whole, WORD + "x")
    assert b"Gr" not in whole[36:]
    assert len(whole) == 36 + 512 + 16


def test_a_link_opens_with_its_passcode_alone(context: Any, site: Path, browser: Any) -> None:
    page = _page(context, site)
    _note(page, "secret words")
    link = _shared_link(page)
    reader = browser.new_page()
    reader.goto(link)
    assert "Somebody shared a note with you" in reader.inner_text("#note-says")
    for wrong in ("", "wrong passcode"):
        reader.fill("#open-passcode", wrong)
        reader.click("#open-form button")
        _wait_for(reader, "This passcode does not open the note")
        assert "secret" not in reader.inner_text("body")
    reader.fill("#open-passcode", WORD)
    reader.click("#open-form button")
    reader.wait_for_selector("#opened .note-text")
    assert reader.inner_text("#opened .note-text") == "secret words"
    reader.click("text=Keep these notes on this device")
    assert _texts(reader) == ["secret words"]
    reader.close()


def test_a_file_carries_all_notes(context: Any, site: Path, tmp_path: Path) -> None:
    page = _page(context, site)
    _note(page, "one")
    _note(page, "two")
    page.click("#share-all")
    page.fill("#share-passcode", WORD)
    with page.expect_download() as saved:
        page.click("#share-file")
    path = tmp_path / "note.wtn"
    saved.value.save_as(path)
    assert [note["text"] for note in _opened(path.read_bytes(), WORD)["notes"]] == ["one", "two"]
    other = _page(context, site, "NCT06374979")
    other.set_input_files("#open-file", path)
    other.fill("#open-passcode", WORD)
    other.click("#open-form button")
    other.wait_for_selector("#opened .note-text")
    assert "This note is about another trial: NCT00320216." in other.inner_text("#note-says")


def test_a_note_that_was_cut_changed_or_is_none_says_so(
    context: Any, site: Path, tmp_path: Path
) -> None:
    page = _page(context, site)
    _note(page, "secret words")
    whole = _bytes(_shared_link(page))
    for made, said in (
        (whole[:-1], "A part of this note is missing."),
        (whole[:20], "A part of this note is missing."),
        (whole + b"x", "This note was changed on its way."),
        (b"", "This is not a shared note."),
        (b"hello", "This is not a shared note."),
        (b"WTN1" + b"x" * 1_000_001, "This file is too large to be a shared note."),
    ):
        path = tmp_path / "bad.wtn"
        path.write_bytes(made)
        page.set_input_files("#open-file", path)
        _wait_for(page, said)
        assert not page.is_visible("#open")
    for place in (5, 25, 40, len(whole) - 1):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        page.set_input_files("#open-file", path)
        page.wait_for_selector("#open:visible")
        page.fill("#open-passcode", WORD)
        page.click("#open-form button")
        _wait_for(page, "This passcode does not open the note, or the note was changed")
        assert page.locator("#opened .note-text").count() == 0


def test_a_short_passcode_is_refused_and_a_good_one_proposed(context: Any, site: Path) -> None:
    page = _page(context, site)
    _note(page, "x")
    page.click("#note-list button:has-text('Share')")
    assert len(page.input_value("#share-passcode")) == 19
    page.fill("#share-passcode", "short")
    page.click("#share-link")
    assert "8 signs or more" in page.inner_text("#note-says")
    assert page.locator("#share-result textarea").count() == 0


@pytest.mark.parametrize("text", [EVIL, "x" * 20000, "‮מתחיל מימין"])
def test_whatever_stands_in_a_note_is_text(context: Any, site: Path, text: str) -> None:
    page = _page(context, site)
    _note(page, text)
    page.reload()
    assert _texts(page) == [text]
    assert page.evaluate("window.broken") is None
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


FORBIDDEN = """for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });"""
FULL = """Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };"""


@pytest.mark.parametrize("script", [FORBIDDEN, FULL])
def test_where_nothing_can_be_kept_the_page_works_and_says_so(
    browser: Any, site: Path, script: str
) -> None:
    page = browser.new_page()
    page.add_init_script(script)
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto((site / "NCT00320216.html").as_uri())
    _note(page, "kept on the page")
    assert _texts(page) == ["kept on the page"]
    assert "the note is lost when you close the page" in page.inner_text("#note-says")
    page.check("[name=q0][value=no]")
    assert "does not fit you now" in page.inner_text("#verdict")
    page.click("#clear-responses")
    assert _bytes(_shared_link(page))[:4] == b"WTN1"
    page.click("#note-list button:has-text('Delete')")
    assert _texts(page) == []
    assert trouble == []
    page.close()


def test_a_full_store_loses_no_note_that_was_there(context: Any, site: Path) -> None:
    page = _page(context, site)
    _note(page, "the first")
    page.evaluate(
        "for (let s = 1 << 20; s; s >>= 1) { try { for (let i = 0; ; i += 1) localStorage.setItem(`fill${s}-${i}`, 'x'.repeat(s)); } catch {} }"
    )
    _note(page, "the second" * 50)
    assert "This browser keeps nothing more here" in page.inner_text("#note-says")
    assert len(_texts(page)) == 2
    page.reload()
    assert _texts(page) == ["the first"]


def test_what_somebody_else_put_into_the_store_breaks_nothing(context: Any, site: Path) -> None:
    page = _page(context, site)
    page.evaluate(
        """() => { localStorage.setItem('wholetrial:note:NCT00320216:a', '{broken');
        localStorage.setItem('wholetrial:note:NCT00320216:b', '{"id": 5, "text": []}');
        sessionStorage.setItem('wholetrial:answers:NCT00320216', '[1, {"q0": {}}]'); }"""
    )
    page.reload()
    _note(page, "mine")
    assert _texts(page) == ["mine"]
