"""Mixed model for repeated measures: fixed effects with a covariance between a person's visits.

All values of a participant that were measured are used; those missing are taken to be missing at
random. References: Laird NM, Ware JH. Biometrics 1982;38:963-74; Jennrich RI, Schluchter MD.
Biometrics 1986;42:805-20; Mallinckrodt CH, Clark WS, David SR. J Biopharm Stat 2001;11:9-21.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans, checked_booleans, refuse
from wholetrial.analysis.estimate import Floats, Reason, Reasons
from wholetrial.analysis.measurements.mmrm.ascent import Peak, maximized
from wholetrial.analysis.measurements.mmrm.design import Basis, Design, as_design, orthonormal
from wholetrial.analysis.measurements.mmrm.likelihood import Likelihood
from wholetrial.analysis.measurements.mmrm.patterns import (
    MOST_VISITS,
    Moments,
    Patterns,
    moments_of,
    patterns_of,
)
from wholetrial.analysis.measurements.mmrm.start import (
    Observed,
    Started,
    no_fit,
    pairwise_covariance,
    silenced,
    started,
)
from wholetrial.analysis.measurements.mmrm.structures import Covariance, structure_named

Estimation = Literal["reml", "ml"]

NUMBERS_AT_ONCE = 500_000
"""Replicates are fitted in blocks whose largest array holds about so many numbers."""


class Fitted(NamedTuple):
    """What degrees of freedom and adjusted variances need, of the B replicates one after another.

    All is on the scale of the values divided by `scale` `(B)` and on the orthonormal basis of the
    design; `transform` `(B, F, F)` leads from coefficients of the basis to those of the design.
    `parameters` are those of the peak's covariance.
    """

    moments: Moments
    place: npt.NDArray[np.int64]
    basis: Basis
    residuals: Floats
    scale: Floats
    peak: Peak


@dataclass(frozen=True, slots=True)
class MixedModel:
    """A fitted model: coefficients `(..., F)` and their `covariance` `(..., F, F)`.

    `sigma` `(..., V, V)` is the covariance between visits, NaN at a visit with no value;
    `log_likelihood` (restricted unless `estimation` is "ml"), the counts and `reason` are `(...)`.
    A column of the design that follows from those before it is `aliased` `(..., F)`, and its
    coefficient 0. Where `reason` is not OK the numbers are NaN.
    """

    coefficients: Floats
    covariance: Floats
    sigma: Floats
    log_likelihood: Floats
    observations: npt.NDArray[np.int64]
    participants: npt.NDArray[np.int64]
    aliased: Booleans
    structure: str
    estimation: Estimation
    reason: Reasons
    fitted: Fitted


class InformationCriteria(NamedTuple):
    """Akaike's and Schwarz's (Bayes') criterion `(...)`; smaller is better."""

    akaike: Floats
    bayes: Floats


def fit_mmrm(
    values: npt.ArrayLike,
    design: npt.ArrayLike,
    *,
    structure: str = "unstructured",
    estimation: Estimation = "reml",
    included: npt.ArrayLike = True,
) -> MixedModel:
    """Fit a mixed model for repeated measures by (restricted) maximum likelihood.

    `values` `(..., P, V)` are NaN where missing, `design` `(..., P, V, F)` holds a row of fixed
    effects for each of them and may hold anything where a value is missing. Participants that are
    not `included` `(..., P)` or have no value contribute nothing. Raises ValueError for infinite
    values, and for a design that is not finite where a value is known.

    Four people at two visits, the second visit of one missing:

    >>> changes = [[-3, -5], [-1, -4], [-2, float("nan")], [-4, -7]]
    >>> model = fit_mmrm(changes, np.broadcast_to(np.eye(2), (4, 2, 2)))
    >>> print(model.coefficients.round(4), model.log_likelihood.round(4))
    [-2.5 -5.1786] -7.9684
    """
    numbers, rows = checked_values(values), np.asarray(design, np.float64)
    people, visits = numbers.shape[-2:]
    if rows.ndim < 3 or rows.shape[-3:-1] != (people, visits) or rows.shape[-1] == 0:
        raise ValueError(
            f"design must hold a row of effects for each of the values {numbers.shape}; "
            f"got an array of shape {rows.shape}"
        )
    shape = np.broadcast_shapes(numbers.shape[:-2], rows.shape[:-3])
    numbers = np.broadcast_to(numbers, (*shape, people, visits))
    known = _known(numbers, included)
    return fit_columns(
        numbers,
        as_design(rows, known),
        structure=structure,
        estimation=estimation,
        included=included,
    )


def fit_columns(
    values: npt.ArrayLike,
    design: Design,
    *,
    structure: str = "unstructured",
    estimation: Estimation = "reml",
    included: npt.ArrayLike = True,
) -> MixedModel:
    """Fit as `fit_mmrm` does, with the fixed effects as columns by participant and their layout.

    The columns must be known of every participant who is included and has a value.
    """
    structure_named(structure)
    if estimation not in ("reml", "ml"):
        raise ValueError(f"estimation must be reml or ml; got {estimation!r}")
    numbers = checked_values(values)
    people, visits = numbers.shape[-2:]
    shape = np.broadcast_shapes(numbers.shape[:-2], design.columns.shape[:-2])
    numbers = np.broadcast_to(numbers, (*shape, people, visits))
    known = _known(numbers, included)
    columns = np.broadcast_to(design.columns, (*shape, people, design.columns.shape[-1]))
    needed = np.any(known, axis=-1, keepdims=True)
    refuse("covariates of those analyzed must be known", columns, needed & ~np.isfinite(columns))
    observed = Observed(
        np.where(known, numbers, 0.0).reshape(-1, people, visits),
        known.reshape(-1, people, visits).astype(np.float64),
    )
    flat = Design(columns.reshape(len(observed.known), people, -1), design.layout)
    basis = orthonormal(flat, observed.known)
    start = started(observed, basis)
    reason = no_fit(observed, start, one_variance=structure_named(structure).one_variance)
    fitted = _fitted(observed, basis, start, reason, (structure, estimation))
    return _model(shape, observed, start, fitted, (structure, estimation))


def information_criteria(model: MixedModel) -> InformationCriteria:
    """Give Akaike's and Schwarz's criteria, by which covariance structures are compared.

    By restricted likelihood only the covariance's parameters count, and Schwarz's criterion takes
    the number of participants.
    """
    parameters = model.fitted.peak.parameters.shape[-1]
    count = np.full(model.reason.shape, float(parameters))
    if model.estimation == "ml":
        count = count + np.sum(~model.aliased, axis=-1)
    deviance = -2 * model.log_likelihood
    people = np.maximum(model.participants, 1)
    return InformationCriteria(deviance + 2 * count, deviance + count * np.log(people))


def checked_values(values: npt.ArrayLike) -> Floats:
    """Return values `(..., P, V)` that are finite or NaN, or raise ValueError."""
    numbers = np.asarray(values, np.float64)
    if numbers.ndim < 2 or 0 in numbers.shape[-2:]:
        raise ValueError(
            "values must hold one value for each of at least one participant and visit; "
            f"got an array of shape {numbers.shape}"
        )
    if numbers.shape[-1] > MOST_VISITS:
        raise ValueError(f"there may be {MOST_VISITS} visits at most; got {numbers.shape[-1]}")
    refuse("values must be finite or missing (nan)", numbers, np.isinf(numbers))
    return numbers


def _known(numbers: Floats, included: npt.ArrayLike) -> Booleans:
    inside = checked_booleans("included", np.asarray(included))
    return np.asarray(~np.isnan(numbers) & np.broadcast_to(inside, numbers.shape[:-1])[..., None])


def _fitted(
    observed: Observed,
    basis: Basis,
    start: Started,
    reason: Reasons,
    kind: tuple[str, Estimation],
) -> Fitted:
    patterns = patterns_of(observed.known)
    sigma = pairwise_covariance(observed, start)
    moments, peaks = [], []
    for block in _blocks(patterns, basis):
        part = moments_of(
            Patterns(*(array[block] for array in patterns)),
            basis.of(block),
            start.residuals[block],
        )
        part = silenced(part, reason[block] != Reason.OK)
        peak = maximized(part, sigma[block], structure_named(kind[0]), restricted=kind[1] == "reml")
        moments.append(part)
        peaks.append(peak)
    peak = _joined(peaks)
    peak = peak._replace(reason=np.where(reason == Reason.OK, peak.reason, reason))
    return Fitted(_joined(moments), patterns.place, basis, start.residuals, start.scale, peak)


def _blocks(patterns: Patterns, basis: Basis) -> Iterator[slice]:
    replicates, groups, visits = patterns.measured.shape
    count = basis.columns.shape[-1]
    pairs = visits * (visits + 1) // 2
    largest = max(groups, count**2, 1) * pairs * visits**2
    size = max(1, NUMBERS_AT_ONCE // largest)
    return (slice(first, first + size) for first in range(0, replicates, size))


_Parts = TypeVar("_Parts", Moments, Peak, Covariance, Likelihood)


def _joined(blocks: Sequence[_Parts]) -> _Parts:
    """Put the replicates of blocks, each a tuple of arrays or of such tuples, into one."""
    if len(blocks) == 1:
        return blocks[0]
    parts: list[Any] = [
        _joined(part) if isinstance(part[0], tuple) else np.concatenate(part)
        for part in zip(*blocks, strict=True)
    ]
    return type(blocks[0])(*parts)


def _model(
    shape: tuple[int, ...],
    observed: Observed,
    start: Started,
    fitted: Fitted,
    kind: tuple[str, Estimation],
) -> MixedModel:
    scale, basis, found = fitted.scale, fitted.basis, fitted.peak.likelihood
    good = fitted.peak.reason == Reason.OK
    coefficients = start.coefficients + scale[:, None] * found.coefficients
    unknown = np.asarray(~observed.known.any(axis=1))
    sigma = np.where(
        unknown[:, :, None] | unknown[:, None, :], np.nan, fitted.peak.covariance.sigma
    )
    turned = np.swapaxes(basis.transform, -1, -2)
    covariance = basis.transform @ found.covariance @ turned
    numbers = {
        "coefficients": (basis.transform @ coefficients[..., None])[..., 0],
        "covariance": scale[:, None, None] ** 2 * covariance,
        "sigma": scale[:, None, None] ** 2 * sigma,
        "log_likelihood": _log_likelihood(observed, start, fitted, kind[1]),
    }
    told = {name: _told(array, good, shape) for name, array in numbers.items()}
    return MixedModel(
        **told,
        observations=observed.known.sum(axis=(1, 2)).astype(np.int64).reshape(shape),
        participants=observed.known.any(axis=-1).sum(axis=-1).reshape(shape),
        aliased=basis.aliased.reshape(*shape, -1),
        structure=kind[0],
        estimation=kind[1],
        reason=fitted.peak.reason.reshape(shape),
        fitted=fitted,
    )


def _told(array: Floats, good: Booleans, shape: tuple[int, ...]) -> Floats:
    kept = good.reshape(-1, *(1,) * (array.ndim - 1))
    return np.where(kept, array, np.nan).reshape((*shape, *array.shape[1:]))


def _log_likelihood(
    observed: Observed, start: Started, fitted: Fitted, estimation: Estimation
) -> Floats:
    """The log-likelihood of the values themselves: scale and basis undone."""
    deviance, freedom = fitted.peak.likelihood.deviance, observed.known.sum(axis=(1, 2))
    if estimation == "reml":
        freedom = start.freedom
        diagonal = np.diagonal(fitted.basis.triangle, axis1=-2, axis2=-1)
        kept = np.where(fitted.basis.aliased, 1.0, diagonal)
        deviance = deviance + 2 * np.log(np.abs(kept)).sum(axis=-1)
    constant = np.log(2 * np.pi) + 2 * np.log(fitted.scale)
    return np.asarray(-(deviance + freedom * constant) / 2)
