"""Days that are known in part: "2024", "2024-03", "2024-03-12"; and calendar arithmetic.

A day known in part is the interval of the days it can be. Weeks are seven days; months and years
are calendar ones that end with a shorter month: six months before 31 August is 28 or 29 February.
"""

import calendar
import re
from datetime import date, timedelta
from typing import NamedTuple

from wholetrial.protocol.time import Duration

FIRST, LAST = date(1800, 1, 1), date(2200, 12, 31)
"""The bounds of a day that nothing is known of."""
_WRITTEN = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?$")


class DayError(ValueError):
    """A text that names no day: what was expected and what stands there."""


class Days(NamedTuple):
    """The days that a day can be, both ends included."""

    earliest: date
    latest: date

    @property
    def exact(self) -> bool:
        """Whether the day is known."""
        return self.earliest == self.latest

    def __str__(self) -> str:
        first, last = self
        if self.exact:
            return in_words(first)
        if last == LAST:
            return f"{in_words(first)} or later"
        if first == FIRST:
            return f"{in_words(last)} or before"
        if (first.day, last) == (1, _month_end(first.year, first.month)):
            return f"{calendar.month_name[first.month]} {first.year}"
        if (first.month, first.day, last) == (1, 1, date(first.year, 12, 31)):
            return str(first.year)
        return f"{in_words(first)} to {in_words(last)}"


def read_days(text: str) -> Days:
    """Read a year, a month or a day; raises DayError where there is no such day.

    >>> read_days("2024-02")
    Days(earliest=datetime.date(2024, 2, 1), latest=datetime.date(2024, 2, 29))
    """
    match = _WRITTEN.match(text.strip())
    expected = "a day as 2024-03-12, a month as 2024-03 or a year as 2024"
    if match is None:
        raise DayError(f"expected {expected}, found '{text}'")
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        if month is None:
            found = Days(date(year or 0, 1, 1), date(year or 0, 12, 31))
        elif day is None:
            found = Days(date(year or 0, month, 1), _month_end(year or 0, month))
        else:
            found = exactly(date(year or 0, month, day))
    except ValueError:
        raise DayError(f"'{text}' is no day of the calendar; expected {expected}") from None
    if not FIRST.year <= found.earliest.year < LAST.year:
        raise DayError(f"'{text}' lies outside the years {FIRST.year} to {LAST.year - 1}")
    return found


def exactly(day: date) -> Days:
    """A day that is known."""
    return Days(day, day)


def in_words(day: date) -> str:
    """A day as people write it: "12 March 2024"."""
    return f"{day.day} {calendar.month_name[day.month]} {day.year}"


def before(day: date, length: Duration) -> date:
    """The day so long before another.

    >>> before(date(2023, 8, 31), Duration(number=6, unit="month"))
    datetime.date(2023, 2, 28)
    """
    return _moved(day, length, -1)


def after(day: date, length: Duration) -> date:
    """The day so long after another."""
    return _moved(day, length, 1)


def completed(length: Duration, start: date, end: date) -> int:
    """How many of a length fit from one day to another, negative where the end comes first.

    >>> completed(Duration(number=1, unit="year"), date(2003, 12, 31), date(2025, 1, 1))
    21
    """
    span = {"day": 1.0, "week": 7.0, "month": 30.436875, "year": 365.2425}[length.unit]
    guess = int((end - start).days / (span * length.number)) + 1
    while _moved(start, length, guess) > end:
        guess -= 1
    return guess


def _moved(day: date, length: Duration, times: int) -> date:
    number = length.number * times
    try:
        if length.unit in ("day", "week"):
            moved = day + timedelta(days=number * (7 if length.unit == "week" else 1))
        else:
            moved = _by_months(day, number * (12 if length.unit == "year" else 1))
    except (OverflowError, ValueError):
        return FIRST if number < 0 else LAST
    return min(max(moved, FIRST), LAST)


def _by_months(day: date, number: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + number, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])
