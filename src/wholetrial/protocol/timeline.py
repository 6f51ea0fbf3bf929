"""The schedule worked out: every planned visit and every planned administration, in days.

Day 0 is the day of the event that the schedule counts from. A visit that may fall anywhere in a
span (screening) stands in its middle.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from wholetrial.protocol.condition import Condition
from wholetrial.protocol.dose import DoseChoice, Heavier
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.schedule import NO_WINDOW
from wholetrial.protocol.time import DAYS_PER, Before, Every, Point, Points, VisitPlan, Visits

MOST_TIMES = 5000
MOST_EVENTS_BETWEEN = 20


class ScheduleError(ValueError):
    """A time that the schedule does not hold."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A planned visit: its label, its day and the days between which it may fall."""

    label: str
    epoch: str
    day: int
    earliest: int
    latest: int
    only_if: Condition | None = None


@dataclass(frozen=True, slots=True)
class Administration:
    """One planned dose: what, how much, on which day; `most` where the amount is titrated."""

    intervention: str
    amount: float | None
    unit: str | None
    day: int
    most: float | None = None
    heavier: Heavier | None = None

    @property
    def by_weight(self) -> bool:
        """Whether the amount is counted per kilogram of body weight."""
        return self.unit is not None and self.unit.endswith("/kg")


def visits(protocol: Protocol) -> tuple[Visit, ...]:
    """Every planned visit, by day.

    Raises ScheduleError where an epoch's times cannot be worked out.
    """
    days = _Days(protocol, {})
    found = [visit for name in protocol.schedule.epochs for visit in _epoch_visits(days, name)]
    return tuple(sorted(found, key=lambda visit: visit.day))


def day_of(protocol: Protocol, point: Point) -> int:
    """The planned day of a point in time; the same in every arm.

    Raises ScheduleError for an event that the schedule does not place.
    """
    return _day_of(_Days(protocol, {}), point)


def event_day(protocol: Protocol, event: str) -> int:
    """The planned day of an event: a named one, week 0, or the last dose of every arm.

    Raises ScheduleError for an event that is not known, or that is counted from itself.
    """
    return _event_day(_Days(protocol, {}), event)


def visit_at(protocol: Protocol, point: Point) -> Visit:
    """The planned visit of a point in time.

    Raises ScheduleError where no visit falls on that day.
    """
    planned = visits(protocol)
    if point.number is None and point.after in protocol.schedule.epochs:
        named = [visit for visit in planned if visit.epoch == point.after]
    else:
        day = day_of(protocol, point)
        named = [visit for visit in planned if visit.day == day and visit.epoch != "screening"]
    if named:
        return named[0]
    known = ", ".join(visit.label for visit in planned)
    raise ScheduleError(f"no visit is planned at {point}; the visits are {known}")


def screening_visit(protocol: Protocol) -> Visit:
    """The visit at which eligibility is decided."""
    anchor = protocol.eligibility.anchor
    planned = {visit.epoch: visit for visit in reversed(visits(protocol))}
    if anchor in planned:
        return planned[anchor]
    return visit_at(protocol, Point(number=0, unit="week"))


def visits_named(protocol: Protocol, plan: VisitPlan) -> tuple[Visit, ...]:
    """The visits that a plan such as "all visits but screening" or "week 0, week 16" names."""
    planned, placed = visits(protocol), _Days(protocol, {})
    days = {
        day
        for item in plan.items
        if isinstance(item, Points | Every)
        for _, day in _times(placed, item)
    }
    epochs = [item for item in plan.items if isinstance(item, Visits)]
    return tuple(
        visit
        for visit in planned
        if (visit.day in days and visit.epoch != "screening")
        or any(_names(placed, item, visit) for item in epochs)
    )


def measured_at(protocol: Protocol, measure: str) -> tuple[Visit, ...]:
    """The visits at which something is measured."""
    plan = protocol.schedule.measure.get(measure)
    return visits_named(protocol, plan) if plan else ()


def administrations(protocol: Protocol, arm: str, *, choice: int = 0) -> tuple[Administration, ...]:
    """The doses planned for everybody in an arm, by day.

    Where the physician chooses one of several, `choice` says which.
    """
    found = _planned_doses(_Days(protocol, {}), arm, choice)
    return tuple(sorted(found, key=lambda given: given.day))


def days_named(protocol: Protocol, times: Points | Every) -> tuple[int, ...]:
    """The days of points or of a repeated time."""
    return tuple(day for _, day in _times(_Days(protocol, {}), times))


def week_label(day: int) -> str:
    """The label of a day: "week 12", or "day 3" where it is no whole week."""
    return f"week {day // 7}" if day % 7 == 0 else f"day {day}"


class _Days(NamedTuple):
    """The days of events found so far, and the events that are being worked out."""

    protocol: Protocol
    known: dict[str, int]
    following: tuple[str, ...] = ()


def _day_of(days: _Days, point: Point) -> int:
    return point.days if point.after is None else _event_day(days, point.after) + point.days


def _event_day(days: _Days, event: str) -> int:
    if event in days.known:
        return days.known[event]
    if event in days.following:
        loop = " after ".join([*days.following[days.following.index(event) :], event])
        raise ScheduleError(f"'{event}' is counted from itself: {loop}")
    if len(days.following) > MOST_EVENTS_BETWEEN:
        raise ScheduleError(f"'{event}' is counted through more than {MOST_EVENTS_BETWEEN} events")
    day = _placed(days._replace(following=(*days.following, event)), event)
    days.known[event] = day
    return day


def _placed(days: _Days, event: str) -> int:
    schedule = days.protocol.schedule
    if event in schedule.events:
        return _day_of(days, schedule.events[event])
    if event in ("baseline", "first_dose", "randomization"):
        return 0
    if event in schedule.epochs:
        planned = [visit.day for visit in _epoch_visits(days, event)]
        if planned:
            return min(planned)
        raise ScheduleError(f"the epoch '{event}' has no visit")
    if event == "last_dose":
        return _last_dose(days)
    known = ", ".join(["baseline", "first_dose", "last_dose", *schedule.events])
    raise ScheduleError(f"the schedule has no event '{event}'; it has {known}")


def _last_dose(days: _Days) -> int:
    given = (_planned_doses(days, arm, 0) for arm in days.protocol.arms)
    last = {max((dose.day for dose in doses), default=None) for doses in given}
    day = last.pop() if len(last) == 1 else None
    if day is None:
        raise ScheduleError("'last_dose' differs between arms: name an event of the schedule")
    return day


def _epoch_visits(days: _Days, name: str) -> Iterator[Visit]:
    epoch = days.protocol.schedule.epochs[name]
    window = epoch.window or NO_WINDOW
    for item in epoch.visits.items:
        if isinstance(item, Before):
            end = _day_of(days, item.point)
            earliest, latest = end - item.most.days, end - max(item.least.days, 1)
            middle = (earliest + latest) // 2
            yield Visit(name, name, middle, earliest, latest, epoch.only_if)
            continue
        if isinstance(item, Visits):
            raise ScheduleError(f"the visits of epoch '{name}' need times, found '{item}'")
        for label, day in _times(days, item):
            earliest, latest = day - window.before.days, day + window.after.days
            yield Visit(label, name, day, earliest, latest, epoch.only_if)


def _planned_doses(days: _Days, arm: str, choice: int) -> Iterator[Administration]:
    for planned in days.protocol.arms[arm].doses:
        dose = planned.one_of[choice] if isinstance(planned, DoseChoice) else planned
        for _, day in _times(days, dose.times):
            yield Administration(
                dose.intervention, dose.amount, dose.unit, day, dose.most, dose.heavier
            )


def _times(days: _Days, times: Points | Every) -> Iterator[tuple[str, int]]:
    if isinstance(times, Points):
        for point in times.points:
            yield str(point), _day_of(days, point)
        return
    first, last = _day_of(days, times.start), _day_of(days, times.end)
    step = times.every * DAYS_PER[times.unit]
    if (last - first) / step > MOST_TIMES:
        raise ScheduleError(f"'{times}' is more than {MOST_TIMES} times")
    count = int((last - first + 0.5) / step) + 1 if last >= first else 0
    for index in range(count):
        day = first + round(index * step)
        yield week_label(day), day


def _names(days: _Days, item: Visits, visit: Visit) -> bool:
    if item.epoch is not None:
        return visit.epoch == item.epoch
    if item.but is not None and visit.epoch == item.but:
        return False
    return item.after is None or visit.day > _event_day(days, item.after)
