"""A database of the OMOP model, opened to be read only: a DuckDB file, or PostgreSQL by address."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wholetrial.screening.plan.in_sql import Dialect, quoted, text

NEEDED = ("person",)
CLINICAL = {
    "condition_occurrence": "condition_concept_id",
    "drug_exposure": "drug_concept_id",
    "procedure_occurrence": "procedure_concept_id",
    "measurement": "measurement_concept_id",
    "observation": "observation_concept_id",
}
"""The tables in which something about a person can stand, each with its column of concepts."""


class DatabaseError(ValueError):
    """A database that cannot be used: what was expected and what is there."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database: its dialect, its schema, the columns of its tables in small letters."""

    connection: Any
    dialect: Dialect
    schema: str
    columns: dict[str, frozenset[str]]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return list(self.connection.execute(query).fetchall())

    def has(self, table: str) -> bool:
        """Whether there is such a table."""
        return table in self.columns

    def table(self, name: str) -> str:
        """A table with its schema."""
        return f"{quoted(self.schema)}.{name}"


@contextmanager
def opened(address: str, schema: str | None = None) -> Iterator[Database]:
    """Open a database, given as a DuckDB file or as `postgresql://...`.

    Raises DatabaseError where it cannot be opened or has no table of persons.
    """
    if address.startswith(("postgresql://", "postgres://")):
        with closing(_postgresql(address)) as connection:
            yield _described(connection, "postgresql", schema or "public", address)
    else:
        with closing(_duckdb(Path(address))) as connection:
            yield _described(connection, "duckdb", schema or "main", address)


def _duckdb(path: Path) -> Any:
    duckdb = _library("duckdb")
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no file"
        advice = "give the path of a DuckDB file, or postgresql://user@host/database"
        raise DatabaseError(f"expected a database at '{path}', found {found}; {advice}")
    try:
        connection = duckdb.connect(str(path), read_only=True)
        connection.execute("SET python_enable_replacements = false")
    except duckdb.Error as problem:
        said = str(problem).splitlines()[0]
        raise DatabaseError(f"'{path}' cannot be read as a DuckDB database: {said}") from None
    return connection


def _postgresql(address: str) -> Any:
    psycopg = _library("psycopg")
    try:
        connection = psycopg.connect(address, connect_timeout=20)
        connection.read_only = True
    except psycopg.Error as problem:
        said = str(problem).strip().splitlines()[-1]
        raise DatabaseError(f"cannot connect to PostgreSQL: {said}") from None
    return connection


def _library(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        raise DatabaseError(
            f"reading this database needs {name}: pip install 'wholetrial[omop]'"
        ) from None


def _described(connection: Any, dialect: Dialect, schema: str, address: str) -> Database:
    query = (
        "SELECT lower(table_name), lower(column_name) FROM information_schema.columns "
        f"WHERE table_schema = {text(schema)}"
    )
    columns: dict[str, set[str]] = {}
    for table, column in connection.execute(query).fetchall():
        columns.setdefault(table, set()).add(column)
    found = {name: frozenset(names) for name, names in columns.items()}
    database = Database(connection, dialect, schema, found)
    missing = [name for name in NEEDED if name not in found]
    if missing:
        there = ", ".join(sorted(found)[:8]) or "no tables"
        raise DatabaseError(
            f"expected the OMOP table '{missing[0]}' in schema '{schema}' of {shown(address)}, "
            f"found {there}; another schema is named with --schema"
        )
    return database


def shown(address: str) -> str:
    """An address without its password."""
    before, at, host = address.rpartition("@")
    scheme, separator, user = before.partition("://")
    return f"{scheme}{separator}{user.partition(':')[0]}{at}{host}" if at else address
