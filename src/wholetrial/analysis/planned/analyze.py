"""Runs the analyses that a trial file plans, on outcomes from wherever they come.

Test, analysis set, direction and level are fields of the file. A method that is not built yet
stands in the results as such; nothing is put in its place.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.arguments import Alternative
from wholetrial.analysis.estimate import Reason, Test
from wholetrial.analysis.measurements import continuous
from wholetrial.analysis.methods import METHODS
from wholetrial.analysis.planned.plan import (
    Pair,
    Plan,
    bare_statistic,
    confidence,
    counted,
    described_groups,
    not_computed,
    pairs,
    with_interval,
)
from wholetrial.analysis.responders import (
    proportions,
    risk_difference,
    two_proportion_tests,
    weighting,
)
from wholetrial.analysis.statistic import Statistic
from wholetrial.analysis.times import interval_censored, survival
from wholetrial.endpoints.outcomes import Flags, Outcomes
from wholetrial.numerics.philox import Purpose, Stream, uniforms
from wholetrial.protocol.analysis_plan import Alpha, Beside
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import day_of

BOOTSTRAP_SAMPLES = 1000

ONE_ARM = {
    "clopper_pearson": proportions.clopper_pearson,
    "wilson": proportions.wilson,
    "jeffreys": proportions.jeffreys,
    "wald": proportions.wald,
}
RISK_DIFFERENCE = {
    "miettinen_nurminen": risk_difference.risk_difference_miettinen_nurminen,
    "newcombe": risk_difference.risk_difference_newcombe,
    "wald": risk_difference.risk_difference_wald,
}
BANDS = {
    "log_log": survival.log_log_band,
    "log": survival.log_band,
    "plain": survival.plain_band,
}
DESCRIBED_BY = "clopper_pearson"
"""The interval of one arm's proportion beside a comparison, which the file does not name."""
ADJUSTED = "adjusted_risk_difference"
WORST_GRADE = "worst_grade"
WEIGHTING = "inverse_probability_weighting"


def analyze(protocol: Protocol, analysis: str, outcomes: Outcomes) -> list[Statistic]:
    """Every statistic that one planned analysis gives of one endpoint at one time."""
    plan = Plan(protocol, analysis, protocol.analyses[analysis], outcomes)
    if outcomes.variable.kind == "grade":
        return list(_worst_grades(plan))
    summary = plan.analysis.estimate.summary
    estimate = {
        "proportion": _shares,
        "risk_difference": _risk_differences,
        "mean_change": _mean_changes,
        "turnbull": _turnbull,
        "kaplan_meier": _kaplan_meier,
    }.get(summary)
    if estimate is None:
        return [not_computed(plan, summary)]
    return [*estimate(plan), *_unbuilt(plan)]


def analyses_of(protocol: Protocol, endpoint: str) -> tuple[str, ...]:
    """The planned analyses that an endpoint belongs to."""
    return tuple(name for name, plan in protocol.analyses.items() if endpoint in plan.of)


def _unbuilt(plan: Plan) -> Iterator[Statistic]:
    """The corrections and adjustments that the file plans and nothing here computes yet."""
    if plan.analysis.multiplicity not in (None, "none"):
        yield not_computed(plan, str(plan.analysis.multiplicity))
    beside, summary = plan.analysis.beside, plan.analysis.estimate.summary
    if beside is not None and (beside.adjusted_by, summary) != (WEIGHTING, "risk_difference"):
        yield not_computed(plan, beside.adjusted_by)


def _shares(plan: Plan) -> Iterator[Statistic]:
    """The proportion of each arm, and its test against a benchmark where the file states one."""
    interval = plan.analysis.estimate.interval
    if interval not in ONE_ARM:
        yield not_computed(plan, interval)
        return
    for name, members in described_groups(plan):
        yield _share(plan, name, members, interval)
    if plan.analysis.against is not None:
        yield from _against(plan)
    elif plan.analysis.test != "none":
        yield not_computed(plan, plan.analysis.test)


def _share(plan: Plan, name: str, members: Flags, method: str) -> Statistic:
    count = counted(plan, members)
    interval = ONE_ARM[method](count.events, count.n, confidence(plan))
    blank = bare_statistic(plan, "proportion", name, interval.value, count.n)
    return replace(with_interval(blank, interval, method), count=count.events)


def _worst_grades(plan: Plan) -> Iterator[Statistic]:
    """The proportion of each arm whose worst event has a grade; described, not compared."""
    for name, members in described_groups(plan):
        found = _share(plan, name, members, DESCRIBED_BY)
        ungraded = members.any(axis=-1) & (found.n == 0)
        reason = np.where(ungraded, np.int8(Reason.NO_GRADES), np.asarray(found.reason))
        yield replace(found, name=WORST_GRADE, reason=reason)


def _against(plan: Plan) -> Iterator[Statistic]:
    against, test = plan.analysis.against, plan.analysis.test
    if test == "none" or against is None:
        return
    if test != "exact_binomial" or against.share is None:
        yield not_computed(plan, test)
        return
    for name, members in described_groups(plan):
        count = counted(plan, members)
        found = proportions.exact_binomial_test(
            count.events, count.n, against.share.fraction, _alternative(plan)
        )
        statistic = _p_value(plan, name, found, count.n)
        yield replace(statistic, note=f"against {against}; {statistic.note}".rstrip("; "))


def _p_value(plan: Plan, arm: str, test: Test, n: NDArray[np.int64]) -> Statistic:
    statistic = bare_statistic(plan, "p_value", arm, test.p_value, n)
    sides = f"{plan.analysis.alpha}" if plan.analysis.alpha else ""
    note = "; ".join(part for part in (statistic.note, f"alpha {sides}") if part)
    return replace(statistic, method=plan.analysis.test, reason=test.reason, note=note)


def _alternative(plan: Plan) -> Alternative:
    alpha: Alpha | None = plan.analysis.alpha
    if alpha is None or alpha.sides == 2:
        return "two_sided"
    return "less" if plan.analysis.better == "lower" else "greater"


def _risk_differences(plan: Plan) -> Iterator[Statistic]:
    """The proportion of each group compared, then the difference of each pair and its test."""
    contrast = plan.analysis.compare
    compared = list(pairs(plan.protocol, contrast, plan.outcomes)) if contrast else []
    described = dict(described_groups(plan))
    if contrast is not None and contrast.how == "pooled":
        described = {}
        for pair in compared:
            described |= {pair.arm: pair.arm_members, pair.control: pair.control_members}
    for name, members in described.items():
        yield _share(plan, name, members, DESCRIBED_BY)
    for pair in compared:
        yield _risk_difference(plan, pair)
        if plan.analysis.test != "none":
            yield _comparison_test(plan, pair)
        if plan.analysis.beside and plan.analysis.beside.adjusted_by == WEIGHTING:
            yield _weighted(plan, pair, plan.analysis.beside)


def _risk_difference(plan: Plan, pair: Pair) -> Statistic:
    method = plan.analysis.estimate.interval
    if method not in RISK_DIFFERENCE:
        return not_computed(plan, method, pair)
    arm, control = counted(plan, pair.arm_members), counted(plan, pair.control_members)
    interval = RISK_DIFFERENCE[method](
        arm.events, arm.n, control.events, control.n, confidence(plan)
    )
    blank = bare_statistic(plan, "risk_difference", pair.arm, interval.value, arm.n + control.n)
    return replace(with_interval(blank, interval, method), control=pair.control)


def _weighted(plan: Plan, pair: Pair, beside: Beside) -> Statistic:
    """The difference of those whose baseline values are known, weighted to be alike in them."""
    known = plan.outcomes.covariates
    value = plan.outcomes.variable.value
    never = np.full(value.shape, np.nan)
    covariates = np.stack([known.get(name, never) for name in beside.adjust_for], axis=-1)
    valued = (pair.arm_members | pair.control_members) & ~np.isnan(value)
    inside = valued & ~np.isnan(covariates).any(axis=-1)
    found = weighting.risk_difference_weighted(
        value, pair.arm_members, covariates, inside, confidence(plan)
    )
    n = inside.sum(axis=-1)
    unknown = valued.any(axis=-1) & (n == 0)
    reason = np.where(unknown, np.int8(Reason.NO_BASELINE), found.interval.reason)
    blank = bare_statistic(plan, ADJUSTED, pair.arm, found.interval.value, n)
    notes = [f"adjusted for {', '.join(beside.adjust_for)}", blank.note]
    if n.ndim == 0 and reason in (Reason.OK, Reason.NO_VARIATION):
        arm, control = found.effective
        notes.append(f"effective sample size {arm:.1f} and {control:.1f}")
        lost = int(valued.sum() - n)
        notes += [f"{lost} left out whose baseline is not known"] if lost else []
    return replace(
        with_interval(blank, found.interval, WEIGHTING),
        control=pair.control,
        reason=reason,
        note="; ".join(note for note in notes if note),
    )


def _comparison_test(plan: Plan, pair: Pair) -> Statistic:
    arm, control = counted(plan, pair.arm_members), counted(plan, pair.control_members)
    counts = (arm.events, arm.n, control.events, control.n)
    tests: dict[str, Callable[[], Test]] = {
        "fisher_exact": lambda: two_proportion_tests.fisher_exact_test(
            *counts, alternative=_alternative(plan)
        ),
        "pearson": lambda: two_proportion_tests.pearson_test(*counts),
        "pearson_corrected": lambda: two_proportion_tests.pearson_corrected_test(*counts),
    }
    name = plan.analysis.test
    one_sided = plan.analysis.alpha is not None and plan.analysis.alpha.sides == 1
    if name not in tests or (one_sided and name != "fisher_exact"):
        return not_computed(plan, name, pair)
    statistic = _p_value(plan, pair.arm, tests[name](), arm.n + control.n)
    return replace(statistic, control=pair.control)


def _mean_changes(plan: Plan) -> Iterator[Statistic]:
    """The mean change from baseline of each arm, in those measured."""
    rule = plan.outcomes.variable.stands_for_missing
    method = plan.analysis.estimate.interval
    if method != "student_t" or rule not in ("", "as observed"):
        yield not_computed(plan, rule if method == "student_t" else method)
        return
    value = plan.outcomes.variable.value
    against = plan.analysis.against.number if plan.analysis.against else None
    for name, members in described_groups(plan):
        change = np.where(members, value, np.nan)
        n = (~np.isnan(change)).sum(axis=-1)
        interval = continuous.mean_change_t(change, confidence(plan))
        blank = bare_statistic(plan, "mean_change", name, interval.value, n)
        yield with_interval(blank, interval, method)
        if plan.analysis.test == "paired_t":
            before = np.full_like(change, against or 0.0)
            test = continuous.paired_t_test(before, change, _alternative(plan))
            yield _p_value(plan, name, test, n)
        elif plan.analysis.test != "none":
            yield not_computed(plan, plan.analysis.test)


def _time_read(plan: Plan) -> float:
    """The time at which a curve is read, in days since the watch began."""
    since = plan.protocol.endpoints.named()[plan.outcomes.endpoint][1].since
    if plan.analysis.at is None or since is None:
        return plan.outcomes.variable.day
    return float(day_of(plan.protocol, plan.analysis.at) - day_of(plan.protocol, since))


def _turnbull(plan: Plan) -> Iterator[Statistic]:
    """The share without the event at a time, where it is known only to lie between visits."""
    variable, method = plan.outcomes.variable, plan.analysis.estimate.interval
    if variable.lower is None or variable.upper is None or method != "bootstrap":
        yield not_computed(plan, f"turnbull with {method}")
        return
    time = _time_read(plan)
    for name, members in described_groups(plan):
        n = members.sum(axis=-1)
        blank = bare_statistic(plan, "event_free", name, np.full(n.shape, np.nan), n)
        note = f"known only between visits; {blank.note}".rstrip("; ")
        if n.ndim:
            curve = interval_censored.turnbull(variable.lower, variable.upper, members)
            value = interval_censored.event_free_at(curve, time)
            yield replace(blank, value=value, reason=curve.reason, method="turnbull", note=note)
            continue
        stream = Stream(0, np.arange(BOOTSTRAP_SAMPLES), 0)
        draws = uniforms(stream, Purpose.RESAMPLING, members.shape[-1])
        interval = interval_censored.event_free_bootstrap(
            variable.lower, variable.upper, time, draws, included=members, level=confidence(plan)
        )
        yield replace(with_interval(blank, interval, "turnbull"), note=note)
    if plan.analysis.test != "none":
        yield not_computed(plan, plan.analysis.test)


def _kaplan_meier(plan: Plan) -> Iterator[Statistic]:
    """The share without the event at a time, where its day is known."""
    variable, method = plan.outcomes.variable, plan.analysis.estimate.interval
    if variable.lower is None or variable.upper is None or method not in BANDS:
        yield not_computed(plan, f"kaplan_meier with {method}")
        return
    event = np.isfinite(variable.upper)
    time = np.where(event, variable.upper, variable.lower)
    for name, members in described_groups(plan):
        curve = survival.kaplan_meier(time, event, included=members)
        interval = survival.survival_at(
            curve, BANDS[method](curve, confidence(plan)), _time_read(plan)
        )
        blank = bare_statistic(plan, "event_free", name, interval.value, members.sum(axis=-1))
        yield with_interval(blank, interval, "kaplan_meier")
    if plan.analysis.test != "none":
        yield not_computed(plan, plan.analysis.test)


def methods_used(statistics: list[Statistic]) -> tuple[str, ...]:
    """The built methods behind these statistics, each once, in the order of use."""
    return tuple(dict.fromkeys(s.method for s in statistics if s.method in METHODS))
