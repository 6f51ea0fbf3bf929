"""A value against a threshold: `PASI >= 12`, `worst PASI >= 12 within 4 weeks`, `age >= 18 years`.

Which values count may be unsure, since days may be known in part; an answer is given where every
choice leads to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum

from wholetrial.instruments.library import instrument
from wholetrial.protocol.condition import Compare
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import UNITS, Duration
from wholetrial.screening.answer import AtomAnswer, Span, Truth
from wholetrial.screening.case import Case
from wholetrial.screening.days import FIRST, Days, before, completed, exactly
from wholetrial.screening.person import Fact
from wholetrial.screening.words import (
    age_because,
    no_value,
    not_at_screening,
    value_because,
    wanted_value,
)

NO, UNKNOWN, YES = Truth.NO, Truth.UNKNOWN, Truth.YES
AGE = "age"


@dataclass(frozen=True, slots=True)
class Counted:
    """The values that perhaps count, and whether each surely does."""

    facts: tuple[Fact, ...]
    days: tuple[Days, ...]
    surely: tuple[bool, ...]

    @property
    def sure(self) -> tuple[Fact, ...]:
        """The values that surely count."""
        return tuple(fact for fact, yes in zip(self.facts, self.surely, strict=True) if yes)

    @property
    def latest(self) -> tuple[Fact, ...]:
        """The values that can be the latest: none that surely counts begins after their end."""
        sure = (days.earliest for days, yes in zip(self.days, self.surely, strict=True) if yes)
        newest = max(sure, default=FIRST)
        return tuple(
            f for f, days in zip(self.facts, self.days, strict=True) if days.latest >= newest
        )


def compare(atom: Compare, case: Case) -> AtomAnswer:
    """Whether a value meets its threshold on the index day."""
    event = event_of(atom)
    end = case.day_of(event)
    start = before(end, atom.within) if atom.within else None
    span = Span(start, end)
    if atom.derived or (atom.when and event is None):
        return not_at_screening(atom, span)
    if atom.value == AGE:
        return _age(atom, case, span)
    counted = _counted(atom, case, span)
    truth, used = _decided(atom, counted, case.protocol)
    if not used:
        return no_value(atom, case, span)
    conflict = truth is UNKNOWN and _one_day(used) and all(usable(atom, fact) for fact in used)
    because = value_because(atom, case, used, truth)
    missing = wanted_value(atom, case, used) if truth is UNKNOWN else None
    return AtomAnswer(atom, truth, because, used, span, missing, conflict)


def holds(atom: Compare, value: float, high: float | None = None) -> bool:
    """Whether a value meets the threshold; `high` is the upper limit of normal."""
    times = high if atom.unit == "ULN" and high is not None else 1.0
    low = atom.threshold * times
    match atom.compare:
        case ">=":
            return value >= low
        case "<=":
            return value <= low
        case ">":
            return value > low
        case "<":
            return value < low
        case "=":
            return value == low
        case _:
            upper = atom.threshold if atom.upper is None else atom.upper
            return low <= value <= upper * times


def usable(atom: Compare, fact: Fact) -> bool:
    """Whether a fact has the number that the comparison needs."""
    number = fact.value is not None and fact.unusable is None
    return number and (atom.unit != "ULN" or fact.high is not None)


def lower_is_better(measure: str, protocol: Protocol) -> bool:
    """The direction of a measure: that of its instrument."""
    used = protocol.instruments.get(measure)
    if used is None:
        return True
    return (instrument(used.library).better if used.library else used.better) == "lower"


def event_of(atom: Compare) -> str | None:
    """The event of "before first_dose" or "at screening"; None where none is named."""
    if atom.before:
        return atom.before
    when = atom.when
    if when is None or when.how != "at" or len(when.points) != 1:
        return None
    point = when.points[0]
    return point.after if point.number is None else None


def _counted(atom: Compare, case: Case, span: Span) -> Counted:
    found: list[tuple[Fact, Days, bool]] = []
    after = span.after or FIRST
    for fact in case.person.facts:
        if fact.about != atom.value or not fact.yes:
            continue
        days = fact.start or exactly(case.person.screened)
        if days.earliest <= span.until and days.latest > after:
            found.append((fact, days, days.latest <= span.until and days.earliest > after))
    facts, all_days, surely = zip(*found, strict=True) if found else ((), (), ())
    return Counted(facts, all_days, surely)


def _decided(atom: Compare, counted: Counted, protocol: Protocol) -> tuple[Truth, tuple[Fact, ...]]:
    """The answer, and the values that it rests on."""
    match atom.pick:
        case None | "latest":
            return _latest(atom, counted)
        case "any":
            return _some(atom, counted, met=True), counted.facts
        case "every":
            return -_some(atom, counted, met=False), counted.facts
        case "mean":
            return _mean(atom, counted), counted.facts
        case _:
            highest = lower_is_better(atom.value, protocol) == (atom.pick == "worst")
            return _extreme(atom, counted, highest=highest), counted.facts


def _latest(atom: Compare, counted: Counted) -> tuple[Truth, tuple[Fact, ...]]:
    """All values that can be the latest must agree, and one must surely count."""
    latest = counted.latest
    return (_agreed(atom, latest) if counted.sure else UNKNOWN), latest


def _agreed(atom: Compare, facts: Iterable[Fact]) -> Truth:
    told = {_of(atom, fact) for fact in facts}
    return told.pop() if len(told) == 1 else UNKNOWN


def _of(atom: Compare, fact: Fact) -> Truth:
    if fact.value is None or not usable(atom, fact):
        return UNKNOWN
    return YES if holds(atom, fact.value, fact.high) else NO


def _some(atom: Compare, counted: Counted, *, met: bool) -> Truth:
    """Whether one of the values meets the threshold, or where not `met`, one misses it."""
    wanted, other = (YES, NO) if met else (NO, YES)
    if any(_of(atom, fact) is wanted for fact in counted.sure):
        return YES
    nothing = all(_of(atom, fact) is other for fact in counted.facts)
    return NO if counted.sure and nothing else UNKNOWN


def _mean(atom: Compare, counted: Counted) -> Truth:
    facts = counted.facts
    if not facts or not all(counted.surely) or not all(usable(atom, fact) for fact in facts):
        return UNKNOWN
    mean = round(fsum(_sizes(atom, facts)) / len(facts), 9)
    return YES if holds(_plain(atom), mean) else NO


def _extreme(atom: Compare, counted: Counted, *, highest: bool) -> Truth:
    """The extreme is that of the sure values, or one that lies beyond it and perhaps counts."""
    if not counted.sure or not all(usable(atom, fact) for fact in counted.facts):
        return UNKNOWN
    pick = max if highest else min
    sure = pick(_sizes(atom, counted.sure))
    possible = [size for size in _sizes(atom, counted.facts) if pick(size, sure) == size]
    told = {holds(_plain(atom), size) for size in possible}
    return UNKNOWN if len(told) > 1 else YES if told.pop() else NO


def _sizes(atom: Compare, facts: Sequence[Fact]) -> list[float]:
    """The values, as multiples of the upper limit of normal where the rule counts in it."""
    if atom.unit == "ULN":
        return [(fact.value or 0.0) / (fact.high or 1.0) for fact in facts]
    return [fact.value or 0.0 for fact in facts]


def _plain(atom: Compare) -> Compare:
    return atom.model_copy(update={"unit": None})


def _one_day(facts: Sequence[Fact]) -> bool:
    return len(facts) > 1 and len({fact.start for fact in facts}) == 1


def _age(atom: Compare, case: Case, span: Span) -> AtomAnswer:
    """Age in completed years, or another unit; unknown where the birthday decides."""
    born = case.person.born
    if born is None:
        return no_value(atom, case, span)
    one = Duration(number=1, unit=UNITS.get(atom.unit or "years", "year"))
    youngest = completed(one, born.latest, span.until)
    oldest = completed(one, born.earliest, span.until)
    told = {holds(atom, age) for age in range(youngest, oldest + 1)}
    truth = UNKNOWN if len(told) > 1 else YES if told.pop() else NO
    because = age_because(atom, (youngest, oldest), born, truth)
    missing = "the day of birth" if truth is UNKNOWN else None
    return AtomAnswer(atom, truth, because, (), span, missing)
