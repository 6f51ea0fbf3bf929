"""What the simulator assumes: baseline, noise, leaving, adverse events, scenarios, courses."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from wholetrial.protocol.leaving import Leavers
from wholetrial.protocol.quantity import (
    Distribution,
    DistributionPhrase,
    RatePhrase,
    Share,
    SharePhrase,
    read_share,
)
from wholetrial.protocol.read_condition import ConditionPhrase, read_unit_of_measure
from wholetrial.protocol.reader import Reader, number_text
from wholetrial.protocol.time import DurationPhrase
from wholetrial.protocol.value import Name, Value, Words, parse_phrase, phrase, tuples


class AdverseEventRates(Value):
    """Adverse events: the share of participants with at least one, or how many a year."""

    any: SharePhrase | None = None
    """The share with any adverse event; each has at most one then."""
    serious: SharePhrase | None = None
    """The share with any serious adverse event."""
    rate: RatePhrase | None = None
    """Adverse events for each year of a participant: "251 per 100 years"."""
    serious_rate: RatePhrase | None = None
    """How many of them are serious, counted in the same way."""
    grades: DistributionPhrase | None = None
    """How grades are spread: "choice(1 0.6, 2 0.3, 3 0.1)"; serious ones have grade 3 or more."""

    @model_validator(mode="after")
    def _are_shares_or_rates(self) -> "AdverseEventRates":
        stated = [one is not None for one in (self.any, self.serious, self.rate, self.serious_rate)]
        if stated not in ([True, True, False, False], [False, False, True, True]):
            raise ValueError(
                "adverse events are shares (any, serious) or rates (rate, serious_rate)"
            )
        return self

    @model_validator(mode="after")
    def _grades_are_one_to_five(self) -> "AdverseEventRates":
        chosen = self.grades.choices if isinstance(self.grades, Distribution) else ()
        if self.grades is not None and not chosen:
            raise ValueError("grades are written choice(1 0.6, 2 0.3, 3 0.1)")
        if any(grade not in (1, 2, 3, 4, 5) for grade, _ in chosen):
            raise ValueError(f"a grade is 1 to 5; got {self.grades}")
        return self


class Noise(Value):
    """The spread of one visit's measurement: a percentage of the value, or points."""

    amount: Annotated[float, Field(ge=0, le=100)]
    unit: str

    def __str__(self) -> str:
        return f"{number_text(self.amount)} {self.unit}"


def read_noise(reader: Reader) -> Noise:
    """Read "20 %" or "2 points"."""
    amount = reader.number()
    unit = read_unit_of_measure(reader)
    if unit not in ("%", "points"):
        reader.fail("'%' or 'points'")
    return Noise(amount=amount, unit=unit)


class Odds(Value):
    """How the odds of a choice change with a value: "1.3 per 10 years"."""

    ratio: Annotated[float, Field(gt=0)]
    per: float
    unit: str | None = None

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"{number_text(self.ratio)} per {number_text(self.per)}{unit}"


def read_odds(reader: Reader) -> Odds:
    """Read "1.3 per 10 years"."""
    ratio = reader.number()
    reader.expect("per")
    return Odds(ratio=ratio, per=reader.number(), unit=read_unit_of_measure(reader))


class LetsThrough(Value):
    """What a criterion does that no virtual person can be asked: waived, or a share lets through.

    A share is of those whom nothing else decides.
    """

    share: Share | None = None

    def __str__(self) -> str:
        return "waived" if self.share is None else str(self.share)


def read_lets_through(reader: Reader) -> LetsThrough:
    """Read "waived" or "90 %"."""
    return LetsThrough() if reader.take("waived") else LetsThrough(share=read_share(reader))


class Choice(Value):
    """How people choose their arm where nobody randomizes them."""

    share: SharePhrase
    """The share that declines the quota's arm at average values."""
    declines: Name
    """The arm declined."""
    odds: dict[Name, Annotated[Odds, phrase(read_odds)]] = {}
    """How the odds of declining depend on baseline values."""


Potency = Annotated[float, Field(gt=0, le=1000)]


class ActsLike(Value):
    """What an intervention acts like in a scenario: another one, a course, or a changed potency."""

    like: Name | None = None
    potency: Potency | None = None

    def __str__(self) -> str:
        return (
            f"potency {number_text(self.potency)}" if self.potency is not None else f"{self.like}"
        )


def read_acts_like(reader: Reader) -> ActsLike:
    """Read the name of an intervention or course, or "potency 0.5"."""
    if reader.take("potency"):
        return ActsLike(potency=reader.number())
    return ActsLike(like=reader.word("the name of an intervention or a course"))


class Scenario(Value):
    """A world in which the trial is simulated, and what a sound design must conclude in it."""

    as_if: dict[Name, Annotated[ActsLike, phrase(read_acts_like)]] = {}
    """Interventions that act differently in this world."""
    model: Literal["two_state", "fit_b", "turnover"] | None = None
    """The psoriasis model of this world: two_state (the usual one, fit C), fit_b (the same
    structure fitted to a continuous PASI) or turnover (the plain published one)."""
    succeeds: bool
    """Whether the trial should succeed."""


class Aim(Value):
    """What a course is calibrated to."""

    condition: ConditionPhrase
    """The condition at its time."""
    share: SharePhrase
    """The share of participants that meets it."""


class ChangeAim(Value):
    """A mean change that a course is calibrated to: "QIDS_C change at week 12" by -7.1."""

    measure: Name
    week: int
    mean: float


def _aim(value: object) -> object:
    """Read {CONDITION: SHARE}, or {"MEASURE change at week N": NUMBER}."""
    if not isinstance(value, dict) or len(value) != 1 or "condition" in value or "measure" in value:
        return tuples(value)
    (key, goal), *_ = value.items()
    if isinstance(goal, int | float) and not isinstance(goal, bool):
        measure, week = parse_phrase(key, _read_change)
        return {"measure": measure, "week": week, "mean": goal}
    share = parse_phrase(goal, read_share) if isinstance(goal, str) else goal
    return {"condition": key, "share": share}


def _read_change(reader: Reader) -> tuple[str, int]:
    measure = reader.word("the name of an instrument")
    reader.expect("change", "at", "week")
    return measure, reader.integer()


class Percent(Value):
    """A percentage from 0 to less than 100: "20 %"."""

    percent: Annotated[float, Field(ge=0, lt=100)]

    def __str__(self) -> str:
        return f"{number_text(self.percent)} %"


def read_percent(reader: Reader) -> Percent:
    """Read "20 %"."""
    percent = reader.number()
    reader.expect("%")
    return Percent(percent=percent)


class Course(Value):
    """An effect without pharmacology: when it comes, how large, how fast it goes."""

    aim: Annotated[Aim | ChangeAim, BeforeValidator(_aim)]
    """What it is calibrated to."""
    half_effect: DurationPhrase
    """When half of the effect is reached."""
    spread: Annotated[float, Field(ge=0, le=10)]
    """How far people differ: the SD of the log of the effect that each of them reaches."""
    half_lost: DurationPhrase
    """When half of it is lost after stopping."""
    lost_spread: Annotated[float, Field(ge=0, le=5)] = 0.0
    """How far people differ in that: the SD of the log of the time until half is lost."""
    treated_for: DurationPhrase | None = None
    """How long people were treated in the aim's source; up to the aim's day unless stated."""
    decline: Annotated[Percent, phrase(read_percent)] | None = None
    """By how much the effect is smaller each time treatment begins again after a gap: "20 %"."""
    depends_on: dict[Name, Annotated[Odds, phrase(read_odds)]] = {}
    """By what the effect is multiplied with a baseline value or the dose: "0.9 per 10 kg"."""


class Assumptions(Value):
    """For the simulator only; every one stands in each report that rests on it."""

    baseline: dict[Name, DistributionPhrase]
    """How values are spread before treatment, before the criteria choose among people."""
    correlation: dict[Words, Annotated[float, Field(ge=-1, le=1)]] = {}
    """Correlations between baseline values: "QIDS_C with MADRS": 0.7."""
    visit_noise: dict[Name, Annotated[Noise, phrase(read_noise)]] = {}
    """How far one visit's measurement lies from the course of the disease."""
    screening: dict[Name, Annotated[LetsThrough, phrase(read_lets_through)]] = {}
    """What criteria do that no virtual person can be asked: judgements, consents, histories."""
    choice: Choice | None = None
    """How people choose their arm where nobody randomizes them."""
    dropout: dict[Name, Leavers] = {}
    """The share that leaves, by arm or role, up to a point in time; or a share for each reason."""
    missed_visits: SharePhrase | None = None
    """The share of visits after day 0 to which a participant still in the study does not come."""
    visit_days: DurationPhrase | None = None
    """How far visits lie off their planned day at most, always inside the window of the visit."""
    adverse_events: dict[Name, AdverseEventRates] = {}
    """Adverse events, by arm or role."""
    scenarios: dict[Name, Scenario] = {}
    """The worlds in which the design is tried."""
    courses: dict[Name, Course] = {}
    """Effects without pharmacology."""
