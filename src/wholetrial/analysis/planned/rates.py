"""Rates of participants with adverse events per 100 patient-years, until the first event."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from wholetrial.analysis.estimate import Test
from wholetrial.analysis.planned.plan import (
    Pair,
    Plan,
    Way,
    alternative,
    bare_statistic,
    compared_pairs,
    confidence,
    described_groups,
    not_computed,
    p_value,
    with_interval,
)
from wholetrial.analysis.planned.shares import tested_pairs
from wholetrial.analysis.safety import exposure, rate_differences, rate_ratios
from wholetrial.analysis.safety import rates as one_arm
from wholetrial.analysis.statistic import Statistic
from wholetrial.endpoints.outcomes import Flags

ONE_ARM: Mapping[str, Way] = {
    "garwood": Way("rate_exact", one_arm.rate_exact),
    "log": Way("rate_log_wald", one_arm.rate_log_wald),
}
COMPARED: Mapping[tuple[str, str], Way] = {
    ("rate_difference", "wald"): Way("rate_difference_wald", rate_differences.rate_difference_wald),
    ("rate_difference", "miettinen_nurminen"): Way(
        "rate_difference_score", rate_differences.rate_difference_score
    ),
    ("rate_ratio", "log"): Way("rate_ratio_log_wald", rate_ratios.rate_ratio_log_wald),
    ("rate_ratio", "miettinen_nurminen"): Way("rate_ratio_score", rate_ratios.rate_ratio_score),
    ("rate_ratio", "exact_conditional"): Way("rate_ratio_exact", rate_ratios.rate_ratio_exact),
}
TESTS: Mapping[str, Callable[..., Test]] = {"rates_exact": rate_ratios.rates_exact_test}
DESCRIBED_BY = "garwood"
"""The interval of one arm's rate beside a comparison, which the file does not name."""


def rates(plan: Plan) -> Iterator[Statistic]:
    """The rate of each group, then what compares them."""
    summary, method = plan.analysis.estimate.summary, plan.analysis.estimate.interval
    own = method if summary == "rate" else DESCRIBED_BY
    if own not in ONE_ARM:
        yield not_computed(plan, own)
        return
    for name, members in described_groups(plan):
        yield _rate(plan, name, members, own)
    for pair in compared_pairs(plan) if summary != "rate" else ():
        yield _compared(plan, pair)
    if plan.analysis.test in TESTS:
        yield from _tested(plan)
    else:
        yield from tested_pairs(plan)


def _tested(plan: Plan) -> Iterator[Statistic]:
    """The test of two rates, of each pair."""
    for pair in compared_pairs(plan):
        if plan.outcomes.variable.lower is None:
            yield not_computed(plan, f"{plan.analysis.test}, without days of follow-up", pair)
            continue
        arm, control = (_exposed(plan, who) for who in (pair.arm_members, pair.control_members))
        found = TESTS[plan.analysis.test](
            arm.events, arm.years, control.events, control.years, alternative=alternative(plan)
        )
        n = (pair.arm_members | pair.control_members).sum(axis=-1)
        yield p_value(plan, pair.arm, found, n, pair.control)


def _exposed(plan: Plan, members: Flags) -> exposure.Exposure:
    """Events and patient-years of some participants; the day of the event counts."""
    variable = plan.outcomes.variable
    if variable.lower is None or variable.upper is None:
        raise ValueError("a rate needs the days of events and of leaving")
    return exposure.until_first_event(variable.upper + 1, variable.lower + 1, members)


def _rate(plan: Plan, name: str, members: Flags, method: str) -> Statistic:
    variable = plan.outcomes.variable
    if variable.lower is None:
        return not_computed(plan, "rates, without days of follow-up")
    found = _exposed(plan, members)
    way = ONE_ARM[method]
    interval = way.compute(found.events, found.years, confidence(plan))
    blank = bare_statistic(plan, "rate", name, interval.value, members.sum(axis=-1))
    statistic = replace(
        with_interval(blank, interval, way.method), count=found.events.astype(np.int64)
    )
    if found.years.ndim:
        return statistic
    years = f"{float(found.years):.1f} patient-years until the first event or the end"
    return replace(statistic, note="; ".join(part for part in (statistic.note, years) if part))


def _compared(plan: Plan, pair: Pair) -> Statistic:
    summary, method = plan.analysis.estimate.summary, plan.analysis.estimate.interval
    if plan.outcomes.variable.lower is None:
        return not_computed(plan, f"{summary}, without days of follow-up", pair)
    if (summary, method) not in COMPARED:
        return not_computed(plan, method, pair)
    arm, control = (_exposed(plan, who) for who in (pair.arm_members, pair.control_members))
    way = COMPARED[summary, method]
    interval = way.compute(arm.events, arm.years, control.events, control.years, confidence(plan))
    n = (pair.arm_members | pair.control_members).sum(axis=-1)
    blank = bare_statistic(plan, summary, pair.arm, interval.value, n)
    return replace(with_interval(blank, interval, way.method), control=pair.control)
