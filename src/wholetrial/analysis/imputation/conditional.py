"""Normal values given those measured: their mean, or a draw from their distribution.

Who missed no visit before the last one measured is filled visit by visit, each from those before;
who returned after a missed visit by solving for the values measured, before and after. Reference:
Anderson TW. An Introduction to Multivariate Statistical Analysis. Wiley, 1958 (chapter 2).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans
from wholetrial.analysis.estimate import Floats

Indices = npt.NDArray[np.intp]


class Covariance(NamedTuple):
    """Covariances of M samples of R analyses and their Cholesky roots, `(M, R, V, V)`."""

    matrix: Floats
    root: Floats


class Incomplete(NamedTuple):
    """People with something missing: values `(N, V)`, means `(M, N, V)`, and whose covariance.

    `analysis` `(N,)` is the place among the R analyses. `noise` `(M, N, V)` are standard normal
    draws, None for the mean.
    """

    values: Floats
    mean: Floats
    covariance: Covariance
    analysis: Indices
    noise: Floats | None


def as_covariance(matrix: Floats) -> Covariance:
    """Give covariances with their roots."""
    return Covariance(matrix, np.asarray(np.linalg.cholesky(matrix), np.float64))


def filled(people: Incomplete) -> Floats:
    """Give the values `(M, N, V)`, those missing from the normal distribution given the others.

    >>> related = as_covariance(np.array([[[[1.0, 0.5], [0.5, 1.0]]]]))
    >>> values, mean = np.array([[1.0, np.nan]]), np.zeros((1, 1, 2))
    >>> filled(Incomplete(values, mean, related, np.zeros(1, int), None))
    array([[[1. , 0.5]]])
    """
    missing = np.isnan(people.values)
    returned = np.any(missing[:, :-1] & ~missing[:, 1:], axis=-1)
    whole = np.empty(people.mean.shape)
    for fill, which in ((_visit_by_visit, ~returned), (_between_measured, returned)):
        if np.any(which):
            whole[:, which] = fill(_some(people, which))
    return np.where(missing, whole, people.values)


def _some(people: Incomplete, which: Booleans) -> Incomplete:
    noise = None if people.noise is None else people.noise[:, which]
    return Incomplete(
        people.values[which],
        people.mean[:, which],
        people.covariance,
        people.analysis[which],
        noise,
    )


def _visit_by_visit(people: Incomplete) -> Floats:
    """Each visit from its regression on those before, which hold imputed values already."""
    root = people.covariance.root
    visits = root.shape[-1]
    spread = np.diagonal(root, axis1=-2, axis2=-1)
    on_innovations = root / spread[..., None, :]
    residual = people.values - people.mean
    innovations = np.empty(people.mean.shape)
    for visit in range(visits):
        expected = np.zeros(people.mean.shape[:-1])
        for earlier in range(visit):
            slope = on_innovations[:, people.analysis, visit, earlier]
            expected = expected + slope * innovations[..., earlier]
        drawn = expected
        if people.noise is not None:
            drawn = expected + spread[:, people.analysis, visit] * people.noise[..., visit]
        known = ~np.isnan(people.values[:, visit])
        residual[..., visit] = np.where(known, residual[..., visit], drawn)
        innovations[..., visit] = residual[..., visit] - expected
    return people.mean + residual


def _between_measured(people: Incomplete) -> Floats:
    """Given the values measured before and after, by the covariance of those measured."""
    known = ~np.isnan(people.values)
    both = known[:, :, None] & known[:, None, :]
    covariance = people.covariance.matrix[:, people.analysis]
    identity = np.eye(known.shape[-1])
    of_known = np.where(both, covariance, identity)
    across = np.where(known[:, :, None], covariance, 0.0)
    deviation = np.where(known, people.values - people.mean, 0.0)
    weights = np.linalg.solve(of_known, across)
    residual = np.sum(weights * deviation[..., None], axis=-2)
    if people.noise is not None:
        left = covariance - np.swapaxes(across, -1, -2) @ weights
        unknown = ~known[:, :, None] & ~known[:, None, :]
        root = np.linalg.cholesky(np.where(unknown, left, identity))
        residual = residual + np.sum(root * np.where(known, 0.0, people.noise)[..., None, :], -1)
    return np.asarray(people.mean + residual)
