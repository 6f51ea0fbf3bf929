"""Harrell's index: pairs that a reader can count, batches, and how far its interval is right."""

import numpy as np
import pytest

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.times.concordance import (
    Pairs,
    concordance,
    pairs_of,
    pairs_of_each,
    pooled_concordance,
)


@pytest.mark.parametrize(
    ("time", "event", "predictor", "counts"),
    [
        ([4, 8], [1, 1], [1, 2], (1, 0, 0)),
        ([4, 8], [1, 1], [2, 1], (0, 1, 0)),
        ([4, 8], [1, 1], [1, 1], (0, 0, 1)),
        ([4, 8], [0, 1], [1, 2], (0, 0, 0)),  # the first may have it at any later time
        ([4, 4], [1, 1], [1, 2], (0, 0, 0)),  # seen at the same visit: nobody was first
        ([4, 4], [1, 0], [1, 2], (1, 0, 0)),  # well at the visit that saw the other's event
        ([4, 8], [1, 0], [1, 2], (1, 0, 0)),
    ],
)
def test_two_people(time, event, predictor, counts):
    assert tuple(map(int, pairs_of(time, event, predictor))) == counts


def test_who_is_left_out_or_unknown_is_in_no_pair():
    each = pairs_of_each(
        [1, 2, 3, 4], [1, 1, 1, 1], [1, np.nan, 3, 4], included=[True, True, True, False]
    )
    assert each.comparable.tolist() == [1, 0, 1, 0]


def test_a_batch_is_its_trials():
    rng = np.random.default_rng(5)
    time, event, more = (
        rng.integers(1, 8, (7, 3, 12)),
        rng.random((7, 3, 12)) < 0.7,
        rng.normal(size=(7, 3, 12)),
    )
    batch = concordance(time, event, more)
    for place in np.ndindex(7, 3):
        one = concordance(time[place], event[place], more[place])
        assert (batch.value[place], batch.low[place]) == (one.value, one.low)


def test_nothing_to_compare_is_said():
    found = concordance([4, 4], [0, 0], [1, 2])
    assert int(found.reason) == Reason.TOO_FEW
    assert np.isnan(found.value)
    one = pooled_concordance(Pairs(np.array([3.0]), np.array([1.0]), np.array([0.0])))
    assert (float(one.value), int(one.reason)) == (0.75, Reason.TOO_FEW)


def test_the_interval_over_trials_holds_the_truth_as_often_as_it_says():
    """Exponential times whose rate falls with the predictor; the truth from very many pairs."""
    rng = np.random.default_rng(11)

    def trials(*shape):
        more = rng.normal(size=shape)
        return rng.exponential(np.exp(0.5 * more)), np.ones(shape), more

    truth = float(pooled_concordance(pairs_of(*trials(20_000, 10))).value)
    found = pooled_concordance(pairs_of(*trials(400, 40, 10)), level=0.9)
    held = np.mean((found.low <= truth) & (truth <= found.high))
    assert held == pytest.approx(0.9, abs=4 * np.sqrt(0.9 * 0.1 / 400))
