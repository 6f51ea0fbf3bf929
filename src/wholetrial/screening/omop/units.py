"""The units in which a database keeps the values of a measure, as a line into the trial's unit."""

from collections.abc import Mapping
from typing import NamedTuple

from wholetrial.instruments.library import instrument
from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.measured import WEIGHTS
from wholetrial.screening.omop.database import Database
from wholetrial.screening.plan.in_sql import text
from wholetrial.screening.units import UnitError, converted

LARGEST = 1e300
"""No value of a measure is as large; "not a number" counts as larger in databases."""


class UnitLine(NamedTuple):
    """A unit concept of the database: factor and zero make the trial's unit; both ends count."""

    unit: int
    factor: float
    zero: float
    low: float
    high: float


class Units(NamedTuple):
    """The usable units of each measure, and in words those that are not."""

    lines: dict[str, tuple[UnitLine, ...]]
    notes: tuple[str, ...]


def units_of(database: Database, protocol: Protocol, roots: Mapping[str, tuple[int, ...]]) -> Units:
    """The units that values of each measure have in the database."""
    lines: dict[str, tuple[UnitLine, ...]] = {}
    notes: list[str] = []
    for name, concepts in roots.items():
        if name != "weight" and name not in protocol.instruments:
            continue
        library, needed, low, high = _measure(name, protocol)
        found = []
        for unit, code in _units_there(database, concepts):
            try:
                zero, one = (0.0, 1.0) if library and not code else _ends(code, needed)
                found.append(UnitLine(unit, one - zero, zero, low, high))
            except UnitError as problem:
                notes.append(f"{name}: {problem}")
        lines[name] = tuple(found)
    return Units(lines, tuple(notes))


def _ends(code: str, needed: str) -> tuple[float, float]:
    return converted(0.0, code, needed), converted(1.0, code, needed)


def _measure(name: str, protocol: Protocol) -> tuple[bool, str, float, float]:
    """Whether it is the library's, its unit and its range."""
    if name == "weight":
        return False, "kg", *WEIGHTS
    used = protocol.instruments[name]
    if used.library is not None:
        known = instrument(used.library)
        return True, known.unit, known.low, known.high
    if used.range is not None:
        return False, used.unit or "", used.range.low, used.range.high
    return False, used.unit or "", -LARGEST, LARGEST


def _units_there(database: Database, concepts: tuple[int, ...]) -> list[tuple[int, str]]:
    """The unit concepts of a measure's values, each with its UCUM code; empty where it has none."""
    if not database.has("measurement") or not concepts:
        return []
    table, ids = database.table("measurement"), ", ".join(map(str, concepts))
    if "unit_concept_id" not in database.columns["measurement"]:
        return [(0, "")]
    query = (
        f"SELECT DISTINCT COALESCE(unit_concept_id, 0) FROM {table} "
        f"WHERE measurement_concept_id IN ({ids}{_beneath(database, ids)})"
    )
    units = sorted(int(row[0]) for row in database.rows(query))
    codes: dict[int, str] = {}
    if database.has("concept") and units:
        query = (
            f"SELECT concept_id, concept_code FROM {database.table('concept')} "
            f"WHERE vocabulary_id = {text('UCUM')} AND concept_id IN ({', '.join(map(str, units))})"
        )
        codes = {int(unit): str(code) for unit, code in database.rows(query)}
    return [(unit, codes.get(unit, f"concept {unit}" if unit else "")) for unit in units]


def _beneath(database: Database, ids: str) -> str:
    if not database.has("concept_ancestor"):
        return ""
    return (
        f") OR measurement_concept_id IN (SELECT descendant_concept_id "
        f"FROM {database.table('concept_ancestor')} WHERE ancestor_concept_id IN ({ids})"
    )
