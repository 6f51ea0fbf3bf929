"""The reference evaluator: one person, one protocol, the definition of what a criterion says.

Slow and plain on purpose; columns and databases are held against it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal

from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    IfThen,
    Named,
    Not,
    Unless,
    parts,
)
from wholetrial.protocol.eligibility import Criterion
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Duration
from wholetrial.screening.answer import (
    Answer,
    AtomAnswer,
    CriterionAnswer,
    Overall,
    Truth,
    Verdict,
)
from wholetrial.screening.atoms import atom_answer
from wholetrial.screening.case import Case
from wholetrial.screening.change import change_of
from wholetrial.screening.person import Person

NO, UNKNOWN, YES = Truth.NO, Truth.UNKNOWN, Truth.YES
Kind = Literal["include", "exclude"]
Known = Callable[[Condition], Truth]
"""What is known of an atom."""


def screen(protocol: Protocol, person: Person, *, lookback: Duration | None = None) -> Answer:
    """Whether a person may take part, criterion by criterion, with the reasons.

    `lookback` is how far "ever" looks back in a source that covers some years only.
    """
    case = Case(protocol, person, lookback)
    criteria = tuple(_explained(name, kind, one, case) for name, kind, one in decisive(protocol))
    hidden = _hides(protocol)
    overall = overall_of([found.verdict for found in criteria], hidden=hidden)
    return Answer(person.id, person.screened, overall, criteria, hidden)


def decisive(protocol: Protocol) -> Iterator[tuple[str, Kind, Criterion]]:
    """The criteria that decide, in the order of the protocol; lines that introduce do not."""
    blocks: tuple[tuple[Kind, dict[str, Criterion]], ...] = (
        ("include", protocol.eligibility.include),
        ("exclude", protocol.eligibility.exclude),
    )
    for kind, block in blocks:
        for name, criterion in block.items():
            if not criterion.heads:
                yield name, kind, criterion


def overall_of(verdicts: list[Verdict], *, hidden: bool) -> Overall:
    """Not eligible if one criterion blocks; eligible if all allow and none is hidden."""
    if "blocks" in verdicts:
        return "not eligible"
    return "undetermined" if hidden or "unknown" in verdicts else "eligible"


def truth_of(condition: Condition, protocol: Protocol, known: Known) -> Truth:
    """Kleene's value of a condition from what is known of its atoms; terms are opened."""
    inner = [truth_of(part, protocol, known) for part in parts(condition)]
    match condition:
        case AllOf():
            return min(inner)
        case AnyOf():
            return max(inner)
        case Not():
            return -inner[0]
        case IfThen():
            return max(-inner[0], inner[1])
        case Unless():
            return min(inner[0], -inner[1])
        case AtLeast():
            surely = sum(value is YES for value in inner)
            perhaps = sum(value is not NO for value in inner)
            needed = condition.at_least
            return YES if surely >= needed else UNKNOWN if perhaps >= needed else NO
        case Named() if condition.when is None and condition.term in protocol.terms:
            return truth_of(protocol.terms[condition.term], protocol, known)
        case _:
            return known(condition)


def verdict_of(rule: Condition | None, kind: Kind, protocol: Protocol, known: Known) -> Verdict:
    """What a criterion says: an inclusion blocks where it is not met, an exclusion where it is."""
    if rule is None:
        return "unknown"
    if isinstance(rule, IfThen):
        if truth_of(rule.premise, protocol, known) is NO:
            return "not applicable"
        if kind == "exclude":
            rule = AllOf(all=(rule.premise, rule.then))
    truth = truth_of(rule, protocol, known)
    if truth is UNKNOWN:
        return "unknown"
    return "allows" if (truth is YES) == (kind == "include") else "blocks"


def atoms_of(condition: Condition, protocol: Protocol) -> Iterator[Condition]:
    """The atoms that decide a condition, terms opened, from left to right."""
    inner = parts(condition)
    if isinstance(condition, Named) and condition.when is None:
        term = protocol.terms.get(condition.term)
        inner = (term,) if term is not None else ()
    if not inner:
        yield condition
    for part in inner:
        yield from atoms_of(part, protocol)


def deciding(condition: Condition, protocol: Protocol, known: Known) -> Iterator[Condition]:
    """The atoms that lead to the value of a condition: of `A or B`, the one that holds."""
    inner = parts(condition)
    if isinstance(condition, Named) and condition.when is None:
        inner = tuple(atoms_of(condition, protocol))
    if not inner:
        yield condition
    values = [truth_of(part, protocol, known) for part in inner]
    value = truth_of(condition, protocol, known)
    told = value is UNKNOWN or value is (NO if isinstance(condition, AllOf) else YES)
    same = isinstance(condition, AllOf | AnyOf) and told
    for part, its in zip(inner, values, strict=True):
        if not same or its is value:
            yield from deciding(part, protocol, known)


def _explained(name: str, kind: Kind, criterion: Criterion, case: Case) -> CriterionAnswer:
    case = replace(case, absence=criterion.absence)
    rule = criterion.rule
    if rule is None:
        return CriterionAnswer(name, kind, criterion, "unknown")
    answers = _answers(rule, case)
    verdict = verdict_of(rule, kind, case.protocol, lambda atom: answers[atom].truth)

    def judged(other: Case, told: dict[Condition, Truth]) -> Verdict:
        again = answers if other is case else _answers(rule, other)
        known = {atom: told.get(atom, found.truth) for atom, found in again.items()}
        return verdict_of(rule, kind, case.protocol, known.__getitem__)

    change = change_of(tuple(answers.values()), case, judged) if verdict == "blocks" else None
    used = dict.fromkeys(deciding(rule, case.protocol, lambda atom: answers[atom].truth))
    told = tuple(answers[atom] for atom in used)
    return CriterionAnswer(name, kind, criterion, verdict, told, change)


def _answers(rule: Condition, case: Case) -> dict[Condition, AtomAnswer]:
    return {atom: atom_answer(atom, case) for atom in atoms_of(rule, case.protocol)}


def _hides(protocol: Protocol) -> bool:
    unseen = protocol.eligibility.unseen
    return unseen is not None and (unseen.include != 0 or unseen.exclude != 0)
