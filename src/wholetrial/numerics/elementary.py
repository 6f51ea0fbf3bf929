"""Exponential, logarithm and normal quantile that give the same bits on every processor.

NumPy and the C library choose their exp, log and pow by instruction set and release, and the last
bits differ between processors. What is simulated must not: these use only + - * / and sqrt, which
IEEE 754 rounds exactly, and exact operations on the exponent (frexp, ldexp, rint).

Sources: Sun Microsystems' fdlibm 5.3 (e_exp.c, e_log.c: argument reductions and coefficients);
M. J. Wichura, Algorithm AS 241, Applied Statistics 1988;37:477-484 (PPND16).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

COMPILED_FROM = 4096
"""Arrays of so many numbers and more go through compiled loops."""

LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
PER_LN2 = 1.44269504088896338700e00
SQRT_HALF = 7.07106781186547524401e-01

EXP = (
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
)
LOG_ODD = (
    6.666666666666735130e-01,
    2.857142874366239149e-01,
    1.818357216161805012e-01,
    1.479819860511658591e-01,
)
LOG_EVEN = (3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01)

CENTER_ABOVE = (
    3.3871328727963666080e0,
    1.3314166789178437745e2,
    1.9715909503065514427e3,
    1.3731693765509461125e4,
    4.5921953931549871457e4,
    6.7265770927008700853e4,
    3.3430575583588128105e4,
    2.5090809287301226727e3,
)
CENTER_BELOW = (
    1.0,
    4.2313330701600911252e1,
    6.8718700749205790830e2,
    5.3941960214247511077e3,
    2.1213794301586595867e4,
    3.9307895800092710610e4,
    2.8729085735721942674e4,
    5.2264952788528545610e3,
)
TAIL_ABOVE = (
    1.42343711074968357734e0,
    4.63033784615654529590e0,
    5.76949722146069140550e0,
    3.64784832476320460504e0,
    1.27045825245236838258e0,
    2.41780725177450611770e-1,
    2.27238449892691845833e-2,
    7.74545014278341407640e-4,
)
TAIL_BELOW = (
    1.0,
    2.05319162663775882187e0,
    1.67638483018380384940e0,
    6.89767334985100004550e-1,
    1.48103976427480074590e-1,
    1.51986665636164571966e-2,
    5.47593808499534494600e-4,
    1.05075007164441684324e-9,
)
FAR_TAIL_ABOVE = (
    6.65790464350110377720e0,
    5.46378491116411436990e0,
    1.78482653991729133580e0,
    2.96560571828504891230e-1,
    2.65321895265761230930e-2,
    1.24266094738807843860e-3,
    2.71155556874348757815e-5,
    2.01033439929228813265e-7,
)
FAR_TAIL_BELOW = (
    1.0,
    5.99832206555887937690e-1,
    1.36929880922735805310e-1,
    1.48753612908506148525e-2,
    7.86869131145613259100e-4,
    1.84631831751005468180e-5,
    1.42151175831644588870e-7,
    2.04426310338993978564e-15,
)


def exp(x: ArrayLike) -> FloatArray:
    """Exponential within about one unit in the last place; 0 below -745, infinite above 709.8.

    >>> round(float(exp(1.0)), 14)
    2.71828182845905
    """
    given = np.asarray(x, dtype=np.float64)
    if given.size >= COMPILED_FROM:
        return _compiled("exponentials", given)
    x = np.clip(given, -800.0, 800.0)
    twos = np.fmax(np.rint(x * PER_LN2), -2000.0)
    high = x - twos * LN2_HIGH
    low = twos * LN2_LOW
    rest = high - low
    square = rest * rest
    correction = rest - square * _polynomial(square, EXP)
    value = 1.0 - ((low - rest * correction / (2.0 - correction)) - high)
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(value, twos.astype(np.int32)))


def log(x: ArrayLike) -> FloatArray:
    """Natural logarithm within about one unit in the last place, of positive finite numbers.

    >>> float(log(2.0))
    0.6931471805599453
    """
    x = np.asarray(x, dtype=np.float64)
    _refuse_unless((x > 0.0) & (x < np.inf), x, "log needs positive finite numbers")
    if x.size >= COMPILED_FROM:
        return _compiled("logarithms", x)
    fraction, twos = np.frexp(x)
    small = fraction < SQRT_HALF
    above_one = np.where(small, 2.0 * fraction, fraction) - 1.0
    exponent = twos - np.where(small, 1.0, 0.0)
    ratio = above_one / (2.0 + above_one)
    square = ratio * ratio
    fourth = square * square
    series = square * _polynomial(fourth, LOG_ODD) + fourth * _polynomial(fourth, LOG_EVEN)
    half_square = 0.5 * above_one * above_one
    low = ratio * (half_square + series) + exponent * LN2_LOW
    return np.asarray(exponent * LN2_HIGH - ((half_square - low) - above_one))


def normal_quantile(probability: ArrayLike) -> FloatArray:
    """Standard normal quantile of probabilities strictly between 0 and 1 (AS 241, PPND16).

    >>> round(float(normal_quantile(0.975)), 12)
    1.95996398454
    """
    p = np.asarray(probability, dtype=np.float64)
    _refuse_unless((p > 0.0) & (p < 1.0), p, "normal_quantile needs probabilities in (0, 1)")
    if p.size >= COMPILED_FROM:
        return _compiled("quantiles", p)
    from_half = np.atleast_1d(p - 0.5)
    square = 0.180625 - from_half * from_half
    quantile = from_half * _ratio(square, CENTER_ABOVE, CENTER_BELOW)
    outer = np.abs(from_half) > 0.425
    tail = np.atleast_1d(np.minimum(p, 1.0 - p))[outer]
    quantile[outer] = np.copysign(_tail_quantile(tail), from_half[outer])
    return quantile.reshape(p.shape)


def _compiled(loop: str, x: FloatArray) -> FloatArray:
    """The same operations in the same order as machine code: the same bits, some ten times faster.

    `loops` has them; it is imported where there is enough to do.
    """
    from wholetrial.numerics import loops

    flat = np.ascontiguousarray(x).reshape(-1)
    out = np.empty_like(flat)
    getattr(loops, loop)(flat, out)
    return out.reshape(x.shape)


def _tail_quantile(tail: FloatArray) -> FloatArray:
    root = np.sqrt(-log(tail))
    near = _ratio(root - 1.6, TAIL_ABOVE, TAIL_BELOW)
    far = _ratio(root - 5.0, FAR_TAIL_ABOVE, FAR_TAIL_BELOW)
    return np.where(root <= 5.0, near, far)


def _ratio(x: FloatArray, above: Sequence[float], below: Sequence[float]) -> FloatArray:
    return _polynomial(x, above) / _polynomial(x, below)


def _polynomial(x: FloatArray, coefficients: Sequence[float]) -> FloatArray:
    """Horner's rule, lowest power first."""
    total = np.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


def _refuse_unless(valid: NDArray[np.bool_], x: FloatArray, expected: str) -> None:
    if not np.all(valid):
        raise ValueError(f"{expected}; got {float(x[~valid].flat[0])!r}")
