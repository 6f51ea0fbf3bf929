"""Stratified tables for the tests: drawn at random, swapped, relabeled."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

Counts = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

FOUR: Counts = tuple(  # type: ignore[assignment]
    np.array(counts)
    for counts in ([20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40])
)


@st.composite
def designs(draw: st.DrawFn, least: int = 1, most: int = 4, smallest: int = 1) -> Counts:
    """One to four strata of up to 25 participants an arm."""
    strata = draw(st.integers(least, most))
    sizes = st.lists(st.integers(smallest, 25), min_size=strata, max_size=strata)
    n, control_n = draw(sizes), draw(sizes)
    x, control_x = ([draw(st.integers(0, most)) for most in people] for people in (n, control_n))
    return tuple(np.array(counts) for counts in (x, n, control_x, control_n))  # type: ignore[return-value]


def swapped(counts: Sequence[Any]) -> Sequence[Any]:
    """The control arm in the place of the active one."""
    return (*counts[2:], *counts[:2])


def without_event(counts: Sequence[Any]) -> Sequence[Any]:
    """Those without the event counted as if they had it."""
    x, n, control_x, control_n = counts
    return n - x, n, control_n - control_x, control_n


def relabeled(counts: Sequence[np.ndarray], order: Sequence[int]) -> list[np.ndarray]:
    """The strata in another order."""
    return [part[..., order] for part in counts]


def many(replicates: int, seed: int = 11, strata: int = 4) -> Counts:
    """Replicates of one design, some strata of which lack an arm, some an event."""
    random = np.random.default_rng(seed)
    most = random.integers(1, 15, (replicates, 1))
    n, control_n = random.integers(0, most, (2, replicates, strata))
    x, control_x = random.binomial(n, 0.35), random.binomial(control_n, 0.2)
    return x, n, control_x, control_n
