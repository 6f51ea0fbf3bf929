"""Summaries of a measurement: number, mean, spread, and quantiles by two definitions.

Participants are the last axis, `(..., P)`; a missing value is NaN and is left out. Reference:
Hyndman RJ, Fan Y. Am Stat 1996;50:361-5 (the nine definitions of sample quantiles).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import (
    Booleans,
    check_participants,
    checked_booleans,
    checked_probability,
    refuse,
    same_shape,
)
from wholetrial.analysis.estimate import Floats, Reason, Reasons, first_reason

FUZZ = 4 * float(np.finfo(np.float64).eps)
"""How near to a whole number the place of a quantile counts as being one."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A measurement described, arrays `(...)`; where `reason` is not OK there is no spread.

    With nobody measured there is nothing but the number 0.
    """

    participants: Floats
    mean: Floats
    standard_deviation: Floats
    standard_error: Floats
    minimum: Floats
    median: Floats
    maximum: Floats
    reason: Reasons


def describe(values: npt.ArrayLike, included: npt.ArrayLike = True) -> Summary:
    """Describe values `(..., P)`: number, mean, standard deviation and error, median, extremes.

    >>> found = describe([4, 1, float("nan"), 3, 8])
    >>> f"n={found.participants:.0f} {found.mean:.1f} ({found.standard_deviation:.2f})"
    'n=4 4.0 (2.94)'
    """
    ascending, count = _ascending(values, included)
    measured = np.arange(ascending.shape[-1]) < count[..., None]
    known, several = count > 0, count > 1
    mean = np.sum(np.where(measured, ascending, 0.0), axis=-1) / np.maximum(count, 1)
    deviation = np.where(measured, ascending - mean[..., None], 0.0)
    squares = np.sum(deviation**2, axis=-1)
    spread = np.sqrt(squares / np.maximum(count - 1, 1))
    last = np.take_along_axis(ascending, np.maximum(count - 1, 0)[..., None], axis=-1)
    return Summary(
        participants=count.astype(np.float64),
        mean=np.where(known, mean, np.nan),
        standard_deviation=np.where(several, spread, np.nan),
        standard_error=np.where(several, spread / np.sqrt(np.maximum(count, 1)), np.nan),
        minimum=np.where(known, ascending[..., 0], np.nan),
        median=quantile_averaged(values, 0.5, included),
        maximum=np.where(known, last[..., 0], np.nan),
        reason=first_reason((count == 0, Reason.NO_PARTICIPANTS), (count == 1, Reason.TOO_FEW)),
    )


def quantile_averaged(
    values: npt.ArrayLike, probability: float, included: npt.ArrayLike = True
) -> Floats:
    """Give the quantile of values `(..., P)` by averaging at steps (type 2, the default of SAS).

    NaN where nobody was measured.

    >>> float(quantile_averaged([1, 2, 3, 4], 0.25))
    1.5
    """
    ascending, count = _ascending(values, included)
    whole, part = _place(count * _checked_share(probability))
    lower = np.where(part > 0, whole, whole - 1)
    return (_at(ascending, count, lower) + _at(ascending, count, whole)) / 2


def quantile_interpolated(
    values: npt.ArrayLike, probability: float, included: npt.ArrayLike = True
) -> Floats:
    """Give the quantile of values `(..., P)` by interpolation (type 7, the default of R).

    NaN where nobody was measured.

    >>> float(quantile_interpolated([1, 2, 3, 4], 0.25))
    1.75
    """
    ascending, count = _ascending(values, included)
    whole, part = _place(np.maximum(count - 1, 0) * _checked_share(probability))
    lower, upper = _at(ascending, count, whole), _at(ascending, count, whole + 1)
    return np.where(part > 0, (1 - part) * lower + part * upper, lower)


def _ascending(
    values: npt.ArrayLike, included: npt.ArrayLike
) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Values of those measured in ascending order, the others (NaN) after them; their number."""
    numbers = np.asarray(values, np.float64)
    check_participants("values", numbers)
    refuse("values must be finite or missing (nan)", numbers, np.isinf(numbers))
    numbers, chosen = same_shape(numbers, np.asarray(included))
    inside: Booleans = checked_booleans("included", chosen) & ~np.isnan(numbers)
    return np.sort(np.where(inside, numbers, np.nan), axis=-1), np.sum(inside, axis=-1)


def _checked_share(probability: float) -> float:
    return float(checked_probability("probability", probability))


def _place(position: npt.NDArray[Any]) -> tuple[npt.NDArray[np.intp], Floats]:
    """The whole part of a position, and the rest; 0 where the rest is rounding error."""
    whole = np.floor(position + FUZZ)
    part = position - whole
    return whole.astype(np.intp), np.where(np.abs(part) < FUZZ, 0.0, part)


def _at(ascending: Floats, count: npt.NDArray[np.intp], place: npt.NDArray[np.intp]) -> Floats:
    """The value at a place counted from 0, kept within those measured."""
    within = np.clip(place, 0, np.maximum(count - 1, 0))
    return np.take_along_axis(ascending, within[..., None], axis=-1)[..., 0]
