"""The schedule of activities: what is measured and given at which visit."""

from collections.abc import Container, Iterator
from typing import NamedTuple

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Every
from wholetrial.protocol.timeline import Visit, administrations, measured_at, visits
from wholetrial.report.contents import Contents
from wholetrial.report.labels import plain, sentence, short_measure
from wholetrial.report.numbers import number, week_of


class VisitColumn(NamedTuple):
    """A visit: its week, its window in days and whether only some people come."""

    week: str
    label: str
    window: str
    conditional: bool


class ActivityRow(NamedTuple):
    """One activity; a mark for each visit, and what happens between visits."""

    label: str
    marks: tuple[str, ...]
    between: str


class ScheduleTable(NamedTuple):
    """Activities by visits, with the epochs above."""

    epochs: tuple[tuple[str, int], ...]
    visits: tuple[VisitColumn, ...]
    measures: tuple[ActivityRow, ...]
    doses: tuple[ActivityRow, ...]
    counted_from: str
    conditions: tuple[str, ...]


def schedule_table(contents: Contents) -> ScheduleTable:
    """Lay the schedule of a protocol out as a table."""
    protocol = contents.protocol
    planned = visits(protocol)
    runs = _epochs(planned)
    conditions = {v.epoch: str(v.only_if) for v in planned if v.only_if is not None}
    return ScheduleTable(
        epochs=tuple(runs),
        visits=tuple(_column(visit) for visit in planned),
        measures=tuple(_measures(protocol, planned)),
        doses=tuple(_doses(contents, planned)),
        counted_from=plain(protocol.schedule.counted_from),
        conditions=tuple(
            f"{sentence(plain(epoch))}: only if {plain(text)}" for epoch, text in conditions.items()
        ),
    )


def _epochs(planned: tuple[Visit, ...]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for visit in planned:
        name = sentence(plain(visit.epoch))
        if found and found[-1][0] == name:
            found[-1] = (name, found[-1][1] + 1)
        else:
            found.append((name, 1))
    return found


def _column(visit: Visit) -> VisitColumn:
    before, after = visit.day - visit.earliest, visit.latest - visit.day
    if visit.epoch == "screening":
        span = f"{week_of(visit.earliest)} to {week_of(-(-visit.latest // 7) * 7)}"
        return VisitColumn(span, plain(visit.label), "", visit.only_if is not None)
    window = f"±{before}" if before == after else f"{number(-before, 0)} to +{after}"
    return VisitColumn(
        week_of(visit.day),
        plain(visit.label),
        window if before or after else "",
        visit.only_if is not None,
    )


def _measures(protocol: Protocol, planned: tuple[Visit, ...]) -> Iterator[ActivityRow]:
    for name, plan in protocol.schedule.measure.items():
        at = measured_at(protocol, name)
        repeated = [str(item) for item in plan.items if isinstance(item, Every)]
        frequent = [text for text in repeated if text.startswith("every day")]
        yield ActivityRow(
            short_measure(protocol, name), _marks(planned, [v.day for v in at]), "; ".join(frequent)
        )


def _doses(contents: Contents, planned: tuple[Visit, ...]) -> Iterator[ActivityRow]:
    days = {visit.day for visit in planned}
    for name in contents.protocol.arms:
        given = {dose.day for dose in administrations(contents.protocol, name)}
        elsewhere = len(given - days)
        yield ActivityRow(
            f"Dose, {contents.labels.get(name, name)}",
            _marks(planned, given),
            f"{elsewhere} more between visits" if elsewhere else "",
        )


def _marks(planned: tuple[Visit, ...], days: Container[int]) -> tuple[str, ...]:
    return tuple(
        ("" if visit.day not in days else "some" if visit.only_if is not None else "all")
        for visit in planned
    )
