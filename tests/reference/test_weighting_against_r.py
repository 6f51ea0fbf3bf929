"""Weighted differences against base R, from the data and results that its script stored."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wholetrial.analysis.responders.weighting import risk_difference_weighted

HERE = Path(__file__).parent
STORED = json.loads((HERE / "weighting.json").read_text())["chosen_arms"]


def covariates(row: dict[str, Any]) -> np.ndarray:
    return np.stack([row["age"], row["severity"], row["life"]], axis=-1)


def test_r_still_gives_the_stored_weighted_results() -> None:
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("R is not installed: the stored results are not computed again")
    done = subprocess.run(
        [rscript, str(HERE / "weighting.R")], capture_output=True, text=True, check=True
    )
    again = json.loads(done.stdout)["chosen_arms"]
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
