"""One planned analysis of one endpoint: whom it describes and compares, and its bare statistics."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.arguments import Alternative
from wholetrial.analysis.estimate import Effect, Interval, Reason, Test
from wholetrial.analysis.statistic import Statistic
from wholetrial.endpoints.outcomes import Flags, Outcomes
from wholetrial.protocol.analysis_plan import Alpha, Analysis, Contrast
from wholetrial.protocol.missing import Imputation
from wholetrial.protocol.protocol import Protocol


class Plan(NamedTuple):
    """One planned analysis of one endpoint's outcomes."""

    protocol: Protocol
    name: str
    analysis: Analysis
    outcomes: Outcomes


class Way(NamedTuple):
    """How a summary gets its interval: the name of the method, and what computes it."""

    method: str
    compute: Callable[..., Interval]


class Pair(NamedTuple):
    """Two groups to compare: their names in print, and who belongs to them."""

    arm: str
    control: str
    arm_members: Flags
    control_members: Flags


class Count(NamedTuple):
    """Participants with the outcome, of those with a value; arrays `(...)`."""

    events: NDArray[np.int64]
    n: NDArray[np.int64]


def bare_statistic(
    plan: Plan, name: str, arm: str, value: NDArray[np.float64], n: NDArray[np.int64]
) -> Statistic:
    """A statistic of a plan without interval or method; its note says who is at risk."""
    outcomes = plan.outcomes
    missing = outcomes.variable.stands_for_missing
    notes = [f"at risk: {outcomes.among}"] if outcomes.among else []
    notes += [f"missing: {missing}"] if missing else []
    notes += _not_applied(plan)
    notes += _strata_ignored(plan)
    return Statistic(
        analysis=plan.name,
        endpoint=outcomes.endpoint,
        level=outcomes.level,
        at=outcomes.variable.at,
        analysis_set=outcomes.analysis_set,
        name=name,
        arm=arm,
        method="",
        value=np.asarray(value, np.float64),
        n=np.asarray(n, np.int64),
        note="; ".join(notes),
    )


def _not_applied(plan: Plan) -> list[str]:
    """The strategies for intercurrent events that are planned and not applied to this variable.

    Those of responses and changes are applied where they are derived, or refused there.
    """
    if plan.outcomes.variable.kind != "time_to":
        return []
    planned = plan.protocol.intercurrent.items()
    others = [f"{event} ({how})" for event, how in planned if how != "treatment_policy"]
    return [f"not yet applied: {', '.join(others)}"] if others else []


def _strata_ignored(plan: Plan) -> list[str]:
    """That an analysis ignores the strata of randomization, by the file's own decision."""
    allocation = plan.protocol.design.allocation
    if plan.analysis.strata != "ignored" or allocation is None or not allocation.strata:
        return []
    return [f"ignores the strata of randomization: {', '.join(allocation.strata)}"]


def with_interval(statistic: Statistic, interval: Interval, method: str) -> Statistic:
    """The statistic with the value, limits and reason of its method."""
    return replace(
        statistic,
        value=interval.value,
        low=interval.low,
        high=interval.high,
        confidence=interval.level,
        reason=interval.reason,
        method=method,
    )


def with_effect(statistic: Statistic, effect: Effect, method: str) -> Statistic:
    """The statistic with the value, limits and reason of a model's effect."""
    return with_interval(statistic, effect.interval, method)


def not_computed(plan: Plan, method: str, pair: Pair | None = None) -> Statistic:
    """What stands in the results for a method that is not built."""
    blank = bare_statistic(plan, "not_computed", "", np.full((), np.nan), np.zeros((), np.int64))
    arm, control = (pair.arm, pair.control) if pair else ("", "")
    return replace(blank, method=method, not_computed=method, arm=arm, control=control)


def confidence(plan: Plan) -> float:
    """The confidence level of the plan's intervals, as a share."""
    return plan.analysis.estimate.level / 100


def every_group(plan: Plan) -> Iterator[tuple[str, Flags]]:
    """Every group by name, with its members in the analysis set."""
    for name in plan.outcomes.groups:
        yield name, plan.outcomes.of_group(name)


def described_groups(plan: Plan) -> Iterator[tuple[str, Flags]]:
    """The groups that the plan describes: every one, or the two that it pools arms into."""
    if plan.analysis.compare is None or plan.analysis.compare.how != "pooled":
        yield from every_group(plan)
        return
    for pair in compared_pairs(plan):
        yield pair.arm, pair.arm_members
        yield pair.control, pair.control_members


def counted(plan: Plan, members: Flags) -> Count:
    """How many of these members have the outcome, of those with a value."""
    value = plan.outcomes.variable.value
    known = members & ~np.isnan(value)
    return Count((known & (value == 1)).sum(axis=-1), known.sum(axis=-1))


def pairs(protocol: Protocol, contrast: Contrast, outcomes: Outcomes) -> Iterator[Pair]:
    """The groups that a contrast compares, as far as the outcomes tell them apart."""
    control = _groups(protocol, contrast.control, outcomes)
    arms = [name for name in _groups(protocol, contrast.arms, outcomes) if name not in control]
    if not control or not arms:
        return
    name = control[0] if len(control) == 1 else contrast.control
    control_members = outcomes.of_group(*control)
    if contrast.how == "pooled":
        yield Pair(contrast.arms, name, outcomes.of_group(*arms), control_members)
        return
    for arm in arms:
        yield Pair(arm, name, outcomes.of_group(arm), control_members)


def _groups(protocol: Protocol, word: str, outcomes: Outcomes) -> list[str]:
    """The groups of the outcomes that an arm's name or a role names."""
    named = (*protocol.arms_named(word), word)
    return [group for group in outcomes.groups if group in named]


def with_estimand(protocol: Protocol, analysis: str, endpoint: str) -> Protocol:
    """The protocol with an analysis' own strategies and its own rule for missing values."""
    plan = protocol.analyses[analysis]
    changed: dict[str, object] = {}
    if plan.intercurrent is not None:
        changed["intercurrent"] = {**protocol.intercurrent, **plan.intercurrent}
    if plan.missing is not None:
        kind = protocol.endpoints.named()[endpoint][1].kind
        changed["missing"] = protocol.missing.model_copy(update={kind: plan.missing})
    return protocol.model_copy(update=changed) if changed else protocol


def rule_for(protocol: Protocol, endpoint: str) -> str | Imputation | None:
    """What stands for an endpoint's missing values; None where the file says nothing."""
    kind = protocol.endpoints.named()[endpoint][1].kind
    rules: dict[str, str | Imputation | None] = {
        "response": protocol.missing.response,
        "change": protocol.missing.change,
    }
    return rules.get(kind)


def strata_of(protocol: Protocol, analysis: Analysis) -> tuple[str, ...]:
    """The factors within which an analysis compares: those of randomization unless it says else."""
    if isinstance(analysis.strata, tuple):
        return analysis.strata
    allocation = protocol.design.allocation
    return allocation.strata if allocation and analysis.strata is None else ()


def p_value(plan: Plan, arm: str, test: Test, n: NDArray[np.int64], control: str = "") -> Statistic:
    """The p-value of a test, with its level in the note."""
    statistic = bare_statistic(plan, "p_value", arm, test.p_value, n)
    sides = f"alpha {plan.analysis.alpha}" if plan.analysis.alpha else ""
    note = "; ".join(part for part in (statistic.note, sides) if part)
    return replace(
        statistic, method=plan.analysis.test, reason=test.reason, note=note, control=control
    )


def alternative(plan: Plan) -> Alternative:
    """The side on which a test looks: both, or that which `better` names."""
    alpha: Alpha | None = plan.analysis.alpha
    if alpha is None or alpha.sides == 2:
        return "two_sided"
    return "less" if plan.analysis.better in ("lower", "later") else "greater"


def favoring(plan: Plan, signed: NDArray[np.float64]) -> Flags:
    """Where a signed number, more of which is more of the outcome, speaks for the arm tested."""
    value = np.asarray(signed, np.float64)
    less_is_better = plan.analysis.better in ("lower", "later")
    good: Flags = value < 0 if less_is_better else value > 0
    return good


def covariates_of(plan: Plan, names: Iterable[str]) -> NDArray[np.float64]:
    """Baseline values to adjust for, `(..., P, K)`; NaN where nobody recorded them."""
    known = plan.outcomes.covariates
    value = plan.outcomes.variable.value
    columns = [known.get(name, np.full(value.shape, np.nan)) for name in names]
    return np.stack(columns, axis=-1) if columns else np.empty((*value.shape, 0))


def without_baseline(one: Statistic, valued: Flags) -> Statistic:
    """The statistic with how many lack a baseline value of its model; a reason where all do.

    `valued` `(..., P)` are those of its groups who have a value; `n` of them are in the model.
    """
    have = valued.sum(axis=-1)
    nobody = (have > 0) & (one.n == 0)
    reason = np.where(nobody, np.int8(Reason.NO_BASELINE), np.asarray(one.reason))
    lost = int(have - one.n) if have.ndim == 0 and one.n > 0 else 0
    told = f"{lost} left out whose baseline is not known" if lost else ""
    note = "; ".join(part for part in (one.note, told) if part)
    return replace(one, reason=reason, note=note)


def compared_pairs(plan: Plan) -> list[Pair]:
    """The groups that the plan compares, as far as the outcomes tell them apart."""
    contrast = plan.analysis.compare
    return list(pairs(plan.protocol, contrast, plan.outcomes)) if contrast else []
