"""Visits: when people came."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wholetrial.data.cells import (
    UNKNOWN,
    Names,
    Positions,
    known_in,
    outside,
    read_days,
    read_names,
    repeated,
)
from wholetrial.data.people import People, read_participants
from wholetrial.data.records import Floats
from wholetrial.data.sheet import Sheet
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.timeline import Visit


class Attendance(NamedTuple):
    """The day of each visit, `(P, V)`, NaN where nobody came; with what is wrong."""

    day: Floats
    findings: tuple[Finding, ...]


def read_visits(sheet: Sheet, people: People, visits: tuple[Visit, ...]) -> Attendance:
    """Read the visits that took place.

    What is planned before week 0 cannot come after it; what is planned later cannot come before it,
    unless its window opens there. A visit outside its window is a warning.
    """
    who = read_participants(sheet, people)
    what = read_visit_names(sheet, visits)
    when = read_days(sheet, who.code, people.week_0)
    known = known_in(who.code, what.code)
    day = np.full((len(people.names), len(visits)), np.nan)
    day[who.code[known], what.code[known]] = when.value[known]
    key = np.where(known, who.code * len(visits) + what.code, UNKNOWN)
    return Attendance(
        day,
        (
            *who.findings,
            *what.findings,
            *when.findings,
            *repeated(sheet, "visit", key, "each visit of a participant once"),
            *_misplaced(sheet, visits, what.code, when.value),
        ),
    )


def read_visit_names(sheet: Sheet, visits: tuple[Visit, ...]) -> Names:
    """The positions of the planned visits that a table's rows speak of."""
    labels = {visit.label: index for index, visit in enumerate(visits)}
    return read_names(sheet, "visit", labels, "a visit of the schedule")


def _misplaced(
    sheet: Sheet, visits: tuple[Visit, ...], visit: Positions, day: Floats
) -> Iterator[Finding]:
    column = "day" if sheet.has("day") else "date"
    for index, planned in enumerate(visits):
        of_visit = visit == index
        if planned.day < 0:
            wrong = of_visit & (day > 0)
            expected = f"'{planned.label}' before week 0 (day 0)"
        else:
            wrong = of_visit & (day < min(planned.earliest, 0))
            expected = f"'{planned.label}' on or after week 0 (day 0)"
        yield from outside(sheet, column, wrong, expected)
        strayed = of_visit & ~wrong & ((day < planned.earliest) | (day > planned.latest))
        says = f"'{planned.label}' outside its window, days {planned.earliest} to {planned.latest}"
        yield from outside(sheet, column, strayed, says, severity="warning")
