"""The items of a text of criteria: sections, bullets, numbers, lists within lists. None is lost."""

import html
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Section = Literal["include", "exclude"]

_HEADING = re.compile(
    r"^\W*(?:key|main|major|other|additional|general|specific|principal)?\s*"
    r"(?P<kind>inclusion|exclusion)(?:\s+criteri(?:a|on))?\b[^:\n]{0,60}:?\s*$|"
    r"^\W*(?:key |main |major )?(?P<short>inclusion|exclusion) criteri(?:a|on)\b[^:\n]{0,60}:\s*(?P<rest>\S.*)$",
    re.IGNORECASE,
)
_BULLET = re.compile(
    r"^(?P<mark>[-*•–·o▪◦](?=\s)|\(?\d{1,2}[.)](?=\s|[A-Z(])|\(?[a-z][.)](?=\s)|\(?[ivx]{1,4}[.)](?=\s))\s*"
)
_INLINE = re.compile(r"(?:(?<=[.;:,])|(?<=^))\s*(?=\(?\d{1,2}[.)]\s+[A-Z(≥>])")


class Item(NamedTuple):
    """One item as it stands: its section, its number there ("3", "3.1"), its text, its depth."""

    section: Section
    number: str
    text: str
    depth: int = 0


def items_of(text: str) -> tuple[Item, ...]:
    """The items of a text of criteria, in order; wrapped lines are joined, lists are nested."""
    found: list[Item] = []
    for section, lines in _sections(text):
        found += _numbered(section, list(_logical(lines)))
    return tuple(found)


def readable(text: str) -> str:
    """A text without escapes and with plain signs; its words stay as they are."""
    text = html.unescape(text)
    text = re.sub(r"\\([<>\[\]^~*_()#.+=-])", r"\1", text)
    signs = {
        "≥": ">=", "≧": ">=", "⩾": ">=", "≤": "<=", "≦": "<=", "⩽": "<=", "＞": ">", "＜": "<",
        "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "’": "'", "‘": "'", "“": '"', "”": '"',
        "\u00a0": " ", "％": "%", "，": ", ", "；": "; ", "（": " (", "）": ") ",
    }  # fmt: skip
    for sign, plain in signs.items():
        text = text.replace(sign, plain)
    text = re.sub(r">\s+=", ">=", re.sub(r"<\s+=", "<=", text))
    return re.sub(r"(?<=[<>])\s+(?=\d)", " ", text)


def _sections(text: str) -> Iterator[tuple[Section, list[str]]]:
    """The lines of each section; what stands before any heading belongs to the inclusions."""
    section: Section = "include"
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        match = _HEADING.match(line.strip())
        if match is None:
            lines.append(line)
            continue
        if any(one.strip() for one in lines):
            yield section, lines
        kind = (match["kind"] or match["short"]).casefold()
        section = "include" if kind == "inclusion" else "exclude"
        lines = [match["rest"]] if match["rest"] else []
    if any(one.strip() for one in lines):
        yield section, lines


class _Line(NamedTuple):
    """A line that begins an item, its continuations joined; how far it is indented."""

    indent: int
    mark: str
    text: str


def _logical(lines: list[str]) -> Iterator[_Line]:
    """Lines joined where they are wrapped: a line that no mark begins goes on with the one before."""
    marked = sum(bool(_BULLET.match(line.strip())) for line in lines)
    current: _Line | None = None
    blank, seen = False, set[str]()
    for line in (part for whole in lines for part in _unpacked(whole)):
        stripped = line.strip()
        if not stripped:
            blank = True
            continue
        match = _BULLET.match(stripped)
        indent = len(line.expandtabs(4)) - len(line.expandtabs(4).lstrip())
        if (
            match is not None
            and current is not None
            and _goes_on(match["mark"], current.text, seen)
        ):
            match = None
        seen |= {match["mark"]} if match else set()
        own = match is not None or not marked or current is None or _stands_alone(stripped, blank)
        if own or current is None:
            if current is not None:
                yield current
            mark = match["mark"] if match else ""
            current = _Line(indent, mark, stripped[match.end() :] if match else stripped)
        else:
            current = current._replace(text=f"{current.text} {stripped}")
        blank = False
    if current is not None:
        yield current


def _goes_on(mark: str, before: str, seen: set[str]) -> bool:
    """Whether a number at the start of a line ends the sentence before it, as in "3 or 4"."""
    number = re.sub(r"\D", "", mark)
    if not number:
        return False
    if re.search(
        r"\b(?:or|and|of|to|than|least|most|between|score|-|,)$", before.casefold().strip()
    ):
        return True
    return number != "1" and mark.replace(number, str(int(number) - 1)) not in seen


def _unpacked(line: str) -> list[str]:
    """A line that holds a whole numbered list, taken apart."""
    parts = [part for part in _INLINE.split(line) if part.strip()]
    numbers = [re.match(r"\s*\(?(\d{1,2})[.)]", part) for part in parts]
    first = next((int(one[1]) for one in numbers if one), None)
    counted = [int(one[1]) for one in numbers if one]
    in_order = counted == list(range(first or 0, (first or 0) + len(counted)))
    return parts if len(counted) > 2 and in_order else [line]


def _stands_alone(text: str, after_blank: bool) -> bool:
    """Whether a line without a mark, after an empty one, begins something of its own."""
    return after_blank and bool(re.match(r"[A-Z].*:$", text))


def _numbered(section: Section, lines: list[_Line]) -> Iterator[Item]:
    """Lines with their numbers; deeper ones are numbered within the line above them."""
    open_: list[tuple[int, str, int]] = []
    top = 0
    for line in lines:
        if not re.search(r"\w", line.text):
            continue
        shape = _shape(line.mark)
        while open_ and not _within(open_[-1], line.indent, shape):
            open_.pop()
        if open_:
            indent, prefix, count = open_[-1]
            open_[-1] = (indent, prefix, count + 1)
            number = f"{prefix}.{count + 1}"
        else:
            top += 1
            number = str(top)
        yield Item(section, number, readable(line.text).strip(), len(open_))
        open_.append((line.indent, number, 0))


def _shape(mark: str) -> str:
    return re.sub(r"[a-z]+", "a", re.sub(r"\d+", "1", mark))


def _within(above: tuple[int, str, int], indent: int, shape: str) -> bool:
    return indent > above[0] + 1


def ends_open(text: str) -> bool:
    """Whether an item introduces those beneath it."""
    return text.rstrip().endswith(":")
