"""Derives endpoints from records: response, change, time to event, adverse events.

Missing data and intercurrent events follow the strategies that the trial file names: nothing is
filled in that the file does not say.
"""

from collections.abc import Iterator

import numpy as np

from wholetrial.conditions.evaluate import (
    MET,
    NOT_MET,
    UNKNOWN,
    Situation,
    baseline_value,
    evaluate,
    scale_of,
    value_at,
    visits_measured,
)
from wholetrial.data.records import NEVER_TREATED, Codes, Flags, Floats, Records
from wholetrial.endpoints.outcomes import Outcomes, Variable
from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    AtLeast,
    Compare,
    Condition,
    IfThen,
    Named,
    Not,
    atoms,
)
from wholetrial.protocol.endpoint import Endpoint, Level
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Point, When
from wholetrial.protocol.timeline import Visit, day_of, visit_at


class NotDerivedError(ValueError):
    """An endpoint that the trial file asks for and that nothing here derives yet."""


def derive(
    protocol: Protocol, records: Records, endpoint: str, analysis_set: str
) -> list[Outcomes]:
    """The outcomes of one endpoint in one analysis set, one for each of its times.

    Raises NotDerivedError where a missing-data rule or strategy is not built yet.
    """
    level, found = protocol.endpoints.named()[endpoint]
    group, member = analyzed(protocol, records, analysis_set)
    member = member & _among(protocol, records, found)
    derived = {
        "response": _responses,
        "change": _changes,
        "time_to": _times_to_event,
        "events": _event_counts,
        "samples": _samples,
    }[found.kind](protocol, records, found)
    return [
        Outcomes(
            endpoint=endpoint,
            level=level,
            analysis_set=analysis_set,
            groups=records.arms,
            group=group,
            member=member,
            among=str(found.among) if found.among else "",
            variable=variable,
        )
        for variable in derived
    ]


def analyzed(protocol: Protocol, records: Records, analysis_set: str) -> tuple[Codes, Flags]:
    """The group and membership of each participant in an analysis set, `(..., P)`."""
    planned = protocol.analysis_sets[analysis_set]
    treated = records.received != NEVER_TREATED
    group = records.received if planned.grouped == "by treatment received" else records.arm
    member = treated if planned.members == "given a dose" else np.ones_like(treated)
    return group, member


def _among(protocol: Protocol, records: Records, endpoint: Endpoint) -> Flags:
    if endpoint.among is None:
        return np.ones(records.shape, np.bool_)
    subset: Flags = evaluate(endpoint.among, _situation(protocol, records)) == MET
    return subset


def _situation(protocol: Protocol, records: Records) -> Situation:
    after = [visit for visit in records.visits if visit.day >= 0]
    return Situation(protocol, records, after[0])


def _responses(protocol: Protocol, records: Records, endpoint: Endpoint) -> Iterator[Variable]:
    rule = protocol.missing.response
    situation = _situation(protocol, records)
    several = len(endpoint.response) > 1
    for condition in endpoint.response:
        for part, named in one_time_each(condition):
            point = named or latest_time(protocol, part)
            day = day_of(protocol, point) if point else max(v.day for v in records.visits)
            verdict = evaluate(part, situation)
            value = response_values(verdict, rule)
            value = np.where(_intervened(protocol, records, day), 0.0, value)
            label = str(part) if several else str(point) if point else str(part)
            yield Variable(
                kind="response",
                at=label,
                day=float(day),
                value=value,
                stands_for_missing=rule or "",
            )


def response_values(verdict: Codes, rule: str | None) -> Floats:
    """Verdicts as responses 1 and 0; what stands for a missing one is the file's rule.

    `no response`: 0. `as observed`, or no rule: missing. Raises NotDerivedError for another rule.
    """
    if rule not in (None, "no response", "as observed"):
        raise NotDerivedError(f"missing responses: {rule}")
    missing = 0.0 if rule == "no response" else np.nan
    return np.where(verdict == UNKNOWN, missing, (verdict == MET).astype(np.float64))


def _intervened(protocol: Protocol, records: Records, day: int) -> Flags:
    """Who had, on or before the visit of a planned day, what the trial counts as no response."""
    had, seen = np.zeros(records.shape, np.bool_), _day_seen(records, day)
    for event, strategy in protocol.intercurrent.items():
        if event not in records.events:
            continue
        if strategy == "composite_variable":
            had |= records.events[event] <= seen
        elif strategy != "treatment_policy":
            raise NotDerivedError(f"strategy {strategy} for {event}")
    return had


def _day_seen(records: Records, day: int) -> Floats:
    """The day on which each participant came to the visit of a planned day, or that day itself."""
    for index, visit in enumerate(records.visits):
        if visit.day == day:
            came = records.day[..., index]
            return np.where(np.isnan(came), float(day), came)
    return np.full(records.shape, float(day))


def one_time_each(condition: Condition) -> Iterator[tuple[Condition, Point | None]]:
    """A condition with several times as one condition for each: PASI_75 at weeks 12, 16.

    Parts that name times of their own keep them, and the latest is the condition's. Raises
    NotDerivedError where one part names a list of times and another part another time.
    """
    whens = list(dict.fromkeys(_whens(condition)))
    listed = [when for when in whens if when.how in ("at", "by") and len(when.points) > 1]
    if listed and len(whens) > 1:
        raise NotDerivedError(f"several times in '{condition}'")
    if not listed:
        ends = [when.points[-1] for when in whens]
        yield condition, max(ends, key=lambda point: point.days, default=None)
        return
    for point in listed[0].points:
        yield _retimed(condition, When(how=listed[0].how, points=(point,))), point


def latest_time(protocol: Protocol, condition: Condition) -> Point | None:
    """The latest time of a condition, its terms' own times included."""
    ends = [when.points[-1] for when in _whens(condition)]
    for atom in atoms(condition):
        if isinstance(atom, Named) and atom.when is None:
            inner = latest_time(protocol, protocol.terms[atom.term])
            ends += [inner] if inner else []
    return max(ends, key=lambda point: point.days, default=None)


def _whens(condition: Condition) -> Iterator[When]:
    for atom in atoms(condition):
        if isinstance(atom, Named | Compare) and atom.when is not None:
            yield atom.when


def _retimed(condition: Condition, when: When) -> Condition:
    match condition:
        case Named() | Compare():
            return condition.model_copy(update={"when": when}) if condition.when else condition
        case Not():
            return Not.model_construct(negated=_retimed(condition.negated, when))
        case AllOf():
            return AllOf(all=tuple(_retimed(part, when) for part in condition.all))
        case AnyOf():
            return AnyOf(any=tuple(_retimed(part, when) for part in condition.any))
        case AtLeast() | IfThen():
            raise NotDerivedError(f"several times in '{condition}'")
        case _:
            return condition


def _changes(protocol: Protocol, records: Records, endpoint: Endpoint) -> Iterator[Variable]:
    rule = protocol.missing.change
    for planned in endpoint.change:
        steps = scale_of(planned.measure, protocol).steps_in_one
        for point in planned.at.points:
            visit = visit_at(protocol, point)
            situation = Situation(protocol, records, visit)
            now = value_at(planned.measure, situation)
            base = baseline_value(planned.measure, situation)
            change: Floats = np.full(base.shape, np.nan)
            if now is not None:
                change = (now - base) / steps
            label = str(point) if len(endpoint.change) == 1 else f"{planned.measure} at {point}"
            yield Variable(
                kind="change",
                at=label,
                day=float(visit.day),
                value=change,
                stands_for_missing=rule or "",
            )


def _times_to_event(protocol: Protocol, records: Records, endpoint: Endpoint) -> Iterator[Variable]:
    """When the event lies: after the last visit without it, up to the first visit with it."""
    if endpoint.time_to is None or endpoint.since is None or endpoint.until is None:
        raise ValueError("a time to an event needs its condition, since and until")
    start, end = day_of(protocol, endpoint.since), day_of(protocol, endpoint.until)
    lower = np.zeros(records.shape)
    upper = np.full(records.shape, np.inf)
    for visit in _watched(protocol, endpoint.time_to, start, end):
        verdict = evaluate(endpoint.time_to, Situation(protocol, records, visit))
        day = records.day[..., records.visit_index(visit)] - start
        day = np.where(np.isnan(day), float(visit.day - start), day)
        still = np.isinf(upper)
        upper = np.where(still & (verdict == MET), day, upper)
        lower = np.where(still & (verdict == NOT_MET), day, lower)
    yield Variable(
        kind="time_to",
        at=f"until {endpoint.until}",
        day=float(end - start),
        value=np.where(np.isinf(upper), 0.0, 1.0),
        lower=lower,
        upper=upper,
        exact=endpoint.seen == "exactly",
    )


def _watched(protocol: Protocol, condition: Condition, start: int, end: int) -> tuple[Visit, ...]:
    return tuple(
        visit for visit in visits_measured(condition, protocol) if start < visit.day <= end
    )


def _event_counts(protocol: Protocol, records: Records, endpoint: Endpoint) -> Iterator[Variable]:
    counted = endpoint.events
    if counted is None:
        raise ValueError("an endpoint of events needs them")
    start, end = day_of(protocol, counted.start), day_of(protocol, counted.end)
    happened = records.adverse_events
    inside = (happened.day >= start) & (happened.day <= end)
    if counted.serious:
        inside = inside & happened.serious
    yield Variable(
        kind="events",
        at=f"{counted.start} to {counted.end}",
        day=float(end),
        value=np.asarray(inside.any(axis=-1), np.float64),
    )


def _samples(protocol: Protocol, records: Records, endpoint: Endpoint) -> Iterator[Variable]:
    return iter(())


def level_of(protocol: Protocol, endpoint: str) -> Level:
    """Whether an endpoint is primary, secondary, exploratory or of safety."""
    return protocol.endpoints.named()[endpoint][0]
