"""Cox's proportional hazards model, fitted to many trials at once.

Participants are the last axis, `(..., P)`; covariates have one more, `(..., P, K)`. References:
Cox, J R Stat Soc B 1972;34:187-220. Efron, J Am Stat Assoc 1977;72:557-65 (ties). Breslow,
Biometrics 1974;30:89-99 (ties). Lin and Wei, J Am Stat Assoc 1989;84:1074-8 (robust variance).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import (
    FollowUp,
    checked_follow_up,
    refuse,
    same_shape,
)
from wholetrial.analysis.estimate import (
    Effect,
    Floats,
    Reason,
    Reasons,
    Test,
    as_effect,
    as_test,
)
from wholetrial.analysis.times.cox_maximum import maximized
from wholetrial.analysis.times.ordered import Indices, blocks_of, checked_strata
from wholetrial.analysis.times.partial_likelihood import (
    AtRisk,
    Scaling,
    TiesMethod,
    at_risk,
    score_residuals,
)
from wholetrial.analysis.times.score_test import quadratic_form


@dataclass(frozen=True, slots=True)
class CoxModel:
    """Coefficients `(..., K)` (log hazard ratios) with their covariance `(..., K, K)`.

    `robust_covariance` is the sandwich of Lin and Wei. The log partial likelihoods, at the
    coefficients and at none, the score statistic at none, `participants`, `events` and `reason`
    are `(...)`. Where the reason is not OK the numbers are NaN.
    """

    coefficients: Floats
    covariance: Floats
    robust_covariance: Floats
    log_likelihood: Floats
    null_log_likelihood: Floats
    score_statistic: Floats
    participants: Floats
    events: Floats
    reason: Reasons


class Regression(NamedTuple):
    """A checked call: follow-up `(R, P)`, covariates `(R, P, K)`, strata; the shape `(...)`."""

    follow_up: FollowUp
    covariates: Floats
    stratum: Indices | None
    shape: tuple[int, ...]


def cox_regression(
    times: npt.ArrayLike,
    event_observed: npt.ArrayLike,
    covariates: npt.ArrayLike,
    *,
    included: npt.ArrayLike = True,
    stratum: npt.ArrayLike = 0,
    ties: TiesMethod = "efron",
) -> CoxModel:
    """Fit Cox's model by Newton's method, each stratum with its own baseline hazard.

    Covariates of those included must be known. A covariate that tells the order of events with
    certainty has no finite coefficient: the reason is SEPARATED.

    >>> arm = [[1], [0], [1], [0], [1], [0]]
    >>> model = cox_regression([6, 4, 8, 2, 9, 7], [1, 1, 1, 1, 0, 1], arm)
    >>> f"{model.coefficients[0]:.4f} (SE {model.covariance[0, 0] ** 0.5:.4f})"
    '-1.6878 (SE 1.1718)'
    """
    call = checked_regression(times, event_observed, covariates, included, stratum)
    if ties not in get_args(TiesMethod):
        raise ValueError(f"ties must be efron or breslow; got {ties!r}")
    people, number = call.covariates.shape[-2:]
    parts = []
    for block in blocks_of(len(call.covariates), people * number):
        days, seen, included_here = call.follow_up
        follow_up = FollowUp(days[block], seen[block], included_here[block])
        inside = None if call.stratum is None else call.stratum[block]
        parts.append(_fitted(*at_risk(follow_up, call.covariates[block], inside, ties)))
    joined = (np.concatenate(terms) for terms in zip(*parts, strict=True))
    return CoxModel(*(terms.reshape((*call.shape, *terms.shape[1:])) for terms in joined))


def checked_regression(
    times: npt.ArrayLike,
    event_observed: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike = True,
    stratum: npt.ArrayLike = 0,
) -> Regression:
    """Bring a call to one leading axis, or raise ValueError saying what is wrong."""
    measured = np.asarray(covariates, np.float64)
    if measured.ndim < 2 or measured.shape[-1] == 0:
        raise ValueError(
            "covariates must have one row for each participant and at least one column; "
            f"got an array of shape {measured.shape}"
        )
    days, seen, inside, _ = same_shape(
        np.asarray(times, np.float64),
        np.asarray(event_observed),
        np.asarray(included),
        measured[..., 0],
    )
    follow_up = checked_follow_up(days, seen, inside)
    people, number = days.shape[-1], measured.shape[-1]
    measured = np.broadcast_to(measured, (*days.shape, number))
    unknown = follow_up.included[..., None] & ~np.isfinite(measured)
    refuse("covariates of those included must be known", measured, unknown)
    strata = checked_strata(stratum, follow_up.included)
    return Regression(
        FollowUp(
            follow_up.times.reshape(-1, people),
            follow_up.event_observed.reshape(-1, people),
            follow_up.included.reshape(-1, people),
        ),
        np.where(follow_up.included[..., None], measured, 0.0).reshape(-1, people, number),
        None if strata is None else strata.reshape(-1, people),
        days.shape[:-1],
    )


def likelihood_ratio_test(model: CoxModel) -> Test:
    """Test that all coefficients are 0, by twice the gain in log partial likelihood.

    >>> arm = [[1], [0], [1], [0], [1], [0]]
    >>> model = cox_regression([6, 4, 8, 2, 9, 7], [1, 1, 1, 1, 0, 1], arm)
    >>> f"{likelihood_ratio_test(model).p_value:.4f}"
    '0.1159'
    """
    gain = 2 * (model.log_likelihood - model.null_log_likelihood)
    return _chi_square(model, np.maximum(gain, 0.0))


def wald_test(model: CoxModel) -> Test:
    """Test that all coefficients are 0, by their distance from 0 in standard errors."""
    known = model.reason == Reason.OK
    return _chi_square(model, quadratic_form(model.coefficients, model.covariance, known))


def cox_score_test(model: CoxModel) -> Test:
    """Test that all coefficients are 0, by the score at 0: with arms alone, a log-rank test."""
    return _chi_square(model, model.score_statistic)


def coefficient(
    model: CoxModel, place: int, *, robust: bool = False, level: float = 0.95
) -> Effect:
    """One coefficient (a log hazard ratio) with its Wald limits and test.

    >>> arm = [[1], [0], [1], [0], [1], [0]]
    >>> model = cox_regression([6, 4, 8, 2, 9, 7], [1, 1, 1, 1, 0, 1], arm)
    >>> effect = coefficient(model, 0)
    >>> f"{effect.value:.3f} ({effect.low:.3f} to {effect.high:.3f}), P={effect.p_value:.4f}"
    '-1.688 (-3.985 to 0.609), P=0.1498'
    """
    covariance = model.robust_covariance if robust else model.covariance
    variance = covariance[..., place, place]
    certain = (model.reason == Reason.OK) & ~(variance > 0)
    reason = np.where(certain, np.int8(Reason.NO_VARIATION), model.reason)
    return as_effect(model.coefficients[..., place], np.sqrt(variance), np.inf, level, reason)


def _fitted(
    risk: AtRisk, scaling: Scaling
) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats, Floats, Reasons]:
    """The fields of a model, of the analyses `(R,)` of one block."""
    maximum = maximized(risk)
    known = maximum.reason == Reason.OK
    identity = np.eye(scaling.scale.shape[-1])
    inverse = np.linalg.inv(np.where(known[:, None, None], maximum.at.information, identity))
    scale = scaling.scale[:, :, None] * scaling.scale[:, None, :]
    influence = inverse @ score_residuals(risk, maximum.sets)
    robust = influence @ np.swapaxes(influence, -1, -2)
    score = quadratic_form(maximum.null.score, maximum.null.information, known)
    numbers = (
        maximum.coefficients / scaling.scale,
        inverse / scale,
        robust / scale,
        maximum.at.value,
        maximum.null.value,
        score,
    )
    told = [
        np.where(known.reshape(-1, *(1,) * (values.ndim - 1)), values, np.nan) for values in numbers
    ]
    return (
        told[0],
        told[1],
        told[2],
        told[3],
        told[4],
        told[5],
        np.sum(risk.inside, axis=-1).astype(np.float64),
        np.sum(risk.event, axis=-1),
        maximum.reason,
    )


def _chi_square(model: CoxModel, statistic: Floats) -> Test:
    free = model.coefficients.shape[-1]
    return as_test(special.chdtrc(free, statistic), statistic, model.reason)
