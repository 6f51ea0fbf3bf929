"""A plan worked out in columns, with Polars."""

from collections.abc import Mapping
from functools import reduce
from operator import add, eq, ge, gt, le, lt, mul, truediv
from typing import Any

import polars as pl

from wholetrial.protocol.time import Duration
from wholetrial.screening.fact_tables import FactTables
from wholetrial.screening.plan.expression import (
    Case,
    Column,
    Count,
    Distinct,
    Expression,
    Extreme,
    First,
    IsNull,
    Joined,
    Literally,
    Mean,
    Opposite,
    Outer,
    Shifted,
)
from wholetrial.screening.plan.plan import Coverage, Plan, Step

_SIGNS: dict[str, Any] = {
    "and": lambda one, other: one & other,
    "or": lambda one, other: one | other,
    "<=": le,
    "<": lt,
    ">=": ge,
    ">": gt,
    "=": eq,
    "+": add,
    "/": truediv,
    "*": mul,
}
_UNITS = {"day": "d", "week": "w", "month": "mo", "year": "y"}


def criteria_in_columns(plan: Plan, tables: FactTables) -> pl.DataFrame:
    """One row per person in their order, one column per criterion: allows, blocks or unknown."""
    people = _with_events(plan, tables)
    for step in plan.steps:
        people = _worked_out(step, people, tables)
    chosen = [in_polars(truth).alias(name) for name, truth in plan.criteria.items()]
    return people.select("person", *chosen)


def in_polars(expression: Expression) -> pl.Expr:
    """An expression of columns as Polars writes it."""
    match expression:
        case Column():
            return pl.col(expression.name)
        case Literally():
            missing = pl.Float64 if expression.number else pl.Boolean
            return pl.lit(expression.value, missing if expression.value is None else None)
        case Joined():
            left, right = in_polars(expression.left), in_polars(expression.right)
            joined: pl.Expr = _SIGNS[expression.sign](left, right)
            return joined
        case Opposite():
            return ~in_polars(expression.of)
        case IsNull():
            return in_polars(expression.of).is_null()
        case Case():
            return _case(expression)
        case Shifted():
            return _shifted(in_polars(expression.day), expression.length, back=expression.back)
        case _:
            return _several(expression)


def _several(expression: Expression) -> pl.Expr:
    """What is made of several columns, or of several rows of a person."""
    match expression:
        case Outer():
            pick = pl.min_horizontal if expression.pick == "least" else pl.max_horizontal
            return pick(*(in_polars(one) for one in expression.of))
        case First():
            return pl.coalesce(*(in_polars(one) for one in expression.of))
        case Count():
            return in_polars(expression.where).sum().cast(pl.Int64)
        case Distinct():
            rows = in_polars(expression.of).filter(in_polars(expression.where))
            return rows.drop_nulls().n_unique().cast(pl.Int64)
        case Mean():
            rows = in_polars(expression.of).filter(in_polars(expression.where))
            return rows.mean().round(9)
        case Extreme():
            rows = pl.when(in_polars(expression.where)).then(in_polars(expression.of))
            return (rows.max() if expression.highest else rows.min()).over("person")
        case _:
            raise TypeError(f"no expression of columns: {expression!r}")


def _case(expression: Case) -> pl.Expr:
    """The first value whose condition is true; a condition that is null is not."""
    result = in_polars(expression.otherwise)
    for condition, value in reversed(expression.when):
        result = pl.when(in_polars(condition)).then(in_polars(value)).otherwise(result)
    return result


def _shifted(day: pl.Expr, length: Duration, *, back: bool) -> pl.Expr:
    return day.dt.offset_by(f"{'-' if back else ''}{length.number}{_UNITS[length.unit]}")


def _with_events(plan: Plan, tables: FactTables) -> pl.DataFrame:
    """The people with the days of the events that the plan needs."""
    people = tables.people
    for event in plan.events:
        name = f"on_{event}"
        days = tables.dates.filter(pl.col("event") == event).select("person", day=pl.col("day"))
        people = people.join(
            days.rename({"day": name}), on="person", how="left", maintain_order="left"
        )
    return people


def _worked_out(step: Step, people: pl.DataFrame, tables: FactTables) -> pl.DataFrame:
    """The people with one step's counts."""
    people = people.with_columns(**_columns(step.person))
    needed = people.select("person", "screened", *step.person)
    rows = tables.facts.filter(pl.col("about") == step.about).join(needed, on="person")
    for layer in step.rows:
        rows = rows.with_columns(**_columns(layer))
    counts = rows.group_by("person").agg(**_columns(step.counts))
    people = people.join(counts, on="person", how="left", maintain_order="left")
    counted = [name for name, one in step.counts.items() if not isinstance(one, Mean)]
    people = people.with_columns(pl.col(name).fill_null(0) for name in counted)
    return reduce(lambda frame, one: _covered(one, frame, tables), step.covers, people)


def _columns(expressions: Mapping[str, Expression]) -> dict[str, pl.Expr]:
    return {name: in_polars(one) for name, one in expressions.items()}


def _covered(one: Coverage, people: pl.DataFrame, tables: FactTables) -> pl.DataFrame:
    about = pl.col("about") == one.about
    chosen = about | pl.col("about").is_null() if one.everything else about
    days = people.select("person", _first=in_polars(one.first), _last=in_polars(one.last))
    spans = tables.covered.filter(chosen).join(days, on="person")
    reaching = spans.filter(
        (pl.col("first") <= pl.col("_first")) & (pl.col("last") >= pl.col("_last"))
    )
    counts = reaching.group_by("person").agg(pl.len().cast(pl.Int64).alias(one.name))
    joined = people.join(counts, on="person", how="left", maintain_order="left")
    return joined.with_columns(pl.col(one.name).fill_null(0))
