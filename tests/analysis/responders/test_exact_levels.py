"""Type I error and coverage by enumeration of every table: what theory promises, and no sampling."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy import stats

from wholetrial.analysis.responders.paired import mcnemar_exact_test, paired_difference_tango
from wholetrial.analysis.responders.proportions import clopper_pearson, mid_p, wald, wilson
from wholetrial.analysis.responders.risk_difference import (
    risk_difference_miettinen_nurminen,
    risk_difference_newcombe,
    risk_difference_wald,
)
from wholetrial.analysis.responders.trend import cochran_armitage_exact_test
from wholetrial.analysis.responders.two_proportion_tests import fisher_exact_test, pearson_test
from wholetrial.analysis.responders.unconditional import barnard_test, boschloo_test

ALPHAS = (0.01, 0.025, 0.05, 0.1)
SIZES = [(2, 3), (5, 5), (4, 12), (10, 10), (15, 8), (20, 20)]
GRID = np.sin(np.linspace(0, np.pi, 401) / 2) ** 2
"""Proportions from 0 to 1, close together at the ends."""


def binomial(n: int, proportion: np.ndarray) -> np.ndarray:
    return np.asarray(stats.binom.pmf(np.arange(n + 1), n, proportion[:, None]))


def every_table(n: int, control_n: int) -> tuple[np.ndarray, int, np.ndarray, int]:
    x, control_x = np.mgrid[: n + 1, : control_n + 1]
    return x, n, control_x, control_n


def rejected(p_value: np.ndarray, alpha: float, n: int, control_n: int) -> np.ndarray:
    """The probability of a p-value of at most alpha at each common proportion of the grid."""
    chosen = (p_value <= alpha).astype(float)
    chances = (binomial(n, GRID) @ chosen) * binomial(control_n, GRID)
    return np.asarray(chances.sum(axis=1))


@pytest.mark.parametrize(("n", "control_n"), SIZES)
@pytest.mark.parametrize("side", ["two_sided", "greater", "less"])
@pytest.mark.parametrize("test", [fisher_exact_test, boschloo_test, barnard_test])
def test_exact_tests_are_never_anticonservative(
    test: object, side: str, n: int, control_n: int
) -> None:
    assert callable(test)
    p_value = test(*every_table(n, control_n), alternative=side).p_value
    for alpha in ALPHAS:
        assert rejected(p_value, alpha, n, control_n).max() <= alpha + 1e-12


def test_boschloo_rejects_whatever_fisher_rejects() -> None:
    for n, control_n in SIZES:
        tables = every_table(n, control_n)
        boschloo = boschloo_test(*tables, alternative="greater").p_value
        fisher = fisher_exact_test(*tables, alternative="greater").p_value
        for alpha in ALPHAS:
            assert (boschloo <= alpha)[fisher <= alpha].all()


def test_the_curve_of_fisher_against_an_independent_enumeration() -> None:
    """Fractions over every outcome, with p-values summed from binomial coefficients."""
    n, control_n, alpha = 7, 9, Fraction(1, 20)
    p_value = fisher_exact_test(*every_table(n, control_n)).p_value
    chosen = (p_value <= float(alpha)).astype(float)
    for proportion in (Fraction(1, 10), Fraction(1, 3), Fraction(1, 2), Fraction(9, 10)):
        expected = Fraction(0)
        for x in range(n + 1):
            for control_x in range(control_n + 1):
                total = x + control_x
                ways = [comb(n, k) * comb(control_n, total - k) for k in range(total + 1)]
                extreme = sum(way for way in ways if way <= ways[x])
                if Fraction(extreme, sum(ways)) <= alpha:
                    chance = comb(n, x) * comb(control_n, control_x)
                    none = n + control_n - total
                    expected += chance * proportion**total * (1 - proportion) ** none
        at = np.array([float(proportion)])
        ours = ((binomial(n, at) @ chosen) * binomial(control_n, at)).sum()
        assert ours == pytest.approx(float(expected), rel=1e-12)


def test_pearson_exceeds_its_level_where_events_are_rare() -> None:
    """The exact tests above do not pass because the enumeration could not fail."""
    tests = pearson_test(*every_table(4, 12))
    p_value = np.where(np.isnan(tests.p_value), 1.0, tests.p_value)
    assert rejected(p_value, 0.05, 4, 12).max() > 0.055


def covered(low: np.ndarray, high: np.ndarray, n: int, proportion: np.ndarray) -> np.ndarray:
    """The probability `(G,)` that limits `(N + 1,)` hold the proportion."""
    inside = (low <= proportion[:, None]) & (proportion[:, None] <= high)
    return np.asarray((binomial(n, proportion) * inside).sum(axis=1))


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_clopper_pearson_never_covers_less_than_its_level(level: float) -> None:
    for n in (1, 2, 5, 10, 23, 50):
        interval = clopper_pearson(np.arange(n + 1), n, level)
        ends = np.concatenate([interval.low, interval.high])
        near = np.clip(np.concatenate([GRID, ends - 1e-9, ends + 1e-9]), 0, 1)
        assert covered(interval.low, interval.high, n, near).min() >= level - 1e-7


def test_intervals_of_one_arm_cover_as_promised_on_average() -> None:
    """Wilson near its level; mid-p between its level and Clopper-Pearson; Wald too little."""
    proportion = (np.arange(1000) + 0.5) / 1000

    def mean(method: object, n: int) -> float:
        assert callable(method)
        interval = method(np.arange(n + 1), n)
        return float(covered(interval.low, interval.high, n, proportion).mean())

    for n in (5, 10, 20, 40, 80):
        assert 0.94 <= mean(wilson, n) <= 0.96
        assert 0.95 <= mean(mid_p, n) <= mean(clopper_pearson, n)
        assert mean(wald, n) < 0.94


def mean_coverage(method: object, n: int, control_n: int) -> float:
    """Coverage of the difference, the mean over pairs of proportions spread evenly."""
    assert callable(method)
    interval = method(*every_table(n, control_n))
    middle = (np.arange(30) + 0.5) / 30
    active, control = binomial(n, middle), binomial(control_n, middle)
    found = []
    for place, proportion in enumerate(middle):
        difference = (proportion - middle)[:, None, None]
        inside = (interval.low <= difference) & (difference <= interval.high)
        found.append(((active[place] @ inside.astype(float)) * control).sum(axis=1))
    return float(np.mean(found))


@pytest.mark.parametrize(("n", "control_n"), [(10, 10), (15, 8), (20, 30), (40, 40)])
def test_score_intervals_of_a_difference_cover_as_promised_on_average(
    n: int, control_n: int
) -> None:
    for method in (risk_difference_miettinen_nurminen, risk_difference_newcombe):
        assert 0.94 <= mean_coverage(method, n, control_n) <= 0.96
    assert mean_coverage(risk_difference_wald, n, control_n) < 0.945


def test_exact_mcnemar_is_never_anticonservative() -> None:
    people = 12
    gained, lost = np.mgrid[: people + 1, : people + 1]
    possible = gained + lost <= people
    p_value = mcnemar_exact_test(gained, lost).p_value
    for share in (0.05, 0.2, 0.4):
        chance = np.where(
            possible,
            stats.multinomial.pmf(
                np.stack([gained, lost, np.maximum(people - gained - lost, 0)], axis=-1),
                np.where(possible, people, gained + lost),
                [share, share, 1 - 2 * share],
            ),
            0.0,
        )
        assert chance.sum() == pytest.approx(1, rel=1e-12)
        for alpha in ALPHAS:
            assert chance[p_value <= alpha].sum() <= alpha + 1e-12


def test_tango_covers_as_promised_on_average() -> None:
    people = 20
    gained, lost = np.mgrid[: people + 1, : people + 1]
    possible = gained + lost <= people
    gained, lost = gained[possible], lost[possible]
    interval = paired_difference_tango(gained, lost, people)
    outcomes = np.stack([gained, lost, people - gained - lost], axis=-1)
    found = []
    for up in np.arange(0.05, 0.5, 0.05):
        for down in np.arange(0.05, 0.5, 0.05):
            chance = stats.multinomial.pmf(outcomes, people, [up, down, 1 - up - down])
            held = (interval.low <= up - down) & (up - down <= interval.high)
            found.append(chance[held].sum())
    assert 0.94 <= np.mean(found) <= 0.96


def test_exact_trend_is_never_anticonservative() -> None:
    n = np.array([4, 6, 5])
    x = np.stack(np.mgrid[:5, :7, :6], axis=-1).reshape(-1, 3)
    for side in ("two_sided", "greater"):
        p_value = cochran_armitage_exact_test(x, n, [0, 1, 3], alternative=side).p_value
        for proportion in (0.05, 0.3, 0.5, 0.8):
            chance = stats.binom.pmf(x, n, proportion).prod(axis=-1)
            for alpha in ALPHAS:
                assert chance[p_value <= alpha].sum() <= alpha + 1e-12
