"""Where a method has no number the result says why: an arm of nobody, no events, all events."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import Records
from wholetrial.protocol.protocol import Protocol

Found = Callable[..., list[Statistic]]
MIXED = {"missing": "mixed model", "covariance": "unstructured"}
STRATA = {"strata": ("center",)}
IMPUTED = {"missing": "multiple imputation 3 times, jump to reference"}
PLANS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("clear", "risk_difference, miettinen_nurminen 95 %", "fisher_exact", {}),
    ("clear", "risk_difference, sato 95 %", "cmh", STRATA),
    ("clear", "risk_ratio, mantel_haenszel 95 %", "boschloo", STRATA),
    ("clear", "odds_ratio, stratified_miettinen_nurminen 95 %", "pearson", STRATA),
    ("clear", "risk_difference, stratified_newcombe 95 %", "cochran_armitage", STRATA),
    ("clear", "risk_difference, standardization 95 %", "standardization", {"adjust_for": ("age",)}),
    ("clear", "risk_difference, rubin 95 %", "rubin", IMPUTED),
    ("lower", "mean_difference, welch_t 95 %", "welch_t", {}),
    ("lower", "mean_difference, student_t 95 %", "ancova", {"adjust_for": ("age",)}),
    ("lower", "mean_difference, student_t 95 %", "jonckheere_terpstra", {}),
    ("lower", "mean_difference, rubin 95 %", "rubin", IMPUTED),
    ("by_visit", "mmrm, kenward_roger 95 %", "mmrm", MIXED),
    ("worse", "kaplan_meier, log_log 95 %", "log_rank", {"better": "later", "at": "week 8"}),
    ("worse", "hazard_ratio, wald 95 %", "cox", {"better": "later"}),
    ("worse", "rmst_difference, wald 95 %", "none", {"at": "week 8"}),
    ("between", "turnbull, bootstrap 95 %", "interval_log_rank", {"better": "later"}),
    ("between", "median_time, bootstrap 95 %", "none", {}),
    ("worse", "cumulative_incidence, log_log 95 %", "none", {}),
    ("worse", "median_time, log 95 %", "none", {}),
    ("any_ae", "rate_ratio, exact_conditional 95 %", "fisher_exact", {"better": "lower"}),
]


def named(plan: tuple[Any, ...]) -> str:
    return f"{plan[1]}, {plan[2]}"


@pytest.mark.parametrize("plan", PLANS, ids=named)
def test_an_arm_of_nobody_has_reasons_and_no_numbers(
    planned: Callable[..., Protocol], people: Records, found: Found, plan: tuple[Any, ...]
) -> None:
    """Everybody on the high dose is gone: what speaks of it alone, or compares it, has a reason."""
    of, estimate, test, fields = plan
    without = people.chosen(people.arm != 0)
    statistics = found(planned(of, estimate, test, **fields), None, without)
    empty = [one for one in statistics if one.arm == "high"]
    assert empty
    for one in empty:
        assert one.why_none, one.name
        assert not one.not_computed
        assert np.isnan(one.value), one.name
        assert one.row("recorded")["value"] is None


@pytest.mark.parametrize("cleared", [0.0, 1.0])
@pytest.mark.parametrize("plan", [one for one in PLANS if one[0] == "clear"], ids=named)
def test_no_or_all_responders_give_numbers_or_reasons(
    planned: Callable[..., Protocol],
    people: Records,
    found: Found,
    plan: tuple[Any, ...],
    cleared: float,
) -> None:
    of, estimate, test, fields = plan
    severity = people.values["PASI"].copy()
    severity[:, 2:] = severity[:, :1] * (1 - cleared)
    alike = replace(people, values={**people.values, "PASI": severity})
    for one in found(planned(of, estimate, test, **fields), None, alike):
        assert not one.not_computed
        assert bool(one.why_none) == bool(
            np.isnan(one.value) or (one.low is not None and np.isnan(one.low))
        ), one
    shares = found(planned(of, estimate, **fields), "proportion", alike)
    assert {float(one.value) for one in shares} == {cleared}


@pytest.mark.parametrize("burden", [5.0, 20.0])
@pytest.mark.parametrize(
    "plan", [one for one in PLANS if one[0] in ("worse", "between")], ids=named
)
def test_no_or_all_events_give_numbers_or_reasons(
    planned: Callable[..., Protocol],
    people: Records,
    found: Found,
    plan: tuple[Any, ...],
    burden: float,
) -> None:
    of, estimate, test, fields = plan
    values = people.values["DLQI"].copy()
    values[:, 2:] = burden
    alike = replace(people, values={**people.values, "DLQI": values})
    for one in found(planned(of, estimate, test, **fields), None, alike):
        assert not one.not_computed
        assert one.why_none or not np.isnan(one.value), one
    if burden == 5.0 and test in ("log_rank", "interval_log_rank"):
        tests = found(planned(of, estimate, test, **fields), "p_value", alike)
        assert {one.why_none for one in tests} == {
            "No participant had the event, so the method gives no uncertainty."
        }


@pytest.mark.parametrize(
    "plan", [one for one in PLANS if one[0] in ("lower", "by_visit")], ids=named
)
def test_changes_that_are_all_the_same_have_reasons(
    planned: Callable[..., Protocol], people: Records, found: Found, plan: tuple[Any, ...]
) -> None:
    of, estimate, test, fields = plan
    severity = people.values["PASI"].copy()
    severity[:, 2:] = severity[:, :1]
    alike = replace(people, values={**people.values, "PASI": severity})
    for one in found(planned(of, estimate, test, **fields), None, alike):
        assert one.why_none, one
        assert not one.not_computed


def test_a_visit_that_nobody_of_an_arm_attends_is_a_reason(
    planned: Callable[..., Protocol], people: Records, found: Found
) -> None:
    severity = people.values["PASI"].copy()
    severity[people.arm == 1, 3] = np.nan
    missed = replace(people, values={**people.values, "PASI": severity})
    modeled = found(planned("by_visit", "mmrm, satterthwaite 95 %", "mmrm", **MIXED), None, missed)
    without = {(one.at, one.arm, one.name) for one in modeled if one.why_none}
    names = ("least_squares_mean", "mean_difference", "p_value")
    assert without == {("week 8", "low", name) for name in names}
    for plan in (
        planned("clear", "risk_difference, rubin 95 %", "rubin", **IMPUTED),
        planned("lower", "mean_difference, rubin 95 %", "rubin", **IMPUTED),
    ):
        reasons = {one.why_none for one in found(plan, "p_value", missed)}
        assert reasons == {"Nobody of an arm was measured at one of the visits."}
