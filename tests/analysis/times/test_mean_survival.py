"""Restricted mean survival time and milestone survival: by hand, properties, edges."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.times.hazard_ratio import as_ratio
from wholetrial.analysis.times.mean_survival import (
    milestone_difference,
    restricted_mean,
    restricted_mean_difference,
    restricted_mean_ratio,
)
from wholetrial.analysis.times.survival import SurvivalCurve, kaplan_meier

SEEDS = st.integers(0, 10_000)
COMPARISONS = [restricted_mean_difference, restricted_mean_ratio, milestone_difference]


def arms(seed: int, shape: tuple[int, ...], unit: float = 1.0) -> tuple[SurvivalCurve, ...]:
    generator = np.random.default_rng(seed)
    times = generator.integers(0, 14, shape) * unit
    event, arm = generator.random(shape) < 0.6, np.arange(shape[-1]) % 2
    return kaplan_meier(times, event, arm == 1), kaplan_meier(times, event, arm == 0)


@given(seed=SEEDS)
@settings(max_examples=20)
def test_without_censoring_it_is_the_mean_of_times_cut_at_the_end(seed: int) -> None:
    times = np.random.default_rng(seed).integers(0, 14, 25)
    mean = restricted_mean(kaplan_meier(times, np.ones(25)), 8)
    cut = np.minimum(times, 8)
    np.testing.assert_allclose(mean.value, np.mean(cut), atol=1e-12)
    error = np.std(cut) / np.sqrt(25)
    np.testing.assert_allclose(mean.high - mean.low, 2 * 1.959963984540054 * error, atol=1e-12)


def test_the_area_under_a_curve_with_censoring_by_hand() -> None:
    """Survival 1 until 2, 3/4 until 5, then 3/8: area by 8 is 2 + 2.25 + 1.125."""
    curve = kaplan_meier([2, 4, 5, 9], [1, 0, 1, 0])
    mean = restricted_mean(curve, 8)
    np.testing.assert_allclose(mean.value, 5.375)
    variance = (2.25 + 1.125) ** 2 / 12 + 1.125**2 / 2
    np.testing.assert_allclose(mean.high - mean.value, 1.959963984540054 * np.sqrt(variance))


@pytest.mark.parametrize("compare", COMPARISONS)
@given(seed=SEEDS)
@settings(max_examples=15)
def test_swapping_arms_turns_the_sign_and_the_unit_of_time_only_scales(
    compare: Callable[..., object], seed: int
) -> None:
    curve, control = arms(seed, (40,))
    one, other = compare(curve, control, 7, extend=True), compare(control, curve, 7, extend=True)
    assert one.reason == other.reason
    for ours, theirs in ((one.value, -other.value), (one.low, -other.high)):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)
    np.testing.assert_allclose(one.p_value, other.p_value, rtol=1e-9)
    days = compare(*arms(seed, (40,), unit=7.0), 49, extend=True)
    np.testing.assert_allclose(days.p_value, one.p_value, rtol=1e-9)
    scale = 7 if compare is restricted_mean_difference else 1
    np.testing.assert_allclose(days.value, one.value * scale, atol=1e-12)


@pytest.mark.parametrize("compare", COMPARISONS)
def test_batched_equals_one_at_a_time(compare: Callable[..., object]) -> None:
    generator = np.random.default_rng(5)
    times, event = generator.integers(0, 14, (6, 40)), generator.random((6, 40)) < 0.6
    arm = np.arange(40) % 2
    curves = [kaplan_meier(times, event, arm == label) for label in (1, 0)]
    together = compare(*curves, 9)
    for r in range(6):
        alone = compare(*(kaplan_meier(times[r], event[r], arm == label) for label in (1, 0)), 9)
        assert together.reason[r] == alone.reason
        np.testing.assert_array_equal(together.value[r], alone.value)
        np.testing.assert_array_equal(together.p_value[r], alone.p_value)


def test_those_left_out_and_the_order_change_nothing() -> None:
    times, event = np.array([3, 1, 4, 1, 5, 9, 2, 6.0]), np.array([1, 0, 1, 1, 0, 1, 1, 0])
    inside = np.arange(8) % 3 != 1
    order = np.array([4, 2, 0, 6, 7, 1, 3, 5])
    all_of_them = restricted_mean(kaplan_meier(times[order], event[order], inside[order]), 5)
    alone = restricted_mean(kaplan_meier(times[inside], event[inside]), 5)
    np.testing.assert_allclose(all_of_them.value, alone.value, rtol=1e-14)
    np.testing.assert_allclose(all_of_them.low, alone.low, rtol=1e-14)


def test_a_comparison_says_why_it_has_no_number() -> None:
    times = np.array([[4, 6, 8, 8]] * 5)
    events = [[0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0], [1, 1, 1, 1]]
    inside = [[1, 1, 1, 1]] * 4 + [[0, 0, 0, 0]]
    curve = kaplan_meier(times, events, inside)
    control = kaplan_meier([4, 6, 8, 9], [1, 1, 0, 0])
    means = restricted_mean_difference(curve, control, 8.5)
    beyond, none = Reason.BEYOND_FOLLOW_UP, Reason.NO_PARTICIPANTS
    assert means.reason.tolist() == [beyond, beyond, Reason.OK, beyond, none]
    assert np.isnan(means.value).tolist() == [True, True, False, True, True]
    extended = restricted_mean_difference(curve, control, 8.5, extend=True)
    assert extended.reason.tolist() == [Reason.OK] * 4 + [none]
    shares = milestone_difference(curve, control, 8)
    assert shares.reason.tolist() == [Reason.OK, Reason.OK, Reason.ALL_EVENTS, Reason.OK, none]
    np.testing.assert_allclose(shares.value[:3], [1 / 3 - 0.5, 0.5, -0.5])
    assert np.isnan(shares.low[2])


def test_no_event_in_either_arm_gives_a_difference_without_limits() -> None:
    curve = kaplan_meier([4, 6, 8], [0, 0, 0])
    for compare in COMPARISONS:
        effect = compare(curve, curve, 5)
        assert effect.value == 0
        assert effect.reason == Reason.NO_VARIATION
        assert np.isnan(effect.p_value)
    mean = restricted_mean(curve, 5)
    assert (mean.value, mean.reason) == (5, Reason.NO_VARIATION)


def test_a_mean_of_0_has_no_ratio() -> None:
    at_once, later = kaplan_meier([0, 0], [1, 1]), kaplan_meier([1, 2, 3], [1, 1, 0])
    ratio = restricted_mean_ratio(at_once, later, 2)
    assert ratio.reason == Reason.NO_EXPOSURE
    assert np.isnan(as_ratio(ratio).value)
    assert restricted_mean_difference(at_once, later, 2).reason == Reason.OK


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda curve: restricted_mean(curve, 0), "until must be a time after 0; got 0"),
        (lambda curve: restricted_mean(curve, float("nan")), "until must be a time after 0; got nan"),
        (lambda curve: restricted_mean_difference(curve, curve, -3), "until must be a time after 0; got -3"),
        (lambda curve: restricted_mean_ratio(curve, curve, float("inf")), "until must be a time after 0; got inf"),
        (lambda curve: milestone_difference(curve, curve, -1), "time must be 0 or later; got -1"),
        (lambda curve: milestone_difference(curve, curve, 1, level=2), "level must lie between 0 and 1"),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_was_expected(
    call: Callable[[SurvivalCurve], object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call(kaplan_meier([1, 2], [1, 0]))
