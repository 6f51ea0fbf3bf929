"""The facts of many people as tables, with the bounds of their days worked out.

Both the columns and the databases evaluate criteria on these four tables; a database of the OMOP
model is seen through views of the same shape.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from wholetrial.screening.case import earliest_start, last_days, latest_start, undated
from wholetrial.screening.days import FIRST, exactly
from wholetrial.screening.person import Fact, Person

PEOPLE = {
    "person": pl.String,
    "screened": pl.Date,
    "born_from": pl.Date,
    "born_to": pl.Date,
    "sex": pl.String,
}
FACTS = {
    "person": pl.String,
    "about": pl.String,
    "yes": pl.Boolean,
    "kind": pl.String,
    "value": pl.Float64,
    "high": pl.Float64,
    "s1": pl.Date,
    "s2": pl.Date,
    "l1": pl.Date,
    "l2": pl.Date,
    "ended": pl.Boolean,
    "may_last": pl.Boolean,
    "exact": pl.Boolean,
    "undated": pl.Boolean,
    "no_start": pl.Boolean,
    "steady1": pl.Date,
    "steady2": pl.Date,
    "day1": pl.Date,
    "day2": pl.Date,
    "denied_from": pl.Date,
    "denied_to": pl.Date,
}
DATES = {"person": pl.String, "event": pl.String, "day": pl.Date}
COVERED = {"person": pl.String, "about": pl.String, "first": pl.Date, "last": pl.Date}
TABLES = {"people": PEOPLE, "facts": FACTS, "dates": DATES, "covered": COVERED}


class FactTables(NamedTuple):
    """People, facts, days of events and covered spans; one row each.

    Of a fact, `s1` and `s2` bound its start and `l1` and `l2` its end; `day1` and `day2` the day
    of a value; `denied_from` and `denied_to` are the days that a denial surely spans. `value` is
    null where it cannot be used.
    """

    people: pl.DataFrame
    facts: pl.DataFrame
    dates: pl.DataFrame
    covered: pl.DataFrame


def fact_tables(people: Sequence[Person]) -> FactTables:
    """The tables of some people."""
    return FactTables(
        pl.DataFrame([_person(one) for one in people], schema=PEOPLE, orient="row"),
        pl.DataFrame(
            [_fact(fact, one) for one in people for fact in one.facts], schema=FACTS, orient="row"
        ),
        pl.DataFrame(
            [(one.id, event, day) for one in people for event, day in one.dates.items()],
            schema=DATES,
            orient="row",
        ),
        pl.DataFrame(
            [(one.id, c.about, c.first, c.last) for one in people for c in one.covered],
            schema=COVERED,
            orient="row",
        ),
    )


def _person(person: Person) -> tuple[Any, ...]:
    born = person.born or (None, None)
    return person.id, person.screened, *born, person.sex


def _fact(fact: Fact, person: Person) -> tuple[Any, ...]:
    usable = fact.value if fact.unusable is None and fact.value == fact.value else None
    first, last = fact.start or exactly(person.screened)
    denied_from = fact.start.latest if fact.start else FIRST
    denied_to = fact.last.earliest if fact.last else person.screened
    return (
        person.id,
        fact.about,
        fact.yes,
        fact.kind,
        usable,
        fact.high,
        earliest_start(fact),
        latest_start(fact, person),
        *last_days(fact, person),
        fact.ended,
        fact.may_last,
        fact.start is not None and fact.start.exact,
        undated(fact),
        fact.start is None,
        *(fact.steady or (None, None)),
        first,
        last,
        *((None, None) if fact.yes else (denied_from, denied_to)),
    )
