"""What an amendment changes: in words, for people, for those enrolled, and in power and size."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wholetrial.conditions.evaluate import MET, NOT_MET, Situation, evaluate
from wholetrial.data.read import read_records
from wholetrial.data.records import Flags
from wholetrial.programme.asked import Asked
from wholetrial.programme.simulate import Ways, simulate_scenario
from wholetrial.programme.virtual_people import virtual_people
from wholetrial.protocol.condition import AllOf, Compare, Condition
from wholetrial.protocol.condition_in_words import condition_in_words
from wholetrial.protocol.differences import Difference, differences
from wholetrial.protocol.eligibility import Criterion
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import screening_visit
from wholetrial.screening.evaluate import screen
from wholetrial.screening.read_people import read_people
from wholetrial.simulation.population import NotSimulatedError

REPLICATES = 400
SEED = 1


class CriterionChange(NamedTuple):
    """A criterion that differs: its words before and after, and whether it lets in more."""

    name: str
    before: str
    after: str
    how: str


class Counts(NamedTuple):
    """Of so many virtual people, how many each version lets in, and who changes sides."""

    people: int
    before: int
    after: int
    gained: int
    lost: int


class Moved(NamedTuple):
    """A person of a file whose answer differs."""

    person: str
    before: str
    after: str
    because: str


class Size(NamedTuple):
    """The size of a version and the power of one comparison, with its interval in percent."""

    n: int
    arms: Mapping[str, int]
    power: tuple[str, float, float, float] | None
    why_none: str = ""


@dataclass(frozen=True, slots=True)
class Amendment:
    """All that differs between two protocols."""

    old: Protocol
    new: Protocol
    criteria: tuple[CriterionChange, ...]
    others: tuple[Difference, ...]
    virtual: Counts | None
    moved: tuple[Moved, ...]
    deviations: tuple[Moved, ...]
    sizes: tuple[Size, Size]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.criteria and not self.others


def amendment(
    old: Protocol,
    new: Protocol,
    *,
    people: Path | None = None,
    data: Path | None = None,
    on: date | None = None,
    replicates: int = REPLICATES,
) -> Amendment:
    """Compare two protocols.

    `people` is a file of people, screened by both as of `on`; `data` is the folder of the trial's
    own records. Power is the share of `replicates` simulated trials, the same seed for both.
    """
    found = differences(old, new)
    others = tuple(
        one
        for one in found
        if not one.path.startswith(("eligibility.include", "eligibility.exclude"))
    )
    return Amendment(
        old,
        new,
        tuple(_criteria(old, new)),
        others,
        _virtual(old, new),
        tuple(_moved(old, new, people, on or date.today())) if people else (),
        tuple(_deviations(old, new, data)) if data else (),
        (_size(old, replicates), _size(new, replicates)) if found else (_plain(old), _plain(new)),
    )


def _criteria(old: Protocol, new: Protocol) -> Iterator[CriterionChange]:
    for block in ("include", "exclude"):
        before, after = getattr(old.eligibility, block), getattr(new.eligibility, block)
        for name in dict.fromkeys([*before, *after]):
            one, other = before.get(name), after.get(name)
            rules = (one.rule if one else None, other.rule if other else None)
            if one == other or (one and other and rules[0] == rules[1]):
                continue
            words = [_in_words(one, old), _in_words(other, new)]
            yield CriterionChange(name, words[0], words[1], _how(rules, include=block == "include"))


def _in_words(criterion: Criterion | None, protocol: Protocol) -> str:
    if criterion is None:
        return ""
    return condition_in_words(criterion.rule, protocol) if criterion.rule else criterion.text


def _how(rules: tuple[Condition | None, Condition | None], *, include: bool) -> str:
    """Whether a criterion lets in more or fewer, where a single comparison proves it."""
    one, other = rules
    if one is None or other is None:
        return "new: fewer" if one is None else "gone: more"
    if not isinstance(one, Compare) or not isinstance(other, Compare):
        return _joined(one, other, include=include)
    if one.value != other.value or one.unit != other.unit:
        return "changed"
    low, high = _ends(one), _ends(other)
    wider = high[0] <= low[0] and high[1] >= low[1]
    narrower = high[0] >= low[0] and high[1] <= low[1]
    if wider == narrower:
        return "changed"
    return "looser: more" if wider == include else "tighter: fewer"


def _joined(one: Condition, other: Condition, *, include: bool) -> str:
    """More or fewer parts joined by "and"."""
    parts = [
        set(map(str, rule.all)) if isinstance(rule, AllOf) else {str(rule)} for rule in (one, other)
    ]
    if parts[0] < parts[1]:
        return "tighter: fewer" if include else "looser: more"
    if parts[1] < parts[0]:
        return "looser: more" if include else "tighter: fewer"
    return "changed"


def _ends(compare: Compare) -> tuple[float, float]:
    far, step = float("inf"), 1e-9
    match compare.compare:
        case ">=":
            return compare.threshold, far
        case ">":
            return compare.threshold + step, far
        case "<=":
            return -far, compare.threshold
        case "<":
            return -far, compare.threshold - step
        case _:
            upper = compare.threshold if compare.upper is None else compare.upper
            return compare.threshold, upper


def _virtual(old: Protocol, new: Protocol) -> Counts | None:
    """The same virtual people judged by both; what is unknown keeps nobody out."""
    people = virtual_people(new) or virtual_people(old)
    if people is None:
        return None
    before, after = (
        np.logical_and.reduce([verdict != 0 for verdict in people.allowed(one).values()])
        for one in (old, new)
    )
    sums = [int(np.sum(flags)) for flags in (before, after, after & ~before, before & ~after)]
    return Counts(people.count, *sums)


def _moved(old: Protocol, new: Protocol, people: Path, on: date) -> Iterator[Moved]:
    """The people of a file whose answer differs; each version reads the file by its own names."""
    before = {one.id: screen(old, one) for one in read_people(people, old, on).people}
    for person in read_people(people, new, on).people:
        was, now = before[person.id], screen(new, person)
        if was.overall != now.overall:
            names = [found.name for found in (*now.of("blocks"), *now.of("unknown"))]
            yield Moved(person.id, was.overall, now.overall, ", ".join(names))


def _deviations(old: Protocol, new: Protocol, data: Path) -> Iterator[Moved]:
    """The enrolled whom the new criteria keep out, by what the records know of screening."""
    records = read_records(data, old).records
    situation = Situation(old, records, screening_visit(old))
    before, after = (_blocked(one, situation) for one in (old, new))
    for row, name in enumerate(records.participants):
        fresh = [
            c for c, flags in after.items() if flags[row] and not before.get(c, flags & False)[row]
        ]
        if fresh:
            yield Moved(name, "enrolled", "a deviation", ", ".join(fresh))


def _blocked(protocol: Protocol, situation: Situation) -> dict[str, Flags]:
    judged = Situation(protocol, situation.records, situation.visit)
    blocked: dict[str, Flags] = {}
    for block, out in (("include", NOT_MET), ("exclude", MET)):
        for name, criterion in getattr(protocol.eligibility, block).items():
            if criterion.rule is not None:
                blocked[name] = evaluate(criterion.rule, judged) == out
    return blocked


def _plain(protocol: Protocol) -> Size:
    return Size(protocol.n, {name: arm.n for name, arm in protocol.arms.items()}, None)


def _size(protocol: Protocol, replicates: int) -> Size:
    """The size, and the power of the first planned comparison by simulation."""
    plain = _plain(protocol)
    if protocol.assumptions is None:
        return plain._replace(why_none="the file has no assumptions")
    try:
        simulated = simulate_scenario(protocol, Asked(replicates=replicates, seed=SEED), Ways())
    except (NotSimulatedError, ValueError) as problem:
        return plain._replace(why_none=str(problem))
    powers = simulated.powers if simulated else ()
    if not powers:
        return plain._replace(why_none="it plans no test")
    first = powers[0]
    error = float(np.sqrt(first.share * (1 - first.share) / first.replicates))
    name = f"{first.endpoint} {first.at}: {first.arm}" + (
        f" with {first.control}" if first.control else ""
    )
    return plain._replace(power=(name, 100 * first.share, 100 * error, first.replicates))
