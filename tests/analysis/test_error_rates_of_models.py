"""Error rates of paired outcomes, several arms and exact strata, enumerated; of models, simulated."""

import json
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import comb, sqrt
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))

import simulated_levels
from parts import levels, levels_of_pairs
from parts.error_rates import binomial_chances, coverage, every_pair, rejection_rate, tables

from wholetrial.analysis.responders.stratified_exact import (
    cmh_exact_test,
    odds_ratio_conditional,
)


@pytest.mark.parametrize("level", [0.01, 0.05])
@pytest.mark.parametrize("size", [6, 19, 40])
def test_the_exact_test_of_pairs_is_never_anticonservative(size: int, level: float) -> None:
    exact = levels_of_pairs.PAIRED["McNemar, exact"]
    errors_of_pairs = levels_of_pairs.paired_level(exact, size, level)
    assert 0 <= errors_of_pairs.max() <= level
    mid_p = levels_of_pairs.paired_level(levels_of_pairs.PAIRED["McNemar, mid-p"], size, level)
    assert (mid_p >= errors_of_pairs - 1e-12).all()


def test_level_of_pairs_equals_an_independent_enumeration() -> None:
    n, q = 7, Fraction(3, 10)
    expected = Fraction(0)
    for gained, lost in product(range(n + 1), repeat=2):
        changed = gained + lost
        if changed > n:
            continue
        fewer = sum(comb(changed, k) for k in range(min(gained, lost) + 1))
        p_value = min(Fraction(1), Fraction(2 * fewer, 2**changed))
        if p_value <= Fraction(1, 20):
            ways = comb(n, changed) * comb(changed, gained)
            expected += ways * q**changed * (1 - 2 * q) ** (n - changed)
    place = int(np.flatnonzero(np.isclose(levels_of_pairs.CHANGED, 0.6))[0])
    exact = levels_of_pairs.PAIRED["McNemar, exact"]
    assert expected > 0
    ours = levels_of_pairs.paired_level(exact, n)[place]
    assert ours == pytest.approx(float(expected), rel=1e-10)


@pytest.mark.parametrize("sizes", [(4, 5, 6), (12, 8, 8)])
@pytest.mark.parametrize("name", ["Fisher (Freeman-Halton)", "Cochran-Armitage, exact"])
def test_exact_tests_of_several_arms_are_never_anticonservative(
    name: str, sizes: tuple[int, ...]
) -> None:
    found = levels_of_pairs.several_level(levels_of_pairs.SEVERAL[name], sizes)
    assert 0 < found.max() <= 0.05


def test_exact_methods_of_strata_are_never_anticonservative() -> None:
    """The test of no difference, and the limits of an odds ratio common to both strata."""
    sizes = np.array([[7, 5], [4, 8]])
    counts = tables(sizes.ravel()).reshape(-1, 2, 2)
    four = counts[..., 0], sizes[:, 0], counts[..., 1], sizes[:, 1]
    control = every_pair([0.03, 0.2, 0.5, 0.9])
    for odds_ratio in (1.0, 4.0):
        odds = odds_ratio * control / (1 - control)
        settings = np.stack([odds / (1 + odds), control], axis=-1)
        chances = binomial_chances(sizes.ravel(), settings.reshape(len(settings), -1))
        limits = odds_ratio_conditional(*four)
        found = coverage(limits, np.full(len(settings), odds_ratio), chances)
        assert (found.share + found.none).min() >= 0.95
        if odds_ratio == 1:
            assert 0 < rejection_rate(cmh_exact_test(*four), chances).max() <= 0.05


@pytest.mark.parametrize("draw", [simulated_levels.times, simulated_levels.measurements])
def test_the_stored_simulation_comes_out_again(draw: Callable) -> None:
    """The first setting of each; a trial whose P lies on the level may fall on either side."""
    stored = [simulated_levels.Simulated(**one) for one in json.loads(levels.SIMULATED.read_text())]
    again = next(draw())
    before = next(one for one in stored if one[:3] == again[:3])
    assert again.trials == before.trials == simulated_levels.TRIALS
    assert again.no_number == before.no_number
    assert abs(again.rejected - before.rejected) <= 3


def test_simulated_levels_are_those_that_the_page_speaks_of() -> None:
    """5 % within four Monte Carlo standard errors, where theory or experience promises it."""
    stored = [simulated_levels.Simulated(**one) for one in json.loads(levels.SIMULATED.read_text())]
    rates_of = {one[1:3]: one.rejected / one.trials for one in stored}
    error = sqrt(0.05 * 0.95 / simulated_levels.TRIALS)
    promised = {
        rate
        for (method, setting), rate in rates_of.items()
        if method == "Kenward-Roger, linear form"
        or (method == "analysis of covariance" and setting.endswith(", normal"))
    }
    assert len(promised) == 6
    assert all(abs(rate - 0.05) <= 4 * error for rate in promised)
    assert rates_of["Kenward-Roger with second derivatives", "10 v 10"] > 0.05 + 4 * error
    assert rates_of["log-rank", "10 v 10, 0% censored"] > 0.05 + 4 * error
