"""Turns columns of text into arrays, strictly: what is not exactly right becomes a finding.

Nothing is guessed: a number is written with a decimal point, a date as year-month-day, a name
exactly as the trial file writes it.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from wholetrial.data.records import Flags, Floats
from wholetrial.data.sheet import MOST_ALIKE, Said, Sheet, complaints, near, place
from wholetrial.protocol.finding import Finding, Severity

Positions = NDArray[np.int64]
Dates = NDArray[np.datetime64]

LONGEST_TRIAL = 36_525
MOST_NAMES_SHOWN = 20
MOST_COMPARED = 20_000
UNKNOWN = -2

_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_YES = ("yes", "true", "1")
_NO = ("no", "false", "0")


class Names(NamedTuple):
    """Names as positions, UNKNOWN where a cell holds none of them; with what is wrong."""

    code: Positions
    findings: tuple[Finding, ...]


class Numbers(NamedTuple):
    """Numbers, NaN where a cell is empty or holds none; with what is wrong."""

    value: Floats
    findings: tuple[Finding, ...]


class YesOrNo(NamedTuple):
    """Yes or no, no where a cell says neither; with what is wrong."""

    yes: Flags
    findings: tuple[Finding, ...]


class Days(NamedTuple):
    """Dates, not a time where a cell holds none; with what is wrong."""

    date: Dates
    findings: tuple[Finding, ...]


def read_names(
    sheet: Sheet, column: str, known: Mapping[str, int], what: str, *, empty: int | None = None
) -> Names:
    """The positions that a column's names have; `empty` is the one of an empty cell, if allowed."""
    text = sheet.text(column)
    code = text.replace_strict(
        pl.Series(list(known), dtype=pl.String),
        pl.Series(list(known.values()), dtype=pl.Int64),
        default=None,
    )
    missing = text.is_null().to_numpy()
    unknown = code.is_null().to_numpy() & (~missing if empty is not None else True)
    positions = code.fill_null(UNKNOWN).to_numpy().copy()
    if empty is not None:
        positions[missing] = empty
    say = _unknown_name(text, unknown, tuple(known), what)
    return Names(positions, tuple(complaints(sheet, column, unknown, say)))


def _unknown_name(
    text: pl.Series, unknown: Flags, known: tuple[str, ...], what: str
) -> Callable[[str], Said]:
    shown = f" ({', '.join(known)})" if 0 < len(known) <= MOST_NAMES_SHOWN else ""
    several = text.filter(pl.Series(unknown)).n_unique() * len(known) > MOST_COMPARED

    def say(found: str) -> Said:
        return Said(f"{what}{shown}", "" if several or not found else near(found, known))

    return say


def read_numbers(
    sheet: Sheet, column: str, expected: str = "a number", *, empty: bool = True
) -> Numbers:
    """A column's numbers; an empty cell is missing, or a finding where it may not be `empty`."""
    text = sheet.text(column)
    written = text.str.contains(_NUMBER).fill_null(False)
    value = pl.select(pl.when(written).then(text).cast(pl.Float64, strict=False)).to_series()
    number = value.fill_null(np.nan).to_numpy().copy()
    wrong = ~np.isfinite(number)
    if empty:
        wrong &= text.is_not_null().to_numpy()
    number[wrong] = np.nan
    found = complaints(sheet, column, wrong, lambda text: Said(expected, _number_advice(text)))
    return Numbers(number, tuple(found))


def _number_advice(text: str) -> str:
    pointed = text.replace(",", ".")
    if text.count(",") == 1 and pointed.replace(".", "", 1).lstrip("+-").isdigit():
        return f"write {pointed}"
    if text[:1] in "<>" and text:
        return "write the number alone"
    if text.casefold() in ("nan", "na", "n/a", "null", "none", "missing", "-", "inf"):
        return "leave a missing value empty"
    return ""


def outside(
    sheet: Sheet, column: str, wrong: Flags, expected: str, severity: Severity = "error"
) -> Iterator[Finding]:
    """Findings for cells that can be read and cannot be right."""
    said = Said(expected, "check it against the source" if severity == "error" else "")
    return complaints(sheet, column, wrong, lambda _: said, severity)


def read_dates(sheet: Sheet, column: str) -> Days:
    """A column's dates, written as 2026-03-31; an empty cell is missing."""
    text = sheet.text(column)
    date = text.str.to_date("%Y-%m-%d", strict=False)
    shaped = text.str.contains(_DATE).fill_null(False).to_numpy()
    wrong = text.is_not_null().to_numpy() & ~(shaped & date.is_not_null().to_numpy())
    days = date.to_numpy().astype("datetime64[D]")
    days[wrong] = np.datetime64("NaT")
    found = complaints(
        sheet, column, wrong, lambda _: Said("a date of the calendar, as 2026-03-31")
    )
    return Days(days, tuple(found))


def read_yes_or_no(sheet: Sheet, column: str) -> YesOrNo:
    """A column of yes and no (or true and false, 1 and 0); an empty cell is a finding."""
    text = sheet.text(column).str.to_lowercase()
    yes = text.is_in(_YES).fill_null(False).to_numpy()
    neither = ~yes & ~text.is_in(_NO).fill_null(False).to_numpy()
    return YesOrNo(yes, tuple(complaints(sheet, column, neither, lambda _: Said("yes or no"))))


def read_days(sheet: Sheet, participant: Positions, week_0: Dates) -> Numbers:
    """The days that a table's rows speak of, from their day or their date.

    `participant` is the position of each row's participant, `week_0` the date of each
    participant's week 0. A row without a day or a date is a finding, and so is one with two.
    """
    day = read_numbers(sheet, "day", "a whole number of days from week 0")
    date = read_dates(sheet, "date")
    known = np.where(participant >= 0, participant, 0)
    start = week_0[known] if week_0.size else np.full(known.shape, np.datetime64("NaT"))
    counted = (date.date - start) / np.timedelta64(1, "D")
    gone = np.where(np.isnan(day.value), counted, day.value)
    far = np.abs(gone) > LONGEST_TRIAL
    findings = chain(
        day.findings,
        date.findings,
        _partial_days(sheet, day.value),
        _without_day(sheet),
        _without_week_0(sheet, date.date, (participant >= 0) & np.isnat(start)),
        _disagreeing(sheet, day.value, counted),
        outside(sheet, _written(sheet), far, "a day within 100 years of week 0"),
    )
    return Numbers(np.where(far, np.nan, gone), tuple(findings))


def _written(sheet: Sheet) -> str:
    return "day" if sheet.has("day") else "date"


def _partial_days(sheet: Sheet, day: Floats) -> Iterator[Finding]:
    partial = ~np.isnan(day) & (day != np.rint(day))
    return outside(sheet, "day", partial, "a whole number of days from week 0")


def _without_day(sheet: Sheet) -> Iterator[Finding]:
    none = (sheet.text("day").is_null() & sheet.text("date").is_null()).to_numpy()
    advice = "remove the row where it did not take place"
    return complaints(sheet, _written(sheet), none, lambda _: Said("a day or a date", advice))


def _without_week_0(sheet: Sheet, date: Dates, unknown: Flags) -> Iterator[Finding]:
    lost = ~np.isnat(date) & sheet.text("day").is_null().to_numpy() & unknown
    expected = "a day, as the participant's week_0 is not known"
    advice = "add the column week_0 to participants.csv"
    return complaints(sheet, "date", lost, lambda _: Said(expected, advice))


def _disagreeing(sheet: Sheet, day: Floats, counted: Floats) -> Iterator[Finding]:
    two = ~np.isnan(day) & ~np.isnan(counted) & (day != counted)
    return outside(sheet, "date", two, "the date of the day beside it")


def repeated(sheet: Sheet, column: str, key: Positions, expected: str) -> Iterator[Finding]:
    """Findings for rows whose key an earlier row has; a negative key is nobody's."""
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    earlier = first[inverse]
    again = np.flatnonzero((key >= 0) & (earlier != np.arange(key.size)))
    for index, row in enumerate(again[: MOST_ALIKE + 1]):
        line = place(sheet, column, int(earlier[row])).line
        found = f"a second one (the first is in line {line})"
        if index == MOST_ALIKE:
            found = f"{found} and {again.size - index - 1:,} more like it, from here on"
        where = place(sheet, column, int(row))
        yield Finding(sheet.file, where, column, expected, found, "keep the right one")


def known_in(participant: Positions, *others: Positions) -> Flags:
    """Which rows have a known name in every one of these columns."""
    known = participant >= 0
    for other in others:
        known = known & (other >= 0)
    return known
