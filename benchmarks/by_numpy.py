"""The psoriasis model's own algorithm, pass for pass, as NumPy array operations.

A program of `lesion_program` is followed with arrays of all people at once, for one drug. The
operations are those of the compiled loop in the same order, so that the bits are the same too;
what differs is that each of them is a NumPy call.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from wholetrial.numerics.elementary import exp
from wholetrial.simulation.course import Doses
from wholetrial.simulation.disease import Biology
from wholetrial.simulation.lesion_loops import (
    DECAY,
    DOSE,
    FIRST_PART,
    OUTPUT,
    PART,
    PROJECT,
    SOLVE,
)
from wholetrial.simulation.lesion_program import Plan, Program, program_of

Floats = NDArray[Any]


def lesions(biology: Biology, doses: Doses, days: tuple[float, ...], real: Any) -> Floats:
    """The lesion on days that end a step, `(T, P)`."""
    (name,) = biology.drugs
    reading = tuple(day for day in days if day > 0.0)
    fresh = ((0, doses.fresh_days(name, frozenset())),)
    plan = Plan(0.0, reading[-1], ((0, doses.day),), fresh, reading, biology.placebo_decay)
    program = program_of(plan, real)
    body = _Body(biology, doses, program, real)
    out = np.empty((len(reading), body.lesion.size), real)
    for (op, one, two, _), row in zip(program.passes.tolist(), program.reals, strict=True):
        if op == DOSE:
            body.give(two)
        elif op == DECAY:
            body.decay = body.decays[one]
        elif op in (FIRST_PART, PART):
            body.part(op == FIRST_PART, one, row)
        elif op == PROJECT:
            body.project()
        elif op == OUTPUT:
            out[one] = body.lesion
        else:
            if op != SOLVE:
                body.ends()
            body.solve(row[0], row[1])
    return np.concatenate([np.ones((len(days) - len(reading), body.lesion.size), real), out])


class _Body:
    """Everybody's state, and the signal at the start, middle and end of the step at hand."""

    def __init__(self, biology: Biology, doses: Doses, program: Program, real: Any) -> None:
        ((name, drug),) = biology.drugs.items()
        self.il_17, self.real = drug.target == "IL-17", real
        self.kt, self.kout = biology.t17_turnover.astype(real), biology.lesion_turnover.astype(real)
        self.phi = biology.memory.astype(real)
        self.placebo = biology.placebo_effect.astype(real)
        self.t17, self.lesion = np.ones_like(self.kt), np.ones_like(self.kt)
        self.ic50, self.amplitude = drug.ic50.astype(real), drug.modes.amplitude.astype(real)
        self.modes = np.zeros_like(self.amplitude)
        lengths = np.asarray(program.lengths).reshape(-1, 1, 1)
        self.decays = exp(-lengths * drug.modes.rate).astype(real)
        self.decay = self.decays[0]
        self.amounts = doses.amount[name].astype(real)
        self.now = np.ones_like(self.kt)
        self.moments: list[Floats] = []
        self.signal: tuple[Floats, ...] = ()

    def give(self, column: int) -> None:
        self.modes = self.modes + self.amplitude * self.amounts[..., column]
        self.now = self.ic50 / (self.ic50 + self._concentration())

    def ends(self) -> None:
        """Follow the drug over a whole step."""
        before = self.now
        self.signal = (before, *self._followed())

    def part(self, first: bool, doubled: int, row: Floats) -> None:
        """Follow the drug over a part, and add its share to the signal's moments."""
        if doubled:
            self.decay = self.decay * self.decay
        before = self.now
        middle, end = self._followed()
        share = [(row[n] * before + row[n + 1] * middle) + row[n + 2] * end for n in (0, 3, 6)]
        self.moments = (
            share if first else [old + new for old, new in zip(self.moments, share, strict=True)]
        )

    def project(self) -> None:
        """The parabola with the signal's moments."""
        three, five, half = (self.real(x) for x in (3, 5, 2.5))
        q0, q1, q2 = self.moments[0], three * self.moments[1], self.moments[2]
        ends = q0 + five * q2
        self.signal = (ends - q1, q0 - half * q2, ends + q1)

    def solve(self, h: Any, left: Any) -> None:
        """One step of Lobatto IIIA, the 2 x 2 system solved in closed form."""
        one, two, three, four, six, twelve = (self.real(x) for x in (1, 2, 3, 4, 6, 12))
        t, u, phi = self.t17, self.lesion, self.phi
        kt, q = self.kt * h, self.kout * h
        pm = self.placebo * left
        p1 = pm * left
        l0, lm, l1 = q * (one + self.placebo), q * (one + pm), q * (one + p1)
        if self.il_17:
            a0 = am = a1 = kt
            d0, dm, d1 = (q * signal for signal in self.signal)
        else:
            a0, am, a1 = (kt * signal for signal in self.signal)
            d0 = dm = d1 = q
        e0, em, e1 = a0 * phi, am * phi, a1 * phi
        g0, gm, g1 = a0 - e0, am - em, a1 - e1
        t_change = (e0 * u + g0) - kt * t
        u_change = d0 * t - l0 * u
        t4, u4 = four * t, four * u
        t_lever, u_lever = t4 + (t_change - g1), u4 + u_change
        supply = four * gm + g1
        tr = ((three * t4 + (t_change + t_change)) + (em * u_lever - kt * t_lever)) + (
            supply + supply
        )
        ur = (three * u4 + (u_change + u_change)) + (dm * t_lever - lm * u_lever)
        f = four + l1
        tt = twelve + (kt * (six + kt) + em * d1)
        tu = em * f + e1 * (two + kt)
        ut = dm * (four + kt) + d1 * (two + lm)
        uu = (twelve + (l1 + l1)) + (lm * f + dm * e1)
        inverse = one / (tt * uu - tu * ut)
        self.t17, self.lesion = (uu * tr + tu * ur) * inverse, (ut * tr + tt * ur) * inverse
        self.placebo = p1

    def _followed(self) -> tuple[Floats, Floats]:
        """The signal in the middle and at the end of a stretch; the modes stand at its end."""
        self.modes = self.modes * self.decay
        middle = self.ic50 + self._concentration()
        self.modes = self.modes * self.decay
        end = self.ic50 + self._concentration()
        share = self.ic50 / (middle * end)
        self.now = share * middle
        return share * end, self.now

    def _concentration(self) -> Floats:
        total = self.modes[0] + self.modes[1]
        return total + self.modes[2] if len(self.modes) == 3 else total
