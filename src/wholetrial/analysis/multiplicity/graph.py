"""A graphical procedure: hypotheses, their shares of the level, and where a share passes on to.

Reference: Bretz F, Maurer W, Brannath W, Posch M. Stat Med 2009;28:586-604.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wholetrial.analysis.estimate import Floats

ROUNDING = 1e-10
"""How far weights may add up to more than 1: three of 0.3333333333333334 still do to 1."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Hypotheses with weights that add up to at most 1, and the share each passes on to others.

    `transitions[i][j]` is the share of its weight that hypothesis i passes to j once it is
    rejected; a row adds up to at most 1, and no hypothesis passes to itself.

    >>> Graph(("pasi_75", "dlqi"), (1.0, 0.0), ((0.0, 1.0), (0.0, 0.0))).hypotheses
    ('pasi_75', 'dlqi')
    """

    hypotheses: tuple[str, ...]
    weights: tuple[float, ...]
    transitions: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        """Raise ValueError for weights or transitions that are not shares."""
        names = self.hypotheses
        if not names or len(set(names)) != len(names):
            raise ValueError(f"hypotheses must be one or more different names; got {names}")
        _check_shares("weights", self.weights, names)
        if len(self.transitions) != len(names):
            raise ValueError(
                f"transitions must have a row for each of {len(names)} hypotheses; "
                f"got {len(self.transitions)}"
            )
        for name, row in zip(names, self.transitions, strict=True):
            _check_shares(f"transitions of {name}", row, names)
        for place, name in enumerate(names):
            if self.transitions[place][place] != 0:
                share = self.transitions[place][place]
                raise ValueError(f"{name} must not pass anything to itself; got {share}")


def weights_of(graph: Graph) -> Floats:
    """The weights as an array `(M,)`."""
    return np.array(graph.weights, np.float64)


def transitions_of(graph: Graph) -> Floats:
    """The transitions as an array `(M, M)`."""
    return np.array(graph.transitions, np.float64)


def _check_shares(what: str, shares: Sequence[float], names: Sequence[str]) -> None:
    if len(shares) != len(names):
        raise ValueError(f"{what} must hold a share for each of {list(names)}; got {list(shares)}")
    if not all(0 <= share <= 1 for share in shares):
        raise ValueError(f"{what} must lie between 0 and 1; got {list(shares)}")
    if sum(shares) > 1 + ROUNDING:
        raise ValueError(f"{what} must add up to at most 1; got {list(shares)}, {sum(shares):g}")
