"""Whether people may keep their medicines: what the criteria say of concepts that are medicines."""

from collections.abc import Iterator

from wholetrial.protocol.condition import Condition, Consent, History, State
from wholetrial.protocol.english import sentence
from wholetrial.protocol.protocol import Protocol
from wholetrial.publishing.certain import certain
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
    for atom, wanted in certain(protocol):
        told = _told(atom, wanted, protocol)
        if told:
            yield told
    for criterion in protocol.eligibility.permit.values():
        yield f"You may use this: {criterion.text[:1].lower()}{criterion.text[1:]}."


def _told(atom: Condition, wanted: bool, protocol: Protocol) -> str:
    match atom:
        case State() if atom.state == "takes" or _is_medicine(atom.of, protocol):
            return _now(atom, wanted, lay_name(atom.of, protocol), _other(atom, protocol))
        case History() if _is_medicine(atom.had, protocol):
            used = wanted != atom.never
            return _before(atom, used, lay_name(atom.had, protocol), _other(atom, protocol))
        case Consent() if atom.agrees_to and wanted and "treatment" in atom.agrees_to:
            return f"You must agree to this: {atom.agrees_to}."
        case _:
            return ""


def _other(atom: State | History, protocol: Protocol) -> str:
    return f", other than {lay_name(atom.excepting, protocol)}" if atom.excepting else ""


def _is_medicine(concept: str, protocol: Protocol) -> bool:
    known = protocol.eligibility.concepts.get(concept)
    return known is not None and known.kind == "medicine"


def _now(atom: State, wanted: bool, lay: str, other: str) -> str:
    if not wanted:
        if atom.span or atom.stable:
            return f"How long you have used this counts: {lay}{other}."
        return f"You cannot join while you use this: {lay}{other}."
    if atom.stable and atom.span:
        longer = "more than" if atom.longer else "at least"
        return f"You must use this, with no change for {longer} {atom.span}: {lay}{other}."
    return f"You must use this: {lay}{other}."


def _before(atom: History, wanted: bool, lay: str, other: str) -> str:
    if wanted:
        return f"You must have used this before: {lay}{other}."
    if atom.times or atom.kinds or atom.span:
        return f"How much you have used this before counts: {lay}{other}."
    if atom.within:
        return f"You cannot join if you used this in the last {atom.within}: {lay}{other}."
    if atom.half_lives:
        return f"You cannot join if you used this a short time ago: {lay}{other}."
    return f"You cannot join if you ever used this: {lay}{other}."
