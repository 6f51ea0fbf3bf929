"""What happened before and what holds now: `had X within 4 weeks`, `has X for at least 6 months`.

Each fact fits surely, perhaps or not, since days may be known in part; the meaning is written down
in docs/eligibility.md.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from wholetrial.protocol.condition import History, State
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Duration
from wholetrial.screening.answer import AtomAnswer, Finding, Span, Truth
from wholetrial.screening.case import (
    ONE_DAY,
    Case,
    covered,
    denial,
    earliest_start,
    last_days,
    latest_start,
    undated,
)
from wholetrial.screening.days import FIRST, before
from wholetrial.screening.person import Fact
from wholetrial.screening.words import (
    history_because,
    no_half_life,
    sex_because,
    state_because,
    wanted,
)

NO, UNKNOWN, YES = Truth.NO, Truth.UNKNOWN, Truth.YES
_FOR_WOMEN = ("pregnant", "breastfeeding")
_Test = Callable[[Fact], Truth]


@dataclass(frozen=True, slots=True)
class Fit:
    """A fact that fits surely (YES) or perhaps (UNKNOWN)."""

    fact: Fact
    truth: Truth


def history(atom: History, case: Case) -> AtomAnswer:
    """Whether something happened in the span of days that the atom names."""
    end = case.day_of(atom.before)
    length = length_of(atom, case.protocol)
    if atom.in_study or (atom.half_lives and length is None):
        return no_half_life(atom, case)
    start = before(end, length) if length else FIRST
    span = Span(start if length else None, end)
    fits = _fits(case, atom.had, atom.excepting, lambda fact: _happened(fact, atom, case, span))
    first = start + ONE_DAY if length else FIRST
    if atom.times:
        found = _times(atom, fits, case, (atom.had, first, end))
    elif atom.kinds:
        found = _counted(atom.kinds, fits, case, (atom.had, first, end), _kinds(fits))
    else:
        found = _once(fits, case, (atom.had, first, end))
    if atom.never:
        found = Finding(-found.truth, found.facts, found.conflict, found.silent)
    because = history_because(atom, case, span, found)
    missing = wanted(atom, case, found) if found.truth is UNKNOWN else None
    return AtomAnswer(atom, found.truth, because, found.facts, span, missing, found.conflict)


def state(atom: State, case: Case) -> AtomAnswer:
    """Whether something holds on the index day, and for as long as the atom asks."""
    end = case.day_of(None)
    span = Span(before(end, atom.span) if atom.span else None, end)
    if atom.state == "is" and atom.of in ("male", "female"):
        return _sex(atom, case, span)
    fits = _fits(case, atom.of, atom.excepting, lambda fact: _holds(fact, atom, case, span))
    first = end if atom.state == "takes" else FIRST
    found = _now(fits, case, (atom.of, first, end))
    if (atom.span or atom.stable) and not fits and found.truth is UNKNOWN:
        found = _too_short(atom, case, end)
    if atom.state == "is" and atom.of in _FOR_WOMEN and case.person.sex == "male":
        said = tuple(fit.fact for fit in fits)
        found = Finding(UNKNOWN if said else NO, said, conflict=bool(said))
    because = state_because(atom, case, span, found)
    missing = wanted(atom, case, found) if found.truth is UNKNOWN else None
    return AtomAnswer(atom, found.truth, because, found.facts, span, missing, found.conflict)


def _too_short(atom: State, case: Case, end: date) -> Finding:
    """A state that surely holds now and has not lasted as long is known not to have."""
    bare = atom.model_copy(update={"span": None, "stable": False})
    now = _fits(case, atom.of, atom.excepting, lambda f: _holds(f, bare, case, Span(None, end)))
    surely = _facts(fit for fit in now if fit.truth is YES)
    return Finding(NO if surely else UNKNOWN, surely)


def length_of(atom: History, protocol: Protocol) -> Duration | None:
    """The length of the span that a rule names, half-lives as a time; None where there is none."""
    if atom.half_lives is None:
        return atom.within
    concept = protocol.eligibility.concepts.get(atom.had)
    if concept is None or concept.half_life is None:
        return None
    one = concept.half_life
    return Duration(number=one.number * atom.half_lives, unit=one.unit)


def _fits(case: Case, about: str, excepting: str | None, test: _Test) -> tuple[Fit, ...]:
    """The facts that say yes and fit, surely or perhaps; what is excepted is left out."""
    found = []
    for fact in case.person.facts:
        if fact.about != about or not fact.yes or (excepting and fact.kind == excepting):
            continue
        truth = test(fact)
        if excepting and fact.kind is None:
            truth = min(truth, UNKNOWN)
        if truth is not NO:
            found.append(Fit(fact, truth))
    return tuple(found)


def _between(surely: bool, perhaps: bool) -> Truth:
    return YES if surely else UNKNOWN if perhaps else NO


def _happened(fact: Fact, atom: History, case: Case, span: Span) -> Truth:
    """Whether it lies in the span of days, and lasted as long as asked."""
    s1, s2 = earliest_start(fact), latest_start(fact, case.person)
    l1, l2 = last_days(fact, case.person)
    after, end = span.after or FIRST, span.until
    surely = s2 <= end and l1 > after
    perhaps = s1 <= end and l2 > after
    if span.after is None:
        surely, perhaps = s2 <= end, s1 <= end
    if atom.span:
        surely = surely and _long(s2, before(min(l1, end), atom.span), atom.longer)
        perhaps = perhaps and _long(s1, before(min(l2, end), atom.span), atom.longer)
    return _between(surely, perhaps)


def _holds(fact: Fact, atom: State, case: Case, span: Span) -> Truth:
    """Whether it holds on the index day, unchanged for as long as asked."""
    s1, s2 = earliest_start(fact), latest_start(fact, case.person)
    l1, l2 = last_days(fact, case.person)
    end = span.until
    surely = s2 <= end and (not fact.ended or l1 >= end)
    perhaps = s1 <= end and (not fact.ended or fact.may_last or l2 >= end)
    if undated(fact):
        surely = end == case.person.screened
    since = fact.steady if atom.stable else fact.start
    if atom.stable or atom.span:
        needed = span.after or end
        longer = atom.longer and span.after is not None
        surely = surely and since is not None and _long(since.latest, needed, longer)
        perhaps = perhaps and (since is None or _long(since.earliest, needed, longer))
    return _between(surely, perhaps)


def _long(start: date, needed: date, longer: bool) -> bool:
    return start < needed if longer else start <= needed


_Days = tuple[str, date, date]
"""What it is about, and the first and the last day that silence has to span."""


def _once(fits: tuple[Fit, ...], case: Case, days: _Days) -> Finding:
    surely = _facts(fit for fit in fits if fit.truth is YES)
    denied = denial(case, *days)
    if surely and denied:
        return Finding(UNKNOWN, (*surely, denied), conflict=True)
    if surely:
        return Finding(YES, surely)
    if fits:
        return Finding(UNKNOWN, (*_facts(fits), *((denied,) if denied else ())), bool(denied))
    if denied:
        return Finding(NO, (denied,))
    silent = covered(case, *days)
    return Finding(NO if silent else UNKNOWN, silent=silent)


def _now(fits: tuple[Fit, ...], case: Case, days: _Days) -> Finding:
    """As _once, but a denial of the index day alone already contradicts."""
    about, _, end = days
    surely = _facts(fit for fit in fits if fit.truth is YES)
    denied = denial(case, about, end, end)
    if denied and fits:
        return Finding(UNKNOWN, (*_facts(fits), denied), conflict=True)
    if surely:
        return Finding(YES, surely)
    if fits:
        return Finding(UNKNOWN, _facts(fits))
    if denied:
        return Finding(NO, (denied,))
    silent = covered(case, *days)
    return Finding(NO if silent else UNKNOWN, silent=silent)


def _times(atom: History, fits: tuple[Fit, ...], case: Case, days: _Days) -> Finding:
    """At least so many times: numbers of times that are stated, and starts that are dated."""
    needed = atom.times or 1
    stated = [
        fact for fact in case.person.facts
        if fact.about == days[0] and fact.yes and fact.value is not None
        and not (atom.excepting and fact.kind == atom.excepting)
    ]  # fmt: skip
    others = tuple(fit for fit in fits if fit.fact.value is None)
    dated = _counted(needed, others, case, days, _starts(others))
    if not stated:
        return dated
    told = {_stated(fact, atom, fits, days) for fact in stated}
    facts = (*stated, *dated.facts)
    if NO in told and (YES in told or dated.truth is YES):
        return Finding(UNKNOWN, facts, conflict=True)
    if YES in told or dated.truth is YES:
        return Finding(YES, facts)
    return Finding(NO if NO in told else UNKNOWN, facts)


def _stated(fact: Fact, atom: History, fits: tuple[Fit, ...], days: _Days) -> Truth:
    if fact.value is None or fact.value < (atom.times or 1):
        return NO
    in_span = any(fit.fact is fact and fit.truth is YES for fit in fits)
    ever = days[1] == FIRST and not (atom.excepting and fact.kind is None)
    return YES if ever or in_span else UNKNOWN


def _counted(
    needed: int, fits: tuple[Fit, ...], case: Case, days: _Days, counts: tuple[int, int]
) -> Finding:
    """At least so many, where surely `counts[0]` and perhaps `counts[1]` are recorded."""
    surely, perhaps = counts
    facts = _facts(fits)
    denied = denial(case, *days)
    if facts and denied:
        return Finding(UNKNOWN, (*facts, denied), conflict=True)
    if surely >= needed:
        return Finding(YES, facts)
    if not facts and denied:
        return Finding(NO, (denied,))
    silent = covered(case, *days)
    more = any(undated(fact) for fact in facts)
    if silent and not more and perhaps < needed:
        return Finding(NO, facts, silent=True)
    return Finding(UNKNOWN, facts)


def _starts(fits: tuple[Fit, ...]) -> tuple[int, int]:
    """How many different starts there are, surely and perhaps."""
    surely = {fit.fact.start for fit in fits if fit.truth is YES and _exact(fit.fact)}
    exact = {fit.fact.start for fit in fits if _exact(fit.fact)}
    inexact = sum(not _exact(fit.fact) for fit in fits)
    any_surely = any(fit.truth is YES for fit in fits)
    return max(len(surely), int(any_surely)), len(exact) + inexact


def _exact(fact: Fact) -> bool:
    return fact.start is not None and fact.start.exact


def _kinds(fits: tuple[Fit, ...]) -> tuple[int, int]:
    """How many different kinds there are, surely and perhaps."""
    surely = {fit.fact.kind for fit in fits if fit.truth is YES and fit.fact.kind}
    named = {fit.fact.kind for fit in fits if fit.fact.kind}
    return len(surely), len(named) + sum(fit.fact.kind is None for fit in fits)


def _facts(fits: Iterable[Fit]) -> tuple[Fact, ...]:
    return tuple(fit.fact for fit in fits)


def _sex(atom: State, case: Case, span: Span) -> AtomAnswer:
    sex = case.person.sex
    truth = UNKNOWN if sex is None else YES if sex == atom.of else NO
    missing = "the sex" if sex is None else None
    return AtomAnswer(atom, truth, sex_because(sex), (), span, missing)
