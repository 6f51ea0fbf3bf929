"""Reads the tables of a trial into its records, or says everything that is wrong with them.

Every row lands in the arrays or in a finding; nothing is dropped silently and nothing is guessed.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wholetrial.data.folder import open_tables
from wholetrial.data.happenings import (
    DosesGiven,
    Harms,
    Turns,
    always,
    check_medications,
    read_adverse_events,
    read_dispositions,
    read_exposures,
)
from wholetrial.data.observations import Observed, read_observations
from wholetrial.data.people import People, read_people
from wholetrial.data.records import Flags, Records, empty_events, empty_exposures, planned_visits
from wholetrial.data.sheet import InvalidDataError, Said, Sheet, complaints, of_table
from wholetrial.data.tables import TABLES
from wholetrial.data.visits import Attendance, read_visits
from wholetrial.protocol.finding import Finding, Place
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import Visit


class Loaded(NamedTuple):
    """Records, what a reader of them should know, and the names of the tables that were there."""

    records: Records
    warnings: tuple[Finding, ...]
    tables: tuple[str, ...]


class _Parts(NamedTuple):
    """The records of each table."""

    attendance: Attendance
    observed: Observed
    doses: DosesGiven
    harms: Harms
    turns: Turns


def read_records(folder: Path, protocol: Protocol) -> Loaded:
    """Read a folder with the documented tables, `participants.csv`, `observations.csv` ...

    Raises InvalidDataError with everything that is wrong, in all tables at once.
    """
    opened = open_tables(folder)
    return records_of(opened.sheets, protocol, opened.findings)


def records_of(
    sheets: Mapping[str, Sheet], protocol: Protocol, findings: tuple[Finding, ...] = ()
) -> Loaded:
    """The records that tables hold; `findings` are what opening them said.

    Raises InvalidDataError where any finding is an error.
    """
    found = [*findings, *chain.from_iterable(sheet.findings for sheet in sheets.values())]
    participants = sheets.get("participants")
    if participants is None:
        raise InvalidDataError(_in_order(found))
    if not participants.frame.height:
        if not participants.findings:
            found.append(of_table(participants, "", "at least one participant", "no row"))
        raise InvalidDataError(_in_order(found))
    visits = planned_visits(protocol)
    people = read_people(participants, protocol)
    parts = _read_parts(sheets, people, visits, protocol)
    found += people.findings
    found += chain.from_iterable(part.findings for part in parts)
    if "medications" in sheets:
        found += check_medications(sheets["medications"], people)
    if "observations" in sheets:
        found += _never_seen(people, parts.observed)
    if any(finding.severity == "error" for finding in found):
        raise InvalidDataError(_in_order(found))
    return Loaded(_records(people, parts, visits, protocol), _in_order(found), tuple(sheets))


def _read_parts(
    sheets: Mapping[str, Sheet], people: People, visits: tuple[Visit, ...], protocol: Protocol
) -> _Parts:
    """Read every table that is there; nothing happened where one is not."""
    shape = (len(people.names), len(visits))
    parts = _Parts(
        Attendance(np.full(shape, np.nan), ()),
        Observed({}, np.zeros(shape, np.bool_), ()),
        DosesGiven(empty_exposures(shape[:1]), ()),
        Harms(empty_events(shape[:1]), ()),
        Turns({name: np.full(shape[:1], np.nan) for name in always(protocol)}, ()),
    )
    if sheet := sheets.get("visits"):
        parts = parts._replace(attendance=read_visits(sheet, people, visits))
    if sheet := sheets.get("observations"):
        parts = parts._replace(observed=read_observations(sheet, people, visits, protocol))
    if sheet := sheets.get("exposures"):
        parts = parts._replace(doses=read_exposures(sheet, people, protocol))
    if sheet := sheets.get("adverse_events"):
        parts = parts._replace(harms=read_adverse_events(sheet, people))
    if sheet := sheets.get("dispositions"):
        parts = parts._replace(turns=read_dispositions(sheet, people, protocol))
    return parts


def _records(
    people: People, parts: _Parts, visits: tuple[Visit, ...], protocol: Protocol
) -> Records:
    """The arrays together; who was seen at a visit without a recorded day came as planned."""
    planned = np.asarray([float(visit.day) for visit in visits])
    unrecorded = parts.observed.seen & np.isnan(parts.attendance.day)
    return Records(
        arms=tuple(protocol.arms),
        interventions=tuple(protocol.interventions),
        visits=visits,
        participants=people.names,
        arm=people.arm,
        received=people.received,
        day=np.where(unrecorded, planned, parts.attendance.day),
        values=parts.observed.values,
        facts=people.facts,
        events=parts.turns.events,
        exposures=parts.doses.exposures,
        adverse_events=parts.harms.adverse_events,
        reason_terms=parts.turns.reason_terms,
        reasons=parts.turns.reasons,
    )


def _never_seen(people: People, observed: Observed) -> Iterator[Finding]:
    never: Flags = np.logical_not(observed.seen.any(axis=-1))
    said = Said("a participant without any observation", "missing data is judged by the trial file")
    return complaints(people.sheet, "participant", never, lambda _: said, "warning")


def _in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Each finding once, table by table, then line by line."""
    tables = [table.file for table in TABLES.values()]

    def position(finding: Finding) -> tuple[int, str, Place]:
        name = Path(finding.file).name
        rank = tables.index(name) if name in tables else len(tables)
        return rank, finding.file, finding.place

    return tuple(sorted(dict.fromkeys(findings), key=position))
