"""Every assumption of the file with its source, and what its sources leave open."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Contents
from wholetrial.report.labels import plain, sentence, source_text


class Assumption(NamedTuple):
    """One assumed statement: what of, its value, where it is from and why."""

    what: str
    value: str
    source: str
    because: str


class OpenReading(NamedTuple):
    """An ambiguous statement: where it stands, its readings, the one taken and why."""

    where: str
    readings: tuple[tuple[str, str], ...]
    taken: str
    because: str


def assumptions(contents: Contents) -> tuple[tuple[str, tuple[Assumption, ...]], ...]:
    """Every leaf of the file's assumptions, block by block in its order."""
    protocol = contents.protocol
    if protocol.assumptions is None:
        return ()
    blocks: dict[str, list[Assumption]] = {}
    for path, value in _leaves(protocol.assumptions, "assumptions"):
        _, block, *rest = path.split(".")
        found = Assumption(
            ", ".join(contents.labels.get(part, plain(part)) for part in rest) or plain(block),
            plain(value) if block == "scenarios" else value,
            source_text(protocol.sources, protocol.provenance.source(path)),
            _because(protocol, path),
        )
        blocks.setdefault(sentence(plain(block)), []).append(found)
    return tuple((block, tuple(rows)) for block, rows in blocks.items())


def open_readings(protocol: Protocol) -> tuple[OpenReading, ...]:
    """The statements that can be read in more than one way."""
    return tuple(
        OpenReading(
            plain(path.replace(".", ": ")),
            tuple((plain(name), _written(tree)) for name, tree in found.readings.items()),
            plain(found.taken),
            _because(protocol, path),
        )
        for path, found in protocol.provenance.readings.items()
    )


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, f"{path}.{name}")
    elif isinstance(value, BaseModel) and type(value).__str__ is BaseModel.__str__:
        for name in type(value).model_fields:
            part = getattr(value, name)
            if part not in (None, {}, ()):
                yield from _leaves(part, f"{path}.{name}")
    else:
        yield path, _written(value)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _because(protocol: Protocol, path: str) -> str:
    """The reason given nearest to a statement, as far as its own block."""
    reasons = protocol.provenance.because
    while path and path not in reasons:
        path = path.rpartition(".")[0]
    return reasons.get(path, "") if path else ""
