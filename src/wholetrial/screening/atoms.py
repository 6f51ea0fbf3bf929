"""Whether an atom holds for a person: the one place that knows every kind of atom."""

from wholetrial.protocol.condition import (
    Compare,
    Condition,
    Consent,
    History,
    Judgement,
    State,
)
from wholetrial.screening.answer import AtomAnswer, Truth
from wholetrial.screening.case import Case
from wholetrial.screening.history import history, state
from wholetrial.screening.values import compare
from wholetrial.screening.words import asked_because, wanted_answer


def atom_answer(atom: Condition, case: Case) -> AtomAnswer:
    """The answer to one atom, with its reason."""
    match atom:
        case Compare():
            return compare(atom, case)
        case History():
            return history(atom, case)
        case State():
            return state(atom, case)
        case Judgement() | Consent():
            return _asked(atom, case)
        case _:
            return AtomAnswer(atom, Truth.UNKNOWN, f"'{atom}' is not looked at for a person")


def _asked(atom: Judgement | Consent, case: Case) -> AtomAnswer:
    """What was answered, by facts that spell the condition as the trial file does."""
    facts = tuple(fact for fact in case.person.facts if fact.about == str(atom))
    said = {fact.yes for fact in facts}
    truth = Truth.UNKNOWN if len(said) != 1 else Truth.YES if said.pop() else Truth.NO
    missing = wanted_answer(atom) if truth is Truth.UNKNOWN else None
    because = asked_because(atom, facts)
    return AtomAnswer(atom, truth, because, facts, None, missing, len(facts) > 1 and bool(missing))
