"""The restricted likelihood of repeated measurements with exact first and second derivatives.

All is computed from the sums by missing pattern. With W the inverse covariance of a pattern, X the
fixed effects and C = inverse of X'WX, minus twice the log-likelihood is log|V| + log|X'WX| + r'Wr.
References: Patterson HD, Thompson R. Biometrika 1971;58:545-54; Harville DA. J Am Stat Assoc
1977;72:320-38; Jennrich RI, Schluchter MD. Biometrics 1986;42:805-20.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.measurements.mmrm.patterns import Moments
from wholetrial.analysis.measurements.mmrm.structures import Covariance, pairs_of


class Likelihood(NamedTuple):
    """Minus twice the log-likelihood at a covariance, without its constant, and its derivatives.

    `deviance` `(B)`, `gradient` `(B, M)` and `curvature` `(B, M, M)` by the parameters of the
    covariance, the latter without what `weights` `(B, V, V)` times its second derivatives add.
    `coefficients` `(B, F)` and their `covariance` `(B, F, F)` are those of the basis, `slopes`
    `(B, M, F, F)` the derivatives of X'WX with the sign changed.
    """

    deviance: Floats
    gradient: Floats
    curvature: Floats
    weights: Floats
    coefficients: Floats
    covariance: Floats
    slopes: Floats


class Weighted(NamedTuple):
    """Inverse covariance by pattern `(B, G, V, V)`, 0 where unmeasured, and log|V| `(B)`."""

    inverse: Floats
    log_determinant: Floats


class _Solved(NamedTuple):
    """Coefficients with covariance, and what remains: squares, and products with the columns."""

    coefficients: Floats
    covariance: Floats
    log_determinant: Floats
    spread: Floats
    squares: Floats
    products: Floats


def likelihood(moments: Moments, covariance: Covariance, *, restricted: bool) -> Likelihood:
    """Evaluate the likelihood, profiled over the coefficients; every sigma positive definite."""
    weighted = weights_of(moments, covariance.sigma)
    inverse = weighted.inverse
    solved = _solved(moments, inverse, restricted)
    left = inverse @ (solved.squares + solved.spread) @ inverse
    counted = moments.participants[..., None, None] * inverse
    weights = np.sum(counted - left, axis=1)
    slopes, scores = _by_parameter(moments, inverse, solved, covariance.slopes)
    along = solved.covariance[:, None] @ slopes
    parameters = covariance.slopes.shape[1]
    flat = covariance.slopes.reshape(len(inverse), parameters, -1)
    curvature = _quadratic(2 * left - counted, inverse, flat)
    curvature -= 2 * scores @ solved.covariance @ np.swapaxes(scores, -1, -2)
    if restricted:
        turned = np.swapaxes(along, -1, -2).reshape(len(inverse), parameters, -1)
        curvature -= along.reshape(turned.shape) @ np.swapaxes(turned, -1, -2)
    remaining = np.sum(inverse * solved.squares, axis=(1, 2, 3))
    deviance = weighted.log_determinant + remaining
    return Likelihood(
        deviance + solved.log_determinant if restricted else deviance,
        (flat @ weights.reshape(len(inverse), -1, 1))[..., 0],
        curvature,
        weights,
        solved.coefficients,
        solved.covariance,
        slopes,
    )


def weights_of(moments: Moments, sigma: Floats) -> Weighted:
    """Invert the covariance of the visits that each pattern has."""
    both = moments.measured[..., :, None] * moments.measured[..., None, :]
    unmeasured = (1 - moments.measured)[..., None] * np.eye(sigma.shape[-1])
    filled = sigma[:, None] * both + unmeasured
    diagonal = np.diagonal(np.linalg.cholesky(filled), axis1=-2, axis2=-1)
    logs = 2 * np.log(diagonal).sum(axis=-1)
    inverse = np.linalg.inv(filled) * both
    inverse = (inverse + np.swapaxes(inverse, -1, -2)) / 2
    return Weighted(inverse, np.sum(moments.participants * logs, axis=-1))


def between(moments: Moments, middle: Floats) -> Floats:
    """Sum X'MX over the participants, with a matrix M by pattern `(B, G, V, V)`."""
    return projected(moments.layout, _spread_out(moments.squares, middle))


def projected(layout: Floats, wide: Floats) -> Floats:
    """Bring `(B, ..., K V, K V)` to the fixed effects `(B, ..., F, F)`."""
    flat = layout.reshape(len(layout), *(1,) * (wide.ndim - 3), -1, layout.shape[-1])
    return np.asarray(np.swapaxes(flat, -1, -2) @ wide @ flat)


def _spread_out(squares: Floats, middle: Floats) -> Floats:
    """Sum over patterns the Kronecker product of squares `(K, K)` and a matrix `(V, V)`."""
    replicates, groups, count, _ = squares.shape
    visits = middle.shape[-1]
    turned = np.swapaxes(squares.reshape(replicates, groups, -1), -1, -2)
    wide = turned @ middle.reshape(replicates, groups, -1)
    wide = wide.reshape(replicates, count, count, visits, visits).transpose(0, 1, 3, 2, 4)
    return wide.reshape(replicates, count * visits, count * visits)


def _solved(moments: Moments, inverse: Floats, restricted: bool) -> _Solved:
    replicates, groups, count, visits = moments.products.shape
    flat = moments.layout.reshape(replicates, count * visits, -1)
    left_out = moments.aliased[..., None] * np.eye(flat.shape[-1])
    information = between(moments, inverse) + left_out
    covariance = np.linalg.inv(information)
    covariance = (covariance + np.swapaxes(covariance, -1, -2)) / 2 - left_out
    weighted = np.sum(moments.products @ inverse, axis=1).reshape(replicates, -1, 1)
    coefficients = covariance @ (np.swapaxes(flat, -1, -2) @ weighted)
    fitted = (flat @ coefficients).reshape(replicates, 1, count, visits)
    products = moments.products - moments.squares @ fitted
    crossed = np.swapaxes(moments.products, -1, -2) @ fitted
    squares = moments.values - crossed - np.swapaxes(fitted, -1, -2) @ products
    squares = (squares + np.swapaxes(squares, -1, -2)) / 2
    spread = np.zeros_like(squares)
    if restricted:
        wide = (flat @ covariance @ np.swapaxes(flat, -1, -2)).reshape(
            replicates, count, visits, count, visits
        )
        wide = wide.transpose(0, 1, 3, 2, 4).reshape(replicates, count * count, -1)
        spread = (moments.squares.reshape(replicates, groups, -1) @ wide).reshape(squares.shape)
    return _Solved(
        coefficients[..., 0],
        covariance,
        np.linalg.slogdet(information).logabsdet,
        spread,
        squares,
        products,
    )


def _by_parameter(
    moments: Moments, inverse: Floats, solved: _Solved, slopes: Floats
) -> tuple[Floats, Floats]:
    """X'W S W X `(B, M, F, F)` and X'W S W r `(B, M, F)` for each derivative S of sigma."""
    replicates, groups, count, visits = moments.products.shape
    rows, columns = pairs_of(visits)
    pairs = len(rows)
    of_pair = inverse[:, :, rows, :, None] * inverse[:, :, columns, None, :]
    turned = np.swapaxes(moments.squares.reshape(replicates, groups, -1), -1, -2)
    wide = (turned @ of_pair.reshape(replicates, groups, -1)).reshape(
        replicates, count, count, pairs, visits, visits
    )
    wide = wide.transpose(0, 3, 1, 4, 2, 5).reshape(replicates, pairs, -1)
    parameters = slopes.shape[1]
    share = slopes[:, :, rows, columns] * np.where(rows == columns, 0.5, 1.0)
    mixed = (share @ wide).reshape(replicates, parameters, count * visits, count * visits)
    half = projected(moments.layout, mixed)
    toward = np.swapaxes(solved.products @ inverse, -1, -2).reshape(replicates, groups, -1)
    four = np.swapaxes(inverse.reshape(replicates, groups, -1), -1, -2) @ toward
    four = four.reshape(replicates, visits, visits, visits, count).transpose(0, 2, 3, 4, 1)
    four = four.reshape(replicates, visits * visits, count * visits)
    narrow = slopes.reshape(replicates, parameters, -1) @ four
    scores = narrow @ moments.layout.reshape(replicates, count * visits, -1)
    return half + np.swapaxes(half, -1, -2), scores


def _quadratic(first: Floats, second: Floats, slopes: Floats) -> Floats:
    """Sum over patterns of tr(A S B S') for derivatives S, S' of sigma, `(B, M, V V)`."""
    replicates, groups, visits, _ = first.shape
    turned = np.swapaxes(first.reshape(replicates, groups, -1), -1, -2)
    four = (turned @ second.reshape(replicates, groups, -1)).reshape(
        replicates, visits, visits, visits, visits
    )
    four = four.transpose(0, 2, 3, 1, 4).reshape(replicates, visits * visits, -1)
    quadratic = slopes @ four @ np.swapaxes(slopes, -1, -2)
    return np.asarray((quadratic + np.swapaxes(quadratic, -1, -2)) / 2)
