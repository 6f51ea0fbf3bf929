"""A planned analysis of changes gives exactly what its method gives on changes made by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wholetrial.analysis.estimate import Effect, effect_at
from wholetrial.analysis.measurements import ancova, continuous, covariates, two_means
from wholetrial.analysis.measurements.dose_trend import linear_trend
from wholetrial.analysis.measurements.linear_model import fit_linear_model
from wholetrial.analysis.measurements.mmrm.effects import RepeatedMeasures, visit_effects
from wholetrial.analysis.measurements.rank_tests import jonckheere_terpstra_test
from wholetrial.analysis.multiplicity.dunnett import dunnett
from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import Records
from wholetrial.protocol.protocol import Protocol

Found = Callable[..., list[Statistic]]
Plan = Callable[..., Protocol]
HIGH, LOW, PLACEBO = 0, 1, 2
SIDES = {
    ("0.05 two-sided", "lower"): "two_sided",
    ("0.025 one-sided", "lower"): "less",
    ("0.025 one-sided", "higher"): "greater",
}
EVERY_SIDE = pytest.mark.parametrize("sides", SIDES, ids=" ".join)


def change(people: Records, week: str = "week 12") -> np.ndarray:
    """PASI at a week less that of week 0, in whole tenths as it was measured."""
    place = [visit.label for visit in people.visits].index(week)
    values = np.rint(people.values["PASI"] * 10)
    return (values[:, place] - values[:, 1]) / 10


def sided(sides: tuple[str, str], **fields: Any) -> dict[str, Any]:
    return {"alpha": sides[0], "better": sides[1], **fields}


def of_arm(statistics: list[Statistic], name: str, arm: str = "high") -> Statistic:
    (one,) = (s for s in statistics if s.name == name and s.arm == arm)
    return one


def same(ours: Statistic, theirs: Effect) -> None:
    numbers = (theirs.value, theirs.low, theirs.high)
    assert (ours.value, ours.low, ours.high) == tuple(float(number) for number in numbers)


@EVERY_SIDE
def test_the_mean_change_of_each_arm(
    planned: Plan, people: Records, found: Found, sides: tuple[str, str]
) -> None:
    fields = sided(sides, compare=None, against=-8.0)
    statistics = found(planned("lower", "mean_change, student_t 90 %", "paired_t", **fields))
    changes = np.where(people.arm == HIGH, change(people), np.nan)
    mean, test = of_arm(statistics, "mean_change"), of_arm(statistics, "p_value")
    theirs = continuous.mean_change_t(changes, 0.9)
    assert (mean.value, mean.low, mean.high) == (theirs.value, theirs.low, theirs.high)
    assert (mean.method, int(mean.n)) == ("student_t", int((~np.isnan(changes)).sum()))
    before = np.full_like(changes, -8.0)
    assert test.value == continuous.paired_t_test(before, changes, SIDES[sides]).p_value
    assert test.method == "paired_t"


TWO_MEANS = {
    "student_t": two_means.mean_difference_student_t,
    "welch_t": two_means.mean_difference_welch_t,
}


@EVERY_SIDE
@pytest.mark.parametrize("method", TWO_MEANS)
def test_the_difference_of_two_means(
    planned: Plan, people: Records, found: Found, method: str, sides: tuple[str, str]
) -> None:
    protocol = planned("lower", f"mean_difference, {method} 95 %", method, **sided(sides))
    statistics = found(protocol)
    theirs = TWO_MEANS[method](
        change(people), people.arm, arms=(PLACEBO, HIGH), alternative=SIDES[sides]
    )
    same(of_arm(statistics, "mean_difference"), theirs)
    test = of_arm(statistics, "p_value")
    assert (test.value, test.method, test.control) == (theirs.p_value, method, "placebo")


def model(people: Records, *, center: bool = False, without: Any = False) -> Any:
    columns = [covariates.measured("age", people.facts["age"])]
    if center:
        columns.append(covariates.factor("center", people.facts["center"]))
    inside = ~np.isnan(change(people)) & ~np.asarray(without)
    return fit_linear_model(
        change(people), columns, inside, arm=people.arm, arms=(PLACEBO, HIGH, LOW)
    )


@EVERY_SIDE
def test_analysis_of_covariance_with_centers_and_dunnett(
    planned: Plan, people: Records, found: Found, sides: tuple[str, str]
) -> None:
    fields = sided(sides, adjust_for=("age",), strata=("center",), multiplicity="dunnett")
    protocol = planned("lower", "mean_difference, student_t 95 %", "ancova", **fields)
    statistics = found(protocol)
    fitted = model(people, center=True)
    means = ancova.ls_means(fitted)
    differences = ancova.differences_from_control(fitted, alternative=SIDES[sides])
    together = dunnett(fitted, 0.95, alternative=SIDES[sides])
    for place, arm in enumerate(("high", "low")):
        theirs = effect_at(differences, (..., place))
        same(of_arm(statistics, "mean_difference", arm), theirs)
        assert of_arm(statistics, "p_value", arm).value == theirs.p_value
        adjusted = of_arm(statistics, "adjusted_p_value", arm)
        assert adjusted.value == effect_at(together, (..., place)).p_value
        assert (adjusted.method, adjusted.note) == ("dunnett", "Dunnett's procedure over 2 arms")
    for place, arm in enumerate(("placebo", "high", "low")):
        same(of_arm(statistics, "least_squares_mean", arm), effect_at(means, (..., place)))
    assert {one.note.partition(";")[0] for one in statistics if one.name == "p_value"} == {
        "adjusted for age, center"
    }


def test_who_lacks_a_covariate_is_left_out_and_counted(
    planned: Plan, people: Records, found: Found
) -> None:
    """Two people on the high dose have no age: the model goes without them, and says so."""
    first = np.flatnonzero((people.arm == HIGH) & ~np.isnan(change(people)))[:2]
    age = people.facts["age"].copy()
    age[first] = np.nan
    fewer = replace(people, facts={**people.facts, "age": age})
    protocol = planned("lower", "mean_difference, student_t 95 %", "ancova", adjust_for=("age",))
    statistics = found(protocol, None, fewer)
    one = of_arm(statistics, "mean_difference")
    same(
        one,
        effect_at(ancova.differences_from_control(model(people, without=np.isnan(age))), (..., 0)),
    )
    known = ~np.isnan(change(people)) & (people.arm != LOW)
    assert int(one.n) == int(of_arm(statistics, "p_value").n) == known.sum() - 2
    assert one.note.endswith("2 left out whose baseline is not known")
    assert "left out" not in of_arm(statistics, "mean_difference", "low").note


def test_without_any_covariate_known_there_is_a_reason(
    planned: Plan, people: Records, found: Found
) -> None:
    nobody = replace(people, facts={**people.facts, "age": np.full(60, np.nan)})
    for plan in (
        planned("lower", "mean_difference, student_t 95 %", "ancova", adjust_for=("age",)),
        planned(
            "by_visit",
            "mmrm, satterthwaite 95 %",
            "mmrm",
            adjust_for=("age",),
            missing="mixed model",
            covariance="unstructured",
        ),
        planned("worse", "hazard_ratio, wald 95 %", "cox", adjust_for=("age",), better="later"),
    ):
        statistics = found(plan, None, nobody)
        assert {one.why_none for one in statistics} == {
            "The baseline values to adjust for are not known of any participant."
        }
        assert all(np.isnan(one.value) for one in statistics)


@EVERY_SIDE
@pytest.mark.parametrize("test", ["linear_trend", "jonckheere_terpstra"])
def test_a_trend_over_doses(
    planned: Plan, people: Records, found: Found, test: str, sides: tuple[str, str]
) -> None:
    protocol = planned("lower", "mean_difference, student_t 95 %", test, **sided(sides))
    (one,) = found(protocol, "p_value")
    if test == "linear_trend":
        codes, value = people.arm, change(people)
        known = ~np.isnan(value)
        fitted = fit_linear_model(value, [], known, arm=codes, arms=(PLACEBO, HIGH, LOW))
        theirs = linear_trend(fitted, [0, 180, 90], alternative=SIDES[sides]).p_value
    else:
        order = (PLACEBO, LOW, HIGH)
        theirs = jonckheere_terpstra_test(
            change(people), people.arm, arms=order, alternative=SIDES[sides]
        ).p_value
    assert (one.value, one.arm, one.method) == (theirs, "", test)
    assert int(one.n) == int((~np.isnan(change(people))).sum())


@EVERY_SIDE
@pytest.mark.parametrize("freedom", ["kenward_roger", "satterthwaite"])
def test_means_by_visit_of_a_mixed_model(
    planned: Plan, people: Records, found: Found, freedom: str, sides: tuple[str, str]
) -> None:
    fields = sided(sides, adjust_for=("age by visit",), strata=("center",))
    fields |= {"missing": "mixed model", "covariance": "heterogeneous_toeplitz"}
    statistics = found(planned("by_visit", f"mmrm, {freedom} 95 %", "mmrm", **fields))
    weeks = ("week 4", "week 8", "week 12")
    columns = [
        covariates.measured("age", people.facts["age"]),
        covariates.factor("center", people.facts["center"]),
    ]
    theirs = visit_effects(
        np.stack([change(people, week) for week in weeks], axis=-1),
        columns,
        arm=people.arm,
        arms=(PLACEBO, HIGH, LOW),
        plan=RepeatedMeasures(
            structure="heterogeneous_toeplitz",
            freedom={"kenward_roger": "kenward_roger_linear"}.get(freedom, freedom),
            by_visit=("age",),
            level=0.95,
            alternative=SIDES[sides],
        ),
    )
    assert theirs.differences is not None
    for visit, week in enumerate(weeks):
        there = [one for one in statistics if one.at == week]
        same(of_arm(there, "least_squares_mean", "low"), effect_at(theirs.means, (..., 2, visit)))
        effect = effect_at(theirs.differences, (..., 1, visit))
        same(of_arm(there, "mean_difference", "low"), effect)
        test = of_arm(there, "p_value", "low")
        assert (test.value, test.method) == (effect.p_value, "mmrm")
        assert test.note.startswith("heterogeneous toeplitz covariance, ")
        assert "adjusted for age by visit, center" in test.note


def test_a_change_of_a_measure_that_is_better_higher(
    planned: Plan, people: Records, found: Found
) -> None:
    estimate = "mean_difference, student_t 95 %"
    one_sided = {"alpha": "0.025 one-sided"}
    better = found(planned("feels", estimate, "ancova", better="higher", **one_sided), "p_value")
    worse = found(planned("feels", estimate, "ancova", better="lower", **one_sided), "p_value")
    assert all(one.value < 0.001 for one in better)
    assert all(one.value > 0.999 for one in worse)
