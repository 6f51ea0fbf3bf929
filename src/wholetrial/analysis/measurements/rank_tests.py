"""Rank tests by their large-sample distributions, with ties.

Values are `(..., P)`; NaN is left out. References: Wilcoxon F. Biometrics Bull 1945;1:80-3. van
Elteren PH. Bull Inst Int Stat 1960;37:351-61. Kruskal WH, Wallis WA. J Am Stat Assoc
1952;47:583-621. Jonckheere AR. Biometrika 1954;41:133-45.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import Alternative, check_participants, checked_alternative
from wholetrial.analysis.estimate import (
    Floats,
    Reason,
    Reasons,
    Test,
    as_test,
    first_reason,
    student_p_value,
)
from wholetrial.analysis.measurements.ranks import (
    Ordered,
    below,
    checked_pair,
    midranks,
    ordered,
    signed_reason,
    sizes,
    tied,
    without_zeros,
)


class RankScore(NamedTuple):
    """A rank statistic with its mean and variance under no difference `(...)`."""

    statistic: Floats
    mean: Floats
    variance: Floats


def wilcoxon_test(
    values: npt.ArrayLike,
    arm: npt.ArrayLike,
    included: npt.ArrayLike = True,
    *,
    arms: tuple[int, int] = (0, 1),
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two arms by Wilcoxon's rank sum without continuity correction, control first.

    The statistic is z, positive where the second arm has the higher values.

    >>> test = wilcoxon_test([1, 2, 4, 3, 5, 6], [0, 0, 0, 1, 1, 1])
    >>> f"z={test.statistic:.4f}, P={test.p_value:.4f}"
    'z=1.5275, P=0.1266'
    """
    people = ordered(values, arm, included, checked_pair(arms))
    score = rank_sum(people)
    return _normal_test(score, 0.0, alternative, _arms_reason(people, score))


def wilcoxon_corrected_test(
    values: npt.ArrayLike,
    arm: npt.ArrayLike,
    included: npt.ArrayLike = True,
    *,
    arms: tuple[int, int] = (0, 1),
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two arms by Wilcoxon's rank sum with continuity correction, control first.

    >>> test = wilcoxon_corrected_test([1, 2, 4, 3, 5, 6], [0, 0, 0, 1, 1, 1])
    >>> f"z={test.statistic:.4f}, P={test.p_value:.4f}"
    'z=1.3093, P=0.1904'
    """
    people = ordered(values, arm, included, checked_pair(arms))
    score = rank_sum(people)
    return _normal_test(score, 0.5, alternative, _arms_reason(people, score))


def van_elteren_test(
    values: npt.ArrayLike,
    arm: npt.ArrayLike,
    stratum: npt.ArrayLike,
    *,
    arms: tuple[int, int] = (0, 1),
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two arms by rank sums within strata, weighed by 1 / (participants + 1), control first.

    `stratum` `(..., P)` holds codes. A stratum in which an arm has nobody tells nothing. The
    statistic is z. Raises ValueError for a stratum that is not known of a participant analyzed.

    >>> values, arm = [1, 2, 4, 3, 5, 6, 7, 9], [0, 0, 1, 1, 0, 1, 0, 1]
    >>> test = van_elteren_test(values, arm, [1, 1, 1, 1, 2, 2, 2, 2])
    >>> f"z={test.statistic:.4f}, P={test.p_value:.4f}"
    'z=1.6432, P=0.1003'
    """
    checked_alternative(alternative)
    codes, numbers = np.asarray(stratum, np.float64), np.asarray(values, np.float64)
    check_participants("values", numbers)
    analyzed = ~np.isnan(numbers) & np.isin(arm, checked_pair(arms))
    if np.any(np.isnan(codes) & analyzed):
        raise ValueError("stratum must be a number for every participant compared; got nan")
    excess = variance = weighed = np.zeros(())
    for label in np.unique(codes[~np.isnan(codes)]):
        part = ordered(values, arm, codes == label, arms)
        score = rank_sum(part)
        weight = np.where(np.all(sizes(part) > 0, axis=-1), 1 / (part.participants + 1), 0.0)
        excess = excess + weight * (score.statistic - score.mean)
        variance = variance + weight**2 * score.variance
        weighed = weighed + weight
    reason = first_reason(
        (weighed == 0, Reason.NO_COMPARISON), (variance <= 0, Reason.NO_VARIATION)
    )
    z = excess / np.sqrt(np.where(variance > 0, variance, 1.0))
    return as_test(_normal_p_value(z, alternative), z, reason)


def kruskal_wallis_test(
    values: npt.ArrayLike,
    arm: npt.ArrayLike,
    included: npt.ArrayLike = True,
    *,
    arms: Sequence[int],
) -> Test:
    """Test that two or more arms have the same distribution; chi-square on arms less one.

    >>> test = kruskal_wallis_test([1, 2, 3, 4, 6, 5], [0, 0, 1, 1, 2, 2], arms=[0, 1, 2])
    >>> f"{test.statistic:.4f}, P={test.p_value:.4f}"
    '4.5714, P=0.1017'
    """
    people = ordered(values, arm, included, arms)
    total, each = people.participants, sizes(people)
    deviation = (midranks(people) - (total[..., None] + 1) / 2)[..., None, :]
    sums = np.where(people.arms, deviation, 0.0).sum(axis=-1)
    between = (sums**2 / np.maximum(each, 1.0)).sum(axis=-1)
    untied = total**3 - total - tie_cubes(people)
    reason = first_reason(
        (np.any(each == 0, axis=-1), Reason.NO_PARTICIPANTS),
        (untied <= 0, Reason.NO_VARIATION),
    )
    statistic = 12 * between * np.maximum(total - 1, 0.0) / np.where(untied > 0, untied, 1.0)
    return as_test(special.chdtrc(len(arms) - 1, statistic), statistic, reason)


def jonckheere_terpstra_test(
    values: npt.ArrayLike,
    arm: npt.ArrayLike,
    included: npt.ArrayLike = True,
    *,
    arms: Sequence[int],
    alternative: Alternative = "two_sided",
) -> Test:
    """Test for a trend over arms in the order given, such as rising doses, with ties.

    The statistic is z, positive where values rise. An arm without participants is passed over.

    >>> test = jonckheere_terpstra_test([1, 2, 3, 4, 6, 5], [0, 0, 1, 1, 2, 2], arms=[0, 1, 2])
    >>> f"z={test.statistic:.4f}, P={test.p_value:.4f}"
    'z=2.3842, P=0.0171'
    """
    people = ordered(values, arm, included, arms)
    score = rising_pairs(people)
    return _normal_test(score, 0.0, alternative, _arms_reason(people, score))


def signed_rank_corrected_test(
    change: npt.ArrayLike, alternative: Alternative = "two_sided"
) -> Test:
    """Test that changes `(..., P)` lie about zero, by signed ranks with continuity correction.

    Changes of zero are left out. The statistic is z.

    >>> test = signed_rank_corrected_test([1, -1, 2, 3, 0, 4, 4])
    >>> f"z={test.statistic:.4f}, P={test.p_value:.4f}"
    'z=1.7920, P=0.0731'
    """
    moved = without_zeros(change)
    people = ordered(np.abs(moved), moved > 0, True, (0, 1))
    ranks, count = midranks(people), people.participants
    score = RankScore(
        np.where(people.arms[..., 1, :], ranks, 0.0).sum(axis=-1),
        count * (count + 1) / 4,
        (ranks**2).sum(axis=-1) / 4,
    )
    return _normal_test(score, 0.5, alternative, signed_reason(change))


def rank_sum(people: Ordered) -> RankScore:
    """Count the pairs of two arms in which the second has the higher value, ties half."""
    each, total = sizes(people), people.participants
    product = each[..., 0] * each[..., 1]
    ranks = np.where(people.arms[..., 1, :], midranks(people), 0.0).sum(axis=-1)
    pairs = np.maximum(total * (total - 1), 1.0)
    variance = product / 12 * ((total + 1) - tie_cubes(people) / pairs)
    return RankScore(ranks - each[..., 1] * (each[..., 1] + 1) / 2, product / 2, variance)


def rising_pairs(people: Ordered) -> RankScore:
    """Count the pairs of participants whose values rise with the order of their arms, ties half."""
    each, total = sizes(people), people.participants
    count, earlier = np.zeros(total.shape), np.zeros(people.first.shape, bool)
    for place in range(each.shape[-1]):
        member = people.arms[..., place, :]
        count = count + np.where(member, below(people, earlier), 0.0).sum(axis=-1)
        earlier = earlier | member
    mean = (total**2 - (each**2).sum(axis=-1)) / 4
    return RankScore(count, mean, _rising_variance(each, total, tied(people)))


def tie_cubes(people: Ordered) -> Floats:
    """The sum of t**3 - t over sets of t tied values."""
    t = tied(people)
    return np.asarray(np.where(t > 0, t**2 - 1, 0.0).sum(axis=-1))


def _rising_variance(each: Floats, total: Floats, t: Floats) -> Floats:
    """Variance of the rising pairs, from sizes of arms `(..., A)` and numbers tied `(..., P)`."""
    others = np.where(t > 0, t - 1, 0.0)
    whole = total * (total - 1) * (2 * total + 5)
    of_arms = (each * (each - 1) * (2 * each + 5)).sum(axis=-1)
    of_ties = (others * (2 * t + 5)).sum(axis=-1)
    pairs = total * (total - 1)
    triples = (each * (each - 1) * (each - 2)).sum(axis=-1) * (others * (t - 2)).sum(axis=-1)
    doubles = (each * (each - 1)).sum(axis=-1) * others.sum(axis=-1)
    return np.asarray(
        (whole - of_arms - of_ties) / 72
        + triples / np.maximum(36 * pairs * (total - 2), 1.0)
        + doubles / np.maximum(8 * pairs, 1.0)
    )


def _normal_test(
    score: RankScore, correction: float, alternative: Alternative, reason: Reasons
) -> Test:
    checked_alternative(alternative)
    excess = score.statistic - score.mean
    if alternative == "two_sided":
        excess = np.sign(excess) * np.maximum(np.abs(excess) - correction, 0.0)
    else:
        excess = excess - (correction if alternative == "greater" else -correction)
    z = excess / np.sqrt(np.where(score.variance > 0, score.variance, 1.0))
    return as_test(_normal_p_value(z, alternative), z, reason)


def _arms_reason(people: Ordered, score: RankScore) -> Reasons:
    return first_reason(
        ((sizes(people) > 0).sum(axis=-1) < 2, Reason.NO_PARTICIPANTS),
        (score.variance <= 0, Reason.NO_VARIATION),
    )


def _normal_p_value(z: Floats, alternative: Alternative) -> Floats:
    return student_p_value(z, np.inf, alternative)
