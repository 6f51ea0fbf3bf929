"""Type I error and coverage by enumeration: what theory promises of each method, and that it holds.

The enumeration itself (docs/parts/error_rates.py, which writes docs/levels.md) is held against
plain loops over exact fractions.
"""

import doctest
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import comb, exp, factorial, hypot, sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import beta, binom, chi2, norm, poisson

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))

from parts import error_rates
from parts.error_rates import (
    binomial_chances,
    coverage,
    every_pair,
    poisson_chances,
    rejection_rate,
    tables,
)

from wholetrial.analysis.estimate import Interval, Test
from wholetrial.analysis.responders import proportions, ratios
from wholetrial.analysis.responders import risk_difference as differences
from wholetrial.analysis.responders import two_proportion_tests as tests
from wholetrial.analysis.responders.cochran_mantel_haenszel import cmh_test
from wholetrial.analysis.responders.mantel_haenszel import risk_difference_mantel_haenszel
from wholetrial.analysis.responders.stratified_score import (
    risk_difference_stratified_miettinen_nurminen,
)
from wholetrial.analysis.responders.unconditional import barnard_test, boschloo_test
from wholetrial.analysis.safety import rate_differences, rate_ratios, rates

Z = norm.ppf(0.975)
FINE = np.concatenate(
    [np.arange(1, 20) / 1000, np.arange(2, 99) / 100, 1 - np.arange(1, 20) / 1000]
)
"""Proportions, more of them where events are rare."""
SIZES = [(5, 5), (10, 4), (12, 12), (20, 10), (3, 30), (40, 40)]
PAIRS = every_pair((np.arange(20) + 0.5) / 20)


def of_two(method: Callable, sizes: tuple[int, int]) -> Test | Interval:
    counts = tables(sizes)
    return method(counts[:, 0], sizes[0], counts[:, 1], sizes[1])


def errors(method: Callable, sizes: tuple[int, int], level: float = 0.05) -> np.ndarray:
    chances = binomial_chances(sizes, np.stack([FINE, FINE], axis=-1))
    return rejection_rate(of_two(method, sizes), chances, level)


def test_the_probabilities_of_all_tables_add_up_to_one() -> None:
    settings = [[0.0, 0.5, 1.0], [0.2, 0.01, 0.7]]
    chances = binomial_chances((3, 9, 4), settings)
    assert chances.shape == (2, 4 * 10 * 5)
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-13)
    np.testing.assert_allclose(poisson_chances((60,), [[0.0], [9.0]]).sum(axis=1), 1, atol=1e-13)


@pytest.mark.parametrize("sizes", [(4, 5), (7, 3), (8, 8)])
@pytest.mark.parametrize("p", [Fraction(1, 20), Fraction(1, 4), Fraction(1, 2)])
def test_level_of_fisher_equals_an_independent_enumeration(
    sizes: tuple[int, int], p: Fraction
) -> None:
    n, m = sizes
    expected = Fraction(0)
    for x, y in product(range(n + 1), range(m + 1)):
        ways = {k: comb(n, k) * comb(m, x + y - k) for k in range(x + y + 1) if x + y - k <= m}
        p_value = Fraction(sum(w for w in ways.values() if w <= ways[x]), sum(ways.values()))
        if p_value <= Fraction(1, 20):
            chance = comb(n, x) * comb(m, y) * p ** (x + y) * (1 - p) ** (n + m - x - y)
            expected += chance
    setting = [[float(p), float(p)]]
    ours = rejection_rate(of_two(tests.fisher_exact_test, sizes), binomial_chances(sizes, setting))
    assert ours == pytest.approx(float(expected), rel=1e-10, abs=1e-15)


@pytest.mark.parametrize("p", [0.03, 0.3, 0.5, 0.91])
def test_coverage_of_one_proportion_equals_an_independent_enumeration(p: float) -> None:
    n = 13
    expected = {"clopper_pearson": 0.0, "wilson": 0.0, "wald": 0.0}
    for x in range(n + 1):
        share = x / n
        low = beta.ppf(0.025, x, n - x + 1) if x else 0.0
        high = beta.ppf(0.975, x + 1, n - x) if x < n else 1.0
        chance = float(binom.pmf(x, n, p))
        holds = {
            "clopper_pearson": low <= p <= high,
            "wilson": abs(share - p) <= Z * sqrt(p * (1 - p) / n),
            "wald": abs(share - p) <= Z * sqrt(share * (1 - share) / n),
        }
        for name, inside in holds.items():
            expected[name] += chance * inside
    for name, share in expected.items():
        interval = getattr(proportions, name)(tables((n,))[:, 0], n)
        found = coverage(interval, [p], binomial_chances((n,), [[p]]))
        assert found.share == pytest.approx(share, rel=1e-12)
        assert found.none == 0


@pytest.mark.parametrize("setting", [(0.1, 0.1), (0.4, 0.15), (0.95, 0.6)])
def test_coverage_of_differences_equals_an_independent_enumeration(
    setting: tuple[float, float],
) -> None:
    n, m = 7, 5
    expected = {"wald": 0.0, "newcombe": 0.0}
    for x, y in product(range(n + 1), range(m + 1)):
        one, other = x / n, y / m
        limits = [wilson_limits(x, n), wilson_limits(y, m)]
        below = hypot(one - limits[0][0], limits[1][1] - other)
        above = hypot(limits[0][1] - one, other - limits[1][0])
        error = sqrt(one * (1 - one) / n + other * (1 - other) / m)
        away = setting[0] - setting[1] - (one - other)
        chance = float(binom.pmf(x, n, setting[0]) * binom.pmf(y, m, setting[1]))
        expected["wald"] += chance * (abs(away) <= Z * error)
        expected["newcombe"] += chance * (-below <= away <= above)
    for name, share in expected.items():
        interval = of_two(getattr(differences, f"risk_difference_{name}"), (n, m))
        found = coverage(interval, [setting[0] - setting[1]], binomial_chances((n, m), [setting]))
        assert found.share == pytest.approx(share, rel=1e-10)


def wilson_limits(x: int, n: int) -> tuple[float, float]:
    center, half = x / n + Z**2 / (2 * n), Z * sqrt(x / n * (1 - x / n) / n + (Z / (2 * n)) ** 2)
    return (center - half) / (1 + Z**2 / n), (center + half) / (1 + Z**2 / n)


def test_level_of_strata_equals_an_independent_enumeration() -> None:
    strata, settings = ((3, 2), (2, 4)), (0.3, 0.6)
    expected = 0.0
    for counts in product(range(4), range(3), range(3), range(5)):
        chance, departure, variance = 1.0, 0.0, 0.0
        for (n, m), x, y, p in zip(strata, counts[::2], counts[1::2], settings, strict=True):
            events, total = x + y, n + m
            chance *= float(binom.pmf(x, n, p) * binom.pmf(y, m, p))
            departure += x - n * events / total
            variance += n * m * events * (total - events) / total**2 / (total - 1)
        if variance and chi2.sf(departure**2 / variance, 1) <= 0.05:
            expected += chance
    sizes = np.array(strata)
    every = tables(sizes.ravel()).reshape(-1, 2, 2)
    test = cmh_test(every[..., 0], sizes[:, 0], every[..., 1], sizes[:, 1])
    chances = binomial_chances(sizes.ravel(), [np.repeat(settings, 2)])
    assert expected > 0.01
    assert rejection_rate(test, chances) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("mean", [0.4, 3.0, 11.0])
def test_coverage_of_rates_equals_an_independent_enumeration(mean: float) -> None:
    expected = nothing = 0.0
    for x in range(61):
        chance = exp(-mean) * mean**x / factorial(x)
        if x == 0:
            nothing = chance
        elif x * exp(-Z / sqrt(x)) <= mean <= x * exp(Z / sqrt(x)):
            expected += chance
    interval = rates.rate_log_wald(tables((60,))[:, 0], 4.0, per=4)
    found = coverage(interval, [mean], poisson_chances((60,), [[mean]]))
    assert found.share == pytest.approx(expected, rel=1e-10)
    assert found.none == pytest.approx(nothing, rel=1e-12)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("level", [0.01, 0.05])
@pytest.mark.parametrize("method", [tests.fisher_exact_test, boschloo_test, barnard_test])
def test_exact_tests_are_never_anticonservative(
    method: Callable, level: float, sizes: tuple[int, int]
) -> None:
    assert 0 <= errors(method, sizes, level).max() <= level + 1e-7


@pytest.mark.parametrize("sizes", SIZES)
def test_boschloo_rejects_wherever_fisher_does_and_more(sizes: tuple[int, int]) -> None:
    assert (errors(boschloo_test, sizes) >= errors(tests.fisher_exact_test, sizes) - 1e-12).all()


@pytest.mark.parametrize("alternative", ["two_sided", "greater", "less"])
@pytest.mark.parametrize("n", [4, 11, 38])
def test_the_exact_binomial_test_is_never_anticonservative(n: int, alternative: str) -> None:
    chances = binomial_chances((n,), FINE[:, None])
    counts = tables((n,))[:, 0]
    for place in range(0, len(FINE), 9):
        test = proportions.exact_binomial_test(counts, n, FINE[place], alternative)
        assert rejection_rate(test, chances)[place] <= 0.05


@pytest.mark.parametrize("level", [0.8, 0.95])
@pytest.mark.parametrize("n", [1, 5, 20, 90])
def test_clopper_pearson_never_covers_less_than_it_says(n: int, level: float) -> None:
    interval = proportions.clopper_pearson(tables((n,))[:, 0], n, level)
    share = coverage(interval, FINE, binomial_chances((n,), FINE[:, None])).share
    assert share.min() >= level


@pytest.mark.parametrize("n", [10, 20, 50, 100])
@pytest.mark.parametrize("method", [proportions.wilson, proportions.jeffreys])
def test_mean_coverage_of_score_intervals_of_one_proportion(method: Callable, n: int) -> None:
    p = np.arange(1, 1000) / 1000
    found = coverage(method(tables((n,))[:, 0], n), p, binomial_chances((n,), p[:, None]))
    assert 0.94 <= found.share.mean() <= 0.96


@pytest.mark.parametrize("sizes", [(10, 10), (20, 10), (20, 20), (50, 50)])
@pytest.mark.parametrize("kind", ["miettinen_nurminen", "mee", "newcombe"])
def test_mean_coverage_of_score_intervals_of_a_difference(
    kind: str, sizes: tuple[int, int]
) -> None:
    interval = of_two(getattr(differences, f"risk_difference_{kind}"), sizes)
    found = coverage(interval, PAIRS[:, 0] - PAIRS[:, 1], binomial_chances(sizes, PAIRS))
    assert 0.94 <= found.share.mean() <= 0.96


@pytest.mark.parametrize("sizes", [(10, 10), (20, 10), (20, 20), (50, 50)])
@pytest.mark.parametrize(
    "kind",
    [
        "risk_ratio_miettinen_nurminen",
        "risk_ratio_koopman",
        "odds_ratio_miettinen_nurminen",
        "odds_ratio_cornfield",
    ],
)
def test_mean_coverage_of_score_intervals_of_a_ratio(kind: str, sizes: tuple[int, int]) -> None:
    """Of the ratios that there are: without any event there is none, and the truth is not held."""
    odds = PAIRS / (1 - PAIRS) if kind.startswith("odds") else PAIRS
    chances = binomial_chances(sizes, PAIRS)
    found = coverage(of_two(getattr(ratios, kind), sizes), odds[:, 0] / odds[:, 1], chances)
    share = found.share / (1 - found.none)
    assert 0.94 <= share.mean() <= 0.96
    assert share.min() > 0.9
    nobody = ((1 - PAIRS) ** sizes).prod(axis=1)
    everybody = (PAIRS**sizes).prod(axis=1) if kind.startswith("odds") else 0.0
    np.testing.assert_allclose(found.none, nobody + everybody, rtol=1e-9)


def test_mean_coverage_of_the_stratified_score_interval_and_of_sato() -> None:
    """The score interval keeps its level on average where the Wald interval of Sato does not."""
    sizes = np.array([[8, 6], [5, 8]])
    counts = tables(sizes.ravel()).reshape(-1, 2, 2)
    four = counts[..., 0], sizes[:, 0], counts[..., 1], sizes[:, 1]
    control = every_pair((np.arange(10) + 0.5) / 10)
    settings = np.concatenate(
        [
            np.stack([control + apart, control], axis=-1)[(control + apart < 1).all(axis=-1)]
            for apart in (0.0, 0.2)
        ]
    )
    chances = binomial_chances(sizes.ravel(), settings.reshape(len(settings), -1))
    truth = settings[:, 0, 0] - settings[:, 0, 1]
    score = risk_difference_stratified_miettinen_nurminen(*four).interval
    assert 0.94 <= coverage(score, truth, chances).share.mean() <= 0.96
    wald = coverage(risk_difference_mantel_haenszel(*four).interval, truth, chances)
    assert wald.share.mean() < 0.94


@pytest.mark.parametrize("method", [rates.rate_score, rate_differences.rate_difference_score])
def test_mean_coverage_of_score_intervals_of_rates(method: Callable) -> None:
    expected = np.arange(1, 41) / 2
    if method is rates.rate_score:
        counts, settings = tables((70,)), expected[:, None]
        interval = method(counts[:, 0], 1.0, per=1)
        truth, chances = expected, poisson_chances((70,), settings)
    else:
        counts, settings = tables((70, 70)), every_pair(expected[::4])
        interval = method(counts[:, 0], 1.0, counts[:, 1], 1.0, per=1)
        truth, chances = settings[:, 0] - settings[:, 1], poisson_chances((70, 70), settings)
    assert 0.94 <= coverage(interval, truth, chances).share.mean() <= 0.96


def test_exact_intervals_of_rates_never_cover_less_than_they_say() -> None:
    expected = np.arange(1, 201) / 10
    interval = rates.rate_exact(tables((70,))[:, 0], 1.0, per=1)
    found = coverage(interval, expected, poisson_chances((70,), expected[:, None]))
    assert found.share.min() >= 0.95
    counts, settings = tables((60, 60)), every_pair([0.5, 1.0, 3.0, 9.0, 15.0])
    ratio = rate_ratios.rate_ratio_exact(counts[:, 0], 2.0, counts[:, 1], 1.0)
    found = coverage(
        ratio, settings[:, 0] / settings[:, 1] / 2, poisson_chances((60, 60), settings)
    )
    assert (found.share + found.none).min() >= 0.95 - 1e-12


def test_where_wald_fails() -> None:
    """The Wald intervals miss most where events are rare or arms are small, as the page says."""
    p = np.array([0.01, 0.05])
    wald = proportions.wald(tables((20,))[:, 0], 20)
    assert (coverage(wald, p, binomial_chances((20,), p[:, None])).share < [0.2, 0.65]).all()
    apart = of_two(differences.risk_difference_wald, (20, 20))
    setting = [[0.975, 0.025]]
    assert coverage(apart, [0.95], binomial_chances((20, 20), setting)).share < 0.65
    pearson = errors(tests.pearson_test, (10, 4))
    assert pearson.max() > 0.05
    corrected = errors(tests.pearson_corrected_test, (10, 4))
    assert corrected.max() <= 0.05


def test_a_test_without_a_number_rejects_nothing_and_an_interval_holds_nothing() -> None:
    sizes = (6, 6)
    certain = binomial_chances(sizes, [[0.0, 0.0], [1.0, 1.0]])
    assert rejection_rate(of_two(tests.pearson_test, sizes), certain).tolist() == [0, 0]
    found = coverage(of_two(ratios.risk_ratio_log, sizes), [1.0, 1.0], certain)
    assert found.share[0] == 0
    assert found.none[0] == 1


def test_poisson_chances_are_those_of_scipy() -> None:
    ours = poisson_chances((9,), [[0.3], [4.0]])
    np.testing.assert_allclose(ours, poisson.pmf(np.arange(10), [[0.3], [4.0]]), rtol=1e-12)


def test_the_examples_of_the_enumeration_run() -> None:
    found = doctest.testmod(error_rates)
    assert found.attempted
    assert not found.failed
