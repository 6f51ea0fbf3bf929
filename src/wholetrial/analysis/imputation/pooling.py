"""One result of many: of the analyses of imputed data sets, or of those leaving one person out.

References: Rubin DB. Multiple Imputation for Nonresponse in Surveys. Wiley, 1987 (rules). Barnard
J, Rubin DB. Biometrika 1999;86:948-55 (degrees of freedom). Wolbers M, Noci A, Delmar P, et al.
Pharm Stat 2022;21:1246-57 (jackknife of a conditional mean imputation).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import checked_booleans, checked_level, refuse
from wholetrial.analysis.estimate import Effect, Floats, Reason, Reasons, as_effect, first_reason


def pooled(
    value: npt.ArrayLike,
    variance: npt.ArrayLike,
    complete_freedom: npt.ArrayLike = np.inf,
    level: float = 0.95,
    *,
    reason: npt.ArrayLike = Reason.OK,
) -> Effect:
    """Pool the analyses of M imputed data sets `(M, ...)` by Rubin's rules.

    `variance` is the squared standard error in each, `complete_freedom` `(...)` the degrees of
    freedom that the analysis has with complete data (`inf` for a normal one), `reason` `(M, ...)`
    why an analysis has no number: then the pooled one has none either.

    >>> effect = pooled([2.0, 2.4, 1.9], [0.25, 0.27, 0.26], 60)
    >>> f"{effect.value:.2f}, SE {effect.standard_error:.4f}, {effect.freedom:.1f} d.f."
    '2.10, SE 0.5944, 17.2 d.f.'
    """
    level = checked_level(level)
    values, within, why = np.broadcast_arrays(
        _imputations("value", value), np.asarray(variance, np.float64), np.asarray(reason, np.int8)
    )
    given = why == Reason.OK
    refuse("value must be a finite number in every analysis", values, given & ~np.isfinite(values))
    refuse("variance must be 0 or more", within, given & ~((within >= 0) & np.isfinite(within)))
    values, within = np.where(given, values, 0.0), np.where(given, within, 0.0)
    many = len(values)
    mean, inside = _over_analyses(values) / many, _over_analyses(within) / many
    between = _over_analyses((values - mean) ** 2) / max(many - 1, 1)
    total = inside + (1 + 1 / many) * between
    why = np.where(np.any(~given, axis=0), _first_of(why), np.int8(Reason.OK))
    failed = first_reason(
        (np.full(total.shape, many < 2), Reason.TOO_FEW), (total <= 0, Reason.NO_VARIATION)
    )
    why = np.where(why == Reason.OK, failed, why)
    missing_share = (1 + 1 / many) * between / np.where(total > 0, total, 1.0)
    freedom = _barnard_rubin(missing_share, many, np.asarray(complete_freedom, np.float64))
    estimate = np.where(np.all(given, axis=0), mean, np.nan)
    return as_effect(estimate, np.sqrt(total), freedom, level, why)


def jackknifed(
    value: npt.ArrayLike,
    left_out: npt.ArrayLike,
    level: float = 0.95,
    *,
    counted: npt.ArrayLike = True,
    reason: npt.ArrayLike = Reason.OK,
) -> Effect:
    """Give an estimate `(...)` its error from the estimates `(P, ...)` leaving each person out.

    `counted` `(P, ...)` says who is analyzed at all, `reason` `(...)` why there is no estimate.
    Limits are normal.

    >>> weights = np.array([4.0, 6.0, 7.0, 11.0])
    >>> left_out = [np.delete(weights, place).mean() for place in range(4)]
    >>> f"{jackknifed(weights.mean(), left_out).standard_error:.4f}"  # as of a mean: s / 2
    '1.4720'
    """
    level = checked_level(level)
    estimate, why = np.asarray(value, np.float64), np.asarray(reason, np.int8)
    known = why == Reason.OK
    refuse("value must be a finite number", estimate, known & ~np.isfinite(estimate))
    estimates = _imputations("left_out", left_out)
    inside = checked_booleans("counted", np.broadcast_to(np.asarray(counted), estimates.shape))
    inside = inside & known
    refuse("left_out must be finite numbers", estimates, inside & ~np.isfinite(estimates))
    people = np.sum(inside, axis=0)
    estimates = np.where(inside, estimates, 0.0)
    center = np.sum(estimates, axis=0) / np.maximum(people, 1)
    squares = np.sum(np.where(inside, estimates - center, 0.0) ** 2, axis=0)
    error = np.sqrt(squares * (people - 1.0) / np.maximum(people, 1))
    constant = error <= 10 * np.finfo(np.float64).eps * np.abs(center)
    failed = first_reason((people < 2, Reason.TOO_FEW), (constant, Reason.NO_VARIATION))
    why = np.where(known, failed, why)
    return as_effect(np.where(known, estimate, np.nan), error, np.inf, level, why)


def _barnard_rubin(missing_share: Floats, many: int, complete: Floats) -> Floats:
    """Degrees of freedom; without missing information those of the complete data, shrunk a bit."""
    refuse("complete_freedom must be above 0", complete, ~(complete > 0))
    finite = np.where(np.isinf(complete), 1.0, complete)
    observed = finite * (finite + 1) / (finite + 3) * (1 - missing_share)
    inverse = np.where(np.isinf(complete), 0.0, 1 / np.maximum(observed, np.finfo(float).tiny))
    precision = missing_share * missing_share / max(many - 1, 1) + inverse
    return np.where(precision > 0, 1 / np.where(precision > 0, precision, 1.0), np.inf)


def _over_analyses(values: Floats) -> Floats:
    """The sum over the first axis, to the same bits for one trial alone and among others."""
    return np.asarray(np.sum(np.ascontiguousarray(np.moveaxis(values, 0, -1)), axis=-1))


def _first_of(reasons: Reasons) -> Reasons:
    """The first reason along the first axis that is not OK."""
    first = np.argmax(reasons != Reason.OK, axis=0)
    return np.asarray(np.take_along_axis(reasons, first[None], axis=0)[0])


def _imputations(name: str, values: npt.ArrayLike) -> Floats:
    numbers = np.asarray(values, np.float64)
    if numbers.ndim == 0 or len(numbers) == 0:
        raise ValueError(
            f"{name} must hold at least one analysis on the first axis; got shape {numbers.shape}"
        )
    return numbers
