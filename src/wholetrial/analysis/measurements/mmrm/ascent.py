"""The covariance that makes the likelihood of repeated measurements largest, by Newton's method.

The second derivatives are exact; where they are not those of a maximum their eigenvalues are
replaced by positive ones, and a step that makes the likelihood smaller is halved. Replicates stop
each on its own: what one does depends on no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wholetrial.analysis.arguments import Booleans
from wholetrial.analysis.estimate import Floats, Reason, Reasons
from wholetrial.analysis.measurements.mmrm.likelihood import Likelihood, likelihood
from wholetrial.analysis.measurements.mmrm.patterns import Moments
from wholetrial.analysis.measurements.mmrm.structures import Covariance, Structure

MOST_EVALUATIONS = 150
SETTLED = 1e-12
"""Expected gain in twice the log-likelihood below which one more step ends the iteration."""
SHORTEST = 1e-9
NEARLY_SINGULAR = 1e-6
SINGULAR = 1e-11
"""Smallest eigenvalue of the correlations: the iteration ends, a step is not taken."""
TOWARD_SINGULAR = 1e-4
"""Smallest eigenvalue at which an iteration without end is one to the edge."""
FLAT = 1e-9
"""Scaled eigenvalue of the information that is not told from zero."""
NOT_CONCAVE = 1e-3
"""Scaled eigenvalue taken at least where the information is not positive."""
FARTHEST = 1e12
"""Variances, of values whose residuals have about 1, lie between this and its inverse."""


class Peak(NamedTuple):
    """The likelihood at its maximum: parameters `(B, M)` with covariance, and why there is none."""

    covariance: Covariance
    likelihood: Likelihood
    parameter_covariance: Floats
    parameters: Floats
    reason: Reasons


@dataclass
class _Climb:
    """Where each replicate stands `(B, M)`: its parameters, the step to try, and how much of it."""

    parameters: Floats
    step: Floats
    length: Floats
    deviance: Floats
    reason: Reasons


class _Curved(NamedTuple):
    """Eigenvalues and vectors of the second derivatives, scaled to a diagonal of one."""

    values: Floats
    vectors: Floats
    scale: Floats


def maximized(moments: Moments, sigma: Floats, structure: Structure, *, restricted: bool) -> Peak:
    """Find the covariance of the greatest likelihood, starting near to `sigma` `(B, V, V)`."""
    start = structure.start(sigma)
    climb = _Climb(
        start,
        np.zeros_like(start),
        np.ones(len(start)),
        np.full(len(start), np.inf),
        np.full(len(start), Reason.NOT_CONVERGED, np.int8),
    )
    active = np.arange(len(start))
    for _ in range(MOST_EVALUATIONS):
        part = moments if len(active) == len(start) else moments.of(active)
        active = _climbed(climb, active, part, structure, restricted)
        if not len(active):
            break
    return _peak(climb, moments, structure, restricted)


def _climbed(
    climb: _Climb, active: np.ndarray, moments: Moments, structure: Structure, restricted: bool
) -> np.ndarray:
    """Try a step of each active replicate, and return those that go on."""
    length = climb.length[active]
    tried = climb.parameters[active] + length[:, None] * climb.step[active]
    covariance, least = _usable(structure.at(tried, moments.measured.shape[-1]))
    found = likelihood(moments, covariance, restricted=restricted)
    before = climb.deviance[active]
    known = np.where(np.isfinite(before), np.abs(before), 0.0)
    slack = 1e-12 * (known + moments.participants.sum(axis=-1))
    better = (least > SINGULAR) & (found.deviance <= before + slack)
    bent = found.curvature + structure.bending(tried, found.weights)
    curved = _curved(bent, _told_of(moments, covariance))
    step = _uphill(curved, found.gradient, structure.longest_step)
    settled = better & (np.abs(np.sum(step * found.gradient, axis=-1)) < SETTLED)
    singular = better & (least < NEARLY_SINGULAR)
    stuck = ~better & (length < SHORTEST)
    rows = active[better]
    climb.parameters[rows], climb.step[rows] = tried[better], step[better]
    climb.deviance[rows] = found.deviance[better]
    climb.length[active] = np.where(better, 1.0, length / 2)
    climb.parameters[active[settled]] += step[settled]
    climb.reason[active[settled]] = Reason.OK
    climb.reason[active[singular]] = Reason.COVARIANCE_SINGULAR
    return np.asarray(active[~(settled | singular | stuck)])


def _uphill(curved: _Curved, gradient: Floats, longest: float) -> Floats:
    """Newton's step; where the likelihood is not concave, a short one up the gradient."""
    values = curved.values
    raised = np.where(values > FLAT, values, np.maximum(np.abs(values), NOT_CONCAVE))
    step = -_solved(curved, gradient, raised)
    length = np.abs(step).max(axis=-1, keepdims=True)
    return np.asarray(step / np.maximum(length / longest, 1.0))


def _peak(climb: _Climb, moments: Moments, structure: Structure, restricted: bool) -> Peak:
    visits = moments.measured.shape[-1]
    covariance, least = _usable(structure.at(climb.parameters, visits))
    found = likelihood(moments, covariance, restricted=restricted)
    curvature = found.curvature + structure.bending(climb.parameters, found.weights)
    told_of = _told_of(moments, covariance)
    curved = _curved(curvature, told_of)
    determined = np.sum(np.abs(curved.values) >= FLAT, axis=-1)
    flat = determined < _determinable(moments, covariance, told_of)
    saddle = np.any(curved.values <= -FLAT, axis=-1)
    good = climb.reason == Reason.OK
    reason = np.where(good & flat, np.int8(Reason.COVARIANCE_SINGULAR), climb.reason)
    reason = np.where(good & saddle & ~flat, np.int8(Reason.NOT_CONVERGED), reason)
    edge = (reason == Reason.NOT_CONVERGED) & (least < TOWARD_SINGULAR)
    reason = np.where(edge, np.int8(Reason.COVARIANCE_SINGULAR), reason)
    parameters = np.broadcast_to(np.eye(curvature.shape[-1]), curvature.shape)
    uncertainty = 2 * _solved(curved, parameters, curved.values)
    return Peak(covariance, found, uncertainty, climb.parameters, reason)


def _usable(covariance: Covariance) -> tuple[Covariance, Floats]:
    """The covariance, the identity where it is not positive definite, and how far it is from it."""
    sigma = covariance.sigma
    variance = np.diagonal(sigma, axis1=-2, axis2=-1)
    identity = np.eye(sigma.shape[-1])
    bounded = ((variance > 1 / FARTHEST) & (variance < FARTHEST)).all(axis=-1)
    ordinary = np.isfinite(covariance.slopes).all(axis=(1, 2, 3)) & bounded
    finite = np.asarray(ordinary & np.isfinite(sigma).all(axis=(1, 2)))
    scale = np.sqrt(np.where(finite[:, None], variance, 1.0))
    correlation = sigma / (scale[:, :, None] * scale[:, None, :])
    correlation = np.where(finite[:, None, None], correlation, -identity)
    least = np.linalg.eigvalsh(correlation)[:, 0]
    usable = np.reshape(least > SINGULAR, (-1, 1, 1))
    slopes = np.where(usable[..., None], covariance.slopes, 0.0)
    return Covariance(np.where(usable, sigma, identity), slopes), np.asarray(least)


def _told_of(moments: Moments, covariance: Covariance) -> Booleans:
    """Whether a parameter `(B, M)` changes the covariance of any visits that somebody has."""
    measured = moments.measured.max(axis=1)
    pairs = measured[:, :, None] * measured[:, None, :]
    return np.asarray(np.any(covariance.slopes * pairs[:, None] != 0, axis=(-2, -1)))


def _determinable(moments: Moments, covariance: Covariance, told_of: Booleans) -> Floats:
    """How many directions of the parameters change the covariance of visits that somebody has."""
    measured = moments.measured.max(axis=1)
    count = told_of.sum(axis=-1).astype(np.float64)
    lacking = np.flatnonzero(np.any(measured == 0, axis=-1) & (count > 0))
    if len(lacking):
        pairs = (measured[:, :, None] * measured[:, None, :])[lacking, None]
        slopes = (covariance.slopes[lacking] * pairs).reshape(len(lacking), told_of.shape[1], -1)
        count[lacking] = np.linalg.matrix_rank(slopes, rtol=FLAT)
    return np.asarray(count)


def _curved(curvature: Floats, told_of: Booleans) -> _Curved:
    diagonal = np.where(told_of, np.abs(np.diagonal(curvature, axis1=-2, axis2=-1)), 0.0)
    scale = np.where(diagonal > 0, 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)), 0.0)
    values, vectors = np.linalg.eigh(curvature * scale[:, :, None] * scale[:, None, :])
    return _Curved(values, vectors, scale)


def _solved(curved: _Curved, right: Floats, values: Floats) -> Floats:
    """Solve with these eigenvalues, taking nothing along flat directions; vector or matrix."""
    matrix = right if right.ndim == 3 else right[..., None]
    steep: Booleans = np.abs(values) > SINGULAR
    inverse = np.where(steep, 1 / np.where(steep, values, 1.0), 0.0)
    scaled = curved.scale[..., None] * matrix
    along = inverse[..., None] * (np.swapaxes(curved.vectors, -1, -2) @ scaled)
    solved = curved.scale[..., None] * (curved.vectors @ along)
    return np.asarray(solved if right.ndim == 3 else solved[..., 0])
