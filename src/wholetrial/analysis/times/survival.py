"""Time to an event that is seen when it happens: Kaplan-Meier curve, median, Nelson-Aalen.

Participants are the last axis of every array, `(..., P)`; `included` says who is analyzed (an arm,
an analysis set). References: Kaplan and Meier, J Am Stat Assoc 1958;53:457-81. Brookmeyer and
Crowley, Biometrics 1982;38:29-41. Nelson, Technometrics 1972;14:945-66. Aalen, Ann Stat
1978;6:701-26.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import checked_follow_up, checked_level
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    as_interval,
    first_reason,
    normal_quantile,
)
from wholetrial.analysis.times.ordered import at_places, in_order, step_at, ties_of, within_ties

FLAT = float(np.sqrt(np.finfo(np.float64).eps))
"""A curve this near to a level counts as lying on it (the tolerance of R's `survival`)."""


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """Kaplan-Meier estimate at each participant's time, ascending; arrays `(..., P)`.

    Participants with the same time repeat the same values. Those left out stand at the end, at
    time `inf`. `survival` is just after the time, `at_risk` just before it; `log_variance` is
    Greenwood's variance of log survival, `inf` at a survival of 0.
    """

    times: Floats
    survival: Floats
    at_risk: Floats
    events: Floats
    log_variance: Floats
    participants: Floats


@dataclass(frozen=True, slots=True)
class SurvivalBand:
    """Pointwise confidence limits of a curve `(..., P)`; NaN at a survival of 0 or 1."""

    low: Floats
    high: Floats
    level: float


@dataclass(frozen=True, slots=True)
class CumulativeHazard:
    """Nelson-Aalen estimate just after each participant's time, with its variance; `(..., P)`."""

    times: Floats
    hazard: Floats
    variance: Floats


def kaplan_meier(
    times: npt.ArrayLike, event_observed: npt.ArrayLike, included: npt.ArrayLike = True
) -> SurvivalCurve:
    """Estimate the probability of having no event yet, at each participant's time.

    Five participants, the second and the fourth with the event:

    >>> curve = kaplan_meier([1, 2, 3, 4, 5], [0, 1, 0, 1, 0])
    >>> curve.at_risk, curve.survival
    (array([5., 4., 3., 2., 1.]), array([1. , 0.75 , 0.75 , 0.375, 0.375]))
    """
    follow_up = checked_follow_up(times, event_observed, included)
    order = np.argsort(follow_up.times, axis=-1)
    ascending = in_order(follow_up.times, order)
    observed = in_order(follow_up.event_observed, order)
    ties = ties_of(ascending)
    participants = np.sum(follow_up.included, axis=-1)
    at_risk = participants[..., None] - ties.first
    events = within_ties(np.cumsum(observed, axis=-1), ties)
    counted = np.where((ties.last == np.arange(ascending.shape[-1])) & (events > 0), events, 0)
    staying = np.maximum(at_risk - counted, 0)
    kept = np.where(counted > 0, staying / np.maximum(at_risk, 1), 1.0)
    survival: Floats = np.asarray(np.cumprod(kept, axis=-1), np.float64)
    step: Floats = np.where(counted > 0, counted / np.maximum(at_risk * staying, 1), 0.0)
    step = np.where((counted > 0) & (staying == 0), np.inf, step)
    return SurvivalCurve(
        times=ascending,
        survival=at_places(survival, ties.last),
        at_risk=at_risk.astype(np.float64),
        events=events.astype(np.float64),
        log_variance=at_places(np.cumsum(step, axis=-1), ties.last),
        participants=participants.astype(np.float64),
    )


def nelson_aalen(curve: SurvivalCurve) -> CumulativeHazard:
    """Estimate the cumulative hazard, events over those at risk summed, with Aalen's variance.

    >>> hazard = nelson_aalen(kaplan_meier([1, 2, 3, 4, 5], [0, 1, 0, 1, 0]))
    >>> hazard.hazard, hazard.variance.round(4)
    (array([0.  , 0.25, 0.25, 0.75, 0.75]), array([0.    , 0.0625, 0.0625, 0.3125, 0.3125]))
    """
    ties = ties_of(curve.times)
    last = ties.last == np.arange(curve.times.shape[-1])
    at_risk = np.maximum(curve.at_risk, 1.0)
    step = np.where(last & (curve.at_risk > 0), curve.events / at_risk, 0.0)
    hazard, variance = (
        at_places(np.cumsum(increments, axis=-1), ties.last)
        for increments in (step, step / at_risk)
    )
    return CumulativeHazard(curve.times, hazard, variance)


def hazard_at(curve: CumulativeHazard, time: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Estimate the cumulative hazard at a time `()` or at times `(T,)`, with limits on its log.

    After the last participant's time the last value is carried forward. Without an event by then
    the value is 0 and has no limits.

    >>> hazard = nelson_aalen(kaplan_meier([1, 2, 3, 4, 5], [0, 1, 0, 1, 0]))
    >>> interval = hazard_at(hazard, 4)
    >>> f"{interval.value:.2f} ({interval.low:.3f} to {interval.high:.3f})"
    '0.75 (0.174 to 3.232)'
    """
    level = checked_level(level)
    moments = np.asarray(time, np.float64)
    passed = np.sum(curve.times[..., None, :] <= moments.reshape(-1, 1), axis=-1)
    hazard, variance = (step_at(steps, passed, 0.0) for steps in (curve.hazard, curve.variance))
    empty = np.broadcast_to(np.isinf(curve.times[..., :1]), hazard.shape)
    reason = first_reason((empty, Reason.NO_PARTICIPANTS), (hazard == 0, Reason.NO_EVENTS))
    half = normal_quantile(level) * np.sqrt(variance) / np.where(hazard > 0, hazard, 1.0)
    value, low, high = (
        np.where(empty, np.nan, hazard),
        hazard * np.exp(-half),
        hazard * np.exp(half),
    )
    shape = (*curve.times.shape[:-1], *moments.shape)
    limits = low.reshape(shape), high.reshape(shape)
    return as_interval(value.reshape(shape), limits, level, reason.reshape(shape))


def log_log_band(curve: SurvivalCurve, level: float = 0.95) -> SurvivalBand:
    """Give limits on the scale of log(-log survival), which stay between 0 and 1."""
    survival, error, level = _uncertain(curve, level)
    log = np.log(survival)
    factor = np.exp(error / np.abs(log))
    return SurvivalBand(np.exp(log * factor), np.exp(log / factor), level)


def log_band(curve: SurvivalCurve, level: float = 0.95) -> SurvivalBand:
    """Give limits on the scale of log survival, the upper one at most 1."""
    survival, error, level = _uncertain(curve, level)
    high = np.minimum(survival * np.exp(error), 1.0)
    return SurvivalBand(survival * np.exp(-error), high, level)


def plain_band(curve: SurvivalCurve, level: float = 0.95) -> SurvivalBand:
    """Give limits on the scale of survival itself, cut at 0 and 1."""
    survival, error, level = _uncertain(curve, level)
    low = np.maximum(survival - survival * error, 0.0)
    return SurvivalBand(low, np.minimum(survival + survival * error, 1.0), level)


def survival_at(
    curve: SurvivalCurve, band: SurvivalBand, time: npt.ArrayLike, *, extend: bool = False
) -> Interval:
    """Estimate survival at a time `()` or at times `(T,)`; the result is `(...)` or `(..., T)`.

    After the last participant's time a survival above 0 is not estimated, unless `extend` carries
    the last value forward.

    >>> curve = kaplan_meier([1, 2, 3, 4, 5], [0, 1, 0, 1, 0])
    >>> interval = survival_at(curve, log_log_band(curve), 3)
    >>> f"{interval.value:.2f} ({interval.low:.3f} to {interval.high:.3f})"
    '0.75 (0.128 to 0.961)'
    """
    moments = np.asarray(time, np.float64)
    passed = np.sum(curve.times[..., None, :] <= moments.reshape(-1, 1), axis=-1)
    survival = step_at(curve.survival, passed, 1.0)
    limits = step_at(band.low, passed, np.nan), step_at(band.high, passed, np.nan)
    over = (moments.reshape(-1) > _last_time(curve)[..., None]) & (survival > 0)
    empty = (curve.participants == 0)[..., None]
    unknown = empty | (over & (not extend))
    reason = first_reason(
        (np.broadcast_to(empty, survival.shape), Reason.NO_PARTICIPANTS),
        (over & (not extend), Reason.BEYOND_FOLLOW_UP),
        (survival == 1, Reason.NO_EVENTS),
        (survival == 0, Reason.ALL_EVENTS),
    )
    value = np.where(unknown, np.nan, survival)
    shape = (*curve.participants.shape, *moments.shape)
    value, low, high = (array.reshape(shape) for array in (value, *limits))
    return as_interval(value, (low, high), band.level, reason.reshape(shape))


def standard_error_at(curve: SurvivalCurve, time: npt.ArrayLike) -> Floats:
    """Greenwood's standard error of survival at a time `()` or at times `(T,)`, carried forward.

    It is 0 while nobody had the event, and NaN once everybody had.

    >>> curve = kaplan_meier([1, 2, 3, 4, 5], [0, 1, 0, 1, 0])
    >>> standard_error_at(curve, [1, 3]).round(4)
    array([0.    , 0.2165])
    """
    moments = np.asarray(time, np.float64)
    passed = np.sum(curve.times[..., None, :] <= moments.reshape(-1, 1), axis=-1)
    survival = step_at(curve.survival, passed, 1.0)
    variance = step_at(curve.log_variance, passed, 0.0)
    error = survival * np.sqrt(np.where(survival > 0, variance, np.nan))
    return np.asarray(error.reshape((*curve.participants.shape, *moments.shape)))


def at_risk_at(curve: SurvivalCurve, time: npt.ArrayLike) -> Floats:
    """Count the participants still followed at a time `()` or at times `(T,)`.

    >>> at_risk_at(kaplan_meier([1, 2, 3, 4, 5], [0, 1, 0, 1, 0]), [0, 2, 6])
    array([5., 4., 0.])
    """
    moments = np.asarray(time, np.float64)
    passed = np.sum(curve.times[..., None, :] < moments.reshape(-1, 1), axis=-1)
    followed = np.maximum(curve.participants[..., None] - passed, 0.0)
    return np.asarray(followed).reshape((*curve.participants.shape, *moments.shape))


def survival_quantile(curve: SurvivalCurve, band: SurvivalBand, probability: float) -> Interval:
    """Estimate the time by which this share had the event, with Brookmeyer-Crowley limits.

    A time or limit that the curve does not reach is `inf`. A curve flat at exactly this level
    gives the middle of the flat part.
    """
    if not 0 < probability < 1:
        raise ValueError(f"probability must lie between 0 and 1, such as 0.5; got {probability!r}")
    level, last = 1 - probability, _last_time(curve)
    value, low, high = (
        _crossing(curve.times, heights, level, last)
        for heights in (curve.survival, band.low, band.high)
    )
    empty = curve.participants == 0
    reason = first_reason(
        (empty, Reason.NO_PARTICIPANTS), (np.sum(curve.events, axis=-1) == 0, Reason.NO_EVENTS)
    )
    return as_interval(np.where(empty, np.nan, value), (low, high), band.level, reason)


def median_survival(curve: SurvivalCurve, band: SurvivalBand) -> Interval:
    """Estimate the median time to the event, with Brookmeyer-Crowley limits.

    >>> curve = kaplan_meier([1, 2, 3, 4, 5], [0, 1, 0, 1, 0])
    >>> median = median_survival(curve, log_log_band(curve))
    >>> f"{median.value:.0f} ({median.low:.0f} to {median.high:.0f})"
    '4 (2 to inf)'
    """
    return survival_quantile(curve, band, 0.5)


def _uncertain(curve: SurvivalCurve, level: float) -> tuple[Floats, Floats, float]:
    """Survival, NaN where it is 0 or 1, and the half width of its interval on the log scale."""
    level = checked_level(level)
    inside = (curve.survival > 0) & (curve.survival < 1)
    error = normal_quantile(level) * np.sqrt(np.where(inside, curve.log_variance, np.nan))
    return np.where(inside, curve.survival, np.nan), error, level


def _last_time(curve: SurvivalCurve) -> Floats:
    followed = np.where(curve.times < np.inf, curve.times, -np.inf)
    return np.asarray(np.max(followed, axis=-1))


def _crossing(times: Floats, heights: Floats, level: float, last: Floats) -> Floats:
    """First time at which a falling curve is at the level, averaged with where it leaves it."""
    reached = _first_time(times, heights <= level + FLAT)
    below = _first_time(times, heights <= level - FLAT)
    ends_flat = np.isfinite(reached) & np.isinf(below) & ~np.isnan(heights[..., -1])
    return (reached + np.where(ends_flat, last, below)) / 2


def _first_time(times: Floats, condition: npt.NDArray[np.bool_]) -> Floats:
    first = np.take_along_axis(times, np.argmax(condition, axis=-1)[..., None], axis=-1)
    return np.where(np.any(condition, axis=-1), first[..., 0], np.inf)
