"""Two times of the same participants, with and without an outcome: McNemar's test, the difference.

All that counts are the participants who gained the outcome and those who lost it, of any common
shape `(...)`; `count_pairs` counts them. References: McNemar, Psychometrika 1947;12:153-7. Edwards,
Psychometrika 1948;13:185-7 (continuity correction). Fagerland, Lydersen and Laake, BMC Med Res
Methodol 2013;13:91 (mid-p). Newcombe, Stat Med 1998;17:2635-50 (Wald). Tango, Stat Med
1998;17:891-908.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import (
    Alternative,
    check_participants,
    checked_alternative,
    checked_booleans,
    checked_level,
    checked_one_arm,
    refuse,
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
    normal_quantile,
    student_p_value,
)
from wholetrial.analysis.responders.crossing import Places, crossing
from wholetrial.analysis.responders.proportions import clopper_pearson, exact_binomial_test


class Pairs(NamedTuple):
    """Participants who gained the outcome, who lost it, and all seen at both times; `(...)`."""

    gained: Floats
    lost: Floats
    participants: Floats


def count_pairs(
    before: npt.ArrayLike, after: npt.ArrayLike, included: npt.ArrayLike = True
) -> Pairs:
    """Count participants by the change of an outcome, from arrays of 0 and 1 `(..., P)`.

    Raises ValueError for an outcome of an included participant that is neither.

    >>> count_pairs([0, 0, 1, 1, 0], [1, 1, 1, 0, 0])
    Pairs(gained=array(2.), lost=array(1.), participants=array(5.))
    """
    first, second, inside = same_shape(
        np.asarray(before, np.float64), np.asarray(after, np.float64), np.asarray(included)
    )
    check_participants("before and after", first)
    inside = checked_booleans("included", inside)
    had = checked_booleans("before", np.where(inside, first, 0.0)) & inside
    has = checked_booleans("after", np.where(inside, second, 0.0)) & inside
    counts = (np.sum(who, axis=-1) for who in (has & ~had, had & ~has, inside))
    return Pairs(*(np.asarray(count, np.float64) for count in counts))


def mcnemar_test(
    gained: npt.ArrayLike, lost: npt.ArrayLike, *, alternative: Alternative = "two_sided"
) -> Test:
    """Test that as many gain the outcome as lose it, by McNemar's chi-square (1947).

    The statistic is chi-square; one-sided (`greater`: more gain it) it is z. Without a change there
    is no test.

    >>> test = mcnemar_test(14, 3)
    >>> f"{test.statistic:.3f}, P={test.p_value:.4f}"
    '7.118, P=0.0076'
    """
    checked_alternative(alternative)
    up, down = _discordant(gained, lost)
    return _chi_square(up - down, up + down, alternative)


def mcnemar_corrected_test(
    gained: npt.ArrayLike, lost: npt.ArrayLike, *, alternative: Alternative = "two_sided"
) -> Test:
    """Test the same with Edwards' continuity correction (1948).

    >>> f"{mcnemar_corrected_test(14, 3).p_value:.4f}"
    '0.0153'
    """
    checked_alternative(alternative)
    up, down = _discordant(gained, lost)
    excess = up - down
    corrected = np.copysign(np.maximum(np.abs(excess) - 1, 0.0), excess)
    return _chi_square(corrected, up + down, alternative)


def mcnemar_exact_test(
    gained: npt.ArrayLike, lost: npt.ArrayLike, *, alternative: Alternative = "two_sided"
) -> Test:
    """Test the same by the binomial distribution of those who changed; 1 where nobody did.

    >>> f"{mcnemar_exact_test(14, 3).p_value:.4f}"
    '0.0127'
    """
    checked_alternative(alternative)
    up, down = _discordant(gained, lost)
    p_value = exact_binomial_test(up, up + down, 0.5, alternative).p_value
    return as_test(np.where(up + down > 0, p_value, 1.0), None, np.zeros(up.shape, np.int8))


def mcnemar_mid_p_test(
    gained: npt.ArrayLike, lost: npt.ArrayLike, *, alternative: Alternative = "two_sided"
) -> Test:
    """Test the same by the binomial distribution, the observed split counted half (mid-p).

    Two-sided is twice the smaller of the one-sided p-values, at most 1.

    Current limitations: the type I error may exceed the level a little; it is not an exact test.

    >>> f"{mcnemar_mid_p_test(14, 3).p_value:.4f}"
    '0.0075'
    """
    checked_alternative(alternative)
    up, down = _discordant(gained, lost)
    at_least, at_most = (_half_counted(most, up + down) for most in (up, down))
    two_sided = np.minimum(2 * np.minimum(at_least, at_most), 1.0)
    p_value = {"two_sided": two_sided, "greater": at_least, "less": at_most}[alternative]
    return as_test(p_value, None, np.zeros(up.shape, np.int8))


def paired_difference_wald(
    gained: npt.ArrayLike,
    lost: npt.ArrayLike,
    participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate the difference of the proportions, after less before, by the normal approximation.

    Current limitations: no width where nobody changed; limits are not clipped to -1 and 1.

    >>> interval = paired_difference_wald(14, 3, 56)
    >>> f"{interval.value:.4f} ({interval.low:.4f} to {interval.high:.4f})"
    '0.1964 (0.0616 to 0.3313)'
    """
    level = checked_level(level)
    pairs = _checked_pairs(gained, lost, participants)
    people = np.maximum(pairs.participants, 1.0)
    excess, changed = pairs.gained - pairs.lost, pairs.gained + pairs.lost
    half = normal_quantile(level) * np.sqrt(np.maximum(changed - excess**2 / people, 0.0)) / people
    difference, reason = _difference(pairs)
    return as_interval(difference, (difference - half, difference + half), level, reason)


def paired_difference_tango(
    gained: npt.ArrayLike,
    lost: npt.ArrayLike,
    participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate the difference of the proportions, after less before, with Tango's score interval.

    >>> interval = paired_difference_tango(14, 3, 56)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '0.0579 to 0.3371'
    """
    level = checked_level(level)
    pairs = _checked_pairs(gained, lost, participants)
    difference, reason = _difference(pairs)
    known = reason == Reason.OK
    flat = Pairs(*(counts[known] for counts in pairs))
    limits = []
    for end in (-1.0, 1.0):
        limit = np.full(difference.shape, np.nan)
        limit[known] = _tango_limit(flat, difference[known], end, normal_quantile(level))
        limits.append(limit)
    return as_interval(difference, (limits[0], limits[1]), level, reason)


def paired_odds_ratio_exact(
    gained: npt.ArrayLike, lost: npt.ArrayLike, level: float = 0.95
) -> Interval:
    """Estimate the odds of gaining over losing the outcome, with Clopper-Pearson limits.

    It is the conditional odds ratio of matched pairs; `inf` where nobody lost the outcome.

    >>> interval = paired_odds_ratio_exact(14, 3)
    >>> f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
    '4.667 (1.302 to 25.326)'
    """
    up, down = _discordant(gained, lost)
    share = clopper_pearson(up, up + down, level)
    reason = first_reason((up + down == 0, Reason.NO_DISCORDANT_PAIRS))
    known = reason == Reason.OK
    value, low, high = (
        _odds(np.where(known, part, 0.5)) for part in (share.value, share.low, share.high)
    )
    value = np.where(down > 0, up / np.maximum(down, 1.0), np.inf)
    return as_interval(np.where(known, value, np.nan), (low, high), share.level, reason)


def _odds(share: Floats) -> Floats:
    below = np.where(share < 1, share, 0.0)
    return np.where(share < 1, below / (1 - below), np.inf)


def _discordant(gained: npt.ArrayLike, lost: npt.ArrayLike) -> tuple[Floats, Floats]:
    up, down = same_shape(np.asarray(gained, np.float64), np.asarray(lost, np.float64))
    for name, counts in (("gained", up), ("lost", down)):
        whole = np.isfinite(counts) & (counts >= 0) & (counts == np.floor(counts))
        refuse(f"{name} must be whole numbers of at least 0", counts, ~whole)
    return up, down


def _checked_pairs(
    gained: npt.ArrayLike, lost: npt.ArrayLike, participants: npt.ArrayLike
) -> Pairs:
    up, down = _discordant(gained, lost)
    changed = checked_one_arm(up + down, participants)
    return Pairs(*same_shape(up, down, changed.participants))


def _chi_square(excess: Floats, changed: Floats, alternative: str) -> Test:
    reason = first_reason((changed == 0, Reason.NO_DISCORDANT_PAIRS))
    z = excess / np.sqrt(np.maximum(changed, 1.0))
    if alternative == "two_sided":
        statistic = excess**2 / np.maximum(changed, 1.0)
        return as_test(special.erfc(np.sqrt(statistic / 2)), statistic, reason)
    return as_test(student_p_value(z, np.inf, alternative), z, reason)


def _half_counted(count: Floats, total: Floats) -> Floats:
    """Chance of more than this many of the total, and half that of as many, at even odds."""
    more = exact_binomial_test(np.minimum(count + 1, total), total, 0.5, "greater").p_value
    from_here = exact_binomial_test(count, total, 0.5, "greater").p_value
    half = (np.where(count < total, more, 0.0) + from_here) / 2
    return np.where(total > 0, half, 0.5)


def _difference(pairs: Pairs) -> tuple[Floats, Reasons]:
    reason = first_reason((pairs.participants == 0, Reason.NO_PARTICIPANTS))
    difference = (pairs.gained - pairs.lost) / np.maximum(pairs.participants, 1.0)
    return np.where(reason == Reason.OK, difference, np.nan), reason


def _tango_limit(pairs: Pairs, difference: Floats, end: float, z: float) -> Floats:
    """Where the score statistic just rejects, on the way from the estimate to the end."""

    def excess(points: Floats, places: Places) -> Floats:
        up, down, people = (counts[places] for counts in pairs)
        b = (2 * people - up + down) * points - up - down
        c = -down * points * (1 - points)
        root = np.sqrt(np.maximum(b**2 - 8 * people * c, 0.0))
        losing = np.maximum((root - b) / (4 * people), 0.0)
        variance = np.maximum(2 * losing + points * (1 - points), 0.0) / people
        deviation = (difference[places] - points) ** 2
        total = deviation + z**2 * variance
        return np.where(total > 0, deviation / np.where(total > 0, total, 1.0), 0.0) - 0.5

    return crossing(excess, difference, np.full_like(difference, end))
