"""Contrasts of the coefficients of a mixed model for repeated measures, alone or together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import (
    Alternative,
    checked_alternative,
    checked_level,
    refuse,
)
from wholetrial.analysis.estimate import (
    Effect,
    Floats,
    Reason,
    Reasons,
    as_effect,
)
from wholetrial.analysis.measurements.mmrm.fit import MixedModel
from wholetrial.analysis.measurements.mmrm.freedom import FREEDOM, TOGETHER, is_singular

NOT_ESTIMABLE = 1e-6
"""How far a contrast may lie outside of what the design tells, relative to its weights."""


class JointTest(NamedTuple):
    """F test that contrasts are all zero; arrays `(...)`, NaN where `reason` is not OK."""

    statistic: Floats
    numerator: Floats
    denominator: Floats
    p_value: Floats
    reason: Reasons


class _OnBasis(NamedTuple):
    """Weights for the coefficients of the basis `(B, C, F)`, estimates, and why there are none."""

    weights: Floats
    value: Floats
    reason: Reasons


def contrast(
    model: MixedModel,
    weights: npt.ArrayLike,
    *,
    freedom: str = "satterthwaite",
    level: float = 0.95,
    alternative: Alternative = "two_sided",
) -> Effect:
    """Estimate one weighted sum of the coefficients, weights `(..., F)`, the effect `(...)`.

    `freedom` names how its variance and degrees of freedom are found: "satterthwaite",
    "kenward_roger_linear", "kenward_roger", "residual", "empirical", "empirical_bias_reduced" or
    "empirical_jackknife".

    >>> from wholetrial.analysis.measurements.mmrm.fit import fit_mmrm
    >>> changes = [[-3, -5], [-1, -4], [-2, float("nan")], [-4, -7]]
    >>> model = fit_mmrm(changes, np.broadcast_to(np.eye(2), (4, 2, 2)))
    >>> last = contrast(model, [0, 1])
    >>> f"{last.value:.3f} (SE {last.standard_error:.3f}, {last.freedom:.2f} d.f.)"
    '-5.179 (SE 0.683, 3.14 d.f.)'
    """
    single = np.asarray(weights, np.float64)
    several = contrasts(
        model, single[..., None, :], freedom=freedom, level=level, alternative=alternative
    )
    parts = {name: getattr(several, name)[..., 0] for name in Effect.__slots__ if name != "level"}
    return Effect(level=several.level, **parts)


def contrasts(
    model: MixedModel,
    weights: npt.ArrayLike,
    *,
    freedom: str = "satterthwaite",
    level: float = 0.95,
    alternative: Alternative = "two_sided",
) -> Effect:
    """Estimate several weighted sums of the coefficients, `(..., C, F)`; the effects `(..., C)`.

    A sum that the design does not determine has the reason COLLINEAR.
    """
    checked_alternative(alternative)
    level = checked_level(level)
    uncertainty_of = _named(freedom, FREEDOM)
    on_basis = _on_basis(model, weights)
    found = uncertainty_of(model, on_basis.weights)
    zero = found.variance <= 0
    reason = np.where(
        (on_basis.reason == Reason.OK) & zero, np.int8(Reason.SINGULAR), on_basis.reason
    )
    shape = (*model.reason.shape, reason.shape[-1])
    scale = model.fitted.scale[:, None]
    error = scale * np.sqrt(np.where(zero, 1.0, found.variance))
    good = reason == Reason.OK
    value = np.where(good, on_basis.value, np.nan)
    return as_effect(
        value.reshape(shape),
        error.reshape(shape),
        found.freedom.reshape(shape),
        level,
        reason.reshape(shape),
        alternative=alternative,
    )


def joint_test(
    model: MixedModel, weights: npt.ArrayLike, *, freedom: str = "satterthwaite"
) -> JointTest:
    """Test that several weighted sums of the coefficients `(..., C, F)` are all zero, by F.

    Sums that follow from each other have the reason SINGULAR.
    """
    uncertainty_of = _named(freedom, TOGETHER)
    on_basis = _on_basis(model, weights)
    count = on_basis.weights.shape[1]
    reason = on_basis.reason.max(axis=-1)
    spread = on_basis.weights @ model.fitted.peak.likelihood.covariance
    spread = spread @ np.swapaxes(on_basis.weights, -1, -2)
    dependent = (reason == Reason.OK) & is_singular(spread)
    reason = np.where(dependent, np.int8(Reason.SINGULAR), reason)
    good = reason == Reason.OK
    joint = uncertainty_of(model, on_basis.weights)
    covariance = np.where(good[:, None, None], joint.covariance, np.eye(count))
    value = np.where(good[:, None], on_basis.value / model.fitted.scale[:, None], 0.0)
    solved = np.linalg.solve(covariance, value[..., None])[..., 0]
    statistic = joint.factor * np.sum(value * solved, axis=-1) / count
    return _joint(statistic, joint.freedom, reason, model.reason.shape, count)


def _joint(
    statistic: Floats, freedom: Floats, reason: Reasons, shape: tuple[int, ...], count: int
) -> JointTest:
    good = reason == Reason.OK
    told = [
        np.where(good, array, np.nan).reshape(shape)
        for array in (statistic, np.full(len(reason), float(count)), freedom)
    ]
    endless = np.isinf(told[2])
    limited = special.fdtrc(told[1], np.where(endless, 1.0, told[2]), told[0])
    p_value = np.where(endless, special.chdtrc(told[1], told[1] * told[0]), limited)
    return JointTest(told[0], told[1], told[2], np.asarray(p_value), reason.reshape(shape))


def _on_basis(model: MixedModel, weights: npt.ArrayLike) -> _OnBasis:
    basis = model.fitted.basis
    asked = np.asarray(weights, np.float64)
    effects = model.coefficients.shape[-1]
    if asked.ndim < 2 or asked.shape[-1] != effects:
        raise ValueError(
            f"weights must hold one number for each of {effects} coefficients; "
            f"got an array of shape {asked.shape}"
        )
    refuse("weights must be finite", asked, ~np.isfinite(asked))
    shape = (*model.reason.shape, *asked.shape[-2:])
    asked = np.broadcast_to(asked, shape).reshape(-1, *asked.shape[-2:])
    turned = asked @ basis.transform
    outside = np.abs(turned @ basis.triangle - asked).max(axis=-1)
    size = np.abs(asked).max(axis=-1)
    told = np.broadcast_to(model.reason.reshape(-1, 1), outside.shape)
    unknown = (told == Reason.OK) & (outside > NOT_ESTIMABLE * size)
    coefficients = model.coefficients.reshape(-1, effects, 1)
    value = (asked @ np.where(np.isnan(coefficients), 0.0, coefficients))[..., 0]
    return _OnBasis(turned, value, np.where(unknown, np.int8(Reason.COLLINEAR), told))


_Strategy = TypeVar("_Strategy")


def _named(name: str, strategies: Mapping[str, _Strategy]) -> _Strategy:
    if name not in strategies:
        raise ValueError(f"freedom must be one of {', '.join(strategies)}; got {name!r}")
    return strategies[name]
