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

from wholetrial.analysis.arguments import (
    Booleans,
    check_participants,
    checked_booleans,
    checked_level,
    refuse,
    same_shape,
)
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    Reasons,
    as_interval,
    first_reason,
)

TOLERANCE = 1e-12
"""Largest change of a probability in the last step of the EM iteration."""

OPTIMAL = 1e-9
"""Largest excess of a cell's weight over 1 at the maximum of the likelihood."""

NEARLY_OPTIMAL = 1e-7
"""The same where the iteration slows down without end: the log likelihood is within this of its
maximum for each participant, far below what the data can tell apart."""

NEARLY_NONE = (1e-1, 1e-2, 1e-3)
"""Probabilities below these are tried as 0 where the iteration does not come to rest."""

FIRST_STEPS = 1_000
MOST_STEPS = 200_000
STEPS_BETWEEN_CHECKS = 25

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


class _Intervals(NamedTuple):
    """Grid of all ends, and each participant's interval as places on it; inside is `(..., P)`."""

    grid: Floats
    lower: Indices
    upper: Indices
    inside: Booleans


class _Patterns(NamedTuple):
    """Different intervals: the cells each covers `(K, I)`, and how many have it `(R, K)`."""

    covers: Floats
    counts: Floats
    support: Booleans


def turnbull(
    lower: npt.ArrayLike, upper: npt.ArrayLike, included: npt.ArrayLike = True
) -> IntervalCensoredCurve:
    """Estimate, without assuming a shape, when the event happened; arrays `(..., P)`.

    The nonparametric maximum likelihood estimate, by EM from equal probabilities on the intervals
    that can hold any. Four participants with visits at weeks 4 and 8, one without a relapse:

    >>> curve = turnbull([0, 4, 0, 8], [4, 8, 8, float("inf")])
    >>> curve.right, curve.mass.round(6)
    (array([ 4.,  8., inf]), array([0.375, 0.375, 0.25 ]))
    """
    intervals = _checked_intervals(lower, upper, included)
    shape = intervals.inside.shape[:-1]
    patterns = _patterns(intervals)
    mass, converged = _expectation_maximization(patterns)
    participants = np.sum(patterns.counts, axis=-1)
    reason = first_reason(
        (participants == 0, Reason.NO_PARTICIPANTS), (~converged, Reason.NOT_CONVERGED)
    )
    known = reason == Reason.OK
    likelihood = np.where(patterns.counts > 0, mass @ patterns.covers.T, 1.0)
    log_likelihood = np.sum(patterns.counts * np.log(likelihood), axis=-1)
    return IntervalCensoredCurve(
        left=intervals.grid[:-1],
        right=intervals.grid[1:],
        mass=np.where(known[:, None], mass, np.nan).reshape(*shape, -1),
        participants=participants.reshape(shape),
        log_likelihood=np.where(known, log_likelihood, np.nan).reshape(shape),
        reason=reason.reshape(shape),
    )


def event_free_at(curve: IntervalCensoredCurve, time: float) -> Floats:
    """Give the probability of no event seen by a time: events count from the visit that sees them.

    >>> curve = turnbull([0, 4, 0, 8], [4, 8, 8, float("inf")])
    >>> [float(event_free_at(curve, week).round(3)) for week in (4, 7, 8)]
    [0.625, 0.625, 0.25]
    """
    return np.asarray(np.sum(curve.mass[..., curve.right > time], axis=-1))


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
    intervals = _checked_intervals(lower, upper, included)
    low, high = (intervals.grid[places] for places in (intervals.lower, intervals.upper))
    curve = turnbull(low, high, intervals.inside)
    draws = _checked_uniforms(uniforms, intervals.inside.shape, level)
    chosen, drawn = _resampled(intervals.inside, draws)
    samples = turnbull(_taken(low, chosen), _taken(high, chosen), drawn)
    values = event_free_at(samples, time)
    tail = (1 - level) / 2
    limits = np.quantile(values, [tail, 1 - tail], axis=0)
    value = event_free_at(curve, time)
    last_visit = np.max(curve.right, where=np.isfinite(curve.right), initial=0.0)
    reason = first_reason(
        (curve.reason == Reason.NO_PARTICIPANTS, Reason.NO_PARTICIPANTS),
        (curve.reason == Reason.NOT_CONVERGED, Reason.NOT_CONVERGED),
        (np.any(samples.reason == Reason.NOT_CONVERGED, axis=0), Reason.NOT_CONVERGED),
        ((time > last_visit) & (value > 0), Reason.BEYOND_FOLLOW_UP),
        (value >= 1 - TOLERANCE, Reason.NO_EVENTS),
        (value <= TOLERANCE, Reason.ALL_EVENTS),
    )
    value = np.where(reason == Reason.BEYOND_FOLLOW_UP, np.nan, value)
    return as_interval(value, (limits[0], limits[1]), level, reason)


def _checked_intervals(
    lower: npt.ArrayLike, upper: npt.ArrayLike, included: npt.ArrayLike
) -> _Intervals:
    low, high, inside = same_shape(
        np.asarray(lower, np.float64), np.asarray(upper, np.float64), np.asarray(included)
    )
    check_participants("lower", low)
    within = checked_booleans("included", inside)
    refuse("lower must be 0 or later", low, within & ~((low >= 0) & np.isfinite(low)))
    refuse("upper must be later than lower, or inf", high, within & ~(high > low))
    low, high = np.where(within, low, 0.0), np.where(within, high, np.inf)
    grid = np.unique(np.concatenate([low.ravel(), high.ravel(), [0.0, np.inf]]))
    return _Intervals(grid, np.searchsorted(grid, low), np.searchsorted(grid, high), within)


def _patterns(intervals: _Intervals) -> _Patterns:
    """Count each different interval in each analysis; the leading axes become one, `(R,)`."""
    participants, points = intervals.inside.shape[-1], len(intervals.grid)
    pair = (intervals.lower * points + intervals.upper).reshape(-1, participants)
    pairs, which = np.unique(pair, return_inverse=True)
    analyses = len(pair)
    place = np.arange(analyses)[:, None] * len(pairs) + which.reshape(pair.shape)
    weight = intervals.inside.reshape(pair.shape).ravel().astype(np.float64)
    counts: Floats = np.bincount(place.ravel(), weight, analyses * len(pairs)).astype(np.float64)
    counts = counts.reshape(analyses, -1)
    start, end = pairs[:, None] // points, pairs[:, None] % points
    cells = np.arange(points - 1)
    covers = ((start <= cells) & (cells < end)).astype(np.float64)
    present = counts > 0
    starts = present @ (start == np.arange(points)).astype(np.float64) > 0
    ends = present @ (end == np.arange(points)).astype(np.float64) > 0
    return _Patterns(covers, counts, _support(starts, ends))


def _support(starts: Booleans, ends: Booleans) -> Booleans:
    """Cells `(R, I)` that can hold probability: between a start and an end with neither between.

    Where other analyses' visits cut such a stretch into cells, the last one stands for all of it:
    an event counts from the visit that sees it, and a curve does not depend on its neighbors.
    """
    points = starts.shape[-1]
    place = np.arange(points)
    last_start, last_end = (
        np.maximum.accumulate(np.where(marks, place, -1), axis=-1)[:, :-1]
        for marks in (starts, ends)
    )
    next_start, next_end = (
        np.minimum.accumulate(np.where(marks, place, points)[:, ::-1], axis=-1)[:, ::-1][:, 1:]
        for marks in (starts, ends)
    )
    stretch = (last_start >= 0) & (last_start >= last_end) & (next_end <= next_start)
    return np.asarray(stretch & ends[:, 1:])


def _expectation_maximization(patterns: _Patterns) -> tuple[Floats, Booleans]:
    """Iterate every analysis until its probabilities stand still.

    Where one falls to exactly 0 the iteration slows down without end. There it is tried without the
    smallest probabilities, and the result taken if it is the maximum: no cell could take more.
    """
    nobody = np.sum(patterns.counts, axis=-1) == 0
    width = np.maximum(np.sum(patterns.support, axis=-1, keepdims=True), 1)
    mass, still = _iterated(patterns, patterns.support / width, ~nobody, FIRST_STEPS)
    for small in NEARLY_NONE:
        trimmed = np.where(mass < small, 0.0, mass)
        trimmed = trimmed / np.maximum(np.sum(trimmed, axis=-1, keepdims=True), small)
        tried, stands = _iterated(patterns, trimmed, ~still & ~nobody, FIRST_STEPS)
        better = ~still & stands & _is_maximum(patterns, tried, OPTIMAL)
        mass, still = np.where(better[:, None], tried, mass), still | better
    mass, still = _iterated(patterns, mass, ~still & ~nobody, MOST_STEPS)
    return mass, still | _is_maximum(patterns, mass, NEARLY_OPTIMAL)


def _iterated(
    patterns: _Patterns, start: Floats, moving: Booleans, steps: int
) -> tuple[Floats, Booleans]:
    """Probabilities after EM of the analyses that move, and which stand still at the end."""
    mass, active = start.copy(), np.flatnonzero(moving)
    total = np.maximum(np.sum(patterns.counts, axis=-1, keepdims=True), 1.0)
    for _ in range(steps // STEPS_BETWEEN_CHECKS):
        if len(active) == 0:
            break
        share, current = patterns.counts[active] / total[active], mass[active]
        change = np.zeros(len(active))
        for _ in range(STEPS_BETWEEN_CHECKS):
            following = current * _weight(patterns.covers, share, current)
            change = np.max(np.abs(following - current), axis=-1)
            current = following
        mass[active] = current
        active = active[change >= TOLERANCE]
    still = np.ones(len(mass), bool)
    still[active] = False
    return mass, still


def _weight(covers: Floats, share: Floats, mass: Floats) -> Floats:
    """Factor by which each cell's probability changes: above 1 where the data want more."""
    fitted = mass @ covers.T
    return np.asarray(np.divide(share, fitted, out=np.zeros_like(share), where=fitted > 0) @ covers)


def _is_maximum(patterns: _Patterns, mass: Floats, tolerance: float) -> Booleans:
    """Whether every participant is possible and no cell wants more probability."""
    possible = np.all((mass @ patterns.covers.T > 0) | (patterns.counts == 0), axis=-1)
    total = np.maximum(np.sum(patterns.counts, axis=-1, keepdims=True), 1.0)
    wanted = np.max(_weight(patterns.covers, patterns.counts / total, mass), axis=-1)
    return np.asarray(possible & (wanted <= 1 + tolerance))


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
