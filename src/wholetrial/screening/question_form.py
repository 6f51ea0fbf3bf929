"""The questions and criteria as plain data, from which a page gives the verdict of own_answer.

The data is written for the script of the public page; what each part means is said here once.
"""

from collections.abc import Iterator
from typing import Any

from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    AtLeast,
    Compare,
    Condition,
    History,
    IfThen,
    Named,
    Not,
    State,
    parts,
)
from wholetrial.protocol.condition_in_words import condition_in_words
from wholetrial.protocol.eligibility import Criterion
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import UNITS, Duration
from wholetrial.screening.evaluate import decisive
from wholetrial.screening.history import length_of
from wholetrial.screening.questions import about_of, asked_atoms, lay_name, questions

Tree = list[Any]
"""["all", a, b ...], ["any", ...], ["not", a], ["if", a, b], ["unless", a, b],
["at least", n, a, b ...], ["visit"], or an atom: ["age", ...], ["weight", ...], ["sex", "male"],
["said", about], ["happened", about, how], ["holds", about, how]."""


def question_form(protocol: Protocol) -> dict[str, Any]:
    """Everything that a page needs: questions, criteria with their trees, whether some are hidden.

    A criterion without a rule is the visit's.
    """
    asked = asked_atoms(protocol)
    unseen = protocol.eligibility.unseen
    return {
        "trial": protocol.trial,
        "questions": list(_questions(protocol)),
        "criteria": [
            {
                "name": name,
                "kind": kind,
                "text": one.text.rstrip("."),
                "means": meaning(one, protocol),
                "rule": ["visit"] if one.rule is None else tree_of(one.rule, protocol, asked),
            }
            for name, kind, one in decisive(protocol)
        ],
        "hidden": unseen is not None and (unseen.include != 0 or unseen.exclude != 0),
    }


def meaning(criterion: Criterion, protocol: Protocol) -> str:
    """What the rule of a criterion says in words; empty where it has none.

    The words beside a rule may be vague, and those of the rule cannot.
    """
    if criterion.rule is None:
        return ""
    return condition_in_words(criterion.rule, protocol, person="the person")


def _questions(protocol: Protocol) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(questions(protocol)):
        if one.kind != "at the visit":
            yield {
                "id": f"q{number}",
                "about": one.about,
                "text": one.text,
                "kind": one.kind,
                "unit": one.unit,
                "past": one.past,
                "details": list(one.details),
                "exceptions": [[name, lay_name(name, protocol)] for name in one.exceptions],
            }


def tree_of(condition: Condition, protocol: Protocol, asked: frozenset[Condition]) -> Tree:
    """A condition as a tree of lists, terms opened."""
    if isinstance(condition, Named) and condition.when is None:
        term = protocol.terms.get(condition.term)
        if term is not None:
            return tree_of(term, protocol, asked)
    inner = [tree_of(part, protocol, asked) for part in parts(condition)]
    match condition:
        case AllOf():
            return ["all", *inner]
        case AnyOf():
            return ["any", *inner]
        case Not():
            return ["not", *inner]
        case AtLeast():
            return ["at least", condition.at_least, *inner]
        case IfThen():
            return ["if", *inner]
    return ["unless", *inner] if inner else _atom(condition, protocol, asked)


def _atom(atom: Condition, protocol: Protocol, asked: frozenset[Condition]) -> Tree:
    if atom not in asked:
        return ["visit"]
    about = about_of(atom)
    match atom:
        case Compare() if about == "born":
            unit = UNITS.get(atom.unit or "years", "year")
            return ["age", unit, atom.compare, atom.threshold, atom.upper]
        case Compare():
            return ["weight", atom.compare, atom.threshold, atom.upper]
        case State() if about == "sex":
            return ["sex", atom.of]
        case History():
            return ["happened", about, _history(atom, protocol)]
        case State():
            return ["holds", about, _state(atom)]
        case _:
            return ["said", about]


def _history(atom: History, protocol: Protocol) -> dict[str, Any]:
    how = {
        "never": atom.never,
        "except": atom.excepting,
        "times": atom.times,
        "span": _length(atom.span),
        "longer": atom.longer,
        "within": _length(length_of(atom, protocol)),
    }
    return {word: value for word, value in how.items() if value}


def _state(atom: State) -> dict[str, Any]:
    how = {
        "except": atom.excepting,
        "stable": atom.stable,
        "span": _length(atom.span),
        "longer": atom.longer,
        "women": atom.state == "is" and atom.of in ("pregnant", "breastfeeding"),
    }
    return {word: value for word, value in how.items() if value}


def _length(length: Duration | None) -> list[Any] | None:
    return [length.number, length.unit] if length else None
