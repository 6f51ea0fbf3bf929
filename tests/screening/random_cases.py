"""Random conditions and random people with much that is unknown; days lie on the very boundaries."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache

from wholetrial.programme.trials import load
from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    AtLeast,
    Compare,
    Condition,
    Consent,
    History,
    IfThen,
    Judgement,
    Named,
    Not,
    State,
    Unless,
)
from wholetrial.protocol.eligibility import Concept, Criterion, Eligibility
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Duration, Point, When
from wholetrial.screening.days import FIRST, Days, before, exactly
from wholetrial.screening.person import Covered, Fact, Person
from wholetrial.screening.questions import Question, questions

TODAY = date(2026, 8, 31)
CONCEPTS = ("psoriasis", "methotrexate", "malignancy")
KINDS = ("methotrexate", "lymphoma", "melanoma", None)
MEASURES = ("PASI", "BSA", "weight")
LENGTHS = tuple(
    Duration(number=n, unit=u)
    for n, u in ((28, "day"), (4, "week"), (6, "month"), (1, "month"), (5, "year"), (3, "day"))
)
VALUES = (9.5, 10.0, 10.5, 12.0, 15.0)
JUDGES = (Judgement(judge="investigator", judges="suitable"), Consent())
TERM = AnyOf(
    any=(
        Compare(value="PASI", compare=">=", threshold=10),
        Compare(value="BSA", compare=">=", threshold=10),
    )
)


@cache
def _base() -> Protocol:
    return load("NCT03424629")


def protocol_of(rules: Sequence[tuple[bool, Condition, str]]) -> Protocol:
    """A trial with these criteria: whether it includes, the rule, what silence means."""
    base = _base()
    half_life = Duration(number=6, unit="day")
    concepts = {
        name: Concept(lay=name, half_life=half_life if name == "methotrexate" else None)
        for name in CONCEPTS
    }
    include: dict[str, Criterion] = {}
    exclude: dict[str, Criterion] = {}
    for number, (includes, rule, absence) in enumerate(rules):
        criterion = Criterion.model_construct(text=str(rule), rule=rule, absence=absence, heads=())
        (include if includes else exclude)[f"C{number}"] = criterion
    eligibility = Eligibility.model_construct(
        anchor="screening",
        concepts=concepts,
        codes={},
        include=include,
        exclude=exclude,
        unseen=None,
    )
    return base.model_copy(update={"eligibility": eligibility, "terms": {"severe": TERM}})


def random_rules(draw: random.Random, number: int) -> list[tuple[bool, Condition, str]]:
    """Random criteria."""
    return [
        (draw.random() < 0.5, _condition(draw, 3), draw.choice(("no", "no", "unknown")))
        for _ in range(number)
    ]


def timed_rules(draw: random.Random, number: int) -> list[tuple[bool, Condition, str]]:
    """Criteria that time alone can turn: washouts, lengths and ages."""
    made: list[tuple[bool, Condition, str]] = []
    for _ in range(number):
        length = draw.choice(LENGTHS)
        rule: Condition = History(had=draw.choice(CONCEPTS), within=length)
        lasting = State(state="has", of=draw.choice(CONCEPTS), span=length)
        age = Compare(value="age", compare=">=", threshold=18, unit="years")
        other = draw.choice((lasting, age, rule))
        made.append(draw.choice(((False, rule, "no"), (True, lasting, "no"), (True, age, "no"),
                                 (False, AnyOf(any=(rule, other)), "no"))))  # fmt: skip
    return made


def random_people(draw: random.Random, number: int) -> list[Person]:
    """Random people."""
    return [_person(draw, f"P{index}") for index in range(number)]


def random_replies(draw: random.Random, protocol: Protocol, today: date) -> dict[str, str]:
    """What a volunteer may answer on a page: a cell for each question, empty for "not sure"."""
    asked = (one for one in questions(protocol) if one.kind != "at the visit")
    return {one.about: "" if draw.random() < 0.2 else _reply(draw, one, today) for one in asked}


def _reply(draw: random.Random, one: Question, today: date) -> str:
    if one.kind == "day":
        return _written(draw, draw.choice((today.replace(year=today.year - 18), date(2004, 2, 29))))
    if one.kind == "sex":
        return draw.choice(("male", "female", "other"))
    if one.kind == "number":
        kilograms = draw.choice(("9.5 kg", "10 kg", "12 kg", "15 kg"))
        return kilograms if one.unit == "kg" else draw.choice(("0", "1", "2", "3"))
    if draw.random() < 0.3:
        return "no"
    first, second = sorted((_edge(draw, today), _edge(draw, today)))
    spans = ["once" if one.past and "last" in one.details else "yes"]
    if "last" in one.details:
        spans += ["now", f"until {_written(draw, second)}"]
    if "since" in one.details:
        spans += [f"since {_written(draw, first)}"]
        spans += [f"from {first} to {second}"] if "last" in one.details else []
    kinds = ["", *(f" as {kind}" for kind in (*one.exceptions, "other"))]
    steady = ["", f" stable since {_written(draw, first)}"]
    return (
        draw.choice(spans)
        + (draw.choice(kinds) if "which" in one.details else "")
        + (draw.choice(steady) if "unchanged" in one.details else "")
    )


def _edge(draw: random.Random, today: date) -> date:
    day = draw.choice((today, before(today, draw.choice(LENGTHS))))
    return min(today, day + timedelta(days=draw.choice((-1, 0, 0, 1))))


def _written(draw: random.Random, day: date) -> str:
    return str(day)[: draw.choice((4, 7, 10, 10))]


def visit_facts(draw: random.Random, protocol: Protocol, today: date) -> tuple[Fact, ...]:
    """What a visit may find of what no volunteer is asked."""
    asked = {one.about for one in questions(protocol) if one.kind != "at the visit"}
    found = (_fact(draw, today) for _ in range(draw.randint(0, 12)))
    return tuple(fact for fact in found if fact.about not in asked)


def _condition(draw: random.Random, depth: int) -> Condition:
    if depth == 0 or draw.random() < 0.45:
        return _atom(draw)
    inner = [_condition(draw, depth - 1) for _ in range(draw.randint(2, 3))]
    match draw.randint(0, 5):
        case 0:
            return AllOf(all=tuple(inner))
        case 1:
            return AnyOf(any=tuple(inner))
        case 2:
            return Not.model_construct(negated=inner[0])
        case 3:
            return AtLeast(at_least=draw.randint(1, len(inner)), of=tuple(inner))
        case 4:
            return IfThen.model_construct(premise=inner[0], then=inner[1])
        case _:
            return Unless.model_construct(holds=inner[0], unless=inner[1])


def _atom(draw: random.Random) -> Condition:
    match draw.randint(0, 7):
        case 0 | 1 | 2:
            return _history(draw)
        case 3 | 4:
            return _state(draw)
        case 5 | 6:
            return _compare(draw)
        case _:
            return draw.choice((*JUDGES, Named(term="severe")))


def _history(draw: random.Random) -> History:
    counted = draw.choice(({}, {}, {"times": 2}, {"times": 1}, {"kinds": 2}))
    span = draw.choice((None, None, draw.choice(LENGTHS)))
    within = draw.choice(
        ({}, {"within": draw.choice(LENGTHS)}, {"within": draw.choice(LENGTHS)}, {"half_lives": 5})
    )
    return History(
        had=draw.choice(CONCEPTS),
        never=draw.random() < 0.2,
        excepting=draw.choice((None, None, "methotrexate")),
        span=span,
        longer=bool(span) and draw.random() < 0.5,
        before=draw.choice((None, None, "first_dose")),
        in_study=draw.random() < 0.03,
        **counted,
        **within,
    )


def _state(draw: random.Random) -> State:
    if draw.random() < 0.25:
        return State(state="is", of=draw.choice(("male", "female", "pregnant", "breastfeeding")))
    span = draw.choice((None, draw.choice(LENGTHS)))
    return State(
        state=draw.choice(("has", "takes", "has", "plans")),
        of=draw.choice(CONCEPTS),
        excepting=draw.choice((None, None, None, "methotrexate")),
        stable=draw.random() < 0.3,
        span=span,
        longer=bool(span) and draw.random() < 0.5,
    )


def _compare(draw: random.Random) -> Compare:
    sign = draw.choice((">=", "<=", ">", "<", "=", "in"))
    if draw.random() < 0.3:
        unit, low = draw.choice((("years", 18), ("years", 22.5), ("months", 270), (None, 18)))
        upper = low + 5 if sign == "in" else None
        when = draw.choice((None, None, When(how="at", points=(Point(after="first_dose"),))))
        return Compare(value="age", compare=sign, threshold=low, upper=upper, unit=unit, when=when)
    if draw.random() < 0.05:
        return Compare(value="PASI", derived="improvement", compare=">=", threshold=50, unit="%")
    return Compare(
        pick=draw.choice((None, None, "latest", "worst", "best", "mean", "any", "every")),
        value=draw.choice(MEASURES),
        compare=sign,
        threshold=draw.choice(VALUES),
        upper=15 if sign == "in" else None,
        unit="ULN" if draw.random() < 0.1 else None,
        within=draw.choice((None, None, draw.choice(LENGTHS))),
        before=draw.choice((None, None, "first_dose")),
    )


def _person(draw: random.Random, name: str) -> Person:
    screened = draw.choice((TODAY, TODAY - timedelta(days=3), date(2024, 2, 29)))
    born = draw.choice(
        (
            None,
            exactly(date(screened.year - 18, screened.month, min(screened.day, 28))),
            Days(date(screened.year - 18, 1, 1), date(screened.year - 18, 12, 31)),
            exactly(date(2004, 2, 29)),
            exactly(date(1980, 5, 6)),
        )
    )
    dates = {"first_dose": screened + timedelta(days=draw.choice((0, 1, 14)))}
    return Person(
        name,
        screened,
        born=born,
        sex=draw.choice((None, "male", "female")),
        facts=tuple(_fact(draw, screened) for _ in range(draw.randint(0, 9))),
        covered=tuple(_covered(draw, screened) for _ in range(draw.randint(0, 2))),
        dates=draw.choice(({}, {}, dates)),
    )


def _fact(draw: random.Random, screened: date) -> Fact:
    match draw.randint(0, 9):
        case 0:
            return Fact(str(draw.choice(JUDGES)), yes=draw.random() < 0.7)
        case 1:
            return Fact(draw.choice(("pregnant", "breastfeeding")), yes=draw.random() < 0.5)
        case 2 | 3 | 4:
            return Fact(
                draw.choice(MEASURES),
                value=draw.choice((*VALUES, *VALUES, None)),
                high=draw.choice((None, 1.0, 1.0, 0.5)),
                start=draw.choice((None, _days(draw, screened), _days(draw, screened))),
            )
        case _:
            return _happening(draw, screened)


def _happening(draw: random.Random, screened: date) -> Fact:
    yes = draw.random() < 0.8
    first, second = sorted((_days(draw, screened), _days(draw, screened)), key=lambda d: d.earliest)
    start, last = draw.choice(((None, None), (first, None), (None, second), (first, second)))
    if start and last:
        last = Days(max(last.earliest, start.earliest), max(last.latest, start.latest))
    return Fact(
        draw.choice(CONCEPTS),
        yes=yes,
        kind=draw.choice(KINDS),
        value=draw.choice((None, None, None, 1.0, 2.0)) if yes else None,
        start=start,
        last=last,
        ended=yes and draw.random() < 0.5,
        may_last=draw.random() < 0.1,
        steady=draw.choice((None, first, second)),
    )


def _days(draw: random.Random, screened: date) -> Days:
    """A day at the very edge of some span, or one known in part."""
    edge = before(screened, draw.choice(LENGTHS))
    day = draw.choice((screened, edge, edge)) + timedelta(days=draw.choice((-1, 0, 0, 1)))
    match draw.randint(0, 4):
        case 0:
            return Days(day.replace(day=1), day)
        case 1:
            return Days(day.replace(month=1, day=1), day.replace(month=12, day=31))
        case _:
            return exactly(day)


def _covered(draw: random.Random, screened: date) -> Covered:
    if draw.random() < 0.4:
        return Covered(FIRST, screened + timedelta(days=30), draw.choice((None, *CONCEPTS)))
    edges = sorted({before(screened, one) for one in LENGTHS} | {screened, screened + timedelta(1)})
    first = draw.choice((FIRST, *edges, edges[0] + timedelta(days=1)))
    last = draw.choice([day for day in edges if day >= first] or [screened])
    return Covered(first, last, draw.choice((None, None, *CONCEPTS)))
