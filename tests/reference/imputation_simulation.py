"""Trials whose participants leave by what was measured: how often do imputed analyses err?

Simulated once and stored, in blocks: python tests/reference/imputation_simulation.py writes
imputation_simulation.json. A test runs the first blocks again. Every random number has an address,
so that a block is the same wherever it runs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit, ndtr

from wholetrial.analysis.estimate import Effect, effect_at
from wholetrial.analysis.imputation.ancova import ancova_jackknifed, ancova_pooled
from wholetrial.analysis.imputation.bootstrap import Draws
from wholetrial.analysis.imputation.impute import (
    impute,
    impute_conditional_mean,
    impute_leaving_one_out,
)
from wholetrial.analysis.imputation.measured import Assumption, Measured, as_measured
from wholetrial.analysis.imputation.responders import risk_difference_pooled
from wholetrial.numerics.philox import Purpose, Stream, normals, uniforms

STORED = Path(__file__).with_suffix(".json")
BLOCK, BLOCKS, IMPUTATIONS = 40, 200, 50
VISITS, BASE_MEAN, BASE_SD, BETWEEN, WITHIN = 4, 25.0, 4.0, 2.0, 1.5
RESPONSE = -7.0
"""A change at the last visit of this much or more, down, is a response."""


@dataclass(frozen=True)
class Scenario:
    """How many are randomized, how much the arm adds by the last visit, who leaves, the strategy."""

    name: str
    people: int
    effect: float
    strategy: str
    seed: int


SCENARIOS = (
    Scenario("no effect, missing at random", 100, 0.0, "missing_at_random", 1),
    Scenario("an effect, missing at random", 100, -2.0, "missing_at_random", 2),
    Scenario("no effect, small arms", 40, 0.0, "missing_at_random", 3),
    Scenario("no effect, jump to reference", 100, 0.0, "jump_to_reference", 4),
)


def a_block(scenario: Scenario, block: int) -> dict[str, dict[str, int]]:
    """Give, for each analysis, in how many of the block's trials it rejects, and covers the truth."""
    replicates = np.arange(BLOCK) + block * BLOCK
    who = _trials(scenario, replicates)
    assumption = Assumption(scenario.strategy, reference=0)
    many = impute(who, assumption, Draws(scenario.seed, IMPUTATIONS, replicates))
    last = VISITS - 1
    mean = ancova_pooled(who, many, visits=[last]).differences
    once, without = (
        impute_conditional_mean(who, assumption),
        impute_leaving_one_out(who, assumption),
    )
    jackknife = ancova_jackknifed(who, once, without, visits=[last]).differences
    responds = many.values[..., last] <= RESPONSE
    shares = risk_difference_pooled(responds, who.arm == 1, who.arm == 0, reason=many.reason)
    place = (slice(None), 0, 0)
    return {
        "means, drawn": _counted(effect_at(mean, place), scenario.effect),
        "means, jackknife": _counted(effect_at(jackknife, place), scenario.effect),
        "responders": _counted(shares, _true_difference(scenario)),
    }


def summed(blocks: list[dict[str, dict[str, int]]]) -> dict[str, dict[str, int]]:
    """Give the counts of all the blocks."""
    return {
        analysis: {key: sum(block[analysis][key] for block in blocks) for key in counts}
        for analysis, counts in blocks[0].items()
    }


def _counted(effect: Effect, truth: float) -> dict[str, int]:
    return {
        "analyzed": int(np.sum(effect.reason == 0)),
        "rejected": int(np.sum(effect.p_value <= 0.05)),
        "covered": int(np.sum((effect.low <= truth) & (truth <= effect.high))),
    }


def _trials(scenario: Scenario, replicates: np.ndarray) -> Measured:
    people = np.arange(scenario.people)
    stream = Stream(scenario.seed, replicates[:, None], people)
    noise = normals(stream, Purpose.BIOLOGY, 2 + VISITS)
    arm = np.broadcast_to(people % 2, (len(replicates), scenario.people))
    base = BASE_MEAN + BASE_SD * noise[..., 0]
    weeks = np.arange(1, VISITS + 1) / VISITS
    mean = (
        -6 * weeks - 0.3 * (base[..., None] - BASE_MEAN) + scenario.effect * weeks * arm[..., None]
    )
    values = mean + BETWEEN * noise[..., 1:2] + WITHIN * noise[..., 2:]
    chance = uniforms(stream, Purpose.DROPOUT, VISITS - 1)
    leaves = chance < expit(-2.5 + 0.25 * (values[..., :-1] + 3))
    gone = np.cumsum(leaves, axis=-1) > 0
    values[..., 1:] = np.where(gone, np.nan, values[..., 1:])
    return as_measured(values, arm, arms=[0, 1], covariates=base[..., None])


def _true_difference(scenario: Scenario) -> float:
    spread = np.sqrt((0.3 * BASE_SD) ** 2 + BETWEEN**2 + WITHIN**2)
    share = ndtr((RESPONSE + 6 - scenario.effect) / spread)
    return float(share - ndtr((RESPONSE + 6) / spread))


def simulated() -> dict[str, Any]:
    """Give the counts of every scenario, of all blocks and of the first one."""
    found = {}
    for scenario in SCENARIOS:
        blocks = [a_block(scenario, block) for block in range(BLOCKS)]
        found[scenario.name] = {"trials": BLOCK * BLOCKS, "all": summed(blocks), "first": blocks[0]}
    return found


if __name__ == "__main__":
    STORED.write_text(json.dumps(simulated(), indent=1) + "\n")
