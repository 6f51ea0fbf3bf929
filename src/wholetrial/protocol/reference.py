"""The reference of the language: every field with its type in words, its meaning and an example."""

from collections.abc import Iterator
from functools import partial
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from wholetrial.protocol.docstrings import meaning
from wholetrial.protocol.document import Mapping, Node, Scalar, Sequence, read_document
from wholetrial.protocol.lift import lift
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.starter import starter_text
from wholetrial.protocol.value import phrase_or_tree

ANY_NAME = "NAME"
_APART = ("provenance",)
_PHRASES = {
    "read_condition": "condition",
    "read_dose": "dose",
    "read_gift": "what is given",
    "read_visit_plan": "visits",
    "read_point": "point in time",
    "read_duration": "length of time",
    "read_range": "range",
    "read_quantity": "amount with unit",
    "read_share": "share of participants",
    "read_distribution": "distribution or share",
    "read_noise": "percentage or points",
    "read_odds": "odds ratio per amount",
    "read_acts_like": "intervention, course or potency",
    "read_contrast": "comparison of arms",
    "read_estimate_plan": "summary and interval",
    "read_alpha": "level and sides",
    "read_analysis_set": "people analyzed",
    "read_measure_at": "measure at points in time",
    "read_event_count": "adverse events in a span",
    "_against": "share of participants, or number",
    "_aim": "condition with its share of participants, or change with its mean",
}
_SHORTER = ("_library", "_concept", "_window", "_contact")


class FieldRow(NamedTuple):
    """One field of a trial file."""

    path: str
    type: str
    meaning: str
    example: str
    required: bool


def field_reference() -> tuple[FieldRow, ...]:
    """Every field of the language, in the order of the file; examples are the starter file's.

    >>> rows = {row.path: row for row in field_reference()}
    >>> rows["arms.NAME.n"].type, rows["arms.NAME.n"].meaning, rows["arms.NAME.n"].example
    ('whole number, 1 to 1,000,000', 'How many participants are planned.', '40')
    """
    tree = lift(read_document(starter_text().encode(), "starter.yaml"), "starter.yaml").tree
    return tuple(_rows(Protocol, "", [tree]))


def _rows(model: type[BaseModel], path: str, here: list[Node]) -> Iterator[FieldRow]:
    for name, field in model.model_fields.items():
        written = field.alias or name
        if written in _APART:
            continue
        inside = f"{path}.{written}" if path else written
        found = _inside(here, written)
        typed = type_in_words(_annotation(field))
        text = meaning(model, name)
        yield FieldRow(inside, typed, text, _example(found), field.is_required())
        alike = [other for other, one in model.model_fields.items() if _same(one, field)]
        if alike[0] == name:
            everywhere = [node for other in alike for node in _inside(here, other)]
            yield from _below(_annotation(field), inside, everywhere)


def _same(one: FieldInfo, other: FieldInfo) -> bool:
    """Whether two fields hold the same blocks, told once."""
    plain = [str(field.annotation).removesuffix(" | None") for field in (one, other)]
    return plain[0] == plain[1]


def _inside(here: list[Node], name: str) -> list[Node]:
    return [
        node.entries[name] for node in here if isinstance(node, Mapping) and name in node.entries
    ]


def _annotation(field: FieldInfo) -> Any:
    """The type of a field with what was said of it."""
    shape: Any = field.annotation
    for one in field.metadata:
        shape = Annotated[shape, one]
    return shape


def _below(shape: Any, path: str, here: list[Node]) -> Iterator[FieldRow]:
    """The fields inside a block; a phrase has none to show."""
    if _phrase(shape):
        return
    origin = get_origin(shape)
    if origin is Annotated:
        yield from _below(get_args(shape)[0], path, here)
    elif origin in (Union, UnionType):
        for option in get_args(shape):
            yield from _below(option, path, here)
    elif origin is dict:
        inner = [n for node in here if isinstance(node, Mapping) for n in node.entries.values()]
        yield from _below(get_args(shape)[1], f"{path}.{ANY_NAME}", inner)
    elif origin is tuple:
        inner = [n for node in here if isinstance(node, Sequence) for n in node.items]
        yield from _below(get_args(shape)[0], path, inner)
    elif isinstance(shape, type) and issubclass(shape, BaseModel):
        yield from _rows(shape, path, here)


def type_in_words(shape: Any) -> str:
    """A type as a person says it: "list of doses", "one of: experimental, control"."""
    said = _phrase(shape)
    if said:
        return said
    origin, parts = get_origin(shape), get_args(shape)
    if origin is Annotated:
        named = any(getattr(one, "pattern", None) for one in parts[1:])
        return "name" if named else type_in_words(parts[0]) + _limits(parts[1:])
    if origin is Literal:
        return f"one of: {', '.join(str(part) for part in parts)}" if parts[1:] else str(parts[0])
    if origin in (Union, UnionType):
        options = [type_in_words(part) for part in parts if part is not NoneType]
        return " or ".join(dict.fromkeys(options))
    if origin is dict:
        return f"names, each with {type_in_words(parts[1])}"
    if origin is tuple:
        return f"list of {type_in_words(parts[0])}"
    return _plain(shape)


def _plain(shape: Any) -> str:
    simple = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    if shape in simple:
        return simple[shape]
    block = isinstance(shape, type) and issubclass(shape, BaseModel)
    return "fields" if block else "any value"


def _phrase(shape: Any) -> str:
    """The name of the phrase that a type is written as; empty where it is none."""
    if get_origin(shape) is not Annotated:
        return ""
    inner, *said = get_args(shape)
    for one in said:
        if isinstance(one, BeforeValidator):
            function: Any = one.func
            reads = isinstance(function, partial) and function.func is phrase_or_tree
            read = str((function.args[0] if reads else function).__name__)
            if reads or read in _PHRASES:
                return _PHRASES.get(read, read.removeprefix("read_").replace("_", " "))
    return _phrase(inner)


def _limits(said: tuple[Any, ...]) -> str:
    low: Any = None
    high: Any = None
    for one in said:
        if isinstance(one, BeforeValidator) and getattr(one.func, "__name__", "") in _SHORTER:
            return " or text"
        for limit in getattr(one, "metadata", [one]):
            low = getattr(limit, "ge", getattr(limit, "gt", low))
            high = getattr(limit, "le", getattr(limit, "lt", high))
    if low is None or high is None:
        return f", {low} or more" if low is not None else ""
    return f", {low:,} to {high:,}"


def _example(nodes: list[Node]) -> str:
    """How the starter file writes a field on one line; empty where it does not."""
    for node in nodes:
        match node:
            case Scalar():
                return _written(node)
            case Sequence() if node.items and all(isinstance(i, Scalar) for i in node.items):
                items = [_written(item) for item in node.items if isinstance(item, Scalar)]
                return f"[{', '.join(items)}]"
    return ""


def _written(node: Scalar) -> str:
    value = node.value
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f'"{value}"' if isinstance(value, str) and "," in value else str(value)
