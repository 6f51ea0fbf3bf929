"""Who leaves the study, on which day, and why.

One draw says for which reason somebody leaves, if for any but lack of efficacy; the day is spread
evenly. Whoever leaves for none of these may leave for lack of efficacy, and then it depends on the
course of the disease: from week 4 on, patience is used up by the lesion above half of that of
day 0, and who has endured enough leaves.

    d(endured)/dt = rate * max(lesion - 1/2, 0),      leaves when endured >= -log(1 - uniform)

So only those leave who have lost less than half of their lesion, and the worse, the more of them.
The rate of an arm is calibrated so that the share that the file states is met (`lack_of_efficacy`).
Source: the construction is this project's own; reasons are those of CDISC (NCOMPLT).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from wholetrial.data.records import Codes, Flags, Floats, Wide
from wholetrial.numerics.elementary import log
from wholetrial.numerics.philox import Purpose, Stream, uniforms
from wholetrial.protocol.leaving import REASONS, Reason, shares_of
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.quantity import Share
from wholetrial.simulation.shares import by_arm

FIRST_DAY = 28
RESPONDS_BELOW = 0.5
LACK = REASONS.index("lack_of_efficacy") + 1
HARM = REASONS.index("adverse_event") + 1


class Leaving(NamedTuple):
    """The day on which each participant leaves `(..., P)`, NaN for those who stay; and why.

    `reason` is a place among REASONS plus 1, 0 for those who stay or whose reason nobody states.
    """

    day: Floats
    reason: Wide


@dataclass(frozen=True, slots=True)
class Patience:
    """How much lack of efficacy each participant has endured, and how much makes them leave.

    `rate` is per day and unit of lesion above half; `until` the day up to which the file counts.
    """

    rate: Floats
    until: Floats
    enough: Floats
    endured: Floats


def stated(protocol: Protocol, reason: Reason | None) -> dict[str, Share]:
    """The share that leaves for a reason, for each arm or role of which the file states one."""
    assumed = protocol.assumptions
    every = {name: shares_of(one) for name, one in (assumed.dropout if assumed else {}).items()}
    return {name: shares[reason] for name, shares in every.items() if reason in shares}


def leaving(protocol: Protocol, stream: Stream, arm: Codes) -> Leaving:
    """Who leaves for a reason that does not depend on the disease, on an evenly spread day."""
    draws = uniforms(stream, Purpose.DROPOUT, 2)
    day, why = np.full(arm.shape, np.nan), np.zeros(arm.shape, np.int32)
    below = np.zeros(arm.shape)
    for reason in (None, *REASONS):
        shares = stated(protocol, reason)
        if not shares or reason == "lack_of_efficacy":
            continue
        share, until = by_arm(protocol, arm, shares)
        leaves = (draws[..., 0] >= below) & (draws[..., 0] < below + share)
        below = below + share
        day = np.where(leaves, np.maximum(np.ceil(draws[..., 1] * until), 1.0), day)
        if reason is not None:
            why[leaves] = REASONS.index(reason) + 1
    return Leaving(day, why)


def gives_reasons(protocol: Protocol) -> bool:
    """Whether the file states why people leave."""
    return any(stated(protocol, reason) for reason in REASONS)


def begin_patience(
    protocol: Protocol, stream: Stream, arm: Codes, rates: Mapping[str, float]
) -> Patience | None:
    """Everybody's patience on day 0; None where nobody leaves for lack of efficacy.

    `rates` is the calibrated rate of each arm; without any, nobody ever has enough.
    """
    shares = stated(protocol, "lack_of_efficacy")
    if not shares:
        return None
    _, until = by_arm(protocol, arm, shares)
    if rates:
        rate = np.asarray([rates.get(name, 0.0) for name in protocol.arms])[arm]
        enough = -log(uniforms(stream, Purpose.DROPOUT, 3)[..., 2])
    else:
        rate, enough = np.ones(arm.shape), np.full(arm.shape, np.inf)
    return Patience(rate, until, enough, np.zeros(arm.shape))


def endure(
    patience: Patience, leaves: Leaving, seen: tuple[Floats, Floats], span: tuple[int, int]
) -> tuple[Patience, Leaving]:
    """Patience and leaving after some days with the lesion of the first of them.

    `seen` is that lesion and the day of the visit then, NaN where nobody came: who leaves, leaves
    after it. Whoever leaves for another reason never leaves for this one.
    """
    lesion, came = seen
    first, last = max(span[0], FIRST_DAY), np.minimum(float(span[1]), patience.until)
    pace = patience.rate * np.maximum(lesion - RESPONDS_BELOW, 0.0)
    endured = patience.endured + pace * np.maximum(last - first, 0.0)
    gone: Flags = (endured >= patience.enough) & np.isnan(leaves.day)
    if gone.any():
        needed = (patience.enough[gone] - patience.endured[gone]) / pace[gone]
        day, why = leaves.day.copy(), leaves.reason.copy()
        soonest = first + np.maximum(np.ceil(needed), 1.0)
        day[gone] = np.fmax(soonest, came[gone] + 1.0)
        why[gone] = LACK
        leaves = Leaving(day, why)
    return replace(patience, endured=endured), leaves
