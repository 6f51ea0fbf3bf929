"""Counts of two arms in strata: made of participants, and summed over strata.

Strata are the last axis, `(..., K)`. A stratum in which one of the arms is empty compares nothing:
its counts are set to zero, and so it contributes to no sum.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import (
    Booleans,
    TwoArms,
    check_participants,
    checked_booleans,
    checked_two_arms,
    refuse,
    same_shape,
)
from wholetrial.analysis.estimate import Floats, Reason, Reasons, first_reason


class Strata(NamedTuple):
    """Counts of two arms `(..., K)`, and which strata compare them.

    Where `compares` is false the counts are zero. `reason` `(...)` says why there is no comparison
    at all; `no_variation` says it too where nobody or everybody of those compared had the event.
    """

    events: Floats
    participants: Floats
    control_events: Floats
    control_participants: Floats
    compares: Booleans
    reason: Reasons

    @property
    def arms(self) -> TwoArms:
        """The four counts alone."""
        return TwoArms(*self[:4])


class Shares(NamedTuple):
    """Each stratum's proportion with the event in the active and the control arm `(..., K)`."""

    active: Floats
    control: Floats


def stratified_counts(
    value: npt.ArrayLike,
    arm_members: npt.ArrayLike,
    control_members: npt.ArrayLike,
    stratum: npt.ArrayLike,
    *,
    strata: int | None = None,
) -> TwoArms:
    """Count the participants with an outcome and all with a value, of two arms in each stratum.

    `value` is 1 or 0, NaN where missing (not counted), `(..., P)`; the members of an arm are flags
    and `stratum` whole numbers from 0 of the same or a broadcasting shape. The counts are
    `(..., K)`, K being `strata`, or else the largest number of a stratum plus 1. Raises ValueError
    where somebody counted has no stratum or is a member of both arms.

    >>> counts = stratified_counts([1, 0, 1, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 1, 0, 0])
    >>> counts.events, counts.participants, counts.control_participants
    (array([1., 0.]), array([1., 1.]), array([2., 0.]))
    """
    outcome, active, control, codes = same_shape(
        np.asarray(value, np.float64),
        np.asarray(arm_members),
        np.asarray(control_members),
        np.asarray(stratum, np.float64),
    )
    check_participants("value", outcome)
    known = ~np.isnan(outcome)
    in_arm = checked_booleans("arm_members", active) & known
    in_control = checked_booleans("control_members", control) & known
    counted = in_arm | in_control
    refuse("nobody may be a member of both arms", outcome, in_arm & in_control)
    event = checked_booleans("value of those in an arm", np.where(counted, outcome, 0.0))
    whole = (codes >= 0) & (codes == np.floor(codes)) & np.isfinite(codes)
    refuse("stratum must be a whole number from 0 for all counted", codes, counted & ~whole)
    many = _number_of_strata(codes, counted, strata)
    inside = [codes == k for k in range(many)]
    groups = (in_arm & event, in_arm, in_control & event, in_control)
    return TwoArms(*(_counted_in(group, inside) for group in groups))


def checked_strata(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
) -> Strata:
    """Return counts of two arms in one or more strata, or raise ValueError."""
    given = events, participants, control_events, control_participants
    shape = same_shape(*(np.asarray(counts) for counts in given))[0].shape
    if shape[-1:] in ((), (0,)):
        raise ValueError(
            "the counts must hold one number for each of at least one stratum on the last axis; "
            f"got shape {shape}"
        )
    arms = checked_two_arms(*given)
    compares = (arms.participants > 0) & (arms.control_participants > 0)
    empty = (over_strata(arms.participants) == 0) | (over_strata(arms.control_participants) == 0)
    reason = first_reason(
        (empty, Reason.NO_PARTICIPANTS), (~compares.any(axis=-1), Reason.NO_COMPARISON)
    )
    x, n, control_x, control_n = (np.where(compares, counts, 0.0) for counts in arms)
    return Strata(x, n, control_x, control_n, compares, reason)


def no_variation(strata: Strata) -> Reasons:
    """Say why there is no comparison, or that nobody or everybody compared had the event."""
    events = over_strata(strata.events + strata.control_events)
    people = over_strata(strata.participants + strata.control_participants)
    return first_reason(
        (strata.reason == Reason.NO_PARTICIPANTS, Reason.NO_PARTICIPANTS),
        (strata.reason == Reason.NO_COMPARISON, Reason.NO_COMPARISON),
        (events == 0, Reason.NO_EVENTS),
        (events == people, Reason.ALL_EVENTS),
    )


def over_strata(values: Floats) -> Floats:
    """Sum over the last axis from left to right: the same bits however many replicates there are.

    >>> over_strata(np.array([[1.0, 2.0, 3.0]]))
    array([6.])
    """
    total = values[..., 0]
    for stratum in range(1, values.shape[-1]):
        total = total + values[..., stratum]
    return np.array(total)


def shares(strata: Strata) -> Shares:
    """Give each stratum's proportions, zero where an arm is empty."""
    return Shares(
        strata.events / np.maximum(strata.participants, 1.0),
        strata.control_events / np.maximum(strata.control_participants, 1.0),
    )


def everybody(strata: Strata) -> Floats:
    """Give the participants of both arms in each stratum, 1 where it compares nothing."""
    return np.maximum(strata.participants + strata.control_participants, 1.0)


def mantel_haenszel_weights(strata: Strata) -> Floats:
    """Give n m / (n + m) for the n and m participants of each stratum's arms `(..., K)`."""
    return strata.participants * strata.control_participants / everybody(strata)


def _number_of_strata(codes: Floats, counted: Booleans, strata: int | None) -> int:
    largest = int(np.max(np.where(counted, codes, -1), initial=-1))
    if strata is None:
        return max(largest + 1, 1)
    if strata <= largest or strata < 1:
        raise ValueError(
            f"strata must be more than the largest number of a stratum, {largest}; got {strata}"
        )
    return strata


def _counted_in(group: Booleans, inside: list[Booleans]) -> Floats:
    counts = [(group & stratum).sum(axis=-1) for stratum in inside]
    return np.stack(counts, axis=-1).astype(np.float64)
