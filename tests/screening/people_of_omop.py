"""People of an OMOP database read row by row: a second way from the tables to facts, for tests."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.days import Days, exactly
from wholetrial.screening.person import Covered, Fact, Person

EVENTS = (
    ("condition_occurrence", "condition", "condition"),
    ("drug_exposure", "drug", "drug_exposure"),
)
RANGES = {"PASI": 72, "BSA": 100, "DLQI": 30}


def people_of_omop(
    database: Any, protocol: Protocol, codes: Path, on: date, *, most: int
) -> list[Person]:
    """The first people of a database, their facts by the file of codes; BSA alone has a unit."""
    lists = yaml.safe_load(codes.read_text(encoding="utf-8"))
    meaning = _meaning(database, lists)
    people = _persons(database, on, most)
    facts: dict[int, list[Fact]] = {who: [] for who in people}
    for table, concept, prefix in EVENTS:
        columns = f"person_id, {concept}_concept_id, {prefix}_start_date, {prefix}_end_date"
        for who, code, start, end in _rows(database, f"SELECT {columns} FROM {table}"):
            names = meaning.get(code, []) if who in facts else []
            facts.get(who, []).extend(_event(name, code, start, end, concept) for name in names)
    columns = (
        "person_id, measurement_concept_id, measurement_date, value_as_number, unit_concept_id"
    )
    for who, code, day, value, unit in _rows(database, f"SELECT {columns} FROM measurement"):
        names = meaning.get(code, []) if who in facts else []
        facts.get(who, []).extend(_value(name, day, value, unit) for name in names)
    covered = _covered(database, people, lists)
    return [
        Person(str(who), on, facts=tuple(facts[who]), covered=tuple(covered[who]), **known)
        for who, known in people.items()
    ]


def _meaning(database: Any, lists: dict[str, Any]) -> dict[int, list[str]]:
    """What each concept means, those beneath others too."""
    meaning: dict[int, list[str]] = {}
    for name, given in lists.items():
        for concept in given["omop"]:
            meaning.setdefault(concept, []).append(name)
    for ancestor, descendant in _rows(database, "SELECT * FROM concept_ancestor"):
        names = meaning.setdefault(descendant, [])
        names += [name for name in meaning.get(ancestor, []) if name not in names]
    return meaning


def _persons(database: Any, on: date, most: int) -> dict[int, dict[str, Any]]:
    people = {}
    columns = "person_id, gender_concept_id, year_of_birth, month_of_birth, day_of_birth"
    for who, sex, year, month, day in _rows(
        database, f"SELECT {columns} FROM person ORDER BY person_id LIMIT {most}"
    ):
        born = _born(int(year), month, day)
        if born.earliest <= on:
            people[who] = {"born": born, "sex": {8507: "male", 8532: "female"}[sex]}
    return people


def _covered(database: Any, people: Any, lists: Any) -> dict[int, list[Covered]]:
    """The observation periods; what has no code is never covered by silence."""
    covered: dict[int, list[Covered]] = {who: [] for who in people}
    columns = "person_id, observation_period_start_date, observation_period_end_date"
    for who, first, last in _rows(database, f"SELECT {columns} FROM observation_period"):
        covered.get(who, []).extend(Covered(first, last, name) for name in lists)
    return covered


def _rows(database: Any, query: str) -> list[tuple[Any, ...]]:
    return list(database.execute(query).fetchall())


def _born(year: int, month: int | None, day: int | None) -> Days:
    if month and day:
        return exactly(date(year, int(month), int(day)))
    if month:
        following = date(year + month // 12, month % 12 + 1, 1)
        return Days(date(year, int(month), 1), following - timedelta(days=1))
    return Days(date(year, 1, 1), date(year, 12, 31))


def _event(name: str, code: int, start: date, end: date | None, table: str) -> Fact:
    kind = "common_cold" if name == "systemic_infection" and code == 2000000032 else str(code)
    condition = table == "condition"
    return Fact(
        name,
        kind=kind,
        start=exactly(start),
        last=exactly(end or start),
        ended=end is not None if condition else True,
        may_last=condition,
    )


def _value(name: str, day: date, value: float, unit: int) -> Fact:
    percent = unit == 8554
    usable = 0 <= value <= RANGES[name] and (name == "BSA" or not percent)
    return Fact(name, value=float(value) if usable else None, start=exactly(day))
