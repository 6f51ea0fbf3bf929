"""What is compared: the design, the instruments, the interventions, the arms and the rules."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from wholetrial.protocol.dose import DoseChoice, DosePhrase, GiftPhrase
from wholetrial.protocol.read_condition import ConditionPhrase, read_unit_of_measure
from wholetrial.protocol.reader import Reader, number_text
from wholetrial.protocol.time import VisitPlanPhrase
from wholetrial.protocol.value import Name, Value, Words, one_or_more, phrase, tuples

Masked = Literal["participant", "investigator", "assessor", "caregiver"]
Role = Literal["experimental", "control"]
Phase = Literal[1, 2, 3, 4, "1/2", "2/3", "not applicable"]


class Allocation(Value):
    """How people come to arms; ratio and total follow from the arms' n."""

    randomized: Literal["permuted blocks", "simple"] | None = None
    """The method of randomization."""
    sizes: tuple[Annotated[int, Field(ge=2, le=1000)], ...] = ()
    """Block sizes, drawn at random; each a multiple of the arms' ratio."""
    strata: tuple[Name, ...] = ()
    """Baseline factors within which people are randomized."""
    not_randomized: Words | None = None
    """How people come to arms where nobody randomizes them."""
    quota: dict[Name, Annotated[int, Field(ge=1)]] = {}
    """The largest number that an arm takes."""

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> "Allocation":
        if (self.randomized is None) == (self.not_randomized is None):
            raise ValueError("an allocation is either randomized or not_randomized")
        if self.randomized == "permuted blocks" and not self.sizes:
            raise ValueError("permuted blocks need their sizes, such as [5, 10]")
        return self


class Design(Value):
    """The design of the study (USDM InterventionalStudyDesign)."""

    question: Words
    """The question that the trial answers."""
    objectives: tuple[Words, ...] = ()
    """Further objectives, in words."""
    condition: Words
    """The disease or condition studied."""
    type: Literal["interventional", "observational"] = "interventional"
    """The type of study."""
    phase: Phase
    """The phase of development."""
    structure: Literal["parallel", "crossover", "single_group", "factorial", "sequential"]
    """The intervention model."""
    masking: Literal["none"] | tuple[Masked, ...]
    """Who does not know the assigned arm."""
    masked_by: Name | None = None
    """The intervention given wherever another arm is injected, so that nobody sees a difference."""
    allocation: Allocation | None = None
    """How people come to arms; absent with a single arm."""
    centers: Annotated[int, Field(ge=1)] | None = None
    """The number of centers."""


class Range(Value):
    """The attainable values of a measure: "0 to 10"."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{number_text(self.low)} to {number_text(self.high)}"


def read_range(reader: Reader) -> Range:
    """Read "0 to 10"."""
    low = reader.number()
    reader.expect("to")
    return Range(low=low, high=reader.number())


class InstrumentUse(Value):
    """What a name measures: an instrument of the library, one's own, a lab value, a sample.

    Exactly one of `library`, `own`, `lab` and `sample`.
    """

    library: str | None = None
    """The instrument's name in the library: pasi, pga 0-4, dlqi ..."""
    own: Words | None = None
    """What the trial's own instrument is."""
    lab: Words | None = None
    """What the laboratory measures."""
    sample: Words | None = None
    """What is taken and kept: skin, blood. It has no value."""
    unit: str | None = None
    """The unit of the value."""
    range: Annotated[Range, phrase(read_range)] | None = None
    """The attainable values."""
    better: Literal["lower", "higher"] = "lower"
    """The direction in which a participant is better off; the library's own for its instruments."""

    @model_validator(mode="after")
    def _is_one_kind(self) -> "InstrumentUse":
        kinds = [self.library, self.own, self.lab, self.sample]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("an instrument is one of: a name of the library, own, lab, sample")
        if (self.own or self.lab) and self.range is None:
            raise ValueError("an instrument of one's own needs its range, such as 0 to 10")
        return self


def _library(value: object) -> object:
    return {"library": value} if isinstance(value, str) else tuples(value)


class Intervention(Value):
    """What is tested or compared (USDM StudyIntervention)."""

    name: Words
    """The intervention in words."""
    kind: Literal["drug", "biological", "device", "procedure", "behavioral"] = "drug"
    """The kind of intervention."""
    route: Literal["subcutaneous", "intravenous", "oral", "topical", "intramuscular", "none"]
    """The route of administration."""
    unit: str | None = None
    """The amount in one unit handed out, such as one pen of 80 mg."""
    model: Name | None = None
    """The pharmacology in the library that the simulator uses."""
    course: Name | None = None
    """An effect assumed in this file; everything that rests on it is called a scenario."""


def _dose_kind(value: object) -> str:
    chosen = isinstance(value, DoseChoice) or (isinstance(value, dict) and "one_of" in value)
    return "choice" if chosen else "dose"


PlannedDose = Annotated[
    Annotated[DoseChoice, Tag("choice")] | Annotated[DosePhrase, Tag("dose")],
    Discriminator(_dose_kind),
]


class Arm(Value):
    """A planned pathway (USDM StudyArm): its doses are what is certain, rules what may happen."""

    label: Words
    """The arm in words, as tables print it."""
    role: Role
    """Whether the arm is tested or compared with."""
    n: Annotated[int, Field(ge=1, le=1_000_000)]
    """How many participants are planned."""
    doses: tuple[PlannedDose, ...]
    """What everybody in the arm receives."""


class Quantity(Value):
    """An amount with its unit: "5 mg"."""

    number: float
    unit: str

    def __str__(self) -> str:
        return f"{number_text(self.number)} {self.unit}"


def read_quantity(reader: Reader) -> Quantity:
    """Read "5 mg"."""
    number = reader.number()
    unit = read_unit_of_measure(reader)
    if unit is None:
        reader.fail("a unit, such as mg")
    return Quantity(number=number, unit=unit)


class Step(Value):
    """One step of a titration: by how much, and when."""

    by: Annotated[Quantity, phrase(read_quantity)]
    """The size of the step."""
    when: ConditionPhrase
    """The condition for it."""


class Rule(Value):
    """What a result changes: an additional dose, a crossover, a titration, stopping.

    An unknown condition means that nothing happens, and the report says so.
    """

    text: Words | None = None
    """The rule in words."""
    arms: Annotated[tuple[Name, ...], BeforeValidator(one_or_more)] = ("all",)
    """The arms, or the role of arms, that it concerns; all unless named."""
    at: VisitPlanPhrase
    """The visits at which it is applied."""
    when: ConditionPhrase | None = None
    """The condition; none means always."""
    give: GiftPhrase | None = None
    """What is given."""
    repeat: Literal["once", "each_time"] | None = None
    """Whether it begins once, or each time the condition is met and the last one has ended.

    Unless stated, what another arm receives and what is repeated begins once, and a single dose is
    given each time.
    """
    until: ConditionPhrase | None = None
    """The condition, at one of these visits, at which what the rule gives ends."""
    instead: bool = False
    """Whether it takes the place of the doses planned from then on."""
    stop: Literal["treatment"] | None = None
    """What stops."""
    start: GiftPhrase | None = None
    """The first dose of a titration."""
    raised: Annotated[Step | None, Field(alias="raise")] = None
    """The step up."""
    lower: Step | None = None
    """The step down."""

    @model_validator(mode="after")
    def _does_something(self) -> "Rule":
        if not (self.give or self.stop or self.start):
            raise ValueError("a rule gives, stops or starts something")
        if not self.give and (self.repeat or self.until or self.instead):
            raise ValueError("repeat, until and instead go with what a rule gives")
        if self.until and self.give and not (self.give.as_in or self.give.every):
            raise ValueError("until ends what lasts: as in ARM, or a dose every so many weeks")
        return self


InstrumentPhrase = Annotated[InstrumentUse, BeforeValidator(_library)]
