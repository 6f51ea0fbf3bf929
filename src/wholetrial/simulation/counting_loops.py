"""The inner loop of very many trials: people drawn, treated, read and judged without a record.

In float32, blocks of 64 people in one workspace, as in `lesion_loops`, whose passes it uses. Random
numbers are Philox's, keyed as everywhere (seed, replicate, participant, purpose), 23 bits each.
Normal quantiles: M. Giles, Approximating the erfinv function, GPU Computing Gems 2, 2011 (single
precision). exp and log: polynomials fitted here; relative error below 3e-7.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from wholetrial.numerics.compiled import compiled, inlined
from wholetrial.numerics.loops import philox
from wholetrial.simulation.drug_loops import (
    AMPLITUDE,
    D0,
    IC50,
    LANES,
    M0,
    M1,
    M2,
    follow_part,
    project,
    signal_now,
    squared,
)
from wholetrial.simulation.drug_loops import COLUMNS as _S
from wholetrial.simulation.lesion_loops import (
    A0,
    B0,
    DECAY,
    DOSE,
    FIRST_DRUG,
    FIRST_PART,
    IL_23,
    KOUT,
    KT,
    OUTPUT,
    PHI,
    PROJECT,
    ROWS,
    SOLVE,
    STEP,
    P,
    T,
    U,
    solve_step,
    whole_step,
)

_G = FIRST_DRUG
_R0 = ROWS  # three rates, then the baseline's and the true severity
_BASE, _TRUE, _SEEN = _R0 + 3, _R0 + 4, _R0 + 5
_Z0 = _R0 + 6
_ROWS = _Z0 + 13
DRAWS = 13
(
    Z_SCREEN,
    Z_SEVERITY,
    Z_WEIGHT,
    Z_LESION,
    Z_DRUG,
    Z_PLACEBO,
    Z_T17,
    Z_MEMORY,
    Z_CLEARANCE,
    Z_VOLUME,
    Z_ABSORPTION,
    Z_VISIT,
    U_MISSING,
) = range(DRAWS)
_NORMALS = 12
_f = np.float32
_ONE, _HALF, _FOUR = _f(1), _f(0.5), _f(4)
_PER_LN2, _LN2_HIGH, _LN2_LOW = _f(1.4426950408889634), _f(0.693359375), _f(-2.12194440e-4)
_X2, _X3, _X4, _X5, _X6 = (
    _f(0.5),
    _f(0.16666576266288757),
    _f(0.04166646674275398),
    _f(0.008363181725144386),
    _f(0.0013933652080595493),
)
_L3, _L4, _L5, _L6, _L7, _L8, _L9, _L10 = (
    _f(0.333333283662796),
    _f(-0.25000298023223877),
    _f(0.20001469552516937),
    _f(-0.16642235219478607),
    _f(0.14202137291431427),
    _f(-0.1297236829996109),
    _f(0.12712670862674713),
    _f(-0.0810157060623169),
)
_C = (
    _f(2.81022636e-08),
    _f(3.43273939e-07),
    _f(-3.5233877e-06),
    _f(-4.39150654e-06),
    _f(0.00021858087),
    _f(-0.00125372503),
    _f(-0.00417768164),
    _f(0.246640727),
    _f(1.50140941),
)
_F = (
    _f(-0.000200214257),
    _f(0.000100950558),
    _f(0.00134934322),
    _f(-0.00367342844),
    _f(0.00573950773),
    _f(-0.0076224613),
    _f(0.00943887047),
    _f(1.00167406),
    _f(2.83297682),
)
_FIVE, _MID, _THREE, _ROOT_2 = _f(5), _f(2.5), _f(3), _f(1.4142135623730951)
_SQRT_HALF = _f(0.7071067811865476)
_MOST, _TEN, _HUNDRED = _f(72), _f(10), _f(100)
_UNIT = _f(2.0**-24)
_SPARE = np.uint64(0xFF)
_LOW, _HIGH = _f(-87), _f(88)


@intrinsic
def _as_float(context, bits):
    def code(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.FloatType())

    return types.float32(types.int32), code


@intrinsic
def _as_bits(context, number):
    def code(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(32))

    return types.int32(types.float32), code


@inlined
def exp32(x):
    x = min(max(x, _LOW), _HIGH)
    twos = np.rint(x * _PER_LN2)
    r = (x - twos * _LN2_HIGH) - twos * _LN2_LOW
    square = r * r
    series = (_X2 + _X3 * r) + square * ((_X4 + _X5 * r) + square * _X6)
    power = _as_float((np.int32(twos) + np.int32(127)) << np.int32(23))
    return (square * series + (r + _ONE)) * power


@inlined
def log32(x):
    bits = _as_bits(x)
    fraction = _as_float((bits & np.int32(0x7FFFFF)) | np.int32(126 << 23))
    twos = np.float32((bits >> np.int32(23)) - np.int32(126))
    small = fraction < _SQRT_HALF
    twos = twos - _ONE if small else twos
    g = (fraction + fraction if small else fraction) - _ONE
    square = g * g
    fourth = square * square
    low = (_L3 + _L4 * g) + square * (_L5 + _L6 * g)
    high = (_L7 + _L8 * g) + square * (_L9 + _L10 * g)
    series = low + fourth * high
    low = twos * _LN2_LOW + (square * g * series - _HALF * square)
    return twos * _LN2_HIGH + (g + low)


@inlined
def _ninth(c, a):
    """A polynomial of degree 8, highest power first, in pairs: no long chain of operations."""
    a2 = a * a
    a4 = a2 * a2
    low = (c[8] + c[7] * a) + a2 * (c[6] + c[5] * a)
    high = (c[4] + c[3] * a) + a2 * (c[2] + c[1] * a)
    return low + a4 * (high + a4 * c[0])


@inlined
def quantile32(u):
    x = u + u - _ONE
    w = -log32(_FOUR * (u * (_ONE - u)))
    center = _ninth(_C, w - _MID)
    tail = _ninth(_F, np.sqrt(w) - _THREE)
    return _ROOT_2 * (x * (center if w < _FIVE else tail))


@inlined
def _unit32(word):
    """An odd multiple of 2**-24 between 0 and 1."""
    return np.float32(np.int32((word >> np.uint64(8)) & np.uint64(0xFFFFFE)) | np.int32(1)) * _UNIT


@inlined
def _draw(w, who, when, use, k0, k1):
    """Twelve uniform numbers for each of 64 people, one row each, and one of their spare bits."""
    for block in range(3):
        for i in range(LANES):
            one, two, three, four = philox(who[i], when[i], use, np.uint64(block), k0, k1)
            w[(_Z0 + 4 * block) * _S + i] = _unit32(one)
            w[(_Z0 + 4 * block + 1) * _S + i] = _unit32(two)
            w[(_Z0 + 4 * block + 2) * _S + i] = _unit32(three)
            w[(_Z0 + 4 * block + 3) * _S + i] = _unit32(four)
            if block == 2:
                spare = (one & _SPARE) << np.uint64(24)
                spare = spare | (two & _SPARE) << np.uint64(16) | (three & _SPARE) << np.uint64(8)
                w[(_Z0 + U_MISSING) * _S + i] = _unit32(spare)


@inlined
def _people(w, a):
    """Who they are: severity, the observed one at screening, weight; and their biology.

    `a` are assumptions (`counting.Assumed`).
    """
    for i in range(LANES):
        screen = w[(_Z0 + Z_SCREEN) * _S + i]
        seen = a.log_severity + a.seen_sd * screen
        true = a.log_severity + a.regression * (seen - a.log_severity)
        true = true + a.rest_sd * w[(_Z0 + Z_SEVERITY) * _S + i]
        severity = min(exp32(true), _MOST)
        heavy = a.weight_sd * w[(_Z0 + Z_WEIGHT) * _S + i]
        heavy = a.log_weight + heavy
        zc = w[(_Z0 + Z_CLEARANCE) * _S + i]
        zv = w[(_Z0 + Z_VOLUME) * _S + i]
        za = w[(_Z0 + Z_ABSORPTION) * _S + i]
        volume = a.log_volume + a.volume_weight * heavy + a.volume_sd * zv
        clearance = a.log_clearance + a.clearance_weight * heavy + a.clearance_sd * zc
        elimination = exp32(clearance - volume)
        absorption = exp32(a.log_absorption + a.absorption_sd * za)
        apart = absorption - elimination
        apart = apart if abs(apart) > a.closest * elimination else a.closest * elimination
        amplitude = a.bioavailability * absorption * exp32(-volume) / apart
        w[(_G + AMPLITUDE) * _S + i] = amplitude
        w[(_G + AMPLITUDE + 1) * _S + i] = -amplitude
        w[(_G + AMPLITUDE + 2) * _S + i] = _f(0)
        w[_R0 * _S + i] = elimination
        w[(_R0 + 1) * _S + i] = elimination + apart
        w[(_R0 + 2) * _S + i] = _f(0)
        w[_TRUE * _S + i] = severity
        w[_BASE * _S + i] = np.rint(min(exp32(seen), _MOST) * _TEN)


@inlined
def _biology(w, q):
    for i in range(LANES):
        zl = w[(_Z0 + Z_LESION) * _S + i]
        zt = w[(_Z0 + Z_T17) * _S + i]
        zm = w[(_Z0 + Z_MEMORY) * _S + i]
        zp = w[(_Z0 + Z_PLACEBO) * _S + i]
        zd = w[(_Z0 + Z_DRUG) * _S + i]
        w[KOUT * _S + i] = exp32(q[0] + q[1] * zl)
        w[KT * _S + i] = exp32(q[2] + q[3] * zt)
        w[PHI * _S + i] = _ONE / (_ONE + exp32(-(q[4] + q[5] * zm)))
        w[P * _S + i] = exp32(q[6] + q[7] * zp)
        w[(_G + IC50) * _S + i] = exp32(q[8] + q[9] * zd)
        w[T * _S + i] = _ONE
        w[U * _S + i] = _ONE
        w[(_G + M0) * _S + i] = _f(0)
        w[(_G + M1) * _S + i] = _f(0)
        w[(_G + M2) * _S + i] = _f(0)


@inlined
def _decay(w, days):
    for i in range(LANES):
        w[(_G + D0) * _S + i] = exp32(-w[_R0 * _S + i] * days)
        w[(_G + D0 + 1) * _S + i] = exp32(-w[(_R0 + 1) * _S + i] * days)
        w[(_G + D0 + 2) * _S + i] = _ONE


@inlined
def _given(w, amount):
    for i in range(LANES):
        w[(_G + M0) * _S + i] += w[(_G + AMPLITUDE) * _S + i] * amount
        w[(_G + M1) * _S + i] += w[(_G + AMPLITUDE + 1) * _S + i] * amount
    signal_now(w, _G, False)


@inlined
def _read(w, a, clear):
    """PASI as recorded at the visit, in tenths."""
    for i in range(LANES):
        noise = exp32(a.noise * w[(_Z0 + Z_VISIT) * _S + i])
        seen = min(w[_TRUE * _S + i] * w[U * _S + i] * noise, _MOST)
        w[_SEEN * _S + i] = np.rint(seen * _TEN) if seen >= clear else _f(0)


@inlined
def _responders(w, missing, need, here):
    """How many of the first people have at most so many percent of their baseline left."""
    total = np.int32(0)
    for i in range(LANES):
        enough = _HUNDRED * w[_SEEN * _S + i] <= need * w[_BASE * _S + i]
        counted = enough and w[(_Z0 + U_MISSING) * _S + i] >= missing and i < here
        total += np.int32(counted)
    return total


@inlined
def _normal(w):
    for row in range(_Z0, _Z0 + _NORMALS):
        for i in range(LANES):
            w[row * _S + i] = quantile32(w[row * _S + i])


@inlined
def _truncate(w, row, below, share):
    """Uniform numbers drawn again from a part of their range."""
    for i in range(LANES):
        w[(_Z0 + row) * _S + i] = below + share * w[(_Z0 + row) * _S + i]


@inlined
def _pass(w, op, doubled, row, target, k):
    """A pass of the one drug."""
    if op == PROJECT:
        if target == IL_23:
            project(w, _G, A0, k)
        else:
            project(w, _G, B0, k)
    else:
        if doubled != 0:
            squared(w, _G, False)
        v = (row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7], row[8])
        if op == FIRST_PART:
            follow_part(w, _G, v, True, False)
        else:
            follow_part(w, _G, v, False, False)


@compiled
def count(first, replicates, size, use, seed, a, model, plan, needs, k, counts) -> None:
    """Count the responders of one arm in many trials.

    first: number of the first replicate; size: participants of the arm, whose numbers begin at
    `a.place`. plan: (program, reals, lengths, amounts, target) of the arm, target -1 without a
    drug. model `(R or 1, 11)`. needs `(J,)`: the percent of baseline that may be left. counts
    `(R, J)` is added to.
    """
    program, reals, lengths, amounts, target = plan
    raw = np.empty(_ROWS * _S + LANES, np.float32)
    skip = ((64 - raw.ctypes.data % 64) % 64) // raw.itemsize
    w = raw[skip : skip + _ROWS * _S]
    who, when = np.empty(LANES, np.uint64), np.empty(LANES, np.uint64)
    for i in range(w.size):
        w[i] = _ONE
    k0, k1 = seed & np.uint64(0xFFFFFFFF), seed >> np.uint64(32)
    blocks = (size + LANES - 1) // LANES
    for r in range(replicates):
        m = model[r if model.shape[0] > 1 else 0]
        q = (m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7], m[8], m[9], m[10])
        for b in range(blocks):
            here = min(LANES, size - b * LANES)
            for i in range(LANES):
                who[i] = np.uint64(a.place + b * LANES + i)
                when[i] = np.uint64(first + r)
            _draw(w, who, when, use, k0, k1)
            _truncate(w, Z_SCREEN, a.screen_below, a.screen_share)
            _truncate(w, Z_WEIGHT, a.weight_below, a.weight_share)
            _normal(w)
            _people(w, a)
            _biology(w, q)
            if target >= 0:
                signal_now(w, _G, False)
            for s in range(program.shape[0]):
                op, one, row = program[s, 0], program[s, 1], reals[s]
                if op == STEP and target == IL_23:
                    whole_step(w, row[0], row[1], True, False, k)
                elif op == STEP and target >= 0:
                    whole_step(w, row[0], row[1], False, False, k)
                elif op == STEP or op == SOLVE:
                    solve_step(w, row[0], row[1], k)
                elif op == DECAY:
                    if target >= 0:
                        _decay(w, lengths[one])
                elif op == DOSE:
                    _given(w, amounts[program[s, 2]])
                elif op != OUTPUT and target >= 0:
                    _pass(w, op, one, row, target, k)
            _read(w, a, q[10])
            for j in range(needs.size):
                counts[r, j] += _responders(w, a.missing, needs[j], here)
