"""The plan of a protocol: its criteria as expressions, and the steps that their atoms need."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

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
    parts,
)
from wholetrial.protocol.eligibility import Criterion
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Duration
from wholetrial.screening.evaluate import Kind, decisive
from wholetrial.screening.history import length_of
from wholetrial.screening.plan.expression import (
    FALSE,
    TRUE,
    UNKNOWN,
    Column,
    Expression,
    First,
    Joined,
    Literally,
    case,
)
from wholetrial.screening.plan.history_steps import asked_step, history_step, state_step
from wholetrial.screening.plan.plan import Plan, Step
from wholetrial.screening.plan.value_steps import age_truth, sex_truth, value_step
from wholetrial.screening.values import AGE, event_of, lower_is_better


@dataclass
class _Planning:
    """The steps so far; each atom is worked out once for each meaning of silence."""

    protocol: Protocol
    lookback: Duration | None
    known: Collection[str] | None
    events: dict[str, None] = field(default_factory=dict)
    steps: dict[tuple[str, str], Step] = field(default_factory=dict)
    truths: dict[str, Expression] = field(default_factory=dict)


def plan(
    protocol: Protocol,
    *,
    lookback: Duration | None = None,
    known: Collection[str] | None = None,
    with_atoms: bool = False,
) -> Plan:
    """The plan of a protocol's criteria, with the truths of their atoms where they are wanted.

    `known` are the concepts and measures that the tables can speak of; any other is unknown, so
    that the silence of a database that has no code for it says nothing.
    """
    planning = _Planning(protocol, lookback, known)
    criteria = {name: _criterion(kind, one, planning) for name, kind, one in decisive(protocol)}
    truths = planning.truths if with_atoms else {}
    return Plan(tuple(planning.events), tuple(planning.steps.values()), criteria, truths)


def _criterion(kind: Kind, criterion: Criterion, planning: _Planning) -> Expression:
    """True where it allows, false where it blocks, null where it is unknown."""
    rule = criterion.rule
    if rule is None:
        return UNKNOWN
    if isinstance(rule, IfThen):
        premise = _truth(rule.premise, criterion, planning)
        then = _truth(rule.then, criterion, planning)
        return ~premise | (then if kind == "include" else ~then)
    truth = _truth(rule, criterion, planning)
    return truth if kind == "include" else ~truth


def _truth(condition: Condition, criterion: Criterion, planning: _Planning) -> Expression:
    inner = [_truth(part, criterion, planning) for part in parts(condition)]
    match condition:
        case AllOf():
            return reduce(and_, inner)
        case AnyOf():
            return reduce(or_, inner)
        case Not():
            return ~inner[0]
        case IfThen():
            return ~inner[0] | inner[1]
        case Unless():
            return inner[0] & ~inner[1]
        case AtLeast():
            return _at_least(condition.at_least, inner)
        case Named() if condition.when is None and condition.term in planning.protocol.terms:
            return _truth(planning.protocol.terms[condition.term], criterion, planning)
        case _:
            return _atom(condition, criterion, planning)


def _at_least(needed: int, inner: list[Expression]) -> Expression:
    def total(value: Expression, otherwise: Expression) -> Expression:
        ones = [case((one, value), (~one, Literally(0)), otherwise=otherwise) for one in inner]
        return reduce(lambda one, other: Joined("+", one, other), ones)

    surely, perhaps = total(Literally(1), Literally(0)), total(Literally(1), Literally(1))
    return case((surely >= needed, TRUE), (perhaps < needed, FALSE))


def _atom(atom: Condition, criterion: Criterion, planning: _Planning) -> Expression:
    truth = _atom_truth(atom, criterion, planning)
    planning.truths[str(atom)] = truth
    return truth


def _atom_truth(atom: Condition, criterion: Criterion, planning: _Planning) -> Expression:
    match atom:
        case Compare() if atom.value == AGE:
            return UNKNOWN if _later(atom) else age_truth(atom, _end(event_of(atom), planning))
        case State() if atom.state == "is" and atom.of in ("male", "female"):
            return sex_truth(atom.of)
        case _:
            step = _step(atom, criterion, planning)
            return UNKNOWN if step is None else step.truth


def _step(atom: Condition, criterion: Criterion, planning: _Planning) -> Step | None:
    """The step of an atom; None where nothing can be known of it."""
    key = (str(atom), criterion.absence)
    if key not in planning.steps:
        made = _made(atom, f"a{len(planning.steps)}", criterion, planning)
        if made is None or not _spoken_of(atom, made, planning.known):
            return None
        planning.steps[key] = made
    return planning.steps[key]


def _spoken_of(atom: Condition, step: Step, known: Collection[str] | None) -> bool:
    """Whether the tables can speak of what an atom is about, and of what it excepts."""
    if known is None:
        return True
    excepting = getattr(atom, "excepting", None)
    return step.about in known and (excepting is None or excepting in known)


def _made(atom: Condition, name: str, criterion: Criterion, planning: _Planning) -> Step | None:
    rules = (planning.lookback, criterion.absence == "no")
    match atom:
        case Compare() if not _later(atom):
            lower = lower_is_better(atom.value, planning.protocol)
            return value_step(atom, name, _end(event_of(atom), planning), lower_is_better=lower)
        case History() if not atom.in_study:
            length = length_of(atom, planning.protocol)
            if atom.half_lives and length is None:
                return None
            return history_step(atom, name, _end(atom.before, planning), length, rules)
        case State():
            return state_step(atom, name, _end(None, planning), rules)
        case Judgement() | Consent():
            return asked_step(atom, name)
        case _:
            return None


def _later(atom: Compare) -> bool:
    """Whether a value is looked at on other visits, not at screening."""
    return bool(atom.derived or (atom.when and event_of(atom) is None))


def _end(event: str | None, planning: _Planning) -> Expression:
    """The index day: that of the event where it is known, or the screening day."""
    named = event or planning.protocol.eligibility.anchor
    planning.events[named] = None
    return First((Column(f"on_{named}"), Column("screened")))
