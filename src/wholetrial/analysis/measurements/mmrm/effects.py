"""The usual model of a trial with repeated measures: arms by visits, and covariates.

Each arm has a mean of its own at each visit; a covariate has one slope, or one at each visit.
References: Mallinckrodt CH, Clark WS, David SR. J Biopharm Stat 2001;11:9-21; Searle SR, Speed FM,
Milliken GA. Am Stat 1980;34:216-21 (least-squares means).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Alternative, Booleans, checked_booleans
from wholetrial.analysis.estimate import Effect, Floats, Reason, Reasons
from wholetrial.analysis.measurements.covariates import Covariate, check_known, columns_of
from wholetrial.analysis.measurements.mmrm.contrasts import JointTest, contrasts, joint_test
from wholetrial.analysis.measurements.mmrm.design import Design
from wholetrial.analysis.measurements.mmrm.fit import (
    Estimation,
    MixedModel,
    checked_values,
    fit_columns,
)

REPLICATES_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class RepeatedMeasures:
    """How repeated measures are analyzed: the covariance and the covariates' slopes.

    `by_visit` names the covariates that have a slope at each visit; the others have one. `freedom`
    names the variances and degrees of freedom, as in `contrast`.
    """

    structure: str = "unstructured"
    freedom: str = "satterthwaite"
    by_visit: tuple[str, ...] = ()
    estimation: Estimation = "reml"
    level: float = 0.95
    alternative: Alternative = "two_sided"


class VisitModel(NamedTuple):
    """A fitted model of A arms at V visits.

    `means` `(..., A, V, F)` are the weights of the least-squares means, `measured` `(..., A, V)`
    the participants with a value, `reason` `(..., A, V)` why a mean cannot be estimated.
    """

    model: MixedModel
    means: Floats
    measured: npt.NDArray[np.int64]
    reason: Reasons
    plan: RepeatedMeasures


class VisitEffects(NamedTuple):
    """Least-squares means `(..., A, V)`, and differences from the first arm `(..., A - 1, V)`.

    With one arm there are no differences. `measured` `(..., A, V)` counts the values.
    """

    means: Effect
    differences: Effect | None
    measured: npt.NDArray[np.int64]


class _Cells(NamedTuple):
    """Values `(..., P, V)` of those analyzed, their columns `(..., P, A + K)`, counts by cell."""

    values: Floats
    columns: Floats
    measured: npt.NDArray[np.int64]


def visit_effects(
    values: npt.ArrayLike,
    covariates: Sequence[Covariate] = (),
    included: npt.ArrayLike = True,
    *,
    arm: npt.ArrayLike = 0,
    arms: Sequence[int] = (0,),
    plan: RepeatedMeasures = RepeatedMeasures(),
) -> VisitEffects:
    """Estimate each arm's mean at each visit and its difference from the first arm.

    `values` `(..., P, V)` are NaN where missing, `arm` `(..., P)` holds codes; participants of arms
    that `arms` does not name are left out. Means are at the covariates' averages over all values
    analyzed, with the levels of a factor weighed equally. Raises ValueError for a covariate that is
    not known of a participant analyzed.

    >>> changes = [[-1, -2], [-3, -3], [-2, float("nan")], [-4, -8], [-5, -6], [-3, -7]]
    >>> found = visit_effects(changes, arm=[0, 0, 0, 1, 1, 1], arms=[0, 1])
    >>> found.differences.value.round(2), found.differences.p_value.round(4)
    (array([[-2. , -4.5]]), array([[0.0705, 0.0124]]))
    """
    numbers = checked_values(values)
    leading = np.broadcast_shapes(
        numbers.shape[:-2],
        np.shape(included)[:-1],
        np.shape(arm)[:-1],
        *(covariate.columns.shape[:-2] for covariate in covariates),
    )
    replicates = int(np.prod(leading, dtype=np.int64))
    found = []
    for first in range(0, max(replicates, 1), REPLICATES_AT_ONCE):
        rows = slice(first, first + REPLICATES_AT_ONCE)
        part = fit_visits(
            _rows(numbers, leading, 2)[rows],
            [
                covariate._replace(columns=_rows(covariate.columns, leading, 2)[rows])
                for covariate in covariates
            ],
            _rows(np.asarray(included), leading, 1)[rows],
            arm=_rows(np.asarray(arm), leading, 1)[rows],
            arms=arms,
            plan=plan,
        )
        several = len(arms) > 1
        found.append(
            VisitEffects(
                visit_means(part), visit_differences(part) if several else None, part.measured
            )
        )
    return _joined(found, leading)


def fit_visits(
    values: npt.ArrayLike,
    covariates: Sequence[Covariate] = (),
    included: npt.ArrayLike = True,
    *,
    arm: npt.ArrayLike = 0,
    arms: Sequence[int] = (0,),
    plan: RepeatedMeasures = RepeatedMeasures(),
) -> VisitModel:
    """Fit the model of arms by visits; `visit_effects` gives what is usually asked of it."""
    unknown = set(plan.by_visit) - {covariate.name for covariate in covariates}
    if unknown:
        raise ValueError(f"by_visit must name covariates; got {', '.join(sorted(unknown))}")
    numbers = checked_values(values)
    cells = _cells(numbers, covariates, included, np.asarray(arm), arms)
    layout, owners = _layout(len(arms), numbers.shape[-1], covariates, plan)
    model = fit_columns(
        cells.values,
        Design(cells.columns, layout),
        structure=plan.structure,
        estimation=plan.estimation,
    )
    means = _mean_weights(cells, layout, covariates)
    reason = np.where(cells.measured == 0, np.int8(Reason.NOT_MEASURED), np.int8(Reason.OK))
    collinear = _collinear(model, cells, owners, covariates)
    reason = np.where(collinear[..., None, None], np.int8(Reason.COLLINEAR), reason)
    return VisitModel(model, means, cells.measured, reason, plan)


def visit_means(fit: VisitModel) -> Effect:
    """Estimate the least-squares mean of each arm at each visit `(..., A, V)`."""
    return _effects(fit, fit.means, fit.reason)


def visit_differences(fit: VisitModel) -> Effect:
    """Estimate the difference of each other arm from the first at each visit `(..., A - 1, V)`."""
    if fit.means.shape[-3] < 2:
        raise ValueError(
            f"a comparison with control needs two or more arms; got {fit.means.shape[-3]}"
        )
    weights = fit.means[..., 1:, :, :] - fit.means[..., :1, :, :]
    reason = np.maximum(fit.reason[..., 1:, :], fit.reason[..., :1, :])
    return _effects(fit, weights, reason)


def arm_by_visit_test(fit: VisitModel) -> JointTest:
    """Test by F that the differences between arms are the same at every visit."""
    if min(fit.means.shape[-3:-1]) < 2:
        raise ValueError(
            f"an interaction needs two or more arms and visits; got {fit.means.shape[-3:-1]}"
        )
    changes = fit.means[..., :, 1:, :] - fit.means[..., :, :1, :]
    weights = changes[..., 1:, :, :] - changes[..., :1, :, :]
    weights = weights.reshape(*weights.shape[:-3], -1, weights.shape[-1])
    return joint_test(fit.model, weights, freedom=fit.plan.freedom)


def _cells(
    numbers: Floats,
    covariates: Sequence[Covariate],
    included: npt.ArrayLike,
    arm: npt.NDArray[np.int64],
    arms: Sequence[int],
) -> _Cells:
    if len(arms) == 0 or len(set(arms)) != len(arms):
        raise ValueError(f"arms must name one or more different arms; got {list(arms)}")
    people = numbers.shape[:-1]
    inside = checked_booleans("included", np.asarray(included))
    member = (arm[..., None] == np.asarray(arms)) & inside[..., None]
    shape = np.broadcast_shapes(people, member.shape[:-1])
    member = np.broadcast_to(member, (*shape, len(arms)))
    known = np.any(member, axis=-1, keepdims=True) & ~np.isnan(numbers)
    columns = columns_of(covariates, shape)
    check_known(columns, np.any(known, axis=-1))
    leading = columns.shape[:-2]
    turned = np.swapaxes(columns, -1, -2)
    known = np.broadcast_to(known, (*leading, *known.shape[-2:]))
    member = np.broadcast_to(member, (*leading, *member.shape[-2:]))
    counted = np.swapaxes(member.astype(np.float64), -1, -2) @ known.astype(np.float64)
    return _Cells(
        np.where(known, numbers, np.nan),
        np.concatenate([member, turned], axis=-1),
        counted.astype(np.int64),
    )


def _layout(
    arms: int, visits: int, covariates: Sequence[Covariate], plan: RepeatedMeasures
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """The layout of the columns over visits, and the covariate of each effect, -1 for the arms."""
    unit = np.eye(visits)
    parts = [np.repeat(unit[None], arms, axis=0)]
    blocks = [parts[0][place] for place in range(arms)]
    owners = [-1] * (arms * visits)
    for number, covariate in enumerate(covariates):
        block = unit if covariate.name in plan.by_visit else np.ones((visits, 1))
        for _ in range(covariate.columns.shape[-1]):
            blocks.append(block)
            owners += [number] * block.shape[1]
    layout = np.zeros((len(blocks), visits, len(owners)))
    first = 0
    for place, block in enumerate(blocks):
        layout[place, :, first : first + block.shape[1]] = block
        first += block.shape[1]
    return layout, np.array(owners)


def _mean_weights(cells: _Cells, layout: Floats, covariates: Sequence[Covariate]) -> Floats:
    """Weights of each arm's mean at each visit, at the covariates' averages."""
    arms = cells.measured.shape[-2]
    rows = np.sum(~np.isnan(cells.values), axis=-1, keepdims=True).astype(np.float64)
    columns = np.where(rows > 0, cells.columns[..., arms:], 0.0)
    average = np.sum(rows * columns, axis=-2) / np.maximum(rows.sum(axis=-2), 1)
    first = 0
    for covariate in covariates:
        last = first + covariate.columns.shape[-1]
        if covariate.is_factor:
            present = average[..., first:last] > 0
            levels = np.maximum(present.sum(axis=-1, keepdims=True), 1)
            average[..., first:last] = present / levels
        first = last
    of_arms = np.broadcast_to(np.eye(arms), (*average.shape[:-1], arms, arms))
    repeated = np.repeat(average[..., None, :], arms, axis=-2)
    weights = np.concatenate([of_arms, repeated], axis=-1)
    return np.asarray(np.einsum("...ad,dvf->...avf", weights, layout))


def _collinear(
    model: MixedModel,
    cells: _Cells,
    owners: npt.NDArray[np.int64],
    covariates: Sequence[Covariate],
) -> Booleans:
    """Whether a measured covariate has no slope of its own at any visit."""
    found = np.zeros(model.reason.shape, bool)
    for number, covariate in enumerate(covariates):
        if not covariate.is_factor:
            found |= np.all(model.aliased[..., owners == number], axis=-1)
    return np.asarray(found & np.any(cells.measured > 0, axis=(-2, -1)))


def _effects(fit: VisitModel, weights: Floats, reason: Reasons) -> Effect:
    flat = weights.reshape(*weights.shape[:-3], -1, weights.shape[-1])
    plan = fit.plan
    found = contrasts(
        fit.model, flat, freedom=plan.freedom, level=plan.level, alternative=plan.alternative
    )
    shape = (*found.value.shape[:-1], *weights.shape[-3:-1])
    parts = {name: getattr(found, name).reshape(shape) for name in _NUMBERS}
    failed = np.broadcast_to(fit.model.reason[..., None, None] != Reason.OK, shape)
    own = (reason != Reason.OK) & ~failed
    told = {name: np.where(own, np.nan, array) for name, array in parts.items()}
    why = np.where(own, reason, found.reason.reshape(shape))
    return Effect(level=found.level, reason=why, **told)


_NUMBERS = tuple(name for name in Effect.__slots__ if name not in ("level", "reason"))


def _rows(array: npt.NDArray[Any], leading: tuple[int, ...], last: int) -> npt.NDArray[Any]:
    """The array with the replicates on one axis in front."""
    if array.ndim < last:
        return np.broadcast_to(array, (int(np.prod(leading, dtype=np.int64)), *(1,) * last))
    own = array.shape[-last:]
    return np.broadcast_to(array, (*leading, *own)).reshape(-1, *own)


def _joined(blocks: Sequence[VisitEffects], leading: tuple[int, ...]) -> VisitEffects:
    differences = [block.differences for block in blocks if block.differences is not None]
    measured = np.concatenate([block.measured for block in blocks])
    return VisitEffects(
        _one_effect([block.means for block in blocks], leading),
        _one_effect(differences, leading) if differences else None,
        measured.reshape(*leading, *measured.shape[1:]),
    )


def _one_effect(parts: Sequence[Effect], leading: tuple[int, ...]) -> Effect:
    arrays = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in (*_NUMBERS, "reason")
    }
    shaped = {name: array.reshape(*leading, *array.shape[1:]) for name, array in arrays.items()}
    return Effect(level=parts[0].level, **shaped)
