"""Error rates by enumeration: every possible table, with its probability, and what a method says.

Counts of independent groups are binomial, or Poisson. A *setting* is a row of true values, one for
each group; there are C of them, and T tables. Nothing is drawn at random.
"""

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.estimate import Floats, Interval, Reason, Test


class Coverage(NamedTuple):
    """How often an interval is there and holds the truth, and how often there is none, `(C,)`."""

    share: Floats
    none: Floats


def tables(sizes: Sequence[int]) -> Floats:
    """Every possible count in groups of these sizes, `(T, G)`: from 0 to the size of each.

    >>> tables((1, 2)).tolist()
    [[0.0, 0.0], [0.0, 1.0], [0.0, 2.0], [1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]
    """
    counts = np.meshgrid(*(np.arange(size + 1.0) for size in sizes), indexing="ij")
    return np.stack([count.ravel() for count in counts], axis=-1)


def binomial_chances(sizes: Sequence[int], settings: npt.ArrayLike) -> Floats:
    """Probability `(C, T)` of every table where the groups have these proportions `(C, G)`.

    >>> binomial_chances((2,), [[0.5], [0.1]]).round(2).tolist()
    [[0.25, 0.5, 0.25], [0.81, 0.18, 0.01]]
    """
    proportions = np.asarray(settings, np.float64)
    return _together(
        [_binomial(size, proportions[:, group, None]) for group, size in enumerate(sizes)]
    )


def poisson_chances(largest: Sequence[int], settings: npt.ArrayLike) -> Floats:
    """Probability `(C, T)` of counts up to the largest, where these `(C, G)` are expected.

    >>> poisson_chances((3,), [[1.0]]).round(3).tolist()
    [[0.368, 0.368, 0.184, 0.061]]
    """
    expected = np.asarray(settings, np.float64)
    return _together(
        [_poisson(most, expected[:, group, None]) for group, most in enumerate(largest)]
    )


def rejection_rate(test: Test, chances: Floats, level: float = 0.05) -> Floats:
    """Chance `(C,)` that a test of every table has P at most `level`; no test rejects nothing."""
    return chances @ ((test.reason == Reason.OK) & (test.p_value <= level))


def coverage(interval: Interval, truths: npt.ArrayLike, chances: Floats) -> Coverage:
    """Chance that an interval of every table holds the truth of its setting `(C,)`."""
    there = interval.reason == Reason.OK
    truth = np.asarray(truths, np.float64)[:, None]
    holds = there & (interval.low <= truth) & (truth <= interval.high)
    return Coverage((chances * holds).sum(axis=-1), chances @ ~there)


def every_pair(values: npt.ArrayLike) -> Floats:
    """Settings `(C, 2)` of every value in one group with every value in the other.

    >>> every_pair([0.1, 0.2]).tolist()
    [[0.1, 0.1], [0.1, 0.2], [0.2, 0.1], [0.2, 0.2]]
    """
    return np.stack([grid.ravel() for grid in np.meshgrid(values, values, indexing="ij")], axis=-1)


def _binomial(size: int, proportion: Floats) -> Floats:
    count = np.arange(size + 1.0)
    ways = (
        special.gammaln(size + 1) - special.gammaln(count + 1) - special.gammaln(size - count + 1)
    )
    return np.exp(
        ways + special.xlogy(count, proportion) + special.xlog1py(size - count, -proportion)
    )


def _poisson(largest: int, expected: Floats) -> Floats:
    count = np.arange(largest + 1.0)
    return np.exp(special.xlogy(count, expected) - expected - special.gammaln(count + 1))


def _together(parts: list[Floats]) -> Floats:
    """Probabilities of all combinations of independent groups, in the order of `tables`."""
    return reduce(
        lambda one, other: (one[:, :, None] * other[:, None, :]).reshape(len(one), -1), parts
    )
