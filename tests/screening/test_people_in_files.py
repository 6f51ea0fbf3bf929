"""People in a CSV file: both forms, and everything that can be wrong with them, in its place."""

from datetime import date
from pathlib import Path

import pytest

from wholetrial.data.sheet import InvalidDataError
from wholetrial.programme.trials import load
from wholetrial.screening.days import Days, exactly
from wholetrial.screening.evaluate import screen
from wholetrial.screening.person import Fact, Person
from wholetrial.screening.read_people import read_people

GUTTATE = load("NCT06374979")
DEPRESSION = load("NCT04979910")
ON = date(2026, 4, 1)


def _read(tmp_path: Path, text: str, trial: str = "NCT06374979") -> tuple[Person, ...]:
    file = tmp_path / "people.csv"
    file.write_text(text, encoding="utf-8")
    return read_people(file, load(trial), ON).people


def test_one_row_for_each_person(tmp_path: Path) -> None:
    (ada,) = _read(
        tmp_path,
        "person,screened,born,sex,PASI,biologic,systemic_psoriasis_drug,I6,first_dose\n"
        "Ada,2026-03-30,1990-05,f,8.4 on 2026-03-29,no,until 2026-03-12 as methotrexate,yes,2026-04-02\n",
    )
    assert (ada.screened, ada.born, ada.sex) == (
        date(2026, 3, 30), Days(date(1990, 5, 1), date(1990, 5, 31)), "female"
    )  # fmt: skip
    assert ada.dates == {"first_dose": date(2026, 4, 2)}
    facts = {fact.about: fact for fact in ada.facts}
    assert facts["PASI"] == Fact("PASI", value=8.4, start=exactly(date(2026, 3, 29)))
    assert not facts["biologic"].yes
    assert facts["systemic_psoriasis_drug"] == Fact(
        "systemic_psoriasis_drug", kind="methotrexate", last=exactly(date(2026, 3, 12)), ended=True
    )
    assert facts['investigator judges "suitable for ixekizumab"'].yes


def test_one_row_for_each_fact(tmp_path: Path) -> None:
    bob, ada = _read(
        tmp_path,
        "person,fact,value,unit,date,start,end,kind,source\n"
        "Bob,age,40,,,,,,\n"
        "Ada,PASI,11.8,,2026-03-29,,,,visit 1\n"
        "Ada,PASI,12.4,,2026-03-29,,,,chart\n"
        "Bob,systemic_psoriasis_drug,yes,,,2026-01-02,2026-03-12,methotrexate,letter\n"
        "Bob,other_trial,no,,,,,,\n",
    )
    assert [fact.source for fact in ada.facts] == ["visit 1", "chart"]
    assert bob.born == Days(date(1985, 4, 2), date(1986, 4, 1))
    drug = next(fact for fact in bob.facts if fact.about == "systemic_psoriasis_drug")
    assert drug.ended
    assert drug.start == exactly(date(2026, 1, 2))
    assert drug.last == exactly(date(2026, 3, 12))


def test_one_answer_for_a_consent_and_an_agreement_that_one_criterion_asks(tmp_path: Path) -> None:
    (person,) = _read(tmp_path, "person,I6\nA,yes\n", "NCT03424629")
    assert [fact.about for fact in person.facts] == ["consents", 'agrees to "what the trial asks"']


def test_units_stand_in_a_heading_or_in_a_cell(tmp_path: Path) -> None:
    one, two = _read(tmp_path, "person,CRP (mg/dL)\nA,0.3\nB,4 mg/L\n", "NCT04979910")
    assert [fact.value for fact in (*one.facts, *two.facts)] == [3.0, 4.0]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("3.2", "no unit is given; mg/L is needed"),
        ("3.2 mmol/L", "they measure different things"),
        ("3.2 furlong", "it is no UCUM code"),
        ("900 mg/L", "CRP lies between 0 and 500"),
    ],
)
def test_a_value_that_cannot_be_used_decides_nothing(tmp_path: Path, value: str, why: str) -> None:
    (person,) = _read(tmp_path, f"person,CRP\nA,{value}\n", "NCT04979910")
    (fact,) = person.facts
    assert fact.value is None
    assert why in (fact.unusable or "")
    answer = screen(DEPRESSION, person)
    found = next(one for one in answer.criteria if one.name == "I3")
    assert found.verdict == "unknown"
    assert why in found.atoms[0].because


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("person,PASI\nA,high\n", 2, "PASI: expected a number, with its unit and its day"),
        ("person,PASY\nA,3\n", 1, "'PASY'; did you mean 'PASI'?"),
        ("person,biologic\nA,2024-02-30\n", 2, "expected a day as 2024-03-12"),
        ("person,born\nA,2027\n", 2, "expected a birth before the screening day"),
        ("person,born,age\nA,1950,20\n", 2, "age: expected a birth that agrees"),
        ("person,sex\nA,x\n", 2, "expected male, female or other"),
        ("person,I6\nA,perhaps\n", 2, "expected yes or no"),
        ("person,PASI\nA,3\nA,4\n", 3, "expected each person once, found 'A' again"),
        ("person,PASI\n,3\n", 2, "expected the name of a person, found nothing"),
        ("person,PASI\n", 1, "expected at least one person, found no rows"),
        ("name,PASI\nA,3\n", 1, "expected a column 'person'"),
        ("person;PASI\nA;3\n", 1, "expected columns separated by commas, found semicolons"),
        ("person,other_trial\nA,from 2026-02 to 2026-01\n", 2, "an end that does not lie before"),
        ("person,fact,value,colour\nA,PASI,3,red\n", 1, "a column that is known"),
        ("person,fact,value,start,end\nA,biologic,yes,2026-02-01,2026-01-01\n", 2, "an end that does not lie"),
        ("person,fact,value\nA,PSAI,3\n", 2, "did you mean 'PASI'?"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, text: str, line: int, says: str
) -> None:
    if "agrees" in says:
        says = "expected an age that agrees with the birth"
    with pytest.raises(InvalidDataError) as caught:
        _read(tmp_path, text)
    told = [str(found) for found in caught.value.findings]
    assert any(says in one and f"people.csv:{line}:" in one for one in told), told


def test_all_findings_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError) as caught:
        _read(tmp_path, "person,PASI,sex\nA,high,x\nB,low,y\n")
    assert len(caught.value.findings) == 4


def test_no_file_and_a_file_of_other_bytes(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataError, match="expected a file of people, found no file"):
        read_people(tmp_path / "none.csv", GUTTATE, ON)
    latin = tmp_path / "latin.csv"
    latin.write_bytes("person,PASI\nJürgen,3\n".encode("latin-1"))
    with pytest.raises(InvalidDataError, match="expected text in UTF-8"):
        read_people(latin, GUTTATE, ON)
