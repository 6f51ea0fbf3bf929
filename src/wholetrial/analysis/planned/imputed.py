"""Endpoints whose missing measurements are imputed several times, and what is pooled of them.

Measurements are imputed, not responses: the imputed records go down the same road as recorded ones,
so that PASI 75 and a change of PASI rest on the same imputed PASI. Each data set is analyzed, and
the results are pooled by Rubin's rules.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.estimate import (
    Effect,
    Reason,
    Reasons,
    as_test,
    effect_at,
    first_reason,
    student_p_value,
)
from wholetrial.analysis.imputation.bootstrap import Draws
from wholetrial.analysis.imputation.delta import TippingPoint, tipping_point, with_delta
from wholetrial.analysis.imputation.impute import Imputed, impute
from wholetrial.analysis.imputation.measured import Assumption, as_measured
from wholetrial.analysis.imputation.pooling import pooled
from wholetrial.analysis.imputation.responders import on_instrument, risk_difference_pooled
from wholetrial.analysis.planned.changes import modeled
from wholetrial.analysis.planned.plan import (
    Pair,
    Plan,
    alternative,
    bare_statistic,
    compared_pairs,
    confidence,
    described_groups,
    not_computed,
    p_value,
    strata_of,
    with_effect,
)
from wholetrial.analysis.statistic import Floats, Statistic
from wholetrial.conditions.evaluate import Situation, baseline_value, measures_of, scale_of
from wholetrial.data.records import Flags, Records, repeated
from wholetrial.endpoints.baseline import BASELINE, at_start, baseline_values, stratum_of
from wholetrial.endpoints.derive import analyzed, derive
from wholetrial.endpoints.handling import NotDerivedError, handled, intervened
from wholetrial.endpoints.outcomes import Outcomes
from wholetrial.instruments.library import instrument
from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.missing import Imputation
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import Visit, measured_at

TIPPING_POINT = "tipping_point"
_STRATEGIES = {
    "missing at random": "missing_at_random",
    "jump to reference": "jump_to_reference",
    "copy reference": "copy_reference",
    "copy increments in reference": "copy_increments_in_reference",
    "last mean carried forward": "last_mean_carried_forward",
}


@dataclass(frozen=True, slots=True)
class Completed:
    """The records of an endpoint with each measure's missing values imputed, M times over.

    `visits` are the columns of each measure's imputed values.
    """

    protocol: Protocol
    analysis: str
    endpoint: str
    records: Records
    imputed: Mapping[str, Imputed]
    visits: Mapping[str, tuple[Visit, ...]]


class Ends(NamedTuple):
    """What an instrument can show: its lowest and highest value, and its step."""

    low: float
    high: float
    step: float


def completed(
    protocol: Protocol, records: Records, analysis: str, endpoint: str, rule: Imputation
) -> Completed:
    """Impute the measures that an endpoint speaks of, in the arms of its analysis set.

    The model has the arms, the measure's baseline value, the plan's covariates and its strata, each
    with an effect of its own at each visit. `protocol` holds the analysis' own estimand. The draws
    are always the same. Raises NotDerivedError where the reference is not one arm, or where nothing
    is measured after treatment began.
    """
    plan = protocol.analyses[analysis]
    seen = handled(protocol, records, protocol.intercurrent, None)
    group, member = analyzed(protocol, seen, plan.set)
    assumption = Assumption(_STRATEGIES[rule.assuming], _reference(protocol, plan, seen.arms))
    strata = strata_of(protocol, plan)
    imputed = {}
    visits = _visits_after_start(protocol, endpoint)
    for measure in visits:
        columns = [seen.visit_index(visit) for visit in visits[measure]]
        known = _covariates(protocol, plan, seen, measure)
        inside = member & (group >= 0) & ~np.isnan(known).any(axis=-1)
        if strata:
            stratum = stratum_of(protocol, seen, strata)
            inside &= stratum >= 0
            known = np.concatenate([known, _indicators(stratum, inside)], axis=-1)
        who = as_measured(
            seen.values[measure][..., columns],
            np.where(inside, group, 0),
            arms=tuple(range(len(seen.arms))),
            covariates=np.where(inside[..., None], known, 0.0),
            included=inside,
        )
        own = list(protocol.schedule.measure).index(measure)
        draws = Draws(0, rule.times, np.zeros(seen.shape[:-1], np.int64), own)
        imputed[measure] = impute(who, assumption, draws)
    return Completed(protocol, analysis, endpoint, seen, imputed, visits)


def pooled_statistics(found: Completed) -> Iterator[Statistic]:
    """Every statistic of the endpoint, pooled over the imputed data sets, time by time."""
    for plan in _plans(found):
        yield from _pooled(plan, found)
    if found.protocol.analyses[found.analysis].tipping_point and not found.records.shape[:-1]:
        yield from _tipping_points(found)


def _plans(found: Completed) -> list[Plan]:
    """The outcomes of all data sets, derived from the imputed records as from any others."""
    protocol, analysis = found.protocol, found.protocol.analyses[found.analysis]
    (times,) = {len(one.values) for one in found.imputed.values()}
    many = repeated(found.records, times)
    values = dict(many.values)
    for measure, imputed in found.imputed.items():
        shown = on_instrument(imputed, **_ends(protocol, measure)._asdict()).values
        whole = np.array(values[measure])
        for place, visit in enumerate(found.visits[measure]):
            whole[..., many.visit_index(visit)] = shown[..., place]
        values[measure] = whole
    observed = protocol.missing.model_copy(
        update={"response": "as observed", "change": "as observed"}
    )
    strategies = protocol.intercurrent.items()
    left = {event: how for event, how in strategies if how == "composite_variable"}
    seen = protocol.model_copy(update={"missing": observed, "intercurrent": left})
    covariates = tuple(one.name for one in analysis.adjust_for)
    strata = strata_of(protocol, analysis)
    given = replace(many, values=values)
    derived = derive(seen, given, found.endpoint, analysis.set, covariates, strata)
    rule = str(analysis.missing or getattr(protocol.missing, derived[0].variable.kind))
    return [
        Plan(protocol, found.analysis, analysis, _as_imputed(found, one, rule)) for one in derived
    ]


def _as_imputed(found: Completed, one: Outcomes, rule: str) -> Outcomes:
    """Outcomes named by their rule; changes are those of the values as imputed, not rounded."""
    variable = one.variable._replace(stands_for_missing=rule)
    if variable.kind == "change":
        visits = found.visits[variable.measure]
        place = next(i for i, visit in enumerate(visits) if visit.day == variable.day)
        base = _baseline(found.protocol, found.records, variable.measure)
        change = found.imputed[variable.measure].values[..., place] - base
        event = intervened(found.records, found.protocol.intercurrent, int(variable.day))
        variable = variable._replace(value=np.where(event, 0.0, change))
    possible = ~np.isnan(variable.value).all(axis=0)
    lost = one.member[0] & ~possible
    if lost.ndim == 1 and lost.any() and (_reason(found) == Reason.OK).all():
        told = f"{rule}; {int(lost.sum())} left out whose baseline is not known"
        variable = variable._replace(stands_for_missing=told)
    return replace(one, variable=variable, member=one.member & possible)


def _pooled(plan: Plan, found: Completed) -> Iterator[Statistic]:
    summary = plan.analysis.estimate.summary
    effects = _EFFECTS.get(summary)
    known = effects is not None or summary in ("proportion", "mean_change")
    if not known or plan.analysis.estimate.interval != "rubin":
        yield not_computed(plan, f"{summary} of imputed values")
        return
    reason = _reason(found)
    for name, members in described_groups(plan):
        effect = _described(plan, members, reason)
        kind = "proportion" if plan.outcomes.variable.kind == "response" else "mean_change"
        n = members[0].sum(axis=-1)
        blank = bare_statistic(plan, kind, name, effect.value, n)
        yield with_effect(blank, effect, "rubin_rules")
    if effects is None:
        return
    for pair in compared_pairs(plan):
        effect = effects(plan, pair, reason)
        n = (pair.arm_members | pair.control_members)[0].sum(axis=-1)
        blank = bare_statistic(plan, summary, pair.arm, effect.value, n)
        yield replace(with_effect(blank, effect, "rubin_rules"), control=pair.control)
        if plan.analysis.test == "rubin":
            p = student_p_value(effect.statistic, effect.freedom, alternative(plan))
            test = as_test(p, effect.statistic, effect.reason)
            one = p_value(plan, pair.arm, test, n, pair.control)
            yield replace(one, method="rubin_rules")


def _reason(found: Completed) -> Reasons:
    """Why a data set `(M, ...)` has missing values still."""
    return np.asarray(np.maximum.reduce([one.reason for one in found.imputed.values()]))


def _described(plan: Plan, members: Flags, reason: Reasons) -> Effect:
    """The mean of a group in each data set, a share where it is one, pooled."""
    value = np.where(members, plan.outcomes.variable.value, np.nan)
    people = members.sum(axis=-1)
    empty = first_reason((people == 0, Reason.NO_PARTICIPANTS))
    reason = np.where(empty == Reason.OK, reason, empty)
    n = np.maximum(people, 1)
    mean = np.where(np.isnan(value), 0.0, value).sum(axis=-1) / n
    if plan.outcomes.variable.kind == "response":
        share = pooled(mean, mean * (1 - mean) / n, np.inf, confidence(plan), reason=reason)
        alike = first_reason(
            (share.reason != Reason.NO_VARIATION, Reason.OK),
            (share.value == 0, Reason.NO_EVENTS),
            (share.value == 1, Reason.ALL_EVENTS),
        )
        return replace(share, reason=np.where(alike == Reason.OK, share.reason, alike))
    spread = np.where(np.isnan(value), 0.0, value - mean[..., None])
    freedom = np.maximum(n - 1, 1)
    variance = (spread**2).sum(axis=-1) / freedom / n
    return pooled(mean, variance, freedom[0], confidence(plan), reason=reason)


def _risk_difference(plan: Plan, pair: Pair, reason: Reasons) -> Effect:
    value = plan.outcomes.variable.value
    return risk_difference_pooled(
        np.where(np.isnan(value), 0.0, value),
        pair.arm_members[0],
        pair.control_members[0],
        confidence(plan),
        reason=reason,
    )


def _mean_difference(plan: Plan, pair: Pair, reason: Reasons) -> Effect:
    """The adjusted difference of a pair in each data set, pooled."""
    found = modeled(plan)
    if found is None:
        raise ValueError("a difference of means needs the arms compared")
    place = [one.arm for one in compared_pairs(plan)].index(pair.arm)
    each = effect_at(found.differences, (..., place))
    variance = np.where(np.isnan(each.standard_error), 0.0, each.standard_error) ** 2
    freedom = np.where(each.freedom[0] > 0, each.freedom[0], 1.0)
    why = np.where(reason == Reason.OK, each.reason, reason)
    return pooled(each.value, variance, freedom, confidence(plan), reason=why)


_EFFECTS: Mapping[str, Callable[[Plan, Pair, Reasons], Effect]] = {
    "risk_difference": _risk_difference,
    "mean_difference": _mean_difference,
}


def _tipping_points(found: Completed) -> Iterator[Statistic]:
    """By how much imputed values of the tested arm must be worse for significance to be lost."""
    plans = _plans(found)
    analysis = found.protocol.analyses[found.analysis]
    planned, alpha = analysis.tipping_point, analysis.alpha
    if planned is None or alpha is None:
        return
    reason = _reason(found)
    deltas = np.arange(0.0, planned.most + planned.step / 2, planned.step)
    for place, plan in enumerate(plans):
        effects = _EFFECTS[plan.analysis.estimate.summary]
        for pair in compared_pairs(plan):

            def at(delta: float, place: int = place, pair: Pair = pair) -> Effect:
                worse = _plans(_made_worse(found, pair.arm_members[0], delta))[place]
                return effects(worse, pair, reason)  # noqa: B023

            turned = tipping_point(
                at,
                list(deltas),
                alpha=alpha.level,
                favorable="less" if analysis.better == "lower" else "greater",
                alternative=alternative(plan),
            )
            n = (pair.arm_members | pair.control_members)[0].sum(axis=-1)
            blank = bare_statistic(plan, TIPPING_POINT, pair.arm, np.asarray(turned.delta), n)
            told = ", ".join(
                f"{delta:g}: P={float(effect.p_value):.3g}"
                for delta, effect in zip(turned.deltas, turned.effects, strict=True)
            )
            yield replace(
                blank,
                control=pair.control,
                method="delta_adjustment",
                reason=np.asarray(_why_not_turned(turned), np.int8),
                note=f"imputed values made worse by {told}; {blank.note}",
            )


def _why_not_turned(found: TippingPoint) -> Reason:
    first = Reason(int(found.effects[0].reason))
    if first != Reason.OK or not np.isnan(found.delta):
        return first
    return Reason.CONCLUSION_STANDS if found.significant[0] else Reason.NO_CONCLUSION


def _made_worse(found: Completed, receives: Flags, delta: float) -> Completed:
    shifted = {
        measure: with_delta(
            one,
            delta if scale_of(measure, found.protocol).lower_is_better else -delta,
            receives=receives,
        )
        for measure, one in found.imputed.items()
    }
    return replace(found, imputed=shifted)


def _visits_after_start(protocol: Protocol, endpoint: str) -> Mapping[str, tuple[Visit, ...]]:
    """The measures that an endpoint speaks of, with their visits after treatment began."""
    planned: Endpoint = protocol.endpoints.named()[endpoint][1]
    conditions = [one for part in planned.response for one in measures_of(part, protocol)]
    measures = dict.fromkeys([*conditions, *(change.measure for change in planned.change)])
    visits = {one: tuple(v for v in measured_at(protocol, one) if v.day > 0) for one in measures}
    found = {measure: later for measure, later in visits.items() if later}
    if not found:
        raise NotDerivedError(f"imputation of {endpoint}, of which nothing is measured later on")
    return found


def _covariates(protocol: Protocol, plan: Analysis, records: Records, measure: str) -> Floats:
    """The measure's own baseline value and the plan's covariates, `(..., P, K)`."""
    others = (one.name for one in plan.adjust_for if one.name != BASELINE)
    names = dict.fromkeys([measure, *others])
    known = baseline_values(protocol, records, tuple(names))
    return np.stack([known[name] for name in names], axis=-1)


def _indicators(stratum: NDArray[np.intp], inside: Flags) -> Floats:
    """A column for each stratum after a trial's first, `(..., P, K)`; 0 where it has nobody."""
    codes = np.where(inside, stratum, -1)
    levels = np.unique(codes[codes >= 0])
    member = codes[..., None] == levels
    present = member.any(axis=-2)
    later = present & (np.cumsum(present, axis=-1) > 1)
    return np.where(later[..., None, :], member, False).astype(np.float64)


def _baseline(protocol: Protocol, records: Records, measure: str) -> Floats:
    situation: Situation = at_start(protocol, records)
    steps = scale_of(measure, protocol).steps_in_one
    return np.asarray(baseline_value(measure, situation) / steps)


def _reference(protocol: Protocol, plan: Analysis, arms: Sequence[str]) -> int | None:
    if plan.compare is None:
        return None
    control = protocol.arms_named(plan.compare.control)
    if len(control) != 1:
        raise NotDerivedError(f"one arm as the reference; '{plan.compare.control}' names several")
    return list(arms).index(control[0])


def _ends(protocol: Protocol, measure: str) -> Ends:
    used = protocol.instruments[measure]
    if used.library is not None:
        known = instrument(used.library)
        return Ends(float(known.low), float(known.high), float(known.step))
    if used.range is not None:
        return Ends(used.range.low, used.range.high, 0.0)
    return Ends(-np.inf, np.inf, 0.0)
