"""The partial likelihood of Cox's model, its score and its information, of many analyses at once.

Analyses are the first axis, participants the last: `(R, P)`, covariates `(R, K, P)`, in the order
of their times within strata. References: Cox, J R Stat Soc B 1972;34:187-220. Ties: Breslow,
Biometrics 1974;30:89-99; Efron, J Am Stat Assoc 1977;72:557-65.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from wholetrial.analysis.arguments import Booleans, FollowUp
from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.times.ordered import (
    Indices,
    Order,
    at_places,
    by_time,
    counted_before,
    in_order,
)

TiesMethod = Literal["efron", "breslow"]

LEAST_SPREAD = 1e-8
"""Smallest spread of a covariate, or eigenvalue of their correlations, not taken for zero."""


LOWEST = -700.0
"""Log of the smallest weight; one below it would be 0 in the computer's arithmetic."""


class AtRisk(NamedTuple):
    """Participants in order, with the covariates of those included centered and scaled.

    `share` `(R, P)` is the part of the tied events that Efron leaves out of each event's risk set,
    None where it is 0 throughout. `slot` is each place in a table of strata, None of one stratum;
    `width` is the length of its rows.
    """

    order: Order
    inside: Booleans
    event: Floats
    covariates: Floats
    share: Floats | None
    slot: Indices | None
    width: int


class Scaling(NamedTuple):
    """What the covariates `(R, K)` were centered at and divided by."""

    center: Floats
    scale: Floats


class Likelihood(NamedTuple):
    """The log partial likelihood `(R,)`, its score `(R, K)` and information `(R, K, K)`."""

    value: Floats
    score: Floats
    information: Floats


class RiskSets(NamedTuple):
    """At some coefficients: linear predictor and weight `(R, P)`, and at each event the inverse of
    the weights at risk `(R, P)` and the mean of the covariates at risk `(R, K, P)`, else 0."""

    predictor: Floats
    weight: Floats
    inverse: Floats
    mean: Floats


def at_risk(
    follow_up: FollowUp, covariates: Floats, stratum: Indices | None, ties: TiesMethod
) -> tuple[AtRisk, Scaling]:
    """Order the participants of `(R, P)` analyses with their covariates `(R, P, K)`."""
    inside = follow_up.included
    people = np.maximum(np.sum(inside, axis=-1), 1)[:, None, None]
    measured = np.where(inside[:, None, :], np.swapaxes(covariates, -1, -2), 0.0)
    center = np.sum(measured, axis=-1, keepdims=True) / people
    centered = np.where(inside[:, None, :], measured - center, 0.0)
    spread = np.sqrt(np.sum(centered**2, axis=-1, keepdims=True) / people)
    varies = spread > LEAST_SPREAD * np.max(np.abs(measured), axis=-1, keepdims=True)
    scale = np.where(varies, spread, 1.0)
    order = by_time(follow_up, stratum)
    placed = order.participant[:, None, :]
    standard = in_order(
        np.where(varies, centered / scale, 0.0), np.broadcast_to(placed, centered.shape)
    )
    event = in_order(follow_up.event_observed, order.participant)
    slot, width = _slots(order)
    risk = AtRisk(
        order,
        in_order(inside, order.participant),
        event.astype(np.float64),
        standard,
        _share(event, order) if ties == "efron" else None,
        slot,
        width,
    )
    return risk, Scaling(center[..., 0], scale[..., 0])


def likelihood(risk: AtRisk, sets: RiskSets) -> Likelihood:
    """The log partial likelihood and its derivatives at the coefficients of these risk sets."""
    logs = np.log(np.where(risk.event > 0, sets.inverse, 1.0))
    hazard = cumulated(risk, sets.inverse)
    residual = risk.event - sets.weight * hazard
    return Likelihood(
        np.sum(risk.event * sets.predictor + logs, axis=-1),
        _sum_over_participants(risk.covariates, residual),
        information(risk, sets),
    )


def risk_sets(risk: AtRisk, coefficients: Floats) -> RiskSets:
    """Weights, and who is at risk at each event, at coefficients `(R, K)`."""
    predictor = np.sum(coefficients[..., None] * risk.covariates, axis=-2)
    highest = np.max(predictor, axis=-1, keepdims=True, where=risk.inside, initial=-np.inf)
    lowered = np.where(risk.inside, predictor - np.where(risk.inside, highest, 0.0), 0.0)
    lowered = np.maximum(lowered, LOWEST)
    weight = np.where(risk.inside, np.exp(lowered), 0.0)
    total = _left_of_tied(risk, weight)
    inverse = np.divide(1.0, total, out=np.zeros_like(total), where=risk.event > 0)
    mean = _left_of_tied(risk, risk.covariates * weight[:, None, :]) * inverse[:, None, :]
    return RiskSets(lowered, weight, inverse, mean)


def information(risk: AtRisk, sets: RiskSets, factor: Floats | None = None) -> Floats:
    """The information `(R, K, K)`: the covariates' variance at risk summed over events.

    `factor` `(R, P)` multiplies the variance at each event.
    """
    inverse = sets.inverse if factor is None else sets.inverse * factor
    mean = sets.mean if factor is None else sets.mean * factor[:, None, :]
    hazard = (sets.weight * cumulated(risk, inverse))[:, None, :]
    squares = (risk.covariates * hazard) @ np.swapaxes(risk.covariates, -1, -2)
    return np.asarray(squares - mean @ np.swapaxes(sets.mean, -1, -2))


def score_residuals(risk: AtRisk, sets: RiskSets) -> Floats:
    """What each participant adds to the score `(R, K, P)`, the others being what they are."""
    event, inverse = risk.event[:, None, :], sets.inverse[:, None, :]
    mean = sets.mean
    if risk.share is not None:
        tied = np.rint(_tied(risk, risk.event))[:, None, :]
        mean = np.where(tied > 1, _tied(risk, mean) / np.maximum(tied, 1.0), mean)
    hazard = cumulated(risk, sets.inverse)[:, None, :]
    expected = risk.covariates * hazard - cumulated(risk, sets.mean * inverse)
    return np.asarray(event * (risk.covariates - mean) - sets.weight[:, None, :] * expected)


def of_analyses(risk: AtRisk, chosen: Indices) -> AtRisk:
    """The participants of some of the analyses."""
    order = risk.order
    ties = type(order.ties)(*(places[chosen] for places in order.ties))
    if order.ties.first is order.ties.last:
        ties = ties._replace(last=ties.first)
    kept = order._replace(
        participant=order.participant[chosen],
        ties=ties,
        start=order.start[chosen],
        stop=order.stop[chosen],
    )
    return AtRisk(
        kept,
        risk.inside[chosen],
        risk.event[chosen],
        risk.covariates[chosen],
        None if risk.share is None else risk.share[chosen],
        None if risk.slot is None else risk.slot[chosen],
        risk.width,
    )


def _share(event: Booleans, order: Order) -> Floats | None:
    """Of d tied events the first leaves out 0, the next 1/d, and so on."""
    if order.ties.first is order.ties.last:
        return None
    before = counted_before(event)
    first = at_places(before, order.ties.first)
    tied = at_places(before, order.ties.last + 1) - first
    return np.where(event, (before[:, :-1] - first) / np.maximum(tied, 1), 0.0)


def _slots(order: Order) -> tuple[Indices | None, int]:
    if order.strata == 1:
        return None, order.participant.shape[-1]
    place = np.arange(order.participant.shape[-1])
    number = np.cumsum(place == order.start, axis=-1) - 1
    width = int(np.max(order.stop - order.start))
    return np.asarray(number * width + place - order.start), width


def _remaining(risk: AtRisk, values: Floats) -> Floats:
    """Sum over this place and all later ones of the stratum; `(R, P)` or `(R, K, P)`."""
    if risk.slot is None:
        return np.cumsum(values[..., ::-1], axis=-1)[..., ::-1]
    return _by_stratum(risk, values, backward=True)


def _running(risk: AtRisk, values: Floats) -> Floats:
    """Sum over this place and all earlier ones of the stratum."""
    if risk.slot is None:
        return np.cumsum(values, axis=-1)
    return _by_stratum(risk, values, backward=False)


def _by_stratum(risk: AtRisk, values: Floats, *, backward: bool) -> Floats:
    """Sums in a table with a row for each stratum: no stratum's rounding reaches another."""
    assert risk.slot is not None
    rows = int(np.max(risk.slot)) // risk.width + 1
    slot = risk.slot if values.ndim == 2 else np.broadcast_to(risk.slot[:, None, :], values.shape)
    table = np.zeros((*values.shape[:-1], rows * risk.width))
    np.put_along_axis(table, slot, values, axis=-1)
    table = table.reshape((*values.shape[:-1], rows, risk.width))
    if backward:
        table = np.cumsum(table[..., ::-1], axis=-1)[..., ::-1]
    else:
        table = np.cumsum(table, axis=-1)
    return at_places(table.reshape((*values.shape[:-1], -1)), slot)


def _at(values: Floats, places: Indices) -> Floats:
    if values.ndim == 3:
        places = np.broadcast_to(places[:, None, :], values.shape)
    return at_places(values, places)


def _tied(risk: AtRisk, values: Floats) -> Floats:
    """Sum over those of the stratum with the same time."""
    ties = risk.order.ties
    if ties.first is ties.last:
        return values
    starts = ties.first == np.arange(values.shape[-1])
    if values.ndim == 3:
        starts = np.broadcast_to(starts[:, None, :], values.shape)
    where = np.flatnonzero(starts)
    sums = np.add.reduceat(values.ravel(), where)
    return np.repeat(sums, np.diff(where, append=values.size)).reshape(values.shape)


def _left_of_tied(risk: AtRisk, values: Floats) -> Floats:
    """Sum over those at risk at each event, less Efron's share of the events tied with it."""
    remaining = _remaining(risk, values)
    if risk.order.ties.first is not risk.order.ties.last:
        remaining = _at(remaining, risk.order.ties.first)
    if risk.share is None:
        return remaining
    event, share = (
        numbers if values.ndim == 2 else numbers[:, None, :] for numbers in (risk.event, risk.share)
    )
    return remaining - share * _tied(risk, values * event)


def cumulated(risk: AtRisk, increments: Floats) -> Floats:
    """Sum over the events up to each one's time; of events tied with an own, Efron's part."""
    running = _running(risk, increments)
    if risk.order.ties.first is not risk.order.ties.last:
        running = _at(running, risk.order.ties.last)
    if risk.share is None:
        return running
    event, share = (
        numbers if increments.ndim == 2 else numbers[:, None, :]
        for numbers in (risk.event, risk.share)
    )
    return running - event * _tied(risk, share * increments)


def _sum_over_participants(covariates: Floats, values: Floats) -> Floats:
    return np.asarray(np.sum(covariates * values[:, None, :], axis=-1))
