"""Intercurrent events and missing values by hand: four people, three visits, every strategy."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wholetrial.analysis.planned.plan import with_estimand
from wholetrial.data.records import Records, joined, repeated
from wholetrial.endpoints.derive import derive
from wholetrial.endpoints.handling import NotDerivedError
from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.load import load
from wholetrial.protocol.missing import Imputation, Missing
from wholetrial.protocol.protocol import Protocol

FILE = Path(__file__).resolve().parents[1] / "protocol" / "data" / "several_arms.yaml"
MISSING = float("nan")
Make = Callable[..., Records]

#            A stops on day 56, when she comes; B before week 8; C after week 12; D is missed
PASI = {
    "screening": [30.0, 30.0, 30.0, 30.0],
    "week 0": [20.0, 20.0, 20.0, 20.0],
    "week 4": [8.0, 10.0, 12.0, 26.0],
    "week 8": [4.0, 2.0, MISSING, 5.0],
    "week 12": [2.0, 1.0, 3.0, MISSING],
}
STOPS = np.array([56.0, 50.0, 90.0, MISSING])


@pytest.fixture(scope="module")
def several() -> Protocol:
    return load(FILE)


@pytest.fixture
def four(several: Protocol, records_of: Make) -> Records:
    events = {"stops_treatment": STOPS.copy()}
    return records_of(several, {"PASI": PASI}, arm=[0, 1, 2, 2], events=events)


def ruled(protocol: Protocol, strategy: str | None = None, **missing: Any) -> Protocol:
    """The protocol with this strategy for those who stop, and these rules for missing values."""
    events = {"stops_treatment": strategy} if strategy else {}
    rules = Missing(**{"response": "as observed", "change": "as observed", **missing})
    return protocol.model_copy(update={"intercurrent": events, "missing": rules})


def changes(protocol: Protocol, records: Records) -> list[list[float]]:
    """The changes of everybody at weeks 4, 8 and 12."""
    found = derive(protocol, records, "by_visit", "randomized")
    return [one.variable.value.tolist() for one in found]


def same(found: list[list[float]], expected: list[list[float]]) -> None:
    np.testing.assert_array_equal(np.array(found), np.array(expected))


CHANGES_BY_STRATEGY = {
    "treatment_policy": [[-12, -10, -8, 6], [-16, -18, MISSING, -15], [-18, -19, -17, MISSING]],
    "hypothetical": [
        [-12, -10, -8, 6],
        [MISSING, MISSING, MISSING, -15],
        [MISSING, MISSING, -17, MISSING],
    ],
    "while_on_treatment": [[-12, -10, -8, 6], [-16, -10, MISSING, -15], [-16, -10, -17, MISSING]],
    "composite_variable": [[-12, -10, -8, 6], [0, 0, MISSING, -15], [0, 0, -17, MISSING]],
}


@pytest.mark.parametrize("strategy", CHANGES_BY_STRATEGY)
def test_changes_under_each_strategy(several: Protocol, four: Records, strategy: str) -> None:
    same(changes(ruled(several, strategy), four), CHANGES_BY_STRATEGY[strategy])


RESPONSES_BY_STRATEGY = {
    "treatment_policy": [1, 1, 1, MISSING],
    "hypothetical": [MISSING, MISSING, 1, MISSING],
    "while_on_treatment": [1, 0, 1, MISSING],
    "composite_variable": [0, 0, 1, MISSING],
}


@pytest.mark.parametrize("strategy", RESPONSES_BY_STRATEGY)
def test_responses_at_week_12_under_each_strategy(
    several: Protocol, four: Records, strategy: str
) -> None:
    (found,) = derive(ruled(several, strategy), four, "clear", "randomized")
    np.testing.assert_array_equal(found.variable.value, RESPONSES_BY_STRATEGY[strategy])


CHANGES_BY_RULE = {
    "as observed": [[-12, -10, -8, 6], [-16, -18, MISSING, -15], [-18, -19, -17, MISSING]],
    "last observation": [[-12, -10, -8, 6], [-16, -18, -8, -15], [-18, -19, -17, -15]],
    "worst": [[-12, -10, -8, 6], [-16, -18, -8, -15], [-18, -19, -17, 6]],
    "baseline": [[-12, -10, -8, 6], [-16, -18, 0, -15], [-18, -19, -17, 0]],
}


@pytest.mark.parametrize("rule", CHANGES_BY_RULE)
def test_changes_under_each_rule(several: Protocol, four: Records, rule: str) -> None:
    same(changes(ruled(several, change=rule), four), CHANGES_BY_RULE[rule])
    found = derive(ruled(several, change=rule), four, "by_visit", "randomized")
    assert {one.variable.stands_for_missing for one in found} == {rule}


RESPONSES_BY_RULE = {
    "no response": [1, 1, 1, 0],
    "as observed": [1, 1, 1, MISSING],
    "last observation": [1, 1, 1, 1],
    "worst": [1, 1, 1, 0],
    "baseline": [1, 1, 1, 0],
}


@pytest.mark.parametrize("rule", RESPONSES_BY_RULE)
def test_responses_at_week_12_under_each_rule(several: Protocol, four: Records, rule: str) -> None:
    """D reached PASI 75 at week 8, was worse than at baseline at week 4, and missed week 12."""
    (found,) = derive(ruled(several, response=rule), four, "clear", "randomized")
    np.testing.assert_array_equal(found.variable.value, RESPONSES_BY_RULE[rule])


def test_rules_fill_what_a_strategy_takes_away(several: Protocol, four: Records) -> None:
    """As if A and B had not stopped: their last values before stand where nobody may look."""
    protocol = ruled(several, "hypothetical", change="last observation")
    same(changes(protocol, four), [[-12, -10, -8, 6], [-12, -10, -8, -15], [-12, -10, -17, -15]])
    protocol = ruled(several, "hypothetical", response="no response")
    (found,) = derive(protocol, four, "clear", "randomized")
    assert found.variable.value.tolist() == [0, 0, 1, 0]


def test_a_scale_on_which_more_is_better_has_its_worst_low(
    several: Protocol, records_of: Make
) -> None:
    values = {"week 0": [50.0], "week 4": [30.0], "week 8": [70.0], "week 12": [MISSING]}
    records = records_of(several, {"wellbeing": values, "PASI": {"week 0": [20.0]}})
    (found,) = derive(ruled(several, change="worst"), records, "feels", "randomized")
    assert found.variable.value.tolist() == [-20]


def test_who_has_the_event_before_any_value_keeps_the_baseline(
    several: Protocol, four: Records
) -> None:
    """An event on the day of the first dose takes nothing away that was measured before it."""
    at_once = replace(four, events={"stops_treatment": np.zeros(4)})
    same(changes(ruled(several, "while_on_treatment"), at_once), [[0.0] * 4] * 3)
    same(changes(ruled(several, "hypothetical"), at_once), [[MISSING] * 4] * 3)
    protocol = ruled(several, "hypothetical", change="baseline")
    same(changes(protocol, at_once), [[0.0] * 4] * 3)


def test_who_was_never_measured_after_the_start_has_nothing_to_carry(
    several: Protocol, records_of: Make
) -> None:
    values = {"week 0": [20.0, MISSING], "week 12": [MISSING, 3.0]}
    records = records_of(several, {"PASI": values})
    for rule, expected in (("last observation", 0.0), ("worst", 0.0), ("baseline", 0.0)):
        (found,) = derive(ruled(several, change=rule), records, "lower", "randomized")
        np.testing.assert_array_equal(found.variable.value, [expected, MISSING])


def test_visits_are_held_against_the_event_on_the_day_they_happened(
    several: Protocol, four: Records
) -> None:
    """A came two days early, before she stopped; her value of week 8 counts as seen."""
    week_8 = [visit.label for visit in four.visits].index("week 8")
    day = four.day.copy()
    day[0, week_8] = 54.0
    early = replace(four, day=day)
    found = changes(ruled(several, "hypothetical"), early)
    assert (found[1][0], np.isnan(found[2][0])) == (-16, True)


def test_a_principal_stratum_is_refused_in_words(several: Protocol, four: Records) -> None:
    with pytest.raises(NotDerivedError, match="strategy principal_stratum for stops_treatment"):
        derive(ruled(several, "principal_stratum"), four, "lower", "randomized")


def test_an_analysis_has_its_own_strategy_and_rule(several: Protocol, four: Records) -> None:
    fields = {"of": ("by_visit",), "set": "randomized", "test": "none"}
    fields["estimate"] = "mean_change, student_t 95 %"
    own = {"intercurrent": {"stops_treatment": "hypothetical"}, "missing": "last observation"}
    protocol = ruled(several, "composite_variable").model_copy(
        update={
            "analyses": {
                "planned": Analysis.model_validate(fields),
                "other": Analysis.model_validate({**fields, **own}),
            }
        }
    )
    same(
        changes(with_estimand(protocol, "planned", "by_visit"), four),
        CHANGES_BY_STRATEGY["composite_variable"],
    )
    same(
        changes(with_estimand(protocol, "other", "by_visit"), four),
        [[-12, -10, -8, 6], [-12, -10, -8, -15], [-12, -10, -17, -15]],
    )


@pytest.mark.parametrize("strategy", CHANGES_BY_STRATEGY)
@pytest.mark.parametrize("rule", ["as observed", "last observation", "worst", "baseline"])
def test_many_trials_at_once_are_handled_as_each_alone(
    several: Protocol, four: Records, strategy: str, rule: str
) -> None:
    late = replace(four, events={"stops_treatment": STOPS[::-1].copy()})
    both = joined((repeated(four, 1), repeated(late, 1)))
    protocol = ruled(several, strategy, change=rule)
    together = np.array(changes(protocol, both))
    for place, alone in enumerate((four, late)):
        np.testing.assert_array_equal(together[:, place], changes(protocol, alone))


def test_imputation_is_no_rule_that_fills_in(several: Protocol, four: Records) -> None:
    rule = Imputation(times=5, assuming="missing at random")
    same(changes(ruled(several, change=rule), four), CHANGES_BY_RULE["as observed"])
