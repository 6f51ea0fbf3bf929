"""The inner loop of the psoriasis model: blocks of 64 people follow a small program together.

A block lives in one workspace that stays in the first-level cache: a row for each quantity, a
column for each person. A program is a list of passes over it (see `lesion_program`): give a dose,
follow a drug for a part of a step, solve a step, write the lesion down. Every row has a place that
the compiler knows, so each pass runs on the processor's vectors. Nothing here depends on the size
of numbers but + - * /: the same source serves float64 and float32, and every vector width.

The step is Lobatto IIIA on the two states (see `disease`). Within a step the signal that a drug
leaves is taken at both ends and in the middle; in a step after a dose, where it changes much
faster than the disease, it is first replaced by the parabola nearest to it in the mean square,
whose moments are summed over parts that double in length.
"""

from typing import Any, NamedTuple

import numpy as np

from wholetrial.numerics.compiled import compiled, inlined
from wholetrial.simulation.drug_loops import (
    AMPLITUDE,
    D0,
    D1,
    D2,
    DRUG_ROWS,
    IC50,
    LANES,
    M0,
    M1,
    M2,
    S0,
    follow_part,
    follow_step,
    project,
    signal_now,
    squared,
)
from wholetrial.simulation.drug_loops import COLUMNS as _S

T, U, P, KT, KOUT, PHI, BEFORE, SLOPE, AFTER = range(9)
A0, AM, A1, B0, BM, B1 = range(9, 15)
_DRUG = 15
ROWS = _DRUG + 2 * DRUG_ROWS
FIRST_DRUG, SECOND_DRUG = _DRUG, _DRUG + DRUG_ROWS

DOSE, DECAY, FIRST_PART, PART, PROJECT, SOLVE, STEP, REMEMBER, OUTPUT = range(9)
IL_23, IL_17 = 0, 1


class Numbers(NamedTuple):
    """Constants in the precision of the calculation."""

    one: Any
    two: Any
    three: Any
    four: Any
    five: Any
    six: Any
    twelve: Any
    five_halves: Any


def numbers(real: type[np.floating[Any]]) -> Numbers:
    """The constants in a precision."""
    return Numbers(*(real(value) for value in (1, 2, 3, 4, 5, 6, 12, 2.5)))


@inlined
def _solved(person, signals, h, left, k):
    """One step of Lobatto IIIA for one person: T, u, and the placebo effect left at its end.

    `signals` are those of IL-23 and of IL-17 at the start, middle and end; `left` is what half a
    step leaves of the placebo effect. The 2 x 2 system is solved in closed form.
    """
    t, u, p, rate, turnover, phi = person
    a0, am, a1, b0, bm, b1 = signals
    kt, q = rate * h, turnover * h
    pm = p * left
    p1 = pm * left
    l0, lm, l1 = q * (k.one + p), q * (k.one + pm), q * (k.one + p1)
    a0, am, a1 = kt * a0, kt * am, kt * a1
    e0, em, e1 = a0 * phi, am * phi, a1 * phi
    g0, gm, g1 = a0 - e0, am - em, a1 - e1
    d0, dm, d1 = q * b0, q * bm, q * b1
    t_change = (e0 * u + g0) - kt * t
    u_change = d0 * t - l0 * u
    t4, u4 = k.four * t, k.four * u
    t_lever = t4 + (t_change - g1)
    u_lever = u4 + u_change
    supply = k.four * gm + g1
    tr = ((k.three * t4 + (t_change + t_change)) + (em * u_lever - kt * t_lever)) + (
        supply + supply
    )
    ur = (k.three * u4 + (u_change + u_change)) + (dm * t_lever - lm * u_lever)
    f = k.four + l1
    tt = k.twelve + (kt * (k.six + kt) + em * d1)
    tu = em * f + e1 * (k.two + kt)
    ut = dm * (k.four + kt) + d1 * (k.two + lm)
    uu = (k.twelve + (l1 + l1)) + (lm * f + dm * e1)
    inverse = k.one / (tt * uu - tu * ut)
    return (uu * tr + tu * ur) * inverse, (ut * tr + tt * ur) * inverse, p1


@inlined
def _person(w, i):
    return (
        w[T * _S + i],
        w[U * _S + i],
        w[P * _S + i],
        w[KT * _S + i],
        w[KOUT * _S + i],
        w[PHI * _S + i],
    )


@inlined
def solve_step(w, h, left, k):
    """Solve a step whose signals stand in their rows."""
    for i in range(LANES):
        signals = (
            w[A0 * _S + i],
            w[AM * _S + i],
            w[A1 * _S + i],
            w[B0 * _S + i],
            w[BM * _S + i],
            w[B1 * _S + i],
        )
        person = _person(w, i)
        t, u, p = _solved(person, signals, h, left, k)
        w[T * _S + i] = t
        w[U * _S + i] = u
        w[P * _S + i] = p


@inlined
def whole_step(w, h, left, il_23, three, k):
    """A whole step under one drug: its signal and the states in one pass."""
    g = FIRST_DRUG
    for i in range(LANES):
        d0, d1 = w[(g + D0) * _S + i], w[(g + D1) * _S + i]
        m0, m1 = w[(g + M0) * _S + i] * d0, w[(g + M1) * _S + i] * d1
        half = w[(g + IC50) * _S + i]
        middle = m0 + m1
        m0 *= d0
        m1 *= d1
        end = m0 + m1
        if three:
            d2 = w[(g + D2) * _S + i]
            m2 = w[(g + M2) * _S + i] * d2
            middle = middle + m2
            m2 *= d2
            end = end + m2
            w[(g + M2) * _S + i] = m2
        middle = half + middle
        end = half + end
        share = half / (middle * end)
        s0, sm, s1 = w[(g + S0) * _S + i], share * end, share * middle
        w[(g + M0) * _S + i] = m0
        w[(g + M1) * _S + i] = m1
        w[(g + S0) * _S + i] = s1
        one = k.one
        signals = (s0, sm, s1, one, one, one) if il_23 else (one, one, one, s0, sm, s1)
        person = _person(w, i)
        t, u, p = _solved(person, signals, h, left, k)
        w[T * _S + i] = t
        w[U * _S + i] = u
        w[P * _S + i] = p


@inlined
def _load(w, row, values, first):
    block = values[first : first + LANES]
    for i in range(LANES):
        w[row * _S + i] = block[i]


@inlined
def _store(w, row, values, first):
    block = values[first : first + LANES]
    for i in range(LANES):
        block[i] = w[row * _S + i]


@inlined
def _swap(w):
    """The second drug in the place of the first: passes know one place only."""
    for i in range(DRUG_ROWS * _S):
        first = w[FIRST_DRUG * _S + i]
        w[FIRST_DRUG * _S + i] = w[SECOND_DRUG * _S + i]
        w[SECOND_DRUG * _S + i] = first


@inlined
def _slope(w, place, targets, h, k):
    """H du/dt at this moment, into a row."""
    many = targets.size
    for i in range(LANES):
        b = k.one
        if many > 0 and targets[0] == IL_17:
            b = w[(FIRST_DRUG + S0) * _S + i]
        if many > 1 and targets[1] == IL_17:
            b = b * w[(SECOND_DRUG + S0) * _S + i]
        lost = (k.one + w[P * _S + i]) * w[U * _S + i]
        w[place * _S + i] = h * (w[KOUT * _S + i] * (b * w[T * _S + i] - lost))


@inlined
def _between(w, block, x, k):
    """The lesion within the last step, x of the way: the cubic with its ends and slopes."""
    y = k.one - x
    for i in range(LANES):
        before, end = w[BEFORE * _S + i], w[U * _S + i]
        rise = end - before
        bend = y * (w[SLOPE * _S + i] - rise) - x * (w[AFTER * _S + i] - rise)
        block[i] = (y * before + x * end) + (x * y) * bend


@inlined
def _give(w, amounts, first):
    block = amounts[first : first + LANES]
    for i in range(LANES):
        amount = block[i]
        for r in range(3):
            w[(FIRST_DRUG + M0 + r) * _S + i] += w[(FIRST_DRUG + AMPLITUDE + r) * _S + i] * amount
    signal_now(w, FIRST_DRUG, True)


@inlined
def _together(w, t, other, k):
    """Two drugs that block one signal: the second's stands where the other signal has its rows."""
    for r in range(3):
        for i in range(LANES):
            w[(t + r) * _S + i] *= w[(other + r) * _S + i]
            w[(other + r) * _S + i] = k.one


@inlined
def _drug_pass(w, op, one, target, row, k):
    """A pass over the drug in the first place."""
    if op == PROJECT:
        if target == IL_23:
            project(w, FIRST_DRUG, A0, k)
        else:
            project(w, FIRST_DRUG, B0, k)
    elif op == STEP:
        if target == IL_23:
            follow_step(w, FIRST_DRUG, A0)
        else:
            follow_step(w, FIRST_DRUG, B0)
    else:
        if one != 0:
            squared(w, FIRST_DRUG, True)
        v = (row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8])
        if op == FIRST_PART:
            follow_part(w, FIRST_DRUG, v, True, True)
        else:
            follow_part(w, FIRST_DRUG, v, False, True)


@compiled
def integrate(people, state, drugs, modes, decays, doses, program, reals, targets, out, k) -> None:
    """Take people through a program; `state` and `modes` are changed in place.

    people `(3, N)`: kT, kout, phi. state `(3, N)`: T, u, placebo effect. drugs `(D, 4, N)`: IC50
    and the amplitude of each mode; modes `(D, 3, N)`; decays `(L, D, 3, N)`: what each mode keeps
    over some lengths of time; doses `(D, J, N)` in mg. program `(S, 4)`: operation and up to three
    whole numbers; reals `(S, 9)`. targets `(D,)`. out `(O, 1, N)`: u where it is
    read, or `(O, 4, N)`: u, h du/dt, then u and h du/dt at the start of that step. One drug, two,
    or none. N is a multiple of LANES.
    """
    count, many, dense = people.shape[1], drugs.shape[0], out.shape[1] == 4
    raw = np.empty(ROWS * _S + LANES, people.dtype)
    skip = ((64 - raw.ctypes.data % 64) % 64) // raw.itemsize
    w = raw[skip : skip + ROWS * _S]
    for i in range(w.size):
        w[i] = k.one
    same = many == 2 and targets[0] == targets[1]
    three = False
    if many == 1:
        for i in range(count):
            three = three or drugs[0, 3, i] != 0.0
    for first in range(0, count, LANES):
        for r in range(3):
            _load(w, KT + r, people[r], first)
            _load(w, T + r, state[r], first)
        for d in range(many):
            if d == 1:
                _swap(w)
            _load(w, FIRST_DRUG + IC50, drugs[d, 0], first)
            for r in range(3):
                _load(w, FIRST_DRUG + AMPLITUDE + r, drugs[d, 1 + r], first)
                _load(w, FIRST_DRUG + M0 + r, modes[d, r], first)
            signal_now(w, FIRST_DRUG, True)
            if d == 1:
                _swap(w)
        for s in range(program.shape[0]):
            op, one, row = program[s, 0], program[s, 1], reals[s]
            if op == STEP and many == 1:
                if targets[0] == IL_23:
                    if three:
                        whole_step(w, row[0], row[1], True, True, k)
                    else:
                        whole_step(w, row[0], row[1], True, False, k)
                elif three:
                    whole_step(w, row[0], row[1], False, True, k)
                else:
                    whole_step(w, row[0], row[1], False, False, k)
            elif op == REMEMBER:
                _slope(w, SLOPE, targets, row[0], k)
                for i in range(LANES):
                    w[BEFORE * _S + i] = w[U * _S + i]
            elif op == OUTPUT and row[1] == k.one and not dense:
                _store(w, U, out[one, 0], first)
            elif op == OUTPUT:
                _slope(w, AFTER, targets, row[0], k)
                _between(w, out[one, 0][first : first + LANES], row[1], k)
                if dense:
                    _store(w, AFTER, out[one, 1], first)
                    _store(w, BEFORE, out[one, 2], first)
                    _store(w, SLOPE, out[one, 3], first)
            else:
                for d in range(many):
                    if d == 1:
                        _swap(w)
                    if op == DECAY:
                        for r in range(3):
                            _load(w, FIRST_DRUG + D0 + r, decays[one, d, r], first)
                    elif op == DOSE:
                        if one == d:
                            _give(w, doses[d, program[s, 2]], first)
                    elif op != SOLVE:
                        target = 1 - targets[d] if d == 1 and same else targets[d]
                        _drug_pass(w, op, one, target, row, k)
                    if d == 1:
                        _swap(w)
                if op == STEP or op == SOLVE:
                    if same and targets[0] == IL_23:
                        _together(w, A0, B0, k)
                    elif same:
                        _together(w, B0, A0, k)
                    solve_step(w, row[0], row[1], k)
        for r in range(3):
            _store(w, T + r, state[r], first)
        for d in range(many):
            for r in range(3):
                _store(w, _DRUG + d * DRUG_ROWS + M0 + r, modes[d, r], first)
