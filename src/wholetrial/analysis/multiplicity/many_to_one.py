"""The distribution of the largest of several t statistics that compare arms with one control.

The statistics have correlations that are products of two loadings, one of each: that of arm i is
sqrt(n_i / (n_i + n_0)) in a one-way layout. Given the control's deviation and the estimated
standard deviation they are independent, so that a double integral remains; both are summed at
equal steps (of the deviation; of the logarithm of the standard deviation), which for such smooth
integrands is exact to 3e-9. Reference: Dunnett CW. J Am Stat Assoc 1955;50:1096-121.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import Booleans
from wholetrial.analysis.estimate import Floats, student_p_value

CELLS_AT_ONCE = 2**16
"""Values of an integrand worked on at once: few enough for a processor's own memory."""
FARTHEST = 6.5
"""Standard deviations of the control's deviation beyond which next to nothing lies."""
TAIL = 1e-11
"""Probability of the standard deviation left out at either end."""
FREEDOMS = ((20.0, 22), (8.0, 40), (3.0, 80), (0.0, 240))
"""From so many degrees of freedom on, so many steps of the standard deviation."""
COARSEST, NARROWEST = 0.5, 0.7
"""The coarsest step of the control's deviation, and the spread given it that this step suits."""
MOST_HALVINGS = 7
"""Times that the step may be halved, for a spread of less than 1 %."""
ITERATIONS, CLOSE = 60, 1e-7
"""Most secants of a critical value, and the relative step after which the next is rounding."""


class _Nodes(NamedTuple):
    """Points of an integral and their weights."""

    points: Floats
    weights: Floats


class Comparisons(NamedTuple):
    """Comparisons with one control: d.f. `(R,)`, loadings `(R, K)`, and which of them there are."""

    freedom: Floats
    loadings: Floats
    compared: Booleans


def largest_p_value(bound: Floats, comparisons: Comparisons, *, two_sided: bool) -> Floats:
    """Give the probability `(R,)` that the largest statistic exceeds a bound `(R,)`.

    Two-sided it is the largest absolute value. At least the probability of one statistic, and at
    most the sum of all.
    """
    p_value = np.empty(bound.shape)
    halvings, steps = _fineness(comparisons)
    for halving, step in sorted({*zip(halvings.tolist(), steps.tolist(), strict=True)}):
        rows = np.flatnonzero((halvings == halving) & (steps == step))
        control = _deviations(halving, two_sided=two_sided)
        size = max(1, CELLS_AT_ONCE // (step * len(control.points)))
        for start in range(0, len(rows), size):
            block = rows[start : start + size]
            chosen = _rows(comparisons, block)
            spread = _standard_deviations(chosen.freedom, step)
            p_value[block] = _exceeded(bound[block], chosen, spread, control, two_sided=two_sided)
    one = student_p_value(bound, comparisons.freedom, "two_sided" if two_sided else "greater")
    count = np.maximum(comparisons.compared.sum(axis=-1), 1)
    return np.clip(p_value, one, np.minimum(count * one, 1.0))


def critical_value(level: float, comparisons: Comparisons, *, two_sided: bool) -> Floats:
    """Give the bound `(R,)` that the largest statistic exceeds with probability 1 - level."""
    rows = np.column_stack([comparisons.freedom, comparisons.loadings, comparisons.compared])
    distinct, which = np.unique(rows, axis=0, return_inverse=True)
    count = comparisons.loadings.shape[-1]
    each = Comparisons(
        distinct[:, 0], distinct[:, 1 : 1 + count], distinct[:, 1 + count :].astype(bool)
    )
    return _solved(1 - level, each, two_sided=two_sided)[which.reshape(-1)]


def _solved(alpha: float, comparisons: Comparisons, *, two_sided: bool) -> Floats:
    """Where the probability is `alpha`: secants on its logarithm, from the bounds that hold."""
    sides = 2 if two_sided else 1
    count = np.maximum(comparisons.compared.sum(axis=-1), 1)
    low, high = _quantile(alpha / sides, comparisons), _quantile(alpha / sides / count, comparisons)
    before, bound = np.array(low), np.array(high)
    past = _logarithm(before, alpha, comparisons, two_sided=two_sided)
    value = _logarithm(bound, alpha, comparisons, two_sided=two_sided)
    moving = count > 1
    for _ in range(ITERATIONS):
        rows = np.flatnonzero(moving)
        if len(rows) == 0:
            break
        change = value[rows] - past[rows]
        steep = change != 0
        step = value[rows] * (bound[rows] - before[rows]) / np.where(steep, change, 1.0)
        trial = np.clip(bound[rows] - np.where(steep, step, 0.0), low[rows], high[rows])
        before[rows], past[rows] = bound[rows], value[rows]
        bound[rows] = trial
        chosen = _rows(comparisons, rows)
        value[rows] = _logarithm(trial, alpha, chosen, two_sided=two_sided)
        moving[rows] = np.abs(trial - before[rows]) > CLOSE * np.abs(trial)
    return bound


def _quantile(tail: float | Floats, comparisons: Comparisons) -> Floats:
    """The upper quantile `(R,)` of one statistic."""
    infinite = np.isinf(comparisons.freedom)
    tails = np.asarray(tail, np.float64)
    t = special.stdtrit(np.where(infinite, 1.0, comparisons.freedom), tails)
    return -np.where(infinite, special.ndtri(tails), t)


def _logarithm(bound: Floats, alpha: float, comparisons: Comparisons, *, two_sided: bool) -> Floats:
    p_value = largest_p_value(bound, comparisons, two_sided=two_sided)
    return np.asarray(np.log(np.maximum(p_value, np.finfo(np.float64).tiny)) - np.log(alpha))


def _rows(comparisons: Comparisons, rows: npt.NDArray[np.intp]) -> Comparisons:
    return Comparisons(
        comparisons.freedom[rows], comparisons.loadings[rows], comparisons.compared[rows]
    )


def _exceeded(
    bound: Floats, comparisons: Comparisons, spread: _Nodes, control: _Nodes, *, two_sided: bool
) -> Floats:
    """The double integral of the probability that one or more statistics exceed the bound."""
    edge = bound[:, None, None] * spread.points[:, :, None]
    beyond = np.zeros((len(bound), spread.points.shape[-1], len(control.points)))
    for place in range(comparisons.loadings.shape[-1]):
        loading = comparisons.loadings[:, place, None, None]
        scale = np.sqrt(2 * (1 - loading**2))
        moved = loading * control.points
        one = special.erfc((edge - moved) / scale)
        if two_sided:
            one += special.erfc((edge + moved) / scale)
        one *= np.where(comparisons.compared[:, place], 0.5, 0.0)[:, None, None]
        beyond += one - beyond * one
    return np.asarray(((beyond @ control.weights) * spread.weights).sum(axis=-1))


def _fineness(comparisons: Comparisons) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """How often the step of the control's deviation is halved, and the steps of the spread."""
    loadings = np.where(comparisons.compared, comparisons.loadings, 0.0)
    narrowest = np.sqrt(1 - np.max(loadings**2, axis=-1, initial=0.0))
    halvings = np.ceil(np.log2(NARROWEST / narrowest)).astype(np.intp)
    steps = np.select(
        [comparisons.freedom >= least for least, _ in FREEDOMS], [n for _, n in FREEDOMS]
    )
    steps = np.where(np.isinf(comparisons.freedom), 1, steps)
    return np.clip(halvings, 0, MOST_HALVINGS), steps


@cache
def _deviations(halvings: int, *, two_sided: bool) -> _Nodes:
    """Steps of the control's standard normal deviation; half of them where both sides are alike."""
    step = COARSEST / 2**halvings
    count = int(np.ceil(FARTHEST / step))
    points = np.arange(0 if two_sided else -count, count + 1) * step
    weights = np.exp(-(points**2) / 2) * step / np.sqrt(2 * np.pi)
    if two_sided:
        weights[1:] *= 2
    return _Nodes(points, weights)


def _standard_deviations(freedom: Floats, steps: int) -> _Nodes:
    """Steps `(R, steps)` of the estimated over the true standard deviation."""
    if steps == 1:
        return _Nodes(np.ones((len(freedom), 1)), np.ones((len(freedom), 1)))
    distinct, which = np.unique(freedom, return_inverse=True)
    half = distinct[:, None] / 2
    ends = np.log([special.gammaincinv(half, TAIL) / half, special.gammainccinv(half, TAIL) / half])
    low, high = ends / 2
    logarithm = low + (high - low) * np.arange(steps) / (steps - 1)
    density = np.exp(2 * half * logarithm - half * np.exp(2 * logarithm) + half)
    weights = density / density.sum(axis=-1, keepdims=True)
    return _Nodes(np.exp(logarithm)[which], weights[which])
