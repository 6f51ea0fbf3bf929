"""A participant's calendar as a page to print."""

import datetime

from wholetrial.conduct.calendar_plan import CalendarPlan, CalendarRow
from wholetrial.report.page import page_of

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def render_calendar(plan: CalendarPlan) -> str:
    """A participant's calendar as one HTML file, with room to tick what is done."""
    return page_of("calendar.html", plan=plan, long_date=long_date, conditions=conditions)


def conditions(row: CalendarRow) -> tuple[str, ...]:
    """What a day depends on: who comes, what is decided, which doses are given."""
    of_doses = dict.fromkeys(dose.condition for dose in row.doses if dose.condition)
    return tuple(part for part in (row.condition, *row.decisions, *of_doses) if part)


def long_date(day: datetime.date) -> str:
    """A date in words, in English whatever the machine's language is.

    >>> long_date(datetime.date(2026, 1, 5))
    'January 5, 2026'
    """
    return f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"
