"""Strata: CMH, Mantel-Haenszel, homogeneity, Newcombe: properties, edges, errors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2, hypergeom
from stratified_tables import FOUR, Counts, designs, many, relabeled, swapped, without_event

from wholetrial.analysis.estimate import Effect, Interval, Reason, Test
from wholetrial.analysis.responders.cochran_mantel_haenszel import cmh_corrected_test, cmh_test
from wholetrial.analysis.responders.homogeneity import breslow_day_test, tarone_test
from wholetrial.analysis.responders.mantel_haenszel import (
    log_odds_ratio_mantel_haenszel,
    log_risk_ratio_mantel_haenszel,
    odds_ratio_mantel_haenszel,
    risk_difference_inverse_variance,
    risk_difference_mantel_haenszel,
    risk_difference_mantel_haenszel_greenland_robins,
    risk_ratio_mantel_haenszel,
)
from wholetrial.analysis.responders.stratified_newcombe import risk_difference_stratified_newcombe

TESTS = [cmh_test, cmh_corrected_test]
DIFFERENCES = [
    risk_difference_mantel_haenszel,
    risk_difference_mantel_haenszel_greenland_robins,
    risk_difference_inverse_variance,
    risk_difference_stratified_newcombe,
]
RATIOS = [risk_ratio_mantel_haenszel, odds_ratio_mantel_haenszel]
LOGARITHMS = [log_risk_ratio_mantel_haenszel, log_odds_ratio_mantel_haenszel]
HOMOGENEITY = [breslow_day_test, tarone_test]
ALL = [*TESTS, *DIFFERENCES, *RATIOS, *LOGARITHMS, *HOMOGENEITY]


def told(result: Any) -> np.ndarray:
    """What a method tells, as one array."""
    if isinstance(result, tuple):
        return np.stack([result.test.statistic, result.test.p_value, result.freedom], axis=-1)
    if isinstance(result, Test):
        return np.stack([result.statistic, result.p_value], axis=-1)
    parts = [result.value, result.low, result.high]
    if isinstance(result, Effect):
        parts += [result.standard_error, result.p_value]
    return np.stack(parts, axis=-1)


def reason_of(result: Any) -> np.ndarray:
    return (result.test if isinstance(result, tuple) else result).reason


@given(counts=designs())
@settings(max_examples=30)
def test_cmh_against_second_implementation(counts: Counts) -> None:
    """Mean and variance of each stratum's events from SciPy's hypergeometric probabilities."""
    departure = variance = 0.0
    for x, n, control_x, control_n in zip(*counts, strict=True):
        possible = np.arange(n + 1)
        chance = hypergeom.pmf(possible, n + control_n, x + control_x, n)
        mean = (chance * possible).sum()
        departure += x - mean
        variance += (chance * (possible - mean) ** 2).sum()
    found = cmh_test(*counts)
    if variance <= 1e-12:
        assert found.reason != Reason.OK
        return
    assert found.p_value == pytest.approx(chi2.sf(departure**2 / variance, 1), rel=1e-9, abs=1e-14)


@given(counts=designs())
@settings(max_examples=30)
def test_swapping_the_arms_turns_the_sides(counts: Counts) -> None:
    for test in TESTS:
        assert test(*counts, alternative="greater").p_value == pytest.approx(
            float(test(*swapped(counts), alternative="less").p_value), nan_ok=True
        )
    for method in DIFFERENCES:
        there, back = method(*counts), method(*swapped(counts))
        assert there.low == pytest.approx(-back.high, abs=1e-12, nan_ok=True)
        assert there.value == pytest.approx(-back.value, abs=1e-12, nan_ok=True)
    for logarithm in LOGARITHMS:
        there, back = logarithm(*counts), logarithm(*swapped(counts))
        assert there.low == pytest.approx(-back.high, abs=1e-10, nan_ok=True)
    for homogeneity in HOMOGENEITY:
        there, back = told(homogeneity(*counts)), told(homogeneity(*swapped(counts)))
        np.testing.assert_allclose(there, back, rtol=1e-6, atol=1e-9)


@given(counts=designs())
@settings(max_examples=30)
def test_counting_those_without_the_event_turns_difference_and_odds(counts: Counts) -> None:
    others = without_event(counts)
    for method in (*DIFFERENCES, log_odds_ratio_mantel_haenszel):
        there, back = method(*counts), method(*others)
        assert there.high == pytest.approx(-back.low, abs=1e-10, nan_ok=True)
    assert cmh_test(*counts).p_value == pytest.approx(
        float(cmh_test(*others).p_value), rel=1e-9, nan_ok=True
    )


@given(counts=designs(least=2), order=st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_relabeling_the_strata_changes_nothing(counts: Counts, order: Any) -> None:
    places = list(range(len(counts[0])))
    order.shuffle(places)
    for method in ALL:
        there, back = method(*counts), method(*relabeled(counts, places))
        np.testing.assert_allclose(told(there), told(back), rtol=1e-7, atol=1e-10)
        assert reason_of(there) == reason_of(back)


@given(counts=designs())
@settings(max_examples=20)
def test_splitting_strata_into_identical_halves_changes_no_estimate(counts: Counts) -> None:
    whole = [2 * part for part in counts]
    halves = [np.concatenate([part, part]) for part in counts]
    for method in (*DIFFERENCES[:3], *RATIOS):
        there, back = method(*whole), method(*halves)
        for name in ("value", "low", "high"):
            ours, theirs = getattr(there, name), getattr(back, name)
            assert ours == pytest.approx(float(theirs), rel=1e-9, abs=1e-11, nan_ok=True)


@given(counts=designs(), empty=st.integers(0, 25), side=st.booleans())
@settings(max_examples=20)
def test_a_stratum_with_an_empty_arm_contributes_nothing(
    counts: Counts, empty: int, side: bool
) -> None:
    alone = (empty // 2, empty, 0, 0)
    more = [np.append(part, one) for part, one in zip(counts, alone, strict=True)]
    if side:
        more = [np.append(part, one) for part, one in zip(counts, swapped(alone), strict=True)]
    for method in ALL:
        there, back = method(*counts), method(*more)
        np.testing.assert_array_equal(told(there), told(back))
        assert reason_of(there) == reason_of(back)


@pytest.mark.parametrize("method", ALL)
def test_batched_equals_one_at_a_time(method: Callable[..., Any]) -> None:
    counts = many(100)
    together = method(*(part.reshape(10, 10, 4) for part in counts))
    numbers, reasons = told(together).reshape(100, -1), reason_of(together).reshape(100)
    assert len(set(reasons.tolist())) > 1
    for index in range(100):
        alone = method(*(part[index] for part in counts))
        np.testing.assert_array_equal(numbers[index], told(alone))
        assert reasons[index] == reason_of(alone)
        assert np.isnan(numbers[index]).any() == (reasons[index] != Reason.OK)


@given(counts=designs(most=1))
@settings(max_examples=30)
def test_one_stratum_equals_the_unstratified_method(counts: Counts) -> None:
    x, n, control_x, control_n = (float(part[0]) for part in counts)
    p, q = x / n, control_x / control_n
    wald = risk_difference_mantel_haenszel_greenland_robins(*counts)
    assert wald.value == pytest.approx(p - q)
    if wald.reason == Reason.OK:
        error = (p * (1 - p) / n + q * (1 - q) / control_n) ** 0.5
        assert wald.standard_error == pytest.approx(error)
    for name in ("value", "low", "high"):
        assert getattr(risk_difference_inverse_variance(*counts), name) == pytest.approx(
            float(getattr(wald, name)), nan_ok=True
        ) or p in (0, 1)
    pooled, total = (x + control_x) / (n + control_n), n + control_n
    if 0 < pooled < 1:
        z = (p - q) ** 2 / (pooled * (1 - pooled) * (1 / n + 1 / control_n))
        assert cmh_test(*counts).statistic == pytest.approx(z * (total - 1) / total)
        ratio = odds_ratio_mantel_haenszel(*counts)
        a, b, c, d = x, n - x, control_x, control_n - control_x
        if min(a, b, c, d) > 0:
            assert ratio.value == pytest.approx(a * d / (b * c))
            woolf = np.exp(np.log(a * d / (b * c)) + 1.959963984540054 * _woolf(a, b, c, d))
            assert ratio.high == pytest.approx(woolf)
    newcombe = risk_difference_stratified_newcombe(*counts)
    low, high = _newcombe(x, n, control_x, control_n)
    assert (newcombe.low, newcombe.high) == pytest.approx((low, high), abs=1e-12)
    assert breslow_day_test(*counts).test.reason != Reason.OK


def _woolf(*cells: float) -> float:
    return float(sum(1 / cell for cell in cells) ** 0.5)


def _newcombe(x: float, n: float, y: float, m: float) -> tuple[float, float]:
    (a, b), (c, d) = _wilson(x, n), _wilson(y, m)
    p, q = x / n, y / m
    return p - q - np.hypot(p - a, d - q), p - q + np.hypot(b - p, q - c)


def _wilson(x: float, n: float) -> np.ndarray:
    z = 1.959963984540054
    return np.sort(np.roots([1 + z**2 / n, -2 * x / n - z**2 / n, (x / n) ** 2]).real)


@given(counts=designs(least=2, smallest=5))
@settings(max_examples=30)
def test_breslow_day_expects_events_with_the_common_odds_ratio(counts: Counts) -> None:
    """Second implementation: the roots of each stratum's quadratic by NumPy, as R's would be."""
    x, n, control_x, control_n = (part.astype(float) for part in counts)
    ratio = float(odds_ratio_mantel_haenszel(*counts).value)
    found = breslow_day_test(*counts)
    if not 0 < ratio < np.inf:
        assert found.test.reason != Reason.OK
        return
    total, kept = 0.0, 0
    for a, row, b, other in zip(x, n, control_x, control_n, strict=True):
        events = a + b
        if events in (0, row + other):
            continue
        roots = np.roots(
            [1 - ratio, other - events + ratio * (row + events), -ratio * row * events]
        )
        least, most = max(0, events - other), min(row, events)
        expected = next(r.real for r in roots if least - 1e-9 <= r.real <= most + 1e-9)
        cells = expected, row - expected, events - expected, other - events + expected
        total += (a - expected) ** 2 * sum(1 / cell for cell in cells)
        kept += 1
    if kept < 2:
        assert found.test.reason == Reason.ONE_STRATUM
        return
    assert found.freedom == kept - 1
    assert found.test.statistic == pytest.approx(total, rel=1e-6)
    assert tarone_test(*counts).test.statistic <= found.test.statistic + 1e-9


def test_no_stratum_with_both_arms_has_its_reason() -> None:
    for method in ALL:
        result = method([3, 0], [9, 0], [0, 2], [0, 8])
        assert reason_of(result) == Reason.NO_COMPARISON
        assert np.isnan(told(result)).all()
        assert reason_of(method([0, 0], [0, 0], [1, 2], [9, 8])) == Reason.NO_PARTICIPANTS


@pytest.mark.parametrize("method", [method for method in ALL if method is not DIFFERENCES[3]])
def test_nobody_or_everybody_with_the_event_has_its_reason(method: Callable[..., Any]) -> None:
    n, control_n = np.array([9, 7]), np.array([8, 7])
    assert reason_of(method(0 * n, n, 0 * n, control_n)) == Reason.NO_EVENTS
    assert reason_of(method(n, n, control_n, control_n)) == Reason.ALL_EVENTS


def test_stratified_newcombe_stands_where_nobody_has_the_event() -> None:
    found = risk_difference_stratified_newcombe([0, 0], [20, 30], [0, 0], [25, 25])
    assert found.value == 0
    assert -0.2 < found.low < 0 < found.high < 0.2


def test_all_in_one_stratum_and_none_in_the_other_leaves_nothing_to_test() -> None:
    counts = [0, 9], [8, 9], [0, 7], [8, 7]
    assert cmh_test(*counts).reason == Reason.SINGULAR
    assert risk_difference_inverse_variance(*counts).reason == Reason.SINGULAR
    assert breslow_day_test(*counts).test.reason == Reason.SINGULAR


def test_an_arm_without_an_event_has_a_ratio_without_limits() -> None:
    for method in RATIOS:
        none, only = method([0, 0], 9, [2, 3], 9), method([2, 3], 9, [0, 0], 9)
        assert (none.value, none.reason) == (0, Reason.SINGULAR)
        assert (only.value, only.reason) == (np.inf, Reason.SINGULAR)
        assert np.isnan([none.low, none.high, only.low, only.high]).all()


def test_a_small_departure_is_not_corrected_as_in_r() -> None:
    counts = [5, 6], [10, 12], [5, 6], [10, 13]
    plain, corrected = cmh_test(*counts), cmh_corrected_test(*counts)
    assert plain.p_value == corrected.p_value
    assert cmh_corrected_test(*FOUR).p_value > cmh_test(*FOUR).p_value


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match="at least one stratum on the last axis; got shape"):
        cmh_test(np.zeros((3, 0)), np.zeros((3, 0)), np.zeros((3, 0)), np.zeros((3, 0)))
    with pytest.raises(ValueError, match="at least one stratum"):
        risk_difference_mantel_haenszel(1, 2, 1, 2)
    with pytest.raises(ValueError, match="events must not exceed participants; got 9"):
        odds_ratio_mantel_haenszel([1, 9], [3, 8], [1, 1], [3, 3])
    with pytest.raises(ValueError, match=r"whole numbers of at least 0; got 1\.5"):
        breslow_day_test([1, 1.5], [3, 8], [1, 1], [3, 3])
    with pytest.raises(ValueError, match="one common shape"):
        cmh_test([1, 2], [3, 8], [1, 1, 1], [3, 3, 3])
    with pytest.raises(ValueError, match="alternative must be one of"):
        cmh_test(*FOUR, alternative="two.sided")
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        risk_difference_stratified_newcombe(*FOUR, 95)


def test_interval_is_returned_for_ratios_and_effect_for_differences() -> None:
    assert isinstance(risk_ratio_mantel_haenszel(*FOUR), Interval)
    effect = risk_difference_mantel_haenszel(*FOUR)
    assert np.isinf(effect.freedom)
    assert effect.statistic == pytest.approx(float(effect.value / effect.standard_error))
