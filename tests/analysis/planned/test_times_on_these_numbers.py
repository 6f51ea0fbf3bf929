"""A planned analysis of times gives exactly what its method gives on days made by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest

from wholetrial.analysis.estimate import Interval, student_p_value
from wholetrial.analysis.planned.times import resampling
from wholetrial.analysis.statistic import Statistic
from wholetrial.analysis.times import interval_censored, log_rank, mean_survival, survival
from wholetrial.analysis.times.cumulative_incidence import cumulative_incidence, incidence_at
from wholetrial.analysis.times.hazard_ratio import Adjustment, as_ratio, hazard_ratio
from wholetrial.analysis.times.interval_log_rank import (
    directed_interval_logrank_test,
    interval_logrank_score,
)
from wholetrial.data.records import Records
from wholetrial.protocol.protocol import Protocol

Found = Callable[..., list[Statistic]]
Plan = Callable[..., Protocol]
HIGH, LOW, PLACEBO = 0, 1, 2
SIDES = {
    ("0.05 two-sided", "later"): "two_sided",
    ("0.025 one-sided", "later"): "less",
    ("0.025 one-sided", "earlier"): "greater",
}
EVERY_SIDE = pytest.mark.parametrize("sides", SIDES, ids=" ".join)


class Watched(NamedTuple):
    """Days until the event, or until the last visit without it; the event; the visit before."""

    days: np.ndarray
    event: np.ndarray
    before: np.ndarray


def watched(people: Records) -> Watched:
    """DLQI above 15 at weeks 4, 8 or 12, visit by visit and person by person."""
    days, event, before = [], [], []
    for values in people.values["DLQI"][:, 2:]:
        last, happened = 0.0, np.inf
        for day, value in zip((28.0, 56.0, 84.0), values, strict=True):
            if np.isfinite(happened) or np.isnan(value):
                continue
            happened, last = (day, last) if value > 15 else (np.inf, day)
        days.append(min(happened, last) if np.isinf(happened) else happened)
        event.append(np.isfinite(happened))
        before.append(last)
    return Watched(np.array(days), np.array(event), np.array(before))


def sided(sides: tuple[str, str], **fields: Any) -> dict[str, Any]:
    return {"alpha": sides[0], "better": sides[1], **fields}


def of_high(statistics: list[Statistic], name: str) -> Statistic:
    (one,) = (s for s in statistics if s.name == name and s.arm == "high")
    return one


def same(ours: Statistic, theirs: Interval) -> None:
    numbers = (theirs.value, theirs.low, theirs.high)
    np.testing.assert_array_equal([ours.value, ours.low, ours.high], numbers)
    assert ours.confidence == theirs.level


BANDS = {
    "log_log": survival.log_log_band,
    "log": survival.log_band,
    "plain": survival.plain_band,
}


@pytest.mark.parametrize("interval", BANDS)
def test_curves_and_medians(planned: Plan, people: Records, found: Found, interval: str) -> None:
    days, event, _ = watched(people)
    curve = survival.kaplan_meier(days, event, included=people.arm == HIGH)
    band = BANDS[interval](curve, 0.9)
    one = of_high(
        found(planned("worse", f"kaplan_meier, {interval} 90 %", at="week 8")), "event_free"
    )
    same(one, survival.survival_at(curve, band, 56.0))
    assert (one.method, int(one.n)) == ("kaplan_meier", 20)
    median = of_high(found(planned("worse", f"median_time, {interval} 90 %")), "median_time")
    same(median, survival.median_survival(curve, band))
    assert median.method == "brookmeyer_crowley"


def test_cumulative_incidence_beside_leaving(planned: Plan, people: Records, found: Found) -> None:
    """Who leaves on day 60 without the event has the competing event on that day, or later."""
    days, event, _ = watched(people)
    left = people.events["leaves_study"]
    leaves = ~event & ~np.isnan(left)
    until = np.where(leaves, np.fmax(left, days), days)
    cause = np.where(event, 1, np.where(leaves, 2, 0))
    theirs = cumulative_incidence(until, cause, 1, included=people.arm == HIGH)
    fields = {"at": "week 8"}
    one = of_high(
        found(planned("worse", "cumulative_incidence, log_log 95 %", **fields)),
        "cumulative_incidence",
    )
    same(one, incidence_at(theirs, 56.0, 0.95))
    assert one.method == "aalen_johansen"


@EVERY_SIDE
def test_cox_with_age_within_centers(
    planned: Plan, people: Records, found: Found, sides: tuple[str, str]
) -> None:
    days, event, _ = watched(people)
    fields = sided(sides, adjust_for=("age",), strata=("center",))
    statistics = found(planned("worse", "hazard_ratio, wald 95 %", "cox", **fields))
    theirs = hazard_ratio(
        days,
        event,
        people.arm == HIGH,
        included=people.arm != LOW,
        adjustment=Adjustment(people.facts["age"][:, None], people.facts["center"].astype(int)),
    )
    ratio, test = of_high(statistics, "hazard_ratio"), of_high(statistics, "p_value")
    same(ratio, as_ratio(theirs))
    assert test.value == student_p_value(theirs.statistic, np.inf, SIDES[sides])
    assert (ratio.method, test.method, int(test.n)) == ("hazard_ratio", "cox", 40)
    assert ratio.note == "within center; adjusted for age"
    assert bool(test.favors) == (bool(theirs.value < 0) == (sides[1] == "later"))


def test_who_has_no_center_is_left_out_and_counted(
    planned: Plan, people: Records, found: Found
) -> None:
    center = people.facts["center"].copy()
    center[[0, 3, 5]] = np.nan  # two on the high dose, one on placebo
    fewer = replace(people, facts={**people.facts, "center": center})
    fields = {"better": "later", "strata": ("center",)}
    for test in ("stratified_log_rank", "cox"):
        one = of_high(
            found(planned("worse", "hazard_ratio, wald 95 %", test, **fields), None, fewer),
            "p_value",
        )
        assert int(one.n) == 37
        assert "3 left out whose baseline is not known" in one.note


@EVERY_SIDE
@pytest.mark.parametrize("stratified", [False, True])
def test_log_rank(
    planned: Plan, people: Records, found: Found, stratified: bool, sides: tuple[str, str]
) -> None:
    days, event, _ = watched(people)
    name = "stratified_log_rank" if stratified else "log_rank"
    fields = sided(sides, **({"strata": ("center",)} if stratified else {}))
    one = of_high(found(planned("worse", "kaplan_meier, log_log 95 %", name, **fields)), "p_value")
    stratum = people.facts["center"].astype(int) if stratified else 0
    score = log_rank.logrank_score(days, event, people.arm, arms=[HIGH, PLACEBO], stratum=stratum)
    theirs = log_rank.directed_logrank_test(score, SIDES[sides])
    assert (one.value, one.method, one.control) == (theirs.p_value, name, "placebo")


@EVERY_SIDE
def test_log_rank_between_visits(
    planned: Plan, people: Records, found: Found, sides: tuple[str, str]
) -> None:
    days, event, before = watched(people)
    protocol = planned("between", "turnbull, bootstrap 95 %", "interval_log_rank", **sided(sides))
    one = of_high(found(protocol), "p_value")
    until = np.where(event, days, np.inf)
    score = interval_logrank_score(before, until, people.arm, arms=[HIGH, PLACEBO])
    assert one.value == directed_interval_logrank_test(score, SIDES[sides]).p_value


def test_turnbull_and_the_median_between_visits(
    planned: Plan, people: Records, found: Found
) -> None:
    days, event, before = watched(people)
    until = np.where(event, days, np.inf)
    high = people.arm == HIGH
    fields = {"at": "week 8"}
    one = of_high(found(planned("between", "turnbull, bootstrap 90 %", **fields)), "event_free")
    theirs = interval_censored.event_free_bootstrap(
        before, until, 56.0, resampling(high), included=high, level=0.9
    )
    same(one, theirs)
    assert one.note == "known only between visits"
    median = of_high(found(planned("between", "median_time, bootstrap 90 %")), "median_time")
    same(
        median,
        interval_censored.event_time_bootstrap(
            before, until, 0.5, resampling(high), included=high, level=0.9
        ),
    )
    assert median.method == "turnbull"


def test_mean_times_and_shares_without_the_event(
    planned: Plan, people: Records, found: Found
) -> None:
    days, event, _ = watched(people)
    high, placebo = (
        survival.kaplan_meier(days, event, included=people.arm == arm) for arm in (HIGH, PLACEBO)
    )
    for summary, compute, method in (
        ("rmst_difference", mean_survival.restricted_mean_difference, "restricted_mean"),
        ("survival_difference", mean_survival.milestone_difference, "milestone_survival"),
    ):
        statistics = found(planned("worse", f"{summary}, wald 95 %", at="week 8"))
        one = of_high(statistics, summary)
        same(one, compute(high, placebo, 56.0, level=0.95).interval)
        assert (one.method, one.comparison) == (method, "high with placebo")


TIMED = ("log_rank", "stratified_log_rank", "cox", "interval_log_rank")


@pytest.mark.parametrize("test", TIMED)
def test_a_one_sided_test_looks_to_the_better_side_alone(
    planned: Plan, people: Records, found: Found, test: str
) -> None:
    """Nobody on the high dose has the event before the last visit, everybody on placebo has."""
    burden = people.values["DLQI"].copy()
    burden[:, 2:] = np.where(people.arm == PLACEBO, 20.0, 5.0)[:, None]
    burden[:, 4] = 20.0
    late = replace(people, values={**people.values, "DLQI": burden})
    fields: dict[str, Any] = {"alpha": "0.025 one-sided"}
    fields |= {"strata": ("center",)} if test == "stratified_log_rank" else {}
    of = "between" if test == "interval_log_rank" else "worse"
    p_values = {}
    for better in ("later", "earlier"):
        plan = planned(of, "kaplan_meier, log_log 95 %", test, better=better, **fields)
        p_values[better] = of_high(found(plan, None, late), "p_value")
    if test == "cox":  # no finite ratio fits: a reason, and no number
        assert {one.why_none for one in p_values.values()} == {
            "A covariate or an arm tells the outcome with certainty."
        }
        return
    assert p_values["later"].value < 1e-6
    assert p_values["earlier"].value > 1 - 1e-6
    assert (bool(p_values["later"].favors), bool(p_values["earlier"].favors)) == (True, False)


def test_adverse_events_are_timed_to_the_first(
    planned: Plan, people: Records, found: Found
) -> None:
    first, left = people.adverse_events.day[:, 0], people.events["leaves_study"]
    event = ~np.isnan(first)
    days = np.where(event, first, np.where(np.isnan(left), 84.0, left))
    fields = {"better": "lower", "at": "week 8"}
    statistics = found(planned("any_ae", "kaplan_meier, plain 95 %", "log_rank", **fields))
    curve = survival.kaplan_meier(days, event, included=people.arm == HIGH)
    same(
        of_high(statistics, "event_free"),
        survival.survival_at(curve, survival.plain_band(curve), 56.0),
    )
    score = log_rank.logrank_score(days, event, people.arm, arms=[HIGH, PLACEBO])
    test = of_high(statistics, "p_value")
    assert test.value == log_rank.directed_logrank_test(score).p_value
    assert bool(test.favors)
