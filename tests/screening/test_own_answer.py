"""What a volunteer's own answers say: never "may fit" where the evaluator says no."""

import random
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_cases import TODAY, protocol_of, random_replies, random_rules, visit_facts

from wholetrial.programme.trials import load
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader
from wholetrial.screening.answers_of_people import person_of
from wholetrial.screening.evaluate import screen
from wholetrial.screening.own_answer import OwnAnswer, own_answer, own_answer_of
from wholetrial.screening.question_form import question_form

ON = date(2026, 8, 31)


def _says(kind: str, rule: str, **replies: str) -> OwnAnswer:
    protocol = protocol_of([(kind == "include", read_condition(Reader(rule)), "no")])
    return own_answer(protocol, replies, ON)


@pytest.mark.parametrize(
    ("kind", "rule", "replies", "says"),
    [
        ("include", "has psoriasis", {"psoriasis": "yes"}, "may fit"),
        ("include", "has psoriasis", {"psoriasis": "no"}, "does not fit"),
        ("include", "has psoriasis", {}, "not clear"),
        ("exclude", "has psoriasis", {"psoriasis": "yes"}, "does not fit"),
        ("exclude", "has psoriasis", {"psoriasis": "no"}, "may fit"),
        ("include", "PASI >= 12", {}, "may fit"),
        ("include", "PASI >= 12 and has psoriasis", {}, "not clear"),
        ("include", "PASI >= 12 or has psoriasis", {}, "may fit"),
        ("include", "PASI >= 12 or has psoriasis", {"psoriasis": "no"}, "may fit"),
        ("exclude", "PASI >= 12 or has psoriasis", {}, "not clear"),
        ("exclude", "PASI >= 12 or has psoriasis", {"psoriasis": "yes"}, "does not fit"),
        ("exclude", "is pregnant", {"pregnant": "no"}, "may fit"),
        ("include", "had malignancy within 4 weeks", {"malignancy": "now"}, "may fit"),
        ("exclude", "had malignancy within 4 weeks", {"malignancy": "until 2026-08-03"}, "may fit"),
        ("exclude", "had malignancy within 4 weeks", {"malignancy": "until 2026-08-04"}, "does not fit"),
        ("exclude", "had malignancy within 4 weeks", {"malignancy": "until 2026-08"}, "not clear"),
        ("exclude", "had malignancy within 4 weeks", {"malignancy": "until 2026-07"}, "may fit"),
        ("exclude", "had malignancy within 4 weeks", {"malignancy": "once"}, "not clear"),
        ("exclude", "has malignancy or had malignancy within 5 years", {"malignancy": "until 2021-08-30"}, "may fit"),
        ("exclude", "has malignancy or had malignancy within 5 years", {"malignancy": "once"}, "not clear"),
        ("exclude", "had malignancy except methotrexate", {"malignancy": "yes as methotrexate"}, "may fit"),
        ("exclude", "had malignancy except methotrexate", {"malignancy": "yes as other"}, "does not fit"),
        ("exclude", "had malignancy except methotrexate", {"malignancy": "yes"}, "not clear"),
        ("include", "has psoriasis for at least 6 months", {"psoriasis": "since 2026"}, "not clear"),
        ("include", "has psoriasis for at least 6 months", {"psoriasis": "since 2026-02"}, "may fit"),
        ("include", "has psoriasis for at least 6 months", {"psoriasis": "since 2026-03"}, "does not fit"),
        ("include", "takes methotrexate stable for more than 4 weeks", {"methotrexate": "yes stable since 2026-08-03"}, "does not fit"),
        ("include", "takes methotrexate stable for more than 4 weeks", {"methotrexate": "yes stable since 2026-08-02"}, "may fit"),
        ("include", "had malignancy at least 2 times", {"malignancy": "1"}, "does not fit"),
        ("include", "had malignancy at least 2 times", {"malignancy": "2"}, "may fit"),
        ("include", "age in 18 to 70 years", {"born": "2008-08-31"}, "may fit"),
        ("include", "age in 18 to 70 years", {"born": "2008-09-01"}, "does not fit"),
        ("include", "age in 18 to 70 years", {"born": "2008"}, "not clear"),
        ("include", "age in 18 to 70 years", {"born": "2007"}, "may fit"),
        ("include", "if is female then is pregnant", {"sex": "male"}, "may fit"),
        ("include", 'investigator judges "fit"', {}, "may fit"),
    ],
)  # fmt: skip
def test_what_answers_say(kind: str, rule: str, replies: dict[str, str], says: str) -> None:
    assert _says(kind, rule, **replies).says == says


@pytest.mark.parametrize("trial", ["NCT03424629", "NCT04979910"])
def test_who_answers_nothing_is_never_told_that_the_trial_fits(trial: str) -> None:
    assert own_answer(load(trial), {}, ON).says == "not clear"


def test_a_reply_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="born: a birth before the screening day"):
        own_answer(load("NCT03424629"), {"born": "2031-01-01"}, ON)


def _drawn(seed: int) -> tuple[random.Random, Protocol]:
    draw = random.Random(seed)
    return draw, protocol_of(random_rules(draw, draw.randint(1, 4)))


@settings(max_examples=500)
@given(st.integers(0, 2**40))
def test_may_fit_is_never_said_of_somebody_whom_the_evaluator_excludes(seed: int) -> None:
    draw, protocol = _drawn(seed)
    replies = random_replies(draw, protocol, TODAY)
    told = {about: cell for about, cell in replies.items() if cell}
    person, wrong = person_of("P", told, protocol, TODAY)
    assert wrong == {}
    found, answer = own_answer(protocol, replies, TODAY), screen(protocol, person)
    for own, whole in zip(found.criteria, answer.criteria, strict=True):
        assert own.verdict in (whole.verdict, "unknown")
    assert found.says != "may fit" or answer.overall != "not eligible"


@settings(max_examples=1000)
@given(st.integers(0, 2**40))
def test_whoever_is_eligible_gets_the_best_verdict(seed: int) -> None:
    draw, protocol = _drawn(seed)
    told = {one: cell for one, cell in random_replies(draw, protocol, TODAY).items() if cell}
    person, _ = person_of("P", told, protocol, TODAY)
    whole = replace(person, facts=(*person.facts, *visit_facts(draw, protocol, TODAY)))
    if screen(protocol, whole).overall == "eligible":
        assert own_answer_of(protocol, person).says == "may fit"


def test_the_form_holds_no_rule_of_what_the_visit_finds() -> None:
    rules = [(True, read_condition(Reader("PASI >= 12 and age >= 18 years")), "no")]
    form = question_form(protocol_of(rules))
    assert form["criteria"][0]["rule"] == ["all", ["visit"], ["age", "year", ">=", 18.0, None]]
