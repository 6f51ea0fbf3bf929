"""Endpoints from records, in tables small enough to check by hand."""

from collections.abc import Callable

import numpy as np

from wholetrial.data.records import AdverseEvents, Records
from wholetrial.endpoints.derive import derive, one_time_each
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader

NAN = float("nan")
Make = Callable[..., Records]


def test_missing_and_stopped_participants_are_no_responders(
    krueger: Protocol, records_of: Make
) -> None:
    #            responds, misses the boundary, no visit, no baseline, responds but stopped at day 50
    base = [20.0, 20.0, 20.0, NAN, 20.0]
    now = [5.0, 5.1, NAN, 1.0, 1.0]
    stops = np.array([NAN, NAN, NAN, NAN, 50.0])
    records = records_of(
        krueger, {"PASI": {"week 0": base, "week 12": now}}, events={"stops_treatment": stops}
    )
    (found,) = derive(krueger, records, "pasi_75_week_12", "randomized")
    assert found.variable.value.tolist() == [1, 0, 0, 0, 0]
    assert found.variable.at == "week 12"
    assert found.variable.stands_for_missing == "no response"


def test_stopping_after_the_visit_does_not_count(krueger: Protocol, records_of: Make) -> None:
    records = records_of(
        krueger,
        {"PASI": {"week 0": [20.0, 20.0], "week 12": [1.0, 1.0]}},
        events={"stops_treatment": np.array([84.0, 85.0])},
    )
    (found,) = derive(krueger, records, "pasi_75_week_12", "randomized")
    assert found.variable.value.tolist() == [0, 1]


def test_as_observed_leaves_missing_participants_out(krueger: Protocol, records_of: Make) -> None:
    observed = krueger.missing.model_copy(update={"response": "as observed"})
    protocol = krueger.model_copy(update={"missing": observed})
    records = records_of(protocol, {"PASI": {"week 0": [20.0, 20.0], "week 12": [1.0, NAN]}})
    (found,) = derive(protocol, records, "pasi_75_week_12", "randomized")
    np.testing.assert_array_equal(found.variable.value, [1, NAN])


def test_analysis_sets_say_who_counts_and_where(krueger: Protocol, records_of: Make) -> None:
    #   assigned once_45, once_45, placebo; the second got placebo, the third nothing
    records = records_of(
        krueger,
        {"PASI": {"week 0": [20.0] * 3, "week 12": [1.0] * 3}},
        arm=[0, 0, 4],
        received=np.array([0, 4, -1], np.int8),
        adverse_events=AdverseEvents(
            day=np.array([[10.0, NAN], [141.0, 140.0], [5.0, NAN]]),
            grade=np.zeros((3, 2), np.int8),
            serious=np.array([[True, False], [True, False], [False, False]]),
        ),
    )
    (efficacy,) = derive(krueger, records, "pasi_75_week_12", "randomized")
    assert efficacy.of_group("once_45").tolist() == [True, True, False]
    (any_event,) = derive(krueger, records, "any_ae", "treated")
    assert any_event.of_group("once_45").tolist() == [True, False, False]
    assert any_event.of_group("placebo").tolist() == [False, True, False]
    assert any_event.variable.value.tolist() == [1, 1, 1]
    (serious,) = derive(krueger, records, "any_sae", "treated")
    assert serious.variable.value.tolist() == [1, 0, 0]  # day 141 lies after week 20


def test_relapse_lies_between_two_visits(guttate: Protocol, records_of: Make) -> None:
    """Base 20, all clear at week 16 (day 112); relapse loses more than half of the improvement."""
    weeks = {
        "week 0": [20.0] * 5,
        "week 12": [1.0] * 5,
        "week 16": [1.0, 1.0, 1.0, 1.0, 15.0],
        "week 34": [2.0, 15.0, 2.0, NAN, NAN],
        "week 52": [2.0, 2.0, 15.0, 15.0, NAN],
    }
    records = records_of(guttate, {"PASI": weeks})
    (found,) = derive(guttate, records, "time_to_relapse", "treated")
    # days since the last dose, day 84: visits at 28, 154 and 280
    assert found.member.tolist() == [True, True, True, True, False]
    assert found.variable.lower is not None
    assert found.variable.upper is not None
    assert found.variable.lower[:4].tolist() == [280, 28, 154, 28]
    assert found.variable.upper[:4].tolist() == [np.inf, 154, 280, 280]


def test_change_is_the_visit_less_the_baseline(guttate: Protocol, records_of: Make) -> None:
    records = records_of(
        guttate, {"diary": {"week 0": [6.0, 4.0, NAN], "week 16": [1.0, NAN, 2.0]}}
    )
    (found,) = derive(guttate, records, "diary_change", "treated")
    np.testing.assert_array_equal(found.variable.value, [-5, NAN, NAN])


def test_screening_is_the_baseline_only_where_week_0_is_missing(
    krueger: Protocol, records_of: Make
) -> None:
    records = records_of(
        krueger,
        {"PASI": {"screening": [40.0, 20.0], "week 0": [20.0, NAN], "week 12": [10.0, 5.0]}},
    )
    (found,) = derive(krueger, records, "pasi_75_week_12", "randomized")
    assert found.variable.value.tolist() == [0, 1]  # 50 % of 20, 75 % of 20


def test_several_times_become_one_condition_each() -> None:
    condition = read_condition(Reader("not relapse by months 15, 18 after withdrawal"))
    assert [(str(part), str(point)) for part, point in one_time_each(condition)] == [
        ("not relapse by month 15 after withdrawal", "month 15 after withdrawal"),
        ("not relapse by month 18 after withdrawal", "month 18 after withdrawal"),
    ]


def test_a_leading_axis_of_replicates_gives_the_same(krueger: Protocol, records_of: Make) -> None:
    one = records_of(krueger, {"PASI": {"week 0": [20.0, 20.0], "week 12": [5.0, 5.1]}})
    both = records_of(krueger, {"PASI": {"week 0": [20.0, 20.0], "week 12": [5.0, 5.1]}})
    stacked = Records(
        **{
            **{name: getattr(one, name) for name in one.__dataclass_fields__},
            "arm": np.stack([one.arm, both.arm]),
            "received": np.stack([one.received, both.received]),
            "day": np.stack([one.day, both.day]),
            "values": {"PASI": np.stack([one.values["PASI"], both.values["PASI"]])},
        }
    )
    (single,) = derive(krueger, one, "pasi_75_week_12", "randomized")
    (batch,) = derive(krueger, stacked, "pasi_75_week_12", "randomized")
    assert batch.variable.value.tolist() == [single.variable.value.tolist()] * 2
