"""Trials that are alike: the same condition, the same treatment, criteria about the same facts."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from wholetrial.protocol.condition import Compare, Condition, History, State
from wholetrial.protocol.english import intervention_in_words, listed, measure_in_words
from wholetrial.protocol.placebo import given, is_placebo
from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.evaluate import atoms_of, decisive
from wholetrial.screening.questions import lay_name

MOST = 4
_LITTLE = frozenset(["and", "of", "the", "to", "in", "with", "mild", "moderate", "severe"])
_MOST_NAMED = 4


class Similar(NamedTuple):
    """A trial that is alike: how much, from 0 to 3, and why."""

    trial: str
    title: str
    likeness: float
    why: tuple[str, ...]


def similar_trials(protocol: Protocol, others: Iterable[Protocol]) -> tuple[Similar, ...]:
    """The trials most alike, which share the condition or a treatment; the most alike first.

    The likeness adds three overlaps: of the words of the condition and of the treatments, each as
    a share of the shorter list, so that more groups make no trial less alike; and of what the
    criteria are about, as a share of both lists together (Jaccard's index).
    """
    found = [_compared(protocol, other) for other in others if other.trial != protocol.trial]
    alike = [one for one in found if one is not None]
    return tuple(sorted(alike, key=lambda one: (-one.likeness, one.trial))[:MOST])


def _compared(protocol: Protocol, other: Protocol) -> Similar | None:
    conditions = _condition(protocol), _condition(other)
    treatments = _treatments(protocol), _treatments(other)
    about = dict(_about(protocol)), dict(_about(other))
    if not (conditions[0] & conditions[1] or treatments[0].keys() & treatments[1].keys()):
        return None
    alike = _share(*conditions) + _share(set(treatments[0]), set(treatments[1]))
    likeness = alike + _jaccard(set(about[0]), set(about[1]))
    title = other.public.lay_title if other.public else other.title
    why = tuple(_why(conditions, treatments, about))
    return Similar(other.trial, title, round(likeness, 6), why)


def _share(one: set[str], other: set[str]) -> float:
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def _jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0


def _condition(protocol: Protocol) -> set[str]:
    return set(re.findall(r"\w+", protocol.design.condition.casefold())) - _LITTLE


def _treatments(protocol: Protocol) -> dict[str, str]:
    names = sorted(name for name in given(protocol) if not is_placebo(name, protocol))
    words = (intervention_in_words(name, protocol) for name in names)
    return {word.casefold(): word for word in words}


def _about(protocol: Protocol) -> Iterator[tuple[str, str]]:
    """What each criterion is about, under a name that other trials share, in words."""
    for _, _, criterion in decisive(protocol):
        for atom in atoms_of(criterion.rule, protocol) if criterion.rule else ():
            yield from _name(atom, protocol)


def _name(atom: Condition, protocol: Protocol) -> Iterator[tuple[str, str]]:
    match atom:
        case Compare():
            words = measure_in_words(atom.value, protocol)
            yield words.casefold(), words
        case History() | State():
            concept = atom.had if isinstance(atom, History) else atom.of
            yield concept, lay_name(concept, protocol)


def _why(
    conditions: tuple[set[str], set[str]],
    treatments: tuple[dict[str, str], dict[str, str]],
    about: tuple[dict[str, str], dict[str, str]],
) -> Iterator[str]:
    if conditions[0] & conditions[1]:
        yield f"Same condition: {' '.join(sorted(conditions[0] & conditions[1]))}"
    shared = [word for key, word in treatments[0].items() if key in treatments[1]]
    if shared:
        yield f"Same treatment: {listed(shared)}"
    both = [words for key, words in about[0].items() if key in about[1]]
    if both:
        more = len(both) - _MOST_NAMED
        told = [*both[:_MOST_NAMED], *([f"{more} more"] if more > 0 else [])]
        yield f"Criteria about the same: {listed(told)}"
