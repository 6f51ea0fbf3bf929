"""The log-rank test between visits: its limit, properties, type I error, edges."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.times.interval_log_rank import (
    directed_interval_logrank_test,
    interval_logrank_score,
    interval_logrank_test,
)
from wholetrial.analysis.times.log_rank import logrank_score

INF = float("inf")
SEEDS = st.integers(0, 10_000)
SCORES = ["sun", "finkelstein"]


def trial(seed: int, shape: tuple[int, ...], slower: float = 1.0) -> tuple[np.ndarray, ...]:
    """Relapse between visits that come up to 5 days early or are missed; in arm 1 it is slower."""
    generator = np.random.default_rng(seed)
    planned = np.array([28, 56, 84, 112, 154, 196, 238, 280])
    visits = planned - generator.integers(0, 6, (*shape, 8))
    came = generator.random((*shape, 8)) > 0.15
    arm = np.broadcast_to(np.arange(shape[-1]) % 2, shape)
    time = (generator.exponential(150, shape) * np.where(arm, slower, 1.0))[..., None]
    lower = np.max(np.where(came & (visits < time), visits, 0), axis=-1).astype(float)
    upper = np.min(np.where(came & (visits >= time), visits, INF), axis=-1)
    return lower, upper, arm, generator.integers(0, 3, shape)


@given(seed=SEEDS)
@settings(max_examples=15)
def test_with_times_known_exactly_it_has_the_score_of_the_logrank_test(seed: int) -> None:
    generator = np.random.default_rng(seed)
    times, event = generator.integers(1, 12, 40) * 7.0, generator.random(40) < 0.7
    arm, stratum = np.arange(40) % 3, generator.integers(0, 2, 40)
    lower, upper = np.where(event, times - 1, times), np.where(event, times, INF)
    score = interval_logrank_score(lower, upper, arm, arms=[0, 1, 2], stratum=stratum)
    exact = logrank_score(times, event, arm, arms=[0, 1, 2], stratum=stratum)
    np.testing.assert_allclose(score.excess, exact.excess, atol=1e-9)


@pytest.mark.parametrize("scores", SCORES)
@given(seed=SEEDS)
@settings(max_examples=10)
def test_order_arms_names_of_strata_and_unit_of_time_change_nothing(seed: int, scores: str) -> None:
    lower, upper, arm, stratum = trial(seed, (50,))
    order = np.random.default_rng(seed).permutation(50)
    call = {"scores": scores}
    first = interval_logrank_test(lower, upper, arm, arms=[0, 1], stratum=stratum, **call)
    again = interval_logrank_test(
        lower[order] * 3,
        upper[order] * 3,
        arm[order],
        arms=[1, 0],
        stratum=7 - stratum[order],
        **call,
    )
    np.testing.assert_allclose(first.statistic, again.statistic, rtol=1e-7, atol=1e-9)
    one, other = (
        directed_interval_logrank_test(
            interval_logrank_score(lower, upper, arm, arms=arms, stratum=stratum, **call), "less"
        )
        for arms in ([0, 1], [1, 0])
    )
    np.testing.assert_allclose(one.statistic, -other.statistic, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(one.p_value, 1 - other.p_value, atol=1e-7)


def test_a_trial_among_others_gives_what_it_gives_alone() -> None:
    """To the precision of the maximum: the others' visits only change the order of sums."""
    lower, upper, arm, stratum = trial(4, (3, 20, 40))
    together = interval_logrank_test(lower, upper, arm, arms=[0, 1], stratum=stratum)
    assert together.p_value.shape == (3, 20)
    for place in [(0, 0), (1, 7), (2, 19)]:
        alone = interval_logrank_test(
            lower[place], upper[place], arm[place], arms=[0, 1], stratum=stratum[place]
        )
        np.testing.assert_allclose(together.p_value[place], alone.p_value, rtol=1e-9)


def test_those_of_other_arms_change_nothing_and_may_be_unknown() -> None:
    lower, upper, _, _ = trial(5, (60,))
    arm = np.arange(60) % 3
    pair = arm != 2
    test = interval_logrank_test(np.where(pair, lower, np.nan), upper, arm, arms=[0, 1])
    alone = interval_logrank_test(lower[pair], upper[pair], arm[pair], arms=[0, 1])
    np.testing.assert_allclose(test.statistic, alone.statistic, rtol=1e-9)


def test_the_permutation_covariance_is_that_over_all_allocations() -> None:
    """Ten participants, four in arm 1: all 210 allocations of the same intervals."""
    lower, upper, _, _ = trial(6, (10,))
    allocations = [np.isin(np.arange(10), chosen) for chosen in combinations(range(10), 4)]
    score = interval_logrank_score(lower, upper, np.array(allocations), arms=[1, 0])
    np.testing.assert_allclose(np.mean(score.excess[:, 0]), 0, atol=1e-12)
    variance = np.mean(score.excess[:, 0] ** 2)
    np.testing.assert_allclose(score.covariance[:, 0, 0], variance, rtol=1e-10)


def test_type_i_error_and_the_power_to_see_a_large_effect() -> None:
    lower, upper, arm, _ = trial(7, (2000, 57))
    test = interval_logrank_test(lower, upper, arm, arms=[0, 1])
    assert (test.reason == Reason.OK).all()
    rejected = np.mean(test.p_value < 0.05)
    assert abs(rejected - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 2000)
    lower, upper, arm, _ = trial(8, (200, 57), slower=4.0)
    score = interval_logrank_score(lower, upper, arm, arms=[1, 0])
    later = directed_interval_logrank_test(score, "less")
    assert np.mean(later.p_value < 0.025) > 0.9


def test_it_says_why_there_is_no_test() -> None:
    lower = [[4, 4, 4, 4], [0, 0, 4, 4], [0, 0, 4, 4], [4, 4, 4, 4], [0, 4, 0, 4]]
    upper = [[INF] * 4, [4, 4, 8, 8], [4, 4, INF, INF], [8, 8, 8, 8], [4, 8, 4, INF]]
    arm = [[0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 0, 1]]
    test = interval_logrank_test(lower, upper, arm, arms=[0, 1])
    assert test.reason.tolist() == [
        Reason.NO_EVENTS,
        Reason.NO_PARTICIPANTS,
        Reason.OK,
        Reason.SINGULAR,
        Reason.OK,
    ]
    np.testing.assert_array_equal(np.isnan(test.p_value), test.reason != Reason.OK)
    one_each = interval_logrank_test([0, 4], [4, INF], [0, 1], arms=[0, 1])
    np.testing.assert_allclose(one_each.statistic, 1)
    nobody = interval_logrank_test(np.zeros((0, 4)), np.ones((0, 4)), arm[0], arms=[0, 1])
    assert nobody.p_value.shape == (0,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: interval_logrank_test([0, 4], [4, 4], [0, 1], arms=[0, 1]), "upper must be later than lower"),
        (lambda: interval_logrank_test([-1, 4], [4, 8], [0, 1], arms=[0, 1]), "lower must be 0 or later; got -1"),
        (lambda: interval_logrank_test([], [], [], arms=[0, 1]), "at least one participant"),
        (lambda: interval_logrank_test([0, 4], [4, 8], [0, 1], arms=[0]), "two or more different arms"),
        (lambda: interval_logrank_test([0, 4], [4, 8], [0, 1, 1], arms=[0, 1]), "one common shape"),
        (lambda: interval_logrank_test([0, 4], [4, 8], [0, 1], arms=[0, 1], scores="fay"), "sun or finkelstein; got 'fay'"),
        (
            lambda: interval_logrank_test([0, 4], [4, 8], [0, 1], arms=[0, 1], stratum=[1, np.nan]),
            "stratum must be a number",
        ),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_was_expected(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
