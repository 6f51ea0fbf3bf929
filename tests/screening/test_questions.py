"""Questions ask facts: yes means yes in both lists, and the truth leads to the same answer."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from random_cases import protocol_of

from wholetrial.programme.trials import load, shipped_trials
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader
from wholetrial.screening.answers_of_people import person_of
from wholetrial.screening.evaluate import screen
from wholetrial.screening.questions import Question, questions

FOLDER = Path(__file__).with_name("people")


@pytest.mark.parametrize(
    ("trial", "about", "text", "criteria"),
    [
        ("NCT04979910", "pregnant", "Are you pregnant?", ("E2",)),
        ("NCT04979910", "antidepressant", "Do you take a drug for depression?", ("S2",)),
        ("NCT06374979", "biologic", "Have you ever had a biologic, a drug made by living cells?", ("I7",)),
        ("NCT06374979", "pregnancy", "Do you plan on becoming pregnant?", ("E7",)),
        ("NCT06374979", "consents", "The study team will ask for your consent.", ("I1", "I8")),
        ("NCT06374979", "PASI", "PASI is measured at the visit.", ("I5",)),
        ("NCT06374979", "other_trial", "Have you ever had a place in another clinical trial?", ("E6",)),
        ("NCT00320216", "born", "When were you born?", ("I5",)),
    ],
)  # fmt: skip
def test_a_question_asks_the_fact(
    trial: str, about: str, text: str, criteria: tuple[str, ...]
) -> None:
    (found,) = [one for one in questions(load(trial)) if one.about == about]
    assert found.text == text
    assert found.criteria == criteria


def _asked(*rules: str) -> tuple[Question, ...]:
    read = [(True, read_condition(Reader(rule)), "no") for rule in rules]
    return questions(protocol_of(read))


@pytest.mark.parametrize(
    ("rules", "text", "details"),
    [
        (("has psoriasis",), "Do you have psoriasis?", ()),
        (("has psoriasis for at least 6 months",), "Do you have psoriasis?", ("since",)),
        (("had malignancy",), "Have you ever had malignancy?", ()),
        (("had malignancy within 5 years",), "Have you ever had malignancy?", ("last",)),
        (("had malignancy for more than 4 weeks",), "Have you ever had malignancy?", ("since", "last")),
        (("takes methotrexate stable for at least 4 weeks",), "Do you take methotrexate?", ("unchanged",)),
        (("had malignancy except methotrexate",), "Have you ever had malignancy?", ("which",)),
        (("has malignancy", "had malignancy"), "Have you ever had malignancy?", ("last",)),
        (("had malignancy within 5 half_lives",), "The study team will ask more about this: malignancy.", ()),
        (("had malignancy at least 2 kinds",), "The study team will ask more about this: malignancy.", ()),
        (("had malignancy at least 2 times",), "How many times have you had malignancy?", ()),
        (("had malignancy at least 2 times within 1 year",), "The study team will ask more about this: malignancy.", ()),
        (("had malignancy at least 2 times", "has malignancy"), "The study team will ask more about this: malignancy.", ()),
        (("has malignancy", "had malignancy at least 2 kinds"), "The study team will ask more about this: malignancy.", ()),
        (("PASI >= 12",), "PASI is measured at the visit.", ()),
        (("weight >= 50 kg",), "How much do you weigh?", ()),
        (("is female",), "What is your sex?", ()),
        (('agrees to "two visits"',), "Would you agree to two visits?", ()),
        (('investigator judges "fit"',), "The study doctor will decide: fit.", ()),
    ],
)  # fmt: skip
def test_what_is_asked_of_a_rule(
    rules: tuple[str, ...], text: str, details: tuple[str, ...]
) -> None:
    (found,) = _asked(*rules)
    assert (found.text, found.details) == (text, details)


@pytest.mark.parametrize("trial", shipped_trials())
def test_no_question_denies_and_each_fact_is_asked_once(trial: str) -> None:
    found = questions(load(trial))
    assert len({one.about for one in found}) == len(found)
    for one in found:
        assert not one.text.startswith(("Are you not", "Do you not", "Have you never", "I am not"))
        assert one.text[-1] in "?."
        assert (one.text[-1] == ".") == (one.kind == "at the visit")


@pytest.mark.parametrize("trial", shipped_trials())
def test_who_answers_everything_truthfully_gets_the_same_answer(trial: str) -> None:
    """The answers of a fictive person who meets everything, and those to what can be asked only."""
    table = yaml.safe_load((FOLDER / f"{trial}.yaml").read_text(encoding="utf-8"))
    cells = {name: str(cell) for name, cell in table["complete"].items()}
    protocol, on = load(trial), date(2026, 4, 1)
    whole, _ = person_of("whole", cells, protocol, on)
    asked = {one.about for one in questions(protocol) if one.kind != "at the visit"}
    answers = {name: cell for name, cell in cells.items() if name in {*asked, "sex"}}
    said, wrong = person_of("said", answers, protocol, on)
    assert wrong == {}
    before, after = screen(protocol, said), screen(protocol, whole)
    assert before.overall == "undetermined"
    for one, other in zip(before.criteria, after.criteria, strict=True):
        assert one.verdict in (other.verdict, "unknown")
