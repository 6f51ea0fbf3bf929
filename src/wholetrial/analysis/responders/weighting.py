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

from wholetrial.analysis.arguments import (
    Booleans,
    check_participants,
    checked_booleans,
    checked_level,
    refuse,
)
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    Reasons,
    as_interval,
    first_reason,
    normal_quantile,
)

MOST_ITERATIONS = 50
TOLERANCE = 1e-11
FARTHEST = 25.0
"""Log odds beyond which an arm counts as certain: the covariates separate the arms."""
LEAST_SPREAD = 1e-10
"""Smallest eigenvalue of the covariates' correlations that is not taken for zero."""


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
    weights = np.stack([arm / model.probability, control / (1 - model.probability)], axis=-2)
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
    measured = np.where(inside[..., None], np.asarray(covariates, np.float64), 0.0)
    refuse("covariates of those included must be known", measured, ~np.isfinite(measured))
    return _Compared(
        value,
        arm.astype(np.float64),
        inside.astype(np.float64),
        _standardized(measured, inside.astype(np.float64)[..., None]),
    )


def _standardized(measured: Floats, inside: Floats) -> Floats:
    """A column of ones and each covariate with mean 0 and variance 1; the fit stays the same."""
    people = np.maximum(inside.sum(axis=-2, keepdims=True), 1)
    centered = (measured - measured.sum(axis=-2, keepdims=True) / people) * inside
    spread = np.sqrt((centered**2).sum(axis=-2, keepdims=True) / people)
    largest = np.abs(measured).max(axis=-2, keepdims=True, initial=0)
    varies = spread > LEAST_SPREAD * largest
    scaled = np.where(varies, centered / np.where(varies, spread, 1.0), 0.0)
    return np.concatenate([np.broadcast_to(inside, (*scaled.shape[:-1], 1)), scaled], axis=-1)


def _model(compared: _Compared) -> _Model:
    """The logistic regression of the arm on the covariates, of every replicate at once."""
    people, in_arm = compared.inside.sum(axis=-1), compared.treated.sum(axis=-1)
    empty = (in_arm == 0) | (in_arm == people)
    spread = _gram(compared.design, compared.inside) / np.maximum(people, 1)[..., None, None]
    singular = np.linalg.eigvalsh(spread)[..., 0] < LEAST_SPREAD
    coefficients, failed = _fitted(compared, ~(empty | singular))
    probability, information = _at(compared, coefficients)
    given = ~(empty | singular | failed)
    identity = np.eye(compared.design.shape[-1])
    return _Model(
        probability,
        np.linalg.inv(np.where(given[..., None, None], information, identity)),
        first_reason(
            (empty, Reason.NO_PARTICIPANTS),
            (singular, Reason.SINGULAR),
            (failed, Reason.NOT_CONVERGED),
        ),
    )


def _fitted(compared: _Compared, moving: Booleans) -> tuple[Floats, Booleans]:
    """Newton's method from even odds: the coefficients, and where they run away or never settle."""
    identity = np.eye(compared.design.shape[-1])
    coefficients = np.zeros((*moving.shape, identity.shape[0]))
    separated = np.zeros_like(moving)
    for _ in range(MOST_ITERATIONS):
        odds = (compared.design @ coefficients[..., None])[..., 0]
        separated = separated | (np.abs(odds).max(axis=-1) > FARTHEST)
        moving = moving & ~separated
        if not moving.any():
            break
        probability, information = _at(compared, coefficients)
        score = ((compared.treated - probability) * compared.inside)[..., None, :] @ compared.design
        solvable = np.where(moving[..., None, None], information, identity)
        step = np.linalg.solve(solvable, np.swapaxes(score, -1, -2))[..., 0]
        coefficients = coefficients + np.where(moving[..., None], step, 0.0)
        moving = moving & (np.abs(step).max(axis=-1) > TOLERANCE)
    return coefficients, separated | moving


def _at(compared: _Compared, coefficients: Floats) -> tuple[Floats, Floats]:
    """The probability of the arm, and the information, at these coefficients."""
    odds = (compared.design @ coefficients[..., None])[..., 0]
    probability = 1 / (1 + np.exp(-np.clip(odds, -FARTHEST, FARTHEST)))
    weights = compared.inside * probability * (1 - probability)
    return probability, _gram(compared.design, weights)


def _gram(design: Floats, weights: Floats) -> Floats:
    """The weighted sum over participants of each row's product with itself."""
    gram: Floats = np.swapaxes(design * weights[..., None], -1, -2) @ design
    return gram


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
