"""How much worse the missing values must be for the conclusion to change: delta adjustment.

An amount is added to the imputed values of one arm and everything analyzed again; the tipping point
is the smallest amount at which significance in favor of the arm is lost. Reference: Ratitch B,
O'Kelly M, Tosiello R. Pharm Stat 2013;12:337-47.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Alternative, Booleans, checked_alternative, refuse
from wholetrial.analysis.estimate import Effect, Floats, Reason, student_p_value
from wholetrial.analysis.imputation.impute import Imputed

HALVINGS = 60
"""Bisection steps that bring a tipping point within one rounding error."""

EffectAt = Callable[[float], Effect]
Side = Literal["greater", "less"]


class _Rule(NamedTuple):
    """What is significant in favor of the arm."""

    alpha: float
    favorable: str
    alternative: str


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """The effects at the deltas `(D,)`, in their order, and where significance is lost.

    `significant` `(D,)` says where there is significance in favor of the arm. `delta` is the point
    at which it is lost first on the way through the deltas, and `p_value` that there; both are NaN
    where there is none at the first delta already (`significant[0]` is False), or still at the last
    (`significant[-1]` is True).
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


def tipping_point(
    effect_at: EffectAt,
    deltas: Sequence[float],
    *,
    alpha: float,
    favorable: Side,
    alternative: Alternative = "two_sided",
) -> TippingPoint:
    """Find the first delta at which an effect is significant in favor of the arm no longer.

    `effect_at` gives one trial's effect with this delta. It is significant where the p-value of
    the planned alternative is below `alpha` and, if that is two-sided, the effect is on the
    `favorable` side of zero, "greater" or "less". The turn between two deltas is found by
    bisection; with multiple imputation use the same draws at every delta. An effect of 2 with
    standard error 0.5:

    >>> from wholetrial.analysis.estimate import as_effect
    >>> def at(delta):
    ...     return as_effect(2 - delta, 0.5, np.inf, 0.95, 0)
    >>> tip = tipping_point(at, [0, 1, 2], alpha=0.05, favorable="greater")
    >>> f"{tip.delta:.4f}, {tip.significant}"  # 2 - 1.96 x 0.5
    '1.0200, [ True  True False]'
    """
    rule = _Rule(alpha, favorable, checked_alternative(alternative))
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, such as 0.05; got {alpha!r}")
    if favorable not in get_args(Side):
        raise ValueError(f"favorable must be greater or less; got {favorable!r}")
    grid = np.asarray(deltas, np.float64)
    steps = np.diff(grid)
    if grid.ndim != 1 or len(grid) == 0 or not (np.all(steps > 0) or np.all(steps < 0)):
        raise ValueError(f"deltas must rise or fall from each to the next; got {list(deltas)}")
    refuse("deltas must be finite", grid, ~np.isfinite(grid))
    effects = tuple(effect_at(float(delta)) for delta in grid)
    known = np.array([_reason(effect) == Reason.OK for effect in effects])
    significant = np.array([_significant(effect, rule) for effect in effects])
    turns = np.flatnonzero(significant[:-1] & ~significant[1:] & known[1:])
    if not significant[0] or len(turns) == 0:
        return TippingPoint(grid, effects, significant, float("nan"), float("nan"))
    first = int(turns[0])
    delta = _turn(effect_at, float(grid[first]), float(grid[first + 1]), rule)
    there = float(_p_value(effect_at(delta), rule))
    return TippingPoint(grid, effects, significant, delta, there)


def _turn(effect_at: EffectAt, before: float, after: float, rule: _Rule) -> float:
    """Halve the way from a significant delta to one that is not; give one that is not."""
    for _ in range(HALVINGS):
        middle = (before + after) / 2
        if middle in (before, after):
            break
        if _significant(effect_at(middle), rule):
            before = middle
        else:
            after = middle
    return after


def _significant(effect: Effect, rule: _Rule) -> bool:
    good = effect.value > 0 if rule.favorable == "greater" else effect.value < 0
    in_favor = rule.alternative != "two_sided" or bool(good)
    return in_favor and bool(_p_value(effect, rule) < rule.alpha)


def _p_value(effect: Effect, rule: _Rule) -> Floats:
    return student_p_value(effect.statistic, effect.freedom, rule.alternative)


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
