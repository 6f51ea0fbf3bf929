"""Which visits virtual participants miss, and on which days they come to the others.

Each visit after day 0 is missed with the share that the file states, independently of everything
else, and takes place on a day drawn evenly from those that lie neither further off the plan than
the file says nor outside the window; never on the day of the visit before or after. The lesion is
read on that day, without what is given at the visit. A dose planned for the day of a visit waits
for the visit and is recorded on its day, unless it is given more often than once a week; the model
gives it on the planned day.
Current limitations: who misses a visit has the dose of that day all the same, at home.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from wholetrial.data.records import Floats
from wholetrial.numerics.philox import Purpose, Stream, uniforms
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import Visit

_EARLIEST_DAY = -36_525


@dataclass(frozen=True, slots=True)
class Attendance:
    """The day of each visit `(..., P, V)`, NaN where it is missed.

    `early` and `late` `(V,)` are the most days before and after its plan that a visit takes place.
    """

    day: Floats
    early: tuple[int, ...]
    late: tuple[int, ...]


def attendance(protocol: Protocol, stream: Stream, visits: Sequence[Visit]) -> Attendance:
    """When everybody would come to each visit, as long as they are in the study."""
    assumed = protocol.assumptions
    missed = assumed.missed_visits.fraction if assumed and assumed.missed_visits else 0.0
    early, late = reach_of(protocol, visits)
    planned = np.asarray([float(visit.day) for visit in visits])
    day = np.broadcast_to(planned, (*stream.shape, len(visits)))
    if missed == 0.0 and not any((*early, *late)):
        return Attendance(day, early, late)
    draws = _draws(stream, visits)
    back, span = np.asarray(early), np.asarray(early) + np.asarray(late) + 1
    day = planned + np.floor(draws[..., 1] * span) - back
    misses = (draws[..., 0] < missed) & (planned > 0)
    return Attendance(np.where(misses, np.nan, day), early, late)


def _draws(stream: Stream, visits: Sequence[Visit]) -> Floats:
    """Two numbers for each visit, `(..., P, V, 2)`, by its planned day whatever else is planned."""
    each = Stream(
        stream.seed,
        np.asarray(stream.replicate)[..., None],
        np.asarray(stream.participant)[..., None],
    )
    occasion: NDArray[np.int64] = np.asarray([visit.day - _EARLIEST_DAY for visit in visits])
    return uniforms(each, Purpose.MISSED_VISITS, 2, occasion=occasion)


def reach_of(
    protocol: Protocol, visits: Sequence[Visit]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many days before and after its plan each visit may take place.

    Two neighbors share the days between them, so that no visit overtakes another; up to day 0 every
    visit is on its day.
    """
    assumed = protocol.assumptions
    off = assumed.visit_days.days if assumed and assumed.visit_days else 0
    days = [visit.day for visit in visits]
    free = [max((after - before - 1) // 2, 0) for before, after in pairwise(days)]
    early = [
        min(off, visit.day - visit.earliest, room) if visit.day > 0 else 0
        for visit, room in zip(visits, [0, *free], strict=True)
    ]
    late = [
        min(off, visit.latest - visit.day, room) if visit.day > 0 else 0
        for visit, room in zip(visits, [*free, off], strict=True)
    ]
    return tuple(early), tuple(late)
