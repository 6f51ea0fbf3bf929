"""Stratified tables: 10,000 trials at once here, and one at a time by SciPy and by R.

    python benchmarks/stratified.py            a table
    python benchmarks/stratified.py --json     the same as JSON

Four strata of 20 to 40 participants an arm. SciPy has none of these methods: its rivals here are
written as a statistician would, with NumPy over the strata of one trial, SciPy's chi-square and
`brentq`; they give a p-value or the limits, ours give estimates and tests as well. R's
mantelhaen.test runs where Rscript is installed, and is timed within R.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
from main_job import Ratio, Timed, environment, print_parts, print_ratios, timed
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import chi2

from wholetrial.analysis.responders.cochran_mantel_haenszel import cmh_test
from wholetrial.analysis.responders.mantel_haenszel import risk_difference_mantel_haenszel
from wholetrial.analysis.responders.stratified_exact import cmh_exact_test
from wholetrial.analysis.responders.stratified_score import (
    risk_difference_stratified_miettinen_nurminen,
)

Counts = NDArray[np.int64]
Tables = tuple[Counts, Counts, Counts, Counts]

TRIALS = 10_000
STRATA = 4
FEW = 200
IN_R = """
d <- as.matrix(read.csv(file("stdin"), header = FALSE)); k <- ncol(d) / 4
tables <- lapply(seq_len(nrow(d)), function(i) { s <- matrix(d[i, ], 4, byrow = TRUE)
  array(rbind(s[1, ], s[3, ], s[2, ] - s[1, ], s[4, ] - s[3, ]), c(2, 2, k)) })
for (exact in c(FALSE, TRUE)) {
  test <- function(a) mantelhaen.test(a, correct = FALSE, exact = exact)$p.value
  took <- system.time(p <- vapply(tables, test, 0))[[3]]
  cat(took, sprintf("%.17g", p), "\n") }
"""


def trials(count: int) -> Tables:
    """Trials whose arms differ by about 20 points in every stratum."""
    random = np.random.default_rng(1959)
    n, control_n = random.integers(20, 41, (2, count, STRATA))
    share = random.uniform(0.2, 0.6, (count, STRATA))
    return random.binomial(n, share + 0.2), n, random.binomial(control_n, share), control_n


def cmh_of_one(x: Counts, n: Counts, y: Counts, m: Counts) -> float:
    """P-value of one trial."""
    total, events = n + m, x + y
    expected = n * events / total
    variance = n * m * events * (total - events) / (total**2 * (total - 1))
    return float(chi2.sf((x - expected).sum() ** 2 / variance.sum(), 1))


def difference_of_one(x: Counts, n: Counts, y: Counts, m: Counts) -> float:
    """Upper limit of one trial's Mantel-Haenszel difference, by Sato's variance."""
    total = n + m
    weight = n * m / total
    difference = (weight * (x / n - y / m)).sum() / weight.sum()
    p = ((n**2 * y - m**2 * x + n * m * (m - n) / 2) / total**2).sum()
    q = ((x * (m - y) + y * (n - x)) / (2 * total)).sum()
    return float(difference + ndtri(0.975) * np.sqrt(difference * p + q) / weight.sum())


def score_of_one(x: Counts, n: Counts, y: Counts, m: Counts) -> float:
    """Upper limit of one trial's Miettinen-Nurminen interval, the lower one sought as well."""
    total, events = n + m, x + y

    def statistic(d: float, expected: float) -> float:
        b = ((n + 2 * m) * d - total - events) / total / 3
        c = ((m * d - total - 2 * y) * d + events) / total
        half = b**3 - b * c / 2 + y * d * (1 - d) / total / 2
        spread = np.where(half >= 0, 1, -1) * np.sqrt(np.maximum(b**2 - c / 3, 0))
        angle = (np.pi + np.arccos(np.clip(half / spread**3, -1, 1))) / 3
        q = np.clip(2 * spread * np.cos(angle) - b, max(0, -d), min(1, 1 - d))
        p = q + d
        weight = n * m / total
        while True:
            share, control = (weight * p).sum() / weight.sum(), (weight * q).sum() / weight.sum()
            new = 1 / (share * (1 - share) / (control * (1 - control)) / n + 1 / m)
            if np.abs(new - weight).max() < 1e-10:
                break
            weight = new
        variance = (p * (1 - p) / n + q * (1 - q) / m) * total / (total - 1)
        score = (weight * (x / n - y / m - d)).sum()
        return float(score / np.sqrt((weight**2 * variance).sum()) - expected)

    crude, z = x.sum() / n.sum() - y.sum() / m.sum(), ndtri(0.975)
    brentq(statistic, -0.999, crude, (z,), xtol=1e-12)
    return float(brentq(statistic, crude, 0.999, (-z,), xtol=1e-12))


def rivals() -> list[tuple[Timed, Timed, float]]:
    """Each method of all trials at once, and of few one at a time."""
    methods: dict[str, tuple[Callable[..., NDArray[np.float64]], Callable[..., float]]] = {
        "CMH test": (lambda *t: cmh_test(*t).p_value, cmh_of_one),
        "Mantel-Haenszel difference": (
            lambda *t: risk_difference_mantel_haenszel(*t).high,
            difference_of_one,
        ),
        "stratified Miettinen-Nurminen": (
            lambda *t: risk_difference_stratified_miettinen_nurminen(*t).interval.high,
            score_of_one,
        ),
    }
    many, few = trials(TRIALS), [part[:FEW] for part in trials(TRIALS)]
    found = []
    for name, (at_once, of_one) in methods.items():

        def one_at_a_time(of_one: Callable[..., float] = of_one) -> list[float]:
            return [of_one(*row) for row in zip(*few, strict=True)]

        ours = timed(f"{name}, batched", lambda of=at_once: of(*many), TRIALS, "trial")
        rival = timed("  NumPy and SciPy, one at a time", one_at_a_time, FEW, "trial", 3)
        difference = np.abs(at_once(*few) - one_at_a_time()).max()
        found.append((ours, rival, float(difference)))
    return found


def by_r() -> list[tuple[Timed, Timed, float]]:
    """The test of all trials at once, and of few by R, one at a time."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        print("R is not installed: mantelhaen.test is not timed\n", file=sys.stderr)
        return []
    many, few = trials(TRIALS), [part[:FEW] for part in trials(TRIALS)]
    lines = "\n".join(",".join(map(str, np.concatenate(row))) for row in zip(*few, strict=True))
    command = [rscript, "-e", IN_R]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    found = []
    methods = {"CMH test": cmh_test, "exact CMH test": cmh_exact_test}
    for (name, method), line in zip(methods.items(), done.stdout.splitlines(), strict=True):
        took, *theirs = map(float, line.split())
        ours = timed(f"{name}, batched again", lambda of=method: of(*many), TRIALS, "trial")
        rival = Timed("  R mantelhaen.test, one at a time", FEW, "trial", took, took, took)
        found.append((ours, rival, float(np.abs(method(*few).p_value - theirs).max())))
    return found


def main() -> None:
    """Time everything and print it."""
    pairs = [*rivals(), *by_r()]
    parts = [part for ours, rival, _ in pairs for part in (ours, rival)]
    ratios = [
        Ratio(ours.part, rival.part, rival.each / ours.each, difference)
        for ours, rival, difference in pairs
    ]
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


if __name__ == "__main__":
    main()
