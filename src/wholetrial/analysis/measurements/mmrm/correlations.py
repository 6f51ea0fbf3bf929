"""Correlations between visits by parameters without bounds, with first and second derivatives.

A correlation r is t / sqrt(1 + t^2) of its parameter t; where all are the same, so that r must be
above -1 / (V - 1), it is a logistic function of t between that and 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

from wholetrial.analysis.estimate import Floats

LEAST_EIGENVALUE = 0.02
"""Correlations at the start are brought to at least this smallest eigenvalue."""
LARGEST = 0.95
"""Largest correlation at the start."""


class Correlation(NamedTuple):
    """Correlations `(B, V, V)`, first `(B, R, V, V)` and second derivatives `(B, R, R, V, V)`."""

    value: Floats
    slopes: Floats
    curvature: Floats


Correlations = Callable[[Floats, int], Correlation]


class _Link(NamedTuple):
    """Correlations of parameters, and the first and second derivative of each."""

    value: Floats
    first: Floats
    second: Floats


def exchangeable(parameters: Floats, visits: int) -> Correlation:
    """The same correlation between any two visits."""
    low = _lowest(visits)
    share = special.expit(parameters)
    first = (1 - low) * share * (1 - share)
    link = _Link(low + (1 - low) * share, first, first * (1 - 2 * share))
    apart = 1 - np.eye(visits)
    slopes = np.broadcast_to(apart, (len(parameters), 1, visits, visits))
    value = np.eye(visits) + link.value[:, :, None] * apart
    return _by_parameter(Correlation(value, slopes, np.zeros_like(slopes)[:, None]), link)


def autoregressive(parameters: Floats, visits: int) -> Correlation:
    """A correlation r between neighbors, and r to the power of how many visits lie apart."""
    link = _ratio(parameters)
    lag = lags(visits)
    once, twice = np.maximum(lag - 1, 0), np.maximum(lag - 2, 0)
    r = link.value[:, :, None]
    slopes, curvature = lag * r**once, lag * (lag - 1) * r**twice
    return _by_parameter(Correlation(r**lag, slopes[:, None], curvature[:, None, None]), link)


def banded(parameters: Floats, visits: int) -> Correlation:
    """A correlation for each number of visits apart."""
    link = _ratio(parameters)
    bands = (lags(visits) == np.arange(1, visits)[:, None, None]).astype(np.float64)
    value = np.eye(visits) + np.einsum("br,rvw->bvw", link.value, bands)
    slopes = np.broadcast_to(bands, (len(parameters), *bands.shape))
    curvature = np.zeros((len(parameters), visits - 1, visits - 1, visits, visits))
    return _by_parameter(Correlation(value, slopes, curvature), link)


def ante_dependent(parameters: Floats, visits: int) -> Correlation:
    """A correlation for each two neighbors; of two visits, the product of those between them."""
    link = _ratio(parameters)
    values = link.value
    step, place = np.arange(visits - 1)[:, None, None], np.arange(visits)
    first = np.minimum(place[:, None], place)
    inside = (step >= first) & (step < np.maximum(place[:, None], place))
    chosen = np.eye(visits - 1, dtype=bool)
    pairs = chosen[:, None] | chosen[None]

    def product(left_out: np.ndarray) -> Floats:
        kept = np.where(left_out, 1.0, values[:, *(None,) * (left_out.ndim - 1)])
        return np.asarray(np.prod(np.where(inside, kept[..., None, None], 1.0), axis=-3))

    both = inside[:, None] & inside[None] & ~chosen[:, :, None, None]
    none = np.zeros(visits - 1, bool)
    by_value = Correlation(product(none), product(chosen) * inside, product(pairs) * both)
    return _by_parameter(by_value, link)


def parameters_near(kind: Correlations, correlation: Floats) -> Floats:
    """Parameters `(B, R)` of correlations near to those given `(B, V, V)`."""
    visits = correlation.shape[-1]
    neighbors = np.diagonal(correlation, 1, axis1=-2, axis2=-1)
    if kind is ante_dependent:
        # a visit that nobody has, taken as uncorrelated, must not part those around it
        chosen = np.where(neighbors == 0, 0.5, neighbors)
    elif kind is banded:
        bands = [np.diagonal(correlation, k, axis1=-2, axis2=-1) for k in range(1, visits)]
        chosen = np.stack([band.mean(axis=-1) for band in bands], axis=-1) if bands else neighbors
    else:
        apart = lags(visits) == 1 if kind is autoregressive else lags(visits) > 0
        chosen = np.sum(correlation * apart, axis=(-2, -1))[:, None] / max(int(apart.sum()), 1)
    chosen = np.clip(chosen, -LARGEST, LARGEST)
    if kind is exchangeable:
        low = _lowest(visits)
        share = (np.maximum(chosen, LARGEST * low) - low) / (1 - low)
        return np.asarray(special.logit(share))
    return _toward_zero(kind, chosen / np.sqrt(1 - chosen**2), visits)


def lags(visits: int) -> Floats:
    """How many visits two visits are apart."""
    place = np.arange(visits, dtype=np.float64)
    return np.asarray(np.abs(place[:, None] - place))


def _lowest(visits: int) -> float:
    return -1 / max(visits - 1, 1)


def _ratio(parameters: Floats) -> _Link:
    root = np.sqrt(1 + parameters**2)
    return _Link(parameters / root, root**-3, -3 * parameters * root**-5)


def _by_parameter(by_value: Correlation, link: _Link) -> Correlation:
    """Derivatives by the parameters, from those by the correlations themselves."""
    own = np.eye(link.first.shape[-1])[:, :, None, None]
    both = (link.first[:, :, None] * link.first[:, None])[..., None, None]
    bent = by_value.slopes[:, :, None] * link.second[:, :, None, None, None] * own
    return Correlation(
        by_value.value,
        by_value.slopes * link.first[:, :, None, None],
        by_value.curvature * both + bent,
    )


def _toward_zero(kind: Correlations, parameters: Floats, visits: int) -> Floats:
    """Halve parameters until the correlations are positive definite."""
    for _ in range(20):
        least = np.linalg.eigvalsh(kind(parameters, visits).value)[:, :1]
        parameters = np.where(least > LEAST_EIGENVALUE / 2, parameters, parameters / 2)
    return parameters
