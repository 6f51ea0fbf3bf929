"""Measurements in ascending order, with their ties and arms: what rank tests are made of.

Participants are the last axis, `(..., P)`; a missing value is NaN and is left out. Tied values
share the mean of their ranks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import (
    Booleans,
    check_participants,
    checked_booleans,
    refuse,
    same_shape,
)
from wholetrial.analysis.estimate import Floats, Reason, Reasons, first_reason

Places = npt.NDArray[np.intp]


class Ordered(NamedTuple):
    """Participants in ascending order of their values, those left out last.

    `arms` `(..., A, P)` says who is in which arm, `first` and `last` `(..., P)` are the ends of the
    values tied with each, and `participants` `(...)` counts those ranked.
    """

    arms: Booleans
    first: Places
    last: Places
    participants: Floats


def ordered(
    values: npt.ArrayLike, arm: npt.ArrayLike, included: npt.ArrayLike, arms: Sequence[int]
) -> Ordered:
    """Order the participants of these arms who have a value, or raise ValueError."""
    if len(arms) < 2 or len(set(arms)) != len(arms):
        raise ValueError(f"arms must name two or more different arms; got {list(arms)}")
    numbers = np.asarray(values, np.float64)
    check_participants("values", numbers)
    refuse("values must be finite or missing (nan)", numbers, np.isinf(numbers))
    numbers, codes, chosen = same_shape(numbers, np.asarray(arm), np.asarray(included))
    inside = checked_booleans("included", chosen) & ~np.isnan(numbers)
    member = (codes[..., None, :] == np.asarray(arms)[:, None]) & inside[..., None, :]
    known = np.where(member.any(axis=-2), numbers, np.inf)
    order = np.argsort(known, axis=-1, kind="stable")
    ascending = np.take_along_axis(known, order, axis=-1)
    first, last = _tie_ends(ascending)
    sorted_arms = np.take_along_axis(member, order[..., None, :], axis=-1)
    return Ordered(sorted_arms, first, last, np.isfinite(ascending).sum(axis=-1).astype(np.float64))


def checked_pair(arms: tuple[int, int]) -> tuple[int, int]:
    """Return the codes of two arms, or raise ValueError."""
    if len(arms) != 2:
        raise ValueError(f"arms must name two arms, the control first; got {arms!r}")
    return arms


def midranks(people: Ordered) -> Floats:
    """Ranks `(..., P)` from 1, those tied with the mean of their ranks; 0 of those left out.

    >>> midranks(ordered([3.0, 1.0, 3.0, 2.0], [0, 0, 1, 1], True, [0, 1]))
    array([1. , 2. , 3.5, 3.5])
    """
    return np.where(_ranked(people), (people.first + people.last) / 2 + 1, 0.0)


def tied(people: Ordered) -> Floats:
    """How many values are tied with each participant's, with it; 0 of those left out."""
    return np.where(_ranked(people), people.last - people.first + 1.0, 0.0)


def sizes(people: Ordered) -> Floats:
    """The participants ranked in each arm `(..., A)`."""
    return np.asarray(people.arms.sum(axis=-1), np.float64)


def below(people: Ordered, among: Booleans) -> Floats:
    """How many of those `among` `(..., P)` have a lower value than each; half of those tied."""
    running = np.concatenate(
        [np.zeros((*among.shape[:-1], 1)), np.cumsum(among, axis=-1, dtype=np.float64)], axis=-1
    )
    lower = np.take_along_axis(running, people.first, axis=-1)
    upper = np.take_along_axis(running, people.last + 1, axis=-1)
    return np.asarray((lower + upper) / 2)


def without_zeros(change: npt.ArrayLike) -> Floats:
    """Changes `(..., P)` whose signs are ranked: NaN where missing or zero.

    >>> without_zeros([1.5, 0.0, -2.0])
    array([ 1.5, nan, -2. ])
    """
    numbers = np.asarray(change, np.float64)
    check_participants("change", numbers)
    refuse("change must be finite or missing (nan)", numbers, np.isinf(numbers))
    return np.where(numbers == 0, np.nan, numbers)


def signed_reason(change: npt.ArrayLike) -> Reasons:
    """Why there is no signed rank `(...)`: nobody was measured, or nobody changed."""
    numbers = np.asarray(change, np.float64)
    return first_reason(
        (np.all(np.isnan(numbers), axis=-1), Reason.NO_PARTICIPANTS),
        (np.all(np.isnan(numbers) | (numbers == 0), axis=-1), Reason.NO_VARIATION),
    )


def _ranked(people: Ordered) -> Booleans:
    return np.arange(people.first.shape[-1]) < people.participants[..., None]


def _tie_ends(ascending: npt.NDArray[Any]) -> tuple[Places, Places]:
    """Place of the first and of the last participant with the same value `(..., P)`."""
    count = ascending.shape[-1]
    place = np.broadcast_to(np.arange(count), ascending.shape)
    changes = ascending[..., 1:] != ascending[..., :-1]
    edge = np.ones((*ascending.shape[:-1], 1), bool)
    starts = np.concatenate([edge, changes], axis=-1)
    ends = np.concatenate([changes, edge], axis=-1)
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=-1)
    last = np.minimum.accumulate(np.where(ends, place, count)[..., ::-1], axis=-1)[..., ::-1]
    return first, last
