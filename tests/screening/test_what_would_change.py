"""What would change an answer: the day named is the first one, and distances are right."""

import random
from dataclasses import replace
from datetime import timedelta
from re import search

from hypothesis import given, settings
from hypothesis import strategies as st
from random_cases import protocol_of, random_people, random_rules, timed_rules

from wholetrial.screening.change import moved
from wholetrial.screening.days import FIRST, in_words
from wholetrial.screening.evaluate import screen
from wholetrial.screening.person import Covered, Person


def _known(draw: random.Random, number: int) -> list[Person]:
    """Random people of whom everything would have been recorded: for them time decides."""
    return [
        replace(
            person,
            covered=(Covered(FIRST, person.screened),),
            facts=tuple(fact for fact in person.facts if fact.yes and fact.last is not None),
            dates={},
        )
        for person in random_people(draw, number)
    ]


def test_random_people_are_told_days() -> None:
    """The test below means something only where days are named."""
    told = 0
    for seed in range(5):
        draw = random.Random(seed)
        protocol = protocol_of(timed_rules(draw, 12))
        for person in _known(draw, 40):
            changes = [found.change or "" for found in screen(protocol, person).criteria]
            told += sum("eligible from" in change for change in changes)
    assert told > 20


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32))
def test_on_the_day_named_the_criterion_allows_and_on_the_day_before_it_does_not(seed: int) -> None:
    draw = random.Random(seed)
    protocol = protocol_of(timed_rules(draw, 12))
    for person in _known(draw, 40):
        for found in screen(protocol, person).criteria:
            told = search(r"eligible from (\d.+) by this", found.change or "")
            if not told:
                continue
            day = next(
                one
                for one in (person.screened + timedelta(days=n) for n in range(1, 4000))
                if in_words(one) == told[1]
            )
            verdicts = [
                next(
                    c.verdict
                    for c in screen(protocol, moved(person, one)).criteria
                    if c.name == found.name
                )
                for one in (day - timedelta(days=1), day)
            ]
            assert verdicts[1] in ("allows", "not applicable")
            assert verdicts[0] in ("blocks", "unknown")


@settings(max_examples=10)
@given(seed=st.integers(0, 2**32))
def test_a_fact_more_never_turns_an_answer_round(seed: int) -> None:
    """Without one of the facts and all coverage, an answer is the same or unknown, for values and
    consents; and whoever is eligible rests on no missing fact."""
    draw = random.Random(seed)
    protocol = protocol_of(random_rules(draw, 12))
    for person in random_people(draw, 30):
        bare = replace(person, facts=(), covered=(), born=None, sex=None)
        for before, after in zip(
            screen(protocol, bare).criteria, screen(protocol, person).criteria, strict=True
        ):
            if before.verdict in ("allows", "blocks"):
                assert after.verdict == before.verdict
        assert screen(protocol, bare).overall != "eligible" or not protocol.eligibility.include
