"""Repeated measures: the means of each arm at each visit, and their differences, by one model."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.estimate import effect_at
from wholetrial.analysis.measurements.covariates import Covariate, factor, measured
from wholetrial.analysis.measurements.mmrm.effects import (
    RepeatedMeasures,
    VisitEffects,
    visit_effects,
)
from wholetrial.analysis.planned.changes import LS_MEAN, adjusted_for
from wholetrial.analysis.planned.plan import (
    Plan,
    alternative,
    bare_statistic,
    compared_pairs,
    confidence,
    covariates_of,
    described_groups,
    not_computed,
    p_value,
    with_effect,
    without_baseline,
)
from wholetrial.analysis.statistic import Statistic
from wholetrial.endpoints.outcomes import Flags

FREEDOM = {"kenward_roger": "kenward_roger_linear", "satterthwaite": "satterthwaite"}
"""Kenward and Roger's adjustment in its linear form, which is SAS's with these covariances."""


class _Arms(NamedTuple):
    """The arms of a model in order, the control first where there is one, and who is in which."""

    names: tuple[str, ...]
    code: NDArray[np.int8]


def by_visit(plans: Sequence[Plan]) -> Iterator[Statistic]:
    """The means by visit of one endpoint, a model for each measure that it is a change of."""
    for measure in dict.fromkeys(plan.outcomes.variable.measure for plan in plans):
        yield from _model([plan for plan in plans if plan.outcomes.variable.measure == measure])


def _model(plans: Sequence[Plan]) -> Iterator[Statistic]:
    first = plans[0]
    analysis = first.analysis
    rule = first.outcomes.variable.stands_for_missing
    if rule not in ("", "mixed model", "as observed") or analysis.estimate.interval not in FREEDOM:
        yield not_computed(first, f"mmrm with {analysis.estimate.interval}, missing: {rule}")
        return
    arms = _arms(first)
    found = _fitted(plans, arms)
    for place, plan in enumerate(plans):
        yield from _means(plan, arms, found, place)
        if analysis.compare is not None:
            yield from _differences(plan, arms, found, place)
        elif analysis.test != "none":
            yield not_computed(plan, analysis.test)


def _arms(plan: Plan) -> _Arms:
    pairs = compared_pairs(plan)
    groups: dict[str, Flags] = dict(described_groups(plan))
    if pairs:
        groups = {pairs[0].control: pairs[0].control_members}
        groups |= {pair.arm: pair.arm_members for pair in pairs}
    code = np.full(plan.outcomes.member.shape, -1, np.int8)
    for number, members in enumerate(groups.values()):
        code = np.where(members, np.int8(number), code)
    return _Arms(tuple(groups), code)


def _fitted(plans: Sequence[Plan], arms: _Arms) -> VisitEffects:
    first = plans[0]
    values = np.stack([plan.outcomes.variable.value for plan in plans], axis=-1)
    known = covariates_of(first, (one.name for one in first.analysis.adjust_for))
    inside = (arms.code >= 0) & ~np.isnan(known).any(axis=-1)
    stratum = first.outcomes.stratum
    if stratum is not None:
        inside = inside & (stratum >= 0)
    columns: list[Covariate] = [
        measured(one.name, np.where(inside, known[..., place], 0.0))
        for place, one in enumerate(first.analysis.adjust_for)
    ]
    if stratum is not None:
        columns.append(factor("stratum", np.where(inside, stratum, stratum.max(initial=0))))
    plan = RepeatedMeasures(
        structure=str(first.analysis.covariance or "unstructured"),
        freedom=FREEDOM[first.analysis.estimate.interval],
        by_visit=tuple(one.name for one in first.analysis.adjust_for if one.by_visit),
        level=confidence(first),
        alternative=alternative(first),
    )
    return visit_effects(
        values, columns, inside, arm=arms.code, arms=tuple(range(len(arms.names))), plan=plan
    )


def _means(plan: Plan, arms: _Arms, found: VisitEffects, visit: int) -> Iterator[Statistic]:
    for place, name in enumerate(arms.names):
        effect = effect_at(found.means, (..., place, visit))
        n = found.measured[..., place, visit]
        blank = bare_statistic(plan, LS_MEAN, name, effect.value, n)
        yield _told(plan, with_effect(blank, effect, "mmrm"), arms.code == place)


def _differences(plan: Plan, arms: _Arms, found: VisitEffects, visit: int) -> Iterator[Statistic]:
    if found.differences is None:
        return
    for place, name in enumerate(arms.names[1:]):
        effect = effect_at(found.differences, (..., place, visit))
        n = found.measured[..., 0, visit] + found.measured[..., place + 1, visit]
        blank = bare_statistic(plan, "mean_difference", name, effect.value, n)
        who = (arms.code == 0) | (arms.code == place + 1)
        compared = replace(with_effect(blank, effect, "mmrm"), control=arms.names[0])
        yield _told(plan, compared, who)
        if plan.analysis.test != "none":
            yield _told(plan, p_value(plan, name, effect.test, n, arms.names[0]), who)


def _told(plan: Plan, one: Statistic, who: Flags) -> Statistic:
    """The statistic with its model: covariance, degrees of freedom, covariates, who lacks them."""
    freedom = plan.analysis.estimate.interval.replace("_", "-").title()
    covariance = str(plan.analysis.covariance).replace("_", " ")
    told = [f"{covariance} covariance, {freedom}", *adjusted_for(plan)]
    noted = replace(one, note="; ".join(part for part in (*told, one.note) if part))
    return without_baseline(noted, who & ~np.isnan(plan.outcomes.variable.value))
