"""Times to an event against survival and simtrial, and an EM run to the end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from comparing import Case, Comparison, floats, read

from wholetrial.analysis.times import interval_censored, survival

BANDS = {
    "log-log": survival.log_log_band,
    "log": survival.log_band,
    "plain": survival.plain_band,
}


def _kaplan_meier(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "tte.csv")
    arm = data["arm"].astype(int)
    everyone = np.ones(len(arm), bool)
    parts = [(result["all"], everyone, result["level"])]
    parts += [(result[k], arm == int(k), result["level"]) for k in result if k.isdigit()]
    parts += [(part, arm == int(k), 0.9) for k, part in result["arm_level_0.90"].items()]
    for part, included, level in parts:
        curve = survival.kaplan_meier(floats(data["time"]), floats(data["status"]), included)
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
    data = read(folder / "tte.csv")
    times, events, strata = (floats(data[name]) for name in ("time", "status", "stratum"))
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
    data = read(folder / "interval.csv")
    lower, upper = floats(data["left"]), floats(data["right"], missing=np.inf)
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


CASES = {
    "3_survival/km_*": Case(_kaplan_meier, ("Nelson-Aalen",)),
    "3_survival/logrank_*": Case(_logrank, ("Peto-Peto", "Fleming-Harrington")),
    "3_survival/interval_censored*": Case(
        _interval_censored, ("survreg",), "R 4.2.2, an EM run to the end"
    ),
}
