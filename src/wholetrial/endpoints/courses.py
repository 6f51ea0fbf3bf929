"""Courses of treatment, one after another: when each begins, and who responds in each.

A course is a run of doses of one intervention; a new one begins with the first dose after more days
without one than a dose lasts. Everything is derived from exposures and visits, so that records of a
hospital give it as those of a simulation do.
"""

from typing import NamedTuple

import numpy as np

from wholetrial.conditions.evaluate import MET, Situation, evaluate
from wholetrial.data.records import Flags, Floats, Records
from wholetrial.endpoints.use import days_given
from wholetrial.protocol.condition import Condition
from wholetrial.protocol.protocol import Protocol


class CourseResponses(NamedTuple):
    """In each course `(..., P, K)`: whether somebody responded, and after how many days.

    `day` is that of the first response, or the last day watched of those who did not respond.
    """

    day: Floats
    responded: Flags


def course_starts(given: Floats, lasts: float) -> Floats:
    """The day on which each course begins `(..., P, K)`, NaN where somebody had fewer than K.

    `given` are the days of doses `(..., P, D)`, NaN for none; `lasts` the days that a dose treats.

    >>> course_starts(np.array([[0.0, 1.0, 2.0, 90.0, 91.0], [0.0, 1.0, 2.0, 3.0, np.nan]]), 1.0)
    array([[ 0., 90.],
           [ 0., nan]])
    """
    if given.shape[-1] == 0:
        return given
    ordered = np.sort(given, axis=-1)
    before = np.concatenate([np.full((*given.shape[:-1], 1), -np.inf), ordered[..., :-1]], axis=-1)
    begins = np.where(ordered - before > lasts, ordered, np.nan)
    most = int((~np.isnan(begins)).sum(axis=-1).max(initial=0))
    return np.sort(begins, axis=-1)[..., :most]


def responses_in_courses(
    protocol: Protocol, records: Records, condition: Condition, starts: Floats, within: float
) -> CourseResponses:
    """When each participant first met a condition in each course, `(..., P, K)`.

    At a visit after the first day of the course, up to `within` days after it, both by actual days.
    """
    day, watched = np.full(starts.shape, np.inf), np.zeros(starts.shape)
    for index, visit in enumerate(records.visits):
        met = evaluate(condition, Situation(protocol, records, visit)) == MET
        since = records.day[..., index, None] - starts
        inside = (since > 0) & (since <= within)
        day = np.where(inside & met[..., None], np.minimum(day, since), day)
        watched = np.where(inside, np.maximum(watched, since), watched)
    responded = np.isfinite(day)
    return CourseResponses(np.where(responded, day, watched), responded)


def starts_of(records: Records, intervention: str, lasts: float) -> Floats:
    """The day on which each course of an intervention begins `(..., P, K)`."""
    return course_starts(days_given(records, intervention), lasts)
