"""The schedule worked out: every planned visit and every planned administration, in days.

Day 0 is the day of the event that the schedule counts from. A visit that may fall anywhere in a
span (screening) stands in its middle.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from wholetrial.protocol.condition import Condition
from wholetrial.protocol.dose import Dose, DoseChoice
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.schedule import NO_WINDOW
from wholetrial.protocol.time import DAYS_PER, Before, Every, Point, Points, VisitPlan, Visits

MOST_TIMES = 5000


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

    @property
    def by_weight(self) -> bool:
        """Whether the amount is counted per kilogram of body weight."""
        return self.unit is not None and self.unit.endswith("/kg")


def visits(protocol: Protocol) -> tuple[Visit, ...]:
    """Every planned visit, by day.

    Raises ScheduleError where an epoch's times cannot be worked out.
    """
    found: list[Visit] = []
    for name, epoch in protocol.schedule.epochs.items():
        window = epoch.window or NO_WINDOW
        for item in epoch.visits.items:
            if isinstance(item, Before):
                end = day_of(protocol, item.point)
                earliest, latest = end - item.most.days, end - max(item.least.days, 1)
                middle = (earliest + latest) // 2
                found.append(Visit(name, name, middle, earliest, latest, epoch.only_if))
                continue
            if isinstance(item, Visits):
                raise ScheduleError(f"the visits of epoch '{name}' need times, found '{item}'")
            for label, day in _times(protocol, item):
                earliest, latest = day - window.before.days, day + window.after.days
                found.append(Visit(label, name, day, earliest, latest, epoch.only_if))
    return tuple(sorted(found, key=lambda visit: visit.day))


def day_of(protocol: Protocol, point: Point) -> int:
    """The planned day of a point in time; the same in every arm.

    Raises ScheduleError for an event that the schedule does not place.
    """
    if point.after is None:
        return point.days
    return event_day(protocol, point.after) + point.days


def event_day(protocol: Protocol, event: str) -> int:
    """The planned day of an event: a named one, week 0, or the last dose of every arm."""
    if event in protocol.schedule.events:
        return day_of(protocol, protocol.schedule.events[event])
    if event in ("baseline", "first_dose", "randomization"):
        return 0
    if event in protocol.schedule.epochs:
        return min(visit.day for visit in visits(protocol) if visit.epoch == event)
    if event == "last_dose":
        last = {max(dose.day for dose in administrations(protocol, arm)) for arm in protocol.arms}
        if len(last) == 1:
            return last.pop()
        raise ScheduleError("'last_dose' differs between arms: name an event of the schedule")
    known = ", ".join(["baseline", "first_dose", "last_dose", *protocol.schedule.events])
    raise ScheduleError(f"the schedule has no event '{event}'; it has {known}")


def visit_at(protocol: Protocol, point: Point) -> Visit:
    """The planned visit of a point in time.

    Raises ScheduleError where no visit falls on that day.
    """
    if point.number is None and point.after in protocol.schedule.epochs:
        return next(visit for visit in visits(protocol) if visit.epoch == point.after)
    day = day_of(protocol, point)
    for visit in visits(protocol):
        if visit.day == day and visit.epoch != "screening":
            return visit
    known = ", ".join(visit.label for visit in visits(protocol))
    raise ScheduleError(f"no visit is planned at {point}; the visits are {known}")


def visits_named(protocol: Protocol, plan: VisitPlan) -> tuple[Visit, ...]:
    """The visits that a plan such as "all visits but screening" or "week 0, week 16" names."""
    planned = visits(protocol)
    days = {
        day
        for item in plan.items
        if isinstance(item, Points | Every)
        for _, day in _times(protocol, item)
    }
    epochs = [item for item in plan.items if isinstance(item, Visits)]
    return tuple(
        visit
        for visit in planned
        if (visit.day in days and visit.epoch != "screening")
        or any(_names(protocol, item, visit) for item in epochs)
    )


def measured_at(protocol: Protocol, measure: str) -> tuple[Visit, ...]:
    """The visits at which something is measured."""
    plan = protocol.schedule.measure.get(measure)
    return visits_named(protocol, plan) if plan else ()


def administrations(protocol: Protocol, arm: str, *, choice: int = 0) -> tuple[Administration, ...]:
    """The doses planned for everybody in an arm, by day.

    Where the physician chooses one of several, `choice` says which.
    """
    found: list[Administration] = []
    for planned in protocol.arms[arm].doses:
        dose = planned.one_of[choice] if isinstance(planned, DoseChoice) else planned
        found += _administrations(protocol, dose)
    return tuple(sorted(found, key=lambda given: given.day))


def _administrations(protocol: Protocol, dose: Dose) -> Iterator[Administration]:
    for _, day in _times(protocol, dose.times):
        yield Administration(dose.intervention, dose.amount, dose.unit, day, dose.most)


def days_named(protocol: Protocol, times: Points | Every) -> tuple[int, ...]:
    """The days of points or of a repeated time."""
    return tuple(day for _, day in _times(protocol, times))


def _times(protocol: Protocol, times: Points | Every) -> Iterator[tuple[str, int]]:
    if isinstance(times, Points):
        for point in times.points:
            yield str(point), day_of(protocol, point)
        return
    first, last = day_of(protocol, times.start), day_of(protocol, times.end)
    step = times.every * DAYS_PER[times.unit]
    if (last - first) / step > MOST_TIMES:
        raise ScheduleError(f"'{times}' is more than {MOST_TIMES} times")
    count = int((last - first) / step + 1e-9) + 1
    for index in range(max(count, 0)):
        day = first + round(index * step)
        yield week_label(day), day


def week_label(day: int) -> str:
    """The label of a day: "week 12", or "day 3" where it is no whole week."""
    return f"week {day // 7}" if day % 7 == 0 else f"day {day}"


def _names(protocol: Protocol, item: Visits, visit: Visit) -> bool:
    if item.epoch is not None:
        return visit.epoch == item.epoch
    if item.but is not None and visit.epoch == item.but:
        return False
    return item.after is None or visit.day > event_day(protocol, item.after)
