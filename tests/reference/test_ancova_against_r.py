"""Analysis of covariance, Dunnett's test with covariates, t and rank tests, quantiles against R."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_r import computed_again, flat, stored

from wholetrial.analysis.estimate import Effect, Reason
from wholetrial.analysis.measurements import ancova, linear_functions, rank_tests, two_means
from wholetrial.analysis.measurements.covariates import Covariate, factor, measured
from wholetrial.analysis.measurements.dose_trend import linear_trend
from wholetrial.analysis.measurements.linear_model import LinearModel, fit_linear_model
from wholetrial.analysis.measurements.summaries import quantile_averaged, quantile_interpolated
from wholetrial.analysis.multiplicity.dunnett import dunnett

HERE = Path(__file__).parent
STORED = stored("ancova")
STUDIES = STORED["studies"]
FIELDS = ("value", "standard_error", "low", "high")
MATCH = {"rtol": 1e-10, "atol": 1e-10}


def name_of(study: dict[str, Any]) -> str:
    return f"{len(study['arm'])} people in {max(study['arm']) + 1} arms"


def column(study: dict[str, Any], name: str) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in study[name]], float)


def covariates(study: dict[str, Any]) -> list[Covariate]:
    return [
        measured("base", column(study, "base")),
        factor("center", study["center"], study["levels"]),
        factor("sex", study["sex"]),
    ]


def model_of(study: dict[str, Any]) -> LinearModel:
    arms = range(max(study["arm"]) + 1)
    return fit_linear_model(column(study, "y"), covariates(study), arm=study["arm"], arms=arms)


def check(effect: Effect, reference: dict[str, Any], fields: tuple[str, ...] = FIELDS) -> None:
    for field in fields:
        ours = np.ravel(getattr(effect, field))
        np.testing.assert_allclose(ours, np.ravel(reference[field]), **MATCH)


def test_r_still_gives_the_stored_results() -> None:
    again = computed_again("ancova", "emmeans", "mvtnorm", "sandwich", "jsonlite")
    np.testing.assert_allclose(flat(again), flat(STORED), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("study", STUDIES, ids=name_of)
def test_least_squares_means_and_differences_match_emmeans(study: dict[str, Any]) -> None:
    model = model_of(study)
    assert model.reason == Reason.OK
    ours = [model.residual_sd, model.freedom, model.r_squared]
    np.testing.assert_allclose(ours, [study[key] for key in ("sigma", "df", "r_squared")], **MATCH)
    check(ancova.ls_means(model), study["equal"])
    check(ancova.ls_means_proportional(model), study["proportional"])
    difference = ancova.differences_from_control(model, 0.9)
    check(difference, study["control_90"], (*FIELDS, "p_value"))


@pytest.mark.parametrize("study", STUDIES, ids=name_of)
def test_type_three_tests_and_robust_variances_match_r(study: dict[str, Any]) -> None:
    model = model_of(study)
    for name, statistic in study["terms"].items():
        found = (
            ancova.arms_test(model)
            if name == "arm"
            else linear_functions.covariate_test(model, name)
        )
        np.testing.assert_allclose(found.test.statistic, statistic, **MATCH)
        assert found.numerator == study["numerator"][name]
    for name, errors in study["robust"].items():
        weights = getattr(linear_functions, name)
        robust = linear_functions.robust_effect(model, ancova.control_contrasts(model), weights)
        np.testing.assert_allclose(robust.standard_error, np.ravel(errors), **MATCH)


@pytest.mark.parametrize("study", STUDIES, ids=name_of)
def test_trends_over_doses_match_r(study: dict[str, Any]) -> None:
    model = model_of(study)
    trend = linear_trend(model, range(len(model.sizes)))
    check(trend, study["trend"], (*FIELDS, "p_value"))
    dose = [measured("dose", study["arm"]), *covariates(study)]
    slope = linear_functions.slope(fit_linear_model(column(study, "y"), dose), "dose")
    ours = [slope.value, slope.standard_error, slope.p_value]
    np.testing.assert_allclose(ours, study["dose"], **MATCH)


@pytest.mark.parametrize("study", STUDIES, ids=name_of)
def test_dunnett_with_covariates_matches_random_integration(study: dict[str, Any]) -> None:
    model = model_of(study)
    np.testing.assert_allclose(dunnett(model).p_value, np.ravel(study["dunnett"]), atol=2e-5)
    less = dunnett(model, alternative="less").p_value
    np.testing.assert_allclose(less, np.ravel(study["dunnett_less"]), atol=2e-5)


@pytest.mark.parametrize("study", STUDIES, ids=name_of)
def test_t_and_rank_tests_match_r(study: dict[str, Any]) -> None:
    values, arm, reference = column(study, "y"), study["arm"], study["two_arms"]
    for name, method in (
        ("student", two_means.mean_difference_student_t),
        ("welch", two_means.mean_difference_welch_t),
    ):
        effect = method(values, arm, level=0.9)
        np.testing.assert_allclose(
            [effect.low, effect.high, effect.p_value], reference[name], **MATCH
        )
    greater = two_means.mean_difference_student_t(values, arm, alternative="greater")
    less = two_means.mean_difference_welch_t(values, arm, alternative="less")
    plain = rank_tests.wilcoxon_test(values, arm)
    corrected = rank_tests.wilcoxon_corrected_test(values, arm, alternative="less")
    whole = rank_tests.kruskal_wallis_test(values, arm, arms=range(max(arm) + 1))
    ours = [part.p_value for part in (greater, less, plain, corrected, whole)]
    keys = ("student_greater", "welch_less", "wilcoxon", "wilcoxon_less", "kruskal")
    np.testing.assert_allclose(ours, [reference[key] for key in keys], **MATCH)


def test_quantiles_match_r() -> None:
    stored = STORED["quantiles"]
    for count in range(1, len(stored["values"]) + 1):
        for key, quantile in (("type_2", quantile_averaged), ("type_7", quantile_interpolated)):
            ours = [quantile(stored["values"][:count], share) for share in stored["probabilities"]]
            np.testing.assert_allclose(ours, stored[key][count - 1], rtol=0, atol=1e-12)
