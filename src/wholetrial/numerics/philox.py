"""Random numbers with an address: seed, replicate, participant, purpose, occasion.

A counter-based generator has no state to advance: the number at an address is a function of the
address. So any participant of any replicate can be drawn alone, in any order, on any number of
workers, and adding a participant, a replicate, a visit or a draw changes nobody else's numbers.

Source: J. K. Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC'11
(Philox4x32-10; known answers from Random123's kat_vectors).
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wholetrial.numerics.elementary import COMPILED_FROM, FloatArray, normal_quantile

IntArray = NDArray[np.int64]
WordArray = NDArray[np.uint64]

_WORD = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_OCCASIONS = 1 << 24


class Purpose(IntEnum):
    """What random numbers are for; a number once given is never used for anything else."""

    ALLOCATION = 1
    BASELINE = 2
    BIOLOGY = 3
    VISIT_NOISE = 4
    DROPOUT = 5
    ADVERSE_EVENTS = 6
    SCREENING = 7
    DEMOGRAPHICS = 8
    MISSED_VISITS = 9
    PHYSICIAN_CHOICE = 10
    COURSE = 11
    MODEL_UNCERTAINTY = 12
    RESAMPLING = 13
    IMPUTATION = 14
    IMPUTATION_MODEL = 15
    REGIONS = 16
    COUNTING = 17
    SOBOL_SCRAMBLE = 18
    ELIGIBILITY = 19


@dataclass(frozen=True)
class Stream:
    """Whose random numbers: one seed, and the number of the replicate and of the participant.

    `replicate` and `participant` broadcast against each other, for example (R, 1) and (P,).
    """

    seed: int
    replicate: ArrayLike
    participant: ArrayLike

    @property
    def shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(np.shape(self.replicate), np.shape(self.participant))


def uniforms(
    stream: Stream, purpose: Purpose, count: int, *, occasion: ArrayLike = 0
) -> FloatArray:
    """Uniform draws in the open interval (0, 1) on 53 bits, shape (..., count).

    `occasion` tells draws of one purpose apart, a visit's day or the attempt of a screening; it
    broadcasts with the stream. Every draw is an odd multiple of 2**-53, so 1 - u is one as well.

    >>> uniforms(Stream(2007, 0, 5), Purpose.BIOLOGY, 2).round(6).tolist()
    [0.213263, 0.847074]
    """
    _check_seed(stream.seed)
    address = _address(stream, purpose, occasion)
    if count * address[0].size >= COMPILED_FROM:
        rows = _compiled(address, stream.seed, count)
        return np.moveaxis(rows.reshape(count, *address[0].shape), 0, -1)
    blocks = np.arange((count + 1) // 2, dtype=np.uint64)
    participant, replicate, use = (word[..., None] for word in address)
    first, second, third, fourth = philox4x32((participant, replicate, use, blocks), stream.seed)
    pairs = np.stack([_unit_interval(first, second), _unit_interval(third, fourth)], axis=-1)
    return pairs.reshape(*pairs.shape[:-2], -1)[..., :count]


def normals(stream: Stream, purpose: Purpose, count: int, *, occasion: ArrayLike = 0) -> FloatArray:
    """Standard normal draws, the quantiles of `uniforms`, shape (..., count).

    >>> normals(Stream(2007, 0, 5), Purpose.BIOLOGY, 2).round(6).tolist()
    [-0.795149, 1.023963]
    """
    _check_seed(stream.seed)
    address = _address(stream, purpose, occasion)
    if count * address[0].size < COMPILED_FROM:
        return normal_quantile(uniforms(stream, purpose, count, occasion=occasion))
    rows = normal_quantile(_compiled(address, stream.seed, count))
    return np.moveaxis(rows.reshape(count, *address[0].shape), 0, -1)


def _address(stream: Stream, purpose: Purpose, occasion: ArrayLike) -> tuple[WordArray, ...]:
    """Three of the counter's words, each in the shape of all: participant, replicate, purpose."""
    occasions = _words(occasion, "occasion", _OCCASIONS)
    words = (
        _words(stream.participant, "participant"),
        _words(stream.replicate, "replicate"),
        np.uint64(purpose) | occasions << np.uint64(8),
    )
    return tuple(np.broadcast_arrays(*words))


def _compiled(address: tuple[WordArray, ...], seed: int, count: int) -> FloatArray:
    """The same numbers by a compiled loop, a row for each number of a participant."""
    from wholetrial.numerics.loops import fill_uniforms

    participant, replicate, purpose = (np.ascontiguousarray(word).reshape(-1) for word in address)
    rows = np.empty((count + count % 2, participant.size))
    fill_uniforms(participant, replicate, purpose, np.uint64(seed), rows)
    return rows[:count]


def _check_seed(key: int) -> None:
    if not 0 <= key < 1 << 64:
        raise ValueError(f"a seed is a whole number from 0 to 2**64 - 1; got {key}")


def philox4x32(
    counter: tuple[WordArray, WordArray, WordArray, WordArray], key: int
) -> tuple[WordArray, WordArray, WordArray, WordArray]:
    """Philox4x32-10: four 32-bit words (in uint64) from a counter of four words and a 64-bit key.

    >>> zero = np.zeros(1, dtype=np.uint64)
    >>> " ".join(f"{int(word[0]):08x}" for word in philox4x32((zero, zero, zero, zero), 0))
    '6627e8d5 e169c58d bc57ac4c 9b00dbd8'
    """
    _check_seed(key)
    c0, c1, c2, c3 = counter
    k0, k1 = key & _WORD, key >> 32
    for _ in range(_ROUNDS):
        high0, low0 = _multiplied(c0, _MULTIPLIERS[0])
        high1, low1 = _multiplied(c2, _MULTIPLIERS[1])
        c0, c1, c2, c3 = high1 ^ c1 ^ np.uint64(k0), low1, high0 ^ c3 ^ np.uint64(k1), low0
        k0, k1 = (k0 + _KEY_STEPS[0]) & _WORD, (k1 + _KEY_STEPS[1]) & _WORD
    return c0, c1, c2, c3


def _multiplied(word: WordArray, multiplier: int) -> tuple[WordArray, WordArray]:
    product = word * np.uint64(multiplier)
    return product >> np.uint64(32), product & np.uint64(_WORD)


def _unit_interval(high: WordArray, low: WordArray) -> FloatArray:
    bits = (high << np.uint64(21)) | (low >> np.uint64(11)) | np.uint64(1)
    return bits.astype(np.float64) * 2.0**-53


def _words(numbers: ArrayLike, name: str, limit: int = 1 << 32) -> WordArray:
    values = np.asarray(numbers)
    if values.dtype.kind not in "iu":
        raise TypeError(f"{name} must be whole numbers; got {values.dtype}")
    if values.size and (int(values.min()) < 0 or int(values.max()) >= limit):
        seen = f"{values.min()} to {values.max()}"
        raise ValueError(f"{name} must lie in 0 to {limit - 1}; got {seen}")
    return values.astype(np.uint64)
