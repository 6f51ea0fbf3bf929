"""Parts about error rates: how often each method errs in small samples and with rare events."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from parts.error_rates import (
    Coverage,
    binomial_chances,
    coverage,
    every_pair,
    poisson_chances,
    rejection_rate,
    tables,
)
from parts.tables import table
from wholetrial.analysis.estimate import Floats, Interval, Test
from wholetrial.analysis.responders import (
    cochran_mantel_haenszel,
    mantel_haenszel,
    proportions,
    ratios,
    risk_difference,
    stratified_exact,
    stratified_score,
    two_proportion_tests,
    unconditional,
)
from wholetrial.analysis.safety import rate_differences, rate_ratios, rates

PROPORTIONS = np.arange(1, 200) / 200
"""True proportions of one arm, or of both where they are the same: 0.5 % to 99.5 %."""
SPREAD = (np.arange(20) + 0.5) / 20
"""True proportions of two arms, each with each: 2.5 % to 97.5 %."""
DIFFERENT = (0.0, 0.15, 0.3)
"""Differences common to all strata."""
RARE = 0.1
ARMS = ((10, 10), (20, 10), (20, 20), (50, 50))
STRATA = (((6, 6), (6, 6)), ((12, 6), (6, 12)), ((12, 12), (6, 6)))
EXPECTED = np.arange(1, 201) / 10
"""Expected numbers of events of one arm: 0.1 to 20."""
LARGEST = 70
SIMULATED = Path(__file__).resolve().parents[1] / "simulated-levels.json"


class Shown(NamedTuple):
    """A method in a table: its name there, and the function."""

    name: str
    method: Callable[..., Test] | Callable[..., Interval]


TESTS = (
    Shown("Fisher", two_proportion_tests.fisher_exact_test),
    Shown("Boschloo", unconditional.boschloo_test),
    Shown("Barnard", unconditional.barnard_test),
    Shown("Fisher, mid-p", two_proportion_tests.fisher_mid_p_test),
    Shown("Pearson", two_proportion_tests.pearson_test),
    Shown("Pearson with correction", two_proportion_tests.pearson_corrected_test),
)
WALD = Shown("Wald", proportions.wald)
WILSON = Shown("Wilson", proportions.wilson)
ONE_ARM = (
    Shown("Clopper-Pearson", proportions.clopper_pearson),
    Shown("mid-p", proportions.mid_p),
    WILSON,
    Shown("Wilson with correction", proportions.wilson_corrected),
    Shown("Jeffreys", proportions.jeffreys),
    WALD,
)
DIFFERENCES = (
    Shown("Miettinen-Nurminen", risk_difference.risk_difference_miettinen_nurminen),
    Shown("Mee", risk_difference.risk_difference_mee),
    Shown("Newcombe", risk_difference.risk_difference_newcombe),
    Shown("Agresti-Caffo", risk_difference.risk_difference_agresti_caffo),
    Shown("Wald with correction", risk_difference.risk_difference_wald_corrected),
    Shown("Wald", risk_difference.risk_difference_wald),
)
RISK_RATIOS = (
    Shown("ratio, Miettinen-Nurminen", ratios.risk_ratio_miettinen_nurminen),
    Shown("ratio, Koopman", ratios.risk_ratio_koopman),
    Shown("ratio, Wald of the logarithm", ratios.risk_ratio_log),
)
ODDS_RATIOS = (
    Shown("odds ratio, Miettinen-Nurminen", ratios.odds_ratio_miettinen_nurminen),
    Shown("odds ratio, Cornfield", ratios.odds_ratio_cornfield),
    Shown("odds ratio, a half added", ratios.odds_ratio_haldane_anscombe),
    Shown("odds ratio, Wald of the logarithm", ratios.odds_ratio_log),
)
STRATIFIED = (
    Shown(
        "Miettinen-Nurminen, stratified",
        lambda *four: (
            stratified_score.risk_difference_stratified_miettinen_nurminen(*four).interval
        ),
    ),
    Shown(
        "Mantel-Haenszel with Sato's variance",
        lambda *four: mantel_haenszel.risk_difference_mantel_haenszel(*four).interval,
    ),
    Shown(
        "inverse variance (Wald)",
        lambda *four: mantel_haenszel.risk_difference_inverse_variance(*four).interval,
    ),
)
RATES = (
    Shown("exact (Garwood)", rates.rate_exact),
    Shown("mid-p", rates.rate_mid_p),
    Shown("score", rates.rate_score),
    Shown("Wald of the logarithm", rates.rate_log_wald),
)
RATE_DIFFERENCES = (
    Shown("difference, score", rate_differences.rate_difference_score),
    Shown("difference, MOVER", rate_differences.rate_difference_mover),
    Shown("difference, Wald", rate_differences.rate_difference_wald),
)
RATE_RATIOS = (
    Shown("ratio, exact", rate_ratios.rate_ratio_exact),
    Shown("ratio, mid-p", rate_ratios.rate_ratio_mid_p),
    Shown("ratio, score", rate_ratios.rate_ratio_score),
    Shown("ratio, Wald of the logarithm", rate_ratios.rate_ratio_log_wald),
)


def levels_of_tests() -> str:
    """Type I error of the tests of two proportions: the largest of all, and with rare events."""
    rows = [
        (shown.name, *(_largest_and_rare(_levels(shown, sizes)) for sizes in ARMS))
        for shown in TESTS
    ]
    return table(("test", *map(_versus, ARMS)), rows)


def coverage_of_one_proportion() -> str:
    """Coverage of 95 % intervals of one proportion: the least, and the mean."""
    sizes = (10, 20, 50, 100)
    rows = [
        (shown.name, *(_least_and_mean(_one_arm(shown, size)) for size in sizes))
        for shown in ONE_ARM
    ]
    return table(("interval", *(f"n = {size}" for size in sizes)), rows)


def coverage_drawn() -> str:
    """Coverage of Wald's and Wilson's interval with 20 participants, over the true proportion."""
    marks = {"w": WALD, "S": WILSON}
    places = slice(2, None, 3)
    curves = {mark: _one_arm(shown, 20).share[places] for mark, shown in marks.items()}
    lines = [_line(curves, high / 100) for high in range(100, 68, -2)]
    lines.append("below |" + "".join("w" if share < 0.7 else " " for share in curves["w"]))
    width = len(curves["w"])
    axis = "      +" + "-" * width
    scale = f"       0 %{'50 %':^{width - 8}}100 %"
    return "\n".join(["```text", *lines, axis, scale, "```"])


def coverage_of_differences() -> str:
    """Coverage of 95 % intervals of a risk difference: the least, and the mean."""
    rows = [
        (shown.name, *(_least_and_mean(_two_arms(shown, sizes, _difference)) for sizes in ARMS))
        for shown in DIFFERENCES
    ]
    return table(("interval", *map(_versus, ARMS)), rows)


def coverage_of_ratios() -> str:
    """Coverage of those 95 % intervals of ratios that are there, and how often there is none."""
    kinds = ((RISK_RATIOS, _ratio), (ODDS_RATIOS, _odds_ratio))
    rows = [
        (shown.name, *(_given(_two_arms(shown, sizes, truth)) for sizes in ARMS))
        for group, truth in kinds
        for shown in group
    ]
    return table(("interval", *map(_versus, ARMS)), rows)


def levels_of_strata() -> str:
    """Two strata: type I error of the Cochran-Mantel-Haenszel tests, coverage of differences."""
    titles = [" and ".join(map(_versus, strata)) for strata in STRATA]
    tests = (
        Shown("Cochran-Mantel-Haenszel", cochran_mantel_haenszel.cmh_test),
        Shown("with correction", cochran_mantel_haenszel.cmh_corrected_test),
        Shown("exact", stratified_exact.cmh_exact_test),
    )
    errors = [
        (shown.name, *(_percent(_stratified_level(shown, one)) for one in STRATA))
        for shown in tests
    ]
    covered = [
        (shown.name, *(_least_and_mean(_stratified(shown, one)) for one in STRATA))
        for shown in STRATIFIED
    ]
    return "\n\n".join(
        [table(("test: largest error", *titles), errors), table(("interval", *titles), covered)]
    )


def coverage_of_rates() -> str:
    """Coverage of 95 % intervals of event rates, one arm and two, by the events expected."""
    ranges = ((0.1, 2.0), (2.0, 5.0), (5.0, 20.0))
    rows = [(shown.name, *_by_range(_rate(shown), ranges)) for shown in RATES]
    columns = [f"{low:g} to {high:g} expected" for low, high in ranges]
    expected = (2.0, 5.0, 15.0)
    pairs = [
        (shown.name, *(_given(_two_rates(shown, truth, mean)) for mean in expected))
        for group, truth in ((RATE_DIFFERENCES, _difference), (RATE_RATIOS, _ratio))
        for shown in group
    ]
    return "\n\n".join(
        [
            table(("interval of a rate", *columns), rows),
            table(("two rates", *(f"{mean:g} expected in control" for mean in expected)), pairs),
        ]
    )


def simulated_levels() -> str:
    """Type I error of tests of models, as simulated: a table for each kind of data."""
    found = json.loads(SIMULATED.read_text("utf-8"))
    kinds = dict.fromkeys(one["kind"] for one in found)
    return "\n\n".join(_simulated([one for one in found if one["kind"] == kind]) for kind in kinds)


def where_wald_fails() -> str:
    """The failures of Wald's interval in plain words, each with its number."""
    alone = _one_arm(WALD, 20)
    wilson = _one_arm(WILSON, 20)
    five = int(np.flatnonzero(np.isclose(PROPORTIONS, 0.05))[0])
    apart = _two_arms(DIFFERENCES[-1], (20, 20), _difference)
    settings = every_pair(SPREAD)
    worst = int(apart.share.argmin())
    one, other = settings[worst]
    large = _one_arm(WALD, 100)
    return (
        "With 20 participants and a true proportion of 5 %, the interval that says 95 % holds the "
        f"truth in {_percent(alone.share[five])} of trials; Wilson's does in "
        f"{_percent(wilson.share[five])}. Where nobody has the outcome it is the single point 0, "
        "as if nothing were uncertain. More participants help slowly: with 100, a true proportion "
        f"of 1 % is still held in only {_percent(large.share[1])} of trials. Of a difference "
        f"between two arms of 20, Wald's interval does worst at {_percent(one)} and "
        f"{_percent(other)}: {_percent(apart.share[worst])}."
    )


def _levels(shown: Shown, sizes: tuple[int, int]) -> Floats:
    chances = binomial_chances(sizes, np.stack([PROPORTIONS, PROPORTIONS], axis=-1))
    return rejection_rate(_of_two(shown, sizes), chances)


def _of_two(shown: Shown, sizes: tuple[int, int]) -> Test | Interval:
    counts = tables(sizes)
    return shown.method(counts[:, 0], sizes[0], counts[:, 1], sizes[1])


def _one_arm(shown: Shown, size: int) -> Coverage:
    settings = PROPORTIONS[:, None]
    interval = shown.method(tables((size,))[:, 0], size)
    return coverage(interval, PROPORTIONS, binomial_chances((size,), settings))


def _two_arms(shown: Shown, sizes: tuple[int, int], truth: Callable[[Floats], Floats]) -> Coverage:
    settings = every_pair(SPREAD)
    return coverage(_of_two(shown, sizes), truth(settings), binomial_chances(sizes, settings))


def _difference(settings: Floats) -> Floats:
    return settings[:, 0] - settings[:, 1]


def _ratio(settings: Floats) -> Floats:
    return settings[:, 0] / settings[:, 1]


def _odds_ratio(settings: Floats) -> Floats:
    odds = settings / (1 - settings)
    return odds[:, 0] / odds[:, 1]


def _of_strata(shown: Shown, strata: Sequence[tuple[int, int]]) -> Test | Interval:
    sizes = np.array(strata)
    counts = tables(sizes.ravel()).reshape(-1, *sizes.shape)
    return shown.method(counts[..., 0], sizes[:, 0], counts[..., 1], sizes[:, 1])


def _stratified_level(shown: Shown, strata: Sequence[tuple[int, int]]) -> float:
    settings = np.repeat(every_pair(SPREAD), 2, axis=1)
    chances = binomial_chances(np.ravel(strata), settings)
    return float(rejection_rate(_of_strata(shown, strata), chances).max())


def _stratified(shown: Shown, strata: Sequence[tuple[int, int]]) -> Coverage:
    """Coverage where control differs between the strata and the difference is the same."""
    control = every_pair(SPREAD)
    parts = [
        np.stack([control + apart, control], axis=-1)[(control + apart < 1).all(axis=-1)]
        for apart in DIFFERENT
    ]
    settings = np.concatenate(parts)
    chances = binomial_chances(np.ravel(strata), settings.reshape(len(settings), -1))
    truth = settings[:, 0, 0] - settings[:, 0, 1]
    return coverage(_of_strata(shown, strata), truth, chances)


def _rate(shown: Shown) -> Coverage:
    counts = tables((LARGEST,))[:, 0]
    interval = shown.method(counts, 1.0, per=1)
    return coverage(interval, EXPECTED, poisson_chances((LARGEST,), EXPECTED[:, None]))


def _two_rates(shown: Shown, truth: Callable[[Floats], Floats], control: float) -> Coverage:
    """One year in control, two in the active arm, whose rate is half to three times as high."""
    times = np.linspace(0.5, 3, 26)
    counts = tables((2 * LARGEST, LARGEST))
    settings = np.stack([control * times, np.full_like(times, control)], axis=-1)
    chances = poisson_chances((2 * LARGEST, LARGEST), settings * [2.0, 1.0])
    scale = {"per": 1.0} if truth is _difference else {}
    interval = shown.method(counts[:, 0], 2.0, counts[:, 1], 1.0, **scale)
    return coverage(interval, truth(settings), chances)


def _by_range(found: Coverage, ranges: Sequence[tuple[float, float]]) -> list[str]:
    places = [(low <= EXPECTED) & (high >= EXPECTED) for low, high in ranges]
    return [_given(Coverage(found.share[place], found.none[place])) for place in places]


def _largest_and_rare(errors: Floats) -> str:
    return f"{_percent(errors.max())} ({_percent(errors[PROPORTIONS <= RARE].max())})"


def _least_and_mean(found: Coverage) -> str:
    return f"{_percent(found.share.min())}, {_percent(found.share.mean())}"


def _given(found: Coverage) -> str:
    """Least and mean coverage of the intervals that are there, and how often there is none."""
    share = found.share / (1 - found.none)
    none = f"; none in up to {found.none.max():.0%}" if found.none.max() >= 0.005 else ""
    return f"{_percent(share.min())}, {_percent(share.mean())}{none}"


def _line(curves: dict[str, Floats], high: float) -> str:
    """The curves between two percent marks, one character for each true proportion."""
    drawn = [" "] * len(next(iter(curves.values())))
    for mark, shares in curves.items():
        for place in np.flatnonzero((shares <= high) & (shares > high - 0.02)):
            drawn[int(place)] = mark
    return f"{high:5.0%} |{''.join(drawn)}".rstrip()


def _simulated(found: Sequence[dict[str, int | str]]) -> str:
    settings = dict.fromkeys(str(one["setting"]) for one in found)
    methods = dict.fromkeys(str(one["method"]) for one in found)
    cells = {(one["method"], one["setting"]): _of_trials(one) for one in found}
    rows = [(method, *(cells[method, setting] for setting in settings)) for method in methods]
    return table(("test", *settings), rows)


def _of_trials(one: dict[str, int | str]) -> str:
    trials, without = int(one["trials"]), int(one["no_number"])
    none = f"; none in {without / trials:.1%}" if without >= trials / 2000 else ""
    return f"{_percent(int(one['rejected']) / trials)}{none}"


def _versus(sizes: tuple[int, int]) -> str:
    return f"{sizes[0]} v {sizes[1]}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
