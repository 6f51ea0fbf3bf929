"""Harrell's concordance index: how often who has more of something has the event later.

Two participants can be compared where one is known to have the event before the other: both times
differ and the earlier one is an event, or both times are the same and one of them is an event and
the other no event. The index is the share of such pairs in which the later one has more of the
predictor; where both have the same, the pair counts half. 0.5 says that the predictor tells
nothing, 1 that more of it always goes with later, 0 that it always goes with earlier.

References: Harrell, Califf, Pryor, Lee, Rosati, JAMA 1982;247:2543-6. The variance is the
infinitesimal jackknife of Therneau and Atkinson, Concordance, vignette of R's survival package.
Current limitation: all pairs of a trial are held in memory at once, so ten thousand participants
of one trial take gigabytes; thousands of small trials take little.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import FollowUp, checked_follow_up, checked_level
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    as_interval,
    first_reason,
    normal_quantile,
)
from wholetrial.analysis.times.ordered import blocks_of


class Pairs(NamedTuple):
    """How many comparable pairs each participant, or each trial, has a part in.

    `later` are those in which who has more has the event later, `earlier` those in which who has
    more has it earlier, `same` those in which both have the same of the predictor.
    """

    later: Floats
    earlier: Floats
    same: Floats

    @property
    def comparable(self) -> Floats:
        """All comparable pairs."""
        return self.later + self.earlier + self.same

    @property
    def surplus(self) -> Floats:
        """Pairs that go with later, those that count half included."""
        return self.later + self.same / 2


def concordance(
    time: npt.ArrayLike,
    event_observed: npt.ArrayLike,
    predictor: npt.ArrayLike,
    *,
    included: npt.ArrayLike = True,
    level: float = 0.95,
) -> Interval:
    """Estimate the index of each trial; arrays `(..., P)`, and a predictor that is NaN is left out.

    The interval is normal around the index, so it may pass 0 or 1 where there are few pairs.

    >>> found = concordance([4, 8, 12, 16], [1, 1, 1, 0], [1.0, 3.0, 2.0, 5.0])
    >>> round(float(found.value), 3)
    0.833
    """
    level = checked_level(level)
    each = pairs_of_each(time, event_observed, predictor, included=included)
    counted = _summed(each)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = counted.surplus / counted.comparable
        pull = each.surplus - value[..., None] * each.comparable
        pull = pull / (counted.comparable[..., None] / 2)  # each pair stands with both of its two
    return _interval(value, np.sum(pull**2, axis=-1), counted, level)


def pooled_concordance(pairs: Pairs, *, level: float = 0.95) -> Interval:
    """Pool the pairs of many trials `(..., R)`; nobody is compared with somebody of another trial.

    The trials are the sampling units: the variance is that of a ratio of two sums over them, so the
    interval says how far the index of so many simulated trials is from that of endlessly many.

    >>> pairs = Pairs(np.array([8.0, 6.0]), np.array([2.0, 4.0]), np.zeros(2))
    >>> found = pooled_concordance(pairs)
    >>> round(float(found.value), 2), round(float(found.low), 2)
    (0.7, 0.5)
    """
    level = checked_level(level)
    counted, trials = _summed(pairs), pairs.comparable.shape[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        value = counted.surplus / counted.comparable
        pull = pairs.surplus - value[..., None] * pairs.comparable
        variance = np.sum(pull**2, axis=-1) / counted.comparable**2 * trials / max(trials - 1, 1)
    return _interval(value, np.where(trials > 1, variance, np.nan), counted, level)


def pairs_of(
    time: npt.ArrayLike,
    event_observed: npt.ArrayLike,
    predictor: npt.ArrayLike,
    *,
    included: npt.ArrayLike = True,
) -> Pairs:
    """Count the pairs of each trial, `(...)`.

    >>> pairs = pairs_of([4, 8, 12, 16], [1, 1, 1, 0], [1.0, 3.0, 2.0, 5.0])
    >>> int(pairs.later), int(pairs.earlier), int(pairs.same)
    (5, 1, 0)
    """
    each = pairs_of_each(time, event_observed, predictor, included=included)
    return Pairs(*(np.asarray(part / 2) for part in _summed(each)))


def pairs_of_each(
    time: npt.ArrayLike,
    event_observed: npt.ArrayLike,
    predictor: npt.ArrayLike,
    *,
    included: npt.ArrayLike = True,
) -> Pairs:
    """Count the comparable pairs that each participant has a part in, `(..., P)`.

    Raises ValueError for a time that is negative or unknown.
    """
    values = np.asarray(predictor, np.float64)
    known = np.asarray(included, np.bool_) & ~np.isnan(values)
    found = checked_follow_up(time, event_observed, known)
    shape, people = found.times.shape, found.times.shape[-1]
    flat = FollowUp(
        found.times.reshape(-1, people),
        found.event_observed.reshape(-1, people),
        found.included.reshape(-1, people),
    )
    more = np.broadcast_to(values, shape).reshape(-1, people)
    counts = np.zeros((3, *flat.times.shape))
    for block in blocks_of(len(more), people * people):
        some = FollowUp(flat.times[block], flat.event_observed[block], flat.included[block])
        counts[:, block] = _counted(some, more[block])
    return Pairs(*counts.reshape(3, *shape))


def _counted(found: FollowUp, more: Floats) -> Floats:
    """Pairs of each participant that go with later, with earlier, with neither, `(3, R, P)`."""
    time, event = found.times, found.event_observed
    first = time[..., :, None] < time[..., None, :]
    tied = (time[..., :, None] == time[..., None, :]) & ~event[..., None, :]
    comes_first = event[..., :, None] & (first | tied) & found.included[..., None, :]
    gap = more[..., None, :] - more[..., :, None]
    kinds = [comes_first & (gap > 0), comes_first & (gap < 0), comes_first & (gap == 0)]
    return np.stack([np.sum(kind, axis=-1) + np.sum(kind, axis=-2) for kind in kinds]).astype(float)


def _summed(pairs: Pairs) -> Pairs:
    """The pairs over the last axis."""
    return Pairs(*(np.asarray(np.sum(part, axis=-1)) for part in pairs))


def _interval(value: Floats, variance: Floats, counted: Pairs, level: float) -> Interval:
    width = normal_quantile(level) * np.sqrt(variance)
    reason = first_reason((np.isnan(variance), Reason.TOO_FEW))
    return as_interval(value, (value - width, value + width), level, reason)
