"""Writes the records of a trial as the documented tables: the arrays, projected onto rows.

Written and read back they are the same bits (`wholetrial.data.records.packed`).
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from wholetrial.data.facts import NOT_FACTS
from wholetrial.data.records import Floats, Records
from wholetrial.data.sheet import MISSING
from wholetrial.data.tables import NEVER, TABLES


def write_tables(
    records: Records, folder: Path, *, without: Collection[str] = ()
) -> tuple[Path, ...]:
    """Write the tables of one trial into a folder, all of them or none; returns their paths.

    Records hold no terms of adverse events and no units: these columns are left out.
    `without` names tables of what nobody recorded: no table is not the same as an empty one.
    Raises ValueError for records of several replicates, and for what the tables cannot hold;
    OSError where a file cannot be written.
    """
    tables = {name: table for name, table in tables_of(records).items() if name not in without}
    folder.mkdir(parents=True, exist_ok=True)
    final = {name: folder / TABLES[name].file for name in tables}
    for path in final.values():
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder; a table needs its name")
    partial = {name: folder / f".{TABLES[name].file}.partial" for name in tables}
    try:
        for name, table in tables.items():
            partial[name].write_bytes(table.write_csv().encode())
        for name, path in final.items():
            partial[name].replace(path)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)
    return tuple(final.values())


def tables_of(records: Records) -> dict[str, pl.DataFrame]:
    """The tables of one trial, by name, every cell as it is written.

    Raises ValueError for records of several replicates, and for what the tables cannot hold.
    """
    for problem in _problems(records):
        raise ValueError(problem)
    return {
        "participants": _participants(records),
        "visits": _visits(records),
        "observations": _observations(records),
        "exposures": _exposures(records),
        "adverse_events": _adverse_events(records),
        "dispositions": _dispositions(records),
    }


def _participants(records: Records) -> pl.DataFrame:
    received = np.asarray([*records.arms, NEVER])[records.received]
    return pl.DataFrame(
        {
            "participant": list(records.participants),
            "arm": np.asarray(records.arms)[records.arm],
            "received": received,
            **{name: _written(values) for name, values in records.facts.items()},
        }
    )


def _visits(records: Records) -> pl.DataFrame:
    who, visit = np.nonzero(~np.isnan(records.day))
    return pl.DataFrame(
        {
            "participant": _names(records, who),
            "visit": _labels(records, visit),
            "day": _written(records.day[who, visit]),
        }
    )


def _observations(records: Records) -> pl.DataFrame:
    values = _stacked(records.values, records.day.shape)
    who, visit, measure = np.nonzero(~np.isnan(values))
    return pl.DataFrame(
        {
            "participant": _names(records, who),
            "visit": _labels(records, visit),
            "measure": _chosen(tuple(records.values), measure),
            "value": _written(values[who, visit, measure]),
        }
    )


def _exposures(records: Records) -> pl.DataFrame:
    given = records.exposures
    who, dose = np.nonzero(~np.isnan(given.day))
    return pl.DataFrame(
        {
            "participant": _names(records, who),
            "day": _written(given.day[who, dose]),
            "intervention": _chosen(records.interventions, given.intervention[who, dose]),
            "amount": _written(given.amount[who, dose]),
        }
    )


def _adverse_events(records: Records) -> pl.DataFrame:
    happened = records.adverse_events
    who, event = np.nonzero(~np.isnan(happened.day))
    grade = happened.grade[who, event].astype(np.float64)
    return pl.DataFrame(
        {
            "participant": _names(records, who),
            "day": _written(happened.day[who, event]),
            "grade": _written(np.where(grade == 0, np.nan, grade)),
            "serious": _chosen(("no", "yes"), happened.serious[who, event].astype(np.int8)),
        }
    )


def _dispositions(records: Records) -> pl.DataFrame:
    days = _stacked(records.events, records.shape)
    who, event = np.nonzero(~np.isnan(days))
    none = np.zeros(records.shape, np.int32)
    reasons = [records.reasons.get(name, none) for name in records.events]
    why = np.stack(reasons, axis=-1)[who, event] if reasons else np.zeros(0, np.int32)
    return pl.DataFrame(
        {
            "participant": _names(records, who),
            "day": _written(days[who, event]),
            "event": _chosen(tuple(records.events), event),
            "reason": _reasons(records.reason_terms, why),
        }
    )


def _reasons(terms: tuple[str, ...], codes: NDArray[np.int32]) -> pl.Series:
    """Each reason in its term; nothing where none was recorded."""
    return pl.Series([None, *terms], dtype=pl.String).gather(codes.astype(np.int64))


def _stacked(arrays: Mapping[str, Floats], shape: tuple[int, ...]) -> Floats:
    """Arrays by name as one array with the names as its last axis."""
    return np.stack(list(arrays.values()), axis=-1) if arrays else np.empty((*shape, 0))


def _names(records: Records, who: NDArray[np.intp]) -> pl.Series:
    return pl.Series(records.participants, dtype=pl.String).gather(who)


def _labels(records: Records, visit: NDArray[np.intp]) -> pl.Series:
    return _chosen(tuple(visit.label for visit in records.visits), visit)


def _chosen(names: tuple[str, ...], index: NDArray[np.integer[Any]]) -> pl.Series:
    return pl.Series(names, dtype=pl.String).gather(index.astype(np.int64))


def _written(numbers: Floats) -> pl.Series:
    """Numbers as text, in the fewest digits that give the same bits; nothing where missing."""
    text = pl.Series(numbers, dtype=pl.Float64).fill_nan(None).cast(pl.String)
    return text.str.strip_suffix(".0")


def _problems(records: Records) -> Iterator[str]:
    """Why the tables cannot hold some records."""
    if len(records.shape) != 1:
        yield f"tables hold one trial, not {records.shape}: take records.replicate(0)"
    for name in records.participants:
        if not name or name != name.strip() or name in MISSING or not name.isprintable():
            yield f"{name!r} cannot be a participant's identifier in a table"
    if len(set(records.participants)) < len(records.participants):
        yield "each participant needs an identifier of their own"
    for name in records.facts:
        if name in NOT_FACTS or name in records.values or not name.isidentifier():
            yield f"'{name}' cannot be a fact in the table of participants"
    yield from _impossible_numbers(records)


def _impossible_numbers(records: Records) -> Iterator[str]:
    seen = _stacked(records.values, records.day.shape)
    if (~np.isnan(seen) & np.isnan(records.day)[..., None]).any():
        yield "a value was measured at a visit that nobody attended"
    if any(np.isinf(values).any() for values in (seen, *records.facts.values())):
        yield "a value is infinite"
    days = (
        records.day,
        records.exposures.day,
        records.adverse_events.day,
        *records.events.values(),
    )
    if any((~np.isnan(day) & (day != np.rint(day))).any() for day in days):
        yield "a day is not whole"
