"""A protocol under examination: its file, its calendar, and how a finding is placed in the file."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from wholetrial.protocol.checks.calendar import Calendar, calendar_of
from wholetrial.protocol.document import Scalar
from wholetrial.protocol.finding import Finding, Place, nearest
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.source import Source, locate


@dataclass(frozen=True, slots=True)
class Examined:
    """A protocol, the file it stands in and its visits worked out."""

    protocol: Protocol
    source: Source
    calendar: Calendar


def examine(protocol: Protocol, source: Source) -> Examined:
    """Make a protocol ready to be checked."""
    return Examined(protocol, source, calendar_of(protocol))


def error(
    trial: Examined, path: str, expected: str, found: str, advice: str = "", *, word: str = ""
) -> Finding:
    """Something that must be put right; placed at `word` where the phrase at the path holds it."""
    shown, place = _standing(trial.source, path, word)
    return Finding(trial.source.file, place, shown, expected, found, advice)


def warning(trial: Examined, path: str, says: str, advice: str = "", *, word: str = "") -> Finding:
    """Something that is probably not meant."""
    return replace(error(trial, path, says, "", advice, word=word), severity="warning")


def note(trial: Examined, path: str, says: str, advice: str = "") -> Finding:
    """Something that a reader of the file should know."""
    return replace(error(trial, path, says, "", advice), severity="note")


def unknown(trial: Examined, path: str, what: str, name: str, known: Iterable[str]) -> Finding:
    """A name that refers to nothing, with the nearest right one."""
    names = list(known)
    lower = {other.lower(): other for other in names}
    near = lower.get(name.lower())
    listed = ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")
    advice = f"did you mean '{near}'?" if near else nearest(name, names)
    if not advice:
        advice = f"known: {listed}" if names else f"this file defines no {what.split(' ')[-1]}"
    return error(trial, path, what, f"'{name}'", advice, word=name)


def _standing(source: Source, path: str, word: str) -> tuple[str, Place]:
    """The part of a path that stands in the file, and its place or that of a word in it."""
    steps = path.split(".") if path else []
    node, place, missing = locate(source.tree, steps)
    shown = ".".join(steps[: len(steps) - len(missing)])
    if not isinstance(node, Scalar):
        return shown, place
    if word and isinstance(node.value, str) and missing != steps:
        found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", node.value)
        if found:
            return shown, Place(node.start.line, node.start.column + found.start())
    return shown, place
