"""Compare the statistical methods with the frozen reference results, one line a case and method.

The cases lie in the folder that WHOLETRIAL_REFERENCE names (../shared/reference beside the
repository unless set); a case is known by its folder's name, whatever its data. `allowed` is the
precision that the folder's README states. Differences are |ours - reference| / max(1, |reference|).

Run by hand to see the table and write it: python tests/reference/reference_cases.py docs/evidence.json
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

from wholetrial.analysis import interval_censored, proportions, survival, two_proportions

REPOSITORY = Path(__file__).resolve().parents[2]
BANDS = {
    "log-log": survival.log_log_band,
    "log": survival.log_band,
    "plain": survival.plain_band,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Numbers of one method beside the reference's."""

    method: str
    ours: Any
    reference: Any
    allowed: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """How near a method comes to a reference case."""

    case: str
    method: str
    numbers: int
    largest_difference: float
    allowed: float

    @property
    def agrees(self) -> bool:
        return self.largest_difference <= self.allowed


Compare = Callable[[Path, Any], Iterator[Comparison]]


def reference_folder() -> Path:
    """The folder of reference cases, whether or not it exists."""
    named = os.environ.get("WHOLETRIAL_REFERENCE")
    return Path(named) if named else REPOSITORY.parent / "shared" / "reference"


def all_cases() -> list[str]:
    """Every case in the reference folder, by its path within it."""
    folder = reference_folder()
    return sorted(str(file.parent.relative_to(folder)) for file in folder.rglob("result.json"))


def covered_cases() -> list[str]:
    """The cases that a method here can be held against."""
    return [case for case in all_cases() if _compare_function(case)]


def evidence_of(case: str) -> list[Evidence]:
    """Run a case: for each method the largest difference over all its numbers."""
    folder = reference_folder() / case
    compare = _compare_function(case)
    if compare is None:
        raise ValueError(f"no method covers the reference case {case!r}")
    result = json.loads((folder / "result.json").read_text())["result"]
    return gathered(case, compare(folder, result))


def gathered(case: str, comparisons: Iterable[Comparison]) -> list[Evidence]:
    """Sum comparisons up, one piece of evidence for each method."""
    found: dict[str, Evidence] = {}
    for comparison in comparisons:
        ours, reference = _numbers(comparison.ours), _numbers(comparison.reference)
        before = found.get(comparison.method)
        found[comparison.method] = Evidence(
            case,
            comparison.method,
            ours.size + (before.numbers if before else 0),
            max(difference(ours, reference), before.largest_difference if before else 0.0),
            comparison.allowed,
        )
    return list(found.values())


def difference(ours: np.ndarray, reference: np.ndarray) -> float:
    """Largest difference; a number that only one side has, or another infinity, is infinite."""
    if ours.shape != reference.shape:
        return float("inf")
    same = (ours == reference) | (np.isnan(ours) & np.isnan(reference))
    with np.errstate(invalid="ignore"):
        relative = np.abs(ours - reference) / np.maximum(1.0, np.abs(reference))
    relative = np.where(np.isfinite(relative), relative, np.inf)
    return float(np.max(np.where(same, 0.0, relative), initial=0.0))


def write_evidence(path: Path) -> list[Evidence]:
    """Run every covered case and write the evidence, and what is not covered, as JSON."""
    lines = [line for case in covered_cases() for line in evidence_of(case)]
    document = {
        "compared": [asdict(line) for line in lines],
        "not_covered": sorted(set(all_cases()) - set(covered_cases())),
        "parts_not_covered": {
            case: list(parts)
            for case in covered_cases()
            for pattern, parts in PARTS_NOT_COVERED.items()
            if fnmatch(case, pattern)
        },
    }
    path.write_text(json.dumps(document, indent=2) + "\n")
    return lines


def table(lines: Sequence[Evidence], not_covered: Sequence[str]) -> list[str]:
    """The evidence as lines to print."""
    rows = [
        f"{line.case:38} {line.method:20} {line.numbers:5d} "
        f"{line.largest_difference:9.1e} <= {line.allowed:.0e}"
        for line in lines
    ]
    return [*rows, *(f"{case:38} not covered" for case in not_covered)]


def _compare_function(case: str) -> Compare | None:
    return next((compare for pattern, compare in CASES.items() if fnmatch(case, pattern)), None)


def _numbers(value: Any) -> np.ndarray:
    """A flat array of floats; null is missing, "Inf" and "-Inf" are infinities."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value.astype(float).ravel()
    if isinstance(value, (list, tuple)):
        parts = [_numbers(item) for item in value]
        return np.concatenate(parts) if parts else np.empty(0)
    return np.array([np.nan if value is None else float(value)])


def _read(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _floats(texts: np.ndarray, missing: float = np.nan) -> np.ndarray:
    return np.array([missing if text in ("", "NA") else float(text) for text in texts])


def _single_proportion(folder: Path, result: Any) -> Iterator[Comparison]:
    intervals = ("clopper_pearson", "wilson", "jeffreys", "wald")
    alternatives = {"two_sided": "two_sided_minlike", "greater": "greater", "less": "less"}
    for row in result:
        x, n = row["x"], row["n"]
        for name in intervals:
            ours = getattr(proportions, name)(x, n, row["level"])
            yield _limits(name, ours, row[name], 1e-12)
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
        yield _limits("miettinen_nurminen", score, risk["miettinen_nurminen"], 1e-9)
        newcombe = two_proportions.risk_difference_newcombe(*counts, level)
        yield _limits("newcombe", newcombe, risk["newcombe_wilson"], 1e-12)
        yield _limits("newcombe", newcombe, risk["newcombe_ratesci"], 1e-12)
        wald = two_proportions.risk_difference_wald(*counts, level)
        yield _limits("wald", wald, risk["wald"], 1e-12)
        yield Comparison("wald", wald.value, risk["estimate"], 1e-12)


def _kaplan_meier(folder: Path, result: Any) -> Iterator[Comparison]:
    data = _read(folder / "tte.csv")
    arm = data["arm"].astype(int)
    everyone = np.ones(len(arm), bool)
    parts = [(result["all"], everyone, result["level"])]
    parts += [(result[k], arm == int(k), result["level"]) for k in result if k.isdigit()]
    parts += [(part, arm == int(k), 0.9) for k, part in result["arm_level_0.90"].items()]
    for part, included, level in parts:
        curve = survival.kaplan_meier(_floats(data["time"]), _floats(data["status"]), included)
        yield from _curve(curve, part["curve"])
        for name, band in BANDS.items():
            yield from _band(curve, band(curve, level), part["conf"][name])


def _curve(curve: survival.SurvivalCurve, rows: Any) -> Iterator[Comparison]:
    times, first = np.unique(curve.times, return_index=True)
    first, times = first[times < np.inf], times[times < np.inf]
    ours = {
        "time": times,
        "n_risk": curve.at_risk[first],
        "n_event": curve.events[first],
        "surv": curve.survival[first],
        "se_log_surv": np.sqrt(curve.log_variance[first]),
    }
    for key, numbers in ours.items():
        yield Comparison("kaplan_meier", numbers, [row[key] for row in rows], 1e-12)


def _band(
    curve: survival.SurvivalCurve, band: survival.SurvivalBand, reference: Any
) -> Iterator[Comparison]:
    keys = {"value": "quartile_times", "low": "lower", "high": "upper"}
    for place, probability in enumerate((0.25, 0.5, 0.75)):
        quantile = survival.survival_quantile(curve, band, probability)
        for ours, theirs in keys.items():
            reached = reference[theirs][place]
            expected = np.inf if reached is None else reached
            yield Comparison("brookmeyer_crowley", getattr(quantile, ours), expected, 1e-12)
    rows = reference["at_times"]
    days = [row["t"] for row in rows]
    ours_at = survival.survival_at(curve, band, days, extend=True)
    for numbers, key in ((ours_at.value, "surv"), (ours_at.low, "lower"), (ours_at.high, "upper")):
        yield Comparison("kaplan_meier", numbers, [row[key] for row in rows], 1e-12)
    at_risk = survival.at_risk_at(curve, days)
    yield Comparison("kaplan_meier", at_risk, [row["n_risk"] for row in rows], 1e-12)


def _logrank(folder: Path, result: Any) -> Iterator[Comparison]:
    data = _read(folder / "tte.csv")
    times, events, strata = (_floats(data[name]) for name in ("time", "status", "stratum"))
    arm = data["arm"].astype(int)
    arms = sorted({int(label) for label in arm})
    for key, stratum in (("logrank_all_arms", 0.0), ("logrank_stratified", strata)):
        score = survival.logrank_score(times, events, arm, arms=arms, stratum=stratum)
        test = survival.logrank_test(times, events, arm, arms=arms, stratum=stratum)
        ours = [score.observed, score.expected, score.covariance, test.statistic, test.p_value]
        names = ("observed", "expected", "variance", "chisq", "p")
        yield Comparison("log_rank", ours, [result[key][name] for name in names], 1e-12)
    for pair, part in result["pairwise"].items():
        higher, lower = (int(label) for label in pair.removeprefix("arm").split("_vs_"))
        for key, stratum in (("logrank", 0.0), ("stratified", strata)):
            test = survival.logrank_test(times, events, arm, arms=[lower, higher], stratum=stratum)
            reference = [part[key]["z"] ** 2, part[key]["p_two_sided"]]
            yield Comparison("log_rank", [test.statistic, test.p_value], reference, 1e-12)


def _interval_censored(folder: Path, result: Any) -> Iterator[Comparison]:
    data = _read(folder / "interval.csv")
    lower, upper = _floats(data["left"]), _floats(data["right"], missing=np.inf)
    for label, part in result["turnbull_em_own"].items():
        curve = interval_censored.turnbull(lower, upper, data["arm"] == label)
        for cell in part["intervals"]:
            here = (curve.left >= float(cell["left"])) & (curve.right <= float(cell["right"]))
            yield Comparison("turnbull", np.sum(curve.mass[here]), cell["mass"], 1e-6)
        yield Comparison("turnbull", curve.log_likelihood, part["loglik"], 1e-6)
        for row in result["turnbull_survfit"][label]:
            visit = curve.right[curve.right >= row["time"]][0]
            if np.isfinite(visit):
                ours = interval_censored.event_free_at(curve, float(visit))
                yield Comparison("turnbull (survfit)", ours, row["surv"], 2e-5)


def _counts(folder: Path) -> list[np.ndarray]:
    data = _read(folder / "tables.csv")
    return [_floats(data[name]) for name in ("x1", "n1", "x0", "n0")]


def _limits(method: str, ours: Any, reference: Mapping[str, Any], allowed: float) -> Comparison:
    return Comparison(
        method, [ours.low, ours.high], [reference["lower"], reference["upper"]], allowed
    )


CASES: Mapping[str, Compare] = {
    "1_proportions/single_proportion*": _single_proportion,
    "1_proportions/two_prop_tests*": _two_proportion_tests,
    "1_proportions/two_prop_ci*": _two_proportion_intervals,
    "3_survival/km_*": _kaplan_meier,
    "3_survival/logrank_*": _logrank,
    "3_survival/interval_censored*": _interval_censored,
}

PARTS_NOT_COVERED: Mapping[str, tuple[str, ...]] = {
    "1_proportions/single_proportion*": ("Wilson with continuity", "Agresti-Coull", "mid-p", "Blaker"),
    "1_proportions/two_prop_tests*": ("mid-p", "Boschloo", "Barnard", "conditional odds ratio", "z"),
    "1_proportions/two_prop_ci*": (
        "Wald with continuity", "Agresti-Caffo", "Mee", "SCAS", "risk ratio", "odds ratio",
    ),
    "3_survival/km_*": ("Nelson-Aalen",),
    "3_survival/logrank_*": ("Peto-Peto", "Fleming-Harrington"),
    "3_survival/interval_censored*": ("survreg",),
}  # fmt: skip

if __name__ == "__main__":
    written = write_evidence(Path(sys.argv[1]))
    print("\n".join(table(written, sorted(set(all_cases()) - set(covered_cases())))))
    sys.exit(any(not line.agrees for line in written))
