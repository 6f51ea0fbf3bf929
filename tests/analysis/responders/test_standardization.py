"""Standardized differences: properties, a theorem, simulation, edges, errors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.responders.logistic import logistic_regression
from wholetrial.analysis.responders.marginal_risks import (
    MarginalRisks,
    marginal_risks,
    marginal_risks_model_based,
    marginal_risks_permuted_blocks,
    marginal_risks_robust,
    marginal_risks_robust_hc3,
)
from wholetrial.analysis.responders.standardization import (
    difference_of_risks,
    log_odds_ratio_of_risks,
    odds_ratio_of_risks,
    odds_ratio_standardized,
    ratio_of_risks,
    risk_difference_standardized,
    risk_ratio_standardized,
)

REPLICATES, PEOPLE = 400, 160
CONDITIONAL = [marginal_risks_model_based, marginal_risks_robust, marginal_risks_robust_hc3]
RISKS = [marginal_risks, *CONDITIONAL]

Trials = dict[str, Any]


@pytest.fixture(scope="module")
def trials() -> Trials:
    """Three arms, randomized; the outcome depends on severity, which is measured, and on the arm."""
    draw = np.random.default_rng(20)
    severity = draw.normal(20, 6, (REPLICATES, PEOPLE))
    old = draw.integers(0, 2, (REPLICATES, PEOPLE)).astype(float)
    arm = draw.permuted(np.tile(np.arange(PEOPLE) % 3, (REPLICATES, 1)), axis=1)
    odds = 0.2 + 0.5 * arm + 0.25 * (severity - 20) - 0.6 * old
    outcome = draw.random(odds.shape) < 1 / (1 + np.exp(-odds))
    return {
        "outcome": outcome.astype(float),
        "arm": arm,
        "covariates": np.stack([severity, old], axis=-1),
        "included": draw.random(odds.shape) < 0.95,
    }


def one(data: Trials, index: int) -> Trials:
    return {name: array[index] for name, array in data.items()}


def told(found: MarginalRisks) -> np.ndarray:
    flat = found.covariance.reshape(*found.risk.shape[:-1], -1)
    return np.concatenate([found.risk, flat], axis=-1)


def permuted_blocks(**data: Any) -> MarginalRisks:
    stratum = np.where(data["included"], data["covariates"][..., 1], 0)
    return marginal_risks_permuted_blocks(**data, stratum=stratum)


@pytest.mark.parametrize("method", [*RISKS, permuted_blocks])
def test_batched_equals_one_at_a_time(trials: Trials, method: Callable[..., Any]) -> None:
    together = told(method(**trials, arms=3))
    for index in range(0, REPLICATES, 40):
        np.testing.assert_array_equal(together[index], told(method(**one(trials, index), arms=3)))


@pytest.mark.parametrize("method", [*RISKS, permuted_blocks])
def test_order_units_and_those_left_out_do_not_matter(
    trials: Trials, method: Callable[..., Any]
) -> None:
    data = one(trials, 0)
    order = np.random.default_rng(1).permutation(PEOPLE)
    moved = {name: array[order] for name, array in data.items()}
    gone = ~moved["included"]
    moved["covariates"] = moved["covariates"] * [1000.0, 1] + [7, 0]
    moved["covariates"][gone] = np.nan
    moved["outcome"] = np.where(gone, np.nan, moved["outcome"])
    moved["arm"] = np.where(gone, -1, moved["arm"])
    np.testing.assert_allclose(
        told(method(**moved, arms=3)), told(method(**data, arms=3)), rtol=1e-9, atol=1e-13
    )


@pytest.mark.parametrize("method", [*RISKS, permuted_blocks])
def test_numbering_the_arms_otherwise_permutes_the_risks(
    trials: Trials, method: Callable[..., Any]
) -> None:
    data = one(trials, 3)
    found = method(**data, arms=3)
    turned = method(**{**data, "arm": 2 - data["arm"]}, arms=3)
    np.testing.assert_allclose(turned.risk, found.risk[::-1], rtol=1e-10)
    np.testing.assert_allclose(turned.covariance, found.covariance[::-1, ::-1], rtol=1e-9)
    there = difference_of_risks(found, arm=2, control=0)
    back = difference_of_risks(turned, arm=2, control=0)
    assert there.low == pytest.approx(-back.high)
    assert log_odds_ratio_of_risks(found, arm=2).value == pytest.approx(
        -log_odds_ratio_of_risks(found, arm=0, control=2).value
    )


def test_without_covariates_it_is_the_difference_of_proportions() -> None:
    well = np.repeat([1.0, 0, 1, 0], [37, 54, 3, 26])
    arm = np.repeat([1, 0], [91, 29])
    effect = risk_difference_standardized(well, arm, np.empty((120, 0)), np.ones(120))
    p, q = 37 / 91, 3 / 29
    assert effect.value == pytest.approx(p - q)
    error = (p * (1 - p) / 90 + q * (1 - q) / 28) ** 0.5
    assert effect.standard_error == pytest.approx(error)
    ratio = risk_ratio_standardized(well, arm, np.empty((120, 0)), np.ones(120))
    assert ratio.value == pytest.approx(p / q)
    odds = odds_ratio_standardized(well, arm, np.empty((120, 0)), np.ones(120))
    assert odds.value == pytest.approx(p / (1 - p) / (q / (1 - q)))
    model = marginal_risks_model_based(well, arm, np.empty((120, 0)), np.ones(120))
    wald = (p * (1 - p) / 91 + q * (1 - q) / 29) ** 0.5
    assert difference_of_risks(model).standard_error == pytest.approx(wald)


def test_covariates_that_say_nothing_of_arm_or_outcome_change_nothing() -> None:
    """Balanced to the person: each combination of arm, outcome and covariate has as many again."""
    well = np.repeat([1.0, 1, 0, 1, 0, 0], 2)
    arm, old = np.repeat([1, 1, 1, 0, 0, 0], 2), np.tile([0.0, 1.0], 6)
    effect = risk_difference_standardized(well, arm, old[:, None], np.ones(12))
    assert effect.value == pytest.approx(1 / 3)


def test_a_saturated_logistic_regression_gives_each_cell_its_share() -> None:
    well = np.array([1.0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0])
    arm, old = np.repeat([1.0, 0.0], 6), np.tile([0.0, 0, 0, 1, 1, 1], 2)
    design = np.stack([np.ones(12), arm, old, arm * old], axis=-1)
    fit = logistic_regression(well, design, np.ones(12), np.array(True))
    expected = np.repeat([2 / 3, 1 / 3, 1 / 3, 2 / 3], 3)
    np.testing.assert_allclose(fit.probability, expected, rtol=1e-12)


def test_adjusting_narrows_the_interval_and_covers(trials: Trials) -> None:
    """Standard errors are those of the simulation, and smaller than without covariates."""
    found = difference_of_risks(marginal_risks(**trials, arms=3), arm=2)
    assert (found.reason == Reason.OK).all()
    nothing = {**trials, "covariates": np.empty((PEOPLE, 0))}
    crude = difference_of_risks(marginal_risks(**nothing, arms=3), arm=2)
    assert found.standard_error.mean() < 0.95 * crude.standard_error.mean()
    assert found.standard_error.mean() == pytest.approx(found.value.std(), rel=0.1)
    truth = found.value.mean()
    covered = ((found.low <= truth) & (truth <= found.high)).mean()
    assert 0.91 <= covered <= 0.98  # 95 % of 400 trials, 3 standard errors of 1.1 %
    for method in CONDITIONAL:
        other = difference_of_risks(method(**trials, arms=3), arm=2)
        np.testing.assert_array_equal(other.value, found.value)
        assert other.standard_error.mean() == pytest.approx(found.standard_error.mean(), rel=0.1)


def test_permuted_blocks_never_widen_the_interval(trials: Trials) -> None:
    simple = difference_of_risks(marginal_risks(**trials, arms=3), arm=2)
    blocks = difference_of_risks(permuted_blocks(**trials, arms=3), arm=2)
    assert (blocks.standard_error <= simple.standard_error + 1e-15).all()
    np.testing.assert_array_equal(blocks.value, simple.value)


OUTCOME, ARM = [1, 0, 1, 0, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0]
AGE = [3.0, 1, 2, 4, 1, 4, 3, 2]


@pytest.mark.parametrize("method", RISKS)
@pytest.mark.parametrize(
    ("outcome", "arm", "covariates", "reason"),
    [
        (OUTCOME, ARM, [[age, 2 * age] for age in AGE], Reason.COLLINEAR),
        (OUTCOME, ARM, [[age, 5.0] for age in AGE], Reason.COLLINEAR),
        (OUTCOME, ARM, [[age, group] for age, group in zip(AGE, ARM, strict=True)], Reason.COLLINEAR),
        (OUTCOME, ARM, [[age, well] for age, well in zip(AGE, OUTCOME, strict=True)], Reason.SEPARATED),
        ([1, 0, 1, 0, 0, 0, 0, 0], ARM, [[age] for age in AGE], Reason.SEPARATED),
        (OUTCOME, [1] * 8, [[age] for age in AGE], Reason.NO_PARTICIPANTS),
        ([0] * 8, ARM, [[age] for age in AGE], Reason.NO_EVENTS),
        ([1] * 8, ARM, [[age] for age in AGE], Reason.ALL_EVENTS),
    ],
    ids=[
        "twice the same", "constant", "the arm itself", "the outcome itself",
        "an arm without events", "one arm only", "nobody", "everybody",
    ],
)  # fmt: skip
def test_what_cannot_be_standardized_has_a_reason_and_no_number(
    method: Callable[..., MarginalRisks],
    outcome: list[int],
    arm: list[int],
    covariates: list[list[float]],
    reason: Reason,
) -> None:
    found = method(outcome, arm, covariates, np.ones(8))
    assert found.reason == reason
    assert np.isnan(told(found)).all()
    for effect in (difference_of_risks(found), ratio_of_risks(found), odds_ratio_of_risks(found)):
        assert effect.reason == reason
        assert np.isnan([effect.value, effect.low, effect.high]).all()


def test_an_arm_of_one_participant_tells_the_outcome() -> None:
    covariates = [[age] for age in (*AGE, 2)]
    found = marginal_risks([*OUTCOME, 0], [*ARM, 2], covariates, np.ones(9), arms=3)
    assert found.reason == Reason.SEPARATED


def test_one_trial_that_cannot_be_standardized_leaves_the_others_alone(trials: Trials) -> None:
    data = {name: array[:4].copy() for name, array in trials.items()}
    data["covariates"][1] = 5.0
    data["outcome"][2] = data["covariates"][2, :, 0] > 20
    found = marginal_risks(**data, arms=3)
    assert found.reason.tolist() == [Reason.OK, Reason.COLLINEAR, Reason.SEPARATED, Reason.OK]
    np.testing.assert_array_equal(told(found)[3], told(marginal_risks(**one(trials, 3), arms=3)))


def test_nobody_included_is_nobody_to_analyze() -> None:
    found = risk_difference_standardized(OUTCOME, ARM, np.array(AGE)[:, None], np.zeros(8))
    assert found.reason == Reason.NO_PARTICIPANTS


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"outcome": [1, 0, 2, 0]}, "outcome of those included must be true or false"),
        ({"outcome": [1, 0, np.nan, 0]}, "outcome of those included must be true or false"),
        ({"covariates": [[1.0], [np.nan], [3], [4]]}, "covariates of those included must be known"),
        ({"covariates": [1.0, 2, 3, 4]}, r"one row for each participant .*got shape \(4,\)"),
        ({"covariates": [[1.0, 2, 3, 4]]}, r"one row for each participant .*got shape \(1, 4\)"),
        ({"arm": [0, 1, 2, 0]}, "arm must be a whole number from 0 to 1 for all included; got 2"),
        ({"arm": [0, 1, np.nan, 0]}, "arm must be a whole number"),
        ({"arms": 1}, "arms must be the number of arms, at least 2; got 1"),
        ({"included": [1, 1, 2, 1]}, "included must be true or false"),
        (
            {"outcome": [], "arm": [], "covariates": np.empty((0, 1)), "included": []},
            "at least one",
        ),
    ],
)
def test_bad_input_is_refused_with_its_value(changed: dict[str, Any], message: str) -> None:
    given = {
        "outcome": [1, 0, 1, 0],
        "arm": [1, 1, 0, 0],
        "covariates": [[1.0], [3], [2], [4]],
        "included": np.ones(4),
        **changed,
    }
    for method in RISKS:
        with pytest.raises(ValueError, match=message):
            method(**given)


def test_strata_of_the_randomization_must_be_known() -> None:
    covariates = np.array(AGE)[:, None]
    with pytest.raises(ValueError, match=r"stratum must be a whole number from 0 .*got nan"):
        marginal_risks_permuted_blocks(
            OUTCOME, ARM, covariates, np.ones(8), [0, 1, np.nan, 0, 1, 0, 1, 0]
        )
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        risk_difference_standardized(OUTCOME, ARM, covariates, np.ones(8), 95)
    with pytest.raises(ValueError, match="treated must be true or false"):
        risk_difference_standardized(OUTCOME, [2] * 8, covariates, np.ones(8))
