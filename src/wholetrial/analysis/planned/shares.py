"""Shares of participants: of each arm, compared between arms, tested, weighted, by worst grade."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from wholetrial.analysis.estimate import Reason, Test
from wholetrial.analysis.planned import stratified_shares
from wholetrial.analysis.planned.plan import (
    Count,
    Pair,
    Plan,
    Way,
    alternative,
    bare_statistic,
    compared_pairs,
    confidence,
    counted,
    covariates_of,
    described_groups,
    every_group,
    favoring,
    not_computed,
    p_value,
    with_interval,
)
from wholetrial.analysis.responders import (
    paired,
    proportions,
    ratios,
    risk_difference,
    standardization,
    trend,
    two_proportion_tests,
    unconditional,
    weighting,
)
from wholetrial.analysis.statistic import Statistic
from wholetrial.endpoints.outcomes import Flags
from wholetrial.protocol.analysis_plan import Beside
from wholetrial.protocol.total_dose import total_doses

ONE_ARM = {
    "clopper_pearson": proportions.clopper_pearson,
    "wilson": proportions.wilson,
    "jeffreys": proportions.jeffreys,
    "wald": proportions.wald,
}
COMPARED: Mapping[tuple[str, str], Way] = {
    ("risk_difference", "miettinen_nurminen"): Way(
        "miettinen_nurminen", risk_difference.risk_difference_miettinen_nurminen
    ),
    ("risk_difference", "newcombe"): Way("newcombe", risk_difference.risk_difference_newcombe),
    ("risk_difference", "wald"): Way("wald", risk_difference.risk_difference_wald),
    ("risk_ratio", "miettinen_nurminen"): Way(
        "risk_ratio_miettinen_nurminen", ratios.risk_ratio_miettinen_nurminen
    ),
    ("risk_ratio", "log"): Way("risk_ratio_log", ratios.risk_ratio_log),
    ("odds_ratio", "miettinen_nurminen"): Way(
        "odds_ratio_miettinen_nurminen", ratios.odds_ratio_miettinen_nurminen
    ),
    ("odds_ratio", "log"): Way("odds_ratio_log", ratios.odds_ratio_log),
}
TESTS: Mapping[str, Callable[..., Test]] = {
    "fisher_exact": two_proportion_tests.fisher_exact_test,
    "boschloo": unconditional.boschloo_test,
    "pearson": two_proportion_tests.pearson_test,
    "pearson_corrected": two_proportion_tests.pearson_corrected_test,
}
DESCRIBED_BY = "clopper_pearson"
"""The interval of one arm's proportion beside a comparison, which the file does not name."""
ADJUSTED = "adjusted_risk_difference"
WORST_GRADE = "worst_grade"
WEIGHTING = "inverse_probability_weighting"


def shares(plan: Plan) -> Iterator[Statistic]:
    """The proportion of each arm, and its test against a benchmark where the file states one."""
    interval = plan.analysis.estimate.interval
    if interval not in ONE_ARM:
        yield not_computed(plan, interval)
        return
    for name, members in described_groups(plan):
        yield share(plan, name, members, interval)
    if plan.analysis.against is not None:
        yield from _against(plan)
    elif plan.analysis.compare is not None:
        yield from tested_pairs(plan)
    elif plan.analysis.test not in ("none", "mcnemar"):
        yield not_computed(plan, plan.analysis.test)


def worst_grades(plan: Plan) -> Iterator[Statistic]:
    """The proportion of each arm whose worst event has a grade; described, not compared."""
    for name, members in every_group(plan):
        found = share(plan, name, members, DESCRIBED_BY)
        ungraded = members.any(axis=-1) & (found.n == 0)
        reason = np.where(ungraded, np.int8(Reason.NO_GRADES), np.asarray(found.reason))
        yield replace(found, name=WORST_GRADE, reason=reason)


def compared_shares(plan: Plan) -> Iterator[Statistic]:
    """The proportion of each group compared, then difference or ratio of each pair and its test."""
    for name, members in described_groups(plan):
        yield share(plan, name, members, DESCRIBED_BY)
    for pair in compared_pairs(plan):
        yield _compared(plan, pair)
        if plan.analysis.beside:
            yield from _beside(plan, pair, plan.analysis.beside)
    yield from tested_pairs(plan)


def share(plan: Plan, name: str, members: Flags, method: str) -> Statistic:
    """The proportion of a group, with the interval that a method gives."""
    count = counted(plan, members)
    interval = ONE_ARM[method](count.events, count.n, confidence(plan))
    blank = bare_statistic(plan, "proportion", name, interval.value, count.n)
    return replace(with_interval(blank, interval, method), count=count.events)


def tested_pairs(plan: Plan) -> Iterator[Statistic]:
    """The test of each pair compared, or one test of the trend over all groups."""
    name = plan.analysis.test
    if name == "none":
        return
    if name == "cochran_armitage":
        yield _trend(plan)
        return
    for pair in compared_pairs(plan):
        yield _test(plan, pair)


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
            count.events, count.n, against.share.fraction, alternative(plan)
        )
        statistic = p_value(plan, name, found, count.n)
        yield replace(statistic, note=f"against {against}; {statistic.note}".rstrip("; "))


def _compared(plan: Plan, pair: Pair) -> Statistic:
    summary, method = plan.analysis.estimate.summary, plan.analysis.estimate.interval
    if (summary, method) in stratified_shares.COMPARED:
        return stratified_shares.compared(plan, pair)
    if (summary, method) not in COMPARED:
        return not_computed(plan, method, pair)
    arm, control = _counts(plan, pair)
    way = COMPARED[summary, method]
    interval = way.compute(arm.events, arm.n, control.events, control.n, confidence(plan))
    blank = bare_statistic(plan, summary, pair.arm, interval.value, arm.n + control.n)
    return replace(with_interval(blank, interval, way.method), control=pair.control)


def _counts(plan: Plan, pair: Pair) -> tuple[Count, Count]:
    return counted(plan, pair.arm_members), counted(plan, pair.control_members)


def _test(plan: Plan, pair: Pair) -> Statistic:
    name = plan.analysis.test
    if name in stratified_shares.TESTS:
        return stratified_shares.tested(plan, pair)
    if name not in TESTS:
        return not_computed(plan, name, pair)
    arm, control = _counts(plan, pair)
    found = TESTS[name](arm.events, arm.n, control.events, control.n, alternative=alternative(plan))
    more = arm.events * control.n - control.events * arm.n
    statistic = p_value(plan, pair.arm, found, arm.n + control.n, pair.control)
    return replace(statistic, favors=favoring(plan, more))


def between_times(plans: Sequence[Plan]) -> Iterator[Statistic]:
    """McNemar's test in each group: does the outcome come or go from the first to the last time?"""
    first, last = plans[0], plans[-1]
    if len(plans) == 1:
        yield not_computed(first, "mcnemar (the endpoint has one time only)")
        return
    for name, members in described_groups(last):
        before, after = first.outcomes.variable.value, last.outcomes.variable.value
        both = members & ~np.isnan(before) & ~np.isnan(after)
        pairs = paired.count_pairs(before, after, both)
        found = paired.mcnemar_exact_test(pairs.gained, pairs.lost, alternative=alternative(last))
        statistic = p_value(last, name, found, both.sum(axis=-1))
        span = f"from {first.outcomes.variable.at} to {last.outcomes.variable.at}"
        note = f"{span}; {statistic.note}".rstrip("; ")
        favors = favoring(last, pairs.gained - pairs.lost)
        yield replace(statistic, method="mcnemar_exact", note=note, favors=favors)


def _trend(plan: Plan) -> Statistic:
    """One test over all arms compared, by what each is planned to receive in all."""
    compared = compared_pairs(plan)
    members = {pair.control: pair.control_members for pair in compared[:1]}
    members |= {pair.arm: pair.arm_members for pair in compared}
    known = bool(members) and set(members) <= set(plan.protocol.arms)
    doses = total_doses(plan.protocol, members) if known else None
    if doses is None:
        return not_computed(plan, f"{plan.analysis.test} (the arms' doses are no numbers)")
    counts = [counted(plan, who) for who in members.values()]
    events = np.stack([count.events for count in counts], axis=-1)
    people = np.stack([count.n for count in counts], axis=-1)
    found = trend.cochran_armitage_test(
        events, people, list(doses.values()), alternative=alternative(plan)
    )
    told = ", ".join(f"{arm} {dose:g}" for arm, dose in doses.items())
    statistic = p_value(plan, "", found, people.sum(axis=-1))
    note = f"trend over planned doses: {told}; {statistic.note}".rstrip("; ")
    return replace(statistic, note=note, favors=favoring(plan, np.asarray(found.statistic)))


def _beside(plan: Plan, pair: Pair, beside: Beside) -> Iterator[Statistic]:
    """The adjusted difference of those whose baseline values are known."""
    if plan.analysis.estimate.summary != "risk_difference":
        return
    value = plan.outcomes.variable.value
    covariates = covariates_of(plan, beside.adjust_for)
    valued = (pair.arm_members | pair.control_members) & ~np.isnan(value)
    inside = valued & ~np.isnan(covariates).any(axis=-1)
    who = value, pair.arm_members, covariates, inside
    n = inside.sum(axis=-1)
    notes = [f"adjusted for {', '.join(beside.adjust_for)}"]
    if beside.adjusted_by == WEIGHTING:
        weighted = weighting.risk_difference_weighted(*who, confidence(plan))
        interval = weighted.interval
        if n.ndim == 0 and n > 0 and interval.reason in (Reason.OK, Reason.NO_VARIATION):
            arm, control = weighted.effective
            notes.append(f"effective sample size {arm:.1f} and {control:.1f}")
    else:
        effect = standardization.risk_difference_standardized(*who, confidence(plan))
        interval = effect.interval
    if n.ndim == 0 and 0 < n < valued.sum():
        notes.append(f"{int(valued.sum() - n)} left out whose baseline is not known")
    unknown = valued.any(axis=-1) & (n == 0)
    reason = np.where(unknown, np.int8(Reason.NO_BASELINE), interval.reason)
    blank = bare_statistic(plan, ADJUSTED, pair.arm, interval.value, n)
    notes.insert(1, blank.note)
    yield replace(
        with_interval(blank, interval, beside.adjusted_by),
        control=pair.control,
        reason=reason,
        note="; ".join(note for note in notes if note),
    )
