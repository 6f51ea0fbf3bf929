"""Doses and days on drug, and courses of treatment: counted by hand, of real records as well."""

from pathlib import Path

import numpy as np
import pytest

from wholetrial.analysis.planned.analyze import analyze
from wholetrial.data.read import read_records
from wholetrial.data.records import Exposures, Records
from wholetrial.endpoints.courses import course_starts, responses_in_courses, starts_of
from wholetrial.endpoints.derive import derive
from wholetrial.endpoints.use import days_on
from wholetrial.programme.analyze import unrecorded_endpoints
from wholetrial.protocol.endpoint import Endpoint, Use, read_use
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader
from wholetrial.protocol.timeline import visits

ROOT = Path(__file__).resolve().parents[2]
NAN = float("nan")
PHRASE = "ixekizumab from week 0 to week 104, at most 4 weeks a dose"


@pytest.fixture(scope="module")
def strategies() -> Protocol:
    return load(ROOT / "examples" / "strategies" / "ixekizumab" / "trial.yaml")


@pytest.mark.parametrize(
    ("given", "days"),
    [
        ([], 0),
        ([0], 28),
        ([0, 28, 56], 84),  # every 4 weeks: no day between
        ([0, 14, 28], 56),  # every 2 weeks: days that two doses cover count once
        ([0, 56], 56),  # every 8 weeks: 28 days of each 56
        ([56, 0], 56),  # the order of the table does not matter
        ([720], 8),  # the span ends on day 728
        ([-14], 14),  # from before the span
        ([728, 800], 0),
    ],
)
def test_days_on_drug_by_hand(given: list[float], days: float) -> None:
    padded = np.array([[*given, NAN]])
    assert days_on(padded, 28.0, (0.0, 728.0)).tolist() == [days]


def records_with(protocol: Protocol, doses: list[list[float]], arm: list[int]) -> Records:
    """Records of people with doses of 80 mg on some days, and nothing measured."""
    planned, people, most = visits(protocol), len(doses), max(map(len, doses))
    day = np.array([[*row, *[NAN] * (most - len(row))] for row in doses])
    amount = np.where(np.isnan(day), NAN, 80.0)
    from wholetrial.data.records import empty_events

    return Records(
        arms=tuple(protocol.arms),
        interventions=tuple(protocol.interventions),
        visits=planned,
        participants=tuple(f"P{number}" for number in range(people)),
        arm=np.asarray(arm, np.int8),
        received=np.asarray(arm, np.int8),
        day=np.full((people, len(planned)), NAN),
        values={"PASI": np.full((people, len(planned)), NAN)},
        facts={},
        events={},
        exposures=Exposures(day, amount, np.zeros(day.shape, np.int8)),
        adverse_events=empty_events((people,)),
    )


def test_doses_and_days_are_compared_as_means_by_the_trials_plan(strategies: Protocol) -> None:
    doses = [[0, 14, 28], [0, 28, 56, 84], [0], [0, 14]]
    records = records_with(strategies, doses, [0, 0, 1, 1])
    outcomes = derive(strategies, records, "drug_used", "randomized")
    assert [one.variable.at for one in outcomes] == [
        "doses, week 0 to week 104",
        "days on ixekizumab, week 0 to week 104",
    ]
    assert [one.variable.value.tolist() for one in outcomes] == [[3, 4, 1, 2], [56, 112, 28, 42]]
    found = {
        (one.name, one.arm, one.at): float(one.value)
        for one in analyze(strategies, "drug", outcomes)
    }
    at, days = "doses, week 0 to week 104", "days on ixekizumab, week 0 to week 104"
    assert found["mean", "continuous", at] == 3.5
    assert found["mean", "retreatment", at] == 1.5
    assert found["mean_difference", "retreatment", at] == -2.0
    assert found["mean_difference", "retreatment", days] == 35 - 84


def test_read_from_tables_they_are_the_same(strategies: Protocol, tmp_path: Path) -> None:
    (tmp_path / "participants.csv").write_text("participant,arm\nA,continuous\nB,taper\n")
    (tmp_path / "observations.csv").write_text(
        "participant,visit,measure,value\nA,week 0,PASI,20\nB,week 0,PASI,20\n"
    )
    (tmp_path / "exposures.csv").write_text(
        "participant,day,intervention,amount\nA,0,ixekizumab,160\nA,14,ixekizumab,80\n"
        "B,0,ixekizumab,160\nB,60,ixekizumab,80\nB,900,ixekizumab,80\n"
    )
    loaded = read_records(tmp_path, strategies)
    outcomes = derive(strategies, loaded.records, "drug_used", "randomized")
    assert [one.variable.value.tolist() for one in outcomes] == [[2, 2], [42, 56]]
    assert unrecorded_endpoints(strategies, loaded.tables) == {}
    without = unrecorded_endpoints(strategies, ("participants", "observations"))
    assert without == {
        "drug_used": "there is no exposures.csv (where nobody had a dose, its heading alone)"
    }


def test_the_phrase_prints_as_it_was_written() -> None:
    use = read_use(Reader(PHRASE))
    assert str(use) == PHRASE
    assert Use.model_validate_json(use.model_dump_json()) == use
    endpoint = Endpoint.model_validate({"text": "Drug used", "used": PHRASE})
    assert endpoint.kind == "used"
    with pytest.raises(ValueError, match="exactly one of"):
        Endpoint.model_validate({"text": "Drug used", "used": PHRASE, "samples": ("skin",)})


def test_courses_begin_after_a_gap_longer_than_a_dose_lasts() -> None:
    given = np.array([[0, 7, 14, 22, 29, 60], [5, 12, NAN, NAN, NAN, NAN], [NAN] * 6])
    assert course_starts(given, 7.0).tolist()[0] == [0, 22, 60]
    assert course_starts(given, 8.0).tolist()[0] == [0, 60]
    np.testing.assert_array_equal(course_starts(given, 7.0)[1:, 0], [5, NAN])
    assert course_starts(np.empty((2, 0)), 7.0).shape == (2, 0)


def test_a_response_belongs_to_the_course_in_which_it_is_seen(strategies: Protocol) -> None:
    """Two courses, on days 0 and 112; PASI 75 at week 8, lost, and again at week 20."""
    records = records_with(strategies, [[0, 28, 112, 140], [0, 28, 112, 140]], [0, 0])
    labels = [visit.label for visit in records.visits]
    pasi = {"week 0": 20, "week 4": 10, "week 8": 4, "week 16": 18, "week 20": 5, "week 24": 3}
    for label, value in pasi.items():
        column = labels.index(label)
        records.day[:, column] = records.visits[column].day
        records.values["PASI"][:, column] = [value, 20 if label == "week 20" else value]
    starts = starts_of(records, "ixekizumab", 28.0)
    assert starts.tolist() == [[0, 112], [0, 112]]
    condition = read_condition(Reader("PASI improvement >= 75 %"))
    found = responses_in_courses(strategies, records, condition, starts, within=84)
    assert found.responded.tolist() == [[True, True], [True, True]]
    assert found.day.tolist() == [[56, 28], [56, 56]]
    early = responses_in_courses(strategies, records, condition, starts, within=35)
    assert early.responded.tolist() == [[False, True], [False, False]]
    assert early.day.tolist() == [[28, 28], [28, 28]]
