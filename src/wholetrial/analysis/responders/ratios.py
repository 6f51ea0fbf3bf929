"""The risk ratio and the odds ratio of two arms, with their intervals.

Every function takes the counts of the active arm, then of the control arm, of any common shape
`(...)`. A ratio whose denominator alone is 0 is `inf`; where both parts are 0 there is none, and a
reason. References: Miettinen and Nurminen, Stat Med 1985;4:213-26. Koopman, Biometrics
1984;40:513-7. Katz et al., Biometrics 1978;34:469-74. Cornfield, Proc Third Berkeley Symp Math Stat
Probab 1956;4:135-48. Woolf, Ann Hum Genet 1955;19:251-3. Haldane, Ann Hum Genet 1956;20:309-11.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import TwoArms, checked_level, checked_two_arms
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    Reasons,
    as_interval,
    first_reason,
    normal_quantile,
)
from wholetrial.analysis.responders.constrained import expected_given_odds_ratio, given_ratio
from wholetrial.analysis.responders.distinct_tables import no_participants, proportions_of
from wholetrial.analysis.responders.score_limits import (
    Limits,
    Measure,
    Squares,
    score_limits,
)

FARTHEST = 80.0
"""Log ratio beyond which no limit is looked for: a ratio of 5e34."""


class _Ratio(NamedTuple):
    """A ratio as its two parts, so that 0 and infinity keep their meaning; arrays `(...)`."""

    over: Floats
    under: Floats


def risk_ratio_miettinen_nurminen(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a risk ratio with the score interval of Miettinen and Nurminen (1985).

    The lower limit is 0 without events in the active arm, the upper one `inf` without events in
    the control arm.

    >>> interval = risk_ratio_miettinen_nurminen(31, 64, 1, 64)
    >>> f"{interval.value:.0f} ({interval.low:.4f} to {interval.high:.4f})"
    '31 (5.6846 to 178.2727)'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    return _risk_ratio_by_score(arms, level, unbiased=True)


def risk_ratio_koopman(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a risk ratio with the score interval of Koopman (1984), without N / (N - 1).

    >>> interval = risk_ratio_koopman(31, 64, 1, 64)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '5.7140 to 177.2905'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    return _risk_ratio_by_score(arms, level, unbiased=False)


def risk_ratio_log(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a risk ratio with normal limits of its logarithm (Katz 1978).

    Current limitations: no limits where an arm has no event; no width where all have the event.

    >>> interval = risk_ratio_log(31, 64, 1, 64)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '4.3625 to 220.2887'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    x, n, control_x, control_n = (np.maximum(counts, 1.0) for counts in arms)
    variance = (1 / x - 1 / n) + (1 / control_x - 1 / control_n)
    none = (arms.events == 0) | (arms.control_events == 0)
    reason = first_reason(
        (no_participants(arms) != Reason.OK, Reason.NO_PARTICIPANTS), (none, Reason.NO_EVENTS)
    )
    return _by_logarithm(_risk_ratio(arms), variance, level, reason)


def odds_ratio_miettinen_nurminen(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate an odds ratio with the score interval of Miettinen and Nurminen (1985).

    >>> interval = odds_ratio_miettinen_nurminen(31, 64, 1, 64)
    >>> f"{interval.value:.4f} ({interval.low:.4f} to {interval.high:.4f})"
    '59.1818 (9.6503 to 356.0913)'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    return _odds_ratio_by_score(arms, level, unbiased=True)


def odds_ratio_cornfield(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate an odds ratio with the score interval of Cornfield (1956), without N / (N - 1).

    >>> interval = odds_ratio_cornfield(31, 64, 1, 64)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '9.7069 to 354.1009'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    return _odds_ratio_by_score(arms, level, unbiased=False)


def odds_ratio_log(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate an odds ratio with normal limits of its logarithm (Woolf 1955).

    Current limitations: no limits where a cell of the table is empty.

    >>> interval = odds_ratio_log(31, 64, 1, 64)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '7.7310 to 453.0450'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    cells = _cells(arms)
    variance: Floats = np.sum(1 / np.maximum(cells, 1.0), axis=0)
    reason = first_reason(
        (no_participants(arms) != Reason.OK, Reason.NO_PARTICIPANTS),
        (np.any(cells[:2] == 0, axis=0), Reason.NO_EVENTS),
        (np.any(cells[2:] == 0, axis=0), Reason.ALL_EVENTS),
    )
    return _by_logarithm(_odds_ratio(arms), variance, level, reason)


def odds_ratio_haldane_anscombe(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate an odds ratio and its log limits after adding a half to every cell (Haldane 1956).

    >>> interval = odds_ratio_haldane_anscombe(5, 22, 0, 21)
    >>> f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
    '13.514 (0.698 to 261.590)'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    a, c, b, d = cells = _cells(arms) + 0.5
    variance: Floats = np.sum(1 / cells, axis=0)
    return _by_logarithm(_Ratio(a * d, b * c), variance, level, no_participants(arms))


def _cells(arms: TwoArms) -> Floats:
    """Events of the arm and of control, then those without: `(4, ...)`."""
    x, n, control_x, control_n = arms
    return np.stack([x, control_x, n - x, control_n - control_x])


def _risk_ratio(arms: TwoArms) -> _Ratio:
    return _Ratio(*proportions_of(arms))


def _odds_ratio(arms: TwoArms) -> _Ratio:
    a, c, b, d = _cells(arms)
    return _Ratio(a * d, b * c)


def _value(ratio: _Ratio) -> Floats:
    """The ratio; infinite where only its denominator is 0, NaN where both parts are."""
    finite = ratio.over / np.where(ratio.under > 0, ratio.under, 1.0)
    beyond = np.where(ratio.over > 0, np.inf, np.nan)
    return np.where(ratio.under > 0, finite, beyond)


def _logarithm(ratio: _Ratio) -> Floats:
    """The log ratio, within what is searched."""
    over, under = (np.where(part > 0, part, 1.0) for part in ratio)
    inside = np.clip(np.log(over / under), -FARTHEST, FARTHEST)
    none = np.where(ratio.over > 0, FARTHEST, np.where(ratio.under > 0, -FARTHEST, 0.0))
    return np.where((ratio.over > 0) & (ratio.under > 0), inside, none)


def _by_logarithm(ratio: _Ratio, variance: Floats, level: float, reason: Reasons) -> Interval:
    level = checked_level(level)
    value = np.where(reason == Reason.NO_PARTICIPANTS, np.nan, _value(ratio))
    known = np.where(reason == Reason.OK, value, 1.0)
    factor = np.exp(normal_quantile(level) * np.sqrt(np.maximum(variance, 0.0)))
    return as_interval(value, (known / factor, known * factor), level, reason)


def _risk_ratio_squares(arms: TwoArms, log_ratio: Floats) -> Squares:
    ratio = np.exp(log_ratio)
    observed, fitted = proportions_of(arms), given_ratio(arms, ratio)
    of_active = fitted.active * (1 - fitted.active) / arms.participants
    of_control = fitted.control * (1 - fitted.control) / arms.control_participants
    deviation = observed.active - ratio * observed.control
    return Squares(deviation**2, of_active + ratio**2 * of_control)


def _odds_ratio_squares(arms: TwoArms, log_ratio: Floats) -> Squares:
    expected = expected_given_odds_ratio(arms, np.exp(log_ratio))
    of_active = expected[0] * expected[2] / arms.participants
    of_control = expected[1] * expected[3] / arms.control_participants
    smallest = np.argmin(expected, axis=0)[None]
    off = np.take_along_axis(_cells(arms) - expected, smallest, axis=0)[0]
    return Squares(off**2 * (of_active + of_control), of_active * of_control)


def _by_score(arms: TwoArms, ratio: _Ratio, limits: Limits, level: float) -> Interval:
    none = (ratio.over == 0) & (ratio.under == 0)
    reason = first_reason(
        (no_participants(arms) != Reason.OK, Reason.NO_PARTICIPANTS),
        (none & (arms.events + arms.control_events == 0), Reason.NO_EVENTS),
        (none, Reason.ALL_EVENTS),
    )
    low = np.where(ratio.over == 0, 0.0, np.exp(limits.low))
    high = np.where(ratio.under == 0, np.inf, np.exp(limits.high))
    value = np.where(reason == Reason.NO_PARTICIPANTS, np.nan, _value(ratio))
    return as_interval(value, (low, high), level, reason)


_RISK_RATIO = Measure(
    lambda arms: _logarithm(_risk_ratio(arms)), _risk_ratio_squares, -FARTHEST, FARTHEST
)
_ODDS_RATIO = Measure(
    lambda arms: _logarithm(_odds_ratio(arms)), _odds_ratio_squares, -FARTHEST, FARTHEST
)


def _risk_ratio_by_score(arms: TwoArms, level: float, *, unbiased: bool) -> Interval:
    level = checked_level(level)
    limits = score_limits(arms, _RISK_RATIO, level, unbiased=unbiased)
    return _by_score(arms, _risk_ratio(arms), limits, level)


def _odds_ratio_by_score(arms: TwoArms, level: float, *, unbiased: bool) -> Interval:
    level = checked_level(level)
    limits = score_limits(arms, _ODDS_RATIO, level, unbiased=unbiased)
    return _by_score(arms, _odds_ratio(arms), limits, level)
