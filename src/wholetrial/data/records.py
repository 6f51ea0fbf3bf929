"""The records of a trial as arrays: what a hospital would send, for one trial or for many at once.

Every array ends in the axis of the participants, `(..., P)`, or in participant and visit,
`(..., P, V)`; a simulated programme has one more leading axis, the replicate. A missing value is
NaN, and only in float arrays. Days are counted from the event that the schedule counts from.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import Visit, visits

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Wide = NDArray[np.int32]
Flags = NDArray[np.bool_]

NEVER_TREATED = -1
LEAVES_STUDY = "leaves_study"
STOPS_TREATMENT = "stops_treatment"


@dataclass(frozen=True, slots=True)
class Exposures:
    """Doses given: `(..., P, D)`, padded with NaN days where a participant has fewer."""

    day: Floats
    amount: Floats
    intervention: Codes


@dataclass(frozen=True, slots=True)
class AdverseEvents:
    """Adverse events: `(..., P, E)`, padded with NaN days; grade 0 where it was not recorded."""

    day: Floats
    grade: Codes
    serious: Flags


Happened = TypeVar("Happened", Exposures, AdverseEvents)


@dataclass(frozen=True, slots=True)
class Records:
    """What was recorded of every participant.

    `arm` is the arm assigned and `received` the arm by treatment received, both as positions in
    `arms`, with NEVER_TREATED for those without a dose. `day` is NaN where a visit was not
    attended. `facts` are baseline facts that no instrument measures (age in years, male as 0 or 1,
    years since a diagnosis); `events` the first day of what happened to people (leaves_study,
    stops_treatment, the name of a rule), NaN where it did not. `reasons` says why, for events of
    which some reason was recorded: a position in `reason_terms` plus 1, and 0 where none was.
    """

    arms: tuple[str, ...]
    interventions: tuple[str, ...]
    visits: tuple[Visit, ...]
    participants: tuple[str, ...]
    arm: Codes
    received: Codes
    day: Floats
    values: Mapping[str, Floats]
    facts: Mapping[str, Floats]
    events: Mapping[str, Floats]
    exposures: Exposures
    adverse_events: AdverseEvents
    reason_terms: tuple[str, ...] = ()
    reasons: Mapping[str, Wide] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the participants' arrays, `(..., P)`."""
        return self.arm.shape

    def visit_index(self, visit: Visit) -> int:
        """The position of a planned visit."""
        return self.visits.index(visit)

    def replicate(self, index: int) -> "Records":
        """The records of one replicate, without the leading axis."""
        return _mapped(self, lambda array: array[index])

    def chosen(self, keep: Flags) -> "Records":
        """The records of some participants of one trial; `keep` is `(P,)`."""
        names = tuple(name for name, kept in zip(self.participants, keep, strict=True) if kept)
        return replace(_mapped(self, lambda array: array[keep]), participants=names)


def repeated(records: Records, times: int) -> Records:
    """The same records several times over, on a new leading axis; the arrays are read only."""
    return _mapped(records, lambda array: np.broadcast_to(array, (times, *array.shape)))


def joined(blocks: tuple[Records, ...]) -> Records:
    """Blocks of replicates as one programme, in order."""

    def join(*arrays: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate(arrays)

    return _mapped(blocks[0], join, blocks[1:])


def empty_events(shape: tuple[int, ...]) -> AdverseEvents:
    """No adverse events for participants of this shape."""
    return AdverseEvents(
        np.empty((*shape, 0)), np.empty((*shape, 0), np.int8), np.empty((*shape, 0), np.bool_)
    )


def empty_exposures(shape: tuple[int, ...]) -> Exposures:
    """No doses for participants of this shape."""
    return Exposures(np.empty((*shape, 0)), np.empty((*shape, 0)), np.empty((*shape, 0), np.int8))


def packed(records: Records) -> Records:
    """The same records with each participant's doses and adverse events at the front, in order.

    Places that hold nothing are NaN, 0 and false; there are as many as the participant with most
    of them needs. Terms of reasons that nobody has are gone, the others in alphabetical order.

    >>> doses = Exposures(np.array([[np.nan, 7.0]]), np.array([[np.nan, 45.0]]), np.int8([[1, 1]]))
    >>> _packed(doses)
    Exposures(day=array([[7.]]), amount=array([[45.]]), intervention=array([[1]], dtype=int8))
    """
    terms, reasons = _packed_reasons(records)
    return replace(
        records,
        exposures=_packed(records.exposures),
        adverse_events=_packed(records.adverse_events),
        reason_terms=terms,
        reasons=reasons,
    )


def planned_visits(protocol: Protocol) -> tuple[Visit, ...]:
    """The visits that records of a protocol are laid out by."""
    return visits(protocol)


def _packed(happened: Happened) -> Happened:
    nothing = np.isnan(happened.day)
    order = np.argsort(nothing, axis=-1, kind="stable")
    most = int((~nothing).sum(axis=-1).max(initial=0))
    nothing = np.take_along_axis(nothing, order, axis=-1)[..., :most]
    changed: dict[str, Any] = {}
    for part in fields(happened):
        array = getattr(happened, part.name)
        front = np.take_along_axis(array, order, axis=-1)[..., :most].copy()
        front[nothing] = np.nan if front.dtype.kind == "f" else 0
        changed[part.name] = front
    return replace(happened, **changed)


def _packed_reasons(records: Records) -> tuple[tuple[str, ...], dict[str, Wide]]:
    """The terms of reasons in use, and each event's reasons as positions among them plus 1."""
    used = {int(code) for codes in records.reasons.values() for code in np.unique(codes) if code}
    terms = tuple(sorted(records.reason_terms[code - 1] for code in used))
    place = np.asarray(
        [0, *(terms.index(t) + 1 if t in terms else 0 for t in records.reason_terms)], np.int32
    )
    return terms, {
        name: place[codes] for name, codes in records.reasons.items() if (codes != 0).any()
    }


def _mapped(
    records: Records, change: Callable[..., NDArray[Any]], others: tuple[Records, ...] = ()
) -> Records:
    """The records with every array changed, together with the same arrays of other records."""
    changed: dict[str, Any] = {}
    for part_of in fields(records):
        parts = [getattr(one, part_of.name) for one in (records, *others)]
        first = parts[0]
        if isinstance(first, np.ndarray):
            changed[part_of.name] = change(*parts)
        elif isinstance(first, Mapping):
            changed[part_of.name] = {
                name: change(*(part[name] for part in parts)) for name in first
            }
        elif isinstance(first, Exposures | AdverseEvents):
            inner = {
                part.name: change(*(getattr(one, part.name) for one in parts))
                for part in fields(first)
            }
            changed[part_of.name] = type(first)(**inner)
    return replace(records, **changed)
