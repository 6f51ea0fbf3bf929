"""What a statistical method returns: an interval or a test, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Reasons = npt.NDArray[np.int8]


class Reason(IntEnum):
    """Why a method gives no number; `REASON_TEXT` holds the sentence of each.

    >>> REASON_TEXT[Reason.NO_PARTICIPANTS]
    'There are no participants to analyze.'
    """

    OK = 0
    NO_PARTICIPANTS = 1
    NO_EVENTS = 2
    ALL_EVENTS = 3
    NO_VARIATION = 4
    TOO_FEW = 5
    SINGULAR = 6
    BEYOND_FOLLOW_UP = 7
    NOT_CONVERGED = 8
    NO_BASELINE = 9
    NO_GRADES = 10


REASON_TEXT: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.OK: "The method gives a number.",
        Reason.NO_PARTICIPANTS: "There are no participants to analyze.",
        Reason.NO_EVENTS: "No participant had the event, so the method gives no uncertainty.",
        Reason.ALL_EVENTS: "Every participant had the event, so the method gives no uncertainty.",
        Reason.NO_VARIATION: "All values are the same, so their variation cannot be estimated.",
        Reason.TOO_FEW: "There are too few participants for this method.",
        Reason.SINGULAR: "The comparison cannot be estimated: its variance is zero or singular.",
        Reason.BEYOND_FOLLOW_UP: "The time lies beyond the follow-up of every participant.",
        Reason.NOT_CONVERGED: "The iteration did not converge.",
        Reason.NO_BASELINE: "The baseline values to adjust for are not known of any participant.",
        Reason.NO_GRADES: "No grade of any adverse event was recorded.",
    }
)


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its confidence limits, arrays of one shape `(...)`.

    Where `reason` is not `Reason.OK` the limits are NaN, and so is the value unless it stands
    without them (a survival of 1 while nobody had the event). A time that the follow-up does not
    reach is `inf`.
    """

    value: Floats
    low: Floats
    high: Floats
    level: float
    reason: Reasons


@dataclass(frozen=True, slots=True)
class Test:
    """A p-value, arrays of one shape `(...)`, with the test statistic where the method has one.

    Where `reason` is not `Reason.OK` the p-value and the statistic are NaN.
    """

    __test__ = False

    p_value: Floats
    statistic: Floats | None
    reason: Reasons


def as_interval(
    value: npt.ArrayLike,
    limits: tuple[npt.ArrayLike, npt.ArrayLike],
    level: float,
    reason: npt.ArrayLike,
) -> Interval:
    """Make an interval whose limits are NaN wherever the reason is not OK."""
    shape = np.broadcast_shapes(np.shape(value), np.shape(reason))
    why = _filled(reason, shape, np.int8)
    low, high = (np.where(why == Reason.OK, limit, np.nan) for limit in limits)
    return Interval(_filled(value, shape), _filled(low, shape), _filled(high, shape), level, why)


def as_test(p_value: npt.ArrayLike, statistic: npt.ArrayLike | None, reason: npt.ArrayLike) -> Test:
    """Make a test whose p-value and statistic are NaN wherever the reason is not OK."""
    shape = np.broadcast_shapes(np.shape(p_value), np.shape(reason))
    why = _filled(reason, shape, np.int8)
    told = None if statistic is None else np.where(why == Reason.OK, statistic, np.nan)
    return Test(
        _filled(np.where(why == Reason.OK, p_value, np.nan), shape),
        None if told is None else _filled(told, shape),
        why,
    )


def first_reason(*causes: tuple[npt.ArrayLike, Reason]) -> Reasons:
    """Give, for each analysis, the first reason that applies and OK where none does.

    >>> first_reason(([True, False], Reason.NO_PARTICIPANTS), ([True, True], Reason.TOO_FEW))
    array([1, 5], dtype=int8)
    """
    conditions = np.broadcast_arrays(*(np.asarray(condition, bool) for condition, _ in causes))
    return np.select(conditions, [np.int8(reason) for _, reason in causes], np.int8(Reason.OK))


def _filled(
    values: npt.ArrayLike, shape: tuple[int, ...], kind: npt.DTypeLike = np.float64
) -> npt.NDArray[Any]:
    return np.array(np.broadcast_to(np.asarray(values, kind), shape))
