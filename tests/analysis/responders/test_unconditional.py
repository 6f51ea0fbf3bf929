"""Boschloo's and Barnard's tests: the whole nuisance parameter, properties, edges and errors."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize_scalar

from wholetrial.analysis.estimate import Reason, Test
from wholetrial.analysis.responders import unconditional
from wholetrial.analysis.responders.two_proportion_tests import fisher_exact_test
from wholetrial.analysis.responders.unconditional import barnard_test, boschloo_test

Unconditional = Callable[..., Test]
SIDES = ("two_sided", "greater", "less")
MIRROR = {"two_sided": "two_sided", "greater": "less", "less": "greater"}
SIZES = [(1, 1), (3, 5), (7, 40), (30, 21)]


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n, control_n = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    return draw(st.integers(0, n)), n, draw(st.integers(0, control_n)), control_n


def order_of_fisher(n: int, control_n: int, side: str) -> np.ndarray:
    """The one-sided hypergeometric tail of every table, from SciPy's distribution."""
    x, control_x = np.ogrid[: n + 1, : control_n + 1]
    within = stats.hypergeom(n + control_n, x + control_x, n)
    return within.sf(x - 1) if side == "greater" else within.cdf(x)


def order_of_z(n: int, control_n: int, side: str) -> np.ndarray:
    x, control_x = np.ogrid[: n + 1, : control_n + 1]
    pooled = (x + control_x) / (n + control_n)
    spread = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-300) * (1 / n + 1 / control_n))
    z = np.round((x / n - control_x / control_n) / spread, 12)
    return {"greater": -z, "less": z, "two_sided": -np.abs(z)}[side]


def dense(ranks: np.ndarray, x: int, control_x: int) -> float:
    """The largest probability of the tables no milder: 2,001 angles, the best three refined."""
    extreme = ranks <= ranks[x, control_x] * (1 + 1e-9 * np.sign(ranks[x, control_x]))
    angles = np.linspace(0, np.pi, 2001)

    def chance(angle: np.ndarray) -> np.ndarray:
        p = np.sin(np.atleast_1d(angle)[:, None] / 2) ** 2
        active, control = (stats.binom.pmf(np.arange(size), size - 1, p) for size in ranks.shape)
        return ((active @ extreme) * control).sum(axis=1)

    heights = chance(angles)
    best = float(heights.max())
    for place in np.argsort(-heights)[:3]:
        around = angles[max(place - 1, 0)], angles[min(place + 1, 2000)]
        found = minimize_scalar(lambda angle: -chance(angle)[0], bounds=around, method="bounded")
        best = max(best, -float(found.fun))
    return best


@pytest.mark.parametrize(("n", "control_n"), SIZES)
@pytest.mark.parametrize("side", ["greater", "less"])
def test_boschloo_against_second_implementation(n: int, control_n: int, side: str) -> None:
    ranks = order_of_fisher(n, control_n, side)
    for x, control_x in _some(n, control_n):
        ours = boschloo_test(x, n, control_x, control_n, alternative=side).p_value
        expected = dense(ranks, x, control_x)
        assert ours == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(("n", "control_n"), SIZES)
@pytest.mark.parametrize("side", SIDES)
def test_barnard_against_second_implementation(n: int, control_n: int, side: str) -> None:
    ranks = order_of_z(n, control_n, side)
    for x, control_x in _some(n, control_n):
        ours = barnard_test(x, n, control_x, control_n, alternative=side).p_value
        expected = dense(ranks, x, control_x)
        assert ours == pytest.approx(expected, abs=1e-8)


def _some(n: int, control_n: int) -> list[tuple[int, int]]:
    everything = list(product(range(n + 1), range(control_n + 1)))
    chosen = np.random.default_rng(n * control_n).permutation(len(everything))[:4]
    return [everything[place] for place in chosen]


def test_tables_at_least_as_extreme_lie_at_the_ends_of_each_column() -> None:
    """Only then do the two ends of a column say which tables those are (Barnard's convexity)."""
    orders = [*unconditional._BOSCHLOO.values(), *unconditional._BARNARD.values()]
    for n, control_n in ((6, 9), (13, 4), (20, 20)):
        for order in orders:
            ranks = order(n, control_n)
            for limit in ranks.ravel():
                milder = np.diff(np.pad(ranks > limit, ((1, 1), (0, 0))).astype(int), axis=0)
                assert (np.count_nonzero(milder == 1, axis=0) <= 1).all()


@given(table=tables(), side=st.sampled_from(SIDES))
@settings(max_examples=25)
def test_swapping_the_arms_or_counting_failures_swaps_the_sides(
    table: tuple[int, int, int, int], side: str
) -> None:
    x, n, control_x, control_n = table
    for method in (boschloo_test, barnard_test):
        there = method(*table, alternative=side).p_value
        swapped = method(control_x, control_n, x, n, alternative=MIRROR[side]).p_value
        failures = method(n - x, n, control_n - control_x, control_n, alternative=MIRROR[side])
        assert there == pytest.approx(swapped, rel=1e-7)
        assert there == pytest.approx(failures.p_value, rel=1e-7)


@given(table=tables(), side=st.sampled_from(["greater", "less"]))
@settings(max_examples=25)
def test_boschloo_is_never_larger_than_fisher(table: tuple[int, int, int, int], side: str) -> None:
    ours = boschloo_test(*table, alternative=side).p_value
    assert ours <= fisher_exact_test(*table, alternative=side).p_value * (1 + 1e-9)


@pytest.mark.parametrize("method", [boschloo_test, barnard_test])
def test_batched_equals_one_at_a_time(
    method: Unconditional, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, control_x = np.meshgrid(np.arange(0, 13, 3), np.arange(0, 10, 3))
    n = np.where(control_x == 3, 14, 12)
    together = method(x, n, control_x, 9)
    monkeypatch.setattr(unconditional, "CELLS_AT_ONCE", 500)
    in_blocks = method(x, n, control_x, 9)
    np.testing.assert_array_equal(in_blocks.p_value, together.p_value)
    for place in np.ndindex(x.shape):
        alone = method(int(x[place]), int(n[place]), int(control_x[place]), 9)
        assert together.p_value[place] == alone.p_value


@pytest.mark.parametrize("method", [boschloo_test, barnard_test])
def test_without_variation_the_p_value_is_one_and_an_empty_arm_has_a_reason(
    method: Unconditional,
) -> None:
    test = method([0, 11, 0, 3], [20, 11, 0, 9], [0, 13, 2, 0], [25, 13, 9, 0])
    assert test.p_value[:2].tolist() == [1, 1]
    assert np.isnan(test.p_value[2:]).all()
    empty = [Reason.NO_PARTICIPANTS] * 2
    assert test.reason.tolist() == [Reason.OK, Reason.OK, *empty]


@pytest.mark.parametrize("method", [boschloo_test, barnard_test])
def test_a_wrong_call_says_what_was_expected(method: Unconditional) -> None:
    with pytest.raises(ValueError, match="events must not exceed participants; got 65"):
        method(65, 64, 1, 64)
    with pytest.raises(ValueError, match=r"events must be whole numbers of at least 0; got 2\.5"):
        method(2.5, 64, 1, 64)
    with pytest.raises(ValueError, match="alternative must be one of"):
        method(5, 64, 1, 64, alternative="larger")
    with pytest.raises(ValueError, match="events must hold at least one count"):
        method([], [], [], [])
