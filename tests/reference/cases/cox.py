"""Cox's model against survival: both ways with ties, covariates, strata, and what follows from it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from comparing import Comparison, floats, p_values, read

from wholetrial.analysis.times import cox, hazard_ratio

STATED = 1e-10
METHODS = {"efron": "cox", "breslow": "cox (Breslow)"}
TESTS = {"lrt": cox.likelihood_ratio_test, "score": cox.cox_score_test}


def compare_cox(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "tte.csv")
    coded = {"stratum": np.unique(data["stratum"], return_inverse=True)[1], "arm": data["arm"]}
    measured = ("time", "status", "age", "base")
    trial = {**coded, **{name: floats(data[name]) for name in measured}}
    models = {key: part for key, part in result.items() if _is_a_model(part)}
    for key, part in models.items():
        stratum = trial["stratum"] if key.endswith("strata") else 0.0
        for ties, method in METHODS.items():
            yield from _model(method, trial, stratum, ties, part[ties])
        yield from _hazard_ratios(trial, stratum, part["efron"])
    yield from _robust(trial, result["robust_se_arm_covariates_efron"])


def _is_a_model(part: Any) -> bool:
    return isinstance(part, Mapping) and "efron" in part


def _columns(trial: Mapping[str, np.ndarray], names: list[str]) -> np.ndarray:
    """A column for each coefficient: arm2 is 1 in arm 2, any other name is a column of the data."""
    return np.stack([_column(trial, name) for name in names], axis=-1)


def _column(trial: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    if name in trial:
        return trial[name]
    return (trial["arm"] == name.removeprefix("arm")).astype(float)


def _model(
    method: str, trial: Mapping[str, np.ndarray], stratum: Any, ties: Any, part: Any
) -> Iterator[Comparison]:
    columns = _columns(trial, list(part["coef"]))
    model = cox.cox_regression(trial["time"], trial["status"], columns, stratum=stratum, ties=ties)
    effects = [cox.coefficient(model, place) for place in range(columns.shape[-1])]
    ratios = [hazard_ratio.as_ratio(effect) for effect in effects]
    found = {
        "coef": model.coefficients,
        "se": [effect.standard_error for effect in effects],
        "hr": [ratio.value for ratio in ratios],
        "hr_lower": [ratio.low for ratio in ratios],
        "hr_upper": [ratio.high for ratio in ratios],
        "z": [effect.statistic for effect in effects],
        "vcov": model.covariance,
        "loglik": [model.log_likelihood],
        "loglik_null": [model.null_log_likelihood],
        # summary.coxph gives Wald's statistic with two decimals
        "wald": [np.round(cox.wald_test(model).statistic, 2)],
    }
    for key, ours in found.items():
        yield Comparison(method, ours, _listed(part[key]), STATED)
    by_effect = [effect.p_value for effect in effects]
    yield p_values(method, by_effect, _listed(part["p"]), STATED)
    for key, test_of in TESTS.items():
        test, reference = test_of(model), _listed(part[key])
        yield Comparison(method, [test.statistic, len(effects)], reference[:2], STATED)
        yield p_values(method, test.p_value, reference[2:], STATED)


def _listed(value: Any) -> list[Any]:
    """Numbers by name, a matrix or one number, as a list."""
    if isinstance(value, Mapping):
        return value["values"] if "values" in value else list(value.values())
    return value if isinstance(value, list) else [value]


def _hazard_ratios(
    trial: Mapping[str, np.ndarray], stratum: Any, part: Any
) -> Iterator[Comparison]:
    """Each arm with the first, the other arms and the covariates among what is adjusted for."""
    names = list(part["coef"])
    for name in (name for name in names if name not in trial):
        others = [other for other in names if other != name]
        covariates = _columns(trial, others) if others else None
        effect = hazard_ratio.hazard_ratio(
            trial["time"],
            trial["status"],
            _column(trial, name),
            adjustment=hazard_ratio.Adjustment(covariates, stratum),
        )
        ours = [effect.value, effect.standard_error, effect.statistic]
        theirs = [_named(part[key], name) for key in ("coef", "se", "z")]
        yield Comparison("hazard_ratio", ours, theirs, STATED)
        yield p_values("hazard_ratio", effect.p_value, _named(part["p"], name), STATED)


def _named(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, Mapping) else value


def _robust(trial: Mapping[str, np.ndarray], reference: Any) -> Iterator[Comparison]:
    columns = _columns(trial, list(reference))
    model = cox.cox_regression(trial["time"], trial["status"], columns)
    ours = [
        cox.coefficient(model, place, robust=True).standard_error
        for place in range(columns.shape[-1])
    ]
    yield Comparison("cox (robust)", ours, list(reference.values()), STATED)
