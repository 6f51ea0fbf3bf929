"""Times at which nobody is seen, and measures looked at where they are not taken."""

from collections.abc import Iterator
from typing import NamedTuple

from wholetrial.protocol.checks import vocabulary
from wholetrial.protocol.checks.calendar import anchor_visits, day, visits_at
from wholetrial.protocol.checks.examined import Examined, error
from wholetrial.protocol.condition import Compare, Condition, Named, parts
from wholetrial.protocol.endpoint import Endpoint, MeasureAt
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Point, Points, When
from wholetrial.protocol.timeline import Visit


class Looked(NamedTuple):
    """Where a condition is looked at: a path, and the visits that hold where it names no time.

    `visits` is None where the condition must name its time; `any_will_do` where one of the visits
    suffices.
    """

    path: str
    visits: tuple[Visit, ...] | None
    any_will_do: bool = False
    opened: tuple[str, ...] = ()


def check_visits(trial: Examined) -> Iterator[Finding]:
    """Every time and every measure that conditions and endpoints speak of."""
    if not trial.calendar.visits:
        return
    yield from _criteria(trial)
    yield from _rules(trial)
    for name, epoch in trial.protocol.schedule.epochs.items():
        if epoch.only_if is not None:
            path = f"schedule.epochs.{name}.only_if"
            yield from look(trial, epoch.only_if, Looked(path, None))
    for name, (level, endpoint) in trial.protocol.endpoints.named().items():
        yield from _endpoint(trial, f"endpoints.{level}.{name}", endpoint)


def look(trial: Examined, condition: Condition, at: Looked) -> Iterator[Finding]:
    """What is wrong with the times and measures of a condition that is looked at somewhere."""
    match condition:
        case Compare():
            yield from _compare(trial, condition, at)
        case Named():
            yield from _term(trial, condition, at)
        case _:
            for part in parts(condition):
                yield from look(trial, part, at)


def _term(trial: Examined, condition: Named, at: Looked) -> Iterator[Finding]:
    meant = trial.protocol.terms.get(condition.term)
    if condition.when:
        found, where = _seen_at(trial, condition.when, at)
        yield from found
        if found:
            return
        at = where
    if meant is not None and condition.term not in at.opened:
        yield from look(trial, meant, at._replace(opened=(*at.opened, condition.term)))


def _compare(trial: Examined, condition: Compare, at: Looked) -> Iterator[Finding]:
    measure = condition.value
    if measure == "age" or _unknown_measure(trial.protocol, measure):
        return
    if condition.when:
        found, at = _seen_at(trial, condition.when, at)
        yield from found
    if condition.derived and not trial.calendar.baseline(measure):
        expected = f"{measure} measured before treatment, for its {condition.derived}"
        yield error(trial, at.path, expected, _where(trial, measure),
                    f"add week 0 to schedule.measure.{measure}", word=measure)  # fmt: skip
    if isinstance(condition.since, Point):
        yield from _since(trial, condition.since, measure, at)
    if at.visits is None:
        expected = "a time at which it is looked at, such as 'at week 12'"
        yield error(trial, at.path, expected, f"'{condition}'", word=measure)
        return
    yield from _measured(trial, measure, at)


def _measured(trial: Examined, measure: str, at: Looked) -> Iterator[Finding]:
    visits = at.visits or ()
    missing = [visit for visit in visits if not trial.calendar.takes(measure, visit)]
    if not missing or (at.any_will_do and len(missing) < len(visits)):
        return
    when = _listed([_label(visit) for visit in missing])
    expected = f"{measure} measured at {when}"
    advice = f"add it to schedule.measure.{measure}"
    yield error(trial, at.path, expected, _where(trial, measure), advice, word=measure)


def _where(trial: Examined, measure: str) -> str:
    taken = sorted(trial.calendar.measured.get(measure, ()), key=lambda visit: visit.day)
    return f"it at {_listed([_label(visit) for visit in taken])}" if taken else "it never measured"


def _label(visit: Visit) -> str:
    return visit.label


def _listed(labels: list[str]) -> str:
    shown = labels if len(labels) <= 8 else [*labels[:7], "..."]
    return ", ".join(dict.fromkeys(shown))


def _since(trial: Examined, since: Point, measure: str, at: Looked) -> Iterator[Finding]:
    found, visits = _visits_of(trial, at.path, (since,))
    yield from found
    yield from _measured(trial, measure, Looked(at.path, visits)) if not found else ()


def _seen_at(trial: Examined, when: When, at: Looked) -> tuple[list[Finding], Looked]:
    """The visits that a `when` names, or what is wrong with it."""
    if when.how == "at":
        found, visits = _visits_of(trial, at.path, when.points)
        return found, at._replace(visits=visits, any_will_do=False)
    first = when.points[0] if when.how != "by" else None
    last = when.points[-1]
    start = day(trial.protocol, first) if first else 0
    end = day(trial.protocol, last)
    if start is None or end is None:
        return [], at._replace(visits=(), any_will_do=True)
    visits = trial.calendar.between(start, end)
    if visits:
        return [], at._replace(visits=visits, any_will_do=True)
    expected = "a span with a planned visit"
    return [error(trial, at.path, expected, f"'{when}'", _advice(trial))], at._replace(visits=())


def _visits_of(
    trial: Examined, path: str, points: tuple[Point, ...]
) -> tuple[list[Finding], tuple[Visit, ...]]:
    found, visits = list[Finding](), list[Visit]()
    for point in points:
        named = visits_on(trial, point)
        visits += named or ()
        if named == ():
            word = str(point.number) if point.number is not None else str(point.after)
            expected = "the time of a planned visit"
            found.append(error(trial, path, expected, f"'{point}'", _advice(trial), word=word))
    return found, tuple(visits)


def visits_on(trial: Examined, point: Point) -> tuple[Visit, ...] | None:
    """The visits planned at a point; None where the point itself cannot be placed."""
    if point.number is None and point.after in trial.protocol.schedule.epochs:
        return tuple(v for v in trial.calendar.visits if v.epoch == point.after)
    on = day(trial.protocol, point)
    if on is None:
        return None
    visit = trial.calendar.on(on)
    return (visit,) if visit else ()


def _advice(trial: Examined) -> str:
    return f"planned: {', '.join(dict.fromkeys(_label(v) for v in trial.calendar.visits[:20]))}"


def _criteria(trial: Examined) -> Iterator[Finding]:
    eligibility = trial.protocol.eligibility
    at = anchor_visits(trial.protocol, trial.calendar)
    if not at and eligibility.anchor in vocabulary.events(trial.protocol):
        advice = "name an epoch with a visit, such as screening"
        found = f"'{eligibility.anchor}'"
        yield error(trial, "eligibility.anchor", "a time with a visit", found, advice)
    if not at:
        return
    for block, criteria in (("include", eligibility.include), ("exclude", eligibility.exclude)):
        for name, criterion in criteria.items():
            if criterion.rule is not None:
                path = f"eligibility.{block}.{name}.rule"
                yield from look(trial, criterion.rule, Looked(path, at, any_will_do=True))


def _rules(trial: Examined) -> Iterator[Finding]:
    for name, rule in trial.protocol.rules.items():
        visits = visits_at(trial.protocol, trial.calendar, rule.at)
        if not visits:
            path = f"rules.{name}.at"
            yield error(trial, path, "a planned visit", f"'{rule.at}'", _advice(trial))
            continue
        for item in rule.at.items:
            if isinstance(item, Points):
                yield from _visits_of(trial, f"rules.{name}.at", item.points)[0]
        conditions = {
            "when": rule.when,
            "raise.when": rule.raised.when if rule.raised else None,
            "lower.when": rule.lower.when if rule.lower else None,
        }
        for field, condition in conditions.items():
            if condition is not None:
                listed = all(isinstance(item, Points) for item in rule.at.items)
                at = Looked(f"rules.{name}.{field}", visits, any_will_do=not listed)
                yield from look(trial, condition, at)


def _endpoint(trial: Examined, path: str, endpoint: Endpoint) -> Iterator[Finding]:
    for field in ("among", "split_by"):
        condition = getattr(endpoint, field)
        if condition is not None:
            yield from look(trial, condition, Looked(f"{path}.{field}", None))
    for index, response in enumerate(endpoint.response):
        yield from look(trial, response, Looked(f"{path}.response.{index}", None))
    for index, change in enumerate(endpoint.change):
        yield from _change(trial, f"{path}.change.{index}", change)
    if endpoint.time_to is not None and endpoint.since and endpoint.until:
        yield from _time_to(trial, path, endpoint.time_to, (endpoint.since, endpoint.until))
    yield from _events_and_samples(trial, path, endpoint)
    if endpoint.used is not None:
        yield from _span(trial, f"{path}.used", (endpoint.used.start, endpoint.used.end))


def _events_and_samples(trial: Examined, path: str, endpoint: Endpoint) -> Iterator[Finding]:
    measured = trial.calendar.measured
    if endpoint.events:
        yield from _span(trial, f"{path}.events", (endpoint.events.start, endpoint.events.end))
        if not measured.get("adverse_events"):
            expected = "adverse_events in schedule.measure"
            yield error(trial, f"{path}.events", expected, "no visit that asks for them")
    for sample in endpoint.samples:
        if sample in trial.protocol.instruments and not measured.get(sample):
            expected, advice = f"{sample} taken at a visit", f"add it to schedule.measure.{sample}"
            yield error(trial, f"{path}.samples", expected, "it in no visit", advice, word=sample)


def _change(trial: Examined, path: str, change: MeasureAt) -> Iterator[Finding]:
    if _unknown_measure(trial.protocol, change.measure):
        return
    found, visits = _visits_of(trial, path, change.at.points)
    yield from found
    if not trial.calendar.baseline(change.measure):
        expected = f"{change.measure} measured before treatment, for its change"
        yield error(trial, path, expected, _where(trial, change.measure), word=change.measure)
    if not found:
        yield from _measured(trial, change.measure, Looked(path, visits))


def _time_to(
    trial: Examined, path: str, condition: Condition, span: tuple[Point, Point]
) -> Iterator[Finding]:
    first, last = (day(trial.protocol, point) for point in span)
    yield from _span(trial, f"{path}.until", span)
    if first is None or last is None or last <= first:
        return
    visits = trial.calendar.between(first + 1, last)
    if not visits:
        expected = f"a visit after {span[0]} and up to {span[1]}"
        yield error(trial, f"{path}.until", expected, "none", _advice(trial))
        return
    yield from look(trial, condition, Looked(f"{path}.time_to", visits, any_will_do=True))


def _span(trial: Examined, path: str, span: tuple[Point, Point]) -> Iterator[Finding]:
    first, last = (day(trial.protocol, point) for point in span)
    for point, on in zip(span, (first, last), strict=True):
        if on is None:
            expected = "a time that the schedule places"
            advice = "name an event of the schedule, or a week"
            yield error(trial, path, expected, f"'{point}'", advice)
    if first is not None and last is not None and last <= first:
        yield error(trial, path, f"a time after {span[0]}", f"'{span[1]}'")
    elif last is not None and last > trial.calendar.last_day:
        label = max(trial.calendar.visits, key=lambda visit: visit.day).label
        yield error(trial, path, f"a time up to the last visit ({label})", f"'{span[1]}'")


def _unknown_measure(protocol: Protocol, measure: str) -> bool:
    used = protocol.instruments.get(measure)
    return (used is None or used.sample is not None) and measure != "weight"
