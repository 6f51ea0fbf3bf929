"""What many simulated trials said of one number, in bounded memory: its mean and its quantiles.

A tally keeps each distinct value with its count. Where there are more than MOST_DISTINCT, values
that agree in their first binary digits are counted together, in as many digits as still fit. The
same values give the same tally in any order and in any number of parts, to the last bit, so that a
forecast does not depend on how the work was shared out. Numbers of a kind that takes few values,
such as shares of 64 participants, stay exact whatever the number of trials.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_DISTINCT = 16_384
"""Up to so many different values every quantile is exact."""
_FRACTION_BITS = 52
_WIDEST = 44
"""At least eight binary digits of a value are kept: its place is known to 1 part in 256."""
_HALF = 26


@dataclass(frozen=True, slots=True)
class Tally:
    """Distinct values, ascending, each with its count; how many were missing; their exact sum.

    `values` are rounded towards zero by `dropped` binary digits; `total` is the sum of the finite
    ones before that.
    """

    values: Floats
    counts: NDArray[np.int64]
    dropped: int
    missing: int
    total: Fraction

    @property
    def known(self) -> int:
        """How many values there are."""
        return int(self.counts.sum())


def tally_of(values: Floats) -> Tally:
    """The tally of some values, of any shape; NaN is missing."""
    flat = np.asarray(values, np.float64).reshape(-1) + 0.0  # -0.0 and 0.0 are one value
    known = flat[~np.isnan(flat)]
    distinct, counts = np.unique(known, return_counts=True)
    total = _exact_sum(known[np.isfinite(known)])
    return _fitted(Tally(distinct, counts, 0, flat.size - known.size, total))


def merged(one: Tally, other: Tally) -> Tally:
    """The tally of the values of both.

    >>> both = merged(tally_of(np.array([0.25, 0.5])), tally_of(np.array([0.25, np.nan])))
    >>> both.values.tolist(), both.counts.tolist(), both.missing
    ([0.25, 0.5], [2, 1], 1)
    """
    dropped = max(one.dropped, other.dropped)
    values = np.concatenate([_shortened(part.values, dropped) for part in (one, other)])
    counts = np.concatenate([one.counts, other.counts])
    distinct, counts = _together(values, counts)
    missing, total = one.missing + other.missing, one.total + other.total
    return _fitted(Tally(distinct, counts, dropped, missing, total))


def mean_of(tally: Tally) -> float:
    """The mean, rounded once; NaN without a value."""
    if not tally.known:
        return float("nan")
    infinite = tally.values[~np.isfinite(tally.values)]
    if infinite.size:
        return float(infinite[0]) if infinite[0] == infinite[-1] else float("nan")
    return float(tally.total / tally.known)


class Quantile(NamedTuple):
    """A quantile; where values were counted together, its distance from the exact one at most."""

    value: float
    error: float


def quantile_of(tally: Tally, share: float) -> Quantile:
    """A quantile as NumPy computes it; NaN without a value.

    Between two values it is interpolated where all are finite; a time that is never reached has
    none beside it.

    >>> quantile_of(tally_of(np.arange(11.0)), 0.25)
    Quantile(value=2.5, error=0.0)
    """
    if not tally.known:
        return Quantile(float("nan"), 0.0)
    last = np.cumsum(tally.counts) - 1
    width = _widths(tally)
    middle = tally.values + np.copysign(width / 2, tally.values)
    if not np.isfinite(tally.values).all():
        place = int(np.searchsorted(last, max(np.ceil(share * tally.known) - 1, 0)))
        return Quantile(float(middle[place]), float(width[place] / 2))
    virtual = (tally.known - 1) * share
    low, high = (int(np.searchsorted(last, at)) for at in (np.floor(virtual), np.ceil(virtual)))
    weight = virtual - np.floor(virtual)
    step = middle[high] - middle[low]
    value = middle[low] + step * weight if weight < 0.5 else middle[high] - step * (1 - weight)
    return Quantile(float(value), float(max(width[low], width[high]) / 2))


def _widths(tally: Tally) -> Floats:
    """How far apart the values may lie that were counted as one."""
    if not tally.dropped:
        return np.zeros_like(tally.values)
    finite = np.where(np.isfinite(tally.values), tally.values, 0.0)
    return np.ldexp(np.spacing(np.abs(finite)), tally.dropped)


def _fitted(tally: Tally) -> Tally:
    """The tally with as many binary digits as leave MOST_DISTINCT values."""
    while tally.values.size > MOST_DISTINCT and tally.dropped < _WIDEST:
        dropped = tally.dropped + 1
        values, counts = _together(_shortened(tally.values, dropped), tally.counts)
        tally = Tally(values, counts, dropped, tally.missing, tally.total)
    return tally


def _shortened(values: Floats, dropped: int) -> Floats:
    """Values without their last binary digits, nearer to zero."""
    mask = np.uint64(0xFFFFFFFFFFFFFFFF) << np.uint64(min(dropped, _FRACTION_BITS))
    return (values.view(np.uint64) & mask).view(np.float64) + 0.0


def _together(values: Floats, counts: NDArray[np.int64]) -> tuple[Floats, NDArray[np.int64]]:
    distinct, place = np.unique(values, return_inverse=True)
    summed = np.zeros(distinct.size, np.int64)
    np.add.at(summed, place, counts)
    return distinct, summed


def _exact_sum(values: Floats) -> Fraction:
    """The sum without rounding: whole mantissas, added up by their exponents."""
    mantissa, exponent = np.frexp(values)
    whole = np.ldexp(mantissa, _FRACTION_BITS + 1).astype(np.int64)
    exponents, place = np.unique(exponent, return_inverse=True)
    upper, lower = (np.zeros(exponents.size, np.int64) for _ in range(2))
    np.add.at(upper, place, whole >> _HALF)
    np.add.at(lower, place, whole & ((1 << _HALF) - 1))
    return sum(
        (
            ((int(high) << _HALF) + int(low)) * Fraction(2) ** (int(power) - _FRACTION_BITS - 1)
            for high, low, power in zip(upper, lower, exponents, strict=True)
        ),
        Fraction(0),
    )
