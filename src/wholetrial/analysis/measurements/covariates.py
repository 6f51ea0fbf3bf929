"""Covariates of a linear model: measured values and factors, as columns `(..., P, k)`.

Participants are the last axis of values `(..., P)`; replicates stand in front.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import check_participants, refuse
from wholetrial.analysis.estimate import Floats


class Covariate(NamedTuple):
    """One term of a linear model: its name and its columns `(..., P, k)`.

    A factor has one column of 0 and 1 for each level. In each replicate the first level that has
    participants is the one the others are compared with, and a level without any is left out.
    """

    name: str
    columns: Floats
    is_factor: bool


def measured(name: str, values: npt.ArrayLike) -> Covariate:
    """Take a measured value `(..., P)`, such as the baseline or a dose, as a covariate.

    >>> measured("age", [31, 58]).columns
    array([[31.], [58.]])
    """
    numbers = np.asarray(values, np.float64)
    check_participants(name, numbers)
    return Covariate(name, numbers[..., None], is_factor=False)


def factor(name: str, codes: npt.ArrayLike, levels: Sequence[float] | None = None) -> Covariate:
    """Take codes `(..., P)`, such as a stratum or a center, as a covariate with a level for each.

    `levels` are the codes there are; without it, those that occur. A code that is not among them
    is unknown, and fitting refuses it for a participant who is analyzed.

    >>> factor("center", [1, 3, 1]).columns
    array([[1., 0.], [0., 1.], [1., 0.]])
    """
    numbers = np.asarray(codes, np.float64)
    check_participants(name, numbers)
    found = np.unique(numbers[np.isfinite(numbers)])
    known = found if levels is None else np.asarray(levels, np.float64)
    if known.size == 0 or np.unique(known).size != known.size:
        raise ValueError(f"levels of {name} must be one or more different codes; got {levels}")
    belongs = numbers[..., None] == known
    columns = np.where(np.any(belongs, axis=-1, keepdims=True), belongs, np.nan)
    return Covariate(name, columns, is_factor=True)


def columns_of(covariates: Sequence[Covariate], shape: tuple[int, ...]) -> Floats:
    """Stack the columns of all covariates as `(..., K, P)`, participants last.

    >>> columns_of([measured("age", [31, 58]), factor("center", [1, 2])], (2,))
    array([[31., 58.], [ 1.,  0.], [ 0.,  1.]])
    """
    names = [covariate.name for covariate in covariates]
    if len(set(names)) != len(names):
        raise ValueError(f"covariates must have different names; got {', '.join(names)}")
    parts = [np.swapaxes(covariate.columns, -1, -2) for covariate in covariates]
    for covariate, part in zip(covariates, parts, strict=True):
        if part.shape[-1] != shape[-1]:
            raise ValueError(
                f"covariate {covariate.name} must hold one value for each of {shape[-1]} "
                f"participants; got {part.shape[-1]}"
            )
    leading = np.broadcast_shapes(shape[:-1], *(part.shape[:-2] for part in parts))
    stacked = np.empty((*leading, sum(part.shape[-2] for part in parts), shape[-1]))
    first = 0
    for part in parts:
        stacked[..., first : first + part.shape[-2], :] = part
        first += part.shape[-2]
    return stacked


def check_known(columns: Floats, inside: npt.NDArray[np.bool_]) -> None:
    """Raise ValueError where a covariate `(..., K, P)` of a participant analyzed is not known."""
    refuse(
        "covariates of those analyzed must be known: leave such participants out (included), or "
        "impute the covariate",
        columns,
        ~np.isfinite(columns) & inside[..., None, :],
    )
