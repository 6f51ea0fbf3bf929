"""Where an event seen only at visits can lie: the cells that can hold probability, by Turnbull.

A participant's event lies in (lower, upper]. Probability can lie only in a cell that starts where
some interval does and ends where some interval does with neither in between: Turnbull, J R Stat Soc
B 1976;38:290-5. Analyses are the first axis, participants the last, `(R, P)`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import (
    Booleans,
    check_participants,
    checked_booleans,
    refuse,
    same_shape,
)
from wholetrial.analysis.estimate import Floats

CELLS_AT_ONCE = 2**21
"""Participants times cells that are held in memory at once."""


class Intervals(NamedTuple):
    """Ends of each participant's interval, and who is included; arrays `(..., P)`."""

    lower: Floats
    upper: Floats
    inside: Booleans


class Cells(NamedTuple):
    """Cells (left, right] of each analysis, ascending, `(R, M)`; `real` are not filled up.

    `covers` `(R, K, M)` are the cells in each different interval, and `counts` `(R, K)` how many
    participants have it. `which` `(R, P)` is each participant's interval among the K.
    """

    left: Floats
    right: Floats
    real: Booleans
    covers: Floats
    counts: Floats
    which: npt.NDArray[np.intp]


def checked_intervals(
    lower: npt.ArrayLike, upper: npt.ArrayLike, included: npt.ArrayLike
) -> Intervals:
    """Return intervals, of those left out (0, inf], or raise ValueError saying what is wrong."""
    low, high, inside = same_shape(
        np.asarray(lower, np.float64), np.asarray(upper, np.float64), np.asarray(included)
    )
    check_participants("lower", low)
    within = checked_booleans("included", inside)
    refuse("lower must be 0 or later", low, within & ~((low >= 0) & np.isfinite(low)))
    refuse("upper must be later than lower, or inf", high, within & ~(high > low))
    return Intervals(np.where(within, low, 0.0), np.where(within, high, np.inf), within)


def blocks_of_analyses(analyses: int, people: int) -> list[slice]:
    """Stretches of analyses whose cells fit in memory together."""
    size = max(1, CELLS_AT_ONCE // people**2)
    return [slice(begin, begin + size) for begin in range(0, max(analyses, 1), size)]


def sizes_of(intervals: Intervals) -> npt.NDArray[np.intp]:
    """How many different intervals and cells each analysis needs, filled up to whole SIZE_STEPs.

    `(R, 2)`. They follow from the analysis alone, so that rounding does not depend on others.
    """
    cells = np.sum(_innermost(intervals)[2], axis=-1)
    different = np.sum(_different(intervals)[2] > 0, axis=-1) + 1
    needed = np.stack([different, cells], axis=-1)
    return np.asarray(-(-np.maximum(needed, 1) // SIZE_STEP) * SIZE_STEP, np.intp)


def cells_of(intervals: Intervals, least: tuple[int, int] = (1, 1)) -> Cells:
    """Find the cells of each of the analyses `(R, P)`, and the intervals that cover them.

    `least` is how many intervals and cells there are at least, filled up.

    >>> arrays = np.array([[0.0, 4, 6]]), np.array([[8.0, 12, 10]]), np.ones((1, 3), bool)
    >>> cells = cells_of(Intervals(*arrays))
    >>> cells.left.tolist(), cells.right.tolist()
    ([[6.0]], [[8.0]])
    """
    left, right, real = _innermost(intervals, least[1])
    lower, upper, counts, which = _different(intervals, least[0])
    covers = (lower[:, :, None] <= left[:, None, :]) & (right[:, None, :] <= upper[:, :, None])
    covers &= real[:, None, :] & (counts > 0)[:, :, None]
    return Cells(left, right, real, covers.astype(np.float64), counts, which)


def _innermost(intervals: Intervals, least: int = 1) -> tuple[Floats, Floats, Booleans]:
    """Each start that the next end follows at once; at one time, ends come before starts."""
    end, start, none = 0, 1, 2
    ends = np.concatenate([intervals.upper, intervals.lower], axis=-1)
    kind = np.full(ends.shape, start, np.int8)
    kind[:, : intervals.inside.shape[-1]] = end
    out = np.concatenate([~intervals.inside, ~intervals.inside], axis=-1)
    ends, kind = np.where(out, np.inf, ends), np.where(out, none, kind)
    order = np.lexsort((kind, ends), axis=-1)
    ends, kind = (np.take_along_axis(values, order, axis=-1) for values in (ends, kind))
    cell = (kind[:, :-1] == start) & (kind[:, 1:] == end)
    width = max(least, int(np.max(np.sum(cell, axis=-1), initial=0)))
    first = np.argsort(~cell, axis=-1, kind="stable")[:, :width]
    left, right, real = (
        np.take_along_axis(values, first, axis=-1) for values in (ends[:, :-1], ends[:, 1:], cell)
    )
    return np.where(real, left, np.inf), np.where(real, right, np.inf), real


def _different(
    intervals: Intervals, least: int = 1
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.intp]]:
    """The different intervals of each analysis `(R, K)`, how many have each, and who has which."""
    lower = np.where(intervals.inside, intervals.lower, np.inf)
    upper = np.where(intervals.inside, intervals.upper, np.inf)
    order = np.lexsort((upper, lower), axis=-1)
    low, high, inside = (
        np.take_along_axis(values, order, axis=-1) for values in (lower, upper, intervals.inside)
    )
    changes = (low[:, 1:] != low[:, :-1]) | (high[:, 1:] != high[:, :-1])
    number = np.concatenate(
        [np.zeros((len(low), 1), np.intp), np.cumsum(changes, axis=-1)], axis=-1
    )
    width = max(least, int(np.max(number, initial=0)) + 1)
    different = np.full((2, len(low), width), np.inf)
    for table, values in zip(different, (low, high), strict=True):
        np.put_along_axis(table, number, values, axis=-1)
    place = (np.arange(len(low))[:, None] * width + number).ravel()
    weight = inside.ravel().astype(np.float64)
    counts: Floats = np.bincount(place, weight, len(low) * width).astype(np.float64)
    which = np.empty_like(number)
    np.put_along_axis(which, order, number, axis=-1)
    return different[0], different[1], counts.reshape(len(low), width), which


SIZE_STEP = 16
"""Analyses are fitted together with others of as many cells, to whole steps."""
