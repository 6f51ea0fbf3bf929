"""The page as text: whole, escaped, the same bytes each time, with whatever a file holds."""

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from wholetrial.programme.trials import load, shipped_trials
from wholetrial.protocol.eligibility import Criterion
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.public import Contact, Dates, Public, Research
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader
from wholetrial.publishing.page import index_row, letter_of, render_index, render_page

EVIL = "</title></script><script>window.broken=1</script><img src=x onerror=window.broken=1>\"'&"
LONG = "Überlangerprüfungsname" * 60
RTL = "תרופה חדשה לפסוריאזיס \u202e"


class _Reader(HTMLParser):
    """Every element with its attributes, and every id."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    return reader


def _with(**changes: Any) -> Protocol:
    protocol = load("NCT04979910")
    assert protocol.public is not None
    return protocol.model_copy(update={"public": protocol.public.model_copy(update=changes)})


def _eligible(**blocks: Any) -> Protocol:
    protocol = load("NCT04979910")
    return protocol.model_copy(
        update={"eligibility": protocol.eligibility.model_copy(update=blocks)}
    )


@pytest.mark.parametrize("trial", shipped_trials())
def test_a_page_holds_every_fact_and_no_id_twice(trial: str) -> None:
    protocol = load(trial)
    page = render_page(protocol, others=[load(one) for one in shipped_trials()], site=True)
    assert page == render_page(protocol, others=[load(one) for one in shipped_trials()], site=True)
    ids = [attrs["id"] for _, attrs in _read(page).elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    told = html.unescape(page)
    for block in (protocol.eligibility.include, protocol.eligibility.exclude):
        for criterion in block.values():
            assert criterion.text.rstrip(".") in told
    for arm in protocol.arms.values():
        assert arm.label in told
    for link in re.findall(r'href="#([^"]+)"', page):
        assert link in ids


@pytest.mark.parametrize("trial", shipped_trials())
def test_nothing_in_a_page_is_fetched_or_runs_but_its_own_script(trial: str) -> None:
    for tag, attrs in _read(render_page(load(trial), site=True)).elements:
        assert tag not in ("img", "iframe", "object", "embed", "video", "audio", "base")
        assert "src" not in attrs
        assert "style" not in attrs
        assert not any(name.startswith("on") for name in attrs)
        if tag == "link":
            assert attrs["rel"] == "alternate"
        if tag == "script":
            assert set(attrs) <= {"type", "id"}
            assert attrs.get("type", "") != "module"


def _opened(browser: Any, page: str, folder: Path) -> Any:
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    found = browser.new_page(viewport={"width": 320, "height": 700})
    found.goto(file.as_uri())
    assert found.evaluate("window.broken") is None
    assert found.evaluate("document.documentElement.scrollWidth") <= 320
    return found


@pytest.mark.parametrize("text", [EVIL, LONG, RTL])
def test_whatever_stands_in_a_file_is_text(browser: Any, tmp_path: Path, text: str) -> None:
    protocol = load("NCT04979910")
    arms = {
        name: arm.model_copy(update={"label": text[:1500]}) for name, arm in protocol.arms.items()
    }
    criterion = Criterion(
        text=text[:1500], rule=read_condition(Reader("has major_depressive_episode"))
    )
    concepts = {
        name: one.model_copy(update={"lay": text[:1500]})
        for name, one in protocol.eligibility.concepts.items()
    }
    changed = protocol.model_copy(
        update={
            "title": text[:1500],
            "arms": arms,
            "eligibility": protocol.eligibility.model_copy(
                update={"include": {"I1": criterion}, "concepts": concepts}
            ),
            "public": Public(
                lay_title=text[:1500],
                status=text[:300],
                summary=text[:1500],
                sponsor=text[:1500],
                sites=(text[:1500],),
                contact=Contact(name=text[:1500], phone=text[:300]),
                dates=Dates(updated=text[:300]),
                approvals={text[:300]: text[:300]},
                research=(Research(cite=text[:300], says=text[:1500]),),
                keywords=(text[:300],),
            ),
        }
    )
    page = _opened(browser, render_page(changed), tmp_path)
    assert page.inner_text("h1") == " ".join(text[:1500].split()) or text == RTL
    page.check("#questions [value=no] >> nth=0")
    assert "does not fit you now" in page.inner_text("#verdict")
    page.close()
    index = _opened(browser, render_index([index_row(changed)], [("x", text)]), tmp_path)
    index.close()


def test_a_trial_without_criteria_says_so(browser: Any, tmp_path: Path) -> None:
    page = _opened(
        browser, render_page(_eligible(include={}, exclude={}, permit={}, unseen=None)), tmp_path
    )
    assert "No rules for joining are published." in page.inner_text("#criteria")
    assert page.locator("#fit").count() == 0
    page.fill("#note-text", "still works")
    page.click("#note-add")
    assert page.locator("#note-list li").count() == 1
    page.close()


def test_a_trial_without_contact_or_public_facts_has_a_page(browser: Any, tmp_path: Path) -> None:
    page = _opened(
        browser, render_page(load("NCT04979910").model_copy(update={"public": None})), tmp_path
    )
    assert "No contact is published." in page.inner_text("#join")
    assert "No place is published." in page.inner_text("#places")
    assert page.inner_text(".status") == "Status not stated"
    page.close()
    assert "No contact is published. Ask the sponsor, Icahn" in render_page(_with(contact=None))


def test_three_hundred_criteria_fold_and_are_all_there(browser: Any, tmp_path: Path) -> None:
    rule = read_condition(Reader("has major_depressive_episode"))
    many = {f"I{n}": Criterion(text=f"Need number {n}", rule=rule) for n in range(300)}
    page = _opened(browser, render_page(_eligible(include=many)), tmp_path)
    assert page.locator("#criteria li").count() == 300 + 3
    assert page.inner_text("#criteria summary") == "See 288 more needs"
    assert not page.is_visible("text=Need number 299")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.is_visible("text=Need number 299")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert not page.is_visible("text=Need number 299")
    page.click("#criteria summary")
    assert page.is_visible("text=Need number 299")
    page.click("#questions [value=no] >> nth=0")
    assert page.locator("#verdict li").count() == 300
    page.close()


def test_a_criterion_without_a_rule_is_left_to_the_visit(browser: Any, tmp_path: Path) -> None:
    rule = read_condition(Reader("has major_depressive_episode"))
    two = {"I1": Criterion(text="Text only"), "I2": Criterion(text="Asked", rule=rule)}
    page = _opened(browser, render_page(_eligible(include=two, exclude={}, unseen=None)), tmp_path)
    page.click("#questions [value=yes] >> nth=0")
    assert "You may fit this trial." in page.inner_text("#verdict")
    assert "Text only." in page.inner_text("#verdict")
    page.close()


def test_hidden_rules_are_said_on_the_page_and_in_the_best_verdict(
    browser: Any, tmp_path: Path
) -> None:
    page = _opened(browser, render_page(load("NCT04979910")), tmp_path)
    assert "The source hides 6 more needs and 12 more reasons." in page.inner_text("#criteria")
    page.click("#questions [value=yes] >> nth=0")
    assert "The source does not show all rules of this trial." in page.inner_text("#verdict")
    page.close()


def test_a_letter_goes_to_the_address_in_the_file() -> None:
    letter = letter_of(_with(contact=Contact(name="A & B", email="team@clinic.example")))
    assert letter.startswith(
        "mailto:team@clinic.example?subject=Clinical%20trial%20NCT04979910&body=Dear%20"
    )
    assert "%0D%0A" in letter
    with pytest.raises(ValueError, match="email"):
        Contact(email="a@b.example?bcc=c@d.example")


def test_facts_on_the_page_are_data_that_a_program_can_read() -> None:
    page = render_page(_with(lay_title=EVIL))
    for name in ("form-data", "facts-data"):
        (text,) = re.findall(rf'<script type="application/json" id="{name}">(.*?)</script>', page)
        assert json.loads(text)
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert json.loads(text)["name"] == EVIL
