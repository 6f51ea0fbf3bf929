"""Another amount above a body weight: who gets which, in arms and by rules, in words and on paper."""

import datetime

import numpy as np
import pytest

from wholetrial.conduct.calendar_dates import PlanError
from wholetrial.conduct.calendar_plan import calendar_plan
from wholetrial.protocol.describe import describe
from wholetrial.protocol.dose import Dose, read_dose, read_gift
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reader import PhraseError, Reader
from wholetrial.protocol.timeline import administrations
from wholetrial.protocol.total_dose import total_doses
from wholetrial.simulation.dosing import Recipients, planned_doses
from wholetrial.simulation.population import NotSimulatedError
from wholetrial.simulation.simulate import prepare, simulate

DOSE = "CNTO_1275 45 mg, 90 mg above 100 kg, at weeks 0, 4"
MONDAY = datetime.date(2026, 1, 5)


@pytest.fixture(scope="module")
def protocol(krueger: Protocol) -> Protocol:
    arm = krueger.arms["once_45"].model_copy(update={"doses": (read_dose(Reader(DOSE)),)})
    gift = read_gift(Reader("CNTO_1275 45 mg, 90 mg above 80.5 kg"))
    crossover = krueger.rules["crossover"].model_copy(update={"give": gift})
    return krueger.model_copy(
        update={
            "arms": {**krueger.arms, "once_45": arm},
            "rules": {**krueger.rules, "crossover": crossover},
        }
    )


def test_at_the_weight_the_usual_amount_is_given_and_above_it_the_other(
    protocol: Protocol,
) -> None:
    arm = np.zeros(4, np.int8)
    people = Recipients(arm, np.array([60.0, 100.0, 100.1, 140.0]), np.full(4, 0.5))
    drug = [one for one in planned_doses(protocol, people) if one.intervention == "CNTO_1275"]
    doses = {given.day: given.amount for given in drug if not np.isnan(given.amount).all()}
    assert doses[0].tolist() == doses[28].tolist() == [45, 45, 90, 90]


def test_the_assigned_amount_and_a_rules_own_follow_the_weight(protocol: Protocol) -> None:
    records = simulate(prepare(protocol, seed=5), range(10))
    weight = records.values["weight"][..., 1]
    given = np.nan_to_num(records.exposures.amount)
    extra = (records.events["additional_dose"][..., None] == records.exposures.day) * given
    mine = (records.arm == 0) & (extra.sum(axis=-1) > 0)
    heavy = weight > 100
    assert (mine & heavy).any()
    assert (mine & ~heavy).any()
    np.testing.assert_array_equal(extra.sum(axis=-1)[mine], np.where(heavy, 90, 45)[mine])
    crossed = (records.events["crossover"][..., None] == records.exposures.day) * given
    over = crossed.sum(axis=-1) > 0
    expected = np.where(weight > 80.5, 90, 45)
    # The weight recorded is rounded to 0.1 kg, the dose is not.
    clear = over & (abs(weight - 80.5) > 0.06)
    np.testing.assert_array_equal(crossed.sum(axis=-1)[clear], expected[clear])


def test_it_reads_aloud(protocol: Protocol) -> None:
    told = " ".join(describe(protocol).split())
    assert "CNTO 1275 45 mg (90 mg above 100 kg of body weight) at weeks 0 and 4" in told
    assert "receive CNTO 1275 45 mg (90 mg above 80.5 kg of body weight)" in told


def test_a_calendar_needs_the_weight_and_shows_the_amount(protocol: Protocol) -> None:
    with pytest.raises(PlanError, match="the dose of CNTO 1275 depends on weight"):
        calendar_plan(protocol, MONDAY, arm="once_45")
    for weight, amount in ((100.0, "45 mg"), (101.0, "90 mg")):
        plan = calendar_plan(protocol, MONDAY, arm="once_45", weight=weight)
        row = {row.visit: row for row in plan.rows}
        assert str(row["week 4"].doses[0]) == f"CNTO 1275 {amount}"


def test_there_is_no_total_dose_where_weight_decides(protocol: Protocol) -> None:
    assert total_doses(protocol, ["once_45", "once_90"]) is None
    assert administrations(protocol, "once_45")[0].heavier is not None


def test_a_weight_that_nobody_knows_is_refused(protocol: Protocol) -> None:
    people = Recipients(np.zeros(2, np.int8), np.full(2, np.nan), np.full(2, 0.5))
    with pytest.raises(NotSimulatedError, match="the weight that decides a dose of CNTO_1275"):
        planned_doses(protocol, people)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("drug 45 mg, 90 g above 100 kg, at week 0", "'mg', the unit of the usual amount"),
        ("drug 45 mg, 90 mg over 100 kg, at week 0", "'above'"),
        ("drug 45 mg, 90 mg above 100 lb, at week 0", "'kg'"),
        ("drug 45 mg, 90 mg above 100 kg at week 0", "','"),
    ],
)
def test_a_broken_phrase_says_what_is_missing(text: str, expected: str) -> None:
    with pytest.raises(PhraseError) as refused:
        read_dose(Reader(text))
    assert refused.value.expected == expected


@pytest.mark.parametrize("text", ["drug 5 to 9 mg, 12 mg above 90 kg, at week 0",
                                  "drug 5 mg/kg, 9 mg/kg above 90 kg, at week 0"])  # fmt: skip
def test_weight_decides_once(text: str) -> None:
    with pytest.raises(ValueError, match="goes with one amount, not per kg"):
        read_dose(Reader(text))


def test_a_dose_is_a_value(protocol: Protocol) -> None:
    dose = protocol.arms["once_45"].doses[0]
    assert isinstance(dose, Dose)
    assert Dose.model_validate_json(dose.model_dump_json()) == dose
    assert str(dose) == DOSE
