"""Dunnett's test: several arms compared with one control, by the distribution of the largest t.

One-way, or with covariates from a linear model. Without covariates, or with up to three
comparisons, p-values are exact to 1e-8. With four or more and covariates the correlations are
replaced by the nearest products of loadings (Hsu; in SAS "Dunnett-Hsu"), which in small trials
moves p-values in the fifth decimal. References: Dunnett CW. J Am Stat Assoc 1955;50:1096-121.
Dunnett CW, Tamhane AC. Stat Med 1991;10:939-47 (step-down). Hsu JC. J Comput Graph Stat
1992;1:151-68.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import (
    Alternative,
    Booleans,
    checked_alternative,
    checked_level,
    refuse,
)
from wholetrial.analysis.estimate import Effect, Floats, Reason
from wholetrial.analysis.measurements.ancova import control_contrasts
from wholetrial.analysis.measurements.linear_functions import linear_effect, unscaled_covariance
from wholetrial.analysis.measurements.linear_model import LinearModel
from wholetrial.analysis.multiplicity.many_to_one import (
    Comparisons,
    critical_value,
    largest_p_value,
)

NEAREST_TO_ONE = 1 - 1e-4
"""Largest squared loading: an arm ten thousand times as large as the control."""


class _Compared(NamedTuple):
    """The arms' differences from control, and what is needed of their joint distribution."""

    effect: Effect
    loadings: Floats
    compared: Booleans


def dunnett(
    model: LinearModel, level: float = 0.95, *, alternative: Alternative = "two_sided"
) -> Effect:
    """Compare each other arm with the first `(..., A - 1)`: simultaneous limits, adjusted p-values.

    The limits are two-sided whatever the alternative, and cover all differences together. An arm
    without participants has no number and does not count among the comparisons.

    >>> from wholetrial.analysis.measurements.linear_model import fit_linear_model
    >>> arm, values = [0, 0, 0, 1, 1, 1, 2, 2, 2], [3, 5, 4, 9, 8, 13, 4, 6, 7]
    >>> found = dunnett(fit_linear_model(values, arm=arm, arms=[0, 1, 2]))
    >>> [f"{p:.4f}" for p in found.p_value]
    ['0.0133', '0.4825']
    """
    found = _compared(model, checked_level(level))
    p_value = _p_values(found, found.compared[..., None, :], alternative)
    effect = found.effect
    bound = _critical(found, level)[..., None]
    half = np.where(found.compared, bound, np.nan) * effect.standard_error
    return replace(effect, p_value=p_value, low=effect.value - half, high=effect.value + half)


def dunnett_step_down(model: LinearModel, *, alternative: Alternative = "two_sided") -> Effect:
    """Compare as `dunnett` does, but each with only those whose statistics are no larger.

    More powerful; the limits are those of one comparison alone, as there are none that belong.

    >>> from wholetrial.analysis.measurements.linear_model import fit_linear_model
    >>> arm, values = [0, 0, 0, 1, 1, 1, 2, 2, 2], [3, 5, 4, 9, 8, 13, 4, 6, 7]
    >>> found = dunnett_step_down(fit_linear_model(values, arm=arm, arms=[0, 1, 2]))
    >>> [f"{p:.4f}" for p in found.p_value]
    ['0.0133', '0.3136']
    """
    found = _compared(model, 0.95)
    size = _direction(found.effect.statistic, alternative)
    size = np.where(found.compared, size, -np.inf)
    place = np.arange(size.shape[-1])
    smaller = size[..., None, :] < size[..., :, None]
    later = (size[..., None, :] == size[..., :, None]) & (place >= place[:, None])
    beside = (smaller | later) & found.compared[..., None, :]
    alone = np.where(found.compared, _p_values(found, beside, alternative), -np.inf)
    order = np.argsort(-size, axis=-1, kind="stable")
    stepped = np.maximum.accumulate(np.take_along_axis(alone, order, axis=-1), axis=-1)
    adjusted = np.empty_like(stepped)
    np.put_along_axis(adjusted, order, stepped, axis=-1)
    return replace(found.effect, p_value=np.where(found.compared, adjusted, np.nan))


def dunnett_p_values(
    statistics: npt.ArrayLike,
    freedom: npt.ArrayLike,
    correlation: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Floats:
    """Adjust t statistics `(..., K)` of comparisons with one control, given their correlations.

    `freedom` `(...)` are the degrees of freedom, `inf` for normal statistics. The correlations
    `(..., K, K)` must be positive. A statistic that there is not (NaN) stays NaN and counts among
    the comparisons.

    >>> even = [[1, 0.5, 0.5], [0.5, 1, 0.5], [0.5, 0.5, 1]]
    >>> dunnett_p_values([2.5, 2.0, 0.3], 60, even).round(4)
    array([0.0402, 0.1244, 0.9817])
    """
    t = np.asarray(statistics, np.float64)
    if t.ndim == 0:
        raise ValueError("statistics must hold one for each comparison; got a single number")
    loadings = _given_loadings(correlation, t.shape[-1])
    known = ~np.isnan(t)
    size = _direction(np.where(known, t, 0.0), alternative)
    every = np.ones((1, t.shape[-1]), bool)
    degrees = _checked_freedom(freedom)[..., None]
    p_value = _largest(size, degrees, loadings[..., None, :], every, alternative)
    return np.where(known, p_value, np.nan)


def dunnett_critical_value(
    freedom: npt.ArrayLike,
    correlation: npt.ArrayLike,
    level: float = 0.95,
    *,
    alternative: Alternative = "two_sided",
) -> Floats:
    """Give the bound `(...)` that all K statistics stay within with this probability.

    >>> even = [[1, 0.5, 0.5], [0.5, 1, 0.5], [0.5, 0.5, 1]]
    >>> f"{dunnett_critical_value(60, even):.4f}"  # printed in Dunnett's table as 2.41
    '2.4099'
    """
    level = checked_level(level)
    checked_alternative(alternative)
    loadings = _given_loadings(correlation, np.shape(correlation)[-1])
    degrees = _checked_freedom(freedom)
    shape = np.broadcast_shapes(degrees.shape, loadings.shape[:-1])
    rows = _rows(degrees, loadings, np.ones(loadings.shape[-1], bool), shape)
    return critical_value(level, rows, two_sided=alternative == "two_sided").reshape(shape)


def one_factor_loadings(correlation: npt.ArrayLike, compared: npt.ArrayLike = True) -> Floats:
    """Give loadings `(..., K)` whose products are the correlations `(..., K, K)`.

    Exact wherever there are such loadings (a one-way layout, or three comparisons); else their
    products come nearest on the logarithmic scale. NaN where a correlation is not positive.

    >>> one_factor_loadings([[1, 0.42, 0.35], [0.42, 1, 0.3], [0.35, 0.3, 1]]).round(4)
    array([0.7, 0.6, 0.5])
    """
    rho = np.asarray(correlation, np.float64)
    among = np.broadcast_to(np.asarray(compared, bool), rho.shape[:-1])
    pairs = among[..., :, None] & among[..., None, :] & ~np.eye(rho.shape[-1], dtype=bool)
    positive = np.all(~pairs | (rho > 0), axis=(-2, -1))[..., None]
    logarithm = np.log(np.where(pairs & (rho > 0), rho, 1.0))
    own = logarithm.sum(axis=-1)
    count = among.sum(axis=-1, keepdims=True)
    of_all = own.sum(axis=-1, keepdims=True) / np.maximum(2 * (count - 1), 1)
    several = (own - of_all) / np.maximum(count - 2, 1)
    loadings = np.exp(np.where(count == 2, own / 2, several))
    loadings = np.where(among & (count > 1), loadings, 0.0)
    suited = positive & np.all(loadings**2 <= NEAREST_TO_ONE, axis=-1, keepdims=True)
    return np.where(suited, loadings, np.nan)


def _compared(model: LinearModel, level: float) -> _Compared:
    contrasts = control_contrasts(model)
    effect = linear_effect(model, contrasts, level)
    covariance = unscaled_covariance(model, contrasts)
    error = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    compared = effect.reason == Reason.OK
    correlation = covariance / (error[..., :, None] * error[..., None, :])
    loadings = one_factor_loadings(correlation, compared)
    unsuited = compared & np.isnan(loadings)
    reason = np.where(unsuited, np.int8(Reason.UNSUITED_CORRELATIONS), effect.reason)
    kept = replace(effect, reason=reason.astype(np.int8))
    return _Compared(kept, np.where(np.isnan(loadings), 0.0, loadings), compared & ~unsuited)


def _p_values(found: _Compared, beside: Booleans, alternative: Alternative) -> Floats:
    """The p-value of each statistic as the largest among those `beside` it `(..., K, K)`."""
    size = np.where(found.compared, _direction(found.effect.statistic, alternative), 0.0)
    degrees = np.where(found.compared, found.effect.freedom, np.inf)
    p_value = _largest(size, degrees, found.loadings[..., None, :], beside, alternative)
    return np.where(found.compared, p_value, np.nan)


def _largest(
    size: Floats, freedom: Floats, loadings: Floats, beside: Booleans, alternative: Alternative
) -> Floats:
    """P-values of statistics `(..., K)`, each among the comparisons `(..., K, K)` beside it."""
    shape = np.broadcast_shapes(size.shape, freedom.shape, loadings.shape[:-1], beside.shape[:-1])
    rows = _rows(freedom, loadings, beside, shape)
    bound = np.broadcast_to(size, shape).reshape(-1)
    return largest_p_value(bound, rows, two_sided=alternative == "two_sided").reshape(shape)


def _critical(found: _Compared, level: float) -> Floats:
    """The two-sided bound of all comparisons `(...)`."""
    shape = found.compared.shape[:-1]
    freedom = np.max(np.where(found.compared, found.effect.freedom, 1.0), axis=-1)
    rows = _rows(freedom, found.loadings, found.compared, shape)
    return critical_value(level, rows, two_sided=True).reshape(shape)


def _rows(
    freedom: Floats, loadings: Floats, compared: Booleans, shape: tuple[int, ...]
) -> Comparisons:
    count = loadings.shape[-1]
    return Comparisons(
        np.broadcast_to(freedom, shape).reshape(-1),
        np.broadcast_to(loadings, (*shape, count)).reshape(-1, count),
        np.broadcast_to(compared, (*shape, count)).reshape(-1, count),
    )


def _direction(statistic: Floats, alternative: Alternative) -> Floats:
    """The statistic so that large speaks for the alternative."""
    checked_alternative(alternative)
    if alternative == "two_sided":
        return np.abs(statistic)
    return statistic if alternative == "greater" else -statistic


def _given_loadings(correlation: npt.ArrayLike, count: int) -> Floats:
    rho = np.asarray(correlation, np.float64)
    if rho.shape[-2:] != (count, count) or count == 0:
        raise ValueError(
            f"correlation must hold {count} rows and columns, one for each comparison; "
            f"got shape {rho.shape}"
        )
    refuse("correlations must be positive and at most 1", rho, ~((rho > 0) & (rho <= 1)))
    loadings = one_factor_loadings(rho)
    refuse(
        "correlations must be those of comparisons with one control, products of loadings below 1",
        rho,
        np.broadcast_to(np.isnan(loadings)[..., None], rho.shape),
    )
    return loadings


def _checked_freedom(freedom: npt.ArrayLike) -> Floats:
    degrees = np.asarray(freedom, np.float64)
    refuse("freedom must be above 0, inf for normal statistics", degrees, ~(degrees > 0))
    return degrees
