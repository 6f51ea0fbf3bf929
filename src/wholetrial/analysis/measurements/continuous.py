"""Change of a measurement: mean with Student's t interval, paired t test.

Participants are the last axis, `(..., P)`; a missing value is NaN and is left out: how missing data
are handled is decided before. Reference: Student, Biometrika 1908;6:1-25.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import (
    Alternative,
    check_participants,
    checked_alternative,
    checked_level,
    refuse,
    same_shape,
)
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    Reasons,
    Test,
    as_interval,
    as_test,
    first_reason,
)


class _Mean(NamedTuple):
    """Mean, its standard error and degrees of freedom `(...)`, or why there is no error."""

    mean: Floats
    standard_error: Floats
    freedom: Floats
    reason: Reasons


def mean_change_t(change: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Estimate the mean change of those measured, with Student's t interval.

    >>> interval = mean_change_t([-8, -5, -11, float("nan"), -4])
    >>> f"{interval.value:.1f} ({interval.low:.2f} to {interval.high:.2f})"
    '-7.0 (-12.03 to -1.97)'
    """
    level = checked_level(level)
    mean, error, freedom, reason = _mean(np.asarray(change, np.float64))
    half = error * special.stdtrit(freedom, 1 - (1 - level) / 2)
    return as_interval(mean, (mean - half, mean + half), level, reason)


def paired_t_test(
    before: npt.ArrayLike, after: npt.ArrayLike, alternative: Alternative = "two_sided"
) -> Test:
    """Test that the mean of after minus before is zero, in those measured both times.

    >>> test = paired_t_test([20, 18, 25, 17], [12, 13, 14, 13])
    >>> f"t={test.statistic:.3f}, P={test.p_value:.4f}"
    't=-4.427, P=0.0214'
    """
    checked_alternative(alternative)
    first, second = same_shape(np.asarray(before, np.float64), np.asarray(after, np.float64))
    mean, error, freedom, reason = _mean(second - first)
    statistic = mean / np.where(reason == Reason.OK, error, 1.0)
    if alternative == "less":
        p_value = special.stdtr(freedom, statistic)
    elif alternative == "greater":
        p_value = special.stdtr(freedom, -statistic)
    else:
        p_value = 2 * special.stdtr(freedom, -np.abs(statistic))
    return as_test(p_value, statistic, reason)


def _mean(values: Floats) -> _Mean:
    check_participants("values", values)
    refuse("values must be finite or missing (nan)", values, np.isinf(values))
    measured = ~np.isnan(values)
    count = np.sum(measured, axis=-1)
    mean = np.sum(np.where(measured, values, 0.0), axis=-1) / np.maximum(count, 1)
    deviation = np.where(measured, values - mean[..., None], 0.0)
    freedom = np.maximum(count - 1.0, 1.0)
    variance = np.sum(deviation**2, axis=-1) / freedom
    error = np.sqrt(variance / np.maximum(count, 1))
    constant = error <= 10 * np.finfo(np.float64).eps * np.abs(mean)
    reason = first_reason(
        (count == 0, Reason.NO_PARTICIPANTS),
        (count == 1, Reason.TOO_FEW),
        (constant, Reason.NO_VARIATION),
    )
    return _Mean(np.where(count > 0, mean, np.nan), error, freedom, reason)
