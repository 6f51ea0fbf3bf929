"""What a linear model is asked: linear functions of it, their tests, and robust standard errors.

References: MacKinnon JG, White H. J Econometrics 1985;29:305-25 (HC0 to HC3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy import special

from wholetrial.analysis.arguments import (
    Alternative,
    Booleans,
    checked_alternative,
    checked_level,
)
from wholetrial.analysis.estimate import (
    Effect,
    Floats,
    Reason,
    Reasons,
    Test,
    as_effect,
    as_test,
    first_reason,
)
from wholetrial.analysis.measurements.linear_model import LinearModel

FULL_LEVERAGE = 1 - 1e-10
"""Leverage of a participant whom the model fits exactly, whatever the value is."""

ResidualWeights = Callable[[LinearModel], Floats]
"""Weights `(..., P)` of the squared residuals in a robust variance."""


class LinearFunction(NamedTuple):
    """What of a model is estimated: weights `(..., F, A)` of arms' means, `(..., F, K)` of slopes.

    The arms' means are those at the covariates' overall means.
    """

    arm_weights: Floats
    slope_weights: Floats


class FTest(NamedTuple):
    """An F test with its numerator and denominator degrees of freedom `(...)`."""

    test: Test
    numerator: Floats
    freedom: Floats


def linear_effect(
    model: LinearModel,
    function: LinearFunction,
    level: float = 0.95,
    *,
    alternative: Alternative = "two_sided",
) -> Effect:
    """Estimate linear functions of a model `(..., F)`, by Student's t on the residual d.f."""
    shares = function.arm_weights**2 / np.maximum(model.sizes, 1.0)[..., None, :]
    spread = shares.sum(axis=-1) + (_rooted(model, function) ** 2).sum(axis=-1)
    error = model.residual_sd[..., None] * np.sqrt(spread)
    return _effect(model, function, error, level, alternative)


def robust_effect(
    model: LinearModel,
    function: LinearFunction,
    weights: ResidualWeights,
    level: float = 0.95,
    *,
    alternative: Alternative = "two_sided",
) -> Effect:
    """Estimate linear functions `(..., F)` with a variance that holds for unequal variances.

    `weights` is `hc0`, `hc1`, `hc2` or `hc3`; Student's t has the residual degrees of freedom.
    There is none by `hc2` or `hc3` where the model fits a participant exactly (an arm of one).
    """
    shares = function.arm_weights / np.maximum(model.sizes, 1.0)[..., None, :]
    place = np.maximum(model.place, 0)[..., None, :]
    shares = np.broadcast_to(shares, (*model.sizes.shape[:-1], *shares.shape[-2:]))
    place = np.broadcast_to(place, (*shares.shape[:-1], place.shape[-1]))
    influence = np.take_along_axis(shares, place, axis=-1)
    influence = influence + _rooted(model, function) @ model.orthonormal
    counted = np.where(model.place >= 0, weights(model) * model.residuals**2, 0.0)
    error = np.sqrt((influence**2 * counted[..., None, :]).sum(axis=-1))
    return _effect(model, function, error, level, alternative)


def hc0(model: LinearModel) -> Floats:
    """Weigh each squared residual by 1 (White)."""
    return np.ones(model.residuals.shape)


def hc1(model: LinearModel) -> Floats:
    """Weigh each squared residual by participants over residual degrees of freedom."""
    factor = model.sizes.sum(axis=-1) / np.maximum(model.freedom, 1.0)
    return np.asarray(hc0(model) * factor[..., None])


def hc2(model: LinearModel) -> Floats:
    """Weigh each squared residual by the inverse of 1 less the leverage."""
    rest = 1 - leverage(model)
    return np.where(rest > 1 - FULL_LEVERAGE, 1 / np.maximum(rest, 1 - FULL_LEVERAGE), np.nan)


def hc3(model: LinearModel) -> Floats:
    """Weigh each squared residual by the inverse square of 1 less the leverage."""
    return np.asarray(hc2(model) ** 2)


def leverage(model: LinearModel) -> Floats:
    """Give the leverage of each participant `(..., P)`, 0 of those left out."""
    sizes = np.take_along_axis(np.maximum(model.sizes, 1.0), np.maximum(model.place, 0), axis=-1)
    of_covariates = (model.orthonormal**2).sum(axis=-2)
    return np.where(model.place >= 0, 1 / sizes + of_covariates, 0.0)


def unscaled_covariance(model: LinearModel, function: LinearFunction) -> Floats:
    """Give the covariance `(..., F, F)` of linear functions over the residual variance."""
    shares = function.arm_weights / np.maximum(model.sizes, 1.0)[..., None, :]
    rooted = _rooted(model, function)
    from_arms = shares @ np.swapaxes(function.arm_weights, -1, -2)
    return np.asarray(from_arms + rooted @ np.swapaxes(rooted, -1, -2))


def joint_f_test(model: LinearModel, function: LinearFunction, asked: Booleans) -> FTest:
    """Test that those of the linear functions that are `asked` `(..., F)` are all zero.

    The functions asked must not follow from one another. Where none is asked there is no test.
    """
    reason = first_reason(
        (~np.any(asked, axis=-1) & (model.reason == Reason.OK), Reason.NO_COMPARISON),
        *((model.reason == code, code) for code in Reason if code != Reason.OK),
    )
    numerator = asked.sum(axis=-1).astype(np.float64)
    known = (reason == Reason.OK)[..., None] & asked
    value = np.where(known, _value(model, function), 0.0)
    both = known[..., :, None] & known[..., None, :]
    covariance = np.where(both, unscaled_covariance(model, function), 0.0)
    scale = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    scale = np.where(known, scale, 1.0)
    correlation = covariance / (scale[..., :, None] * scale[..., None, :])
    correlation = correlation + np.eye(asked.shape[-1]) * ~known[..., None, :]
    scaled = value / scale
    weight = np.linalg.solve(correlation, scaled[..., None])[..., 0]
    squares = (scaled * weight).sum(axis=-1) / np.maximum(numerator, 1.0)
    variance = np.where(reason == Reason.OK, model.residual_sd**2, 1.0)
    statistic = squares / variance
    freedom = np.where(reason == Reason.OK, model.freedom, 1.0)
    p_value = special.fdtrc(np.maximum(numerator, 1.0), freedom, statistic)
    return FTest(as_test(p_value, statistic, reason), numerator, model.freedom)


def covariate_test(model: LinearModel, name: str) -> FTest:
    """Test a covariate beside the arms and all the others (type III), by the F test.

    >>> from wholetrial.analysis.measurements.covariates import measured
    >>> from wholetrial.analysis.measurements.linear_model import fit_linear_model
    >>> model = fit_linear_model([1, 3, 2, 6, 8], [measured("dose", [0, 0, 1, 2, 3])])
    >>> f"F={covariate_test(model, 'dose').test.statistic:.3f}"
    'F=16.705'
    """
    columns = _columns(model, name)
    unit = np.eye(len(model.terms))[columns]
    arms = np.zeros((len(columns), model.sizes.shape[-1]))
    return joint_f_test(model, LinearFunction(arms, unit), model.used[..., columns])


def slope(
    model: LinearModel, name: str, level: float = 0.95, *, alternative: Alternative = "two_sided"
) -> Effect:
    """Estimate the slope of a measured covariate, such as the change for each unit of dose.

    >>> from wholetrial.analysis.measurements.covariates import measured
    >>> from wholetrial.analysis.measurements.linear_model import fit_linear_model
    >>> model = fit_linear_model([1, 3, 2, 6, 8], [measured("dose", [0, 0, 1, 2, 3])])
    >>> found = slope(model, "dose")
    >>> f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f}), P={found.p_value:.4f}"
    '2.06 (0.46 to 3.66), P=0.0265'
    """
    columns = _columns(model, name)
    if model.is_factor[columns[0]]:
        raise ValueError(f"slope needs a measured covariate; got the factor {name!r}")
    unit = np.eye(len(model.terms))[columns]
    function = LinearFunction(np.zeros((1, model.sizes.shape[-1])), unit)
    effect = linear_effect(model, function, level, alternative=alternative)
    return only(effect)


def only(effect: Effect) -> Effect:
    """The one linear function of an effect `(..., 1)`, as an effect `(...)`."""
    return Effect(
        effect.value[..., 0],
        effect.standard_error[..., 0],
        effect.freedom[..., 0],
        effect.low[..., 0],
        effect.high[..., 0],
        effect.level,
        effect.statistic[..., 0],
        effect.p_value[..., 0],
        effect.reason[..., 0],
    )


def _effect(
    model: LinearModel,
    function: LinearFunction,
    error: Floats,
    level: float,
    alternative: Alternative,
) -> Effect:
    checked_alternative(alternative)
    needed = (function.arm_weights != 0) & (model.sizes == 0)[..., None, :]
    empty = np.any(needed, axis=-1)
    overall = np.broadcast_to(model.reason[..., None], error.shape)
    unknown = np.isnan(error) & (overall == Reason.OK)
    reason = _with(overall, (empty, Reason.NO_PARTICIPANTS), (unknown, Reason.SINGULAR))
    return as_effect(
        np.where(empty, np.nan, _value(model, function)),
        error,
        np.maximum(model.freedom, 1.0)[..., None],
        checked_level(level),
        reason,
        alternative=alternative,
    )


def _with(reasons: Reasons, *causes: tuple[Booleans, Reason]) -> Reasons:
    """The reasons, with these put before them."""
    found = first_reason(*causes)
    return np.where(found == Reason.OK, reasons, found).astype(np.int8)


def _value(model: LinearModel, function: LinearFunction) -> Floats:
    """Value of linear functions `(..., F)`; arms without participants count for nothing."""
    means = np.where(model.sizes > 0, model.adjusted_means, 0.0)
    from_arms = (function.arm_weights * means[..., None, :]).sum(axis=-1)
    slopes = np.where(model.used, model.slopes, 0.0)
    return np.asarray(from_arms + (function.slope_weights * slopes[..., None, :]).sum(axis=-1))


def _rooted(model: LinearModel, function: LinearFunction) -> Floats:
    """Rows `(..., F, K)` whose products are the slopes' part of the unscaled covariance."""
    moved = function.arm_weights @ model.arm_departures
    slopes = np.where(model.used[..., None, :], function.slope_weights - moved, 0.0)
    return np.asarray(slopes @ model.root)


def _columns(model: LinearModel, name: str) -> list[int]:
    columns = [place for place, term in enumerate(model.terms) if term == name]
    if not columns:
        known = ", ".join(dict.fromkeys(model.terms)) or "none"
        raise ValueError(f"the covariates of this model are: {known}; got {name!r}")
    return columns
