"""The evidence shown is what the reference cases give, as far as they are here."""

import json
from pathlib import Path

import pytest
from parts.evidence import COMPUTED_BY_R

from wholetrial.analysis.methods import METHODS

ROOT = Path(__file__).resolve().parents[2]
EVIDENCE = json.loads((ROOT / "docs" / "evidence.json").read_text("utf-8"))


def test_every_method_agrees_within_what_is_allowed() -> None:
    assert EVIDENCE["compared"]
    for line in EVIDENCE["compared"]:
        assert line["largest_difference"] <= line["allowed"], line


def test_every_method_that_is_built_has_a_reference() -> None:
    compared = {line["method"].partition(" ")[0] for line in EVIDENCE["compared"]}
    assert compared | set(COMPUTED_BY_R) == set(METHODS)
    for line in EVIDENCE["compared"]:
        assert line["reference"].startswith("R ")


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
