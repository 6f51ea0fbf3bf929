"""The log-rank test, weighted, stratified and with a direction: by hand, properties, edges."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.times.log_rank import (
    LOG_RANK,
    PETO_PETO,
    Weights,
    directed_logrank_test,
    logrank_score,
    logrank_test,
)

SEEDS = st.integers(0, 10_000)
WEIGHTS = [LOG_RANK, PETO_PETO, Weights(0.5, 1), Weights(0, 2)]


def follow_up(seed: int, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """Weekly times with ties, events in about two thirds, arms 0, 1 and 2, strata 0 to 3."""
    generator = np.random.default_rng(seed)
    times = generator.integers(1, 12, shape) * 7.0
    event = generator.random(shape) < 0.67
    arm = np.broadcast_to(np.arange(shape[-1]) % 3, shape)
    return times, event, arm, generator.integers(0, 4, shape)


def in_words(
    times: np.ndarray, event: np.ndarray, member: np.ndarray, weights: Weights
) -> tuple[float, float]:
    """Score and variance of the members by the textbook's sum over event times."""
    score = variance = 0.0
    survival = 1.0
    for time in np.unique(times[event]):
        at_risk, ours = np.sum(times >= time), np.sum((times >= time) & member)
        events = np.sum((times == time) & event)
        weight = survival**weights.rho * (1 - survival) ** weights.gamma
        score += weight * (np.sum((times == time) & event & member) - events * ours / at_risk)
        if at_risk > 1:
            share = ours / at_risk
            spread = share * (1 - share) * (at_risk - events) / (at_risk - 1)
            variance += weight**2 * events * spread
        survival *= 1 - events / at_risk
    return score, variance


def test_logrank_by_hand() -> None:
    """Arm 0 at weeks 1, 2; arm 1 at weeks 2, 3: expected in arm 0 are 2/4 and 2 x 1/3."""
    score = logrank_score([1, 2, 2, 3], [1, 1, 1, 1], [0, 0, 1, 1], arms=[0, 1])
    np.testing.assert_allclose(score.observed, [2, 2])
    np.testing.assert_allclose(score.expected, [1 / 2 + 2 / 3, 1 / 2 + 4 / 3 + 1])
    np.testing.assert_allclose(score.covariance[0, 0], 1 / 4 + 2 * (1 / 3) * (2 / 3) / 2)
    assert score.participants.tolist() == [2, 2]


@pytest.mark.parametrize("weights", WEIGHTS)
@given(seed=SEEDS)
@settings(max_examples=15)
def test_against_a_second_implementation_summing_over_times_and_strata(
    weights: Weights, seed: int
) -> None:
    times, event, arm, stratum = follow_up(seed, (60,))
    score = logrank_score(times, event, arm, arms=[2, 0], stratum=stratum, weights=weights)
    parts = []
    for label in range(4):
        here = (stratum == label) & (arm != 1)
        parts.append(in_words(times[here], event[here], arm[here] == 2, weights))
    excess, variance = np.sum(parts, axis=0)
    np.testing.assert_allclose(score.excess, [excess, -excess], atol=1e-12)
    np.testing.assert_allclose(score.covariance[0], [variance, -variance], atol=1e-12)
    test = directed_logrank_test(score)
    np.testing.assert_allclose(test.statistic, excess / np.sqrt(variance), rtol=1e-10)


@pytest.mark.parametrize("weights", WEIGHTS)
@given(seed=SEEDS)
@settings(max_examples=10)
def test_order_of_participants_arms_names_of_strata_and_unit_of_time_change_nothing(
    weights: Weights, seed: int
) -> None:
    times, event, arm, stratum = follow_up(seed, (48,))
    order = np.random.default_rng(seed + 1).permutation(48)
    first = logrank_test(times, event, arm, arms=[0, 1, 2], stratum=stratum, weights=weights)
    again = logrank_test(
        times[order] / 7,
        event[order],
        arm[order],
        arms=[2, 0, 1],
        stratum=9.5 - 3 * stratum[order],
        weights=weights,
    )
    assert first.reason == again.reason
    np.testing.assert_allclose(first.statistic, again.statistic, rtol=1e-8)


@given(seed=SEEDS)
@settings(max_examples=15)
def test_swapping_two_arms_turns_the_direction(seed: int) -> None:
    times, event, arm, stratum = follow_up(seed, (40,))
    one, other = (
        logrank_score(times, event, arm, arms=arms, stratum=stratum) for arms in ([0, 1], [1, 0])
    )
    greater = directed_logrank_test(one, "greater")
    less = directed_logrank_test(other, "less")
    np.testing.assert_allclose(greater.statistic, -less.statistic, rtol=1e-10)
    np.testing.assert_allclose(greater.p_value, less.p_value, rtol=1e-10)
    two_sided = directed_logrank_test(one)
    chi_square = logrank_test(times, event, arm, arms=[0, 1], stratum=stratum)
    np.testing.assert_allclose(two_sided.p_value, chi_square.p_value, rtol=1e-9)
    smaller = min(float(greater.p_value), float(directed_logrank_test(one, "less").p_value))
    np.testing.assert_allclose(two_sided.p_value, 2 * smaller, rtol=1e-10)


def test_z_is_positive_where_the_first_arm_has_its_events_earlier() -> None:
    times, arm = [1, 2, 3, 7, 8, 9], [1, 1, 1, 0, 0, 0]
    score = logrank_score(times, np.ones(6), arm, arms=[1, 0])
    assert directed_logrank_test(score).statistic > 2


@pytest.mark.parametrize("weights", [LOG_RANK, Weights(1, 1)])
@pytest.mark.parametrize("ties", [True, False])
def test_batched_equals_one_at_a_time(weights: Weights, ties: bool) -> None:
    times, event, arm, stratum = follow_up(3, (2, 600, 24))
    if not ties:
        times = times + np.random.default_rng(4).random(times.shape)
        times[1, 5, :2] = 7.0
    call = {"arms": [0, 1, 2], "weights": weights}
    together = logrank_test(times, event, arm, stratum=stratum, **call)
    assert together.p_value.shape == (2, 600)
    for place in [(0, 0), (1, 5), (1, 399), (0, 599)]:
        alone = logrank_test(times[place], event[place], arm[place], stratum=stratum[place], **call)
        assert together.p_value[place] == alone.p_value
        assert together.statistic[place] == alone.statistic


def test_those_of_other_arms_change_nothing_and_may_be_unknown() -> None:
    times, event, arm, _ = follow_up(5, (24,))
    pair = arm != 2
    score = logrank_score(np.where(pair, times, np.nan), event, arm, arms=[0, 1])
    alone = logrank_score(times[pair], event[pair], arm[pair], arms=[0, 1])
    np.testing.assert_allclose(score.expected, alone.expected, rtol=1e-14)


def test_logrank_says_why_there_is_no_test() -> None:
    times = [[1, 2, 3, 4]] * 5
    events = [[0, 0, 0, 0], [1, 1, 1, 1], [0, 0, 0, 1], [1, 1, 1, 1], [1, 1, 1, 1]]
    arm = [[0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 1, 1], [0, 1, 0, 1], [7, 7, 7, 7]]
    test = logrank_test(times, events, arm, arms=[0, 1])
    assert test.reason.tolist() == [
        Reason.NO_EVENTS,
        Reason.NO_PARTICIPANTS,
        Reason.SINGULAR,
        Reason.OK,
        Reason.NO_PARTICIPANTS,
    ]
    assert test.statistic is not None
    assert np.isnan(test.p_value).tolist() == [True, True, True, False, True]


def test_edges_give_a_test_or_a_reason() -> None:
    everybody_at_once = logrank_test([5, 5, 5, 5], [1, 1, 1, 1], [0, 0, 1, 1], arms=[0, 1])
    assert everybody_at_once.reason == Reason.SINGULAR
    at_time_0 = logrank_test([0, 0, 2, 3], [1, 1, 1, 0], [0, 0, 1, 1], arms=[0, 1])
    assert at_time_0.reason == Reason.OK
    one_each = logrank_test([1, 2], [1, 0], [0, 1], arms=[0, 1])
    np.testing.assert_allclose(one_each.statistic, 1.0)
    one = logrank_test([1], [1], [0], arms=[0, 1])
    assert one.reason == Reason.NO_PARTICIPANTS
    apart = logrank_test(
        [1, 2, 3, 4], [1, 1, 1, 1], [0, 0, 1, 1], arms=[0, 1], stratum=[1, 1, 2, 2]
    )
    assert apart.reason == Reason.SINGULAR
    nobody = logrank_test(np.zeros((0, 5)), np.zeros((0, 5)), np.zeros(5), arms=[0, 1])
    assert nobody.p_value.shape == (0,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: logrank_test([1, 2], [1, 1], [0, 1], arms=[0]), r"two or more different arms; got \[0\]"),
        (lambda: logrank_test([1, 2], [1, 1], [0, 1], arms=[0, 0]), r"different arms; got \[0, 0\]"),
        (lambda: logrank_test([], [], [], arms=[0, 1]), "at least one participant"),
        (lambda: logrank_test([1, -2], [1, 1], [0, 1], arms=[0, 1]), "0 or later and finite; got -2"),
        (lambda: logrank_test([1, 2], [1, 3], [0, 1], arms=[0, 1]), "event_observed must be true or false"),
        (lambda: logrank_test([1, 2, 3], [1, 0], [0, 1], arms=[0, 1]), "one common shape"),
        (
            lambda: logrank_test([1, 2], [1, 1], [0, 1], arms=[0, 1], stratum=[1, float("nan")]),
            "stratum must be a number for every participant compared; got nan at position 1",
        ),
        (
            lambda: logrank_test([1, 2], [1, 1], [0, 1], arms=[0, 1], weights=Weights(-1, 0)),
            "rho must be 0 or more; got -1",
        ),
        (
            lambda: directed_logrank_test(logrank_score([1, 2, 3], [1, 1, 1], [0, 1, 2], arms=[0, 1, 2])),
            "compares two arms; got 3",
        ),
        (
            lambda: directed_logrank_test(logrank_score([1, 2], [1, 1], [0, 1], arms=[0, 1]), "better"),
            "alternative must be one of two_sided, greater, less; got 'better'",
        ),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_was_expected(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
