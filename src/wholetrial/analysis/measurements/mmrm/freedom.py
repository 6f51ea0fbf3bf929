"""Variances of contrasts in small samples, and the degrees of freedom they are worth.

References: Satterthwaite FE. Biometrics Bull 1946;2:110-4; Fai AHT, Cornelius PL. J Stat Comput
Simul 1996;54:363-78 (several contrasts at once); Kenward MG, Roger JH. Biometrics 1997;53:983-97;
Kenward MG, Roger JH. Comput Stat Data Anal 2009;53:2583-95 (the linear form).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from wholetrial.analysis.arguments import Booleans
from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.measurements.mmrm.empirical import (
    Uncertainty,
    bias_reduced,
    empirical,
    jackknife,
)
from wholetrial.analysis.measurements.mmrm.fit import MixedModel
from wholetrial.analysis.measurements.mmrm.likelihood import between, weights_of
from wholetrial.analysis.measurements.mmrm.structures import (
    curvature_of,
    pairs_of,
    unstructured_curvature,
)

DEPENDENT = 1e-12
TINY = float(np.finfo(np.float64).tiny)


class JointUncertainty(NamedTuple):
    """Covariance `(B, C, C)` of contrasts tested together, factor of their F, denominator `(B)`."""

    covariance: Floats
    factor: Floats
    freedom: Floats


Contrasts = Callable[[MixedModel, Floats], Uncertainty]
Together = Callable[[MixedModel, Floats], JointUncertainty]


def satterthwaite(model: MixedModel, weights: Floats) -> Uncertainty:
    """Match the first two moments of each variance to those of a chi-square."""
    covariance = model.fitted.peak.likelihood.covariance
    return Uncertainty(_variance(weights, covariance), _freedom(model, weights))


def kenward_roger_linear(model: MixedModel, weights: Floats) -> Uncertainty:
    """Adjust for the covariance being estimated, as if it were linear in its parameters."""
    return Uncertainty(_variance(weights, _linear(model)), _freedom(model, weights))


def kenward_roger(model: MixedModel, weights: Floats) -> Uncertainty:
    """Adjust for the covariance being estimated, with its second derivatives.

    These depend on the parameters: logarithms of standard deviations, and those of `correlations`
    or, unstructured, the entries of a Cholesky factor whose diagonal is 1 (R's `mmrm` does so).
    """
    return Uncertainty(_variance(weights, _full(model)), _freedom(model, weights))


def residual(model: MixedModel, weights: Floats) -> Uncertainty:
    """Take as degrees of freedom the observations less the coefficients."""
    covariance = model.fitted.peak.likelihood.covariance
    variance = _variance(weights, covariance)
    return Uncertainty(variance, np.broadcast_to(_observations_left(model), variance.shape))


def satterthwaite_together(model: MixedModel, weights: Floats) -> JointUncertainty:
    """Split the contrasts into independent ones, each with its degrees of freedom."""
    covariance = weights @ model.fitted.peak.likelihood.covariance @ np.swapaxes(weights, -1, -2)
    _, vectors = np.linalg.eigh(covariance)
    freedom = _freedom(model, np.swapaxes(vectors, -1, -2) @ weights)
    count = weights.shape[1]
    enough = freedom > 2
    excess = np.where(enough, 2 / np.where(enough, freedom - 2, 1.0), 1.0).sum(axis=-1)
    bounded = excess > 0
    joined = np.where(bounded, 2 + 2 * count / np.where(bounded, excess, 1.0), np.inf)
    joined = np.where(enough.all(axis=-1), joined, 2.0) if count > 1 else freedom[:, 0]
    return JointUncertainty(covariance, np.ones(len(weights)), joined)


def kenward_roger_together(model: MixedModel, weights: Floats) -> JointUncertainty:
    """Match the moments of F with the covariance adjusted with second derivatives."""
    return _kenward_roger_together(model, weights, _full(model))


def kenward_roger_linear_together(model: MixedModel, weights: Floats) -> JointUncertainty:
    """Match the moments of F with the covariance adjusted in its linear form."""
    return _kenward_roger_together(model, weights, _linear(model))


def residual_together(model: MixedModel, weights: Floats) -> JointUncertainty:
    """Take as denominator the observations less the coefficients."""
    covariance = weights @ model.fitted.peak.likelihood.covariance @ np.swapaxes(weights, -1, -2)
    return JointUncertainty(covariance, np.ones(len(weights)), _observations_left(model)[:, 0])


def is_singular(covariance: Floats) -> Booleans:
    """Tell where contrasts with this covariance `(B, C, C)` follow from each other."""
    spread = np.linalg.eigvalsh(covariance)
    return np.asarray(spread[:, 0] <= DEPENDENT * np.maximum(spread[:, -1], TINY))


def _variance(weights: Floats, covariance: Floats) -> Floats:
    return np.asarray(np.sum((weights @ covariance) * weights, axis=-1))


def _observations_left(model: MixedModel) -> Floats:
    left = model.observations - np.sum(~model.aliased, axis=-1)
    return np.asarray(np.maximum(left.reshape(-1, 1), 1), np.float64)


def _freedom(model: MixedModel, weights: Floats) -> Floats:
    peak = model.fitted.peak
    along = np.swapaxes(weights @ peak.likelihood.covariance, -1, -2)
    turned = along[:, None]
    slopes = np.sum((peak.likelihood.slopes @ turned) * turned, axis=-2)
    spread = np.sum((peak.parameter_covariance @ slopes) * slopes, axis=1)
    variance = _variance(weights, peak.likelihood.covariance)
    known = spread > 0
    return np.where(known, 2 * variance**2 / np.where(known, spread, 1.0), np.inf)


def _linear(model: MixedModel) -> Floats:
    """The covariance of the basis' coefficients, adjusted without second derivatives."""
    moments, peak = model.fitted.moments, model.fitted.peak
    found, uncertain = peak.likelihood, peak.parameter_covariance
    inverse = weights_of(moments, peak.covariance.sigma).inverse
    replicates, groups, visits, _ = inverse.shape
    slopes = peak.covariance.slopes.reshape(replicates, -1, visits**2)
    four = np.swapaxes(slopes, -1, -2) @ uncertain @ slopes
    four = four.reshape(replicates, visits, visits, visits, visits).transpose(0, 2, 3, 1, 4)
    four = four.reshape(replicates, visits**2, visits**2)
    middle = (inverse.reshape(replicates, groups, -1) @ four).reshape(inverse.shape)
    first = between(moments, inverse @ middle @ inverse)
    count = found.slopes.shape[1]
    mixed = (uncertain @ found.slopes.reshape(replicates, count, -1)).reshape(found.slopes.shape)
    second = np.sum(found.slopes @ found.covariance[:, None] @ mixed, axis=1)
    added = found.covariance @ (first - second) @ found.covariance
    return np.asarray(found.covariance + added + np.swapaxes(added, -1, -2))


def _full(model: MixedModel) -> Floats:
    """The covariance of the basis' coefficients, adjusted with second derivatives."""
    moments, peak = model.fitted.moments, model.fitted.peak
    sigma, uncertain = peak.covariance.sigma, peak.parameter_covariance
    if model.structure == "unstructured":
        rows, columns = pairs_of(sigma.shape[-1])
        bent = unstructured_curvature(sigma)
        change = np.linalg.solve(
            np.swapaxes(bent.slopes[:, :, rows, columns], -1, -2),
            np.swapaxes(peak.covariance.slopes[:, :, rows, columns], -1, -2),
        )
        uncertain = change @ uncertain @ np.swapaxes(change, -1, -2)
        curvature = bent.curvature
    else:
        curvature = curvature_of(model.structure, peak.parameters, sigma.shape[-1])
    inverse = weights_of(moments, sigma).inverse
    expected = np.einsum("bkl,bklvw->bvw", uncertain, curvature)
    third = between(moments, inverse @ expected[:, None] @ inverse)
    covariance = peak.likelihood.covariance
    return _linear(model) - covariance @ third @ covariance / 2


def _kenward_roger_together(
    model: MixedModel, weights: Floats, adjusted: Floats
) -> JointUncertainty:
    peak, count = model.fitted.peak, float(weights.shape[1])
    found = peak.likelihood
    along = weights @ found.covariance
    inside = along @ np.swapaxes(weights, -1, -2)
    inside = np.where(is_singular(inside)[:, None, None], np.eye(weights.shape[1]), inside)
    slopes = along[:, None] @ found.slopes @ np.swapaxes(along, -1, -2)[:, None]
    relative = np.linalg.solve(inside[:, None], slopes)
    traces = np.trace(relative, axis1=-2, axis2=-1)
    first = np.sum((peak.parameter_covariance @ traces[..., None])[..., 0] * traces, axis=-1)
    flat = relative.reshape(*relative.shape[:2], -1)
    turned = np.swapaxes(relative, -1, -2).reshape(flat.shape)
    crossed = flat @ np.swapaxes(turned, -1, -2)
    second = np.sum(peak.parameter_covariance * crossed, axis=(-2, -1))
    factor, freedom = _matched(first, second, count)
    covariance = weights @ adjusted @ np.swapaxes(weights, -1, -2)
    return JointUncertainty(covariance, factor, freedom)


def _matched(first: Floats, second: Floats, count: float) -> tuple[Floats, Floats]:
    """Factor and denominator of F with the moments of Kenward and Roger (1997), section 3."""
    known = second > 0
    second = np.where(known, second, 1e-12)
    mixed = (first + 6 * second) / (2 * count)
    g = ((count + 1) * first - (count + 4) * second) / ((count + 2) * second)
    base = 3 * count + 2 * (1 - g)
    c1, c2, c3 = g / base, (count - g) / base, (count + 2 - g) / base
    mean = 1 / (1 - second / count)
    variance = (2 / count) * (1 + c1 * mixed) / ((1 - c2 * mixed) ** 2 * (1 - c3 * mixed))
    ratio = variance / (2 * mean**2)
    freedom = 4 + (count + 2) / (count * ratio - 1)
    factor = freedom / (mean * (freedom - 2))
    return np.where(known, factor, 1.0), np.where(known, freedom, np.inf)


FREEDOM: Mapping[str, Contrasts] = MappingProxyType(
    {
        "satterthwaite": satterthwaite,
        "kenward_roger": kenward_roger,
        "kenward_roger_linear": kenward_roger_linear,
        "residual": residual,
        "empirical": empirical,
        "empirical_bias_reduced": bias_reduced,
        "empirical_jackknife": jackknife,
    }
)
"""Variance and degrees of freedom of single contrasts, by the names trial files use."""

TOGETHER: Mapping[str, Together] = MappingProxyType(
    {
        "satterthwaite": satterthwaite_together,
        "kenward_roger": kenward_roger_together,
        "kenward_roger_linear": kenward_roger_linear_together,
        "residual": residual_together,
    }
)
"""The same for several contrasts tested together."""
