"""Totals scored from the items of an instrument, by the instrument of the library."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wholetrial.data.cells import Positions, outside, read_names, repeated
from wholetrial.data.measures import Measure
from wholetrial.data.records import Flags, Floats
from wholetrial.data.sheet import Said, Sheet, complaints
from wholetrial.instruments.instrument import Item
from wholetrial.protocol.finding import Finding


class Scored(NamedTuple):
    """The totals of the visits (`cell`) where items were recorded, NaN where none can be scored.

    `first` is the row of the first item of each visit.
    """

    cell: Positions
    total: Floats
    first: Positions
    findings: tuple[Finding, ...]


def score_items(sheet: Sheet, cell: Positions, value: Floats, measure: Measure) -> Scored:
    """Score one measure; `sheet` has the rows of its items, `cell` the visit of each row."""
    known = measure.instrument
    score = known.score if known else None
    cells, first, visit = np.unique(cell, return_index=True, return_inverse=True)
    if known is None or score is None:
        every = np.ones(cell.shape, np.bool_)
        said = Said("an empty cell", f"the items of {measure.name} are not known here")
        found = complaints(sheet, "item", every, lambda _: said)
        return Scored(cells, np.full(cells.shape, np.nan), first, tuple(found))
    codes = {item.code: index for index, item in enumerate(known.items)}
    item = read_names(sheet, "item", codes, f"an item of {measure.name}")
    wrong = [
        (index, _impossible(graded, (item.code == index), value))
        for index, graded in enumerate(known.items)
    ]
    right = (item.code >= 0) & ~np.logical_or.reduce([flags for _, flags in wrong])
    grades = np.full((len(known.items), cells.size), np.nan)
    grades[item.code[right], visit[right]] = value[right]
    total = score({code: grades[index] for code, index in codes.items()})
    key = np.where(item.code >= 0, cell * len(codes) + item.code, item.code)
    return Scored(
        cells,
        total,
        first,
        (
            *item.findings,
            *repeated(sheet, "item", key, "each item of a visit once"),
            *_out_of_range(sheet, known.items, wrong),
        ),
    )


def _impossible(item: Item, rows: Flags, value: Floats) -> Flags:
    possible = (value >= item.low) & (value <= item.high) & (value == np.rint(value))
    wrong: Flags = rows & ~possible & ~np.isnan(value)
    return wrong


def _out_of_range(
    sheet: Sheet, items: tuple[Item, ...], wrong: list[tuple[int, Flags]]
) -> Iterator[Finding]:
    for index, rows in wrong:
        item = items[index]
        expected = f"a whole number from {item.low} to {item.high} for {item.code}"
        yield from outside(sheet, "value", rows, expected)
