"""Covariate-adjusted differences and ratios of marginal risks (standardization, g-computation).

A logistic regression of the outcome on arm and baseline covariates predicts everybody's probability
in every arm; compared are the means of these. References: Ge, Durham, Meyer, Xie and Thomas, Drug
Inf J 2011;45:481-93. Ye, Bannick, Yi and Shao, Stat Theory Relat Fields 2023;7:159-63.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import checked_booleans, checked_level
from wholetrial.analysis.estimate import (
    Effect,
    Floats,
    Interval,
    Reason,
    as_effect,
    as_interval,
)
from wholetrial.analysis.responders.marginal_risks import MarginalRisks, marginal_risks


def risk_difference_standardized(
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike,
    level: float = 0.95,
) -> Effect:
    """Estimate the risk difference standardized over baseline covariates, variance of Ye et al.

    `outcome` and `treated` are 1 or 0, `(..., P)`, `covariates` `(..., P, K)`; those without an
    outcome or a covariate (NaN) must not be `included`. Without covariates it is the difference of
    the proportions. For more than two arms, strata of the randomization or another variance:
    `marginal_risks` and its relatives, with `difference_of_risks`.

    >>> well, old = [1, 1, 0, 1, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 1, 1]
    >>> arm = [1, 1, 1, 1, 0, 0, 0, 0]
    >>> effect = risk_difference_standardized(well, arm, np.transpose([old]), np.ones(8))
    >>> f"{effect.value:.3f}, standard error {effect.standard_error:.3f}"  # crude: 0.5
    '0.464, standard error 0.349'
    """
    return difference_of_risks(_risks(outcome, treated, covariates, included), level)


def risk_ratio_standardized(
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate the risk ratio standardized over baseline covariates, limits from its logarithm.

    >>> well, old = [1, 1, 0, 1, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 1, 1]
    >>> arm = [1, 1, 1, 1, 0, 0, 0, 0]
    >>> interval = risk_ratio_standardized(well, arm, np.transpose([old]), np.ones(8))
    >>> f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"
    '2.74 (0.42 to 17.90)'
    """
    return ratio_of_risks(_risks(outcome, treated, covariates, included), level)


def odds_ratio_standardized(
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate the marginal odds ratio standardized over covariates, limits from its logarithm.

    >>> well, old = [1, 1, 0, 1, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 1, 1]
    >>> arm = [1, 1, 1, 1, 0, 0, 0, 0]
    >>> interval = odds_ratio_standardized(well, arm, np.transpose([old]), np.ones(8))
    >>> f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"
    '7.46 (0.23 to 243.74)'
    """
    return odds_ratio_of_risks(_risks(outcome, treated, covariates, included), level)


def difference_of_risks(
    risks: MarginalRisks, level: float = 0.95, *, arm: int = 1, control: int = 0
) -> Effect:
    """Compare two arms by the difference of their marginal risks."""
    value = risks.risk[..., arm] - risks.risk[..., control]
    return _effect(risks, value, (1.0, -1.0), level, (arm, control))


def log_ratio_of_risks(
    risks: MarginalRisks, level: float = 0.95, *, arm: int = 1, control: int = 0
) -> Effect:
    """Compare two arms by the logarithm of the ratio of their marginal risks."""
    above, below = risks.risk[..., arm], risks.risk[..., control]
    return _effect(risks, np.log(above / below), (1 / above, -1 / below), level, (arm, control))


def ratio_of_risks(
    risks: MarginalRisks, level: float = 0.95, *, arm: int = 1, control: int = 0
) -> Interval:
    """Compare two arms by the ratio of their marginal risks, limits from its logarithm."""
    return _exponential(log_ratio_of_risks(risks, level, arm=arm, control=control))


def log_odds_ratio_of_risks(
    risks: MarginalRisks, level: float = 0.95, *, arm: int = 1, control: int = 0
) -> Effect:
    """Compare two arms by the logarithm of the ratio of their marginal odds."""
    above, below = risks.risk[..., arm], risks.risk[..., control]
    value = np.log(above / (1 - above)) - np.log(below / (1 - below))
    slopes = 1 / (above * (1 - above)), -1 / (below * (1 - below))
    return _effect(risks, value, slopes, level, (arm, control))


def odds_ratio_of_risks(
    risks: MarginalRisks, level: float = 0.95, *, arm: int = 1, control: int = 0
) -> Interval:
    """Compare two arms by the ratio of their marginal odds, limits from its logarithm."""
    return _exponential(log_odds_ratio_of_risks(risks, level, arm=arm, control=control))


def _risks(
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike,
) -> MarginalRisks:
    inside = checked_booleans("included", np.asarray(included))
    arm = checked_booleans("treated", np.where(inside, np.asarray(treated), 0))
    return marginal_risks(outcome, arm, covariates, included)


def _effect(
    risks: MarginalRisks,
    value: Floats,
    slopes: tuple[npt.ArrayLike, npt.ArrayLike],
    level: float,
    arms: tuple[int, int],
) -> Effect:
    """A function of two risks by the delta method, given its slopes in them."""
    level = checked_level(level)
    a, b = arms
    up, down = (np.asarray(slope, np.float64) for slope in slopes)
    covariance = risks.covariance
    variance = up**2 * covariance[..., a, a] + down**2 * covariance[..., b, b]
    variance = variance + 2 * up * down * covariance[..., a, b]
    flat = (risks.reason == Reason.OK) & ~(variance > 0)
    reason = np.where(flat, np.int8(Reason.SINGULAR), risks.reason)
    return as_effect(value, np.sqrt(np.maximum(variance, 0.0)), np.inf, level, reason)


def _exponential(effect: Effect) -> Interval:
    limits = np.exp(effect.low), np.exp(effect.high)
    return as_interval(np.exp(effect.value), limits, effect.level, effect.reason)
