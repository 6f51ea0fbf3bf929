"""A person from named cells: who they are, and what is known of them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from wholetrial.protocol.condition import AllOf, Condition, Consent, Judgement, parts
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.schedule import BUILT_IN_EVENTS
from wholetrial.protocol.time import Duration
from wholetrial.screening.case import ONE_DAY
from wholetrial.screening.cells import CellError, read_cell, read_day, read_exact_day
from wholetrial.screening.days import FIRST, Days, after, before
from wholetrial.screening.evaluate import decisive
from wholetrial.screening.measured import measures
from wholetrial.screening.person import Covered, Fact, Person

SEXES = {"male": "male", "m": "male", "female": "female", "f": "female", "other": "other"}
OLDEST = 120
BOTH = "\n"
"""Between judgements and consents that one criterion asks for together, in one answer."""
STATES = ("pregnant", "breastfeeding", "pregnancy")


def known_names(protocol: Protocol) -> dict[str, str]:
    """What a person can be asked about, by the name in a table, with the name of the fact.

    A criterion's own name stands for its judgement or consent: "I6" for what the investigator
    judges there.
    """
    own = ("born", "age", "sex", "screened", *_events(protocol))
    facts = (*measures(protocol), *protocol.eligibility.concepts, *STATES)
    named = {name: name for name in (*own, *facts)}
    for name, _, criterion in decisive(protocol):
        asked = list(_asked(criterion.rule, protocol)) if criterion.rule else []
        named.update({str(one): str(one) for one in asked})
        whole = isinstance(criterion.rule, AllOf) and len(asked) == len(criterion.rule.all)
        if len(asked) == 1 or whole:
            named[name] = BOTH.join(str(one) for one in asked)
    return named


def is_of_the_person(about: str, protocol: Protocol) -> bool:
    """Whether it is the person's own, as the birth is, and no fact with days."""
    return about in ("born", "age", "sex", "screened", *_events(protocol))


def person_of(
    name: str, cells: Mapping[str, str], protocol: Protocol, screened: date
) -> tuple[Person, dict[str, str]]:
    """A person, and by cell what is wrong with it. Names that nobody knows are the caller's."""
    wrong: dict[str, str] = {}
    person = Person(name, screened)
    known = known_names(protocol)
    for column, text in sorted(cells.items(), key=lambda cell: cell[0] != "screened"):
        try:
            person = with_cell(person, known[column], text, protocol)
        except CellError as problem:
            wrong[column] = str(problem)
    return person, wrong


def with_cell(person: Person, about: str, text: str, protocol: Protocol) -> Person:
    """The person with one more thing known; raises CellError."""
    text = text.strip()
    if about == "screened":
        return replace(person, screened=read_exact_day(text))
    if about == "born":
        return replace(person, born=_born(read_day(text), person))
    if about == "age":
        return replace(person, born=_born(_born_at(text, person.screened), person))
    if about == "sex":
        if text.casefold() not in SEXES:
            raise CellError("male, female or other")
        return replace(person, sex=SEXES[text.casefold()])
    if about in _events(protocol):
        return replace(person, dates={**person.dates, about: read_exact_day(text)})
    for one in about.split(BOTH):
        person = with_facts(person, one, read_cell(text, one, protocol))
    return person


def with_facts(person: Person, about: str, facts: tuple[Fact, ...]) -> Person:
    """The person with more facts, which are all that there is about it up to the screening day."""
    whole = Covered(FIRST, person.screened, about)
    told = (_told_on(fact, person.screened) for fact in facts)
    return replace(person, facts=(*person.facts, *told), covered=(*person.covered, whole))


def _told_on(fact: Fact, screened: date) -> Fact:
    """A fact told on a day: what is known in part, as a year, does not lie after it."""
    return replace(
        fact,
        start=_until(fact.start, screened),
        last=_until(fact.last, screened),
        steady=_until(fact.steady, screened),
    )


def _until(days: Days | None, screened: date) -> Days | None:
    if days is None or days.earliest > screened:
        return days
    return Days(days.earliest, min(days.latest, screened))


def _born(days: Days, person: Person) -> Days:
    """The birthdays that agree with all that is known of them."""
    if days.earliest > person.screened:
        raise CellError("a birth before the screening day")
    oldest = before(person.screened, Duration(number=OLDEST, unit="year"))
    if days.latest < oldest:
        raise CellError(f"an age of at most {OLDEST} years")
    days = Days(days.earliest, min(days.latest, person.screened))
    if person.born is None:
        return days
    both = Days(max(days.earliest, person.born.earliest), min(days.latest, person.born.latest))
    if both.earliest > both.latest:
        raise CellError(f"an age that agrees with the birth {person.born}")
    return both


def _born_at(text: str, screened: date) -> Days:
    """The birthdays of somebody who is so old on the day of screening."""
    if not text.isdigit() or int(text) > OLDEST:
        raise CellError(f"an age in whole years, 0 to {OLDEST}")
    age = int(text)
    first = before(screened, Duration(number=age + 1, unit="year")) + ONE_DAY
    last = before(screened, Duration(number=age, unit="year"))
    if after(first, Duration(number=age + 1, unit="year")) <= screened:
        first += ONE_DAY
    return Days(first, last)


def _events(protocol: Protocol) -> tuple[str, ...]:
    schedule = protocol.schedule
    named = dict.fromkeys([*schedule.events, *schedule.epochs, *BUILT_IN_EVENTS])
    return tuple(name for name in named if name not in ("screening", "age", "born", "sex"))


def _asked(rule: Condition, protocol: Protocol) -> Iterator[Judgement | Consent]:
    if isinstance(rule, Judgement | Consent):
        yield rule
    for part in parts(rule):
        yield from _asked(part, protocol)
