"""Limits where the score statistic of a difference or ratio of two proportions just rejects.

Miettinen and Nurminen, Stat Med 1985;4:213-26, multiply the variance by N / (N - 1); Mee,
Biometrics 1984;40:1175-6, and Koopman, Biometrics 1984;40:513-7, do not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from wholetrial.analysis.arguments import TwoArms
from wholetrial.analysis.estimate import Floats, Reason, normal_quantile
from wholetrial.analysis.responders.crossing import Places, crossing
from wholetrial.analysis.responders.distinct_tables import distinct_tables, no_participants

CERTAIN = 1e6
"""How much larger than allowed a deviation counts that has no variance."""


class Squares(NamedTuple):
    """The squared deviation from a value of the measure, and its variance there, up to a factor."""

    deviation: Floats
    variance: Floats


class Measure(NamedTuple):
    """A measure of two proportions: its estimate and squares, and the ends of its scale."""

    estimate: Callable[[TwoArms], Floats]
    squares: Callable[[TwoArms, Floats], Squares]
    lowest: float
    highest: float


class Limits(NamedTuple):
    """Confidence limits `(...)`."""

    low: Floats
    high: Floats


def score_limits(arms: TwoArms, measure: Measure, level: float, *, unbiased: bool) -> Limits:
    """Give the limits, with the factor N / (N - 1) if `unbiased`; NaN where an arm is empty."""
    distinct = distinct_tables(arms)
    filled = np.flatnonzero(no_participants(distinct.tables) == Reason.OK)
    tables = TwoArms(*(counts[filled] for counts in distinct.tables))
    total = tables.participants + tables.control_participants
    factor = total / np.maximum(total - 1, 1.0) if unbiased else np.ones_like(total)
    found = np.full((2, len(distinct.tables.events)), np.nan)
    found[:, filled] = _limits(tables, measure, normal_quantile(level) ** 2 * factor)
    return Limits(*found[:, distinct.which])


def _limits(tables: TwoArms, measure: Measure, critical: Floats) -> Floats:
    """Lower and upper limits `(2, K)`."""
    both = TwoArms(*(np.concatenate([counts, counts]) for counts in tables))
    allowed = np.concatenate([critical, critical])

    def excess(points: Floats, places: Places) -> Floats:
        """How much the deviation is larger than allowed, in what is allowed."""
        deviation, variance = measure.squares(TwoArms(*(c[places] for c in both)), points)
        square = allowed[places] * variance
        size = np.sqrt(deviation / np.where(square > 0, square, 1.0))
        return np.where(square > 0, size, np.where(deviation > 0, CERTAIN, 0.0)) - 1

    estimate = measure.estimate(both)
    size = len(critical)
    ends = np.repeat([measure.lowest, measure.highest], size)
    return crossing(excess, estimate, ends).reshape(2, size)
