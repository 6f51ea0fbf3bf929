"""Questions ask facts: yes means yes in both lists, and the truth leads to the same answer."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from wholetrial.programme.trials import load, shipped_trials
from wholetrial.screening.answers_of_people import person_of
from wholetrial.screening.evaluate import screen
from wholetrial.screening.questions import questions

FOLDER = Path(__file__).with_name("people")


@pytest.mark.parametrize(
    ("trial", "about", "text", "criteria"),
    [
        ("NCT04979910", "pregnant", "Are you pregnant?", ("E2",)),
        ("NCT04979910", "antidepressant", "Do you take an antidepressant medicine?", ("S2",)),
        ("NCT06374979", "biologic", "Have you ever had a biologic medicine (an antibody or similar protein)?", ("I7",)),
        ("NCT06374979", "pregnancy", "Do you plan on becoming pregnant?", ("E7",)),
        ("NCT06374979", "consents", "The study team will ask for your consent.", ("I1", "I8")),
        ("NCT06374979", "PASI", "PASI is measured at the visit.", ("I5",)),
        ("NCT06374979", "other_trial", "Have you ever been taking part in another clinical trial?", ("E6",)),
        ("NCT00320216", "born", "When were you born?", ("I5",)),
    ],
)  # fmt: skip
def test_a_question_asks_the_fact(
    trial: str, about: str, text: str, criteria: tuple[str, ...]
) -> None:
    (found,) = [one for one in questions(load(trial)) if one.about == about]
    assert found.text == text
    assert found.criteria == criteria


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
