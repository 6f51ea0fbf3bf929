"""Risk and odds ratios: second implementations, properties, edges and errors."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import contingency

from wholetrial.analysis.estimate import Interval, Reason
from wholetrial.analysis.responders.ratios import (
    odds_ratio_cornfield,
    odds_ratio_haldane_anscombe,
    odds_ratio_log,
    odds_ratio_miettinen_nurminen,
    risk_ratio_koopman,
    risk_ratio_log,
    risk_ratio_miettinen_nurminen,
)

Ratio = Callable[..., Interval]
RISK = [risk_ratio_miettinen_nurminen, risk_ratio_koopman, risk_ratio_log]
ODDS = [
    odds_ratio_miettinen_nurminen,
    odds_ratio_cornfield,
    odds_ratio_log,
    odds_ratio_haldane_anscombe,
]
SCORE = [
    risk_ratio_miettinen_nurminen,
    risk_ratio_koopman,
    odds_ratio_miettinen_nurminen,
    odds_ratio_cornfield,
]


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n, control_n = draw(st.integers(1, 200)), draw(st.integers(1, 200))
    return draw(st.integers(0, n)), n, draw(st.integers(0, control_n)), control_n


def inverse(number: np.ndarray) -> float:
    return np.inf if number == 0 else 1 / float(number)


@pytest.mark.parametrize("method", [*RISK, *ODDS])
@given(table=tables(), level=st.sampled_from([0.8, 0.95, 0.999]))
@settings(max_examples=25)
def test_swapping_the_arms_inverts_the_ratio(
    method: Ratio, table: tuple[int, int, int, int], level: float
) -> None:
    there, back = method(*table, level), method(*table[2:], *table[:2], level)
    assert there.reason == back.reason
    if there.reason == Reason.OK:
        for ours, theirs in ((there.value, back.value), (there.low, back.high)):
            assert float(ours) == pytest.approx(inverse(theirs), rel=1e-9)
        assert there.low <= there.value * (1 + 1e-12)
        assert there.value <= there.high * (1 + 1e-12)


@pytest.mark.parametrize("method", ODDS)
@given(table=tables())
@settings(max_examples=25)
def test_counting_failures_inverts_the_odds_ratio(
    method: Ratio, table: tuple[int, int, int, int]
) -> None:
    x, n, control_x, control_n = table
    events, failures = method(*table), method(n - x, n, control_n - control_x, control_n)
    assert (events.reason == Reason.OK) == (failures.reason == Reason.OK)
    if events.reason == Reason.OK:
        assert float(events.low) == pytest.approx(inverse(failures.high), rel=1e-9)
        assert float(events.high) == pytest.approx(inverse(failures.low), rel=1e-9)


@pytest.mark.parametrize("method", SCORE)
def test_a_wider_level_widens_the_interval(method: Ratio) -> None:
    narrow, wide = method(31, 64, 5, 64, 0.9), method(31, 64, 5, 64, 0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_log_limits_match_scipy() -> None:
    for x, control_x in product(range(1, 9), range(1, 12)):
        risk = contingency.relative_risk(x, 9, control_x, 13).confidence_interval(0.9)
        ours = risk_ratio_log(x, 9, control_x, 13, 0.9)
        np.testing.assert_allclose([ours.low, ours.high], risk, rtol=1e-12)
        table = [[x, control_x], [9 - x, 13 - control_x]]
        odds = contingency.odds_ratio(table, kind="sample").confidence_interval(0.9)
        if x < 9:
            ours = odds_ratio_log(x, 9, control_x, 13, 0.9)
            np.testing.assert_allclose([ours.low, ours.high], odds, rtol=1e-12)


def test_cornfield_limits_are_where_the_score_test_of_the_cells_rejects() -> None:
    """Fitted cells with the limit as odds ratio depart by chi-square 3.84 from the observed ones."""
    for x, control_x in product(range(1, 12, 2), range(1, 9, 2)):
        interval = odds_ratio_cornfield(x, 12, control_x, 9)
        for limit in (interval.low, interval.high):
            fitted = np.roots(
                [
                    limit - 1,
                    -(limit * (12 + x + control_x) + 9 - x - control_x),
                    12 * limit * (x + control_x),
                ]
            )
            a = next(r for r in fitted.real if 0 <= r <= min(12, x + control_x))
            b = x + control_x - a
            chi_square = (x - a) ** 2 * (1 / a + 1 / (12 - a) + 1 / b + 1 / (9 - b))
            assert chi_square == pytest.approx(stats.chi2.ppf(0.95, 1), rel=1e-8)


@pytest.mark.parametrize("method", [*RISK, *ODDS])
def test_batched_equals_one_at_a_time(method: Ratio) -> None:
    x, control_x = np.meshgrid(np.arange(0, 13, 3), np.arange(0, 10, 3))
    together = method(x, 12, control_x, 9)
    for place in np.ndindex(x.shape):
        alone = method(int(x[place]), 12, int(control_x[place]), 9)
        for field in ("value", "low", "high", "reason"):
            np.testing.assert_array_equal(getattr(together, field)[place], getattr(alone, field))


def test_a_zero_in_one_part_leaves_the_other_limit() -> None:
    for method in SCORE:
        none, all_of_it = method(0, 18, 4, 25), method(5, 22, 0, 21)
        assert (none.value, none.low) == (0, 0)
        assert 0 < none.high < np.inf
        assert (all_of_it.value, all_of_it.high) == (np.inf, np.inf)
        assert 0 < all_of_it.low < np.inf
        assert none.reason == all_of_it.reason == Reason.OK
    everybody = odds_ratio_miettinen_nurminen(15, 15, 9, 14)
    assert (everybody.value, everybody.high) == (np.inf, np.inf)
    assert everybody.low == pytest.approx(1.7862374250234763, rel=1e-12)


def test_where_there_is_no_ratio_there_is_a_reason() -> None:
    nobody, everybody = (0, 20, 0, 25), (11, 11, 13, 13)
    for method in RISK:
        assert method(*nobody).reason == Reason.NO_EVENTS
        assert np.isnan([method(*nobody).value, method(*nobody).low]).all()
        assert method(*everybody).reason == Reason.OK
    for method in ODDS[:3]:
        assert method(*nobody).reason == Reason.NO_EVENTS
        assert method(*everybody).reason == Reason.ALL_EVENTS
        assert np.isnan(method(*everybody).value)
    assert odds_ratio_haldane_anscombe(*everybody).reason == Reason.OK
    assert risk_ratio_log(*everybody).low == risk_ratio_log(*everybody).high == 1


def test_log_limits_need_events_in_both_arms() -> None:
    for method in (risk_ratio_log, odds_ratio_log):
        interval = method([5, 0, 3], [22, 18, 9], [0, 4, 2], [21, 25, 9])
        assert interval.reason.tolist() == [Reason.NO_EVENTS, Reason.NO_EVENTS, Reason.OK]
        assert interval.value[:2].tolist() == [np.inf, 0]
        assert np.isnan(interval.low).tolist() == [True, True, False]
    assert odds_ratio_log(15, 15, 9, 14).reason == Reason.ALL_EVENTS


@pytest.mark.parametrize("method", [*RISK, *ODDS])
def test_an_empty_arm_gives_a_reason_and_no_number(method: Ratio) -> None:
    interval = method([0, 3, 3, 0], [0, 9, 9, 0], [2, 0, 1, 0], [9, 0, 9, 0])
    empty = interval.reason == Reason.NO_PARTICIPANTS
    assert empty.tolist() == [True, True, False, True]
    for numbers in (interval.value, interval.low, interval.high):
        assert np.isnan(numbers).tolist() == empty.tolist()


@pytest.mark.parametrize("method", [*RISK, *ODDS])
def test_a_wrong_call_says_what_was_expected(method: Ratio) -> None:
    for wrong, message in (
        ((65, 64, 1, 64), "events must not exceed participants; got 65"),
        ((5, 64, -1, 64), "events must be whole numbers of at least 0; got -1"),
        ((5, 64, 1.5, 64), "events must be whole numbers of at least 0; got 1.5"),
        ((5, float("nan"), 1, 64), "participants must be whole numbers of at least 0; got nan"),
        (([1, 2], 64, [1, 2, 3], 64), "one common shape"),
    ):
        with pytest.raises(ValueError, match=message):
            method(*wrong)
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        method(5, 64, 1, 64, 95)
    with pytest.raises(ValueError, match="events must hold at least one count"):
        method([], [], [], [])
