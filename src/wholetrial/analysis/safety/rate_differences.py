"""Two incidence rates: intervals of their difference, per 100 participant-years.

Every function takes events and participant-years of the active arm, then of the control arm, of
any common shape `(...)`. References: Miettinen and Nurminen, Stat Med 1985;4:213-26. Zou and
Donner, Stat Med 2008;27:1693-702, with the medians of Laud, Pharm Stat 2017;16:334-48 (MOVER).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import checked_level
from wholetrial.analysis.estimate import Floats, Interval, as_interval, normal_quantile
from wholetrial.analysis.safety.exposure import (
    Exposure,
    TwoExposures,
    checked_exposures,
    checked_per,
    not_followed,
    positive_years,
)
from wholetrial.analysis.safety.rates import HALVINGS, rate_exact, rate_of


def rate_difference_wald(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_years: npt.ArrayLike,
    level: float = 0.95,
    *,
    per: float = 100.0,
) -> Interval:
    """Estimate a difference of rates with the normal approximation.

    Current limitations: where neither arm has an event the interval has no width.

    >>> interval = rate_difference_wald(5, 107.82, 0, 148.56)
    >>> f"{interval.value:.2f} per 100 years ({interval.low:.2f} to {interval.high:.2f})"
    '4.64 per 100 years (0.57 to 8.70)'
    """
    z, scale = normal_quantile(checked_level(level)), checked_per(per)
    arms = checked_exposures(events, years, control_events, control_years)
    difference, (active_years, control) = _difference(arms), positive_years(arms)
    half = z * np.sqrt(arms.events / active_years**2 + arms.control_events / control**2)
    limits = (difference - half) * scale, (difference + half) * scale
    return as_interval(difference * scale, limits, level, not_followed(arms))


def rate_difference_score(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_years: npt.ArrayLike,
    level: float = 0.95,
    *,
    per: float = 100.0,
) -> Interval:
    """Estimate a difference of rates with the score interval of Miettinen and Nurminen (1985).

    The limits are the differences at which the score test just rejects.

    >>> interval = rate_difference_score(5, 107.82, 0, 148.56)
    >>> f"{interval.low:.2f} to {interval.high:.2f}"
    '1.98 to 10.86'
    """
    z, scale = normal_quantile(checked_level(level)), checked_per(per)
    arms = checked_exposures(events, years, control_events, control_years)
    low, high = _score_limits(arms, z)
    return as_interval(
        _difference(arms) * scale, (low * scale, high * scale), level, not_followed(arms)
    )


def rate_difference_mover(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_years: npt.ArrayLike,
    level: float = 0.95,
    *,
    per: float = 100.0,
) -> Interval:
    """Estimate a difference of rates from the exact limits of both (MOVER).

    The limits lie around the medians of both rates under Jeffreys' prior, as Laud (2017) has it:
    without an event a rate is then not certain to be zero. The value is the observed difference.

    >>> interval = rate_difference_mover(5, 107.82, 0, 148.56)
    >>> f"{interval.low:.2f} to {interval.high:.2f}"
    '0.61 to 10.67'
    """
    arms = checked_exposures(events, years, control_events, control_years)
    active = rate_exact(arms.events, arms.years, level, per=per)
    control = rate_exact(arms.control_events, arms.control_years, level, per=per)
    middle = _median_rate(arms.events, arms.years) * per
    control_middle = _median_rate(arms.control_events, arms.control_years) * per
    below = np.hypot(middle - active.low, control.high - control_middle)
    above = np.hypot(active.high - middle, control_middle - control.low)
    limits = middle - control_middle - below, middle - control_middle + above
    return as_interval(active.value - control.value, limits, active.level, not_followed(arms))


def _difference(arms: TwoExposures) -> Floats:
    """Rate of the active arm less that of the control arm, per year."""
    active = rate_of(Exposure(arms.events, arms.years))
    return active - rate_of(Exposure(arms.control_events, arms.control_years))


def _median_rate(events: Floats, years: Floats) -> Floats:
    """Median of the rate per year under Jeffreys' prior."""
    followed = years > 0
    median = np.asarray(special.gammaincinv(events + 0.5, 0.5), np.float64)
    return np.where(followed, median / np.where(followed, years, 1.0), np.nan)


def _score_limits(arms: TwoExposures, z: float) -> tuple[Floats, Floats]:
    """Where the score statistic crosses z, by bisection from the estimate outwards."""
    active, control = positive_years(arms)
    difference = arms.events / active - arms.control_events / control
    reach = _farthest(arms, z, difference)
    kept, rejected = np.zeros((2, *difference.shape)), np.stack([-reach, reach])
    for _ in range(HALVINGS):
        beyond = (kept + rejected) / 2
        rejects = beyond**2 > z**2 * _constrained_variance(arms, difference + beyond)
        rejected = np.where(rejects, beyond, rejected)
        kept = np.where(rejects, kept, beyond)
    low, high = difference + (kept + rejected) / 2
    return low, high


def _farthest(arms: TwoExposures, z: float, difference: Floats) -> Floats:
    """A distance from the estimate beyond which every difference is rejected.

    Neither rate, less what the difference adds to it, exceeds the rate of all; so the variance at
    distance s is at most m (1/t + 1/t0) + (|difference| + s) / min(t, t0), and s follows.
    """
    active, control = positive_years(arms)
    shortest = np.minimum(active, control)
    together = (arms.events + arms.control_events) / (active + control)
    fixed = together * (1 / active + 1 / control) + np.abs(difference) / shortest
    half = z**2 / (2 * shortest)
    return np.asarray((half + np.sqrt(half**2 + z**2 * fixed)) * (1 + 1e-9))


def _constrained_variance(arms: TwoExposures, difference: Floats) -> Floats:
    """Variance of the difference at the most likely rates that differ by `difference`."""
    active, control = positive_years(arms)
    total = active + control
    slope = total * difference - arms.events - arms.control_events
    product = 4 * total * arms.control_events * difference
    root = np.sqrt(np.maximum(slope**2 + product, 0.0))
    # Of the two forms of the larger root, the one without a difference of near numbers.
    backward = slope > 0
    denominator = np.where(backward & (slope + root > 0), slope + root, 1.0)
    turned = 2 * arms.control_events * difference / denominator
    fitted = np.where(backward, turned, (root - slope) / (2 * total))
    fitted = np.maximum(fitted, np.maximum(0.0, -difference))
    return np.asarray((fitted + difference) / active + fitted / control)
