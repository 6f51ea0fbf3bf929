"""People in a CSV file: one row for each person, or one row for each fact.

In wide form a row is a person, and each further column a fact by its name: "PASI", "CRP (mg/L)",
"biologic", "I6". In long form a row is one fact: person, fact, value, and where they are known
unit, date, start, end, kind, limit, steady and source.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from wholetrial.data.sheet import InvalidDataError, Sheet, near, of_table, place, read_sheet
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.answers_of_people import (
    BOTH,
    is_of_the_person,
    known_names,
    with_cell,
    with_facts,
)
from wholetrial.screening.cells import CellError, read_cell, read_day
from wholetrial.screening.measured import measures
from wholetrial.screening.person import Fact, Person

LONG = {"person", "fact", "value"}
EXTRA = ("unit", "date", "start", "end", "kind", "limit", "steady", "source")
_WITH_UNIT = re.compile(r"(.+?)\s*\((.+)\)$")


@dataclass
class _Reading:
    """What was read so far; findings are gathered, so that all are told at once."""

    sheet: Sheet
    protocol: Protocol
    screened: date
    names: dict[str, str]
    people: dict[str, Person] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def wrong(self, column: str, row: int, expected: str, found: str, advice: str = "") -> None:
        """Note what is wrong with a cell."""
        where = place(self.sheet, column, row)
        self.findings.append(Finding(self.sheet.file, where, column, expected, found, advice))


def read_people_csv(path: Path, protocol: Protocol, screened: date) -> tuple[Person, ...]:
    """The people of a CSV file in the order of the file, screened on the day unless it says.

    Raises InvalidDataError with everything that is wrong, each with its line and column.
    """
    sheet = read_sheet(path)
    reading = _Reading(sheet, protocol, screened, known_names(protocol))
    reading.findings += sheet.findings
    if not sheet.has("person"):
        found = ", ".join(sheet.frame.columns[:6])
        reading.findings.append(of_table(sheet, "person", "a column 'person'", found))
    elif set(sheet.frame.columns) >= LONG:
        _read_long(reading)
    else:
        _read_wide(reading)
    if not reading.findings and not reading.people:
        reading.findings.append(of_table(sheet, "person", "at least one person", "no rows"))
    if reading.findings:
        raise InvalidDataError(reading.findings)
    return tuple(reading.people.values())


def _read_wide(reading: _Reading) -> None:
    columns = list(_wide_columns(reading))
    for row, cells in enumerate(reading.sheet.frame.iter_rows(named=True)):
        name = cells["person"]
        if not name or name in reading.people:
            expected = "each person once" if name else "the name of a person"
            reading.wrong("person", row, expected, f"'{name}' again" if name else "nothing")
            continue
        person = Person(name, reading.screened)
        for column, about, unit in columns:
            text = cells[column]
            if text is not None:
                text = f"{text} {unit}" if unit and text.replace(".", "", 1).isdigit() else text
                person = _with(reading, person, (column, row), (about, text))
        reading.people[name] = person


def _wide_columns(reading: _Reading) -> Iterator[tuple[str, str, str]]:
    """Each column that states a fact, the fact, and the unit in its heading; first the day."""
    columns = sorted(reading.sheet.frame.columns, key=lambda column: column != "screened")
    for column in columns:
        if column == "person":
            continue
        match = _WITH_UNIT.match(column)
        plain, unit = match.groups() if match and column not in reading.names else (column, "")
        about = reading.names.get(plain)
        if about is None:
            advice = near(plain, reading.names)
            expected = "a fact that a criterion asks for"
            sheet = reading.sheet
            reading.findings.append(of_table(sheet, column, expected, f"'{plain}'", advice))
        else:
            yield column, about, unit


def _with(
    reading: _Reading, person: Person, cell: tuple[str, int], said: tuple[str, str]
) -> Person:
    """The person with a cell read, or as before with a finding."""
    try:
        return with_cell(person, *said, reading.protocol)
    except CellError as problem:
        reading.wrong(*cell, str(problem), f"'{said[1]}'")
        return person


def _read_long(reading: _Reading) -> None:
    sheet = reading.sheet
    for column in sheet.frame.columns:
        if column not in (*LONG, *EXTRA):
            advice = near(column, (*LONG, *EXTRA))
            reading.findings.append(
                of_table(sheet, column, "a column that is known", f"'{column}'", advice)
            )
    rows = sorted(
        enumerate(sheet.frame.iter_rows(named=True)), key=lambda at: at[1]["fact"] != "screened"
    )
    facts: dict[tuple[str, str], list[Fact]] = {}
    for row, cells in rows:
        name, about = cells["person"], reading.names.get(cells["fact"] or "")
        if not name or about is None:
            _unknown(reading, row, cells)
            continue
        person = reading.people.setdefault(name, Person(name, reading.screened))
        if not is_of_the_person(about, reading.protocol) and BOTH not in about:
            facts.setdefault((name, about), []).extend(_facts(reading, row, cells, about))
        else:
            reading.people[name] = _with(
                reading, person, ("value", row), (about, cells["value"] or "")
            )
    for (name, about), found in facts.items():
        reading.people[name] = with_facts(reading.people[name], about, tuple(found))
    first = {name: row for row, name in reversed(list(enumerate(sheet.frame["person"].to_list())))}
    reading.people = dict(sorted(reading.people.items(), key=lambda at: first[at[0]]))


def _unknown(reading: _Reading, row: int, cells: Mapping[str, str | None]) -> None:
    if not cells["person"]:
        reading.wrong("person", row, "the name of a person", "nothing")
        return
    fact = cells["fact"] or ""
    advice = near(fact, reading.names)
    reading.wrong("fact", row, "a fact that a criterion asks for", f"'{fact}'", advice)


def _facts(
    reading: _Reading, row: int, cells: Mapping[str, str | None], about: str
) -> Iterator[Fact]:
    """The facts of one row of the long form."""
    value, protocol = cells["value"] or "", reading.protocol
    measured = about in measures(protocol)
    if measured and value:
        limit = f" limit {cells['limit']}" if cells.get("limit") else ""
        value = f"{value} {cells.get('unit') or ''}{limit}"
    try:
        found = read_cell(value or ("" if measured else "yes"), about, protocol)
    except CellError as problem:
        reading.wrong("value", row, str(problem), f"'{cells['value']}'")
        return
    for fact in found:
        dated = _dated(reading, row, cells, fact)
        yield dated


def _dated(reading: _Reading, row: int, cells: Mapping[str, str | None], fact: Fact) -> Fact:
    """The fact with the days, kind and source of its row."""
    days = {}
    for column in ("date", "start", "end", "steady"):
        text = cells.get(column)
        if text:
            try:
                days[column] = read_day(text)
            except CellError as problem:
                reading.wrong(column, row, str(problem), f"'{text}'")
    start, end = days.get("start", days.get("date")), days.get("end")
    if start and end and end.latest < start.earliest:
        reading.wrong("end", row, "an end that does not lie before the start", f"{end}")
    last = end or (days.get("date") if "start" not in days else None)
    return replace(
        fact,
        start=start or fact.start,
        last=last or fact.last,
        ended=end is not None or fact.ended,
        steady=days.get("steady", fact.steady),
        kind=cells.get("kind") or fact.kind,
        source=cells.get("source") or fact.source,
    )
