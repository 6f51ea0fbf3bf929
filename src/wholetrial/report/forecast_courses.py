"""Single virtual participants through a trial: what was measured at each visit, with the median."""

from typing import NamedTuple

import numpy as np

from wholetrial.conditions.evaluate import measures_of, scale_of
from wholetrial.data.records import Flags, Floats
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import day_of, visits_named
from wholetrial.report.colors import arm_colors
from wholetrial.report.contents import Contents
from wholetrial.report.forecast_figures import SHOWN, FollowedTrials, some_of
from wholetrial.report.labels import group_label, plain, short_measure
from wholetrial.report.numbers import number, week_of
from wholetrial.report.response_chart import Panel


class Courses(NamedTuple):
    """One arm's participants: days and values of those drawn `(K, V)`, the median of all `(V,)`.

    `trials` is from how many simulated trials those drawn are, `n` of how many the median is.
    """

    arm: str
    label: str
    days: Floats
    values: Floats
    planned: tuple[int, ...]
    median: Floats
    trials: int
    n: int

    @property
    def drawn(self) -> int:
        """How many participants are drawn."""
        return len(self.values)


class CoursesFigure(NamedTuple):
    """The panels of one measure, and their numbers."""

    measure: str
    words: str
    arms: tuple[Courses, ...]
    panels: tuple[Panel, ...]


def primary_measure(protocol: Protocol) -> str:
    """What the first endpoint that speaks of a measured value speaks of; empty where none does."""
    for _, endpoint in protocol.endpoints.named().values():
        for measure in _spoken_of(protocol, endpoint):
            if measure in protocol.instruments:
                return measure
    return ""


def _spoken_of(protocol: Protocol, endpoint: Endpoint) -> list[str]:
    found = [change.measure for change in endpoint.change]
    for condition in (*endpoint.response, endpoint.time_to):
        found += measures_of(condition, protocol) if condition is not None else ()
    return found


def courses_figure(contents: Contents, followed: FollowedTrials) -> CoursesFigure | None:
    """Courses of the primary measure in each arm; None where nothing of it was recorded."""
    protocol = contents.protocol
    measure = primary_measure(protocol)
    if measure not in followed.records.values:
        return None
    arms = tuple(_courses(contents, followed, arm, measure) for arm in followed.records.arms)
    known = [float(np.nanmax(one.values)) for one in arms if np.isfinite(one.values).any()]
    top = max(known, default=1.0)
    colors = arm_colors(protocol)
    last = max(max(one.planned) for one in arms)
    words = f"{short_measure(protocol, measure)}, {_unit(protocol, measure)}"
    panels = tuple(
        Panel(
            one.label,
            colors[one.arm],
            _draw(contents, one, (words, top, float(last)), f"course-{index}"),
        )
        for index, one in enumerate(arms)
    )
    return CoursesFigure(short_measure(protocol, measure), words, arms, panels)


def events_of(protocol: Protocol, arm: str) -> list[tuple[float, str]]:
    """The days on which the trial changes for an arm: its own events, rules at a single visit."""
    events = protocol.schedule.events.items()
    found = [(float(day_of(protocol, at)), plain(name)) for name, at in events]
    for name, rule in protocol.rules.items():
        if rule.give is not None and arm in protocol.arms_named(*rule.arms):
            days = [visit.day for visit in visits_named(protocol, rule.at)]
            found += [(float(days[0]), plain(name))] if len(days) == 1 else []
    return found


def _unit(protocol: Protocol, measure: str) -> str:
    return "points" if scale_of(measure, protocol).steps_in_one >= 1 else ""


def _courses(contents: Contents, followed: FollowedTrials, arm: str, measure: str) -> Courses:
    records = followed.records
    planned = [index for index, visit in enumerate(records.visits) if visit.day >= 0]
    who = some_of(records, arm, SHOWN)
    days = records.day[..., planned].reshape(-1, len(planned))
    values = records.values[measure][..., planned].reshape(-1, len(planned))
    measured: Flags = np.any(np.isfinite(values), axis=0)
    mine = records.arm.reshape(-1) == records.arms.index(arm)
    return Courses(
        arm=arm,
        label=group_label(contents, arm),
        days=days[who][:, measured],
        values=values[who][:, measured],
        planned=tuple(
            records.visits[place].day for place, seen in zip(planned, measured, strict=True) if seen
        ),
        median=_median(values[mine][:, measured]),
        trials=int(who.max(initial=0) // records.shape[-1]) + 1,
        n=int(mine.sum()),
    )


def _median(values: Floats) -> Floats:
    """The median of those measured at each visit, `(V,)`; NaN where nobody was."""
    known = np.isfinite(values).any(axis=0)
    return np.where(known, np.nanmedian(np.where(known, values, 0.0), axis=0), np.nan)


def _draw(contents: Contents, one: Courses, frame: tuple[str, float, float], key: str) -> str:
    from wholetrial.report.charts import house_style, svg_of
    from wholetrial.report.forecast_panels import TimeAxis, draw_events, framed

    words, top, last = frame
    time = TimeAxis(last)
    color = arm_colors(contents.protocol)[one.arm]
    with house_style():
        figure, axes = framed(words, time)
        axes.set_ylim(-0.02 * top, 1.08 * top)
        draw_events(axes, events_of(contents.protocol, one.arm), time)
        for day, value in zip(one.days, one.values, strict=True):
            seen = np.isfinite(day) & np.isfinite(value)
            axes.plot(time.of(day[seen]), value[seen], color=color, lw=0.8, alpha=0.38)
        days = np.asarray(one.planned, np.float64)
        axes.plot(time.of(days), one.median, color=color, lw=3, solid_capstyle="round", zorder=4)
        return svg_of(figure, key, _described(one, words))


def _described(one: Courses, words: str) -> str:
    told = ", ".join(
        f"week {week_of(day)} {number(value)}"
        for day, value in zip(one.planned, one.median, strict=True)
    )
    return f"{one.label}: {words} of {one.drawn} participants; median by visit: {told}."
