"""Derives endpoints from records: response, change, time to event, adverse events.

Missing data and intercurrent events follow the strategies that the trial file names: nothing is
filled in that the file does not say.
"""

from collections.abc import Collection, Iterator, Mapping

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
from wholetrial.data.records import (
    LEAVES_STUDY,
    NEVER_TREATED,
    AdverseEvents,
    Codes,
    Flags,
    Floats,
    Records,
)
from wholetrial.endpoints.baseline import BASELINE, at_start, baseline_values, stratum_of
from wholetrial.endpoints.handling import (
    NotDerivedError,
    handled,
    intervened,
)
from wholetrial.endpoints.outcomes import Outcomes, Variable
from wholetrial.endpoints.use import uses
from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    AtLeast,
    Compare,
    Condition,
    IfThen,
    Named,
    Not,
    Unless,
    atoms,
)
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.missing import Imputation
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Point, When
from wholetrial.protocol.timeline import Visit, day_of, visit_at

GRADES = (1, 2, 3, 4, 5)
"""The grades of adverse events (CTCAE): mild to death."""


def derive(
    protocol: Protocol,
    records: Records,
    endpoint: str,
    analysis_set: str,
    covariates: Collection[str] = (),
    strata: Collection[str] = (),
) -> list[Outcomes]:
    """The outcomes of one endpoint in one analysis set, one for each of its times.

    `covariates` names the baseline values that an analysis adjusts for, `strata` the factors within
    which it compares.
    Raises NotDerivedError where a missing-data rule or strategy is not built yet.
    """
    level, found = protocol.endpoints.named()[endpoint]
    group, member = analyzed(protocol, records, analysis_set)
    member = member & _among(protocol, records, found)
    baseline = baseline_values(protocol, records, covariates)
    stratum = stratum_of(protocol, records, strata) if strata else None
    if found.kind in ("response", "change"):
        rule = protocol.missing.response if found.kind == "response" else protocol.missing.change
        records = handled(protocol, records, protocol.intercurrent, rule)
    derived = {
        "response": _responses,
        "change": _changes,
        "time_to": _times_to_event,
        "events": _event_counts,
        "used": uses,
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
            among=_among_words(protocol, found),
            variable=variable,
            covariates=_with_own(protocol, records, baseline, variable, covariates),
            stratum=stratum,
        )
        for variable in derived
    ]


def _with_own(
    protocol: Protocol,
    records: Records,
    known: Mapping[str, Floats],
    variable: Variable,
    names: Collection[str],
) -> Mapping[str, Floats]:
    """The baseline values, with that of the measure itself where `baseline` is asked for."""
    if BASELINE not in names or not variable.measure:
        return known
    own = baseline_values(protocol, records, (variable.measure,))
    return {**known, BASELINE: own[variable.measure]}


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
    subset: Flags = evaluate(endpoint.among, at_start(protocol, records)) == MET
    return subset


def _among_words(protocol: Protocol, endpoint: Endpoint) -> str:
    """Who is at risk in words; a subset known only after the start is no randomized one."""
    if endpoint.among is None:
        return ""
    days = [day_of(protocol, point) for point in _times_of(protocol, endpoint.among)]
    chosen = ", chosen after the start of treatment" if max(days, default=0) > 0 else ""
    return f"{endpoint.among}{chosen}"


def _responses(protocol: Protocol, records: Records, endpoint: Endpoint) -> Iterator[Variable]:
    rule = protocol.missing.response
    situation = at_start(protocol, records)
    several = len(endpoint.response) > 1
    for condition in endpoint.response:
        for part, point in one_time_each(condition):
            latest = latest_time(protocol, part)
            day = day_of(protocol, latest) if latest else max(v.day for v in records.visits)
            verdict = evaluate(part, situation)
            value = response_values(verdict, rule)
            value = np.where(intervened(records, protocol.intercurrent, day), 0.0, value)
            label = str(part) if several else str(point or latest or part)
            yield Variable(
                kind="response",
                at=label,
                day=float(day),
                value=value,
                stands_for_missing=str(rule or ""),
            )


def response_values(verdict: Codes, rule: str | Imputation | None) -> Floats:
    """Verdicts as responses 1 and 0; one that stays unknown is 0 by `no response`, else missing.

    The other rules have put a value in the place of a missing one before.
    """
    missing = 0.0 if rule == "no response" else np.nan
    return np.where(verdict == UNKNOWN, missing, (verdict == MET).astype(np.float64))


def one_time_each(condition: Condition) -> Iterator[tuple[Condition, Point | None]]:
    """A condition with several times as one condition for each: PASI_75 at weeks 12, 16.

    What has one time, or is looked at over a span of visits, keeps it. Raises NotDerivedError where
    two parts have several times and not the same.
    """
    whens = _whens(condition)
    several = {when.points for when in whens if _lists_times(when)}
    if not several:
        ends = [when.points[-1] for when in whens]
        yield condition, max(ends, key=lambda point: point.days, default=None)
        return
    if len(several) > 1:
        raise NotDerivedError(f"several times in '{condition}'")
    for point in several.pop():
        yield _retimed(condition, point), point


def _lists_times(when: When) -> bool:
    return when.how in ("at", "by") and len(when.points) > 1


def _whens(condition: Condition) -> list[When]:
    timed = (atom for atom in atoms(condition) if isinstance(atom, Named | Compare))
    return [atom.when for atom in timed if atom.when is not None]


def latest_time(protocol: Protocol, condition: Condition) -> Point | None:
    """The latest time of a condition, its terms' own times included."""
    times = _times_of(protocol, condition)
    return max(times, key=lambda point: day_of(protocol, point), default=None)


def _times_of(protocol: Protocol, condition: Condition) -> list[Point]:
    """The times of a condition, its terms' own times included."""
    points = [point for when in _whens(condition) for point in when.points]
    for atom in atoms(condition):
        if isinstance(atom, Named) and atom.when is None:
            points += _times_of(protocol, protocol.terms[atom.term])
    return points


def _retimed(condition: Condition, point: Point) -> Condition:
    match condition:
        case Named() | Compare():
            if condition.when is None or not _lists_times(condition.when):
                return condition
            when = When(how=condition.when.how, points=(point,))
            return condition.model_copy(update={"when": when})
        case Not():
            return Not.model_construct(negated=_retimed(condition.negated, point))
        case AllOf():
            return AllOf(all=tuple(_retimed(part, point) for part in condition.all))
        case AnyOf():
            return AnyOf(any=tuple(_retimed(part, point) for part in condition.any))
        case AtLeast() | IfThen() | Unless():
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
            change = np.where(intervened(records, protocol.intercurrent, visit.day), 0.0, change)
            label = str(point) if len(endpoint.change) == 1 else f"{planned.measure} at {point}"
            yield Variable(
                kind="change",
                at=label,
                day=float(visit.day),
                value=change,
                stands_for_missing=str(rule or ""),
                measure=planned.measure,
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
        left=_left(records, start, end),
    )


def _left(records: Records, start: int, end: int) -> Floats:
    """The day of leaving the study by the end of a span, from its start on; NaN for others.

    Who left before the span began is gone on its first day, 0.
    """
    day = records.events.get(LEAVES_STUDY, np.full(records.shape, np.nan))
    return np.where(day <= end, np.maximum(day - start, 0.0), np.nan)


def _last_day_seen(records: Records, first: Floats, start: int, end: int) -> Floats:
    """The last day on which a first event could be seen, from the start of the span on, `(..., P)`.

    It is -1 for those who left before the span began: they add no day at risk. An event recorded
    after somebody left counts, and so do the days until it.
    """
    day = records.events.get(LEAVES_STUDY, np.full(records.shape, np.nan))
    last = np.where(day <= end, np.maximum(day - start, -1.0), float(end - start))
    return np.where(np.isfinite(first), np.maximum(last, first), last)


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
    span = f"{counted.start} to {counted.end}"
    first = np.where(inside, happened.day - start, np.inf).min(axis=-1, initial=np.inf)
    yield Variable(
        kind="events",
        at=span,
        day=float(end),
        value=np.asarray(inside.any(axis=-1), np.float64),
        lower=_last_day_seen(records, first, start, end),
        upper=first,
        exact=True,
        left=_left(records, start, end),
    )
    if counted.by_grade:
        worst = _worst_grade(happened, inside)
        for grade in GRADES:
            value = np.where(np.isnan(worst), np.nan, (worst == grade).astype(np.float64))
            yield Variable("grade", f"{span}, worst grade {grade}", float(end), value)


def _worst_grade(happened: AdverseEvents, inside: Flags) -> Floats:
    """The worst grade recorded of each participant's events, 0 without events.

    It is missing for those of whose events none has a grade, and for everybody of a trial in which
    nobody's event has one: no grade is no mild one.
    """
    graded = (happened.grade > 0) & ~np.isnan(happened.day)
    kept = graded.any(axis=-1).any(axis=-1, keepdims=True)
    worst = np.where(inside, happened.grade, 0).max(axis=-1, initial=0).astype(np.float64)
    known = kept & ((worst > 0) | ~inside.any(axis=-1))
    return np.where(known, worst, np.nan)


def _samples(protocol: Protocol, records: Records, endpoint: Endpoint) -> Iterator[Variable]:
    return iter(())
