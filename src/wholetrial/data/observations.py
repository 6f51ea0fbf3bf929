"""Observations: what was measured at the visits."""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np

from wholetrial.data.cells import (
    UNKNOWN,
    Positions,
    known_in,
    outside,
    read_names,
    read_numbers,
    repeated,
)
from wholetrial.data.items import Scored, score_items
from wholetrial.data.measures import Measure, measures_of, names_recorded
from wholetrial.data.people import People, read_participants
from wholetrial.data.records import Flags, Floats
from wholetrial.data.sheet import Said, Sheet, complaints, of_table, part_of
from wholetrial.data.visits import read_visit_names
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import Visit, measured_at

ALMOST = 1e-6


class Observed(NamedTuple):
    """Values by measure, and who was seen at which visit, all `(P, V)`; with what is wrong."""

    values: dict[str, Floats]
    seen: Flags
    findings: tuple[Finding, ...]


class _Rows(NamedTuple):
    """The rows of one measure: the cell (participant and visit) that each speaks of, the value."""

    sheet: Sheet
    cell: Positions
    value: Floats

    def chosen(self, rows: Flags) -> "_Rows":
        return _Rows(part_of(self.sheet, rows), self.cell[rows], self.value[rows])


def read_observations(
    sheet: Sheet, people: People, visits: tuple[Visit, ...], protocol: Protocol
) -> Observed:
    """Read what was measured; where the items of an instrument were recorded, score its total."""
    measures = measures_of(protocol)
    who = read_participants(sheet, people)
    at = read_visit_names(sheet, visits)
    codes = {name: index for index, name in enumerate(measures)}
    what = read_names(sheet, "measure", codes, "a measure of the schedule that has a value")
    number = read_numbers(sheet, "value")
    known = known_in(who.code, at.code, what.code)
    cell = np.where(known, who.code * len(visits) + at.code, UNKNOWN)
    shape = (len(people.names), len(visits))
    values = {name: np.full(shape, np.nan) for name in names_recorded(protocol)}
    findings = [who.findings, at.findings, what.findings, number.findings]
    for name, measure in measures.items():
        rows = _Rows(sheet, cell, number.value).chosen(known & (what.code == codes[name]))
        findings.append(tuple(_fill(values[name].reshape(-1), rows, measure)))
        findings.append(tuple(_unplanned(sheet, values[name], visits, measure, protocol)))
    seen = np.zeros(shape, np.bool_)
    seen.reshape(-1)[cell[known & ~np.isnan(number.value)]] = True
    return Observed(values, seen, tuple(chain.from_iterable(findings)))


def _fill(cells: Floats, rows: _Rows, measure: Measure) -> Iterator[Finding]:
    """Write the values of one measure into its array, `(P * V,)`, and say what is wrong."""
    total = rows.chosen(rows.sheet.text("item").is_null().to_numpy())
    cells[total.cell] = total.value
    expected = f"one {measure.name} for each participant and visit"
    yield from repeated(total.sheet, "value", total.cell, expected)
    impossible = measure.impossible(total.value)
    yield from outside(total.sheet, "value", impossible, measure.words)
    items = rows.chosen(rows.sheet.text("item").is_not_null().to_numpy())
    if items.cell.size:
        scored = score_items(items.sheet, items.cell, items.value, measure)
        yield from scored.findings
        yield from _against_total(total, scored, measure)
        yield from _unscored(items, scored, cells, measure)
        cells[scored.cell] = np.where(
            np.isnan(cells[scored.cell]), scored.total, cells[scored.cell]
        )


def _against_total(total: _Rows, scored: Scored, measure: Measure) -> Iterator[Finding]:
    """Findings for totals that are not the score of the items recorded beside them."""
    place = np.searchsorted(scored.cell, total.cell)
    place = np.minimum(place, scored.cell.size - 1)
    has_items = scored.cell[place] == total.cell
    score = np.where(has_items, scored.total[place], np.nan)
    different = np.abs(total.value - score) > ALMOST
    for wanted in np.unique(score[different]):
        expected = f"{measure.name} {wanted:g}, as its items give"
        yield from outside(total.sheet, "value", different & (score == wanted), expected)


def _unscored(items: _Rows, scored: Scored, cells: Floats, measure: Measure) -> Iterator[Finding]:
    lost = np.zeros(items.cell.shape, np.bool_)
    lost[scored.first[np.isnan(scored.total) & np.isnan(cells[scored.cell])]] = True
    says = f"{measure.name} not scored, as its items are incomplete or contradict each other"
    said = Said(says, "ask the center")
    yield from complaints(items.sheet, "participant", lost, lambda _: said, "warning")


def _unplanned(
    sheet: Sheet,
    values: Floats,
    visits: tuple[Visit, ...],
    measure: Measure,
    protocol: Protocol,
) -> Iterator[Finding]:
    planned = measured_at(protocol, measure.name)
    for index, visit in enumerate(visits):
        n = int((~np.isnan(values[:, index])).sum())
        if n and visit not in planned:
            says = f"{measure.name} at '{visit.label}', where it is not planned"
            yield of_table(sheet, "visit", says, f"{n} value{'s' * (n > 1)}", severity="warning")
