"""An event in several arms at once: the exact test that it is equally likely in all of them.

Reference: Freeman and Halton, Biometrika 1951;38:141-9.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import OneArm, checked_one_arm
from wholetrial.analysis.estimate import Floats, Reason, Test, as_test, first_reason
from wholetrial.analysis.responders.proportions import TIE

MOST_TABLES = 2**24
"""Largest number of tables with the same margins that are held in memory."""


def fisher_freeman_halton_test(events: npt.ArrayLike, participants: npt.ArrayLike) -> Test:
    """Test by Fisher's exact test that two or more arms have the same proportion.

    `events` and `participants` have the arms on the last axis, `(..., A)`; the p-value `(...)` is
    the total probability of the tables, of all with the same margins, that are no more probable
    than the observed one. With two arms it is `fisher_exact_test`.

    Current limitations: ValueError where more than 16 million tables share the margins, as for five
    arms of 80 with a common event; Pearson's test serves there.

    Lack of efficacy in the three arms of the CDISC pilot study (table 14-1.02), printed as 0.3281:

    >>> f"{fisher_freeman_halton_test([3, 0, 1], [86, 84, 84]).p_value:.4f}"
    '0.3281'
    """
    arms = checked_one_arm(events, participants)
    shape = arms.events.shape
    if not shape or shape[-1] < 2:
        raise ValueError(
            f"events must hold two or more arms on the last axis; got an array of shape {shape}"
        )
    rows = np.concatenate([arms.events, arms.participants], axis=-1).reshape(-1, 2 * shape[-1])
    distinct, which = np.unique(rows, axis=0, return_inverse=True)
    p_value = _p_values(OneArm(distinct[:, : shape[-1]], distinct[:, shape[-1] :]))
    empty = (arms.participants == 0).any(axis=-1)
    reason = first_reason((empty, Reason.NO_PARTICIPANTS))
    return as_test(p_value[which.reshape(shape[:-1])], None, reason)


def _p_values(tables: OneArm) -> Floats:
    """P-value of each table `(K, A)`; tables with the same margins share one enumeration."""
    total = tables.events.sum(axis=-1, keepdims=True)
    margins, which = np.unique(
        np.concatenate([total, tables.participants], axis=-1), axis=0, return_inverse=True
    )
    p_value = np.empty(len(tables.events))
    for place, margin in enumerate(margins):
        mine = which.ravel() == place
        p_value[mine] = _tails(tables.events[mine], margin[1:], float(margin[0]))
    return p_value


def _tails(events: Floats, participants: Floats, total: float) -> Floats:
    """Probability of all tables no more probable than each of these, given their margins."""
    order = np.argsort(participants, kind="stable")
    free, last = participants[order[:-1]], participants[order[-1]]
    sizes = [int(min(size, total)) + 1 for size in free]
    tables = reduce(lambda product, size: product * size, sizes, 1)
    if tables > MOST_TABLES:
        raise ValueError(
            f"the exact test takes at most {MOST_TABLES} tables of the same margins; arms of "
            f"{', '.join(f'{size:g}' for size in participants)} with {total:g} events have "
            f"{tables}; use Pearson's test"
        )
    counts = [np.arange(size, dtype=np.float64) for size in sizes]
    weight: Floats = reduce(np.add.outer, map(_log_ways, free, counts))
    rest = total - reduce(np.add.outer, counts)
    possible = (rest >= 0) & (rest <= last)
    weight = (weight[possible] + _log_ways(last, rest[possible])).ravel()
    here = sum(_log_ways(size, events[:, arm]) for arm, size in enumerate(participants))
    ascending = np.sort(weight)
    sums = np.concatenate([[0.0], np.cumsum(np.exp(ascending - ascending[-1]))])
    reached = np.searchsorted(ascending, here + np.log1p(TIE), side="right")
    return np.asarray(np.minimum(sums[reached] / sums[-1], 1.0))


def _log_ways(size: float, count: Floats) -> Floats:
    """Logarithm of the number of ways to choose `count` of `size` participants."""
    ways = special.gammaln(count + 1) + special.gammaln(size - count + 1)
    return np.asarray(special.gammaln(size + 1) - ways)
