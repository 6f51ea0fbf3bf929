"""Error rates of imputed analyses, from the simulation that its program stored."""

import json
from typing import Any

import pytest
from imputation_simulation import BLOCK, BLOCKS, SCENARIOS, STORED, Scenario, a_block

FOUND: dict[str, Any] = json.loads(STORED.read_text())
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
AT_RANDOM = [one.name for one in SCENARIOS if one.strategy == "missing_at_random"]
ANALYSES = ("means, drawn", "means, jackknife", "responders")
MOST_ERRORS = 4.0
"""Binomial standard errors by which a rate may differ from what theory promises."""


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
def test_the_first_trials_come_out_again_as_stored(scenario: Scenario) -> None:
    assert FOUND[scenario.name]["trials"] == BLOCK * BLOCKS
    assert a_block(scenario, 0) == FOUND[scenario.name]["first"]


def rate(name: str, analysis: str, count: str) -> tuple[float, float]:
    """A rate among the trials analyzed, and the standard error of 5 % among as many."""
    counts = FOUND[name]["all"][analysis]
    assert counts["analyzed"] == FOUND[name]["trials"]
    return counts[count] / counts["analyzed"], (0.05 * 0.95 / counts["analyzed"]) ** 0.5


@pytest.mark.parametrize("name", AT_RANDOM)
@pytest.mark.parametrize("analysis", ANALYSES)
def test_intervals_cover_the_truth_where_values_are_missing_at_random(
    name: str, analysis: str
) -> None:
    covered, error = rate(name, analysis, "covered")
    assert covered == pytest.approx(0.95, abs=0.005 + MOST_ERRORS * error)


@pytest.mark.parametrize("analysis", ANALYSES)
def test_a_jump_to_reference_does_not_reject_too_often(analysis: str) -> None:
    rejected, error = rate("no effect, jump to reference", analysis, "rejected")
    assert rejected <= 0.05 + MOST_ERRORS * error


def test_rubins_rules_are_conservative_under_a_jump_and_the_jackknife_is_not() -> None:
    """The variance of draws does not fall with the information that a jump takes away."""
    drawn, error = rate("no effect, jump to reference", "means, drawn", "rejected")
    jackknife, _ = rate("no effect, jump to reference", "means, jackknife", "rejected")
    assert drawn < 0.05 - MOST_ERRORS * error
    assert jackknife == pytest.approx(0.05, abs=0.005 + MOST_ERRORS * error)
