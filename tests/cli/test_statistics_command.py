"""`wholetrial statistics`: a table, a paragraph for each analysis, the papers; or JSON."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

ROOT = Path(__file__).resolve().parents[2]
EVERY = ROOT / "tests" / "protocol" / "data" / "every_analysis.yaml"
TRIALS = [file.parent.name for file in sorted((ROOT / "trials").glob("*/trial.yaml"))]

Invoke = Callable[..., Result]


def plain(text: str) -> str:
    """The text without the line ends that a terminal's width puts into it."""
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("trial", [*TRIALS, str(EVERY)], ids=lambda trial: Path(trial).stem)
def test_text_and_json_say_the_same(invoke: Invoke, trial: str) -> None:
    text = invoke("statistics", trial)
    data = invoke("statistics", trial, "--json")
    assert (text.exit_code, data.exit_code) == (0, 0)
    found = json.loads(data.stdout)
    assert list(found) == [
        "trial", "title", "analyses", "paragraphs", "references", "not_yet_computed"
    ]  # fmt: skip
    printed = plain(text.stdout)
    for paragraph in found["paragraphs"]:
        assert plain(paragraph) in printed
    for number, paper in enumerate(found["references"], start=1):
        assert plain(f"{number}. {paper}") in printed
    assert found["not_yet_computed"] == []
    assert "not yet computed" not in printed
    assert set(found["analyses"][0]) == {
        "analysis", "endpoints", "population", "compared", "test", "estimate", "level",
        "several", "missing",
    }  # fmt: skip


def test_the_table_is_as_wide_as_its_analyses(invoke: Invoke) -> None:
    text = invoke("statistics", "NCT00320216").stdout
    header = next(line for line in text.splitlines() if line.strip().startswith("analysis"))
    assert header.split() == [
        "analysis",
        "endpoints",
        "test",
        "estimate",
        "level",
        "several",
        "tests",
    ]


def test_a_method_that_is_not_built_is_said(invoke: Invoke, tmp_path: Path) -> None:
    """A file with a name that nobody knows has errors, and no plan is printed of it."""
    file = tmp_path / "trial.yaml"
    file.write_text(EVERY.read_text("utf-8").replace("test: cmh", "test: cmhh"), "utf-8")
    result = invoke("statistics", file)
    assert result.exit_code != 0
    assert "did you mean 'cmh'?" in result.stderr
    assert "Traceback" not in result.stderr


def test_another_version_of_the_protocol_has_its_own_plan(invoke: Invoke) -> None:
    from wholetrial.programme.trials import load

    for trial in TRIALS:
        for version in load(trial).versions:
            own = invoke("statistics", trial, "--protocol-version", version, "--json")
            assert own.exit_code == 0
            assert json.loads(own.stdout)["not_yet_computed"] == []
