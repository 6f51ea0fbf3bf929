"""The nearest published results: other studies' figures beside the simulated ones of this trial."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from wholetrial.analysis.operating import Forecast
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.published import Nearby, NearbyFigure
from wholetrial.protocol.quantity import Share
from wholetrial.report.contents import Contents
from wholetrial.report.labels import group_label, plain, sentence, source_text
from wholetrial.report.numbers import (
    interval,
    number,
    percent,
    percent_interval,
    signed,
    with_interval,
)

NO_VALIDATION = (
    "These studies saw other people, other visits or other questions than this trial. A simulated "
    "figure near a published one does not validate the simulation, and one far from it does not "
    "refute it; where the simulator was fitted to a figure, agreement is by design."
)
_SHARES = ("proportion", "event_free")
_AMOUNTS = ("mean_change", "least_squares_mean")


class SimulatedFigure(NamedTuple):
    """What many simulated trials give for an arm, and where the published figure lies in it."""

    arm: str
    text: str
    side: str


class NearbyRow(NamedTuple):
    """One published figure; the question of this trial it is held against, and its simulation.

    `question` says it in the file's own words, `asked` in as few as a terminal has room for.
    """

    what: str
    group: str
    published: str
    at: str
    question: str
    asked: str
    simulated: tuple[SimulatedFigure, ...]
    fitted: bool


class NearbyStudy(NamedTuple):
    """One study: whom it speaks of, why it is near, in what it differs, what it found."""

    study: str
    population: str
    why: str
    differs: str
    result: str
    source: str
    rows: tuple[NearbyRow, ...]


def nearby_studies(contents: Contents) -> tuple[NearbyStudy, ...]:
    """The studies that stand nearest to a trial, with their figures beside the simulated ones."""
    return tuple(_studies(contents))


def _studies(contents: Contents) -> Iterator[NearbyStudy]:
    if contents.published is None:
        return
    known = contents.published.published
    for index, nearby in enumerate(known.nearby):
        source = source_text(known.sources, known.provenance.source(f"nearby.{index}"))
        yield NearbyStudy(
            study=nearby.study,
            population=nearby.population or "",
            why=nearby.why,
            differs=nearby.differs or "",
            result=nearby.result or "",
            source=source,
            rows=tuple(_rows(contents, nearby)),
        )


def _rows(contents: Contents, nearby: Nearby) -> Iterator[NearbyRow]:
    for figure in nearby.figures:
        yield NearbyRow(
            what=figure.what if figure.what[1:2].isupper() else sentence(figure.what),
            group=figure.group or "",
            published=figure_text(figure),
            at=str(figure.at) if figure.at else "",
            question=_question(contents, figure),
            asked=_asked(contents, figure),
            simulated=tuple(_simulated(contents, figure)),
            fitted=figure.fitted,
        )


def figure_text(figure: NearbyFigure) -> str:
    """A published figure as a report prints it: "37/91 (41%)", "82.2%", "−7.1 points"."""
    value = figure.value
    if isinstance(value, Share):
        if value.count is not None and value.of is not None:
            return f"{value.count}/{value.of} ({percent(value.fraction)})"
        return str(value).replace(" %", "%")
    digits = 0 if value.number == int(value.number) else 1
    return f"{number(value.number, digits)} {value.unit}"


def _question(contents: Contents, figure: NearbyFigure) -> str:
    """The endpoint that a figure is held against and its time, in words."""
    named = contents.protocol.endpoints.named()
    if figure.endpoint not in named:
        return ""
    endpoint = named[figure.endpoint][1]
    time = _time(contents, figure)
    if " at " in time:
        return time
    what = (
        f"{endpoint.text}: share with the event" if _is_event(endpoint, figure) else endpoint.text
    )
    return what if not time or time in what else f"{what}, {time}"


def _asked(contents: Contents, figure: NearbyFigure) -> str:
    """The endpoint's name and its time: "PASI 75 at week 24", "time to relapse, until week 52"."""
    if figure.endpoint not in contents.protocol.endpoints.named():
        return ""
    time, name = _time(contents, figure), plain(figure.endpoint)
    if " at " in time:
        return time
    return f"{name}, {time}" if time and time not in name else name


def _time(contents: Contents, figure: NearbyFigure) -> str:
    """The time of this trial's endpoint in words; none where it has only one, and no name."""
    if figure.beside in contents.protocol.terms:
        return ""
    return plain(figure.beside or str(figure.at or ""))


def _is_event(endpoint: Endpoint, figure: NearbyFigure) -> bool:
    """Whether a share is of those who had the event, while the analysis counts those without."""
    return endpoint.kind == "time_to" and isinstance(figure.value, Share)


def _simulated(contents: Contents, figure: NearbyFigure) -> Iterator[SimulatedFigure]:
    named = contents.protocol.endpoints.named()
    if contents.simulated is None or figure.endpoint not in named or figure.arm is None:
        return
    event = _is_event(named[figure.endpoint][1], figure)
    names = _SHARES if isinstance(figure.value, Share) else _AMOUNTS
    for arm in contents.protocol.arms_named(figure.arm):
        found = _forecast(contents, figure, arm, names)
        if found is not None and not np.isnan(found.mean):
            yield _shown(contents, figure, found, event=event)


def _forecast(
    contents: Contents, figure: NearbyFigure, arm: str, names: Sequence[str]
) -> Forecast | None:
    """What many trials say of one arm at the figure's time; nothing where one trial was made."""
    made = contents.simulated
    if made is None or made.replicates == 1:
        return None
    alike = [
        one
        for one in made.forecasts
        if one.statistic.endpoint == figure.endpoint
        and one.statistic.name in names
        and one.statistic.arm == arm
        and not (one.statistic.control or one.statistic.reading)
    ]
    time = figure.beside or str(figure.at or "")
    at_time = [one for one in alike if one.statistic.at == time]
    alone = alike if len({one.statistic.at for one in alike}) == 1 and not figure.beside else []
    return next(iter(at_time or alone), None)


def _shown(
    contents: Contents, figure: NearbyFigure, found: Forecast, *, event: bool
) -> SimulatedFigure:
    mean, low, high = found.mean, found.low, found.high
    if event:
        mean, low, high = 1 - mean, 1 - high, 1 - low
    value = figure.value
    if isinstance(value, Share):
        text = with_interval(percent(mean), percent_interval(low, high))
        told = value.fraction
    else:
        text = with_interval(signed(mean), interval(low, high))
        told = value.number
    side = "above" if told > high else "below" if told < low else "inside"
    return SimulatedFigure(group_label(contents, found.statistic.arm), text, side)


def nearby_words(studies: Sequence[NearbyStudy]) -> tuple[str, ...]:
    """Where published figures lie among simulated trials, in sentences; then what that is worth."""
    sides = [
        (row.fitted, one.side) for study in studies for row in study.rows for one in row.simulated
    ]
    told = []
    if sides:
        inside = sum(side == "inside" for _, side in sides)
        told.append(
            f"Of {len(sides)} comparisons, the published figure lies inside the middle 90% of "
            f"simulated trials in {inside}, outside in {len(sides) - inside}; in "
            f"{sum(fitted for fitted, _ in sides)} the simulator was fitted to that very figure."
        )
    return (*told, NO_VALIDATION)
