"""What a likelihood of repeated measurements needs of the participants: sums by missing pattern.

Participants with the same visits measured share one covariance, so their sums of squares and
products are sufficient; the number of participants does not matter after that.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.measurements.mmrm.design import Basis

MOST_VISITS = 60


class Patterns(NamedTuple):
    """Which visits each pattern G of a replicate B has, and who has it.

    `measured` `(B, G, V)` is 1 or 0, `place` `(B, P)` the pattern of each participant, -1 for those
    with no value. Replicates with fewer patterns than others have empty ones at the end.
    """

    measured: Floats
    place: np.ndarray


class Moments(NamedTuple):
    """Sums over the participants of each pattern: K columns of the basis, values at V visits.

    `participants` `(B, G)`, `squares` `(B, G, K, K)`, `products` `(B, G, K, V)` with the values,
    `values` `(B, G, V, V)`; `layout` `(B, K, V, F)` is that of the basis, `aliased` `(B, F)` too.
    """

    measured: Floats
    participants: Floats
    squares: Floats
    products: Floats
    values: Floats
    layout: Floats
    aliased: Floats

    def of(self, chosen: np.ndarray) -> Moments:
        """The sums of these replicates."""
        return Moments(*(part[chosen] for part in self))


def patterns_of(known: Floats) -> Patterns:
    """Find the patterns of measured visits `(B, P, V)`; every pattern has at least one visit."""
    visits = known.shape[-1]
    codes = known.astype(np.int64) @ (1 << np.arange(visits, dtype=np.int64))
    order = np.argsort(codes, axis=-1, kind="stable")
    ascending = np.take_along_axis(codes, order, axis=-1)
    previous = np.concatenate([np.zeros((len(codes), 1), np.int64), ascending[:, :-1]], axis=-1)
    rank = np.cumsum(ascending != previous, axis=-1) - 1
    place = np.empty_like(codes)
    np.put_along_axis(place, order, rank, axis=-1)
    groups = max(int(rank.max(initial=-1)) + 1, 1)
    measured = np.zeros((len(codes), groups, visits))
    replicate, who = np.nonzero(place >= 0)
    measured[replicate, place[replicate, who]] = known[replicate, who]
    return Patterns(measured, place)


def moments_of(patterns: Patterns, basis: Basis, values: Floats) -> Moments:
    """Sum squares and products by pattern; `values` `(B, P, V)` are 0 where nothing is known."""
    columns = basis.columns
    replicates, people, count = columns.shape
    visits, groups = values.shape[-1], patterns.measured.shape[1]
    member = (patterns.place[:, None, :] == np.arange(groups)[:, None]).astype(np.float64)
    everything = np.concatenate([columns, values], axis=-1)
    products = everything[..., :, None] * everything[..., None, :]
    summed = member @ products.reshape(replicates, people, -1)
    summed = summed.reshape(replicates, groups, count + visits, count + visits)
    return Moments(
        patterns.measured,
        member.sum(axis=-1),
        np.ascontiguousarray(summed[:, :, :count, :count]),
        np.ascontiguousarray(summed[:, :, :count, count:]),
        np.ascontiguousarray(summed[:, :, count:, count:]),
        basis.layout,
        basis.aliased.astype(np.float64),
    )
