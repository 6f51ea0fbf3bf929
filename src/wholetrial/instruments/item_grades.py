"""Reads the graded items of an instrument into whole-number arrays, or says what is wrong."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wholetrial.instruments.instrument import Instrument, Item

__all__ = ["ItemGrades", "item_grades", "sum_of_complete_items"]


class ItemGrades(NamedTuple):
    """Grades `(item, ...)` in the instrument's order of items; 0 where not recorded."""

    grade: NDArray[np.int64]
    recorded: NDArray[np.bool_]


def item_grades(instrument: Instrument, items: Mapping[str, ArrayLike]) -> ItemGrades:
    """Stack an instrument's item values, which may have any shapes that broadcast together.

    NaN is not recorded. Raises ValueError for a missing or unknown item and for a grade that is
    not a whole number in the item's range.
    """
    _check_codes(instrument, items)
    values = np.broadcast_arrays(
        *(np.asarray(items[item.code], dtype=np.float64) for item in instrument.items)
    )
    for item, grades in zip(instrument.items, values, strict=True):
        _check_grades(instrument, item, grades)
    stacked = np.stack(values)
    recorded = ~np.isnan(stacked)
    return ItemGrades(np.where(recorded, stacked, 0.0).astype(np.int64), recorded)


def sum_of_complete_items(
    instrument: Instrument, items: Mapping[str, ArrayLike]
) -> NDArray[np.float64]:
    """Add an instrument's items; NaN where any of them is not recorded."""
    grade, recorded = item_grades(instrument, items)
    return np.where(recorded.all(axis=0), grade.sum(axis=0).astype(np.float64), np.nan)


def _check_codes(instrument: Instrument, items: Mapping[str, ArrayLike]) -> None:
    needed = [item.code for item in instrument.items]
    unknown = [code for code in items if code not in needed]
    if unknown:
        nearest = get_close_matches(unknown[0], needed, n=1)
        advice = f"did you mean {nearest[0]}?" if nearest else f"it has {', '.join(needed)}"
        raise ValueError(f"{instrument.short_name} has no item {unknown[0]}; {advice}")
    absent = [code for code in needed if code not in items]
    if absent:
        raise ValueError(
            f"{instrument.short_name} needs {len(needed)} items; absent: {', '.join(absent)} "
            "(give NaN for a grade that was not recorded)"
        )


def _check_grades(instrument: Instrument, item: Item, grades: NDArray[np.float64]) -> None:
    possible = (grades >= item.low) & (grades <= item.high) & (grades == np.rint(grades))
    wrong = grades[~(possible | np.isnan(grades))]
    if wrong.size:
        raise ValueError(
            f"{instrument.short_name} {item.code} is a whole number from {item.low} to "
            f"{item.high}; got {wrong.flat[0]:g}"
        )
