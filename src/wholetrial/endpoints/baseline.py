"""What is known of participants before treatment: values to adjust for, strata of randomization."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from wholetrial.conditions.evaluate import (
    MET,
    UNKNOWN,
    Situation,
    baseline_value,
    evaluate,
    scale_of,
)
from wholetrial.data.records import Codes, Floats, Records
from wholetrial.protocol.condition import Condition
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import screening_visit

BASELINE = "baseline"
"""The covariate that is each endpoint's own measure before treatment."""


def baseline_values(
    protocol: Protocol, records: Records, names: Collection[str]
) -> Mapping[str, Floats]:
    """Facts and measures at baseline in their own units; what nobody recorded is missing.

    A term is 1 where it is met, and 0 where not. The word `baseline` is left out: it means the
    measure that an endpoint is of.
    """
    return {name: _baseline(protocol, records, name) for name in names if name != BASELINE}


def stratum_of(protocol: Protocol, records: Records, factors: Collection[str]) -> NDArray[np.intp]:
    """The stratum of each participant `(..., P)`, a number for each combination of the factors.

    -1 where a factor is not known: nobody was randomized without one.
    """
    code = np.zeros(records.shape, np.intp)
    known = np.ones(records.shape, np.bool_)
    for name in factors:
        value = _baseline(protocol, records, name)
        levels, place = np.unique(value, return_inverse=True)
        code = code * len(levels) + place.reshape(records.shape)
        known &= ~np.isnan(value)
    return np.where(known, code, -1)


def _baseline(protocol: Protocol, records: Records, name: str) -> Floats:
    situation = at_start(protocol, records)
    if name in protocol.terms:
        verdict = _before_treatment(protocol, records, protocol.terms[name])
        return np.where(verdict == UNKNOWN, np.nan, (verdict == MET).astype(np.float64))
    return np.asarray(baseline_value(name, situation) / scale_of(name, protocol).steps_in_one)


def _before_treatment(protocol: Protocol, records: Records, condition: Condition) -> Codes:
    """A condition as seen at screening, when people are randomized; else at the first visit."""
    later = evaluate(condition, at_start(protocol, records))
    visit = screening_visit(protocol)
    if visit not in records.visits:
        return later
    screened = evaluate(condition, Situation(protocol, records, visit))
    return np.where(screened == UNKNOWN, later, screened)


def at_start(protocol: Protocol, records: Records) -> Situation:
    """The records, looked at from the first visit of treatment."""
    after = [visit for visit in records.visits if visit.day >= 0]
    return Situation(protocol, records, after[0])
