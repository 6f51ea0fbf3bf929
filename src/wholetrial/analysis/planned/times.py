"""Times to an event: curves of each arm, what compares arms, and the tests between them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.estimate import Effect, Interval, Test, as_test, student_p_value
from wholetrial.analysis.planned.plan import (
    Pair,
    Plan,
    alternative,
    bare_statistic,
    compared_pairs,
    confidence,
    covariates_of,
    described_groups,
    favoring,
    not_computed,
    p_value,
    strata_of,
    with_effect,
    with_interval,
    without_baseline,
)
from wholetrial.analysis.statistic import Statistic
from wholetrial.analysis.times import interval_censored, log_rank, mean_survival, survival
from wholetrial.analysis.times.cumulative_incidence import cumulative_incidence, incidence_at
from wholetrial.analysis.times.hazard_ratio import Adjustment, as_ratio, hazard_ratio
from wholetrial.analysis.times.interval_log_rank import (
    directed_interval_logrank_test,
    interval_logrank_score,
)
from wholetrial.endpoints.outcomes import Flags
from wholetrial.numerics.philox import Purpose, Stream, uniforms
from wholetrial.protocol.timeline import day_of

BOOTSTRAP_SAMPLES = 1000
BANDS: Mapping[str, Callable[..., survival.SurvivalBand]] = {
    "log_log": survival.log_log_band,
    "log": survival.log_band,
    "plain": survival.plain_band,
}
SEEN_BETWEEN = "known only between visits"
_WITHIN_STRATA = ("stratified_log_rank", "interval_log_rank", "cox")


class Watched(NamedTuple):
    """When each participant had the event, or was last seen without it, `(..., P)` in days."""

    days: NDArray[np.float64]
    event: Flags


def kaplan_meier(plan: Plan) -> Iterator[Statistic]:
    """The share of each arm without the event at a time, where its day is known."""
    watched, method = _watched(plan), plan.analysis.estimate.interval
    if watched is None or method not in BANDS:
        yield not_computed(plan, f"kaplan_meier with {method}")
        return
    for name, members in described_groups(plan):
        curve = survival.kaplan_meier(*watched, included=members)
        band = BANDS[method](curve, confidence(plan))
        interval = survival.survival_at(curve, band, time_read(plan))
        blank = bare_statistic(plan, "event_free", name, interval.value, members.sum(axis=-1))
        yield with_interval(blank, interval, "kaplan_meier")
    yield from tested(plan)


def turnbull(plan: Plan) -> Iterator[Statistic]:
    """The share without the event at a time, where it is known only to lie between visits."""
    variable, method = plan.outcomes.variable, plan.analysis.estimate.interval
    if variable.lower is None or variable.upper is None or method != "bootstrap":
        yield not_computed(plan, f"turnbull with {method}")
        return
    time = time_read(plan)
    for name, members in described_groups(plan):
        n = members.sum(axis=-1)
        blank = bare_statistic(plan, "event_free", name, np.full(n.shape, np.nan), n)
        note = f"{SEEN_BETWEEN}; {blank.note}".rstrip("; ")
        if n.ndim:
            curve = interval_censored.turnbull(variable.lower, variable.upper, members)
            value = np.where(n > 0, interval_censored.event_free_at(curve, time), np.nan)
            yield replace(blank, value=value, reason=curve.reason, method="turnbull", note=note)
            continue
        interval = interval_censored.event_free_bootstrap(
            variable.lower,
            variable.upper,
            time,
            resampling(members),
            included=members,
            level=confidence(plan),
        )
        value = np.where(n > 0, interval.value, np.nan)
        yield replace(with_interval(blank, interval, "turnbull"), value=value, note=note)
    yield from tested(plan)


def hazard_ratios(plan: Plan) -> Iterator[Statistic]:
    """The hazard ratio of each pair by Cox's model, with the plan's covariates and strata."""
    watched, method = _watched(plan), plan.analysis.estimate.interval
    if watched is None or method not in ("wald", "log"):
        yield not_computed(plan, f"hazard_ratio with {method}")
        return
    for pair in compared_pairs(plan):
        interval = as_ratio(_cox(plan, pair, watched))
        n = _in_model(plan, pair).sum(axis=-1)
        blank = bare_statistic(plan, "hazard_ratio", pair.arm, interval.value, n)
        ratio = replace(with_interval(blank, interval, "hazard_ratio"), control=pair.control)
        yield _modeled(plan, pair, ratio)
    yield from tested(plan)


def restricted_means(plan: Plan) -> Iterator[Statistic]:
    """The mean time without the event up to a time: of each arm, and the difference of pairs."""
    yield from _curves_compared(
        plan,
        ("restricted_mean", mean_survival.restricted_mean),
        ("rmst_difference", "restricted_mean", mean_survival.restricted_mean_difference),
    )


def survival_differences(plan: Plan) -> Iterator[Statistic]:
    """The share without the event at a time: of each arm, and the difference of pairs."""

    def at(curve: survival.SurvivalCurve, time: float, *, level: float) -> Interval:
        return survival.survival_at(curve, survival.plain_band(curve, level), time)

    yield from _curves_compared(
        plan,
        ("event_free", at),
        ("survival_difference", "milestone_survival", mean_survival.milestone_difference),
    )


def median_times(plan: Plan) -> Iterator[Statistic]:
    """The median time of each arm; with a bootstrap, where the event is seen only at visits."""
    watched, method = _watched(plan), plan.analysis.estimate.interval
    if watched is not None and method == "bootstrap":
        yield from _medians_between_visits(plan)
        yield from tested(plan)
        return
    if watched is None or method not in BANDS:
        yield not_computed(plan, f"median_time with {method}")
        return
    for name, members in described_groups(plan):
        curve = survival.kaplan_meier(*watched, included=members)
        interval = survival.median_survival(curve, BANDS[method](curve, confidence(plan)))
        blank = bare_statistic(plan, "median_time", name, interval.value, members.sum(axis=-1))
        yield with_interval(blank, interval, "brookmeyer_crowley")
    yield from tested(plan)


def _medians_between_visits(plan: Plan) -> Iterator[Statistic]:
    """The visit by which half of each arm had the event."""
    variable = plan.outcomes.variable
    ends = np.asarray(variable.lower), np.asarray(variable.upper)
    for name, members in described_groups(plan):
        n = members.sum(axis=-1)
        blank = bare_statistic(plan, "median_time", name, np.full(n.shape, np.nan), n)
        told = replace(blank, note=f"{SEEN_BETWEEN}; {blank.note}".rstrip("; "))
        if n.ndim:
            found = interval_censored.event_time(*ends, included=members)
            by = np.where(n > 0, found.by, np.nan)
            yield replace(told, value=by, reason=found.reason, method="turnbull")
            continue
        interval = interval_censored.event_time_bootstrap(
            *ends, 0.5, resampling(members), included=members, level=confidence(plan)
        )
        value = np.where(n > 0, interval.value, np.nan)
        yield replace(with_interval(told, interval, "turnbull"), value=value)


def cumulative_incidences(plan: Plan) -> Iterator[Statistic]:
    """The share of each arm with the event by a time, leaving the study as a competing event."""
    watched, left = _watched(plan), plan.outcomes.variable.left
    if watched is None or left is None or plan.analysis.estimate.interval != "log_log":
        yield not_computed(plan, f"cumulative_incidence with {plan.analysis.estimate.interval}")
        return
    leaves = ~watched.event & ~np.isnan(left)
    days = np.where(leaves, np.fmax(left, watched.days), watched.days)
    cause = np.where(watched.event, 1, np.where(leaves, 2, 0))
    for name, members in described_groups(plan):
        curve = cumulative_incidence(days, cause, 1, included=members)
        interval = incidence_at(curve, time_read(plan), confidence(plan))
        n = members.sum(axis=-1)
        blank = bare_statistic(plan, "cumulative_incidence", name, interval.value, n)
        yield with_interval(blank, interval, "aalen_johansen")
    yield from tested(plan)


def tested(plan: Plan) -> Iterator[Statistic]:
    """The planned test of each pair; who did better stands beside it."""
    name = plan.analysis.test
    watched = _watched(plan)
    for pair in compared_pairs(plan) if name != "none" else ():
        if watched is None or name not in TESTS:
            yield not_computed(plan, name, pair)
            continue
        found = TESTS[name](plan, pair, watched)
        inside = pair.arm_members | pair.control_members
        if name in _WITHIN_STRATA:
            inside = _in_model(plan, pair, covariates=name == "cox")
        statistic = p_value(plan, pair.arm, found, inside.sum(axis=-1), pair.control)
        if name in _WITHIN_STRATA:
            statistic = _modeled(plan, pair, statistic)
        yield replace(statistic, favors=favoring(plan, np.asarray(found.statistic)))


def _log_rank(plan: Plan, pair: Pair, watched: Watched) -> Test:
    score = log_rank.logrank_score(*watched, _code(pair), arms=[1, 0])
    return log_rank.directed_logrank_test(score, alternative(plan))


def _stratified_log_rank(plan: Plan, pair: Pair, watched: Watched) -> Test:
    stratum = _stratum(plan)
    code = np.where(stratum >= 0, _code(pair), -1)
    score = log_rank.logrank_score(*watched, code, arms=[1, 0], stratum=stratum)
    return log_rank.directed_logrank_test(score, alternative(plan))


def _interval_log_rank(plan: Plan, pair: Pair, watched: Watched) -> Test:
    variable, stratum = plan.outcomes.variable, _stratum(plan)
    code = np.where(stratum >= 0, _code(pair), -1)
    score = interval_logrank_score(
        np.asarray(variable.lower), np.asarray(variable.upper), code, arms=[1, 0], stratum=stratum
    )
    return directed_interval_logrank_test(score, alternative(plan))


def _cox_test(plan: Plan, pair: Pair, watched: Watched) -> Test:
    effect = _cox(plan, pair, watched)
    p = student_p_value(effect.statistic, effect.freedom, alternative(plan))
    return as_test(p, effect.statistic, effect.reason)


TESTS: Mapping[str, Callable[[Plan, Pair, Watched], Test]] = {
    "log_rank": _log_rank,
    "stratified_log_rank": _stratified_log_rank,
    "interval_log_rank": _interval_log_rank,
    "cox": _cox_test,
}


def _in_model(plan: Plan, pair: Pair, *, covariates: bool = True) -> Flags:
    """Those compared whose strata, and covariates where asked, are known."""
    inside: Flags = (pair.arm_members | pair.control_members) & (_stratum(plan) >= 0)
    if not covariates:
        return inside
    known = covariates_of(plan, (one.name for one in plan.analysis.adjust_for))
    return inside & ~np.isnan(known).any(axis=-1)


def _modeled(plan: Plan, pair: Pair, one: Statistic) -> Statistic:
    """The statistic with its strata and covariates, and how many lack them."""
    names = strata_of(plan.protocol, plan.analysis)
    notes = [f"within {', '.join(names)}"] if names else []
    if plan.analysis.adjust_for and one.method in ("hazard_ratio", "cox"):
        notes.append(f"adjusted for {', '.join(c.name for c in plan.analysis.adjust_for)}")
    noted = replace(one, note="; ".join(part for part in (*notes, one.note) if part))
    return without_baseline(noted, pair.arm_members | pair.control_members)


def _cox(plan: Plan, pair: Pair, watched: Watched) -> Effect:
    stratum, inside = _stratum(plan), _in_model(plan, pair)
    covariates = covariates_of(plan, (one.name for one in plan.analysis.adjust_for))
    adjustment = Adjustment(covariates if covariates.shape[-1] else None, stratum)
    return hazard_ratio(
        *watched,
        pair.arm_members,
        included=inside,
        adjustment=adjustment,
        level=confidence(plan),
    )


def _code(pair: Pair) -> NDArray[np.int8]:
    """1 in the arm, 0 in control, -1 for everybody else."""
    return np.where(pair.arm_members, 1, np.where(pair.control_members, 0, -1)).astype(np.int8)


def _stratum(plan: Plan) -> NDArray[np.intp]:
    """The stratum of each participant, one and the same without strata."""
    stratum = plan.outcomes.stratum
    return np.zeros(plan.outcomes.member.shape, np.intp) if stratum is None else stratum


def _curves_compared(
    plan: Plan,
    described: tuple[str, Callable[..., Interval]],
    compared: tuple[str, str, Callable[..., Effect]],
) -> Iterator[Statistic]:
    """A number of each arm's curve at a time, and the difference of each pair."""
    watched = _watched(plan)
    if watched is None or plan.analysis.estimate.interval != "wald":
        yield not_computed(plan, f"{compared[0]} with {plan.analysis.estimate.interval}")
        return
    time, level = time_read(plan), confidence(plan)
    for name, members in described_groups(plan):
        curve = survival.kaplan_meier(*watched, included=members)
        interval = described[1](curve, time, level=level)
        blank = bare_statistic(plan, described[0], name, interval.value, members.sum(axis=-1))
        yield with_interval(blank, interval, "kaplan_meier")
    for pair in compared_pairs(plan):
        curves = (
            survival.kaplan_meier(*watched, included=who)
            for who in (pair.arm_members, pair.control_members)
        )
        effect = compared[2](*curves, time, level=level)
        n = (pair.arm_members | pair.control_members).sum(axis=-1)
        blank = bare_statistic(plan, compared[0], pair.arm, effect.value, n)
        yield replace(with_effect(blank, effect, compared[1]), control=pair.control)
    yield from tested(plan)


def resampling(members: Flags) -> NDArray[np.float64]:
    """The draws of a bootstrap, always the same for the same number of participants."""
    stream = Stream(0, np.arange(BOOTSTRAP_SAMPLES), 0)
    return uniforms(stream, Purpose.RESAMPLING, members.shape[-1])


def time_read(plan: Plan) -> float:
    """The time at which a curve is read, in days since the watch began."""
    endpoint = plan.protocol.endpoints.named()[plan.outcomes.endpoint][1]
    since = endpoint.events.start if endpoint.events else endpoint.since
    until = endpoint.events.end if endpoint.events else endpoint.until
    read = plan.analysis.at or until
    if since is None or read is None:
        return plan.outcomes.variable.day
    return float(day_of(plan.protocol, read) - day_of(plan.protocol, since))


def _watched(plan: Plan) -> Watched | None:
    variable = plan.outcomes.variable
    if variable.lower is None or variable.upper is None:
        return None
    event = np.isfinite(variable.upper)
    days = np.where(event, variable.upper, np.maximum(variable.lower, 0.0))
    return Watched(days, event)
