"""A plan as one query of a database: DuckDB or PostgreSQL.

The query reads four relations: people, facts, dates and covered, as fact_tables.py has them. Days
are moved by intervals only, so that both engines count years and months alike.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Literal

from wholetrial.screening.fact_tables import FACTS
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

Dialect = Literal["duckdb", "postgresql"]


def criteria_in_sql(plan: Plan, dialect: Dialect, views: str = "") -> str:
    """One query: a row per person, a nullable boolean column per criterion.

    `views` are definitions of the relations, where they are not tables: "people AS (...), ...".
    """
    definitions, rows = parts_in_sql(plan, dialect, views)
    return f"WITH {definitions}\n{rows}"


def parts_in_sql(plan: Plan, dialect: Dialect, views: str = "") -> tuple[str, str]:
    """The definitions of that query, and the query that reads them; the truths of atoms too."""
    definitions = [views] if views else []
    definitions.append(f"days AS ({_people(plan, dialect)})")
    joins, chosen = [], ["p.*"]
    for index, step in enumerate(plan.steps):
        definitions += _rows_and_counts(step, index, dialect)
        joins.append(f"LEFT JOIN counts_{index} c{index} ON c{index}.person = p.person")
        chosen += _counted(step, index)
        for number, one in enumerate(step.covers):
            name = f"covers_{index}_{number}"
            definitions.append(f"{name} AS ({_covers(one, dialect)})")
            joins.append(f"LEFT JOIN {name} ON {name}.person = p.person")
            chosen.append(f"COALESCE({name}.spans, 0) AS {quoted(one.name)}")
    known = f"SELECT {', '.join(chosen)} FROM days p {' '.join(joins)}"
    definitions.append(f"known AS ({known})")
    told = {**plan.criteria, **plan.truths}
    columns = [f"{in_sql(one, dialect)} AS {quoted(name)}" for name, one in told.items()]
    body = ",\n  ".join(["person", *columns])
    return ",\n".join(definitions), f"SELECT {body}\nFROM known"


def quoted(name: str) -> str:
    """A name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text in single quotes."""
    return "'" + value.replace("'", "''") + "'"


def in_sql(expression: Expression, dialect: Dialect) -> str:
    """An expression of columns as SQL."""

    def sql(inner: Expression) -> str:
        return in_sql(inner, dialect)

    match expression:
        case Column():
            return quoted(expression.name)
        case Literally():
            return (
                "CAST(NULL AS DOUBLE PRECISION)"
                if expression.number
                else _literal(expression.value)
            )
        case Joined():
            return f"({sql(expression.left)} {expression.sign.upper()} {sql(expression.right)})"
        case Opposite():
            return f"(NOT {sql(expression.of)})"
        case IsNull():
            return f"({sql(expression.of)} IS NULL)"
        case Case():
            whens = " ".join(f"WHEN {sql(if_)} THEN {sql(then)}" for if_, then in expression.when)
            return f"(CASE {whens} ELSE {sql(expression.otherwise)} END)"
        case _:
            return _several(expression, dialect)


def _several(expression: Expression, dialect: Dialect) -> str:
    """What is made of several columns, or of several rows of a person."""

    def sql(inner: Expression) -> str:
        return in_sql(inner, dialect)

    match expression:
        case Outer():
            return f"{expression.pick.upper()}({', '.join(sql(one) for one in expression.of)})"
        case First():
            return f"COALESCE({', '.join(sql(one) for one in expression.of)})"
        case Shifted():
            sign, length = "-" if expression.back else "+", expression.length
            moved = f"{sql(expression.day)} {sign} INTERVAL '{length.number} {length.unit}s'"
            return f"CAST({moved} AS DATE)"
        case Extreme():
            pick = "MAX" if expression.highest else "MIN"
            rows = f"CASE WHEN {sql(expression.where)} THEN {sql(expression.of)} END"
            return f"{pick}({rows}) OVER (PARTITION BY person)"
        case _:
            return _aggregate(expression, dialect)


def _aggregate(expression: Expression, dialect: Dialect) -> str:
    match expression:
        case Count():
            return f"COUNT(*) FILTER (WHERE {in_sql(expression.where, dialect)})"
        case Distinct():
            of, where = in_sql(expression.of, dialect), in_sql(expression.where, dialect)
            return f"COUNT(DISTINCT {of}) FILTER (WHERE {where})"
        case Mean():
            of, where = in_sql(expression.of, dialect), in_sql(expression.where, dialect)
            mean = f"AVG({of}) FILTER (WHERE {where})"
            if dialect == "postgresql":
                return f"CAST(ROUND(CAST({mean} AS NUMERIC), 9) AS DOUBLE PRECISION)"
            return f"ROUND({mean}, 9)"
        case _:
            raise TypeError(f"no expression of columns: {expression!r}")


def _literal(value: bool | int | float | str | date | None) -> str:
    match value:
        case None:
            return "CAST(NULL AS BOOLEAN)"
        case bool():
            return "TRUE" if value else "FALSE"
        case date():
            return f"DATE '{value.isoformat()}'"
        case str():
            return text(value)
        case float():
            return f"CAST({value!r} AS DOUBLE PRECISION)"
        case _:
            return str(value)


def _people(plan: Plan, dialect: Dialect) -> str:
    """The people with the days of the events and of the steps that the plan needs."""
    columns, joins = ["p.*"], []
    for index, event in enumerate(plan.events):
        columns.append(f"d{index}.day AS {quoted(f'on_{event}')}")
        on = f"d{index}.person = p.person AND d{index}.event = {text(event)}"
        joins.append(f"LEFT JOIN dates d{index} ON {on}")
    with_events = " ".join(["SELECT", ", ".join(columns), "FROM people p", *joins])
    days = "".join(_listed(step.person, dialect) for step in plan.steps)
    return f"SELECT *{days} FROM ({with_events}) p"


def _rows_and_counts(step: Step, index: int, dialect: Dialect) -> Iterator[str]:
    """The rows of a step in layers, and its counts for each person."""
    rows = f"rows_{index}_0"
    kept = [f"f.{quoted(name)}" for name in FACTS]
    kept += [f"p.{quoted(name)}" for name in ("screened", *step.person)]
    yield (
        f"{rows} AS (SELECT {', '.join(kept)} FROM facts f JOIN days p ON p.person = f.person "
        f"WHERE f.about = {text(step.about)})"
    )
    names = dict.fromkeys([*FACTS, "screened", *step.person])
    for layer, columns in enumerate(step.rows, start=1):
        before, rows = rows, f"rows_{index}_{layer}"
        same = ", ".join(quoted(name) for name in names if name not in columns)
        yield f"{rows} AS (SELECT {same}{_listed(columns, dialect)} FROM {before})"
        names.update(dict.fromkeys(columns))
    counts = _listed(step.counts, dialect)
    yield f"counts_{index} AS (SELECT person{counts} FROM {rows} GROUP BY person)"


def _counted(step: Step, index: int) -> Iterator[str]:
    """The counts of a step: 0 for people without rows; a mean stays without a value."""
    for name, one in step.counts.items():
        column = f"c{index}.{quoted(name)}"
        column = column if isinstance(one, Mean) else f"COALESCE({column}, 0)"
        yield f"{column} AS {quoted(name)}"


def _listed(columns: Mapping[str, Expression], dialect: Dialect) -> str:
    return "".join(f", {in_sql(one, dialect)} AS {quoted(name)}" for name, one in columns.items())


def _covers(one: Coverage, dialect: Dialect) -> str:
    about = f"v.about = {text(one.about)}"
    chosen = f"({about} OR v.about IS NULL)" if one.everything else about
    first, last = (in_sql(day, dialect) for day in (one.first, one.last))
    return (
        f"SELECT p.person, COUNT(*) AS spans FROM days p JOIN covered v ON v.person = p.person "
        f"WHERE {chosen} AND v.first <= {first} AND v.last >= {last} GROUP BY p.person"
    )
