"""The hazard ratio of two arms, with or without covariates and strata.

Participants are the last axis, `(..., P)`. Reference: Cox, J R Stat Soc B 1972;34:187-220.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans, checked_booleans, checked_level, same_shape
from wholetrial.analysis.estimate import Effect, Floats, Interval, Reason, as_effect, as_interval
from wholetrial.analysis.times.cox import cox_regression


class Adjustment(NamedTuple):
    """What a comparison of arms is adjusted for: covariates `(..., P, K)`, strata `(..., P)`."""

    covariates: npt.ArrayLike | None = None
    stratum: npt.ArrayLike = 0


UNADJUSTED = Adjustment()
"""No covariates and one stratum."""


def hazard_ratio(
    times: npt.ArrayLike,
    event_observed: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    included: npt.ArrayLike = True,
    adjustment: Adjustment = UNADJUSTED,
    level: float = 0.95,
) -> Effect:
    """Estimate the log hazard ratio of the treated arm to control by Cox's model, ties by Efron.

    `treated` `(..., P)` is 1 in the arm and 0 in control; leave other arms out by `included`.
    Where an arm has no event, or has all of them before the other has any, no finite ratio fits:
    the reason is SEPARATED. `as_ratio` gives the ratio itself.

    >>> effect = hazard_ratio([6, 4, 8, 2, 9, 7], [1, 1, 1, 1, 0, 1], [1, 0, 1, 0, 1, 0])
    >>> ratio = as_ratio(effect)
    >>> f"{ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f})"
    '0.185 (0.019 to 1.838)'
    """
    arm, inside, _ = same_shape(np.asarray(treated), np.asarray(included), np.asarray(times))
    inside = checked_booleans("included", inside)
    in_arm = checked_booleans("treated", np.where(inside, arm, 0))
    model = cox_regression(
        times,
        event_observed,
        _columns(in_arm, adjustment.covariates),
        included=inside,
        stratum=adjustment.stratum,
    )
    people = np.sum(in_arm, axis=-1)
    empty = (people == 0) | (people == np.sum(inside, axis=-1))
    reason = np.where(empty, np.int8(Reason.NO_PARTICIPANTS), model.reason)
    error = np.sqrt(model.covariance[..., 0, 0])
    return as_effect(model.coefficients[..., 0], error, np.inf, checked_level(level), reason)


def as_ratio(effect: Effect) -> Interval:
    """Give the ratio of an effect on the log scale, with its limits."""
    limits = np.exp(effect.low), np.exp(effect.high)
    return as_interval(np.exp(effect.value), limits, effect.level, effect.reason)


def _columns(in_arm: Booleans, covariates: npt.ArrayLike | None) -> Floats:
    """The arm as the first covariate, those to adjust for after it."""
    arm = in_arm[..., None].astype(np.float64)
    if covariates is None:
        return arm
    measured = np.asarray(covariates, np.float64)
    if measured.ndim < 2:
        raise ValueError(f"covariates must have the shape (..., P, K); got {measured.shape}")
    shape = np.broadcast_shapes(measured.shape[:-1], in_arm.shape)
    others = np.broadcast_to(measured, (*shape, measured.shape[-1]))
    return np.concatenate([np.broadcast_to(arm, (*shape, 1)), others], axis=-1)
