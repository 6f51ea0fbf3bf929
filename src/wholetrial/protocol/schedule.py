"""When people are seen and what is measured (USDM ScheduleTimeline, Encounter, Activity)."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from wholetrial.protocol.read_condition import ConditionPhrase
from wholetrial.protocol.time import (
    Duration,
    DurationPhrase,
    PointPhrase,
    VisitPlanPhrase,
    read_duration,
)
from wholetrial.protocol.value import Name, Value, parse_phrase, tuples

BUILT_IN_EVENTS = (
    "consent",
    "screening",
    "baseline",
    "randomization",
    "first_dose",
    "last_dose",
    "relapse",
    "death",
)


class Window(Value):
    """How far a visit may fall before and after its planned day."""

    before: DurationPhrase
    """The earliest, counted back from the planned day."""
    after: DurationPhrase
    """The latest, counted on from the planned day."""

    def __str__(self) -> str:
        if self.before == self.after:
            return f"± {self.before}"
        return f"− {self.before} to + {self.after}"


def _window(value: object) -> object:
    if not isinstance(value, str):
        return tuples(value)
    either_side = parse_phrase(value, read_duration)
    return Window(before=either_side, after=either_side)


class Epoch(Value):
    """A named period of the study with its visits."""

    visits: VisitPlanPhrase
    """When the visits fall."""
    window: Annotated[Window, BeforeValidator(_window)] | None = None
    """How far they may fall from their day: "3 days" is either side."""
    only_if: ConditionPhrase | None = None
    """Who comes to these visits; everybody unless stated."""


class Schedule(Value):
    """The visits of the study and the measures taken at them."""

    counted_from: Literal["first_dose", "randomization"]
    """Week 0 is the day of this event."""
    events: dict[Name, PointPhrase] = {}
    """Events of this trial's own, such as withdrawal."""
    epochs: dict[Name, Epoch]
    """The periods of the study, in order."""
    measure: dict[Name, VisitPlanPhrase]
    """What is measured, and at which visits."""


NO_WINDOW = Window(before=Duration(number=0, unit="day"), after=Duration(number=0, unit="day"))
