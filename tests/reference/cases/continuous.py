"""Analysis of covariance against emmeans and base R."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from comparing import Case, Comparison, floats, p_values, read
from labels import codes, in_order, levels_of, pair_of, parted, written

from wholetrial.analysis.estimate import Effect, effect_at
from wholetrial.analysis.measurements import ancova, linear_functions, two_means
from wholetrial.analysis.measurements.covariates import Covariate, factor, measured
from wholetrial.analysis.measurements.linear_functions import FTest, LinearFunction
from wholetrial.analysis.measurements.linear_model import LinearModel, fit_linear_model
from wholetrial.analysis.measurements.summaries import (
    describe,
    quantile_averaged,
    quantile_interpolated,
)

PRECISION = 1e-10
LEAST_SQUARES = {"SE": "standard_error", "df": "freedom", "lower.CL": "low", "upper.CL": "high"}
DIFFERENCES = {**LEAST_SQUARES, "estimate": "value", "t.ratio": "statistic"}
ROBUST = {
    "HC0": linear_functions.hc0,
    "HC1": linear_functions.hc1,
    "HC2": linear_functions.hc2,
    "HC3": linear_functions.hc3,
}


def _ancova(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "patients.csv")
    labels = in_order(row["arm"] for row in result["by_arm"])
    arm = codes(data["arm"], labels)
    for name, part in result.items():
        if "_on_" in name:
            yield from _model(data, arm, labels, name, part)
    for pair, part in result["t_tests_vs_control"].items():
        first, second = parted(pair, "_vs_", labels)
        chosen = labels.index(second), labels.index(first)
        yield from _t_tests(floats(data["chg"]), arm, chosen, part)
    for row in result["by_arm"]:
        included = arm == labels.index(written(row["arm"]))
        yield from _summary(floats(data["chg"]), included, row)


def _model(
    data: Any, arm: np.ndarray, labels: Sequence[str], name: str, part: Any
) -> Iterator[Comparison]:
    """A model whose name is its formula: chg_on_base_arm_stratum."""
    value, right = name.split("_on_")
    terms = [term for term in right.split("_") if term != "arm"]
    levels = {term: _levels(data[term], term, part["coef"]) for term in terms}
    covariates = [_covariate(data, term, levels[term]) for term in terms]
    arms = range(len(labels))
    model = fit_linear_model(floats(data[value]), covariates, arm=arm, arms=arms)
    ours = [model.residual_sd, model.freedom, model.r_squared]
    theirs = [part[key] for key in ("sigma", "df_residual", "r_squared")]
    yield Comparison("ancova", ours, theirs, PRECISION)
    equal, observed = ancova.ls_means(model), ancova.ls_means_proportional(model)
    for method, effect, key in (
        ("ls_means", equal, "ls_means"),
        ("ls_means (proportional)", observed, "ls_means_proportional_weights"),
    ):
        places = [labels.index(written(row["arm"])) for row in part[key]]
        means = {"emmean": "value", **LEAST_SQUARES}
        yield _effects(method, effect_at(effect, places), part[key], means)
    yield from _differences(model, labels, part)
    for row in part["type_III_F_no_interactions"]:
        test = (
            ancova.arms_test(model)
            if row["term"] == "arm"
            else linear_functions.covariate_test(model, row["term"])
        )
        yield from _f_test(test, row)
    yield from _coefficients(model, labels, levels, part)


def _differences(model: LinearModel, labels: Sequence[str], part: Any) -> Iterator[Comparison]:
    """Each contrast by the two arms that its name says."""
    pairs = list(combinations(range(len(labels)), 2))
    for effect, known, key in (
        (ancova.differences_from_control(model), pairs[: len(labels) - 1], "contrasts_vs_control"),
        (ancova.pairwise_differences(model), pairs, "pairwise"),
    ):
        asked = [pair_of(row["contrast"], labels, "arm")[::-1] for row in part[key]]
        found = effect_at(effect, [known.index(pair) for pair in asked])
        yield _effects("ancova", found, part[key], DIFFERENCES)
        reference = [row["p.value"] for row in part[key]]
        yield p_values("ancova", found.p_value, reference, PRECISION)
        yield Comparison("ancova", len(set(asked)), len(known), PRECISION)


def _levels(texts: np.ndarray, term: str, coefficients: Any) -> list[str]:
    """The levels of a factor, first that which no coefficient is of; none of a measurement."""
    if term in coefficients:
        return []
    named = {f"{term}{level}": level for level in levels_of(texts)}
    others = [named[key] for key in coefficients if key in named]
    return [*(level for level in named.values() if level not in others), *others]


def _covariate(data: Any, term: str, levels: Sequence[str]) -> Covariate:
    if not levels:
        return measured(term, floats(data[term]))
    return factor(term, codes(data[term], levels))


def _coefficients(
    model: LinearModel, labels: Sequence[str], levels: dict[str, list[str]], part: Any
) -> Iterator[Comparison]:
    """R's coefficients: control at covariates of zero, other arms less control, the slopes."""
    function = LinearFunction(
        *map(
            np.array, zip(*(_of_r(model, labels, levels, key) for key in part["coef"]), strict=True)
        )
    )
    effect = linear_functions.linear_effect(model, function)
    yield Comparison("ancova", effect.value, list(part["coef"].values()), PRECISION)
    yield Comparison("ancova", effect.standard_error, list(part["se"].values()), PRECISION)
    for key, weights in ROBUST.items():
        robust = linear_functions.robust_effect(model, function, weights)
        reference = list(part["robust_se"][key].values())
        yield Comparison("robust_variance", robust.standard_error, reference, PRECISION)


def _of_r(
    model: LinearModel, labels: Sequence[str], levels: dict[str, list[str]], key: str
) -> tuple[Any, Any]:
    arms, slopes = np.zeros(len(labels)), np.zeros(len(model.terms))
    if key == "(Intercept)":
        arms[0] = 1
        return arms, -model.covariate_means * (~np.array(model.is_factor) | model.used)
    for place, label in enumerate(labels):
        if key == f"arm{label}":
            arms[0], arms[place] = -1, 1
            return arms, slopes
    for place, term in enumerate(model.terms):
        own = levels[term]
        name = f"{term}{own[place - model.terms.index(term)]}" if own else term
        if key == name:
            slopes[place] = 1
    return arms, slopes


def _effects(
    method: str, effect: Effect, rows: Sequence[Any], fields: dict[str, str]
) -> Comparison:
    ours = [getattr(effect, field) for field in fields.values()]
    return Comparison(method, ours, [[row[key] for row in rows] for key in fields], PRECISION)


def _f_test(found: FTest, row: Any) -> Iterator[Comparison]:
    ours = [found.numerator, found.test.statistic]
    yield Comparison("ancova", ours, [row["df"], row["F"]], PRECISION)
    yield p_values("ancova", found.test.p_value, row["p"], PRECISION)


def _t_tests(
    values: np.ndarray, arm: np.ndarray, arms: tuple[int, int], part: Any
) -> Iterator[Comparison]:
    methods = {
        "pooled_t": ("student_t", two_means.mean_difference_student_t),
        "welch_t": ("welch_t", two_means.mean_difference_welch_t),
    }
    keys = {
        "t": "statistic",
        "df": "freedom",
        "lower": "low",
        "upper": "high",
        "diff": "value",
    }
    for key, (name, method) in methods.items():
        effect = method(values, arm, arms=arms)
        ours = [getattr(effect, field) for field in keys.values()]
        yield Comparison(name, ours, [part[key][field] for field in keys], PRECISION)
        yield p_values(name, effect.p_value, part[key]["p"], PRECISION)


def _summary(values: np.ndarray, included: np.ndarray, row: Any) -> Iterator[Comparison]:
    found = describe(values, included)
    ours = [
        found.participants,
        found.mean,
        found.standard_deviation,
        found.median,
        found.standard_error,
    ]
    reference = [row[key] for key in ("n", "mean", "sd", "median", "se")]
    yield Comparison("quantile (summary)", ours, reference, PRECISION)
    for kind, quantile in (("type7", quantile_interpolated), ("type2", quantile_averaged)):
        quartiles = [quantile(values, share, included) for share in (0.25, 0.75)]
        reference = [row[f"q1_{kind}"], row[f"q3_{kind}"]]
        yield Comparison("quantile", quartiles, reference, PRECISION)


CASES = {"4_continuous/ancova*": Case(_ancova)}
