"""What each reading of an ambiguous criterion costs: how many virtual people meet it."""

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from wholetrial.programme.virtual_people import Share, VirtualPeople, virtual_people
from wholetrial.protocol.condition import Condition
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.read_condition import ConditionPhrase

_CONDITION: TypeAdapter[Condition] = TypeAdapter(ConditionPhrase)
ALL_UNKNOWN = 100.0


class PricedReading(NamedTuple):
    """One reading: its criterion, its name, its rule, and the share of people who meet it."""

    criterion: str
    reading: str
    rule: str
    taken: bool
    share: Share

    @property
    def countable(self) -> bool:
        """Whether the virtual people have what the rule asks for."""
        return self.share.unknown < ALL_UNKNOWN


class Priced(NamedTuple):
    """All readings of a file's ambiguous criteria, of so many virtual people."""

    readings: tuple[PricedReading, ...]
    people: int
    seed: int

    def lines(self) -> Iterator[str]:
        """A line for each ambiguous criterion, as it is printed."""
        for name in dict.fromkeys(one.criterion for one in self.readings):
            mine = [one for one in self.readings if one.criterion == name]
            told = ", ".join(_told(one) for one in mine)
            taken = next(one.reading for one in mine if one.taken)
            yield f"{name} has {len(mine)} readings: {told}; taken: {taken}"
        if any(one.countable for one in self.readings):
            yield (
                f"counted among {self.people:,} virtual people before screening (seed {self.seed})"
            )


def priced_readings(protocol: Protocol) -> Priced | None:
    """The readings of every ambiguous criterion; None where there is none, or no virtual people."""
    found = {
        path.split(".")[2]: told
        for path, told in protocol.provenance.readings.items()
        if path.startswith("eligibility.") and path.endswith(".rule")
    } | {
        path.split(".")[2]: told
        for path, told in protocol.provenance.readings.items()
        if path.startswith("eligibility.") and path.count(".") == 2
    }
    people = virtual_people(protocol) if found else None
    if people is None:
        return None
    readings = [
        PricedReading(name, reading, str(rule), reading == told.taken, people.share(rule))
        for name, told in found.items()
        for reading, rule in _rules(told.readings, people)
    ]
    return Priced(tuple(readings), people.count, people.seed) if readings else None


def _rules(readings: dict[str, object], people: VirtualPeople) -> Iterator[tuple[str, Condition]]:
    for name, tree in readings.items():
        try:
            yield name, _CONDITION.validate_python(tree)
        except ValidationError:
            continue


def _told(one: PricedReading) -> str:
    if not one.countable:
        return f"{one.reading} cannot be counted"
    unknown = f" ({one.share.unknown:.1f} % not known)" if one.share.unknown else ""
    return f"{one.reading} {one.share.met:.1f} %{unknown}"
