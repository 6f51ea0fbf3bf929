"""Weighted least squares with normal priors: Gauss-Newton steps, damped where they overshoot."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from wholetrial.numerics.elementary import FloatArray

DIFFERENCE = 1e-3
CONVERGED = 2e-3
MOST_STEPS = 60


class Observed(NamedTuple):
    """What is fitted: values `(targets,)` with standard errors, priors `(parameters,)` with SDs."""

    value: FloatArray
    standard_error: FloatArray
    center: FloatArray
    prior_sd: FloatArray


class Solution(NamedTuple):
    """The estimate `(parameters,)`, its covariance, the fitted values `(targets,)`, chi-squares."""

    estimate: FloatArray
    covariance: FloatArray
    fitted: FloatArray
    chi_squared: float
    chi_squared_of_priors: float
    steps: int


class _Point(NamedTuple):
    x: FloatArray
    fitted: FloatArray
    slopes: FloatArray
    loss: float


def least_squares(
    model: Callable[[FloatArray], FloatArray],
    observed: Observed,
    start: FloatArray,
    progress: Callable[[int, float], None] = lambda step, loss: None,
) -> Solution:
    """Minimize the squares of (model - value) / SE and of (parameter - center) / prior SD.

    `model` takes stacked parameters `(K, parameters)` and gives `(K, targets)`; the point and its
    forward differences are evaluated in one call. The covariance is that of the posterior.
    Raises ValueError where the steps do not settle.
    """
    damping, here = 0.0, _evaluated(model, observed, start)
    for step in range(1, MOST_STEPS + 1):
        progress(step, here.loss)
        matrix, gradient = _normal_equations(observed, here)
        move = np.linalg.solve(matrix + damping * np.diag(np.diag(matrix)), -gradient)
        scaled = float(move @ matrix @ move)
        if scaled < CONVERGED**2:
            return _solved(observed, here, matrix, step)
        there = _evaluated(model, observed, here.x + move)
        if there.loss <= here.loss:
            here, damping = there, damping / 10.0 if damping > 1e-4 else 0.0
        else:
            damping = max(10.0 * damping, 1e-3)
            if damping > 1e8:
                return _solved(observed, here, matrix, step)
    raise ValueError(f"the fit did not settle in {MOST_STEPS} steps; look at targets and priors")


def _evaluated(
    model: Callable[[FloatArray], FloatArray], observed: Observed, x: FloatArray
) -> _Point:
    stack = np.vstack([x, x + DIFFERENCE * np.eye(x.size)])
    rates = model(stack)
    slopes = (rates[1:] - rates[0]).T / DIFFERENCE
    targets, priors = _squares(observed, x, rates[0])
    return _Point(x, rates[0], slopes, targets + priors)


def _squares(observed: Observed, x: FloatArray, fitted: FloatArray) -> tuple[float, float]:
    targets = (fitted - observed.value) / observed.standard_error
    priors = (x - observed.center) / observed.prior_sd
    return float(targets @ targets), float(priors @ priors)


def _normal_equations(observed: Observed, point: _Point) -> tuple[FloatArray, FloatArray]:
    weighted = point.slopes / observed.standard_error[:, None]
    left = (point.fitted - observed.value) / observed.standard_error
    priors = (point.x - observed.center) / observed.prior_sd**2
    matrix = weighted.T @ weighted + np.diag(1.0 / observed.prior_sd**2)
    return matrix, weighted.T @ left + priors


def _solved(observed: Observed, here: _Point, matrix: FloatArray, steps: int) -> Solution:
    covariance = np.linalg.inv(matrix)
    targets, priors = _squares(observed, here.x, here.fitted)
    symmetric = (covariance + covariance.T) / 2.0
    return Solution(here.x, symmetric, here.fitted, targets, priors, steps)
