"""Two arms, with and without the event: what every method for two proportions asks of the tables.

Tables that occur often, as in simulated trials of one size, are worked out once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import TwoArms
from wholetrial.analysis.estimate import Floats, Reason, Reasons, first_reason

LARGEST_KEY = 2**62
"""Keys of tables beyond this would not fit in a 64-bit integer."""


class DistinctTables(NamedTuple):
    """The different tables among many, `(K,)` each, and which of them stands at each place."""

    tables: TwoArms
    which: npt.NDArray[np.intp]


class Proportions(NamedTuple):
    """The share with the event in the active and in the control arm; 0 in an empty arm."""

    active: Floats
    control: Floats


def distinct_tables(arms: TwoArms) -> DistinctTables:
    """Find the different tables.

    >>> x, y = np.array([[3.0, 5, 3], [1, 1, 1]])
    >>> found = distinct_tables(TwoArms(x, np.full(3, 9.0), y, np.full(3, 8.0)))
    >>> found.tables.events, found.which
    (array([3., 5.]), array([0, 1, 0]))
    """
    key, keys = np.zeros(arms.events.size, np.int64), 1
    for counts in arms:
        lowest = int(np.min(counts, initial=0.0))
        span = int(np.max(counts, initial=0.0)) - lowest + 1
        if keys * span > LARGEST_KEY:
            seen, key = np.unique(key, return_inverse=True)
            keys = len(seen)
        key, keys = key * span + (counts.ravel().astype(np.int64) - lowest), keys * span
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    tables = TwoArms(*(counts.ravel()[first] for counts in arms))
    return DistinctTables(tables, which.reshape(arms.events.shape))


def no_participants(arms: TwoArms) -> Reasons:
    """Give NO_PARTICIPANTS where an arm is empty, and OK elsewhere."""
    empty = (arms.participants == 0) | (arms.control_participants == 0)
    return first_reason((empty, Reason.NO_PARTICIPANTS))


def proportions_of(arms: TwoArms) -> Proportions:
    """Give the proportion with the event in each arm."""
    active = np.maximum(arms.participants, 1.0)
    control = np.maximum(arms.control_participants, 1.0)
    return Proportions(arms.events / active, arms.control_events / control)


def swapped(arms: TwoArms) -> TwoArms:
    """Put the control arm in the place of the active one."""
    return TwoArms(*arms[2:], *arms[:2])
