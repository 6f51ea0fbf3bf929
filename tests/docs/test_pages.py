"""The pages hold together: links lead somewhere, commands exist, examples run, phrases read."""

import doctest
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import wholetrial
from wholetrial.cli.application import app
from wholetrial.protocol.analysis_plan import (
    read_alpha,
    read_analysis_set,
    read_contrast,
    read_covariate,
    read_estimate_plan,
    read_tipping_point,
)
from wholetrial.protocol.dose import read_dose, read_gift
from wholetrial.protocol.endpoint import read_event_count, read_measure_at, read_use
from wholetrial.protocol.missing import read_imputation
from wholetrial.protocol.quantity import read_distribution, read_rate, read_share
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader
from wholetrial.protocol.time import read_duration, read_point, read_visit_plan

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
PAGES += sorted((ROOT / "docs").glob("*.md"))
READ: dict[str, Callable[[Reader], Any]] = {
    "condition": read_condition,
    "point": read_point,
    "visits": read_visit_plan,
    "duration": read_duration,
    "dose": read_dose,
    "gift": read_gift,
    "share": read_share,
    "rate": read_rate,
    "distribution": read_distribution,
    "analysis set": read_analysis_set,
    "contrast": read_contrast,
    "estimate": read_estimate_plan,
    "alpha": read_alpha,
    "covariate": read_covariate,
    "imputation": read_imputation,
    "tipping point": read_tipping_point,
    "events": read_event_count,
    "use": read_use,
    "measure": read_measure_at,
}


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as a browser of Markdown makes them."""
    outside = re.sub(r"^```.*?^```", "", text_of(page), flags=re.S | re.M)
    headings = re.findall(r"^#+ (.+)$", outside, re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), f"{named(page)}: {target}"
        assert not anchor or anchor in anchors(found), f"{named(page)}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_exist(page: Path) -> None:
    known = {command.name for command in app.registered_commands}
    blocks = re.findall(r"^```(?:console|sh)\n(.*?)^```", text_of(page), re.S | re.M)
    lines = [line for block in blocks for line in block.splitlines()]
    typed = [line for line in lines if re.match(r"(\$ |\.venv/bin/)", line)]
    inline = re.findall(r"`(wholetrial [^`]+)`", text_of(page))
    for line in (*typed, *inline):
        for word in re.findall(r"\bwholetrial (\w+)", line):
            assert word in known, f"{named(page)}: {line}"


def python_blocks() -> Iterator[Any]:
    for page in PAGES:
        if "```python\n" in text_of(page):
            yield pytest.param(page, id=named(page))


@pytest.mark.parametrize("page", list(python_blocks()))
def test_python_examples_run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```", text_of(page), re.S | re.M)
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, named(page), str(page), 0)
    assert example.examples
    said: list[str] = []
    results = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(
        example, out=said.append
    )
    assert results.failed == 0, "".join(said)


def phrases() -> Iterator[Any]:
    text = text_of(ROOT / "docs" / "language.md")
    for kind, rows in re.findall(r"<!-- phrases: (.+) -->\n((?:\|.*\n)+)", text):
        for written in re.findall(r"^\| `(.+?)` \|", rows, re.M):
            yield pytest.param(kind, written, id=f"{kind}: {written}")


@pytest.mark.parametrize(("kind", "written"), list(phrases()))
def test_a_phrase_of_the_language_reads_and_reads_back(kind: str, written: str) -> None:
    def read(text: str) -> Any:
        reader = Reader(text)
        found = READ[kind](reader)
        reader.expect_end()
        return found

    assert read(str(read(written))) == read(written)


def test_every_kind_of_phrase_is_in_the_language() -> None:
    assert {parameter.values[0] for parameter in phrases()} == set(READ)


def test_every_command_is_documented_and_every_option_has_help() -> None:
    page = text_of(ROOT / "docs" / "command-line.md")
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        assert f"\n## {name}\n" in page
        assert command.help
        for parameter in command.params:
            assert parameter.name == "help" or getattr(parameter, "help", ""), (
                f"{name}: {parameter.name} has no help"
            )


def test_the_public_names_are_sorted_and_are_those_of_the_page() -> None:
    page = text_of(ROOT / "docs" / "python.md")
    assert wholetrial.__all__ == sorted(wholetrial.__all__)
    assert re.findall(r"^\| `wholetrial\.(\w+)` \|", page, re.M) == wholetrial.__all__
    for name in wholetrial.__all__:
        assert getattr(wholetrial, name).__doc__
    assert set(dir(wholetrial)) == {*wholetrial.__all__, "__version__"}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_a_page_is_plain(page: Path) -> None:
    text = text_of(page)
    assert text.endswith("\n")
    assert "\t" not in text
    for word in ("TODO", "blazing", "seamless", "powerful", "cutting-edge"):
        assert word not in text, f"{named(page)}: {word}"


def runs_of_words(text: str, length: int) -> set[str]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {" ".join(words[n : n + length]) for n in range(len(words) - length + 1)}


def test_no_sentence_is_that_of_a_source() -> None:
    """Facts and titles are taken from the trials' pages, sentences are not."""
    folder = ROOT.parent / "shared" / "seeds"
    if not folder.is_dir():
        pytest.skip("the trials' own pages are not beside the repository")
    sources = [runs_of_words(file.read_text("utf-8"), 15) for file in sorted(folder.iterdir())]
    assert sources
    for page in PAGES:
        ours = runs_of_words(text_of(page), 15)
        assert not any(ours & theirs for theirs in sources), named(page)
