"""What the trial is judged by (USDM Endpoint), and what may come between (ICH E9(R1))."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from wholetrial.protocol.read_condition import ConditionPhrase
from wholetrial.protocol.reader import Reader
from wholetrial.protocol.time import (
    Duration,
    Point,
    PointPhrase,
    Points,
    read_duration,
    read_point,
    read_points,
)
from wholetrial.protocol.value import Name, Value, Words, one_or_more, phrase

Level = Literal["primary", "secondary", "exploratory", "safety"]
LEVELS: tuple[Level, ...] = ("primary", "secondary", "exploratory", "safety")
Kind = Literal["response", "change", "time_to", "events", "used", "samples"]
Strategy = Literal[
    "treatment_policy",
    "hypothetical",
    "composite_variable",
    "while_on_treatment",
    "principal_stratum",
]


class MeasureAt(Value):
    """A measure at points in time: "QIDS_C at week 6"."""

    measure: Name
    at: Points

    def __str__(self) -> str:
        return f"{self.measure} at {self.at}"


def read_measure_at(reader: Reader) -> MeasureAt:
    """Read "DLQI at weeks 12, 24"."""
    measure = reader.word("the name of an instrument")
    reader.expect("at")
    return MeasureAt(measure=measure, at=read_points(reader))


class EventCount(Value):
    """Adverse events in a span: "serious adverse_events from week 0 to week 52, by grade"."""

    serious: bool = False
    start: Point
    end: Point
    by_grade: bool = False

    def __str__(self) -> str:
        serious = "serious " if self.serious else ""
        grade = ", by grade" if self.by_grade else ""
        return f"{serious}adverse_events from {self.start} to {self.end}{grade}"


def read_event_count(reader: Reader) -> EventCount:
    """Read "adverse_events from week 0 to week 20"."""
    serious = reader.take("serious")
    reader.expect("adverse_events", "from")
    start = read_point(reader)
    reader.expect("to")
    end = read_point(reader)
    by_grade = reader.take(",", "by", "grade")
    return EventCount(serious=serious, start=start, end=end, by_grade=by_grade)


class Use(Value):
    """How much of an intervention each participant received in a span, and on how many days.

    "ixekizumab from week 0 to week 60, at most 4 weeks a dose": a dose treats until the next one,
    and no longer than that. The last day does not count.
    """

    intervention: Name
    start: Point
    end: Point
    dose_lasts: Duration

    def __str__(self) -> str:
        span = f"from {self.start} to {self.end}"
        return f"{self.intervention} {span}, at most {self.dose_lasts} a dose"

    @property
    def labels(self) -> tuple[str, str]:
        """What its two variables are called in results: the doses, and the days."""
        span = f"{self.start} to {self.end}"
        return f"doses, {span}", f"days on {self.intervention.replace('_', ' ')}, {span}"


def read_use(reader: Reader) -> Use:
    """Read "ixekizumab from week 0 to week 60, at most 4 weeks a dose"."""
    intervention = reader.word("the name of an intervention")
    reader.expect("from")
    start = read_point(reader)
    reader.expect("to")
    end = read_point(reader)
    reader.expect(",", "at", "most")
    lasts = read_duration(reader)
    reader.expect("a", "dose")
    return Use(intervention=intervention, start=start, end=end, dose_lasts=lasts)


class Endpoint(Value):
    """One variable that is analyzed.

    Exactly one of response, change, time_to, events, used and samples.
    """

    text: Words
    """The endpoint in our own short words."""
    item: Words | None = None
    """Where it stands in the source."""
    among: ConditionPhrase | None = None
    """The subset of participants it speaks of."""
    response: Annotated[tuple[ConditionPhrase, ...], BeforeValidator(one_or_more)] = ()
    """A condition that is met or not; one estimate for each point in time."""
    change: Annotated[
        tuple[Annotated[MeasureAt, phrase(read_measure_at)], ...], BeforeValidator(one_or_more)
    ] = ()
    """A change from baseline; one estimate for each point in time."""
    time_to: ConditionPhrase | None = None
    """The condition whose first time is counted."""
    since: PointPhrase | None = None
    """From when the time is counted."""
    until: PointPhrase | None = None
    """Until when people are watched."""
    seen: Literal["exactly", "between visits"] | None = None
    """Whether the day is known, or only the visits between which it lies."""
    events: Annotated[EventCount, phrase(read_event_count)] | None = None
    """Participants with at least one adverse event."""
    used: Annotated[Use, phrase(read_use)] | None = None
    """Doses of an intervention, and days on it, for each participant."""
    samples: tuple[Name, ...] = ()
    """Samples collected: planned, not analyzed here."""
    split_by: ConditionPhrase | None = None
    """The condition by which samples are compared."""

    @property
    def kind(self) -> Kind:
        """Which of the six kinds of endpoint this is."""
        if self.response:
            return "response"
        if self.change:
            return "change"
        if self.time_to is not None:
            return "time_to"
        if self.events is not None:
            return "events"
        return "used" if self.used is not None else "samples"

    @model_validator(mode="after")
    def _is_one_kind(self) -> "Endpoint":
        kinds = (self.response, self.change, self.time_to, self.events, self.used, self.samples)
        if sum(bool(kind) for kind in kinds) != 1:
            raise ValueError(
                "an endpoint is exactly one of: response, change, time_to, events, used, samples"
            )
        times = [self.since, self.until, self.seen]
        if self.time_to is not None and None in times:
            raise ValueError("time_to needs since, until and seen (exactly, or between visits)")
        return self


class Endpoints(Value):
    """The endpoints, by their rank."""

    primary: Annotated[dict[Name, Endpoint], Field(min_length=1)]
    """What the trial is judged by."""
    secondary: dict[Name, Endpoint] = {}
    """What it also tests or estimates."""
    exploratory: dict[Name, Endpoint] = {}
    """What it looks at."""
    safety: dict[Name, Endpoint] = {}
    """What could harm."""

    def named(self) -> dict[str, tuple[Level, Endpoint]]:
        """Every endpoint by name, with its level, primary ones first."""
        blocks = {level: getattr(self, level) for level in LEVELS}
        return {name: (level, found) for level in LEVELS for name, found in blocks[level].items()}
