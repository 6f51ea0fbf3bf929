"""Imputation against base R and nlme, from the data and results that their script stored."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_r import computed_again, flat, stored
from comparing import difference

from wholetrial.analysis.imputation.ancova import ancova_pooled
from wholetrial.analysis.imputation.conditional import Incomplete, as_covariance, filled
from wholetrial.analysis.imputation.impute import impute_conditional_mean
from wholetrial.analysis.imputation.measured import Assumption, Measured, affected, as_measured
from wholetrial.analysis.imputation.model import design, fit_imputation_model
from wholetrial.analysis.imputation.pooling import pooled
from wholetrial.analysis.imputation.responders import risk_difference_pooled
from wholetrial.analysis.imputation.strategies import mean_under
from wholetrial.analysis.measurements.ancova import differences_from_control
from wholetrial.analysis.measurements.covariates import measured
from wholetrial.analysis.measurements.linear_model import fit_linear_model
from wholetrial.endpoints.carried import (
    baseline_observation_carried_forward,
    last_observation_carried_forward,
    worst_observation_carried_forward,
)

HERE = Path(__file__).parent
STORED = stored("imputation")
STRATEGIES = list(STORED["imputed"])
LOOSE = 2e-4
"""How near nlme's `gls` comes to the maximum of the likelihood."""


@pytest.fixture(scope="module")
def who() -> Measured:
    trial = STORED["trial"]
    base = np.array(trial["base"])[:, None]
    values = np.array(trial["values"], float)
    return as_measured(values, trial["arm"], arms=[0, 1, 2], covariates=base)


def test_r_still_gives_the_stored_imputations() -> None:
    again = computed_again("imputation", "nlme")
    assert again["trial"] == STORED["trial"]
    assert difference(flat(again), flat(STORED)) <= 1e-7


def test_the_model_of_people_who_return_matches_gls(who: Measured) -> None:
    fit, model = fit_imputation_model(who), STORED["model"]
    effects = np.array(model["effect"])[:, 1:]
    expected = np.column_stack([model["intercept"], model["slope"], effects])
    np.testing.assert_allclose(fit.coefficients[0], expected, atol=LOOSE)
    np.testing.assert_allclose(fit.covariance[0], model["sigma"], rtol=LOOSE)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_conditional_means_match_those_on_gls(strategy: str, who: Measured) -> None:
    once = impute_conditional_mean(who, Assumption(strategy, reference=0))
    np.testing.assert_allclose(once.values[0], STORED["imputed"][strategy], atol=LOOSE)
    model = fit_linear_model(
        once.values[0].T, [measured("base", who.covariates[:, 0])], arm=who.arm, arms=[0, 1, 2]
    )
    effects = differences_from_control(model).value
    np.testing.assert_allclose(effects, STORED["ancova"][strategy], atol=LOOSE)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_with_the_parameters_of_r_the_imputed_values_are_the_same(
    strategy: str, who: Measured
) -> None:
    model, event = STORED["model"], affected(who, Assumption(strategy, reference=0))
    effects = np.array(model["effect"])[:, 1:]
    coefficients = np.column_stack([model["intercept"], model["slope"], effects])
    own, reference = design(who) @ coefficients.T, design(who, event.reference) @ coefficients.T
    mean = mean_under(event.strategy, own, reference, event.first)
    covariance = as_covariance(np.array(model["sigma"])[None, None])
    analysis = np.zeros(len(own), np.intp)
    ours = filled(Incomplete(who.values, mean[None], covariance, analysis, None))[0]
    np.testing.assert_allclose(ours, STORED["imputed"][strategy], rtol=0, atol=1e-10)


@pytest.mark.parametrize("row", STORED["responders"], ids=lambda row: len(row["response"]))
def test_pooled_risk_differences_match_r(row: dict[str, Any]) -> None:
    arm = np.array(row["arm"])
    same(risk_difference_pooled(row["response"], arm == 1, arm == 0), row["pooled"])


@pytest.mark.parametrize("row", STORED["means"], ids=lambda row: len(row["estimates"]))
def test_rubins_rules_match_r(row: dict[str, Any]) -> None:
    same(pooled(row["estimates"], row["variances"], row["complete"]), row["pooled"])


def same(effect: Any, expected: dict[str, float]) -> None:
    ours = [
        effect.value,
        effect.standard_error,
        effect.freedom,
        effect.low,
        effect.high,
        effect.p_value,
    ]
    assert difference(np.array(ours), np.array(list(expected.values()))) <= 1e-12


def test_single_imputations_match_r(who: Measured) -> None:
    base, expected = who.covariates[:, 0], STORED["carried"]
    for ours, name in (
        (last_observation_carried_forward(who.values, base), "last"),
        (worst_observation_carried_forward(who.values, "lower", base), "highest"),
        (worst_observation_carried_forward(who.values, "higher", base), "lowest"),
        (baseline_observation_carried_forward(who.values, base), "baseline"),
    ):
        np.testing.assert_array_equal(ours, expected[name])


def test_nobody_in_the_stored_trial_is_left_out(who: Measured) -> None:
    """The trial has what makes imputation hard: returns, early leavers, nobody seen at all."""
    seen = ~np.isnan(who.values)
    assert np.any(seen[:, 1:] & ~seen[:, :-1], axis=-1).sum() >= 10
    assert np.any(~np.any(seen, axis=-1))
    once = impute_conditional_mean(who, Assumption("copy_reference", reference=0))
    assert ancova_pooled(who, once).means.value.shape == (4, 3)
