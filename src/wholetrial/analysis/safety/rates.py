"""Exposure-adjusted incidence rate of one arm: events per 100 participant-years, with limits.

Every function takes events and participant-years of any common shape `(...)`, and states the rate
and its limits per `per` years. References: Garwood, Biometrika 1936;28:437-42. Cohen and Yang, Stat
Med 1994;13:2189-203 (mid-p). Rao, Proc Camb Philos Soc 1948;44:50-7 (score).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import checked_level
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    Reasons,
    as_interval,
    first_reason,
    normal_quantile,
)
from wholetrial.analysis.safety.exposure import Exposure, checked_exposure, checked_per

HALVINGS = 64
"""Bisection steps that bring a limit within one rounding error."""


def rate_exact(
    events: npt.ArrayLike, years: npt.ArrayLike, level: float = 0.95, *, per: float = 100.0
) -> Interval:
    """Estimate a rate with Garwood's exact Poisson interval (1936).

    Five events in 107.82 participant-years:

    >>> interval = rate_exact(5, 107.82)
    >>> f"{interval.value:.2f} per 100 years ({interval.low:.2f} to {interval.high:.2f})"
    '4.64 per 100 years (1.51 to 10.82)'
    """
    exposure, tail = checked_exposure(events, years), (1 - checked_level(level)) / 2
    x = exposure.events
    low = np.where(x > 0, _mean_with_at_least(np.maximum(x, 1.0), tail), 0.0)
    return _per_years(exposure, (low, _mean_with_at_most(x, tail)), level, per)


def rate_mid_p(
    events: npt.ArrayLike, years: npt.ArrayLike, level: float = 0.95, *, per: float = 100.0
) -> Interval:
    """Estimate a rate with the mid-p interval, shorter than the exact one (Cohen and Yang 1994).

    The observed count stands with half of its probability in each tail.

    >>> interval = rate_mid_p(5, 107.82)
    >>> f"{interval.low:.2f} to {interval.high:.2f}"
    '1.70 to 10.28'
    """
    exposure, tail = checked_exposure(events, years), (1 - checked_level(level)) / 2
    return _per_years(exposure, _mid_p_limits(exposure.events, tail), level, per)


def rate_score(
    events: npt.ArrayLike, years: npt.ArrayLike, level: float = 0.95, *, per: float = 100.0
) -> Interval:
    """Estimate a rate with the score interval, the Poisson form of Wilson's.

    >>> interval = rate_score(5, 107.82)
    >>> f"{interval.low:.2f} to {interval.high:.2f}"
    '1.98 to 10.86'
    """
    exposure, z = checked_exposure(events, years), normal_quantile(checked_level(level))
    x = exposure.events
    upper = x + z**2 / 2 + z * np.sqrt(x + z**2 / 4)
    # The product of both limits is x squared: no difference of near numbers is taken.
    return _per_years(exposure, (x**2 / upper, upper), level, per)


def rate_log_wald(
    events: npt.ArrayLike, years: npt.ArrayLike, level: float = 0.95, *, per: float = 100.0
) -> Interval:
    """Estimate a rate with the normal approximation of its logarithm.

    Current limitations: without an event there is no standard error, and so no interval.

    >>> interval = rate_log_wald(5, 107.82)
    >>> f"{interval.low:.2f} to {interval.high:.2f}"
    '1.93 to 11.14'
    """
    exposure, z = checked_exposure(events, years), normal_quantile(checked_level(level))
    x = exposure.events
    factor = np.exp(z / np.sqrt(np.maximum(x, 1.0)))
    return _per_years(exposure, (x / factor, x * factor), level, per, without=x == 0)


def rate_of(exposure: Exposure) -> Floats:
    """Give events per year, NaN where nobody was followed."""
    followed = exposure.years > 0
    return np.where(followed, exposure.events / np.where(followed, exposure.years, 1.0), np.nan)


def crossing(
    tail_at: Callable[[Floats], Floats], below: Floats, above: Floats, target: float
) -> Floats:
    """Find by bisection where what grows from `below` to `above` meets `target`."""
    low, high = below, above
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        reached = tail_at(middle) >= target
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return np.asarray((low + high) / 2)


def _mid_p_limits(x: Floats, tail: float) -> tuple[Floats, Floats]:
    """Expected counts at which half of P(X = x) and the tail beyond it are `tail`.

    Each mid-p tail is the mean of two exact tails, and so its limit lies between theirs.
    """
    counted = np.maximum(x, 1.0)
    low = crossing(
        lambda mean: (special.gammainc(counted, mean) + special.gammainc(x + 1, mean)) / 2,
        _mean_with_at_least(counted, tail),
        _mean_with_at_least(x + 1, tail),
        tail,
    )
    high = crossing(
        lambda mean: -(special.gammaincc(x + 1, mean) + special.gammaincc(x, mean)) / 2,
        np.where(x > 0, _mean_with_at_most(counted - 1, tail), 0.0),
        _mean_with_at_most(x, tail),
        -tail,
    )
    return np.where(x > 0, low, 0.0), high


def _mean_with_at_least(x: Floats, tail: float) -> Floats:
    """Expected count at which x (1 or more) or more events have the probability `tail`."""
    return np.asarray(special.gammaincinv(x, tail), np.float64)


def _mean_with_at_most(x: Floats, tail: float) -> Floats:
    """Expected count at which x or fewer events have the probability `tail`."""
    return np.asarray(special.gammainccinv(x + 1, tail), np.float64)


def _per_years(
    exposure: Exposure,
    counts: tuple[Floats, Floats],
    level: float,
    per: float,
    *,
    without: npt.ArrayLike = False,
) -> Interval:
    """Turn limits of the expected count into limits of the rate."""
    years = np.where(exposure.years > 0, exposure.years, 1.0)
    scale = checked_per(per)
    limits = counts[0] / years * scale, counts[1] / years * scale
    return as_interval(rate_of(exposure) * scale, limits, level, _why_none(exposure, without))


def _why_none(exposure: Exposure, without_events: npt.ArrayLike) -> Reasons:
    return first_reason(
        (exposure.years == 0, Reason.NO_EXPOSURE), (without_events, Reason.NO_EVENTS)
    )
