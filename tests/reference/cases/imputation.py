"""Reference-based imputation against rbmi and code on top of mmrm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from comparing import Case, Comparison, floats, read
from labels import codes, in_order, levels_of, written

from wholetrial.analysis.estimate import Effect
from wholetrial.analysis.imputation.ancova import (
    ImputedAncova,
    ancova_jackknifed,
    ancova_pooled,
)
from wholetrial.analysis.imputation.bootstrap import Draws
from wholetrial.analysis.imputation.impute import (
    impute,
    impute_conditional_mean,
    impute_leaving_one_out,
)
from wholetrial.analysis.imputation.measured import Assumption, Measured, as_measured
from wholetrial.analysis.imputation.model import fit_imputation_model
from wholetrial.analysis.imputation.pooling import pooled

STRATEGIES = {
    "MAR": "missing_at_random",
    "JR": "jump_to_reference",
    "CR": "copy_reference",
    "CIR": "copy_increments_in_reference",
    "LMCF": "last_mean_carried_forward",
}
PARAMETER = re.compile("(trt|lsm_ref|lsm_alt)_(.+)")
LEVELS = re.compile(r"arm, levels = c\(([^)]*)\)")
CONDITIONAL, BAYES = "conditional_mean_imputation", "approximate_bayes_imputation"
DRAWS = 10_000
EFFECT = {
    "value": "estimate",
    "standard_error": "se",
    "low": "lower",
    "high": "upper",
    "p_value": "p",
}


class _Trial(NamedTuple):
    """The participants, their ids and the labels of the visits."""

    who: Measured
    ids: list[str]
    visits: list[str]


def _trial(folder: Path, result: Any) -> _Trial:
    """The visits in the order in which the result names them, the control arm first."""
    data = read(folder / "long.csv")
    ids, row = np.unique(data["id"], return_inverse=True)
    visits = _visits(result, set(data["visit"]))
    column = codes(data["visit"], visits)
    arms = _arms(folder, data["arm"])
    values = np.full((len(ids), len(visits)), np.nan)
    values[row, column] = floats(data["chg"])
    base, arm = np.empty(len(ids)), np.empty(len(ids), int)
    base[row] = floats(data["base"])
    arm[row] = codes(data["arm"], arms)
    who = as_measured(values, arm, arms=range(len(arms)), covariates=base[:, None])
    return _Trial(who, ids.tolist(), visits)


def _visits(result: Any, known: set[str]) -> list[str]:
    """The visits of the parameters `trt_4`, `trt_8` ... of the first strategy there is."""
    parts = (result[short] for short in STRATEGIES if short in result)
    first = next(parts)
    rows = first["pooled"] if isinstance(first, dict) else first
    named = (PARAMETER.fullmatch(row["parameter"]) for row in rows)
    visits = in_order(match[2] for match in named if match)
    if len(visits) != len(known):
        raise ValueError(f"parameters name the visits {visits}, the data {sorted(known)}")
    return visits


def _arms(folder: Path, labels: np.ndarray) -> list[str]:
    """The levels that calls.R gives the arm, where it is; without it the arm called control first."""
    calls = folder / "calls.R"
    given = LEVELS.search(calls.read_text()) if calls.exists() else None
    named = re.findall('"([^"]+)"', given[1]) if given else []
    if sorted(named) == sorted(set(labels)):
        return named
    return sorted(levels_of(labels), key=lambda label: label != "control")


def _assumed(who: Measured, strategy: str) -> Assumption:
    """In these cases the first visit missed is the event."""
    missing = np.isnan(who.values)
    never = missing.shape[-1]
    first = np.where(np.any(missing, axis=-1), np.argmax(missing, axis=-1), never)
    return Assumption(strategy, reference=0, first_affected=first)


def _conditional(
    folder: Path, result: Any, pooled_allowed: float, imputed_allowed: float, names: tuple[str, ...]
) -> Iterator[Comparison]:
    trial = _trial(folder, result)
    for short, strategy in STRATEGIES.items():
        if short not in result:
            continue
        part, assumption = result[short], _assumed(trial.who, strategy)
        once = impute_conditional_mean(trial.who, assumption)
        left_out = impute_leaving_one_out(trial.who, assumption)
        found = ancova_jackknifed(trial.who, once, left_out)
        for row in part["pooled"]:
            effect, place = _parameter(found, trial, row["parameter"])
            ours = [getattr(effect, name)[place] for name in names]
            reference = [row[EFFECT[name]] for name in names]
            yield Comparison(CONDITIONAL, ours, reference, pooled_allowed)
        people = codes([written(row["id"]) for row in part["imputed"]], trial.ids)
        visits = codes([written(row["visit"]) for row in part["imputed"]], trial.visits)
        ours = once.values[0, people, visits]
        reference = [row["imputed"] for row in part["imputed"]]
        yield Comparison(strategy, ours, reference, imputed_allowed)
        counts = np.sum(once.imputed), len(part["imputed"])
        yield Comparison(strategy, *counts, imputed_allowed)
        if "imputation_model" in part:
            yield from _rbmi_model(trial, assumption, part["imputation_model"], imputed_allowed)
    if "imputation_model" in result:
        yield from _own_model(trial, result["imputation_model"], pooled_allowed)


def _own_model(trial: _Trial, model: Any, allowed: float) -> Iterator[Comparison]:
    fit = fit_imputation_model(trial.who)
    keys = ("intercept", "base_slope", "active_effect")
    reference = np.transpose([model[key] for key in keys])
    yield Comparison(f"{CONDITIONAL} (model)", fit.coefficients[0], reference, allowed)
    yield Comparison(f"{CONDITIONAL} (model)", fit.covariance[0], model["sigma"], allowed)


def _rbmi_model(
    trial: _Trial, assumption: Assumption, model: Any, allowed: float
) -> Iterator[Comparison]:
    """Its columns are: intercept, active arm, visits, base, base by visit, arm by visit."""
    fit = fit_imputation_model(trial.who, assumption)
    intercept, base, active = np.moveaxis(fit.coefficients[0], -1, 0)
    ours = [
        intercept[:1],
        active[:1],
        intercept[1:] - intercept[0],
        base[:1],
        base[1:] - base[0],
        active[1:] - active[0],
    ]
    yield Comparison(f"{CONDITIONAL} (model)", ours, model["beta"], allowed)
    yield Comparison(f"{CONDITIONAL} (model)", fit.covariance[0], model["sigma"], allowed)


def _approximate_bayes(folder: Path, result: Any) -> Iterator[Comparison]:
    """Estimates in Monte Carlo standard errors of the reference, of which 4 are allowed."""
    trial = _trial(folder, result)
    freedom = len(trial.ids) - len(trial.who.arms) - trial.who.covariates.shape[-1]
    for short, strategy in STRATEGIES.items():
        if short not in result:
            continue
        many = impute(trial.who, _assumed(trial.who, strategy), Draws(2013, DRAWS))
        found = ancova_pooled(trial.who, many)
        for row in result[short]:
            effect, place = _parameter(found, trial, row["parameter"])
            off = effect.value[place] - row["estimate"]
            error = row["mc_standard_error"]
            if error == 0:
                ours = [getattr(effect, name)[place] for name in EFFECT]
                reference = [row[key] for key in EFFECT.values()]
                yield Comparison(f"{BAYES} (nothing missing)", ours, reference, 1e-10)
            else:
                yield Comparison(f"{BAYES} (estimate, in Monte Carlo SE)", off / error, 0.0, 4.0)
                ratio = effect.standard_error[place] / row["se"]
                yield Comparison(f"{BAYES} (standard error, ratio)", ratio, 1.0, 0.1)
            yield _pooled_again(row, result["draws"], freedom)


def _pooled_again(row: Any, many: int, freedom: int) -> Comparison:
    """Rubin's rules on values with the reference's own variance between and within."""
    within = row["se"] ** 2 - (1 + 1 / many) * row["between_variance"]
    spread = np.linspace(-1, 1, many)
    spread = spread / np.std(spread, ddof=1) * np.sqrt(row["between_variance"])
    effect = pooled(row["estimate"] + spread, np.full(many, within), freedom)
    ours = [getattr(effect, name) for name in EFFECT]
    return Comparison("rubin_rules", ours, [row[key] for key in EFFECT.values()], 1e-10)


def _parameter(found: ImputedAncova, trial: _Trial, name: str) -> tuple[Effect, tuple[int, int]]:
    """Which number of ours is `trt_4`, `lsm_ref_4` or `lsm_alt_4`."""
    match = PARAMETER.fullmatch(name)
    if match is None:
        raise ValueError(f"the parameter should be trt_, lsm_ref_ or lsm_alt_VISIT; got {name!r}")
    visit = trial.visits.index(match[2])
    if match[1] == "trt":
        return found.differences, (visit, 0)
    return found.means, (visit, int(match[1] == "lsm_alt"))


FULL_OPTIMUM = partial(_conditional, pooled_allowed=1e-5, imputed_allowed=1e-5, names=tuple(EFFECT))
STOPS_EARLY = partial(
    _conditional,
    pooled_allowed=1e-4,
    imputed_allowed=2e-3,
    names=("value", "standard_error", "p_value"),
)
CASES: dict[str, Case] = {
    "5_reference_based_mi/condmean_*_own*": Case(FULL_OPTIMUM, ("reml_loglik",)),
    "5_reference_based_mi/condmean_*": Case(
        STOPS_EARLY, ("limits, twice as far off as the standard error that rbmi stops early at",)
    ),
    "5_reference_based_mi/approxbayes_*": Case(_approximate_bayes),
}
