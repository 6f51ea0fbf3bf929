"""One proportion: intervals, and the exact test against a stated proportion.

Every function takes counts of any common shape `(...)`; an arm without participants gives
`Reason.NO_PARTICIPANTS`. References: Clopper and Pearson, Biometrika 1934;26:404-13. Wilson,
J Am Stat Assoc 1927;22:209-12. Brown, Cai and DasGupta, Stat Sci 2001;16:101-33 (Jeffreys).
Newcombe, Stat Med 1998;17:857-72 (Wilson with continuity correction). Lancaster, J Am Stat Assoc
1961;56:223-34 (mid-p).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import (
    Alternative,
    OneArm,
    checked_alternative,
    checked_level,
    checked_one_arm,
    checked_probability,
)
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
from wholetrial.analysis.responders.crossing import Excess, Places, crossing

TIE = 1e-7
"""Outcomes whose probabilities differ by less than this share count as equally probable (R)."""


def clopper_pearson(
    events: npt.ArrayLike, participants: npt.ArrayLike, level: float = 0.95
) -> Interval:
    """Estimate a proportion with the exact interval of Clopper and Pearson (1934).

    >>> interval = clopper_pearson(0, 20)
    >>> f"{interval.value:.0%} ({interval.low:.1%} to {interval.high:.1%})"
    '0% (0.0% to 16.8%)'
    """
    return _beta_limits(checked_one_arm(events, participants), checked_level(level), 1.0)


def jeffreys(events: npt.ArrayLike, participants: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Estimate a proportion with the Jeffreys interval, 0 and 1 at the edges (Brown 2001).

    >>> interval = jeffreys(2, 5)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '0.0944 to 0.7906'
    """
    return _beta_limits(checked_one_arm(events, participants), checked_level(level), 0.5)


def wilson(events: npt.ArrayLike, participants: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Estimate a proportion with Wilson's score interval, without continuity correction (1927).

    >>> interval = wilson(2, 5)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '0.1176 to 0.7693'
    """
    x, n = checked_one_arm(events, participants)
    level = checked_level(level)
    low, high = _wilson_limits(x, np.maximum(n, 1.0), level)
    limits = np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)
    return as_interval(_share(x, n), limits, level, _no_participants(n))


def wald(events: npt.ArrayLike, participants: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Estimate a proportion with the normal approximation, limits not clipped to 0 and 1.

    Current limitations: with no event, or only events, the interval has no width; prefer another.

    >>> interval = wald(2, 5)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '-0.0294 to 0.8294'
    """
    x, n = checked_one_arm(events, participants)
    level = checked_level(level)
    share = _share(x, n)
    half = normal_quantile(level) * np.sqrt(share * (1 - share) / np.maximum(n, 1.0))
    return as_interval(share, (share - half, share + half), level, _no_participants(n))


def wilson_corrected(
    events: npt.ArrayLike, participants: npt.ArrayLike, level: float = 0.95
) -> Interval:
    """Estimate a proportion with Wilson's score interval with continuity correction (1998).

    >>> interval = wilson_corrected(2, 5)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '0.0726 to 0.8296'
    """
    x, n = checked_one_arm(events, participants)
    level = checked_level(level)
    count = np.maximum(n, 1.0)
    low, _ = _wilson_limits(np.maximum(x - 0.5, 0.0), count, level)
    _, high = _wilson_limits(np.minimum(x + 0.5, count), count, level)
    limits = np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)
    return as_interval(_share(x, n), limits, level, _no_participants(n))


def mid_p(events: npt.ArrayLike, participants: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Estimate a proportion by the exact tails with the observed count counted half (mid-p).

    Current limitations: the coverage may fall a little short of the level.

    >>> interval = mid_p(2, 5)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '0.0735 to 0.8176'
    """
    x, n = checked_one_arm(events, participants)
    level = checked_level(level)
    counts = x.ravel(), n.ravel()
    estimate = counts[0] / np.maximum(counts[1], 1.0)
    low = crossing(_mid_tail(*counts, (1 - level) / 2), estimate, np.zeros_like(estimate))
    mirrored = _mid_tail(counts[1] - counts[0], counts[1], (1 - level) / 2)
    high = 1 - crossing(mirrored, 1 - estimate, np.zeros_like(estimate))
    limits = low.reshape(x.shape), high.reshape(x.shape)
    return as_interval(_share(x, n), limits, level, _no_participants(n))


def exact_binomial_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    against: npt.ArrayLike,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test a proportion against a stated one by the binomial distribution.

    Two-sided is the total probability of the outcomes no more probable than the observed one.

    >>> f"{exact_binomial_test(5, 17, against=0.1).p_value:.4f}"
    '0.0221'
    """
    checked_alternative(alternative)
    x, n, p = _with_probability(checked_one_arm(events, participants), against)
    if alternative == "less":
        p_value = _at_most(x, n, p)
    elif alternative == "greater":
        p_value = _at_least(x, n, p)
    else:
        p_value = _no_more_probable(x, n, p)
    return as_test(np.minimum(p_value, 1.0), None, _no_participants(n))


def _beta_limits(arm: OneArm, level: float, prior: float) -> Interval:
    """Limits from beta quantiles: prior 1 beside the count is Clopper-Pearson, 1/2 is Jeffreys."""
    x, n = arm
    tail = (1 - level) / 2
    low = special.betaincinv(np.where(x == 0, 1.0, x + 1 - prior), n - x + prior, tail)
    high = special.betainccinv(x + prior, np.where(x == n, 1.0, n - x + 1 - prior), tail)
    limits = np.where(x == 0, 0.0, low), np.where(x == n, 1.0, high)
    return as_interval(_share(x, n), limits, level, _no_participants(n))


def _wilson_limits(x: Floats, n: Floats, level: float) -> tuple[Floats, Floats]:
    z = normal_quantile(level)
    center = (x + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(x * (n - x) / n + z**2 / 4)
    return center - half, center + half


def _mid_tail(x: Floats, n: Floats, tail: float) -> Excess:
    """How far the tail allowed exceeds the chance of more than x events and half that of x."""

    def excess(p: Floats, places: Places) -> Floats:
        count, size = x[places], n[places]
        more = np.where(count < size, _at_least(count + 1, size, p), 0.0)
        return np.asarray(tail - (more + _at_least(count, size, p)) / 2)

    return excess


def _share(x: Floats, n: Floats) -> Floats:
    return np.where(n > 0, x / np.maximum(n, 1.0), np.nan)


def _no_participants(n: Floats) -> npt.NDArray[np.int8]:
    return first_reason((n == 0, Reason.NO_PARTICIPANTS))


def _with_probability(arm: OneArm, against: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    stated = checked_probability("against", against)
    try:
        x, n, p = np.broadcast_arrays(*arm, stated)
    except ValueError:
        raise ValueError(
            f"against must have the shape of the counts; got {stated.shape}, {arm.events.shape}"
        ) from None
    return x, n, p


def _at_least(x: Floats, n: Floats, p: Floats) -> Floats:
    """Probability of x or more events."""
    inside = np.maximum(x, 1.0)
    return np.where(x > 0, special.betainc(inside, np.maximum(n - inside, 0.0) + 1, p), 1.0)


def _at_most(x: Floats, n: Floats, p: Floats) -> Floats:
    """Probability of x or fewer events."""
    return np.where(x < n, special.betaincc(x + 1, np.maximum(n - x, 1.0), p), 1.0)


def _no_more_probable(x: Floats, n: Floats, p: Floats) -> Floats:
    """Total probability of the outcomes no more probable than x, as `binom.test` of R sums it."""
    below_mean = x < n * p
    near = np.where(below_mean, x, n - x)
    chance = np.where(below_mean, p, 1 - p)
    threshold = _log_probability(near, n, chance) + np.log1p(TIE)
    probable, rare = np.where(below_mean, np.ceil(n * p), n - np.floor(n * p)) - 1, n + 1
    for _ in range(int(np.max(n, initial=1.0)).bit_length() + 1):
        middle = np.floor((probable + rare) / 2)
        as_rare = (middle > n) | (_log_probability(middle, n, chance) <= threshold)
        moves = rare - probable > 1
        rare = np.where(moves & as_rare, middle, rare)
        probable = np.where(moves & ~as_rare, middle, probable)
    far_tail = np.where(rare > n, 0.0, _at_least(np.minimum(rare, n), n, chance))
    return np.where(x == n * p, 1.0, _at_most(near, n, chance) + far_tail)


def _log_probability(x: Floats, n: Floats, p: Floats) -> Floats:
    """Log of the binomial probability of x, without the part that depends on n alone."""
    inside = np.clip(x, 0.0, n)
    ways = -special.gammaln(inside + 1) - special.gammaln(n - inside + 1)
    return np.asarray(ways + special.xlogy(inside, p) + special.xlog1py(n - inside, -p))
