"""The distribution of the active arm's events when both margins of a two-by-two table are given.

Fisher, J R Stat Soc 1935;98:39-82.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import TwoArms
from wholetrial.analysis.estimate import Floats

CELLS_AT_ONCE = 2**15
"""Probabilities worked out together: few enough for the processor's cache."""


class Margins(NamedTuple):
    """Participants of both arms, and the events of both together; arrays `(K,)`."""

    participants: Floats
    control_participants: Floats
    events: Floats


class Distributions(NamedTuple):
    """Weights `(K, W)` of the counts from `lowest` `(K,)` on, the most probable count having 1."""

    lowest: Floats
    weight: Floats


def margins_of(tables: TwoArms) -> Margins:
    """Give the margins of tables."""
    events = tables.events + tables.control_events
    return Margins(tables.participants, tables.control_participants, events)


def distributions(margins: Margins) -> Distributions:
    """Give the weight of every count that the margins allow; 0 beyond.

    Two and three participants with two events together:

    >>> found = distributions(Margins(np.array([2.0]), np.array([3.0]), np.array([2.0])))
    >>> found.weight * 6 / 10
    array([[0.3, 0.6, 0.1]])
    """
    n, control_n, total = (margin[:, None] for margin in margins)
    lowest = np.maximum(total - control_n, 0.0)
    width = int(np.max(np.minimum(n, total) - lowest, initial=0.0)) + 1
    here: Floats = lowest + np.arange(width - 1, dtype=np.float64)
    up = np.maximum(n - here, 0.0) * np.maximum(total - here, 0.0)
    down = (here + 1) * (control_n - total + here + 1)
    rising = up >= down
    step = np.minimum(up, down) / np.maximum(up, down)
    weight = np.ones((len(lowest), width))
    np.cumprod(np.where(rising, 1.0, step), axis=1, out=weight[:, 1:])
    below = np.where(rising, step, 1.0)[:, ::-1]
    weight[:, :-1] *= np.cumprod(below, axis=1)[:, ::-1]
    return Distributions(lowest[:, 0], weight)


def blocks(margins: Margins) -> Iterator[npt.NDArray[np.intp]]:
    """Give the places of margins whose distributions are worked out together, alike in width."""
    n, control_n, total = margins
    width = np.minimum(n, total) - np.maximum(total - control_n, 0.0) + 1
    order = np.argsort(-width, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, int(CELLS_AT_ONCE / width[order[start]]))
        yield order[start : start + size]
        start += size


def ordered_sum(rows: Floats) -> Floats:
    """Sum each row from left to right: the same bits whatever zeros follow."""
    return np.asarray(np.cumsum(rows, axis=1)[:, -1])
