"""A participant's calendar: visits with their windows as dates, doses, what depends on a result."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wholetrial.conduct.calendar_dates import (
    DatedVisit,
    Participation,
    PlanError,
    check_plausible,
    dated_visits,
    dates_of,
)
from wholetrial.conduct.calendar_doses import (
    BY_CHOICE,
    BY_WEIGHT,
    UNITS_COUNTED,
    PlannedDose,
    doses_shown,
    grouped,
    rule_dates,
    rules_shown,
)
from wholetrial.protocol.condition_in_words import condition_in_words
from wholetrial.protocol.design import Rule
from wholetrial.protocol.finding import nearest
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Every
from wholetrial.protocol.timeline import administrations, measured_at

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One day: a visit, or a dose on a day without one.

    `condition` says who comes, `decisions` what is decided that day; both may be empty. Every dose
    carries its own condition.
    """

    date: datetime.date
    earliest: datetime.date
    latest: datetime.date
    what: str
    visit: str = ""
    epoch: str = ""
    measures: tuple[str, ...] = ()
    doses: tuple[PlannedDose, ...] = ()
    condition: str = ""
    decisions: tuple[str, ...] = ()

    @property
    def weekday(self) -> str:
        """The day of the week, in English whatever the machine's language is."""
        return WEEKDAYS[self.date.weekday()]


@dataclass(frozen=True, slots=True)
class DoseTotal:
    """All doses of one intervention that are certain, or all that depend on something.

    `amount` is None where no amount is stated, `most` the upper end where doses are titrated.
    """

    name: str
    times: int
    amount: float | None = None
    most: float | None = None
    unit: str | None = None
    units: int | None = None
    unit_size: str = ""
    condition: str = ""
    dummy: bool = False

    def __str__(self) -> str:
        words = [f"{self.name}: {self.times} {'dose' if self.times == 1 else 'doses'}"]
        if self.amount is not None:
            upper = f" to {grouped(self.most)}" if self.most is not None else ""
            words.append(f"{grouped(self.amount)}{upper} {self.unit}")
        if self.units is not None:
            words.append(f"{self.units} × {self.unit_size}")
        return ", ".join(words)


@dataclass(frozen=True, slots=True)
class CalendarPlan:
    """A participant's calendar; `arm` is empty where it is not shown."""

    trial: str
    title: str
    start: datetime.date
    counted_from: str
    weight: float | None
    arm: str
    arm_label: str
    rows: tuple[CalendarRow, ...]
    totals: tuple[DoseTotal, ...]
    notes: tuple[str, ...]


def calendar_plan(
    protocol: Protocol, start: datetime.date, *, weight: float | None = None, arm: str | None = None
) -> CalendarPlan:
    """The calendar of a participant whose schedule counts from `start`; `weight` in kg.

    Without an arm a masked trial shows study doses; a trial with one arm needs none.

    Raises PlanError for a start or a weight that nobody can have, an arm that is not in the file,
    a missing arm where nobody is masked, and a missing weight where doses are counted by it;
    ScheduleError for a time that cannot be worked out.
    """
    check_plausible(start, weight)
    person = Participation(protocol, start, weight, _arm_shown(protocol, arm))
    for name in protocol.arms:
        administrations(protocol, name)
    doses = doses_shown(person)
    label = protocol.arms[person.arm].label if person.arm else ""
    return CalendarPlan(
        trial=protocol.trial,
        title=protocol.title,
        start=start,
        counted_from=protocol.schedule.counted_from.replace("_", " "),
        weight=weight,
        arm=person.arm or "",
        arm_label=label,
        rows=_rows(person, doses),
        totals=dose_totals(doses),
        notes=tuple(_notes(person, doses)),
    )


def dose_totals(doses: Iterable[PlannedDose]) -> tuple[DoseTotal, ...]:
    """What one participant needs in all, apart for doses that are certain and that are not."""
    groups: dict[tuple[object, ...], list[PlannedDose]] = {}
    for dose in doses:
        kind = (dose.condition, dose.dummy, dose.name, dose.unit, dose.amount is None)
        groups.setdefault(kind, []).append(dose)
    return tuple(_total(group) for group in groups.values())


def _arm_shown(protocol: Protocol, arm: str | None) -> str | None:
    arms, masking = protocol.arms, protocol.design.masking
    if arm is not None and arm not in arms:
        near = nearest(arm, arms)
        raise PlanError(f"an arm is one of {', '.join(arms)}; got '{arm}'{near and f'; {near}'}")
    if arm is not None or len(arms) == 1:
        return arm or next(iter(arms))
    if "participant" in masking or "investigator" in masking:
        return None
    raise PlanError(
        f"{protocol.trial} has {len(arms)} arms that the participant knows: "
        f"say which (arm, --arm): {', '.join(arms)}"
    )


def _rows(person: Participation, doses: Iterable[PlannedDose]) -> tuple[CalendarRow, ...]:
    given: dict[datetime.date, list[PlannedDose]] = {}
    for dose in doses:
        given.setdefault(dose.date, []).append(dose)
    decided = _decisions(person)
    measured = _measured(person.protocol)
    rows: list[CalendarRow] = []
    for visit in dated_visits(person):
        rows.append(
            _visit_row(
                person,
                visit,
                measured.get((visit.epoch, visit.day), ()),
                () if visit.anywhere else tuple(given.pop(visit.planned, ())),
                () if visit.anywhere else tuple(decided.pop(visit.planned, ())),
            )
        )
    for day in sorted(given.keys() | decided.keys()):
        home, decisions = tuple(given.get(day, ())), tuple(decided.get(day, ()))
        rows.append(CalendarRow(day, day, day, "between visits", doses=home, decisions=decisions))
    return tuple(sorted(rows, key=lambda row: row.date))


def _visit_row(
    person: Participation,
    visit: DatedVisit,
    measures: tuple[str, ...],
    doses: tuple[PlannedDose, ...],
    decisions: tuple[str, ...],
) -> CalendarRow:
    epoch, label = visit.epoch.replace("_", " "), visit.label.replace("_", " ")
    condition = (
        f"only if {condition_in_words(visit.only_if, person.protocol)}" if visit.only_if else ""
    )
    return CalendarRow(
        date=visit.planned,
        earliest=visit.earliest,
        latest=visit.latest,
        what=f"{label}, any day of its window" if visit.anywhere else label,
        visit=label,
        epoch=epoch,
        measures=measures,
        doses=doses,
        condition=condition,
        decisions=decisions,
    )


def _measured(protocol: Protocol) -> dict[tuple[str, int], tuple[str, ...]]:
    """What is measured at each visit; diaries kept between visits stand in the notes."""
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for measure in protocol.schedule.measure:
        if measure in dict(_diaries(protocol)):
            continue
        for visit in measured_at(protocol, measure):
            key = (visit.epoch, visit.day)
            found[key] = (*found.get(key, ()), measure.replace("_", " "))
    return found


def _diaries(protocol: Protocol) -> Iterator[tuple[str, Every]]:
    for measure, plan in protocol.schedule.measure.items():
        for item in plan.items:
            if isinstance(item, Every) and item.unit == "day" and item.every < 7:
                yield measure, item


def _decisions(person: Participation) -> dict[datetime.date, list[str]]:
    found: dict[datetime.date, list[str]] = {}
    for _, rule in rules_shown(person):
        for day in rule_dates(person, rule):
            found.setdefault(day, []).extend(_effects(person.protocol, rule))
    return {day: effects for day, effects in found.items() if effects}


def _effects(protocol: Protocol, rule: Rule) -> Iterator[str]:
    """What a rule changes besides giving a dose on its own day."""
    if rule.stop is not None:
        yield f"{rule.stop} stops{_if(protocol, rule)}"
    if rule.raised is not None:
        yield f"dose raised by {rule.raised.by} if {condition_in_words(rule.raised.when, protocol)}"
    if rule.lower is not None:
        yield f"dose lowered by {rule.lower.by} if {condition_in_words(rule.lower.when, protocol)}"


def _if(protocol: Protocol, rule: Rule) -> str:
    return f" if {condition_in_words(rule.when, protocol)}" if rule.when is not None else ""


def _notes(person: Participation, doses: Iterable[PlannedDose]) -> Iterator[str]:
    protocol = person.protocol
    for name, rule in rules_shown(person):
        yield from _rule_notes(person, name.replace("_", " "), rule)
    for measure, times in _diaries(protocol):
        days = dates_of(person, times)
        every = str(times).partition(" from ")[0]
        yield f"{measure.replace('_', ' ')}: {every} from {days[0]} to {days[-1]}"
    if person.arm is None:
        yield "The trial is masked: the calendar is the same in every arm and shows none."
    yield from _dose_notes(tuple(doses))


def _dose_notes(shown: tuple[PlannedDose, ...]) -> Iterator[str]:
    if any(dose.condition == BY_CHOICE for dose in shown):
        yield "The physician chooses one of the medicines listed for choice."
    if any(dose.most is not None for dose in shown):
        yield "A range is titrated: the dose within it is decided for each participant."
    if any(dose.by_weight for dose in shown):
        yield BY_WEIGHT
    if any(dose.units is not None for dose in shown):
        yield UNITS_COUNTED


def _rule_notes(person: Participation, name: str, rule: Rule) -> Iterator[str]:
    protocol = person.protocol
    if rule.start is not None:
        yield f"{name}: starts with {str(rule.start).replace('_', ' ')}"
    if rule_dates(person, rule):
        return
    effects = list(_effects(protocol, rule))
    if rule.give is not None:
        gift = (
            f"as in the arm {protocol.arms[rule.give.as_in].label}"
            if rule.give.as_in
            else str(rule.give).replace("_", " ")
        )
        effects.append(f"{gift}{_if(protocol, rule)}")
    for effect in effects:
        yield f"{name}, at {rule.at}: {effect}"


def _total(group: list[PlannedDose]) -> DoseTotal:
    first = group[0]
    titrated = any(dose.most is not None for dose in group)
    units = [dose.units * dose.times for dose in group if dose.units is not None]
    return DoseTotal(
        name=first.name,
        times=sum(dose.times for dose in group),
        amount=_sum(group, upper=False) if first.amount is not None else None,
        most=_sum(group, upper=True) if titrated else None,
        unit=first.unit,
        units=sum(units) if len(units) == len(group) else None,
        unit_size=first.unit_size,
        condition=first.condition,
        dummy=first.dummy,
    )


def _sum(group: list[PlannedDose], *, upper: bool) -> float:
    ends = ((dose.most if upper and dose.most else dose.amount, dose.times) for dose in group)
    return round(sum((amount or 0.0) * times for amount, times in ends), 9)
