"""Doses of an intervention, and days on it, for each participant: from the exposures alone.

A dose treats from its day until the next dose of the intervention, and no longer than the endpoint
says. Days that several doses cover count once, days after the end of the span not at all. Who left
has the days that their doses cover: nobody knows of an early end of a dose's effect.
"""

from collections.abc import Iterator

import numpy as np

from wholetrial.data.records import Floats, Records
from wholetrial.endpoints.outcomes import Variable
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import day_of


def uses(protocol: Protocol, records: Records, endpoint: Endpoint) -> Iterator[Variable]:
    """The number of doses of each participant, then the days on the intervention, `(..., P)`."""
    use = endpoint.used
    if use is None:
        raise ValueError("an endpoint of what was used needs its intervention")
    start, end = float(day_of(protocol, use.start)), float(day_of(protocol, use.end))
    given = days_given(records, use.intervention)
    inside = (given >= start) & (given < end)
    doses = inside.sum(axis=-1).astype(np.float64)
    days = days_on(given, float(use.dose_lasts.days), (start, end))
    for label, value in zip(use.labels, (doses, days), strict=True):
        yield Variable("used", label, end, value)


def days_on(given: Floats, lasts: float, span: tuple[float, float]) -> Floats:
    """The days in a span that doses cover, `(..., P)`; `given` are their days, NaN for none.

    >>> days_on(np.array([[0.0, 14.0, 70.0, np.nan]]), 28.0, (0.0, 84.0))
    array([56.])
    """
    if given.shape[-1] == 0:
        return np.zeros(given.shape[:-1])
    ordered = np.sort(given, axis=-1)
    following = np.concatenate([ordered[..., 1:], np.full((*given.shape[:-1], 1), np.nan)], axis=-1)
    ends = np.fmin(ordered + lasts, following)
    covered = np.minimum(ends, span[1]) - np.maximum(ordered, span[0])
    return np.asarray(np.nan_to_num(np.maximum(covered, 0.0)).sum(axis=-1))


def days_given(records: Records, intervention: str) -> Floats:
    """The day of each dose of an intervention, NaN in the places of others."""
    code = records.interventions.index(intervention)
    return np.where(records.exposures.intervention == code, records.exposures.day, np.nan)
