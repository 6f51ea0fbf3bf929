"""Whether people may keep their medicines: what the criteria say of concepts that are medicines."""

from collections.abc import Iterator

from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    Condition,
    Consent,
    History,
    Named,
    Not,
    State,
    parts,
)
from wholetrial.protocol.english import sentence
from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.evaluate import decisive
from wholetrial.screening.questions import lay_name

NOT_SAID = "The plan does not say if you can keep your other drugs. Ask the team."
ASK_FIRST = "Do not stop a drug to join. Ask your doctor first."


def medicine_sentences(protocol: Protocol) -> tuple[str, ...]:
    """What is said in the file's own words, then what follows from the criteria."""
    public = protocol.public
    own = [sentence(public.medicines)] if public and public.medicines else []
    derived = list(dict.fromkeys(_derived(protocol)))
    return (*own, *derived, *([] if own or derived else [NOT_SAID]), ASK_FIRST)


def _derived(protocol: Protocol) -> Iterator[str]:
    for _, kind, criterion in decisive(protocol):
        if criterion.rule is not None:
            for atom, wanted in _certain(criterion.rule, kind == "include", protocol):
                told = _told(atom, wanted, protocol)
                if told:
                    yield told
    for criterion in protocol.eligibility.permit.values():
        yield f"You may use this: {criterion.text[:1].lower()}{criterion.text[1:]}."


def _certain(
    condition: Condition, wanted: bool, protocol: Protocol
) -> Iterator[tuple[Condition, bool]]:
    """The atoms that must hold, or must not: of "A or B" neither must, and both must not."""
    match condition:
        case Named() if condition.when is None and condition.term in protocol.terms:
            yield from _certain(protocol.terms[condition.term], wanted, protocol)
        case Not():
            yield from _certain(condition.negated, not wanted, protocol)
        case AllOf() | AnyOf():
            if isinstance(condition, AllOf) == wanted:
                for part in parts(condition):
                    yield from _certain(part, wanted, protocol)
        case _:
            yield condition, wanted


def _told(atom: Condition, wanted: bool, protocol: Protocol) -> str:
    match atom:
        case State() if atom.state == "takes" or _is_medicine(atom.of, protocol):
            return _now(atom, wanted, lay_name(atom.of, protocol))
        case History() if _is_medicine(atom.had, protocol):
            return _before(atom, wanted != atom.never, lay_name(atom.had, protocol))
        case Consent() if atom.agrees_to and wanted and "treatment" in atom.agrees_to:
            return f"You must agree to this: {atom.agrees_to}."
        case _:
            return ""


def _is_medicine(concept: str, protocol: Protocol) -> bool:
    known = protocol.eligibility.concepts.get(concept)
    return known is not None and known.kind == "medicine"


def _now(atom: State, wanted: bool, lay: str) -> str:
    if not wanted:
        return f"You cannot join while you use this: {lay}."
    if atom.stable and atom.span:
        longer = "more than" if atom.longer else "at least"
        return f"You must use this, with no change for {longer} {atom.span}: {lay}."
    return f"You must use this: {lay}."


def _before(atom: History, wanted: bool, lay: str) -> str:
    if wanted:
        return f"You must have used this before: {lay}."
    if atom.within:
        return f"You cannot join if you used this in the last {atom.within}: {lay}."
    if atom.half_lives:
        return f"You cannot join if you used this a short time ago: {lay}."
    return f"You cannot join if you ever used this: {lay}."
