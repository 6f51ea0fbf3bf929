"""Mixed models for repeated measures against mmrm, emmeans and nlme."""

from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from comparing import ITERATED, Case, Comparison, floats, p_values, read
from labels import codes, in_order, pair_of, written

from wholetrial.analysis.estimate import Effect
from wholetrial.analysis.measurements.covariates import measured
from wholetrial.analysis.measurements.mmrm import contrasts as of
from wholetrial.analysis.measurements.mmrm.effects import (
    RepeatedMeasures,
    VisitModel,
    arm_by_visit_test,
    fit_visits,
    visit_differences,
    visit_means,
)
from wholetrial.analysis.measurements.mmrm.fit import MixedModel, fit_mmrm, information_criteria

STRUCTURES = {
    "us": "unstructured",
    "cs": "compound_symmetry",
    "csh": "heterogeneous_compound_symmetry",
    "ar1": "ar1",
    "ar1h": "heterogeneous_ar1",
    "toep": "toeplitz",
    "toeph": "heterogeneous_toeplitz",
    "adh": "ante_dependence",
}
FREEDOM = {
    "satterthwaite": "satterthwaite",
    "kenward_roger": "Kenward-Roger",
    "kenward_roger_linear": "Kenward-Roger-Linear",
}
EMPIRICAL = {
    "empirical": "us_Empirical",
    "empirical_jackknife": "us_Empirical-Jackknife",
    "empirical_bias_reduced": "us_Empirical-Bias-Reduced",
}
AGREED, DEGREES = 1e-6, 1e-4


class Trial(NamedTuple):
    """Changes `(P, V)`, baseline and code of the arm `(P,)`, and the names of arms and visits."""

    change: np.ndarray
    base: np.ndarray
    arm: np.ndarray
    arms: list[str]
    visits: list[str]


def read_trial(file: Path, result: Any) -> Trial:
    """The measured rows of a trial, with arms and visits in the order of the result's means."""
    data = read(file)
    known = np.isfinite(floats(data["chg"]))
    data = {name: column[known] for name, column in data.items()}
    means = result["mmrm"]["us"]["satterthwaite"]["ls_means"]
    arms, visits = (in_order(row[name] for row in means) for name in ("arm", "visit"))
    people, row = np.unique(data["id"], return_inverse=True)
    change = np.full((len(people), len(visits)), np.nan)
    change[row, codes(data["visit"], visits)] = floats(data["chg"])
    base, arm = np.zeros(len(people)), np.zeros(len(people), int)
    base[row] = floats(data["base"])
    arm[row] = codes(data["arm"], arms)
    return Trial(change, base, arm, arms, visits)


def terms_of(trial: Trial) -> tuple[np.ndarray, list[frozenset[str]]]:
    """The design `(P, V, F)` of chg ~ base * visit + arm * visit, and R's names of its terms."""
    columns = [(frozenset[str](), np.ones(len(trial.base))), (frozenset(["base"]), trial.base)]
    for code, name in enumerate(trial.arms[1:], start=1):
        columns.append((frozenset(["arm" + name]), (trial.arm == code).astype(float)))
    design, names = [], []
    for (name, column), visit in product(columns, range(len(trial.visits))):
        first = visit == 0
        at = np.ones(len(trial.visits)) if first else np.eye(len(trial.visits))[visit]
        design.append(column[:, None] * at)
        names.append(name if first else name | {"visit" + trial.visits[visit]})
    named = [name or frozenset(["(Intercept)"]) for name in names]
    return np.stack(design, axis=-1), named


def _mixed_model(folder: Path, result: Any) -> Iterator[Comparison]:
    trial = read_trial(folder / "long.csv", result)
    design, names = terms_of(trial)
    for key, structure in STRUCTURES.items():
        part = result["mmrm"][key]
        model = fit_mmrm(trial.change, design, structure=structure)
        yield from _fit(model, part, "reml_loglik")
        criteria = information_criteria(model)
        count = model.fitted.peak.parameters.shape[-1]
        ours = [criteria.akaike, criteria.bayes, count]
        yield Comparison("mmrm", ours, [part["aic"], part["bic"], part["n_parameters"]], AGREED)
        if part.get("beta_vcov"):
            order = [names.index(frozenset(row.split(":"))) for row in part["beta_vcov"]["rows"]]
            ours = model.covariance[np.ix_(order, order)]
            yield Comparison("mmrm", ours, part["beta_vcov"]["values"], AGREED)
        for freedom, kind in FREEDOM.items():
            effect = of.contrasts(model, np.eye(len(names)), freedom=freedom)
            yield from _coefficients(freedom, effect, part[kind]["coef"], names)
            yield from _visits(freedom, _model(trial, structure, freedom), part[kind], trial)
        if "failed" not in result["gls"].get(key, {"failed": ""}):
            stated = result["mmrm_minus_gls"][key]
            yield from _second_opinion(model, result["gls"][key], stated, names)
    likely = fit_mmrm(trial.change, design, estimation="ml")
    yield from _fit(likely, result["mmrm"]["us_ml"], "ml_loglik")
    effect = of.contrasts(likely, np.eye(len(names)))
    yield from _coefficients("satterthwaite", effect, result["mmrm"]["us_ml"]["coef"], names)
    model = fit_mmrm(trial.change, design)
    for freedom, kind in EMPIRICAL.items():
        effect = of.contrasts(model, np.eye(len(names)), freedom=freedom)
        yield from _coefficients(f"mmrm_{freedom}", effect, result["mmrm"][kind], names)


def _model(trial: Trial, structure: str, freedom: str) -> VisitModel:
    return fit_visits(
        trial.change,
        [measured("base", trial.base)],
        arm=trial.arm,
        arms=range(len(trial.arms)),
        plan=RepeatedMeasures(structure, freedom, by_visit=("base",)),
    )


def _fit(model: MixedModel, part: Any, likelihood: str) -> Iterator[Comparison]:
    """The log-likelihood within 1e-6, not within 1e-6 of its size."""
    yield Comparison("mmrm", model.log_likelihood - part[likelihood], 0.0, AGREED)
    yield Comparison("mmrm", model.sigma, part["cov_matrix"]["values"], AGREED)


def _coefficients(
    method: str, effect: Effect, rows: Sequence[Any], names: Sequence[frozenset[str]]
) -> Iterator[Comparison]:
    order = [names.index(frozenset(row["term"].split(":"))) for row in rows]
    keys = {"value": "estimate", "standard_error": "se", "freedom": "df"}
    keys |= {"statistic": "t", "p_value": "p"}
    yield from _numbers(method, effect, rows, keys, order)


def _visits(method: str, fit: VisitModel, part: Any, trial: Trial) -> Iterator[Comparison]:
    visits, arms = len(trial.visits), trial.arms
    keys = {"standard_error": "SE", "freedom": "df", "low": "lower.CL", "high": "upper.CL"}
    rows = part["ls_means"]
    order = [
        arms.index(written(row["arm"])) * visits + trial.visits.index(written(row["visit"]))
        for row in rows
    ]
    yield from _numbers(method, visit_means(fit), rows, keys | {"value": "emmean"}, order)
    rows = part["contrasts"]
    order = [
        _differing(row["contrast"], arms) * visits + trial.visits.index(written(row["visit"]))
        for row in rows
    ]
    keys |= {"value": "estimate", "statistic": "t.ratio", "p_value": "p.value"}
    yield from _numbers(method, visit_differences(fit), rows, keys, order)
    test, reference = arm_by_visit_test(fit), part["arm_by_visit_F"]
    ours = [test.statistic, test.numerator]
    yield Comparison(method, ours, [reference[name] for name in ("F", "num_df")], AGREED)
    yield p_values(method, test.p_value, reference["p"], AGREED, ITERATED)
    yield Comparison(f"{method} (d.f.)", test.denominator / reference["den_df"], 1.0, DEGREES)


def _differing(contrast: str, arms: Sequence[str]) -> int:
    """Which difference from the first arm a contrast is."""
    arm, control = pair_of(contrast, arms, "arm")
    if control != 0:
        raise ValueError(f"{contrast!r} should be a difference from {arms[0]!r}")
    return arm - 1


def _numbers(
    method: str, effect: Effect, rows: Sequence[Any], keys: dict[str, str], order: Sequence[int]
) -> Iterator[Comparison]:
    """Standard errors and degrees of freedom relative to their own size, the rest as it is."""
    for ours, theirs in keys.items():
        found = np.ravel(getattr(effect, ours))[list(order)]
        reference = np.array([row[theirs] for row in rows])
        if ours in ("standard_error", "freedom"):
            found, reference = found / reference, np.ones(len(reference))
        if ours == "p_value":
            yield p_values(method, found, reference, AGREED, ITERATED)
            continue
        degrees = ours == "freedom"
        name = f"{method} (d.f.)" if degrees else method
        yield Comparison(name, found, reference, DEGREES if degrees else AGREED)


def _second_opinion(
    model: MixedModel, part: Any, stated: Any, names: Sequence[frozenset[str]]
) -> Iterator[Comparison]:
    """Our distance from nlme, whose optimum is a looser one, is the distance of mmrm from it."""
    order = [names.index(frozenset(row["term"].split(":"))) for row in part["coef"]]
    estimates = np.array([row["estimate"] for row in part["coef"]])
    errors = np.array([row["se"] for row in part["coef"]])
    ours = np.sqrt(np.diagonal(model.covariance))[order] / errors
    apart = [
        model.log_likelihood - part["reml_loglik"],
        np.abs(model.coefficients[order] - estimates).max(),
        np.abs(ours - 1).max(),
    ]
    keys = ("loglik_difference", "max_abs_estimate", "max_rel_se")
    yield Comparison("mmrm (and nlme)", apart, [stated[key] for key in keys], AGREED)


CASES = {"4_continuous/mmrm_*": Case(_mixed_model)}
