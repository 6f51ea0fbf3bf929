"""Poisson regression of event counts on arm and covariates, participant-years as offset.

Participants are the last axis of counts `(..., P)`; covariates have one more, `(..., P, K)`.
Reference: Frome EL. Biometrics 1983;39:665-74.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import (
    Booleans,
    check_participants,
    checked_booleans,
    checked_level,
    refuse,
    same_shape,
)
from wholetrial.analysis.estimate import (
    Effect,
    Floats,
    Reason,
    Reasons,
    as_effect,
    first_reason,
)

MOST_ITERATIONS = 100
"""Each step changes no log rate by more than 1."""
TOLERANCE = 1e-12
FARTHEST = 25.0
"""Log rates this far below that of all count as minus infinity: a group without an event."""
LEAST_SPREAD = 1e-10
"""Smallest eigenvalue of the covariates' correlations that is not taken for zero."""


@dataclass(frozen=True, slots=True)
class RateRegression:
    """A regression of rates: logarithms of rate ratios, and how well the counts are described.

    `coefficients (..., 1 + K)` holds the logarithm of the rate per year where all covariates are
    zero, then one logarithm of a rate ratio for each covariate. `dispersion` is Pearson's statistic
    over its degrees of freedom: far above 1, the standard errors are too small.
    """

    coefficients: Effect
    log_likelihood: Floats
    deviance: Floats
    dispersion: Floats
    reason: Reasons


class Counted(NamedTuple):
    """Counts, years, and covariates with a first column of ones; zeros for those left out.

    `shift` and `scale` turn the covariates back: as they came = shift + scale * as they are here.
    """

    counts: Floats
    years: Floats
    inside: Floats
    design: Floats
    shift: Floats
    scale: Floats


def poisson_regression(
    counts: npt.ArrayLike,
    years: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike = True,
    level: float = 0.95,
) -> RateRegression:
    """Regress event counts on covariates by the Poisson likelihood, years as offset.

    Participants followed for no time are left out. Raises ValueError for counts that are no whole
    numbers, events in no time, or a missing covariate of somebody included. Without covariates
    (K = 0) the one coefficient is the logarithm of the rate.

    >>> found = poisson_regression([1, 3, 2, 2], [1, 1, 2, 2], [[1], [1], [0], [0]])
    >>> ratio = found.coefficients
    >>> f"{np.exp(ratio.value[1]):.2f} ({np.exp(ratio.low[1]):.2f} to {np.exp(ratio.high[1]):.2f})"
    '2.00 (0.50 to 8.00)'
    """
    level = checked_level(level)
    counted = checked_counted(counts, years, covariates, included)
    found, reason = fit_poisson(counted)
    fitted, information = _at(counted, found)
    given = reason == Reason.OK
    likely, deviance, dispersion = (
        np.where(given, one, np.nan) for one in _description(counted, fitted)
    )
    effect = effects_of(counted, found, information, reason, level)
    return RateRegression(effect, likely, deviance, dispersion, reason)


def checked_counted(
    counts: npt.ArrayLike, years: npt.ArrayLike, covariates: npt.ArrayLike, included: npt.ArrayLike
) -> Counted:
    """Return the counts, years and standardized covariates of a regression, or raise ValueError."""
    events, time, inside = same_shape(
        np.asarray(counts, np.float64), np.asarray(years, np.float64), np.asarray(included)
    )
    check_participants("counts", events)
    within = checked_booleans("included", inside)
    whole = np.isfinite(events) & (events >= 0) & (events == np.floor(events))
    refuse("counts must be whole numbers of at least 0", events, within & ~whole)
    refuse("years must be 0 or more and finite", time, within & ~(np.isfinite(time) & (time >= 0)))
    refuse("events need years above 0", events, within & (time == 0) & (events > 0))
    within = within & (time > 0)
    measured = np.asarray(covariates, np.float64)
    if measured.ndim == 0 or measured.shape[-2:-1] != events.shape[-1:]:
        raise ValueError(
            f"covariates must have the shape (..., {events.shape[-1]}, K), one row for each "
            f"participant; got shape {measured.shape}"
        )
    shape = np.broadcast_shapes(events.shape, measured.shape[:-1])
    within = np.broadcast_to(within, shape)
    measured = np.where(within[..., None], measured, 0.0)
    refuse("covariates of those included must be known", measured, ~np.isfinite(measured))
    return _standardized(
        np.where(within, events, 0.0), np.where(within, time, 1.0), within, measured
    )


def _standardized(counts: Floats, years: Floats, within: Booleans, measured: Floats) -> Counted:
    """Covariates with mean 0 and variance 1; a constant one becomes zero and is found singular."""
    inside = within.astype(np.float64)
    people = np.maximum(inside.sum(axis=-1), 1.0)[..., None]
    shift = measured.sum(axis=-2) / people
    centered = (measured - shift[..., None, :]) * inside[..., None]
    spread = np.sqrt((centered**2).sum(axis=-2) / people)
    varies = spread > LEAST_SPREAD * np.abs(measured).max(axis=-2, initial=0)
    scale = np.where(varies, spread, 1.0)
    scaled = np.where(varies[..., None, :], centered / scale[..., None, :], 0.0)
    design = np.concatenate([inside[..., None], scaled], axis=-1)
    return Counted(counts, years, inside, design, shift, scale)


def fit_poisson(counted: Counted) -> tuple[Floats, Reasons]:
    """Newton's method from one rate for all: the coefficients, and why there are none."""
    people, events = counted.inside.sum(axis=-1), counted.counts.sum(axis=-1)
    size = counted.design.shape[-1]
    spread = gram(counted.design, counted.inside) / np.maximum(people, 1.0)[..., None, None]
    collinear = (people > 0) & (np.linalg.eigvalsh(spread)[..., 0] < LEAST_SPREAD)
    nobody, none = people == 0, events == 0
    start = np.zeros((*people.shape, size))
    total = (counted.years * counted.inside).sum(axis=-1)
    start[..., 0] = np.log(np.where(none, 1.0, events) / np.where(nobody, 1.0, total))
    found, separated, moving = _climbed(counted, start, ~(nobody | none | collinear))
    reason = first_reason(
        (nobody, Reason.NO_EXPOSURE),
        (none, Reason.NO_EVENTS),
        (collinear, Reason.COLLINEAR),
        (separated, Reason.SEPARATED),
        (moving, Reason.NOT_CONVERGED),
    )
    return found, reason


def _climbed(
    counted: Counted, start: Floats, moving: Booleans
) -> tuple[Floats, Booleans, Booleans]:
    """Steps that change no log rate by more than 1, so that each raises the likelihood."""
    found, separated = start, np.zeros_like(moving)
    for _ in range(MOST_ITERATIONS):
        if not moving.any():
            break
        fitted, information = _at(counted, found)
        score = (counted.counts - fitted)[..., None, :] @ counted.design
        solvable = np.where(moving[..., None, None], information, np.eye(start.shape[-1]))
        step = np.linalg.solve(solvable, np.swapaxes(score, -1, -2))
        farthest = np.abs(counted.design @ step).max(axis=(-2, -1))
        step = step[..., 0] / np.maximum(farthest, 1.0)[..., None]
        found = found + np.where(moving[..., None], step, 0.0)
        lowest = (counted.design @ found[..., None]).min(axis=(-2, -1), initial=0)
        separated = separated | (moving & (lowest < start[..., 0] - FARTHEST))
        moving = moving & ~separated & (farthest > TOLERANCE)
    return found, separated, moving


def _at(counted: Counted, found: Floats) -> tuple[Floats, Floats]:
    """Expected counts `(..., P)` and the information at these coefficients."""
    log_rate = (counted.design @ found[..., None])[..., 0]
    fitted = counted.years * np.exp(np.clip(log_rate, -700.0, 700.0)) * counted.inside
    return fitted, gram(counted.design, fitted)


def gram(design: Floats, weights: Floats) -> Floats:
    """The weighted sum over participants of each row's product with itself."""
    gram: Floats = np.swapaxes(design * weights[..., None], -1, -2) @ design
    return gram


def effects_of(
    counted: Counted, found: Floats, information: Floats, reason: Reasons, level: float
) -> Effect:
    """Coefficients of the covariates as given, with errors from the inverse information."""
    given = reason == Reason.OK
    size = counted.design.shape[-1]
    back = _turned_back(counted)
    covariance = np.linalg.inv(np.where(given[..., None, None], information, np.eye(size)))
    covariance = back @ covariance @ np.swapaxes(back, -1, -2)
    errors = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    value = np.where(given[..., None], (back @ found[..., None])[..., 0], np.nan)
    return as_effect(value, errors, np.inf, level, reason[..., None])


def _turned_back(counted: Counted) -> Floats:
    """The matrix that turns coefficients of standardized covariates into those as given."""
    size = counted.design.shape[-1]
    back = np.zeros((*counted.shift.shape[:-1], size, size))
    back[..., 0, 0] = 1.0
    index = np.arange(1, size)
    back[..., index, index] = 1 / counted.scale
    back[..., 0, 1:] = -counted.shift / counted.scale
    return back


def _description(counted: Counted, fitted: Floats) -> tuple[Floats, Floats, Floats]:
    """Log-likelihood, deviance, and Pearson's statistic over its degrees of freedom."""
    counts, inside = counted.counts, counted.inside > 0
    expected = np.where(inside, fitted, 1.0)
    likely = special.xlogy(counts, expected) - fitted - special.gammaln(counts + 1)
    surprise = special.xlogy(counts, np.where(counts > 0, counts, 1.0) / expected)
    pearson = np.where(inside, (counts - fitted) ** 2 / expected, 0.0)
    freedom = counted.inside.sum(axis=-1) - counted.design.shape[-1]
    dispersion = pearson.sum(axis=-1) / np.where(freedom > 0, freedom, 1.0)
    return (
        np.where(inside, likely, 0.0).sum(axis=-1),
        2 * np.where(inside, surprise - counts + fitted, 0.0).sum(axis=-1),
        np.where(freedom > 0, dispersion, np.nan),
    )
