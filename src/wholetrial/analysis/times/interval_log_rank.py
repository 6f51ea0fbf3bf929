"""The log-rank test where an event is seen only at visits, with its permutation variance.

Everybody gets a score from Turnbull's estimate of all arms together: positive where the event came
early. Sun's score is the mean, over where the event may lie, of the log-rank score 1 - cumulative
hazard; it is the log-rank score itself where every time is known. Finkelstein's is the score of
proportional hazards. Arms are compared by the sums of their scores, and the variance is that over
all allocations of the scores to the arms; strata have estimates of their own.

References: Sun, Stat Med 1996;15:1387-95. Finkelstein, Biometrics 1986;42:845-54. Fay, Biometrics
1996;52:811-22 and Fay and Shaw, J Stat Softw 2010;36(2):1-34 (permutation form). Limitation: the
permutation form supposes that the arms have the same visits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Alternative, Booleans, check_participants, same_shape
from wholetrial.analysis.estimate import Floats, Reason, Reasons, Test, first_reason
from wholetrial.analysis.times.interval_cells import (
    Cells,
    Intervals,
    blocks_of_analyses,
    cells_of,
    checked_intervals,
)
from wholetrial.analysis.times.interval_maximum import maximum_likelihood
from wholetrial.analysis.times.log_rank import check_arms
from wholetrial.analysis.times.ordered import Indices, checked_strata
from wholetrial.analysis.times.score_test import chi_square_test, directed_test

Scores = Literal["sun", "finkelstein"]

NO_SPREAD = 1e-20
"""Variance of the scores that is rounding."""


@dataclass(frozen=True, slots=True)
class IntervalScore:
    """Sum of the scores by arm `(..., A)`, its permutation covariance `(..., A, A)`, participants.

    `excess` is in events beyond those expected; `reason` `(...)` says why there is none.
    """

    excess: Floats
    covariance: Floats
    participants: Floats
    reason: Reasons


def interval_logrank_score(
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    arm: npt.ArrayLike,
    *,
    arms: Sequence[int],
    stratum: npt.ArrayLike = 0,
    scores: Scores = "sun",
) -> IntervalScore:
    """Sum the scores of each of the arms, over strata; intervals (lower, upper], `(..., P)`.

    `upper` is `inf` where the event was not seen. Participants of other arms are left out.

    >>> inf = float("inf")
    >>> score = interval_logrank_score(
    ...     [0, 0, 4, 4, 8, 8], [4, 8, 8, inf, inf, inf], [0, 0, 0, 1, 1, 1], arms=[0, 1]
    ... )
    >>> score.excess.round(4).tolist()
    [1.5907, -1.5907]
    """
    check_arms(arms)
    if scores not in _CELL_SCORES:
        raise ValueError(f"scores must be sun or finkelstein; got {scores!r}")
    labels, low, high = same_shape(
        np.asarray(arm), np.asarray(lower, np.float64), np.asarray(upper, np.float64)
    )
    check_participants("lower", low)
    number = np.full(labels.shape, -1, np.intp)
    for place, label in enumerate(arms):
        number[labels == label] = place
    intervals = checked_intervals(low, high, number >= 0)
    strata = checked_strata(stratum, intervals.inside)
    shape, people = labels.shape[:-1], labels.shape[-1]
    split = _by_stratum(intervals, strata)
    value, settled = _scored(split, _CELL_SCORES[scores])
    among = 1 if strata is None else int(np.max(strata, initial=0)) + 1
    excess, covariance, participants = _of_arms(
        value.reshape(-1, among, people),
        split.inside.reshape(-1, among, people),
        number.reshape(-1, 1, people),
        arms,
    )
    seen = np.any(intervals.inside & np.isfinite(intervals.upper), axis=-1)
    reason = first_reason(
        (np.any(participants == 0, axis=-1).reshape(shape), Reason.NO_PARTICIPANTS),
        (~seen, Reason.NO_EVENTS),
        (~np.all(settled.reshape(-1, among), axis=-1).reshape(shape), Reason.NOT_CONVERGED),
    )
    size = len(arms)
    return IntervalScore(
        excess.reshape((*shape, size)),
        covariance.reshape((*shape, size, size)),
        participants.reshape((*shape, size)),
        reason,
    )


def interval_logrank_test(
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    arm: npt.ArrayLike,
    *,
    arms: Sequence[int],
    stratum: npt.ArrayLike = 0,
    scores: Scores = "sun",
) -> Test:
    """Test that arms have the same times to an event that is seen only at visits.

    The statistic is chi-square with one degree of freedom less than there are arms.

    >>> inf = float("inf")
    >>> test = interval_logrank_test(
    ...     [0, 0, 4, 4, 8, 8], [4, 8, 8, inf, inf, inf], [0, 0, 0, 1, 1, 1], arms=[0, 1]
    ... )
    >>> f"{test.statistic:.4f}, P={test.p_value:.4f}"
    '4.4000, P=0.0359'
    """
    score = interval_logrank_score(lower, upper, arm, arms=arms, stratum=stratum, scores=scores)
    return chi_square_test(score.excess, score.covariance, score.reason)


def directed_interval_logrank_test(
    score: IntervalScore, alternative: Alternative = "two_sided"
) -> Test:
    """Test two arms with a direction: z is positive where the first has its events earlier.

    `less` asks whether the first of `arms` has its events later, as a benefit of it would.
    """
    return directed_test(score.excess, score.covariance, score.reason, alternative)


def _by_stratum(intervals: Intervals, strata: Indices | None) -> Intervals:
    """Each stratum of each analysis as an analysis of its own, `(R * S, P)`."""
    people = intervals.inside.shape[-1]
    inside = intervals.inside.reshape(-1, 1, people)
    if strata is not None:
        labels = np.arange(int(np.max(strata, initial=0)) + 1)[:, None]
        inside = inside & (strata.reshape(-1, 1, people) == labels)
    lower = np.where(inside, intervals.lower.reshape(-1, 1, people), 0.0)
    upper = np.where(inside, intervals.upper.reshape(-1, 1, people), np.inf)
    return Intervals(
        lower.reshape(-1, people), upper.reshape(-1, people), inside.reshape(-1, people)
    )


def _scored(
    intervals: Intervals, cell_scores: Callable[[Cells, Floats], Floats]
) -> tuple[Floats, Booleans]:
    """Score of each participant `(R, P)`, 0 of those left out; whether the estimate settled."""
    value = np.zeros(intervals.inside.shape)
    settled = np.ones(len(intervals.inside), bool)
    for block in blocks_of_analyses(len(settled), intervals.inside.shape[-1]):
        inside = intervals.inside[block]
        cells = cells_of(Intervals(intervals.lower[block], intervals.upper[block], inside))
        mass, settled[block] = maximum_likelihood(cells)
        fitted, sums = (
            (cells.covers @ weights[..., None])[..., 0]
            for weights in (mass, cell_scores(cells, mass))
        )
        of_interval = np.divide(sums, fitted, out=np.zeros_like(sums), where=fitted > 0)
        value[block] = np.where(inside, np.take_along_axis(of_interval, cells.which, axis=-1), 0.0)
    return value, settled


def _sun(cells: Cells, mass: Floats) -> Floats:
    """Probability of each cell times 1 - cumulative hazard; of the last without an end, times less.

    Somebody never seen with the event has only the hazard passed, and no event.
    """
    remaining = np.cumsum(mass[:, ::-1], axis=-1)[:, ::-1]
    seen = np.isfinite(cells.right)
    hazard = np.divide(mass, remaining, out=np.zeros_like(mass), where=seen & (mass > 0))
    return np.asarray(mass * (seen - np.cumsum(hazard, axis=-1)))


def _finkelstein(cells: Cells, mass: Floats) -> Floats:
    """Fall of S log S over each cell, S the probability of no event yet."""
    remaining = np.cumsum(mass[:, ::-1], axis=-1)[:, ::-1]
    left = np.concatenate([remaining[:, 1:], np.zeros((len(mass), 1))], axis=-1)
    before, after = (value * np.log(np.where(value > 0, value, 1.0)) for value in (remaining, left))
    return np.where(mass > 0, before - after, 0.0)


_CELL_SCORES: Mapping[str, Callable[[Cells, Floats], Floats]] = MappingProxyType(
    {"sun": _sun, "finkelstein": _finkelstein}
)


def _of_arms(
    value: Floats, inside: Booleans, number: Indices, arms: Sequence[int]
) -> tuple[Floats, Floats, Floats]:
    """Sums by arm `(R, A)` with their covariance, from scores `(R, S, P)` of each stratum."""
    people = np.sum(inside, axis=-1)
    mean = np.sum(value, axis=-1) / np.maximum(people, 1)
    centered = np.where(inside, value - mean[..., None], 0.0)
    spread = np.sum(centered**2, axis=-1) / np.maximum(people - 1, 1)
    spread = np.where(spread > NO_SPREAD, spread, 0.0)
    members = [inside & (number == place) for place in range(len(arms))]
    sums = np.stack([np.sum(centered * member, axis=-1) for member in members], axis=-1)
    sizes = np.stack([np.sum(member, axis=-1) for member in members], axis=-1).astype(np.float64)
    share = sizes / np.maximum(people, 1)[..., None]
    covariance = sizes[..., None] * (np.eye(len(arms)) - share[..., None, :])
    return (
        np.sum(sums, axis=-2),
        np.sum(covariance * spread[..., None, None], axis=-3),
        np.sum(sizes, axis=-2),
    )
