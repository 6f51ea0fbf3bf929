"""Logistic regressions with long tailed covariates against base R's glm, from its stored results."""

from typing import Any

import numpy as np
import pytest
from by_r import computed_again, flat, shape, stored

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.responders.logistic import logistic_regression
from wholetrial.analysis.responders.marginal_risks import marginal_risks

STORED = stored("logistic")["long_tails"]


def test_r_still_gives_the_stored_logistic_results() -> None:
    again = computed_again("logistic")["long_tails"]
    assert shape(again) == shape(STORED)
    np.testing.assert_allclose(flat(again), flat(STORED), rtol=1e-12)


@pytest.mark.parametrize("row", STORED, ids=lambda row: f"{len(row['outcome'])} people")
def test_coefficients_and_standardized_risks_match_r(row: dict[str, Any]) -> None:
    outcome, treated, covariate = (
        np.array(row[name], float) for name in ("outcome", "treated", "covariate")
    )
    assert row["furthest"] > 25
    people = np.ones(len(outcome))
    design = np.stack([people, treated, covariate], axis=-1)
    fit = logistic_regression(outcome, design, people, np.array(True))
    assert not (fit.collinear | fit.separated | fit.unsettled)
    np.testing.assert_allclose(fit.coefficients, row["coefficients"], rtol=1e-10)
    found = marginal_risks(outcome, treated, covariate[:, None], people)
    assert found.reason == Reason.OK
    np.testing.assert_allclose(found.risk, row["risk"], rtol=1e-12)
