"""How fast patience runs out in each arm, so that the share that leaves is the one stated.

A pilot of virtual participants goes through the trial as the file models it, and nobody leaves for
lack of efficacy. From what each of those who leave for no other reason endures at a rate of 1, the
rate follows at which the expected share leaves. A scenario keeps that rate: where treatment does
less, more people leave.
"""

from collections.abc import Callable, Iterator
from math import ceil

import numpy as np

from wholetrial.data.records import Codes, Floats
from wholetrial.numerics.elementary import exp
from wholetrial.protocol.leaving import REASONS
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.dropout import stated
from wholetrial.simulation.population import NotSimulatedError
from wholetrial.simulation.shares import fractions

PILOT_SEED = 0
IN_EACH_ARM = 2048
_FASTEST = 1e6
_STEPS = 80
_PARTS = 1 << 30

Pilot = Callable[[range], tuple[Codes, Floats]]


def replicates_of_pilot(protocol: Protocol) -> range:
    """As many replicates as bring enough people into each arm that loses some for this reason."""
    share, _ = fractions(protocol, stated(protocol, "lack_of_efficacy"))
    planned = [arm.n for arm, lost in zip(protocol.arms.values(), share, strict=True) if lost > 0]
    return range(ceil(IN_EACH_ARM / min(planned, default=IN_EACH_ARM)))


def leaving_rates(protocol: Protocol, pilot: Pilot) -> dict[str, float]:
    """The rate of each arm, per day and unit of lesion above half; empty where nothing is stated.

    `pilot` gives the arm and the endured lesion of those who leave for no other reason, in some
    replicates, `(people,)`. Raises NotSimulatedError where too few respond too little for the
    share that the file states.
    """
    if not stated(protocol, "lack_of_efficacy"):
        return {}
    arm, endured = pilot(replicates_of_pilot(protocol))
    return {
        name: _rate(name, goal, endured[arm == index])
        for index, (name, goal) in enumerate(_goals(protocol))
        if goal > 0
    }


def _goals(protocol: Protocol) -> Iterator[tuple[str, float]]:
    """The share to lose of those in each arm who leave for no other reason."""
    lack, _ = fractions(protocol, stated(protocol, "lack_of_efficacy"))
    others = np.zeros(len(protocol.arms))
    for reason in REASONS:
        if reason != "lack_of_efficacy":
            others = others + fractions(protocol, stated(protocol, reason))[0]
    for name, lost, gone in zip(protocol.arms, lack, others, strict=True):
        yield name, float(lost / (1.0 - gone)) if lost > 0 else 0.0


def _rate(arm: str, goal: float, endured: Floats) -> float:
    """The rate at which the share `goal` leaves: the share rises with it, so halve the span."""
    most = _share(endured, _FASTEST)
    if most < goal:
        raise NotSimulatedError(
            f"a smaller share that leaves '{arm}' for lack of efficacy: it is {goal:.1%} of those "
            f"who leave for no other reason, and only {most:.1%} of them ever keep more than half "
            "of their lesion"
        )
    low, high = 0.0, 1e-6
    while _share(endured, high) < goal:
        high *= 4.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _share(endured, middle) < goal else (low, middle)
    return high


def _share(endured: Floats, rate: float) -> float:
    """The expected share that leaves; summed as whole numbers, the same on every machine."""
    leaves = 1.0 - exp(np.maximum(-rate * endured, -700.0))
    return float(np.rint(leaves * _PARTS).astype(np.int64).sum()) / _PARTS / endured.size
