"""What is assumed of a measurement after an event: whose mean it follows from then on.

Each strategy makes, from the mean of the participant's own arm and that of the reference arm
`(..., V)` at the participant's covariates, the mean that missing values follow. Reference:
Carpenter JR, Roger JH, Kenward MG. J Biopharm Stat 2013;23:1352-71 (missing at random, jump to
reference, copy reference, copy increments in reference, last mean carried forward).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.estimate import Floats

Strategy = Callable[[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike], Floats]
Names = npt.NDArray[np.str_]


def missing_at_random(
    own: npt.ArrayLike, reference: npt.ArrayLike, first_affected: npt.ArrayLike
) -> Floats:
    """Give the mean of the own arm throughout: the event changes nothing.

    >>> missing_at_random([-2, -4, -6], [-1, -2, -3], 1)
    array([-2., -4., -6.])
    """
    mean, _, _ = _means(own, reference, first_affected)
    return mean.copy()


def jump_to_reference(
    own: npt.ArrayLike, reference: npt.ArrayLike, first_affected: npt.ArrayLike
) -> Floats:
    """Give the mean of the reference arm from the first affected visit, that of the own before.

    `first_affected` `(...)` counts visits from 0; the number of visits says that there is no event.

    >>> jump_to_reference([-2, -4, -6], [-1, -2, -3], 1)
    array([-2., -2., -3.])
    """
    mean, copied, affected = _means(own, reference, first_affected)
    return np.where(affected, copied, mean)


def copy_reference(
    own: npt.ArrayLike, reference: npt.ArrayLike, first_affected: npt.ArrayLike
) -> Floats:
    """Give the mean of the reference arm at every visit, before the event too.

    >>> copy_reference([-2, -4, -6], [-1, -2, -3], 1)
    array([-1., -2., -3.])
    """
    mean, copied, affected = _means(own, reference, first_affected)
    return np.where(affected[..., -1:], copied, mean)


def copy_increments_in_reference(
    own: npt.ArrayLike, reference: npt.ArrayLike, first_affected: npt.ArrayLike
) -> Floats:
    """Give the own mean of the last visit before the event, changing as the reference arm does.

    Where the first visit is affected it is the mean of the reference arm.

    >>> copy_increments_in_reference([-2, -4, -6], [-1, -2, -3], 1)
    array([-2., -3., -4.])
    """
    mean, copied, affected = _means(own, reference, first_affected)
    kept = _before_event(mean - copied, affected)
    return np.where(affected, copied + np.where(affected[..., :1], 0.0, kept), mean)


def last_mean_carried_forward(
    own: npt.ArrayLike, reference: npt.ArrayLike, first_affected: npt.ArrayLike
) -> Floats:
    """Give the own mean of the last visit before the event from then on.

    Where the first visit is affected there is no such visit, and the own mean stays as it is.

    >>> last_mean_carried_forward([-2, -4, -6], [-1, -2, -3], 1)
    array([-2., -2., -2.])
    """
    mean, _, affected = _means(own, reference, first_affected)
    return np.where(affected & ~affected[..., :1], _before_event(mean, affected), mean)


STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        "missing_at_random": missing_at_random,
        "jump_to_reference": jump_to_reference,
        "copy_reference": copy_reference,
        "copy_increments_in_reference": copy_increments_in_reference,
        "last_mean_carried_forward": last_mean_carried_forward,
    }
)


def checked_strategies(strategy: str | npt.ArrayLike) -> Names:
    """Return names of strategies as an array, or raise ValueError naming those that there are.

    >>> checked_strategies("jump_to_reference").item()
    'jump_to_reference'
    """
    names = np.asarray(strategy)
    unknown = [str(name) for name in np.unique(names) if str(name) not in STRATEGIES]
    if unknown:
        raise ValueError(f"strategy must be one of {', '.join(STRATEGIES)}; got {unknown[0]!r}")
    return names.astype(np.str_)


def mean_under(
    strategy: Names, own: Floats, reference: Floats, first_affected: npt.NDArray[np.intp]
) -> Floats:
    """Give the mean `(..., V)` under each participant's strategy, names of shape `(...)`."""
    mean = missing_at_random(own, reference, first_affected)
    for name in np.unique(strategy):
        chosen = STRATEGIES[str(name)](own, reference, first_affected)
        mean = np.where((strategy == name)[..., None], chosen, mean)
    return mean


def _means(
    own: npt.ArrayLike, reference: npt.ArrayLike, first_affected: npt.ArrayLike
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Both means and which visits are affected, of one shape `(..., V)`."""
    mean, copied = np.asarray(own, np.float64), np.asarray(reference, np.float64)
    affected = np.arange(mean.shape[-1]) >= np.asarray(first_affected)[..., None]
    mean, copied, affected = np.broadcast_arrays(mean, copied, affected)
    return mean, copied, affected


def _before_event(values: Floats, affected: npt.NDArray[np.bool_]) -> Floats:
    """The value `(..., 1)` at the last visit not affected."""
    last = np.maximum(np.sum(~affected, axis=-1, keepdims=True) - 1, 0)
    return np.take_along_axis(values, last, axis=-1)
