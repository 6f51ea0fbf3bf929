"""Kaplan-Meier, its quantiles and the cumulative hazard: hand-made tables, properties, edges."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.times.survival import (
    SurvivalBand,
    SurvivalCurve,
    at_risk_at,
    hazard_at,
    kaplan_meier,
    log_band,
    log_log_band,
    median_survival,
    nelson_aalen,
    plain_band,
    standard_error_at,
    survival_at,
    survival_quantile,
)

BANDS = [log_log_band, log_band, plain_band]
Band = Callable[[SurvivalCurve, float], SurvivalBand]
SEEDS = st.integers(0, 10_000)


def follow_up(seed: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weekly times with ties, events in about two thirds, arms 0, 1 and 2."""
    generator = np.random.default_rng(seed)
    times = generator.integers(1, 12, shape) * 7.0
    arm = np.broadcast_to(np.arange(shape[-1]) % 3, shape)
    return times, generator.random(shape) < 0.67, arm


def test_kaplan_meier_by_hand() -> None:
    """Weeks 1 to 4: 6 at risk, 1 event; 5, 2 events and 1 censored; 2, none; 1, 1 event."""
    curve = kaplan_meier([2, 1, 4, 2, 3, 2], [True, True, True, True, False, False])
    assert curve.times.tolist() == [1, 2, 2, 2, 3, 4]
    assert curve.at_risk.tolist() == [6, 5, 5, 5, 2, 1]
    assert curve.events.tolist() == [1, 2, 2, 2, 0, 1]
    np.testing.assert_allclose(curve.survival, [5 / 6, 0.5, 0.5, 0.5, 0.5, 0], rtol=1e-15)
    greenwood = 1 / 30 + 2 / 15
    np.testing.assert_allclose(curve.log_variance[1:5], greenwood, rtol=1e-14)
    assert np.isinf(curve.log_variance[5])


@given(seed=SEEDS)
@settings(max_examples=20)
def test_without_censoring_survival_is_the_share_still_without_event(seed: int) -> None:
    times = follow_up(seed, (17,))[0]
    curve = kaplan_meier(times, np.ones(17))
    share = np.mean(times[None, :] > curve.times[:, None], axis=1)
    np.testing.assert_allclose(curve.survival, share, atol=1e-14)


@given(seed=SEEDS)
@settings(max_examples=20)
def test_participants_may_come_in_any_order(seed: int) -> None:
    times, event, arm = follow_up(seed, (24,))
    order = np.random.default_rng(seed + 1).permutation(24)
    shuffled = kaplan_meier(times[order], event[order], arm[order] == 1)
    np.testing.assert_array_equal(kaplan_meier(times, event, arm == 1).survival, shuffled.survival)


@given(seed=SEEDS)
@settings(max_examples=20)
def test_the_unit_of_time_scales_the_median(seed: int) -> None:
    days, event, _ = follow_up(seed, (24,))
    medians = []
    for times in (days, days / 7):
        curve = kaplan_meier(times, event)
        medians.append(median_survival(curve, log_log_band(curve)))
    in_days, in_weeks = medians
    np.testing.assert_allclose(in_days.value, in_weeks.value * 7, rtol=1e-12)
    np.testing.assert_allclose(in_days.low, in_weeks.low * 7, rtol=1e-12)


@pytest.mark.parametrize("band_of", BANDS)
def test_batched_equals_one_at_a_time(band_of: Band) -> None:
    times, event, arm = follow_up(3, (5, 24))
    curve = kaplan_meier(times, event, arm == 1)
    band = band_of(curve, 0.9)
    at, median = survival_at(curve, band, [14, 35]), median_survival(curve, band)
    for r in range(5):
        alone = kaplan_meier(times[r], event[r], arm[r] == 1)
        alone_at = survival_at(alone, band_of(alone, 0.9), [14, 35])
        np.testing.assert_array_equal(at.low[r], alone_at.low)
        np.testing.assert_array_equal(at.value[r], alone_at.value)
        assert median.high[r] == median_survival(alone, band_of(alone, 0.9)).high


def test_those_left_out_change_nothing() -> None:
    times, event, arm = follow_up(5, (24,))
    with_unknown = np.where(arm == 1, times, np.nan)
    curve = kaplan_meier(with_unknown, event, arm == 1)
    alone = kaplan_meier(times[arm == 1], event[arm == 1])
    np.testing.assert_array_equal(curve.survival[:8], alone.survival)
    np.testing.assert_array_equal(curve.at_risk[:8], alone.at_risk)
    assert np.isinf(curve.times[8:]).all()


def test_a_median_on_a_flat_part_is_its_middle() -> None:
    curve = kaplan_meier([1, 2, 3, 4], [1, 1, 1, 0])
    assert median_survival(curve, plain_band(curve)).value == 2.5
    ends_flat = kaplan_meier([1, 2, 6, 8], [1, 1, 0, 0])
    assert median_survival(ends_flat, plain_band(ends_flat)).value == 5


def test_a_median_that_is_not_reached_is_infinite() -> None:
    curve = kaplan_meier([1, 2, 3, 4, 5, 6], [1, 0, 0, 0, 0, 0])
    median = median_survival(curve, log_log_band(curve))
    assert (median.value, median.high, median.reason) == (np.inf, np.inf, Reason.OK)


def test_survival_says_why_there_is_no_interval() -> None:
    times = [[4, 6, 8], [4, 6, 8], [4, 6, 8], [4, 6, 8]]
    events = [[0, 1, 0], [1, 1, 1], [1, 0, 0], [1, 1, 1]]
    included = [[1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0]]
    curve = kaplan_meier(times, events, included)
    at = survival_at(curve, plain_band(curve), [5, 9])
    assert at.reason.tolist() == [
        [Reason.NO_EVENTS, Reason.BEYOND_FOLLOW_UP],
        [Reason.OK, Reason.ALL_EVENTS],
        [Reason.OK, Reason.BEYOND_FOLLOW_UP],
        [Reason.NO_PARTICIPANTS, Reason.NO_PARTICIPANTS],
    ]
    expected = [[1, np.nan], [2 / 3, 0], [2 / 3, np.nan], [np.nan, np.nan]]
    np.testing.assert_allclose(at.value, expected)
    np.testing.assert_array_equal(np.isnan(at.low), at.reason != Reason.OK)
    extended = survival_at(curve, plain_band(curve), 9, extend=True)
    np.testing.assert_allclose(extended.value, [0.5, 0, 2 / 3, np.nan])


def test_median_says_why_there_is_no_interval() -> None:
    curve = kaplan_meier([[4, 6], [4, 6]], [[0, 0], [1, 1]], [[1, 1], [0, 0]])
    median = median_survival(curve, plain_band(curve))
    assert median.reason.tolist() == [Reason.NO_EVENTS, Reason.NO_PARTICIPANTS]
    assert np.isnan(median.low).all()


def test_at_risk_counts_those_whose_time_has_not_passed() -> None:
    curve = kaplan_meier([[2, 4, 4, 9], [1, 1, 1, 1]], [[1, 1, 0, 0], [1, 1, 1, 1]])
    assert at_risk_at(curve, [0, 4, 5, 10]).tolist() == [[4, 3, 1, 0], [4, 0, 0, 0]]


@given(seed=SEEDS)
@settings(max_examples=20)
def test_the_cumulative_hazard_sums_events_over_those_at_risk(seed: int) -> None:
    times, event, arm = follow_up(seed, (30,))
    curve = nelson_aalen(kaplan_meier(times, event, arm != 2))
    here, seen = times[arm != 2], event[arm != 2]
    for place, moment in enumerate(curve.times[:20]):
        days = np.unique(here[seen & (here <= moment)])
        events = np.array([np.sum(seen & (here == day)) for day in days])
        at_risk = np.array([np.sum(here >= day) for day in days])
        np.testing.assert_allclose(curve.hazard[place], np.sum(events / at_risk), atol=1e-13)
        np.testing.assert_allclose(curve.variance[place], np.sum(events / at_risk**2), atol=1e-13)


def test_the_cumulative_hazard_of_a_batch_is_that_of_each_alone() -> None:
    times, event, arm = follow_up(6, (4, 24))
    together = hazard_at(nelson_aalen(kaplan_meier(times, event, arm == 0)), [7, 35])
    for r in range(4):
        alone = hazard_at(nelson_aalen(kaplan_meier(times[r], event[r], arm[r] == 0)), [7, 35])
        np.testing.assert_array_equal(together.value[r], alone.value)
        np.testing.assert_array_equal(together.high[r], alone.high)


def test_the_cumulative_hazard_says_why_it_has_no_limits() -> None:
    curve = kaplan_meier([[4, 6], [4, 6]], [[0, 1], [1, 1]], [[1, 1], [0, 0]])
    hazard = hazard_at(nelson_aalen(curve), [5, 6])
    assert hazard.reason.tolist() == [
        [Reason.NO_EVENTS, Reason.OK],
        [Reason.NO_PARTICIPANTS, Reason.NO_PARTICIPANTS],
    ]
    np.testing.assert_array_equal(hazard.value, [[0, 1], [np.nan, np.nan]])


def test_the_standard_error_of_survival_is_greenwoods() -> None:
    curve = kaplan_meier([1, 2, 3, 4], [0, 1, 0, 1])
    errors = standard_error_at(curve, [1, 3, 4])
    np.testing.assert_allclose(errors[:2], [0, 2 / 3 * np.sqrt(1 / 6)])
    assert np.isnan(errors[2])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kaplan_meier([1, -2], [1, 1]), "must be 0 or later and finite; got -2 at position 1"),
        (lambda: kaplan_meier([1, float("nan")], [1, 1]), "0 or later and finite; got nan"),
        (lambda: kaplan_meier([1, 2], [1, 2]), "event_observed must be true or false"),
        (lambda: kaplan_meier(3, True), "at least one participant"),
        (lambda: kaplan_meier([], []), "at least one participant"),
        (lambda: kaplan_meier([1, 2, 3], [1, 0]), "one common shape"),
        (
            lambda: survival_quantile(*[kaplan_meier([1, 2], [1, 1])], plain_band(kaplan_meier([1], [1])), 50),
            "probability must lie between 0 and 1, such as 0.5; got 50",
        ),
        (lambda: plain_band(kaplan_meier([1], [1]), 1.0), "level must lie between 0 and 1"),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_was_expected(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
