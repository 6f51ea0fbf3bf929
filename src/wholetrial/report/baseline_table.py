"""The baseline table: each arm's people before treatment, without tests of chance differences."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from wholetrial.conditions.evaluate import Situation, baseline_value, scale_of
from wholetrial.data.records import Flags, Floats, Records
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Contents
from wholetrial.report.labels import measure_label
from wholetrial.report.numbers import count_percent, interval, number
from wholetrial.report.trials_shown import ShownTrial

_FIRST = ("age", "male", "weight")


class BaselineRow(NamedTuple):
    """One statistic of a value, a cell for each arm."""

    label: str
    cells: tuple[str, ...]


class BaselineVariable(NamedTuple):
    """A baseline value with its statistics."""

    label: str
    rows: tuple[BaselineRow, ...]


class BaselineTable(NamedTuple):
    """One trial's baseline values by arm."""

    kind: str
    title: str
    arms: tuple[tuple[str, int], ...]
    variables: tuple[BaselineVariable, ...]


def baseline_table(contents: Contents, trial: ShownTrial) -> BaselineTable:
    """Describe the people of each arm before treatment, by the arm assigned."""
    records = trial.records
    arms = [records.arm == position for position in range(len(records.arms))]
    values = baseline_values(contents.protocol, records)
    return BaselineTable(
        kind=trial.kind,
        title=trial.title,
        arms=tuple(
            (contents.labels.get(name, name), int(np.count_nonzero(who)))
            for name, who in zip(records.arms, arms, strict=True)
        ),
        variables=tuple(
            _variable(contents.protocol, name, value, arms) for name, value in values.items()
        ),
    )


def baseline_values(protocol: Protocol, records: Records) -> Mapping[str, Floats]:
    """Every baseline value of the participants `(P,)`; measures at their last value by day 0."""
    start = next((visit for visit in records.visits if visit.day >= 0), None)
    found = dict(records.facts)
    if start is not None:
        situation = Situation(protocol, records, start)
        for measure in records.values:
            steps = scale_of(measure, protocol).steps_in_one
            found[measure] = baseline_value(measure, situation) / steps
    known = {name: value for name, value in found.items() if not np.isnan(value).all()}
    order = [name for name in _FIRST if name in known]
    order += [name for name in known if name not in _FIRST and name in records.values]
    order += [name for name in known if name not in order]
    return {name: known[name] for name in order}


def _variable(protocol: Protocol, name: str, value: Floats, arms: list[Flags]) -> BaselineVariable:
    known = [value[who & ~np.isnan(value)] for who in arms]
    missing = [int(np.count_nonzero(who & np.isnan(value))) for who in arms]
    if name == "male":
        share = tuple(count_percent(int(found.sum()), found.size) for found in known)
        rows = [BaselineRow("n (%)", share)]
        label = "Male sex"
    else:
        rows = list(_summaries(known))
        label = measure_label(protocol, name)
    if any(missing):
        rows.append(BaselineRow("Missing, n", tuple(str(count) for count in missing)))
    return BaselineVariable(label, tuple(rows))


def _summaries(known: list[Floats]) -> Iterator[BaselineRow]:
    yield BaselineRow("Mean (SD)", tuple(_mean(found) for found in known))
    yield BaselineRow("Median [IQR]", tuple(_median(found) for found in known))


def _mean(found: Floats) -> str:
    if not found.size:
        return number(None)
    spread = float(found.std(ddof=1)) if found.size > 1 else None
    return f"{number(found.mean())} ({number(spread)})"


def _median(found: Floats) -> str:
    if not found.size:
        return number(None)
    low, middle, high = np.quantile(found, [0.25, 0.5, 0.75])
    return f"{number(middle)} [{interval(low, high)}]"
