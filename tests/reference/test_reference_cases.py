"""Every method against the frozen results of established R packages."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import reference_cases
from cases import ALL
from comparing import Comparison, difference, p_values, relative_difference
from labels import codes, levels_of, pair_of, parted

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


def test_small_p_values_are_compared_as_a_part_of_the_reference() -> None:
    one = np.array([1e-40, 0.5])
    assert relative_difference(one * (1 + 1e-6), one) == pytest.approx(1e-6, rel=1e-6)
    assert relative_difference(np.array([1e-12]), np.array([1e-40])) > 1e20
    assert relative_difference(np.array([0.0, np.nan]), np.array([1e-310, np.nan])) == 0
    assert relative_difference(np.array([1e-12]), np.array([0.0])) == np.inf
    assert relative_difference(np.array([np.nan]), np.array([0.5])) == np.inf
    assert relative_difference(np.array([0.5]), np.array([0.5, 0.5])) == np.inf


def test_a_p_value_that_is_near_absolutely_only_disagrees() -> None:
    (line,) = reference_cases.gathered("c", "R", [p_values("cmh", 2e-20, 1e-20, 1e-13)])
    assert line.largest_difference <= line.allowed
    assert not line.agrees
    (line,) = reference_cases.gathered("c", "R", [Comparison("cmh", 2e-20, 1e-20, 1e-13)])
    assert line.agrees


def test_a_case_that_disagrees_names_each_method_that_does() -> None:
    compared = [
        Comparison("cmh", 1.0, 1.0, 1e-13),
        Comparison("tarone", 1.5, 1.0, 1e-13),
        p_values("breslow_day", 2e-20, 1e-20, 1e-13),
    ]
    lines = reference_cases.gathered("2_stratified/cmh", "R", compared)
    (row,) = reference_cases.table(lines, [])
    told = row.partition("DISAGREES: ")[2]
    assert "5.0e-01 > 1e-13 (tarone)" in told
    assert "1.0e+00 > 1e-08 (breslow_day, p-values relatively)" in told
    assert "(cmh" not in told
    (row,) = reference_cases.table(lines[:1], [])
    assert "DISAGREES" not in row


def test_a_method_has_one_precision_in_a_case() -> None:
    compared = [Comparison("cmh", 1.0, 1.0, 1e-13), Comparison("cmh", 1.0, 1.0, 1e-8)]
    with pytest.raises(ValueError, match="one precision"):
        reference_cases.gathered("c", "R", compared)


@pytest.mark.parametrize("end", ["", "_second", "_other_4"])
@pytest.mark.parametrize(
    ("case", "pattern"),
    [
        ("1_proportions/two_prop_ci", "1_proportions/two_prop_ci*"),
        ("1_proportions/two_prop_exact_ci", "1_proportions/two_prop_exact_ci*"),
        ("1_proportions/two_prop_tests", "1_proportions/two_prop_tests*"),
        ("2_stratified/cmh", "2_stratified/cmh*"),
        ("2_stratified/cmh_general", "2_stratified/cmh_general*"),
        ("3_survival/logrank_five_arm", "3_survival/logrank_*"),
        ("5_reference_based_mi/condmean_monotone", "5_reference_based_mi/condmean_*"),
        ("5_reference_based_mi/condmean_monotone_own", "5_reference_based_mi/condmean_*_own*"),
        ("9_rank_and_others/rates", "9_rank_and_others/rates*"),
        ("9_rank_and_others/rank_tests", "9_rank_and_others/rank_tests*"),
    ],
)
def test_a_case_is_known_by_its_name_whatever_stands_behind_it(
    case: str, pattern: str, end: str
) -> None:
    assert reference_cases.kind_of(case + end) is ALL[pattern]


def test_levels_stand_as_in_r() -> None:
    assert levels_of(["10", "2", "1"]) == ["1", "2", "10"]
    assert levels_of(["mid", "Placebo", "low dose", "hi"]) == ["hi", "low dose", "mid", "Placebo"]
    assert codes(["2.50", "a"], ["a", "2.5"]).tolist() == [1, 0]
    with pytest.raises(ValueError, match="none of the levels"):
        codes(["b"], ["a"])


def test_arms_are_found_in_the_names_of_contrasts() -> None:
    arms = ["Placebo", "low-dose", "10", "a - b"]
    assert pair_of("(low-dose) - Placebo", arms, "arm") == (1, 0)
    assert pair_of("arm10 - (low-dose)", arms, "arm") == (2, 1)
    assert pair_of("(a - b) - arm10", arms, "arm") == (3, 2)
    with pytest.raises(ValueError, match="compares no two"):
        pair_of("x - Placebo", arms, "arm")
    assert parted("a_vs_b_vs_c", "_vs_", ["a_vs_b", "c"]) == ("a_vs_b", "c")
    with pytest.raises(ValueError, match="joins no two"):
        parted("a_vs_c", "_vs_", ["a_vs_b", "c"])
