"""Adverse events of virtual participants: by the share that has one, or by how many a year.

By shares, each participant has at most one, on an evenly spread day before they leave. By rates,
events come one after another with exponential gaps until the participant leaves or the trial ends.
Whoever leaves for an adverse event has one on that day. By rates the last one before it moves
there; by shares the others have fewer, so that the share is kept; one is added where there still
is none.
"""

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np

from wholetrial.data.records import AdverseEvents, Codes, Flags, Floats
from wholetrial.numerics.elementary import log
from wholetrial.numerics.philox import Purpose, Stream, uniforms
from wholetrial.protocol.assumptions import AdverseEventRates
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.quantity import Distribution
from wholetrial.simulation.dropout import HARM, Leaving, stated
from wholetrial.simulation.shares import by_arm, last_day

_BY_SHARES, _BY_RATES, _ADDED = 0, 1, 2
"""The occasions of draws: for events by shares, by rates, and for those that make people leave."""
SERIOUS_GRADE = 3


class _Drawn(NamedTuple):
    """Events before grading: day `(..., P, E)`, whether serious, and a uniform for the grade."""

    day: Floats
    serious: Flags
    grade: Floats


def adverse_events(
    protocol: Protocol, stream: Stream, arm: Codes, leaves: Leaving
) -> AdverseEvents:
    """Everybody's adverse events up to the day on which they leave."""
    rates = protocol.assumptions.adverse_events if protocol.assumptions else {}
    shared = {name: one for name, one in rates.items() if one.any is not None}
    counted = {name: one for name, one in rates.items() if one.rate is not None}
    parts = []
    if shared or not counted:
        parts.append(_by_shares(protocol, stream, arm, (shared, leaves)))
    if counted:
        parts.append(_by_rates(protocol, stream, arm, (counted, leaves)))
    if stated(protocol, "adverse_event"):
        parts.append(_added(protocol, stream, arm, (rates, leaves), parts))
    day, serious, mark = (np.concatenate(arrays, axis=-1) for arrays in zip(*parts, strict=True))
    happens = ~np.isnan(day)
    grade = np.where(happens, _grades(protocol, arm, mark), 0)
    graded = np.where((grade > 0) & serious, np.maximum(grade, SERIOUS_GRADE), grade)
    return AdverseEvents(day=day, grade=graded.astype(np.int8), serious=serious & happens)


def _by_shares(
    protocol: Protocol,
    stream: Stream,
    arm: Codes,
    context: tuple[Mapping[str, AdverseEventRates], Leaving],
) -> _Drawn:
    """At most one event each; `context` is what the file states, and who leaves when."""
    rates, leaves = context
    share, until = by_arm(protocol, arm, {n: r.any for n, r in rates.items() if r.any})
    serious, _ = by_arm(protocol, arm, {n: r.serious for n, r in rates.items() if r.serious})
    draws = uniforms(stream, Purpose.ADVERSE_EVENTS, 3, occasion=_BY_SHARES)
    day = np.maximum(np.ceil(draws[..., 1] * np.fmin(until, leaves.day)), 1.0)
    forced = (leaves.reason == HARM) & (leaves.day <= until) & (share > 0)
    kept = _kept(protocol, arm, share, until)
    happens = forced | (draws[..., 0] < kept * share)
    severe = np.where(
        forced,
        draws[..., 0] * share < serious,
        draws[..., 0] < kept * serious,
    )
    day = np.where(forced, leaves.day, np.where(happens, day, np.nan))
    return _Drawn(day[..., None], (happens & severe)[..., None], draws[..., 2, None])


def _added(
    protocol: Protocol,
    stream: Stream,
    arm: Codes,
    context: tuple[Mapping[str, AdverseEventRates], Leaving],
    parts: Sequence[_Drawn],
) -> _Drawn:
    """One event for whoever leaves for one and has none on that day."""
    rates, leaves = context
    has = [(part.day == leaves.day[..., None]).any(axis=-1) for part in parts]
    lacks = (leaves.reason == HARM) & ~np.logical_or.reduce(has)
    draws = uniforms(stream, Purpose.ADVERSE_EVENTS, 2, occasion=_ADDED)
    severe = _of_arms(protocol, {name: _serious_share(one) for name, one in rates.items()})
    day = np.where(lacks, leaves.day, np.nan)
    return _Drawn(day[..., None], (draws[..., 0] < severe[arm])[..., None], draws[..., 1, None])


def _serious_share(rates: AdverseEventRates) -> float:
    """The share of an arm's adverse events that is serious."""
    if rates.any is not None and rates.serious is not None:
        return rates.serious.fraction / max(rates.any.fraction, 1e-12)
    if rates.rate is not None and rates.serious_rate is not None:
        return rates.serious_rate.per_day / max(rates.rate.per_day, 1e-12)
    return 0.0


def _kept(protocol: Protocol, arm: Codes, share: Floats, until: Floats) -> Floats | float:
    """By what the share of the others shrinks, because those who leave for an event have one."""
    leavers = stated(protocol, "adverse_event")
    if not leavers:
        return 1.0
    lost, lost_until = by_arm(protocol, arm, leavers)
    by_then = lost * np.minimum(until / np.maximum(lost_until, 1.0), 1.0)
    left = np.maximum(share - by_then, 0.0) / np.maximum(1.0 - by_then, 1e-12)
    return np.where(share > 0, left / np.where(share > 0, share, 1.0), 0.0)


def _by_rates(
    protocol: Protocol,
    stream: Stream,
    arm: Codes,
    context: tuple[Mapping[str, AdverseEventRates], Leaving],
) -> _Drawn:
    """Events with exponential gaps; `context` is what the file states, and who leaves when."""
    rates, leaves = context
    end = last_day(protocol)
    daily = _of_arms(protocol, {name: one.rate.per_day for name, one in rates.items() if one.rate})
    severe = _of_arms(
        protocol,
        {name: one.serious_rate.per_day for name, one in rates.items() if one.serious_rate},
    )
    most = _most(float(daily.max()) * end)
    draws = uniforms(stream, Purpose.ADVERSE_EVENTS, 3 * most, occasion=_BY_RATES)
    gap, mark, grade = np.moveaxis(draws.reshape(*arm.shape, most, 3), -1, 0)
    pace = daily[arm][..., None]
    with np.errstate(divide="ignore"):
        time = np.cumsum(-log(gap), axis=-1) / pace
    last = np.fmin(float(end), leaves.day)[..., None]
    day = np.where(time <= last, np.maximum(np.ceil(time), 1.0), np.nan)
    day = _with_leaving(day, leaves, pace[..., 0] > 0)
    share = np.where(daily > 0, severe / np.where(daily > 0, daily, 1.0), 0.0)
    return _Drawn(day, mark < share[arm][..., None], grade)


def _of_arms(protocol: Protocol, rates: Mapping[str, float]) -> Floats:
    """The number of each arm, by the arm's name or else its role, 0 without one, `(arms,)`."""
    return np.asarray(
        [rates.get(name, rates.get(arm.role, 0.0)) for name, arm in protocol.arms.items()]
    )


def _most(mean: float) -> int:
    """More events than one of a billion participants has, where so many are expected."""
    return ceil(mean + 6.5 * sqrt(mean) + 8)


def _with_leaving(day: Floats, leaves: Leaving, counted: Flags) -> Floats:
    """The events with one on the day of everybody who leaves for an adverse event."""
    happened = (~np.isnan(day)).sum(axis=-1)
    place = np.maximum(happened - 1, 0)[..., None]
    forced = ((leaves.reason == HARM) & counted)[..., None]
    moved = np.where(forced, leaves.day[..., None], np.take_along_axis(day, place, axis=-1))
    changed = day.copy()
    np.put_along_axis(changed, place, moved, axis=-1)
    return changed


def _grades(protocol: Protocol, arm: Codes, draws: Floats) -> Codes:
    """The grade of each event `(..., P, E)`, as their arm's are spread; 0 if none is stated."""
    rates = protocol.assumptions.adverse_events if protocol.assumptions else {}
    grade = np.zeros(draws.shape, np.int8)
    for index, (name, planned) in enumerate(protocol.arms.items()):
        stated_rates = rates.get(name, rates.get(planned.role))
        if stated_rates is None or not isinstance(stated_rates.grades, Distribution):
            continue
        values = np.asarray([value for value, _ in stated_rates.grades.choices], np.int8)
        edges = np.cumsum([share for _, share in stated_rates.grades.choices])[:-1]
        mine = arm == index
        grade[mine] = values[np.searchsorted(edges, draws[mine], side="right")]
    return grade
