"""Times to an event against survival and simtrial, and an EM run to the end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from comparing import Case, Comparison, floats, p_values, read
from labels import codes, in_order, levels_of, parted
from scipy import special

from cases.cox import compare_cox
from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.times import (
    hazard_ratio,
    interval_censored,
    log_rank,
    mean_survival,
    survival,
)
from wholetrial.analysis.times.log_rank import LOG_RANK, PETO_PETO, Weights

BANDS = {
    "log-log": survival.log_log_band,
    "log": survival.log_band,
    "plain": survival.plain_band,
}


def _kaplan_meier(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "tte.csv")
    arm = data["arm"]
    everyone = np.ones(len(arm), bool)
    parts = [(result["all"], everyone, result["level"])]
    parts += [(result[label], arm == label, result["level"]) for label in levels_of(arm)]
    for key in (key for key in result if key.startswith("arm_level_")):
        level = float(key.removeprefix("arm_level_"))
        parts += [(part, arm == label, level) for label, part in result[key].items()]
    for part, included, level in parts:
        curve = survival.kaplan_meier(floats(data["time"]), floats(data["status"]), included)
        yield Comparison("kaplan_meier", curve.participants, part["n"], 1e-12)
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
    left = -np.diff(np.append(curve.at_risk[first], 0.0)) - curve.events[first]
    yield Comparison("kaplan_meier", left, [row["n_censor"] for row in rows], 1e-12)
    hazard = survival.nelson_aalen(curve).hazard[first]
    reference = [row["cumhaz_nelson_aalen"] for row in rows]
    yield Comparison("nelson_aalen", hazard, reference, 1e-12)


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
    yield Comparison("kaplan_meier", ours_at.value, [row["surv"] for row in rows], 1e-12)
    # while nobody had the event ours has no limits and says why; R's are missing or have no width
    some = [place for place in range(len(rows)) if ours_at.reason[place] != Reason.NO_EVENTS]
    for limit, key in ((ours_at.low, "lower"), (ours_at.high, "upper")):
        yield Comparison("kaplan_meier", limit[some], [rows[p][key] for p in some], 1e-12)
    plain = survival.standard_error_at(curve, days)
    yield Comparison("kaplan_meier", plain, [row["std_err"] for row in rows], 1e-12)
    at_risk = survival.at_risk_at(curve, days)
    yield Comparison("kaplan_meier", at_risk, [row["n_risk"] for row in rows], 1e-12)


def _logrank(folder: Path, result: Any) -> Iterator[Comparison]:
    trial = _trial(folder)
    known = set(trial["arm"])
    pairs = [parted(pair.removeprefix("arm"), "_vs_", known) for pair in result["pairwise"]]
    # every pair is of a later arm and the first
    labels = in_order(label for later, first in pairs for label in (first, later))
    trial["arm"] = codes(trial["arm"], labels)
    arms = list(range(len(labels)))
    names = ("observed", "expected", "variance", "chisq")
    for method, key, stratum, weights in (
        ("log_rank", "logrank_all_arms", 0.0, LOG_RANK),
        ("stratified_log_rank", "logrank_stratified", trial["stratum"], LOG_RANK),
        ("peto_peto", "peto_peto_survdiff_rho1", 0.0, PETO_PETO),
    ):
        given = {"arms": arms, "stratum": stratum, "weights": weights}
        score = log_rank.logrank_score(trial["time"], trial["status"], trial["arm"], **given)
        test = log_rank.logrank_test(trial["time"], trial["status"], trial["arm"], **given)
        ours = [score.observed, score.expected, score.covariance, test.statistic]
        yield Comparison(method, ours, [result[key][name] for name in names], 1e-12)
        yield p_values(method, test.p_value, result[key]["p"], 1e-12)
        yield Comparison(method, [len(arms) - 1], [result[key]["df"]], 1e-12)
    for (later, first), part in zip(pairs, result["pairwise"].values(), strict=True):
        chosen = [labels.index(later), labels.index(first)]
        for method, key, stratum, weights in (
            ("log_rank", "logrank", 0.0, LOG_RANK),
            ("stratified_log_rank", "stratified", trial["stratum"], LOG_RANK),
            ("fleming_harrington", "fh_1_0_stratified", trial["stratum"], Weights(1, 0)),
            ("fleming_harrington", "fh_0_1_stratified", trial["stratum"], Weights(0, 1)),
        ):
            given = {"arms": chosen, "stratum": stratum, "weights": weights}
            yield from _directed(method, trial, part[key], given)
    simtrial = {(row["rho"], row["gamma"]): row for row in result["fleming_harrington_simtrial_z"]}
    for row in result["fleming_harrington_own"]:
        weights = Weights(row["rho"], row["gamma"])
        given = {"arms": [arms[1], arms[0]], "weights": weights}
        yield from _directed("fleming_harrington", trial, row, given)
        score = log_rank.logrank_score(trial["time"], trial["status"], trial["arm"], **given)
        # simtrial's z is positive where the treated arm has fewer events than expected
        benefit = -log_rank.directed_logrank_test(score).statistic
        theirs = simtrial[row["rho"], row["gamma"]]["z"]
        yield Comparison("fleming_harrington (simtrial)", benefit, theirs, 1e-12)


def _directed(method: str, trial: Any, reference: Any, given: Any) -> Iterator[Comparison]:
    """The first arm's score, its variance, z and two-sided p-value."""
    score = log_rank.logrank_score(trial["time"], trial["status"], trial["arm"], **given)
    test = log_rank.directed_logrank_test(score)
    ours = [score.excess[0], score.covariance[0, 0], test.statistic]
    yield Comparison(method, ours, [reference[key] for key in ("U", "V", "z")], 1e-12)
    yield p_values(method, test.p_value, reference["p_two_sided"], 1e-12)


def _restricted_mean(folder: Path, result: Any) -> Iterator[Comparison]:
    trial = _trial(folder)
    arms = {
        f"arm{label}": survival.kaplan_meier(trial["time"], trial["status"], trial["arm"] == label)
        for label in levels_of(trial["arm"])
    }
    z = float(special.ndtri(0.975))
    for key, parts in result.items():
        until = float(key.removeprefix("tau_"))
        for name, part in parts.items():
            if name in arms:
                mean = mean_survival.restricted_mean(arms[name], until, extend=True)
                # without an event ours has no limits and says why; R's error is then 0
                certain = mean.reason == Reason.NO_VARIATION
                ours = [mean.value, 0.0 if certain else (mean.high - mean.value) / z]
                for by in (("rmst", "se"), ("survfit_rmean", "survfit_se")):
                    yield Comparison("restricted_mean", ours, [part[k] for k in by], 1e-12)
                yield _milestone(arms[name], until, part["milestone"])
                continue
            pair = [arms[arm] for arm in parted(name, "_minus_", arms)]
            yield from _two_curves(pair, until, part)


def _milestone(curve: survival.SurvivalCurve, time: float, reference: Any) -> Comparison:
    value = survival.survival_at(curve, survival.plain_band(curve), time, extend=True).value
    ours = [value, survival.standard_error_at(curve, time)]
    return Comparison("milestone_survival", ours, [reference["S"], reference["se"]], 1e-12)


def _two_curves(pair: list[survival.SurvivalCurve], time: float, part: Any) -> Iterator[Comparison]:
    mean = mean_survival.restricted_mean_difference(*pair, time, extend=True)
    ratio = mean_survival.restricted_mean_ratio(*pair, time, extend=True)
    share = mean_survival.milestone_difference(*pair, time, extend=True)
    for method, effect, reference in (
        ("restricted_mean", mean, part["rmst_difference"]),
        ("milestone_survival", share, part["milestone_difference"]),
    ):
        ours = [effect.value, effect.standard_error, effect.low, effect.high]
        theirs = [reference[key] for key in ("estimate", "se", "lower", "upper")]
        if effect.reason == Reason.NO_VARIATION:
            ours, theirs = ours[:1], theirs[:1]
        yield Comparison(method, ours, theirs, 1e-12)
    found = hazard_ratio.as_ratio(ratio)
    for effect, reference in ((mean, part["rmst_difference"]), (ratio, part["rmst_ratio"])):
        yield p_values("restricted_mean", effect.p_value, reference["p"], 1e-12)
    ours = [found.value, found.low, found.high]
    theirs = [part["rmst_ratio"][key] for key in ("estimate", "lower", "upper")]
    if ratio.reason == Reason.NO_VARIATION:
        ours, theirs = ours[:1], theirs[:1]
    yield Comparison("restricted_mean", ours, theirs, 1e-12)


def _trial(folder: Path) -> dict[str, np.ndarray]:
    data = read(folder / "tte.csv")
    stratum = np.unique(data["stratum"], return_inverse=True)[1]
    times = {name: floats(data[name]) for name in ("time", "status")}
    return {**times, "stratum": stratum, "arm": data["arm"]}


def _interval_censored(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "interval.csv")
    lower, upper = floats(data["left"]), floats(data["right"], missing=np.inf)
    for label, part in result["turnbull_em_own"].items():
        curve = interval_censored.turnbull(lower, upper, data["arm"] == label)
        for cell in part["intervals"]:
            here = (curve.left >= float(cell["left"])) & (curve.right <= float(cell["right"]))
            yield Comparison("turnbull", np.sum(curve.mass[here]), cell["mass"], 1e-6)
        yield Comparison("turnbull", curve.log_likelihood, part["loglik"], 1e-6)


CASES = {
    "3_survival/km_*": Case(_kaplan_meier),
    "3_survival/logrank_*": Case(_logrank),
    "3_survival/rmst_milestone_*": Case(_restricted_mean),
    "3_survival/cox_*": Case(
        compare_cox,
        (
            "exact ties",
            "proportional hazards and baseline hazard, of a fit that R ends early: see cox.R",
        ),
    ),
    "3_survival/interval_censored*": Case(
        _interval_censored,
        ("survreg", "survfit's curve, which stops before the maximum"),
        "R 4.2.2, an EM run to the end",
    ),
}
