"""The risk difference of two arms and its intervals.

Every function takes the counts of the active arm, then of the control arm, of any common shape
`(...)`. References: Miettinen and Nurminen, Stat Med 1985;4:213-26. Mee, Biometrics
1984;40:1175-6. Newcombe, Stat Med 1998;17:873-90 (method 10; method 2 is Wald's with continuity
correction). Agresti and Caffo, Am Stat 2000;54:280-8.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import TwoArms, checked_level, checked_two_arms
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    as_interval,
    normal_quantile,
)
from wholetrial.analysis.responders.constrained import given_difference
from wholetrial.analysis.responders.distinct_tables import (
    Proportions,
    no_participants,
    proportions_of,
)
from wholetrial.analysis.responders.proportions import wilson
from wholetrial.analysis.responders.score_limits import Measure, Squares, score_limits


def risk_difference_miettinen_nurminen(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a risk difference with the score interval of Miettinen and Nurminen (1985).

    The limits are the differences at which the score test, with its factor N / (N - 1), just
    rejects.

    >>> interval = risk_difference_miettinen_nurminen(33, 64, 1, 64)
    >>> f"{interval.value:.4f} ({interval.low:.6f} to {interval.high:.6f})"
    '0.5000 (0.372563 to 0.621246)'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    return _score_interval(arms, level, unbiased=True)


def risk_difference_mee(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a risk difference with the score interval of Mee (1984), without N / (N - 1).

    >>> interval = risk_difference_mee(33, 64, 1, 64)
    >>> f"{interval.low:.6f} to {interval.high:.6f}"
    '0.373064 to 0.620803'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    return _score_interval(arms, level, unbiased=False)


def risk_difference_newcombe(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a risk difference with Newcombe's interval from two Wilson intervals (1998).

    >>> interval = risk_difference_newcombe(31, 64, 1, 64)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '0.3327 to 0.5892'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    active = wilson(arms.events, arms.participants, level)
    control = wilson(arms.control_events, arms.control_participants, level)
    below = np.hypot(active.value - active.low, control.high - control.value)
    above = np.hypot(active.high - active.value, control.value - control.low)
    difference = _difference(arms)
    limits = difference - below, difference + above
    return as_interval(difference, limits, active.level, no_participants(arms))


def risk_difference_wald(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a risk difference with the normal approximation, limits not clipped to -1 and 1.

    Current limitations: where each arm has no event, or only events, the interval has no width.

    >>> interval = risk_difference_wald(37, 91, 3, 29)
    >>> f"{interval.value:.1%} ({interval.low:.1%} to {interval.high:.1%})"
    '30.3% (15.3% to 45.3%)'
    """
    level = checked_level(level)
    arms = checked_two_arms(events, participants, control_events, control_participants)
    half = normal_quantile(level) * np.sqrt(_variance(arms, proportions_of(arms)))
    difference = _difference(arms)
    limits = difference - half, difference + half
    return as_interval(difference, limits, level, no_participants(arms))


def risk_difference_wald_corrected(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a risk difference with Wald's interval widened by (1/n + 1/m) / 2, within -1 and 1.

    >>> interval = risk_difference_wald_corrected(37, 91, 3, 29)
    >>> f"{interval.low:.1%} to {interval.high:.1%}"
    '13.1% to 47.6%'
    """
    wald = risk_difference_wald(events, participants, control_events, control_participants, level)
    arms = checked_two_arms(events, participants, control_events, control_participants)
    sizes = (np.maximum(size, 1.0) for size in (arms.participants, arms.control_participants))
    wider = sum(0.5 / size for size in sizes)
    limits = np.maximum(wald.low - wider, -1.0), np.minimum(wald.high + wider, 1.0)
    return as_interval(wald.value, limits, wald.level, wald.reason)


def risk_difference_agresti_caffo(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a risk difference with Wald's interval after adding one of each outcome to each arm.

    The value is the observed difference; the limits are not clipped to -1 and 1.

    >>> interval = risk_difference_agresti_caffo(10, 10, 0, 9)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '0.5949 to 1.0567'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    more = (arms.events + 1, arms.participants + 2)
    control = (arms.control_events + 1, arms.control_participants + 2)
    added = risk_difference_wald(*more, *control, level)
    limits = added.low, added.high
    return as_interval(_difference(arms), limits, added.level, no_participants(arms))


def _difference(arms: TwoArms) -> Floats:
    active, control = proportions_of(arms)
    return np.where(no_participants(arms) == Reason.OK, active - control, np.nan)


def _variance(arms: TwoArms, chances: Proportions) -> Floats:
    """Variance of the difference where the arms have these probabilities."""
    active, control = chances
    of_active = active * (1 - active) / np.maximum(arms.participants, 1.0)
    return of_active + control * (1 - control) / np.maximum(arms.control_participants, 1.0)


def _squares(arms: TwoArms, difference: Floats) -> Squares:
    fitted = given_difference(arms, difference)
    return Squares((_difference(arms) - difference) ** 2, _variance(arms, fitted))


_DIFFERENCE = Measure(_difference, _squares, -1.0, 1.0)


def _score_interval(arms: TwoArms, level: float, *, unbiased: bool) -> Interval:
    level = checked_level(level)
    limits = score_limits(arms, _DIFFERENCE, level, unbiased=unbiased)
    return as_interval(_difference(arms), limits, level, no_participants(arms))
