"""NCT04537689: arms that people chose are compared crude, and weighted for age, PASI and DLQI."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wholetrial.analysis.planned.analyze import analyze
from wholetrial.analysis.planned.shares import ADJUSTED
from wholetrial.analysis.responders.weighting import risk_difference_weighted
from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import Records
from wholetrial.endpoints.derive import derive
from wholetrial.endpoints.outcomes import Outcomes
from wholetrial.protocol.analysis_plan import EstimatePlan
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol

TRIALS = Path(__file__).resolve().parents[3] / "trials"
COVARIATES = ("age", "PASI", "DLQI")
PEOPLE = 60


@pytest.fixture(scope="module")
def withdrawal() -> Protocol:
    return load(TRIALS / "NCT04537689" / "trial.yaml")


def recorded(protocol: Protocol, records_of: Callable[..., Records]) -> Records:
    draw = np.random.Generator(np.random.Philox(4537689))
    age = draw.normal(45, 13, PEOPLE).clip(22, 90)
    severity = np.round(draw.lognormal(np.log(16), 0.45, PEOPLE), 1)
    later = np.round(severity * draw.uniform(0, 0.6, PEOPLE), 1)
    arm = (draw.random(PEOPLE) < 1 / (1 + np.exp((45 - age) / 13))).astype(int)
    values = {
        "PASI": {"week 0": severity, "week 12": later, "week 24": later},
        "DLQI": {"week 0": np.round(draw.uniform(0, 30, PEOPLE))},
    }
    return records_of(protocol, values, arm=arm.tolist(), facts={"age": age})


def outcomes(protocol: Protocol, records: Records) -> Outcomes:
    found = derive(protocol, records, "pasi_response", "treated", COVARIATES)
    return next(one for one in found if one.variable.at == "PASI_75 at week 24")


def adjusted(protocol: Protocol, given: Outcomes) -> Statistic:
    (found,) = (one for one in analyze(protocol, "shares", [given]) if one.name == ADJUSTED)
    return found


def test_covariates_are_baseline_values_in_their_own_units(
    withdrawal: Protocol, records_of: Callable[..., Records]
) -> None:
    values = {
        "PASI": {"screening": [12.4, 30.0], "week 0": [16.3, np.nan]},
        "DLQI": {"week 0": [9.0, np.nan]},
    }
    records = records_of(withdrawal, values, facts={"age": np.array([33.9, 51.0])})
    names = (*COVARIATES, "weight")
    (found, *_) = derive(withdrawal, records, "pasi_response", "treated", names)
    assert {name: array.tolist() for name, array in found.covariates.items() if name != "DLQI"} == {
        "age": [33, 51],  # completed years
        "PASI": [16.3, 30],  # screening where week 0 is missing
        "weight": pytest.approx([np.nan, np.nan], nan_ok=True),
    }
    np.testing.assert_array_equal(found.covariates["DLQI"], [9, np.nan])


def test_the_weighted_difference_stands_beside_the_crude_one(
    withdrawal: Protocol, records_of: Callable[..., Records]
) -> None:
    records = recorded(withdrawal, records_of)
    given = outcomes(withdrawal, records)
    found = {one.name: one for one in analyze(withdrawal, "shares", [given]) if one.control}
    assert list(found) == ["risk_difference", ADJUSTED]
    weighted = found[ADJUSTED]
    direct = risk_difference_weighted(
        given.variable.value,
        records.arm == 0,
        np.stack([given.covariates[name] for name in COVARIATES], axis=-1),
        np.ones(PEOPLE),
    )
    assert float(weighted.value) == float(direct.interval.value)
    assert float(weighted.value) != pytest.approx(float(found["risk_difference"].value), abs=1e-3)
    assert (weighted.comparison, weighted.method) == (
        "ixekizumab with control",
        "inverse_probability_weighting",
    )
    assert (int(weighted.n), weighted.confidence) == (PEOPLE, 0.95)
    sizes = f"effective sample size {direct.effective[0]:.1f} and {direct.effective[1]:.1f}"
    assert weighted.note == f"adjusted for age, PASI, DLQI; missing: no response; {sizes}"


def test_who_lacks_a_baseline_value_is_left_out_and_counted(
    withdrawal: Protocol, records_of: Callable[..., Records]
) -> None:
    records = recorded(withdrawal, records_of)
    records.facts["age"][:3] = np.nan
    found = adjusted(withdrawal, outcomes(withdrawal, records))
    assert int(found.n) == PEOPLE - 3
    assert found.note.endswith("3 left out whose baseline is not known")


def test_baseline_values_that_nobody_recorded_are_a_reason(
    withdrawal: Protocol, records_of: Callable[..., Records]
) -> None:
    records = recorded(withdrawal, records_of)
    found = adjusted(withdrawal, replace(outcomes(withdrawal, records), covariates={}))
    assert np.isnan(found.value)
    assert found.why_none == ("The baseline values to adjust for are not known of any participant.")


def test_replicates_give_what_each_trial_gives(
    withdrawal: Protocol, records_of: Callable[..., Records]
) -> None:
    given = outcomes(withdrawal, recorded(withdrawal, records_of))
    other = replace(given, group=1 - given.group)
    both = replace(
        given,
        group=np.stack([given.group, other.group]),
        member=np.stack([given.member] * 2),
        covariates={name: np.stack([array] * 2) for name, array in given.covariates.items()},
        variable=given.variable._replace(value=np.stack([given.variable.value] * 2)),
    )
    together = adjusted(withdrawal, both)
    alone = [float(adjusted(withdrawal, one).value) for one in (given, other)]
    np.testing.assert_allclose(together.value, alone, atol=1e-10)


def test_a_standardized_difference_stands_beside_the_crude_one(
    withdrawal: Protocol, records_of: Callable[..., Records]
) -> None:
    plan = withdrawal.analyses["shares"]
    assert plan.beside is not None
    other = plan.beside.model_copy(update={"adjusted_by": "standardization"})
    analyses = {**withdrawal.analyses, "shares": plan.model_copy(update={"beside": other})}
    protocol = withdrawal.model_copy(update={"analyses": analyses})
    given = outcomes(protocol, recorded(protocol, records_of))
    (found,) = (one for one in analyze(protocol, "shares", [given]) if one.name == ADJUSTED)
    assert (found.method, found.why_none) == ("standardization", "")
    assert found.note.startswith("adjusted for age, PASI, DLQI")


def test_an_adjustment_of_another_summary_is_said_to_be_missing(
    withdrawal: Protocol, records_of: Callable[..., Records]
) -> None:
    plan = withdrawal.analyses["shares"]
    estimate = EstimatePlan(summary="risk_ratio", interval="log", level=95)
    analyses = {**withdrawal.analyses, "shares": plan.model_copy(update={"estimate": estimate})}
    protocol = withdrawal.model_copy(update={"analyses": analyses})
    found = analyze(protocol, "shares", [outcomes(protocol, recorded(protocol, records_of))])
    assert ADJUSTED not in [one.name for one in found]
    said = [one.not_computed for one in found if one.not_computed]
    assert said == ["inverse_probability_weighting of risk_ratio"]
