"""What the simulator needs to know of a disease: how it runs in participants, given their doses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from wholetrial.numerics.elementary import FloatArray
from wholetrial.numerics.philox import Stream

StateT = TypeVar("StateT")


@dataclass(frozen=True)
class Participants:
    """Virtual participants as a disease sees them: where their random numbers are, and body weight.

    `stream` has the shape (..., P); `weight_kg` broadcasts to it.
    """

    stream: Stream
    weight_kg: FloatArray


@dataclass(frozen=True)
class Doses:
    """What participants receive: `amount[drug]` in mg, shape (..., P, D), on D common days.

    0 means that a participant receives nothing on that day. Amounts broadcast over the leading
    axes, so that one (P, D) plan serves all replicates. `fresh` names days on which some
    participants may meet a drug with none of it in them; the first day of a drug is one anyway.
    """

    day: tuple[float, ...] = ()
    amount: Mapping[str, FloatArray] = field(default_factory=dict)
    fresh: tuple[float, ...] = ()

    def fresh_days(self, drug: str, given: frozenset[str]) -> tuple[float, ...]:
        """The days on which a drug may meet a body without it; `given` are drugs known there."""
        first = () if drug in given else self.day[:1]
        return (*first, *(day for day in self.fresh if day not in first))


NO_DOSES = Doses()


class Course(Protocol[StateT]):
    """How the disease of virtual participants runs, given their doses.

    A state is a value: `advance` returns a new one and leaves the old one as it was, so a visit
    can look at observed scores, decide on a dose and go on from there.
    """

    def start(self, participants: Participants) -> StateT:
        """State at day 0, before any dose, of participants shaped (..., P)."""
        ...

    def advance(self, state: StateT, doses: Doses, from_day: float, to_day: float) -> StateT:
        """State at `to_day`, given the doses of from_day <= day < to_day."""
        ...

    def lesion(self, state: StateT) -> FloatArray:
        """Lesion relative to day 0 (1.0 there), shape (..., P)."""
        ...
