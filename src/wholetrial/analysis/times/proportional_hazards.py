"""Whether hazards are proportional, and the baseline hazard of Cox's model.

Participants are the last axis, `(..., P)`. References: Grambsch and Therneau, Biometrika
1994;81:515-26 (score test of a coefficient that changes with time). Breslow, Biometrics
1974;30:89-99 (baseline hazard).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import FollowUp
from wholetrial.analysis.estimate import Floats, Reason, Reasons, Test, as_test
from wholetrial.analysis.times.cox import checked_regression
from wholetrial.analysis.times.cox_maximum import LEAST_INFORMATION, maximized
from wholetrial.analysis.times.ordered import at_places, blocks_of, in_order, step_at, ties_of
from wholetrial.analysis.times.partial_likelihood import (
    AtRisk,
    TiesMethod,
    at_risk,
    information,
)
from wholetrial.analysis.times.score_test import quadratic_form
from wholetrial.analysis.times.survival import kaplan_meier


class BaselineHazard(NamedTuple):
    """Cumulative hazard just after each time, of someone whose covariates are all 0; `(..., P)`.

    Times are ascending, those left out at the end at `inf`; `reason` is `(...)`.
    """

    times: Floats
    hazard: Floats
    reason: Reasons


def proportional_hazards_test(
    times: npt.ArrayLike,
    event_observed: npt.ArrayLike,
    covariates: npt.ArrayLike,
    *,
    tested: Sequence[int] = (),
    included: npt.ArrayLike = True,
    stratum: npt.ArrayLike = 0,
) -> Test:
    """Test that the coefficients of the `tested` covariates do not change with time.

    The score test of their interaction with 1 - survival just before each event, survival the
    Kaplan-Meier estimate of all together; chi-square with as many degrees of freedom as covariates
    are tested, by default all of them. Ties by Efron.

    >>> arm = [[1], [0], [1], [0], [1], [0], [1], [0]]
    >>> days, event = [6, 4, 8, 2, 9, 7, 3, 12], [1, 1, 1, 1, 0, 1, 1, 1]
    >>> f"{proportional_hazards_test(days, event, arm).p_value:.4f}"
    '0.5844'
    """
    call = checked_regression(times, event_observed, covariates, included, stratum)
    people, number = call.covariates.shape[-2:]
    columns = _checked_columns(tested, number)
    before = _survival_before(call.follow_up)
    statistic, reason = np.zeros(len(before)), np.zeros(len(before), np.int8)
    for block in blocks_of(len(before), people * number):
        days, seen, inside = call.follow_up
        risk, _ = at_risk(
            FollowUp(days[block], seen[block], inside[block]),
            call.covariates[block],
            None if call.stratum is None else call.stratum[block],
            "efron",
        )
        passed = 1 - in_order(before[block], risk.order.participant)
        statistic[block], reason[block] = _change_with_time(risk, passed, columns)
    return as_test(
        special.chdtrc(len(columns), statistic).reshape(call.shape),
        statistic.reshape(call.shape),
        reason.reshape(call.shape),
    )


def baseline_hazard(
    times: npt.ArrayLike,
    event_observed: npt.ArrayLike,
    covariates: npt.ArrayLike,
    *,
    included: npt.ArrayLike = True,
    ties: TiesMethod = "efron",
) -> BaselineHazard:
    """Estimate the cumulative hazard of somebody with all covariates 0, by Breslow's estimator.

    >>> arm = [[1], [0], [1], [0], [1], [0]]
    >>> baseline_hazard([6, 4, 8, 2, 9, 7], [1, 1, 1, 1, 0, 1], arm).hazard.round(3)
    array([0.281, 0.673, 1.316, 2.046, 4.75 , 4.75 ])
    """
    call = checked_regression(times, event_observed, covariates, included)
    risk, scaling = at_risk(call.follow_up, call.covariates, None, ties)
    maximum = maximized(risk)
    lowered = np.sum(maximum.coefficients * scaling.center / scaling.scale, axis=-1)
    predictor = np.sum(maximum.coefficients[..., None] * risk.covariates, axis=-2)
    highest = np.max(predictor, axis=-1, where=risk.inside, initial=-np.inf)
    factor = np.exp(-np.where(np.isfinite(highest), highest + lowered, 0.0))
    days = in_order(call.follow_up.times, risk.order.participant)
    known = (maximum.reason == Reason.OK)[:, None]
    summed = np.cumsum(maximum.sets.inverse, axis=-1)
    hazard = at_places(summed, risk.order.ties.last) * factor[:, None]
    shape = (*call.shape, days.shape[-1])
    return BaselineHazard(
        days.reshape(shape),
        np.where(known, hazard, np.nan).reshape(shape),
        maximum.reason.reshape(call.shape),
    )


def _checked_columns(tested: Sequence[int], number: int) -> list[int]:
    columns = list(tested) or list(range(number))
    if len(set(columns)) != len(columns) or not all(0 <= column < number for column in columns):
        raise ValueError(
            f"tested must name different covariates of the {number}, from 0; got {list(tested)}"
        )
    return columns


def _survival_before(follow_up: FollowUp) -> Floats:
    """Survival of all together just before each participant's time, `(R, P)`."""
    curve = kaplan_meier(*follow_up)
    before = step_at(curve.survival, ties_of(curve.times).first, 1.0)
    survival = np.empty_like(before)
    np.put_along_axis(survival, np.argsort(follow_up.times, axis=-1), before, axis=-1)
    return survival


def _change_with_time(risk: AtRisk, passed: Floats, columns: list[int]) -> tuple[Floats, Reasons]:
    """Score statistic of the tested covariates times `passed`, the others' effect being fitted."""
    maximum = maximized(risk)
    sets, number = maximum.sets, risk.covariates.shape[-2]
    events = np.maximum(np.sum(risk.event, axis=-1, keepdims=True), 1.0)
    centered = passed - np.sum(passed * risk.event, axis=-1, keepdims=True) / events
    gain = risk.event[:, None, :] * risk.covariates - sets.mean
    score = np.sum(gain * centered[:, None, :], axis=-1)[:, columns]
    plain = maximum.at.information
    once = information(risk, sets, centered)[:, :, columns]
    twice = information(risk, sets, centered**2)[:, columns][:, :, columns]
    rows = np.concatenate([plain, once], axis=-1)
    below = np.concatenate([np.swapaxes(once, -1, -2), twice], axis=-1)
    whole = np.concatenate([rows, below], axis=-2)
    nothing = np.zeros((len(score), number))
    sizes = np.linalg.eigvalsh(whole)
    singular = sizes[:, 0] <= LEAST_INFORMATION * np.maximum(sizes[:, -1], 1e-300)
    fitted = maximum.reason == Reason.OK
    reason = np.where(fitted & singular, np.int8(Reason.SINGULAR), maximum.reason).astype(np.int8)
    full = np.concatenate([nothing, score], axis=-1)
    return quadratic_form(full, whole, reason == Reason.OK), reason
