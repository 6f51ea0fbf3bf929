"""The dates of one participant: a week is seven days, a month is a calendar month.

Months are counted from the same day of the month and end with a shorter month: one month after
31 January is 28 or 29 February.
"""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from wholetrial.protocol.condition import Condition
from wholetrial.protocol.design import Arm
from wholetrial.protocol.dose import DoseChoice
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.schedule import NO_WINDOW, Epoch
from wholetrial.protocol.time import (
    DAYS_PER,
    Before,
    Duration,
    Every,
    Point,
    Points,
    Unit,
    Visits,
)
from wholetrial.protocol.timeline import MOST_TIMES, ScheduleError, day_of, event_day, week_label

FIRST_YEAR, LAST_YEAR = 1950, 2100
LEAST_WEIGHT, MOST_WEIGHT = 20.0, 300.0


class PlanError(ValueError):
    """A participant for whom no calendar can be made, and what to give instead."""


@dataclass(frozen=True, slots=True)
class Participation:
    """One participant: the first day, the body weight in kg, and the arm where it may be known."""

    protocol: Protocol
    start: date
    weight: float | None = None
    arm: str | None = None


@dataclass(frozen=True, slots=True)
class DatedVisit:
    """A visit of one participant; `day` is its planned day in the protocol's own count.

    `anywhere` marks a visit that may fall on any day of its window, such as screening.
    """

    label: str
    epoch: str
    day: int
    planned: date
    earliest: date
    latest: date
    only_if: Condition | None = None
    anywhere: bool = False


def arm_of(person: Participation) -> Arm:
    """The participant's arm; the first of the file where it is not known."""
    arms = person.protocol.arms
    return arms[person.arm or next(iter(arms))]


def read_start(text: str) -> date:
    """A date as somebody wrote it: 2026-01-05.

    >>> read_start("2026-01-05")
    datetime.date(2026, 1, 5)

    Raises PlanError for what is no date.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise PlanError(
            f"a date is a day of the calendar, written 2026-01-05 (year-month-day); got '{text}'"
        ) from None


def check_plausible(start: date, weight: float | None) -> None:
    """Raise PlanError for a start or a body weight that nobody can have."""
    if not FIRST_YEAR <= start.year <= LAST_YEAR:
        raise PlanError(f"a start lies in {FIRST_YEAR} to {LAST_YEAR}; got {start}")
    if weight is not None and not LEAST_WEIGHT <= weight <= MOST_WEIGHT:
        raise PlanError(
            f"a body weight lies in {LEAST_WEIGHT:g} to {MOST_WEIGHT:g} kg; got {weight:g}"
        )


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later, or the month's last day where it is shorter.

    >>> str(add_months(date(2026, 1, 31), 1)), str(add_months(date(2024, 2, 29), -12))
    ('2026-02-28', '2023-02-28')
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ScheduleError(f"{months} months from {day} is beyond the calendar")
    length = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, length))


def later(day: date, number: int, unit: Unit) -> date:
    """So many days, weeks, calendar months or years later.

    >>> str(later(date(2026, 1, 5), 12, "week"))
    '2026-03-30'
    """
    if unit in ("month", "year"):
        return add_months(day, number * (12 if unit == "year" else 1))
    try:
        return day + timedelta(days=number * (7 if unit == "week" else 1))
    except OverflowError:
        raise ScheduleError(f"{number} {unit}s from {day} is beyond the calendar") from None


def date_of(person: Participation, point: Point) -> date:
    """The planned date of a point in time.

    Raises ScheduleError for an event that the schedule does not place.
    """
    day = person.start if point.after is None else _event_date(person, point.after)
    if point.number is None or point.unit is None:
        return day
    return later(day, point.number, point.unit)


def dates_of(person: Participation, times: Points | Every) -> tuple[date, ...]:
    """The dates of points or of a repeated time; both ends count."""
    if isinstance(times, Points):
        return tuple(date_of(person, point) for point in times.points)
    first, last = date_of(person, times.start), date_of(person, times.end)
    found: list[date] = []
    while (following := later(first, len(found) * times.every, times.unit)) <= last:
        found.append(following)
        if len(found) > MOST_TIMES:
            raise ScheduleError(f"'{times}' is more than {MOST_TIMES} times")
    return tuple(found)


def dated_visits(person: Participation) -> tuple[DatedVisit, ...]:
    """Every planned visit with the dates between which it may fall, by date.

    A visit that may fall anywhere in a span (screening) stands in its middle. The visit of the
    first day has no window: the schedule counts from the day on which it takes place.
    """
    found: list[DatedVisit] = []
    for name, epoch in person.protocol.schedule.epochs.items():
        for item in epoch.visits.items:
            if isinstance(item, Visits):
                raise ScheduleError(f"the visits of epoch '{name}' need times, found '{item}'")
            if isinstance(item, Before):
                found.append(_before(person, name, epoch, item))
            else:
                found += _within_window(person, name, epoch, item)
    return tuple(sorted(found, key=lambda visit: visit.planned))


def _event_date(person: Participation, event: str) -> date:
    schedule = person.protocol.schedule
    if event in schedule.events:
        return date_of(person, schedule.events[event])
    if event in schedule.epochs:
        return min(visit.planned for visit in dated_visits(person) if visit.epoch == event)
    if event == "last_dose":
        planned = arm_of(person).doses
        doses = [dose.one_of[0] if isinstance(dose, DoseChoice) else dose for dose in planned]
        return max(given for dose in doses for given in dates_of(person, dose.times))
    return later(person.start, event_day(person.protocol, event), "day")


def _before(person: Participation, name: str, epoch: Epoch, item: Before) -> DatedVisit:
    end = date_of(person, item.point)
    earliest = _earlier(end, item.most)
    latest = _earlier(end, item.least) if item.least.number else end - timedelta(days=1)
    middle = earliest + (latest - earliest) // 2
    end_day = day_of(person.protocol, item.point)
    day = (end_day - item.most.days + end_day - max(item.least.days, 1)) // 2
    return DatedVisit(name, name, day, middle, earliest, latest, epoch.only_if, anywhere=True)


def _within_window(
    person: Participation, name: str, epoch: Epoch, item: Points | Every
) -> list[DatedVisit]:
    found = []
    for index, planned in enumerate(dates_of(person, item)):
        label, day = _label_and_day(person.protocol, item, index)
        window = epoch.window if epoch.window and planned != person.start else NO_WINDOW
        earliest = _earlier(planned, window.before)
        latest = later(planned, window.after.number, window.after.unit)
        found.append(DatedVisit(label, name, day, planned, earliest, latest, epoch.only_if))
    return found


def _label_and_day(protocol: Protocol, item: Points | Every, index: int) -> tuple[str, int]:
    if isinstance(item, Points):
        return str(item.points[index]), day_of(protocol, item.points[index])
    day = day_of(protocol, item.start) + round(index * item.every * DAYS_PER[item.unit])
    if item.unit == item.start.unit and item.start.number is not None:
        number = item.start.number + index * item.every
        return str(Point(number=number, unit=item.unit, after=item.start.after)), day
    return week_label(day), day


def _earlier(day: date, span: Duration) -> date:
    return later(day, -span.number, span.unit)
