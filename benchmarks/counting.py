"""Times 100,000 replicates of the 2007 trial: 320 people each drawn, treated for 12 weeks, judged.

    python benchmarks/counting.py             a table
    python benchmarks/counting.py --json      the same as JSON

Every participant is drawn (severity, screening, weight, biology, kinetics), integrated over 12
weeks and judged by PASI 75 and 90; only counts are kept. One core, then two threads by the clock.
`whole road` is the same trial with all its records, endpoints and planned analyses, fewer times.
"""

import json
import sys
import time
from collections.abc import Callable

from wholetrial.programme.results import analyze_records
from wholetrial.programme.trials import load
from wholetrial.simulation.counting import CountedArm, count_responders
from wholetrial.simulation.pharmacokinetics import USTEKINUMAB
from wholetrial.simulation.psoriasis_fit import fit_named
from wholetrial.simulation.simulate import block_size, prepare, simulate

TRIALS, PARTICIPANTS = 100_000, 320
WEEKS = (0.0, 7.0, 14.0, 21.0)
PLANS = ({0.0: 45.0}, {0.0: 90.0}, dict.fromkeys(WEEKS, 45.0), dict.fromkeys(WEEKS, 90.0), {})
ARMS = [CountedArm(64, USTEKINUMAB if plan else None, plan, missing=0.025) for plan in PLANS]


def fastest(work: Callable[[], object], clock: Callable[[], float], times: int = 3) -> float:
    """The least time that some work took, after one run that does not count."""
    work()
    found = []
    for _ in range(times):
        began = clock()
        work()
        found.append(clock() - began)
    return min(found)


def counted(threads: int) -> float:
    """Seconds for all trials, of one core or by the clock of several threads."""
    fit = fit_named("fit_b")
    clock = time.thread_time if threads == 1 else time.perf_counter

    def work() -> object:
        return count_responders(ARMS, fit, range(TRIALS), seed=1, threads=threads)

    return fastest(work, clock)


def whole_road() -> tuple[int, float]:
    """How many trials went the whole road, and the seconds of one core that they took."""
    protocol = load("NCT00320216")
    simulation = prepare(protocol, seed=1)
    trials = block_size(protocol)
    seconds = fastest(
        lambda: analyze_records(protocol, simulate(simulation, range(trials))), time.process_time
    )
    return trials, seconds


def main(arguments: list[str]) -> None:
    """Print the table, or JSON."""
    one, clock_of_one, two = counted(1), _by_the_clock(), counted(2)
    trials, seconds = whole_road()
    found = {
        "100,000 trials counted, one core": one,
        "nanoseconds a participant": one / TRIALS / PARTICIPANTS * 1e9,
        "two threads, times as fast by the clock": clock_of_one / two,
        "whole road, 10,000 trials, one core": seconds / trials * 10_000,
        "whole road, microseconds a participant": seconds / trials / PARTICIPANTS * 1e6,
        "counting, times as fast as the whole road": (seconds / trials) / (one / TRIALS),
    }
    if arguments == ["--json"]:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        unit = " s" if "core" in name else ""
        print(f"{name:45}{value:12.3g}{unit}")


def _by_the_clock() -> float:
    fit = fit_named("fit_b")
    return fastest(
        lambda: count_responders(ARMS, fit, range(TRIALS), seed=1), time.perf_counter, times=2
    )


if __name__ == "__main__":
    main(sys.argv[1:])
