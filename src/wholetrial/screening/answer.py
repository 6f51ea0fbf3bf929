"""What screening answers: for an atom, for a criterion, for a person; each with its reasons."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Literal, NamedTuple

from wholetrial.protocol.condition import Condition
from wholetrial.protocol.eligibility import Criterion
from wholetrial.screening.person import Fact

Verdict = Literal["allows", "blocks", "unknown", "not applicable"]
Overall = Literal["eligible", "not eligible", "undetermined"]


class Truth(IntEnum):
    """Kleene's three values: `and` is the least of its parts, `or` the greatest."""

    NO = -1
    UNKNOWN = 0
    YES = 1

    def __neg__(self) -> "Truth":
        return Truth(-int(self))


class Span(NamedTuple):
    """The days that an answer rests on: after `after`, or at any time before, up to `until`."""

    after: date | None
    until: date


@dataclass(frozen=True, slots=True)
class AtomAnswer:
    """Whether one atom holds, why, and what would settle or change it.

    `because` is a clause: "PASI was 11.8 on 3 March 2026, short by 0.2". `missing` is the fact that
    would settle it: "the last day of methotrexate".
    """

    atom: Condition
    truth: Truth
    because: str
    evidence: tuple[Fact, ...] = ()
    span: Span | None = None
    missing: str | None = None
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What the facts say of an atom, and whether two of them contradict each other."""

    truth: Truth
    facts: tuple[Fact, ...] = ()
    conflict: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class CriterionAnswer:
    """What one criterion says of a person, and what would change it.

    `atoms` are those that lead to the verdict: of `A or B` the one that holds.
    """

    name: str
    kind: Literal["include", "exclude"]
    criterion: Criterion
    verdict: Verdict
    atoms: tuple[AtomAnswer, ...] = ()
    change: str | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that would settle it, each once."""
        if self.verdict != "unknown":
            return ()
        found = (answer.missing for answer in self.atoms if answer.truth is Truth.UNKNOWN)
        return tuple(dict.fromkeys(one for one in found if one))


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for a person: eligible only if every criterion allows and none is hidden."""

    person: str
    screened: date
    overall: Overall
    criteria: tuple[CriterionAnswer, ...]
    hidden: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that would settle an undetermined answer, each once."""
        if self.overall != "undetermined":
            return ()
        return tuple(dict.fromkeys(one for found in self.criteria for one in found.missing))

    def of(self, verdict: Verdict) -> Iterator[CriterionAnswer]:
        """The criteria with this verdict, in the order of the protocol."""
        return (found for found in self.criteria if found.verdict == verdict)
