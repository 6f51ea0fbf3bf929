"""Adds up what was found in blocks of trials, in memory that does not grow with their number."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.tally import Tally, merged, tally_of
from wholetrial.programme.sweep import BlockFound

HELD = 4096
"""So many trials are held as they are before they are counted."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Collected:
    """What so many trials say: a tally of each statistic, the successes of each test.

    `whole` counts the trials that succeed by their plan, `any` those with any primary success;
    both are None where no primary test decides.
    """

    replicates: int
    tallies: tuple[Tally, ...]
    succeeded: Counts
    failed: Counts
    whole: int | None
    any: int | None


def collect(
    found: Iterable[BlockFound], progress: Callable[[int], None] = lambda done: None
) -> Collected | None:
    """Add up blocks of trials; None where there was not one."""
    so_far: Collected | None = None
    held: list[BlockFound] = []
    for block in found:
        held.append(block)
        if sum(len(one.block) for one in held) >= HELD:
            so_far, held = _added(so_far, held), []
        progress(block.block.stop)
    return _added(so_far, held) if held else so_far


def _added(so_far: Collected | None, held: list[BlockFound]) -> Collected:
    values = np.concatenate([one.values for one in held], axis=1)
    tallies = tuple(tally_of(each) for each in values)
    succeeded = sum((one.succeeded.sum(axis=1) for one in held), np.zeros((), np.int64))
    failed = sum((one.failed.sum(axis=1) for one in held), np.zeros((), np.int64))
    successes = [one.successes for one in held if one.successes is not None]
    whole = sum(int(one.whole.sum()) for one in successes) if successes else None
    some = sum(int(one.any.sum()) for one in successes) if successes else None
    these = Collected(values.shape[1], tallies, succeeded, failed, whole, some)
    return these if so_far is None else _both(so_far, these)


def _both(one: Collected, other: Collected) -> Collected:
    return Collected(
        one.replicates + other.replicates,
        tuple(merged(a, b) for a, b in zip(one.tallies, other.tallies, strict=True)),
        one.succeeded + other.succeeded,
        one.failed + other.failed,
        None if one.whole is None or other.whole is None else one.whole + other.whole,
        None if one.any is None or other.any is None else one.any + other.any,
    )
