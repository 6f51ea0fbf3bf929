"""What changes from one version of a protocol to another, statement by statement."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.value import Value

NOTHING = ""
_NOT_COMPARED = ("provenance", "versions")
_NAMED_BY = ("label", "text", "name", "cite", "about")


class Difference(NamedTuple):
    """One statement that differs: where it stands, what it says in each, empty where nothing."""

    path: str
    before: str
    after: str


def differences(protocol: Protocol, other: Protocol) -> tuple[Difference, ...]:
    """Every statement in which `other` differs from `protocol`, in the order of the file.

    Phrases stand as phrases, an arm or criterion that is new or gone in one line. Marks of origin
    and the versions themselves are not compared.
    """
    return tuple(
        found
        for name in type(protocol).model_fields
        if name not in _NOT_COMPARED
        for found in _compared(getattr(protocol, name), getattr(other, name), name)
    )


def _compared(before: Any, after: Any, path: str) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _by_name(before, after, path)
    elif _has_fields(before) and _has_fields(after) and type(before) is type(after):
        for name in type(before).model_fields:
            yield from _compared(getattr(before, name), getattr(after, name), _join(path, name))
    elif _is_list(before) and _is_list(after) and len(before) == len(after):
        for index, (one, another) in enumerate(zip(before, after, strict=True)):
            yield from _compared(one, another, _join(path, str(index + 1)))
    else:
        yield Difference(path, said(before), said(after))


def _by_name(
    before: Mapping[str, Any], after: Mapping[str, Any], path: str
) -> Iterator[Difference]:
    for name in dict.fromkeys([*before, *after]):
        inside = _join(path, name)
        if name not in after:
            yield Difference(inside, said(before[name]), NOTHING)
        elif name not in before:
            yield Difference(inside, NOTHING, said(after[name]))
        else:
            yield from _compared(before[name], after[name], inside)


def said(value: Any) -> str:
    """A value of a protocol in one line: phrases as they are written, fields by name."""
    if value is None or value == () or value == {}:
        return NOTHING
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {said(inner)}" for name, inner in value.items())
    if _is_list(value):
        return ", ".join(said(item) for item in value)
    if _has_fields(value):
        return _fields(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _fields(value: Value) -> str:
    """The fields that are stated, those that name the thing first and without their name."""
    stated = {
        name: said(getattr(value, name))
        for name in type(value).model_fields
        if getattr(value, name) != type(value).model_fields[name].default
    }
    named = [stated.pop(name) for name in _NAMED_BY if name in stated]
    told = [f"{name}: {text}" for name, text in stated.items() if text]
    return "; ".join([*named, *told])


def _has_fields(value: object) -> bool:
    """Whether a value has fields and no phrase of its own."""
    return isinstance(value, Value) and type(value).__str__ is BaseModel.__str__


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}"
