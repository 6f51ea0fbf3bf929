"""Time to an event that is seen only at visits: Turnbull's curve, with a bootstrap interval.

A participant's event lies in (lower, upper]: after the last visit without it and not later than the
visit that saw it; upper is `inf` where no visit saw it. References: Turnbull, J R Stat Soc B
1976;38:290-5. Efron and Tibshirani, An Introduction to the Bootstrap, 1993 (percentile interval).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans, checked_level, refuse
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    Reasons,
    as_interval,
    first_reason,
)
from wholetrial.analysis.times.interval_cells import (
    Intervals,
    blocks_of_analyses,
    cells_of,
    checked_intervals,
    sizes_of,
)
from wholetrial.analysis.times.interval_maximum import maximum_likelihood

TOLERANCE = 1e-9
"""A probability this near to a level counts as lying on it."""

Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class IntervalCensoredCurve:
    """Probability `(..., I)` of having the event in each interval (left, right], `(I,)` each.

    Within an interval the data do not say when. `participants`, `log_likelihood` and `reason` are
    `(...)`; where the reason is not OK the probabilities are NaN.
    """

    left: Floats
    right: Floats
    mass: Floats
    participants: Floats
    log_likelihood: Floats
    reason: Reasons


@dataclass(frozen=True, slots=True)
class EventTime:
    """The stretch (after, by] in which a share of participants has had the event; arrays `(...)`.

    The data do not say when in it. Both are `inf` where the share is not reached.
    """

    after: Floats
    by: Floats
    reason: Reasons


class _Estimate(NamedTuple):
    """Cells `(R, M)` with their probabilities; participants, log likelihood and reason `(R,)`."""

    left: Floats
    right: Floats
    mass: Floats
    participants: Floats
    log_likelihood: Floats
    reason: Reasons


def turnbull(
    lower: npt.ArrayLike, upper: npt.ArrayLike, included: npt.ArrayLike = True
) -> IntervalCensoredCurve:
    """Estimate, without assuming a shape, when the event happened; arrays `(..., P)`.

    The nonparametric maximum likelihood estimate; where several are equally likely, one of them.
    Four participants with visits at weeks 4 and 8, one without a relapse:

    >>> curve = turnbull([0, 4, 0, 8], [4, 8, 8, float("inf")])
    >>> curve.right, curve.mass.round(6)
    (array([ 4.,  8., inf]), array([0.375, 0.375, 0.25 ]))
    """
    intervals = checked_intervals(lower, upper, included)
    shape = intervals.inside.shape[:-1]
    found = _estimated(intervals)
    ends = [intervals.lower.ravel(), intervals.upper.ravel(), np.array([0.0, np.inf])]
    grid: Floats = np.unique(np.concatenate(ends))
    mass = np.zeros((len(found.mass), len(grid) - 1))
    place = np.searchsorted(grid, found.right) - 1
    np.add.at(mass, (np.arange(len(mass))[:, None], place), found.mass)
    return IntervalCensoredCurve(
        left=grid[:-1],
        right=grid[1:],
        mass=np.where((found.reason == Reason.OK)[:, None], mass, np.nan).reshape(
            (*shape, len(grid) - 1)
        ),
        participants=found.participants.reshape(shape),
        log_likelihood=found.log_likelihood.reshape(shape),
        reason=found.reason.reshape(shape),
    )


def event_free_at(curve: IntervalCensoredCurve, time: float) -> Floats:
    """Give the probability of no event seen by a time: events count from the visit that sees them.

    >>> curve = turnbull([0, 4, 0, 8], [4, 8, 8, float("inf")])
    >>> [float(event_free_at(curve, week).round(3)) for week in (4, 7, 8)]
    [0.625, 0.625, 0.25]
    """
    return np.asarray(np.sum(curve.mass[..., curve.right > time], axis=-1))


def event_time(
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    probability: float = 0.5,
    *,
    included: npt.ArrayLike = True,
) -> EventTime:
    """Estimate the stretch of time in which this share of participants has had the event.

    Half of these five had it between weeks 4 and 8, nobody knows when:

    >>> median = event_time([0, 0, 4, 4, 8], [4, 4, 8, 8, float("inf")])
    >>> float(median.after), float(median.by)
    (4.0, 8.0)
    """
    _check_probability(probability)
    intervals = checked_intervals(lower, upper, included)
    shape = intervals.inside.shape[:-1]
    found = _estimated(intervals)
    after, by = _reached(found, probability)
    reason = first_reason(
        (found.reason != Reason.OK, Reason.NO_PARTICIPANTS),
        (~np.any(np.isfinite(found.right) & (found.mass > 0), axis=-1), Reason.NO_EVENTS),
    )
    reason = np.where(found.reason == Reason.OK, reason, found.reason).astype(np.int8)
    unknown = found.reason != Reason.OK
    after, by = np.where(unknown, np.nan, [after, by])
    return EventTime(after.reshape(shape), by.reshape(shape), reason.reshape(shape))


def event_free_bootstrap(
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    time: float,
    uniforms: npt.ArrayLike,
    *,
    included: npt.ArrayLike = True,
    level: float = 0.95,
) -> Interval:
    """Estimate the probability of no event seen by a time, with a percentile bootstrap interval.

    `uniforms` `(B, ..., P)` are random numbers in [0, 1) that draw B samples of the participants.
    Current limitations: the percentile interval is approximate, and too narrow in small arms.
    """
    level = checked_level(level)
    intervals = checked_intervals(lower, upper, included)
    shape = intervals.inside.shape[:-1]
    found, samples = _with_samples(intervals, uniforms, level)
    value = _free_at(found, time).reshape(shape)
    values = _free_at(samples, time).reshape((-1, *shape))
    tail = (1 - level) / 2
    limits = np.quantile(values, [tail, 1 - tail], axis=0)
    seen = np.where(np.isfinite(intervals.upper), intervals.upper, intervals.lower)
    last_visit = np.max(seen, axis=-1)
    reason = first_reason(
        *_failures(found, samples, shape),
        ((time > last_visit) & (value > 0), Reason.BEYOND_FOLLOW_UP),
        (value >= 1 - TOLERANCE, Reason.NO_EVENTS),
        (value <= TOLERANCE, Reason.ALL_EVENTS),
    )
    value = np.where(reason == Reason.BEYOND_FOLLOW_UP, np.nan, value)
    return as_interval(value, (limits[0], limits[1]), level, reason)


def event_time_bootstrap(
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    probability: float,
    uniforms: npt.ArrayLike,
    *,
    included: npt.ArrayLike = True,
    level: float = 0.95,
) -> Interval:
    """Estimate by when this share had the event, with a percentile bootstrap interval.

    The value and the limits are visits: the ends of the stretches of `event_time`, which says since
    when the event is possible. A share not reached gives `inf`. `uniforms` `(B, ..., P)` draw B
    samples. Current limitations: as of `event_free_bootstrap`.
    """
    _check_probability(probability)
    level = checked_level(level)
    intervals = checked_intervals(lower, upper, included)
    shape = intervals.inside.shape[:-1]
    found, samples = _with_samples(intervals, uniforms, level)
    value = _reached(found, probability)[1].reshape(shape)
    values = _reached(samples, probability)[1].reshape((-1, *shape))
    tail = (1 - level) / 2
    low = np.quantile(values, tail, axis=0, method="lower")
    high = np.quantile(values, 1 - tail, axis=0, method="higher")
    never = np.all(~np.isfinite(intervals.upper), axis=-1)
    reason = first_reason(*_failures(found, samples, shape), (never, Reason.NO_EVENTS))
    failed = (found.reason != Reason.OK).reshape(shape)
    return as_interval(np.where(failed, np.nan, value), (low, high), level, reason)


def _estimated(intervals: Intervals) -> _Estimate:
    """Turnbull's estimate of every analysis; the leading axes become one, `(R,)`."""
    people = intervals.inside.shape[-1]
    flat = Intervals(
        intervals.lower.reshape(-1, people),
        intervals.upper.reshape(-1, people),
        intervals.inside.reshape(-1, people),
    )
    parts, places = [], []
    for block in blocks_of_analyses(len(flat.inside), people):
        within = Intervals(flat.lower[block], flat.upper[block], flat.inside[block])
        sizes = sizes_of(within)
        for needed in np.unique(sizes, axis=0):
            rows = np.flatnonzero((sizes == needed).all(axis=-1))
            alike = Intervals(within.lower[rows], within.upper[rows], within.inside[rows])
            parts.append(_of_block(alike, (int(needed[0]), int(needed[1]))))
            places.append(rows + block.start)
    width = max(part.mass.shape[-1] for part in parts)
    order = np.argsort(np.concatenate(places))
    joined = [
        np.concatenate([_filled_up(values, width) for values in column])[order]
        for column in zip(*parts, strict=True)
    ]
    return _Estimate(*joined)


def _of_block(intervals: Intervals, least: tuple[int, int]) -> _Estimate:
    cells = cells_of(intervals, least)
    mass, optimal = maximum_likelihood(cells)
    participants = np.sum(cells.counts, axis=-1)
    reason = first_reason(
        (participants == 0, Reason.NO_PARTICIPANTS), (~optimal, Reason.NOT_CONVERGED)
    )
    fitted = (cells.covers @ mass[..., None])[..., 0]
    logs = np.log(np.where((cells.counts > 0) & (fitted > 0), fitted, 1.0))
    log_likelihood = np.where(reason == Reason.OK, np.sum(cells.counts * logs, axis=-1), np.nan)
    return _Estimate(cells.left, cells.right, mass, participants, log_likelihood, reason)


def _filled_up(values: npt.NDArray[Any], width: int) -> npt.NDArray[Any]:
    """Cells of no probability at the end, so that all analyses have the same number."""
    if values.ndim == 1 or values.shape[-1] == width:
        return values
    fill = np.inf if np.isinf(values[:, -1:]).all() else 0.0
    empty = np.full((len(values), width - values.shape[-1]), fill)
    return np.concatenate([values, empty], axis=-1)


def _free_at(found: _Estimate, time: float) -> Floats:
    later = np.where(found.right > time, found.mass, 0.0)
    # In order, so that cells of no probability at the end change no bit.
    return np.asarray(np.cumsum(later, axis=-1)[..., -1])


def _reached(found: _Estimate, probability: float) -> tuple[Floats, Floats]:
    """Ends of the first cell at which this share has had the event."""
    seen = np.where(np.isfinite(found.right), found.mass, 0.0)
    there = np.cumsum(seen, axis=-1) >= probability - TOLERANCE
    first = np.argmax(there, axis=-1)[:, None]
    never = ~np.any(there, axis=-1)
    after, by = (
        np.where(never, np.inf, np.take_along_axis(ends, first, axis=-1)[:, 0])
        for ends in (found.left, found.right)
    )
    return after, by


def _with_samples(
    intervals: Intervals, uniforms: npt.ArrayLike, level: float
) -> tuple[_Estimate, _Estimate]:
    """The estimate, and those of the samples that the random numbers draw, `(B * R,)`."""
    draws = _checked_uniforms(uniforms, intervals.inside.shape, level)
    chosen, drawn = _resampled(intervals.inside, draws)
    lower, upper = (_taken(ends, chosen) for ends in (intervals.lower, intervals.upper))
    return _estimated(intervals), _estimated(Intervals(lower, upper, drawn))


def _failures(
    found: _Estimate, samples: _Estimate, shape: tuple[int, ...]
) -> tuple[tuple[Booleans, Reason], ...]:
    unsettled = (samples.reason == Reason.NOT_CONVERGED).reshape((-1, *shape))
    return (
        ((found.reason == Reason.NO_PARTICIPANTS).reshape(shape), Reason.NO_PARTICIPANTS),
        ((found.reason == Reason.NOT_CONVERGED).reshape(shape), Reason.NOT_CONVERGED),
        (np.any(unsettled, axis=0), Reason.NOT_CONVERGED),
    )


def _check_probability(probability: float) -> None:
    if not 0 < probability < 1:
        raise ValueError(f"probability must lie between 0 and 1, such as 0.5; got {probability!r}")


def _checked_uniforms(uniforms: npt.ArrayLike, shape: tuple[int, ...], level: float) -> Floats:
    draws = np.asarray(uniforms, np.float64)
    if draws.ndim != len(shape) + 1 or draws.shape[1:] != shape:
        expected = ", ".join(str(size) for size in shape)
        raise ValueError(f"uniforms must have the shape (B, {expected}); got {draws.shape}")
    refuse("uniforms must lie in [0, 1)", draws, ~((draws >= 0) & (draws < 1)))
    needed = int(np.ceil(2 / (1 - level)))
    if len(draws) < needed:
        raise ValueError(
            f"uniforms must draw at least {needed} samples for a {level:.0%} interval; "
            f"got {len(draws)}"
        )
    return draws


def _resampled(inside: Booleans, draws: Floats) -> tuple[Indices, Booleans]:
    """Draw as many included participants as there are, with replacement, `(B, ..., P)`."""
    first = np.argsort(~inside, axis=-1, kind="stable")
    count = np.sum(inside, axis=-1, keepdims=True)
    drawn = np.floor(draws * count).astype(np.intp)
    chosen = _taken(first, drawn)
    return chosen, np.broadcast_to(np.arange(inside.shape[-1]) < count, draws.shape)


def _taken(values: npt.NDArray[Any], chosen: Indices) -> npt.NDArray[Any]:
    return np.take_along_axis(np.broadcast_to(values, chosen.shape), chosen, axis=-1)
