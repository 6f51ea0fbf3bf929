"""Virtual people before any criterion has chosen among them, and what criteria say of them."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from wholetrial.conditions.evaluate import MET, NOT_MET, Situation, evaluate
from wholetrial.data.records import Codes, Flags
from wholetrial.numerics.philox import Stream
from wholetrial.protocol.condition import Condition
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.population import candidates
from wholetrial.simulation.psoriasis_fit import fit_named
from wholetrial.simulation.readings import readers_of

PEOPLE = 10_000
SEED = 1


class Share(NamedTuple):
    """How many of a hundred people surely meet a condition, and of how many it is not known."""

    met: float
    unknown: float


@dataclass(frozen=True, slots=True)
class VirtualPeople:
    """People as a trial file assumes them, at screening; none of them was chosen."""

    protocol: Protocol
    situation: Situation
    exist: Flags
    seed: int

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.exist.sum())

    def share(self, condition: Condition) -> Share:
        """The share that meets a condition, in percent."""
        verdict = evaluate(condition, self.situation)[self.exist]
        met, known = verdict == MET, (verdict == MET) | (verdict == NOT_MET)
        return Share(100 * float(met.mean()), 100 * float((~known).mean()))

    def allowed(self, protocol: Protocol) -> dict[str, Codes]:
        """What each criterion of a protocol says: 1 allows, 0 blocks, -1 unknown."""
        situation = replace(self.situation, protocol=protocol)
        found: dict[str, Codes] = {}
        for block in ("include", "exclude"):
            for name, criterion in getattr(protocol.eligibility, block).items():
                if criterion.rule is None:
                    continue
                verdict = evaluate(criterion.rule, situation)[self.exist]
                known = (verdict == MET) | (verdict == NOT_MET)
                allows = (verdict == MET) == (block == "include")
                found[name] = np.where(known, allows.astype(np.int8), np.int8(-1))
        return found


class VirtualStep(NamedTuple):
    """A criterion among virtual people; `left` are those whom none so far keeps out."""

    name: str
    text: str
    blocks: int
    unknown: int
    left: int
    assumed: str


def virtual_funnel(people: VirtualPeople) -> tuple[VirtualStep, ...]:
    """The funnel of virtual people, and what the file assumes where a criterion is unknown."""
    protocol = people.protocol
    assumed = protocol.assumptions.screening if protocol.assumptions else {}
    criteria = {**protocol.eligibility.include, **protocol.eligibility.exclude}
    left = np.ones(people.count, np.bool_)
    steps = []
    for name, verdict in people.allowed(protocol).items():
        left = left & (verdict != 0)
        unknown = int((verdict == -1).sum())
        told = str(assumed[name]) if name in assumed else "taken as met" if unknown else ""
        counts = (int((verdict == 0).sum()), unknown, int(left.sum()))
        steps.append(VirtualStep(name, criteria[name].text, *counts, told))
    return tuple(steps)


def virtual_people(
    protocol: Protocol, people: int = PEOPLE, seed: int = SEED
) -> VirtualPeople | None:
    """People drawn from the assumptions of a file; None where it has none."""
    if protocol.assumptions is None or not protocol.assumptions.baseline:
        return None
    readers = readers_of(protocol, fit_named("fit_c"))
    stream = Stream(seed, np.zeros(people, np.int64), np.arange(people))
    situation, exist = candidates(protocol, stream, readers)
    return VirtualPeople(protocol, situation, exist, seed)
