"""One cell of a table of people, as somebody writes it: "no", "since 2019", "11.8 on 2026-03-20".

A cell is the whole answer for its fact: "until 2026-03-12" says too that there was none since.
"now" goes on since an unknown day; "once" was at some time and may be over.
"""

import re
from dataclasses import replace
from datetime import date

from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.days import FIRST, LAST, DayError, Days, read_days
from wholetrial.screening.measured import in_protocol_unit, measures
from wholetrial.screening.person import Fact

YES, NO = ("yes", "true", "y"), ("no", "false", "n")
_TAIL = re.compile(r"\s+(as|by|stable since)\s+(\S+)$")
_VALUE = re.compile(r"([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(.*?)$")
_DAY = r"(\d{4}(?:-\d{1,2}){0,2})"
_SPANS = {
    "since": re.compile(rf"(?:yes )?since {_DAY}$"),
    "until": re.compile(rf"(?:yes )?until {_DAY}$"),
    "from": re.compile(rf"(?:yes )?from {_DAY} to {_DAY}$"),
    "on": re.compile(rf"(?:yes )?(?:on )?{_DAY}$"),
    "no": re.compile(rf"no since {_DAY}$"),
    "times": re.compile(r"(\d+)(?: times)?$"),
}
CONCEPT = (
    "yes, no, now, once, since 2019, until 2026-03-12, from 2024-01 to 2024-03, a day, or 2 times"
)
ANY_DAY = Days(FIRST, LAST)


class CellError(ValueError):
    """A cell that says nothing that can be used: what was expected in its place."""


def read_cell(text: str, about: str, protocol: Protocol) -> tuple[Fact, ...]:
    """The facts of a cell; several are separated by semicolons. Raises CellError.

    `about` is a concept, a measure or a condition that a person answers.
    """
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if about in measures(protocol):
        return tuple(in_protocol_unit(_value(part, about), protocol) for part in parts)
    if about in protocol.eligibility.concepts or about in ("pregnant", "breastfeeding"):
        return tuple(_concept(part, about) for part in parts)
    return tuple(Fact(about, yes=read_yes(part)) for part in parts)


def read_yes(text: str) -> bool:
    """Read yes or no."""
    word = text.strip().casefold()
    if word not in (*YES, *NO):
        raise CellError("yes or no")
    return word in YES


def read_day(text: str) -> Days:
    """Read a day, a month or a year; raises CellError."""
    try:
        return read_days(text)
    except DayError as problem:
        raise CellError(str(problem).removeprefix("expected ").partition(", found")[0]) from None


def read_exact_day(text: str) -> date:
    """Read a day that is known."""
    found = read_day(text)
    if not found.exact:
        raise CellError("a whole day, as 2026-03-31")
    return found.earliest


def _value(part: str, about: str) -> Fact:
    part, tail = _tail(part)
    body, _, day = part.partition(" on ")
    body, _, limit = body.partition(" limit ")
    match = _VALUE.match(body.strip())
    if match is None:
        raise CellError("a number, with its unit and its day: 11.8 on 2026-03-20")
    number, unit = match.groups()
    return Fact(
        about,
        value=float(number),
        unit=unit or None,
        high=_number(limit) if limit else None,
        start=read_day(day) if day else None,
        source=tail.get("by", ""),
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CellError("a number after 'limit'") from None


def _concept(part: str, about: str) -> Fact:
    part, tail = _tail(part)
    fact = _said(part, Fact(about, kind=tail.get("as"), source=tail.get("by", "")))
    steady = tail.get("stable since")
    return replace(fact, steady=read_day(steady)) if steady else fact


def _said(part: str, fact: Fact) -> Fact:
    word = part.casefold()
    if word in (*YES, *NO):
        return replace(fact, yes=word in YES)
    if word == "now":
        return replace(fact, start=ANY_DAY)
    if word == "once":
        return replace(fact, last=ANY_DAY, ended=True)
    for how, shape in _SPANS.items():
        match = shape.match(word)
        if match:
            return _spanned(how, match.groups(), fact)
    raise CellError(CONCEPT)


def _spanned(how: str, found: tuple[str, ...], fact: Fact) -> Fact:
    if how == "times" and len(found[0]) < len("2024"):
        number = float(found[0])
        return replace(fact, value=number) if number else replace(fact, yes=False)
    days = [read_day(one) for one in found]
    match how:
        case "since":
            return replace(fact, start=days[0])
        case "until":
            return replace(fact, last=days[0], ended=True)
        case "no":
            return replace(fact, yes=False, start=days[0])
        case "from":
            if days[1].latest < days[0].earliest:
                raise CellError("an end that does not lie before its start")
            return replace(fact, start=days[0], last=days[1], ended=True)
        case _:
            return replace(fact, start=days[0], last=days[0])


def _tail(part: str) -> tuple[str, dict[str, str]]:
    """What stands behind: its kind, its source, since when it is unchanged."""
    found: dict[str, str] = {}
    while match := _TAIL.search(part):
        found[match.group(1)] = match.group(2)
        part = part[: match.start()]
    return part, found
