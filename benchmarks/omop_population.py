"""A psoriasis population in an OMOP 5.4 database: people who never lived, for tests and timings.

PASI and DLQI have no concept of their own in the vocabulary that everybody has, so they stand under
local concepts (above 2,000,000,000), as a hospital would keep them.
"""

from pathlib import Path
from typing import Any

CODES = """
plaque_psoriasis: {omop: [4063431]}
other_psoriasis: {omop: [2000000011]}
targeted_biologic: {omop: [2000000021]}
psoriasis_treatment: {omop: [2000000022]}
systemic_infection: {omop: [2000000031]}
recurring_infection: {omop: [2000000033]}
common_cold: {omop: [2000000032]}
malignancy: {omop: [2000000041]}
PASI: {omop: [2000000001]}
BSA: {omop: [2000000002]}
DLQI: {omop: [2000000003]}
"""
AS_OF = "2025-06-01"
TABLES = (
    "person",
    "observation_period",
    "condition_occurrence",
    "drug_exposure",
    "procedure_occurrence",
    "measurement",
    "observation",
    "concept",
    "concept_ancestor",
)


def _chance(salt: int, key: str = "person_id") -> str:
    """A number from 0 to 1 that depends on the person and a salt alone."""
    return f"((hash({key} * 1000003 + {salt}) % 1000000) / 1e6)"


def _day(salt: int, back: int) -> str:
    """A day up to so many days before the day that people are counted."""
    return f"DATE '{AS_OF}' - CAST(FLOOR({_chance(salt)} * {back}) AS INTEGER)"


def _events(table: str, concept: int, share: float, salt: int, back: int) -> str:
    """Rows for a share of the people: a concept, a day, and for some of them an end."""
    name = {"condition_occurrence": "condition", "drug_exposure": "drug_exposure"}[table]
    concept_name = {"condition_occurrence": "condition", "drug_exposure": "drug"}[table]
    ends = f"CASE WHEN {_chance(salt + 2)} < 0.6 THEN s + 20 END"
    if table == "drug_exposure":
        ends = "s + 27"
    return (
        f"SELECT person_id, {concept} AS {concept_name}_concept_id, s AS {name}_start_date, "
        f"{ends} AS {name}_end_date FROM (SELECT person_id, {_day(salt + 1, back)} AS s "
        f"FROM person WHERE {_chance(salt)} < {share})"
    )


def _values(concept: int, share: float, salt: int, value: str, visit: int) -> str:
    return (
        f"SELECT person_id, {concept} AS measurement_concept_id, "
        f"{_day(salt + 1, 200)} - {visit} AS measurement_date, {value} AS value_as_number, "
        f"CASE WHEN {_chance(salt + 5)} < 0.5 THEN 8554 ELSE 0 END AS unit_concept_id, "
        "0 AS operator_concept_id, CAST(NULL AS DOUBLE) AS range_high, "
        "0 AS value_as_concept_id "
        f"FROM person WHERE {_chance(salt)} < {share}"
    )


def generate(database: Any, people: int) -> None:
    """Fill an empty DuckDB database; the same people whenever, as many as asked."""
    pasi = f"ROUND(72 * POWER({_chance(103)}, 3), 1)"
    bsa = f"ROUND(100 * POWER({_chance(103)}, 2.5))"
    dlqi = f"FLOOR(31 * POWER({_chance(131)}, 1.5))"
    nothing = (
        "SELECT person_id, 0 AS {0}_concept_id, DATE '2020-01-01' AS {0}_date "
        "FROM person WHERE FALSE"
    )
    made = {
        "person": (
            "SELECT i AS person_id, CASE WHEN hash(i) % 2 = 0 THEN 8507 ELSE 8532 END AS "
            "gender_concept_id, CAST(1930 + hash(i + 7) % 90 AS INTEGER) AS year_of_birth, "
            "CASE WHEN hash(i + 8) % 3 <> 0 THEN CAST(1 + hash(i + 9) % 12 AS INTEGER) END "
            "AS month_of_birth, CASE WHEN hash(i + 8) % 3 = 1 THEN CAST(1 + hash(i + 11) % 28 AS "
            f"INTEGER) END AS day_of_birth FROM range({people}) t(i)"
        ),
        "observation_period": (
            f"SELECT person_id, {_day(5, 6000)} AS observation_period_start_date, "
            f"DATE '{AS_OF}' + CAST(FLOOR({_chance(6)} * 60 - 10) AS INTEGER) AS "
            f"observation_period_end_date FROM person WHERE {_chance(7)} < 0.9"
        ),
        "condition_occurrence": " UNION ALL ".join(
            [
                _events("condition_occurrence", 4063431, 0.7, 11, 4000),
                _events("condition_occurrence", 2000000011, 0.05, 21, 3000),
                _events("condition_occurrence", 2000000031, 0.2, 31, 200),
                _events("condition_occurrence", 2000000032, 0.2, 41, 60),
                _events("condition_occurrence", 2000000041, 0.06, 51, 6000),
            ]
        ),
        "drug_exposure": " UNION ALL ".join(
            [
                _events("drug_exposure", 2000000021, 0.2, 61, 3000),
                _events("drug_exposure", 2000000022, 0.3, 71, 120),
                _events("drug_exposure", 2000000022, 0.3, 81, 20),
            ]
        ),
        "measurement": " UNION ALL ".join(
            [
                _values(2000000001, 0.7, 101, pasi, 0),
                _values(
                    2000000001, 0.3, 111, f"CASE WHEN {_chance(113)} < 0.1 THEN 99 ELSE 14 END", 100
                ),
                _values(2000000002, 0.6, 121, bsa, 0),
                _values(2000000003, 0.6, 141, dlqi, 0),
            ]
        ),
        "procedure_occurrence": nothing.format("procedure"),
        "observation": nothing.format("observation"),
        "concept": (
            "SELECT * FROM (VALUES (8554, '%', 'UCUM'), (4063431, '200965009', 'SNOMED')) "
            "AS c(concept_id, concept_code, vocabulary_id)"
        ),
        "concept_ancestor": (
            "SELECT * FROM (VALUES (4063431, 4063431), (2000000031, 2000000031), "
            "(2000000031, 2000000032)) AS a(ancestor_concept_id, descendant_concept_id)"
        ),
    }
    for table in TABLES:
        database.execute(f"CREATE TABLE {table} AS {made[table]}")


def write_codes(folder: Path) -> Path:
    """Write the file of codes that says where the database keeps what the trial asks for."""
    path = folder / "codes.yaml"
    path.write_text(CODES.strip() + "\n", encoding="utf-8")
    return path
