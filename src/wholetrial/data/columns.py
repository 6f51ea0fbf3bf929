"""Reads data of another shape: one CSV file with a row for each participant.

A small file, `columns.yaml`, says which column holds what:

    wholetrial: 1
    participant: USUBJID
    arm: {column: TRT, values: {ACTIVE 10 MG: active, PLACEBO: placebo}}
    facts: {age: AGE, male: {column: SEX, values: {M: 1, F: 0}}}
    missing: [NA]
    observations:
      PASI: {BASELINE: week 0, WEEK12: week 12}
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import polars as pl
from pydantic import BeforeValidator, Field, ValidationError

from wholetrial.data.measures import measures_of
from wholetrial.data.read import Loaded, records_of
from wholetrial.data.records import planned_visits
from wholetrial.data.sheet import (
    MISSING,
    InvalidDataError,
    Sheet,
    near,
    of_file,
    of_table,
    read_sheet,
)
from wholetrial.data.tables import NEVER
from wholetrial.protocol.document import plain, read_document
from wholetrial.protocol.explain import explained
from wholetrial.protocol.finding import Finding, InvalidTrialFileError
from wholetrial.protocol.load import read_file
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.source import Source, locate
from wholetrial.protocol.value import Name, Value, Words, tuples


def _alone(value: object) -> object:
    """The name of a column stands for the column as it is."""
    return {"column": value} if isinstance(value, str) else value


def _as_written(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class ArmColumn(Value):
    """The column of an arm, and the arm of the trial file that each of its texts means."""

    column: Words
    values: dict[str, Name] = Field(default_factory=dict)


class FactColumn(Value):
    """The column of a baseline fact, and the number that each of its texts means."""

    column: Words
    values: dict[str, float] = Field(default_factory=dict)


class Columns(Value):
    """Which column of a foreign file holds what."""

    wholetrial: Literal[1]
    """The version of this language."""
    participant: Words
    """The column with the participant's identifier."""
    arm: Annotated[ArmColumn, BeforeValidator(_alone)]
    """The column with the arm assigned."""
    received: Annotated[ArmColumn, BeforeValidator(_alone)] | None = None
    """The column with the arm by treatment received, as assigned unless there is one."""
    facts: dict[Name, Annotated[FactColumn, BeforeValidator(_alone)]] = Field(default_factory=dict)
    """The columns with baseline facts."""
    missing: tuple[Annotated[str, BeforeValidator(_as_written)], ...] = MISSING
    """What stands for a missing value, beside an empty cell."""
    observations: Annotated[dict[Name, dict[str, Words]], Field(min_length=1)]
    """For each measure, the columns with its values and the planned visit of each."""


def read_columns(csv: Path, columns: Path, protocol: Protocol) -> Loaded:
    """Read a CSV file with a row for each participant, as `columns.yaml` describes it.

    Everybody came to a visit on its planned day where a value was measured. Raises
    InvalidDataError with everything that is wrong with either file.
    """
    described, source = load_columns(columns)
    sheet = read_sheet(csv, described.missing)
    wrong = tuple(_mismatches(described, source, sheet, protocol))
    if wrong:
        raise InvalidDataError(wrong)
    sheets = {
        "participants": _participants(sheet, described),
        "observations": _observations(sheet, described),
    }
    return records_of(sheets, protocol, tuple(_unread(sheet, described)))


def load_columns(path: Path) -> tuple[Columns, Source]:
    """Load `columns.yaml`; raises InvalidDataError with every finding."""
    file = str(path)
    try:
        tree = read_document(read_file(path), file)
    except InvalidTrialFileError as error:
        raise InvalidDataError(error.findings) from None
    except OSError as problem:
        why = (problem.strerror or str(problem)).lower()
        found = of_file(path, "a file that says which column holds what", why, "check the path")
        raise InvalidDataError([found]) from None
    source = Source(file, tree)
    try:
        return Columns.model_validate(tuples(plain(tree))), source
    except ValidationError as error:
        raise InvalidDataError(explained(error, source, Columns)) from None


def _participants(sheet: Sheet, described: Columns) -> Sheet:
    """The table of participants that the file contains."""
    chosen: dict[str, ArmColumn | FactColumn] = {
        "participant": FactColumn(column=described.participant),
        "arm": described.arm,
        **described.facts,
    }
    if described.received is not None:
        chosen["received"] = described.received
    frame = pl.DataFrame(
        {
            name: sheet.text(used.column).replace(
                {text: str(meaning) for text, meaning in used.values.items()}
            )
            for name, used in chosen.items()
        }
    )
    field = {name: sheet.field[used.column] for name, used in chosen.items()}
    return Sheet(sheet.file, sheet.layout, frame, sheet.record, field, sheet.findings)


def _observations(sheet: Sheet, described: Columns) -> Sheet:
    """The table of observations that the file contains: a row for each value that is there."""
    frames, records, fields = [], [], []
    for measure, used in described.observations.items():
        for column, visit in used.items():
            frame = pl.DataFrame(
                {"participant": sheet.text(described.participant), "value": sheet.text(column)}
            ).with_columns(visit=pl.lit(visit), measure=pl.lit(measure))
            there = frame["value"].is_not_null()
            frames.append(frame.filter(there))
            records.append(sheet.record[there.to_numpy()])
            fields.append(np.full(frames[-1].height, sheet.field[column]))
    value = np.concatenate(fields)
    who = sheet.field[described.participant]
    places = {"participant": who, "visit": value, "measure": value, "value": value}
    return Sheet(sheet.file, sheet.layout, pl.concat(frames), np.concatenate(records), places)


def _mismatches(
    described: Columns, source: Source, sheet: Sheet, protocol: Protocol
) -> Iterator[Finding]:
    """Names that the CSV file or the trial file does not have, and visits named twice."""
    columns = sheet.frame.columns
    labels = [visit.label for visit in planned_visits(protocol)]
    for steps, column in _used(described):
        yield from _unknown(source, steps, column, columns, f"a column of {Path(sheet.file).name}")
    arms = {"arm": described.arm, "received": described.received}
    for name, used in arms.items():
        known = [*protocol.arms, *([NEVER] if name == "received" else [])]
        for text, arm in (used.values if used else {}).items():
            yield from _unknown(source, [name, "values", text], arm, known, "an arm of the trial")
    for measure, visits in described.observations.items():
        steps = ["observations", measure]
        yield from _unknown(
            source, steps, measure, measures_of(protocol), "a measure that has a value"
        )
        count = Counter(visits.values())
        for column, visit in visits.items():
            there = [*steps, column]
            yield from _unknown(source, there, visit, labels, "a visit of the schedule")
            if count[visit] > 1:
                place = locate(source.tree, there)[1]
                found = f"'{visit}' {count[visit]} times"
                yield Finding(source.file, place, ".".join(there), "each visit once", found)


def _used(described: Columns) -> Iterator[tuple[list[str], str]]:
    """Every column that is named, and where."""
    yield ["participant"], described.participant
    yield ["arm"], described.arm.column
    if described.received is not None:
        yield ["received"], described.received.column
    for name, used in described.facts.items():
        yield ["facts", name], used.column
    for measure, visits in described.observations.items():
        for column in visits:
            yield ["observations", measure, column], column


def _unknown(
    source: Source, steps: list[str], name: str, known: Iterable[str], what: str
) -> Iterator[Finding]:
    names = list(known)
    if name not in names:
        place = locate(source.tree, steps)[1]
        expected = f"{what} ({', '.join(names[:20])})"
        found = f"'{name}'"
        yield Finding(source.file, place, ".".join(steps), expected, found, near(name, names))


def _unread(sheet: Sheet, described: Columns) -> Iterator[Finding]:
    used = {column for _, column in _used(described)}
    others = [name for name in sheet.frame.columns if name not in used]
    if others:
        says = "these columns are not named in columns.yaml, and not read"
        yield of_table(sheet, others[0], says, ", ".join(others[:20]), severity="warning")
