"""Harrell's index against survival::concordance of R, from what its script stored."""

from typing import Any

import numpy as np
import pytest
from by_r import computed_again, flat, shape, stored
from comparing import difference

from wholetrial.analysis.times.concordance import (
    Pairs,
    concordance,
    pairs_of,
    pooled_concordance,
)

NORMAL_95 = 1.959963984540054


def test_r_still_gives_the_stored_results() -> None:
    again = computed_again("concordance", "survival")
    assert shape(again) == shape(stored("concordance"))
    assert difference(flat(again), flat(stored("concordance"))) <= 1e-12


@pytest.mark.parametrize("row", stored("concordance")["trials"])
def test_index_pairs_and_variance_match_r(row: dict[str, Any]) -> None:
    given = (row["time"], row["event"], row["predictor"])
    pairs, found, reference = pairs_of(*given), concordance(*given), row["one"]
    assert [float(part) for part in pairs] == reference["counts"][:3]
    assert abs(float(found.value) - reference["concordance"]) < 1e-14
    variance = (float(found.high - found.low) / (2 * NORMAL_95)) ** 2
    assert abs(variance - reference["variance"]) < 1e-14


@pytest.mark.parametrize("row", stored("concordance")["trials"])
def test_pooled_over_trials_it_is_the_stratified_index_of_r(row: dict[str, Any]) -> None:
    stratum = np.asarray(row["stratum"])
    trials = [stratum == one for one in np.unique(stratum)]
    counted = [
        pairs_of(row["time"], row["event"], row["predictor"], included=inside) for inside in trials
    ]
    pairs = Pairs(*(np.stack(parts) for parts in zip(*counted, strict=True)))
    reference = row["stratified"]
    assert [float(part.sum()) for part in pairs] == reference["counts"][:3]
    if len(trials) > 1:
        assert abs(float(pooled_concordance(pairs).value) - reference["concordance"]) < 1e-14
