"""Adjusted p-values of several tests; the tests of one family are the last axis, `(..., M)`.

An adjusted p-value is the smallest overall level at which the procedure rejects. A test that gave
no p-value (NaN) stays NaN, is not rejected, and counts in the procedure as one with a p-value of 1;
the others stay valid. References: Dunn OJ. J Am Stat Assoc 1961;56:52-64 (Bonferroni). Sidak Z. J
Am Stat Assoc 1967;62:626-33. Holm S. Scand J Stat 1979;6:65-70. Hochberg Y. Biometrika
1988;75:800-2. Hommel G. Biometrika 1988;75:383-6. Westfall PH, Krishen A. J Stat Plan Inference
2001;99:25-40 (fixed sequence). Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300. Benjamini
Y, Yekutieli D. Ann Stat 2001;29:1165-88.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import refuse
from wholetrial.analysis.estimate import Floats


def bonferroni(p_values: npt.ArrayLike) -> Floats:
    """Multiply each p-value by the number of tests.

    >>> bonferroni([0.01, 0.02, 0.4])
    array([0.03, 0.06, 1.  ])
    """
    p = counted_p_values(p_values)
    return _kept(p_values, p * p.shape[-1])


def sidak(p_values: npt.ArrayLike) -> Floats:
    """Adjust by the smallest p-value's distribution among independent tests.

    >>> sidak([0.01, 0.02, 0.4]).round(6)
    array([0.029701, 0.058808, 0.784   ])
    """
    p = counted_p_values(p_values)
    certain = p == 1
    log = p.shape[-1] * np.log1p(-np.where(certain, 0.0, p))
    return _kept(p_values, np.where(certain, 1.0, -np.expm1(log)))


def holm(p_values: npt.ArrayLike) -> Floats:
    """Step down from the smallest p-value, each time dividing the level by the tests left.

    >>> holm([0.01, 0.02, 0.4])
    array([0.03, 0.04, 0.4 ])
    """
    p = counted_p_values(p_values)
    order = np.argsort(p, axis=-1, kind="stable")
    left = np.arange(p.shape[-1], 0, -1)
    stepped = np.maximum.accumulate(np.take_along_axis(p, order, axis=-1) * left, axis=-1)
    return _kept(p_values, _in_place(stepped, order))


def hochberg(p_values: npt.ArrayLike) -> Floats:
    """Step up from the largest p-value; valid where the tests are independent or agree.

    >>> hochberg([0.03, 0.02, 0.04])
    array([0.04, 0.04, 0.04])
    """
    p = counted_p_values(p_values)
    return _kept(p_values, _stepped_up(p, np.arange(p.shape[-1], 0, -1)))


def hommel(p_values: npt.ArrayLike) -> Floats:
    """Test every intersection by Simes' test; valid where the tests are independent or agree.

    >>> hommel([0.01, 0.03, 0.05])
    array([0.03, 0.05, 0.05])
    """
    p = counted_p_values(p_values)
    tests = p.shape[-1]
    order = np.argsort(p, axis=-1, kind="stable")
    ascending = np.take_along_axis(p, order, axis=-1)
    adjusted = np.array(ascending)
    place = np.arange(tests)
    for size in range(2, tests + 1):
        largest = ascending[..., tests - size :]
        rank = np.arange(1, size + 1)
        above = np.min(size * largest[..., 1:] / rank[1:], axis=-1, keepdims=True)
        whole = np.minimum(size * largest[..., :1], above)
        local = np.where(place >= tests - size, whole, np.minimum(size * ascending, above))
        adjusted = np.maximum(adjusted, local)
    return _kept(p_values, _in_place(adjusted, order))


def fixed_sequence(p_values: npt.ArrayLike) -> Floats:
    """Test in the order given, each at the full level, until one does not reject.

    >>> fixed_sequence([0.01, 0.03, 0.02])
    array([0.01, 0.03, 0.03])
    """
    p = counted_p_values(p_values)
    return _kept(p_values, np.maximum.accumulate(p, axis=-1))


def benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """Control the false discovery rate, not the chance of any error.

    >>> benjamini_hochberg([0.01, 0.02, 0.4])
    array([0.03, 0.03, 0.4 ])
    """
    p = counted_p_values(p_values)
    return _kept(p_values, _stepped_up(p, p.shape[-1] / np.arange(1, p.shape[-1] + 1)))


def benjamini_yekutieli(p_values: npt.ArrayLike) -> Floats:
    """Control the false discovery rate whatever the dependence of the tests.

    >>> benjamini_yekutieli([0.01, 0.02, 0.4]).round(4)
    array([0.055 , 0.055 , 0.7333])
    """
    p = counted_p_values(p_values)
    rank = np.arange(1, p.shape[-1] + 1)
    return _kept(p_values, _stepped_up(p, np.sum(1 / rank) * p.shape[-1] / rank))


def counted_p_values(p_values: npt.ArrayLike) -> Floats:
    """Return p-values `(..., M)` with 1 for those there are none of, or raise ValueError."""
    p = np.asarray(p_values, np.float64)
    if p.ndim == 0 or p.shape[-1] == 0:
        raise ValueError(
            f"p_values must hold the p-value of each of at least one test; got shape {p.shape}"
        )
    refuse("p_values must lie between 0 and 1, or be missing (nan)", p, (p < 0) | (p > 1))
    return np.where(np.isnan(p), 1.0, p)


def _stepped_up(p: Floats, factors: npt.NDArray[np.float64 | np.intp]) -> Floats:
    order = np.argsort(p, axis=-1, kind="stable")
    scaled = np.take_along_axis(p, order, axis=-1) * factors
    stepped = np.minimum.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    return _in_place(stepped, order)


def _in_place(ordered: Floats, order: npt.NDArray[np.intp]) -> Floats:
    """Numbers of the tests in ascending order of their p-values, in the order of the tests."""
    adjusted = np.empty_like(ordered)
    np.put_along_axis(adjusted, order, ordered, axis=-1)
    return adjusted


def _kept(p_values: npt.ArrayLike, adjusted: Floats) -> Floats:
    """At most 1, and NaN where there was no p-value."""
    missing = np.isnan(np.asarray(p_values, np.float64))
    return np.where(missing, np.nan, np.minimum(adjusted, 1.0))
