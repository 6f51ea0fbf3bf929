"""Lifts `from`, `because` and `readings` out of a tree, leaving the protocol itself."""

import re
from dataclasses import dataclass, field
from typing import Any

from wholetrial.protocol.document import Mapping, Node, Scalar, Sequence, plain
from wholetrial.protocol.finding import Finding, Place, nearest

_MARKS = ("from", "because")
_READINGS = ("readings", "taken")
_UNTOUCHED = re.compile(r"provenance|versions\.\w+\.replace")


@dataclass(slots=True)
class Lifted:
    """The tree without its marks, the marks by path, and what is wrong with them."""

    file: str
    tree: Node = field(init=False)
    marks: dict[str, str] = field(default_factory=dict)
    because: dict[str, str] = field(default_factory=dict)
    readings: dict[str, dict[str, Any]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)

    def provenance(self) -> dict[str, Any]:
        """The marks in the form of `Provenance`."""
        return {"marks": self.marks, "because": self.because, "readings": self.readings}


def lift(tree: Node, file: str) -> Lifted:
    """Separate what a file states from where it is from."""
    lifted = Lifted(file)
    lifted.tree = _lift(tree, "", lifted)
    return lifted


def _lift(node: Node, path: str, into: Lifted) -> Node:
    if isinstance(node, Sequence):
        items = (_lift(item, _join(path, str(i)), into) for i, item in enumerate(node.items))
        return Sequence(tuple(items), node.place)
    if not isinstance(node, Mapping):
        return node
    _lift_marks(node, path, into)
    if "readings" in node.entries:
        node = _lift_readings(node, path, into)
        if isinstance(node, Scalar) or "readings" in getattr(node, "entries", {}):
            return node
        if not isinstance(node, Mapping):
            return _lift(node, path, into)
    entries = {
        name: inner
        if _UNTOUCHED.fullmatch(_join(path, name))
        else _lift(inner, _join(path, name), into)
        for name, inner in node.entries.items()
        if name not in _MARKS
    }
    return Mapping(entries, node.keys, node.place)


def _lift_marks(node: Mapping, path: str, into: Lifted) -> None:
    because = node.entries.get("because")
    if because is not None:
        text = because.value if isinstance(because, Scalar) else None
        if isinstance(text, str):
            into.because[path] = text
        else:
            _complain(into, because.place, _join(path, "because"), "a reason in words", because)
    source = node.entries.get("from")
    if isinstance(source, Mapping):
        for field_path, named in source.entries.items():
            target = path if field_path == "rest" else _join(path, field_path)
            _mark(named, target, into)
    elif source is not None:
        _mark(source, path, into)


def _mark(source: Node, path: str, into: Lifted) -> None:
    if isinstance(source, Scalar) and isinstance(source.value, str):
        into.marks[path] = source.value
        into.places[path] = source.place
    else:
        _complain(into, source.place, path, "the name of a source", source)


def _lift_readings(node: Mapping, path: str, into: Lifted) -> Node:
    readings, taken = node.entries["readings"], node.entries.get("taken")
    if not isinstance(readings, Mapping) or not readings.entries:
        _complain(into, readings.place, path, "readings by name", readings)
        return node
    if not isinstance(taken, Scalar) or not isinstance(taken.value, str):
        place = taken.place if taken else node.keys["readings"]
        _complain(into, place, path, "taken: the name of the reading that is executed", taken)
        return node
    if taken.value not in readings.entries:
        finding = Finding(
            into.file,
            taken.place,
            path,
            f"one of the readings {', '.join(readings.entries)}",
            f"'{taken.value}'",
            nearest(taken.value, readings.entries),
        )
        into.findings.append(finding)
        return node
    others = [name for name in node.entries if name not in (*_MARKS, *_READINGS)]
    target = _join(path, "rule") if others else path
    into.readings[target] = {"readings": plain(readings), "taken": taken.value}
    chosen = readings.entries[taken.value]
    if not others:
        return _lift(chosen, path, into) if isinstance(chosen, Mapping) else chosen
    entries = {name: node.entries[name] for name in others}
    return Mapping({**entries, "rule": chosen}, {**node.keys, "rule": taken.place}, node.place)


def _complain(into: Lifted, place: Place, path: str, expected: str, node: Node | None) -> None:
    found = "nothing" if node is None else type(node).__name__.lower()
    into.findings.append(Finding(into.file, place, path, expected, found))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
