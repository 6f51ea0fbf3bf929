"""Cox's model, competing risks and the log-rank test between visits against R, from what its scripts stored."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_r import computed_again, flat, shape, stored
from comparing import difference, numbers

from wholetrial.analysis.times.cox import (
    cox_regression,
    cox_score_test,
    likelihood_ratio_test,
    wald_test,
)
from wholetrial.analysis.times.cumulative_incidence import cumulative_incidence, incidence_at
from wholetrial.analysis.times.interval_log_rank import (
    interval_logrank_score,
    interval_logrank_test,
)
from wholetrial.analysis.times.log_rank import logrank_score
from wholetrial.analysis.times.ordered import step_at
from wholetrial.analysis.times.proportional_hazards import (
    baseline_hazard,
    proportional_hazards_test,
)

HERE = Path(__file__).parent
PACKAGES = {
    "competing_risks": ("survival",),
    "cox": ("survival",),
    "interval_log_rank": ("survival", "coin"),
}


def given(values: list[Any]) -> np.ndarray:
    return np.array([np.inf if value == "Inf" else value for value in values], float)


@pytest.mark.parametrize("name", PACKAGES)
def test_r_still_gives_the_stored_results(name: str) -> None:
    again = computed_again(name, *PACKAGES[name])
    assert shape(again) == shape(stored(name))
    assert difference(flat(again), flat(stored(name))) <= 1e-12


@pytest.mark.parametrize("row", stored("competing_risks")["trials"])
def test_cumulative_incidence_matches_r(row: dict[str, Any]) -> None:
    at = given(row["at"])
    for cause, reference in row["causes"].items():
        curve = cumulative_incidence(row["time"], row["cause"], int(cause))
        passed = np.searchsorted(curve.times, at, side="right")
        assert (
            difference(step_at(curve.incidence, passed, 0), given(reference["incidence"])) < 1e-12
        )
        error = np.sqrt(step_at(curve.variance, passed, 0))
        assert difference(error, given(reference["std_err"])) < 1e-12
        interval = incidence_at(curve, at)
        for limit, key in ((interval.low, "low"), (interval.high, "high")):
            assert difference(limit, numbers(reference[key])) < 1e-12


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("row", stored("cox")["trials"])
def test_cox_matches_r(row: dict[str, Any], ties: Any) -> None:
    columns, reference = np.array(row["covariates"]), row[ties]
    call = {"stratum": given(row["stratum"]), "ties": ties}
    model = cox_regression(row["time"], row["status"], columns, **call)
    for ours, key in (
        (model.coefficients, "coef"),
        (model.covariance.ravel(), "covariance"),
        (model.robust_covariance.ravel(), "robust"),
        (np.array([model.null_log_likelihood, model.log_likelihood]), "loglik"),
    ):
        assert difference(ours, given(reference[key])) < 1e-10
    for test, key in (
        (likelihood_ratio_test, "lrt"),
        (wald_test, "wald"),
        (cox_score_test, "score"),
    ):
        assert abs(test(model).statistic - reference[key]) < 1e-10


@pytest.mark.parametrize("row", stored("cox")["trials"])
def test_proportional_hazards_and_baseline_hazard_match_r(row: dict[str, Any]) -> None:
    columns, arms = np.array(row["covariates"]), row["arms"]
    number = columns.shape[-1]
    terms = [list(range(arms)), *([place] for place in range(arms, number)), list(range(number))]
    for tested, statistic in zip(terms, row["zph"], strict=True):
        test = proportional_hazards_test(
            row["time"], row["status"], columns, tested=tested, stratum=given(row["stratum"])
        )
        assert abs(test.statistic - statistic) < 1e-10
    for ties, hazard in row["hazard"].items():
        ours = baseline_hazard(row["time"], row["status"], columns, ties=ties)
        last = np.searchsorted(ours.times, row["at"], side="right") - 1
        assert difference(ours.hazard[last], given(hazard)) < 1e-10


@pytest.mark.parametrize("scores", ["sun", "finkelstein"])
@pytest.mark.parametrize("row", stored("interval_log_rank")["visits"])
def test_interval_logrank_matches_a_second_implementation_and_coin(
    row: dict[str, Any], scores: Any
) -> None:
    lower, upper, arm, stratum = (given(row[key]) for key in ("lower", "upper", "arm", "stratum"))
    call = {"arms": sorted(set(arm)), "stratum": stratum, "scores": scores}
    score = interval_logrank_score(lower, upper, arm, **call)
    test = interval_logrank_test(lower, upper, arm, **call)
    reference = row[scores]
    assert difference(score.excess, given(reference["excess"])) < 1e-10
    assert difference(score.covariance.ravel(), given(reference["covariance"])) < 1e-10
    for prefix in ("", "coin_"):
        assert abs(test.statistic - reference[f"{prefix}chisq"]) < 1e-10
        assert abs(test.p_value - reference[f"{prefix}p"]) < 1e-10


def test_interval_logrank_of_exact_times_is_the_logrank_score_of_r() -> None:
    """An event at a time lies just before it: each time known, the scores are the log-rank's."""
    (row,) = stored("interval_log_rank")["exact"]
    time, event, arm = given(row["time"]), given(row["event"]) == 1, given(row["arm"])
    lower, upper = np.where(event, time - 0.25, time), np.where(event, time, np.inf)
    score = interval_logrank_score(lower, upper, arm, arms=[0, 1])
    assert difference(score.excess, given(row["excess"])) < 1e-10
    assert difference(score.excess, given(row["observed_minus_expected"])) < 1e-10
    assert difference(score.covariance.ravel(), given(row["covariance"])) < 1e-10
    exact = logrank_score(time, event, arm, arms=[0, 1])
    assert difference(score.excess, exact.excess) < 1e-10
