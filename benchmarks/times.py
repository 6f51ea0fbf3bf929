"""Times the methods for times to an event side by side with R's survival in one run.

    python benchmarks/times.py            a table
    python benchmarks/times.py --json     the same as JSON

R works on the same numbers, one call a trial, on fewer trials where it is slow; its clock runs only
while it computes. Printed are the median, the fastest and the slowest of several runs, ratios of
the medians for one trial, and the largest difference between the two results. No test depends on a
time. Without R only the own times are printed.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.times.hazard_ratio import hazard_ratio
from wholetrial.analysis.times.interval_censored import turnbull
from wholetrial.analysis.times.interval_log_rank import interval_logrank_test
from wholetrial.analysis.times.log_rank import logrank_test
from wholetrial.analysis.times.survival import kaplan_meier, log_log_band, median_survival

TRIALS, PEOPLE, RUNS = 10_000, 200, 5
BY_VISITS = (200, 57)

Numbers = NDArray[np.float64]

SHARED = """
library(survival)
days <- matrix(readBin("days", "double", n * trials), nrow = n)
event <- matrix(readBin("event", "double", n * trials), nrow = n)
arm <- rep(0:1, length.out = n)
found <- numeric(calls)
began <- proc.time()[["elapsed"]]
for (i in seq_len(calls)) found[i] <- { CALL }
cat(proc.time()[["elapsed"]] - began)
writeBin(found, "found")
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A method over many trials, and the same by R; `call` is R's, for trial i."""

    name: str
    ours: Callable[[Numbers, Numbers], Numbers]
    call: str
    calls: int


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds for all trials, and for one; R's for one, how many times faster, how different."""

    name: str
    trials: int
    median: float
    fastest: float
    slowest: float
    rival_each: float | None = None
    faster: float | None = None
    difference: float | None = None


JOBS = (
    Job(
        "log-rank test",
        lambda days, event: np.asarray(
            logrank_test(days, event, np.arange(PEOPLE) % 2, arms=[0, 1]).statistic
        ),
        "survdiff(Surv(days[, i], event[, i]) ~ arm)$chisq",
        10_000,
    ),
    Job(
        "hazard ratio",
        lambda days, event: hazard_ratio(days, event, np.arange(PEOPLE) % 2).value,
        "coef(coxph(Surv(days[, i], event[, i]) ~ arm))",
        1_000,
    ),
    Job(
        "Kaplan-Meier and its median",
        lambda days, event: _median(days, event),
        "quantile(survfit(Surv(days[, i], event[, i]) ~ 1, conf.type = 'log-log'), 0.5)$quantile",
        1_000,
    ),
)


def main() -> None:
    """Time everything and print it."""
    parts = [_compared(job, tied) for tied in (False, True) for job in JOBS]
    parts += _by_visits()
    if "--json" in sys.argv[1:]:
        print(json.dumps([asdict(part) for part in parts], indent=1))
        return
    print(f"{'method':42}{'trials':>8}{'median':>10}{'fastest':>10}{'slowest':>10}   beside R")
    for part in parts:
        beside = ""
        if part.faster is not None:
            beside = f"{part.faster:,.0f} times as fast; largest difference {part.difference:.0e}"
        seconds = "".join(f"{s:9.3f}s" for s in (part.median, part.fastest, part.slowest))
        print(f"{part.name:42}{part.trials:8,}{seconds}   {beside}".rstrip())


def _compared(job: Job, tied: bool) -> Timed:
    """One method, where all times differ or are whole days of a trial of some months."""
    days, event = _follow_up(tied)
    name = f"{job.name}, {'whole days' if tied else 'no ties'}"
    timed = _timed(name, lambda: job.ours(days, event), TRIALS)
    rscript = shutil.which("Rscript")
    if rscript is None:
        return timed
    each, found = _by_r(rscript, job, days, event)
    ours = job.ours(days, event)[: job.calls]
    difference = float(np.max(np.abs(ours - found) / np.maximum(1, np.abs(found))))
    faster = each / (timed.median / TRIALS)
    return Timed(name, TRIALS, timed.median, timed.fastest, timed.slowest, each, faster, difference)


def _follow_up(tied: bool) -> tuple[Numbers, Numbers]:
    """Exponential times, 70 % with the event. R takes times for equal that nearly are: none are."""
    random = np.random.default_rng(1966)
    gaps = random.exponential(90.0, (TRIALS, PEOPLE)) / np.arange(PEOPLE, 0, -1)
    days = random.permuted(np.cumsum(gaps + 1e-4, axis=-1), axis=-1)
    event = (random.random(days.shape) < 0.7).astype(np.float64)
    return np.ceil(days) if tied else days, event


def _by_visits() -> list[Timed]:
    """A trial of 57 whose event is seen only at visits, each some days early: 200 replicates."""
    random = np.random.default_rng(1976)
    visits = np.array([28, 56, 84, 112, 154, 196, 238, 280]) - random.integers(
        0, 6, (*BY_VISITS, 8)
    )
    came = random.random(visits.shape) > 0.15
    event = random.exponential(150, BY_VISITS)[..., None]
    lower = np.max(np.where(came & (visits < event), visits, 0), axis=-1)
    upper = np.min(np.where(came & (visits >= event), visits, np.inf), axis=-1)
    arm = np.arange(BY_VISITS[1]) % 2
    return [
        _timed(
            "Turnbull's curve, 57 participants", lambda: turnbull(lower, upper).mass, BY_VISITS[0]
        ),
        _timed(
            "interval log-rank test, 57 participants",
            lambda: interval_logrank_test(lower, upper, arm, arms=[0, 1]).p_value,
            BY_VISITS[0],
        ),
    ]


def _median(days: Numbers, event: Numbers) -> Numbers:
    curve = kaplan_meier(days, event)
    return median_survival(curve, log_log_band(curve)).value


def _timed(name: str, work: Callable[[], object], trials: int) -> Timed:
    work()
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return Timed(name, trials, statistics.median(seconds), min(seconds), max(seconds))


def _by_r(rscript: str, job: Job, days: Numbers, event: Numbers) -> tuple[float, Numbers]:
    """Seconds that R takes for one trial, and what it finds."""
    settings = f"n <- {PEOPLE}; trials <- {job.calls}; calls <- {job.calls}"
    with tempfile.TemporaryDirectory() as folder:
        days[: job.calls].tofile(Path(folder) / "days")
        event[: job.calls].tofile(Path(folder) / "event")
        script = Path(folder) / "job.R"
        script.write_text(settings + SHARED.replace("CALL", job.call))
        done = subprocess.run(
            [rscript, str(script)], cwd=folder, capture_output=True, text=True, check=True
        )
        found = np.fromfile(Path(folder) / "found")
    return float(done.stdout) / job.calls, found


if __name__ == "__main__":
    main()
