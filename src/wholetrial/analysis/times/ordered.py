"""Participants in the order of their times, and who shares a time: what every curve is built on.

Participants are the last axis, `(..., P)`. In an order they stand stratum by stratum, in each by
time, those left out at the end; places are counted from 0.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans, FollowUp, refuse
from wholetrial.analysis.estimate import Floats

Indices = npt.NDArray[np.intp]


CELLS_AT_ONCE = 2**17
"""Numbers of one kind held in memory at once; more take longer, and give the same."""


class Ties(NamedTuple):
    """Place of the first and of the last participant with the same time `(..., P)`."""

    first: Indices
    last: Indices


class Order(NamedTuple):
    """Who stands at each place `(..., P)`, the ties, and where each one's stratum starts and stops.

    `start` is the stratum's first place and `stop` the place after its last, `(..., P)`, or
    `(..., 1)` where there is one stratum. `strata` is how many there are in all.
    """

    participant: Indices
    ties: Ties
    start: Indices
    stop: Indices
    strata: int


def blocks_of(analyses: int, cells: int) -> list[slice]:
    """Stretches of analyses, of so many cells each, that fit in the fast memory together."""
    size = max(1, CELLS_AT_ONCE // max(cells, 1))
    return [slice(begin, begin + size) for begin in range(0, max(analyses, 1), size)]


def checked_strata(stratum: npt.ArrayLike, included: Booleans) -> Indices | None:
    """Number the strata from 0, `(..., P)`; None where all are in one. ValueError for a NaN."""
    labels = np.asarray(stratum, np.float64)
    if labels.ndim == 0 and not np.isnan(labels):
        return None
    labels = np.broadcast_to(labels, included.shape)
    missing = np.isnan(labels) & included
    refuse("stratum must be a number for every participant compared", labels, missing)
    found = np.unique(labels[included])
    if len(found) <= 1:
        return None
    return np.asarray(np.searchsorted(found, np.where(included, labels, found[0])))


def by_time(follow_up: FollowUp, stratum: Indices | None = None) -> Order:
    """Order participants by stratum and time.

    >>> observed = FollowUp(np.array([5.0, 2, 2, np.inf]), np.ones(4, bool), np.arange(4) < 3)
    >>> order = by_time(observed)
    >>> order.participant.tolist(), order.ties.first.tolist(), order.stop.tolist()
    ([1, 2, 0, 3], [0, 0, 2, 3], [3])
    """
    times = follow_up.times
    if stratum is None:
        participant = np.argsort(times, axis=-1)
        stop = np.sum(follow_up.included, axis=-1, keepdims=True)
        ties = ties_of(in_order(times, participant))
        return Order(participant, ties, np.zeros_like(stop), stop, 1)
    strata = int(stratum.max(initial=0)) + 1
    codes = np.where(follow_up.included, stratum, strata)
    participant = np.argsort(times, axis=-1)
    within = np.argsort(in_order(codes, participant), axis=-1, kind="stable")
    participant = at_places(participant, within)
    codes = in_order(codes, participant)
    blocks = ties_of(codes)
    ties = ties_of(in_order(times, participant), codes)
    return Order(participant, ties, blocks.first, blocks.last + 1, strata)


def ties_of(*ascending: npt.NDArray[Any]) -> Ties:
    """Find who has the same values as the neighbors, in arrays in their order."""
    size = ascending[0].shape[-1]
    place = np.broadcast_to(np.arange(size), ascending[0].shape)
    changes = np.any([values[..., 1:] != values[..., :-1] for values in ascending], axis=0)
    if np.all(changes):
        return Ties(place, place)
    edge = np.ones((*changes.shape[:-1], 1), bool)
    starts = np.concatenate([edge, changes], axis=-1)[..., :size]
    ends = np.concatenate([changes, edge], axis=-1)[..., :size]
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=-1)
    beyond = np.where(ends, place, size)[..., ::-1]
    return Ties(first, np.minimum.accumulate(beyond, axis=-1)[..., ::-1])


def in_order(values: npt.NDArray[Any], participant: Indices) -> npt.NDArray[Any]:
    """The values `(..., P)` of whoever stands at each place."""
    return at_places(np.broadcast_to(values, participant.shape), participant)


def at_places(values: npt.NDArray[Any], places: Indices) -> npt.NDArray[Any]:
    """The values `(..., W)` at places `(..., Q)` of the last axis.

    It is `take_along_axis` of one index into the flat array, which takes a quarter of the time.

    >>> at_places(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[2, 0], [1, 1]])).tolist()
    [[3, 1], [5, 5]]
    """
    rows, width = values.shape[:-1], values.shape[-1]
    start = np.arange(math.prod(rows)).reshape((*rows, 1)) * width
    return np.asarray(np.take(values, places + start))


def counted_before(marks: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """How many marks stand before each place, and before the end: `(..., P + 1)`."""
    counts = np.zeros((*marks.shape[:-1], marks.shape[-1] + 1), np.int32)
    np.cumsum(marks, axis=-1, dtype=np.int32, out=counts[..., 1:])
    return counts


def within_ties(running: npt.NDArray[Any], ties: Ties) -> npt.NDArray[Any]:
    """Total at each time, from a running total over the participants."""
    padded = np.concatenate([np.zeros((*running.shape[:-1], 1), running.dtype), running], axis=-1)
    return np.asarray(at_places(padded, ties.last + 1) - at_places(padded, ties.first))


def step_at(heights: Floats, passed: Indices, start: float) -> Floats:
    """Value of a step function `(..., P)` once this many participants' times have passed."""
    edge = np.full((*heights.shape[:-1], 1), start)
    return at_places(np.concatenate([edge, heights], axis=-1), passed)
