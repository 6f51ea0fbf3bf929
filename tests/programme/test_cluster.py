"""Past one machine: a real scheduler and workers of their own; one is killed, nothing changes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from wholetrial import __version__
from wholetrial.programme.asked import Asked
from wholetrial.programme.cluster import ClusterError, cluster_engine
from wholetrial.programme.simulate import Ways, programme_data, simulate

pytest.importorskip("distributed", reason="Dask is not installed")

TRIAL = "NCT04979910"
ASKED = Asked(replicates=1280, seed=8)
START_WITHIN = 60.0


def started(module: str, *words: str, cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *words],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def ended(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait(30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the scheduler and the workers leave their files."""
    return tmp_path_factory.mktemp("cluster")


@pytest.fixture(scope="module")
def scheduler(folder: Path) -> Iterator[str]:
    """The address of a scheduler on a free port."""
    file = folder / "scheduler.json"
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    process = started("dask_scheduler", *words, cwd=folder)
    try:
        yield address_in(file)
    finally:
        ended(process)


def address_in(file: Path) -> str:
    import json

    until = time.monotonic() + START_WITHIN
    while time.monotonic() < until:
        try:
            return str(json.loads(file.read_text("utf-8"))["address"])
        except (OSError, ValueError):
            time.sleep(0.05)
    raise TimeoutError("the scheduler did not start")


@pytest.fixture(scope="module")
def workers(scheduler: str, folder: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two workers of the scheduler, a process each, that nobody starts again."""
    words = (scheduler, "--no-nanny", "--nthreads", "1", "--no-dashboard")
    processes = [started("dask_worker", *words, cwd=folder) for _ in range(2)]
    try:
        yield processes
    finally:
        for process in processes:
            ended(process)


def test_a_scheduler_without_workers_is_said(
    scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wholetrial.programme.cluster.WORKERS_WITHIN", 0.2)
    with pytest.raises(ClusterError) as refused, cluster_engine(scheduler):
        pass
    assert str(refused.value) == (
        f"the scheduler at '{scheduler}' has no workers: start them with `dask worker {scheduler}`"
    )


def test_workers_of_another_version_are_refused(
    scheduler: str, workers: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wholetrial.programme.cluster.__version__", "9.9.9")
    with pytest.raises(ClusterError) as refused, cluster_engine(scheduler):
        pass
    assert str(refused.value) == (
        f"the workers of '{scheduler}' have wholetrial {__version__}, here 9.9.9"
    )


def test_somebody_who_stops_has_what_so_many_trials_say(
    scheduler: str, workers: list[subprocess.Popen[bytes]]
) -> None:
    done: list[int] = []
    with cluster_engine(scheduler) as engine:
        ways = Ways(engine=engine, progress=done.append, stop=lambda: bool(done))
        found = simulate(TRIAL, ASKED, ways=ways)
    assert found.stopped
    so_many = found.simulated[0].replicates
    assert 0 < so_many < ASKED.replicates
    alone = simulate(TRIAL, Asked(replicates=so_many, seed=8))
    assert programme_data(found)["scenarios"] == programme_data(alone)["scenarios"]


def test_workers_started_here_give_the_same_bits() -> None:
    few = Asked(replicates=300, seed=8)
    with cluster_engine("local", workers=1) as engine:
        found = simulate(TRIAL, few, ways=Ways(engine=engine))
    assert programme_data(found) == programme_data(simulate(TRIAL, few))


def test_a_worker_killed_in_mid_run_changes_no_bit(
    scheduler: str, workers: list[subprocess.Popen[bytes]]
) -> None:
    from distributed import Client

    with Client(scheduler, timeout=START_WITHIN, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=START_WITHIN)
    done: list[int] = []
    killed: list[int] = []

    def kill_one(so_far: int) -> None:
        done.append(so_far)
        if not killed:
            os.kill(workers[0].pid, signal.SIGKILL)
            workers[0].wait(30)
            killed.append(so_far)

    with cluster_engine(scheduler) as engine:
        found = simulate(TRIAL, ASKED, ways=Ways(engine=engine, progress=kill_one))
    assert killed[0] < ASKED.replicates == done[-1]
    assert workers[0].poll() == -signal.SIGKILL
    assert workers[1].poll() is None
    assert not found.stopped
    assert programme_data(found) == programme_data(simulate(TRIAL, ASKED))
