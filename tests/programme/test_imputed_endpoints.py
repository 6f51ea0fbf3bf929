"""Endpoints of imputed measurements, from the records to the pooled result."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wholetrial.analysis.planned.imputed import completed, pooled_statistics
from wholetrial.analysis.responders.risk_difference import risk_difference_wald
from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import Records
from wholetrial.endpoints.handling import NotDerivedError
from wholetrial.programme.results import analyze_records
from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.load import load
from wholetrial.protocol.missing import Imputation
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.simulate import prepare, simulate

FILE = Path(__file__).resolve().parents[1] / "protocol" / "data" / "several_arms.yaml"
ASSUMED = [
    "missing at random",
    "jump to reference",
    "copy reference",
    "copy increments in reference",
    "last mean carried forward",
]
Plan = Callable[..., Protocol]


@pytest.fixture(scope="module")
def several() -> Protocol:
    return load(FILE)


@pytest.fixture(scope="module")
def both(several: Protocol) -> Records:
    """Two simulated trials of sixty people, of whom a quarter leaves."""
    return simulate(prepare(several, seed=5), range(2))


@pytest.fixture(scope="module")
def records(both: Records) -> Records:
    return both.replicate(0)


@pytest.fixture
def planned(several: Protocol) -> Plan:
    def make(
        of: str, assuming: str = "missing at random", times: int = 20, **fields: Any
    ) -> Protocol:
        kind = several.endpoints.named()[of][1].kind
        summary = "risk_difference" if kind == "response" else "mean_difference"
        given = {
            "of": (of,),
            "set": "randomized",
            "compare": "each experimental with placebo",
            "test": "rubin",
            "estimate": f"{summary}, rubin 95 %",
            "alpha": "0.05 two-sided",
            "better": "higher" if kind == "response" else "lower",
            "missing": f"multiple imputation {times} times, {assuming}",
            **fields,
        }
        plan = Analysis.model_validate(given)
        return several.model_copy(update={"analyses": {"planned": plan}})

    return make


def statistics(protocol: Protocol, records: Records, name: str = "") -> list[Statistic]:
    found = analyze_records(protocol, records).statistics
    return [one for one in found if name in ("", one.name)]


def of_arm(found: list[Statistic], name: str, arm: str = "high") -> Statistic:
    (one,) = (s for s in found if s.name == name and s.arm == arm)
    return one


def complete(records: Records) -> Records:
    """The same people, none of whom misses a visit: their last value stands."""
    severity = records.values["PASI"].copy()
    for column in range(1, severity.shape[-1]):
        missed = np.isnan(severity[..., column])
        severity[..., column] = np.where(missed, severity[..., column - 1], severity[..., column])
    return replace(records, values={**records.values, "PASI": severity})


def responded(records: Records) -> np.ndarray:
    base, now = (np.rint(records.values["PASI"][:, place] * 10) for place in (1, 4))
    return (100 * (base - now) >= 75 * base).astype(float)


@pytest.mark.parametrize("assuming", ASSUMED)
def test_without_missing_values_it_is_the_analysis_of_what_was_seen(
    planned: Plan, records: Records, assuming: str
) -> None:
    seen = complete(records)
    one = of_arm(statistics(planned("clear", assuming), seen), "risk_difference")
    value = responded(seen)
    groups = [value[seen.arm == arm] for arm in (0, 2)]
    wald = risk_difference_wald(
        groups[0].sum(), len(groups[0]), groups[1].sum(), len(groups[1]), 0.95
    )
    ours = [float(number) for number in (one.value, one.low, one.high)]
    assert ours == pytest.approx([float(wald.value), float(wald.low), float(wald.high)], abs=1e-12)
    assert (one.method, int(one.n)) == ("rubin_rules", 40)


def test_a_complete_change_is_that_of_an_analysis_of_covariance(
    planned: Plan, records: Records
) -> None:
    seen = complete(records)
    imputed = statistics(planned("lower", adjust_for=("PASI", "age")), seen)
    fields = {"estimate": "mean_difference, student_t 95 %", "test": "ancova", "missing": None}
    direct = statistics(planned("lower", adjust_for=("PASI", "age"), **fields), seen)
    for arm in ("high", "low"):
        ours, theirs = (of_arm(found, "mean_difference", arm) for found in (imputed, direct))
        assert float(ours.value) == pytest.approx(float(theirs.value), abs=1e-12)
        # Barnard and Rubin's degrees of freedom are a little fewer than those of complete data
        width, narrower = (float(one.high - one.low) for one in (ours, theirs))
        assert narrower < width < 1.01 * narrower


@pytest.mark.parametrize("of", ["clear", "lower", "by_visit"])
@pytest.mark.parametrize("assuming", ASSUMED)
def test_the_same_result_comes_again_and_a_batch_gives_that_of_each(
    planned: Plan, both: Records, of: str, assuming: str
) -> None:
    protocol = planned(of, assuming, 25)
    together = statistics(protocol, both)
    for place in (0, 1):
        once, again = (statistics(protocol, both.replicate(place)) for _ in range(2))
        for batch, one, other in zip(together, once, again, strict=True):
            if one.why_none:  # nobody on placebo responds in any data set
                assert (one.name, one.arm, float(one.value)) == ("proportion", "placebo", 0.0)
                assert one.why_none.startswith("No participant had the event")
            for name in ("value", "n", *(("low", "high") if one.low is not None else ())):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
                np.testing.assert_array_equal(getattr(batch, name)[place], getattr(one, name))


def test_who_jumps_to_reference_gains_less(planned: Plan, records: Records) -> None:
    """The drug lowers PASI; who leaves it does so in full, in part, or as placebo does."""
    gains = {
        assuming: float(
            of_arm(statistics(planned("lower", assuming, 100), records), "mean_difference").value
        )
        for assuming in ASSUMED
    }
    at_random, jump = gains["missing at random"], gains["jump to reference"]
    assert at_random < gains["copy reference"] < jump < 0
    assert at_random < gains["copy increments in reference"] < 0
    assert gains["missing at random"] < jump


def test_a_response_follows_the_definition_of_the_term(
    several: Protocol, planned: Plan, records: Records
) -> None:
    """PASI 75 of imputed PASI in tenths: what was seen stays, and each data set is counted."""
    rule = Imputation(times=10, assuming="missing at random")
    protocol = planned("clear", times=10)
    found = completed(protocol, records, "planned", "clear", rule)
    (imputed,) = found.imputed.values()
    base = np.rint(records.values["PASI"][:, 1] * 10)
    now = np.rint(np.clip(imputed.values[..., -1], 0, 72) * 10)
    value = (100 * (base - now) >= 75 * base).mean(axis=0)
    shares = {arm: value[records.arm == place].mean() for place, arm in enumerate(several.arms)}
    for one in pooled_statistics(found):
        if one.name == "proportion":
            assert float(one.value) == pytest.approx(shares[one.arm], abs=1e-12)
    seen = ~np.isnan(records.values["PASI"][:, 4])
    assert set(value[seen]) <= {0.0, 1.0}
    assert 0 < (~seen).sum() < 60


def test_a_share_and_a_mean_are_described_without_any_comparison(
    planned: Plan, records: Records
) -> None:
    alone = {"test": "none", "compare": None, "alpha": None, "better": None}
    shares = statistics(planned("clear", estimate="proportion, rubin 95 %", **alone), records)
    assert [(one.name, one.arm) for one in shares] == [
        ("proportion", arm) for arm in ("high", "low", "placebo")
    ]
    means = statistics(planned("lower", estimate="mean_change, rubin 95 %", **alone), records)
    compared = statistics(planned("lower"), records, "mean_change")
    assert [float(one.value) for one in means] == [float(one.value) for one in compared]


def test_what_a_hypothetical_strategy_takes_away_is_imputed(
    several: Protocol, planned: Plan, records: Records
) -> None:
    """Everybody is measured and some stop before week 12: only their last value is imputed."""
    seen = complete(records)
    stops = np.where(np.arange(60) % 5 == 0, 60.0, np.nan)
    stopped = replace(seen, events={**seen.events, "stops_treatment": stops})
    severity = seen.values["PASI"].copy()
    severity[~np.isnan(stops), 4] = np.nan
    missed = replace(seen, values={**seen.values, "PASI": severity})
    for of in ("clear", "lower"):
        own = planned(of, intercurrent={"stops_treatment": "hypothetical"})
        name = "risk_difference" if of == "clear" else "mean_difference"
        ours = of_arm(statistics(own, stopped), name)
        theirs = of_arm(statistics(planned(of), missed), name)
        assert (int(ours.n), int(theirs.n)) == (40, 40)
        assert (float(ours.value), float(ours.low)) == (float(theirs.value), float(theirs.low))
        policy = planned(of, intercurrent={"stops_treatment": "treatment_policy"})
        counted = of_arm(statistics(policy, stopped), name)
        assert float(counted.value) == float(of_arm(statistics(planned(of), seen), name).value)


def test_who_stops_has_no_response_in_any_data_set(planned: Plan, records: Records) -> None:
    everybody = replace(records, events={**records.events, "stops_treatment": np.full(60, 50.0)})
    for of, name in (("clear", "proportion"), ("lower", "mean_change")):
        own = planned(of, intercurrent={"stops_treatment": "composite_variable"})
        assert {float(one.value) for one in statistics(own, everybody, name)} == {0.0}


def test_people_without_baseline_are_left_out_and_counted(planned: Plan, records: Records) -> None:
    severity = records.values["PASI"].copy()
    severity[[0, 1, 2], :2] = np.nan
    fewer = replace(records, values={**records.values, "PASI": severity})
    for of in ("clear", "lower"):
        found = statistics(planned(of), fewer)
        sizes = [int(one.n) for one in found if one.name in ("proportion", "mean_change")]
        assert sum(sizes) == 57
        assert {"3 left out whose baseline is not known" in one.note for one in found} == {True}
        assert not any(one.why_none for one in found)


def test_an_arm_that_nobody_attends_in_is_a_reason(planned: Plan, records: Records) -> None:
    severity = records.values["PASI"].copy()
    severity[records.arm == 1, 3] = np.nan
    missed = replace(records, values={**records.values, "PASI": severity})
    for of in ("clear", "lower"):
        found = statistics(planned(of, tipping_point="up to 2 by 1"), missed)
        numbers = [one for one in found if one.name != "tipping_point"]
        assert {one.why_none for one in numbers} == {
            "Nobody of an arm was measured at one of the visits."
        }


@pytest.mark.parametrize("of", ["clear", "lower"])
def test_a_tipping_point_is_found_where_significance_is_lost(
    planned: Plan, records: Records, of: str
) -> None:
    found = statistics(planned(of, tipping_point="up to 60 by 20"), records)
    test, tipped = of_arm(found, "p_value"), of_arm(found, "tipping_point")
    assert float(test.value) < 0.05
    told = [
        part.split(": P=") for part in tipped.note.split("worse by ")[1].split("; ")[0].split(", ")
    ]
    p_values = {float(delta): float(p) for delta, p in told}
    assert next(iter(p_values)) == 0.0
    assert p_values[0.0] == pytest.approx(float(test.value), rel=0.01)
    kept, lost = ([d for d, p in p_values.items() if (p >= 0.05) == it] for it in (False, True))
    assert bool(lost) == (tipped.why_none == "")
    assert np.isnan(tipped.value) if not lost else kept[-1] < float(tipped.value) <= lost[0]
    assert (tipped.method, tipped.comparison) == ("delta_adjustment", "high with placebo")


def test_a_conclusion_that_stands_for_every_amount_is_said(planned: Plan, records: Records) -> None:
    seen = complete(records)  # nothing is imputed: nothing can be made worse
    tipped = of_arm(
        statistics(planned("lower", tipping_point="up to 2 by 1"), seen), "tipping_point"
    )
    assert np.isnan(tipped.value)
    assert tipped.why_none == "The conclusion is the same for every amount tried."


def test_without_a_benefit_there_is_no_conclusion_to_turn(planned: Plan, records: Records) -> None:
    """The arm lowers PASI: where a higher PASI would be the better one, nothing is gained."""
    plan = planned("lower", tipping_point="up to 2 by 1", better="higher")
    tipped = of_arm(statistics(plan, records), "tipping_point")
    assert np.isnan(tipped.value)
    assert tipped.why_none == "The arm is not significantly better, so no conclusion can turn."


def test_a_reference_of_several_arms_is_refused_in_words(planned: Plan, records: Records) -> None:
    pooled = planned("lower", "jump to reference", compare="pooled placebo with experimental")
    with pytest.raises(
        NotDerivedError, match="one arm as the reference; 'experimental' names several"
    ):
        statistics(pooled, records)


def test_an_endpoint_that_is_measured_only_before_treatment_is_refused_in_words(
    several: Protocol, planned: Plan, records: Records
) -> None:
    early = Endpoint.model_validate({"text": "Heavy", "response": "heavy at screening"})
    endpoints = several.endpoints.model_copy(
        update={"primary": {**several.endpoints.primary, "early": early}}
    )
    protocol = planned("clear").model_copy(update={"endpoints": endpoints})
    with pytest.raises(NotDerivedError, match="imputation of early"):
        completed(
            protocol, records, "planned", "early", Imputation(times=3, assuming="missing at random")
        )


def test_each_measure_of_an_endpoint_has_draws_of_its_own(
    several: Protocol, planned: Plan, records: Records
) -> None:
    """PASI is imputed the same beside another measure, and the other is not its echo."""
    rule = Imputation(times=30, assuming="missing at random")
    both = Endpoint.model_validate(
        {"text": "Clear and well", "response": "PASI_75 at week 12 and wellbeing >= 50 at week 12"}
    )
    endpoints = several.endpoints.model_copy(
        update={"primary": {**several.endpoints.primary, "both": both}}
    )
    echo = {**records.values, "wellbeing": 2 * records.values["PASI"]}
    protocol = planned("clear").model_copy(update={"endpoints": endpoints})
    given = replace(records, values=echo)
    alone = completed(protocol, given, "planned", "clear", rule).imputed["PASI"]
    beside = completed(protocol, given, "planned", "both", rule).imputed
    np.testing.assert_array_equal(alone.values, beside["PASI"].values)
    drawn = np.isnan(records.values["PASI"][:, 2:])
    assert drawn.any()
    assert not np.allclose(beside["wellbeing"].values[:, drawn], 2 * alone.values[:, drawn])
