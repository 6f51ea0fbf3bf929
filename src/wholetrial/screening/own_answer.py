"""What a volunteer's own answers say of a trial, before anybody has measured or judged anything.

The definition of what the public page says: it may only say "may fit" where this does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import product
from typing import Literal, NamedTuple

from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    IfThen,
    Named,
    Not,
    parts,
)
from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.answer import Truth, Verdict
from wholetrial.screening.answers_of_people import person_of
from wholetrial.screening.atoms import atom_answer
from wholetrial.screening.case import Case
from wholetrial.screening.evaluate import Kind, atoms_of, decisive, verdict_of
from wholetrial.screening.person import Person
from wholetrial.screening.questions import asked_atoms

Says = Literal["may fit", "not clear", "does not fit"]
_ANY = frozenset((Truth.NO, Truth.YES))
"""What an atom may turn out to be that the visit finds out."""


class OwnCriterion(NamedTuple):
    """One criterion: what the answers say, and whether the visit alone can settle it."""

    name: str
    verdict: Verdict
    at_visit: bool = False


class OwnAnswer(NamedTuple):
    """All criteria, and what they say together.

    "May fit" where none blocks and each either allows or is left to the visit; "not clear" where
    an answer of the volunteer's own is still needed.
    """

    says: Says
    criteria: tuple[OwnCriterion, ...]


def own_answer(protocol: Protocol, replies: Mapping[str, str], on: date) -> OwnAnswer:
    """What the replies say on a day: by question, a cell as in a table of people.

    An empty reply is none. Raises ValueError where a reply cannot be read.
    """
    person, wrong = person_of("own", {about: r for about, r in replies.items() if r}, protocol, on)
    if wrong:
        raise ValueError("; ".join(f"{about}: {why}" for about, why in wrong.items()))
    return own_answer_of(protocol, person)


def own_answer_of(protocol: Protocol, person: Person) -> OwnAnswer:
    """What is known of a person says, as far as the person can tell it at home."""
    asked = asked_atoms(protocol)
    found = []
    for name, kind, criterion in decisive(protocol):
        if criterion.rule is None:
            found.append(OwnCriterion(name, "unknown", True))
            continue
        case = Case(protocol, person, absence=criterion.absence)
        atoms = set(atoms_of(criterion.rule, protocol))
        told = {atom: atom_answer(atom, case).truth for atom in atoms & asked}
        found.append(_criterion((name, kind, criterion.rule), protocol, told))
    return OwnAnswer(_says(found), tuple(found))


def _criterion(
    named: tuple[str, Kind, Condition], protocol: Protocol, told: Mapping[Condition, Truth]
) -> OwnCriterion:
    name, kind, rule = named

    def known(atom: Condition) -> Truth:
        return told.get(atom, Truth.UNKNOWN)

    verdict = verdict_of(rule, kind, protocol, known)
    left = verdict == "unknown" and _may_allow(rule, kind, protocol, told)
    return OwnCriterion(name, verdict, left)


def _may_allow(
    rule: Condition, kind: Kind, protocol: Protocol, told: Mapping[Condition, Truth]
) -> bool:
    """Whether what the visit finds can make a criterion allow, the answers being as they are."""
    if isinstance(rule, IfThen):
        if Truth.NO in possible(rule.premise, protocol, told):
            return True
        if kind == "exclude":
            rule = AllOf(all=(rule.premise, rule.then))
    wanted = Truth.YES if kind == "include" else Truth.NO
    return wanted in possible(rule, protocol, told)


def possible(
    condition: Condition, protocol: Protocol, told: Mapping[Condition, Truth]
) -> frozenset[Truth]:
    """Every value that a condition may have, whatever the visit finds of the atoms not told.

    Each part is looked at by itself, so that no value that can be is left out.
    """
    if isinstance(condition, Named) and condition.when is None:
        term = protocol.terms.get(condition.term)
        if term is not None:
            return possible(term, protocol, told)
    inner = parts(condition)
    if not inner:
        return frozenset((told[condition],)) if condition in told else _ANY
    return frozenset(_joined(condition, [possible(part, protocol, told) for part in inner]))


def _joined(condition: Condition, values: list[frozenset[Truth]]) -> Iterable[Truth]:
    """The values of a condition from those of its parts."""
    match condition:
        case AllOf():
            return _folded(min, values)
        case AnyOf():
            return _folded(max, values)
        case AtLeast():
            return _counted(condition.at_least, values)
        case Not():
            return (-value for value in values[0])
        case IfThen():
            return (max(-a, b) for a, b in product(*values))
        case _:
            return (min(a, -b) for a, b in product(*values))


def _folded(
    join: Callable[[Truth, Truth], Truth], values: list[frozenset[Truth]]
) -> frozenset[Truth]:
    found = values[0]
    for more in values[1:]:
        found = frozenset(join(a, b) for a, b in product(found, more))
    return found


def _counted(needed: int, values: list[frozenset[Truth]]) -> Iterator[Truth]:
    """At least so many of these: every number that holds surely, and that holds perhaps."""
    counts = {(0, 0)}
    for more in values:
        counts = {
            (surely + (value is Truth.YES), perhaps + (value is not Truth.NO))
            for (surely, perhaps), value in product(counts, more)
        }
    for surely, perhaps in counts:
        yield Truth.YES if surely >= needed else Truth.UNKNOWN if perhaps >= needed else Truth.NO


def _says(criteria: list[OwnCriterion]) -> Says:
    if any(found.verdict == "blocks" for found in criteria):
        return "does not fit"
    still = any(found.verdict == "unknown" and not found.at_visit for found in criteria)
    return "not clear" if still else "may fit"
