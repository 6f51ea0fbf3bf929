"""Times 52 weeks of virtual participants with weekly output beside deSolve, NumPy and SciPy.

    OMP_NUM_THREADS=1 python benchmarks/trajectories.py            a table
    OMP_NUM_THREADS=1 python benchmarks/trajectories.py --json     the same as JSON

Ours is `lesion_at`, whole: tables made, drugs and disease integrated, 52 weeks written down, in
float32 and in float64. deSolve is lsoda with a compiled C model (`one_drug.c`), one person after
another: at trial accuracy (rtol 1e-4), and at the rtol where its mean error is ours; with doses as
its usual table of events, and once more with doses as a compiled function, where less of the time
is R's own. `by_numpy.py`
is our own algorithm as array operations, in float64 and in blocks that fit the cache. SciPy is
solve_ivp with LSODA (rtol 1e-4) and the drug in closed form. The mean error of the lesion is over
people and weeks, against deSolve at rtol 1e-10. All take turns in one run, seconds are those of the
processor, and the fastest turn counts: the machine may be shared. No test depends on a time.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import by_numpy
import numpy as np
from main_job import environment
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from wholetrial.numerics.philox import Purpose, Stream, normals
from wholetrial.simulation import lesion_loops
from wholetrial.simulation.course import Doses
from wholetrial.simulation.disease import Biology, biology_of, lesion_at
from wholetrial.simulation.pharmacokinetics import (
    IXEKIZUMAB,
    USTEKINUMAB,
    Drug,
    individual,
)
from wholetrial.simulation.psoriasis_fit import fit_b

Floats = NDArray[Any]

WEEKS = 52
DAYS = tuple(7.0 * week for week in range(WEEKS + 1))
YEARS = WEEKS * 7 / 365.25
PEOPLE, NUMPY_PEOPLE, R_PEOPLE, SCIPY_PEOPLE = 4_096, 2_048, 100, 8
TURNS, FAST_TURNS, R_TURNS = 3, 20, 2
REFERENCE = 1e-10
TRIAL_ACCURACY = 1e-4
TOLERANCES = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6)
RATIOS = "times as fast: call 32, 64; loop 32, 64"
"""Our call in both precisions, and our compiled loop alone, beside each way."""
REGIMENS: dict[str, tuple[Drug, dict[int, float]]] = {
    "ustekinumab 45 mg at weeks 0, 4, 16, 28, 40": (
        USTEKINUMAB,
        dict.fromkeys((0, 4, 16, 28, 40), 45.0),
    ),
    "ixekizumab every 2 weeks to week 12, then every 4": (
        IXEKIZUMAB,
        {0: 160.0} | dict.fromkeys((*range(2, 13, 2), *range(16, 49, 4)), 80.0),
    ),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to compute: patient-years a second, and the mean error of the lesion."""

    name: str
    years_a_second: float
    error: float


def main() -> None:
    """Time everything and print it."""
    found = {name: ways(*regimen) for name, regimen in REGIMENS.items()}
    if "--json" in sys.argv[1:]:
        rows = {name: [asdict(way) for way in each] for name, each in found.items()}
        print(json.dumps({"environment": environment(), "regimens": rows}, indent=1))
        return
    print(" · ".join(f"{name} {value}" for name, value in environment().items()))
    for name, each in found.items():
        print(f"\n{name}")
        print(f"{'':40}{'patient-years/s':>16}{'mean error':>12}   {RATIOS}")
        for way in each:
            print(line(way, each[:4]))


def line(way: Way, ours: list[Way]) -> str:
    """A way to compute beside our two, as called and as the compiled loop alone."""
    speed = f"{way.years_a_second:16,.0f}" if way.years_a_second else f"{'':16}"
    ratios = ", ".join(f"{one.years_a_second / way.years_a_second:,.1f}" for one in ours)
    return f"{way.name:40}{speed}{way.error:12.1e}   {ratios}"


def ways(drug: Drug, plan: dict[int, float]) -> list[Way]:
    """Every way, one after the other in turns; our two first."""
    few, blocks = people(drug, R_PEOPLE), people(drug, NUMPY_PEOPLE)
    many, one_by_one = people(drug, PEOPLE), people(drug, SCIPY_PEOPLE)
    *by_r, (_, truth) = desolve(drug, plan, "compiled", (*TOLERANCES, REFERENCE), 1)
    errors = [float(np.abs(lesion - truth).mean()) for _, lesion in by_r]
    error = {
        "float32": np.abs(ours(few, plan, np.float32).T - truth).mean(),
        "float64": np.abs(ours(few, plan, np.float64).T - truth).mean(),
        "numpy": np.abs(numpys(few, plan).T - truth).mean(),
        "scipy": np.abs(scipys(one_by_one, plan).T - truth[:SCIPY_PEOPLE]).mean(),
        "trial": errors[TOLERANCES.index(TRIAL_ACCURACY)],
    }
    equal = equal_tolerance(errors, float(error["float64"]))
    error["equal"] = np.abs(desolve(drug, plan, "compiled", (equal,), 1)[0][1] - truth).mean()
    seconds: dict[str, float] = {}
    for _ in range(TURNS):
        turn = dict(our_turn(many, plan))
        turn["numpy"] = fastest(lambda: numpys(blocks, plan)) / NUMPY_PEOPLE
        turn["scipy"] = fastest(lambda: scipys(one_by_one, plan), 1) / SCIPY_PEOPLE
        for doses in ("table", "compiled"):
            timed = desolve(drug, plan, doses, (TRIAL_ACCURACY, equal))
            for name, (second, _) in zip(("trial", "equal"), timed, strict=True):
                turn[f"{name} {doses}"] = second / R_PEOPLE
        seconds = {key: min(seconds.get(key, spent), spent) for key, spent in turn.items()}
    return [
        Way(name.format(equal=equal), YEARS / seconds[key], float(error[key.split()[0]]))
        for key, name in WAYS.items()
    ]


WAYS = {
    "float32": "ours, float32",
    "float64": "ours, float64",
    "float32 loop": "  its compiled loop alone, float32",
    "float64 loop": "  its compiled loop alone, float64",
    "numpy": "the same in NumPy, float64",
    "trial table": "deSolve, trial accuracy, rtol 1e-4",
    "equal table": "deSolve, equal accuracy, rtol {equal:.1e}",
    "trial compiled": "  doses compiled too, rtol 1e-4",
    "equal compiled": "  doses compiled too, rtol {equal:.1e}",
    "scipy": "SciPy LSODA, rtol 1e-4",
}


def our_turn(many: Biology, plan: dict[int, float]) -> Iterator[tuple[str, float]]:
    """Seconds of one person in both precisions: the whole call, and its compiled loop alone."""
    loop, inside = lesion_loops.integrate, [9e9]

    def watched(*arrays: Any) -> None:
        began = time.thread_time()
        loop(*arrays)
        inside[0] = min(inside[0], time.thread_time() - began)

    lesion_loops.integrate = watched
    try:
        for real in (np.float32, np.float64):
            inside[0] = 9e9
            yield real.__name__, fastest(partial(ours, many, plan, real)) / PEOPLE
            yield f"{real.__name__} loop", inside[0] / PEOPLE
    finally:
        lesion_loops.integrate = loop


def drawn(count: int) -> tuple[Floats, Floats]:
    """Body weight and eight standard normals of so many people."""
    stream = Stream(2007, 0, np.arange(count))
    weight = 89.0 * np.exp(0.245 * normals(stream, Purpose.DEMOGRAPHICS, 1)[..., 0])
    return weight, normals(stream, Purpose.BIOLOGY, 8)


def people(drug: Drug, count: int) -> Biology:
    """So many virtual participants; the first are the same people for any number."""
    weight, effects = drawn(count)
    return biology_of((drug,), fit_b(), weight, effects)


def doses_of(biology: Biology, plan: dict[int, float]) -> Doses:
    """A plan for everybody."""
    (name,) = biology.drugs
    amounts = np.broadcast_to(list(plan.values()), (biology.memory.size, len(plan)))
    return Doses(tuple(7.0 * week for week in plan), {name: amounts})


def ours(biology: Biology, plan: dict[int, float], real: Any) -> Floats:
    """The lesion at every week, `(weeks, people)`."""
    return lesion_at(biology, doses_of(biology, plan), DAYS, real=real)


def numpys(biology: Biology, plan: dict[int, float]) -> Floats:
    """The same by NumPy, pass for pass."""
    return by_numpy.lesions(biology, doses_of(biology, plan), DAYS, np.float64)


def scipys(biology: Biology, plan: dict[int, float]) -> Floats:
    """The same by SciPy's LSODA, one person after another, `(weeks, people)`."""
    ((_, drug),) = biology.drugs.items()
    return np.array([_by_lsoda(biology, drug, who, plan) for who in range(biology.memory.size)]).T


def _by_lsoda(biology: Biology, drug: Any, who: int, plan: dict[int, float]) -> list[float]:
    rate, amplitude = drug.modes.rate[:, who], drug.modes.amplitude[:, who]
    kt, kout = biology.t17_turnover[who], biology.lesion_turnover[who]
    phi, placebo, half = biology.memory[who], biology.placebo_effect[who], drug.ic50[who]
    il_17 = drug.target == "IL-17"

    def change(t: float, y: Floats, start: float, modes: Floats) -> list[float]:
        left = half / (half + (modes * np.exp(-rate * (t - start))).sum())
        a, b = (1.0, left) if il_17 else (left, 1.0)
        loss = 1.0 + placebo * np.exp(-biology.placebo_decay * t)
        return [kt * (a * (1.0 - phi + phi * y[1]) - y[0]), kout * (b * y[0] - loss * y[1])]

    y, seen, modes = np.ones(2), [1.0], np.zeros(len(rate))
    for low, high in pairwise(sorted({7 * week for week in plan} | {int(DAYS[-1])})):
        modes = modes + amplitude * plan.get(low // 7, 0.0)
        at = [day for day in DAYS if low < day <= high]
        found = solve_ivp(
            change, (low, high), y, "LSODA", at, args=(low, modes), rtol=1e-4, atol=1e-6
        )
        y, modes = found.y[:, -1], modes * np.exp(-rate * (high - low))
        seen += found.y[1].tolist()
    return seen


def desolve(
    drug: Drug,
    plan: dict[int, float],
    doses: str,
    tolerances: tuple[float, ...],
    turns: int = R_TURNS,
) -> list[tuple[float, Floats]]:
    """DeSolve's seconds for all people at each tolerance, and their lesions `(people, weeks)`."""
    with tempfile.TemporaryDirectory() as folder:
        table, given = Path(folder) / "people.csv", Path(folder) / "plan.csv"
        np.savetxt(
            table, parameters(drug, R_PEOPLE), "%.17g", ",", header=",".join(NAMES), comments=""
        )
        rows = [f"{7 * week},{mg}" for week, mg in plan.items()]
        given.write_text("\n".join(["day,mg", *rows]) + "\n", "utf-8")
        script = Path(__file__).with_suffix(".R")
        words = ["Rscript", script, table, given, WEEKS, turns, doses, *tolerances]
        done = subprocess.run([str(w) for w in words], check=True, capture_output=True, text=True)
    return [
        (row["seconds"], np.reshape(row["lesion"], (R_PEOPLE, -1)))
        for row in json.loads(done.stdout)
    ]


NAMES = (
    *("absorption", "elimination", "outward", "inward", "volume", "ic50", "t17_turnover"),
    *("lesion_turnover", "memory", "placebo_effect", "placebo_decay", "available", "il_17"),
)
"""The columns of the table for R, in the order of one_drug.c."""


def parameters(drug: Drug, count: int) -> Floats:
    """Everybody's parameters in the order of NAMES, `(people, 13)`."""
    weight, effects = drawn(count)
    body = people(drug, count)
    clearance, volume, absorption = (
        individual(kinetic, weight, effects[:, 5 + place])
        for place, kinetic in enumerate((drug.clearance, drug.volume, drug.absorption))
    )
    flow, second = np.zeros(count), np.ones(count)
    if drug.peripheral is not None:
        flow = individual(drug.peripheral.flow, weight, np.zeros(count))
        second = individual(drug.peripheral.volume, weight, effects[:, 6])
    columns = (
        *(absorption, clearance / volume, flow / volume, flow / second, volume),
        *(body.drugs[drug.name].ic50, body.t17_turnover, body.lesion_turnover, body.memory),
        *(body.placebo_effect, body.placebo_decay, drug.bioavailability.typical),
        float(drug.target == "IL-17"),
    )
    return np.stack([np.broadcast_to(column, count) for column in columns], axis=-1)


def equal_tolerance(errors: list[float], wanted: float) -> float:
    """The tolerance with a mean error, on the line between the two tried that enclose it."""
    pairs = list(zip(TOLERANCES, errors, strict=True))
    for (loose, most), (tight, least) in pairwise(pairs):
        if least <= wanted <= most:
            share = np.log(most / wanted) / np.log(most / least)
            return float(loose * (tight / loose) ** share)
    return TOLERANCES[0] if wanted > errors[0] else TOLERANCES[-1]


def fastest(work: Callable[[], object], times: int = FAST_TURNS) -> float:
    """Processor seconds of the fastest of several runs, after one that does not count."""
    work()
    seconds = []
    for _ in range(times):
        began = time.thread_time()
        work()
        seconds.append(time.thread_time() - began)
    return min(seconds)


if __name__ == "__main__":
    main()
