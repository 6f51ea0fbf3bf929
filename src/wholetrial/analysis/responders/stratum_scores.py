"""The score of each stratum at a common difference, ratio or odds ratio, and its weight.

Miettinen and Nurminen, Stat Med 1985;4:213-26. Inverse variance of the score: Laud, Pharm Stat
2017;16:334-48; of the risk ratio: Tang, Stat Med 2020;39:3427-57. Strata are the first axis here,
`(K, M)`, so that sums over them run along the many tables.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from wholetrial.analysis.arguments import TwoArms
from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.responders.constrained import (
    expected_given_odds_ratio,
    given_difference,
    given_ratio,
)
from wholetrial.analysis.responders.distinct_tables import Proportions

Weights = Literal["miettinen_nurminen", "mantel_haenszel", "inverse_variance"]

MOST_STEPS = 100
SETTLED = 1e-13
"""Change of the active arm's share in the variance at which the iterated weights stand."""
SMALLEST = 1e-100
"""A variance of zero gives a weight that outweighs all others, and no division by zero."""


class Tables(NamedTuple):
    """Tables `(K, M)`: counts, N / (N - 1), and the weights of Mantel and Haenszel.

    A stratum that compares nothing has one participant in each arm, and weight 0.
    """

    arms: TwoArms
    factor: Floats
    fixed: Floats


class Scores(NamedTuple):
    """Of each stratum `(K, M)` the score, its variance without the factor, and its weight."""

    score: Floats
    variance: Floats
    weight: Floats


Measure = Callable[[Tables, Floats, Weights], Scores]


def difference_scores(tables: Tables, value: Floats, weights: Weights) -> Scores:
    """Score the strata at common risk differences `(M,)`."""
    arms, difference = tables.arms, value
    fitted = given_difference(arms, difference)
    x, n, control_x, control_n = arms
    score = x / n - control_x / control_n - difference
    variance = _binomial(fitted.active) / n + _binomial(fitted.control) / control_n
    if weights == "mantel_haenszel":
        weight = tables.fixed
    elif weights == "inverse_variance":
        weight = _inverse(variance, tables)
    else:
        weight = _iterated(tables, fitted, _share_of_difference)
    return Scores(score, variance, weight)


def ratio_scores(tables: Tables, value: Floats, weights: Weights) -> Scores:
    """Score the strata at common risk ratios `(M,)`; divided by 1 + ratio, to stay finite."""
    arms, ratio = tables.arms, value
    fitted = given_ratio(arms, ratio)
    x, n, control_x, control_n = arms
    share, control_share = 1 / (1 + ratio), ratio / (1 + ratio)
    score = x / n * share - control_x / control_n * control_share
    variance = _binomial(fitted.active) / n * share**2
    variance = variance + _binomial(fitted.control) / control_n * control_share**2
    if weights == "mantel_haenszel":
        weight = tables.fixed
    elif weights == "inverse_variance":
        weight = fitted.control * _inverse(variance, tables)
    else:
        weight = _iterated(tables, fitted, lambda p, q: _share_of_ratio(p, q, ratio))
    return Scores(score, variance, weight)


def odds_ratio_scores(tables: Tables, value: Floats, weights: Weights) -> Scores:
    """Score the strata at common odds ratios `(M,)`: events more than expected, the information.

    Weighed alike they are the likelihood's own score, which is what Miettinen and Nurminen take.
    """
    cells = expected_given_odds_ratio(tables.arms, value)
    known = (tables.fixed > 0) & np.all(cells > 0, axis=0)
    information = 1 / np.sum(1 / np.where(known, cells, 1.0), axis=0)
    score = np.where(known, tables.arms.events - cells[0], 0.0)
    information = np.where(known, information, 0.0)
    if weights == "mantel_haenszel":
        weight = tables.fixed / np.maximum(information, SMALLEST)
        weight = np.where(known, weight, 0.0)
    elif weights == "inverse_variance":
        weight = 1 / tables.factor
    else:
        weight = np.ones_like(score)
    return Scores(score, information, weight)


def _binomial(probability: Floats) -> Floats:
    return probability * (1 - probability)


def _inverse(variance: Floats, tables: Tables) -> Floats:
    return np.where(tables.fixed > 0, 1 / (np.maximum(variance, SMALLEST) * tables.factor), 0.0)


def summed(values: Floats) -> Floats:
    """Sum over the strata from first to last: the same bits however many tables there are."""
    total: Floats = values[0]
    for part in values[1:]:
        total = total + part
    return total


def _share_of_difference(active: Floats, control: Floats) -> Floats:
    """The active arm's share in the variance of a difference, a half where there is none."""
    above, below = _binomial(active), _binomial(control)
    return _share(above, below)


def _share_of_ratio(active: Floats, control: Floats, ratio: Floats) -> Floats:
    """The active arm's share in the variance of a ratio, a half where there is none."""
    return _share(1 - active, ratio * (1 - control))


def _share(above: Floats, below: Floats) -> Floats:
    both = above + below
    return np.where(both > 0, above / np.where(both > 0, both, 1.0), 0.5)


def _iterated(
    tables: Tables, fitted: Proportions, share_of: Callable[[Floats, Floats], Floats]
) -> Floats:
    """The weights that the probabilities have which they average: each waits for the other.

    They depend on the active arm's share in the variance alone, sought from a half on, which gives
    the weights of Mantel and Haenszel; secants through the last two steps hasten it.
    """
    share = np.full(fitted.active.shape[1:], 0.5)
    before, gap_before = share, np.zeros_like(share)
    moving = np.ones(share.shape, bool)
    for _ in range(MOST_STEPS):
        weight = _weighed(tables, share)
        total = np.maximum(summed(weight), SMALLEST)
        active, control = (summed(weight * chance) / total for chance in fitted)
        gap = share_of(active, control) - share
        bend = gap - gap_before
        secant = np.where(bend == 0, gap, -gap * (share - before) / np.where(bend == 0, 1.0, bend))
        step = np.where((before != share) & (np.abs(secant) < 1), secant, gap)
        moving = moving & (np.abs(step) > SETTLED)
        if not moving.any():
            break
        before, gap_before = share, gap
        share = np.where(moving, np.clip(share + step, 0.0, 1.0), share)
    return _weighed(tables, share)


def _weighed(tables: Tables, share: Floats) -> Floats:
    """Weights in inverse proportion to the variances, the active arm having this share of them."""
    n, control_n = tables.arms.participants, tables.arms.control_participants
    weight = n * control_n / (share * control_n + (1 - share) * n)
    return np.where(tables.fixed > 0, weight, 0.0)
