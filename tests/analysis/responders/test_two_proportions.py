"""Two proportions: second implementations, properties, edges and errors."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.special import ndtri

from wholetrial.analysis.estimate import Interval, Reason, Test
from wholetrial.analysis.responders.risk_difference import (
    risk_difference_agresti_caffo,
    risk_difference_mee,
    risk_difference_miettinen_nurminen,
    risk_difference_newcombe,
    risk_difference_wald,
    risk_difference_wald_corrected,
)
from wholetrial.analysis.responders.two_proportion_tests import (
    fisher_exact_test,
    fisher_mid_p_test,
    pearson_corrected_test,
    pearson_test,
)

TESTS = [fisher_exact_test, fisher_mid_p_test, pearson_test, pearson_corrected_test]
INTERVALS = [
    risk_difference_miettinen_nurminen,
    risk_difference_mee,
    risk_difference_newcombe,
    risk_difference_wald,
    risk_difference_wald_corrected,
    risk_difference_agresti_caffo,
]
MIRROR = {"two_sided": "two_sided", "greater": "less", "less": "greater"}


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n, control_n = draw(st.integers(1, 90)), draw(st.integers(1, 90))
    return draw(st.integers(0, n)), n, draw(st.integers(0, control_n)), control_n


@given(table=tables())
@settings(max_examples=30)
def test_fisher_matches_exact_fractions(table: tuple[int, int, int, int]) -> None:
    x, n, control_x, control_n = table
    total = x + control_x
    weights = {
        k: comb(n, k) * comb(control_n, total - k)
        for k in range(max(0, total - control_n), min(n, total) + 1)
    }
    everything = sum(weights.values())
    extreme = {
        "two_sided": [w for w in weights.values() if w <= weights[x]],
        "greater": [w for k, w in weights.items() if k >= x],
        "less": [w for k, w in weights.items() if k <= x],
    }
    for alternative, chosen in extreme.items():
        p_value = fisher_exact_test(*table, alternative=alternative).p_value
        assert p_value == pytest.approx(float(Fraction(sum(chosen), everything)), rel=1e-11)


@given(table=tables())
@settings(max_examples=20)
def test_swapping_the_arms_or_counting_failures_swaps_the_sides(
    table: tuple[int, int, int, int],
) -> None:
    x, n, control_x, control_n = table
    swapped, failures = (*table[2:], *table[:2]), (n - x, n, control_n - control_x, control_n)
    for mirror in (swapped, failures):
        for test in TESTS:
            for alternative, mirrored in MIRROR.items():
                there = test(*table, alternative=alternative).p_value
                back = test(*mirror, alternative=mirrored).p_value
                assert there == pytest.approx(back, rel=1e-9, nan_ok=True)
        for interval in INTERVALS:
            there, back = interval(*table), interval(*mirror)
            assert there.low == pytest.approx(-back.high, abs=1e-10)
            assert there.high == pytest.approx(-back.low, abs=1e-10)
            if interval is not risk_difference_agresti_caffo:  # not centered at the estimate
                assert there.low <= there.value <= there.high


@given(table=tables())
@settings(max_examples=30)
def test_one_sided_and_mid_p_follow_from_each_other(table: tuple[int, int, int, int]) -> None:
    for test in (pearson_test, pearson_corrected_test):
        both, greater, less = (test(*table, alternative=side) for side in MIRROR)
        assert both.statistic == pytest.approx(greater.statistic**2, rel=1e-9, nan_ok=True)
        smaller = np.minimum(greater.p_value, less.p_value)
        assert both.p_value == pytest.approx(2 * smaller, rel=1e-9, nan_ok=True)
        if both.reason == Reason.OK:
            assert greater.p_value + less.p_value == pytest.approx(1, abs=1e-12)
    greater, less = (fisher_exact_test(*table, alternative=s).p_value for s in ("greater", "less"))
    point = greater + less - 1
    mid = fisher_mid_p_test(*table, alternative="greater").p_value
    assert mid == pytest.approx(greater - point / 2, abs=1e-12)
    doubled = min(1.0, 2 * min(greater - point / 2, less - point / 2))
    assert fisher_mid_p_test(*table).p_value == pytest.approx(doubled, abs=1e-12)


def test_miettinen_nurminen_against_second_implementation() -> None:
    """Every table of 6 v 7: likelihood equation solved by its polynomial's roots, limits by brentq."""
    z = float(ndtri(0.975))
    for x, control_x in product(range(7), range(8)):
        interval = risk_difference_miettinen_nurminen(x, 6, control_x, 7)
        estimate = x / 6 - control_x / 7
        for bound, end in ((interval.low, -1.0), (interval.high, 1.0)):
            expected = end
            if abs(estimate) < 1 or estimate != end:
                inward = estimate + (end - estimate) * 1e-9
                outward = end - (end - estimate) * 1e-9
                expected = brentq(_score, inward, outward, (x, 6, control_x, 7, z), xtol=1e-14)
            assert float(bound) == pytest.approx(expected, abs=2e-9)


def _score(difference: float, x: int, n: int, control_x: int, control_n: int, z: float) -> float:
    """Squared score statistic less its critical value."""
    low, high = max(0.0, -difference), min(1.0, 1 - difference)
    cubic = [
        n + control_n,
        (n + 2 * control_n) * difference - n - control_n - x - control_x,
        (control_n * difference - n - control_n - 2 * control_x) * difference + x + control_x,
        control_x * difference * (1 - difference),
    ]
    roots = np.roots(cubic)
    candidates = np.clip(np.append(roots.real, [low, high]), low, high)
    with np.errstate(divide="ignore", invalid="ignore"):
        likelihood = sum(
            np.where(count > 0, count * np.log(chance), 0.0)
            for count, chance in (
                (x, candidates + difference),
                (n - x, 1 - candidates - difference),
                (control_x, candidates),
                (control_n - control_x, 1 - candidates),
            )
        )
    control = candidates[np.nanargmax(likelihood)]
    active = control + difference
    variance = active * (1 - active) / n + control * (1 - control) / control_n
    total = n + control_n
    return float(
        (x / n - control_x / control_n - difference) ** 2 - z**2 * variance * total / (total - 1)
    )


def test_miettinen_nurminen_is_symmetric_where_the_root_has_no_sign() -> None:
    interval = risk_difference_miettinen_nurminen(
        [7, 10, 0], [20, 20, 20], [7, 10, 0], [20, 20, 20]
    )
    np.testing.assert_allclose(interval.low, -interval.high, atol=1e-12)
    assert (interval.high > 0.1).all()


def test_miettinen_nurminen_ends_at_one_when_all_respond_and_no_control_does() -> None:
    interval = risk_difference_miettinen_nurminen([10, 0], 10, [0, 9], 9)
    assert interval.high[0] == 1
    assert interval.low[1] == -1


@pytest.mark.parametrize("method", [*TESTS, *INTERVALS])
def test_batched_equals_one_at_a_time(method: Callable[..., Test | Interval]) -> None:
    x, control_x = np.meshgrid(np.arange(0, 13, 3), np.arange(0, 10, 3))
    together = method(x, 12, control_x, 9)
    field = "p_value" if isinstance(together, Test) else "low"
    for place in np.ndindex(x.shape):
        alone = method(int(x[place]), 12, int(control_x[place]), 9)
        np.testing.assert_array_equal(getattr(together, field)[place], getattr(alone, field))
        assert together.reason[place] == alone.reason


@pytest.mark.parametrize("method", [*TESTS, *INTERVALS])
def test_an_empty_arm_gives_a_reason_and_no_number(method: Callable[..., Test | Interval]) -> None:
    result = method([0, 3, 3], [0, 9, 9], [2, 0, 1], [9, 0, 9])
    expected = [Reason.NO_PARTICIPANTS, Reason.NO_PARTICIPANTS, Reason.OK]
    assert result.reason.tolist() == expected
    number = result.p_value if isinstance(result, Test) else result.low
    assert np.isnan(number).tolist() == [True, True, False]


def test_pearson_says_why_when_nobody_or_everybody_has_the_event() -> None:
    test = pearson_test([0, 9, 4], 9, [0, 8, 1], 8)
    assert test.reason.tolist() == [Reason.NO_EVENTS, Reason.ALL_EVENTS, Reason.OK]
    assert test.statistic is not None
    assert np.isnan(test.statistic).tolist() == [True, True, False]
    assert fisher_exact_test(0, 9, 0, 8).p_value == 1


def test_ten_thousand_replicates_of_large_arms_stay_within_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x = np.random.default_rng(7).binomial(400, [[0.3], [0.4]], (2, 500))
    at_once = fisher_exact_test(x[0], 400, x[1], 400).p_value
    monkeypatch.setattr("wholetrial.analysis.responders.hypergeometric.CELLS_AT_ONCE", 10_000)
    in_blocks = fisher_exact_test(x[0], 400, x[1], 400).p_value
    np.testing.assert_array_equal(in_blocks, at_once)


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match="events must not exceed participants; got 65"):
        fisher_exact_test(65, 64, 1, 64)
    with pytest.raises(ValueError, match="one common shape"):
        pearson_test([1, 2], 64, [1, 2, 3], 64)
    for method in (*TESTS, *INTERVALS):
        with pytest.raises(
            ValueError, match=r"events must hold at least one count; .*shape \(0,\)"
        ):
            method([], [], [], [])
    with pytest.raises(ValueError, match="alternative must be one of"):
        fisher_exact_test(5, 64, 1, 64, alternative="two.sided")
