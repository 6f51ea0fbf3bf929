"""Newcombe's interval of a risk difference, and Wilson's of a proportion, over strata.

Yan X, Su XG. Stat Biopharm Res 2010;2:329-35. Strata are the last axis, `(..., K)`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import OneArm, checked_level
from wholetrial.analysis.estimate import Floats, Interval, Reason, as_interval, normal_quantile
from wholetrial.analysis.responders.strata import (
    checked_strata,
    mantel_haenszel_weights,
    over_strata,
)


class _Wilson(NamedTuple):
    """A weighted proportion `(...)`, and its variance were it at its lower or its upper limit."""

    proportion: Floats
    below: Floats
    above: Floats


def risk_difference_stratified_newcombe(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a common risk difference with Newcombe's interval from stratified Wilson limits.

    Strata have the weights of Mantel and Haenszel. In an arm in which nothing varies in any
    stratum, the quantile is the one that equal proportions would give it: so one stratum alone has
    Newcombe's interval always.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> interval = risk_difference_stratified_newcombe(*four)
    >>> f"{interval.value:.4f} ({interval.low:.4f} to {interval.high:.4f})"
    '0.2990 (0.1757 to 0.4099)'
    """
    level = checked_level(level)
    strata = checked_strata(events, participants, control_events, control_participants)
    weights = mantel_haenszel_weights(strata)
    total = over_strata(weights)
    share = weights / np.where(total > 0, total, 1.0)[..., None]
    z = normal_quantile(level)
    active = _wilson(OneArm(strata.events, strata.participants), share, z)
    control = _wilson(OneArm(strata.control_events, strata.control_participants), share, z)
    difference = active.proportion - control.proportion
    below = z * np.sqrt(active.below + control.above)
    above = z * np.sqrt(active.above + control.below)
    limits = difference - below, difference + above
    value = np.where(strata.reason == Reason.OK, difference, np.nan)
    return as_interval(value, limits, level, strata.reason)


def _wilson(arm: OneArm, share: Floats, z: float) -> _Wilson:
    """An arm's weighted proportion, and its variance at the weighted limits of Wilson.

    The limits have a smaller quantile than one alone, so that their mean has the level.
    """
    x, n = arm.events, np.maximum(arm.participants, 1.0)
    proportion = x / n
    spread = np.sqrt(proportion * (1 - proportion) / n)
    varies = over_strata(spread * share) > 0
    # where nothing varies: proportions that are equal, and all but 0 or 1
    spread = np.where(varies[..., None], spread, 1 / np.sqrt(n))
    together = over_strata(share * spread)
    quantile = z * np.sqrt(over_strata((share * spread) ** 2))
    quantile = (quantile / np.where(together > 0, together, 1.0))[..., None]
    center = proportion + quantile**2 / (2 * n)
    half = quantile * np.sqrt(proportion * (1 - proportion) / n + quantile**2 / (4 * n**2))
    whole = 1 + quantile**2 / n
    low = np.where(x == 0, 0.0, (center - half) / whole)
    high = np.where(x == n, 1.0, (center + half) / whole)
    people = over_strata(share**2 / n)
    below, above = (
        over_strata(share * limit) * over_strata(share * (1 - limit)) * people
        for limit in (low, high)
    )
    return _Wilson(over_strata(share * proportion), below, above)
