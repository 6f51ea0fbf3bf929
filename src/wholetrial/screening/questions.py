"""The questions of a trial for a volunteer: they ask the fact, never the rule.

So a yes means yes, whichever list a criterion stands in, and each fact is asked once, however many
criteria need it. What a visit measures or a doctor judges is not asked, but said.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from wholetrial.protocol.condition import Compare, Condition, Consent, History, Judgement, State
from wholetrial.protocol.english import measure_in_words
from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.evaluate import atoms_of, decisive
from wholetrial.screening.history import length_of
from wholetrial.screening.values import event_of

Kind = Literal["yes or no", "number", "day", "sex", "at the visit"]
Detail = Literal["since", "last", "unchanged", "which"]
_ARE_YOU = {"pregnant": "Are you pregnant?", "breastfeeding": "Are you breastfeeding?"}
_DETAILS: tuple[Detail, ...] = ("which", "since", "last", "unchanged")
"""In the order in which they are asked."""


class Question(NamedTuple):
    """One question: the fact it asks for, its words, how it is answered, who needs it.

    `about` is the name under which the answer stands in a table of people. A question of the kind
    "at the visit" is not asked: its words say what the study team will find out. `details` are
    asked after a yes: since when, when last, since when unchanged, which; `exceptions` are the
    concepts among which "which" chooses, and `past` says that the question is "have you ever".
    """

    about: str
    text: str
    kind: Kind
    unit: str = ""
    criteria: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()
    exceptions: tuple[str, ...] = ()
    past: bool = False


def questions(protocol: Protocol) -> tuple[Question, ...]:
    """Every fact that the criteria need, in the order of the protocol, each once."""
    return tuple(
        one._replace(criteria=tuple(dict.fromkeys(name for name, _ in needed)))
        for about, needed in _by_fact(protocol).items()
        for one in _questions(about, [atom for _, atom in needed], protocol)
    )


def asked_atoms(protocol: Protocol) -> frozenset[Condition]:
    """The atoms of all criteria that a volunteer is asked about."""
    by_fact = _by_fact(protocol).values()
    return frozenset(
        atom for needed in by_fact for atom in asked_of([one for _, one in needed], protocol)
    )


def _by_fact(protocol: Protocol) -> dict[str, list[tuple[str, Condition]]]:
    """By fact, the atoms that rest on it, each with the name of its criterion."""
    found: dict[str, list[tuple[str, Condition]]] = {}
    for name, _, criterion in decisive(protocol):
        for atom in atoms_of(criterion.rule, protocol) if criterion.rule else ():
            about = about_of(atom)
            if about is not None:
                found.setdefault(about, []).append((name, atom))
    return found


def about_of(atom: Condition) -> str | None:
    """The fact that an atom rests on, by the name under which people answer it."""
    match atom:
        case Compare():
            return "born" if atom.value == "age" else atom.value
        case State():
            return "sex" if atom.of in ("male", "female") else atom.of
        case History():
            return atom.had
        case Consent() | Judgement():
            return str(atom)
        case _:
            return None


def asked_of(atoms: Sequence[Condition], protocol: Protocol) -> tuple[Condition, ...]:
    """Those atoms about one fact that a volunteer can answer at home; the visit finds the others.

    How often something happened is asked where nothing else is to be known of it; else one answer
    could not tell all, and the visit finds everything about it.
    """
    counted = [atom for atom in atoms if isinstance(atom, History) and (atom.times or atom.kinds)]
    if counted and not all(_is_plain_count(atom) for atom in atoms):
        return ()
    return tuple(atom for atom in atoms if _can_tell(atom, protocol))


def _is_plain_count(atom: Condition) -> bool:
    """Whether "how many times" is all that an atom asks."""
    if not isinstance(atom, History) or not atom.times:
        return False
    limited = atom.within or atom.half_lives or atom.span or atom.excepting
    return not (limited or atom.kinds or atom.in_study)


def _can_tell(atom: Condition, protocol: Protocol) -> bool:
    match atom:
        case Compare():
            own = atom.value in ("age", "weight") and not atom.derived and atom.unit != "ULN"
            return own and (atom.when is None or event_of(atom) is not None)
        case History():
            unsaid = atom.half_lives is not None and length_of(atom, protocol) is None
            return not (unsaid or atom.in_study)
        case Judgement():
            return atom.judge == "participant"
        case Consent():
            return atom.agrees_to is not None
        case _:
            return isinstance(atom, State)


def _questions(about: str, atoms: list[Condition], protocol: Protocol) -> Iterator[Question]:
    asked = asked_of(atoms, protocol)
    if asked:
        yield _question(about, asked, protocol)
    elif isinstance(atoms[0], Compare):
        says = f"{_capital(measure_in_words(about, protocol))} is measured at the visit."
        yield Question(about, says, "at the visit", atoms[0].unit or "")
    else:
        yield Question(about, _at_visit(atoms[0], protocol), "at the visit")


def _at_visit(atom: Condition, protocol: Protocol) -> str:
    match atom:
        case Judgement():
            return f"The {_who(atom.judge)} will decide: {atom.judges}."
        case History():
            return f"The study team will ask more about this: {lay_name(atom.had, protocol)}."
        case State():
            return f"The study team will ask more about this: {lay_name(atom.of, protocol)}."
        case _:
            return "The study team will ask for your consent."


def _who(judge: str) -> str:
    return "study doctor" if judge == "investigator" else judge.replace("_", " ")


def _question(about: str, atoms: tuple[Condition, ...], protocol: Protocol) -> Question:
    match atoms[0]:
        case Compare() as atom if atom.value == "age":
            return Question(about, "When were you born?", "day")
        case Compare():
            return Question(about, "How much do you weigh?", "number", "kg")
        case Consent() as atom:
            return Question(about, f"Would you agree to {atom.agrees_to}?", "yes or no")
        case Judgement() as atom:
            return Question(about, f"{_capital(atom.judges)}?", "yes or no")
        case State() if about == "sex":
            return Question(about, "What is your sex?", "sex")
    told = [atom for atom in atoms if isinstance(atom, History)]
    lay = lay_name(about, protocol)
    if told and told[0].times:
        text = f"How many times have you {_been(lay)} {lay}?"
        return Question(about, text, "number", "times", past=True)
    first = next((atom for atom in atoms if isinstance(atom, State)), None)
    text = f"Have you ever {_been(lay)} {lay}?" if told else _state(first, lay)
    details, exceptions = _details(atoms)
    return Question(about, text, "yes or no", "", (), details, exceptions, bool(told))


def _details(atoms: Sequence[Condition]) -> tuple[tuple[Detail, ...], tuple[str, ...]]:
    """What is asked after a yes; where "ever" and "now" are both needed, when it was last."""
    both = len({type(atom) for atom in atoms}) > 1
    told = [atom for atom in atoms if isinstance(atom, State | History)]
    found = {one for atom in told for one in _details_of(atom, both=both)}
    exceptions = dict.fromkeys(atom.excepting for atom in told if atom.excepting)
    wanted = tuple(one for one in _DETAILS if one in found or (one == "which" and exceptions))
    return wanted, tuple(exceptions)


def _details_of(atom: State | History, *, both: bool) -> Iterator[Detail]:
    if isinstance(atom, State):
        if both:
            yield "last"
        if atom.stable:
            yield "unchanged"
        elif atom.span:
            yield "since"
    else:
        if atom.within or atom.half_lives or atom.span:
            yield "last"
        if atom.span:
            yield "since"


def _state(atom: State | None, lay: str) -> str:
    if atom is None or (atom.of in _ARE_YOU and atom.state == "is"):
        return _ARE_YOU[atom.of] if atom else ""
    doing = _doing(lay)
    return {
        "has": f"Are you {lay}?" if doing else f"Do you have {lay}?",
        "takes": f"Do you take {lay}?",
        "plans": f"Do you plan on {lay}?" if doing else f"Do you plan {lay}?",
        "is": f"Are you {lay}?",
    }[atom.state]


def _been(lay: str) -> str:
    return "been" if _doing(lay) else "had"


def _doing(lay: str) -> bool:
    return lay.split(" ")[0].endswith("ing")


def lay_name(concept: str, protocol: Protocol) -> str:
    """A concept in lay words."""
    known = protocol.eligibility.concepts.get(concept)
    return known.lay if known else concept.replace("_", " ")


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
