"""How often tests of models err where the arms do not differ, by simulation.

Writes simulated-levels.json beside itself, which the page levels.md shows. All trials of a setting
are drawn and analyzed as one batch; the whole takes a minute or two:

    python docs/simulated_levels.py
"""

import json
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import numpy as np

from wholetrial.analysis.estimate import Floats, Reason, Test
from wholetrial.analysis.measurements.ancova import control_contrasts, differences_from_control
from wholetrial.analysis.measurements.covariates import measured
from wholetrial.analysis.measurements.linear_functions import hc3, only, robust_effect
from wholetrial.analysis.measurements.linear_model import fit_linear_model
from wholetrial.analysis.measurements.mmrm.contrasts import contrast
from wholetrial.analysis.measurements.mmrm.fit import fit_mmrm
from wholetrial.analysis.responders.standardization import risk_difference_standardized
from wholetrial.analysis.times.cox import cox_regression, likelihood_ratio_test, wald_test
from wholetrial.analysis.times.log_rank import logrank_test
from wholetrial.analysis.times.mean_survival import restricted_mean_difference
from wholetrial.analysis.times.survival import kaplan_meier

RESULTS = Path(__file__).with_name("simulated-levels.json")
LEVEL = 0.05
TRIALS = 20_000
AT_ONCE = 2_000
"""Trials with visits that are drawn together."""
VISITS = 4
FREEDOM = {
    "Kenward-Roger, linear form": "kenward_roger_linear",
    "Satterthwaite": "satterthwaite",
    "Kenward-Roger with second derivatives": "kenward_roger",
    "residual degrees of freedom": "residual",
}
ERRORS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Floats]] = {
    "normal": lambda draw, shape: draw.normal(size=shape),
    "log-normal": lambda draw, shape: draw.lognormal(size=shape),
}


class Simulated(NamedTuple):
    """How often one test rejected in one setting, and in how many trials it gave no number."""

    kind: str
    method: str
    setting: str
    trials: int
    rejected: int
    no_number: int


def times() -> Iterator[Simulated]:
    """Exponential times without a difference; in half of the settings half are cut off."""
    for place, (arms, lost) in enumerate(product(((10, 10), (30, 10), (50, 50)), (0.0, 0.5))):
        draw = np.random.default_rng([1, place])
        until_event = draw.exponential(1.0, (TRIALS, sum(arms)))
        until_end = draw.exponential(1.0, until_event.shape) if lost else np.inf
        day, seen = np.minimum(until_event, until_end), until_event <= until_end
        arm = np.repeat([1, 0], arms)
        model = cox_regression(day, seen, arm[:, None])
        curves = (kaplan_meier(day, seen, np.broadcast_to(arm == one, day.shape)) for one in (1, 0))
        tests = {
            "log-rank": logrank_test(day, seen, arm, arms=[1, 0]),
            "Cox, likelihood ratio": likelihood_ratio_test(model),
            "Cox, Wald": wald_test(model),
            "restricted mean to the median": restricted_mean_difference(*curves, np.log(2)).test,
        }
        setting = f"{arms[0]} v {arms[1]}, {lost:.0%} censored"
        yield from _counted("times", setting, tests)


def measurements() -> Iterator[Simulated]:
    """Change on baseline, with errors that are normal or far from it."""
    for place, (arms, name) in enumerate(product(((5, 5), (30, 10), (30, 30)), ERRORS)):
        draw = np.random.default_rng([2, place])
        shape = TRIALS, sum(arms)
        baseline = draw.normal(size=shape)
        change = -0.5 * baseline + ERRORS[name](draw, shape)
        arm = np.repeat([1, 0], arms)
        model = fit_linear_model(change, [measured("baseline", baseline)], arm=arm, arms=[0, 1])
        tests = {
            "analysis of covariance": only(differences_from_control(model)).test,
            "the same, variance HC3": only(
                robust_effect(model, control_contrasts(model), hc3)
            ).test,
        }
        yield from _counted("measurements", f"{arms[0]} v {arms[1]}, {name}", tests)


def adjusted() -> Iterator[Simulated]:
    """A risk of one half or one in ten, that rises with a covariate."""
    for place, (arms, odds) in enumerate(product(((20, 20), (60, 30), (100, 100)), (0.0, -2.4))):
        draw = np.random.default_rng([3, place])
        shape = TRIALS, sum(arms)
        covariate = draw.normal(size=shape)
        risk = 1 / (1 + np.exp(-odds - covariate))
        outcome = draw.random(shape) < risk
        arm = np.broadcast_to(np.repeat([1, 0], arms), shape)
        found = risk_difference_standardized(outcome, arm, covariate[..., None], np.ones(shape))
        setting = f"{arms[0]} v {arms[1]}, risk {risk.mean():.0%}"
        yield from _counted("adjusted", setting, {"standardized risk difference": found.test})


def repeated() -> Iterator[Simulated]:
    """Four visits, a quarter lost by the last, the worse the sooner; unstructured covariance."""
    spread = np.array([1.0, 1.2, 1.4, 1.6])
    lags = np.abs(np.subtract.outer(np.arange(VISITS), np.arange(VISITS)))
    root = np.linalg.cholesky(spread[:, None] * 0.7**lags * spread)
    for size, block in product((10, 20, 50), range(TRIALS // AT_ONCE)):
        draw = np.random.default_rng([4, size, block])
        shape = AT_ONCE, 2 * size
        baseline = draw.normal(size=shape)
        values = draw.normal(size=(*shape, VISITS)) @ root.T + 0.5 * baseline[..., None]
        leaves = draw.random((*shape, VISITS - 1)) < 0.09 * np.exp(0.3 * values[..., :-1])
        values[..., 1:][np.cumsum(leaves, axis=-1) > 0] = np.nan
        model = fit_mmrm(values, _design(baseline, np.repeat([1.0, 0.0], size)))
        last = np.eye(3 * VISITS)[2 * VISITS - 1]
        tests = {name: contrast(model, last, freedom=key).test for name, key in FREEDOM.items()}
        yield from _counted("repeated", f"{size} v {size}", tests)


def _design(baseline: Floats, arm: Floats) -> Floats:
    """A mean for each visit, then the arm's difference at each, then baseline at each."""
    visits = np.broadcast_to(np.eye(VISITS), (*baseline.shape, VISITS, VISITS))
    parts = [visits, arm[:, None, None] * visits, baseline[..., None, None] * visits]
    return np.concatenate(parts, axis=-1)


def _counted(kind: str, setting: str, tests: dict[str, Test]) -> Iterator[Simulated]:
    for name, test in tests.items():
        good = test.reason == Reason.OK
        rejected = good & (test.p_value <= LEVEL)
        counts = test.reason.size, int(rejected.sum()), int((~good).sum())
        yield Simulated(kind, name, setting, *counts)


def _together(parts: list[Simulated]) -> list[Simulated]:
    """Add up the blocks of one setting."""
    names = dict.fromkeys(part[:3] for part in parts)
    return [
        Simulated(*name, *np.sum([part[3:] for part in parts if part[:3] == name], axis=0).tolist())
        for name in names
    ]


def main() -> None:
    """Simulate every setting and write what was found."""
    found = _together([*times(), *measurements(), *adjusted(), *repeated()])
    lines = ",\n".join(f" {json.dumps(level._asdict())}" for level in found)
    RESULTS.write_text(f"[\n{lines}\n]\n", "utf-8")


if __name__ == "__main__":
    main()
