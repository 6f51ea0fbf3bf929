"""Small multiples of response by visit: one panel an arm, the control behind it in gray."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import visits_named
from wholetrial.report.colors import INK, PAPER, QUIET, arm_colors
from wholetrial.report.contents import Contents
from wholetrial.report.labels import group_label, plain
from wholetrial.report.numbers import percent, percent_interval
from wholetrial.report.response_by_visit import Curve, ResponseByVisit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DASHES = ((0, ()), (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))
_MARKERS = ("o", "s", "^", "D")
_ASIDE = 0.013
"""How far each further curve stands to the right, as a share of the axis: intervals stay apart."""


class Panel(NamedTuple):
    """One arm's chart with the words above it."""

    label: str
    color: str
    svg: str


class Chart(NamedTuple):
    """What one panel shows: curves, the control behind them, when a rule may change treatment."""

    curves: Sequence[Curve]
    behind: Sequence[Curve]
    changes: Sequence[tuple[float, str]]
    color: str
    last: int


def response_panels(contents: Contents, found: ResponseByVisit, key: str) -> tuple[Panel, ...]:
    """One panel an arm, all on the same axes."""
    colors = arm_colors(contents.protocol)
    controls = contents.protocol.arms_named("control")
    behind = [c for c in found.curves if c.arm in controls and c.term == found.terms[0]]
    last = max((point.day for curve in found.curves for point in curve.points), default=7)
    panels = []
    for index, arm in enumerate(found.arms if found.curves else ()):
        curves = [curve for curve in found.curves if curve.arm == arm]
        label = group_label(contents, arm)
        shown = [] if arm in controls else behind
        chart = Chart(curves, shown, _treatment_changes(contents.protocol, arm), colors[arm], last)
        svg = _draw(chart, f"{key}-{index}", _described(label, curves))
        panels.append(Panel(label, colors[arm], svg))
    return tuple(panels)


def _treatment_changes(protocol: Protocol, arm: str) -> list[tuple[float, str]]:
    """The weeks at which a rule may change an arm's treatment, where it is one visit."""
    found = []
    for name, rule in protocol.rules.items():
        if rule.give is not None and arm in protocol.arms_named(*rule.arms):
            days = [visit.day for visit in visits_named(protocol, rule.at)]
            found += [(days[0] / 7, plain(name))] if len(days) == 1 else []
    return found


def _draw(chart: Chart, key: str, described: str) -> str:
    from wholetrial.report.charts import house_style, panel, percent_axis, svg_of, week_axis

    with house_style():
        figure, axes = panel()
        percent_axis(axes)
        week_axis(axes, chart.last)
        axes.set_xlim(right=chart.last / 7 * 1.24)
        for week, name in chart.changes:
            axes.axvline(week, color=QUIET, lw=0.8, ls=(0, (1.5, 2)))
            axes.text(
                week + 0.01 * chart.last / 7, 1.03, name, va="bottom", fontsize=11.5, color=QUIET
            )
        for curve in chart.behind:
            weeks = [0, *(point.day / 7 for point in curve.points)]
            axes.plot(weeks, [0, *(p.share for p in curve.points)], color=QUIET, lw=1, alpha=0.5)
        ends = _apart([curve.points[-1].share for curve in chart.curves])
        for index, curve in enumerate(chart.curves):
            _draw_curve(axes, curve, index, chart)
            axes.annotate(
                plain(curve.term),
                (chart.last / 7 * (1 + _ASIDE * (len(chart.curves) - 1)), ends[index]),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                fontsize=12,
            )
        return svg_of(figure, key, described)


def _draw_curve(axes: "Axes", curve: Curve, index: int, chart: Chart) -> None:
    color, aside = chart.color, _ASIDE * index * chart.last / 7
    weeks = [point.day / 7 + aside for point in curve.points]
    shares = [point.share for point in curve.points]
    for mark in curve.beside:
        if mark.low is not None and mark.high is not None:
            axes.plot(
                [mark.day / 7 + aside] * 2, [mark.low, mark.high], color=color, lw=9, alpha=0.25,
                solid_capstyle="butt",
            )  # fmt: skip
    axes.vlines(
        weeks, [p.low for p in curve.points], [p.high for p in curve.points], color=color, lw=0.9
    )
    axes.plot(
        weeks,
        shares,
        color=color,
        lw=1.5,
        ls=_DASHES[index % len(_DASHES)],
        marker=_MARKERS[index % len(_MARKERS)],
        ms=4.5,
        mfc=color if index == 0 else PAPER,
        mec=color,
    )
    for mark in curve.beside:
        if mark.published is not None:
            axes.plot(
                mark.day / 7 + aside,
                mark.published,
                marker="D",
                ms=7.5,
                mfc="none",
                mec=INK,
                mew=1.6,
            )


def _apart(places: Sequence[float], least: float = 0.1) -> list[float]:
    """Heights of labels, moved so that they do not meet."""
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved: Mapping[int, float] = {}
    below = -1.0
    for index in order:
        below = max(places[index], below + least)
        moved = {**moved, index: below}
    over = max(0.0, max(moved.values(), default=0.0) - 1.0)
    return [moved[index] - over for index in range(len(places))]


def _described(label: str, curves: Sequence[Curve]) -> str:
    told = []
    for curve in curves:
        shares = ", ".join(
            f"{point.label} {percent(point.share)} ({percent_interval(point.low, point.high)})"
            for point in curve.points
        )
        told.append(f"{plain(curve.term)}: {shares}")
    return f"{label}. {'. '.join(told)}."
