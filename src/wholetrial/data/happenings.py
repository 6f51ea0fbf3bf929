"""What happens to participants between visits: doses, adverse events, other treatment, leaving."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import polars as pl

from wholetrial.data.cells import (
    UNKNOWN,
    Names,
    Numbers,
    Positions,
    known_in,
    outside,
    read_days,
    read_names,
    read_numbers,
    read_yes_or_no,
    repeated,
)
from wholetrial.data.people import People, read_participants
from wholetrial.data.records import (
    LEAVES_STUDY,
    NEVER_TREATED,
    STOPS_TREATMENT,
    AdverseEvents,
    Exposures,
    Flags,
    Floats,
    Wide,
)
from wholetrial.data.sheet import Said, Sheet, complaints, of_table
from wholetrial.data.tables import DISPOSITIONS
from wholetrial.protocol.dose import Dose, DoseChoice, Gift
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.protocol import Protocol

WORST_GRADE = 5


class DosesGiven(NamedTuple):
    """The doses given, in the order of the table; with what is wrong."""

    exposures: Exposures
    findings: tuple[Finding, ...]


class Harms(NamedTuple):
    """The adverse events, in the order of the table; with what is wrong."""

    adverse_events: AdverseEvents
    findings: tuple[Finding, ...]


class Turns(NamedTuple):
    """The first day of each event, `(P,)`, NaN where it did not happen; with what is wrong.

    `reasons` are positions in `reason_terms` plus 1, 0 where none stands, for events with any.
    """

    events: dict[str, Floats]
    findings: tuple[Finding, ...]
    reason_terms: tuple[str, ...] = ()
    reasons: Mapping[str, Wide] = MappingProxyType({})


class _Slots(NamedTuple):
    """Where the rows of a table belong in an array with a row for each participant."""

    rows: Flags
    participant: Positions
    slot: Positions
    shape: tuple[int, int]


def read_exposures(sheet: Sheet, people: People, protocol: Protocol) -> DosesGiven:
    """Read the doses given; amounts are in the unit in which the trial file plans them."""
    who, when = _who_and_when(sheet, people)
    known = {name: index for index, name in enumerate(protocol.interventions)}
    what = read_names(sheet, "intervention", known, "an intervention of the trial")
    amount = read_numbers(sheet, "amount")
    slots = _slots(who.code, known_in(who.code, what.code), len(people.names))
    shape = slots.shape
    exposures = Exposures(np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, np.int8))
    exposures.day[slots.participant, slots.slot] = when.value[slots.rows]
    exposures.amount[slots.participant, slots.slot] = amount.value[slots.rows]
    exposures.intervention[slots.participant, slots.slot] = what.code[slots.rows]
    return DosesGiven(
        exposures,
        (
            *who.findings,
            *when.findings,
            *what.findings,
            *amount.findings,
            *outside(sheet, "amount", amount.value < 0, "an amount of 0 or more"),
            *_other_units(sheet, protocol, what.code),
            *_never_treated(sheet, people, who.code),
        ),
    )


def read_adverse_events(sheet: Sheet, people: People) -> Harms:
    """Read the adverse events; grade 0 stands for one that was not recorded."""
    who, when = _who_and_when(sheet, people)
    expected = f"a grade from 1 to {WORST_GRADE}"
    grade = read_numbers(sheet, "grade", expected)
    serious = read_yes_or_no(sheet, "serious")
    possible = np.isin(grade.value, np.arange(1, WORST_GRADE + 1)) | np.isnan(grade.value)
    slots = _slots(who.code, who.code >= 0, len(people.names))
    shape = slots.shape
    events = AdverseEvents(
        np.full(shape, np.nan), np.zeros(shape, np.int8), np.zeros(shape, np.bool_)
    )
    recorded = np.where(possible & ~np.isnan(grade.value), grade.value, 0).astype(np.int8)
    events.day[slots.participant, slots.slot] = when.value[slots.rows]
    events.grade[slots.participant, slots.slot] = recorded[slots.rows]
    events.serious[slots.participant, slots.slot] = serious.yes[slots.rows]
    return Harms(
        events,
        (
            *who.findings,
            *when.findings,
            *grade.findings,
            *serious.findings,
            *outside(sheet, "grade", ~possible, expected),
        ),
    )


def read_dispositions(sheet: Sheet, people: People, protocol: Protocol) -> Turns:
    """Read the first day of what happened to each participant.

    Leaving the study, stopping treatment and the rules of the trial always have an array; any
    other event has one where it happened.
    """
    who, when = _who_and_when(sheet, people)
    names = tuple(dict.fromkeys([*always(protocol), *DISPOSITIONS, *protocol.intercurrent]))
    known = {name: index for index, name in enumerate(names)}
    what = read_names(sheet, "event", known, "an event")
    rows = known_in(who.code, what.code)
    days = np.full((len(names), len(people.names)), np.nan)
    days[what.code[rows], who.code[rows]] = when.value[rows]
    happened = np.bincount(what.code[rows], minlength=len(names)) > 0
    kept = [name for name in names if name in always(protocol) or happened[known[name]]]
    key = np.where(rows, who.code * len(names) + what.code, UNKNOWN)
    terms, why = _reasons(sheet, rows)
    reasons = np.zeros(days.shape, np.int32)
    reasons[what.code[rows], who.code[rows]] = why
    return Turns(
        {name: days[known[name]] for name in kept},
        (
            *who.findings,
            *when.findings,
            *what.findings,
            *repeated(sheet, "event", key, "each event of a participant once, on its first day"),
        ),
        terms,
        {name: reasons[known[name]] for name in names if reasons[known[name]].any()},
    )


def _reasons(sheet: Sheet, rows: Flags) -> tuple[tuple[str, ...], Wide]:
    """The reasons in use, and that of each of these rows as a position among them plus 1."""
    said = sheet.text("reason").filter(pl.Series(rows))
    terms = tuple(sorted(said.drop_nulls().unique().to_list()))
    places = {term: place for place, term in enumerate(terms, start=1)}
    return terms, np.asarray([places.get(one, 0) for one in said], np.int32)


def check_medications(sheet: Sheet, people: People) -> tuple[Finding, ...]:
    """Check the table of other treatments, which no analysis uses."""
    who, when = _who_and_when(sheet, people)
    nameless = sheet.text("medication").is_null().to_numpy()
    says = "other treatments are checked and not analyzed"
    advice = "write starts_other_treatment into dispositions.csv where it counts"
    note = of_table(sheet, "", says, "", advice, "note")
    unnamed = complaints(sheet, "medication", nameless, lambda _: Said("what was taken"))
    return (*who.findings, *when.findings, *unnamed, note)


def always(protocol: Protocol) -> tuple[str, ...]:
    """The events that records always have an array for."""
    return (LEAVES_STUDY, STOPS_TREATMENT, *protocol.rules)


def _who_and_when(sheet: Sheet, people: People) -> tuple[Names, Numbers]:
    who = read_participants(sheet, people)
    return who, read_days(sheet, who.code, people.week_0)


def _slots(participant: Positions, rows: Flags, people: int) -> _Slots:
    """The place of each row among those of its participant, in the order of the table."""
    chosen = participant[rows]
    count = np.bincount(chosen, minlength=people)
    order = np.argsort(chosen, kind="stable")
    first = np.cumsum(count) - count
    slot = np.empty_like(chosen)
    slot[order] = np.arange(chosen.size) - first[chosen[order]]
    return _Slots(rows, chosen, slot, (people, int(count.max(initial=0))))


def _other_units(sheet: Sheet, protocol: Protocol, intervention: Positions) -> Iterator[Finding]:
    unit = sheet.text("unit")
    for index, name in enumerate(protocol.interventions):
        planned = _units(protocol, name)
        if planned:
            other = (unit.is_not_null() & ~unit.is_in(planned)).to_numpy()
            expected = f"{name} in {' or '.join(planned)}, as planned"
            yield from outside(sheet, "unit", other & (intervention == index), expected)


def _units(protocol: Protocol, intervention: str) -> tuple[str, ...]:
    """The units in which the arms and rules of a trial give an intervention."""
    given: list[Dose | Gift | None] = []
    for arm in protocol.arms.values():
        for dose in arm.doses:
            given += dose.one_of if isinstance(dose, DoseChoice) else [dose]
    for rule in protocol.rules.values():
        given += [rule.give, rule.start]
    units = [one.unit for one in given if one is not None and one.intervention == intervention]
    return tuple(dict.fromkeys(unit for unit in units if unit))


def _never_treated(sheet: Sheet, people: People, participant: Positions) -> Iterator[Finding]:
    known = np.where(participant >= 0, participant, 0)
    never = (participant >= 0) & (people.received[known] == NEVER_TREATED)
    said = Said("no dose for somebody never given one (received: none)", "correct one of the two")
    return complaints(sheet, "participant", never, lambda _: said)
