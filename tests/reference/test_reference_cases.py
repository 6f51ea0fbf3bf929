"""Every method against the frozen results of established R packages."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import reference_cases
from comparing import difference

ABSENT = [pytest.param("", id="reference folder absent")]


@pytest.mark.parametrize("case", reference_cases.covered_cases() or ABSENT)
def test_method_matches_reference(
    case: str, record_property: Callable[[str, object], None]
) -> None:
    if not case:
        pytest.skip(f"no reference cases in {reference_cases.reference_folder()}")
    lines = reference_cases.evidence_of(case)
    record_property("evidence", [asdict(line) for line in lines])
    assert lines
    assert [line for line in lines if not line.agrees] == []


def test_evidence_can_be_written(tmp_path: Path) -> None:
    if not reference_cases.covered_cases():
        pytest.skip(f"no reference cases in {reference_cases.reference_folder()}")
    lines = reference_cases.write_evidence(tmp_path / "evidence.json")
    document = json.loads((tmp_path / "evidence.json").read_text())
    assert document["compared"] == [asdict(line) for line in lines]
    seen = {line.case for line in lines} | set(document["not_covered"])
    assert seen == set(reference_cases.all_cases())


def test_a_number_that_only_one_side_has_is_an_infinite_difference() -> None:
    nan, inf = np.nan, np.inf
    assert difference(np.array([nan, inf]), np.array([nan, inf])) == 0
    assert difference(np.array([nan]), np.array([0.5])) == inf
    assert difference(np.array([7.0]), np.array([inf])) == inf
    assert difference(np.array([101.0]), np.array([100.0])) == 0.01
