"""Points and spans of time: "week 12", "month 3 after withdrawal", "every 2 weeks from ...".

Week n is 7 n days after the event that the schedule counts from; months are 365.25 / 12 days in
arrays and calendar months when planned for a person.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from wholetrial.protocol.reader import Reader
from wholetrial.protocol.value import Name, Value, phrase

Unit = Literal["day", "week", "month", "year"]
UNITS: dict[str, Unit] = {
    "day": "day",
    "days": "day",
    "week": "week",
    "weeks": "week",
    "month": "month",
    "months": "month",
    "year": "year",
    "years": "year",
}
DAYS_PER: dict[str, float] = {"day": 1, "week": 7, "month": 365.25 / 12, "year": 365.25}
LONGEST = 100_000


class Duration(Value):
    """A length of time: "4 weeks"."""

    number: Annotated[int, Field(ge=0, le=LONGEST)]
    unit: Unit

    @property
    def days(self) -> int:
        """Whole days; a month is 365.25 / 12 of them."""
        return round(self.number * DAYS_PER[self.unit])

    def __str__(self) -> str:
        return f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"


class Point(Value):
    """A point in time: "week 12", "month 3 after withdrawal", or an event: "last_dose"."""

    number: Annotated[int, Field(ge=-LONGEST, le=LONGEST)] | None = None
    unit: Unit | None = None
    after: Name | None = None

    @model_validator(mode="after")
    def _is_a_time_or_an_event(self) -> "Point":
        if (self.number is None) != (self.unit is None):
            raise ValueError("a point has a number and a unit, or neither")
        if self.number is None and self.after is None:
            raise ValueError("a point is a time, an event, or a time after an event")
        return self

    @property
    def days(self) -> int:
        """Whole days from the event it is counted from; 0 for the event itself."""
        if self.number is None or self.unit is None:
            return 0
        return round(self.number * DAYS_PER[self.unit])

    def __str__(self) -> str:
        if self.number is None:
            return str(self.after)
        counted = f" after {self.after}" if self.after else ""
        return f"{self.unit} {self.number}{counted}"


class Points(Value):
    """Named points in time: "weeks 0 to 3, 4, 8, 12"."""

    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=1000)]

    @model_validator(mode="after")
    def _are_counted_alike(self) -> "Points":
        if len({(point.unit, point.after) for point in self.points}) > 1:
            raise ValueError("points of one list share their unit and the event they follow")
        return self

    def __str__(self) -> str:
        first = self.points[0]
        if len(self.points) == 1:
            return str(first)
        numbers = ", ".join(str(point.number) for point in self.points)
        counted = f" after {first.after}" if first.after else ""
        return f"{first.unit}s {numbers}{counted}"


class Every(Value):
    """A repeated time: "every 2 weeks from week 2 to week 12"; both ends count."""

    every: Annotated[int, Field(ge=1, le=LONGEST)]
    unit: Unit
    start: Point
    end: Point

    def __str__(self) -> str:
        step = self.unit if self.every == 1 else f"{self.every} {self.unit}s"
        return f"every {step} from {self.start} to {self.end}"


Times = Points | Every


class When(Value):
    """At which visits a condition is looked at.

    `at` these points, `by` a point (at any visit up to it), at `every` or `any` visit from the
    first point to the second.
    """

    how: Literal["at", "by", "every", "any"]
    points: Annotated[tuple[Point, ...], Field(min_length=1, max_length=1000)]

    def __str__(self) -> str:
        if self.how in ("every", "any"):
            return f"at {self.how} visit from {self.points[0]} to {self.points[1]}"
        return f"{self.how} {Points(points=self.points)}"


class Before(Value):
    """A visit that may fall anywhere in a span before a point: "within 4 weeks before week 0"."""

    least: Duration
    most: Duration
    point: Point

    def __str__(self) -> str:
        least = f"{self.least.number} to " if self.least.number else ""
        return f"within {least}{self.most} before {self.point}"


class Visits(Value):
    """Every visit of an epoch, or all visits: "all visits but screening"."""

    epoch: Name | None = None
    but: Name | None = None
    after: Name | None = None

    def __str__(self) -> str:
        if self.epoch:
            return self.epoch
        limits = [f" but {self.but}"] if self.but else []
        limits += [f" after {self.after}"] if self.after else []
        return "all visits" + "".join(limits)


class VisitPlan(Value):
    """Where visits fall or a measure is taken: a list of times, epochs and spans."""

    items: Annotated[tuple[Points | Every | Before | Visits, ...], Field(min_length=1)]

    def __str__(self) -> str:
        return ", ".join(str(item) for item in self.items)


def read_duration(reader: Reader) -> Duration:
    """Read "4 weeks"."""
    number = reader.integer()
    return Duration(number=number, unit=read_unit(reader))


def read_unit(reader: Reader) -> Unit:
    """Read "day", "weeks", "months" ..."""
    if reader.peek().text not in UNITS:
        reader.fail("days, weeks, months or years")
    return UNITS[reader.next().text]


def read_point(reader: Reader) -> Point:
    """Read "week 12", "month 3 after withdrawal" or the name of an event."""
    if reader.sees("day", "week", "month", "year"):
        unit = read_unit(reader)
        number = reader.integer()
        return Point(number=number, unit=unit, after=_read_after(reader))
    return Point(after=reader.word("a time (week 12) or the name of an event"))


def read_points(reader: Reader) -> Points:
    """Read "weeks 0 to 3, 4, 8 after withdrawal", one point, or an event."""
    if not reader.sees("days", "weeks", "months", "years"):
        return Points(points=(read_point(reader),))
    unit = read_unit(reader)
    numbers = _read_part(reader)
    while reader.sees(",") and reader.peek(1).kind == "number":
        reader.expect(",")
        numbers += _read_part(reader)
    after = _read_after(reader)
    return Points(points=tuple(Point(number=n, unit=unit, after=after) for n in numbers))


def read_times(reader: Reader) -> Times:
    """Read points or "every 2 weeks from week 0 to week 12"."""
    if not reader.take("every"):
        return read_points(reader)
    count = reader.integer() if reader.peek().kind == "number" else 1
    unit = read_unit(reader)
    reader.expect("from")
    start = read_point(reader)
    reader.expect("to")
    return Every(every=count, unit=unit, start=start, end=read_point(reader))


def read_when(reader: Reader) -> When | None:
    """Read "at week 12", "by week 52", "at every visit from week 24 to week 52", or nothing."""
    if reader.take("by"):
        return When(how="by", points=read_points(reader).points)
    if not reader.take("at"):
        return None
    how = "every" if reader.take("every", "visit") else "any" if reader.take("any", "visit") else ""
    if how not in ("every", "any"):
        return When(how="at", points=read_points(reader).points)
    reader.expect("from")
    start = read_point(reader)
    reader.expect("to")
    return When(how="every" if how == "every" else "any", points=(start, read_point(reader)))


def read_visit_plan(reader: Reader) -> VisitPlan:
    """Read "screening, week 0, week 16" or "all visits but screening"."""
    items = [_read_visit_item(reader)]
    while reader.take(","):
        items.append(_read_visit_item(reader))
    return VisitPlan(items=tuple(items))


def _read_visit_item(reader: Reader) -> Points | Every | Before | Visits:
    if reader.take("within"):
        return _read_before(reader)
    if reader.take("all"):
        reader.expect("visits")
        but = reader.word("the name of an epoch") if reader.take("but") else None
        return Visits(but=but, after=_read_after(reader))
    if reader.sees(*UNITS, "every"):
        return read_times(reader)
    return Visits(epoch=reader.word("a time, an epoch or 'all visits'"))


def _read_before(reader: Reader) -> Before:
    first = reader.integer()
    least = first if reader.take("to") else 0
    most = reader.integer() if least else first
    unit = read_unit(reader)
    reader.expect("before")
    return Before(
        least=Duration(number=least, unit=unit),
        most=Duration(number=most, unit=unit),
        point=read_point(reader),
    )


def _read_part(reader: Reader) -> list[int]:
    first = reader.integer()
    if not reader.take("to"):
        return [first]
    last = reader.integer()
    if not first <= last <= first + 1000:
        reader.fail(f"a number from {first} to {first + 1000} before this")
    return list(range(first, last + 1))


def _read_after(reader: Reader) -> str | None:
    return reader.word("the name of an event") if reader.take("after") else None


DurationPhrase = Annotated[Duration, phrase(read_duration)]
PointPhrase = Annotated[Point, phrase(read_point)]
VisitPlanPhrase = Annotated[VisitPlan, phrase(read_visit_plan)]
