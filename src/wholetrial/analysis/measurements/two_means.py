"""The difference of two means, by Student's t with one variance and by Welch's with two.

Values are `(..., P)`; NaN is left out. References: Student. Biometrika 1908;6:1-25. Welch BL.
Biometrika 1947;34:28-35.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import (
    Alternative,
    checked_alternative,
    checked_level,
)
from wholetrial.analysis.estimate import Effect, Floats, Reason, as_effect, first_reason
from wholetrial.analysis.measurements.linear_model import NEGLIGIBLE
from wholetrial.analysis.measurements.summaries import Summary, describe


class _Arms(NamedTuple):
    """The control arm and the arm compared with it."""

    control: Summary
    active: Summary


def mean_difference_student_t(
    values: npt.ArrayLike,
    arm: npt.ArrayLike,
    *,
    arms: tuple[int, int] = (0, 1),
    level: float = 0.95,
    alternative: Alternative = "two_sided",
) -> Effect:
    """Estimate the mean of the second of two arms less that of the first, with one variance.

    `arms` are codes in `arm` `(..., P)`, the control first; other participants are left out.

    >>> found = mean_difference_student_t([3, 5, 4, 9, 8, 13], [0, 0, 0, 1, 1, 1])
    >>> f"{found.value:.1f} ({found.low:.2f} to {found.high:.2f}), P={found.p_value:.4f}"
    '6.0 (1.47 to 10.53), P=0.0213'
    """
    compared = _arms(values, arm, arms)
    control, active = compared
    freedom = control.participants + active.participants - 2
    squares = _squares(control) + _squares(active)
    inverse = 1 / np.maximum(control.participants, 1) + 1 / np.maximum(active.participants, 1)
    error = np.sqrt(squares / np.maximum(freedom, 1.0) * inverse)
    return _effect(compared, error, freedom, level, alternative)


def mean_difference_welch_t(
    values: npt.ArrayLike,
    arm: npt.ArrayLike,
    *,
    arms: tuple[int, int] = (0, 1),
    level: float = 0.95,
    alternative: Alternative = "two_sided",
) -> Effect:
    """Estimate the mean of the second of two arms less that of the first, with two variances.

    `arms` are codes in `arm` `(..., P)`, the control first; other participants are left out. The
    degrees of freedom are Welch's.

    >>> found = mean_difference_welch_t([3, 5, 4, 9, 8, 13], [0, 0, 0, 1, 1, 1])
    >>> f"{found.value:.1f} ({found.low:.2f} to {found.high:.2f}), P={found.p_value:.4f}"
    '6.0 (0.26 to 11.74), P=0.0453'
    """
    compared = _arms(values, arm, arms)
    several = (compared.control.participants > 1) & (compared.active.participants > 1)
    variances = [np.where(several, part.standard_error, 0.0) ** 2 for part in compared]
    total = variances[0] + variances[1]
    scale = np.where(total > 0, total, 1.0)
    rest = [
        (variance / scale) ** 2 / np.maximum(part.participants - 1, 1.0)
        for variance, part in zip(variances, compared, strict=True)
    ]
    freedom = 1 / np.where(total > 0, rest[0] + rest[1], 1.0)
    return _effect(compared, np.sqrt(total), np.where(several, freedom, 0.0), level, alternative)


def _arms(values: npt.ArrayLike, arm: npt.ArrayLike, arms: tuple[int, int]) -> _Arms:
    if len(arms) != 2 or arms[0] == arms[1]:
        raise ValueError(f"arms must name two different arms, the control first; got {arms!r}")
    codes = np.asarray(arm)
    return _Arms(describe(values, codes == arms[0]), describe(values, codes == arms[1]))


def _squares(part: Summary) -> Floats:
    deviation = np.where(part.participants > 1, part.standard_deviation, 0.0)
    return np.asarray(deviation**2 * np.maximum(part.participants - 1, 0.0))


def _effect(
    compared: _Arms, error: Floats, freedom: Floats, level: float, alternative: Alternative
) -> Effect:
    checked_alternative(alternative)
    control, active = compared
    empty = (control.participants == 0) | (active.participants == 0)
    lowest = np.minimum(control.minimum, active.minimum)
    highest = np.maximum(control.maximum, active.maximum)
    negligible = NEGLIGIBLE * np.maximum(np.abs(lowest), np.abs(highest))
    reason = first_reason(
        (empty, Reason.NO_PARTICIPANTS),
        (freedom <= 0, Reason.TOO_FEW),
        (highest == lowest, Reason.NO_VARIATION),
        (error <= negligible, Reason.SINGULAR),
    )
    difference = active.mean - control.mean
    degrees = np.where(freedom > 0, freedom, 1.0)
    return as_effect(
        difference, error, degrees, checked_level(level), reason, alternative=alternative
    )
