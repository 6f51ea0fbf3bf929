"""Covariate-adjusted differences against beeca and RobinCar2."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from comparing import Case, Comparison, floats, read
from labels import codes, levels_of

from wholetrial.analysis.responders import marginal_risks, standardization
from wholetrial.analysis.responders.marginal_risks import MarginalRisks

BEECA = {
    "Ye": ("standardization", marginal_risks.marginal_risks),
    "Ge_model_based": (
        "standardization_model_based",
        marginal_risks.marginal_risks_model_based,
    ),
    "Ge_HC0": ("standardization_robust", marginal_risks.marginal_risks_robust),
    "Ge_HC3": ("standardization_robust_hc3", marginal_risks.marginal_risks_robust_hc3),
}
PERMUTED = "standardization_permuted_blocks"


def _marginal_binary(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "patients.csv")
    names = _arms(data, result)
    control = names.index(result["reference"])
    for formula, row in result["beeca"].items():
        trial = _trial(data, names, formula)
        for key, contrasts in row.items():
            if key == "Ye_stratified":
                name, risks, allowed = PERMUTED, _permuted(data, trial), 1e-10
            else:
                name, method = BEECA[key]
                risks, allowed = method(*trial, arms=len(names)), 1e-13
            per_contrast = {"diff": contrasts} if key == "Ye_stratified" else contrasts
            for contrast, reference in per_contrast.items():
                if "failed" not in reference:
                    ours = _against(risks, contrast, control)
                    theirs = [reference["estimate"], reference["se"]]
                    yield Comparison(name, ours, theirs, allowed)
                    by_arm = [reference["marginal_risk"][arm] for arm in names]
                    yield Comparison(name, risks.risk, by_arm, allowed)
    for formula, row in result["robincar2"].items():
        trial = _trial(data, names, formula)
        simple = marginal_risks.marginal_risks(*trial, arms=len(names))
        yield from _robincar2("standardization", simple, row["simple"], control, 1e-13)
        permuted = _permuted(data, trial)
        yield from _robincar2(PERMUTED, permuted, row["permuted_block"], control, 1e-10)


def _robincar2(
    name: str, risks: MarginalRisks, row: Any, control: int, allowed: float
) -> Iterator[Comparison]:
    yield Comparison(name, risks.risk, row["marginal"], allowed)
    arms = risks.risk.shape[-1]
    # RobinCar2's pairwise() compares the pairs of combn: 2 and 1, 3 and 1, 4 and 1, 3 and 2 ...
    pairs = [(above, below) for below, above in combinations(range(arms), 2)]
    if np.size(row["se"]) == arms - 1:
        pairs = [(arm, control) for arm in range(arms) if arm != control]
    found = [
        standardization.difference_of_risks(risks, arm=arm, control=other) for arm, other in pairs
    ]
    yield Comparison(name, [effect.value for effect in found], [row["contrast"]], allowed)
    yield Comparison(name, [effect.standard_error for effect in found], [row["se"]], allowed)


def _against(risks: MarginalRisks, contrast: str, control: int) -> list[list[np.ndarray]]:
    """Estimates, then standard errors, of every other arm against the reference arm."""
    method = {
        "diff": standardization.difference_of_risks,
        "rr": standardization.log_ratio_of_risks,
        "logrr": standardization.log_ratio_of_risks,
        "or": standardization.log_odds_ratio_of_risks,
        "logor": standardization.log_odds_ratio_of_risks,
    }[contrast]
    others = [arm for arm in range(risks.risk.shape[-1]) if arm != control]
    found = [method(risks, arm=arm, control=control) for arm in others]
    values, errors = [e.value for e in found], [e.standard_error for e in found]
    if contrast in ("rr", "or"):
        values = [np.exp(value) for value in values]
        errors = [value * error for value, error in zip(values, errors, strict=True)]
    return [values, errors]


def _permuted(data: dict[str, np.ndarray], trial: tuple[np.ndarray, ...]) -> MarginalRisks:
    _, stratum = np.unique(data["stratum"], return_inverse=True)
    arms = len(set(data["arm"]))
    return marginal_risks.marginal_risks_permuted_blocks(*trial, stratum, arms=arms)


def _arms(data: dict[str, np.ndarray], result: Any) -> list[str]:
    """The arms in the order of R's levels, which every list of marginal risks shows."""
    contrasts = [
        found
        for row in result["beeca"].values()
        for part in row.values()
        for found in (part, *part.values())
    ]
    shown = (
        list(found["marginal_risk"])
        for found in contrasts
        if isinstance(found, dict) and "marginal_risk" in found
    )
    reference = result["reference"]
    others = (level for level in levels_of(data["arm"]) if level != reference)
    return next(shown, [reference, *others])


def _trial(data: dict[str, np.ndarray], names: list[str], formula: str) -> tuple[np.ndarray, ...]:
    """Outcome, arm, the covariates that the model's name lists after the arm, and everybody."""
    arm = codes(data["arm"], names)
    columns = [column for name in formula.split("_")[1:] for column in _columns(name, data[name])]
    return floats(data["resp"]), arm, np.stack(columns, axis=-1), np.ones(len(arm))


def _columns(name: str, texts: np.ndarray) -> list[np.ndarray]:
    """A measurement as it is; the strata, a factor, as a column for each level but one."""
    if name != "stratum":
        return [floats(texts)]
    return [(texts == level).astype(float) for level in np.unique(texts)[1:]]


CASES: dict[str, Case] = {"6_covariate_adjusted/marginal_binary*": Case(_marginal_binary)}
