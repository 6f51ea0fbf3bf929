"""Missing values and intercurrent events (ICH E9(R1)), handled on the records before derivation.

A strategy says what becomes of the values after an event: under `treatment_policy` they count;
under `hypothetical` those from the day of the event on are taken away, and the rule for missing
values stands for them; under `while_on_treatment` the last value up to that day stands for them.
`composite_variable` belongs to the endpoint: the event is itself no response, or no change from
baseline. A rule for missing values then fills what is missing, or leaves it. Times to an event are
not handled yet.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from wholetrial.conditions.evaluate import scale_of
from wholetrial.data.records import Flags, Floats, Records
from wholetrial.endpoints.carried import (
    baseline_observation_carried_forward,
    last_observation_carried_forward,
    worst_observation_carried_forward,
)
from wholetrial.protocol.endpoint import Strategy
from wholetrial.protocol.missing import Imputation
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import measured_at

FILLED = ("last observation", "worst", "baseline")
"""The rules that put an observed value in the place of a missing one."""


class NotDerivedError(ValueError):
    """An endpoint that the trial file asks for and that nothing here derives yet."""


def handled(
    protocol: Protocol,
    records: Records,
    strategies: Mapping[str, Strategy],
    rule: str | Imputation | None,
) -> Records:
    """The records as the estimand sees them: values after events, and what stands for missing ones.

    Raises NotDerivedError for the strategy of a principal stratum, which needs a model.
    """
    away, carried = np.zeros((2, *records.day.shape), np.bool_)
    for event, strategy in strategies.items():
        if event not in records.events or strategy in ("treatment_policy", "composite_variable"):
            continue
        if strategy == "principal_stratum":
            raise NotDerivedError(f"strategy {strategy} for {event}")
        day, seen = records.events[event][..., None], days_seen(records)
        if strategy == "hypothetical":
            away |= day <= seen
        else:
            carried |= day < seen
    fills = rule if isinstance(rule, str) and rule in FILLED else None
    if fills is None and not away.any() and not carried.any():
        return records
    changed = {
        name: _handled(protocol, records, name, (away, carried), fills) for name in records.values
    }
    return replace(records, values=changed)


def days_seen(records: Records) -> Floats:
    """The day of each visit, `(..., P, V)`: as attended, or as planned where nobody came."""
    planned = np.asarray([visit.day for visit in records.visits], np.float64)
    return np.where(np.isnan(records.day), planned, records.day)


def intervened(records: Records, strategies: Mapping[str, Strategy], day: int) -> Flags:
    """Who had, on or before the visit of a planned day, an event that is part of the endpoint."""
    had, seen = np.zeros(records.shape, np.bool_), _day_seen(records, day)
    for event, strategy in strategies.items():
        if strategy == "composite_variable" and event in records.events:
            had |= records.events[event] <= seen
    return had


def _day_seen(records: Records, day: int) -> Floats:
    for index, visit in enumerate(records.visits):
        if visit.day == day:
            return np.asarray(days_seen(records)[..., index])
    return np.full(records.shape, float(day))


def _handled(
    protocol: Protocol,
    records: Records,
    measure: str,
    after: tuple[Flags, Flags],
    fills: str | None,
) -> Floats:
    """One measure's values `(..., P, V)` after treatment began; what was before stays."""
    away, carried = after
    begun = np.asarray([visit.day > 0 for visit in records.visits])
    seen = np.where((away | carried) & begun, np.nan, records.values[measure])
    if not begun.any():
        return seen
    base: Floats = np.full(records.shape, np.nan)
    for index, visit in enumerate(records.visits):
        if visit.day <= 0:
            base = np.where(np.isnan(seen[..., index]), base, seen[..., index])
    columns = np.flatnonzero(begun)
    later = seen[..., columns]
    last = last_observation_carried_forward(later, base)
    kept = np.where(np.isnan(later) & carried[..., columns], last, later)
    planned = np.isin(columns, [records.visit_index(v) for v in measured_at(protocol, measure)])
    stands = _standing(later, base, fills, lower=scale_of(measure, protocol).lower_is_better)
    seen[..., columns] = np.where(planned, np.where(np.isnan(kept), stands, kept), later)
    return seen


def _standing(later: Floats, base: Floats, fills: str | None, *, lower: bool) -> Floats:
    """What stands for each missing value `(..., P, V)`; missing where nothing does."""
    match fills:
        case "last observation":
            return last_observation_carried_forward(later, base)
        case "worst":
            worst = worst_observation_carried_forward(later, "lower" if lower else "higher")
            return np.where(np.isnan(worst), base[..., None], worst)
        case "baseline":
            return baseline_observation_carried_forward(later, base)
        case _:
            return later
