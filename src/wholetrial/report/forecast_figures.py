"""What the figures of a forecast are drawn from: many simulated trials, and what lies behind them.

The programme gathers it, since a report knows no simulator.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wholetrial.data.records import Floats, Records
from wholetrial.report.contents import Contents
from wholetrial.report.trials_shown import ShownTrial

SHOWN = 30
"""How many participants of an arm are drawn one by one."""
COUNTED = 400
"""Of how many participants of an arm a median is taken where each of them has to be worked out."""
COVERAGE = 0.9

Kind = Literal["latent", "laboratory"]


@dataclass(frozen=True, slots=True)
class Exposed:
    """The concentration of a drug in participants of an arm, in mg/L.

    `days` `(T,)`; `shown` `(K, T)` are single participants, `median` `(T,)` is that of `n` of them;
    `half` is the concentration that leaves half of the signal in a typical participant; `doses`
    are the days of the planned doses.
    """

    arm: str
    drug: str
    days: Floats
    shown: Floats
    median: Floats
    n: int
    half: float
    doses: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something of each participant that no record holds, `(R, P)`.

    `latent` cannot be measured in a clinic, `laboratory` could be, with a sample. `drug` names the
    drug that it is of, `endpoint` the time to an event that it is looked at for; empty for any.
    """

    name: str
    unit: str
    values: Floats
    kind: Kind
    drug: str = ""
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class FollowedTrials:
    """The first replicates of a forecast with all their participants.

    `records` have the replicate as leading axis, without adverse events and with the doses of
    modeled drugs only; `drugs` names those that each arm is planned to receive; `drawn` says that
    each trial has its own draw of the model's parameters.
    """

    records: Records
    exposed: tuple[Exposed, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    drugs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drawn: bool = False

    @property
    def replicates(self) -> int:
        """How many trials there are."""
        return self.records.shape[0]

    @property
    def shown(self) -> ShownTrial:
        """The trials as the report's functions take them."""
        return ShownTrial("simulated", "", "", self.records, (), (), True)


def some_of(records: Records, arm: str, most: int) -> NDArray[np.intp]:
    """The first participants of an arm, trial by trial, as places in flat arrays."""
    return np.flatnonzero(records.arm.reshape(-1) == records.arms.index(arm))[:most]


def first_caution(contents: Contents) -> str:
    """What must be read first of all."""
    made = contents.simulated
    return made.cautions[0] if made is not None and made.cautions else ""


def band(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean and middle 90 % over the leading axis, leaving out trials without a number.

    A place where no trial has a number is NaN.

    >>> [float(part[0].round(2)) for part in band(np.linspace(0, 1, 101)[:, None])]
    [0.5, 0.05, 0.95]
    """
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)
    ordered = np.sort(values, axis=0)  # NaN at the end
    tail = (1 - COVERAGE) / 2
    return mean, _quantile(ordered, known, tail), _quantile(ordered, known, 1 - tail)


def _quantile(ordered: Floats, known: NDArray[np.bool_], share: float) -> Floats:
    place = np.maximum(known.sum(axis=0) - 1, 0) * share
    below = np.floor(place).astype(np.intp)
    above = np.ceil(place).astype(np.intp)
    low = np.take_along_axis(ordered, below[None], axis=0)[0]
    high = np.take_along_axis(ordered, above[None], axis=0)[0]
    found: Floats = low + (place - below) * (high - low)
    return found
