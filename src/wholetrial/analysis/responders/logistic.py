"""Logistic regression by Newton's method, of every replicate at once.

Participants are the next to last axis of a design `(..., P, K)`; those who are left out have zeros
in all of their row. References: Cox DR. J R Stat Soc B 1958;20:215-42; Bach F. Electron J Stat
2010;4:384-414 (how far a Newton step is sure to raise the likelihood).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans, refuse
from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.responders.separation import runs_away, separates

MOST_ITERATIONS = 50
TOLERANCE = 1e-11
FAR = 25.0
"""Log odds beyond which it is asked whether they run away: the design may separate the outcomes."""
MOST_ODDS = 500.0
"""Log odds whose exponential does not overflow."""
SURE_TO_RISE = 1.79
"""Largest change of log odds by a Newton step that cannot lower the likelihood (Bach 2010)."""
MOST_HALVINGS = 60
LEAST_INFORMATION = 1e-13
"""Smallest eigenvalue of the information's correlations that rounding leaves."""
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
    separated, flat = np.zeros_like(moving), np.zeros_like(moving)
    for _ in range(MOST_ITERATIONS):
        if not moving.any():
            break
        odds = (design @ coefficients[..., None])[..., 0]
        far = moving & (np.abs(odds).max(axis=-1) > FAR)
        probability, information = _at(design, inside, coefficients)
        flat = flat | (far & _flat(information, far))
        moving = moving & ~flat
        score = ((outcome - probability) * inside)[..., None, :] @ design
        solvable = np.where(moving[..., None, None], information, identity)
        solved = np.linalg.solve(solvable, np.swapaxes(score, -1, -2))
        step = np.asarray(solved[..., 0], np.float64)
        separated = separated | (far & moving & runs_away(outcome, design, step))
        moving = moving & ~separated
        step = _shortened(step, coefficients, (outcome, design, inside), moving)
        coefficients = coefficients + np.where(moving[..., None], step, 0.0)
        largest = np.maximum(np.abs(coefficients).max(axis=-1), 1.0)
        moving = moving & (np.abs(step).max(axis=-1) > TOLERANCE * largest)
    unsettled = moving | flat
    proven = _proven(outcome, design, unsettled)
    return coefficients, separated | proven, unsettled & ~proven


def _at(design: Floats, inside: Floats, coefficients: Floats) -> tuple[Floats, Floats]:
    """The probability of the outcome, and the information, at these coefficients."""
    odds = (design @ coefficients[..., None])[..., 0]
    probability = 1 / (1 + np.exp(-np.clip(odds, -MOST_ODDS, MOST_ODDS)))
    return probability, gram(design, inside * probability * (1 - probability))


def _flat(information: Floats, asked: Booleans) -> Booleans:
    """Where the information, in correlations, no longer tells a direction from rounding."""
    length = np.sqrt(np.diagonal(information, axis1=-2, axis2=-1))
    known = asked & (length > 0).all(axis=-1)
    length = np.where(known[..., None], length, 1.0)
    alike = information / length[..., :, None] / length[..., None, :]
    alike = np.where(known[..., None, None], alike, np.eye(length.shape[-1]))
    return np.asarray((np.linalg.eigvalsh(alike)[..., 0] < LEAST_INFORMATION) | (asked & ~known))


def _shortened(
    step: Floats, coefficients: Floats, data: tuple[Floats, Floats, Floats], moving: Booleans
) -> Floats:
    """Halve the steps that would lower the likelihood; only long ones can."""
    outcome, design, inside = data
    odds = (design @ step[..., None])[..., 0]
    long = moving & (np.abs(odds).max(axis=-1) > SURE_TO_RISE)
    if not long.any():
        return step
    some = _of(long, outcome, 1), _of(long, design, 2), _of(long, inside, 1)
    start, whole = coefficients[long], step[long]
    reached = _log_likelihood(*some, start)
    share = np.ones(len(whole))
    for _ in range(MOST_HALVINGS):
        tried = _log_likelihood(*some, start + share[:, None] * whole)
        lower = ~(tried >= reached)
        if not lower.any():
            break
        share = np.where(lower, share / 2, share)
    shortened = step.copy()
    shortened[long] = share[:, None] * whole
    return shortened


def _log_likelihood(
    outcome: Floats, design: Floats, inside: Floats, coefficients: Floats
) -> Floats:
    odds = (design @ coefficients[..., None])[..., 0]
    soft = np.maximum(odds, 0.0) + np.log1p(np.exp(-np.abs(odds)))
    return np.asarray(((outcome * odds - soft) * inside).sum(axis=-1))


def _proven(outcome: Floats, design: Floats, unsettled: Booleans) -> Booleans:
    """Which of the data sets that did not settle are separated."""
    proven = np.zeros_like(unsettled)
    if unsettled.any():
        some = zip(_of(unsettled, outcome, 1), _of(unsettled, design, 2), strict=True)
        proven[unsettled] = [separates(*one) for one in some]
    return proven


def _of(chosen: Booleans, data: Floats, axes: int) -> Floats:
    """The chosen data sets `(N, ...)`, one after the other; each has this many axes."""
    whole = np.broadcast_to(data, (*chosen.shape, *data.shape[-axes:]))
    return np.asarray(whole[chosen])
