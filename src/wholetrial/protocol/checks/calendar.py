"""The visits of a protocol worked out once for all checks; silent where they cannot be."""

from dataclasses import dataclass

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Every, Point, Points, VisitPlan
from wholetrial.protocol.timeline import (
    ScheduleError,
    Visit,
    day_of,
    days_named,
    event_day,
    measured_at,
    visits,
)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Every visit, and those at which each measure is taken; `problem` says why there are none."""

    visits: tuple[Visit, ...]
    measured: dict[str, frozenset[Visit]]
    problem: str = ""

    @property
    def last_day(self) -> int:
        """The day of the last visit."""
        return max((visit.day for visit in self.visits), default=0)

    def on(self, day: int) -> Visit | None:
        """The visit planned on a day, screening apart."""
        return next((v for v in self.visits if v.day == day and v.epoch != "screening"), None)

    def between(self, first: int, last: int) -> tuple[Visit, ...]:
        """The visits from one day to another, both included."""
        return tuple(visit for visit in self.visits if first <= visit.day <= last)

    def takes(self, measure: str, visit: Visit) -> bool:
        """Whether a measure is taken at a visit."""
        return visit in self.measured.get(measure, frozenset())

    def baseline(self, measure: str) -> bool:
        """Whether a measure is taken before treatment: at screening or on day 0."""
        return any(visit.day <= 0 for visit in self.measured.get(measure, frozenset()))


def calendar_of(protocol: Protocol) -> Calendar:
    """Work out the visits; an empty calendar with the problem where that fails."""
    try:
        planned = visits(protocol)
    except ScheduleError as problem:
        return Calendar((), {}, str(problem))
    measured = {name: _measured(protocol, name) for name in protocol.schedule.measure}
    return Calendar(planned, measured)


def day(protocol: Protocol, point: Point) -> int | None:
    """The planned day of a point, or None where the schedule does not place it."""
    try:
        return day_of(protocol, point)
    except ScheduleError:
        return None


def days(protocol: Protocol, times: Points | Every) -> tuple[int, ...]:
    """The planned days of points or of a repeated time; none where they cannot be placed."""
    try:
        return days_named(protocol, times)
    except ScheduleError:
        return ()


def visits_at(protocol: Protocol, calendar: Calendar, plan: VisitPlan) -> tuple[Visit, ...]:
    """The visits that a plan names; none where they cannot be placed."""
    from wholetrial.protocol.timeline import visits_named

    try:
        return visits_named(protocol, plan) if calendar.visits else ()
    except ScheduleError:
        return ()


def anchor_visits(protocol: Protocol, calendar: Calendar) -> tuple[Visit, ...]:
    """The visits at which eligibility is decided."""
    anchor = protocol.eligibility.anchor
    if anchor in protocol.schedule.epochs:
        return tuple(visit for visit in calendar.visits if visit.epoch == anchor)
    try:
        on = event_day(protocol, anchor)
    except ScheduleError:
        return ()
    return tuple(visit for visit in calendar.visits if visit.day == on)


def _measured(protocol: Protocol, measure: str) -> frozenset[Visit]:
    try:
        return frozenset(measured_at(protocol, measure))
    except ScheduleError:
        return frozenset()
