"""The maximum of Cox's partial likelihood, by Newton's method with halved steps, or why none.

All analyses go on together, `(R, ...)`; those at rest leave. Where a covariate tells the order of
the events the likelihood rises without end and its curvature falls to nothing: Bryson and Johnson,
Technometrics 1981;23:381-3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wholetrial.analysis.arguments import Booleans
from wholetrial.analysis.estimate import Floats, Reason, Reasons, first_reason
from wholetrial.analysis.times.partial_likelihood import (
    LEAST_SPREAD,
    AtRisk,
    Likelihood,
    RiskSets,
    likelihood,
    of_analyses,
    risk_sets,
)

MOST_STEPS = 60
NEARLY = 1e-7
"""Largest step of a coefficient, of a covariate with variance 1, that the last step may be: Newton
squares the distance, so that after it only rounding is left."""
LEAST_INFORMATION = 1e-10
"""Smallest eigenvalue of the information, as a share of the largest, not taken for zero."""
VANISHED = 1e-9
"""Share of the smallest eigenvalue at 0 below which the information has run out: no maximum."""
VANISHING = 1e-3
"""The same where the steps end without rest, because rounding hides what is left."""
SLACK = 1e-13
"""Relative fall of the log likelihood that is rounding."""


class Maximum(NamedTuple):
    """Coefficients `(R, K)` of the scaled covariates; the likelihood there and at 0; the reason."""

    coefficients: Floats
    at: Likelihood
    null: Likelihood
    sets: RiskSets
    reason: Reasons


def maximized(risk: AtRisk) -> Maximum:
    """Climb from coefficients of 0."""
    analyses, number = risk.covariates.shape[:2]
    coefficients = np.zeros((analyses, number))
    null = likelihood(risk, risk_sets(risk, coefficients))
    reason = _unfit(risk, null)
    separated, still = np.zeros(analyses, bool), np.zeros(analyses, bool)
    going = np.flatnonzero(reason == Reason.OK)
    if len(going):
        coefficients[going], separated[going], still[going] = _climbed(
            of_analyses(risk, going), Likelihood(*(terms[going] for terms in null))
        )
    sets = risk_sets(risk, coefficients)
    fitted = first_reason((separated, Reason.SEPARATED), (~still, Reason.NOT_CONVERGED))
    reason = np.where(reason == Reason.OK, fitted, reason).astype(np.int8)
    return Maximum(coefficients, likelihood(risk, sets), null, sets, reason)


def _unfit(risk: AtRisk, null: Likelihood) -> Reasons:
    people = np.sum(risk.inside, axis=-1)
    spread = (risk.covariates @ np.swapaxes(risk.covariates, -1, -2)) / np.maximum(people, 1)[
        :, None, None
    ]
    known = np.linalg.eigvalsh(null.information)
    return first_reason(
        (people == 0, Reason.NO_PARTICIPANTS),
        (np.sum(risk.event, axis=-1) == 0, Reason.NO_EVENTS),
        (np.linalg.eigvalsh(spread)[:, 0] < LEAST_SPREAD, Reason.COLLINEAR),
        (known[:, 0] <= LEAST_INFORMATION * np.maximum(known[:, -1], 1e-6), Reason.SINGULAR),
    )


def _climbed(risk: AtRisk, here: Likelihood) -> tuple[Floats, Booleans, Booleans]:
    """Coefficients, which run off without end, and which came to rest."""
    analyses, number = here.score.shape
    found, separated = np.zeros((analyses, number)), np.zeros(analyses, bool)
    still = np.zeros(analyses, bool)
    least = np.linalg.eigvalsh(here.information)[:, 0]
    which, at, step = np.arange(analyses), np.zeros((analyses, number)), _newton(here)
    for _ in range(MOST_STEPS):
        there = likelihood(risk, risk_sets(risk, at + step))
        worse = there.value < here.value - SLACK * np.maximum(np.abs(here.value), 1.0)
        taken = np.max(np.abs(step), axis=-1)
        at = np.where(worse[:, None], at, at + step)
        here = _chosen(worse, here, there)
        left = np.linalg.eigvalsh(here.information)[:, 0] / least[which]
        vanished = left <= VANISHED
        step = np.where(worse[:, None], step / 2, _newton(here, ~vanished))
        rests = ~(vanished | worse) & (np.maximum(taken, np.max(np.abs(step), axis=-1)) <= NEARLY)
        found[which], still[which] = at, rests
        separated[which] = vanished | (~rests & (left <= VANISHING))
        stays = np.flatnonzero(~(vanished | rests))
        if len(stays) == 0:
            break
        if len(stays) < len(which):
            risk, which, at, step = of_analyses(risk, stays), which[stays], at[stays], step[stays]
            here = Likelihood(*(terms[stays] for terms in here))
    return found, separated, still


def _newton(here: Likelihood, solvable: Booleans | None = None) -> Floats:
    information = here.information
    if solvable is not None:
        identity = np.eye(information.shape[-1])
        information = np.where(solvable[:, None, None], information, identity)
    return np.asarray(np.linalg.solve(information, here.score[..., None])[..., 0])


def _chosen(first: Booleans, one: Likelihood, other: Likelihood) -> Likelihood:
    return Likelihood(
        np.where(first, one.value, other.value),
        np.where(first[:, None], one.score, other.score),
        np.where(first[:, None, None], one.information, other.information),
    )
