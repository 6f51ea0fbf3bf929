"""Cumulative incidence with competing risks: by hand, properties, edges."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.times.cumulative_incidence import cumulative_incidence, incidence_at
from wholetrial.analysis.times.survival import kaplan_meier, log_log_band, survival_at

SEEDS = st.integers(0, 10_000)


def trial(seed: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.integers(0, 12, shape) * 7.0, generator.integers(0, 4, shape)


@given(seed=SEEDS)
@settings(max_examples=20)
def test_the_causes_and_no_event_add_up_to_1(seed: int) -> None:
    times, cause = trial(seed, (30,))
    curves = [cumulative_incidence(times, cause, of) for of in (1, 2, 3)]
    free = kaplan_meier(times, cause > 0).survival
    total = sum(curve.incidence for curve in curves)
    np.testing.assert_allclose(total + free, 1, atol=1e-13)


@given(seed=SEEDS)
@settings(max_examples=20)
def test_without_censoring_it_is_a_share_with_its_binomial_variance(seed: int) -> None:
    times, cause = trial(seed, (30,))
    cause = np.maximum(cause, 1)
    curve = cumulative_incidence(times, cause, 2)
    share = np.mean((times[None, :] <= curve.times[:, None]) & (cause == 2), axis=1)
    np.testing.assert_allclose(curve.incidence, share, atol=1e-13)
    np.testing.assert_allclose(curve.variance, share * (1 - share) / 30, atol=1e-13)


@given(seed=SEEDS)
@settings(max_examples=20)
def test_with_one_cause_it_is_what_kaplan_meier_leaves_with_greenwoods_variance(seed: int) -> None:
    times, cause = trial(seed, (30,))
    event = cause > 1
    curve, exact = cumulative_incidence(times, event, 1), kaplan_meier(times, event)
    np.testing.assert_allclose(curve.incidence, 1 - exact.survival, atol=1e-13)
    above = exact.survival > 0
    greenwood = exact.survival[above] ** 2 * exact.log_variance[above]
    np.testing.assert_allclose(curve.variance[above], greenwood, atol=1e-13)


@given(seed=SEEDS)
@settings(max_examples=10)
def test_order_unit_of_time_and_names_of_other_causes_change_nothing(seed: int) -> None:
    times, cause = trial(seed, (40,))
    order = np.random.default_rng(seed).permutation(40)
    renamed = np.where(cause == 1, 7, np.where(cause > 1, 5 - cause, cause))
    one = incidence_at(cumulative_incidence(times, cause, 1), [14, 42], extend=True)
    other = cumulative_incidence(times[order] / 7, renamed[order], 7)
    again = incidence_at(other, [2, 6], extend=True)
    np.testing.assert_allclose(one.value, again.value, atol=1e-14)
    np.testing.assert_allclose(one.low, again.low, atol=1e-12)


def test_batched_equals_one_at_a_time_and_those_left_out_change_nothing() -> None:
    times, cause = trial(3, (5, 24))
    inside = np.arange(24) % 3 != 0
    together = incidence_at(cumulative_incidence(times, cause, 2, included=inside), [14, 49])
    for r in range(5):
        alone = incidence_at(cumulative_incidence(times[r], cause[r], 2, included=inside), [14, 49])
        np.testing.assert_array_equal(together.low[r], alone.low)
        np.testing.assert_array_equal(together.value[r], alone.value)
        bare = incidence_at(cumulative_incidence(times[r][inside], cause[r][inside], 2), [14, 49])
        np.testing.assert_allclose(alone.high, bare.high, rtol=1e-13)


def test_dropout_as_a_competing_risk_lowers_the_incidence() -> None:
    times, cause = [1, 2, 3, 4, 5, 6], [1, 2, 1, 2, 1, 2]
    curve = cumulative_incidence(times, cause, 1)
    censored = kaplan_meier(times, np.equal(cause, 1))
    assert incidence_at(curve, 5).value < 1 - survival_at(censored, log_log_band(censored), 5).value


def test_incidence_says_why_it_has_no_limits() -> None:
    times, inside = [[4, 6, 8]] * 4, [[1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0]]
    cause = [[2, 0, 0], [1, 1, 1], [1, 0, 2], [1, 1, 1]]
    curve = cumulative_incidence(times, cause, 1, included=inside)
    at = incidence_at(curve, [5, 9])
    assert at.reason.tolist() == [
        [Reason.NO_EVENTS, Reason.BEYOND_FOLLOW_UP],
        [Reason.OK, Reason.ALL_EVENTS],
        [Reason.OK, Reason.OK],
        [Reason.NO_PARTICIPANTS, Reason.NO_PARTICIPANTS],
    ]
    np.testing.assert_array_equal(np.isnan(at.low), at.reason != Reason.OK)
    np.testing.assert_allclose(at.value[:3, 0], [0, 1 / 3, 1 / 3])
    assert incidence_at(curve, 9, extend=True).reason[0] == Reason.NO_EVENTS
    at_once = cumulative_incidence([0, 0], [1, 1], 1)
    assert incidence_at(at_once, 0).reason == Reason.ALL_EVENTS


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cumulative_incidence([1, 2], [1, 0], 0), "the number of a cause, from 1; got 0"),
        (lambda: cumulative_incidence([1, 2], [1, 0.5], 1), "cause must be 0 .censored. or .*; got 0.5"),
        (lambda: cumulative_incidence([1, 2], [1, -1], 1), "got -1 at position 1"),
        (lambda: cumulative_incidence([1, 2], [1, float("nan")], 1), "got nan"),
        (lambda: cumulative_incidence([1, -2], [1, 0], 1), "0 or later and finite; got -2"),
        (lambda: cumulative_incidence([], [], 1), "at least one participant"),
        (lambda: incidence_at(cumulative_incidence([1], [1], 1), 1, 95), "level must lie between"),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_was_expected(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
