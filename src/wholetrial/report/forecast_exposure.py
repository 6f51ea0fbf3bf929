"""The drug in the blood of single virtual participants, with the median and the doses."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wholetrial.protocol.dose import DoseChoice
from wholetrial.protocol.english import listed
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import administrations
from wholetrial.report.colors import INK, PAPER, QUIET, arm_colors
from wholetrial.report.contents import Contents
from wholetrial.report.forecast_courses import events_of
from wholetrial.report.forecast_figures import Exposed, FollowedTrials
from wholetrial.report.labels import group_label, plain, sentence
from wholetrial.report.numbers import number, week_of
from wholetrial.report.response_chart import Panel

LOWEST = 0.01
"""The lowest concentration drawn, in mg/L."""


class ExposureFigure(NamedTuple):
    """The panels of each drug and arm; `without` says of which arms there is nothing, and why."""

    panels: tuple[Panel, ...]
    exposed: tuple[Exposed, ...]
    without: tuple[str, ...]


def exposure_figure(contents: Contents, followed: FollowedTrials) -> ExposureFigure:
    """The concentrations of every arm that receives a drug with pharmacokinetics."""
    colors = arm_colors(contents.protocol)
    top = max((float(one.shown.max(initial=1.0)) for one in followed.exposed), default=1.0)
    last = max((_last_day(one) for one in followed.exposed), default=7.0)
    several = len({one.drug for one in followed.exposed}) > 1
    panels = []
    for index, one in enumerate(followed.exposed):
        label = group_label(contents, one.arm)
        label = f"{label}: {one.drug}" if several else label
        svg = _draw(contents.protocol, one, (label, colors[one.arm], top, last), f"blood-{index}")
        panels.append(Panel(label, colors[one.arm], svg))
    return ExposureFigure(tuple(panels), followed.exposed, tuple(_without(contents, followed)))


def _without(contents: Contents, followed: FollowedTrials) -> Iterator[str]:
    shown = {one.arm for one in followed.exposed}
    protocol = contents.protocol
    for arm in protocol.arms:
        if arm in shown:
            continue
        given = interventions_of(protocol, arm)
        courses = [name for name in given if protocol.interventions[name].course is not None]
        label = group_label(contents, arm)
        if courses:
            names = listed([plain(name) for name in courses])
            yield (
                f"{label}: none; the effect of {names} is an empirical course, without "
                "pharmacology and so without a concentration."
            )
        else:
            yield f"{label}: none; no drug with pharmacokinetics is planned."


def interventions_of(protocol: Protocol, arm: str) -> tuple[str, ...]:
    """What an arm is planned to receive, each choice of the physician included."""
    choices = [len(one.one_of) for one in protocol.arms[arm].doses if isinstance(one, DoseChoice)]
    return tuple(
        dict.fromkeys(
            dose.intervention
            for choice in range(max(choices, default=1))
            for dose in administrations(protocol, arm, choice=choice)
        )
    )


def _draw(protocol: Protocol, one: Exposed, frame: tuple[str, str, float, float], key: str) -> str:
    from wholetrial.report.charts import house_style, svg_of
    from wholetrial.report.forecast_panels import TimeAxis, draw_events, framed, log_axis

    label, color, top, last = frame
    time = TimeAxis(last)
    doses = [day for day in one.doses if day <= last]
    with house_style():
        figure, axes = framed(f"{sentence(one.drug)} in blood, mg/L", time)
        log_axis(axes, LOWEST / 2.6, top * 1.6)
        draw_events(axes, [at for at in events_of(protocol, one.arm) if at[0] <= last], time)
        for course in one.shown:
            axes.plot(time.of(one.days), _drawn(course), color=color, lw=0.7, alpha=0.35)
        axes.plot(time.of(one.days), _drawn(one.median), color=color, lw=2.6, zorder=4)
        axes.axhline(one.half, color=INK, lw=1, ls=(0, (5, 3)), zorder=4.5)
        axes.annotate(
            "halves the signal",
            (axes.get_xlim()[1], one.half),
            xytext=(-2, 3),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=11,
            color=INK,
            zorder=6,
            bbox={"fc": PAPER, "ec": "none", "alpha": 0.75, "pad": 0.5},
        )
        foot = np.full(len(doses), LOWEST / 1.9)
        axes.plot(time.of(np.asarray(doses)), foot, ls="none", marker="^", ms=5, color=QUIET)
        return svg_of(figure, key, _described(label, one, doses))


def _last_day(one: Exposed) -> float:
    """The last day on which any of those drawn has so much that it is drawn."""
    there = (one.shown >= LOWEST).any(axis=0)
    return max(float(one.days[there].max(initial=0.0)), 7.0)


def _drawn(course: np.ndarray) -> np.ndarray:
    """A course on a logarithmic axis: what lies below its foot is left out."""
    return np.where(course >= LOWEST, course, np.nan)


def _described(label: str, one: Exposed, doses: list[float]) -> str:
    weeks = [0, 4, 8, 12, 16, 20, 24, 28, 36, 52]
    told = ", ".join(
        f"week {week} {number(np.interp(7 * week, one.days, one.median), 2)}"
        for week in weeks
        if 7 * week <= one.days[-1]
    )
    given = listed([week_of(day) for day in doses])
    planned = f"Doses at week{'s' if len(doses) > 1 else ''} {given}." if doses else "By a rule."
    return f"{label}: {one.drug} in mg/L; median of {one.n} participants: {told}. {planned}"
