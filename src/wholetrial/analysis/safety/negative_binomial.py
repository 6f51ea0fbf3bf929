"""Negative binomial regression of event counts: rates that differ between participants.

The variance of a count with the mean m is m + m^2 / theta. Participants are the last axis of counts
`(..., P)`; covariates have one more, `(..., P, K)`. Reference: Lawless, Can J Stat 1987;15:209-25.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import Booleans, checked_level
from wholetrial.analysis.estimate import Effect, Floats, Reason, Reasons
from wholetrial.analysis.safety.rate_regression import (
    Counted,
    checked_counted,
    effects_of,
    fit_poisson,
    gram,
)

MOST_ITERATIONS = 200
TOLERANCE = 1e-11
LARGEST = 1e5
"""A theta so many times the mean count (or 1) is taken for infinite: the counts are Poisson."""
LEAST_EXCESS = 1e-9
"""Excess of the squared departures, as a share of all counts, that is not rounding."""


@dataclass(frozen=True, slots=True)
class NegativeBinomialRegression:
    """A regression of rates: logarithms of rate ratios, and how far counts exceed Poisson's spread.

    `coefficients (..., 1 + K)` are as in `RateRegression`; `theta (...)`, infinite for Poisson
    counts, has its standard error from the observed information.
    """

    coefficients: Effect
    theta: Floats
    theta_standard_error: Floats
    log_likelihood: Floats
    reason: Reasons


class _State(NamedTuple):
    """Coefficients `(..., 1 + K)` and the logarithm of theta `(...)` of every replicate."""

    found: Floats
    log_theta: Floats


def negative_binomial_regression(
    counts: npt.ArrayLike,
    years: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike = True,
    level: float = 0.95,
) -> NegativeBinomialRegression:
    """Regress event counts on covariates by the negative binomial likelihood, years as offset.

    Arguments and errors are those of `poisson_regression`; counts that vary no more than Poisson
    counts have no theta, and so the reason NO_OVERDISPERSION.

    >>> counts, arm = [0, 7, 1, 4, 0, 2, 1, 0], [[1], [1], [1], [1], [0], [0], [0], [0]]
    >>> found = negative_binomial_regression(counts, np.ones(8), arm)
    >>> ratio = np.exp([found.coefficients.value[1], found.coefficients.low[1]])
    >>> f"{ratio[0]:.2f} (from {ratio[1]:.2f}), theta {found.theta:.2f}"
    '4.00 (from 0.73), theta 1.51'
    """
    level = checked_level(level)
    counted = checked_counted(counts, years, covariates, included)
    start, reason = fit_poisson(counted)
    state, reason = _climbed(counted, start, reason)
    given = reason == Reason.OK
    expected, information = _at(counted, state)
    theta = np.exp(state.log_theta)
    curvature = np.where(given, -_slopes(counted, expected, theta)[1], 1.0)
    return NegativeBinomialRegression(
        effects_of(counted, state.found, information, reason, level),
        np.where(given, theta, np.nan),
        np.where(given, 1 / np.sqrt(np.maximum(curvature, np.finfo(np.float64).tiny)), np.nan),
        np.where(given, _log_likelihood(counted, expected, theta), np.nan),
        reason,
    )


def _climbed(counted: Counted, start: Floats, reason: Reasons) -> tuple[_State, Reasons]:
    """Scoring of the coefficients and Newton's method for log theta, a step of each in turn."""
    state = _State(start, _moment_start(counted, start, reason == Reason.OK))
    poisson = (reason == Reason.OK) & (state.log_theta == np.inf)
    state = _State(state.found, np.where(state.log_theta == np.inf, 0.0, state.log_theta))
    moving = (reason == Reason.OK) & ~poisson
    people = np.maximum(counted.inside.sum(axis=-1), 1.0)
    highest = np.log(LARGEST * np.maximum(counted.counts.sum(axis=-1) / people, 1.0))
    for _ in range(MOST_ITERATIONS):
        if not moving.any():
            break
        state, moved = _stepped(counted, state, moving)
        poisson = poisson | (moving & (state.log_theta > highest))
        moving = moving & ~poisson & (moved > TOLERANCE)
    reason = np.where(poisson, np.int8(Reason.NO_OVERDISPERSION), reason)
    return state, np.where(moving, np.int8(Reason.NOT_CONVERGED), reason)


def _stepped(counted: Counted, state: _State, moving: Booleans) -> tuple[_State, Floats]:
    """One step of both, changing no log rate and log theta by more than 1; how far it went."""
    expected, information = _at(counted, state)
    theta = np.exp(state.log_theta)[..., None]
    weighted = (counted.counts - expected) * theta / (theta + expected) * counted.inside
    solvable = np.where(moving[..., None, None], information, np.eye(information.shape[-1]))
    step = np.linalg.solve(solvable, _score(weighted, counted))
    farthest = np.abs(counted.design @ step).max(axis=(-2, -1))
    step = step[..., 0] / np.maximum(farthest, 1.0)[..., None]
    found = state.found + np.where(moving[..., None], step, 0.0)
    expected, _ = _at(counted, _State(found, state.log_theta))
    slope, bend = _slopes(counted, expected, theta[..., 0])
    slope, bend = theta[..., 0] * slope, theta[..., 0] ** 2 * bend + theta[..., 0] * slope
    newton = np.where(bend < 0, slope / np.where(bend < 0, -bend, 1.0), np.sign(slope))
    turn = np.where(moving, np.clip(newton, -1.0, 1.0), 0.0)
    return _State(found, state.log_theta + turn), np.maximum(farthest, np.abs(turn))


def _score(residual: Floats, counted: Counted) -> Floats:
    """The score of the coefficients as a column `(..., 1 + K, 1)`."""
    score: Floats = np.swapaxes(residual[..., None, :] @ counted.design, -1, -2)
    return score


def _moment_start(counted: Counted, start: Floats, given: Booleans) -> Floats:
    """Log theta from the spread of the counts about a Poisson fit; inf where there is no excess."""
    log_rate = (counted.design @ start[..., None])[..., 0]
    expected = counted.years * np.exp(np.clip(log_rate, -700.0, 700.0))
    departure = np.where(counted.inside > 0, counted.counts / expected - 1, 0.0)
    spread = (departure**2).sum(axis=-1)
    excess = ((counted.counts - expected) ** 2 - counted.counts) * counted.inside
    least = LEAST_EXCESS * counted.counts.sum(axis=-1)
    some = given & (spread > 0) & (excess.sum(axis=-1) > least)
    ratio = counted.inside.sum(axis=-1) / np.where(some, spread, 1.0)
    return np.where(some, np.log(np.where(some, ratio, 1.0)), np.inf)


def _at(counted: Counted, state: _State) -> tuple[Floats, Floats]:
    """Expected counts `(..., P)` and the information of the coefficients."""
    log_rate = (counted.design @ state.found[..., None])[..., 0]
    expected = counted.years * np.exp(np.clip(log_rate, -700.0, 700.0)) * counted.inside
    theta = np.exp(state.log_theta)[..., None]
    return expected, gram(counted.design, expected * theta / (theta + expected))


def _slopes(counted: Counted, expected: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """First and second derivative of the log-likelihood by theta."""
    size, counts = theta[..., None], counted.counts
    total = size + expected
    first = special.digamma(counts + size) - special.digamma(size) + np.log(size / total) + 1
    second = special.polygamma(1, counts + size) - special.polygamma(1, size) + 1 / size
    first = first - (counts + size) / total
    second = second - 2 / total + (counts + size) / total**2
    return (first * counted.inside).sum(axis=-1), (second * counted.inside).sum(axis=-1)


def _log_likelihood(counted: Counted, expected: Floats, theta: Floats) -> Floats:
    size, counts = theta[..., None], counted.counts
    total = size + expected
    ways = special.gammaln(counts + size) - special.gammaln(size) - special.gammaln(counts + 1)
    likely = ways + size * np.log(size / total) + special.xlogy(counts, expected / total)
    return np.asarray((np.where(counted.inside > 0, likely, 0.0)).sum(axis=-1))
