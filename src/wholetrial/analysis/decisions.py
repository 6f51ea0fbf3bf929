"""Whether a trial's decision was right: in each scenario the file says what a sound design finds.

A trial succeeds where every primary comparison succeeds; in an analysis that corrects for several
tests one of them is enough. Where a scenario should not succeed, a trial decides wrongly as soon as
one primary comparison succeeds: whoever reads it would believe in an effect.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.operating import PlannedTest
from wholetrial.analysis.responders.proportions import clopper_pearson
from wholetrial.protocol.protocol import Protocol

Flags = NDArray[np.bool_]

POINT = 0.01
"""Half the width that a 95 % Monte Carlo interval may have."""
POWER_LIMITS = (0.80, 0.90)
_Z = 1.959963984540054
_TWO_DIGITS = 2


class Successes(NamedTuple):
    """Of each trial, `(R,)`: whether it succeeds by its plan, and whether any comparison does."""

    whole: Flags
    any: Flags


@dataclass(frozen=True, slots=True)
class Decision:
    """How often the design decides rightly in one scenario, and whether that is known well enough.

    `low` and `high` are the exact 95 % interval for the number of trials, `error` the Monte Carlo
    standard error; `limits` are the shares that the interval is set against. `needed` is about how
    many trials would settle it where these do not.
    """

    scenario: str
    succeeds: bool
    right: int
    replicates: int
    low: float
    high: float
    limits: tuple[float, ...]
    needed: int | None

    @property
    def share(self) -> float:
        """The share of trials that decide rightly."""
        return self.right / self.replicates

    @property
    def error(self) -> float:
        """Its Monte Carlo standard error."""
        return math.sqrt(self.share * (1 - self.share) / self.replicates)


def successes_of(protocol: Protocol, tests: Sequence[PlannedTest]) -> Successes | None:
    """Which trials succeed; None where no primary test decides anything."""
    primary = [one for one in tests if one.level == "primary"]
    if not primary:
        return None
    parts = []
    for analysis in dict.fromkeys(one.analysis for one in primary):
        found = np.stack([one.succeeded for one in primary if one.analysis == analysis])
        parts.append(found.any(axis=0) if _corrected(protocol, analysis) else found.all(axis=0))
    return Successes(
        np.logical_and.reduce(parts), np.logical_or.reduce([one.succeeded for one in primary])
    )


def rule_in_words(protocol: Protocol, tests: Sequence[PlannedTest]) -> str:
    """When a trial of this plan decides rightly, in a sentence or two; empty without a test."""
    primary = [one for one in tests if one.level == "primary"]
    if not primary:
        return ""
    if len(primary) == 1:
        return "A trial succeeds if its one primary comparison succeeds."
    corrected = [one.analysis for one in primary if _corrected(protocol, one.analysis)]
    if not corrected:
        what = f"A trial succeeds if every one of its {len(primary)} primary comparisons succeeds"
    else:
        how = ", ".join(dict.fromkeys(str(protocol.analyses[a].multiplicity) for a in corrected))
        others = "" if len(corrected) == len(primary) else ", and every one that is not corrected"
        what = (
            f"A trial succeeds if at least one of its primary comparisons succeeds after the "
            f"correction for several tests ({how}){others}"
        )
    return f"{what}; where it should not succeed, one that succeeds makes its decision wrong."


def _corrected(protocol: Protocol, analysis: str) -> bool:
    return protocol.analyses[analysis].multiplicity not in (None, "none")


def decision_of(
    scenario: str, succeeds: bool, right: int, replicates: int, alpha: float
) -> Decision:
    """What so many right decisions among so many trials say.

    The interval must be narrower than one point to either side, or lie on one side of the usual
    limits: 80 % and 90 % where the trial should succeed, 1 - alpha where it should not.

    >>> decision_of("no_effect", False, 980, 1000, 0.05).needed is None
    True
    >>> decision_of("expected", True, 80, 100, 0.05).needed
    8000
    """
    interval = clopper_pearson(right, replicates)
    low, high = float(interval.low), float(interval.high)
    limits = POWER_LIMITS if succeeds else (1 - alpha,)
    crossed = [limit for limit in limits if low <= limit <= high]
    narrow = (high - low) / 2 < POINT
    needed = None if narrow or not crossed else _needed(right / replicates, low, high, crossed)
    return Decision(scenario, succeeds, right, replicates, low, high, limits, needed)


def _needed(share: float, low: float, high: float, crossed: Sequence[float]) -> int:
    """About how many trials make the interval narrow, or clear of the limits; two digits, up."""
    likely = min(max(0.5, low), high)
    narrow = _Z**2 * likely * (1 - likely) / POINT**2
    nearest = min(abs(share - limit) for limit in crossed)
    clear = _Z**2 * share * (1 - share) / nearest**2 if nearest > 0 else math.inf
    needed = min(narrow, max(clear, 1.0))
    scale: int = 10 ** max(math.floor(math.log10(needed)) - _TWO_DIGITS + 1, 0)
    return math.ceil(needed / scale) * scale
