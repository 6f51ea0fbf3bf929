"""The same sweep past one machine: blocks of trials as tasks of a Dask scheduler.

A worker may be lost at any time: its blocks, and the trial they need, are made again elsewhere, and
are the same bits. Dask is optional and imported only here, when it is asked for.
"""

import logging
import pickle
import re
import signal
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wholetrial import __version__
from wholetrial.programme.sweep import BlockFound, Engine, Stop, Sweep, block_found

if TYPE_CHECKING:
    from distributed import Client, Future

LOCAL = "local"
"""The word for workers that are started here and end with the command."""
INSTALL = "pip install 'wholetrial[cluster]'"
ANSWER_WITHIN = 5.0
WORKERS_WITHIN = 15.0
_ADDRESS = re.compile(r"(?:(?:tcp|tls)://)?\[?(?P<host>[^\s/\[\]]+?)\]?:(?P<port>\d+)")
_LOOK_EVERY = 0.2
_IN_A_TASK = 4
_AHEAD = 3
_RETRIES = 5


class ClusterError(ValueError):
    """A cluster that cannot be used, and what to do."""


@contextmanager
def cluster_engine(where: str, workers: int | None = None) -> Iterator[Engine]:
    """An engine on a cluster: `local`, with so many workers, or the address of a scheduler.

    Raises ClusterError where Dask is missing, nobody answers, nobody works, or the workers have
    another version of this program.
    """
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise ClusterError(f"a cluster needs Dask, which is not installed: {INSTALL}") from None
    with _quiet(), _connected(where, workers) as client:
        _check_workers(client, where)
        yield _engine_of(client)


@contextmanager
def _connected(where: str, workers: int | None) -> "Iterator[Client]":
    import dask
    from distributed import Client, LocalCluster

    if where != LOCAL:
        with _client_of(where) as client:
            yield client
        return
    environment = dict(dask.config.get("distributed.nanny.pre-spawn-environ"))
    environment.pop("MALLOC_TRIM_THRESHOLD_", None)  # it makes every large array cost page faults
    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ": environment}),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            preload=[__name__],
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _client_of(address: str) -> "Client":
    from distributed import Client

    advice = "write 'local', or the address that `dask scheduler` prints: tcp://HOST:PORT"
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ClusterError(f"'{address}' is no address of a scheduler; {advice}")
    try:
        socket.create_connection((found["host"], int(found["port"])), ANSWER_WITHIN).close()
        return Client(address, timeout=ANSWER_WITHIN, set_as_default=False)
    except (OSError, OverflowError) as error:
        why = str(error) or type(error).__name__
        raise ClusterError(f"no scheduler answers at '{address}' ({why}); {advice}") from None


def _check_workers(client: "Client", where: str) -> None:
    """Raise ClusterError unless somebody works there, and all with this version."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_WITHIN)
    except TimeoutError:
        raise ClusterError(
            f"the scheduler at '{where}' has no workers: start them with `dask worker {where}`"
        ) from None
    try:
        versions = set(client.run(worker_version).values())
    except Exception as error:
        raise ClusterError(
            f"the workers of '{where}' cannot run wholetrial {__version__}: install it there "
            f"({type(error).__name__}: {error})"
        ) from None
    if versions != {__version__}:
        others = ", ".join(sorted(versions - {__version__}))
        raise ClusterError(f"the workers of '{where}' have wholetrial {others}, here {__version__}")


def dask_setup(worker: object) -> None:
    """Let workers that were started here leave Ctrl-C to the command, which ends them itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def worker_version() -> str:
    """The version of this program, asked of a worker."""
    return __version__


def blocks_found(packed: bytes, blocks: tuple[range, ...]) -> tuple[BlockFound, ...]:
    """What a worker finds in some blocks of trials."""
    sweep: Sweep = pickle.loads(packed)
    return tuple(block_found(sweep, block) for block in blocks)


def _engine_of(client: "Client") -> Engine:
    def engine(sweep: Sweep, blocks: Iterator[range], stop: Stop) -> Iterator[BlockFound]:
        packed = pickle.dumps(sweep)
        waiting: deque[Future] = deque()
        tasks = _in_tasks(blocks)
        try:
            while not stop():
                most = _most_waiting(client)
                while len(waiting) < most and (task := next(tasks, None)):
                    waiting.append(
                        client.submit(blocks_found, packed, task, pure=False, retries=_RETRIES)
                    )
                if not waiting or not _done(waiting[0], stop):
                    return
                yield from waiting.popleft().result()
        finally:
            client.cancel(list(waiting))

    return engine


def _in_tasks(blocks: Iterator[range]) -> Iterator[tuple[range, ...]]:
    """Some blocks at a time, so that a task is worth its way."""
    task: list[range] = []
    for block in blocks:
        task.append(block)
        if len(task) == _IN_A_TASK:
            yield tuple(task)
            task = []
    if task:
        yield tuple(task)


def _most_waiting(client: "Client") -> int:
    """Enough tasks for every worker that there is now, with more to come when it is done."""
    return int(_AHEAD * max(sum(client.nthreads().values()), 1))


def _done(future: "Future", stop: Stop) -> bool:
    """Wait until a task is done; False where somebody stopped first."""
    ended = threading.Event()
    future.add_done_callback(lambda _: ended.set())
    while not stop():
        if ended.wait(_LOOK_EVERY):
            return True
    return False


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask says of lost connections off the error stream while it is used."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)
