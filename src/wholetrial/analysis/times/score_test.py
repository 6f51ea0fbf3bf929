"""The test of arms by a score: how far each arm lies from what no difference between them expects.

The score of an arm is normal with mean 0 and a known covariance: the chi-square test of all arms
at once, and the normal test of two, which has a direction. Rao CR. Proc Camb Philos Soc
1948;44:50-7.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import Alternative, checked_alternative
from wholetrial.analysis.estimate import (
    Floats,
    Reason,
    Reasons,
    Test,
    as_test,
    first_reason,
    student_p_value,
)

LEAST_SPREAD = 1e-12
"""Smallest eigenvalue of a covariance, as a share of the largest, that is not taken for zero."""


def chi_square_test(excess: Floats, covariance: Floats, reason: Reasons) -> Test:
    """Test that the scores `(..., A)` of all arms are 0; they add up to 0, so A - 1 are free.

    >>> test = chi_square_test(
    ...     np.array([1.5, -1.5]), np.array([[0.75, -0.75], [-0.75, 0.75]]), np.int8(0)
    ... )
    >>> f"{test.statistic:.1f}, P={test.p_value:.4f}"
    '3.0, P=0.0833'
    """
    free = excess.shape[-1] - 1
    score, spread = excess[..., :free], covariance[..., :free, :free]
    why = _with_singular(spread, reason)
    statistic = quadratic_form(score, spread, why == Reason.OK)
    return as_test(special.chdtrc(free, statistic), statistic, why)


def directed_test(
    excess: Floats, covariance: Floats, reason: Reasons, alternative: Alternative = "two_sided"
) -> Test:
    """Test the first of two arms: z, positive where it has more than expected.

    `greater` asks whether it has more, `less` whether it has fewer. ValueError for other than two.

    >>> test = directed_test(
    ...     np.array([-1.5, 1.5]), np.array([[0.75, -0.75], [-0.75, 0.75]]), np.int8(0), "less"
    ... )
    >>> f"{test.statistic:.4f}, P={test.p_value:.4f}"
    '-1.7321, P=0.0416'
    """
    alternative_checked = checked_alternative(alternative)
    if excess.shape[-1] != 2:
        raise ValueError(f"a test with a direction compares two arms; got {excess.shape[-1]}")
    spread = covariance[..., :1, :1]
    why = _with_singular(spread, reason)
    variance = np.where(why == Reason.OK, spread[..., 0, 0], 1.0)
    statistic = excess[..., 0] / np.sqrt(variance)
    return as_test(student_p_value(statistic, np.inf, alternative_checked), statistic, why)


def quadratic_form(score: Floats, spread: Floats, solvable: npt.ArrayLike) -> Floats:
    """Score times the inverse of its covariance times score; of those that are solvable."""
    free = score.shape[-1]
    known = np.where(np.asarray(solvable)[..., None, None], spread, np.eye(free))
    if free == 1:
        return np.asarray(score[..., 0] ** 2 / known[..., 0, 0])
    weight = np.linalg.solve(known, score[..., None])[..., 0]
    return np.asarray(np.sum(score * weight, axis=-1))


def _with_singular(spread: Floats, reason: Reasons) -> Reasons:
    if spread.shape[-1] == 1:
        singular = spread[..., 0, 0] <= 0
    else:
        sizes = np.linalg.eigvalsh(spread)
        singular = sizes[..., 0] <= LEAST_SPREAD * np.maximum(sizes[..., -1], 1e-300)
    return np.where(
        np.asarray(reason) == Reason.OK, first_reason((singular, Reason.SINGULAR)), reason
    ).astype(np.int8)
