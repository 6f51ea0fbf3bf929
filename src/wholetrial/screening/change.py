"""What would change a criterion that keeps somebody out: a day to wait for, or another value."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

from wholetrial.protocol.condition import Compare, Condition, History, State
from wholetrial.protocol.time import UNITS, Duration
from wholetrial.screening.answer import AtomAnswer, Truth, Verdict
from wholetrial.screening.case import ONE_DAY, Case
from wholetrial.screening.days import Days, after, exactly, in_words
from wholetrial.screening.person import Fact, Person

Judge = Callable[[Case, dict[Condition, Truth]], Verdict]
"""The verdict on another day, or with other answers to some atoms."""
LONGEST_WAIT = Duration(number=10, unit="year")
_NOTHING = Duration(number=0, unit="day")


def change_of(answers: tuple[AtomAnswer, ...], case: Case, judge: Judge) -> str | None:
    """The first day from which the criterion no longer blocks, or the answers that would flip it.

    That nothing but time changes is supposed: what goes on now still goes on then.
    """
    day = first_day(answers, case, judge)
    if day is not None:
        return f"eligible from {in_words(day)} by this criterion"
    near = (_distance(found) for found in answers if _flips(found, case, judge))
    return "; or ".join(dict.fromkeys(one for one in near if one)) or None


def first_day(answers: tuple[AtomAnswer, ...], case: Case, judge: Judge) -> date | None:
    """The first later day on which the criterion allows, if it is one on which a span ends."""
    limit = after(case.person.screened, LONGEST_WAIT)
    for day in sorted({day for found in answers for day in _turns(found, case)}):
        if case.person.screened < day <= limit:
            verdict = judge(replace(case, person=moved(case.person, day)), {})
            if verdict in ("allows", "not applicable"):
                return day
    return None


def moved(person: Person, day: date) -> Person:
    """The same person screened on a later day, nothing else having changed."""
    later = day - person.screened
    return replace(
        person,
        screened=day,
        facts=tuple(_carried(fact, person, day) for fact in person.facts),
        covered=tuple(
            span._replace(last=day) if span.last >= person.screened else span
            for span in person.covered
        ),
        dates={name: planned + later for name, planned in person.dates.items()},
    )


def _carried(fact: Fact, person: Person, day: date) -> Fact:
    """A fact without days keeps those that it could have; a denial of today stays true."""
    if not fact.yes and fact.last and fact.last.earliest >= person.screened:
        return replace(fact, last=exactly(day))
    return fact


def _flips(found: AtomAnswer, case: Case, judge: Judge) -> bool:
    if found.truth is Truth.UNKNOWN:
        return False
    return judge(case, {found.atom: -found.truth}) in ("allows", "not applicable")


def _distance(found: AtomAnswer) -> str | None:
    """How far a value is from its threshold: "PASI short by 0.2"."""
    short = found.because.rpartition(": ")[2]
    if isinstance(found.atom, Compare) and short.startswith(("short by", "above by")):
        return f"{found.atom.value} {short}"
    return None


def _turns(found: AtomAnswer, case: Case) -> Iterator[date]:
    """The days on which time alone can change the answer to an atom."""
    match found.atom:
        case Compare() as atom if atom.value == "age" and case.person.born is not None:
            yield from _birthdays(atom, case.person.born)
        case History() | State():
            for fact in found.evidence or case.person.facts:
                yield from _ends(found, fact)
        case Compare() as atom if atom.within is not None:
            for fact in found.evidence:
                yield from _ends(found, fact)
        case _:
            return


def _birthdays(atom: Compare, born: Days) -> Iterator[date]:
    unit = UNITS.get(atom.unit or "years", "year")
    for bound in {atom.threshold, atom.threshold if atom.upper is None else atom.upper}:
        for extra in (0, 1):
            number = int(bound) + extra
            if 0 <= number <= 200:
                yield after(born.latest, Duration(number=number, unit=unit))


def _ends(found: AtomAnswer, fact: Fact) -> Iterator[date]:
    lengths = _lengths(found)
    for days in (fact.start, fact.last, fact.steady):
        for length in lengths if days else ():
            for known in days or ():
                end = after(known, length)
                yield from (end + step * ONE_DAY for step in range(-3, 5))


def _lengths(found: AtomAnswer) -> tuple[Duration, ...]:
    """The spans that an atom counts in, and none: something ends on its last day.

    Half-lives are counted as the days that they come to.
    """
    atom = found.atom
    stated = [_NOTHING, getattr(atom, "within", None), getattr(atom, "span", None)]
    if found.span and found.span.after and getattr(atom, "half_lives", None):
        days = (found.span.until - found.span.after).days
        stated.append(Duration(number=days, unit="day"))
    return tuple(length for length in stated if length is not None)
