"""Shares that a trial file states by arm or by role, for each participant."""

from collections.abc import Mapping

import numpy as np

from wholetrial.data.records import Codes, Floats
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.quantity import Share
from wholetrial.protocol.timeline import day_of, visits


def fractions(protocol: Protocol, shares: Mapping[str, Share]) -> tuple[Floats, Floats]:
    """The share of each arm, by the arm's name or else its role, and its last day, `(arms,)`."""
    fraction, until = np.zeros(len(protocol.arms)), np.zeros(len(protocol.arms))
    for index, (name, planned) in enumerate(protocol.arms.items()):
        share = shares.get(name, shares.get(planned.role))
        if share is not None:
            fraction[index] = share.fraction
            until[index] = day_of(protocol, share.by) if share.by else last_day(protocol)
    return fraction, until


def by_arm(protocol: Protocol, arm: Codes, shares: Mapping[str, Share]) -> tuple[Floats, Floats]:
    """A share of each participant's arm, by the arm's name or else its role, and its last day."""
    fraction, until = fractions(protocol, shares)
    return fraction[arm], until[arm]


def last_day(protocol: Protocol) -> int:
    """The day of the last planned visit."""
    return max(visit.day for visit in visits(protocol))
