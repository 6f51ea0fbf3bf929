"""The evidence shown is what the reference cases give, as far as they are here."""

import json
from pathlib import Path

import pytest
from parts.evidence import COMPUTED_BY_R, WITHOUT_REFERENCE
from parts.methods import grouped

from wholetrial.analysis.methods import METHODS

ROOT = Path(__file__).resolve().parents[2]
EVIDENCE = json.loads((ROOT / "docs" / "evidence.json").read_text("utf-8"))


def test_every_method_agrees_within_what_is_allowed() -> None:
    assert EVIDENCE["compared"]
    for line in EVIDENCE["compared"]:
        assert line["largest_difference"] <= line["allowed"], line


def test_every_method_that_is_built_has_a_reference_or_is_said_to_have_none() -> None:
    compared = {line["method"].partition(" ")[0] for line in EVIDENCE["compared"]}
    assert sorted([*compared, *COMPUTED_BY_R, *WITHOUT_REFERENCE]) == sorted(METHODS)
    for line in EVIDENCE["compared"]:
        assert line["reference"].startswith("R ")
    for name, other in COMPUTED_BY_R.items():
        assert other.reference.startswith("R "), name
    for name, other in WITHOUT_REFERENCE.items():
        assert other.reference.startswith("none from outside"), name
    for other in (*COMPUTED_BY_R.values(), *WITHOUT_REFERENCE.values()):
        assert (ROOT / other.test).is_file(), other.test


def test_every_method_that_is_built_stands_in_one_group() -> None:
    names = [one.name for methods in grouped().values() for one in methods]
    assert sorted(names) == sorted(METHODS)


def test_the_cases_shown_are_the_cases_that_are_covered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "reference"))
    import reference_cases

    if not reference_cases.all_cases():
        pytest.skip(f"no reference cases in {reference_cases.reference_folder()}")
    shown = {line["case"] for line in EVIDENCE["compared"]}
    assert shown == set(reference_cases.covered_cases())
    assert set(EVIDENCE["not_covered"]) == set(reference_cases.all_cases()) - shown
