"""Who was measured what at the planned visits, and from which visit on an event affects it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans, checked_booleans, refuse
from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.imputation.strategies import Names, checked_strategies

Indices = npt.NDArray[np.intp]
WITHOUT_REFERENCE = ("missing_at_random", "last_mean_carried_forward")


@dataclass(frozen=True, slots=True)
class Measured:
    """Values `(..., P, V)`, NaN where missing, of participants `(..., P)` of the given arms.

    `arm` is the place in `arms`, `covariates` `(..., P, C)` are known of everybody `included`.
    """

    values: Floats
    arm: Indices
    arms: tuple[int, ...]
    covariates: Floats
    included: Booleans

    @property
    def missing(self) -> Booleans:
        """Which values of those included were not measured, `(..., P, V)`."""
        return np.isnan(self.values) & self.included[..., None]


@dataclass(frozen=True, slots=True)
class Assumption:
    """What is assumed of missing values: a strategy for everybody or one for each, `(..., P)`.

    `reference` is the label of the arm whose mean the strategies take, for everybody or for each;
    `first_affected` `(..., P)` counts visits from 0 and is the number of visits where there is no
    event. Without it the first visit after the last measurement is affected. Values missing before
    the event are missing at random. Values measured after it are kept and inform the imputed ones
    between them, but not the model, unless the strategy is `missing_at_random`.
    """

    strategy: str | Names = "missing_at_random"
    reference: int | npt.NDArray[np.int_] | None = None
    first_affected: Indices | None = None


@dataclass(frozen=True, slots=True)
class Affected:
    """An assumption applied: strategy, reference arm's place and first visit `(..., P)`."""

    strategy: Names
    reference: Indices
    first: Indices


def as_measured(
    values: npt.ArrayLike,
    arm: npt.ArrayLike,
    *,
    arms: Sequence[int],
    covariates: npt.ArrayLike | None = None,
    included: npt.ArrayLike = True,
) -> Measured:
    """Return what was measured, checked, or raise ValueError.

    >>> as_measured([[5, float("nan")], [4, 3]], [0, 1], arms=[0, 1]).missing.sum()
    np.int64(1)
    """
    table = np.asarray(values, np.float64)
    if table.ndim < 2 or 0 in table.shape:
        raise ValueError(
            "values must hold at least one participant and one visit on the last two axes; "
            f"got shape {table.shape}"
        )
    people = table.shape[:-1]
    inside = checked_booleans("included", _of_people("included", included, people))
    refuse("values must be finite or missing (nan)", table, np.isinf(table) & inside[..., None])
    table = np.where(inside[..., None], table, np.nan)
    place = _arm_places("arm", _of_people("arm", arm, people), arms, inside)
    return Measured(
        table, place, tuple(int(label) for label in arms), _known(covariates, inside), inside
    )


def affected(who: Measured, assumption: Assumption) -> Affected:
    """Apply an assumption to the participants, or raise ValueError for one that cannot be."""
    people, visits = who.included.shape, who.values.shape[-1]
    strategy = _of_people("strategy", checked_strategies(assumption.strategy), people)
    reference = who.arm
    if assumption.reference is not None:
        labels = _of_people("reference", assumption.reference, people)
        reference = _arm_places("reference", labels, who.arms, who.included)
    elif needing := [str(name) for name in np.unique(strategy) if name not in WITHOUT_REFERENCE]:
        raise ValueError(f"strategy {needing[0]!r} needs the label of the reference arm; got None")
    first = after_last_measured(who.values)
    if assumption.first_affected is not None:
        first = _of_people("first_affected", assumption.first_affected, people)
        wrong = (first != np.floor(first)) | (first < 0) | (first > visits)
        refuse(f"first_affected must be a whole number of visits, 0 to {visits}", first, wrong)
    return Affected(strategy, reference, first.astype(np.intp))


def after_last_measured(values: npt.ArrayLike) -> Indices:
    """Give the first visit after the last measured one, counted from 0, `(...)`.

    >>> after_last_measured([[5, 4, float("nan")], [5, float("nan"), 3]])
    array([2, 3])
    """
    seen = ~np.isnan(np.asarray(values, np.float64))
    return np.asarray(np.max(np.where(seen, np.arange(1, seen.shape[-1] + 1), 0), axis=-1))


def _known(covariates: npt.ArrayLike | None, inside: Booleans) -> Floats:
    if covariates is None:
        return np.empty((*inside.shape, 0))
    given = np.asarray(covariates, np.float64)
    try:
        given = np.broadcast_to(given, (*inside.shape, given.shape[-1] if given.ndim else 0))
    except ValueError:
        raise ValueError(
            f"covariates must be of shape {(*inside.shape, 'C')}, one row for each participant; "
            f"got {given.shape}"
        ) from None
    unknown = ~np.isfinite(given) & inside[..., None]
    refuse("covariates of those included must be known", given, unknown)
    return np.where(inside[..., None], given, 0.0)


def _arm_places(
    name: str, labels: npt.NDArray[np.generic], arms: Sequence[int], inside: Booleans
) -> Indices:
    if len(arms) < 1 or len(set(arms)) != len(arms):
        raise ValueError(f"arms must name one or more different arms; got {list(arms)}")
    matches = labels[..., None] == np.asarray(list(arms))
    unknown = ~np.any(matches, axis=-1) & inside
    refuse(f"{name} must be one of {list(arms)}", labels.astype(np.float64), unknown)
    return np.asarray(np.argmax(matches, axis=-1))


def _of_people(name: str, values: npt.ArrayLike, people: tuple[int, ...]) -> npt.NDArray[Any]:
    given = np.asarray(values)
    try:
        return np.broadcast_to(given, people)
    except ValueError:
        raise ValueError(
            f"{name} must have one value for each participant, shape {people}; "
            f"got shape {given.shape}"
        ) from None
