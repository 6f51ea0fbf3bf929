"""Where a function leaves what it allows: the limits of intervals that have no closed form.

Chandrupatla TR. Adv Eng Softw 1997;28:145-9.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.estimate import Floats

Places = npt.NDArray[np.intp]
Excess = Callable[[Floats, Places], Floats]

NEAREST = 4 * float(np.finfo(np.float64).eps)
"""Relative width of a bracket that is narrow enough."""
SMALLEST = 1e-3
"""Magnitude below which the width that is narrow enough no longer shrinks."""
MOST_STEPS = 200


class _Bracket(NamedTuple):
    """The newest point, the one beyond the crossing from it, and the newest one's predecessor."""

    newest: Floats
    opposite: Floats
    before: Floats
    at_newest: Floats
    at_opposite: Floats
    at_before: Floats


def crossing(excess: Excess, inside: Floats, outside: Floats) -> Floats:
    """Find, for each place `(K,)`, where `excess` turns from at most 0 `inside` to above `outside`.

    `excess(points, places)` gives the values at `points` for these places; the others have settled.
    Where `inside` equals `outside`, or nothing between them is in excess, that end is the answer.
    Interpolation by inverse quadratics, halving where it would not help.

    >>> squares = np.array([2.0, 9.0])
    >>> crossing(lambda x, k: x**2 - squares[k], np.zeros(2), np.full(2, 4.0))
    array([1.41421356, 3. ])
    """
    found = outside.copy()
    places = np.flatnonzero(inside != outside)
    at_inside, at_outside = excess(inside[places], places), excess(outside[places], places)
    within = at_outside > 0
    places = places[within]
    ends = outside[places], inside[places], outside[places]
    values = at_outside[within], np.minimum(at_inside[within], 0.0), at_outside[within]
    bracket, share = _Bracket(*ends, *values), np.full(len(places), 0.5)
    for _ in range(MOST_STEPS):
        if not len(places):
            break
        point = bracket.newest + share * (bracket.opposite - bracket.newest)
        bracket = _narrowed(bracket, point, excess(point, places))
        best = np.where(
            np.abs(bracket.at_newest) < np.abs(bracket.at_opposite),
            bracket.newest,
            bracket.opposite,
        )
        found[places] = best
        width = np.abs(bracket.opposite - bracket.newest)
        allowed = NEAREST * np.maximum(np.abs(best), SMALLEST)
        unsettled = (width > 2 * allowed) & (bracket.at_newest != 0)
        bracket, places = _Bracket(*(part[unsettled] for part in bracket)), places[unsettled]
        share = _next_share(bracket, (allowed / np.where(width > 0, width, 1.0))[unsettled])
    return found


def _narrowed(bracket: _Bracket, point: Floats, value: Floats) -> _Bracket:
    """The bracket with the point as its newest end."""
    same = (value > 0) == (bracket.at_newest > 0)
    return _Bracket(
        point,
        np.where(same, bracket.opposite, bracket.newest),
        np.where(same, bracket.newest, bracket.opposite),
        value,
        np.where(same, bracket.at_opposite, bracket.at_newest),
        np.where(same, bracket.at_newest, bracket.at_opposite),
    )


def _next_share(bracket: _Bracket, least: Floats) -> Floats:
    """How far from the newest to the opposite end the next point lies."""
    a, b, c, fa, fb, fc = bracket
    position = (a - b) / np.where(c == b, 1.0, c - b)
    height = (fa - fb) / np.where(fc == fb, 1.0, fc - fb)
    smooth = (height**2 < position) & ((1 - height) ** 2 < 1 - position)
    ab, ac, bc = (np.where(smooth, gap, 1.0) for gap in (fb - fa, fc - fa, fc - fb))
    run = (c - a) / np.where(b == a, 1.0, b - a)
    inverse = fa / bc * (run * fb / ac - fc / ab)
    return np.where(smooth, np.clip(inverse, least, 1 - least), 0.5)
