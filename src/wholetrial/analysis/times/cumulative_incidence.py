"""The probability of an event where another may come first: the Aalen-Johansen estimate.

A participant who leaves the trial, or dies, can no longer relapse: counting that as censored would
overstate relapse. Participants are the last axis, `(..., P)`. References: Aalen and Johansen, Scand
J Stat 1978;5:141-50. Dinse and Larson, Biometrika 1986;73:379-86 (variance).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import checked_follow_up, checked_level, refuse, same_shape
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    as_interval,
    first_reason,
    normal_quantile,
)
from wholetrial.analysis.times.ordered import at_places, by_time, in_order, step_at, within_ties

CERTAIN = 1 - 1e-12
"""An incidence above this is 1: everybody had the event."""


@dataclass(frozen=True, slots=True)
class IncidenceCurve:
    """Probability of the event of one cause by each participant's time, ascending; `(..., P)`.

    `variance` is the delta method's; those left out stand at the end at time `inf`.
    `participants` is `(...)`, and so is `event_free`, the probability of no event of any cause
    after the last time.
    """

    times: Floats
    incidence: Floats
    variance: Floats
    event_free: Floats
    participants: Floats


def cumulative_incidence(
    times: npt.ArrayLike, cause: npt.ArrayLike, of: int, *, included: npt.ArrayLike = True
) -> IncidenceCurve:
    """Estimate the probability of the event of cause `of`, the other causes competing with it.

    `cause` is 0 where the time is censored, otherwise the number of the cause, from 1. Of five
    participants the second relapses (1) and the third and the fourth leave (2):

    >>> curve = cumulative_incidence([1, 2, 3, 4, 5], [0, 1, 2, 2, 1], of=1)
    >>> curve.incidence
    array([0.  , 0.25, 0.25, 0.25, 0.5 ])
    """
    if isinstance(of, bool) or of != int(of) or of < 1:
        raise ValueError(f"of must be the number of a cause, from 1; got {of!r}")
    days, reasons, inside = same_shape(
        np.asarray(times, np.float64), np.asarray(cause, np.float64), np.asarray(included)
    )
    known = np.where(inside, reasons, 0.0)
    refuse(
        "cause must be 0 (censored) or the number of a cause",
        known,
        ~((known >= 0) & (known == np.floor(known)) & np.isfinite(known)),
    )
    follow_up = checked_follow_up(days, known > 0, inside)
    order = by_time(follow_up)
    ascending = in_order(follow_up.times, order.participant)
    ended = in_order(follow_up.event_observed, order.participant)
    here = in_order((known == of) & follow_up.included, order.participant)
    at_risk = np.maximum(order.stop - order.ties.first, 1).astype(np.float64)
    last = order.ties.last == np.arange(ascending.shape[-1])
    events, all_events = (
        np.where(last, within_ties(np.cumsum(marks, axis=-1), order.ties), 0).astype(np.float64)
        for marks in (here, ended)
    )
    staying = np.where(last, at_risk - all_events, at_risk)
    survival: Floats = np.asarray(np.cumprod(staying / at_risk, axis=-1), np.float64)
    before = np.concatenate([np.ones_like(survival[..., :1]), survival[..., :-1]], axis=-1)
    incidence = np.cumsum(before * events / at_risk, axis=-1)
    leaving = np.where(staying > 0, all_events / (at_risk * np.maximum(staying, 1.0)), 0.0)
    own = before**2 * events * (at_risk - events) / at_risk**3
    shared = before * events / at_risk**2
    variance = (
        incidence**2 * np.cumsum(leaving, axis=-1)
        - 2 * incidence * np.cumsum(leaving * incidence + shared, axis=-1)
        + np.cumsum(leaving * incidence**2 + 2 * shared * incidence + own, axis=-1)
    )
    return IncidenceCurve(
        times=ascending,
        incidence=at_places(incidence, order.ties.last),
        variance=at_places(np.maximum(variance, 0.0), order.ties.last),
        event_free=survival[..., -1],
        participants=np.sum(follow_up.included, axis=-1).astype(np.float64),
    )


def incidence_at(
    curve: IncidenceCurve, time: npt.ArrayLike, level: float = 0.95, *, extend: bool = False
) -> Interval:
    """Estimate the incidence by a time `()` or by times `(T,)`, limits on the scale log(-log).

    After the last participant's time it is not estimated where somebody had no event yet, unless
    `extend` carries the last value forward.

    >>> curve = cumulative_incidence([1, 2, 3, 4, 5], [0, 1, 2, 2, 1], of=1)
    >>> interval = incidence_at(curve, 3)
    >>> f"{interval.value:.2f} ({interval.low:.3f} to {interval.high:.3f})"
    '0.25 (0.009 to 0.665)'
    """
    level = checked_level(level)
    moments = np.asarray(time, np.float64)
    passed = np.sum(curve.times[..., None, :] <= moments.reshape(-1, 1), axis=-1)
    incidence, variance = (
        step_at(steps, passed, 0.0) for steps in (curve.incidence, curve.variance)
    )
    followed = np.where(curve.times < np.inf, curve.times, -np.inf)
    over = moments.reshape(-1) > np.max(followed, axis=-1, keepdims=True)
    over = over & (curve.event_free > 0)[..., None] & (not extend)
    empty = np.broadcast_to((curve.participants == 0)[..., None], incidence.shape)
    reason = first_reason(
        (empty, Reason.NO_PARTICIPANTS),
        (over, Reason.BEYOND_FOLLOW_UP),
        (incidence <= 0, Reason.NO_EVENTS),
        (incidence >= CERTAIN, Reason.ALL_EVENTS),
    )
    log = np.log(np.where(reason == Reason.OK, incidence, 0.5))
    half = normal_quantile(level) * np.sqrt(variance) / np.abs(log)
    factor = np.exp(half / np.where(reason == Reason.OK, incidence, 1.0))
    value = np.where(empty | over, np.nan, incidence)
    shape = (*curve.participants.shape, *moments.shape)
    limits = np.exp(log * factor).reshape(shape), np.exp(log / factor).reshape(shape)
    return as_interval(value.reshape(shape), limits, level, reason.reshape(shape))
