"""Linear models by least squares: a mean for each arm, covariates with common slopes.

Values are `(..., P)`; NaN is left out. Values and covariates are centered within arms and the
covariates made orthogonal one after another, each twice, so that the fit is as precise as with
Householder's method however far the values lie from zero. Reference: Giraud L, Langou J,
Rozloznik M. Comput Math Appl 2005;50:1069-75 (twice is enough).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import prod
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
from wholetrial.analysis.measurements.covariates import Covariate, check_known, columns_of

CELLS_AT_ONCE = 2**17
"""Values of participants worked on at once: few enough for a processor's own memory."""
LEAST_SHARE = 1e-7
"""Share of a covariate's spread that the others must leave unexplained (as in R's `lm`)."""
NEGLIGIBLE = 1e-13
"""Spread that counts as none, relative to the largest value: the rounding of the data."""

Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class LinearModel:
    """A least-squares fit, arrays over replicates `(...)`: A arms, K columns, P participants.

    `adjusted_means` `(..., A)` are the arms' means at the covariates' overall means, NaN for an
    arm without participants; `arm_departures` `(..., A, K)` how far the covariates' means in each
    arm lie from the overall ones. A column that is not `used` is the level of a factor that the
    others are compared with, or that nobody has; its slope is 0. The covariance of the slopes is
    `residual_sd**2 * root @ root.T`. Of each participant `(..., P)` are kept the residual, the
    arm's `place` (-1 where left out) and the orthonormal covariates `(..., K, P)`.
    """

    terms: tuple[str, ...]
    """The covariate of each column `(K,)`."""
    is_factor: tuple[bool, ...]
    sizes: Floats
    adjusted_means: Floats
    covariate_means: Floats
    arm_departures: Floats
    slopes: Floats
    used: Booleans
    root: Floats
    residual_sd: Floats
    freedom: Floats
    r_squared: Floats
    reason: Reasons
    residuals: Floats
    orthonormal: Floats
    place: Places


class _People(NamedTuple):
    """Values `(R, P)`, columns `(R, K, P)` and the place of the arm `(R, P)`, -1 if left out."""

    values: Floats
    columns: Floats
    place: Places


class _Centered(NamedTuple):
    """Values (first row) and covariates `(R, 1 + K, P)` less their arm's mean, and those means."""

    within: Floats
    overall: Floats
    departures: Floats
    sizes: Floats
    total_squares: Floats
    used: Booleans


class _Orthonormal(NamedTuple):
    """Orthonormal columns `(R, K, P)`, triangle `(R, K, K)`, whether one follows from others."""

    columns: Floats
    triangle: Floats
    dependent: Booleans


def fit_linear_model(
    values: npt.ArrayLike,
    covariates: Sequence[Covariate] = (),
    included: npt.ArrayLike = True,
    *,
    arm: npt.ArrayLike = 0,
    arms: Sequence[int] = (0,),
) -> LinearModel:
    """Fit values `(..., P)` by least squares: a mean for each arm, and slopes of the covariates.

    `arm` `(..., P)` holds codes; participants of arms that `arms` does not name are left out, as is
    who has no value (NaN). Without `arm` there is one mean. Raises ValueError for a covariate that
    is not known of a participant analyzed.

    >>> from wholetrial.analysis.measurements.covariates import measured
    >>> model = fit_linear_model([1, 3, 2, 6, 8], [measured("dose", [0, 0, 1, 2, 3])])
    >>> f"{model.slopes[0]:.3f} a unit of dose, R squared {model.r_squared:.3f}"
    '2.059 a unit of dose, R squared 0.848'
    """
    people, leading = _people(values, covariates, included, np.asarray(arm), arms)
    rows, count, width = people.columns.shape
    size = max(1, CELLS_AT_ONCE // (width * (count + 1)))
    blocks = [
        _fit(_block(people, slice(start, start + size)), len(arms), covariates)
        for start in range(0, max(rows, 1), size)
    ]
    return _joined(blocks, leading)


def _people(
    values: npt.ArrayLike,
    covariates: Sequence[Covariate],
    included: npt.ArrayLike,
    arm: npt.NDArray[Any],
    arms: Sequence[int],
) -> tuple[_People, tuple[int, ...]]:
    if len(arms) == 0 or len(set(arms)) != len(arms):
        raise ValueError(f"arms must name one or more different arms; got {list(arms)}")
    numbers = np.asarray(values, np.float64)
    check_participants("values", numbers)
    refuse("values must be finite or missing (nan)", numbers, np.isinf(numbers))
    numbers, chosen, codes = same_shape(numbers, np.asarray(included), arm)
    belongs = codes[..., None] == np.asarray(arms)
    inside = checked_booleans("included", chosen) & ~np.isnan(numbers) & np.any(belongs, axis=-1)
    columns = columns_of(covariates, numbers.shape)
    check_known(columns, inside)
    leading = np.broadcast_shapes(numbers.shape[:-1], columns.shape[:-2])
    width = numbers.shape[-1]
    place = np.where(inside, np.argmax(belongs, axis=-1), -1)
    return _People(
        _rows(np.where(inside, numbers, 0.0), leading, (width,)),
        _rows(columns, leading, columns.shape[-2:]),
        _rows(place, leading, (width,)),
    ), leading


def _rows(
    array: npt.NDArray[Any], leading: tuple[int, ...], last: tuple[int, ...]
) -> npt.NDArray[Any]:
    """The array with one row for each replicate."""
    return np.broadcast_to(array, (*leading, *last)).reshape(prod(leading), *last)


def _block(people: _People, rows: slice) -> _People:
    return _People(people.values[rows], people.columns[rows], people.place[rows])


def _joined(blocks: Sequence[LinearModel], leading: tuple[int, ...]) -> LinearModel:
    """The fits of all replicates, in the shape of the replicates."""
    arrays: dict[str, Any] = {
        field.name: np.concatenate([getattr(block, field.name) for block in blocks])
        for field in fields(LinearModel)
        if field.name not in ("terms", "is_factor")
    }
    shaped: dict[str, Any] = {
        name: array.reshape((*leading, *array.shape[1:])) for name, array in arrays.items()
    }
    return replace(blocks[0], **shaped)


def _fit(people: _People, arms: int, covariates: Sequence[Covariate]) -> LinearModel:
    """The fit of a block of replicates."""
    centered = _centered(people, arms, covariates)
    basis = _orthonormal(people, centered)
    values = centered.within[:, 0]
    along = (basis.columns @ values[..., None])[..., 0]
    residuals = values - (along[:, None, :] @ basis.columns)[:, 0]
    root = np.asarray(np.linalg.inv(basis.triangle), np.float64)
    slopes = np.where(basis.dependent[:, None], np.nan, (root @ along[..., None])[..., 0])
    departures = np.where(centered.used[:, None, :], centered.departures[..., 1:], 0.0)
    means = centered.departures[..., 0] - (departures @ slopes[..., None])[..., 0]
    present = centered.sizes > 0
    freedom = centered.sizes.sum(axis=-1) - present.sum(axis=-1) - centered.used.sum(axis=-1)
    squares = (residuals**2).sum(axis=-1)
    total = np.maximum(centered.total_squares, np.finfo(np.float64).tiny)
    reason = _reason(people, centered, basis.dependent, squares)
    return LinearModel(
        terms=tuple(c.name for c in covariates for _ in range(c.columns.shape[-1])),
        is_factor=tuple(c.is_factor for c in covariates for _ in range(c.columns.shape[-1])),
        sizes=centered.sizes,
        adjusted_means=np.where(present, centered.overall[:, :1] + means, np.nan),
        covariate_means=centered.overall[:, 1:],
        arm_departures=departures,
        slopes=slopes,
        used=centered.used,
        root=root,
        residual_sd=np.sqrt(squares / np.maximum(freedom, 1.0)),
        freedom=freedom,
        r_squared=np.where(reason == Reason.OK, 1 - squares / total, np.nan),
        reason=reason,
        residuals=residuals,
        orthonormal=basis.columns,
        place=people.place,
    )


def _centered(people: _People, arms: int, covariates: Sequence[Covariate]) -> _Centered:
    member = (people.place[:, None, :] == np.arange(arms)[:, None]).astype(np.float64)
    inside = (people.place >= 0)[:, None, :]
    table = np.concatenate([people.values[:, None, :], people.columns], axis=1)
    table = np.where(inside, table, 0.0)
    sizes = member.sum(axis=-1)
    overall = table.sum(axis=-1) / np.maximum(sizes.sum(axis=-1, keepdims=True), 1.0)
    used = _used(overall[:, 1:], covariates)
    table -= overall[..., None]
    table *= inside
    total_squares = (table[:, 0] ** 2).sum(axis=-1)
    departures = (table @ np.swapaxes(member, -1, -2)) / np.maximum(sizes, 1.0)[:, None, :]
    table -= departures @ member
    table[:, 1:] *= used[..., None]
    return _Centered(table, overall, np.swapaxes(departures, -1, -2), sizes, total_squares, used)


def _used(shares: Floats, covariates: Sequence[Covariate]) -> Booleans:
    """Columns in the model: of a factor all levels with participants but the first of them."""
    used = np.ones(shares.shape, bool)
    first = 0
    for covariate in covariates:
        span = slice(first, first + covariate.columns.shape[-1])
        first = span.stop
        if covariate.is_factor:
            present = shares[:, span] > 0
            used[:, span] = present & (np.cumsum(present, axis=-1) > 1)
    return used


def _orthonormal(people: _People, centered: _Centered) -> _Orthonormal:
    within = centered.within[:, 1:]
    rows, count, _ = within.shape
    columns, triangle = np.zeros_like(within), np.zeros((rows, count, count))
    dependent = np.zeros(rows, bool)
    largest = _largest(people.columns, people.place) * NEGLIGIBLE
    people_root = np.sqrt(np.maximum(centered.sizes.sum(axis=-1), 1.0))
    for j in range(count):
        rest = within[:, j]
        least = np.maximum(_norm(rest) * LEAST_SHARE, largest[:, j] * people_root)
        for _ in range(2 if j else 0):
            along = (columns[:, :j] @ rest[..., None])[..., 0]
            triangle[:, :j, j] += along
            rest = rest - (along[:, None, :] @ columns[:, :j])[:, 0]
        length = _norm(rest)
        kept = centered.used[:, j] & (length > least)
        dependent |= centered.used[:, j] & ~kept
        triangle[:, j, j] = np.where(kept, length, 1.0)
        columns[:, j] = np.where(kept[:, None], rest / triangle[:, j, j, None], 0.0)
    return _Orthonormal(columns, triangle, dependent)


def _reason(people: _People, centered: _Centered, dependent: Booleans, squares: Floats) -> Reasons:
    count = centered.sizes.sum(axis=-1)
    freedom = count - (centered.sizes > 0).sum(axis=-1) - centered.used.sum(axis=-1)
    largest = _largest(people.values[:, None], people.place)[:, 0]
    negligible = count * (NEGLIGIBLE * largest) ** 2
    return first_reason(
        (count == 0, Reason.NO_PARTICIPANTS),
        (freedom < 1, Reason.TOO_FEW),
        (dependent, Reason.COLLINEAR),
        (centered.total_squares <= negligible, Reason.NO_VARIATION),
        (squares <= negligible, Reason.SINGULAR),
    )


def _largest(columns: Floats, place: Places) -> Floats:
    """The largest absolute value of each column `(R, K)` among those analyzed."""
    inside = (place >= 0)[:, None, :]
    largest: Floats = np.abs(np.where(inside, columns, 0.0)).max(axis=-1, initial=0.0)
    return largest


def _norm(rows: Floats) -> Floats:
    return np.asarray(np.sqrt((rows**2).sum(axis=-1)))
