"""What the panels of a forecast have in common: axes with units, events, bands, published marks.

Imported only where a chart is drawn: matplotlib takes a moment.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from wholetrial.data.records import Floats
from wholetrial.report.charts import panel
from wholetrial.report.colors import INK, PAPER, QUIET
from wholetrial.report.published_points import PublishedPoint

MONTH = 365.25 / 12
_YEAR = 400
_MOVED = 0.012
_LOWEST = 0.02
_NEAR = 0.12
_WITH_WORDS = 1.1
_LETTER = 0.0255
"""The width of a letter as a share of a panel's axis."""
DASHES = ((0, ()), (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))


class TimeAxis(NamedTuple):
    """Weeks of the trial; since something else, months where there are more than a year of them."""

    last: float
    since: str = ""

    @property
    def unit(self) -> float:
        """Days in one unit."""
        return MONTH if self.since and self.last > _YEAR else 7.0

    @property
    def words(self) -> str:
        """What the axis counts."""
        name = "Months" if self.unit == MONTH else "Weeks"
        return f"{name} since {self.since}" if self.since else "Week"

    def of(self, days: Floats | float) -> Floats | float:
        """Days in this unit."""
        return days / self.unit


def framed(words: str, time: TimeAxis, room: float = 1.02) -> tuple[Figure, Axes]:
    """A panel with what its y axis shows above it and time along its foot."""
    figure, axes = panel()
    axes.set_position((0.13, 0.17, 0.855, 0.73))
    figure.text(0.015, 0.965, words, va="center", color=QUIET, fontsize=12)
    last = max(float(time.of(time.last)), 1.0)
    step = next((n for n in (1, 2, 3, 4, 6, 8, 12, 13, 26, 52) if last / n <= 8), 104)
    axes.set_xlim(-0.02 * last, last * room)
    axes.set_xticks(list(range(0, int(last + 0.05) + 1, step)))
    axes.set_xlabel(time.words, loc="right", labelpad=2)
    return figure, axes


def room_for(words: Sequence[str]) -> float:
    """How far an axis reaches, its last day being 1, with room for words beyond that day.

    >>> round(room_for(["PASI 75"]), 2), round(room_for(["QIDS remission"]), 2)
    (1.28, 1.63)
    """
    return 1.05 / (1 - _LETTER * min(max(map(len, words), default=0), 24))


def share_axis(axes: Axes) -> None:
    """Shares from 0 to 100 % on the y axis."""
    axes.set_ylim(-0.03, 1.16)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])


def log_axis(axes: Axes, low: float, high: float) -> None:
    """Powers of ten on the y axis, in plain numbers."""
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    powers = [10.0**n for n in range(-6, 7) if low <= 10.0**n <= high]
    axes.set_yticks(powers, [f"{power:g}" for power in powers])
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())


def draw_events(axes: Axes, events: Sequence[tuple[float, str]], time: TimeAxis) -> None:
    """A dotted line on each day on which something happens, with its name at the top."""
    left, right = axes.get_xlim()
    for day, name in events:
        place = float(time.of(day))
        axes.axvline(place, color=QUIET, lw=0.9, ls=(0, (1.5, 2)), zorder=1.5)
        inside = place > left + 0.6 * (right - left)
        axes.annotate(
            name,
            (place, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if inside else 4, -1),
            textcoords="offset points",
            ha="right" if inside else "left",
            va="top",
            fontsize=11,
            color=QUIET,
        )


def draw_points(axes: Axes, points: Sequence[PublishedPoint], time: TimeAxis) -> None:
    """Published shares: this trial's as filled diamonds, others' hollow with their letters."""
    lettered = sorted((one for one in points if one.letter), key=lambda one: one.share)
    for point in points:
        axes.plot(
            time.of(point.day),
            point.share,
            marker="D",
            ms=6.5 if point.own else 5.5,
            mfc=INK if point.own else PAPER,
            mec=PAPER if point.own else INK,
            mew=1.0 if point.own else 1.3,
            ls="none",
            zorder=5,
            clip_on=False,
        )
    days = sorted({point.day for point in points})
    for day in dict.fromkeys(point.day for point in lettered):
        mine = [point for point in lettered if point.day == day]
        _draw_letters(axes, mine, float(time.of(day)), _side(axes, day, days, time))


def _draw_letters(axes: Axes, points: Sequence[PublishedPoint], place: float, side: float) -> None:
    """The letters of points on one day, beside them; a line leads to one that had to move."""
    left, right = axes.get_xlim()
    wide = side * (right - left)
    for point, height in zip(points, spread([one.share for one in points]), strict=True):
        if abs(height - point.share) > _MOVED:
            ends = [place, place + 0.028 * wide]
            axes.plot(ends, [point.share, height], color=INK, lw=0.6, zorder=4.5)
        axes.text(
            place + 0.034 * wide,
            height,
            point.letter,
            fontsize=11.5,
            color=INK,
            va="center",
            ha="left" if side > 0 else "right",
            zorder=6,
        )


def _side(axes: Axes, day: float, days: Sequence[float], time: TimeAxis) -> float:
    """On which side letters have room: 1 is right; -1 is left, where points or words are near."""
    left, right = axes.get_xlim()
    last = float(time.of(time.last))
    after = [float(time.of(other - day)) for other in days if other > day]
    after += [last - float(time.of(day))] if right > last * _WITH_WORDS else []
    return -1.0 if after and min(after) < _NEAR * (right - left) else 1.0


def spread(places: Sequence[float], least: float = 0.085) -> list[float]:
    """Heights in rising order between 0 and 1, so far apart that letters at them do not meet.

    >>> [round(height, 3) for height in spread([0.5, 0.52, 0.9])]
    [0.468, 0.552, 0.9]
    """
    groups: list[list[float]] = []
    for place in places:
        groups.append([place])
        while (
            len(groups) > 1
            and _middle(groups[-1]) - _middle(groups[-2])
            < least * (len(groups[-1]) + len(groups[-2])) / 2
        ):
            groups[-2:] = [groups[-2] + groups[-1]]
    found = []
    for group in groups:
        half = least * (len(group) - 1) / 2
        middle = min(max(_middle(group), _LOWEST + half), 1.0 - half)
        found += [middle + least * (n - (len(group) - 1) / 2) for n in range(len(group))]
    return found


def _middle(group: Sequence[float]) -> float:
    return float(np.mean(group))
