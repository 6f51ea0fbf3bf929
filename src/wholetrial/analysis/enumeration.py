"""The power of a planned comparison of shares by enumeration: every outcome, by its probability.

Participants respond independently with their arm's rate, so the two counts are binomial. Whether a
table of counts is a success depends on the table alone; so all tables are tested once, and the
power is the sum of the probabilities of those that succeed. Nothing is simulated or approximated.
Success is that of `operating`: P below alpha and, two-sided, on the side that favors the arm.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.planned.shares import TESTS
from wholetrial.analysis.responders.proportions import exact_binomial_test
from wholetrial.data.records import Flags

MOST_TABLES = 4_000_000
"""Tables of counts that are enumerated at most: beyond, simulating is cheaper."""
_KEPT = 256


class Success(NamedTuple):
    """When a comparison of shares succeeds: by which test, at which level, in which direction."""

    test: str
    level: float
    sides: Literal[1, 2] = 2
    better: Literal["higher", "lower"] = "higher"


class Enumerated(NamedTuple):
    """A planned comparison answered without simulated trials, or how it is answered instead.

    `power` is None where it must be simulated. `error` is the Monte Carlo standard error that is
    left by the rates; given them the power is exact. `method` says which.
    """

    analysis: str
    endpoint: str
    at: str
    arm: str
    control: str
    method: str
    power: float | None = None
    error: float = 0.0


def power_of_comparison(
    success: Success,
    participants: tuple[int, int],
    rate: npt.ArrayLike,
    control_rate: npt.ArrayLike,
) -> Floats:
    """The power of a comparison of two shares, of arrays `(...)` of rates that broadcast.

    `participants` are those of the arm and of the control arm. Raises ValueError for a test that
    is no function of the two counts, for rates outside 0 to 1 and for more tables than MOST_TABLES.

    >>> float(power_of_comparison(Success("fisher_exact", 0.05), (20, 20), 0.6, 0.2).round(4))
    0.6502
    """
    active, control = _binomial(participants[0], rate), _binomial(participants[1], control_rate)
    told = successes(success, participants).astype(np.float64)
    power: Floats = np.einsum("...i,...i->...", np.einsum("...i,ij->...j", active, told), control)
    return np.clip(power, 0.0, 1.0)


def power_against(
    success: Success, participants: int, against: float, rate: npt.ArrayLike
) -> Floats:
    """The power of the exact binomial test of one arm against a stated share, `(...)` of rates.

    >>> success = Success("exact_binomial", 0.025, sides=1)
    >>> float(power_against(success, 17, 0.1, 0.4).round(4))
    0.874
    """
    told = _successes_against(success, participants, against).astype(np.float64)
    power: Floats = np.einsum("...i,i->...", _binomial(participants, rate), told)
    return np.clip(power, 0.0, 1.0)


@lru_cache(_KEPT)
def successes(success: Success, participants: tuple[int, int]) -> Flags:
    """Which tables succeed, `(n + 1, control n + 1)` by the counts of both arms."""
    n, control_n = participants
    if success.test not in TESTS:
        known = ", ".join(TESTS)
        raise ValueError(f"tests of two counts are {known}; got '{success.test}'")
    if min(n, control_n) < 1 or (n + 1) * (control_n + 1) > MOST_TABLES:
        raise ValueError(
            f"an arm has 1 participant or more, and both together up to {MOST_TABLES:,} tables "
            f"of counts; got {n} and {control_n}"
        )
    events, control_events = np.meshgrid(np.arange(n + 1), np.arange(control_n + 1), indexing="ij")
    test = TESTS[success.test]
    found = test(events, n, control_events, control_n, alternative=_alternative(success))
    more = events * control_n - control_events * n
    return _succeeds(success, found.p_value, more)


@lru_cache(_KEPT)
def _successes_against(success: Success, participants: int, against: float) -> Flags:
    if success.test != "exact_binomial":
        raise ValueError(f"one arm is tested by exact_binomial; got '{success.test}'")
    events = np.arange(participants + 1)
    found = exact_binomial_test(events, participants, against, _alternative(success))
    return _succeeds(success, found.p_value, events / participants - against)


def _succeeds(success: Success, p_value: Floats, more: npt.NDArray[Any]) -> Flags:
    told: Flags = ~np.isnan(p_value) & (p_value < success.level)
    if success.sides == 2:
        told &= more < 0 if success.better == "lower" else more > 0
    return told


def _alternative(success: Success) -> Literal["two_sided", "greater", "less"]:
    sides: Mapping[str, Literal["greater", "less"]] = {"higher": "greater", "lower": "less"}
    return "two_sided" if success.sides == 2 else sides[success.better]


def _binomial(participants: int, rate: npt.ArrayLike) -> Floats:
    """The probability of each count, `(..., n + 1)`."""
    share = np.asarray(rate, np.float64)
    if not ((share >= 0.0) & (share <= 1.0)).all():
        raise ValueError(f"a rate is a share from 0 to 1; got {share}")
    counts = np.arange(participants + 1)
    return np.asarray(stats.binom.pmf(counts, participants, share[..., None]))
