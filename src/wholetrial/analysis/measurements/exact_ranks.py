"""Exact rank tests, given the ties; and the medians of pairs, with limits that belong to them.

Values are `(..., P)`; NaN is left out. A distribution is counted once for each pattern of ties that
occurs. References: Wilcoxon F. Biometrics Bull 1945;1:80-3. Hodges JL, Lehmann EL. Ann Math Stat
1963;34:598-611.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import (
    Alternative,
    Booleans,
    checked_alternative,
    checked_booleans,
    checked_level,
    same_shape,
)
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    Reasons,
    Test,
    as_interval,
    as_test,
    first_reason,
)
from wholetrial.analysis.measurements.ranks import (
    Ordered,
    checked_pair,
    midranks,
    ordered,
    signed_reason,
    sizes,
    without_zeros,
)

MOST_PARTICIPANTS = 200
"""Most participants of two arms whose rank sums are counted."""
ANY_NUMBER = -1
"""How many ranks are summed where each may be positive or negative."""

Counts = npt.NDArray[np.int64]


class _Sums(NamedTuple):
    """Rank sums observed `(R,)`, among twice the ranks `(R, P)` (0 left out), of so many `(R,)`."""

    observed: Counts
    doubled: Counts
    summed: Counts


class _Pairs(NamedTuple):
    """A number for each pair of participants `(..., M, N)`, and which pairs there are."""

    numbers: Floats
    known: Booleans


def wilcoxon_exact_test(
    values: npt.ArrayLike,
    arm: npt.ArrayLike,
    included: npt.ArrayLike = True,
    *,
    arms: tuple[int, int] = (0, 1),
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two arms by the exact distribution of Wilcoxon's rank sum, given the ties.

    The statistic counts the pairs in which the second arm has the higher value, ties half.
    Two-sided is the probability of a rank sum as far from its mean. At most 200 participants.

    >>> test = wilcoxon_exact_test([1, 2, 4, 3, 5, 6], [0, 0, 0, 1, 1, 1])
    >>> f"U={test.statistic:.0f}, P={test.p_value:.2f}"
    'U=8, P=0.20'
    """
    people = ordered(values, arm, included, checked_pair(arms))
    summed = sizes(people)[..., 1]
    reason = first_reason((np.any(sizes(people) == 0, axis=-1), Reason.NO_PARTICIPANTS))
    sums = _observed(people, summed.astype(np.int64).reshape(-1))
    p_value = _exact_p_values(sums, alternative).reshape(summed.shape)
    pairs = sums.observed.reshape(summed.shape) / 2 - summed * (summed + 1) / 2
    return as_test(p_value, pairs, reason)


def signed_rank_exact_test(change: npt.ArrayLike, alternative: Alternative = "two_sided") -> Test:
    """Test that changes `(..., P)` lie about zero, by the exact signed rank distribution.

    Changes of zero are left out. The statistic is the sum of the ranks of the positive changes.

    >>> test = signed_rank_exact_test([1.5, -0.4, 2.2, 3.1, 0.8])
    >>> f"V={test.statistic:.0f}, P={test.p_value:.3f}"
    'V=14, P=0.125'
    """
    moved = without_zeros(change)
    people = ordered(np.abs(moved), moved > 0, True, (0, 1))
    shape = people.participants.shape
    sums = _observed(people, np.full(people.participants.size, ANY_NUMBER))
    p_value = _exact_p_values(sums, alternative).reshape(shape)
    return as_test(p_value, sums.observed.reshape(shape) / 2, signed_reason(change))


def hodges_lehmann_shift(
    values: npt.ArrayLike,
    arm: npt.ArrayLike,
    included: npt.ArrayLike = True,
    *,
    arms: tuple[int, int] = (0, 1),
    level: float = 0.95,
) -> Interval:
    """Estimate by how much the second of two arms is shifted: the median of all differences.

    The limits are the differences that belong to the exact rank sum distribution without ties
    (beyond 200 participants, to its normal approximation); with ties they are at least as far
    apart as need be.

    >>> shift = hodges_lehmann_shift([1, 2, 4, 6, 3, 5, 9, 8], [0, 0, 0, 0, 1, 1, 1, 1])
    >>> f"{shift.value:.1f} ({shift.low:.0f} to {shift.high:.0f})"
    '3.0 (-3 to 8)'
    """
    people = ordered(values, arm, included, checked_pair(arms))
    numbers, codes, chosen = same_shape(
        np.asarray(values, np.float64), np.asarray(arm), np.asarray(included)
    )
    inside = checked_booleans("included", chosen) & ~np.isnan(numbers)
    control, active = (_in_front(numbers, inside & (codes == label)) for label in arms)
    each = sizes(people).astype(np.int64)
    reason = first_reason((np.any(each == 0, axis=-1), Reason.NO_PARTICIPANTS))
    pairs = _paired(active, control, -1.0)
    return _median(pairs, _rank_sum_places(each, 1 - checked_level(level)), level, reason)


def signed_rank_median(change: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Estimate the middle of changes `(..., P)`: the median of the means of all pairs.

    Changes of zero are left out. The limits are the means that belong to the exact signed rank
    distribution without ties; with ties they are at least as far apart as need be.

    >>> middle = signed_rank_median([1.5, -0.4, 2.2, 3.1, 0.8, 1.1])
    >>> f"{middle.value:.2f} ({middle.low:.2f} to {middle.high:.2f})"
    '1.35 (-0.40 to 3.10)'
    """
    moved = without_zeros(change)
    front = _in_front(moved, ~np.isnan(moved))
    whole = _paired(front, front, 1.0)
    place = np.arange(front.shape[-1])
    pairs = _Pairs(whole.numbers / 2, whole.known & (place[:, None] <= place))
    count = np.isfinite(front).sum(axis=-1)
    places = _signed_rank_places(count, 1 - checked_level(level))
    return _median(pairs, places, level, signed_reason(change))


def _observed(people: Ordered, summed: Counts) -> _Sums:
    doubled = np.rint(2 * midranks(people)).astype(np.int64)
    observed = np.where(people.arms[..., 1, :], doubled, 0).sum(axis=-1)
    return _Sums(observed.reshape(-1), doubled.reshape(-1, doubled.shape[-1]), summed)


def _exact_p_values(sums: _Sums, alternative: Alternative) -> Floats:
    checked_alternative(alternative)
    most = int((sums.doubled > 0).sum(axis=-1).max(initial=0))
    if most > MOST_PARTICIPANTS and np.any(sums.summed != ANY_NUMBER):
        raise ValueError(
            f"the exact rank sum test takes at most {MOST_PARTICIPANTS} participants; got {most}: "
            "use the test by the normal distribution"
        )
    patterns = np.column_stack([sums.summed, np.sort(sums.doubled, axis=-1)])
    distinct, which = np.unique(patterns, axis=0, return_inverse=True)
    p_value = np.empty(len(sums.observed))
    for place, pattern in enumerate(distinct):
        rows = np.flatnonzero(which.reshape(-1) == place)
        ranks, summed = pattern[1:][pattern[1:] > 0], int(pattern[0])
        chance = _chances(tuple(ranks.tolist()), summed)
        share = 0.5 if summed == ANY_NUMBER else summed / max(len(ranks), 1)
        p_value[rows] = _tail(chance, share, alternative)[sums.observed[rows]]
    return p_value


def _tail(chance: Floats, share: float, alternative: Alternative) -> Floats:
    """The p-value of each sum from the chances of all sums."""
    if alternative == "less":
        return np.minimum(np.cumsum(chance), 1.0)
    if alternative == "greater":
        return np.minimum(np.cumsum(chance[::-1])[::-1], 1.0)
    distance = np.abs(np.arange(len(chance)) - share * (len(chance) - 1)).round(6)
    _, group = np.unique(-distance, return_inverse=True)
    return np.minimum(np.cumsum(np.bincount(group, chance)), 1.0)[group]


@lru_cache(maxsize=64)
def _chances(doubled: tuple[int, ...], summed: int) -> Floats:
    """The chance of each sum, 0 to all, of `summed` of these ranks drawn at random."""
    total = sum(doubled)
    if summed == ANY_NUMBER:
        ways = np.zeros(total + 1)
        ways[0] = 1.0
        for rank in doubled:
            ways[rank:] += ways[:-rank].copy()
            ways /= 2
        return ways
    ways = np.zeros((summed + 1, total + 1))
    ways[0, 0] = 1.0
    for rank in doubled:
        ways[1:, rank:] += ways[:-1, : total + 1 - rank].copy()
    return np.asarray(ways[summed] / max(ways[summed].sum(), 1.0))


def _rank_sum_places(each: Counts, alpha: float) -> Counts:
    """Place from below, from 1, of the lower limit among the differences `(...)`."""
    rows = each.reshape(-1, 2)
    return np.array([_rank_sum_place(*row, alpha) for row in rows.tolist()]).reshape(
        each.shape[:-1]
    )


@cache
def _rank_sum_place(control: int, active: int, alpha: float) -> int:
    if control + active > MOST_PARTICIPANTS:
        pairs = control * active
        deviation = np.sqrt(pairs * (control + active + 1) / 12)
        return max(int(np.ceil(pairs / 2 + special.ndtri(alpha / 2) * deviation - 0.5)), 1)
    chance = _chances(tuple(range(1, control + active + 1)), active)
    return _place(chance[active * (active + 1) // 2 :], alpha)


def _signed_rank_places(count: Counts, alpha: float) -> Counts:
    found = [_signed_rank_place(number, alpha) for number in count.reshape(-1).tolist()]
    return np.array(found).reshape(count.shape)


@cache
def _signed_rank_place(count: int, alpha: float) -> int:
    return _place(_chances(tuple(range(1, count + 1)), ANY_NUMBER), alpha)


def _place(chance: Floats, alpha: float) -> int:
    """The smallest statistic with at least half of alpha up to it, at least 1."""
    return max(int(np.searchsorted(np.cumsum(chance), alpha / 2 * (1 - 1e-12))), 1)


def _in_front(numbers: Floats, chosen: Booleans) -> Floats:
    """The chosen numbers in front `(..., M)`, then inf; M is the largest number chosen."""
    width = max(int(chosen.sum(axis=-1).max(initial=0)), 1)
    return np.sort(np.where(chosen, numbers, np.inf), axis=-1)[..., :width]


def _paired(first: Floats, second: Floats, sign: float) -> _Pairs:
    known = np.isfinite(first)[..., :, None] & np.isfinite(second)[..., None, :]
    one, other = (np.where(np.isfinite(part), part, 0.0) for part in (first, second))
    return _Pairs(one[..., :, None] + sign * other[..., None, :], known)


def _median(pairs: _Pairs, place: Counts, level: float, reason: Reasons) -> Interval:
    """The median of the pairs' numbers, with the limits at this place from either end."""
    flat = np.where(pairs.known, pairs.numbers, np.inf).reshape(*reason.shape, -1)
    ascending = np.sort(flat, axis=-1)
    count = pairs.known.sum(axis=(-2, -1))
    places = [(count - 1) // 2, count // 2, place - 1, count - place]
    lower, upper, low, high = (
        np.take_along_axis(ascending, np.maximum(at, 0)[..., None], axis=-1)[..., 0]
        for at in places
    )
    value = np.where(reason == Reason.OK, (lower + upper) / 2, np.nan)
    return as_interval(value, (low, high), level, reason)
