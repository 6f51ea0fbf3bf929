"""What a mean follows after an event: each strategy by hand, and what all have in common."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wholetrial.analysis.imputation.strategies import (
    STRATEGIES,
    Strategy,
    checked_strategies,
    copy_increments_in_reference,
    copy_reference,
    jump_to_reference,
    last_mean_carried_forward,
    mean_under,
    missing_at_random,
)

OWN, REFERENCE = [-2.0, -5.0, -7.0, -8.0], [-1.0, -2.0, -2.5, -4.0]
MEANS = arrays(float, 4, elements=st.floats(-50, 50))


@pytest.mark.parametrize(
    ("strategy", "first", "expected"),
    [
        (missing_at_random, 0, [-2, -5, -7, -8]),
        (missing_at_random, 2, [-2, -5, -7, -8]),
        (jump_to_reference, 0, [-1, -2, -2.5, -4]),
        (jump_to_reference, 2, [-2, -5, -2.5, -4]),
        (copy_reference, 0, [-1, -2, -2.5, -4]),
        (copy_reference, 2, [-1, -2, -2.5, -4]),
        (copy_increments_in_reference, 0, [-1, -2, -2.5, -4]),
        (copy_increments_in_reference, 1, [-2, -3, -3.5, -5]),
        (copy_increments_in_reference, 3, [-2, -5, -7, -8.5]),
        (last_mean_carried_forward, 0, [-2, -5, -7, -8]),
        (last_mean_carried_forward, 2, [-2, -5, -5, -5]),
    ],
)
def test_means_are_those_worked_out_by_hand(
    strategy: Strategy, first: int, expected: list[float]
) -> None:
    np.testing.assert_allclose(strategy(OWN, REFERENCE, first), expected, rtol=1e-15)


@pytest.mark.parametrize("strategy", STRATEGIES.values())
def test_without_an_event_the_own_mean_stays(strategy: Strategy) -> None:
    np.testing.assert_array_equal(strategy(OWN, REFERENCE, 4), OWN)


@given(own=MEANS, reference=MEANS, first=st.integers(0, 4))
def test_of_all_strategies_only_copy_reference_changes_the_visits_before_the_event(
    own: np.ndarray, reference: np.ndarray, first: int
) -> None:
    for name, strategy in STRATEGIES.items():
        if name != "copy_reference":
            mean = strategy(own, reference, first)
            np.testing.assert_array_equal(mean[:first], own[:first])


@given(own=MEANS, first=st.integers(0, 4))
def test_with_the_own_arm_as_reference_the_own_mean_stays(own: np.ndarray, first: int) -> None:
    for name, strategy in STRATEGIES.items():
        if name != "last_mean_carried_forward":
            np.testing.assert_allclose(strategy(own, own, first), own, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("strategy", STRATEGIES.values())
def test_batched_equals_one_at_a_time(strategy: Callable[..., np.ndarray]) -> None:
    chance = np.random.default_rng(3)
    own, reference = chance.normal(size=(2, 5, 6, 4))
    first = chance.integers(0, 5, (5, 6))
    together = strategy(own, reference, first)
    for place in np.ndindex(first.shape):
        alone = strategy(own[place], reference[place], first[place])
        np.testing.assert_array_equal(together[place], alone)


def test_everybody_may_have_a_strategy_of_their_own() -> None:
    names = checked_strategies(["jump_to_reference", "missing_at_random", "copy_reference"])
    means = mean_under(
        names, np.array([OWN] * 3), np.array([REFERENCE] * 3), np.array([2, 2, 4], np.intp)
    )
    np.testing.assert_array_equal(means[0], [-2, -5, -2.5, -4])
    np.testing.assert_array_equal(means[1:], [OWN, OWN])


def test_an_unknown_strategy_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"one of missing_at_random, jump_.*got 'JR'"):
        checked_strategies(["missing_at_random", "JR"])
