"""Opens a folder of tables: which are there, and whether they have the columns they need."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from wholetrial.data.sheet import (
    InvalidDataError,
    Sheet,
    near,
    nearest_name,
    of_file,
    of_table,
    read_sheet,
)
from wholetrial.data.tables import TABLES, Table
from wholetrial.protocol.finding import Finding


class Opened(NamedTuple):
    """The tables that could be opened and have their columns; with what is wrong with any."""

    sheets: dict[str, Sheet]
    findings: tuple[Finding, ...]


def open_tables(folder: Path) -> Opened:
    """Open every table of a folder.

    Raises InvalidDataError where there is no such folder.
    """
    if not folder.is_dir():
        found, advice = "nothing", "check the path"
        if folder.is_file():
            found, advice = "a file", "name its folder, or say what its columns are (--columns)"
        expected = "a folder with the tables of the trial"
        raise InvalidDataError([of_file(folder, expected, found, advice)])
    files = _files(folder)
    sheets: dict[str, Sheet] = {}
    findings = list(_other_files(folder, files))
    for table in TABLES.values():
        if table.file not in files:
            findings += _absent(folder, table, files)
            continue
        try:
            sheet = read_sheet(folder / table.file)
        except InvalidDataError as error:
            findings += error.findings
            continue
        problems = tuple(_fitting(sheet, table))
        findings += problems
        if all(finding.severity != "error" for finding in problems):
            sheets[table.name] = sheet
    return Opened(sheets, tuple(findings))


def _files(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as problem:
        why = (problem.strerror or str(problem)).lower()
        raise InvalidDataError([of_file(folder, "a folder that can be read", why)]) from None


def _absent(folder: Path, table: Table, files: list[str]) -> Iterator[Finding]:
    if table.required:
        advice = near(table.file, files) or "add it"
        yield of_file(folder / table.file, f"the table {table.name}", "no such file", advice)


def _other_files(folder: Path, files: list[str]) -> Iterator[Finding]:
    known = [table.file for table in TABLES.values()]
    for name in files:
        if name.lower().endswith(".csv") and name not in known:
            says = "this is none of the tables, and not read"
            yield of_file(folder / name, says, "", near(name, known), "warning")


def _fitting(sheet: Sheet, table: Table) -> Iterator[Finding]:
    """Findings for columns that a table needs and does not have, and for those it does not know."""
    columns = list(sheet.frame.columns)
    for column in table.columns:
        if column.required and column.name not in columns:
            yield _missing(sheet, f"the column '{column.name}'", column.name)
    if table.timed and not (sheet.has("day") or sheet.has("date")):
        yield _missing(sheet, "the column 'day' or the column 'date'", "day")
    known = [column.name for column in table.columns]
    for name in columns:
        if name not in known and not table.open_ended:
            says = f"the column '{name}' is not one of this table, and not read"
            yield of_table(sheet, name, says, "", near(name, known), "warning")
    if table.name == "observations" and not (sheet.frame.height or sheet.findings):
        yield of_table(sheet, "", f"at least {table.row}", "no row")


def _missing(sheet: Sheet, expected: str, name: str) -> Finding:
    columns = ", ".join(sheet.frame.columns[:20])
    close = nearest_name(name, sheet.frame.columns)
    advice = f"rename '{close}'" if close else "add it"
    return of_table(sheet, "", expected, f"the columns {columns}", advice)
