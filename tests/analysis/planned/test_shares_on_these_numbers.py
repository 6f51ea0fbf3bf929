"""A planned analysis of responses gives exactly what its method gives on counts made by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wholetrial.analysis.estimate import Effect, Interval, Test
from wholetrial.analysis.responders import (
    cochran_mantel_haenszel,
    mantel_haenszel,
    paired,
    proportions,
    ratios,
    risk_difference,
    standardization,
    stratified_newcombe,
    stratified_score,
    trend,
    two_proportion_tests,
    unconditional,
)
from wholetrial.analysis.safety import rate_differences, rate_ratios, rates
from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import Records
from wholetrial.protocol.protocol import Protocol

Found = Callable[..., list[Statistic]]
Plan = Callable[..., Protocol]
HIGH, LOW, PLACEBO = 0, 1, 2


def responded(people: Records, week: str = "week 12") -> np.ndarray:
    """PASI 75 at a week, counted in tenths of a point; nobody who was missed responds."""
    place = [visit.label for visit in people.visits].index(week)
    now, base = (np.rint(people.values["PASI"][:, column] * 10) for column in (place, 1))
    return np.where(np.isnan(now), 0.0, (100 * (base - now) >= 75 * base).astype(float))


def counts(value: np.ndarray, people: Records, *, within: str = "") -> list[Any]:
    """Responders and people of the high dose, then of placebo; by center where asked."""
    four: list[Any] = []
    for arm in (HIGH, PLACEBO):
        members = people.arm == arm
        groups = [members]
        if within:
            groups = [members & (people.facts[within] == level) for level in (1, 2, 3)]
        four += [
            [value[group].sum() for group in groups],
            [group.sum() for group in groups],
        ]
    return four if within else [one[0] for one in four]


def of_high(statistics: list[Statistic], name: str) -> Statistic:
    (one,) = (s for s in statistics if s.name == name and s.arm == "high")
    return one


def same_interval(ours: Statistic, theirs: Interval) -> None:
    assert (float(ours.value), float(ours.low), float(ours.high), ours.confidence) == (
        float(theirs.value),
        float(theirs.low),
        float(theirs.high),
        theirs.level,
    )


@pytest.mark.parametrize("method", ["clopper_pearson", "wilson", "jeffreys", "wald"])
def test_a_share(planned: Plan, people: Records, found: Found, method: str) -> None:
    one = of_high(found(planned("clear", f"proportion, {method} 90 %")), "proportion")
    events, n, _, _ = counts(responded(people), people)
    same_interval(one, getattr(proportions, method)(events, n, 0.9))
    assert (one.method, int(one.n), int(one.count)) == (method, 20, events)


TWO_ARMS = {
    "risk_difference, wald": ("wald", risk_difference.risk_difference_wald),
    "risk_difference, newcombe": ("newcombe", risk_difference.risk_difference_newcombe),
    "risk_difference, miettinen_nurminen": (
        "miettinen_nurminen",
        risk_difference.risk_difference_miettinen_nurminen,
    ),
    "risk_ratio, log": ("risk_ratio_log", ratios.risk_ratio_log),
    "risk_ratio, miettinen_nurminen": (
        "risk_ratio_miettinen_nurminen",
        ratios.risk_ratio_miettinen_nurminen,
    ),
    "odds_ratio, log": ("odds_ratio_log", ratios.odds_ratio_log),
    "odds_ratio, miettinen_nurminen": (
        "odds_ratio_miettinen_nurminen",
        ratios.odds_ratio_miettinen_nurminen,
    ),
}


@pytest.mark.parametrize("estimate", TWO_ARMS)
def test_two_shares_compared(planned: Plan, people: Records, found: Found, estimate: str) -> None:
    method, compute = TWO_ARMS[estimate]
    summary = estimate.partition(",")[0]
    one = of_high(found(planned("clear", f"{estimate} 95 %")), summary)
    same_interval(one, compute(*counts(responded(people), people), 0.95))
    assert (one.method, int(one.n), one.comparison) == (method, 40, "high with placebo")


STRATIFIED = {
    "risk_difference, sato": (
        "mantel_haenszel",
        mantel_haenszel.risk_difference_mantel_haenszel,
    ),
    "risk_difference, stratified_newcombe": (
        "stratified_newcombe",
        stratified_newcombe.risk_difference_stratified_newcombe,
    ),
    "risk_difference, stratified_miettinen_nurminen": (
        "stratified_miettinen_nurminen",
        stratified_score.risk_difference_stratified_miettinen_nurminen,
    ),
    "risk_ratio, mantel_haenszel": (
        "mantel_haenszel_risk_ratio",
        mantel_haenszel.risk_ratio_mantel_haenszel,
    ),
    "risk_ratio, stratified_miettinen_nurminen": (
        "stratified_miettinen_nurminen_risk_ratio",
        stratified_score.risk_ratio_stratified_miettinen_nurminen,
    ),
    "odds_ratio, mantel_haenszel": (
        "mantel_haenszel_odds_ratio",
        mantel_haenszel.odds_ratio_mantel_haenszel,
    ),
    "odds_ratio, stratified_miettinen_nurminen": (
        "stratified_miettinen_nurminen_odds_ratio",
        stratified_score.odds_ratio_stratified_miettinen_nurminen,
    ),
}


@pytest.mark.parametrize("estimate", STRATIFIED)
def test_shares_compared_within_centers(
    planned: Plan, people: Records, found: Found, estimate: str
) -> None:
    method, compute = STRATIFIED[estimate]
    protocol = planned("clear", f"{estimate} 95 %", strata=("center",))
    one = of_high(found(protocol), estimate.partition(",")[0])
    theirs = compute(*counts(responded(people), people, within="center"), level=0.95)
    same_interval(one, getattr(theirs, "interval", theirs))
    assert (one.method, int(one.n)) == (method, 40)
    assert one.note == "within center; missing: no response"


STANDARDIZED: dict[str, Callable[..., Effect | Interval]] = {
    "risk_difference": standardization.risk_difference_standardized,
    "risk_ratio": standardization.risk_ratio_standardized,
    "odds_ratio": standardization.odds_ratio_standardized,
}


@pytest.mark.parametrize("summary", STANDARDIZED)
def test_shares_standardized_over_age_and_centers(
    planned: Plan, people: Records, found: Found, summary: str
) -> None:
    fields = {"adjust_for": ("age",), "strata": ("center",)}
    protocol = planned("clear", f"{summary}, standardization 95 %", "standardization", **fields)
    statistics = found(protocol)
    center = people.facts["center"]
    known = np.stack([people.facts["age"], center == 2, center == 3], axis=-1)
    who = responded(people), people.arm == HIGH, known, people.arm != LOW
    theirs = STANDARDIZED[summary](*who, level=0.95)
    same_interval(of_high(statistics, summary), getattr(theirs, "interval", theirs))
    test = standardization.risk_difference_standardized(*who, 0.95)
    assert float(of_high(statistics, "p_value").value) == float(test.p_value)
    assert of_high(statistics, summary).note.startswith("within center; adjusted for age")


TESTS: dict[str, Callable[..., Test]] = {
    "fisher_exact": two_proportion_tests.fisher_exact_test,
    "boschloo": unconditional.boschloo_test,
    "pearson": two_proportion_tests.pearson_test,
    "pearson_corrected": two_proportion_tests.pearson_corrected_test,
    "cmh": cochran_mantel_haenszel.cmh_test,
}
SIDES = {
    ("0.05 two-sided", "higher"): "two_sided",
    ("0.025 one-sided", "higher"): "greater",
    ("0.025 one-sided", "lower"): "less",
}


@pytest.mark.parametrize("sides", SIDES, ids=" ".join)
@pytest.mark.parametrize("test", TESTS)
def test_a_test_of_two_shares(
    planned: Plan, people: Records, found: Found, test: str, sides: tuple[str, str]
) -> None:
    within = "center" if test == "cmh" else ""
    fields: dict[str, Any] = {"alpha": sides[0], "better": sides[1]}
    fields |= {"strata": (within,)} if within else {}
    one = of_high(found(planned("clear", "proportion, wald 95 %", test, **fields)), "p_value")
    four = counts(responded(people), people, within=within)
    theirs = TESTS[test](*four, alternative=SIDES[sides])
    assert float(one.value) == float(theirs.p_value)
    assert (one.method, int(one.n), one.control) == (test, 40, "placebo")
    assert one.note.endswith(f"alpha {sides[0]}")


@pytest.mark.parametrize("sides", SIDES, ids=" ".join)
def test_a_trend_is_tested_over_the_planned_doses(
    planned: Plan, people: Records, found: Found, sides: tuple[str, str]
) -> None:
    """Two injections of 90 mg, of 45 mg, or none: 0, 90 and 180 mg."""
    fields = {"alpha": sides[0], "better": sides[1]}
    protocol = planned("clear", "risk_difference, wald 95 %", "cochran_armitage", **fields)
    (one,) = found(protocol, "p_value")
    value = responded(people)
    events = [value[people.arm == arm].sum() for arm in (PLACEBO, LOW, HIGH)]
    theirs = trend.cochran_armitage_test(
        events, [20, 20, 20], [0, 90, 180], alternative=SIDES[sides]
    )
    assert float(one.value) == float(theirs.p_value)
    assert (one.arm, int(one.n)) == ("", 60)
    assert one.note.startswith("trend over planned doses: placebo 0, high 180, low 90")


def test_a_trend_is_tested_over_the_arms_compared(
    planned: Plan, people: Records, found: Found
) -> None:
    fields = {"compare": "each low with placebo"}
    protocol = planned("clear", "risk_difference, wald 95 %", "cochran_armitage", **fields)
    (one,) = found(protocol, "p_value")
    assert int(one.n) == 40
    assert one.note.startswith("trend over planned doses: placebo 0, low 90;")


@pytest.mark.parametrize("sides", SIDES, ids=" ".join)
def test_the_first_time_is_compared_with_the_last(
    planned: Plan, people: Records, found: Found, sides: tuple[str, str]
) -> None:
    fields = {"alpha": sides[0], "better": sides[1], "compare": None}
    protocol = planned("early_and_late", "proportion, wald 95 %", "mcnemar", **fields)
    one = of_high(found(protocol), "p_value")
    early, late = (responded(people, week)[people.arm == HIGH] for week in ("week 4", "week 12"))
    gained, lost = ((early < late).sum(), (early > late).sum())
    theirs = paired.mcnemar_exact_test(gained, lost, alternative=SIDES[sides])
    assert (float(one.value), one.method) == (float(theirs.p_value), "mcnemar_exact")
    assert one.note.startswith("from week 4 to week 12")


@pytest.mark.parametrize("sides", SIDES, ids=" ".join)
def test_a_share_against_a_benchmark(
    planned: Plan, people: Records, found: Found, sides: tuple[str, str]
) -> None:
    fields = {"alpha": sides[0], "better": sides[1], "compare": None, "against": "40 %"}
    protocol = planned("clear", "proportion, wilson 95 %", "exact_binomial", **fields)
    one = of_high(found(protocol), "p_value")
    events, n, _, _ = counts(responded(people), people)
    theirs = proportions.exact_binomial_test(events, n, 0.4, SIDES[sides])
    assert float(one.value) == float(theirs.p_value)
    assert one.note.startswith("against 40 %")


def test_pooled_arms_are_one_group(planned: Plan, people: Records, found: Found) -> None:
    fields = {"compare": "pooled experimental with placebo"}
    protocol = planned("clear", "risk_difference, wald 95 %", "fisher_exact", **fields)
    statistics = found(protocol)
    assert [(one.name, one.arm, int(one.n)) for one in statistics] == [
        ("proportion", "experimental", 40),
        ("proportion", "placebo", 20),
        ("risk_difference", "experimental", 60),
        ("p_value", "experimental", 60),
    ]
    value = responded(people)
    treated = value[people.arm != PLACEBO].sum()
    control = value[people.arm == PLACEBO].sum()
    theirs = risk_difference.risk_difference_wald(treated, 40, control, 20, 0.95)
    assert float(statistics[2].value) == float(theirs.value)


RATES = {
    "rate_difference, wald": ("rate_difference_wald", rate_differences.rate_difference_wald),
    "rate_difference, miettinen_nurminen": (
        "rate_difference_score",
        rate_differences.rate_difference_score,
    ),
    "rate_ratio, log": ("rate_ratio_log_wald", rate_ratios.rate_ratio_log_wald),
    "rate_ratio, miettinen_nurminen": ("rate_ratio_score", rate_ratios.rate_ratio_score),
    "rate_ratio, exact_conditional": ("rate_ratio_exact", rate_ratios.rate_ratio_exact),
}


def exposed(people: Records, arm: int) -> tuple[float, float]:
    """Events and patient-years until the first one; both the first and the last day count."""
    first = people.adverse_events.day[:, 0]
    left = people.events["leaves_study"]
    last = np.where(np.isnan(left), 84.0, left)
    event = ~np.isnan(first)
    days = np.where(event, first, last) + 1
    members = people.arm == arm
    return float((event & members).sum()), float(days[members].sum() / 365.25)


@pytest.mark.parametrize("estimate", RATES)
def test_rates_compared(planned: Plan, people: Records, found: Found, estimate: str) -> None:
    method, compute = RATES[estimate]
    one = of_high(found(planned("any_ae", f"{estimate} 95 %")), estimate.partition(",")[0])
    arm, control = exposed(people, HIGH), exposed(people, PLACEBO)
    theirs = compute(*arm, *control, 0.95)
    ends = [float(number) for number in (one.value, one.low, one.high)]
    assert ends == pytest.approx([float(theirs.value), float(theirs.low), float(theirs.high)])
    assert one.method == method


@pytest.mark.parametrize(
    ("interval", "compute"), [("garwood", "rate_exact"), ("log", "rate_log_wald")]
)
def test_a_rate(planned: Plan, people: Records, found: Found, interval: str, compute: str) -> None:
    one = of_high(found(planned("any_ae", f"rate, {interval} 95 %")), "rate")
    theirs = getattr(rates, compute)(*exposed(people, HIGH), 0.95)
    assert [float(one.low), float(one.high)] == pytest.approx(
        [float(theirs.low), float(theirs.high)]
    )
    assert (one.method, int(one.count)) == (compute, int(exposed(people, HIGH)[0]))
    assert f"{exposed(people, HIGH)[1]:.1f} patient-years" in one.note


def test_a_center_without_anybody_compared_is_no_column_of_the_model(
    planned: Plan, people: Records, found: Found
) -> None:
    """Center 1 treated only the low dose: high and placebo are compared over the other two."""
    elsewhere = (people.facts["center"] == 1) & (people.arm != LOW)
    center = np.where(elsewhere, 2.0, people.facts["center"])
    moved = replace(people, facts={**people.facts, "center": center})
    protocol = planned("clear", "risk_difference, standardization 95 %", strata=("center",))
    one = of_high(found(protocol, None, moved), "risk_difference")
    who = responded(people), people.arm == HIGH, (center == 3)[:, None], people.arm != LOW
    same_interval(one, standardization.risk_difference_standardized(*who, 0.95).interval)


@pytest.mark.parametrize("test", ["cmh", "standardization"])
def test_who_has_no_center_is_left_out_and_counted(
    planned: Plan, people: Records, found: Found, test: str
) -> None:
    center = people.facts["center"].copy()
    center[[0, 2, 3, 4]] = np.nan  # two on the high dose, one on placebo, one on the low dose
    fewer = replace(people, facts={**people.facts, "center": center})
    protocol = planned("clear", "risk_difference, sato 95 %", test, strata=("center",))
    statistics = found(protocol, None, fewer)
    for name in ("risk_difference", "p_value"):
        one = of_high(statistics, name)
        assert int(one.n) == 37
        assert "3 left out whose baseline is not known" in one.note
    same_interval(
        of_high(statistics, "risk_difference"),
        mantel_haenszel.risk_difference_mantel_haenszel(
            *counts(responded(people), fewer, within="center"), 0.95
        ).interval,
    )
    nobody = replace(people, facts={**people.facts, "center": np.full(60, np.nan)})
    reasons = {one.why_none for one in found(protocol, None, nobody) if one.control}
    assert reasons == {"The baseline values to adjust for are not known of any participant."}
