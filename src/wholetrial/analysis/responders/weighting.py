"""Inverse probability of treatment weighting: arms that people chose, made alike in what is known.

Everybody is weighted by the inverse of the probability of the arm that they are in, given their
baseline values (logistic regression, one model for all compared). It adjusts for these values and
for no others. Participants are the last axis, `(..., P)`.

References: Robins JM, Hernan MA, Brumback B. Epidemiology 2000;11:550-60 (stabilized weights);
Lunceford JK, Davidian M. Stat Med 2004;23:2937-60 (normalized estimator, its sandwich variance with
the weights estimated).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import check_participants, checked_booleans, checked_level
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    Reasons,
    as_interval,
    first_reason,
    normal_quantile,
)
from wholetrial.analysis.responders.logistic import (
    checked_covariates,
    logistic_regression,
    standardized,
)


class Weighting(NamedTuple):
    """A weighted comparison: the difference, and how many participants the weights leave of each.

    `effective` `(..., 2)` is (sum of weights)^2 / sum of squared weights in the arm and in control.
    """

    interval: Interval
    effective: Floats


class _Compared(NamedTuple):
    """Outcome, arm, covariates with a first column of ones; zeros for those not included."""

    outcome: Floats
    treated: Floats
    inside: Floats
    design: Floats


class _Model(NamedTuple):
    """The probability of the arm `(..., P)`, the inverse information, and why there is none."""

    probability: Floats
    covariance: Floats
    reason: Reasons


def risk_difference_weighted(
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike,
    level: float = 0.95,
) -> Weighting:
    """Estimate a difference in proportions, weighted by the inverse probability of the arm.

    `outcome` and `treated` are 1 or 0, `(..., P)`, `covariates` `(..., P, K)`; those without an
    outcome or a covariate (NaN) must not be `included`. The standard error is the sandwich with the
    probabilities taken as estimated. Without covariates it is the crude difference and its Wald
    interval. Raises ValueError for an outcome that is neither 1 nor 0, or a missing covariate.

    >>> old, well = [1, 1, 1, 0, 1, 0, 0, 0], [1, 1, 0, 0, 1, 0, 1, 0]
    >>> arm = [1, 1, 1, 1, 0, 0, 0, 0]
    >>> found = risk_difference_weighted(well, arm, np.transpose([old]), np.ones(8))
    >>> f"{found.interval.value:.3f}"  # -1/3 of the old and -1/3 of the young; crude 0
    '-0.333'
    """
    level = checked_level(level)
    compared = _compared(outcome, treated, covariates, included)
    model = _model(compared)
    arm = compared.treated * compared.inside
    control = compared.inside - arm
    weights = np.stack(
        [_weight(arm, model.probability), _weight(control, 1 - model.probability)], axis=-2
    )
    total = np.maximum(weights.sum(axis=-1), np.finfo(np.float64).tiny)
    share = (weights * compared.outcome[..., None, :]).sum(axis=-1) / total
    error = np.sqrt(_variance(compared, model, weights / total[..., None], share))
    half = normal_quantile(level) * error
    difference = np.where(model.reason == Reason.OK, share[..., 0] - share[..., 1], np.nan)
    flat = (error <= 1e-12) & (model.reason == Reason.OK)
    reason = np.where(flat, np.int8(Reason.NO_VARIATION), model.reason)
    squares = np.maximum((weights**2).sum(axis=-1), np.finfo(np.float64).tiny)
    return Weighting(
        as_interval(difference, (difference - half, difference + half), level, reason),
        np.where(model.reason[..., None] == Reason.OK, total**2 / squares, np.nan),
    )


def _compared(
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike,
) -> _Compared:
    check_participants("outcome", np.asarray(outcome))
    inside = checked_booleans("included", np.asarray(included))
    value = np.where(inside, np.asarray(outcome, np.float64), 0.0)
    checked_booleans("outcome of those included", value)
    arm = checked_booleans("treated", np.where(inside, np.asarray(treated), 0))
    scaled = standardized(
        checked_covariates(covariates, inside), inside[..., None].astype(np.float64)
    )
    ones = np.broadcast_to(inside[..., None], (*scaled.shape[:-1], 1))
    return _Compared(
        value,
        arm.astype(np.float64),
        inside.astype(np.float64),
        np.concatenate([ones, scaled], axis=-1),
    )


def _model(compared: _Compared) -> _Model:
    """The logistic regression of the arm on the covariates, of every replicate at once."""
    people, in_arm = compared.inside.sum(axis=-1), compared.treated.sum(axis=-1)
    empty = (in_arm == 0) | (in_arm == people)
    fit = logistic_regression(compared.treated, compared.design, compared.inside, ~empty)
    reason = first_reason(
        (empty, Reason.NO_PARTICIPANTS),
        (fit.collinear, Reason.SINGULAR),
        (fit.separated | fit.unsettled, Reason.NOT_CONVERGED),
    )
    return _Model(fit.probability, fit.covariance, reason)


def _weight(member: Floats, probability: Floats) -> Floats:
    """The inverse probability of the arm for its members; 0 for others, whose may round to 0."""
    chance = np.maximum(np.where(member > 0, probability, 1.0), np.finfo(np.float64).tiny)
    return np.asarray(member / chance)


def _variance(compared: _Compared, model: _Model, weights: Floats, share: Floats) -> Floats:
    """The sum of squared influences; `weights` `(..., 2, P)` add up to 1 in each arm."""
    residual = weights * (compared.outcome[..., None, :] - share[..., None])
    opposite = np.stack([model.probability - 1, model.probability], axis=-2)
    slope = (residual * opposite) @ compared.design
    slope = slope[..., :1, :] - slope[..., 1:, :]
    score = compared.design * ((compared.treated - model.probability) * compared.inside)[..., None]
    from_model = (slope @ model.covariance @ np.swapaxes(score, -1, -2))[..., 0, :]
    influence = residual[..., 0, :] - residual[..., 1, :] + from_model
    variance: Floats = (influence**2).sum(axis=-1)
    return variance
