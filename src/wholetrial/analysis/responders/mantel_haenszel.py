"""Mantel-Haenszel estimates over strata: risk difference, risk ratio, odds ratio.

Every function takes the counts of the active arm, then of the control arm, with the strata on the
last axis, `(..., K)`. A stratum without participants in one of the arms contributes nothing.
References: Mantel and Haenszel, J Natl Cancer Inst 1959;22:719-48. Greenland and Robins, Biometrics
1985;41:55-68. Robins, Breslow and Greenland, Biometrics 1986;42:311-23. Sato, Biometrics
1989;45:1323-4. Inverse variance: Fleiss, Stat Methods Med Res 1993;2:121-45.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import checked_level
from wholetrial.analysis.estimate import (
    Effect,
    Floats,
    Interval,
    Reason,
    Reasons,
    as_effect,
    as_interval,
)
from wholetrial.analysis.responders.strata import (
    Strata,
    checked_strata,
    everybody,
    mantel_haenszel_weights,
    no_variation,
    over_strata,
    shares,
)

ROUNDING = 1e-13


def risk_difference_mantel_haenszel(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Effect:
    """Estimate a common risk difference with Mantel-Haenszel weights and Sato's variance (1989).

    The variance holds for few large strata and for many small ones. With one event or none in the
    whole trial it may have no value.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> effect = risk_difference_mantel_haenszel(*four)
    >>> f"{effect.value:.4f} ({effect.low:.4f} to {effect.high:.4f})"
    '0.2990 (0.1790 to 0.4191)'
    """
    level = checked_level(level)
    strata = checked_strata(events, participants, control_events, control_participants)
    x, n, control_x, control_n = strata.arms
    total = everybody(strata)
    difference = _difference(strata, mantel_haenszel_weights(strata))
    unbalanced = n**2 * control_x - control_n**2 * x + n * control_n * (control_n - n) / 2
    discordant = x * (control_n - control_x) + control_x * (n - x)
    known = np.where(np.isnan(difference), 0.0, difference)
    parts = known * over_strata(unbalanced / total**2), over_strata(discordant / (2 * total))
    # what is left of two numbers of one size is rounding, not variance
    nothing = np.abs(parts[0] + parts[1]) <= ROUNDING * np.abs(parts[1])
    return _effect(strata, difference, np.where(nothing, 0.0, parts[0] + parts[1]), level)


def risk_difference_mantel_haenszel_greenland_robins(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Effect:
    """Estimate a common risk difference with Mantel-Haenszel weights, variance of 1985.

    Greenland and Robins take the variance of each arm in each stratum from that stratum alone: it
    is for few large strata. In one stratum it is the Wald interval.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> found = risk_difference_mantel_haenszel_greenland_robins(*four)
    >>> f"{found.value:.4f} ({found.low:.4f} to {found.high:.4f})"
    '0.2990 (0.1823 to 0.4157)'
    """
    level = checked_level(level)
    strata = checked_strata(events, participants, control_events, control_participants)
    weights = mantel_haenszel_weights(strata)
    variance = over_strata(weights**2 * _variance_of_differences(strata))
    return _effect(strata, _difference(strata, weights), variance, level)


def risk_difference_inverse_variance(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Effect:
    """Estimate a common risk difference, each stratum weighted by its inverse variance.

    Current limitations: a stratum in which each arm has no event, or only events, has variance
    zero, and there is no estimate.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> effect = risk_difference_inverse_variance(*four)
    >>> f"{effect.value:.4f} ({effect.low:.4f} to {effect.high:.4f})"
    '0.3115 (0.1952 to 0.4278)'
    """
    level = checked_level(level)
    strata = checked_strata(events, participants, control_events, control_participants)
    variance = _variance_of_differences(strata)
    weights = np.where(variance > 0, 1 / np.where(variance > 0, variance, 1.0), 0.0)
    difference = _difference(strata, weights)
    certain = (strata.compares & (variance == 0)).any(axis=-1)
    reason = no_variation(strata)
    reason = np.where((reason == Reason.OK) & certain, np.int8(Reason.SINGULAR), reason)
    known = reason == Reason.OK
    error = 1 / np.sqrt(np.where(known, over_strata(weights), 1.0))
    return as_effect(np.where(known, difference, np.nan), error, np.inf, level, reason)


def risk_ratio_mantel_haenszel(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a common risk ratio with Mantel-Haenszel weights (Greenland and Robins, 1985).

    Current limitations: where an arm has no event the ratio, 0 or inf, has no limits.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> interval = risk_ratio_mantel_haenszel(*four)
    >>> f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
    '1.907 (1.429 to 2.544)'
    """
    return _exponential(
        log_risk_ratio_mantel_haenszel(
            events, participants, control_events, control_participants, level
        )
    )


def log_risk_ratio_mantel_haenszel(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Effect:
    """Estimate the logarithm of the common risk ratio, with its standard error and test.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> effect = log_risk_ratio_mantel_haenszel(*four)
    >>> f"{effect.value:.4f}, standard error {effect.standard_error:.4f}"
    '0.6456, standard error 0.1471'
    """
    level = checked_level(level)
    strata = checked_strata(events, participants, control_events, control_participants)
    x, n, control_x, control_n = strata.arms
    total = everybody(strata)
    above, below = over_strata(x * control_n / total), over_strata(control_x * n / total)
    spread = over_strata((n * control_n * (x + control_x) - x * control_x * total) / total**2)
    return _log_effect(strata, above, below, spread / _positive(above * below), level)


def odds_ratio_mantel_haenszel(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a common odds ratio with the variance of Robins, Breslow and Greenland (1986).

    Current limitations: a ratio of 0 or inf has no limits.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> interval = odds_ratio_mantel_haenszel(*four)
    >>> f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
    '3.340 (1.990 to 5.605)'
    """
    return _exponential(
        log_odds_ratio_mantel_haenszel(
            events, participants, control_events, control_participants, level
        )
    )


def log_odds_ratio_mantel_haenszel(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Effect:
    """Estimate the logarithm of the common odds ratio, with its standard error and test.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> effect = log_odds_ratio_mantel_haenszel(*four)
    >>> f"{effect.value:.4f}, standard error {effect.standard_error:.4f}"
    '1.2059, standard error 0.2641'
    """
    level = checked_level(level)
    strata = checked_strata(events, participants, control_events, control_participants)
    x, n, control_x, control_n = strata.arms
    total = everybody(strata)
    concordant = (x + control_n - control_x) / total
    product, opposite = x * (control_n - control_x) / total, (n - x) * control_x / total
    above, below = over_strata(product), over_strata(opposite)
    variance = (
        over_strata(concordant * product) / (2 * np.square(_positive(above)))
        + over_strata(concordant * opposite + (1 - concordant) * product)
        / (2 * _positive(above * below))
        + over_strata((1 - concordant) * opposite) / (2 * np.square(_positive(below)))
    )
    return _log_effect(strata, above, below, variance, level)


def _difference(strata: Strata, weights: Floats) -> Floats:
    active, control = shares(strata)
    total = over_strata(weights)
    weighted = over_strata(weights * (active - control)) / _positive(total)
    return np.where((strata.reason == Reason.OK) & (total > 0), weighted, np.nan)


def _variance_of_differences(strata: Strata) -> Floats:
    active, control = shares(strata)
    of_active = active * (1 - active) / np.maximum(strata.participants, 1.0)
    return of_active + control * (1 - control) / np.maximum(strata.control_participants, 1.0)


def _effect(strata: Strata, difference: Floats, variance: Floats, level: float) -> Effect:
    """The weighted difference, its variance given times the squared sum of weights."""
    reason = _singular(no_variation(strata), variance <= 0)
    weights = over_strata(mantel_haenszel_weights(strata))
    error = np.sqrt(np.maximum(variance, 0.0)) / _positive(weights)
    return as_effect(difference, error, np.inf, level, reason)


def _log_effect(
    strata: Strata, above: Floats, below: Floats, variance: Floats, level: float
) -> Effect:
    """The logarithm of above / below, -inf or inf where one of them is zero."""
    reason = _singular(no_variation(strata), (above == 0) | (below == 0) | (variance <= 0))
    logarithm = np.where(
        (above > 0) & (below > 0),
        np.log(_positive(above)) - np.log(_positive(below)),
        np.where(above > 0, np.inf, np.where(below > 0, -np.inf, np.nan)),
    )
    return as_effect(logarithm, np.sqrt(np.maximum(variance, 0.0)), np.inf, level, reason)


def _exponential(effect: Effect) -> Interval:
    limits = np.exp(effect.low), np.exp(effect.high)
    return as_interval(np.exp(effect.value), limits, effect.level, effect.reason)


def _singular(reason: Reasons, without: npt.NDArray[np.bool_]) -> Reasons:
    return np.where((reason == Reason.OK) & without, np.int8(Reason.SINGULAR), reason)


def _positive(values: Floats) -> Floats:
    """The values, 1 where there is nothing to divide by."""
    return np.where(values > 0, values, 1.0)
