"""Two proportions compared within strata, exactly: given each stratum's margins.

With one odds ratio in all strata the active arm's events have a distribution that depends on it
alone, the convolution of the strata's hypergeometric ones. Counts have the strata on the last axis,
`(..., K)`. References: Gart, Biometrika 1970;57:471-5. Mehta, Patel and Gray, J Am Stat Assoc
1985;80:969-73.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import (
    Alternative,
    TwoArms,
    checked_alternative,
    checked_level,
)
from wholetrial.analysis.estimate import Floats, Interval, Reason, Test, as_interval, as_test
from wholetrial.analysis.responders.crossing import Places, crossing
from wholetrial.analysis.responders.hypergeometric import distributions, margins_of, ordered_sum
from wholetrial.analysis.responders.proportions import TIE
from wholetrial.analysis.responders.strata import Strata, checked_strata, over_strata

CELLS_AT_ONCE = 2**16
"""Probabilities worked out together."""
FARTHEST = 60.0
"""Log odds ratio beyond which no limit is looked for."""


class _Conditional(NamedTuple):
    """The log probabilities `(M, W)` of the active arm's events where the odds ratio is 1.

    `counts` `(M, W)` runs from the least events that the margins allow on; the log probability of
    one beyond the most, `highest` `(M,)`, is -inf. `observed` `(M,)` happened.
    """

    counts: Floats
    log_probability: Floats
    observed: Floats
    highest: Floats


def cmh_exact_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two proportions within strata by the exact distribution, given all margins.

    Two-sided is the total probability of the outcomes no more probable than the observed one. In
    one stratum it is Fisher's exact test.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> f"{cmh_exact_test(*four).p_value:.3g}"
    '2.79e-06'
    """
    checked_alternative(alternative)
    strata = checked_strata(events, participants, control_events, control_participants)
    p_value = np.empty(strata.reason.size)
    for block, given in _blocks(strata):
        probability = np.exp(given.log_probability)
        observed = given.observed[:, None]
        if alternative == "two_sided":
            here = np.where(given.counts == observed, given.log_probability, -np.inf)
            likely = np.max(here, axis=1, keepdims=True) + np.log1p(TIE)
            extreme = given.log_probability <= likely
        else:
            greater = alternative == "greater"
            extreme = given.counts >= observed if greater else given.counts <= observed
        p_value[block] = np.minimum(ordered_sum(probability * extreme), 1.0)
    return as_test(p_value.reshape(strata.reason.shape), None, strata.reason)


def odds_ratio_conditional(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a common odds ratio by conditional likelihood, with exact limits.

    The limits leave at most (1 - level) / 2 on each side; they are 0 or inf where the events are
    the fewest or the most that the margins allow.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> interval = odds_ratio_conditional(*four)
    >>> f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
    '3.389 (1.962 to 5.932)'
    """
    tail = (1 - checked_level(level)) / 2
    strata = checked_strata(events, participants, control_events, control_participants)
    found = np.empty((3, strata.reason.size))
    certain = np.zeros(strata.reason.size, bool)
    for block, given in _blocks(strata):
        lowest = given.counts[:, 0]
        found[0, block] = _ratio(_most_likely(given))
        found[1, block] = _ratio(_limit(given, tail, below=True))
        found[2, block] = _ratio(_limit(given, tail, below=False))
        certain[block] = lowest == given.highest
    shape = strata.reason.shape
    value, low, high = found.reshape(3, *shape)
    nothing = (strata.reason == Reason.OK) & certain.reshape(shape)
    reason = np.where(nothing, np.int8(Reason.NO_VARIATION), strata.reason)
    return as_interval(np.where(reason == Reason.OK, value, np.nan), (low, high), level, reason)


def _blocks(strata: Strata) -> Iterator[tuple[slice, _Conditional]]:
    """Stretches of tables `(M, K)` with their distributions, few enough to hold in memory."""
    arms = TwoArms(*(counts.reshape(-1, counts.shape[-1]) for counts in strata.arms))
    support = over_strata(np.minimum(arms.participants, arms.events + arms.control_events)) + 1
    size = max(1, int(CELLS_AT_ONCE / np.max(support, initial=1.0)))
    for start in range(0, len(support), size):
        block = slice(start, start + size)
        yield block, _conditional(TwoArms(*(counts[block] for counts in arms)))


def _conditional(arms: TwoArms) -> _Conditional:
    lowest, highest = np.zeros(len(arms.events)), np.zeros(len(arms.events))
    weight = np.ones((1, len(lowest)))
    for stratum in range(arms.events.shape[1]):
        margins = margins_of(TwoArms(*(counts[:, stratum] for counts in arms)))
        part = distributions(margins)
        share = part.weight / ordered_sum(part.weight)[:, None]
        weight = _convolved(weight, np.ascontiguousarray(share.T))
        lowest = lowest + part.lowest
        highest = highest + np.minimum(margins.participants, margins.events)
    counts = lowest[:, None] + np.arange(len(weight))
    inside = (counts <= highest[:, None]) & (weight.T > 0)
    log_probability = np.where(inside, np.log(np.where(inside, weight.T, 1.0)), -np.inf)
    return _Conditional(counts, log_probability, over_strata(arms.events), highest)


def _convolved(weight: Floats, part: Floats) -> Floats:
    """The distributions `(W + V - 1, M)` of sums of two counts, from `(W, M)` and `(V, M)`."""
    width = len(weight)
    together = np.zeros((width + len(part) - 1, weight.shape[1]))
    for shift, share in enumerate(part):
        together[shift : shift + width] += share * weight
    return together


def _tilted(given: _Conditional, log_ratio: Floats, which: Places) -> Floats:
    """The probabilities of all counts where the odds ratio is this one."""
    surplus = given.counts[which] - given.observed[which][:, None]
    exponent = given.log_probability[which] + surplus * log_ratio[:, None]
    weight = np.exp(exponent - np.max(exponent, axis=1, keepdims=True))
    return np.asarray(weight / ordered_sum(weight)[:, None])


def _most_likely(given: _Conditional) -> Floats:
    """The log odds ratio at which as many events are expected as were observed."""

    def too_many(log_ratio: Floats, which: Places) -> Floats:
        surplus = given.counts[which] - given.observed[which][:, None]
        return ordered_sum(_tilted(given, log_ratio, which) * surplus)

    return _between(given, crossing(too_many, *_ends(given, 1.0)))


def _limit(given: _Conditional, tail: float, *, below: bool) -> Floats:
    """The log odds ratio at which the tail beyond the observed events is this probable."""

    def excess(log_ratio: Floats, which: Places) -> Floats:
        probability = _tilted(given, log_ratio, which)
        observed = given.observed[which][:, None]
        count = given.counts[which]
        beyond = count >= observed if below else count <= observed
        share = ordered_sum(probability * beyond)
        return np.asarray(np.log(tail) - np.log(np.maximum(share, 1e-300)))

    found = crossing(excess, *_ends(given, -1.0 if below else 1.0))
    if below:
        return np.where(given.counts[:, 0] == given.observed, -np.inf, found)
    return np.where(given.highest == given.observed, np.inf, found)


def _ends(given: _Conditional, side: float) -> tuple[Floats, Floats]:
    end = np.full(len(given.observed), side * FARTHEST)
    return -end, end


def _between(given: _Conditional, log_ratio: Floats) -> Floats:
    """The log odds ratio, infinite where the events are the fewest or the most there can be."""
    above = np.where(given.highest == given.observed, np.inf, log_ratio)
    return np.where(given.counts[:, 0] == given.observed, -np.inf, above)


def _ratio(log_ratio: Floats) -> Floats:
    return np.asarray(np.exp(log_ratio), np.float64)
