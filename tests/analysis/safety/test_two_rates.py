"""Two rates: second implementations, error rates by enumeration, properties, edges and errors."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import binom, norm, poisson

from wholetrial.analysis.estimate import Interval, Reason, Test
from wholetrial.analysis.safety.rate_differences import (
    rate_difference_mover,
    rate_difference_score,
    rate_difference_wald,
)
from wholetrial.analysis.safety.rate_ratios import (
    rate_ratio_exact,
    rate_ratio_log_wald,
    rate_ratio_mid_p,
    rate_ratio_score,
    rates_exact_test,
    rates_mid_p_test,
    rates_score_test,
)

Z = norm.ppf(0.975)
DIFFERENCES = [rate_difference_wald, rate_difference_score, rate_difference_mover]
RATIOS = [rate_ratio_log_wald, rate_ratio_score, rate_ratio_exact, rate_ratio_mid_p]
TESTS = [rates_exact_test, rates_mid_p_test, rates_score_test]
METHODS = [*DIFFERENCES, *RATIOS, *TESTS]
MIRROR = {"two_sided": "two_sided", "greater": "less", "less": "greater"}


@st.composite
def arms(draw: st.DrawFn) -> tuple[int, float, int, float]:
    years = st.floats(0.5, 500)
    return draw(st.integers(0, 60)), draw(years), draw(st.integers(0, 60)), draw(years)


@given(x=st.integers(0, 25), control=st.integers(0, 25), weight=st.integers(1, 5))
@settings(max_examples=60)
def test_exact_and_mid_p_tests_match_exact_fractions(x: int, control: int, weight: int) -> None:
    """The active arm was followed `weight` times as long as the control arm."""
    total, share = x + control, Fraction(weight, weight + 1)
    chance = [comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(total + 1)]
    expected = {
        "two_sided": sum(p for p in chance if p <= chance[x]),
        "greater": sum(chance[x:]),
        "less": sum(chance[: x + 1]),
    }
    for alternative, p_value in expected.items():
        ours = rates_exact_test(x, weight, control, 1, alternative=alternative).p_value
        assert ours == pytest.approx(float(p_value), rel=1e-10)
    sides = {
        "greater": sum(chance[x + 1 :]) + chance[x] / 2,
        "less": sum(chance[:x]) + chance[x] / 2,
    }
    sides["two_sided"] = min(Fraction(1), 2 * min(sides.values()))
    for alternative, p_value in sides.items():
        ours = rates_mid_p_test(x, weight, control, 1, alternative=alternative).p_value
        assert ours == pytest.approx(float(p_value) if total else 1.0, rel=1e-10)


@pytest.mark.parametrize("counts", list(product([0, 1, 3, 12], [0, 1, 2, 30])))
def test_score_limits_of_a_difference_against_second_implementation(
    counts: tuple[int, int],
) -> None:
    """The most likely rates by a minimizer, the limits by brentq."""
    x, control = counts
    years, control_years = 20.0, 35.0
    interval = rate_difference_score(x, years, control, control_years, per=1)
    estimate = x / years - control / control_years

    def excess(difference: float) -> float:
        low = max(0.0, -difference)

        def misfit(control_rate: float) -> float:
            total = 0.0
            for count, time, rate in (
                (x, years, control_rate + difference),
                (control, control_years, control_rate),
            ):
                total += rate * time - (count * np.log(max(rate, 1e-300)) if count else 0.0)
            return total

        found = minimize_scalar(misfit, bounds=(low, low + 20), options={"xatol": 1e-12})
        rate = min((found.x, low), key=misfit)
        variance = (rate + difference) / years + rate / control_years
        return (estimate - difference) ** 2 - Z**2 * variance

    for limit, end in ((interval.low, estimate - 5), (interval.high, estimate + 5)):
        near = estimate + (end - estimate) * 1e-9
        expected = brentq(excess, near, end, xtol=1e-12)
        assert float(limit) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("counts", list(product([0, 1, 3, 12], [0, 1, 2, 30])))
def test_score_limits_of_a_ratio_solve_the_score_equation(counts: tuple[int, int]) -> None:
    x, control = counts
    interval = rate_ratio_score(x, 20.0, control, 35.0)
    if x + control == 0:
        assert interval.reason == Reason.NO_EVENTS
        return
    for ratio in (float(interval.low), float(interval.high)):
        if 0 < ratio < np.inf:
            rate = (x + control) / (20 * ratio + 35)
            variance = ratio * rate / 20 + ratio**2 * rate / 35
            assert (x / 20 - ratio * control / 35) ** 2 == pytest.approx(Z**2 * variance, rel=1e-9)
    assert (interval.low == 0) == (x == 0)
    assert (interval.high == np.inf) == (control == 0)


@pytest.mark.parametrize("counts", list(product([0, 1, 3, 12, 80], [0, 1, 2, 30])))
def test_exact_and_mid_p_limits_of_a_ratio_have_the_tails_of_scipy(counts: tuple[int, int]) -> None:
    x, control = counts
    for method, share in ((rate_ratio_exact, 1.0), (rate_ratio_mid_p, 0.5)):
        interval = method(x, 20.0, control, 35.0)
        if x > 0:
            p = float(interval.low) * 20 / (float(interval.low) * 20 + 35)
            tail = binom.sf(x, x + control, p) + share * binom.pmf(x, x + control, p)
            assert tail == pytest.approx(0.025, rel=1e-9)
        if control > 0:
            p = float(interval.high) * 20 / (float(interval.high) * 20 + 35)
            tail = binom.cdf(x - 1, x + control, p) + share * binom.pmf(x, x + control, p)
            assert tail == pytest.approx(0.025, rel=1e-9)


@pytest.mark.parametrize("expected", [0.5, 2.0, 6.0, 15.0])
@pytest.mark.parametrize("ratio_of_years", [1.0, 2.5])
def test_error_rates_by_enumeration(expected: float, ratio_of_years: float) -> None:
    """The exact test and interval are never anticonservative, and not far from level."""
    counts = np.arange(60)
    x, control = np.meshgrid(counts, counts, indexing="ij")
    years, control_years = 10.0 * ratio_of_years, 10.0
    chance = poisson.pmf(x, expected * ratio_of_years) * poisson.pmf(control, expected)
    p_value = rates_exact_test(x, years, control, control_years).p_value
    assert chance[p_value <= 0.05].sum() <= 0.05
    for true in (1.0, 3.0):
        chance = poisson.pmf(x, expected * ratio_of_years * true) * poisson.pmf(control, expected)
        exact = rate_ratio_exact(x, years, control, control_years)
        missed = (exact.low > true) | (exact.high < true)
        assert chance[missed].sum() <= 0.05 + 1e-12
        mid = rate_ratio_mid_p(x, years, control, control_years)
        assert chance[(mid.low > true) | (mid.high < true)].sum() >= chance[missed].sum()


@given(table=arms())
@settings(max_examples=60)
def test_swapping_the_arms_swaps_the_sides(table: tuple[int, float, int, float]) -> None:
    swapped = (*table[2:], *table[:2])
    for test in (rates_exact_test, rates_mid_p_test):
        for alternative, mirrored in MIRROR.items():
            there = test(*table, alternative=alternative).p_value
            back = test(*swapped, alternative=mirrored).p_value
            assert there == pytest.approx(back, rel=1e-7)
    there, back = rates_score_test(*table), rates_score_test(*swapped)
    assert there.p_value == pytest.approx(back.p_value, rel=1e-9, abs=1e-12, nan_ok=True)
    for method in DIFFERENCES:
        there, back = method(*table), method(*swapped)
        near = 1e-8 * float(there.high - there.low) + 1e-12
        assert there.low == pytest.approx(-back.high, abs=near)
        assert there.high == pytest.approx(-back.low, abs=near)
        assert there.low <= there.value <= there.high
    for method in RATIOS:
        there, back = method(*table), method(*swapped)
        assert there.reason == back.reason
        if there.reason == Reason.OK:
            assert inverse(there.low) == pytest.approx(float(back.high), rel=1e-8)
            assert inverse(there.high) == pytest.approx(float(back.low), rel=1e-8)
            assert there.low <= there.value <= there.high


def inverse(number: np.ndarray) -> float:
    value = float(number)
    return np.inf if value == 0 else 1 / value


@given(table=arms(), scale=st.floats(0.01, 100))
@settings(max_examples=60)
def test_units_of_time_change_only_the_rate(
    table: tuple[int, float, int, float], scale: float
) -> None:
    x, years, control, control_years = table
    scaled = (x, years * scale, control, control_years * scale)
    for method in TESTS:
        there, again = method(*table), method(*scaled)
        assert there.p_value == pytest.approx(again.p_value, rel=1e-6, nan_ok=True)
    for method in DIFFERENCES:
        there, again = method(*table), method(*scaled, per=100 * scale)
        near = 1e-8 * float(there.high - there.low) + 1e-12
        assert there.low == pytest.approx(again.low, abs=near)
        assert there.high == pytest.approx(again.high, abs=near)
    for method in RATIOS:
        there, again = method(*table), method(*scaled)
        assert there.low == pytest.approx(again.low, rel=1e-8, nan_ok=True)
        assert there.high == pytest.approx(again.high, rel=1e-8, nan_ok=True)


@given(table=arms())
@settings(max_examples=60)
def test_the_score_interval_holds_no_difference_just_where_the_score_test_rejects_it(
    table: tuple[int, float, int, float],
) -> None:
    p_value = float(rates_score_test(*table).p_value)
    if table[0] + table[2] == 0 or abs(p_value - 0.05) < 1e-6:
        return
    difference, ratio = rate_difference_score(*table), rate_ratio_score(*table)
    assert (difference.low > 0 or difference.high < 0) == (p_value < 0.05)
    assert (ratio.low > 1 or ratio.high < 1) == (p_value < 0.05)


@pytest.mark.parametrize("method", METHODS)
def test_batched_equals_one_at_a_time(method: Callable[..., Test | Interval]) -> None:
    x, control = np.meshgrid([0, 1, 4, 33], [0, 2, 150])
    together = method(x, 12.5, control, [[90.0], [3.0], [700.0]])
    fields = ("p_value", "reason") if isinstance(together, Test) else ("value", "low", "high")
    for place in np.ndindex(x.shape):
        alone = method(x[place], 12.5, control[place], [90.0, 3.0, 700.0][place[0]])
        for field in fields:
            np.testing.assert_array_equal(getattr(together, field)[place], getattr(alone, field))


@pytest.mark.parametrize("method", METHODS)
def test_an_arm_without_time_gives_a_reason_and_no_number(
    method: Callable[..., Test | Interval],
) -> None:
    result = method([0, 3, 3], [0.0, 9.0, 9.0], [2, 0, 1], [9.0, 0.0, 9.0])
    assert result.reason.tolist() == [Reason.NO_EXPOSURE, Reason.NO_EXPOSURE, Reason.OK]
    numbers = [result.p_value] if isinstance(result, Test) else [result.value, result.low]
    for number in numbers:
        assert np.isnan(number).tolist() == [True, True, False]


def test_without_any_event_there_is_no_ratio_but_a_difference() -> None:
    nothing = (0, 10.0, 0, 20.0)
    for method in RATIOS:
        assert method(*nothing).reason == Reason.NO_EVENTS
        assert np.isnan(method(*nothing).value)
    assert rates_score_test(*nothing).reason == Reason.NO_EVENTS
    assert rates_exact_test(*nothing).p_value == rates_mid_p_test(*nothing).p_value == 1
    score = rate_difference_score(*nothing, per=1)
    assert score.high == pytest.approx(Z**2 / 10)
    assert score.low == pytest.approx(-(Z**2) / 20)
    wald = rate_difference_wald(*nothing)
    assert wald.low == wald.high == 0


def test_a_ratio_with_one_arm_without_events_is_open_on_one_side() -> None:
    for method in (rate_ratio_score, rate_ratio_exact, rate_ratio_mid_p):
        active, control = method(4, 10.0, 0, 10.0), method(0, 10.0, 4, 10.0)
        assert active.value == active.high == np.inf
        assert control.value == control.low == 0
        assert float(active.low) == pytest.approx(1 / float(control.high))
    for counts in ((4, 10.0, 0, 10.0), (0, 10.0, 4, 10.0)):
        assert rate_ratio_log_wald(*counts).reason == Reason.NO_EVENTS


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 5.0, 1, 5.0), "events must be whole numbers of at least 0; got -1"),
        ((1, 5.0, 1.5, 5.0), "events must be whole numbers of at least 0; got 1.5"),
        ((1, 5.0, 1, -5.0), "years must be 0 or more and finite; got -5"),
        ((1, np.nan, 1, 5.0), "years must be 0 or more and finite; got nan"),
        (([1, 2], 5.0, [1, 2, 3], 5.0), "one common shape"),
    ],
)
def test_a_wrong_call_says_what_was_expected(
    method: Callable[..., Test | Interval], arguments: tuple, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        method(*arguments)


def test_a_wrong_level_alternative_or_unit_is_refused() -> None:
    for method in (*DIFFERENCES, *RATIOS):
        with pytest.raises(ValueError, match="level must lie between 0 and 1"):
            method(1, 5.0, 1, 5.0, 95)
    for method in DIFFERENCES:
        with pytest.raises(ValueError, match="per must be a number of years above 0"):
            method(1, 5.0, 1, 5.0, per=-1)
    for method in (rates_exact_test, rates_mid_p_test):
        with pytest.raises(ValueError, match="alternative must be one of"):
            method(1, 5.0, 1, 5.0, alternative="two.sided")
