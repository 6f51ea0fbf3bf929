"""Labels of arms, strata and visits as R writes them: the order of its levels, names of contrasts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np


def written(value: Any) -> str:
    """A label of a result, which JSON may hold as a number."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def in_order(values: Iterable[Any]) -> list[str]:
    """The labels in the order in which a result names them, each once."""
    return list(dict.fromkeys(written(value) for value in values))


def levels_of(texts: Iterable[str]) -> list[str]:
    """The levels that R's factor makes of a column: numbers by size, else letters, a before B.

    Only for what does not depend on the order, or where the result does not show it.
    """
    found = set(map(str, texts))
    if all(_is_number(text) for text in found):
        return sorted(found, key=float)
    return sorted(found, key=lambda text: (text.casefold(), text.swapcase()))


def codes(texts: Iterable[str], levels: Sequence[str]) -> np.ndarray:
    """The place of each text among the levels; one that is none of them is an error."""
    place = {level: index for index, level in enumerate(levels)}
    for text in set(map(str, texts)) - set(place):
        same = [level for level in levels if _same_number(text, level)]
        if len(same) != 1:
            raise ValueError(f"{text!r} is none of the levels {', '.join(map(repr, levels))}")
        place[text] = place[same[0]]
    return np.array([place[str(text)] for text in texts], int)


def pair_of(contrast: str, labels: Sequence[str], factor: str) -> tuple[int, int]:
    """Which two labels emmeans compares, the first less the second, from the contrast's name.

    It writes the factor's name before labels that are numbers, and parentheses around those that
    hold a sign.
    """
    place = {
        name: index
        for index, label in enumerate(labels)
        for name in (label, f"{factor}{label}", f"({label})", f"({factor}{label})")
    }
    for first, second in _parted(contrast, " - "):
        if first in place and second in place:
            return place[first], place[second]
    raise ValueError(f"{contrast!r} compares no two of {', '.join(map(repr, labels))}")


def parted(name: str, between: str, labels: Iterable[str]) -> tuple[str, str]:
    """The two labels that a name such as arm2_vs_1 joins."""
    known = set(labels)
    for first, second in _parted(name, between):
        if first in known and second in known:
            return first, second
    raise ValueError(f"{name!r} joins no two of {', '.join(map(repr, sorted(known)))}")


def _parted(name: str, between: str) -> Iterator[tuple[str, str]]:
    start = name.find(between)
    while start >= 0:
        yield name[:start], name[start + len(between) :]
        start = name.find(between, start + 1)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _same_number(text: str, other: str) -> bool:
    return _is_number(text) and _is_number(other) and float(text) == float(other)
