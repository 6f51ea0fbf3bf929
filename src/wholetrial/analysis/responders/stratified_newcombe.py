"""Newcombe's interval of a risk difference, and Wilson's of a proportion, over strata.

Yan X, Su XG. Stat Biopharm Res 2010;2:329-35. Strata are the last axis, `(..., K)`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import OneArm, checked_level
from wholetrial.analysis.estimate import Floats, Interval, Reason, as_interval, normal_quantile
from wholetrial.analysis.responders.strata import (
    checked_strata,
    mantel_haenszel_weights,
    over_strata,
)


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
    active = _wilson(OneArm(strata.events, strata.participants), share, z, level)
    control = _wilson(OneArm(strata.control_events, strata.control_participants), share, z, level)
    active_spread, control_spread = (
        over_strata(share**2 / np.maximum(people, 1.0))
        for people in (strata.participants, strata.control_participants)
    )

    def half(above: Floats, below: Floats) -> Floats:
        variance = above * (1 - above) * active_spread + below * (1 - below) * control_spread
        return z * np.sqrt(np.maximum(variance, 0.0))

    difference = active.value - control.value
    limits = (
        difference - half(active.low, control.high),
        difference + half(active.high, control.low),
    )
    value = np.where(strata.reason == Reason.OK, difference, np.nan)
    return as_interval(value, limits, level, strata.reason)


def _wilson(arm: OneArm, share: Floats, z: float, level: float) -> Interval:
    """The weighted proportion of an arm, and the same mean of its strata's Wilson limits.

    The limits have a smaller quantile than one alone, so that their mean has the level.
    """
    n = np.maximum(arm.participants, 1.0)
    proportion = arm.events / n
    spread = np.sqrt(proportion * (1 - proportion) / n)
    varies = over_strata(spread * share) > 0
    # where nothing varies, proportions that are equal and all but 0 or 1
    spread = np.where(varies[..., None], spread, 1 / np.sqrt(n))
    together = over_strata(share * spread)
    quantile = z * np.sqrt(over_strata((share * spread) ** 2))
    quantile = (quantile / np.where(together > 0, together, 1.0))[..., None]
    center = proportion + quantile**2 / (2 * n)
    half = quantile * np.sqrt(proportion * (1 - proportion) / n + quantile**2 / (4 * n**2))
    whole = 1 + quantile**2 / n
    low, high = (over_strata(share * (center + side * half) / whole) for side in (-1, 1))
    return as_interval(over_strata(share * proportion), (low, high), level, Reason.OK)
