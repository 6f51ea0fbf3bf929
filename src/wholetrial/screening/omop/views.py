"""A database of the OMOP model, seen as the four relations that a plan reads.

Conditions that a record ends may go on; exposures to drugs end with their last day. What an
observation answers is unsure. Values stand in the trial's unit, or nowhere.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from wholetrial.protocol.condition import History, State
from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.days import FIRST, LAST
from wholetrial.screening.evaluate import atoms_of, decisive
from wholetrial.screening.fact_tables import FACTS
from wholetrial.screening.omop.database import CLINICAL, Database
from wholetrial.screening.omop.units import UnitLine
from wholetrial.screening.plan.in_sql import text

MALE, FEMALE = 8507, 8532
EQUAL = 4172703
"""The concepts of the OMOP vocabulary for the sexes, and for a value that is exactly so."""
_TYPES = {"value": "DOUBLE PRECISION", "high": "DOUBLE PRECISION", "kind": "VARCHAR"}
_DATES = ("s1", "s2", "l1", "l2", "steady1", "steady2", "day1", "day2", "denied_from", "denied_to")


@dataclass(frozen=True, slots=True)
class Seen:
    """What to see of a database: the concepts of each name, the units of each measure, the day."""

    protocol: Protocol
    roots: Mapping[str, tuple[int, ...]]
    units: Mapping[str, tuple[UnitLine, ...]]
    on: date


def views(database: Database, seen: Seen) -> str:
    """Definitions of people, facts, dates and covered, for a query that begins with WITH."""
    facts = list(_facts(database, seen))
    empty = f"SELECT {_columns({})} FROM people p WHERE FALSE"
    return ",\n".join(
        [
            f"codes AS ({_codes(database, seen)})",
            f"kinds AS ({_kinds(seen)})",
            f"people AS ({_people(database, seen)})",
            f"facts AS ({' UNION ALL '.join(facts or [empty])})",
            "dates AS (SELECT person, '' AS event, screened AS day FROM people WHERE FALSE)",
            f"covered AS ({_covered(database)})",
        ]
    )


def silence_means_no(database: Database) -> bool:
    """Whether a source covers days, and no table is missing in which something could stand."""
    return database.has("observation_period") and all(map(database.has, CLINICAL))


def excepted(protocol: Protocol) -> dict[str, tuple[str, ...]]:
    """What rules leave out of each concept: of malignancy, a skin cancer that is no melanoma."""
    found: dict[str, dict[str, None]] = {}
    for _, _, criterion in decisive(protocol):
        for atom in atoms_of(criterion.rule, protocol) if criterion.rule else ():
            if isinstance(atom, History | State) and atom.excepting:
                about = atom.had if isinstance(atom, History) else atom.of
                found.setdefault(about, {})[atom.excepting] = None
    return {about: tuple(names) for about, names in found.items()}


def _codes(database: Database, seen: Seen) -> str:
    """Each name with its concepts and all that lie beneath them."""
    pairs = [(name, one) for name, ids in seen.roots.items() for one in ids]
    if not pairs:
        return "SELECT '' AS name, 0 AS concept_id WHERE FALSE"
    rows = ", ".join(f"({text(name)}, {one})" for name, one in pairs)
    roots = f"SELECT * FROM (VALUES {rows}) AS r(name, concept_id)"
    if not database.has("concept_ancestor"):
        return roots
    beneath = (
        "SELECT r.name, CAST(a.descendant_concept_id AS BIGINT) AS concept_id "
        f"FROM ({roots}) r JOIN {database.table('concept_ancestor')} a "
        "ON a.ancestor_concept_id = r.concept_id"
    )
    return f"{roots} UNION {beneath}"


def _kinds(seen: Seen) -> str:
    """The concepts that rules except, as kinds: of several the first in the order of the file."""
    pairs = [
        (about, name, order)
        for about, names in excepted(seen.protocol).items()
        for order, name in enumerate(names)
    ]
    if not pairs:
        return "SELECT '' AS about, 0 AS concept_id, '' AS kind WHERE FALSE"
    rows = ", ".join(f"({text(a)}, {text(name)}, {order})" for a, name, order in pairs)
    return (
        "SELECT about, concept_id, kind FROM (SELECT k.about, c.concept_id, k.kind, "
        "ROW_NUMBER() OVER (PARTITION BY k.about, c.concept_id ORDER BY k.place) AS place "
        f"FROM (VALUES {rows}) AS k(about, kind, place) JOIN codes c ON c.name = k.kind) k "
        "WHERE place = 1"
    )


def _people(database: Database, seen: Seen) -> str:
    """Everybody born and not known to have died by the day."""
    on = _day(seen.on)
    dead = ""
    if "death_date" in database.columns.get("death", ()):
        died = f"SELECT person_id FROM {database.table('death')} WHERE death_date <= {on}"
        dead = f" AND p.person_id NOT IN ({died})"
    month, day = (f"p.{name}" for name in ("month_of_birth", "day_of_birth"))
    earliest = f"MAKE_DATE(CAST(p.year_of_birth AS INTEGER), CAST(COALESCE({month}, 1) AS INTEGER)"
    exact = f"{month} IS NOT NULL AND {day} IS NOT NULL"
    first = f"{earliest}, CAST(CASE WHEN {exact} THEN {day} ELSE 1 END AS INTEGER))"
    ends = (
        f"CASE WHEN {exact} THEN {first} "
        f"WHEN {month} IS NOT NULL THEN CAST({first} + INTERVAL '1 months' AS DATE) - 1 "
        f"ELSE MAKE_DATE(CAST(p.year_of_birth AS INTEGER), 12, 31) END"
    )
    return (
        f"SELECT p.person_id AS person, {on} AS screened, {first} AS born_from, {ends} AS born_to, "
        f"CASE p.gender_concept_id WHEN {MALE} THEN 'male' WHEN {FEMALE} THEN 'female' END AS sex "
        f"FROM {database.table('person')} p WHERE {first} <= {on}{dead}"
    )


def _covered(database: Database) -> str:
    if not silence_means_no(database):
        return (
            "SELECT person, '' AS about, screened AS first, screened AS last "
            "FROM people WHERE FALSE"
        )
    return (
        "SELECT person_id AS person, CAST(NULL AS VARCHAR) AS about, "
        "CAST(observation_period_start_date AS DATE) AS first, "
        "CAST(observation_period_end_date AS DATE) AS last "
        f"FROM {database.table('observation_period')}"
    )


def _facts(database: Database, seen: Seen) -> Iterator[str]:
    """One part for each table in which facts stand."""
    measured = sorted(name for name in seen.roots if name in seen.units)
    named = sorted(name for name in seen.roots if name not in seen.units)
    if named:
        for table, column in CLINICAL.items():
            if database.has(table):
                yield _happened(database, table, column, named)
    if measured and database.has("measurement"):
        yield _values(database, seen, measured)


def _happened(database: Database, table: str, column: str, names: list[str]) -> str:
    """The facts of one table about concepts."""
    start, end, ended = _days_of(database, table)
    unsure = _unsure(database, table)
    day_2 = f"CASE WHEN {unsure} THEN {_day(LAST)} ELSE {start} END" if unsure else start
    columns = {
        "s1": start,
        "s2": day_2,
        "l1": end,
        "l2": end,
        "day1": start,
        "day2": day_2,
        "ended": ended,
        "may_last": "TRUE" if table == "condition_occurrence" else "FALSE",
        "exact": f"NOT ({unsure})" if unsure else "TRUE",
        "kind": f"COALESCE(k.kind, CAST(t.{column} AS VARCHAR))",
    }
    chosen = ", ".join(map(text, names))
    return (
        f"SELECT {_columns(columns)} FROM {database.table(table)} t "
        f"JOIN codes c ON c.concept_id = t.{column} AND c.name IN ({chosen}) "
        f"LEFT JOIN kinds k ON k.about = c.name AND k.concept_id = t.{column}"
    )


def _days_of(database: Database, table: str) -> tuple[str, str, str]:
    """The first day, the last day and whether it has ended, as SQL."""
    has = database.columns[table]
    match table:
        case "condition_occurrence":
            start, end = "t.condition_start_date", "t.condition_end_date"
            ended = f"({end} IS NOT NULL)"
        case "drug_exposure":
            start, end = "t.drug_exposure_start_date", "t.drug_exposure_end_date"
            if "days_supply" in has:
                last = f"CAST({start} AS DATE) + CAST(t.days_supply AS INTEGER) - 1"
                end = f"COALESCE({end}, CASE WHEN t.days_supply > 0 THEN {last} END)"
            ended = "TRUE"
        case _:
            name = table.removesuffix("_occurrence")
            start = end = f"t.{name}_date"
            if f"{name}_end_date" in has:
                end = f"t.{name}_end_date"
            ended = "FALSE"
    start = f"CAST({start} AS DATE)"
    return start, f"GREATEST(COALESCE(CAST({end} AS DATE), {start}), {start})", ended


def _unsure(database: Database, table: str) -> str:
    """Where an observation or a test has an answer, what it says is not known here."""
    has = database.columns[table]
    if table not in ("observation", "measurement"):
        return ""
    asked = [f"COALESCE(t.{name}, 0) <> 0" for name in ("value_as_concept_id",) if name in has]
    asked += [
        f"t.{name} IS NOT NULL" for name in ("value_as_number", "value_as_string") if name in has
    ]
    return " OR ".join(asked)


def _values(database: Database, seen: Seen, names: list[str]) -> str:
    """The values of measures, in the trial's unit; null where they cannot be used."""
    has = database.columns["measurement"]
    operator = "COALESCE(t.operator_concept_id, 0)" if "operator_concept_id" in has else "0"
    exact = f"{operator} IN (0, {EQUAL})"
    number = "CAST(t.value_as_number AS DOUBLE PRECISION) * u.factor + u.zero"
    inside = f"{number} >= u.low AND {number} <= u.high"
    high = (
        "CAST(t.range_high AS DOUBLE PRECISION) * u.factor + u.zero"
        if "range_high" in has
        else "NULL"
    )
    day = "CAST(t.measurement_date AS DATE)"
    columns = {
        "value": f"CASE WHEN {exact} AND {inside} THEN {number} END",
        "high": f"CASE WHEN {high} > 0 AND {high} <= u.high THEN {high} END",
        **dict.fromkeys(("s1", "s2", "l1", "l2", "day1", "day2"), day),
    }
    rows = ", ".join(
        f"({text(name)}, {line.unit}, {_number(line.factor)}, {_number(line.zero)}, "
        f"{_number(line.low)}, {_number(line.high)})"
        for name in names
        for line in seen.units[name]
    )
    units = f"(VALUES {rows}) AS u(name, unit, factor, zero, low, high)" if rows else _NO_UNITS
    unit = "COALESCE(t.unit_concept_id, 0)" if "unit_concept_id" in has else "0"
    return (
        f"SELECT {_columns(columns)} FROM {database.table('measurement')} t "
        f"JOIN codes c ON c.concept_id = t.measurement_concept_id "
        f"AND c.name IN ({', '.join(map(text, names))}) "
        f"LEFT JOIN {units} ON u.name = c.name AND u.unit = {unit}"
    )


_NO_UNITS = (
    "(SELECT '' AS name, 0 AS unit, 1.0 AS factor, 0.0 AS zero, 0.0 AS low, 0.0 AS high "
    "WHERE FALSE) AS u"
)


def _columns(given: Mapping[str, str]) -> str:
    """The columns of a fact: those given, and what most facts have."""
    defaults = {
        "person": "t.person_id" if given else "p.person",
        "about": "c.name" if given else "''",
        "yes": "TRUE",
        "ended": "FALSE",
        "may_last": "FALSE",
        "exact": "TRUE",
        "undated": "FALSE",
        "no_start": "FALSE",
        **{name: f"CAST(NULL AS {kind})" for name, kind in _TYPES.items()},
        **dict.fromkeys(_DATES, "CAST(NULL AS DATE)"),
    }
    chosen = {**defaults, **given}
    return ", ".join(f"{chosen[name]} AS {name}" for name in FACTS)


def _number(value: float) -> str:
    return f"CAST({value!r} AS DOUBLE PRECISION)"


def _day(day: date) -> str:
    return f"DATE '{max(day, FIRST).isoformat()}'"
