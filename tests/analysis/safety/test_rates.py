"""Rates of one arm: second implementations, coverage by enumeration, properties, edges and errors."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm, poisson

from wholetrial.analysis.estimate import Interval, Reason
from wholetrial.analysis.safety.rates import rate_exact, rate_log_wald, rate_mid_p, rate_score

METHODS = [rate_exact, rate_mid_p, rate_score, rate_log_wald]
ALWAYS = [rate_exact, rate_mid_p, rate_score]


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("x", [0, 1, 2, 7, 40, 300])
def test_exact_and_mid_p_against_tails_of_scipy(x: int, level: float) -> None:
    tail = (1 - level) / 2
    for method, share in ((rate_exact, 1.0), (rate_mid_p, 0.5)):
        interval = method(x, 1.0, level, per=1)

        def above(mean: float, share: float = share) -> float:
            return poisson.sf(x, mean) + share * poisson.pmf(x, mean) - tail

        def below(mean: float, share: float = share) -> float:
            return poisson.cdf(x - 1, mean) + share * poisson.pmf(x, mean) - tail

        end = 10 * x + 50
        assert interval.high == pytest.approx(brentq(below, x, end, xtol=1e-13), rel=1e-10)
        low = brentq(above, 0, x, xtol=1e-13) if x else 0.0
        assert interval.low == pytest.approx(low, rel=1e-10)


@pytest.mark.parametrize("x", [0, 1, 5, 60])
def test_score_limits_solve_the_score_equation(x: int) -> None:
    interval = rate_score(x, 2.5, per=1)
    for mean in (float(interval.low) * 2.5, float(interval.high) * 2.5):
        assert (x - mean) ** 2 == pytest.approx(norm.ppf(0.975) ** 2 * mean, abs=1e-9)


@pytest.mark.parametrize(("method", "mean_lowest"), [(rate_exact, 0.95), (rate_mid_p, 0.94)])
def test_coverage_by_enumeration(method: Callable[..., Interval], mean_lowest: float) -> None:
    """Exact limits never cover less often than stated; mid-p ones do so on average."""
    counts, means = np.arange(120), np.linspace(0.05, 40, 800)
    interval = method(counts, 1.0, per=1)
    inside = (interval.low <= means[:, None]) & (means[:, None] <= interval.high)
    coverage = (inside * poisson.pmf(counts, means[:, None])).sum(axis=1)
    assert coverage.mean() >= mean_lowest
    if method is rate_exact:
        assert coverage.min() >= 0.95
    else:
        assert coverage.mean() <= 0.96
        assert coverage.min() < 0.95


@given(
    x=st.integers(0, 500),
    years=st.floats(0.01, 5000),
    scale=st.floats(0.01, 100),
    level=st.floats(0.5, 0.999),
)
@settings(max_examples=60)
def test_units_of_time_only_scale_the_rate(
    x: int, years: float, scale: float, level: float
) -> None:
    for method in METHODS:
        there, scaled = method(x, years, level), method(x, years * scale, level, per=100 * scale)
        for field in ("value", "low", "high"):
            assert getattr(scaled, field) == pytest.approx(
                getattr(there, field), rel=1e-9, nan_ok=True
            )
        assert (there.reason == Reason.OK) == bool(x or method is not rate_log_wald)
        if there.reason == Reason.OK:
            assert there.low <= there.value <= there.high


@given(x=st.integers(0, 500), years=st.floats(0.01, 5000))
@settings(max_examples=40)
def test_mid_p_lies_within_exact_and_a_higher_level_is_wider(x: int, years: float) -> None:
    exact, mid = rate_exact(x, years), rate_mid_p(x, years)
    assert exact.low <= mid.low <= mid.high <= exact.high
    for method in ALWAYS:
        narrow, wide = method(x, years, 0.9), method(x, years, 0.99)
        assert wide.low <= narrow.low <= narrow.high < wide.high


@pytest.mark.parametrize("method", METHODS)
def test_batched_equals_one_at_a_time(method: Callable[..., Interval]) -> None:
    x, years = np.meshgrid([0, 1, 4, 33, 250], [0.0, 0.7, 12.5, 900.0])
    together = method(x * (years > 0), years)
    for place in np.ndindex(x.shape):
        alone = method(x[place] * (years[place] > 0), years[place])
        for field in ("value", "low", "high", "reason"):
            np.testing.assert_array_equal(getattr(together, field)[place], getattr(alone, field))


@pytest.mark.parametrize("method", METHODS)
def test_no_time_gives_a_reason_and_no_number(method: Callable[..., Interval]) -> None:
    interval = method([0, 3, 3], [0.0, 0.0, 10.0])
    assert interval.reason.tolist() == [Reason.NO_EXPOSURE, Reason.NO_EXPOSURE, Reason.OK]
    for numbers in (interval.value, interval.low, interval.high):
        assert np.isnan(numbers).tolist() == [True, True, False]


def test_without_an_event_the_lower_limit_is_zero_and_the_logarithm_has_none() -> None:
    for method in ALWAYS:
        interval = method(0, 50.0)
        assert interval.value == interval.low == 0
        assert interval.high > 0
    assert rate_mid_p(0, 100.0).high == pytest.approx(-np.log(0.05))
    logarithm = rate_log_wald(0, 50.0)
    assert logarithm.reason == Reason.NO_EVENTS
    assert logarithm.value == 0
    assert np.isnan(logarithm.high)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 5.0), "events must be whole numbers of at least 0; got -1"),
        ((1.5, 5.0), "events must be whole numbers of at least 0; got 1.5"),
        ((np.nan, 5.0), "events must be whole numbers of at least 0; got nan"),
        ((1, -5.0), "years must be 0 or more and finite; got -5"),
        ((1, np.nan), "years must be 0 or more and finite; got nan"),
        ((1, np.inf), "years must be 0 or more and finite; got inf"),
        (([1, 2], [1.0, 2.0, 3.0]), "one common shape"),
        ((1, 5.0, 1.0), "level must lie between 0 and 1"),
        ((1, 5.0, 95), "level must lie between 0 and 1"),
    ],
)
def test_a_wrong_call_says_what_was_expected(
    method: Callable[..., Interval], arguments: tuple, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        method(*arguments)
    with pytest.raises(ValueError, match="per must be a number of years above 0"):
        method(1, 5.0, per=0)
