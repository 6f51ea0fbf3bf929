"""Events and the participant-years in which they were seen: what rates of adverse events are of.

Participants lie on the last axis `(..., P)`; events and years come back summed over it, `(...)`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import (
    Booleans,
    check_participants,
    checked_booleans,
    refuse,
    same_shape,
)
from wholetrial.analysis.estimate import Floats, Reason, Reasons, first_reason

DAYS_IN_A_YEAR = 365.25


class Exposure(NamedTuple):
    """Events, and the participant-years of observation, as arrays of one shape `(...)`."""

    events: Floats
    years: Floats


class TwoExposures(NamedTuple):
    """Events and participant-years of the active and of the control arm, of one shape `(...)`."""

    events: Floats
    years: Floats
    control_events: Floats
    control_years: Floats


def until_first_event(
    first_event_days: npt.ArrayLike,
    observed_days: npt.ArrayLike,
    included: npt.ArrayLike = True,
) -> Exposure:
    """Count participants with an event, and the years of all of them until it or the end.

    `first_event_days (..., P)` is the time of each participant's first event, NaN or `inf` where
    there is none; `observed_days (..., P)` is the time each was observed. An event after the end
    of observation does not count. Participants who are not `included` add nothing.

    >>> exposure = until_first_event([100.0, float("nan")], [365.25, 365.25])
    >>> f"{exposure.events:g} event in {exposure.years:.3f} years"
    '1 event in 1.274 years'
    """
    first, observed, inside = same_shape(
        np.asarray(first_event_days, np.float64),
        np.asarray(observed_days, np.float64),
        np.asarray(included),
    )
    inside = _checked_people("first_event_days", first, observed, inside)
    refuse("first_event_days must not lie before day 0", first, inside & (first < 0))
    seen = inside & (first <= observed)
    return _summed(seen, np.where(seen, first, observed), inside)


def over_all_time(
    event_counts: npt.ArrayLike,
    observed_days: npt.ArrayLike,
    included: npt.ArrayLike = True,
) -> Exposure:
    """Count every event, repeated ones too, and the years that all participants were observed.

    >>> exposure = over_all_time([2, 0], [365.25, 182.625])
    >>> f"{exposure.events:g} events in {exposure.years:g} years"
    '2 events in 1.5 years'
    """
    counts, observed, inside = same_shape(
        np.asarray(event_counts, np.float64),
        np.asarray(observed_days, np.float64),
        np.asarray(included),
    )
    inside = _checked_people("event_counts", counts, observed, inside)
    refuse("event_counts must be whole numbers of at least 0", counts, inside & ~_whole(counts))
    return _summed(counts, observed, inside)


def checked_exposure(events: npt.ArrayLike, years: npt.ArrayLike) -> Exposure:
    """Return whole counts of events and finite years of at least 0, or raise ValueError."""
    counts, time = same_shape(np.asarray(events, np.float64), np.asarray(years, np.float64))
    refuse("events must be whole numbers of at least 0", counts, ~_whole(counts))
    refuse("years must be 0 or more and finite", time, ~(np.isfinite(time) & (time >= 0)))
    return Exposure(counts, time)


def checked_exposures(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_years: npt.ArrayLike,
) -> TwoExposures:
    """Return the events and years of two arms as arrays of one shape, or raise ValueError."""
    active = checked_exposure(events, years)
    control = checked_exposure(control_events, control_years)
    return TwoExposures(*same_shape(*active, *control))


def checked_per(per: float) -> float:
    """Return the years that a rate is stated for, above 0, or raise ValueError."""
    if isinstance(per, bool) or not 0 < per < np.inf:
        raise ValueError(f"per must be a number of years above 0, such as 100; got {per!r}")
    return float(per)


def not_followed(arms: TwoExposures) -> Reasons:
    """Say where an arm was followed for no time."""
    return first_reason(((arms.years == 0) | (arms.control_years == 0), Reason.NO_EXPOSURE))


def positive_years(arms: TwoExposures) -> tuple[Floats, Floats]:
    """Years of both arms, 1 in place of none, so that nothing is divided by zero."""
    active, control = arms.years, arms.control_years
    return np.where(active > 0, active, 1.0), np.where(control > 0, control, 1.0)


def _checked_people(name: str, values: Floats, observed: Floats, included: Booleans) -> Booleans:
    check_participants(name, values)
    inside = checked_booleans("included", np.asarray(included))
    known = np.isfinite(observed) & (observed >= 0)
    refuse(
        "observed_days of included participants must be 0 or later and finite",
        observed,
        inside & ~known,
    )
    return inside


def _summed(events: npt.NDArray[np.generic], days: Floats, included: Booleans) -> Exposure:
    """Left-to-right sums, so that a batch gives the same bits as each trial alone."""
    counted = np.where(included, events, 0.0).cumsum(axis=-1)[..., -1]
    observed = np.where(included, days, 0.0).cumsum(axis=-1)[..., -1]
    return Exposure(np.asarray(counted), np.asarray(observed / DAYS_IN_A_YEAR))


def _whole(counts: Floats) -> Booleans:
    return np.asarray(np.isfinite(counts) & (counts >= 0) & (counts == np.floor(counts)))
