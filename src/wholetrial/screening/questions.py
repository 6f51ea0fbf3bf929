"""The questions of a trial for a volunteer: they ask the fact, never the rule.

So a yes means yes, whichever list a criterion stands in, and each fact is asked once, however many
criteria need it. What a visit measures or a doctor judges is not asked, but said.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from wholetrial.protocol.condition import Compare, Condition, Consent, History, Judgement, State
from wholetrial.protocol.english import measure_in_words
from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.evaluate import atoms_of, decisive

Kind = Literal["yes or no", "yes and when", "number", "day", "sex", "at the visit"]
_ARE_YOU = {"pregnant": "Are you pregnant?", "breastfeeding": "Are you breastfeeding?"}


class Question(NamedTuple):
    """One question: the fact it asks for, its words, how it is answered, who needs it.

    `about` is the name under which the answer stands in a table of people. A question of the kind
    "at the visit" is not asked: its words say what the study team will find out.
    """

    about: str
    text: str
    kind: Kind
    unit: str
    criteria: tuple[str, ...]


def questions(protocol: Protocol) -> tuple[Question, ...]:
    """Every fact that the criteria need, in the order of the protocol, each once."""
    found: dict[str, Question] = {}
    for name, _, criterion in decisive(protocol):
        for atom in atoms_of(criterion.rule, protocol) if criterion.rule else ():
            for one in _asked(atom, protocol):
                known = found.get(one.about, one)
                named = tuple(dict.fromkeys([*known.criteria, name]))
                kind = one.kind if known.kind == "yes or no" else known.kind
                found[one.about] = known._replace(kind=kind, criteria=named)
    return tuple(found.values())


def _asked(atom: Condition, protocol: Protocol) -> Iterator[Question]:
    match atom:
        case Compare():
            yield _measured(atom, protocol)
        case State():
            yield _state(atom, protocol)
        case History():
            yield _history(atom, protocol)
        case Consent() if atom.agrees_to:
            yield Question(str(atom), f"Would you agree to {atom.agrees_to}?", "yes or no", "", ())
        case Consent():
            says = "The study team will ask for your consent."
            yield Question(str(atom), says, "at the visit", "", ())
        case Judgement() if atom.judge == "participant":
            yield Question(str(atom), f"{_capital(atom.judges)}?", "yes or no", "", ())
        case Judgement():
            who = atom.judge.replace("_", " ")
            says = f"The {who} will decide: {atom.judges}."
            yield Question(str(atom), says, "at the visit", "", ())
        case _:
            return


def _measured(atom: Compare, protocol: Protocol) -> Question:
    if atom.value == "age":
        return Question("born", "When were you born?", "day", "", ())
    if atom.value == "weight":
        return Question("weight", "How much do you weigh?", "number", "kg", ())
    says = f"{_capital(measure_in_words(atom.value, protocol))} is measured at the visit."
    return Question(atom.value, says, "at the visit", atom.unit or "", ())


def _state(atom: State, protocol: Protocol) -> Question:
    if atom.of in ("male", "female"):
        return Question("sex", "What is your sex?", "sex", "", ())
    if atom.of in _ARE_YOU and atom.state == "is":
        return Question(atom.of, _ARE_YOU[atom.of], "yes or no", "", ())
    lay = _lay(atom.of, protocol)
    doing = lay.split(" ")[0].endswith("ing")
    text = {
        "has": f"Are you {lay}?" if doing else f"Do you have {lay}?",
        "takes": f"Do you take {lay}?",
        "plans": f"Do you plan on {lay}?" if doing else f"Do you plan {lay}?",
        "is": f"Are you {lay}?",
    }[atom.state]
    kind: Kind = "yes and when" if atom.span or atom.stable else "yes or no"
    return Question(atom.of, text, kind, "", ())


def _history(atom: History, protocol: Protocol) -> Question:
    lay = _lay(atom.had, protocol)
    verb = "been" if lay.split(" ")[0].endswith("ing") else "had"
    if atom.times:
        return Question(atom.had, f"How many times have you {verb} {lay}?", "number", "times", ())
    when = atom.within or atom.half_lives or atom.span or atom.excepting
    kind: Kind = "yes and when" if when else "yes or no"
    return Question(atom.had, f"Have you ever {verb} {lay}?", kind, "", ())


def _lay(concept: str, protocol: Protocol) -> str:
    known = protocol.eligibility.concepts.get(concept)
    return known.lay if known else concept.replace("_", " ")


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
