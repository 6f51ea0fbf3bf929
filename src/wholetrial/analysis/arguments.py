"""What a call of a statistical method may ask: one error with the value and what to do."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.estimate import Floats

Alternative = Literal["two_sided", "greater", "less"]
Booleans = npt.NDArray[np.bool_]


class OneArm(NamedTuple):
    """Participants with the event, out of all of the arm, as arrays of one shape `(...)`."""

    events: Floats
    participants: Floats


class TwoArms(NamedTuple):
    """Events and participants of the active and of the control arm, arrays of one shape `(...)`."""

    events: Floats
    participants: Floats
    control_events: Floats
    control_participants: Floats


class FollowUp(NamedTuple):
    """Time to the event or to the end of follow-up; arrays `(..., P)`, times inf where left out."""

    times: Floats
    event_observed: Booleans
    included: Booleans


def checked_one_arm(events: npt.ArrayLike, participants: npt.ArrayLike) -> OneArm:
    """Return whole counts with events <= participants, or raise ValueError."""
    arm = OneArm(*same_shape(_counts("events", events), _counts("participants", participants)))
    refuse("events must not exceed participants", arm.events, arm.events > arm.participants)
    return arm


def checked_two_arms(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
) -> TwoArms:
    """Return whole counts of two arms with events <= participants in each, or raise ValueError."""
    active = checked_one_arm(events, participants)
    control = checked_one_arm(control_events, control_participants)
    return TwoArms(*same_shape(*active, *control))


def checked_level(level: float) -> float:
    """Return a confidence level strictly between 0 and 1, or raise ValueError."""
    if isinstance(level, bool) or not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, such as 0.95; got {level!r}")
    return float(level)


def checked_probability(name: str, value: npt.ArrayLike) -> Floats:
    """Return probabilities between 0 and 1, or raise ValueError."""
    values = np.asarray(value, np.float64)
    refuse(f"{name} must lie between 0 and 1", values, ~((values >= 0) & (values <= 1)))
    return values


def checked_alternative(alternative: str) -> str:
    """Return the alternative hypothesis, or raise ValueError naming the three there are."""
    if alternative not in get_args(Alternative):
        choices = ", ".join(get_args(Alternative))
        raise ValueError(f"alternative must be one of {choices}; got {alternative!r}")
    return alternative


def checked_follow_up(
    times: npt.ArrayLike, event_observed: npt.ArrayLike, included: npt.ArrayLike
) -> FollowUp:
    """Return times with those left out at infinity, or raise ValueError for a time unknown."""
    days, seen, inside = same_shape(
        np.asarray(times, np.float64), np.asarray(event_observed), np.asarray(included)
    )
    check_participants("times", days)
    inside = checked_booleans("included", inside)
    seen = checked_booleans("event_observed", np.where(inside, seen, 0)) & inside
    refuse(
        "times of included participants must be 0 or later and finite",
        days,
        inside & ~((days >= 0) & np.isfinite(days)),
    )
    return FollowUp(np.where(inside, days, np.inf), seen, inside)


def check_participants(name: str, values: npt.NDArray[Any]) -> None:
    """Raise ValueError unless the last axis holds at least one participant."""
    if values.ndim == 0 or values.shape[-1] == 0:
        raise ValueError(
            f"{name} must hold one value for each of at least one participant; "
            f"got an array of shape {values.shape}"
        )


def checked_booleans(name: str, values: npt.NDArray[Any]) -> Booleans:
    """Return booleans from values that are all true or false, 1 or 0, or raise ValueError."""
    numbers = values.astype(np.float64)
    refuse(f"{name} must be true or false (1 or 0)", numbers, (numbers != 0) & (numbers != 1))
    return np.asarray(numbers == 1)


def same_shape(*arrays: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """Broadcast arrays to one common shape, or raise ValueError with their shapes."""
    try:
        return np.broadcast_arrays(*arrays)
    except ValueError:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ValueError(f"the arrays must have one common shape; got shapes {shapes}") from None


def refuse(expected: str, values: npt.NDArray[Any], wrong: Booleans) -> None:
    """Raise ValueError with the first wrong value and its position, if there is one."""
    if np.any(wrong):
        where = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = f" at position {where if len(where) > 1 else where[0]}" if where else ""
        raise ValueError(f"{expected}; got {values[where]:g}{place}")


def _counts(name: str, value: npt.ArrayLike) -> Floats:
    counts = np.asarray(value, np.float64)
    whole = np.isfinite(counts) & (counts >= 0) & (counts == np.floor(counts))
    refuse(f"{name} must be whole numbers of at least 0", counts, ~whole)
    if counts.size == 0:
        raise ValueError(
            f"{name} must hold at least one count; got an array of shape {counts.shape}"
        )
    return counts
