"""The browser's verdict is Python's: for random criteria and answers, and for clicks on real pages."""

import json
import random
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from random_cases import TODAY, protocol_of, random_replies, random_rules, timed_rules

from wholetrial.programme.trials import load, shipped_trials
from wholetrial.protocol.condition import History, State
from wholetrial.screening.answers_of_people import person_of
from wholetrial.screening.days import FIRST
from wholetrial.screening.evaluate import screen
from wholetrial.screening.own_answer import OwnAnswer, own_answer, own_answer_of
from wholetrial.screening.person import Covered, Fact
from wholetrial.screening.question_form import question_form

CASES = 2000
NOON = datetime(2026, 8, 31, 12, 0)
_SCREENED = """cases => cases.map(([form, replies]) =>
  window.wholetrial.screened(form, replies, "2026-08-31"))"""
_WAITED = """cases => cases.map(([form, replies]) => form.criteria.map((one) =>
  window.wholetrial.waitUntil(form, replies, "2026-08-31", one.name)))"""


@pytest.fixture
def page(browser: Any, site: Path) -> Any:
    found = browser.new_page()
    found.clock.set_fixed_time(NOON)
    found.goto((site / "NCT03424629.html").as_uri())
    yield found
    found.close()


def _as_page(found: OwnAnswer) -> dict[str, Any]:
    criteria = [
        {"name": one.name, "verdict": one.verdict, "atVisit": one.at_visit}
        for one in found.criteria
    ]
    return {"says": found.says, "criteria": criteria}


def test_random_criteria_and_answers_have_python_s_verdict(page: Any) -> None:
    draw = random.Random(20261126)
    drawn = []
    for _ in range(CASES):
        protocol = protocol_of(random_rules(draw, draw.randint(1, 4)))
        drawn.append((protocol, random_replies(draw, protocol, TODAY)))
    cases = [[question_form(protocol), replies] for protocol, replies in drawn]
    found = page.evaluate(_SCREENED, cases)
    wanted = [_as_page(own_answer(protocol, replies, TODAY)) for protocol, replies in drawn]
    for (protocol, replies), one, other in zip(drawn, found, wanted, strict=True):
        assert one == other, (replies, protocol.eligibility)
    said = [one["says"] for one in found]
    assert min(said.count(one) for one in ("may fit", "not clear", "does not fit")) > CASES / 20


def test_a_concept_may_have_any_name(page: Any) -> None:
    """Names that every object of the script's language has already."""
    protocol = protocol_of(
        [(False, History(had="constructor"), "no"), (True, State(state="has", of="toString"), "no")]
    )
    form = question_form(protocol)
    told = {"constructor": "no", "toString": "yes"}
    for replies in ({}, told):
        (found,) = page.evaluate(_SCREENED, [[form, replies]])
        wanted = person_of("P", {}, protocol, TODAY)[0]
        facts = tuple(Fact(about, yes=cell == "yes") for about, cell in replies.items())
        covered = tuple(Covered(FIRST, TODAY, about) for about in replies)
        person = replace(wanted, facts=facts, covered=covered)
        assert found == _as_page(own_answer_of(protocol, person))


def test_the_day_from_which_it_fits_is_the_evaluator_s(page: Any) -> None:
    draw = random.Random(7)
    drawn = []
    for _ in range(600):
        protocol = protocol_of(timed_rules(draw, 1))
        drawn.append((protocol, random_replies(draw, protocol, TODAY)))
    found = page.evaluate(_WAITED, [[question_form(one), replies] for one, replies in drawn])
    compared = 0
    for (protocol, replies), (day,) in zip(drawn, found, strict=True):
        told = {about: cell for about, cell in replies.items() if cell}
        person, _ = person_of("P", told, protocol, TODAY)
        (criterion,) = screen(protocol, person).criteria
        if criterion.verdict == "blocks" and (criterion.change or "").startswith("eligible from"):
            when = date.fromisoformat(day)
            words = f"{when.day} {when.strftime('%B %Y')}"
            assert criterion.change == f"eligible from {words} by this criterion"
            compared += 1
    assert compared > 40


@pytest.mark.parametrize("trial", shipped_trials())
def test_clicked_answers_have_python_s_verdict(browser: Any, site: Path, trial: str) -> None:
    """Random clicks and entries: the cells that the page makes of them, and its own verdict."""
    protocol, draw = load(trial), random.Random(trial)
    page = browser.new_page()
    page.clock.set_fixed_time(NOON)
    page.goto((site / f"{trial}.html").as_uri())
    for _ in range(5):
        page.click("#clear-responses")
        for name in page.evaluate(
            "[...new Set([...document.querySelectorAll('#questions [name]')].map(e => e.name))]"
        ):
            if draw.random() < 0.85:
                _enter(page, name, draw)
        replies = page.evaluate("window.wholetrial.replies()")
        own = own_answer(protocol, replies, date(2026, 8, 31))
        assert page.evaluate("document.getElementById('verdict').dataset.says") == (
            own.says if any(replies.values()) else ""
        ), json.dumps(replies)
    page.close()


def _enter(page: Any, name: str, draw: random.Random) -> None:
    fields = page.locator(f"#questions [name='{name}']")
    kind = fields.first.get_attribute("type")
    if not fields.first.is_visible() or not fields.first.is_enabled():
        return
    if kind in ("radio", "checkbox"):
        fields.nth(draw.randrange(fields.count())).check()
    elif name.endswith("-month"):
        fields.select_option(draw.choice(["", "01", "02", "08", "12"]))
    elif name.endswith("-year"):
        fields.fill(draw.choice(["", "1990", "2008", "2020", "2026", "2031", "99", "x"]))
    elif name.endswith("-day"):
        fields.fill(draw.choice(["", "", "1", "30", "31", "44"]))
    else:
        fields.fill(draw.choice(["", "0", "1", "2", "12", "-4", "many", "4000"]))
