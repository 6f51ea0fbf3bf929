"""Strata and standardization against base R, from the data and results that its script stored."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_r import computed_again, stored
from comparing import difference

from wholetrial.analysis.responders import (
    cmh_general,
    cochran_mantel_haenszel,
    mantel_haenszel,
    marginal_risks,
    stratified_exact,
)

HERE = Path(__file__).parent
STORED = stored("stratified")
ALTERNATIVES = ("two_sided", "greater", "less")
COUNTS = ("events", "participants", "control_events", "control_participants")


def test_r_still_gives_the_stored_stratified_results() -> None:
    again = computed_again("stratified")
    assert again.keys() == STORED.keys()
    for kind, rows in STORED.items():
        assert len(again[kind]) == len(rows)
        for now, before in zip(again[kind], rows, strict=True):
            assert now.keys() == before.keys()
            for name in before:
                np.testing.assert_allclose(now[name], before[name], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("row", STORED["tables"], ids=lambda row: f"{len(row['events'])} strata")
def test_cmh_exact_test_and_odds_ratios_match_r(row: dict[str, Any]) -> None:
    counts = [row[name] for name in COUNTS]
    methods = {
        "cmh": cochran_mantel_haenszel.cmh_test,
        "cmh_corrected": cochran_mantel_haenszel.cmh_corrected_test,
        "cmh_exact": stratified_exact.cmh_exact_test,
    }
    for name, method in methods.items():
        ours = [method(*counts, alternative=alternative).p_value for alternative in ALTERNATIVES]
        assert difference(np.array(ours), np.array(row[name])) <= 1e-13
    statistics = [methods[name](*counts).statistic for name in ("cmh", "cmh_corrected")]
    assert difference(np.array(statistics), np.array(row["statistic"])) <= 1e-12
    ratio = mantel_haenszel.odds_ratio_mantel_haenszel(*counts)
    ours = np.array([ratio.value, ratio.low, ratio.high])
    assert difference(ours, np.array(row["odds_ratio"])) <= 1e-12
    exact = stratified_exact.odds_ratio_conditional(*counts)
    ours = np.array([exact.value, exact.low, exact.high])
    assert difference(ours, np.array(row["conditional"])) <= 1e-9


@pytest.mark.parametrize("row", STORED["general"], ids=lambda row: f"{row['size']}")
def test_general_association_matches_r(row: dict[str, Any]) -> None:
    counts = np.reshape(row["counts"], [int(size) for size in row["size"]], order="F")
    found = cmh_general.cmh_general_association_test(np.moveaxis(counts, -1, 0))
    ours = np.array([found.test.statistic, found.freedom, found.test.p_value])
    assert difference(ours, np.array(row["found"])) <= 1e-12


@pytest.mark.parametrize("row", STORED["adjusted"], ids=lambda row: f"{len(row['outcome'])} people")
@pytest.mark.parametrize("variance", ["model_based", "robust", "robust_hc3"])
def test_standardized_risks_of_three_arms_match_r(row: dict[str, Any], variance: str) -> None:
    covariates = np.stack([row["age"], row["severity"]], axis=-1)
    method = getattr(marginal_risks, f"marginal_risks_{variance}")
    found = method(row["outcome"], row["arm"], covariates, np.ones(len(row["arm"])), arms=3)
    np.testing.assert_allclose(found.risk, row["risk"], rtol=1e-12)
    np.testing.assert_allclose(found.covariance.ravel(), row[variance], rtol=1e-10)
