"""Trend of a measurement over ordered doses: contrasts of adjusted means.

A dose as a covariate is another linear trend: `slope(fit_linear_model(values, [measured("dose",
dose)]), "dose")`. References: Abelson RP, Tukey JW. Ann Math Stat 1963;34:1347-69 (contrasts).
Bretz F, Pinheiro JC, Branson M. Biometrics 2005;61:738-48 (optimal contrasts).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Alternative, refuse
from wholetrial.analysis.estimate import Effect, Floats
from wholetrial.analysis.measurements.linear_functions import LinearFunction, linear_effect, only
from wholetrial.analysis.measurements.linear_model import LinearModel

ZERO_SUM = 1e-9
"""How far a contrast may add up to other than zero, relative to its largest coefficient."""


def linear_trend(
    model: LinearModel,
    doses: Sequence[float],
    level: float = 0.95,
    *,
    alternative: Alternative = "two_sided",
) -> Effect:
    """Estimate the change of the adjusted means for each unit of dose `(...)`.

    All arms weigh alike: the coefficients are the doses of the arms, `doses`, less their mean.

    >>> from wholetrial.analysis.measurements.linear_model import fit_linear_model
    >>> values, arm = [3, 5, 4, 4, 6, 7, 9, 8, 13], [0, 0, 0, 1, 1, 1, 2, 2, 2]
    >>> found = linear_trend(fit_linear_model(values, arm=arm, arms=[0, 1, 2]), [0, 10, 20])
    >>> f"{found.value:.2f} a unit ({found.low:.3f} to {found.high:.3f}), P={found.p_value:.4f}"
    '0.30 a unit (0.115 to 0.485), P=0.0075'
    """
    amounts = np.asarray(doses, np.float64)
    count = model.sizes.shape[-1]
    if amounts.shape != (count,) or len(np.unique(amounts)) < 2:
        raise ValueError(f"doses must hold {count} doses, not all the same; got {doses}")
    centered = amounts - amounts.mean()
    row = (centered / (centered**2).sum())[None]
    return only(dose_contrasts(model, row, level, alternative=alternative))


def dose_contrasts(
    model: LinearModel,
    coefficients: npt.ArrayLike,
    level: float = 0.95,
    *,
    alternative: Alternative = "two_sided",
) -> Effect:
    """Estimate contrasts of the adjusted means `(..., F)` from coefficients `(..., F, A)`.

    The t statistics are those of the contrast tests of MCP-Mod; the p-values are not adjusted for
    there being several. Raises ValueError for coefficients that do not add up to zero.

    >>> from wholetrial.analysis.measurements.linear_model import fit_linear_model
    >>> values, arm = [3, 5, 4, 4, 6, 7, 9, 8, 13], [0, 0, 0, 1, 1, 1, 2, 2, 2]
    >>> model = fit_linear_model(values, arm=arm, arms=[0, 1, 2])
    >>> dose_contrasts(model, [[-1, 0, 1], [-2, 1, 1]]).statistic.round(3)
    array([3.959, 2.921])
    """
    weights = np.asarray(coefficients, np.float64)
    count = model.sizes.shape[-1]
    if weights.ndim < 2 or weights.shape[-1] != count:
        raise ValueError(
            f"coefficients must hold rows of {count}, one for each arm; got shape {weights.shape}"
        )
    largest = np.abs(weights).max(axis=-1)
    total = weights.sum(axis=-1)
    uneven = (np.abs(total) > ZERO_SUM * largest) | (largest == 0)
    refuse("the coefficients of a contrast must add up to zero, and not all be zero", total, uneven)
    function = LinearFunction(weights, np.zeros((weights.shape[-2], len(model.terms))))
    return linear_effect(model, function, level, alternative=alternative)


def optimal_contrasts(shapes: npt.ArrayLike, covariance: npt.ArrayLike) -> Floats:
    """Give the contrasts `(..., F, A)` most able to show dose-response shapes `(..., F, A)`.

    `shapes` are the means expected at each dose, `covariance` `(..., A, A)` that of the estimated
    means (up to a factor). Each contrast has length 1 and points upward with its shape.

    >>> optimal_contrasts([[0, 1, 2], [0, 1, 1]], np.eye(3)).round(3)
    array([[-0.707,  0.   ,  0.707], [-0.816,  0.408,  0.408]])
    """
    expected = np.asarray(shapes, np.float64)
    spread = np.asarray(covariance, np.float64)
    expected = expected - expected.mean(axis=-1, keepdims=True)
    flat = np.abs(expected).max(axis=-1)
    refuse("a shape must not be the same at all doses", flat, flat == 0)
    columns = np.swapaxes(
        np.concatenate([expected, np.ones_like(expected[..., :1, :])], -2), -1, -2
    )
    solved = np.swapaxes(np.linalg.solve(spread, columns), -1, -2)
    weights, even = solved[..., :-1, :], solved[..., -1:, :]
    level = weights.sum(axis=-1, keepdims=True) / even.sum(axis=-1, keepdims=True)
    contrast = weights - level * even
    return np.asarray(contrast / np.sqrt((contrast**2).sum(axis=-1, keepdims=True)))
