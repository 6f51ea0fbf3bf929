"""Times and weighs very many simulated trials: trials a second and core, and the most memory taken.

    python benchmarks/very_many.py            a table
    python benchmarks/very_many.py --json     the same as JSON

Every line is a process of its own. `of a core` counts the time that the process computed, whatever
else the machine did. `counted only` adds up blocks that cost nothing to make and in which no value
comes twice: more trials a second than that no cluster can hand to one command.
"""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass

TRIAL = "NCT00320216"
COUNTED = 200_000

SIMULATED = """
import json, resource, sys, time
from wholetrial.programme.asked import Asked
from wholetrial.programme.simulate import Ways, simulate
from wholetrial.programme.sweep import in_this_process, in_threads

trial, replicates, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ways = Ways(engine=in_threads(threads) if threads > 1 else in_this_process)
simulate(trial, Asked(replicates=64), ways=ways)  # whatever is made once is made
began, busy = time.perf_counter(), time.process_time()
simulate(trial, Asked(replicates=replicates), ways=ways)
wall, cpu = time.perf_counter() - began, time.process_time() - busy
print(json.dumps([wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""

ADDED_UP = """
import json, resource, sys, time
from dataclasses import replace
from wholetrial.programme.collect import collect
from wholetrial.programme.forecast import sweep_of
from wholetrial.programme.sweep import block_found, blocks_of
from wholetrial.programme.trials import load
from wholetrial.simulation.simulate import prepare

block = block_found(sweep_of(prepare(load(sys.argv[1]), 1)), range(64))
began, busy = time.perf_counter(), time.process_time()
collect(  # no value twice, the worst there can be
    replace(block, values=block.values * (1 + number * 1e-9))
    for number, _ in enumerate(blocks_of(int(sys.argv[2])))
)
wall, cpu = time.perf_counter() - began, time.process_time() - busy
print(json.dumps([wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One measurement: trials a second by the clock and of a core, and MiB at most."""

    what: str
    trials: int
    by_the_clock: float
    of_a_core: float
    mebibytes: float


def measured(what: str, program: str, trials: int, threads: int = 1) -> Line:
    """Run a program in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", program, TRIAL, str(trials), str(threads)],
        capture_output=True,
        text=True,
        check=True,
    )
    wall, cpu, kibibytes = json.loads(done.stdout)
    return Line(what, trials, trials / wall, trials / cpu, kibibytes / 1024)


def lines() -> list[Line]:
    """Everything that is measured."""
    return [
        measured("one thread", SIMULATED, 256),
        measured("one thread", SIMULATED, 2560),
        measured("two threads", SIMULATED, 1024, threads=2),
        measured("counted only", ADDED_UP, COUNTED),
    ]


def main(arguments: list[str]) -> None:
    """Print the table, or JSON."""
    found = lines()
    if arguments == ["--json"]:
        print(json.dumps([asdict(one) for one in found], indent=1))
        return
    print(f"{'':14}{'trials':>10}{'trials/s':>12}{'of a core':>12}{'MiB at most':>14}")
    for one in found:
        print(
            f"{one.what:14}{one.trials:>10,}{one.by_the_clock:>12,.0f}{one.of_a_core:>12,.0f}"
            f"{one.mebibytes:>14,.0f}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
