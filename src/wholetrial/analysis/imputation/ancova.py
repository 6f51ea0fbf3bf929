"""Analysis of covariance at each visit of imputed measurements, pooled or with a jackknife.

The covariates are those of the imputation model. References: Carpenter JR, Roger JH, Kenward MG. J
Biopharm Stat 2013;23:1352-71; Wolbers M, Noci A, Delmar P, et al. Pharm Stat 2022;21:1246-57.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wholetrial.analysis.estimate import Effect, Floats, Reason, Reasons
from wholetrial.analysis.imputation.impute import Imputed
from wholetrial.analysis.imputation.measured import Measured
from wholetrial.analysis.imputation.pooling import jackknifed, pooled
from wholetrial.analysis.measurements.ancova import differences_from_control, ls_means
from wholetrial.analysis.measurements.covariates import measured
from wholetrial.analysis.measurements.linear_model import fit_linear_model


class ImputedAncova(NamedTuple):
    """Differences from the first arm `(..., V, A - 1)` and least-squares means `(..., V, A)`."""

    differences: Effect
    means: Effect


class _Analyses(NamedTuple):
    """Value, variance, residual degrees of freedom and reason of each data set `(M, ..., V, K)`."""

    value: Floats
    variance: Floats
    freedom: Floats
    reason: Reasons


def ancova_pooled(
    who: Measured, imputed: Imputed, level: float = 0.95, *, visits: Sequence[int] | None = None
) -> ImputedAncova:
    """Pool the analyses of covariance of multiply imputed data by Rubin's rules, at each visit.

    `visits` are the places of those analyzed, all by default.

    >>> from wholetrial.analysis.imputation.bootstrap import Draws
    >>> from wholetrial.analysis.imputation.impute import impute
    >>> from wholetrial.analysis.imputation.measured import Assumption, as_measured
    >>> first = [-3, -1, -2, -4, -2, -4, -3, -6, -5, -4]
    >>> second = [-4, -2, -2, -5, -1, -9, -8, -9, -6, float("nan")]
    >>> change = np.transpose([first, second])
    >>> baseline = np.transpose([[8, 14, 9, 9, 11, 9, 8, 15, 13, 10]])
    >>> who = as_measured(change, np.repeat([0, 1], 5), arms=[0, 1], covariates=baseline)
    >>> jump = Assumption("jump_to_reference", reference=0)
    >>> found = ancova_pooled(who, impute(who, jump, Draws(2007, 20))).differences
    >>> found.value[:, 0].round(3)
    array([-1.935, -4.111])
    """
    found = []
    for each in _analyses(who, imputed, visits):
        freedom = np.where(np.isnan(each.freedom[0]), np.inf, each.freedom[0])
        found.append(pooled(each.value, each.variance, freedom, level, reason=each.reason))
    return ImputedAncova(*found)


def ancova_jackknifed(
    who: Measured,
    once: Imputed,
    left_out: Imputed,
    level: float = 0.95,
    *,
    visits: Sequence[int] | None = None,
) -> ImputedAncova:
    """Analyze a conditional mean imputation at each visit, with the standard error of a jackknife.

    `once` is of `impute_conditional_mean` and `left_out` of `impute_leaving_one_out`.

    >>> from wholetrial.analysis.imputation.impute import impute_conditional_mean
    >>> from wholetrial.analysis.imputation.impute import impute_leaving_one_out
    >>> from wholetrial.analysis.imputation.measured import Assumption, as_measured
    >>> first = [-3, -1, -2, -4, -2, -4, -3, -6, -5, -4]
    >>> second = [-4, -2, -2, -5, -1, -9, -8, -9, -6, float("nan")]
    >>> change = np.transpose([first, second])
    >>> baseline = np.transpose([[8, 14, 9, 9, 11, 9, 8, 15, 13, 10]])
    >>> who = as_measured(change, np.repeat([0, 1], 5), arms=[0, 1], covariates=baseline)
    >>> jump = Assumption("jump_to_reference", reference=0)
    >>> parts = impute_conditional_mean(who, jump), impute_leaving_one_out(who, jump)
    >>> ancova_jackknifed(who, *parts).differences.value[:, 0].round(3)
    array([-1.935, -4.197])
    """
    counted = np.moveaxis(who.included, -1, 0)[..., None, None]
    found = []
    for whole, without in zip(
        _analyses(who, once, visits), _analyses(who, left_out, visits), strict=True
    ):
        failed = (without.reason != Reason.OK) & counted
        first = np.argmax(failed, axis=0)[None]
        why = np.take_along_axis(np.where(failed, without.reason, 0), first, axis=0)[0]
        why = np.where(whole.reason[0] == Reason.OK, why, whole.reason[0])
        found.append(jackknifed(whole.value[0], without.value, level, counted=counted, reason=why))
    return ImputedAncova(*found)


def _analyses(
    who: Measured, imputed: Imputed, visits: Sequence[int] | None
) -> tuple[_Analyses, _Analyses]:
    """The analyses of every data set: differences from the first arm, and means."""
    chosen = range(imputed.values.shape[-1]) if visits is None else visits
    values = np.moveaxis(imputed.values[..., list(chosen)], -1, -2)
    covariates = [
        measured(f"covariate {place}", who.covariates[..., None, :, place])
        for place in range(who.covariates.shape[-1])
    ]
    included = imputed.included[..., None, :]
    places = range(len(who.arms))
    model = fit_linear_model(values, covariates, included, arm=who.arm[..., None, :], arms=places)
    unfilled = np.any(np.isnan(values) & included, axis=-1)
    why = np.where(unfilled, imputed.reason[..., None], np.int8(Reason.OK))[..., None]
    return _of_effect(differences_from_control(model), why), _of_effect(ls_means(model), why)


def _of_effect(effect: Effect, missing: Reasons) -> _Analyses:
    reason = np.where(missing == Reason.OK, effect.reason, missing)
    return _Analyses(effect.value, effect.standard_error**2, effect.freedom, reason)
