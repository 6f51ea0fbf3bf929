"""The normal model of measurements where who misses a visit misses all later ones: in closed form.

With an own coefficient of each column of the design at each visit and one unstructured covariance,
the residual likelihood is a product over visits: of each visit's regression on the design and on
the visits before, with the residual sum of squares divided by the participants less the columns of
the design. So a sum of products per visit is all that a fit needs, of any number of samples at
once. References: Anderson TW. J Am Stat Assoc 1957;52:200-3 (factors of the likelihood); Patterson
HD, Thompson R. Biometrika 1971;58:545-54 (residual likelihood).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wholetrial.analysis.arguments import Booleans
from wholetrial.analysis.estimate import Floats, Reason, Reasons, first_reason

LEAST_SHARE = 1e-10
"""Smallest part of a column's sum of squares, not explained by those before, that is not zero."""


class Fitted(NamedTuple):
    """Coefficients `(R, M, V, F)`, covariance `(R, M, V, V)` and reason `(R, M)` of M samples."""

    coefficients: Floats
    covariance: Floats
    reason: Reasons


class _Regression(NamedTuple):
    """One visit on design and earlier ones: coefficients `(K, R, M)`, variance, reason."""

    coefficients: Floats
    variance: Floats
    reason: Reasons


def is_monotone(values: Floats, included: Booleans) -> Booleans:
    """Say of each analysis whether everybody's visits are measured up to some visit and no later.

    >>> tables = np.array([[[5, 4, np.nan]], [[5, np.nan, 3]]])
    >>> is_monotone(tables, np.ones((2, 1), bool))
    array([ True, False])
    """
    seen = ~np.isnan(values)
    returned = seen[..., 1:] & ~seen[..., :-1] & included[..., None]
    return np.asarray(~np.any(returned, axis=(-2, -1)))


def fit_monotone(
    values: Floats, design: Floats, counts: Floats, dropped: Booleans | None = None
) -> Fitted:
    """Fit the model to samples of the participants by residual maximum likelihood.

    Values `(R, P, V)` with NaN after the last visit measured, design `(R, P, F)`, and how often
    each participant is in each sample, `counts` `(R, M, P)`. Columns `dropped` `(R, V, F)` are not
    in the model of a visit. A mean and a standard deviation:

    >>> values, ones = np.array([[[3.0], [5.0], [7.0]]]), np.ones((1, 3, 1))
    >>> fit = fit_monotone(values, ones, np.ones((1, 1, 3)))
    >>> float(fit.coefficients.item()), float(fit.covariance.item())
    (5.0, 4.0)
    """
    columns, visits = design.shape[-1], values.shape[-1]
    shape = (visits, *counts.shape[:2])
    means, covariance = np.zeros((columns, *shape)), np.zeros((visits, *shape))
    reasons = []
    known = np.nan_to_num(values)
    without = np.zeros((len(values), visits, columns), bool) if dropped is None else dropped
    for visit in range(visits):
        seen = ~np.isnan(values[..., visit])
        gone = without[:, visit]
        kept = np.where(gone[:, None, :], 0.0, design)
        regressors = np.concatenate([kept, known[..., : visit + 1]], axis=-1)
        step = _regression(_products(regressors * seen[..., None], counts), gone)
        on_design, on_earlier = step.coefficients[:columns], step.coefficients[columns:]
        means[:, visit] = on_design
        covariance[visit, visit] = step.variance
        for earlier in range(visit):
            means[:, visit] += on_earlier[earlier] * means[:, earlier]
            covariance[visit, :visit] += on_earlier[earlier] * covariance[earlier, :visit]
        for earlier in range(visit):
            covariance[earlier, visit] = covariance[visit, earlier]
            covariance[visit, visit] += on_earlier[earlier] * covariance[visit, earlier]
        reasons.append(step.reason)
    return Fitted(
        np.ascontiguousarray(np.moveaxis(means, (0, 1), (-1, -2))),
        np.ascontiguousarray(np.moveaxis(covariance, (0, 1), (-2, -1))),
        first_reason(*((why == reason, reason) for why in reasons for reason in _FAILURES)),
    )


_FAILURES = (Reason.TOO_FEW, Reason.COLLINEAR, Reason.NO_VARIATION)


def _products(regressors: Floats, counts: Floats) -> Floats:
    """The sums of products of the columns in each sample, `(K, K, R, M)`."""
    analyses, people, columns = regressors.shape
    outer = regressors[..., :, None] * regressors[..., None, :]
    summed = _one_by_one(counts, outer.reshape(analyses, 1, people, columns**2))
    return np.ascontiguousarray(np.moveaxis(summed, -1, 0)).reshape(
        columns, columns, *counts.shape[:2]
    )


def _one_by_one(counts: Floats, products: Floats) -> Floats:
    """Sums of each sample `(R, M, K)`, the same whatever other samples there are beside it."""
    return np.asarray((counts[..., None, :] @ products)[..., 0, :])


def _regression(products: Floats, dropped: Booleans) -> _Regression:
    """Regress the last column on the others by elimination; the first one counts participants.

    The columns of the design come first, some of them `dropped` `(R, F)`, which are all zero.
    """
    people, last = products[0, 0].copy(), len(products) - 1
    totals = np.stack([products[place, place] for place in range(last + 1)])
    lost = np.sum(dropped, axis=-1)[:, None]
    columns = dropped.shape[-1] - lost
    enough = people >= last + 1 - lost
    independent = np.ones(enough.shape, bool)
    for place in range(last):
        pivot = products[place, place]
        gone = dropped[:, place, None] if place < dropped.shape[-1] else np.zeros((1, 1), bool)
        independent = independent & (gone | (pivot > LEAST_SHARE * totals[place]))
        usable = independent & enough & ~gone
        pivot = np.where(usable, pivot, 1.0)
        factor = np.where(usable, products[place + 1 :, place] / pivot, 0.0)
        products[place + 1 :, place:] -= factor[:, None] * products[place, place:]
        products[place, place] = pivot
    residual = products[last, last]
    varies = residual > LEAST_SHARE * totals[last]
    reason = first_reason(
        (~enough, Reason.TOO_FEW), (~independent, Reason.COLLINEAR), (~varies, Reason.NO_VARIATION)
    )
    given = reason == Reason.OK
    solved = np.zeros((last, *enough.shape))
    for place in range(last - 1, -1, -1):
        rest = products[place, last].copy()
        for later in range(place + 1, last):
            rest -= products[place, later] * solved[later]
        solved[place] = np.where(given, rest / products[place, place], 0.0)
    variance = np.where(given, residual, 1.0) / np.where(given, people - columns, 1.0)
    return _Regression(solved, variance, reason)
