"""Times the parts of the main job side by side in one run, and prints ratios.

    python benchmarks/main_job.py            a table
    python benchmarks/main_job.py --json     the same as JSON

Every part is run several times after one run that does not count; what is printed is the median,
with the fastest and the slowest. A rival does the same work one at a time, on fewer pieces where it
is slow: ratios compare the medians of one piece. No test depends on a time.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from wholetrial.analysis.planned.analyze import analyze
from wholetrial.analysis.responders.risk_difference import risk_difference_miettinen_nurminen
from wholetrial.analysis.responders.two_proportion_tests import fisher_exact_test
from wholetrial.data.records import Records, joined
from wholetrial.endpoints.derive import derive
from wholetrial.endpoints.outcomes import Outcomes
from wholetrial.programme.results import analyze_published
from wholetrial.programme.run import run
from wholetrial.programme.trials import check_trial, load, published_file, trial_file
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import load_published
from wholetrial.report.page import render_report
from wholetrial.simulation.simulate import Simulation, in_blocks, prepare

Counts = NDArray[np.int64]

TRIAL = "NCT00320216"
REPLICATES = 200
TABLES = 10_000
RIVAL_TABLES = 500
VIRTUAL = 2_000
RIVAL_VIRTUAL = 20
RUNS = 5


@dataclass(frozen=True, slots=True)
class Timed:
    """How long one part took: seconds of each run, and of one of its pieces."""

    part: str
    pieces: int
    piece: str
    median: float
    fastest: float
    slowest: float

    @property
    def each(self) -> float:
        """Seconds for one piece."""
        return self.median / self.pieces


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times faster one piece of a part is than the same piece of its rival."""

    part: str
    rival: str
    faster: float
    difference: float


def timed(
    part: str, work: Callable[[], object], pieces: int = 1, piece: str = "", runs: int = RUNS
) -> Timed:
    """Run a part once to warm up, then several times with the clock."""
    work()
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return Timed(part, pieces, piece, statistics.median(seconds), min(seconds), max(seconds))


def main() -> None:
    """Time everything and print it."""
    ratios: list[Ratio] = []
    parts = [*file_parts(), *simulation_parts(), *report_parts()]
    for ours, rival, difference in (fisher(), miettinen_nurminen(), pasi()):
        parts += [ours, rival]
        ratios.append(Ratio(ours.part, rival.part, rival.each / ours.each, difference))
    parts += process_parts()
    if "--json" in sys.argv[1:]:
        document = {
            "environment": environment(),
            "parts": [asdict(part) for part in parts],
            "ratios": [asdict(ratio) for ratio in ratios],
        }
        print(json.dumps(document, indent=1))
        return
    print(" · ".join(f"{name} {value}" for name, value in environment().items()), end="\n\n")
    print_parts(parts)
    print_ratios(ratios)


def environment() -> dict[str, str]:
    """What the times depend on."""
    return {
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "SciPy": scipy.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(os.cpu_count()),
    }


def file_parts() -> list[Timed]:
    """Reading, checking and describing the trial, and analyzing what was published of it."""
    protocol = load(TRIAL)
    file = published_file(trial_file(TRIAL))
    assert file is not None
    published = load_published(file)
    return [
        timed("load the trial file", lambda: load(TRIAL)),
        timed("load and check it, with what is published", lambda: check_trial(TRIAL)),
        timed("analyze the published counts", lambda: analyze_published(protocol, published)),
    ]


def simulation_parts() -> list[Timed]:
    """The simulated trials: records, endpoints, analyses."""
    protocol = load(TRIAL)
    simulation = prepare(protocol, seed=1)
    records = records_of(simulation)
    outcomes = outcomes_of(protocol, records)
    people, piece = REPLICATES * protocol.n, "participant"
    return [
        timed("simulate 200 trials", lambda: simulate_all(simulation), people, piece, 3),
        timed("derive their endpoints", lambda: outcomes_of(protocol, records), people, piece),
        timed("analyze them", lambda: analyze_all(protocol, outcomes), REPLICATES, "trial"),
    ]


def simulate_all(simulation: Simulation) -> None:
    for _ in in_blocks(simulation, REPLICATES):
        pass


def records_of(simulation: Simulation) -> Records:
    return joined(tuple(in_blocks(simulation, REPLICATES)))


def outcomes_of(protocol: Protocol, records: Records) -> list[tuple[str, Outcomes]]:
    return [
        (name, outcomes)
        for name, plan in protocol.analyses.items()
        for endpoint in plan.of
        for outcomes in derive(protocol, records, endpoint, plan.set)
    ]


def analyze_all(protocol: Protocol, outcomes: list[tuple[str, Outcomes]]) -> None:
    for name, found in outcomes:
        analyze(protocol, name, [found])


def report_parts() -> list[Timed]:
    """The report of a whole run."""
    contents = run(TRIAL, replicates=REPLICATES)
    return [timed("render the report", lambda: render_report(contents))]


def many_tables(count: int) -> tuple[Counts, Counts, Counts, Counts]:
    """Different two-by-two tables: arms of 40 to 200, every share of responders."""
    random = np.random.default_rng(2007)
    n, control_n = random.integers(40, 200, (2, count))
    return random.binomial(n, random.random(count)), n, random.binomial(control_n, 0.3), control_n


def fisher() -> tuple[Timed, Timed, float]:
    """Fisher's exact test of many tables at once, and by SciPy one at a time."""
    tables, few = many_tables(TABLES), many_tables(RIVAL_TABLES)

    def by_scipy() -> list[float]:
        return [
            scipy.stats.fisher_exact(np.array([[a, n - a], [b, m - b]])).pvalue
            for a, n, b, m in zip(*few, strict=True)
        ]

    ours = timed(
        "Fisher's exact test, batched", lambda: fisher_exact_test(*tables), TABLES, "table"
    )
    rival = timed("  SciPy fisher_exact, one at a time", by_scipy, RIVAL_TABLES, "table", 3)
    difference = np.abs(fisher_exact_test(*few).p_value - by_scipy()).max()
    return ours, rival, float(difference)


def miettinen_nurminen() -> tuple[Timed, Timed, float]:
    """The score interval of many tables at once, and one at a time."""
    tables, few = many_tables(TABLES), many_tables(RIVAL_TABLES)
    interval = risk_difference_miettinen_nurminen

    def one_at_a_time() -> list[float]:
        return [float(interval(a, n, b, m).low) for a, n, b, m in zip(*few, strict=True)]

    name = "Miettinen-Nurminen interval"
    ours = timed(f"{name}, batched", lambda: interval(*tables), TABLES, "table")
    rival = timed("  the same, one at a time", one_at_a_time, RIVAL_TABLES, "table", 3)
    difference = np.abs(interval(*few).low - one_at_a_time()).max()
    return ours, rival, float(difference)


def pasi() -> tuple[Timed, Timed, float]:
    """The course of lesions over 36 weeks of many participants, and by SciPy's LSODA one by one."""
    from lsoda import DAYS, biology, by_lsoda, lesions

    all_of_them, few = biology(VIRTUAL), biology(RIVAL_VIRTUAL)

    def one_at_a_time() -> NDArray[np.float64]:
        return np.array([by_lsoda(few, who) for who in range(RIVAL_VIRTUAL)])

    piece = f"participant, {len(DAYS)} visits"
    ours = timed("course of lesions, vectorized", lambda: lesions(all_of_them), VIRTUAL, piece)
    rival = timed("  SciPy LSODA, one at a time", one_at_a_time, RIVAL_VIRTUAL, piece, 3)
    difference = np.abs(lesions(few).T - one_at_a_time()).max()
    return ours, rival, float(difference)


def process_parts() -> list[Timed]:
    """The program as a user starts it."""
    program = [sys.executable, "-c", "from wholetrial.cli import main; main()"]

    def start(*words: str) -> None:
        subprocess.run([*program, *words], check=True, capture_output=True)

    with tempfile.TemporaryDirectory() as folder:
        words = ("run", TRIAL, "--out", str(Path(folder) / "out"))
        return [
            timed("start the program: --help", lambda: start("--help")),
            timed("start it and list the trials", lambda: start("list")),
            timed("the main job: run, 200 trials, report", lambda: start(*words), runs=3),
        ]


def print_parts(parts: list[Timed]) -> None:
    """One line a part."""
    print(f"{'part':44}{'median':>11}{'fastest':>11}{'slowest':>11}   for one piece")
    for part in parts:
        times = "".join(f"{shown(s):>11}" for s in (part.median, part.fastest, part.slowest))
        each = f"{shown(part.each)} a {part.piece}" if part.pieces > 1 else ""
        print(f"{part.part:44}{times}   {each}".rstrip())


def print_ratios(ratios: list[Ratio]) -> None:
    """One line a rival."""
    print("\nfor one piece, here and by the rival")
    for ratio in ratios:
        agree = f"largest difference {ratio.difference:.0e}"
        rival = ratio.rival.strip()
        print(f"{ratio.part:37}{ratio.faster:5,.0f} times as fast as {rival}; {agree}")


def shown(seconds: float) -> str:
    """A time in the unit that a person would use.

    >>> shown(1.5), shown(0.0123), shown(4.2e-06)
    ('1.50 s', '12.3 ms', '4.20 µs')
    """
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            number = seconds / scale
            places = 2 if number < 10 else 1 if number < 100 else 0
            return f"{number:.{places}f} {unit}"
    return f"{seconds / 1e-9:.0f} ns"


if __name__ == "__main__":
    main()
