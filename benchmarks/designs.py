"""Times what a question about designs costs without simulated trials, beside simulating them.

    python benchmarks/designs.py            a table
    python benchmarks/designs.py --json     the same as JSON

Everything runs in one process and thread; times are of the processor (`thread_time`), so that
other work on the machine counts little. Tables and people are made within the time of a line.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any

import numpy as np

from wholetrial.analysis.enumeration import Success, power_of_comparison, successes
from wholetrial.programme.asked import Asked
from wholetrial.programme.simulate import Ways, simulate_scenario
from wholetrial.programme.trials import load
from wholetrial.simulation.counting import CountedArm, count_responders
from wholetrial.simulation.design_rates import Amount, Rate, Screen, rates_of
from wholetrial.simulation.pharmacokinetics import USTEKINUMAB
from wholetrial.simulation.psoriasis_fit import fit_named
from wholetrial.simulation.simulate import Simulation, prepare
from wholetrial.simulation.sobol_people import sobol_people

TRIAL, ARM = "NCT00320216", "once_45"
TRIALS, TIMED = 10_000, 512
WEEK_12 = 84
TIMES = tuple(float(times) for times in np.linspace(0.2, 2.0, 10))


@dataclass(frozen=True, slots=True)
class Line:
    """What was asked, how it was answered, seconds of the processor, and how exact it is."""

    asked: str
    answered: str
    seconds: float
    exact: str


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the processor, and what came out."""
    began = time.thread_time()
    found = work()
    return time.thread_time() - began, found


def fisher() -> np.ndarray:
    """The power of four comparisons of 64 with 64, every table tested anew."""
    successes.cache_clear()
    rates = np.array([0.48, 0.58, 0.70, 0.77])
    return power_of_comparison(Success("fisher_exact", 0.05), (64, 64), rates, 0.04)


def screen(simulation: Simulation) -> Screen:
    """What all designs share, made anew."""
    visit = next(visit for visit in simulation.visits if visit.day == WEEK_12)
    return Screen(simulation, sobol_people(simulation), visit, (75.0,))


def grid(simulation: Simulation) -> list[tuple[Rate, ...]]:
    """1,000 designs of five arms: ten amounts in each of three arms, every combination."""
    arms = tuple(simulation.protocol.arms)
    designs = list(product(TIMES, repeat=3))
    wanted = [
        Amount(arm, times)
        for design in designs
        for arm, times in zip(arms, (*design, 1.0, 1.0), strict=True)
    ]
    return rates_of(screen(simulation), wanted)


def all_different(simulation: Simulation) -> list[tuple[Rate, ...]]:
    """1,000 designs of five arms, with an amount in each arm that no other design has."""
    arms = [arm for arm in simulation.protocol.arms if arm != "placebo"]
    many = np.linspace(0.2, 2.0, 1000)
    wanted = [Amount(arm, float(times)) for arm in (*arms, ARM) for times in many]
    wanted[4000:] = [one._replace(times=one.times + 1e-4) for one in wanted[4000:]]
    return rates_of(screen(simulation), wanted)


def plainly(participants: int) -> int:
    """Responders among participants drawn one by one, each visit's noise drawn: the fastest way."""
    arm = CountedArm(participants, USTEKINUMAB, {0.0: 45.0}, missing=0.025)
    return int(count_responders([arm], fit_named("fit_b"), range(1), seed=1)[0, 0, 0])


def _largest(rates: list[tuple[Rate, ...]]) -> str:
    errors = np.array([one.error for found in rates for one in found]) * 100
    return f"rates ± {errors.mean():.2f} points, ± {errors.max():.2f} at most"


def lines() -> list[Line]:
    """Everything that is measured; compiled code is warmed up first."""
    protocol = load(TRIAL)
    simulation = prepare(protocol, 1, None, "fixed")
    one = screen(simulation)
    warm = rates_of(one, [Amount(ARM)])[0][0]
    fisher()
    plainly(64)
    enumerated, _ = timed(fisher)
    simulated, _ = timed(
        lambda: simulate_scenario(protocol, Asked(TIMED, 1, None, "fixed"), Ways())
    )
    sobol, _ = timed(lambda: rates_of(one, [Amount(ARM)]))
    needed = round(warm.rate * (1 - warm.rate) / warm.error**2)
    drawn, _ = timed(lambda: plainly(needed))
    shared, of_grid = timed(lambda: grid(simulation))
    different, of_all = timed(lambda: all_different(simulation))
    exact, error = "exact, given the rates", f"± {100 * warm.error:.2f} points"
    return [
        Line("power, 64 v 64, Fisher", "enumeration", enumerated, exact),
        Line(
            "power, all comparisons",
            f"{TRIALS:,} simulated trials, at the pace of {TIMED}",
            simulated * TRIALS / TIMED,
            "± 0.5 points at most",
        ),
        Line("one rate", f"{one.people.weight.size:,} Sobol people", sobol, error),
        Line("one rate", f"{needed:,} people drawn, counted only", drawn, error),
        Line("1,000 designs by 5 arms", "a grid of amounts", shared, _largest(of_grid)),
        Line("1,000 designs by 5 arms", "5,000 different amounts", different, _largest(of_all)),
    ]


def main(arguments: list[str]) -> None:
    """Print the table, or JSON."""
    found = lines()
    if arguments == ["--json"]:
        print(json.dumps([asdict(one) for one in found], indent=1))
        return
    for one in found:
        print(f"{one.asked:25}{one.answered:45}{1000 * one.seconds:>12,.1f} ms   {one.exact}")
    print(f"enumeration / simulating: 1 / {found[1].seconds / found[0].seconds:,.0f}")
    print(f"Sobol / drawn, the same error: 1 / {found[3].seconds / found[2].seconds:,.1f}")


if __name__ == "__main__":
    main(sys.argv[1:])
