"""Weighted differences against base R, from the data and results that its script stored."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_r import computed_again, stored

from wholetrial.analysis.responders.weighting import risk_difference_weighted

HERE = Path(__file__).parent
STORED = stored("weighting")["chosen_arms"]


def covariates(row: dict[str, Any]) -> np.ndarray:
    return np.stack([row["age"], row["severity"], row["life"]], axis=-1)


def test_r_still_gives_the_stored_weighted_results() -> None:
    again = computed_again("weighting")["chosen_arms"]
    assert len(again) == len(STORED)
    for now, before in zip(again, STORED, strict=True):
        assert now.keys() == before.keys()
        for name in before:
            np.testing.assert_allclose(now[name], before[name], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("row", STORED, ids=lambda row: f"{len(row['outcome'])} people")
def test_weighted_difference_interval_and_effective_size_match_r(row: dict[str, Any]) -> None:
    found = risk_difference_weighted(
        row["outcome"], row["treated"], covariates(row), np.ones(len(row["outcome"]))
    )
    ours = [found.interval.value, found.interval.low, found.interval.high]
    np.testing.assert_allclose(ours, row["estimate"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.effective, row["effective"], rtol=1e-12)
