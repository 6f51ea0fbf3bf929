"""Response by week over many simulated trials, with published points."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from wholetrial.conditions.evaluate import visits_measured
from wholetrial.data.records import Floats
from wholetrial.endpoints.handling import NotDerivedError
from wholetrial.protocol.condition import Condition, Named, atoms
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.colors import arm_colors
from wholetrial.report.contents import Contents
from wholetrial.report.forecast_courses import events_of
from wholetrial.report.forecast_figures import FollowedTrials, band
from wholetrial.report.labels import group_label, plain
from wholetrial.report.numbers import percent, percent_interval, week_of
from wholetrial.report.published_points import (
    PublishedPoint,
    lettered,
    nearby_points,
    own_points,
)
from wholetrial.report.response_by_visit import (
    endpoints_of_term,
    for_some,
    outcomes_at_visits,
    response_set,
    terms_by_visit,
)
from wholetrial.report.response_chart import Panel

AT_ONCE = 3
"""Definitions of response that one panel can hold."""


class Band(NamedTuple):
    """One arm's share by visit that meets a term: mean and middle 90 % of the trials, `(V,)`."""

    term: str
    arm: str
    days: tuple[int, ...]
    mean: Floats
    low: Floats
    high: Floats


class ResponseFigure(NamedTuple):
    """The panels of response by week, their terms, and the published points in them.

    `beside` says for each point what is simulated on its day; `not_derived` why there is nothing.
    """

    panels: tuple[Panel, ...]
    bands: tuple[Band, ...]
    described: tuple[tuple[str, str], ...]
    points: tuple[PublishedPoint, ...]
    beside: tuple[str, ...]
    analysis_set: str
    missing: str
    for_some: tuple[str, ...] = ()
    not_derived: str = ""


def response_figure(contents: Contents, followed: FollowedTrials) -> ResponseFigure | None:
    """Response by week in each arm; None where the file defines no response by visit."""
    protocol = contents.protocol
    terms = asked_terms(protocol)
    if not terms:
        return None
    chosen = response_set(protocol)
    described = tuple((plain(term), str(protocol.terms[term])) for term in terms)
    missing = str(protocol.missing.response or "")
    try:
        bands = tuple(one for term in terms for one in _bands(contents, followed, term, chosen))
    except NotDerivedError as reason:
        return ResponseFigure((), (), described, (), (), chosen, missing, (), str(reason))
    points = _points(contents, terms)
    panels = tuple(_panels(contents, followed, bands, points))
    beside = tuple(_beside(bands, point) for point in points)
    some = tuple(for_some(protocol, terms[0]))
    return ResponseFigure(panels, bands, described, points, beside, chosen, missing, some)


def asked_terms(protocol: Protocol) -> tuple[str, ...]:
    """The definitions of response that primary and secondary endpoints ask for at a visit."""
    by_visit = terms_by_visit(protocol)
    named: dict[str, None] = {}
    for level, endpoint in protocol.endpoints.named().values():
        for condition in endpoint.response if level in ("primary", "secondary") else ():
            named.update(dict.fromkeys(_terms(protocol, condition)))
    return tuple(term for term in by_visit if term in named)[:AT_ONCE]


def _terms(protocol: Protocol, condition: Condition) -> Iterator[str]:
    for atom in atoms(condition):
        if isinstance(atom, Named):
            yield atom.term
            yield from _terms(protocol, protocol.terms[atom.term])


def _bands(contents: Contents, followed: FollowedTrials, term: str, chosen: str) -> Iterator[Band]:
    protocol, records = contents.protocol, followed.records
    planned = tuple(
        visit
        for visit in visits_measured(protocol.terms[term], protocol)
        if visit.day > 0 and visit in records.visits
    )
    outcomes = outcomes_at_visits(protocol, followed.shown, term, planned, chosen)
    for arm in records.arms:
        shares = []
        for found in outcomes:
            known = found.of_group(arm) & ~np.isnan(found.variable.value)
            met = (known & (found.variable.value == 1)).sum(axis=-1)
            n = known.sum(axis=-1)
            shares.append(np.where(n > 0, met / np.maximum(n, 1), np.nan))
        days = tuple(round(found.variable.day) for found in outcomes)
        yield Band(plain(term), arm, days, *band(np.stack(shares, axis=-1)))


def _points(contents: Contents, terms: Sequence[str]) -> tuple[PublishedPoint, ...]:
    found: list[PublishedPoint] = []
    for term in terms:
        times = list(endpoints_of_term(contents.protocol, term))
        found += own_points(contents, term, times)
        found += nearby_points(contents, term, times)
    order = list(contents.protocol.arms)
    return lettered(sorted(found, key=lambda one: (not one.own, order.index(one.arm))))


def _beside(bands: Sequence[Band], point: PublishedPoint) -> str:
    for one in bands:
        if (one.term, one.arm) == (point.term, point.arm) and point.day in one.days:
            place = one.days.index(round(point.day))
            ends = percent_interval(one.low[place], one.high[place])
            return f"{percent(one.mean[place])} ({ends})"
    return ""


def _panels(
    contents: Contents,
    followed: FollowedTrials,
    bands: Sequence[Band],
    points: Sequence[PublishedPoint],
) -> Iterator[Panel]:
    colors = arm_colors(contents.protocol)
    for index, arm in enumerate(followed.records.arms):
        mine = [one for one in bands if one.arm == arm]
        marks = [one for one in points if one.arm == arm]
        label = group_label(contents, arm)
        svg = _draw(contents, (arm, label), mine, marks, f"weeks-{index}")
        yield Panel(label, colors[arm], svg)


def _draw(
    contents: Contents,
    arm: tuple[str, str],
    bands: Sequence[Band],
    points: Sequence[PublishedPoint],
    key: str,
) -> str:
    from wholetrial.report.charts import house_style, svg_of
    from wholetrial.report.forecast_panels import (
        DASHES,
        TimeAxis,
        draw_events,
        draw_points,
        framed,
        room_for,
        share_axis,
        spread,
    )

    name, label = arm
    time = TimeAxis(float(max(day for one in bands for day in one.days)))
    color = arm_colors(contents.protocol)[name]
    with house_style():
        figure, axes = framed(
            "Participants who respond, %", time, room_for([one.term for one in bands])
        )
        share_axis(axes)
        draw_events(axes, events_of(contents.protocol, name), time)
        for one, dash in zip(bands, DASHES, strict=False):
            days = time.of(np.asarray([0, *one.days], np.float64))
            low, mean, high = ([0.0, *part] for part in (one.low, one.mean, one.high))
            axes.fill_between(days, low, high, color=color, alpha=0.17, lw=0)
            axes.plot(days, mean, color=color, lw=1.8, ls=dash)
        order = sorted(bands, key=lambda one: float(one.mean[-1]))
        heights = spread([float(one.mean[-1]) for one in order], 0.1)
        for one, height in zip(order, heights, strict=True):
            place = float(time.of(time.last)) * 1.035
            axes.text(place, height, one.term, va="center", fontsize=11.5)
        draw_points(axes, points, time)
        return svg_of(figure, key, _described(label, bands, points))


def _described(label: str, bands: Sequence[Band], points: Sequence[PublishedPoint]) -> str:
    told = []
    for one in bands:
        shares = ", ".join(
            f"week {week_of(day)} {percent(mean)} ({percent_interval(low, high)})"
            for day, mean, low, high in zip(one.days, one.mean, one.low, one.high, strict=True)
        )
        told.append(f"{one.term}: {shares}")
    marks = [f"published {one.term}, {one.where}: {one.told}" for one in points]
    return f"{label}. {'. '.join([*told, *marks])}."
