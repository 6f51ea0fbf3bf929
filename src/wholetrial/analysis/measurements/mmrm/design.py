"""Fixed effects of repeated measurements, as few columns by participant laid out over the visits.

A row of the design of participant i at visit v is the sum over d of `columns[i, d] * layout[d, v]`:
baseline values that act at every visit are held once. What a fit then needs of the participants
grows with D, not with the number of coefficients.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans, refuse
from wholetrial.analysis.estimate import Floats

LEAST_REMAINDER = 1e-7
"""A column of which less than this share is left beside those before it follows from them."""
LEAST_LENGTH = 1e-11
"""A column of which less than this share lies where values are known is not known at all."""


class Design(NamedTuple):
    """Columns by participant `(..., P, D)` and their layout `(D, V, F)` over visits and effects."""

    columns: Floats
    layout: Floats


class Basis(NamedTuple):
    """The same fixed effects as orthonormal combinations of those measured.

    `columns` `(B, P, K)` and `layout` `(B, K, V, F)` give the orthonormal rows; coefficients are
    `transform @` those of the basis; `triangle` is its inverse. An effect that follows from those
    before it is `aliased` `(B, F)`: its column of the basis is zero.
    """

    columns: Floats
    layout: Floats
    transform: Floats
    triangle: Floats
    aliased: Booleans

    def of(self, chosen: slice) -> Basis:
        """The basis of these replicates."""
        columns, layout, transform, triangle, aliased = self
        return Basis(
            columns[chosen], layout[chosen], transform[chosen], triangle[chosen], aliased[chosen]
        )


def as_design(rows: npt.ArrayLike, known: Booleans) -> Design:
    """Find the distinct columns in rows of fixed effects `(..., P, V, F)`.

    Rows where nothing is `known` `(..., P, V)` may hold anything. Raises ValueError for a row
    that is needed and not finite.
    """
    table = np.asarray(rows, np.float64)
    shared = table.ndim == 3
    needed = known.reshape(-1, *known.shape[-2:]).any(axis=0) if shared else known
    if not shared:
        table = np.broadcast_to(table, (*known.shape, table.shape[-1]))
    finite = np.isfinite(table)
    refuse(
        "design must be finite wherever a value is known",
        table,
        ~finite & np.expand_dims(needed, -1),
    )
    flat = table.reshape(-1, *table.shape[-2:])
    if finite.all():
        columns, layout = _equal_columns(flat)
    else:
        columns, layout = _agreeing_columns(flat, needed.reshape(-1, needed.shape[-1]))
    return Design(columns.reshape(*table.shape[:-2], columns.shape[-1]), layout)


def orthonormal(design: Design, known: Floats) -> Basis:
    """Make fixed effects orthonormal over the rows known `(B, P, V)`, in the order they have."""
    measured = np.any(known, axis=-1, keepdims=True)
    columns = np.where(measured, design.columns, 0.0)
    basis, triangle = np.linalg.qr(columns)
    layout = np.einsum("bkd,dvf->bkvf", triangle, design.layout)
    parts = [
        np.linalg.qr(basis * known[:, :, v, None], mode="r") @ layout[:, :, v]
        for v in range(known.shape[-1])
    ]
    whole = np.sqrt(np.einsum("bkvf,bkvf->bf", layout, layout))
    upper = _triangle(np.concatenate(parts, axis=1), LEAST_LENGTH * whole)
    aliased = np.diagonal(upper, axis1=-2, axis2=-1) == 0
    identity = np.eye(upper.shape[-1])
    transform = np.linalg.inv(np.where(aliased[:, None, :], identity, upper))
    kept = ~(aliased[:, None, :] | aliased[:, :, None])
    transform = np.where(kept, transform, 0.0)
    return Basis(basis, layout @ transform[:, None], transform, upper, aliased)


def _triangle(rows: Floats, least: Floats) -> Floats:
    """The triangle R of rows = Q R; a column that follows from those before it gives no row.

    So does one no longer than `least` `(B, F)`: none of its rows is known, the rest is rounding.
    """
    replicates, _, effects = rows.shape
    found = np.zeros_like(rows)
    upper = np.zeros((replicates, effects, effects))
    for column in range(effects):
        left = rows[:, :, column]
        length = np.sqrt(np.sum(left**2, axis=-1))
        for _ in range(2):
            along = np.einsum("bnf,bn->bf", found, left)
            left = left - np.einsum("bnf,bf->bn", found, along)
            upper[:, :, column] += along
        remainder = np.sqrt(np.sum(left**2, axis=-1))
        kept = remainder > np.maximum(LEAST_REMAINDER * length, least[:, column])
        upper[:, column, column] = np.where(kept, remainder, 0.0)
        unit = left / np.where(kept, remainder, 1.0)[:, None]
        found[:, :, column] = np.where(kept[:, None], unit, 0.0)
    return upper


def _equal_columns(flat: Floats) -> tuple[Floats, Floats]:
    """The distinct columns of finite rows `(N, V, F)`."""
    by_column = np.ascontiguousarray(np.moveaxis(flat, 0, -1)) + 0.0
    places: dict[bytes, int] = {}
    chosen: list[Floats] = []
    which = []
    for v, f in np.argwhere(by_column.any(axis=-1)).tolist():
        content = by_column[v, f].tobytes()
        if content not in places:
            places[content] = len(chosen)
            chosen.append(by_column[v, f])
        which.append((places[content], v, f))
    return _laid_out(chosen, which, flat)


def _agreeing_columns(flat: Floats, needed: Booleans) -> tuple[Floats, Floats]:
    """Columns of rows `(N, V, F)` joined where all that is needed of both agrees."""
    chosen: list[Floats] = []
    filled: list[Booleans] = []
    which = []
    for v in np.argsort(-needed.sum(axis=0), kind="stable").tolist():
        used = needed[:, v]
        for f in np.flatnonzero(np.any(flat[used, v] != 0, axis=0)).tolist():
            column = np.where(used, flat[:, v, f], 0.0)
            place = _agreeing(column, used, chosen, filled)
            if place == len(chosen):
                chosen.append(np.zeros_like(column))
                filled.append(np.zeros_like(used))
            chosen[place] = np.where(used, column, chosen[place])
            filled[place] = filled[place] | used
            which.append((place, v, f))
    return _laid_out(chosen, which, flat)


def _agreeing(column: Floats, used: Booleans, chosen: list[Floats], filled: list[Booleans]) -> int:
    """The column chosen before that agrees on most of the rows used; a new place if none does."""
    best, most = len(chosen), 0
    for place, (other, known) in enumerate(zip(chosen, filled, strict=True)):
        both = used & known
        shared = int(both.sum())
        if shared > most and np.array_equal(column[both], other[both]):
            best, most = place, shared
    return best


def _laid_out(
    chosen: list[Floats], which: list[tuple[int, int, int]], flat: Floats
) -> tuple[Floats, Floats]:
    layout = np.zeros((max(len(chosen), 1), *flat.shape[1:]))
    for place, v, f in which:
        layout[place, v, f] = 1.0
    columns = np.stack(chosen, axis=-1) if chosen else np.zeros((len(flat), 1))
    return columns, layout
