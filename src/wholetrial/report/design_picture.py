"""The picture of the design: arms as rows, time as axis, doses and visits as marks."""

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import NamedTuple

from wholetrial.endpoints.derive import one_time_each
from wholetrial.endpoints.handling import NotDerivedError
from wholetrial.protocol.design import Rule
from wholetrial.protocol.design_in_words import rule_in_words
from wholetrial.protocol.dose import DoseChoice
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reader import number_text
from wholetrial.protocol.timeline import (
    Administration,
    ScheduleError,
    administrations,
    day_of,
    visits,
    visits_named,
)
from wholetrial.report.colors import arm_colors
from wholetrial.report.contents import Contents
from wholetrial.report.labels import plain, sentence
from wholetrial.report.time_axis import (
    NARROWEST,
    WIDE,
    Axis,
    Label,
    Tick,
    axis_of,
    lines_of,
    placed,
    shortened,
    week_ticks,
)

_CLOSEST = 3.5
"""Doses nearer than this many pixels on a phone are drawn as one bar."""
_SMALL_LETTER = 5.8
_LINE = 17
_MILLION = 1e6
_OFTEN = {1: "daily", 7: "weekly", 14: "every 2 weeks", 28: "every 4 weeks"}
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class Bar(NamedTuple):
    """A span of doses too close to tell apart."""

    start: float
    width: float


class Lane(NamedTuple):
    """What one arm receives: doses as places, bars, what rules may add, and labels."""

    doses: tuple[float, ...]
    bars: tuple[Bar, ...]
    by_rule: tuple[float, ...]
    labels: tuple[Label, ...]
    middle: int
    height: int


class Row(NamedTuple):
    """One arm of the picture; several lanes where the physician chooses."""

    label: str
    n: int
    color: str
    given: str
    lanes: tuple[Lane, ...]
    described: str


class VisitMark(NamedTuple):
    """A planned visit; hollow where not everybody comes."""

    place: float
    label: str
    hollow: bool


class Band(NamedTuple):
    """An epoch; its name stands where it fits, always or on a wide screen only."""

    start: float
    width: float
    name: str
    fits: str


class Note(NamedTuple):
    """What a rule does, under its letter; no letter where it is not drawn."""

    letter: str
    title: str
    text: str


class DesignPicture(NamedTuple):
    """Everything that the template draws."""

    rows: tuple[Row, ...]
    bands: tuple[Band, ...]
    visits: tuple[VisitMark, ...]
    screening: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    primary: tuple[Label, ...]
    notes: tuple[Note, ...]
    conditional: tuple[str, ...]


def design_picture(contents: Contents) -> DesignPicture:
    """Place every arm, dose, visit and rule of a protocol."""
    protocol = contents.protocol
    axis = axis_of(protocol)
    planned = [visit for visit in visits(protocol) if visit.earliest <= visit.day]
    conditions = {str(v.only_if): v.epoch for v in planned if v.only_if is not None}
    return DesignPicture(
        rows=tuple(_rows(contents, axis)),
        bands=tuple(_bands(protocol, axis)),
        visits=tuple(
            VisitMark(axis.place(visit.day), plain(visit.label), visit.only_if is not None)
            for visit in planned
            if visit.epoch != "screening"
        ),
        screening=tuple(
            _bar(axis, visit.earliest, visit.latest)
            for visit in planned
            if visit.epoch == "screening"
        ),
        ticks=week_ticks(axis),
        primary=_primary(protocol, axis),
        notes=tuple(_notes(protocol)),
        conditional=tuple(
            f"{sentence(plain(epoch))}: only if {plain(text)}" for text, epoch in conditions.items()
        ),
    )


def _rows(contents: Contents, axis: Axis) -> Iterator[Row]:
    protocol, colors = contents.protocol, arm_colors(contents.protocol)
    for name, arm in protocol.arms.items():
        choices = [len(dose.one_of) for dose in arm.doses if isinstance(dose, DoseChoice)]
        planned = [
            administrations(protocol, name, choice=choice) for choice in range(min(choices or [1]))
        ]
        given = dict.fromkeys(plain(dose.intervention) for doses in planned for dose in doses)
        yield Row(
            label=contents.labels.get(name, arm.label),
            n=arm.n,
            color=colors[name],
            given=(" or " if choices else ", ").join(given) or "no planned dose",
            lanes=tuple(_lane(protocol, name, doses, axis) for doses in planned),
            described="; ".join(plain(str(dose)) for dose in arm.doses) or "no planned dose",
        )


def _lane(protocol: Protocol, arm: str, doses: tuple[Administration, ...], axis: Axis) -> Lane:
    single, bars, wanted = [], [], []
    several = len({dose.intervention for dose in doses}) > 1 or any(
        isinstance(dose, DoseChoice) for dose in protocol.arms[arm].doses
    )
    for run in _runs(doses):
        places = [axis.place(dose.day) for dose in run]
        gap = (places[-1] - places[0]) / max(len(places) - 1, 1) * NARROWEST / 100
        close = len(places) > 1 and gap < _CLOSEST
        wanted.append(((places[0] + places[-1]) / 2, _run_text(run, close=close, named=several)))
        if close:
            bars.append(Bar(places[0], round(places[-1] - places[0], 2)))
        else:
            single += places
    by_rule = []
    for letter, rule in _drawn_rules(protocol):
        if arm in protocol.arms_named(*rule.arms):
            days = [visit.day for visit in visits_named(protocol, rule.at)]
            by_rule += [axis.place(day) for day in days]
            wanted += [(axis.place(day), letter) for day in days[:1]]
    labels = placed(wanted)
    middle = 8 + _LINE * lines_of(labels) + 4
    return Lane(tuple(single), tuple(bars), tuple(by_rule), labels, middle, middle + 14)


def _runs(doses: tuple[Administration, ...]) -> Iterator[list[Administration]]:
    """Doses that follow one another with the same amount."""
    for _, run in groupby(
        doses,
        key=lambda dose: (dose.intervention, dose.amount, dose.most, dose.unit, str(dose.heavier)),
    ):
        yield list(run)


def _run_text(run: list[Administration], *, close: bool, named: bool) -> str:
    """The label of a run: "4 × 45 mg", or "methotrexate 5 to 25 mg weekly" above a bar."""
    first = run[0]
    amount = "" if first.amount is None else _amount(first)
    name = plain(first.intervention) if named or not amount else ""
    what = " ".join(part for part in (name, amount) if part)
    gaps = {after.day - before.day for before, after in pairwise(run)}
    often = _OFTEN.get(gaps.pop(), "") if close and len(gaps) == 1 else ""
    if often:
        return shortened(f"{what} {often}")
    return shortened(what if len(run) == 1 else f"{len(run)} × {what}")


def _amount(dose: Administration) -> str:
    """An amount as people read it: 3 million cells, not seven digits."""
    amounts = [amount for amount in (dose.amount, dose.most) if amount is not None]
    millions = all(amount >= _MILLION for amount in amounts)
    texts = [number_text(amount / _MILLION if millions else amount) for amount in amounts]
    heavier = f" or {number_text(dose.heavier.amount)}" if dose.heavier else ""
    return f"{' to '.join(texts)}{heavier}{' million' if millions else ''} {dose.unit}"


def _drawn_rules(protocol: Protocol) -> Iterator[tuple[str, Rule]]:
    """Rules that give something, each with its letter."""
    giving = [rule for rule in protocol.rules.values() if rule.give or rule.start]
    yield from zip(_LETTERS, giving, strict=False)


def _notes(protocol: Protocol) -> Iterator[Note]:
    letters = {id(rule): letter for letter, rule in _drawn_rules(protocol)}
    for name, rule in protocol.rules.items():
        exact = f"{sentence(rule_in_words(rule, protocol))}."
        yield Note(
            letters.get(id(rule), ""),
            sentence(plain(name)),
            " ".join(part for part in (rule.text, exact) if part),
        )


def _bands(protocol: Protocol, axis: Axis) -> Iterator[Band]:
    """Epochs from their first day to the next one's."""
    starts: dict[str, int] = {}
    for visit in visits(protocol):
        starts.setdefault(visit.epoch, visit.earliest if visit.day < 0 else visit.day)
    days = [*starts.values(), axis.last]
    for index, name in enumerate(starts):
        bar = _bar(axis, days[index], max(days[index + 1], days[index]))
        needed = _SMALL_LETTER * (len(name) + 1) * 100
        fits = "always" if needed < bar.width * NARROWEST else ""
        fits = fits or ("wide" if needed < bar.width * WIDE else "never")
        yield Band(bar.start, bar.width, sentence(plain(name)), fits)


def _bar(axis: Axis, first: int, last: int) -> Bar:
    return Bar(axis.place(first), round(axis.place(last) - axis.place(first), 2))


def _primary(protocol: Protocol, axis: Axis) -> tuple[Label, ...]:
    days = {
        day
        for endpoint in protocol.endpoints.primary.values()
        for day in endpoint_days(protocol, endpoint)
    }
    return placed([(axis.place(day), "primary endpoint") for day in sorted(days)][:3])


def endpoint_days(protocol: Protocol, endpoint: Endpoint) -> tuple[int, ...]:
    """The days on which an endpoint is judged; none where its file names no day."""
    try:
        points = [point for condition in endpoint.response for _, point in one_time_each(condition)]
        points += [point for change in endpoint.change for point in change.at.points]
        points += [endpoint.until] if endpoint.until else []
        return tuple(day_of(protocol, point) for point in points if point is not None)
    except (ScheduleError, NotDerivedError):
        return ()
