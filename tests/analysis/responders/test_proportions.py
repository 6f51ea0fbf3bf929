"""One proportion: properties, edges and errors of the intervals and of the exact test."""

from collections.abc import Callable
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wholetrial.analysis.estimate import Interval, Reason
from wholetrial.analysis.responders.proportions import (
    clopper_pearson,
    exact_binomial_test,
    jeffreys,
    mid_p,
    wald,
    wilson,
    wilson_corrected,
)

INTERVALS = [clopper_pearson, jeffreys, wald, wilson, wilson_corrected, mid_p]
Method = Callable[..., Interval]


@pytest.mark.parametrize("method", INTERVALS)
def test_batched_equals_one_at_a_time(method: Method) -> None:
    x, n = np.meshgrid(np.arange(8), [7, 20])
    together = method(x, n, 0.9)
    for place in np.ndindex(x.shape):
        alone = method(int(x[place]), int(n[place]), 0.9)
        for field in ("value", "low", "high"):
            assert getattr(together, field)[place] == getattr(alone, field)


@pytest.mark.parametrize("method", INTERVALS)
@given(n=st.integers(1, 300), share=st.floats(0, 1), level=st.sampled_from([0.8, 0.95, 0.99]))
@settings(max_examples=30)
def test_counting_failures_mirrors_the_interval(
    method: Method, n: int, share: float, level: float
) -> None:
    x = round(share * n)
    events, failures = method(x, n, level), method(n - x, n, level)
    assert events.low <= x / n <= events.high
    assert events.low == pytest.approx(1 - failures.high, abs=1e-12)
    assert events.high == pytest.approx(1 - failures.low, abs=1e-12)


@pytest.mark.parametrize("method", INTERVALS)
def test_an_empty_arm_gives_a_reason_and_no_number(method: Method) -> None:
    interval = method([0, 3], [0, 9])
    assert interval.reason.tolist() == [Reason.NO_PARTICIPANTS, Reason.OK]
    assert np.isnan([interval.value[0], interval.low[0], interval.high[0]]).all()
    assert np.isfinite([interval.value[1], interval.low[1], interval.high[1]]).all()


def test_clopper_pearson_with_no_event_is_the_rule_of_the_tail() -> None:
    assert clopper_pearson(0, 20).high == pytest.approx(1 - 0.025 ** (1 / 20), rel=1e-12)
    assert clopper_pearson(20, 20).low == pytest.approx(0.025 ** (1 / 20), rel=1e-12)


def test_mid_p_limits_leave_half_of_the_observed_count_in_each_tail() -> None:
    for x, n, level in ((2, 5, 0.95), (28, 50, 0.9), (1, 25, 0.99), (20, 20, 0.95), (63, 128, 0.8)):

        def more(p: float, x: int = x, n: int = n) -> float:
            return float(stats.binom.sf(x, n, p) + stats.binom.pmf(x, n, p) / 2)

        tail = (1 - level) / 2
        interval = mid_p(x, n, level)
        assert more(float(interval.low)) == pytest.approx(tail, rel=1e-12)
        if x < n:
            assert more(float(interval.high)) == pytest.approx(1 - tail, rel=1e-12)
        else:
            assert interval.high == 1
    assert mid_p(0, 20).high == pytest.approx(1 - 0.05 ** (1 / 20), rel=1e-12)


def test_corrected_wilson_limits_solve_the_corrected_score_equation() -> None:
    z = float(stats.norm.ppf(0.975))
    for x, n in ((2, 5), (7, 20), (12, 13)):
        interval = wilson_corrected(x, n)
        for limit, shift in ((interval.low, -0.5), (interval.high, 0.5)):
            deviation = abs(x + shift - n * limit)
            assert deviation == pytest.approx(z * np.sqrt(n * limit * (1 - limit)), rel=1e-9)


@given(n=st.integers(1, 60), share=st.floats(0, 1), against=st.floats(0, 1))
@settings(max_examples=100)
def test_exact_binomial_against_second_implementation(n: int, share: float, against: float) -> None:
    x = round(share * n)
    chance = [comb(n, k) * against**k * (1 - against) ** (n - k) for k in range(n + 1)]
    two_sided = sum(c for c in chance if c <= chance[x] * (1 + 1e-7))
    expected = {"two_sided": two_sided, "less": sum(chance[: x + 1]), "greater": sum(chance[x:])}
    for alternative, p_value in expected.items():
        ours = exact_binomial_test(x, n, against, alternative).p_value
        assert ours == pytest.approx(min(p_value, 1), abs=1e-12)


def test_exact_binomial_is_the_same_for_many_and_one() -> None:
    x = np.arange(31).reshape(1, 31)
    against = np.array([[0.1], [0.5]])
    together = exact_binomial_test(x, 30, against).p_value
    assert together.shape == (2, 31)
    for row, column in np.ndindex(2, 31):
        alone = exact_binomial_test(column, 30, float(against[row, 0])).p_value
        assert together[row, column] == alone


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wilson(-1, 10), "events must be whole numbers of at least 0; got -1"),
        (lambda: wilson(2.5, 10), "events must be whole numbers of at least 0; got 2.5"),
        (lambda: wilson([1, 11], 10), "events must not exceed participants; got 11 at position 1"),
        (
            lambda: wilson(1, float("nan")),
            "participants must be whole numbers of at least 0; got nan",
        ),
        (lambda: wald(1, 10, 95), "level must lie between 0 and 1, such as 0.95; got 95"),
        (lambda: wald([1, 2], [3, 4, 5]), r"one common shape; got shapes \(2,\), \(3,\)"),
        (lambda: exact_binomial_test(1, 10, 1.5), "against must lie between 0 and 1; got 1.5"),
        (lambda: exact_binomial_test([1, 2], 10, [0.1] * 3), "against must have the shape"),
        (
            lambda: exact_binomial_test(1, 10, 0.5, "two-sided"),
            "alternative must be one of two_sided, greater, less; got 'two-sided'",
        ),
    ],
)
def test_a_wrong_call_says_what_was_expected(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
