"""Restricted mean survival time and survival at a milestone: two arms compared by their curves.

An arm is its Kaplan-Meier curve, `(..., P)`. References: Royston and Parmar, BMC Med Res Methodol
2013;13:152 (restricted mean). Klein, Logan, Harhoff and Andersen, Stat Med 2007;26:4505-19
(survival at a fixed time).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wholetrial.analysis.arguments import checked_level
from wholetrial.analysis.estimate import (
    Effect,
    Floats,
    Interval,
    Reason,
    Reasons,
    as_effect,
    as_interval,
    first_reason,
    normal_quantile,
)
from wholetrial.analysis.times.ordered import ties_of
from wholetrial.analysis.times.survival import (
    SurvivalCurve,
    plain_band,
    standard_error_at,
    survival_at,
)


class _Share(NamedTuple):
    """A number of one arm `(...)`, its variance, and why there is none."""

    value: Floats
    variance: Floats
    reason: Reasons


def restricted_mean(
    curve: SurvivalCurve, until: float, *, level: float = 0.95, extend: bool = False
) -> Interval:
    """Estimate the mean time without the event up to `until`, the area under the curve.

    Where the last participant was followed for less and survival is above 0 then, the reason is
    BEYOND_FOLLOW_UP, unless `extend` carries the last survival forward.

    >>> from wholetrial.analysis.times.survival import kaplan_meier
    >>> interval = restricted_mean(kaplan_meier([1, 2, 3, 4, 5], [0, 1, 0, 1, 0]), 4)
    >>> f"{interval.value:.2f} ({interval.low:.3f} to {interval.high:.3f})"
    '3.50 (2.651 to 4.349)'
    """
    level = checked_level(level)
    mean = _mean(curve, until, extend)
    error = normal_quantile(level) * np.sqrt(mean.variance)
    reason = _with_certain(mean.reason, mean.variance)
    limits = mean.value - error, mean.value + error
    return as_interval(mean.value, limits, level, reason)


def restricted_mean_difference(
    curve: SurvivalCurve,
    control: SurvivalCurve,
    until: float,
    *,
    level: float = 0.95,
    extend: bool = False,
) -> Effect:
    """Estimate the difference of two arms' restricted mean survival times, with its test.

    >>> from wholetrial.analysis.times.survival import kaplan_meier
    >>> arm = kaplan_meier([3, 5, 6, 8], [1, 0, 1, 0])
    >>> control = kaplan_meier([1, 2, 4, 7], [1, 1, 1, 0])
    >>> effect = restricted_mean_difference(arm, control, 6)
    >>> f"{effect.value:.2f} ({effect.low:.2f} to {effect.high:.2f}), P={effect.p_value:.3f}"
    '2.00 (-0.27 to 4.27), P=0.084'
    """
    level = checked_level(level)
    return _difference(_mean(curve, until, extend), _mean(control, until, extend), level)


def restricted_mean_ratio(
    curve: SurvivalCurve,
    control: SurvivalCurve,
    until: float,
    *,
    level: float = 0.95,
    extend: bool = False,
) -> Effect:
    """Estimate the log ratio of two arms' restricted means; `as_ratio` gives the ratio itself.

    >>> from wholetrial.analysis.times.survival import kaplan_meier
    >>> arm = kaplan_meier([3, 5, 6, 8], [1, 0, 1, 0])
    >>> control = kaplan_meier([1, 2, 4, 7], [1, 1, 1, 0])
    >>> f"{np.exp(restricted_mean_ratio(arm, control, 6).value):.3f}"
    '1.615'
    """
    level = checked_level(level)
    arm = _logarithm(_mean(curve, until, extend))
    return _difference(arm, _logarithm(_mean(control, until, extend)), level)


def milestone_difference(
    curve: SurvivalCurve,
    control: SurvivalCurve,
    time: float,
    *,
    level: float = 0.95,
    extend: bool = False,
) -> Effect:
    """Estimate the difference of two arms' survival at a time, by Greenwood's variances.

    Where an arm has nobody left without the event the difference has no limits: ALL_EVENTS.

    >>> from wholetrial.analysis.times.survival import kaplan_meier
    >>> arm = kaplan_meier([3, 5, 6, 8], [1, 0, 1, 0])
    >>> control = kaplan_meier([1, 2, 4, 7], [1, 1, 1, 0])
    >>> effect = milestone_difference(arm, control, 5)
    >>> f"{effect.value:.2f} ({effect.low:.2f} to {effect.high:.2f})"
    '0.50 (-0.10 to 1.10)'
    """
    level = checked_level(level)
    return _difference(_milestone(curve, time, extend), _milestone(control, time, extend), level)


def _mean(curve: SurvivalCurve, until: float, extend: bool) -> _Share:
    """Area under the curve, and the variance that Greenwood's gives it."""
    if not 0 < until < np.inf:
        raise ValueError(f"until must be a time after 0; got {until!r}")
    times = np.minimum(curve.times, until)
    widths = np.diff(times, axis=-1, append=until)
    pieces = curve.survival * widths
    after = np.cumsum(pieces[..., ::-1], axis=-1)[..., ::-1]
    ties = ties_of(curve.times)
    place = np.arange(curve.times.shape[-1])
    counted = (ties.last == place) & (curve.times <= until) & (curve.at_risk > curve.events)
    step = curve.events / np.maximum(curve.at_risk * (curve.at_risk - curve.events), 1.0)
    variance = np.sum(np.where(counted, after**2 * step, 0.0), axis=-1)
    reason = _beyond(curve, until, extend)
    value = np.where(reason == Reason.OK, times[..., 0] + after[..., 0], np.nan)
    return _Share(value, variance, reason)


def _milestone(curve: SurvivalCurve, time: float, extend: bool) -> _Share:
    if not 0 <= time < np.inf:
        raise ValueError(f"time must be 0 or later; got {time!r}")
    value = survival_at(curve, plain_band(curve), time, extend=True).value
    reason = _beyond(curve, time, extend)
    everybody = (reason == Reason.OK) & (value == 0)
    variance = np.where(everybody, 0.0, standard_error_at(curve, time)) ** 2
    told = np.where(everybody, np.int8(Reason.ALL_EVENTS), reason).astype(np.int8)
    return _Share(np.where(reason == Reason.OK, value, np.nan), variance, told)


def _beyond(curve: SurvivalCurve, time: float, extend: bool) -> Reasons:
    followed = np.where(curve.times < np.inf, curve.times, -np.inf)
    reached = np.max(followed, axis=-1) >= time
    ends = np.take_along_axis(
        curve.survival, np.maximum(curve.participants - 1, 0).astype(np.intp)[..., None], axis=-1
    )
    return first_reason(
        (curve.participants == 0, Reason.NO_PARTICIPANTS),
        (~reached & (ends[..., 0] > 0) & (not extend), Reason.BEYOND_FOLLOW_UP),
    )


def _logarithm(mean: _Share) -> _Share:
    positive = (mean.value > 0) | np.isnan(mean.value)
    value = np.where(positive, mean.value, 1.0)
    reason = np.where(
        (mean.reason == Reason.OK) & ~positive, np.int8(Reason.NO_EXPOSURE), mean.reason
    )
    logarithm = np.where(positive, np.log(value), np.nan)
    return _Share(logarithm, mean.variance / value**2, reason)


def _difference(arm: _Share, control: _Share, level: float) -> Effect:
    variance = arm.variance + control.variance
    either = np.where(arm.reason == Reason.OK, control.reason, arm.reason)
    error = np.sqrt(np.where(variance > 0, variance, np.nan))
    reason = _with_certain(either, variance)
    return as_effect(arm.value - control.value, error, np.inf, level, reason)


def _with_certain(reason: Reasons, variance: Floats) -> Reasons:
    """No uncertainty can be told where every arm has no event, or all at one time."""
    certain = (reason == Reason.OK) & ~(variance > 0)
    return np.where(certain, np.int8(Reason.NO_VARIATION), reason).astype(np.int8)
