"""What the inner loop does from one day to another: a list of passes, made once for a dose plan.

Days are cut at whole weeks counted from day 0, at doses, and at both ends. Such a piece is one step
of the disease; after a dose its signal is summed over parts that double in length, down to a
32nd of the piece, and to a 512th of half of it where the first dose meets a body without drug.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from math import ceil, floor
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.numerics.elementary import exp
from wholetrial.simulation.lesion_loops import (
    DECAY,
    DOSE,
    FIRST_PART,
    OUTPUT,
    PART,
    PROJECT,
    REMEMBER,
    SOLVE,
    STEP,
)

WEEK = 7.0
PARTS = (5, 9)
"""Parts of a step after a dose, and after the first dose."""
_PROGRAMS = 4096


class Program(NamedTuple):
    """Passes with their whole numbers and reals.

    `lengths` are the days whose decay they need, `last_step` the length of the last step.
    """

    passes: NDArray[np.int64]
    reals: NDArray[np.float64]
    lengths: tuple[float, ...]
    last_step: float


class Plan(NamedTuple):
    """Days of which a program is made: from, to, what is given when, when the lesion is read.

    `doses` are pairs of a drug's place and the day of each of its columns; `fresh` pairs of a
    drug's place and the days on which some participants have none of it in them. `dense`: what is
    read can be followed beyond its day. `step`: the longest step in days.
    """

    from_day: float
    to_day: float
    doses: tuple[tuple[int, tuple[float, ...]], ...]
    fresh: tuple[tuple[int, tuple[float, ...]], ...]
    read: tuple[float, ...]
    placebo_decay: float
    dense: bool = False
    step: float = WEEK
    parts: tuple[int, int] = PARTS


@lru_cache(_PROGRAMS)
def program_of(plan: Plan, real: Any = np.float64) -> Program:
    """The program of a plan, in a precision."""
    writer = _Writer(plan.placebo_decay)
    fresh = {day for _, days in plan.fresh for day in days}
    for begin, end in pairwise(_cuts(plan)):
        given = _given(plan, begin)
        for drug, column in given:
            writer.add(DOSE, drug, column)
        _piece(writer, plan, (begin, end), bool(given), begin in fresh and bool(given))
    return writer.program(real)


def _piece(
    writer: "_Writer", plan: Plan, piece: tuple[float, float], dosed: bool, fresh: bool
) -> None:
    """From one cut to the next: one step, or two where a drug meets a body without it."""
    begin, end = piece
    cuts = [begin, (begin + end) / 2, end] if fresh else [begin, end]
    for number, (low, high) in enumerate(pairwise(cuts)):
        read = [day for day in plan.read if low < day <= high]
        if plan.dense or any(day < high for day in read):
            writer.add(REMEMBER, reals=(high - low,))
        if dosed and number == 0:
            writer.averaged(high - low, plan.parts[int(fresh)])
        else:
            writer.plain(high - low)
        for day in read:
            writer.read(plan.read.index(day), high - day)


class _Writer:
    """A program as it grows; `last` is the length of its last step."""

    def __init__(self, placebo_decay: float) -> None:
        self._rows: list[list[int]] = []
        self._reals: list[list[float]] = []
        self._lengths: list[float] = []
        self._decay_of: float | None = None
        self._placebo_decay = placebo_decay
        self.last = 1.0

    def add(self, operation: int, *whole: int, reals: tuple[float, ...] = ()) -> None:
        self._rows.append([operation, *whole, *[0] * (3 - len(whole))])
        self._reals.append([*reals, *[0.0] * (9 - len(reals))])

    def plain(self, days: float) -> None:
        """A step without a dose."""
        self._decay(days / 2)
        self.add(STEP, reals=self._step(days))

    def averaged(self, days: float, parts: int) -> None:
        """A step after a dose: the signal is averaged over parts that double in length."""
        breaks = [0.0, *(0.5**n for n in range(parts - 1, -1, -1))]
        self._decay(days * breaks[1] / 2)
        for number, weights in enumerate(_weights(*part) for part in pairwise(breaks)):
            doubled = int(number >= 2)
            self.add(PART if number else FIRST_PART, doubled, reals=weights)
        self._decay_of = None
        self.add(PROJECT)
        self.add(SOLVE, reals=self._step(days))

    def read(self, place: int, before_the_end: float) -> None:
        """The lesion some days before the end of the last step."""
        self.add(OUTPUT, place, reals=(self.last, 1.0 - before_the_end / self.last))

    def program(self, real: Any) -> Program:
        passes = np.asarray(self._rows, np.int64).reshape(-1, 4)
        return Program(
            passes,
            np.asarray(self._reals, real).reshape(-1, 9),
            tuple(self._lengths),
            self.last,
        )

    def _step(self, days: float) -> tuple[float, float]:
        self.last = days
        return days, float(exp(-0.5 * days * self._placebo_decay))

    def _decay(self, days: float) -> None:
        if self._decay_of == days:
            return
        if days not in self._lengths:
            self._lengths.append(days)
        self._decay_of = days
        self.add(DECAY, self._lengths.index(days))


def _weights(begin: float, end: float) -> tuple[float, ...]:
    """Simpson's weights on a part of [0, 1], for the moments with 1, 2x - 1 and 6x^2 - 6x + 1."""
    places = ((1.0, begin), (4.0, (begin + end) / 2), (1.0, end))
    size = (end - begin) / 6
    return (
        *(size * weight for weight, _ in places),
        *(size * weight * (2 * x - 1) for weight, x in places),
        *(size * weight * ((6 * x - 6) * x + 1) for weight, x in places),
    )


def _cuts(plan: Plan) -> list[float]:
    """The days that end a step.

    Soon after a first dose the lesion bends too sharply to be read within a step.
    """
    low, high = plan.from_day, plan.to_day
    days = {low, high, *(day for _, columns in plan.doses for day in columns)}
    days.update(_multiples(plan.step, low, high))
    firsts = {day for _, columns in plan.fresh for day in columns}
    soon = plan.step / 2
    days.update(day for day in plan.read if any(0.0 < day - first < soon for first in firsts))
    return sorted(day for day in days if low <= day <= high)


def _multiples(step: float, low: float, high: float) -> Iterator[float]:
    return (step * n for n in range(ceil(low / step), floor(high / step) + 1))


def _given(plan: Plan, day: float) -> list[tuple[int, int]]:
    """The drugs given on a day, each with the column of its amounts."""
    return [(drug, days.index(day)) for drug, days in plan.doses if day in days]
