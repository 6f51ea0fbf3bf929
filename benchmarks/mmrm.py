"""Times mixed models for repeated measures beside R's nlme, and over many simulated trials.

    OMP_NUM_THREADS=1 python benchmarks/mmrm.py            a table
    OMP_NUM_THREADS=1 python benchmarks/mmrm.py --json     the same as JSON

One fit is 200 participants at 6 visits, a tenth of the values missing now and then and a third of
the participants dropping out, unstructured covariance by REML, with least-squares means and
Satterthwaite's degrees of freedom for the difference at each visit. nlme (gls, corSymm, varIdent)
does the fit alone, timed inside R; the two take turns, and each turn gives a ratio. Times are those
of the processor, so that other work on the machine counts little. No test depends on a time.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from main_job import environment, shown
from numpy.typing import NDArray

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.measurements.covariates import measured
from wholetrial.analysis.measurements.mmrm.contrasts import contrasts
from wholetrial.analysis.measurements.mmrm.effects import (
    RepeatedMeasures,
    VisitEffects,
    visit_effects,
)
from wholetrial.analysis.measurements.mmrm.fit import fit_mmrm

Floats = NDArray[np.float64]

PEOPLE, VISITS = 200, 6
REPLICATES = 10_000
TURNS = 3
FITS, RIVAL_FITS = 30, 1
PLAN = RepeatedMeasures(by_visit=("base",))


class Trials(NamedTuple):
    """Changes `(..., P, V)`, baseline `(..., P)` and arm `(P,)`."""

    change: Floats
    base: Floats
    arm: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Turn:
    """Seconds of one fit, ours and nlme's, and how far the differences are apart."""

    ours: float
    rival: float
    apart: float


def main() -> None:
    """Time everything and print it."""
    one = trials(1)
    turns = [turn(one) for _ in range(TURNS)]
    general = timed(lambda: by_design(one), FITS)
    seconds, failed = many(trials(REPLICATES))
    found = {
        "environment": environment(),
        "turns": [asdict(each) for each in turns],
        "general_design_ms": 1e3 * general,
        "replicates": REPLICATES,
        "replicates_s": seconds,
        "replicate_ms": 1e3 * seconds / REPLICATES,
        "replicates_without_number": failed,
    }
    if "--json" in sys.argv[1:]:
        print(json.dumps(found, indent=1))
        return
    print(" · ".join(f"{name} {value}" for name, value in environment().items()), end="\n\n")
    ours = statistics.median(each.ours for each in turns)
    rival = statistics.median(each.rival for each in turns)
    ratios = sorted(each.rival / each.ours for each in turns)
    print(f"one fit, means and differences      {shown(ours)}")
    print(f"one fit from a general design       {shown(general)}")
    print(f"  nlme gls, the fit alone           {shown(rival)}")
    print(f"times as fast as nlme               {ratios[len(ratios) // 2]:,.0f}", end=" ")
    print(f"({ratios[0]:,.0f} to {ratios[-1]:,.0f}), apart {max(t.apart for t in turns):.0e}")
    print(f"{REPLICATES:,} trials, all at once           {shown(seconds)}", end=", ")
    print(f"{shown(seconds / REPLICATES)} a trial, {failed} without a number")


def trials(replicates: int) -> Trials:
    """Trials of two arms with gaps and dropout, drawn from a seed."""
    draw = np.random.default_rng(1998)
    shape = (replicates, PEOPLE)
    base, arm = draw.normal(24, 4, shape), np.arange(PEOPLE) % 2
    root = np.linalg.cholesky(
        np.exp(-0.3 * np.abs(np.subtract.outer(range(VISITS), range(VISITS))))
    )
    change = draw.normal(size=(*shape, VISITS)) @ root.T * np.linspace(3, 5, VISITS)
    change -= 0.1 * base[..., None] + 0.3 * arm[:, None] * np.arange(VISITS)
    leaves = draw.uniform(0, 3 * VISITS, shape)
    gone = draw.random(change.shape) < 0.1
    gone[..., 1:] |= np.arange(1, VISITS) > leaves[..., None]
    return Trials(np.where(gone, np.nan, change), base, arm)


def effects(given: Trials) -> VisitEffects:
    """Means and differences at every visit, with Satterthwaite's degrees of freedom."""
    covariates = [measured("base", given.base)]
    return visit_effects(given.change, covariates, arm=given.arm, arms=[0, 1], plan=PLAN)


def by_design(given: Trials) -> Floats:
    """The differences from a design of every participant and visit."""
    columns = np.stack([np.ones(PEOPLE), given.arm, given.base[0]], axis=-1)
    design = np.eye(VISITS)[:, None, :] * columns[:, None, :, None]
    model = fit_mmrm(given.change[0], design.reshape(PEOPLE, VISITS, -1))
    return contrasts(model, np.eye(3 * VISITS)[VISITS : 2 * VISITS]).value


def turn(given: Trials) -> Turn:
    """Time our fit and nlme's, one after the other."""
    one = Trials(given.change[0], given.base[0], given.arm)
    ours = timed(lambda: effects(one), FITS)
    rival = by_nlme(one)
    found = effects(one).differences
    assert found is not None
    apart = float(np.abs(found.value[0] - rival["differences"]).max())
    return Turn(ours, statistics.median(rival["seconds"]), apart)


def by_nlme(given: Trials) -> Any:
    """Seconds of each of nlme's fits, and its differences."""
    who, visit = np.nonzero(~np.isnan(given.change))
    rows = np.stack(
        [who, visit + 1, given.arm[who], given.base[who], given.change[who, visit]], axis=-1
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.csv"
        np.savetxt(file, rows, "%.17g", ",", header="id,visit,arm,base,change", comments="")
        script = Path(__file__).with_suffix(".R")
        words = ["Rscript", str(script), str(file), str(RIVAL_FITS)]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def many(given: Trials) -> tuple[float, int]:
    """Seconds for all trials at once, and how many have no number."""
    began = time.process_time()
    found = effects(given)
    seconds = time.process_time() - began
    return seconds, int(np.any(found.means.reason != Reason.OK, axis=(-2, -1)).sum())


def timed(work: Callable[[], object], times: int) -> float:
    """Seconds of one run, the median of several after one that does not count."""
    work()
    seconds = []
    for _ in range(times):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
