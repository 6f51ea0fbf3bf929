"""The page in a real browser: accessible, narrow, silent on the network, usable by keyboard alone."""

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.resources import files
from pathlib import Path
from socket import socket
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from wholetrial.programme.trials import shipped_trials

PAGES = (*shipped_trials(), "index")


@pytest.fixture(scope="module")
def axe() -> str:
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@contextmanager
def _serving(site: Path, wrap: Callable[[socket], socket] = lambda one: one) -> Iterator[int]:
    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=site))
    server.socket = wrap(server.socket)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def served(site: Path) -> Iterator[int]:
    """The port of a plain http server of the site."""
    with _serving(site) as port:
        yield port


@pytest.fixture(scope="module")
def secured(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an https server of the site, with a certificate of its own."""
    file = tmp_path_factory.mktemp("certificate") / "own.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "volunteer.example")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    made = made.public_key(key.public_key()).serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=2))
    text = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(text + key.private_bytes(*plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with _serving(site, lambda one: context.wrap_socket(one, server_side=True)) as port:
        yield port


def _opened(browser: Any, address: str, width: int = 1000, **how: Any) -> tuple[Any, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 800}, **how)
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda said: trouble.append(said.text))
    page.on("request", lambda asked: trouble.append(asked.url) if asked.url != address else None)
    page.goto(address)
    return page, trouble


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [1280, 768, 320])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_page(
    browser: Any, site: Path, axe: str, name: str, width: int
) -> None:
    address = (site / f"{name}.html").as_uri()
    page, trouble = _opened(browser, address, width, bypass_csp=True)
    if name != "index":
        page.evaluate(
            "document.querySelectorAll('#questions [value=yes]').forEach((one) => one.click())"
        )
        page.fill("#note-text", "for myself")
        page.click("#note-add")
        page.click("#note-list button")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(axe)
    found = page.evaluate("axe.run().then((r) => r.violations.map((v) => [v.id, v.nodes[0].html]))")
    assert found == []
    assert trouble == []
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_no_host_for_anything_under_its_own_strict_policy(
    browser: Any, site: Path, name: str
) -> None:
    page, trouble = _opened(browser, (site / f"{name}.html").as_uri())
    assert trouble == []
    injected = """(name) => new Promise((done) => {
      document.addEventListener("securitypolicyviolation", (event) => done(event.violatedDirective), { once: true });
      const made = document.createElement(name);
      try { if (name === "script") made.textContent = "window.broken = 1"; else made.src = "http://volunteer.example/x.png"; }
      catch (error) { done("trusted types"); }
      document.body.append(made);
    })"""
    assert page.evaluate(injected, "img") == "img-src"
    assert page.evaluate(injected, "script") in (
        "trusted types",
        "require-trusted-types-for",
        "script-src-elem",
    )
    assert page.evaluate("window.broken") is None
    page.close()


def test_the_page_is_whole_without_a_script(browser: Any, site: Path) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto((site / "NCT06374979.html").as_uri())
    assert not page.is_visible("#questions")
    assert not page.is_visible("#notes")
    assert page.is_visible("text=Aged 18 to 70")
    assert page.get_attribute("#letter", "href").startswith("mailto:?subject=Clinical%20trial")
    page.close()


def test_the_keyboard_alone_answers_reads_the_result_and_clears(browser: Any, site: Path) -> None:
    page, trouble = _opened(browser, (site / "NCT00320216.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    _tab_to(page, "document.activeElement.name === 'q0'")
    page.keyboard.press("Space")
    assert page.is_visible("text=Since when?")
    _tab_to(page, "document.activeElement.name === 'q0-since-year'")
    page.keyboard.type("2001")
    _tab_to(page, "document.activeElement.name === 'q4-year'")
    page.keyboard.type("1970")
    assert "You may fit this trial." in page.inner_text("#verdict")
    assert page.get_attribute("#verdict", "aria-live") == "polite"
    _tab_to(page, "document.activeElement.id === 'clear-responses'")
    page.keyboard.press("Enter")
    assert page.inner_text("#verdict") == "Answer what you can. The result shows here."
    assert page.input_value("[name=q4-year]") == ""
    assert page.evaluate("document.activeElement.id") == "fit-heading"
    assert trouble == []
    page.close()


def _tab_to(page: Any, reached: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(reached):
            return
    raise AssertionError(f"no Tab leads to {reached}")


def test_answers_outlive_a_reload_and_are_not_kept_in_another_tab(browser: Any, site: Path) -> None:
    context = browser.new_context()
    address = (site / "NCT00320216.html").as_uri()
    page, other = context.new_page(), context.new_page()
    page.goto(address)
    page.check("[name=q0][value=no]")
    page.reload()
    assert page.is_checked("[name=q0][value=no]")
    assert "does not fit you now" in page.inner_text("#verdict")
    other.goto(address)
    assert not other.is_checked("[name=q0][value=no]")
    page.click("#clear-responses")
    page.reload()
    assert not page.is_checked("[name=q0][value=no]")
    context.close()


def test_a_day_that_cannot_be_is_said_and_counts_as_none(browser: Any, site: Path) -> None:
    page, _ = _opened(browser, (site / "NCT00320216.html").as_uri())
    for day, month, year, said in (
        ("31", "02", "1990", "There is no such day."),
        ("", "", "2999", "There is no such day."),
        ("", "", "2190", "This day has not come yet."),
        ("", "05", "", "Please add the year."),
        ("5", "", "1990", "Please add the month."),
        ("", "", "1850", "Please check the year."),
    ):
        page.fill("[name=q4-day]", day)
        page.select_option("[name=q4-month]", month)
        page.fill("[name=q4-year]", year)
        assert said in page.inner_text("#q4-wrong")
        assert page.evaluate("window.wholetrial.replies().born") == ""
    page.close()


def test_the_summary_is_all_that_is_printed_of_it(browser: Any, site: Path) -> None:
    page, _ = _opened(browser, (site / "NCT00320216.html").as_uri())
    page.evaluate("window.print = () => { window.printed = document.body.className }")
    page.check("[name=q0][value=yes]")
    page.click("#print-summary")
    assert page.evaluate("window.printed") == "only-summary"
    page.emulate_media(media="print")
    shown = page.inner_text("body")
    assert "My answers, to take to a doctor" in shown
    assert "Do you have plaque psoriasis? yes" in shown
    assert "What is measured?" not in shown
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert "What is measured?" in page.inner_text("body")
    page.close()


def test_the_letter_takes_the_answers_only_when_asked_to(browser: Any, site: Path) -> None:
    page, _ = _opened(browser, (site / "NCT00320216.html").as_uri())
    page.check("[name=q0][value=no]")
    assert "psoriasis%3F%20no" not in page.get_attribute("#letter", "href")
    page.check("#letter-answers")
    assert "psoriasis%3F%20no" in page.get_attribute("#letter", "href")
    page.close()


def test_the_index_finds_trials_by_words_and_status(browser: Any, site: Path) -> None:
    page, _ = _opened(browser, (site / "index.html").as_uri())
    page.fill("#words", "depression icahn")
    assert page.inner_text("#count") == "1 trial"
    assert page.locator(".trials > li:visible a").all_inner_texts() == [
        "Ixekizumab for depression that other drugs did not help"
    ]
    page.fill("#words", "")
    page.select_option("#status", "Recruiting")
    assert page.inner_text("#count") == "1 trial"
    page.fill("#words", "zzz")
    assert page.inner_text("#count") == "0 trials"
    page.close()


def test_over_plain_http_notes_stay_local_and_say_why(browser: Any, served: int) -> None:
    page = browser.new_page()
    page.goto(f"http://volunteer.example:{served}/NCT00320216.html#note=V1RO")
    assert "not encrypted (http)" in page.inner_text("#note-says")
    assert "Notes cannot be shared from here" in page.inner_text("#no-crypto")
    page.fill("#note-text", "mine")
    page.click("#note-add")
    assert page.locator("#note-list button").all_inner_texts() == ["Delete"]
    page.reload()
    assert page.locator("#note-list .note-text").all_inner_texts() == ["mine"]
    assert not page.is_visible("#open-field")
    page.check("[name=q0][value=no]")
    assert "does not fit you now" in page.inner_text("#verdict")
    page.close()


def test_https_can_share_notes_and_the_index_leads_to_the_pages(browser: Any, secured: int) -> None:
    page = browser.new_page(ignore_https_errors=True)
    page.goto(f"https://volunteer.example:{secured}/index.html")
    page.click("text=CNTO 1275 shots")
    page.fill("#note-text", "mine")
    page.click("#note-add")
    assert page.locator("#note-list button").all_inner_texts() == ["Share", "Delete"]
    assert not page.is_visible("#no-crypto")
    page.close()


def test_localhost_can_share_notes(browser: Any, served: int) -> None:
    page = browser.new_page()
    page.goto(f"http://localhost:{served}/NCT00320216.html")
    page.fill("#note-text", "mine")
    page.click("#note-add")
    assert page.locator("#note-list button").all_inner_texts() == ["Share", "Delete"]
    page.close()
