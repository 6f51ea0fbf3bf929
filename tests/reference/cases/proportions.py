"""One and two proportions against exactci, exact2x2, ratesci and base R."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from comparing import Case, Comparison, floats, limits, numbers, p_values, read

from wholetrial.analysis.estimate import Interval, Reason
from wholetrial.analysis.responders import (
    proportions,
    ratios,
    risk_difference,
    two_proportion_tests,
    unconditional,
)

EXACT = "unconditional_own_fine_grid"
SIDES = ("two_sided", "greater", "less")


def _single_proportion(folder: Path, result: Any) -> Iterator[Comparison]:
    intervals = ("clopper_pearson", "wilson", "jeffreys", "wald")
    alternatives = {"two_sided": "two_sided_minlike", "greater": "greater", "less": "less"}
    for row in result:
        x, n, level = row["x"], row["n"], row["level"]
        for name in intervals:
            yield limits(name, getattr(proportions, name)(x, n, level), row[name], 1e-12)
        # prop.test corrects by no more than |x - n / 2|, which is nothing at one half
        corrected = proportions.wilson if 2 * x == n else proportions.wilson_corrected
        yield limits("wilson_corrected", corrected(x, n, level), row["wilson_continuity"], 1e-12)
        for alternative, key in alternatives.items():
            test = proportions.exact_binomial_test(x, n, row["p0"], alternative)
            yield p_values("exact_binomial", test.p_value, row["exact_test_p"][key], 1e-12)


def _two_proportion_tests(folder: Path, result: Any) -> Iterator[Comparison]:
    counts = _counts(folder)
    for alternative in SIDES:
        test = two_proportion_tests.fisher_exact_test(*counts, alternative=alternative)
        reference = [row["fisher"][f"p_{alternative}"] for row in result]
        yield p_values("fisher_exact", test.p_value, reference, 1e-14)
    mid_p = two_proportion_tests.fisher_mid_p_test(*counts).p_value
    yield p_values("fisher_mid_p", mid_p, [row["fisher_midp_central"] for row in result], 1e-14)
    chi_square = {
        "pearson": two_proportion_tests.pearson_test,
        "pearson_corrected": two_proportion_tests.pearson_corrected_test,
    }
    for name, method in chi_square.items():
        test = method(*counts)
        key = {"pearson": "pearson", "pearson_corrected": "pearson_yates"}[name]
        yield p_values(name, test.p_value, [row[key]["p"] for row in result], 1e-14)
        yield Comparison(name, test.statistic, [row[key]["statistic"] for row in result], 1e-14)
    pooled = two_proportion_tests.pearson_test(*counts, alternative="greater").statistic
    yield Comparison("pearson (z)", pooled, [row["z_pooled"] for row in result], 1e-14)
    yield from _unconditional(counts, result)


def _unconditional(counts: list[np.ndarray], result: Any) -> Iterator[Comparison]:
    exact = np.array([EXACT in row for row in result])
    chosen = [count[exact] for count in counts]
    rows = [row[EXACT] for row in result if EXACT in row]
    keys = {
        "boschloo": ("boschloo_two_sided_twice_smaller", "boschloo_greater", "boschloo_less"),
        "barnard": ("z_pooled_two_sided_abs", "z_pooled_greater", "z_pooled_less"),
    }
    for name, fields in keys.items():
        for alternative, key in zip(SIDES, fields, strict=True):
            test = getattr(unconditional, f"{name}_test")(*chosen, alternative=alternative)
            yield Comparison(name, test.p_value, [row[key] for row in rows], 1e-7)


def _two_proportion_intervals(folder: Path, result: Any) -> Iterator[Comparison]:
    for counts, row in zip(zip(*_counts(folder), strict=True), result, strict=True):
        yield from _risk_difference(counts, row["level"], row["risk_difference"])
        yield from _risk_ratio(counts, row["level"], row["risk_ratio"])
        yield from _odds_ratio(counts, row["level"], row["odds_ratio"])


def _risk_difference(counts: Any, level: float, reference: Any) -> Iterator[Comparison]:
    fields = {
        "miettinen_nurminen": (risk_difference.risk_difference_miettinen_nurminen, 1e-9),
        "mee": (risk_difference.risk_difference_mee, 1e-9),
        "newcombe_wilson": (risk_difference.risk_difference_newcombe, 1e-12),
        "newcombe_ratesci": (risk_difference.risk_difference_newcombe, 1e-12),
        "wald": (risk_difference.risk_difference_wald, 1e-12),
        "wald_continuity": (risk_difference.risk_difference_wald_corrected, 1e-12),
        "agresti_caffo": (risk_difference.risk_difference_agresti_caffo, 1e-12),
    }
    names = {"newcombe_wilson": "newcombe", "newcombe_ratesci": "newcombe"}
    names["wald_continuity"] = "wald_corrected"
    for key, (method, allowed) in fields.items():
        yield limits(names.get(key, key), method(*counts, level), reference[key], allowed)
    wald = risk_difference.risk_difference_wald(*counts, level)
    yield Comparison("wald", wald.value, reference["estimate"], 1e-12)


def _risk_ratio(counts: Any, level: float, reference: Any) -> Iterator[Comparison]:
    by_log = ratios.risk_ratio_log(*counts, level)
    yield _logarithmic("risk_ratio_log", by_log, reference["katz_log"])
    yield Comparison("risk_ratio_log", by_log.value, reference["estimate"], 1e-12)
    for key, method in (
        ("miettinen_nurminen", ratios.risk_ratio_miettinen_nurminen),
        ("koopman", ratios.risk_ratio_koopman),
    ):
        ours, theirs = _score(method, counts, level, reference[key])
        # ratesci looks for risk ratios on the scale of their angle, and is as near there
        yield Comparison(f"risk_ratio_{key}", _angle(ours), _angle(theirs), 1e-9)


def _odds_ratio(counts: Any, level: float, reference: Any) -> Iterator[Comparison]:
    by_log = ratios.odds_ratio_log(*counts, level)
    yield _logarithmic("odds_ratio_log", by_log, reference["woolf_logit"])
    yield Comparison("odds_ratio_log", by_log.value, reference["estimate"], 1e-12)
    added, theirs = (
        ratios.odds_ratio_haldane_anscombe(*counts, level),
        reference["haldane_anscombe"],
    )
    yield limits("odds_ratio_haldane_anscombe", added, theirs, 1e-12)
    yield Comparison("odds_ratio_haldane_anscombe", added.value, theirs["estimate"], 1e-12)
    for key, name, method in (
        ("miettinen_nurminen", "miettinen_nurminen", ratios.odds_ratio_miettinen_nurminen),
        ("cornfield_score", "cornfield", ratios.odds_ratio_cornfield),
    ):
        ours, theirs = _score(method, counts, level, reference[key])
        yield Comparison(f"odds_ratio_{name}", ours, theirs, 1e-9)


def _logarithmic(name: str, ours: Interval, reference: Any) -> Comparison:
    """Normal limits of a logarithm; where one of the reference's is not a number, there are none."""
    theirs = numbers([reference["lower"], reference["upper"]])
    theirs = np.where(np.isnan(theirs).any(), np.nan, theirs)
    return Comparison(name, [ours.low, ours.high], theirs, 1e-12)


def _score(
    method: Callable[..., Interval], counts: Any, level: float, reference: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Score limits; where the reference says "from 0 to infinity" we say why there is no ratio."""
    ours = method(*counts, level)
    known = ours.reason == Reason.OK
    told = np.array([np.where(known, ours.low, 0.0), np.where(known, ours.high, np.inf)])
    return told, numbers([reference["lower"], reference["upper"]])


def _angle(ratio: np.ndarray) -> np.ndarray:
    """A ratio from 0 to infinity as a number from -1 to 1."""
    return 4 / np.pi * np.arctan(ratio) - 1


def _conditional_tests(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "tables.csv")
    counts_of = {name: row for name, *row in zip(data["id"], *_counts(folder), strict=True)}
    for row in result:
        counts, reference = counts_of[row["id"]], row["odds_ratio"]
        two_sided = two_proportion_tests.fisher_exact_test(*counts).p_value
        yield p_values("fisher_exact", two_sided, reference["conditional_minlike_p"], 1e-14)
        mid_p = two_proportion_tests.fisher_mid_p_test(*counts).p_value
        yield p_values("fisher_mid_p", mid_p, reference["conditional_midp_central"]["p"], 1e-14)


def _counts(folder: Path) -> list[np.ndarray]:
    data = read(folder / "tables.csv")
    return [floats(data[name]) for name in ("x1", "n1", "x0", "n0")]


CASES = {
    "1_proportions/single_proportion*": Case(
        _single_proportion,
        ("Agresti-Coull", "Blaker", "mid-p (exactci's limits miss its own equation by 1e-5)"),
    ),
    "1_proportions/two_prop_tests*": Case(
        _two_proportion_tests,
        (
            "conditional odds ratio",
            "unpooled z",
            "Boschloo and Barnard by exact2x2 (coarse grid; ordered by the two-sided p)",
            "unconditional test ordered by unpooled z",
        ),
        "R 4.2.2, stats",
    ),
    "1_proportions/two_prop_exact_ci*": Case(
        _conditional_tests,
        (
            "exact unconditional limits of the risk difference",
            "melded binomial",
            "conditional limits of the odds ratio (exact2x2's miss their own equation by 1e-4)",
        ),
    ),
    "1_proportions/two_prop_ci*": Case(_two_proportion_intervals, ("SCAS",)),
}
