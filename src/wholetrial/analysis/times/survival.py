"""Time to an event that is seen when it happens: Kaplan-Meier curve, median, log-rank test.

Participants are the last axis of every array, `(..., P)`; `included` says who is analyzed (an arm,
an analysis set). References: Kaplan and Meier, J Am Stat Assoc 1958;53:457-81. Brookmeyer and
Crowley, Biometrics 1982;38:29-41. Mantel, Cancer Chemother Rep 1966;50:163-70.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import FollowUp, checked_follow_up, checked_level
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    Test,
    as_interval,
    as_test,
    first_reason,
    normal_quantile,
)

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
class LogRankScore:
    """Events observed and expected by arm `(..., A)`, and their covariance `(..., A, A)`."""

    observed: Floats
    expected: Floats
    covariance: Floats


class _Ties(NamedTuple):
    """Index of the first and of the last participant with the same time `(..., P)`."""

    first: npt.NDArray[np.intp]
    last: npt.NDArray[np.intp]


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
    ascending = np.take_along_axis(follow_up.times, order, axis=-1)
    observed = np.take_along_axis(follow_up.event_observed, order, axis=-1)
    ties = _ties(ascending)
    participants = np.sum(follow_up.included, axis=-1)
    at_risk = participants[..., None] - ties.first
    events = _within_ties(np.cumsum(observed, axis=-1), ties)
    counted = np.where((ties.last == np.arange(ascending.shape[-1])) & (events > 0), events, 0)
    staying = np.maximum(at_risk - counted, 0)
    kept = np.where(counted > 0, staying / np.maximum(at_risk, 1), 1.0)
    survival: Floats = np.asarray(np.cumprod(kept, axis=-1), np.float64)
    step: Floats = np.where(counted > 0, counted / np.maximum(at_risk * staying, 1), 0.0)
    step = np.where((counted > 0) & (staying == 0), np.inf, step)
    return SurvivalCurve(
        times=ascending,
        survival=np.take_along_axis(survival, ties.last, axis=-1),
        at_risk=at_risk.astype(np.float64),
        events=events.astype(np.float64),
        log_variance=np.take_along_axis(np.cumsum(step, axis=-1), ties.last, axis=-1),
        participants=participants.astype(np.float64),
    )


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
    survival = _after(curve.survival, passed, 1.0)
    limits = _after(band.low, passed, np.nan), _after(band.high, passed, np.nan)
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


def logrank_score(
    times: npt.ArrayLike,
    event_observed: npt.ArrayLike,
    arm: npt.ArrayLike,
    *,
    arms: Sequence[int],
    stratum: npt.ArrayLike = 0,
) -> LogRankScore:
    """Count events observed and expected in each of the arms, summed over strata."""
    _check_arms(arms)
    allocated, strata = np.asarray(arm), np.asarray(stratum, np.float64)
    compared = np.isin(allocated, list(arms))
    everyone = checked_follow_up(times, event_observed, compared)
    if np.any(np.isnan(strata) & everyone.included):
        raise ValueError("stratum must be a number for every participant compared; got nan")
    parts = []
    for label in np.unique(strata[~np.isnan(strata)]):
        inside = everyone.included & (strata == label)
        part = checked_follow_up(everyone.times, everyone.event_observed, inside)
        parts.append(_score_of_stratum(part, allocated, arms))
    return LogRankScore(*(np.sum(terms, axis=0) for terms in zip(*parts, strict=True)))


def logrank_test(
    times: npt.ArrayLike,
    event_observed: npt.ArrayLike,
    arm: npt.ArrayLike,
    *,
    arms: Sequence[int],
    stratum: npt.ArrayLike = 0,
) -> Test:
    """Test that two or more arms have the same survival, by the (stratified) log-rank test.

    The statistic is chi-square with one degree of freedom less than there are arms.

    >>> test = logrank_test([6, 4, 6, 2, 9, 8], [1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1], arms=[0, 1])
    >>> f"{test.statistic:.4f}, P={test.p_value:.4f}"
    '3.7765, P=0.0520'
    """
    score = logrank_score(times, event_observed, arm, arms=arms, stratum=stratum)
    allocated = np.broadcast_to(arm, np.broadcast_shapes(np.shape(arm), np.shape(times)))
    sizes = np.stack([np.sum(allocated == label, axis=-1) for label in arms], axis=-1)
    excess = (score.observed - score.expected)[..., :-1]
    covariance = score.covariance[..., :-1, :-1]
    spread = np.linalg.eigvalsh(covariance)
    reason = first_reason(
        (np.any(sizes == 0, axis=-1), Reason.NO_PARTICIPANTS),
        (np.sum(score.observed, axis=-1) == 0, Reason.NO_EVENTS),
        (spread[..., 0] <= 1e-12 * np.maximum(spread[..., -1], 1e-300), Reason.SINGULAR),
    )
    solvable = (reason == Reason.OK)[..., None, None]
    weight = np.linalg.solve(
        np.where(solvable, covariance, np.eye(len(arms) - 1)), excess[..., None]
    )
    statistic = np.sum(excess * weight[..., 0], axis=-1)
    return as_test(special.chdtrc(len(arms) - 1, statistic), statistic, reason)


def _score_of_stratum(
    follow_up: FollowUp, allocated: npt.NDArray[Any], arms: Sequence[int]
) -> tuple[Floats, Floats, Floats]:
    order = np.argsort(follow_up.times, axis=-1)
    ties = _ties(np.take_along_axis(follow_up.times, order, axis=-1))
    event = np.take_along_axis(follow_up.event_observed, order, axis=-1).astype(np.float64)
    membership = np.stack([follow_up.included & (allocated == label) for label in arms], axis=-2)
    member = np.take_along_axis(membership, order[..., None, :], axis=-1).astype(np.float64)
    left_before = np.cumsum(member, axis=-1) - member
    left_before = np.take_along_axis(left_before, ties.first[..., None, :], axis=-1)
    at_risk = np.sum(member, axis=-1, keepdims=True) - left_before
    total = np.maximum(np.sum(at_risk, axis=-2), 1.0)
    share = at_risk / total[..., None, :]
    tied = _within_ties(np.cumsum(event, axis=-1), ties)
    weight = event * (total - tied) / np.maximum(total - 1, 1.0)
    weighted = share * weight[..., None, :]
    products = [np.sum(weighted * share[..., a, None, :], axis=-1) for a in range(len(arms))]
    covariance = np.sum(weighted, axis=-1)[..., :, None] * np.eye(len(arms))
    covariance = covariance - np.stack(products, axis=-1)
    observed = np.sum(member * event[..., None, :], axis=-1)
    return observed, np.sum(share * event[..., None, :], axis=-1), covariance


def _check_arms(arms: Sequence[int]) -> None:
    if len(arms) < 2 or len(set(arms)) != len(arms):
        raise ValueError(f"arms must name two or more different arms; got {list(arms)}")


def _ties(ascending: Floats) -> _Ties:
    place = np.broadcast_to(np.arange(ascending.shape[-1]), ascending.shape)
    changes = ascending[..., 1:] != ascending[..., :-1]
    edge = np.ones((*ascending.shape[:-1], 1), bool)
    starts = np.concatenate([edge, changes], axis=-1)[..., : ascending.shape[-1]]
    ends = np.concatenate([changes, edge], axis=-1)[..., : ascending.shape[-1]]
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=-1)
    beyond = np.where(ends, place, ascending.shape[-1])[..., ::-1]
    return _Ties(first, np.minimum.accumulate(beyond, axis=-1)[..., ::-1])


def _within_ties(running: npt.NDArray[Any], ties: _Ties) -> npt.NDArray[Any]:
    """Total at each time, from a running total over the participants."""
    padded = np.concatenate([np.zeros((*running.shape[:-1], 1), running.dtype), running], axis=-1)
    until = np.take_along_axis(padded, ties.last + 1, axis=-1)
    return np.asarray(until - np.take_along_axis(padded, ties.first, axis=-1))


def _uncertain(curve: SurvivalCurve, level: float) -> tuple[Floats, Floats, float]:
    """Survival, NaN where it is 0 or 1, and the half width of its interval on the log scale."""
    level = checked_level(level)
    inside = (curve.survival > 0) & (curve.survival < 1)
    error = normal_quantile(level) * np.sqrt(np.where(inside, curve.log_variance, np.nan))
    return np.where(inside, curve.survival, np.nan), error, level


def _last_time(curve: SurvivalCurve) -> Floats:
    followed = np.where(curve.times < np.inf, curve.times, -np.inf)
    return np.asarray(np.max(followed, axis=-1))


def _after(heights: Floats, passed: npt.NDArray[np.intp], start: float) -> Floats:
    """Value of a step function once this many participants' times have passed."""
    edge = np.full((*heights.shape[:-1], 1), start)
    return np.take_along_axis(np.concatenate([edge, heights], axis=-1), passed, axis=-1)


def _crossing(times: Floats, heights: Floats, level: float, last: Floats) -> Floats:
    """First time at which a falling curve is at the level, averaged with where it leaves it."""
    reached = _first_time(times, heights <= level + FLAT)
    below = _first_time(times, heights <= level - FLAT)
    ends_flat = np.isfinite(reached) & np.isinf(below) & ~np.isnan(heights[..., -1])
    return (reached + np.where(ends_flat, last, below)) / 2


def _first_time(times: Floats, condition: npt.NDArray[np.bool_]) -> Floats:
    first = np.take_along_axis(times, np.argmax(condition, axis=-1)[..., None], axis=-1)
    return np.where(np.any(condition, axis=-1), first[..., 0], np.inf)
