"""When a trial decides rightly, and how many trials tell it: worked out by hand."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import beta

from wholetrial.analysis.decisions import decision_of, rule_in_words, successes_of
from wholetrial.analysis.operating import PlannedTest
from wholetrial.programme.trials import load
from wholetrial.protocol.protocol import Protocol


def planned(analysis: str, level: str, succeeded: list[int]) -> PlannedTest:
    flags = np.array(succeeded, np.bool_)
    return PlannedTest(
        analysis, "e", level, "week 12", "a", "p", "fisher_exact", "0.05", flags, ~flags & False
    )


@pytest.fixture(scope="module")
def uncorrected() -> Protocol:
    return load("NCT00320216")


@pytest.fixture(scope="module")
def corrected() -> Protocol:
    """Its analysis `primary` is corrected by Holm, its analysis `secondary` is not."""
    return load("NCT03424629")


def test_without_a_correction_every_primary_comparison_must_succeed(uncorrected: Protocol) -> None:
    tests = [
        planned("efficacy", "primary", [1, 1, 0, 0]),
        planned("efficacy", "primary", [1, 0, 1, 0]),
        planned("efficacy", "secondary", [0, 0, 0, 1]),
    ]
    found = successes_of(uncorrected, tests)
    assert found is not None
    assert found.whole.tolist() == [True, False, False, False]
    assert found.any.tolist() == [True, True, True, False]
    assert rule_in_words(uncorrected, tests) == (
        "A trial succeeds if every one of its 2 primary comparisons succeeds; where it should not "
        "succeed, one that succeeds makes its decision wrong."
    )


def test_with_a_correction_one_is_enough(corrected: Protocol) -> None:
    tests = [
        planned("primary", "primary", [1, 1, 0, 0]),
        planned("primary", "primary", [1, 0, 1, 0]),
    ]
    found = successes_of(corrected, tests)
    assert found is not None
    assert found.whole.tolist() == [True, True, True, False]
    assert "at least one of its primary comparisons succeeds after the correction" in rule_in_words(
        corrected, tests
    )


def test_two_primary_analyses_must_both_succeed(corrected: Protocol) -> None:
    tests = [
        planned("primary", "primary", [1, 1, 0, 0]),
        planned("secondary", "primary", [1, 0, 1, 0]),
    ]
    found = successes_of(corrected, tests)
    assert found is not None
    assert found.whole.tolist() == [True, False, False, False]


def test_one_comparison_is_said_plainly(uncorrected: Protocol) -> None:
    words = rule_in_words(uncorrected, [planned("efficacy", "primary", [1])])
    assert words == "A trial succeeds if its one primary comparison succeeds."


def test_without_a_primary_test_there_is_no_decision(uncorrected: Protocol) -> None:
    secondary = [planned("efficacy", "secondary", [1, 0])]
    assert successes_of(uncorrected, secondary) is None
    assert rule_in_words(uncorrected, secondary) == ""


def test_the_interval_is_that_of_clopper_and_pearson() -> None:
    found = decision_of("expected", True, 170, 200, 0.05)
    assert found.low == pytest.approx(beta.ppf(0.025, 170, 31), rel=1e-9)
    assert found.high == pytest.approx(beta.ppf(0.975, 171, 30), rel=1e-9)
    assert found.error == pytest.approx((0.85 * 0.15 / 200) ** 0.5, rel=1e-12)


WORLDS = {
    # 95 % of 1,000: 93.5 to 96.3, wider than a point, but above both limits
    "clear of the limits": (True, 950, 1000, lambda needed: needed is None),
    # 90 % of 10,000: 89.4 to 90.6, across 90 % but within a point
    "narrow": (True, 9000, 10_000, lambda needed: needed is None),
    # 85 % of 100: 76.5 to 91.4, across both; to tell 85 from 80 takes 1.96**2 * 0.1275 / 0.05**2
    "too few": (True, 85, 100, lambda needed: needed == 200),
    # 95 % of 200 where no more than 5 % may succeed: on the limit, so only within a point
    "on the limit": (False, 190, 200, lambda needed: 1800 <= needed <= 3500),
    # all of 100 wrong: below the limits
    "hopeless": (True, 0, 100, lambda needed: needed is None),
}


@pytest.mark.parametrize("world", WORLDS)
def test_whether_so_many_trials_suffice(world: str) -> None:
    succeeds, right, replicates, expected = WORLDS[world]
    check: Callable[[int | None], bool] = expected
    assert check(decision_of("any", succeeds, right, replicates, 0.05).needed)


def test_as_many_as_are_needed_do_suffice() -> None:
    few = decision_of("any", True, 85, 100, 0.05)
    assert few.needed is not None
    many = 12 * few.needed
    assert decision_of("any", True, round(0.85 * many), many, 0.05).needed is None
