"""Who may take part (USDM EligibilityCriterion)."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from wholetrial.protocol.read_condition import ConditionPhrase
from wholetrial.protocol.time import DurationPhrase
from wholetrial.protocol.value import Name, Value, Words, tuples


class Concept(Value):
    """What "has", "had" and "takes" speak of, in a volunteer's words."""

    lay: Words
    """The concept in lay words."""
    kind: Literal["condition", "medicine"] = "condition"
    """Whether it is a medicine or another treatment: then the public page says who may use it."""
    open_list: bool = False
    """Whether the source leaves the list open ("such as", "etc.")."""
    half_life: DurationPhrase | None = None
    """How long half of the medicine stays in the body; rules may count in it."""


def _concept(value: object) -> object:
    return {"lay": value} if isinstance(value, str) else tuples(value)


class Criterion(Value):
    """One characteristic that is necessary to take part, or that forbids it.

    A criterion without a rule introduces others (`heads`) or permits something.
    """

    text: Words
    """The criterion in our own short words."""
    item: Words | None = None
    """Where it stands in the source: the list and the number."""
    rule: ConditionPhrase | None = None
    """The condition that decides it; where readings differ, the one taken."""
    heads: tuple[Name, ...] = ()
    """The criteria that this line only introduces."""
    absence: Literal["no", "unknown"] = "no"
    """What it means that a database says nothing of it in a time that it covers."""

    @model_validator(mode="after")
    def _decides_or_introduces(self) -> "Criterion":
        if self.rule is not None and self.heads:
            raise ValueError("a line that introduces others (heads) has no rule of its own")
        return self


Count = Annotated[int, Field(ge=0)]


class Unseen(Value):
    """How many criteria the source hides."""

    include: Count | Literal["not known"]
    """Inclusion criteria not published."""
    exclude: Count | Literal["not known"]
    """Exclusion criteria not published."""


Code = Annotated[int | str, Field(union_mode="left_to_right")]


class Codes(Value):
    """The codes under which records keep a concept or a measure; what lies beneath them counts."""

    omop: tuple[int, ...] = ()
    """Standard concepts of the OMOP vocabulary."""
    snomed: tuple[Code, ...] = ()
    """SNOMED CT."""
    rxnorm: tuple[Code, ...] = ()
    """RxNorm: ingredients and drugs."""
    atc: tuple[Code, ...] = ()
    """ATC: classes of drugs."""
    loinc: tuple[Code, ...] = ()
    """LOINC: measurements."""
    icd10: tuple[Code, ...] = ()
    """ICD-10 and its national versions."""
    source: Words | None = None
    """Where the list is from."""


class Eligibility(Value):
    """The criteria, the concepts they speak of and the visit at which they are decided."""

    anchor: Name
    """The visit or event that "at" and "within" mean, unless a rule names another."""
    concepts: dict[Name, Annotated[Concept, BeforeValidator(_concept)]] = {}
    """The concepts in lay words."""
    codes: dict[Name, Codes] = {}
    """The codes of concepts and measures in records and databases."""
    include: dict[Name, Criterion]
    """What is necessary."""
    exclude: dict[Name, Criterion] = {}
    """What forbids."""
    permit: dict[Name, Criterion] = {}
    """What the source allows: no criterion."""
    unseen: Unseen | None = None
    """What the source does not show."""
