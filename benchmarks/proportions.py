"""Times tests and intervals of 10,000 tables beside SciPy one at a time, and prints ratios.

    python benchmarks/proportions.py            a table
    python benchmarks/proportions.py --json     the same as JSON

Tables are those of a trial with 320 participants: of 160 in each arm, as replicates of one trial
give them, many alike; and all different, arms of 100 to 220 with every share of responders. Ours
and the rival take turns; each turn gives a ratio for one table, of the processor's time, which
other programs disturb least. The rival works on fewer tables. What is printed is the median ratio,
with the smallest and the largest. No test depends on a time.
"""

import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import acos, cos, pi, sqrt
from typing import NamedTuple

import numpy as np
from main_job import environment, shown
from numpy.typing import NDArray
from scipy import optimize, stats
from scipy.stats import contingency

from wholetrial.analysis.estimate import Interval, Test, normal_quantile
from wholetrial.analysis.responders.paired import mcnemar_exact_test
from wholetrial.analysis.responders.proportions import clopper_pearson, wilson
from wholetrial.analysis.responders.ratios import odds_ratio_log, risk_ratio_log
from wholetrial.analysis.responders.risk_difference import risk_difference_miettinen_nurminen
from wholetrial.analysis.responders.two_proportion_tests import fisher_exact_test, pearson_test
from wholetrial.analysis.responders.unconditional import boschloo_test

TABLES = 10_000
TURNS = 7


class Tables(NamedTuple):
    """Events and participants of both arms, `(K,)` each."""

    events: NDArray[np.int64]
    participants: NDArray[np.int64]
    control_events: NDArray[np.int64]
    control_participants: NDArray[np.int64]


class Rival(NamedTuple):
    """A method, the same by SciPy for one table, and how many tables SciPy is given."""

    name: str
    ours: Callable[[Tables], Test | Interval]
    theirs: Callable[[int, int, int, int], float]
    tables: int


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds for one table, ours and the rival's, and the ratios of the turns."""

    method: str
    tables: str
    ours: float
    rival: float
    ratio: float
    smallest: float
    largest: float
    difference: float


def main() -> None:
    """Time everything and print it."""
    warnings.simplefilter("ignore", RuntimeWarning)  # SciPy on tables with a zero
    found = [
        timed(rival, name, tables)
        for name, tables in (("160 v 160", of_one_trial()), ("all different", all_different()))
        for rival in RIVALS
        if name == "160 v 160" or rival.name not in SLOW_WHERE_SIZES_DIFFER
    ]
    if "--json" in sys.argv[1:]:
        print(json.dumps({"environment": environment(), "timed": [asdict(row) for row in found]}))
        return
    print(" · ".join(f"{name} {value}" for name, value in environment().items()), end="\n\n")
    print(f"{'method':22}{'tables':16}{'ours':>10}{'SciPy':>10}   times as fast (of {TURNS} turns)")
    for row in found:
        times = f"{shown(row.ours):>10}{shown(row.rival):>10}"
        ratios = f"{row.ratio:8,.0f} ({row.smallest:,.0f} to {row.largest:,.0f})"
        agree = f"largest difference {row.difference:.0e}"
        print(f"{row.method:22}{row.tables:16}{times}{ratios}; {agree}")


def of_one_trial() -> Tables:
    """Replicates of a trial with 160 in each arm."""
    random, size = np.random.default_rng(320), np.full(TABLES, 160)
    return Tables(random.binomial(size, 0.45), size, random.binomial(size, 0.35), size)


def all_different() -> Tables:
    """Tables of 320 participants, hardly any two alike."""
    random = np.random.default_rng(2007)
    n = random.integers(100, 220, TABLES)
    x, control_x = (random.binomial(size, random.random(TABLES)) for size in (n, 320 - n))
    return Tables(x, n, control_x, 320 - n)


def timed(rival: Rival, name: str, tables: Tables) -> Timed:
    """Let ours and the rival take turns, after one that does not count."""
    few = Tables(*(counts[: rival.tables] for counts in tables))
    rows = [tuple(map(int, row)) for row in zip(*few, strict=True)]
    ours, theirs = rival.ours(few), [rival.theirs(*row) for row in rows]
    number = ours.p_value if isinstance(ours, Test) else ours.low
    rival.ours(tables)
    turns = []
    for _ in range(TURNS):
        began = time.process_time()
        rival.ours(tables)
        between = time.process_time()
        for row in rows:
            rival.theirs(*row)
        ended = time.process_time()
        turns.append(((between - began) / TABLES, (ended - between) / len(rows)))
    ratios = sorted(slow / fast for fast, slow in turns)
    fast, slow = (statistics.median(times) for times in zip(*turns, strict=True))
    difference = float(np.nanmax(np.abs(number - theirs)))
    middle = statistics.median(ratios)
    return Timed(rival.name, name, fast, slow, middle, ratios[0], ratios[-1], difference)


def cells(x: int, n: int, y: int, m: int) -> list[list[int]]:
    """A table as SciPy takes it: the arms are its columns."""
    return [[x, y], [n - x, m - y]]


def miettinen_nurminen(x: int, n: int, y: int, m: int) -> float:
    """The lower limit by SciPy's brentq on the closed-form likelihood; both limits are found."""
    critical = normal_quantile(0.95) ** 2 * (n + m) / (n + m - 1)
    estimate = x / n - y / m

    def excess(difference: float) -> float:
        b = (n + 2 * m) * difference - n - m - x - y
        c = (m * difference - n - m - 2 * y) * difference + x + y
        shift = b / (3 * (n + m))
        half = (
            shift**3
            - b * c / (6 * (n + m) ** 2)
            + y * difference * (1 - difference) / (2 * (n + m))
        )
        spread = sqrt(max(shift**2 - c / (3 * (n + m)), 0.0)) * (1 if half >= 0 else -1)
        angle = (pi + acos(min(max(half / spread**3 if spread else 0.0, -1.0), 1.0))) / 3
        control = 2 * spread * cos(angle) - shift
        control = min(max(control, 0.0, -difference), 1.0, 1 - difference)
        active = control + difference
        variance = active * (1 - active) / n + control * (1 - control) / m
        return (estimate - difference) ** 2 - critical * variance

    ends = []
    for end in (-1.0, 1.0):
        inside = estimate + (end - estimate) * 1e-12
        ends.append(optimize.brentq(excess, inside, end, xtol=1e-15) if inside != end else end)
    return float(ends[0])


RIVALS = (
    Rival(
        "Fisher",
        lambda t: fisher_exact_test(*t),
        lambda *row: float(stats.fisher_exact(cells(*row)).pvalue),
        300,
    ),
    Rival(
        "Boschloo",
        lambda t: boschloo_test(*t),
        lambda *row: float(stats.boschloo_exact(cells(*row)).pvalue),
        6,
    ),
    Rival(
        "Pearson",
        lambda t: pearson_test(*t),
        lambda *row: float(stats.chi2_contingency(cells(*row), correction=False).pvalue),
        300,
    ),
    Rival(
        "Miettinen-Nurminen",
        lambda t: risk_difference_miettinen_nurminen(*t),
        miettinen_nurminen,
        300,
    ),
    Rival(
        "log risk ratio",
        lambda t: risk_ratio_log(*t),
        lambda x, n, y, m: float(
            contingency.relative_risk(x, n, y, m).confidence_interval(0.95).low
        ),
        300,
    ),
    Rival(
        "log odds ratio",
        lambda t: odds_ratio_log(*t),
        lambda *row: float(
            contingency.odds_ratio(cells(*row), kind="sample").confidence_interval(0.95).low
        ),
        300,
    ),
    Rival(
        "Clopper-Pearson",
        lambda t: clopper_pearson(t.events, t.participants),
        lambda x, n, y, m: float(stats.binomtest(x, n).proportion_ci(0.95, "exact").low),
        300,
    ),
    Rival(
        "Wilson",
        lambda t: wilson(t.events, t.participants),
        lambda x, n, y, m: float(stats.binomtest(x, n).proportion_ci(0.95, "wilson").low),
        300,
    ),
    Rival(
        "McNemar exact",
        lambda t: mcnemar_exact_test(t.events, t.control_events),
        lambda x, n, y, m: float(stats.binomtest(x, x + y).pvalue) if x + y else 1.0,
        300,
    ),
)
SLOW_WHERE_SIZES_DIFFER = ("Boschloo",)
"""An unconditional test works through the tables of each pair of arm sizes anew."""


if __name__ == "__main__":
    main()
