"""The share without a relapse over time, over many simulated trials, with published points."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from wholetrial.analysis.times.interval_censored import event_free_at, turnbull
from wholetrial.conditions.evaluate import visits_measured
from wholetrial.data.records import Floats
from wholetrial.endpoints.derive import derive
from wholetrial.endpoints.outcomes import Outcomes
from wholetrial.protocol.condition import Condition, Named, Not
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import NearbyFigure
from wholetrial.protocol.quantity import Share
from wholetrial.protocol.reading import readings_not_taken, with_reading
from wholetrial.protocol.time import DAYS_PER
from wholetrial.protocol.timeline import Visit, day_of
from wholetrial.report.colors import arm_colors
from wholetrial.report.contents import Contents
from wholetrial.report.forecast_figures import FollowedTrials, band
from wholetrial.report.labels import group_label, plain
from wholetrial.report.numbers import percent, percent_interval
from wholetrial.report.published_points import (
    PublishedPoint,
    lettered,
    nearby_figures,
    point_of,
)
from wholetrial.report.response_chart import Panel

LAST_VISIT_ROOM = 1000.0


class EventFreeBand(NamedTuple):
    """One arm's share without the event by the visits `days` after the start of the watch.

    Mean and middle 90 % of the trials, `(V,)`; `others` are the means by the other readings of the
    event; `n` participants are watched in a trial on average.
    """

    arm: str
    label: str
    days: tuple[int, ...]
    visits: tuple[str, ...]
    mean: Floats
    low: Floats
    high: Floats
    n: float
    others: tuple[tuple[str, Floats], ...] = ()


class RelapseFigure(NamedTuple):
    """The curves of one time to an event: its words, its panels, its published points."""

    endpoint: str
    text: str
    event: str
    reading: str
    since: str
    among: str
    bands: tuple[EventFreeBand, ...]
    panels: tuple[Panel, ...]
    points: tuple[PublishedPoint, ...]


def relapse_figures(contents: Contents, followed: FollowedTrials) -> Iterator[RelapseFigure]:
    """The curve of every time to an event that the file asks for."""
    protocol = contents.protocol
    for index, (name, endpoint) in enumerate(timed(protocol)):
        found = watched(protocol, followed, name)
        if found is None:
            continue
        bands = tuple(_bands(contents, followed, name, found))
        points = lettered(_points(contents, name, endpoint))
        yield RelapseFigure(
            endpoint=name,
            text=endpoint.text,
            event=plain(str(endpoint.time_to)),
            reading=_reading(protocol, endpoint),
            since=plain(str(endpoint.since)),
            among=plain(found.among),
            bands=bands,
            panels=tuple(_panels(contents, bands, points, (index, str(endpoint.since)))),
            points=points,
        )


def timed(protocol: Protocol) -> Iterator[tuple[str, Endpoint]]:
    """The endpoints that are a time to an event."""
    for name, (_, endpoint) in protocol.endpoints.named().items():
        if endpoint.kind == "time_to":
            yield name, endpoint


def watched(protocol: Protocol, followed: FollowedTrials, endpoint: str) -> Outcomes | None:
    """When the event lies for each participant of every trial; None where nothing analyzes it."""
    sets = [plan.set for plan in protocol.analyses.values() if endpoint in plan.of]
    if not sets:
        return None
    return derive(protocol, followed.records, endpoint, sets[0])[0]


def visits_of_watch(protocol: Protocol, endpoint: str) -> tuple[int, tuple[Visit, ...]]:
    """The day from which an event is watched for, and the visits that may see it."""
    found = protocol.endpoints.named()[endpoint][1]
    if found.time_to is None or found.since is None or found.until is None:
        raise ValueError(f"'{endpoint}' is no time to an event: its condition or times are missing")
    start, end = day_of(protocol, found.since), day_of(protocol, found.until)
    planned = visits_measured(found.time_to, protocol)
    return start, tuple(visit for visit in planned if start < visit.day <= end)


def _bands(
    contents: Contents, followed: FollowedTrials, name: str, found: Outcomes
) -> Iterator[EventFreeBand]:
    protocol = contents.protocol
    start, planned = visits_of_watch(protocol, name)
    readings = [
        (plain(other.name), watched(with_reading(protocol, *other), followed, name))
        for other in readings_not_taken(protocol, name)
    ]
    for arm in followed.records.arms:
        members = found.of_group(arm)
        if not members.any():
            continue
        yield EventFreeBand(
            arm,
            group_label(contents, arm),
            tuple(visit.day - start for visit in planned),
            tuple(visit.label for visit in planned),
            *band(_event_free(found, arm, start, planned)),
            n=float(members.sum(axis=-1).mean()),
            others=tuple(
                (words, band(_event_free(other, arm, start, planned))[0])
                for words, other in readings
                if other is not None
            ),
        )


def _event_free(found: Outcomes, arm: str, start: int, planned: Sequence[Visit]) -> Floats:
    """The share without the event by each planned visit in each trial, `(R, V)`.

    Visits fall a few days off their plan: what is seen before the middle of the way to the next
    visit was seen by this one.
    """
    lower, upper = found.variable.lower, found.variable.upper
    if lower is None or upper is None:
        raise ValueError(f"'{found.endpoint}' is no time to an event: its days are missing")
    curve = turnbull(lower, upper, found.of_group(arm))
    days = [float(visit.day - start) for visit in planned]
    ends = [(one + other) / 2 for one, other in pairwise(days)]
    until = [*ends, (days[-1] if days else 0.0) + LAST_VISIT_ROOM]
    return np.stack([event_free_at(curve, day) for day in until], axis=-1)


def _reading(protocol: Protocol, endpoint: Endpoint) -> str:
    """The event as the file defines it, where it names a term."""
    if isinstance(endpoint.time_to, Named):
        return str(protocol.terms[endpoint.time_to.term])
    return ""


def _points(contents: Contents, name: str, endpoint: Endpoint) -> Iterator[PublishedPoint]:
    for study, figure in nearby_figures(contents):
        placed = _placed(contents.protocol, figure, name, endpoint)
        if placed is not None:
            day, share = placed
            for point in point_of(contents, (study, figure), "without relapse", day):
                yield point._replace(share=share)


def _placed(
    protocol: Protocol, figure: NearbyFigure, name: str, endpoint: Endpoint
) -> tuple[float, float] | None:
    """Day since the start of the watch and share without the event, where both are known."""
    if figure.endpoint == name:
        if isinstance(figure.value, Share):
            told = 1 - float(figure.value.fraction)
            return (float(figure.after.days), told) if figure.after is not None else None
        unit = figure.value.unit.rstrip("s")
        days = DAYS_PER.get(unit)
        return (figure.value.number * days, 0.5) if days is not None else None
    asked = protocol.endpoints.named()[str(figure.endpoint)][1].response
    same = any(_is_without(part, endpoint.time_to) for part in asked)
    if same and isinstance(figure.value, Share) and figure.after is not None:
        return float(figure.after.days), float(figure.value.fraction)
    return None


def _is_without(condition: Condition, event: Condition | None) -> bool:
    """Whether a response is not to have the event at any visit of a span."""
    if not isinstance(condition, Not) or not isinstance(condition.negated, Named):
        return False
    return isinstance(event, Named) and condition.negated.term == event.term


def _panels(
    contents: Contents,
    bands: Sequence[EventFreeBand],
    points: Sequence[PublishedPoint],
    at: tuple[int, str],
) -> Iterator[Panel]:
    colors = arm_colors(contents.protocol)
    for index, one in enumerate(bands):
        marks = [point for point in points if point.arm == one.arm]
        svg = _draw(one, colors[one.arm], marks, (f"relapse-{at[0]}-{index}", plain(at[1])))
        yield Panel(one.label, colors[one.arm], svg)


def _draw(
    one: EventFreeBand, color: str, points: Sequence[PublishedPoint], at: tuple[str, str]
) -> str:
    from wholetrial.report.charts import house_style, svg_of
    from wholetrial.report.forecast_panels import (
        DASHES,
        TimeAxis,
        draw_points,
        framed,
        share_axis,
    )

    time = TimeAxis(float(max([*one.days, *(point.day for point in points)])), at[1])
    with house_style():
        figure, axes = framed("Without relapse, % of those watched", time, 1.05)
        share_axis(axes)
        days = time.of(np.asarray([0, *one.days], np.float64))
        low, mean, high = ([1.0, *part] for part in (one.low, one.mean, one.high))
        axes.fill_between(days, low, high, color=color, alpha=0.17, lw=0)
        for (_, other), dash in zip(one.others, DASHES[1:], strict=False):
            axes.plot(days, [1.0, *other], color=color, lw=1.0, ls=dash)
        axes.plot(days, mean, color=color, lw=2, marker="o", ms=4)
        draw_points(axes, points, time)
        return svg_of(figure, at[0], _described(one, points))


def _described(one: EventFreeBand, points: Sequence[PublishedPoint]) -> str:
    told = ", ".join(
        f"{visit} {percent(mean)} ({percent_interval(low, high)})"
        for visit, mean, low, high in zip(one.visits, one.mean, one.low, one.high, strict=True)
    )
    marks = [f"published, {point.where}: {point.told}" for point in points]
    return f"{'. '.join([f'{one.label}, share without relapse: {told}', *marks])}."
