"""Reads a CSV file as it stands: every cell is text, and every cell knows its line and column."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from wholetrial.data.records import Flags
from wholetrial.protocol.finding import Finding, Place, Severity

LARGEST_TABLE = 200_000_000
MOST_COLUMNS = 10_000
MOST_ALIKE = 100
MISSING = ("NA", "NaN", ".")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Positions = NDArray[np.int64]


class InvalidDataError(ValueError):
    """Data that cannot be used; `findings` says everything that is wrong with it."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class Layout(NamedTuple):
    """Where each record of a file starts, in bytes, and how many cells it has."""

    content: bytes
    start: Positions
    cells: Positions


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it stands in its file: text, null where missing; rows of another width left out.

    `record` says in which record of the file each row stands and `field` in which of its cells
    each column does. `findings` are the rows that do not have the width of the header.
    """

    file: str
    layout: Layout
    frame: pl.DataFrame
    record: Positions
    field: Mapping[str, int | Positions]
    findings: tuple[Finding, ...] = ()

    def has(self, column: str) -> bool:
        """Whether the table has a column of this name."""
        return column in self.frame.columns

    def text(self, column: str) -> pl.Series:
        """A column's text; null everywhere where the table does not have it."""
        if self.has(column):
            return self.frame[column]
        return pl.Series(column, [None] * self.frame.height, pl.String)


class Said(NamedTuple):
    """What was expected in place of a text, and what to do."""

    expected: str
    advice: str = ""


def read_sheet(path: Path, missing: tuple[str, ...] = MISSING) -> Sheet:
    """Read a CSV file: UTF-8, columns separated by commas, names in the first line.

    Cells that are empty or hold one of the `missing` words become null. Raises InvalidDataError
    where the file cannot be read as such a table.
    """
    file = str(path)
    layout = _laid_out(_content(path, file), file)
    names = _header(layout, file)
    ragged = layout.cells != len(names)
    blank = np.diff(layout.start) == 1
    wrong = np.flatnonzero(ragged & ~blank)
    frame = _frame(layout, names, missing)
    kept = ~(ragged | blank)[1:]
    if frame.height != kept.size:
        raise _refused(file, Place(1, 1), "cells enclosed in pairs of quotation marks", "others")
    empty = frame.select(pl.all_horizontal(pl.all().is_null())).to_series().to_numpy()
    kept &= ~empty
    return Sheet(
        file,
        layout,
        frame.filter(pl.Series(kept)),
        np.flatnonzero(kept) + 1,
        {name: index for index, name in enumerate(names)},
        tuple(_ragged(layout, file, wrong, len(names))),
    )


def place(sheet: Sheet, column: str, row: int) -> Place:
    """The line and column of the file at which a cell begins; both count from 1."""
    field = sheet.field.get(column, 0)
    cell = field if isinstance(field, int) else int(field[row])
    return _place(sheet.layout, int(sheet.record[row]), cell)


def complaints(
    sheet: Sheet,
    column: str,
    wrong: Flags,
    say: Callable[[str], Said],
    severity: Severity = "error",
) -> Iterator[Finding]:
    """One finding for each wrong cell of a column; where very many are alike, their number."""
    rows = np.flatnonzero(wrong)
    said = lru_cache(maxsize=None)(say)
    shown = rows[: MOST_ALIKE + 1]
    for index, (row, text) in enumerate(zip(shown, sheet.text(column).gather(shown), strict=True)):
        expected, advice = said(text or "")
        found = "nothing" if text is None else f"'{shortened(text)}'"
        if index == MOST_ALIKE:
            found = f"{found} and {rows.size - index - 1:,} more rows like it, from here on"
        where = place(sheet, column, int(row))
        yield Finding(sheet.file, where, column, expected, found, advice, severity)


def of_table(
    sheet: Sheet,
    column: str,
    expected: str,
    found: str,
    advice: str = "",
    severity: Severity = "error",
) -> Finding:
    """A finding about a column as a whole, or about the table; it stands at the first line."""
    field = sheet.field.get(column)
    where = _place(sheet.layout, 0, field) if isinstance(field, int) else Place(1, 1)
    return Finding(sheet.file, where, column, expected, found, advice, severity)


def part_of(sheet: Sheet, rows: Flags) -> Sheet:
    """The same table with some of its rows."""
    field = {
        name: cell if isinstance(cell, int) else cell[rows] for name, cell in sheet.field.items()
    }
    return replace(
        sheet, frame=sheet.frame.filter(pl.Series(rows)), record=sheet.record[rows], field=field
    )


def shortened(text: str) -> str:
    """A text that fits into a line."""
    text = text.replace("\n", " ")
    return text if len(text) <= 60 else text[:57] + "..."


def near(text: str, known: Iterable[str]) -> str:
    """Advice with the nearest right name, whatever its case; empty where none is near."""
    name = nearest_name(text, known)
    return f"did you mean '{name}'?" if name else ""


def nearest_name(text: str, known: Iterable[str], *, alike: float = 0.6) -> str:
    """The name most like a text, whatever its case; empty where none is `alike` enough (0 to 1)."""
    folded = {name.casefold(): name for name in known}
    close = get_close_matches(text.casefold(), folded, n=1, cutoff=alike)
    return folded[close[0]] if close else ""


def of_file(
    path: Path, expected: str, found: str, advice: str = "", severity: Severity = "error"
) -> Finding:
    """A finding about a file or folder as a whole."""
    return Finding(str(path), Place(1, 1), "", expected, found, advice, severity)


def _content(path: Path, file: str) -> bytes:
    """A file's bytes as UTF-8 text with one kind of line end, the last line ended too."""
    if not path.is_file():
        found = "a folder" if path.is_dir() else "another thing" if path.exists() else "no file"
        raise _refused(file, Place(1, 1), "a CSV file", found, "check the path")
    try:
        with path.open("rb") as opened:
            content = opened.read(LARGEST_TABLE + 1)
    except OSError as problem:
        why = (problem.strerror or str(problem)).lower()
        raise _refused(file, Place(1, 1), "a CSV file that can be read", why) from None
    if len(content) > LARGEST_TABLE:
        raise _refused(file, Place(1, 1), f"at most {LARGEST_TABLE:,} bytes", "more")
    content = content.removeprefix(BYTE_ORDER_MARK)
    if not content.strip():
        raise _refused(file, Place(1, 1), "a line with the names of the columns", "an empty file")
    _check_text(content, file)
    if b"\r" in content:
        content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return content if content.endswith(b"\n") else content + b"\n"


def _check_text(content: bytes, file: str) -> None:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refused(file, Place(1, 1), "text in UTF-8", "UTF-16", "save it as CSV UTF-8")
    if content.startswith(b"PK\x03\x04"):
        found = "a spreadsheet or another compressed file"
        raise _refused(file, Place(1, 1), "a CSV file", found, "save it as CSV UTF-8")
    strange = re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\xc2[\x80-\x9f]", content)
    if strange:
        where = Place(content.count(b"\n", 0, strange.start()) + 1, 1)
        found = f"the control character {strange.group().decode()!r}"
        raise _refused(file, where, "text", found, "is this a CSV file?")
    try:
        content.decode()
    except UnicodeDecodeError as error:
        where = Place(content.count(b"\n", 0, error.start) + 1, 1)
        raise _refused(
            file, where, "text in UTF-8", "other bytes", "save it as CSV UTF-8"
        ) from None


def _laid_out(content: bytes, file: str) -> Layout:
    """Find the records and count their cells; commas and line ends in quotation marks are text."""
    text = np.frombuffer(content, np.uint8)
    separator, line_end = text == ord(","), text == ord("\n")
    if b'"' in content:
        quote = text == ord('"')
        inside = np.bitwise_xor.accumulate(quote.view(np.uint8)).view(np.bool_)
        _check_quotes(content, quote, inside, file)
        separator &= ~inside
        line_end &= ~inside
    ends = np.flatnonzero(line_end)
    before = np.searchsorted(np.flatnonzero(separator), ends)
    start = np.concatenate(([0], ends + 1))
    return Layout(content, start, np.diff(before, prepend=0) + 1)


def _check_quotes(content: bytes, quote: Flags, inside: Flags, file: str) -> None:
    """Quotation marks enclose whole cells, or stand doubled in such cells."""
    text = np.frombuffer(content, np.uint8)
    marks = np.flatnonzero(quote)
    opening = inside[marks]
    beside = np.frombuffer(b',\n"', np.uint8)
    before = np.where(marks > 0, text[np.maximum(marks - 1, 0)], ord("\n"))
    after = text[np.minimum(marks + 1, text.size - 1)]
    wrong = ~np.isin(np.where(opening, before, after), beside)
    if wrong.any() or inside[-1]:
        at = int(marks[wrong][0] if wrong.any() else marks[-1])
        line_start = content.rfind(b"\n", 0, at) + 1
        column = len(content[line_start:at].decode(errors="replace")) + 1
        where = Place(content.count(b"\n", 0, at) + 1, column)
        advice = 'enclose the whole cell in " and write "" for each mark in it'
        raise _refused(file, where, 'cells enclosed in pairs of "', 'a single "', advice)


def _header(layout: Layout, file: str) -> list[str]:
    line = layout.content[: layout.start[1]].decode()
    names = [name.strip() for name in next(csv.reader(io.StringIO(line))) or [""]]
    if len(names) > MOST_COLUMNS:
        raise _refused(file, Place(1, 1), f"at most {MOST_COLUMNS:,} columns", f"{len(names):,}")
    if len(names) == 1 and (";" in line or "\t" in line):
        sign = "semicolons" if ";" in line else "tabs"
        raise _refused(
            file, Place(1, 1), "columns separated by commas", sign, "save it as CSV with commas"
        )
    found = []
    for index, name in enumerate(names):
        if not name:
            found.append(_named(layout, file, index, "a name for each column", "none"))
        elif name in names[:index]:
            found.append(_named(layout, file, index, "each column once", f"'{name}' again"))
    if found:
        raise InvalidDataError(found)
    return names


def _named(layout: Layout, file: str, index: int, expected: str, found: str) -> Finding:
    return Finding(file, _place(layout, 0, index), "", expected, found)


def _frame(layout: Layout, names: list[str], missing: tuple[str, ...]) -> pl.DataFrame:
    """The cells as text; a header of our own tells the width even where no row has it."""
    header = ",".join(f"column_{index}" for index in range(len(names)))
    body = layout.content[layout.start[1] :]
    frame = pl.read_csv(
        io.BytesIO(header.encode() + b"\n" + body),
        infer_schema=False,
        truncate_ragged_lines=True,
    )
    frame.columns = names
    text = pl.all().str.strip_chars()
    return frame.with_columns(pl.when(~text.is_in(["", *missing])).then(text).name.keep())


def _ragged(layout: Layout, file: str, records: Positions, width: int) -> Iterator[Finding]:
    for record in records[:MOST_ALIKE]:
        cells = int(layout.cells[record])
        advice = (
            "a decimal comma is written as a point; text with a comma stands in quotation marks"
            if cells > width
            else "a missing value keeps its comma"
        )
        where = _place(layout, int(record), 0)
        yield Finding(file, where, "", f"{width} cells, as in the first line", f"{cells}", advice)
    if records.size > MOST_ALIKE:
        where = _place(layout, int(records[MOST_ALIKE]), 0)
        found = f"{records.size - MOST_ALIKE:,} more rows of another width, from here on"
        yield Finding(file, where, "", f"{width} cells, as in the first line", found)


def _place(layout: Layout, record: int, cell: int) -> Place:
    content, start = layout.content, int(layout.start[record])
    whole_lines = content.count(b"\n") == layout.start.size - 1
    line = record + 1 if whole_lines else content.count(b"\n", 0, start) + 1
    text = content[start : layout.start[record + 1]].decode()
    offset = _cell_start(text, cell)
    lines_before = text.count("\n", 0, offset)
    return Place(line + lines_before, offset - (text.rfind("\n", 0, offset) + 1) + 1)


def _cell_start(record: str, cell: int) -> int:
    inside, passed = False, 0
    for offset, sign in enumerate(record):
        if passed == cell:
            return offset
        if sign == '"':
            inside = not inside
        elif sign == "," and not inside:
            passed += 1
    return 0


def _refused(
    file: str, where: Place, expected: str, found: str, advice: str = ""
) -> InvalidDataError:
    return InvalidDataError([Finding(file, where, "", expected, found, advice)])
