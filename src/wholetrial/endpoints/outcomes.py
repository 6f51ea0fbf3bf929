"""What an endpoint is for each participant: the arrays that every analysis takes.

Real records, simulated records and published counts all become `Outcomes`; an analysis cannot
tell which it was given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.protocol.endpoint import Level

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]

OutcomeKind = Literal["response", "change", "time_to", "events", "grade", "used"]


class Variable(NamedTuple):
    """An endpoint's values at one time, `(..., P)`.

    `value` is 1 or 0 for a response, an event or a worst grade, the change from baseline for a
    change, doses or days for what was used; NaN where it is missing and nothing stands for it. A
    time to an event lies in (`lower`, `upper`], in days from the start of the watch; `upper` is
    infinite for those who were never seen to have it, and the day itself where it is `exact`. Of
    adverse events `upper` is the first day with one and `lower` the last day without. `left` is the
    day of leaving the study, NaN for those who stayed until the end; `measure` is what a change is
    a change of.
    """

    kind: OutcomeKind
    at: str
    day: float
    value: Floats
    lower: Floats | None = None
    upper: Floats | None = None
    exact: bool = False
    left: Floats | None = None
    stands_for_missing: str = ""
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One endpoint at one time, in one analysis set.

    `group` `(..., P)` is a position in `groups` (arms, or a role where only that is published);
    `member` says who is in the analysis set and, where the endpoint speaks of a subset, in it;
    `among` is that subset in words. `covariates` are the baseline values to adjust for, `(..., P)`
    in their own units, NaN where they are missing; `stratum` numbers the strata of randomization,
    or those that the analysis names, -1 where one of their factors is not known.
    """

    endpoint: str
    level: Level
    analysis_set: str
    groups: tuple[str, ...]
    group: Codes
    member: Flags
    variable: Variable
    among: str = ""
    covariates: Mapping[str, Floats] = field(default_factory=dict)
    stratum: NDArray[np.intp] | None = None

    def of_group(self, *names: str) -> Flags:
        """Who belongs to these groups and to the analysis set, `(..., P)`."""
        belongs = np.zeros(self.group.shape, np.bool_)
        for name in names:
            belongs |= self.group == self.groups.index(name)
        belongs &= self.member
        return belongs
