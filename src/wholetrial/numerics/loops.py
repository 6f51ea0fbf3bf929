"""The compiled twins of `elementary` and `philox`: the same operations in the same order.

Every function here gives the bits of its NumPy twin; the tests compare them. Sources as there.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from wholetrial.numerics import elementary as e
from wholetrial.numerics.compiled import compiled, inlined
from wholetrial.numerics.elementary import FloatArray

_W = np.uint64(0xFFFFFFFF)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_K0, _K1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_S32, _S21, _S11, _ONE = np.uint64(32), np.uint64(21), np.uint64(11), np.uint64(1)
_UNIT = 2.0**-53
_LN2_HIGH, _LN2_LOW, _PER_LN2 = e.LN2_HIGH, e.LN2_LOW, e.PER_LN2
_SQRT_HALF = e.SQRT_HALF
E0, E1, E2, E3, E4 = e.EXP
O0, O1, O2, O3 = e.LOG_ODD
V0, V1, V2 = e.LOG_EVEN
CA, CB = e.CENTER_ABOVE, e.CENTER_BELOW
TA, TB = e.TAIL_ABOVE, e.TAIL_BELOW
FA, FB = e.FAR_TAIL_ABOVE, e.FAR_TAIL_BELOW
_MANTISSA = (1 << 52) - 1
_HALF_BITS = 1022 << 52
_SMALLEST = 2.0**-1022
_UP, _DOWN = 2.0**54, 54.0


@intrinsic
def _as_float(context, bits):
    def code(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), code


@intrinsic
def _as_bits(context, number):
    def code(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), code


@inlined
def power_of_two(exponent: int) -> float:
    """2 to an exponent from -1022 to 1023."""
    return _as_float((np.int64(exponent) + np.int64(1023)) << np.int64(52))


@inlined
def exp_of(x: float) -> float:
    x = min(max(x, -800.0), 800.0)
    twos = np.rint(x * _PER_LN2)
    high = x - twos * _LN2_HIGH
    low = twos * _LN2_LOW
    rest = high - low
    square = rest * rest
    series = (((E4 * square + E3) * square + E2) * square + E1) * square + E0
    correction = rest - square * series
    value = 1.0 - ((low - rest * correction / (2.0 - correction)) - high)
    whole = np.int64(twos)
    half = whole >> np.int64(1)
    return value * power_of_two(half) * power_of_two(whole - half)


@inlined
def log_of(x: float) -> float:
    tiny = x < _SMALLEST
    scaled = x * _UP if tiny else x
    bits = _as_bits(scaled)
    fraction = _as_float((bits & np.int64(_MANTISSA)) | np.int64(_HALF_BITS))
    twos = np.float64((bits >> np.int64(52)) - np.int64(1022)) - (_DOWN if tiny else 0.0)
    small = fraction < _SQRT_HALF
    above_one = (2.0 * fraction if small else fraction) - 1.0
    exponent = twos - (1.0 if small else 0.0)
    ratio = above_one / (2.0 + above_one)
    square = ratio * ratio
    fourth = square * square
    odd = ((O3 * fourth + O2) * fourth + O1) * fourth + O0
    even = (V2 * fourth + V1) * fourth + V0
    series = square * odd + fourth * even
    half_square = 0.5 * above_one * above_one
    low = ratio * (half_square + series) + exponent * _LN2_LOW
    return exponent * _LN2_HIGH - ((half_square - low) - above_one)


@inlined
def _above_center(x: float) -> float:
    return (
        (((((CA[7] * x + CA[6]) * x + CA[5]) * x + CA[4]) * x + CA[3]) * x + CA[2]) * x + CA[1]
    ) * x + CA[0]


@inlined
def _below_center(x: float) -> float:
    return (
        (((((CB[7] * x + CB[6]) * x + CB[5]) * x + CB[4]) * x + CB[3]) * x + CB[2]) * x + CB[1]
    ) * x + CB[0]


@inlined
def _tail(x: float) -> float:
    above = (
        (((((TA[7] * x + TA[6]) * x + TA[5]) * x + TA[4]) * x + TA[3]) * x + TA[2]) * x + TA[1]
    ) * x + TA[0]
    below = (
        (((((TB[7] * x + TB[6]) * x + TB[5]) * x + TB[4]) * x + TB[3]) * x + TB[2]) * x + TB[1]
    ) * x + TB[0]
    return above / below


@inlined
def _far_tail(x: float) -> float:
    above = (
        (((((FA[7] * x + FA[6]) * x + FA[5]) * x + FA[4]) * x + FA[3]) * x + FA[2]) * x + FA[1]
    ) * x + FA[0]
    below = (
        (((((FB[7] * x + FB[6]) * x + FB[5]) * x + FB[4]) * x + FB[3]) * x + FB[2]) * x + FB[1]
    ) * x + FB[0]
    return above / below


@inlined
def quantile_of(p: float) -> float:
    from_half = p - 0.5
    square = 0.180625 - from_half * from_half
    center = from_half * (_above_center(square) / _below_center(square))
    root = np.sqrt(-log_of(min(p, 1.0 - p)))
    tail = _tail(root - 1.6) if root <= 5.0 else _far_tail(root - 5.0)
    return center if abs(from_half) <= 0.425 else (tail if from_half > 0.0 else -tail)


@inlined
def philox(c0, c1, c2, c3, k0, k1):
    """Philox4x32-10 on words held in uint64."""
    for _ in range(10):
        first, second = c0 * _M0, c2 * _M1
        c0, c1, c2, c3 = (
            (second >> _S32) ^ c1 ^ k0,
            second & _W,
            (first >> _S32) ^ c3 ^ k1,
            first & _W,
        )
        k0, k1 = (k0 + _K0) & _W, (k1 + _K1) & _W
    return c0, c1, c2, c3


@inlined
def unit_of(high, low):
    """The odd multiple of 2**-53 made of two words."""
    return np.float64(np.int64((high << _S21) | (low >> _S11) | _ONE)) * _UNIT


@compiled
def fill_uniforms(participant, replicate, purpose, seed, out) -> None:
    """Uniforms of block after block into `out`, `(2 B, N)`; words are uint64 `(N,)`."""
    k0, k1 = seed & _W, seed >> _S32
    for b in range(out.shape[0] // 2):
        for i in range(participant.size):
            one, two, three, four = philox(
                participant[i], replicate[i], purpose[i], np.uint64(b), k0, k1
            )
            out[2 * b, i] = unit_of(one, two)
            out[2 * b + 1, i] = unit_of(three, four)


@compiled
def exponentials(x: FloatArray, out: FloatArray) -> None:
    for i in range(x.size):
        out[i] = exp_of(x[i])


@compiled
def logarithms(x: FloatArray, out: FloatArray) -> None:
    for i in range(x.size):
        out[i] = log_of(x[i])


@compiled
def quantiles(p: FloatArray, out: FloatArray) -> None:
    for i in range(p.size):
        out[i] = quantile_of(p[i])
