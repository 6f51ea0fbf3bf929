"""Another reading of an ambiguous statement: the same protocol, with that one taken."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from wholetrial.protocol.condition import Condition, Named, atoms
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.finding import nearest
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.value import tuples


class UnknownReadingError(LookupError):
    """The trial file records no such reading."""


class Reading(NamedTuple):
    """A way to read an ambiguous statement: where it stands, and the name of the reading."""

    path: str
    name: str

    def __str__(self) -> str:
        return f"{self.path.rpartition('.')[2]} as {self.name}"


def with_reading(protocol: Protocol, path: str, name: str) -> Protocol:
    """The protocol with another reading of one statement taken; all readings stay recorded.

    Raises UnknownReadingError where the file records no such reading, and ValueError where the
    reading does not hold together as a protocol.
    """
    stated = protocol.provenance.readings
    if path not in stated:
        raise UnknownReadingError(_expected("a statement with readings", path, list(stated)))
    readings = stated[path].readings
    if name not in readings:
        raise UnknownReadingError(_expected(f"a reading of {path}", name, list(readings)))
    tree = protocol.model_dump(mode="json")
    tree["provenance"]["readings"][path]["taken"] = name
    *steps, last = path.split(".")
    node: Any = tree
    for step in steps:
        node = node[int(step)] if isinstance(node, list) else node[step]
    node[int(last) if isinstance(node, list) else last] = readings[name]
    return Protocol.model_validate(tuples(tree))


def readings_not_taken(protocol: Protocol, endpoint: str) -> tuple[Reading, ...]:
    """The other readings of what an endpoint is defined by: its own, and those of its terms."""
    level, found = protocol.endpoints.named()[endpoint]
    own = f"endpoints.{level}.{endpoint}"
    terms = {f"terms.{term}" for term in terms_of(protocol, found)}
    return tuple(
        Reading(path, name)
        for path, stated in protocol.provenance.readings.items()
        if path in terms or path == own or path.startswith(f"{own}.")
        for name in stated.readings
        if name != stated.taken
    )


def reading_taken(protocol: Protocol, path: str) -> Reading:
    """The reading of a statement that is executed."""
    return Reading(path, protocol.provenance.readings[path].taken)


def terms_of(protocol: Protocol, endpoint: Endpoint) -> tuple[str, ...]:
    """The terms that an endpoint is defined by, directly or through other terms."""
    conditions = (*endpoint.response, endpoint.among, endpoint.time_to, endpoint.split_by)
    found: dict[str, None] = {}
    for condition in conditions:
        if condition is not None:
            found |= dict.fromkeys(_named_in(protocol, condition))
    return tuple(found)


def _named_in(protocol: Protocol, condition: Condition) -> Iterator[str]:
    for atom in atoms(condition):
        if isinstance(atom, Named):
            yield atom.term
            yield from _named_in(protocol, protocol.terms[atom.term])


def _expected(what: str, found: str, known: list[str]) -> str:
    advice = nearest(found, known)
    choices = ", ".join(known) or "none is recorded"
    return f"expected {what} ({choices}), found '{found}'{f'; {advice}' if advice else ''}"
