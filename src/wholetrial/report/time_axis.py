"""Days as places on a picture that is as wide as the page: percentages, never shrunken text.

Labels are placed for the narrowest phone, so that they never meet on a wider screen.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import administrations, visits
from wholetrial.report.numbers import week_of

NARROWEST = 300.0
"""The width in pixels of a figure on the narrowest phone."""
WIDE = 620.0
"""The least width of a figure on a screen that is no phone."""
LETTER = 6.6
"""The width in pixels of a letter, rather too wide than too narrow."""
_MARGIN = 3.0
_STEPS = (1, 2, 4, 8, 12, 26, 52, 104, 260, 520)
_BETWEEN_TICKS = 26.0

Anchor = Literal["start", "middle", "end"]


class Axis(NamedTuple):
    """The first and the last day of a picture."""

    first: int
    last: int

    def place(self, day: float) -> float:
        """Where a day lies, in percent of the width."""
        span = max(self.last - self.first, 1)
        return round(_MARGIN + (100 - 2 * _MARGIN) * (day - self.first) / span, 2)


class Tick(NamedTuple):
    """A week's number and its place."""

    place: float
    text: str


class Label(NamedTuple):
    """A label at a place; `level` 0 is the line nearest to the marks."""

    place: float
    text: str
    anchor: Anchor
    level: int


def axis_of(protocol: Protocol) -> Axis:
    """The axis that holds every visit and every planned dose."""
    planned = visits(protocol)
    days = [visit.earliest if visit.day < 0 else visit.day for visit in planned]
    days += [visit.day for visit in planned]
    days += [dose.day for arm in protocol.arms for dose in administrations(protocol, arm)]
    return Axis(min(days, default=0), max(days, default=0))


def week_ticks(axis: Axis) -> tuple[Tick, ...]:
    """Whole weeks, as close as a phone can show them."""
    weeks = (axis.last - axis.first) / 7 or 1
    room = NARROWEST * (100 - 2 * _MARGIN) / 100 / weeks
    step = next((step for step in _STEPS if step * room >= _BETWEEN_TICKS), _STEPS[-1])
    first = -(-axis.first // (7 * step)) * step
    found = range(first, axis.last // 7 + 1, step)
    return tuple(Tick(axis.place(7 * week), week_of(7 * week)) for week in found)


def placed(wanted: Iterable[tuple[float, str]]) -> tuple[Label, ...]:
    """Labels at their places, on as many lines as they need on a phone."""
    levels: list[float] = []
    found = []
    for place, text in sorted(wanted):
        width = LETTER * len(text)
        anchor, left = _anchored(place * NARROWEST / 100, width)
        level = next((n for n, right in enumerate(levels) if left > right), len(levels))
        if level == len(levels):
            levels.append(0.0)
        levels[level] = left + width + LETTER
        found.append(Label(place, text, anchor, level))
    return tuple(found)


def lines_of(labels: Sequence[Label]) -> int:
    """How many lines labels take."""
    return max((label.level + 1 for label in labels), default=0)


def shortened(text: str, letters: int = 34) -> str:
    """A text that fits on a phone's line."""
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"


def _anchored(x: float, width: float) -> tuple[Anchor, float]:
    """From which side a text hangs at x, so that it stays inside, and its left end."""
    if x - width / 2 < 0:
        return "start", x
    if x + width / 2 > NARROWEST:
        return "end", x - width
    return "middle", x - width / 2
