"""Reads YAML 1.2 data into a tree whose every node knows its line and column.

Safe by construction: size is limited before reading, nesting before it is followed; aliases, tags
and repeated keys are refused; only text, numbers, true, false and null exist. A JSON file is read
by the same rules.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from wholetrial.protocol.finding import Finding, InvalidTrialFileError, Place

LARGEST_FILE = 1_000_000
DEEPEST_NESTING = 30
MOST_NODES = 100_000

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text, a number, true, false or null; `start` is where its first character stands."""

    value: str | int | float | bool | None
    place: Place
    start: Place


@dataclass(frozen=True, slots=True)
class Mapping:
    """Named nodes, in the order of the file, with the places of the names."""

    entries: dict[str, "Node"]
    keys: dict[str, Place]
    place: Place


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    items: tuple["Node", ...]
    place: Place


Node = Scalar | Mapping | Sequence


def read_document(content: bytes, file: str) -> Node:
    """Read a file's bytes into a tree, or say what keeps it from being read.

    >>> plain(read_document(b"arms: [a, 1, no, true]", "trial.yaml"))
    {'arms': ['a', 1, 'no', True]}
    """
    text = _decode(content, file)
    try:
        return _Builder(file, yaml.parse(text, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        raise _unreadable(file, error, text.splitlines()) from None
    except yaml.YAMLError as error:
        raise _refused(file, Place(1, 1), "YAML", str(error).splitlines()[0], "") from None


def _unreadable(file: str, error: yaml.MarkedYAMLError, lines: list[str]) -> Exception:
    mark = error.problem_mark or error.context_mark
    place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    problem = (error.problem or "something else").removeprefix("found ")
    wanted = problem.partition("did not find expected ")[2]
    expected, found = (wanted, "something else") if wanted else ("YAML", problem)
    advice = "indent with spaces, not tabs" if "\t" in line else "quote text that holds signs"
    if expected in ("',' or ']'", "',' or '}'"):
        advice = "close the bracket, or quote text that holds signs"
    if problem.startswith("mapping values are not allowed"):
        expected, found = "one name and its value", "a second ': ' in the line"
        advice = "put double quotes around text that holds a colon"
    return _refused(file, place, expected, found, advice)


def plain(node: Node) -> Any:
    """The data of a tree without its places: dictionaries, lists, text, numbers, true, false."""
    match node:
        case Scalar():
            return node.value
        case Mapping():
            return {name: plain(inner) for name, inner in node.entries.items()}
        case Sequence():
            return [plain(item) for item in node.items]


def merged(node: Node, patch: Node) -> Node:
    """The tree with a patch merged over it (RFC 7396): mappings join, null removes."""
    if not isinstance(patch, Mapping):
        return patch
    below = node if isinstance(node, Mapping) else Mapping({}, {}, patch.place)
    entries, keys = dict(below.entries), dict(below.keys)
    for name, change in patch.entries.items():
        if isinstance(change, Scalar) and change.value is None:
            entries.pop(name, None)
            continue
        entries[name] = merged(entries.get(name, Mapping({}, {}, change.place)), change)
        keys[name] = patch.keys[name]
    return Mapping(entries, keys, below.place)


def _decode(content: bytes, file: str) -> str:
    if len(content) > LARGEST_FILE:
        raise _refused(
            file,
            Place(1, 1),
            f"at most {LARGEST_FILE:,} bytes",
            "more",
            "a trial file is short: is this another file?",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _refused(
            file, Place(line, 1), "text in UTF-8", "other bytes", "save it as UTF-8 text"
        ) from None
    strange = re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text.replace("\r\n", "\n"))
    if strange:
        line = text[: strange.start()].count("\n") + 1
        found = f"the control character {strange.group()!r}"
        raise _refused(file, Place(line, 1), "text", found, "is this a trial file?")
    return text


def _refused(file: str, place: Place, expected: str, found: str, advice: str) -> Exception:
    return InvalidTrialFileError([Finding(file, place, "", expected, found, advice)])


class _Builder:
    """Builds the tree from the parser's events: nothing is followed before it is allowed."""

    def __init__(self, file: str, events: Iterator[Any]) -> None:
        self.file, self.events, self.nodes = file, events, 0

    def document(self) -> Node:
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            self.refuse(Place(1, 1), "a trial file", "an empty file", "start with `wholetrial new`")
        node = self.node(next(self.events), 0)
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            self.refuse(_place(after), "one document", "a second one", "remove what follows ---")
        return node

    def node(self, event: Any, depth: int) -> Node:
        place = _place(event)
        self.nodes += 1
        if depth > DEEPEST_NESTING:
            self.refuse(place, f"at most {DEEPEST_NESTING} levels", "deeper nesting", "")
        if self.nodes > MOST_NODES:
            self.refuse(place, f"at most {MOST_NODES:,} values", "more", "")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self.refuse(place, "the text itself", "an anchor or alias (& or *)", "write it out")
        if getattr(event, "tag", None):
            self.refuse(place, "a plain value", f"the tag {event.tag}", "remove the tag")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(place, depth)
        return self.sequence(place, depth)

    def scalar(self, event: Any) -> Scalar:
        place = _place(event)
        if event.style in ("'", '"'):
            return Scalar(event.value, place, Place(place.line, place.column + 1))
        if event.style in ("|", ">"):
            return Scalar(event.value.strip(), place, place)
        return Scalar(self.resolved(event.value, place), place, place)

    def resolved(self, text: str, place: Place) -> str | int | float | bool | None:
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            number = float(text)
            if abs(number) == float("inf") or len(text) > 40:
                self.refuse(place, "a number of ordinary size", text[:40], "")
            return number
        return text

    def mapping(self, place: Place, depth: int) -> Mapping:
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self.refuse(_place(event), "a name", "a list or mapping as a name", "use a word")
            name = str(event.value)
            if name in entries:
                first = keys[name].line
                self.refuse(_place(event), "each name once", f"'{name}' again (line {first})", "")
            keys[name] = _place(event)
            entries[name] = self.node(next(self.events), depth + 1)
        return Mapping(entries, keys, place)

    def sequence(self, place: Place, depth: int) -> Sequence:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(event, depth + 1))
        return Sequence(tuple(items), place)

    def refuse(self, place: Place, expected: str, found: str, advice: str) -> NoReturn:
        raise _refused(self.file, place, expected, found, advice)


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)
