"""A participant's calendar against tables worked out by hand."""

from datetime import date
from pathlib import Path

import pytest

from wholetrial.conduct.calendar_dates import PlanError
from wholetrial.conduct.calendar_doses import weighed
from wholetrial.conduct.calendar_plan import CalendarPlan, calendar_plan
from wholetrial.protocol.design import Rule
from wholetrial.protocol.dose import read_dose
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reader import Reader

TRIALS = Path(__file__).parents[2] / "trials"
MONDAY = date(2026, 1, 5)


def trial(name: str) -> Protocol:
    return load(TRIALS / name / "trial.yaml")


def doses(plan: CalendarPlan) -> list[tuple[str, str, str]]:
    return [(str(row.date), str(d), d.condition) for row in plan.rows for d in row.doses]


def with_masking(name: str, **changes: object) -> Protocol:
    protocol = trial(name)
    return protocol.model_copy(update={"design": protocol.design.model_copy(update=changes)})


def test_visits_of_the_2007_trial_from_monday_5_january_2026():
    plan = calendar_plan(trial("NCT00320216"), MONDAY, weight=90)
    table = {row.visit: row for row in plan.rows}
    expected = {
        "week 0": ("Monday", "2026-01-05", "2026-01-05", "2026-01-05"),
        "week 3": ("Monday", "2026-01-26", "2026-01-23", "2026-01-29"),
        "week 12": ("Monday", "2026-03-30", "2026-03-27", "2026-04-02"),
        "week 16": ("Monday", "2026-04-27", "2026-04-20", "2026-05-04"),
        "week 20": ("Monday", "2026-05-25", "2026-05-18", "2026-06-01"),
        "week 36": ("Monday", "2026-09-14", "2026-09-07", "2026-09-21"),
    }
    for visit, dates in expected.items():
        row = table[visit]
        assert (row.weekday, str(row.date), str(row.earliest), str(row.latest)) == dates
    assert table["week 0"].measures == ("PASI", "BSA", "weight", "adverse events")
    assert table["screening"].doses == ()
    assert len(plan.rows) == 14


def test_a_masked_calendar_shows_study_injections_and_no_arm():
    plan = calendar_plan(trial("NCT00320216"), MONDAY)
    assert plan.arm == plan.arm_label == ""
    shown = doses(plan)
    assert [(day, what) for day, what, _ in shown] == [
        ("2026-01-05", "study injection"),
        ("2026-01-12", "study injection"),
        ("2026-01-19", "study injection"),
        ("2026-01-26", "study injection"),
        ("2026-04-27", "study injection"),
        ("2026-05-25", "study injection"),
    ]
    assert [condition != "" for *_, condition in shown] == [False] * 4 + [True, False]
    text = repr(plan.rows) + repr(plan.totals)
    assert "CNTO" not in text
    assert "placebo" not in text
    assert " mg" not in text


@pytest.mark.parametrize("arm", ["once_45", "once_90", "weekly_45", "weekly_90", "placebo"])
def test_every_arm_is_injected_on_the_same_days_under_the_same_conditions(arm):
    protocol = trial("NCT00320216")
    masked = [(day, condition) for day, _, condition in doses(calendar_plan(protocol, MONDAY))]
    open_plan = calendar_plan(protocol, MONDAY, arm=arm)
    assert [(day, condition) for day, _, condition in doses(open_plan)] == masked


@pytest.mark.parametrize(
    ("arm", "week_1", "week_16", "week_20"),
    [
        ("once_45", "placebo", "CNTO 1275 45 mg", "placebo"),
        ("weekly_90", "CNTO 1275 90 mg", "CNTO 1275 90 mg", "placebo"),
        ("placebo", "placebo", "placebo", "CNTO 1275 90 mg"),
    ],
)
def test_an_arm_shown_has_its_doses_and_its_dummies(arm, week_1, week_16, week_20):
    plan = calendar_plan(trial("NCT00320216"), MONDAY, arm=arm)
    row = {row.visit: row for row in plan.rows}
    assert [str(row[f"week {n}"].doses[0]) for n in (1, 16, 20)] == [week_1, week_16, week_20]
    assert row["week 16"].doses[0].condition.startswith("if ")
    assert row["week 20"].doses[0].dummy == (arm != "placebo")


def test_six_infusions_of_a_million_cells_per_kg_at_70_kg_are_70_million_each():
    plan = calendar_plan(trial("NCT03424629"), MONDAY, weight=70, arm="low_dose")
    assert doses(plan) == [
        (day, "UC MSC 70,000,000 cells", "")
        for day in (
            "2026-01-05",
            "2026-01-12",
            "2026-01-19",
            "2026-01-26",
            "2026-02-09",
            "2026-02-23",
        )
    ]
    (total,) = plan.totals
    assert (total.times, total.amount, total.unit) == (6, 4.2e8, "cells")
    assert any("significant digits" in note for note in plan.notes)


def test_eight_pens_of_ixekizumab():
    plan = calendar_plan(trial("NCT06374979"), MONDAY, weight=80)
    assert [d.units for row in plan.rows for d in row.doses] == [2, 1, 1, 1, 1, 1, 1]
    (total,) = plan.totals
    assert (total.times, total.amount, total.units) == (7, 640, 8)
    assert str(total) == "ixekizumab: 7 doses, 640 mg, 8 × 80 mg"


def test_visits_only_for_responders_say_so():
    plan = calendar_plan(trial("NCT06374979"), MONDAY)
    conditional = {row.visit: row.condition for row in plan.rows if row.condition}
    assert list(conditional) == ["week 34", "week 52"]
    assert all(text.startswith("only if ") and "week 16" in text for text in conditional.values())


def test_a_daily_diary_is_a_note_and_no_visit():
    plan = calendar_plan(trial("NCT06374979"), MONDAY)
    assert "diary: every day from 2026-01-05 to 2026-04-27" in plan.notes
    assert all("diary" not in row.measures for row in plan.rows)


def test_a_titrated_course_stands_once_and_its_steps_at_their_visits():
    plan = calendar_plan(trial("NCT03424629"), MONDAY, arm="methotrexate")
    ((day, what, condition),) = doses(plan)
    assert (day, condition) == ("2026-01-05", "")
    assert what == "methotrexate 5 to 25 mg (titrated) every week until 2026-04-20 (16 times)"
    decided = {row.visit: row.decisions for row in plan.rows if row.decisions}
    assert list(decided) == ["week 3", "week 7", "week 12"]
    assert decided["week 3"][0].startswith("dose raised by 5 mg if ")
    assert "titration: starts with methotrexate 10 mg" in plan.notes
    assert (plan.totals[0].amount, plan.totals[0].most) == (80, 400)


def test_a_choice_of_the_physician_is_listed_and_weighed():
    plan = calendar_plan(trial("NCT04537689"), MONDAY, weight=73.4, arm="control")
    first = next(row for row in plan.rows if row.visit == "week 0")
    assert [dose.name for dose in first.doses] == ["methotrexate", "ciclosporin", "acitretin"]
    assert {dose.condition for dose in first.doses} == {"if the physician chooses it"}
    assert (first.doses[1].amount, first.doses[1].most) == (184, 367)
    assert str(first.doses[1].until) == "2026-03-30"
    assert str(first.doses[0].until) <= "2028-06-22"


def test_months_after_withdrawal_are_calendar_months():
    plan = calendar_plan(trial("NCT04537689"), MONDAY, arm="ixekizumab")
    month = next(row for row in plan.rows if row.visit == "month 3 after withdrawal")
    assert (month.weekday, str(month.date)) == ("Tuesday", "2026-09-22")
    assert any(note.startswith("retreat, at all visits after withdrawal") for note in plan.notes)


def test_a_dose_without_a_visit_is_a_row_of_its_own():
    protocol = trial("NCT06374979")
    arm = protocol.arms["ixekizumab"]
    doses = (read_dose(Reader("ixekizumab 100 mg at weeks 0, 13")),)
    changed = {"ixekizumab": arm.model_copy(update={"doses": doses})}
    plan = calendar_plan(protocol.model_copy(update={"arms": changed}), MONDAY)
    (row,) = [row for row in plan.rows if row.what == "between visits"]
    assert (str(row.date), row.doses[0].units) == ("2026-04-06", 2)
    assert list(plan.rows) == sorted(plan.rows, key=lambda row: row.date)
    assert plan.totals[0].units == 4


def test_a_rule_that_stops_at_a_visit_is_a_decision_of_that_day():
    protocol = trial("NCT06374979")
    rule = Rule(at="week 12", when="PASI < 1", stop="treatment")
    plan = calendar_plan(protocol.model_copy(update={"rules": {"enough": rule}}), MONDAY)
    (row,) = [row for row in plan.rows if row.decisions]
    assert row.visit == "week 12"
    assert row.decisions[0].startswith("treatment stops if ")


def test_otherwise_a_dummy_where_another_arm_is_certain():
    protocol = trial("NCT00320216")
    rule = protocol.rules["crossover"].model_copy(
        update={"at": protocol.rules["additional_dose"].at}
    )
    changed = protocol.model_copy(update={"rules": {**protocol.rules, "crossover": rule}})
    plan = calendar_plan(changed, MONDAY, arm="once_90")
    row = next(row for row in plan.rows if row.visit == "week 16")
    assert [(str(dose), dose.dummy) for dose in row.doses] == [
        ("CNTO 1275 90 mg", False),
        ("placebo", True),
    ]
    assert row.doses[1].condition == "otherwise"
    masked = next(r for r in calendar_plan(changed, MONDAY).rows if r.visit == "week 16")
    assert [(str(dose), dose.condition) for dose in masked.doses] == [("study injection", "")]


def test_an_arm_must_be_named_where_the_participant_knows_it():
    with pytest.raises(PlanError, match="low_dose, high_dose, methotrexate"):
        calendar_plan(trial("NCT03424629"), MONDAY, weight=70)
    assessor = with_masking("NCT00320216", masking=("assessor",))
    with pytest.raises(PlanError, match="say which"):
        calendar_plan(assessor, MONDAY)


def test_an_unknown_arm_gets_the_nearest_name():
    with pytest.raises(PlanError, match="got 'once45'; did you mean 'once_45'"):
        calendar_plan(trial("NCT00320216"), MONDAY, arm="once45")


def test_a_dose_by_weight_needs_the_weight():
    with pytest.raises(PlanError, match="UC MSC is dosed in cells/kg: give the body weight"):
        calendar_plan(trial("NCT03424629"), MONDAY, arm="high_dose")


@pytest.mark.parametrize("weight", [19.9, 300.1, 0.0, -70.0, float("nan"), float("inf")])
def test_a_weight_that_nobody_has_is_refused(weight):
    with pytest.raises(PlanError, match="lies in 20 to 300 kg; got"):
        calendar_plan(trial("NCT06374979"), MONDAY, weight=weight)


@pytest.mark.parametrize("start", [date(1899, 1, 1), date(2226, 1, 5)])
def test_a_start_that_cannot_be_is_refused(start):
    with pytest.raises(PlanError, match="a start lies in 1950 to 2100"):
        calendar_plan(trial("NCT06374979"), start)


@pytest.mark.parametrize(
    ("amount", "weight", "expected"),
    [(1e6, 70, 7e7), (3e6, 92.3, 2.77e8), (2.5, 73.4, 184), (0.1, 22.25, 2.23), (5, 20.1, 101)],
)
def test_three_significant_digits_halves_up(amount, weight, expected):
    assert weighed(amount, weight) == expected
