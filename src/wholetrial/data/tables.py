"""The documented tables of a trial's data: their columns, and what an empty cell means.

A trial's data is a folder of CSV files, one for each table. Participants and observations are
needed; the others are read where they are there. Days are counted from week 0, which is day 0
(CDISC study days have no day 0: study day 1 is day 0 here).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

Kind = Literal[
    "name",
    "arm",
    "visit",
    "measure",
    "item",
    "intervention",
    "event",
    "day",
    "date",
    "number",
    "grade",
    "yes or no",
    "sex",
    "text",
]

NEVER = "none"
DISPOSITIONS = (
    "completed",
    "leaves_study",
    "stops_treatment",
    "starts_other_treatment",
    "death",
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what stands in it, and what an empty cell means where one is allowed."""

    name: str
    kind: Kind
    meaning: str
    required: bool = True
    empty: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table: one CSV file, one row for each thing that it records."""

    name: str
    row: str
    columns: tuple[Column, ...]
    required: bool = False
    timed: bool = False
    open_ended: bool = False

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.name}.csv"

    def column(self, name: str) -> Column:
        """The column of this name."""
        return next(column for column in self.columns if column.name == name)


class ReferenceRow(NamedTuple):
    """One column of one table, as the reference page prints it."""

    file: str
    column: str
    kind: str
    needed: str
    meaning: str
    empty: str


def _participant() -> Column:
    return Column("participant", "name", "who, as in participants.csv")


def _when(what: str) -> tuple[Column, Column]:
    return (
        Column("day", "day", f"{what}, in whole days from week 0", False, "the date says it"),
        Column("date", "date", f"{what}, as 2026-03-31", False, "the day says it"),
    )


_TABLES = (
    Table(
        "participants",
        "one participant",
        (
            Column("participant", "name", "the participant's identifier, once"),
            Column("arm", "arm", "the arm assigned"),
            Column(
                "received",
                "arm",
                f"the arm by treatment received; '{NEVER}' for somebody never given a dose",
                False,
                "as assigned",
            ),
            Column(
                "week_0",
                "date",
                "the date of week 0, needed where another table gives dates",
                False,
                "not known",
            ),
            Column("age", "number", "age in years", False, "missing"),
            Column("male", "number", "1 for male, 0 for female", False, "missing"),
            Column("sex", "sex", "female or male, in place of the column male", False, "missing"),
            Column(
                "(a concept)",
                "number",
                "years since the diagnosis, in a column named like the concept of the trial file",
                False,
                "missing",
            ),
            Column("(any other)", "number", "another baseline fact, a number", False, "missing"),
        ),
        required=True,
        open_ended=True,
    ),
    Table(
        "visits",
        "one visit that took place",
        (
            _participant(),
            Column("visit", "visit", "the planned visit: week 12, screening"),
            *_when("when it took place"),
        ),
        timed=True,
    ),
    Table(
        "observations",
        "one value measured at a visit",
        (
            _participant(),
            Column("visit", "visit", "the planned visit: week 12, screening"),
            Column("measure", "measure", "the name of the instrument in the trial file, or weight"),
            Column(
                "item",
                "item",
                "the item of the instrument; the total is then scored from its items",
                False,
                "the value is the total",
            ),
            Column("value", "number", "the value, with a decimal point", True, "missing"),
        ),
        required=True,
    ),
    Table(
        "exposures",
        "one dose given",
        (
            _participant(),
            *_when("when it was given"),
            Column("intervention", "intervention", "what was given, as the trial file names it"),
            Column("amount", "number", "how much", False, "missing"),
            Column("unit", "text", "the unit planned for it", False, "the unit planned"),
        ),
        timed=True,
    ),
    Table(
        "adverse_events",
        "one adverse event",
        (
            _participant(),
            *_when("when it began"),
            Column("term", "text", "what it was; not analyzed", False, "not recorded"),
            Column("grade", "grade", "its severity, 1 to 5", False, "not recorded"),
            Column("serious", "yes or no", "whether it was serious"),
        ),
        timed=True,
    ),
    Table(
        "medications",
        "one other treatment; checked, not analyzed",
        (
            _participant(),
            *_when("when it began"),
            Column("medication", "text", "what was taken"),
        ),
        timed=True,
    ),
    Table(
        "dispositions",
        "the first day of one event of a participant",
        (
            _participant(),
            *_when("when it happened"),
            Column(
                "event",
                "event",
                f"{', '.join(DISPOSITIONS)}, a rule of the trial file or an event that it names "
                "under intercurrent",
            ),
            Column(
                "reason",
                "text",
                "why, such as lack_of_efficacy or adverse_event; kept, not analyzed",
                False,
                "not recorded",
            ),
        ),
        timed=True,
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType({table.name: table for table in _TABLES})


def table_reference() -> tuple[ReferenceRow, ...]:
    """Every column of every table, for the reference page.

    >>> print(*table_reference()[0][:4])
    participants.csv participant name yes
    """
    return tuple(
        ReferenceRow(
            table.file,
            column.name,
            column.kind,
            _needed(table, column),
            column.meaning,
            column.empty or "not allowed",
        )
        for table in TABLES.values()
        for column in table.columns
    )


def _needed(table: Table, column: Column) -> str:
    if column.required:
        return "yes"
    return "day or date" if table.timed and column.name in ("day", "date") else "no"
