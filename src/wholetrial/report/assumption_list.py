"""Every assumption of the file with its source, and what its sources leave open."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.provenance import UNDECLARED
from wholetrial.report.contents import Contents
from wholetrial.report.labels import plain, sentence, source_text

_BY_ARM = ("dropout", "adverse_events")
_NAMES_INSIDE = ("scenarios", "courses", "choice")


class Assumption(NamedTuple):
    """One assumed statement: what of, and its value."""

    what: str
    value: str


class AssumptionBlock(NamedTuple):
    """Assumptions of one kind from one source."""

    title: str
    source: str
    rows: tuple[Assumption, ...]


class OpenReading(NamedTuple):
    """An ambiguous statement: where it stands, its readings, the one taken and why."""

    where: str
    readings: tuple[tuple[str, str], ...]
    taken: str
    because: str


def assumptions(contents: Contents) -> tuple[AssumptionBlock, ...]:
    """Every leaf of the file's assumptions, by kind and source, in the file's order."""
    protocol = contents.protocol
    if protocol.assumptions is None:
        return ()
    blocks: dict[tuple[str, str], list[Assumption]] = {}
    for path, value in _leaves(protocol.assumptions, "assumptions"):
        _, block, *rest = path.split(".")
        labels = contents.labels if block in _BY_ARM else {}
        what = ", ".join(labels.get(part, plain(part)) for part in rest) or plain(block)
        title = sentence(plain(block))
        blocks.setdefault((title, _source(protocol, path)), []).append(
            Assumption(sentence(what), plain(value) if block in _NAMES_INSIDE else value)
        )
    kinds = dict.fromkeys(title for title, _ in blocks)
    return tuple(
        AssumptionBlock(title, source, tuple(rows))
        for kind in kinds
        for (title, source), rows in blocks.items()
        if title == kind
    )


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


def _source(protocol: Protocol, path: str) -> str:
    """Where a statement is from; the reason too where nobody else stated it."""
    found = protocol.provenance.source(path)
    text = sentence(source_text(protocol.sources, found))
    because = _because(protocol, path) if found in UNDECLARED else ""
    return f"{text}: {because}" if because else text


def _because(protocol: Protocol, path: str) -> str:
    """The reason given nearest to a statement, as far as its own block."""
    reasons = protocol.provenance.because
    while path and path not in reasons:
        path = path.rpartition(".")[0]
    return reasons.get(path, "") if path else ""
