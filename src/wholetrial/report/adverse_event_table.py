"""Participants with adverse events, by treatment received."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wholetrial.data.records import Codes, Flags, Records
from wholetrial.endpoints.outcomes import Outcomes
from wholetrial.protocol.timeline import day_of
from wholetrial.report.contents import Contents
from wholetrial.report.labels import endpoint_text, group_label, set_text
from wholetrial.report.numbers import count_percent
from wholetrial.report.trials_shown import ShownTrial

_WORST = 5


class EventRow(NamedTuple):
    """Participants with at least one such event, a cell for each arm."""

    label: str
    cells: tuple[str, ...]
    within: bool


class EventTable(NamedTuple):
    """One trial's adverse events; `arms` with those in the analysis set."""

    kind: str
    title: str
    caution: str
    analysis_set: str
    arms: tuple[tuple[str, int], ...]
    rows: tuple[EventRow, ...]


def adverse_event_table(contents: Contents, trial: ShownTrial) -> EventTable:
    """Count participants with events, in the analysis set of each safety endpoint."""
    counted = [found for found in trial.outcomes if found.variable.kind == "events"][:1]
    return EventTable(
        kind=trial.kind,
        title=trial.title,
        caution=trial.caution,
        analysis_set="".join(set_text(contents.protocol, found.analysis_set) for found in counted),
        arms=tuple(
            (group_label(contents, name), int(np.count_nonzero(found.of_group(name))))
            for found in counted
            for name in found.groups
        ),
        rows=tuple(_rows(contents, trial)),
    )


def _rows(contents: Contents, trial: ShownTrial) -> Iterator[EventRow]:
    endpoints = contents.protocol.endpoints.named()
    seen = set()
    for outcomes in trial.outcomes:
        counted = endpoints[outcomes.endpoint][1].events
        if counted is None or outcomes.endpoint in seen:
            continue
        seen.add(outcomes.endpoint)
        text = endpoint_text(contents.protocol, outcomes.endpoint)
        had = outcomes.variable.value == 1
        yield EventRow(f"{text}, {outcomes.variable.at}", _cells(outcomes, had), False)
        if counted.by_grade:
            span = tuple(day_of(contents.protocol, end) for end in (counted.start, counted.end))
            worst = _worst_grade(trial.records, (span[0], span[1]), serious=counted.serious)
            yield from _by_grade(outcomes, had, worst)


def _by_grade(outcomes: Outcomes, had: Flags, worst: Codes) -> Iterator[EventRow]:
    for grade in range(1, _WORST + 1):
        if (had & (worst == grade)).any():
            yield EventRow(f"Worst grade {grade}", _cells(outcomes, had & (worst == grade)), True)
    if (had & (worst == 0)).any():
        yield EventRow("Grade not recorded", _cells(outcomes, had & (worst == 0)), True)


def _worst_grade(records: Records, span: tuple[int, int], *, serious: bool) -> Codes:
    happened = records.adverse_events
    inside = (happened.day >= span[0]) & (happened.day <= span[1])
    if serious:
        inside = inside & happened.serious
    worst: Codes = np.where(inside, happened.grade, np.int8(0)).max(axis=-1, initial=np.int8(0))
    return worst


def _cells(outcomes: Outcomes, had: Flags) -> tuple[str, ...]:
    groups = (outcomes.of_group(name) for name in outcomes.groups)
    return tuple(
        count_percent(int(np.count_nonzero(who & had)), int(np.count_nonzero(who)), 1)
        for who in groups
    )
