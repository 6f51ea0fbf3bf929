"""Mixed models for repeated measures against nlme, emmeans and lm, with the data that R drew.

gls stops near its optimum, not at it: its log-likelihood may be lower than ours and not higher.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_r import computed_again, stored

from wholetrial.analysis.measurements.covariates import factor, measured
from wholetrial.analysis.measurements.mmrm.contrasts import contrasts
from wholetrial.analysis.measurements.mmrm.effects import RepeatedMeasures, fit_visits, visit_means
from wholetrial.analysis.measurements.mmrm.fit import MixedModel, fit_mmrm

HERE = Path(__file__).parent
TRIALS = stored("mixed_models")
FITS = [
    pytest.param(
        trial, fit, id=f"{len(trial['base'])} {fit['structure']} {fit['model']} {fit['method']}"
    )
    for trial in TRIALS
    for fit in trial["fits"]
]


def array(rows: Any) -> np.ndarray:
    return np.array(rows, dtype=float)


def dummies(codes: np.ndarray) -> list[np.ndarray]:
    return [(codes == code).astype(float) for code in sorted(set(codes.tolist()))[1:]]


def design(trial: dict[str, Any], model: str) -> np.ndarray:
    """The columns in the order of R's coefficients."""
    change = array(trial["change"])
    people, visits = change.shape
    ones = np.ones((people, visits))
    at = [np.broadcast_to(row, ones.shape) for row in np.eye(visits)[1:]]
    arms = [column[:, None] * ones for column in dummies(array(trial["arm"]))]
    base = array(trial["base"])[:, None] * ones
    crossed = [visit * arm for arm in arms for visit in at]
    if model == "visits":
        strata = [column[:, None] * ones for column in dummies(array(trial["stratum"]))]
        columns = [ones, *at, *arms, base, *strata, *crossed]
    elif model == "trend":
        time = np.arange(1.0, visits + 1) * ones
        columns = [ones, *arms, time, base, *(arm * time for arm in arms)]
    else:
        columns = [ones, *at, *arms, array(trial["dose"]), *crossed]
    return np.stack(columns, axis=-1)


def fitted(trial: dict[str, Any], fit: dict[str, Any]) -> MixedModel:
    return fit_mmrm(
        array(trial["change"]),
        design(trial, fit["model"]),
        structure=fit["structure"],
        estimation=fit["method"].lower(),
    )


def test_r_still_gives_the_stored_mixed_models() -> None:
    again = computed_again("mixed_models", "nlme", "emmeans", "jsonlite")
    for now, before in zip(again, TRIALS, strict=True):
        for name in ("change", "dose", "base", "arm", "stratum"):
            np.testing.assert_array_equal(array(now[name]), array(before[name]))
        for ours, theirs in zip(now["fits"], before["fits"], strict=True):
            assert ours["log_likelihood"] == pytest.approx(theirs["log_likelihood"], abs=1e-7)
            np.testing.assert_allclose(ours["coefficients"], theirs["coefficients"], atol=1e-5)


@pytest.mark.parametrize(("trial", "fit"), FITS)
def test_fit_matches_nlme(trial: dict[str, Any], fit: dict[str, Any]) -> None:
    model = fitted(trial, fit)
    higher = float(model.log_likelihood) - fit["log_likelihood"]
    assert -1e-9 < higher < 2e-7
    np.testing.assert_allclose(model.coefficients, fit["coefficients"], rtol=3e-5, atol=3e-5)
    errors = np.sqrt(np.diagonal(model.covariance))
    if fit["method"] == "ML":
        # nlme's standard errors take the residual variance with n - p below the line
        count = int(model.observations)
        errors = errors * np.sqrt(count / (count - len(errors)))
    np.testing.assert_allclose(errors, fit["errors"], rtol=3e-5)


MEANS = [
    param
    for param in FITS
    if param.values[1]["model"] == "visits" and param.values[1]["method"] == "REML"
]


@pytest.mark.parametrize(("trial", "fit"), MEANS)
def test_least_squares_means_match_emmeans(trial: dict[str, Any], fit: dict[str, Any]) -> None:
    arm = array(trial["arm"])
    model = fit_visits(
        array(trial["change"]),
        [measured("base", array(trial["base"])), factor("stratum", array(trial["stratum"]))],
        arm=arm,
        arms=sorted(set(arm.tolist())),
        plan=RepeatedMeasures(fit["structure"]),
    )
    means = visit_means(model)
    np.testing.assert_allclose(means.value.ravel(), fit["means"], rtol=3e-5, atol=3e-5)
    np.testing.assert_allclose(means.standard_error.ravel(), fit["means_errors"], rtol=3e-5)


@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: f"{len(trial['base'])} people")
@pytest.mark.parametrize("freedom", ["satterthwaite", "kenward_roger_linear", "residual"])
def test_one_visit_matches_lm(trial: dict[str, Any], freedom: str) -> None:
    arm = [column[:, None] for column in dummies(array(trial["arm"]))]
    base = array(trial["base"])[:, None]
    columns = np.stack([np.ones_like(base), *arm, base], axis=-1)
    model = fit_mmrm(array(trial["change"])[:, :1], columns)
    found = contrasts(model, np.eye(columns.shape[-1]), freedom=freedom)
    reference = trial["first_visit"]
    np.testing.assert_allclose(found.value, reference["coefficients"], rtol=1e-10)
    np.testing.assert_allclose(found.standard_error, reference["errors"], rtol=1e-10)
    np.testing.assert_allclose(found.freedom, reference["freedom"], rtol=1e-9)
    np.testing.assert_allclose(found.p_value, reference["p_values"], rtol=1e-8)
