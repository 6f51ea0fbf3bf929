"""The score of each stratum at a common difference, ratio or odds ratio, and its weight.

Miettinen and Nurminen, Stat Med 1985;4:213-26. Inverse variance of the score: Laud, Pharm Stat
2017;16:334-48; of the risk ratio: Tang, Stat Med 2020;39:3427-57. Strata are the last axis.
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
from wholetrial.analysis.responders.strata import over_strata

Weights = Literal["miettinen_nurminen", "mantel_haenszel", "inverse_variance"]

MOST_STEPS = 100
SETTLED = 1e-14
"""Relative change of the iterated weights at which they stand."""
SMALLEST = 1e-100
"""A variance of zero gives a weight that outweighs all others, and no division by zero."""


class Tables(NamedTuple):
    """Tables `(M, K)`: counts, N / (N - 1), and the weights of Mantel and Haenszel.

    A stratum that compares nothing has one participant in each arm, and weight 0.
    """

    arms: TwoArms
    factor: Floats
    fixed: Floats


class Scores(NamedTuple):
    """Of each stratum `(M, K)` the score, its variance without the factor, and its weight."""

    score: Floats
    variance: Floats
    weight: Floats


class _At(NamedTuple):
    """Score and variance `(M, K)` at a common value `(M, 1)`, and the probabilities there."""

    value: Floats
    score: Floats
    variance: Floats
    fitted: Proportions


Measure = Callable[[Tables, Floats, Weights], Scores]


def difference_scores(tables: Tables, value: Floats, weights: Weights) -> Scores:
    """Score the strata at common risk differences `(M,)`."""
    arms, difference = tables.arms, value[:, None]
    fitted = given_difference(arms, difference)
    x, n, control_x, control_n = arms
    score = x / n - control_x / control_n - difference
    variance = _binomial(fitted.active) / n + _binomial(fitted.control) / control_n
    here = _At(difference, score, variance, fitted)
    if weights == "mantel_haenszel":
        weight = tables.fixed
    elif weights == "inverse_variance":
        weight = _inverse(variance, tables)
    else:
        weight = _iterated(tables, here, _variances_of_difference)
    return Scores(score, variance, weight)


def ratio_scores(tables: Tables, value: Floats, weights: Weights) -> Scores:
    """Score the strata at common risk ratios `(M,)`; divided by 1 + ratio, to stay finite."""
    arms, ratio = tables.arms, value[:, None]
    fitted = given_ratio(arms, ratio)
    x, n, control_x, control_n = arms
    share, control_share = 1 / (1 + ratio), ratio / (1 + ratio)
    score = x / n * share - control_x / control_n * control_share
    variance = _binomial(fitted.active) / n * share**2
    variance = variance + _binomial(fitted.control) / control_n * control_share**2
    here = _At(ratio, score, variance, fitted)
    if weights == "mantel_haenszel":
        weight = tables.fixed
    elif weights == "inverse_variance":
        weight = fitted.control * _inverse(variance, tables)
    else:
        weight = _iterated(tables, here, _variances_of_ratio)
    return Scores(score, variance, weight)


def odds_ratio_scores(tables: Tables, value: Floats, weights: Weights) -> Scores:
    """Score the strata at common odds ratios `(M,)`: events more than expected, the information.

    Weighed alike they are the likelihood's own score, which is what Miettinen and Nurminen take.
    """
    cells = expected_given_odds_ratio(tables.arms, value[:, None])
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


def _variances_of_difference(active: Floats, control: Floats, value: Floats) -> Proportions:
    return Proportions(_binomial(active), _binomial(control))


def _variances_of_ratio(active: Floats, control: Floats, value: Floats) -> Proportions:
    return Proportions(1 - active, value * (1 - control))


def _iterated(
    tables: Tables, here: _At, variances: Callable[[Floats, Floats, Floats], Proportions]
) -> Floats:
    """The weights that the probabilities have which they average: each waits for the other.

    Where neither arm's probability leaves any variance they stay those of Mantel and Haenszel.
    """
    n, control_n = tables.arms.participants, tables.arms.control_participants
    weight, moving = tables.fixed, np.ones((len(tables.fixed), 1), bool)
    for _ in range(MOST_STEPS):
        total = np.maximum(over_strata(weight)[:, None], SMALLEST)
        active = over_strata(weight * here.fitted.active)[:, None] / total
        control = over_strata(weight * here.fitted.control)[:, None] / total
        a, b = variances(active, control, here.value)
        below = a * control_n + b * n
        new = n * control_n * (a + b) / np.where(below > 0, below, 1.0)
        new = np.where(moving & (below > 0) & (tables.fixed > 0), new, weight)
        change = np.max(np.abs(new - weight) / np.maximum(weight, SMALLEST), axis=1, keepdims=True)
        weight, moving = new, moving & (change > SETTLED)
        if not moving.any():
            break
    return weight
