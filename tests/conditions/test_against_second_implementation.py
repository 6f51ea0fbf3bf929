"""Conditions against a second implementation: plain loops over one participant's values.

Written from the language's own words (its table of three values), without arrays: whole tenths as
exact fractions, `None` for unknown, one visit and one participant at a time.
"""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.conditions.evaluate import MET, NOT_MET, UNKNOWN, Situation, evaluate
from wholetrial.data.records import Exposures, Records, empty_events
from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    AtLeast,
    Compare,
    Condition,
    IfThen,
    Named,
    Not,
)
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader
from wholetrial.protocol.time import Point
from wholetrial.protocol.timeline import visits

Truth = bool | None
CODE = {True: MET, False: NOT_MET, None: UNKNOWN}
SIGNS = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
}

# every planned visit by its label, in order, and where each measure is planned: as the trial's page
DAYS = {
    "screening": -15,
    **{f"week {week}": 7 * week for week in (0, 2, 4, 6, 8, 10, 12, 16, 34, 52)},
}
TREATED = [f"week {week}" for week in (0, 2, 4, 6, 8, 10, 12, 16)]
MEASURED = {
    "PASI": list(DAYS),
    "PGA": [*TREATED, "week 34", "week 52"],
    "DLQI": ["screening", "week 0", "week 16"],
    "diary": TREATED,
}
HIGHER_IS_BETTER = {"diary"}
TERMS = {
    "PASI_75": "PASI improvement >= 75 %",
    "clear": "PGA <= 1",
    "relapse": "PASI loss since best > 50 %",
    "lasting": "PASI_75 at every visit from week 12 to week 34",
    "well": "PASI_75 and not (PGA > 1)",
}


@dataclass(frozen=True)
class Person:
    """One participant: values by measure and visit, in tenths; years and the like as they are."""

    tenths: Mapping[str, Mapping[str, int | None]]
    facts: Mapping[str, float | None]
    terms: Mapping[str, Condition]

    def value(self, measure: str, visit: str) -> Fraction | None:
        found = self.tenths[measure].get(visit)
        return None if found is None else Fraction(found, 10)

    def baseline(self, measure: str) -> Fraction | None:
        at_week_0 = self.value(measure, "week 0")
        return self.value(measure, "screening") if at_week_0 is None else at_week_0


def truth(condition: Condition, person: Person, visit: str) -> Truth:
    """Whether one participant meets a condition at one visit; None where that is not known."""
    match condition:
        case AllOf():
            return every([truth(part, person, visit) for part in condition.all])
        case AnyOf():
            return some([truth(part, person, visit) for part in condition.any])
        case Not():
            return opposite(truth(condition.negated, person, visit))
        case IfThen():
            return some(
                [
                    opposite(truth(condition.premise, person, visit)),
                    truth(condition.then, person, visit),
                ]
            )
        case AtLeast():
            return at_least(
                condition.at_least, [truth(part, person, visit) for part in condition.of]
            )
        case Named() | Compare():
            return at_its_visits(condition, person, visit)
        case _:
            return None


def opposite(value: Truth) -> Truth:
    return None if value is None else not value


def every(values: Sequence[Truth]) -> Truth:
    if False in values:
        return False
    return None if None in values else True


def some(values: Sequence[Truth]) -> Truth:
    if True in values:
        return True
    return None if None in values else False


def at_least(count: int, values: Sequence[Truth]) -> Truth:
    met, unknown = values.count(True), values.count(None)
    if met >= count:
        return True
    return None if met + unknown >= count else False


def at_its_visits(condition: Named | Compare, person: Person, visit: str) -> Truth:
    if condition.when is None:
        return here(condition, person, visit)
    points = [label_of(point) for point in condition.when.points]
    if condition.when.how == "at":
        return here(condition, person, points[0])
    first = 1 if condition.when.how == "by" else DAYS[points[0]]
    last = DAYS[points[-1]]
    spoken_of = measures(condition, person)
    values = []
    for label, day in DAYS.items():
        planned = all(label in MEASURED[measure] for measure in spoken_of)
        if first <= day <= last and label != "screening" and planned:
            values.append(here(condition, person, label))
    if not values:
        return None
    return every(values) if condition.when.how == "every" else some(values)


def here(condition: Named | Compare, person: Person, visit: str) -> Truth:
    if isinstance(condition, Named):
        return truth(person.terms[condition.term], person, visit)
    if condition.value in person.facts:
        years = person.facts[condition.value]
        return None if years is None else holds(Fraction(floor(years)), condition)
    now = person.value(condition.value, visit)
    if now is None:
        return None
    match condition.derived:
        case None:
            return holds(now, condition)
        case "loss":
            return loss(condition, person, visit)
        case _:
            return against_reference(condition, person, now)


def against_reference(condition: Compare, person: Person, now: Fraction) -> Truth:
    """Change, the value now less another; improvement, the percent of the other that is gone."""
    if isinstance(condition.since, Point):
        reference = person.value(condition.value, label_of(condition.since))
    else:
        reference = person.baseline(condition.value)
    if reference is None:
        return None
    if condition.derived == "change":
        return holds(now - reference, condition)
    if reference == 0:
        return None
    return holds(100 * (reference - now) * better(condition) / reference, condition)


def better(condition: Compare) -> int:
    """1 where a smaller value is better, -1 where a greater one is."""
    return -1 if condition.value in HIGHER_IS_BETTER else 1


def loss(condition: Compare, person: Person, visit: str) -> Truth:
    """The share of an improvement that is lost again: since one visit, or since the best so far."""
    now, base = person.value(condition.value, visit), person.baseline(condition.value)
    if now is None or base is None:
        return None
    if condition.since == "best":
        gains = [Fraction(0)]
        for label, day in DAYS.items():
            value = person.value(condition.value, label)
            if 0 < day <= DAYS[visit] and value is not None:
                gains.append((base - value) * better(condition))
        if max(gains) == 0:
            return holds(Fraction(0), condition)
        gained = max(gains)
    else:
        assert isinstance(condition.since, Point)
        before = person.value(condition.value, label_of(condition.since))
        if before is None or (base - before) * better(condition) <= 0:
            return None
        gained = (base - before) * better(condition)
    left = (base - now) * better(condition)
    return holds(100 * (gained - left) / gained, condition)


def holds(value: Fraction, condition: Compare) -> bool:
    threshold = Fraction(str(condition.threshold))
    if condition.compare == "in":
        return threshold <= value <= Fraction(str(condition.upper))
    return bool(SIGNS[condition.compare](value, threshold))


def label_of(point: Point) -> str:
    assert point.unit == "week"
    return f"week {point.number}"


def measures(condition: Condition, person: Person) -> set[str]:
    match condition:
        case Compare():
            return {condition.value}
        case Named():
            return measures(person.terms[condition.term], person)
        case AllOf():
            return set().union(*(measures(part, person) for part in condition.all))
        case Not():
            return measures(condition.negated, person)
    raise AssertionError(f"no term of this test has {condition}")


# ---- small records and random conditions

# a visit's value in tenths: few different ones, so that boundaries are met, and none
SCORES = (None, None, 0, 1, 2, 3, 10, 20, 25, 30, 40, 51, 52, 80, 100, 120, 204)
GRADES = (None, 0, 10, 20, 30, 40)
AGES = (None, 17.99, 18.0, 40.5, 70.0, 70.9, 71.0)
PEOPLE = 30


def somebody(chance: Random, terms: Mapping[str, Condition]) -> Person:
    """A participant drawn by chance; how many visits were missed differs from one to the next."""
    scores = SCORES if chance.random() < 0.5 else SCORES[2:]
    tenths = {
        measure: {visit: chance.choice(scores if measure == "PASI" else GRADES) for visit in seen}
        for measure, seen in MEASURED.items()
    }
    return Person(tenths, {"age": chance.choice(AGES)}, terms)


FROM_BASELINE = (
    [
        f"{measure} {plain} {number}"
        for measure in ("PASI", "PGA", "DLQI", "diary")
        for plain, number in ((">=", 3), ("<=", 1), (">", 2), ("<", 4), ("=", 0), ("in", "1 to 4"))
    ]
    + [
        f"{measure} improvement {compare} {percent} %"
        for measure in ("PASI", "PGA", "DLQI", "diary")
        for compare in (">=", ">", "<")
        for percent in (0, 50, 75, 90, 100)
    ]
    + [
        f"PASI {words}"
        for words in (
            "improvement since week 8 >= 50 %",
            "improvement since week 16 < 75 %",
            "change <= -4",
            "change since week 4 > 0",
            "change in -2 to 2",
            "loss since week 16 > 50 %",
            "loss since week 8 >= 50 %",
            "loss since week 8 < 25 %",
            "loss since best > 50 %",
            "loss since best >= 50 %",
        )
    ]
    + [
        f"diary {words}"
        for words in (
            "change <= -1",
            "loss since best > 50 %",
            "loss since week 8 >= 50 %",
        )
    ]
)
POINTS = ["week 2", "week 8", "week 12", "week 16", "week 34", "week 52"]
SPANS = [(first, last) for i, first in enumerate(POINTS) for last in POINTS[i:]]
TIMES = st.one_of(
    st.just(""),
    st.sampled_from([f" at {point}" for point in ["week 0", *POINTS]]),
    st.sampled_from([f" by {point}" for point in POINTS]),
    st.builds(
        lambda how, span: f" at {how} visit from {span[0]} to {span[1]}",
        st.sampled_from(["every", "any"]),
        st.sampled_from(SPANS),
    ),
)
ATOMS = st.one_of(
    st.builds(operator.add, st.sampled_from(FROM_BASELINE), TIMES),
    st.builds(operator.add, st.sampled_from(sorted(TERMS)), TIMES),
    st.sampled_from(["age >= 18 years", "age in 18 to 70 years", "age < 71 years"]),
)


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        st.builds(lambda part: f"not ({part})", inner),
        st.builds(lambda parts: " and ".join(f"({part})" for part in parts), several),
        st.builds(lambda parts: " or ".join(f"({part})" for part in parts), several),
        st.builds(
            lambda count, parts: f"at least {min(count, len(parts))} of ({'; '.join(parts)})",
            st.integers(1, 3),
            several,
        ),
        st.builds(lambda a, b: f"if ({a}) then ({b})", inner, inner),
    )


CONDITIONS = st.recursive(ATOMS, _joined, max_leaves=5)


def parsed(text: str) -> Condition:
    return read_condition(Reader(text))


@pytest.fixture(scope="module")
def two_directions(guttate: Protocol) -> Protocol:
    """The guttate trial with terms of this test's own, and a diary in which more is better."""
    upward = guttate.instruments["diary"].model_copy(update={"better": "higher"})
    return guttate.model_copy(
        update={
            "instruments": {**guttate.instruments, "diary": upward},
            "terms": {name: parsed(text) for name, text in TERMS.items()},
        }
    )


def records_of(protocol: Protocol, people: Sequence[Person]) -> Records:
    planned = visits(protocol)
    shape = (len(people), len(planned))
    values = {measure: np.full(shape, np.nan) for measure in MEASURED}
    for row, person in enumerate(people):
        for measure, by_visit in person.tenths.items():
            for column, visit in enumerate(planned):
                found = by_visit.get(visit.label)
                values[measure][row, column] = np.nan if found is None else found / 10
    nobody = np.empty((len(people), 0))
    ages = [person.facts["age"] for person in people]
    return Records(
        arms=tuple(protocol.arms),
        interventions=tuple(protocol.interventions),
        visits=planned,
        participants=tuple(f"P{row}" for row in range(len(people))),
        arm=np.zeros(len(people), np.int8),
        received=np.zeros(len(people), np.int8),
        day=np.tile([float(visit.day) for visit in planned], (len(people), 1)),
        values=values,
        facts={"age": np.array([np.nan if age is None else age for age in ages])},
        events={},
        exposures=Exposures(nobody, nobody, np.empty(nobody.shape, np.int8)),
        adverse_events=empty_events((len(people),)),
    )


def test_the_second_implementation_knows_the_schedule(two_directions: Protocol) -> None:
    assert {visit.label: visit.day for visit in visits(two_directions)} == DAYS


@settings(max_examples=400)
@given(
    condition=CONDITIONS,
    seed=st.integers(0, 2**32 - 1),
    visit=st.sampled_from(["week 0", *POINTS]),
)
def test_conditions_match_a_second_implementation(
    two_directions: Protocol, condition: str, seed: int, visit: str
) -> None:
    tree, terms, chance = parsed(condition), two_directions.terms, Random(seed)
    people = [somebody(chance, terms) for _ in range(PEOPLE)]
    records = records_of(two_directions, people)
    planned = next(known for known in visits(two_directions) if known.label == visit)
    ours = evaluate(tree, Situation(two_directions, records, planned)).tolist()
    theirs = [CODE[truth(tree, person, visit)] for person in people]
    different = [
        (one, other, person)
        for one, other, person in zip(ours, theirs, people, strict=True)
        if one != other
    ]
    assert not different, f"{condition} at {visit}: {different[0]}"


def met(protocol: Protocol, condition: str, person: Person, visit: str = "week 12") -> Truth:
    planned = next(known for known in visits(protocol) if known.label == visit)
    situation = Situation(protocol, records_of(protocol, [person]), planned)
    found = int(evaluate(parsed(condition), situation)[0])
    return {code: known for known, code in CODE.items()}[found]


def one(pasi: Mapping[str, int | None], age: float | None = None) -> Person:
    nothing: dict[str, Mapping[str, int | None]] = {measure: {} for measure in MEASURED}
    return Person({**nothing, "PASI": pasi}, {"age": age}, {})


def test_a_change_since_a_visit_is_counted_from_that_visit(two_directions: Protocol) -> None:
    person = one({"week 0": 200, "week 8": 60, "week 12": 50})
    assert met(two_directions, "PASI change <= -4", person) is True
    assert met(two_directions, "PASI change since week 8 <= -4", person) is False
    assert met(two_directions, "PASI change since week 4 <= -4", person) is None


def test_age_is_counted_in_completed_years(two_directions: Protocol) -> None:
    ages = [(17.9, False), (18.0, True), (70.0, True), (70.9, True), (71.0, False)]
    for age, expected in ages:
        assert met(two_directions, "age in 18 to 70 years", one({}, age)) is expected


def test_a_value_in_hundredths_meets_its_own_threshold(two_directions: Protocol) -> None:
    """0.57 * 100 is less than 57 and 0.07 * 100 more than 7, in a computer's numbers."""
    records = records_of(two_directions, [one({})])
    week_0 = next(known for known in visits(two_directions) if known.label == "week 0")
    for hundredths in range(1, 1000):
        value = hundredths / 100
        measured = replace(records, facts={"creatinine": np.array([value])})
        situation = Situation(two_directions, measured, week_0)
        for sign in (">=", "<=", "="):
            assert evaluate(parsed(f"creatinine {sign} {value}"), situation).tolist() == [MET]


def test_a_state_lasts_calendar_months_and_years(two_directions: Protocol) -> None:
    """Half a year is 6 months, whatever a month's days; a known state says nothing of exceptions."""
    years = [0.25, 0.49, 0.5, 1.0]
    records = replace(
        records_of(two_directions, [one({})] * 4), facts={"psoriasis": np.array(years)}
    )
    week_0 = next(known for known in visits(two_directions) if known.label == "week 0")
    situation = Situation(two_directions, records, week_0)

    def states(condition: str) -> list[int]:
        return evaluate(parsed(condition), situation).tolist()

    assert states("has psoriasis for at least 6 months") == [0, 0, 1, 1]
    assert states("has psoriasis for more than 6 months") == [0, 0, 0, 1]
    assert states("has psoriasis for at least 3 months") == [1, 1, 1, 1]
    assert states("has psoriasis for at least 1 year") == [0, 0, 0, 1]
    assert states("has psoriasis except nail_psoriasis") == [UNKNOWN] * 4
