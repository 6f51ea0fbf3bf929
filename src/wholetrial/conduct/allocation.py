"""Who comes to which arm: permuted blocks and simple randomization, within strata or without.

The simulator and the list for the pharmacist are made by the same arithmetic. The block sizes of a
list are drawn at random; within a block every order of the arms is equally likely. The block that
would pass the planned total is cut to what is missing, still a multiple of the arms' ratio, so
that the planned total has exactly n participants in every arm.

Source: ICH E9 (1998), 2.3.2 Randomization.
"""

from dataclasses import dataclass
from itertools import product
from math import gcd, prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wholetrial.numerics.philox import Purpose, Stream, uniforms
from wholetrial.protocol.design import Allocation
from wholetrial.protocol.protocol import Protocol

ArmArray = NDArray[np.int8]
IntArray = NDArray[np.int64]

MOST_ARMS = 127
MOST_STRATA = 1000
_SIZES, _ORDER, _DRAWS = 0, 1, 2


class AllocationError(ValueError):
    """A trial that cannot be randomized as its file stands, and why."""


@dataclass(frozen=True, slots=True)
class Randomization:
    """What randomizes a trial: its arms with their ratio, the method, the strata.

    `sizes` is empty for simple randomization; `strata` holds one empty label where there is none.
    """

    arms: tuple[str, ...]
    ratio: tuple[int, ...]
    planned: int
    sizes: tuple[int, ...]
    strata: tuple[str, ...]

    @property
    def ratio_total(self) -> int:
        """The smallest number of participants that holds the ratio exactly."""
        return sum(self.ratio)


def randomization(protocol: Protocol) -> Randomization:
    """What randomizes a trial.

    Raises AllocationError for a trial that is not randomized, for a block size that is not a
    multiple of the ratio, and for a stratum without known levels.
    """
    allocation = _randomized(protocol)
    counts = [arm.n for arm in protocol.arms.values()]
    ratio = tuple(n // gcd(*counts) for n in counts)
    for size in allocation.sizes:
        if size % sum(ratio):
            shown = ":".join(str(part) for part in ratio)
            raise AllocationError(
                f"a block holds the arms in their ratio {shown}, so its size is a multiple of "
                f"{sum(ratio)}; got {size}. Change allocation.sizes or the arms' n"
            )
    sizes = allocation.sizes if allocation.randomized == "permuted blocks" else ()
    strata = strata_labels(protocol)
    return Randomization(tuple(protocol.arms), ratio, protocol.n, sizes, strata)


def strata_labels(protocol: Protocol) -> tuple[str, ...]:
    """The strata, every combination of the factors' levels in the order of the file.

    A factor is a term of the file, met or not met, or `center`. Without factors there is one
    stratum with an empty label.
    """
    allocation = protocol.design.allocation
    factors = allocation.strata if allocation else ()
    levels = [_levels(protocol, factor) for factor in factors]
    count = prod(len(inner) for inner in levels)
    if count > MOST_STRATA:
        raise AllocationError(f"at most {MOST_STRATA} strata can be listed; got {count}")
    return tuple(", ".join(combination) for combination in product(*levels))


def allocate(
    protocol: Protocol, seed: int, replicates: ArrayLike, *, stratum: ArrayLike | None = None
) -> ArmArray:
    """The arm of every participant of each replicate, as its place in the file, shape (R, P).

    `replicates` are the numbers of the replicates, such as range(1000), so that any replicate can
    be drawn alone. `stratum` is each participant's stratum, (R, P) or (P,), the place in
    `strata_labels`: participant i takes the next line of that stratum's list. Within strata the
    arms are balanced only block by block, as in a real trial.

    Raises AllocationError for a trial that is not randomized and where strata are missing.
    """
    plan = randomization(protocol)
    numbers = np.asarray(replicates)
    if numbers.ndim != 1:
        raise TypeError(f"replicates are numbers, such as range(1000); got {replicates!r}")
    if len(plan.strata) == 1:
        return _lines(plan, Stream(seed, numbers, 0), 0, plan.planned).arm
    if stratum is None:
        raise AllocationError(
            f"{protocol.trial} randomizes within {len(plan.strata)} strata, of which the first is "
            f"'{plan.strata[0]}': give the stratum of every participant"
        )
    return _within_strata(plan, Stream(seed, numbers, 0), np.asarray(stratum))


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one list for each replicate: the arm and the number of the block, (R, L)."""

    arm: ArmArray
    block: IntArray


def lines(plan: Randomization, seed: int, stratum: int, length: int) -> Lines:
    """The first lines of one stratum's list; a longer list begins with the shorter one."""
    return _lines(plan, Stream(seed, np.zeros(1, np.int64), 0), stratum, length)


def _randomized(protocol: Protocol) -> Allocation:
    allocation = protocol.design.allocation
    arms = ", ".join(protocol.arms)
    if len(protocol.arms) == 1:
        raise AllocationError(
            f"{protocol.trial} is not randomized: everybody comes to its one arm, {arms}"
        )
    if allocation is None:
        raise AllocationError(
            f"{protocol.trial} does not say how people come to its arms ({arms}): "
            "add design.allocation, such as {randomized: permuted blocks, sizes: [4, 6]}"
        )
    if allocation.not_randomized is not None:
        raise AllocationError(
            f"{protocol.trial} is not randomized; how people come to its arms ({arms}): "
            f"{allocation.not_randomized}"
        )
    if len(protocol.arms) > MOST_ARMS:
        raise AllocationError(f"at most {MOST_ARMS} arms; got {len(protocol.arms)}")
    return allocation


def _levels(protocol: Protocol, factor: str) -> tuple[str, ...]:
    centers = protocol.design.centers
    if factor == "center" and centers is not None:
        return tuple(f"center {number}" for number in range(1, centers + 1))
    if factor in protocol.terms:
        name = factor.replace("_", " ")
        return (f"{name}: yes", f"{name}: no")
    known = ", ".join([*protocol.terms, *(["center"] if centers else [])]) or "none"
    raise AllocationError(
        f"the stratum '{factor}' has no levels: name a term of the file (known: {known}), such as "
        "heavy: weight > 90 kg, or center where design.centers says how many"
    )


def _lines(plan: Randomization, stream: Stream, stratum: int, length: int) -> Lines:
    replicate = np.asarray(stream.replicate)[:, None]
    if not plan.sizes:
        return _simple(plan, Stream(stream.seed, replicate, np.arange(length)), stratum)
    longest = length if length <= plan.planned else length + max(plan.sizes)
    places = np.arange(longest)
    block = _blocks(plan, stream.seed, replicate, stratum, longest)
    order = _draws(Stream(stream.seed, replicate, places), stratum, _ORDER)
    shuffled = np.argsort(block + order, axis=-1, kind="stable")
    arm = np.empty(block.shape, np.int8)
    pattern = np.repeat(np.arange(len(plan.ratio), dtype=np.int8), plan.ratio)
    within = np.broadcast_to(pattern[places % plan.ratio_total], block.shape)
    np.put_along_axis(arm, shuffled, within, axis=-1)
    return Lines(arm[:, :length], block[:, :length])


def _simple(plan: Randomization, stream: Stream, stratum: int) -> Lines:
    pattern = np.repeat(np.arange(len(plan.ratio), dtype=np.int8), plan.ratio)
    drawn = _draws(stream, stratum, _ORDER) * plan.ratio_total
    arm = pattern[drawn.astype(np.int64)]
    return Lines(arm, np.zeros(arm.shape, np.int64))


def _blocks(
    plan: Randomization, seed: int, replicate: IntArray, stratum: int, length: int
) -> IntArray:
    """The number of the block of every place, from 0, shape (R, length)."""
    numbers = np.arange(max(length, plan.planned) // min(plan.sizes) + 2)
    drawn = _draws(Stream(seed, replicate, numbers), stratum, _SIZES) * len(plan.sizes)
    ends = np.cumsum(np.array(plan.sizes, np.int64)[drawn.astype(np.int64)], axis=-1)
    reached = np.argmax(ends >= plan.planned, axis=-1)[:, None]
    excess = np.take_along_axis(ends, reached, axis=-1) - plan.planned
    ends = np.where(ends >= plan.planned, ends - excess, ends)
    starts = np.zeros((len(replicate), length + 1), np.int64)
    np.put_along_axis(starts, np.minimum(ends, length), 1, axis=-1)
    return np.cumsum(starts[:, :length], axis=-1)


def _draws(stream: Stream, stratum: int, draw: int) -> NDArray[np.float64]:
    """One number a place, of its own for each stratum and use, shape (R, places)."""
    return uniforms(stream, Purpose.ALLOCATION, 1, occasion=stratum * _DRAWS + draw)[..., 0]


def _within_strata(plan: Randomization, stream: Stream, stratum: IntArray) -> ArmArray:
    shape = (len(np.asarray(stream.replicate)), plan.planned)
    if stratum.dtype.kind not in "iu" or stratum.shape not in (shape, shape[1:]):
        raise AllocationError(
            f"strata are whole numbers of shape {shape} or {shape[1:]}; "
            f"got {stratum.dtype} of shape {stratum.shape}"
        )
    if stratum.size and not (stratum.min() >= 0 and stratum.max() < len(plan.strata)):
        seen = f"{stratum.min()} to {stratum.max()}"
        raise AllocationError(f"strata lie in 0 to {len(plan.strata) - 1}; got {seen}")
    strata = np.broadcast_to(stratum, shape)
    arm = np.zeros(shape, np.int8)
    for number in range(len(plan.strata)):
        member = strata == number
        place = np.maximum(np.cumsum(member, axis=-1) - 1, 0)
        drawn = np.take_along_axis(_lines(plan, stream, number, plan.planned).arm, place, axis=-1)
        arm = np.where(member, drawn, arm)
    return arm
