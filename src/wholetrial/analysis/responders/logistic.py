"""Logistic regression by Newton's method, of every replicate at once.

Participants are the next to last axis of a design `(..., P, K)`; those who are left out have zeros
in all of their row. Cox DR. J R Stat Soc B 1958;20:215-42.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans, refuse
from wholetrial.analysis.estimate import Floats

MOST_ITERATIONS = 50
TOLERANCE = 1e-11
FARTHEST = 25.0
"""Log odds beyond which an outcome counts as certain: the design separates the outcomes."""
LEAST_SPREAD = 1e-10
"""Smallest eigenvalue of the design's correlations that is not taken for zero."""


class LogisticFit(NamedTuple):
    """Coefficients `(..., K)`, probabilities `(..., P)`, the inverse information `(..., K, K)`.

    They mean nothing where `collinear` (a column follows from the others), `separated` (odds run
    away) or `unsettled` `(...)`, or where no fit was asked for.
    """

    coefficients: Floats
    probability: Floats
    covariance: Floats
    collinear: Booleans
    separated: Booleans
    unsettled: Booleans


def logistic_regression(
    outcome: Floats, design: Floats, inside: Floats, asked: Booleans
) -> LogisticFit:
    """Fit the probability of an outcome `(..., P)`, 1 or 0, to a design, where `asked` `(...)`.

    `inside` is 1 for those included and 0 for the others.

    >>> x = np.array([[1.0, 0.0]] * 4 + [[1.0, 1.0]] * 4)
    >>> well = np.array([1.0, 0, 0, 0, 1, 1, 1, 0])
    >>> fit = logistic_regression(well, x, np.ones(8), np.array(True))
    >>> f"{fit.probability[0]:.2f} and {fit.probability[7]:.2f}"
    '0.25 and 0.75'
    """
    collinear = asked & _collinear(design, inside)
    coefficients, separated, unsettled = _fitted(outcome, design, inside, asked & ~collinear)
    probability, information = _at(design, inside, coefficients)
    given = asked & ~(collinear | separated | unsettled)
    identity = np.eye(design.shape[-1])
    covariance = np.linalg.inv(np.where(given[..., None, None], information, identity))
    return LogisticFit(coefficients, probability, covariance, collinear, separated, unsettled)


def checked_covariates(covariates: npt.ArrayLike, inside: Booleans) -> Floats:
    """Return covariates `(..., P, K)`, zero for those not included, or raise ValueError."""
    values = np.asarray(covariates, np.float64)
    if values.ndim < 2 or values.shape[-2] != inside.shape[-1]:
        raise ValueError(
            "covariates must hold one row for each participant and one column for each covariate, "
            f"({inside.shape[-1]}, K) on the last axes; got shape {values.shape}"
        )
    measured = np.where(inside[..., None], values, 0.0)
    refuse("covariates of those included must be known", measured, ~np.isfinite(measured))
    return measured


def standardized(measured: Floats, inside: Floats) -> Floats:
    """Give each covariate mean 0 and variance 1 over those included; the fit stays the same.

    `inside` is `(..., P, 1)`. A covariate that does not vary becomes 0.
    """
    people = np.maximum(inside.sum(axis=-2, keepdims=True), 1)
    centered = (measured - measured.sum(axis=-2, keepdims=True) / people) * inside
    spread = np.sqrt((centered**2).sum(axis=-2, keepdims=True) / people)
    largest = np.abs(measured).max(axis=-2, keepdims=True, initial=0)
    varies = spread > LEAST_SPREAD * largest
    return np.where(varies, centered / np.where(varies, spread, 1.0), 0.0)


def gram(design: Floats, weights: Floats) -> Floats:
    """Sum over participants each row's product with itself, weighted `(..., P)`."""
    product: Floats = np.swapaxes(design * weights[..., None], -1, -2) @ design
    return product


def _collinear(design: Floats, inside: Floats) -> Booleans:
    """Where a column follows from the others, all brought to one length."""
    products = gram(design, inside)
    length = np.sqrt(np.diagonal(products, axis1=-2, axis2=-1))
    length = np.where(length > 0, length, 1.0)
    alike = products / length[..., :, None] / length[..., None, :]
    return np.asarray(np.linalg.eigvalsh(alike)[..., 0] < LEAST_SPREAD)


def _fitted(
    outcome: Floats, design: Floats, inside: Floats, moving: Booleans
) -> tuple[Floats, Booleans, Booleans]:
    """Coefficients from even odds on, and where they run away or never settle."""
    identity = np.eye(design.shape[-1])
    coefficients = np.zeros((*moving.shape, identity.shape[0]))
    separated = np.zeros_like(moving)
    for _ in range(MOST_ITERATIONS):
        odds = (design @ coefficients[..., None])[..., 0]
        separated = separated | (np.abs(odds).max(axis=-1) > FARTHEST)
        moving = moving & ~separated
        if not moving.any():
            break
        probability, information = _at(design, inside, coefficients)
        score = ((outcome - probability) * inside)[..., None, :] @ design
        solvable = np.where(moving[..., None, None], information, identity)
        step = np.linalg.solve(solvable, np.swapaxes(score, -1, -2))[..., 0]
        coefficients = coefficients + np.where(moving[..., None], step, 0.0)
        moving = moving & (np.abs(step).max(axis=-1) > TOLERANCE)
    return coefficients, separated, moving


def _at(design: Floats, inside: Floats, coefficients: Floats) -> tuple[Floats, Floats]:
    """The probability of the outcome, and the information, at these coefficients."""
    odds = (design @ coefficients[..., None])[..., 0]
    probability = 1 / (1 + np.exp(-np.clip(odds, -FARTHEST, FARTHEST)))
    return probability, gram(design, inside * probability * (1 - probability))
