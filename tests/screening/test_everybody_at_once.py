"""Criteria for everybody at once give the same answers as for one person after another.

The reference evaluator, the columns, DuckDB and PostgreSQL answer random criteria on random people
of whom much is unknown.
"""

import random
from typing import Any

import duckdb
import polars as pl
import psycopg
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from random_cases import protocol_of, random_people, random_rules

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Duration
from wholetrial.screening.evaluate import screen
from wholetrial.screening.fact_tables import TABLES, FactTables, fact_tables
from wholetrial.screening.person import Person
from wholetrial.screening.plan.criteria import plan
from wholetrial.screening.plan.in_polars import criteria_in_columns
from wholetrial.screening.plan.in_sql import criteria_in_sql

ALLOWS = {"allows": True, "not applicable": True, "blocks": False, "unknown": None}
SIX_MONTHS = Duration(number=6, unit="month")
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A seed that fails is told as it is: a smaller one would be no simpler."""
Verdicts = dict[str, dict[str, bool | None]]


class Drawn:
    """Random people, random criteria and what the reference evaluator says of them."""

    def __init__(self, seed: int, rules: int, people: int) -> None:
        draw = random.Random(seed)
        self.protocol: Protocol = protocol_of(random_rules(draw, rules))
        self.people: list[Person] = random_people(draw, people)
        self.lookback = draw.choice((None, SIX_MONTHS))
        self.tables: FactTables = fact_tables(self.people)
        self.plan = plan(self.protocol, lookback=self.lookback)
        self.expected: Verdicts = {
            one.id: {
                found.name: ALLOWS[found.verdict]
                for found in screen(self.protocol, one, lookback=self.lookback).criteria
            }
            for one in self.people
        }


def _by_person(rows: list[dict[str, Any]]) -> Verdicts:
    return {row.pop("person"): row for row in rows}


@settings(max_examples=4, phases=UNSHRUNK)
@given(seed=st.integers(0, 2**32))
def test_columns_agree_with_the_reference(seed: int) -> None:
    drawn = Drawn(seed, rules=20, people=80)
    assert _by_person(criteria_in_columns(drawn.plan, drawn.tables).to_dicts()) == drawn.expected


@settings(max_examples=4, phases=UNSHRUNK)
@given(seed=st.integers(0, 2**32))
def test_duckdb_agrees_with_the_reference(seed: int) -> None:
    drawn = Drawn(seed, rules=12, people=80)
    with duckdb.connect() as database:
        for name in TABLES:
            frame = getattr(drawn.tables, name)  # noqa: F841 (DuckDB reads it by its name)
            database.execute(f"CREATE TABLE {name} AS SELECT * FROM frame")
        done = database.execute(criteria_in_sql(drawn.plan, "duckdb"))
        names = [column[0] for column in done.description]
        found = [dict(zip(names, row, strict=True)) for row in done.fetchall()]
    assert _by_person(found) == drawn.expected


@settings(max_examples=4, phases=UNSHRUNK)
@given(seed=st.integers(0, 2**32))
def test_postgresql_agrees_with_the_reference(seed: int, postgresql_address: str) -> None:
    drawn = Drawn(seed, rules=12, people=80)
    with psycopg.connect(postgresql_address) as database:
        for name, schema in TABLES.items():
            _load(database, name, schema, getattr(drawn.tables, name))
        cursor = database.execute(criteria_in_sql(drawn.plan, "postgresql"))  # type: ignore[call-overload]
        names = [column.name for column in cursor.description or ()]
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        database.rollback()
    assert _by_person(found) == drawn.expected


def _load(database: Any, name: str, schema: dict[str, Any], frame: pl.DataFrame) -> None:
    types = {pl.String: "TEXT", pl.Date: "DATE", pl.Boolean: "BOOLEAN", pl.Float64: "FLOAT8"}
    columns = ", ".join(f'"{column}" {types[kind]}' for column, kind in schema.items())
    database.execute(f"CREATE TEMPORARY TABLE {name} ({columns})")
    with database.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN") as copy:
        for row in frame.iter_rows():
            copy.write_row(row)


@pytest.mark.parametrize("seed", range(3))
def test_the_random_cases_reach_every_verdict(seed: int) -> None:
    """The comparison means something only where all three answers occur often enough."""
    drawn = Drawn(seed, rules=20, people=80)
    told = [one for found in drawn.expected.values() for one in found.values()]
    assert min(told.count(True), told.count(False), told.count(None)) > len(told) / 20
