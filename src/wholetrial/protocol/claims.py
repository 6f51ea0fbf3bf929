"""What the sources claim in their own few words, so that it can be held against the file."""

from typing import Annotated

from pydantic import BeforeValidator, model_validator

from wholetrial.protocol.read_condition import ConditionPhrase
from wholetrial.protocol.time import PointPhrase
from wholetrial.protocol.value import Name, Value, Words, one_or_more

Names = Annotated[tuple[Name, ...], BeforeValidator(one_or_more)]
Texts = Annotated[tuple[Words, ...], BeforeValidator(one_or_more)]


class Claim(Value):
    """One statement of a source: its decisive words, or a value that the file may contradict."""

    at: Words
    """What it is about: a path of this file, such as eligibility.include.I4."""
    writes: Words | None = None
    """The decisive words as the source writes them, a few."""
    structure: Words | None = None
    """The intervention model that it names."""
    arms: int | None = None
    """How many groups it counts."""
    placebo: bool | None = None
    """Whether it says that somebody receives placebo."""
    interventions: Names = ()
    """The interventions that it lists."""
    condition: ConditionPhrase | None = None
    """A threshold or an age that it states."""
    time: PointPhrase | None = None
    """A time that it states."""
    cites: Texts = ()
    """What it cites, in its order."""
    city: Words | None = None
    """The city in which it puts a site."""
    missing: Words | None = None
    """What it leaves blank, or says that it does not know."""

    @model_validator(mode="after")
    def _claims_something(self) -> "Claim":
        if not self.model_fields_set - {"at"}:
            raise ValueError("a claim states something: writes, arms, condition, time ...")
        return self
