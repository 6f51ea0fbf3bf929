"""How much worse the missing values must be for the conclusion to change: delta adjustment.

An amount is added to the imputed values of one arm and everything analyzed again; the tipping point
is the smallest amount that turns the conclusion. Reference: Ratitch B, O'Kelly M, Tosiello R. Pharm
Stat 2013;12:337-47.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans, refuse
from wholetrial.analysis.estimate import Effect, Floats, Reason
from wholetrial.analysis.imputation.impute import Imputed

HALVINGS = 60
"""Bisection steps that bring a tipping point within one rounding error."""

EffectAt = Callable[[float], Effect]


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """The effects at the deltas `(D,)`, in their order, and where the conclusion turns.

    `significant` `(D,)` says where the p-value is at most 1 - level. `delta` is the point at which
    it turns first on the way through the deltas, NaN where it does not, and `p_value` that there.
    """

    deltas: Floats
    effects: tuple[Effect, ...]
    significant: Booleans
    delta: float
    p_value: float


def with_delta(
    imputed: Imputed, delta: npt.ArrayLike, *, receives: npt.ArrayLike = True
) -> Imputed:
    """Add delta to the imputed values of those who receive it, `(..., P)`, such as one arm.

    `delta` broadcasts with `(..., P, V)`: an amount, or one for each visit. Only values missing at
    or after the first affected visit are shifted.

    >>> from wholetrial.analysis.imputation.impute import impute_conditional_mean
    >>> from wholetrial.analysis.imputation.measured import Assumption, as_measured
    >>> who = as_measured([[8, 5], [6, 3], [7, 1], [9, float("nan")]], [0] * 4, arms=[0])
    >>> with_delta(impute_conditional_mean(who, Assumption()), 2).values[0, 3]
    array([9., 7.])
    """
    _check_finite(delta)
    visits = np.arange(imputed.values.shape[-1])
    after = imputed.imputed & (visits >= imputed.first_affected[..., None])
    shifted = after & np.asarray(receives, bool)[..., None]
    shift = np.where(shifted, np.asarray(delta, np.float64), 0.0)
    return replace(imputed, values=imputed.values + shift)


def with_delta_per_visit(
    imputed: Imputed, delta: npt.ArrayLike, *, receives: npt.ArrayLike = True
) -> Imputed:
    """Add delta once at the first affected visit, twice at the next, and so on."""
    _check_finite(delta)
    visits = np.arange(imputed.values.shape[-1])
    steps = np.maximum(visits - imputed.first_affected[..., None] + 1, 0)
    return with_delta(imputed, np.asarray(delta, np.float64) * steps, receives=receives)


def tipping_point(effect_at: EffectAt, deltas: Sequence[float]) -> TippingPoint:
    """Find the first delta at which an effect is significant no longer, or becomes so.

    `effect_at` gives one trial's effect with this delta. The turn between two deltas is found by
    bisection; with multiple imputation use the same draws at every delta. An effect of 2 with
    standard error 0.5:

    >>> from wholetrial.analysis.estimate import as_effect
    >>> tip = tipping_point(lambda delta: as_effect(2 - delta, 0.5, np.inf, 0.95, 0), [0, 1, 2])
    >>> f"{tip.delta:.4f}, {tip.significant}"  # 2 - 1.96 x 0.5
    '1.0200, [ True  True False]'
    """
    grid = np.asarray(deltas, np.float64)
    steps = np.diff(grid)
    if grid.ndim != 1 or len(grid) == 0 or not (np.all(steps > 0) or np.all(steps < 0)):
        raise ValueError(f"deltas must rise or fall from each to the next; got {list(deltas)}")
    refuse("deltas must be finite", grid, ~np.isfinite(grid))
    effects = tuple(effect_at(float(delta)) for delta in grid)
    known = np.array([_reason(effect) == Reason.OK for effect in effects])
    significant = np.array([_significant(effect) for effect in effects])
    turns = np.flatnonzero((significant[1:] != significant[:-1]) & known[1:] & known[:-1])
    if len(turns) == 0:
        return TippingPoint(grid, effects, significant, float("nan"), float("nan"))
    first = int(turns[0])
    delta = _turn(effect_at, float(grid[first]), float(grid[first + 1]), bool(significant[first]))
    return TippingPoint(grid, effects, significant, delta, float(effect_at(delta).p_value))


def _turn(effect_at: EffectAt, before: float, after: float, at_start: bool) -> float:
    """Halve the way between two deltas of different conclusions; give one of the other side."""
    for _ in range(HALVINGS):
        middle = (before + after) / 2
        if middle in (before, after):
            break
        if _significant(effect_at(middle)) == at_start:
            before = middle
        else:
            after = middle
    return after


def _significant(effect: Effect) -> bool:
    return bool(effect.p_value <= 1 - effect.level)


def _reason(effect: Effect) -> int:
    if np.ndim(effect.value) != 0:
        raise ValueError(
            f"effect_at must give the effect of one trial; got effects of shape "
            f"{np.shape(effect.value)}"
        )
    return int(effect.reason)


def _check_finite(delta: npt.ArrayLike) -> None:
    amounts = np.asarray(delta, np.float64)
    refuse("delta must be finite", amounts, ~np.isfinite(amounts))
