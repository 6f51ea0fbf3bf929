"""Covariance structures of repeated measurements: parameters without bounds, and derivatives.

The unstructured covariance is parameterized by the Cholesky factor of its inverse, in which the
likelihood is concave where people only drop out; the others by logarithms of standard deviations
and by the parameters of their correlations. References: Jennrich RI, Schluchter MD. Biometrics
1986;42:805-20; Pinheiro JC, Bates DM. Stat Comput 1996;6:289-96; Gabriel KR. Ann Math Stat
1962;33:201-12 (ante-dependence).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.measurements.mmrm.correlations import (
    LEAST_EIGENVALUE,
    Correlation,
    Correlations,
    ante_dependent,
    autoregressive,
    banded,
    exchangeable,
    parameters_near,
)

LONGEST_STEP = 2.0
"""Of logarithms of standard deviations, and of the parameters of correlations."""
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
    derivatives, `bending` the second derivatives, each summed with a matrix of weights `(B, V, V)`;
    `one_variance` says that all visits have the same; no parameter moves by more than
    `longest_step` at once.
    """

    title: str
    one_variance: bool
    longest_step: float
    start: Callable[[Floats], Floats]
    at: Callable[[Floats, int], Covariance]
    bending: Callable[[Floats, Floats], Floats]


def structure_named(name: str) -> Structure:
    """Find a covariance structure, or raise ValueError naming those there are."""
    if name not in STRUCTURES:
        raise ValueError(f"structure must be one of {', '.join(STRUCTURES)}; got {name!r}")
    return STRUCTURES[name]


def curvature_of(name: str, parameters: Floats, visits: int) -> Floats:
    """Give all second derivatives `(B, M, M, V, V)` of a structure that has correlations."""
    kind, heterogeneous = _CORRELATED[name]
    return _second(_parts(kind, heterogeneous, parameters, visits))


class Pairs(NamedTuple):
    """The rows and columns of a lower triangle, row by row."""

    rows: npt.NDArray[np.intp]
    columns: npt.NDArray[np.intp]


@cache
def pairs_of(visits: int) -> Pairs:
    """Give every pair of visits once, the later first."""
    return Pairs(*np.tril_indices(visits))


class Bent(NamedTuple):
    """First `(B, M, V, V)` and second `(B, M, M, V, V)` derivatives of a covariance."""

    slopes: Floats
    curvature: Floats


def unstructured_curvature(sigma: Floats) -> Bent:
    """Give the derivatives of a covariance D L L' D by log D and by the entries of L below its 1s.

    The rows of L L' are scaled by D; the parameters are those of the diagonal first.
    """
    visits = sigma.shape[-1]
    rows, columns = np.tril_indices(visits, -1)
    factor = np.linalg.cholesky(sigma)
    scale = np.diagonal(factor, axis1=-2, axis2=-1)
    unit = np.eye(visits)
    entries = np.zeros((len(rows), visits, visits))
    entries[np.arange(len(rows)), rows, columns] = 1.0
    by_entry = scale[:, rows, None, None] * entries
    first = np.concatenate([unit[:, :, None] * factor[:, None], by_entry], axis=1)
    count = first.shape[1]
    second = np.zeros((len(sigma), count, count, visits, visits))
    second[:, :visits] = unit[:, None, :, None] * first[:, None]
    second[:, :, :visits] = np.swapaxes(second[:, :visits], 1, 2)
    half = np.einsum("bkvu,bwu->bkvw", first, factor)
    bent = np.einsum("bkvu,blwu->bklvw", first, first)
    bent = bent + np.einsum("bklvu,bwu->bklvw", second, factor)
    return Bent(half + np.swapaxes(half, -1, -2), bent + np.swapaxes(bent, -1, -2))


def _unstructured_start(sigma: Floats) -> Floats:
    rows, columns = pairs_of(sigma.shape[-1])
    factor = np.linalg.inv(np.linalg.cholesky(_positive(sigma)))
    return np.asarray(factor[:, rows, columns])


def _unstructured(parameters: Floats, visits: int) -> Covariance:
    rows, columns = pairs_of(visits)
    root = _root(parameters, visits)
    sigma = root @ np.swapaxes(root, -1, -2)
    half = np.einsum("bvk,bkw->bkvw", root[:, :, rows], sigma[:, columns, :])
    return Covariance(sigma, -(half + np.swapaxes(half, -1, -2)))


def _unstructured_bending(parameters: Floats, weights: Floats) -> Floats:
    rows, columns = pairs_of(weights.shape[-1])
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
    rows, columns = pairs_of(visits)
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


class _Parts(NamedTuple):
    """The pieces of a covariance: products of deviations, which each reaches, and correlations."""

    scale: Floats
    reach: Floats
    correlation: Correlation


def _parts(kind: Correlations, heterogeneous: bool, parameters: Floats, visits: int) -> _Parts:
    count = visits if heterogeneous else 1
    logarithms = np.clip(parameters[:, :count], -FARTHEST, FARTHEST)
    deviations = np.broadcast_to(np.exp(logarithms), (len(parameters), visits))
    unit = np.eye(visits)
    own = unit[:, :, None] + unit[:, None, :]
    return _Parts(
        deviations[:, :, None] * deviations[:, None, :],
        own if heterogeneous else own.sum(axis=0, keepdims=True),
        kind(parameters[:, count:], visits),
    )


def _first(parts: _Parts) -> Covariance:
    sigma = parts.scale * parts.correlation.value
    moved = parts.scale[:, None] * parts.correlation.slopes
    return Covariance(sigma, np.concatenate([sigma[:, None] * parts.reach, moved], axis=1))


def _second(parts: _Parts) -> Floats:
    by_deviation = _first(parts).slopes[:, :, None] * parts.reach
    by_correlation = parts.scale[:, None, None] * parts.correlation.curvature
    across = np.swapaxes(by_deviation[:, len(parts.reach) :], 1, 2)
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

    return Structure(title, not heterogeneous, LONGEST_STEP, start, at, bending)


def _correlated_start(sigma: Floats, name: str) -> Floats:
    kind, heterogeneous = _CORRELATED[name]
    sigma = _positive(sigma)
    variance = np.diagonal(sigma, axis1=-2, axis2=-1)
    scale = np.sqrt(variance[:, :, None] * variance[:, None, :])
    if not heterogeneous:
        variance = variance.mean(axis=-1, keepdims=True)
    return np.concatenate([np.log(variance) / 2, parameters_near(kind, sigma / scale)], axis=-1)


_CORRELATED: dict[str, tuple[Correlations, bool]] = {
    "compound_symmetry": (exchangeable, False),
    "heterogeneous_compound_symmetry": (exchangeable, True),
    "ar1": (autoregressive, False),
    "heterogeneous_ar1": (autoregressive, True),
    "toeplitz": (banded, False),
    "heterogeneous_toeplitz": (banded, True),
    "ante_dependence": (ante_dependent, True),
}

STRUCTURES: Mapping[str, Structure] = MappingProxyType(
    {
        "unstructured": Structure(
            "unstructured covariance",
            False,
            np.inf,
            _unstructured_start,
            _unstructured,
            _unstructured_bending,
        ),
        **{name: _correlated(f"{name.replace('_', ' ')} covariance", name) for name in _CORRELATED},
    }
)
"""The covariance structures that are built, by the names trial files use."""
