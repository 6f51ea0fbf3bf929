"""Covariance structures of repeated measurements: parameters without bounds, and derivatives.

The unstructured covariance is parameterized by the Cholesky factor of its inverse, in which the
likelihood is concave where people only drop out; the others by logarithms of standard deviations
and by correlations r = t / sqrt(1 + t^2). References: Jennrich RI, Schluchter MD. Biometrics
1986;42:805-20; Pinheiro JC, Bates DM. Stat Comput 1996;6:289-96; Gabriel KR. Ann Math Stat
1962;33:201-12 (ante-dependence).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from wholetrial.analysis.estimate import Floats

LEAST_EIGENVALUE = 0.02
"""Correlations at the start are brought to at least this smallest eigenvalue."""
FARTHEST = 100.0
"""Largest logarithm of a standard deviation, so that a step too long stays a number."""


class Covariance(NamedTuple):
    """The covariance `(B, V, V)` and its first derivatives `(B, M, V, V)` by the parameters."""

    sigma: Floats
    slopes: Floats


@dataclass(frozen=True, slots=True)
class Structure:
    """A covariance structure: functions of its parameters `(B, M)`.

    `start` gives parameters near to a covariance `(B, V, V)`, `at` the covariance with its
    derivatives, `bending` the second derivatives, each summed with a matrix of weights `(B, V, V)`.
    """

    title: str
    start: Callable[[Floats], Floats]
    at: Callable[[Floats, int], Covariance]
    bending: Callable[[Floats, Floats], Floats]


class Correlation(NamedTuple):
    """Correlations `(B, V, V)`, with first and second derivatives by R of their own values."""

    value: Floats
    slopes: Floats
    curvature: Floats


def structure_named(name: str) -> Structure:
    """Find a covariance structure, or raise ValueError naming those there are."""
    if name not in STRUCTURES:
        raise ValueError(f"structure must be one of {', '.join(STRUCTURES)}; got {name!r}")
    return STRUCTURES[name]


def curvature_of(name: str, parameters: Floats, visits: int) -> Floats:
    """Give all second derivatives `(B, M, M, V, V)` of a structure that has correlations."""
    kind, heterogeneous = _CORRELATED[name]
    return _second(_parts(kind, heterogeneous, parameters, visits))


def _unstructured_start(sigma: Floats) -> Floats:
    rows, columns = np.tril_indices(sigma.shape[-1])
    factor = np.linalg.inv(np.linalg.cholesky(_positive(sigma)))
    return np.asarray(factor[:, rows, columns])


def _unstructured(parameters: Floats, visits: int) -> Covariance:
    rows, columns = np.tril_indices(visits)
    root = _root(parameters, visits)
    sigma = root @ np.swapaxes(root, -1, -2)
    half = np.einsum("bvk,bkw->bkvw", root[:, :, rows], sigma[:, columns, :])
    return Covariance(sigma, -(half + np.swapaxes(half, -1, -2)))


def _unstructured_bending(parameters: Floats, weights: Floats) -> Floats:
    rows, columns = np.tril_indices(weights.shape[-1])
    root = _root(parameters, weights.shape[-1])
    sigma = root @ np.swapaxes(root, -1, -2)
    left = np.swapaxes(root, -1, -2) @ weights
    mixed, squared = left @ sigma, left @ root
    here, there = np.ix_(rows, columns), np.ix_(columns, rows)
    crossed = mixed[:, here[0], here[1]] * root[:, there[0], there[1]]
    bent: Floats = 2 * (
        crossed
        + np.swapaxes(crossed, -1, -2)
        + squared[:, rows[:, None], rows] * sigma[:, columns[:, None], columns]
    )
    return bent


def _root(parameters: Floats, visits: int) -> Floats:
    """The inverse of the factor L where the inverse covariance is L'L, both lower triangular."""
    factor = np.zeros((len(parameters), visits, visits))
    rows, columns = np.tril_indices(visits)
    factor[:, rows, columns] = parameters
    return np.asarray(np.linalg.inv(factor))


def _positive(sigma: Floats) -> Floats:
    """The covariance with its correlations moved until their matrix is positive definite."""
    deviation = np.sqrt(np.diagonal(sigma, axis1=-2, axis2=-1))
    scale = deviation[:, :, None] * deviation[:, None, :]
    values, vectors = np.linalg.eigh(sigma / scale)
    raised = np.maximum(values, LEAST_EIGENVALUE)
    correlation = (vectors * raised[:, None, :]) @ np.swapaxes(vectors, -1, -2)
    unit = np.sqrt(np.diagonal(correlation, axis1=-2, axis2=-1))
    changed = correlation / (unit[:, :, None] * unit[:, None, :]) * scale
    return np.where((values[:, 0] < LEAST_EIGENVALUE)[:, None, None], changed, sigma)


def _exchangeable(values: Floats, visits: int) -> Correlation:
    apart = 1 - np.eye(visits)
    slopes = np.broadcast_to(apart, (len(values), 1, visits, visits))
    return Correlation(
        np.eye(visits) + values[:, :, None] * apart, slopes, np.zeros_like(slopes)[:, None]
    )


def _autoregressive(values: Floats, visits: int) -> Correlation:
    lag = _lags(visits)
    once, twice = np.maximum(lag - 1, 0), np.maximum(lag - 2, 0)
    r = values[:, :, None]
    slopes, curvature = lag * r**once, lag * (lag - 1) * r**twice
    return Correlation(r**lag, slopes[:, None], curvature[:, None, None])


def _banded(values: Floats, visits: int) -> Correlation:
    bands = (_lags(visits) == np.arange(1, visits)[:, None, None]).astype(np.float64)
    correlation = np.eye(visits) + np.einsum("br,rvw->bvw", values, bands)
    slopes = np.broadcast_to(bands, (len(values), *bands.shape))
    return Correlation(
        correlation, slopes, np.zeros((len(values), visits - 1, visits - 1, visits, visits))
    )


def _ante_dependent(values: Floats, visits: int) -> Correlation:
    """The correlation of two visits is the product of those of the neighbors between them."""
    step, place = np.arange(visits - 1)[:, None, None], np.arange(visits)
    first = np.minimum(place[:, None], place)
    inside = (step >= first) & (step < np.maximum(place[:, None], place))
    chosen = np.eye(visits - 1, dtype=bool)
    pairs = chosen[:, None] | chosen[None]

    def product(left_out: np.ndarray) -> Floats:
        kept = np.where(left_out, 1.0, values[:, *(None,) * (left_out.ndim - 1)])
        return np.asarray(np.prod(np.where(inside, kept[..., None, None], 1.0), axis=-3))

    both = inside[:, None] & inside[None] & ~chosen[:, :, None, None]
    return Correlation(
        product(np.zeros(visits - 1, bool)), product(chosen) * inside, product(pairs) * both
    )


def _lags(visits: int) -> np.ndarray:
    place = np.arange(visits)
    return np.asarray(np.abs(place[:, None] - place))


class _Parts(NamedTuple):
    """The pieces of a covariance made of standard deviations and correlations."""

    deviations: Floats
    scale: Floats
    reach: Floats
    correlation: Correlation
    first: Floats
    second: Floats


_Kind = Callable[[Floats, int], Correlation]


def _parts(kind: _Kind, heterogeneous: bool, parameters: Floats, visits: int) -> _Parts:
    count = visits if heterogeneous else 1
    logarithms = np.clip(parameters[:, :count], -FARTHEST, FARTHEST)
    deviations = np.broadcast_to(np.exp(logarithms), (len(parameters), visits))
    unit = np.eye(visits)
    reach = (
        unit[:, :, None] + unit[:, None, :] if heterogeneous else np.full((1, visits, visits), 2.0)
    )
    t = parameters[:, count:]
    root = np.sqrt(1 + t**2)
    return _Parts(
        deviations,
        deviations[:, :, None] * deviations[:, None, :],
        reach,
        kind(t / root, visits),
        root**-3,
        -3 * t * root**-5,
    )


def _first(parts: _Parts) -> Covariance:
    sigma = parts.scale * parts.correlation.value
    moved = parts.scale[:, None] * parts.correlation.slopes * parts.first[:, :, None, None]
    return Covariance(sigma, np.concatenate([sigma[:, None] * parts.reach, moved], axis=1))


def _second(parts: _Parts) -> Floats:
    covariance, scale = _first(parts), parts.scale[:, None, None]
    count = len(parts.reach)
    by_deviation = covariance.slopes[:, :, None] * parts.reach
    own = np.eye(parts.first.shape[-1])[:, :, None, None]
    both = (parts.first[:, :, None] * parts.first[:, None])[..., None, None]
    bent = parts.correlation.slopes[:, :, None] * parts.second[:, :, None, None, None] * own
    by_correlation = scale * (parts.correlation.curvature * both + bent)
    across = np.swapaxes(by_deviation[:, count:], 1, 2)
    return np.concatenate([by_deviation, np.concatenate([across, by_correlation], axis=1)], axis=2)


def _correlated(title: str, name: str) -> Structure:
    kind, heterogeneous = _CORRELATED[name]

    def at(parameters: Floats, visits: int) -> Covariance:
        return _first(_parts(kind, heterogeneous, parameters, visits))

    def bending(parameters: Floats, weights: Floats) -> Floats:
        second = curvature_of(name, parameters, weights.shape[-1])
        return np.asarray(np.einsum("bklvw,bvw->bkl", second, weights))

    def start(sigma: Floats) -> Floats:
        return _correlated_start(sigma, name)

    return Structure(title, start, at, bending)


def _correlated_start(sigma: Floats, name: str) -> Floats:
    kind, heterogeneous = _CORRELATED[name]
    visits = sigma.shape[-1]
    sigma = _positive(sigma)
    variance = np.diagonal(sigma, axis1=-2, axis2=-1)
    correlation = sigma / np.sqrt(variance[:, :, None] * variance[:, None, :])
    neighbors = np.diagonal(correlation, 1, axis1=-2, axis2=-1)
    if kind is _ante_dependent:
        chosen = neighbors
    elif kind is _banded:
        bands = [np.diagonal(correlation, k, axis1=-2, axis2=-1) for k in range(1, visits)]
        chosen = np.stack([band.mean(axis=-1) for band in bands], axis=-1) if bands else neighbors
    else:
        apart = _lags(visits) == 1 if kind is _autoregressive else _lags(visits) > 0
        chosen = np.sum(correlation * apart, axis=(-2, -1))[:, None] / max(int(apart.sum()), 1)
    chosen = _toward_zero(kind, np.clip(chosen, -0.95, 0.95), visits)
    if not heterogeneous:
        variance = variance.mean(axis=-1, keepdims=True)
    return np.concatenate([np.log(variance) / 2, chosen / np.sqrt(1 - chosen**2)], axis=-1)


def _toward_zero(kind: _Kind, values: Floats, visits: int) -> Floats:
    """Halve correlations until their matrix is positive definite."""
    for _ in range(20):
        least = np.linalg.eigvalsh(kind(values, visits).value)[:, :1]
        values = np.where(least > LEAST_EIGENVALUE / 2, values, values / 2)
    return values


_CORRELATED: dict[str, tuple[_Kind, bool]] = {
    "compound_symmetry": (_exchangeable, False),
    "heterogeneous_compound_symmetry": (_exchangeable, True),
    "ar1": (_autoregressive, False),
    "heterogeneous_ar1": (_autoregressive, True),
    "toeplitz": (_banded, False),
    "heterogeneous_toeplitz": (_banded, True),
    "ante_dependence": (_ante_dependent, True),
}

STRUCTURES: Mapping[str, Structure] = MappingProxyType(
    {
        "unstructured": Structure(
            "unstructured covariance", _unstructured_start, _unstructured, _unstructured_bending
        ),
        **{name: _correlated(f"{name.replace('_', ' ')} covariance", name) for name in _CORRELATED},
    }
)
"""The covariance structures that are built, by the names trial files use."""
