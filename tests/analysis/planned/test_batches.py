"""Many trials analyzed at once give what each gives alone, by every method that a file names."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import Records, joined, repeated
from wholetrial.protocol.protocol import Protocol

Found = Callable[..., list[Statistic]]
MIXED = {"missing": "mixed model", "covariance": "unstructured"}
IMPUTED = {"missing": "multiple imputation 4 times, jump to reference"}
STRATA = {"strata": ("center",)}
MODEL = {"adjust_for": ("age",)}
ALONE = {"compare": None}
PLANS = [
    ("clear", "proportion, wilson 95 %", "exact_binomial", {**ALONE, "against": "50 %"}),
    ("early_and_late", "proportion, jeffreys 95 %", "mcnemar", ALONE),
    ("clear", "risk_difference, newcombe 90 %", "pearson", {}),
    ("clear", "risk_difference, miettinen_nurminen 95 %", "fisher_exact", {}),
    ("clear", "risk_difference, sato 95 %", "cmh", STRATA),
    ("clear", "risk_difference, stratified_newcombe 95 %", "cochran_armitage", STRATA),
    ("clear", "risk_ratio, stratified_miettinen_nurminen 95 %", "boschloo", STRATA),
    ("clear", "odds_ratio, mantel_haenszel 95 %", "pearson_corrected", STRATA),
    ("clear", "risk_difference, standardization 95 %", "standardization", {**MODEL, **STRATA}),
    ("lower", "mean_change, student_t 95 %", "paired_t", {**ALONE, "against": 1.0}),
    ("lower", "mean_difference, welch_t 95 %", "welch_t", {}),
    ("lower", "mean_difference, student_t 95 %", "ancova", {**MODEL, "multiplicity": "dunnett"}),
    ("lower", "mean_difference, student_t 95 %", "jonckheere_terpstra", {}),
    ("by_visit", "mmrm, kenward_roger 95 %", "mmrm", {**MIXED, **MODEL}),
    ("worse", "kaplan_meier, log_log 95 %", "stratified_log_rank", STRATA),
    ("worse", "median_time, plain 95 %", "log_rank", {}),
    ("worse", "cumulative_incidence, log_log 95 %", "none", {}),
    ("worse", "hazard_ratio, wald 95 %", "cox", {**MODEL, **STRATA}),
    ("worse", "rmst_difference, wald 95 %", "none", {"at": "week 12"}),
    ("worse", "survival_difference, wald 95 %", "none", {"at": "week 8"}),
    ("between", "turnbull, bootstrap 95 %", "interval_log_rank", {"at": "week 8"}),
    ("any_ae", "rate_ratio, miettinen_nurminen 95 %", "fisher_exact", {"better": "lower"}),
    ("any_ae", "rate, garwood 95 %", "none", {}),
    ("clear", "risk_difference, rubin 95 %", "rubin", IMPUTED),
    ("lower", "mean_difference, rubin 95 %", "rubin", {**IMPUTED, **MODEL}),
    ("lower", "mean_change, rubin 95 %", "none", IMPUTED),
]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: f"{plan[0]}: {plan[1]}, {plan[2]}")
def test_a_batch_gives_what_each_trial_gives(
    planned: Callable[..., Protocol], people: Records, others: Records, found: Found, plan: tuple
) -> None:
    of, estimate, test, fields = plan
    if test != "none" and of in ("worse", "between"):
        fields = {"better": "later", **fields}
    protocol = planned(of, estimate, test, **fields)
    both = joined((repeated(people, 1), repeated(others, 1)))
    together = found(protocol, None, both)
    alone = [found(protocol, None, one) for one in (people, others)]
    assert len(together) == len(alone[0]) > 0
    for place, batch in enumerate(together):
        singles = [statistics[place] for statistics in alone]
        assert {one.name for one in singles} == {batch.name}
        for name in ("value", "n", "count", "low", "high", "reason"):
            if getattr(batch, name) is not None:
                each = np.stack([getattr(one, name) for one in singles])
                np.testing.assert_array_equal(getattr(batch, name), each, err_msg=batch.name)


def test_tipping_points_and_bootstraps_are_of_single_trials(
    planned: Callable[..., Protocol], people: Records, found: Found
) -> None:
    """A batch has no bootstrap and no tipping point: each would be a simulation in a simulation."""
    many = repeated(people, 2)
    curves = found(planned("between", "turnbull, bootstrap 95 %"), "event_free", many)
    assert all(one.low is None for one in curves)
    plan = planned(
        "lower",
        "mean_difference, rubin 95 %",
        "rubin",
        missing="multiple imputation 4 times, missing at random",
        tipping_point="up to 2 by 1",
    )
    assert found(plan, "tipping_point", many) == []
    assert [one.arm for one in found(plan, "tipping_point")] == ["high", "low"]


WITHIN = [one for one in PLANS if one[3].get("strata")]
WITHIN += [
    ("lower", "mean_difference, student_t 95 %", "ancova", {**MODEL, **STRATA}),
    ("by_visit", "mmrm, satterthwaite 95 %", "mmrm", {**MIXED, **STRATA}),
    ("between", "turnbull, bootstrap 95 %", "interval_log_rank", STRATA),
    ("lower", "mean_difference, rubin 95 %", "rubin", {**IMPUTED, **STRATA}),
]


@pytest.mark.parametrize("plan", WITHIN, ids=lambda plan: f"{plan[1]}, {plan[2]}")
def test_a_trial_without_one_of_the_strata_gives_what_it_gives_alone(
    planned: Callable[..., Protocol], people: Records, found: Found, plan: tuple
) -> None:
    """In the second trial center 1 enrolled nobody: its strata are numbered as in the batch."""
    of, estimate, test, fields = plan
    if of in ("worse", "between"):
        fields = {"better": "later", **fields}
    protocol = planned(of, estimate, test, **fields)
    center = np.where(people.facts["center"] == 1, 3.0, people.facts["center"])
    fewer = replace(people, facts={**people.facts, "center": center})
    together = found(protocol, None, joined((repeated(people, 1), repeated(fewer, 1))))
    for batch, alone in zip(together, found(protocol, None, fewer), strict=True):
        for name in ("value", "n", "reason"):
            if getattr(alone, name) is not None:
                ours, theirs = getattr(batch, name)[1], getattr(alone, name)
                np.testing.assert_allclose(ours, theirs, rtol=1e-9, err_msg=batch.name)
