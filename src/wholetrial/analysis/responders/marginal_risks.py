"""The risk that each arm would have if all participants were in it (g-computation).

A logistic regression of the outcome on arm and baseline covariates predicts everybody's probability
in every arm; their means are the marginal risks. Their covariance holds for the participants at
hand (Ge et al., Drug Inf J 2011;45:481-93: from the model, or robust) or for the population that
they come from (Ye et al., Stat Theory Relat Fields 2023;7:159-63: simple or permuted-block
randomization). Participants are the last axis, `(..., P)`, covariates `(..., P, K)`; `arm` numbers
the arms from 0. A participant without an outcome or a covariate (NaN) must not be `included`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import (
    check_participants,
    checked_booleans,
    refuse,
)
from wholetrial.analysis.estimate import Floats, Reason, Reasons, first_reason
from wholetrial.analysis.responders.logistic import (
    LogisticFit,
    checked_covariates,
    gram,
    logistic_regression,
    standardized,
)


class MarginalRisks(NamedTuple):
    """Risks `(..., A)` and their covariance `(..., A, A)`; NaN where `reason` `(...)` is not OK."""

    risk: Floats
    covariance: Floats
    reason: Reasons


class _Trial(NamedTuple):
    """Outcome `(..., P)`, members of each arm `(..., A, P)`, who is included, and the design.

    The design `(..., P, A + K)` has a column for each arm and one for each covariate; whoever is
    not included has zeros everywhere.
    """

    outcome: Floats
    members: Floats
    inside: Floats
    design: Floats


class _Prediction(NamedTuple):
    """The fit, everybody's probability in each arm `(..., A, P)`, and why there is none."""

    fit: LogisticFit
    probability: Floats
    risk: Floats
    reason: Reasons


def marginal_risks(
    outcome: npt.ArrayLike,
    arm: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike,
    *,
    arms: int = 2,
) -> MarginalRisks:
    """Estimate the marginal risks with the unconditional covariance of Ye et al. (2023).

    It needs no model to be true, and allows for the covariates being those of a sample.

    >>> well, old = [1, 1, 0, 1, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 1, 1]
    >>> found = marginal_risks(well, [1, 1, 1, 1, 0, 0, 0, 0], np.transpose([old]), np.ones(8))
    >>> f"{found.risk[1]:.3f} and {found.risk[0]:.3f}"
    '0.731 and 0.267'
    """
    trial = _trial(outcome, arm, covariates, included, arms)
    prediction = _predicted(trial)
    return _estimated(prediction, _unconditional(trial, prediction))


def marginal_risks_permuted_blocks(
    outcome: npt.ArrayLike,
    arm: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike,
    stratum: npt.ArrayLike,
    *,
    arms: int = 2,
) -> MarginalRisks:
    """Estimate the marginal risks where arms were balanced by permuted blocks within strata.

    `stratum` numbers the strata of the randomization from 0, `(..., P)`. What they tell of the
    outcome beyond the model is taken off the unconditional covariance.

    >>> well, old = [1, 1, 0, 1, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 1, 1]
    >>> arm, ones = [1, 1, 1, 1, 0, 0, 0, 0], np.ones(8)
    >>> found = marginal_risks_permuted_blocks(well, arm, np.transpose([old]), ones, old)
    >>> f"{found.covariance[1, 1] ** 0.5:.4f}"
    '0.2431'
    """
    trial = _trial(outcome, arm, covariates, included, arms)
    prediction = _predicted(trial)
    covariance = _unconditional(trial, prediction) - _told_by(stratum, trial, prediction)
    return _estimated(prediction, covariance)


def marginal_risks_model_based(
    outcome: npt.ArrayLike,
    arm: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike,
    *,
    arms: int = 2,
) -> MarginalRisks:
    """Estimate the marginal risks of these participants, the logistic model taken as true (Ge).

    >>> well, old = [1, 1, 0, 1, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 1, 1]
    >>> arm = [1, 1, 1, 1, 0, 0, 0, 0]
    >>> found = marginal_risks_model_based(well, arm, np.transpose([old]), np.ones(8))
    >>> f"{found.covariance[1, 1] ** 0.5:.4f}"
    '0.2280'
    """
    trial = _trial(outcome, arm, covariates, included, arms)
    prediction = _predicted(trial)
    return _estimated(prediction, _conditional(prediction, trial, _from_model))


def marginal_risks_robust(
    outcome: npt.ArrayLike,
    arm: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike,
    *,
    arms: int = 2,
) -> MarginalRisks:
    """Estimate the marginal risks of these participants with the robust covariance HC0 (Ge).

    >>> well, old = [1, 1, 0, 1, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 1, 1]
    >>> arm = [1, 1, 1, 1, 0, 0, 0, 0]
    >>> found = marginal_risks_robust(well, arm, np.transpose([old]), np.ones(8))
    >>> f"{found.covariance[1, 1] ** 0.5:.4f}"
    '0.2310'
    """
    trial = _trial(outcome, arm, covariates, included, arms)
    prediction = _predicted(trial)
    return _estimated(prediction, _conditional(prediction, trial, _robust))


def marginal_risks_robust_hc3(
    outcome: npt.ArrayLike,
    arm: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike,
    *,
    arms: int = 2,
) -> MarginalRisks:
    """Estimate the marginal risks of these participants with the robust covariance HC3 (Ge).

    HC3 divides each residual by one less its leverage, for small samples.

    >>> well, old = [1, 1, 0, 1, 0, 1, 0, 0], [0, 0, 0, 1, 0, 0, 1, 1]
    >>> arm = [1, 1, 1, 1, 0, 0, 0, 0]
    >>> found = marginal_risks_robust_hc3(well, arm, np.transpose([old]), np.ones(8))
    >>> f"{found.covariance[1, 1] ** 0.5:.4f}"
    '0.4220'
    """
    trial = _trial(outcome, arm, covariates, included, arms)
    prediction = _predicted(trial)
    return _estimated(prediction, _conditional(prediction, trial, _robust_hc3))


def _trial(
    outcome: npt.ArrayLike,
    arm: npt.ArrayLike,
    covariates: npt.ArrayLike,
    included: npt.ArrayLike,
    arms: int,
) -> _Trial:
    if arms < 2:
        raise ValueError(f"arms must be the number of arms, at least 2; got {arms}")
    check_participants("outcome", np.asarray(outcome))
    inside = checked_booleans("included", np.asarray(included))
    value, codes, inside = np.broadcast_arrays(
        np.asarray(outcome, np.float64), np.asarray(arm, np.float64), inside
    )
    value, codes = np.where(inside, value, 0.0), np.where(inside, codes, 0.0)
    checked_booleans("outcome of those included", value)
    known = (codes >= 0) & (codes < arms) & (codes == np.floor(codes))
    refuse(f"arm must be a whole number from 0 to {arms - 1} for all included", codes, ~known)
    counted = inside.astype(np.float64)
    members = (codes[..., None, :] == np.arange(arms)[:, None]) * counted[..., None, :]
    scaled = standardized(checked_covariates(covariates, inside), counted[..., None])
    columns = np.broadcast_to(np.swapaxes(members, -1, -2), (*scaled.shape[:-1], arms))
    return _Trial(value, members, counted, np.concatenate([columns, scaled], axis=-1))


def _predicted(trial: _Trial) -> _Prediction:
    """Everybody's probability in each arm, and why it cannot be told."""
    size, events = trial.members.sum(axis=-1), trial.outcome.sum(axis=-1)
    people = trial.inside.sum(axis=-1)
    empty = (size == 0).any(axis=-1)
    asked = ~(empty | (events == 0) | (events == people))
    fit = logistic_regression(trial.outcome, trial.design, trial.inside, asked)
    reason = first_reason(
        (empty, Reason.NO_PARTICIPANTS),
        (events == 0, Reason.NO_EVENTS),
        (events == people, Reason.ALL_EVENTS),
        (fit.collinear, Reason.COLLINEAR),
        (fit.separated, Reason.SEPARATED),
        (fit.unsettled, Reason.NOT_CONVERGED),
    )
    arms = size.shape[-1]
    of_arm, of_covariate = np.split(fit.coefficients, [arms], axis=-1)
    odds = (trial.design[..., arms:] @ of_covariate[..., None])[..., 0]
    # odds that run away are of no use, and must not overflow
    logit = np.clip(of_arm[..., :, None] + odds[..., None, :], -500.0, 500.0)
    probability = trial.inside[..., None, :] / (1 + np.exp(-logit))
    risk = probability.sum(axis=-1) / np.maximum(people, 1.0)[..., None]
    return _Prediction(fit, probability, risk, reason)


def _estimated(prediction: _Prediction, covariance: Floats) -> MarginalRisks:
    known = prediction.reason == Reason.OK
    return MarginalRisks(
        np.where(known[..., None], prediction.risk, np.nan),
        np.where(known[..., None, None], covariance, np.nan),
        prediction.reason,
    )


def _conditional(
    prediction: _Prediction, trial: _Trial, spread: Callable[[_Trial, LogisticFit], Floats]
) -> Floats:
    """The covariance of the coefficients carried over to the risks (delta method)."""
    slope = prediction.probability * (1 - prediction.probability)
    people = np.maximum(trial.inside.sum(axis=-1), 1.0)[..., None, None]
    arms = slope.shape[-2]
    by_arm = slope.sum(axis=-1)[..., :, None] * np.eye(arms)
    gradient = np.concatenate([by_arm, slope @ trial.design[..., arms:]], axis=-1) / people
    carried: Floats = gradient @ spread(trial, prediction.fit) @ np.swapaxes(gradient, -1, -2)
    return carried


def _from_model(trial: _Trial, fit: LogisticFit) -> Floats:
    return fit.covariance


def _robust(trial: _Trial, fit: LogisticFit) -> Floats:
    residual = trial.outcome - fit.probability
    return _sandwich(trial, fit, residual)


def _robust_hc3(trial: _Trial, fit: LogisticFit) -> Floats:
    weight = fit.probability * (1 - fit.probability)
    leverage = weight * ((trial.design @ fit.covariance) * trial.design).sum(axis=-1)
    residual = (trial.outcome - fit.probability) / np.maximum(1 - leverage, 1e-12)
    return _sandwich(trial, fit, residual)


def _sandwich(trial: _Trial, fit: LogisticFit, residual: Floats) -> Floats:
    spread: Floats = fit.covariance @ gram(trial.design, residual**2) @ fit.covariance
    return spread


def _unconditional(trial: _Trial, prediction: _Prediction) -> Floats:
    """The covariance of Ye et al., the residuals' variance put together from its three terms."""
    size, people = trial.members.sum(axis=-1), trial.inside.sum(axis=-1)
    mean = (trial.members * trial.outcome[..., None, :]).sum(axis=-1) / np.maximum(size, 1.0)
    deviation = trial.members * (trial.outcome[..., None, :] - mean[..., None])
    centered = (prediction.probability - prediction.risk[..., None]) * trial.inside[..., None, :]
    turned = np.swapaxes(centered, -1, -2)
    one_less = np.maximum(size - 1, 1.0)
    variance = (deviation**2).sum(axis=-1) / one_less
    with_outcome = (deviation @ turned) / one_less[..., None]
    predicted = (centered @ turned) / np.maximum(people - 1, 1.0)[..., None, None]
    own, predicted_own = (_diagonal(part) for part in (with_outcome, predicted))
    residual = (variance - 2 * own + predicted_own) * people[..., None] / np.maximum(size, 1.0)
    arms = np.eye(size.shape[-1])
    total = with_outcome + np.swapaxes(with_outcome, -1, -2) - predicted
    total = total + residual[..., :, None] * arms
    return np.asarray(total / np.maximum(people, 1.0)[..., None, None])


def _told_by(stratum: npt.ArrayLike, trial: _Trial, prediction: _Prediction) -> Floats:
    """What the strata's mean residuals tell of the covariance, arms being balanced in each."""
    codes = np.broadcast_to(np.asarray(stratum, np.float64), trial.outcome.shape)
    inside = trial.inside > 0
    whole = (codes >= 0) & (codes == np.floor(codes)) & np.isfinite(codes)
    refuse("stratum must be a whole number from 0 for all included", codes, inside & ~whole)
    people = np.maximum(trial.inside.sum(axis=-1), 1.0)
    share = trial.members.sum(axis=-1) / people[..., None]
    residual = trial.members * (trial.outcome[..., None, :] - prediction.probability)
    balanced = share[..., :, None] * (np.eye(share.shape[-1]) - share[..., None, :])
    told = np.zeros(balanced.shape)
    for code in np.unique(codes[inside]):
        here = inside & (codes == code)
        size = (trial.members * here[..., None, :]).sum(axis=-1)
        mean = (residual * here[..., None, :]).sum(axis=-1) / np.maximum(size, 1.0)
        mean = mean / np.where(share > 0, share, 1.0)
        told = told + here.sum(axis=-1)[..., None, None] * mean[..., :, None] * mean[..., None, :]
    return np.asarray(told * balanced / people[..., None, None] ** 2)


def _diagonal(matrices: Floats) -> Floats:
    return np.diagonal(matrices, axis1=-2, axis2=-1)
