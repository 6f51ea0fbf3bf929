"""Every value inside a protocol with its path, so that a check can look for one kind of value."""

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel

from wholetrial.protocol.condition import Condition, parts
from wholetrial.protocol.protocol import Protocol

Kind = TypeVar("Kind")
_APART = ("provenance", "versions")


def walk(protocol: Protocol) -> Iterator[tuple[str, Any]]:
    """Every value of a protocol with its dotted path; provenance and versions apart."""
    for name, field in type(protocol).model_fields.items():
        if name not in _APART:
            yield from _walk(getattr(protocol, name), field.alias or name)


def every(protocol: Protocol, kind: type[Kind]) -> Iterator[tuple[str, Kind]]:
    """Every value of one kind, with its path."""
    for path, value in walk(protocol):
        if isinstance(value, kind):
            yield path, value


def terms_within(condition: Condition, protocol: Protocol) -> Iterator[Condition]:
    """Every condition inside a condition, the terms it names opened, each once."""
    waiting, opened = [condition], set[str]()
    while waiting:
        found = waiting.pop()
        yield found
        waiting += parts(found)
        term = getattr(found, "term", None)
        if term in protocol.terms and term not in opened:
            opened.add(term)
            waiting.append(protocol.terms[term])


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _walk(getattr(value, name), f"{path}.{field.alias or name}")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _walk(inner, f"{path}.{name}")
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _walk(inner, f"{path}.{index}")
