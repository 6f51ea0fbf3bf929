"""Goes through many simulated trials block by block: in this process, in threads, or on a cluster.

A block is a range of replicates. What an engine finds in a block depends on the block alone, and it
hands the blocks back in order: so nothing depends on who did the work, and whatever was done when
somebody stopped it is the same as if only so many trials had been asked for.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.decisions import Successes, successes_of
from wholetrial.analysis.operating import planned_tests
from wholetrial.analysis.statistic import Statistic
from wholetrial.programme.results import analyze_records
from wholetrial.simulation.simulate import BLOCK, Simulation, simulate

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What every block of a sweep needs: the trial in its world, and the endpoints left out."""

    simulation: Simulation
    without: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BlockFound:
    """What was found in a block of trials.

    `values` are the statistics `(statistics, R)`, `succeeded` and `failed` the planned tests
    `(tests, R)`; `successes` of the whole trials, None where no primary test decides.
    """

    block: range
    values: NDArray[np.float64]
    succeeded: NDArray[np.bool_]
    failed: NDArray[np.bool_]
    successes: Successes | None


Engine = Callable[[Sweep, Iterator[range], Stop], Iterator[BlockFound]]


def blocks_of(replicates: int, size: int = BLOCK) -> Iterator[range]:
    """The blocks of so many replicates, in order.

    >>> list(blocks_of(5, 2))
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    for first in range(0, replicates, size):
        yield range(first, min(first + size, replicates))


def statistics_of(sweep: Sweep, block: range) -> tuple[Statistic, ...]:
    """Every statistic of a block of trials that is built, with the replicate as axis."""
    simulation = sweep.simulation
    records = simulate(simulation, block)
    found = analyze_records(simulation.protocol, records, without=sweep.without).statistics
    return tuple(one for one in found if not one.not_computed)


def block_found(sweep: Sweep, block: range) -> BlockFound:
    """Simulate and analyze a block of trials, and keep what many trials are asked for."""
    statistics = statistics_of(sweep, block)
    protocol = sweep.simulation.protocol
    tests = list(planned_tests(protocol, statistics))
    none = np.zeros((0, len(block)), np.bool_)
    return BlockFound(
        block=block,
        values=np.stack([_each(one, len(block)) for one in statistics]),
        succeeded=np.stack([one.succeeded for one in tests]) if tests else none,
        failed=np.stack([one.failed for one in tests]) if tests else none,
        successes=successes_of(protocol, tests),
    )


def _each(one: Statistic, replicates: int) -> NDArray[np.float64]:
    return np.broadcast_to(np.asarray(one.value, np.float64), (replicates,))


def in_this_process(sweep: Sweep, blocks: Iterator[range], stop: Stop) -> Iterator[BlockFound]:
    """One block after the other."""
    for block in blocks:
        if stop():
            return
        yield block_found(sweep, block)


def in_threads(threads: int) -> Engine:
    """Several blocks at once in threads of this process; never more than two a thread wait."""

    def engine(sweep: Sweep, blocks: Iterator[range], stop: Stop) -> Iterator[BlockFound]:
        waiting: deque[Future[BlockFound]] = deque()
        with ThreadPoolExecutor(threads, thread_name_prefix="trials") as pool:
            for block in blocks:
                waiting.append(pool.submit(block_found, sweep, block))
                if len(waiting) >= 2 * threads:
                    yield waiting.popleft().result()
                if stop():
                    break
            while waiting and not stop():
                yield waiting.popleft().result()
            for future in waiting:
                future.cancel()

    return engine
