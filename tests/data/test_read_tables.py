"""Good data: what each cell becomes, and what a reader is warned of."""

from pathlib import Path

import numpy as np
import pytest

from wholetrial.data.read import read_records
from wholetrial.data.tables import TABLES, table_reference
from wholetrial.protocol.load import load

TRIALS = Path(__file__).parents[2] / "trials"
NAN = float("nan")
PASI_REGIONS = ("head", "upper_limbs", "trunk", "lower_limbs")


@pytest.fixture(scope="module")
def psoriasis():
    return load(TRIALS / "NCT00320216" / "trial.yaml")


@pytest.fixture
def read(psoriasis, tmp_path):
    def loaded(**tables):
        for name, text in tables.items():
            (tmp_path / f"{name}.csv").write_text(text)
        records, warnings, _ = read_records(tmp_path, psoriasis)
        return records, [str(found).replace(f"{tmp_path}/", "") for found in warnings]

    return loaded


def but_numbers(warnings):
    """The warnings without those about the number of participants planned."""
    return [said for said in warnings if "than the 64 planned" not in said]


PEOPLE = "participant,arm\nA,once_45\nB,placebo\n"
SEEN = "participant,visit,measure,value\nA,week 0,PASI,20\nB,week 0,PASI,18.5\n"


def plain(arrays):
    """Arrays by name as lists, None where a value is missing."""
    return {
        name: [None if np.isnan(value) else value for value in array.tolist()]
        for name, array in arrays.items()
    }


def at(records, measure, label):
    index = [visit.label for visit in records.visits].index(label)
    return records.values[measure][:, index]


def test_two_tables_are_enough(read):
    records, warnings = read(participants=PEOPLE, observations=SEEN)
    assert records.participants == ("A", "B")
    assert [records.arms[arm] for arm in records.arm] == ["once_45", "placebo"]
    np.testing.assert_array_equal(records.received, records.arm)
    np.testing.assert_array_equal(at(records, "PASI", "week 0"), [20, 18.5])
    assert np.isnan(at(records, "PASI", "week 12")).all()
    assert list(records.values) == ["PASI", "BSA", "weight"]
    assert list(records.events) == [
        "leaves_study",
        "stops_treatment",
        "additional_dose",
        "crossover",
    ]
    assert records.exposures.day.shape == records.adverse_events.day.shape == (2, 0)
    assert warnings == [
        f"participants.csv:1:13: warning: arm: {less} participants in '{arm}' than the 64 planned, "
        f"found {n}"
        for less, arm, n in [
            ("fewer", "once_45", 1),
            ("fewer", "once_90", 0),
            ("fewer", "weekly_45", 0),
            ("fewer", "weekly_90", 0),
            ("fewer", "placebo", 1),
        ]
    ]


def test_baseline_facts_and_arms_received(read):
    records, warnings = read(
        participants="participant,arm,received,sex,age,plaque_psoriasis,crp,site\n"
        "A,once_45,,female,45.5,20,1e-1,Ulm\nB,placebo,none,male,NA,,.,Bonn\n"
        "C,placebo,once_45,,30,3,,\n",
        observations=SEEN + "C,week 0,PASI,13\n",
    )
    assert [records.arms[r] if r >= 0 else None for r in records.received] == [
        "once_45",
        None,
        "once_45",
    ]
    assert plain(records.facts) == {
        "age": [45.5, None, 30],
        "plaque_psoriasis": [20, None, 3],
        "crp": [0.1, None, None],
        "male": [0, 1, None],
    }
    assert but_numbers(warnings) == [
        (
            "participants.csv:2:32: warning: site: the column 'site' is not kept, as it does not hold "
            "numbers only, found 'Ulm'"
        )
    ]


def test_a_column_that_is_almost_a_known_one_is_a_warning(read):
    records, warnings = read(
        participants="participant,arm,Recieved,Age,stage\nA,once_45,none,45,2\nB,placebo,,30,1\n",
        observations=SEEN,
    )
    assert list(records.facts) == ["Age", "stage"]
    assert but_numbers(warnings) == [
        (
            "participants.csv:1:17: warning: Recieved: the column 'Recieved' is not one that this "
            "language knows; did you mean 'received'?"
        ),
        (
            "participants.csv:1:26: warning: Age: the column 'Age' is not one that this language "
            "knows; did you mean 'age'?"
        ),
        (
            "participants.csv:2:11: warning: Recieved: the column 'Recieved' is not kept, as it does "
            "not hold numbers only, found 'none'"
        ),
    ]


def test_dates_are_counted_from_week_0_and_visits_without_a_row_came_as_planned(read):
    records, warnings = read(
        participants="participant,arm,week_0\nA,once_45,2026-03-02\nB,placebo,\n",
        visits="participant,visit,day,date\nA,screening,,2026-02-20\nA,week 1,,2026-03-10\n"
        "B,week 1,9,\n",
        observations=SEEN + "A,week 12,PASI,5.1\nB,week 12,PASI,NA\n",
    )
    labels = [visit.label for visit in records.visits]
    days = plain(dict(zip(labels, records.day.T, strict=True)))
    assert days["screening"] == [-10, None]
    assert days["week 0"] == [0, 0]
    assert days["week 1"] == [8, 9]
    assert days["week 2"] == [None, None]
    assert days["week 12"] == [84, None]
    assert but_numbers(warnings) == []


def test_a_visit_outside_its_window_and_a_measure_off_plan_are_warnings(read):
    _, warnings = read(
        participants=PEOPLE + "C,placebo\n",
        visits="participant,visit,day,nurse\nA,week 1,7,x\nB,week 1,11,y\n",
        observations=SEEN + "A,week 12,BSA,5\n",
        labs="x\n1\n",
    )
    assert but_numbers(warnings) == [
        (
            "participants.csv:4:1: warning: participant: a participant without any observation, "
            "found 'C'; missing data is judged by the trial file"
        ),
        "visits.csv:1:23: warning: nurse: the column 'nurse' is not one of this table, and not read",
        "visits.csv:3:10: warning: day: 'week 1' outside its window, days 4 to 10, found '11'",
        (
            "observations.csv:1:13: warning: visit: BSA at 'week 12', where it is not planned, "
            "found 1 value"
        ),
        "labs.csv:1:1: warning: this is none of the tables, and not read",
    ]


def test_a_baseline_visit_may_come_before_week_0_inside_its_window(read):
    records, warnings = read(
        participants=PEOPLE,
        visits="participant,visit,day\nA,week 0,-2\n",
        observations=SEEN,
    )
    assert records.day[:, 1].tolist() == [-2, 0]
    assert but_numbers(warnings) == []


def test_doses_and_adverse_events_are_packed_in_the_order_of_the_table(read):
    records, _ = read(
        participants=PEOPLE,
        observations=SEEN,
        exposures="participant,day,intervention,amount,unit\nB,0,placebo,,\nA,7,CNTO_1275,45,mg\n"
        "B,7,placebo,0,\n",
        adverse_events="participant,day,term,grade,serious\nB,3,fall,,no\nB,1,rash,2,TRUE\n",
    )
    np.testing.assert_array_equal(records.exposures.day, [[7, NAN], [0, 7]])
    np.testing.assert_array_equal(records.exposures.amount, [[45, NAN], [NAN, 0]])
    np.testing.assert_array_equal(records.exposures.intervention, [[0, 0], [1, 1]])
    np.testing.assert_array_equal(records.adverse_events.day, [[NAN, NAN], [3, 1]])
    np.testing.assert_array_equal(records.adverse_events.grade, [[0, 0], [0, 2]])
    np.testing.assert_array_equal(records.adverse_events.serious, [[False, False], [False, True]])


def test_dispositions_are_the_day_of_each_event(read):
    records, warnings = read(
        participants=PEOPLE,
        observations=SEEN,
        dispositions="participant,day,event,reason\nA,30,leaves_study,moved\nB,112,crossover,\n"
        "B,250,completed,\n",
        medications="participant,day,medication\nA,3,ibuprofen\n",
    )
    assert plain(records.events) == {
        "leaves_study": [30, None],
        "stops_treatment": [None, None],
        "additional_dose": [None, None],
        "crossover": [None, 112],
        "completed": [None, 250],
    }
    assert but_numbers(warnings) == [
        (
            "medications.csv:1:1: note: other treatments are checked and not analyzed; "
            "write starts_other_treatment into dispositions.csv where it counts"
        )
    ]


def items(participant, visit, grades):
    """Rows of PASI items: for each region erythema, induration, desquamation and area."""
    signs = ("erythema", "induration", "desquamation", "area")
    return "".join(
        f"{participant},{visit},PASI,{region}_{sign},{grade}\n"
        for region, row in zip(PASI_REGIONS, grades, strict=True)
        for sign, grade in zip(signs, row, strict=True)
    )


ITEMS = "participant,visit,measure,item,value\n"
CLEAR = ("0", "0", "0", "0")
# 0.1 x 2 x (1+2+3) + 0.2 x 0 + 0.3 x 3 x (2+2+2) + 0.4 x 1 x (1+0+0) = 1.2 + 5.4 + 0.4
SEVEN = [("1", "2", "3", "2"), CLEAR, ("2", "2", "2", "3"), ("1", "0", "0", "1")]


def test_a_total_is_scored_from_its_items(read):
    records, warnings = read(
        participants=PEOPLE,
        observations=ITEMS
        + items("A", "week 0", SEVEN)
        + "A,week 0,PASI,,7.0\nB,week 0,PASI,,18.5\nA,week 4,PASI,,6\n"
        + items("B", "week 4", [CLEAR] * 4),
    )
    assert at(records, "PASI", "week 0").tolist() == [7.0, 18.5]
    assert at(records, "PASI", "week 4").tolist() == [6.0, 0.0]
    assert but_numbers(warnings) == []


def test_items_that_cannot_be_scored_are_a_warning_unless_a_total_stands_beside_them(read):
    contradictory = [("0", "0", "0", "2"), CLEAR, CLEAR, CLEAR]
    incomplete = [("1", "NA", "1", "2"), CLEAR, CLEAR, CLEAR]
    records, warnings = read(
        participants=PEOPLE,
        observations=ITEMS
        + items("A", "week 0", contradictory)
        + items("B", "week 0", incomplete)
        + "B,week 0,PASI,,0.6\n",
    )
    assert at(records, "PASI", "week 0").tolist() == pytest.approx([NAN, 0.6], nan_ok=True)
    assert records.day[:, 1].tolist() == [0, 0]
    assert but_numbers(warnings) == [
        (
            "observations.csv:2:1: warning: participant: PASI not scored, as its items are incomplete "
            "or contradict each other, found 'A'; ask the center"
        )
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            items("A", "week 0", SEVEN) + "A,week 0,PASI,,7.1\n",
            "observations.csv:18:16: error: value: expected PASI 7, as its items give, found '7.1'",
        ),
        (
            "A,week 0,PASI,head_area,7\n",
            (
                "observations.csv:2:25: error: value: expected a whole number from 0 to 6 for head_area"
                ", found '7'"
            ),
        ),
        (
            "A,week 0,PASI,head_aera,5\n",
            "observations.csv:2:15: error: item: expected an item of PASI (head_erythema,",
        ),
        (
            "A,week 0,PASI,head_area,5\nA,week 0,PASI,head_area,5\n",
            "observations.csv:3:15: error: item: expected each item of a visit once, found a second",
        ),
        (
            "A,week 0,weight,head_area,5\n",
            (
                "observations.csv:2:17: error: item: expected an empty cell, found 'head_area'; "
                "the items of weight are not known here"
            ),
        ),
    ],
)
def test_wrong_items(read, rows, message):
    with pytest.raises(ValueError, match="error") as caught:
        read(participants=PEOPLE, observations=ITEMS + rows)
    assert message in str(caught.value)


def test_the_reference_lists_every_column_once():
    rows = table_reference()
    assert len(rows) == sum(len(table.columns) for table in TABLES.values())
    assert len({(row.file, row.column) for row in rows}) == len(rows)
    assert [table.name for table in TABLES.values() if table.required] == [
        "participants",
        "observations",
    ]
