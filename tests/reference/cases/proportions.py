"""One and two proportions against exactci, exact2x2, ratesci and base R."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from comparing import Case, Comparison, floats, limits, read

from wholetrial.analysis.responders import proportions, two_proportions


def _single_proportion(folder: Path, result: Any) -> Iterator[Comparison]:
    intervals = ("clopper_pearson", "wilson", "jeffreys", "wald")
    alternatives = {"two_sided": "two_sided_minlike", "greater": "greater", "less": "less"}
    for row in result:
        x, n = row["x"], row["n"]
        for name in intervals:
            ours = getattr(proportions, name)(x, n, row["level"])
            yield limits(name, ours, row[name], 1e-12)
        for alternative, key in alternatives.items():
            test = proportions.exact_binomial_test(x, n, row["p0"], alternative)
            yield Comparison("exact_binomial", test.p_value, row["exact_test_p"][key], 1e-12)


def _two_proportion_tests(folder: Path, result: Any) -> Iterator[Comparison]:
    counts = _counts(folder)
    for alternative in ("two_sided", "greater", "less"):
        test = two_proportions.fisher_exact_test(*counts, alternative=alternative)
        reference = [row["fisher"][f"p_{alternative}"] for row in result]
        yield Comparison("fisher_exact", test.p_value, reference, 1e-14)
    chi_square = {
        "pearson": two_proportions.pearson_test,
        "pearson_corrected": two_proportions.pearson_corrected_test,
    }
    for name, method in chi_square.items():
        test = method(*counts)
        key = {"pearson": "pearson", "pearson_corrected": "pearson_yates"}[name]
        yield Comparison(name, test.p_value, [row[key]["p"] for row in result], 1e-14)
        yield Comparison(name, test.statistic, [row[key]["statistic"] for row in result], 1e-14)


def _two_proportion_intervals(folder: Path, result: Any) -> Iterator[Comparison]:
    for counts, row in zip(zip(*_counts(folder), strict=True), result, strict=True):
        risk, level = row["risk_difference"], row["level"]
        score = two_proportions.risk_difference_miettinen_nurminen(*counts, level)
        yield limits("miettinen_nurminen", score, risk["miettinen_nurminen"], 1e-9)
        newcombe = two_proportions.risk_difference_newcombe(*counts, level)
        yield limits("newcombe", newcombe, risk["newcombe_wilson"], 1e-12)
        yield limits("newcombe", newcombe, risk["newcombe_ratesci"], 1e-12)
        wald = two_proportions.risk_difference_wald(*counts, level)
        yield limits("wald", wald, risk["wald"], 1e-12)
        yield Comparison("wald", wald.value, risk["estimate"], 1e-12)


def _counts(folder: Path) -> list[np.ndarray]:
    data = read(folder / "tables.csv")
    return [floats(data[name]) for name in ("x1", "n1", "x0", "n0")]


CASES = {
    "1_proportions/single_proportion*": Case(
        _single_proportion, ("Wilson with continuity", "Agresti-Coull", "mid-p", "Blaker")
    ),
    "1_proportions/two_prop_tests*": Case(
        _two_proportion_tests,
        ("mid-p", "Boschloo", "Barnard", "conditional odds ratio", "z"),
        "R 4.2.2, stats",
    ),
    "1_proportions/two_prop_ci*": Case(
        _two_proportion_intervals,
        ("Wald with continuity", "Agresti-Caffo", "Mee", "SCAS", "risk ratio", "odds ratio"),
    ),
}
