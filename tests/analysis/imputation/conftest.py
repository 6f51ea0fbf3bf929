"""Trials made up for the tests of imputation."""

from collections.abc import Callable

import numpy as np
import pytest

from wholetrial.analysis.imputation.measured import Measured, as_measured


@pytest.fixture(scope="session")
def a_trial() -> Callable[..., Measured]:
    """Make a trial, the same for the same seed."""
    return _a_trial


def _a_trial(
    seed: int,
    *,
    replicates: tuple[int, ...] = (),
    people: int = 40,
    visits: int = 4,
    arms: int = 2,
    returning: bool = False,
) -> Measured:
    """People of whom a third leave, some of them back after a missed visit if `returning`."""
    chance = np.random.default_rng(seed)
    shape = (*replicates, people)
    arm = np.broadcast_to(np.arange(people) % arms, shape)
    base = chance.normal(25, 4, shape)
    weeks = np.arange(1, visits + 1)
    values = -1.5 * weeks - 0.8 * weeks * arm[..., None] - 0.3 * (base[..., None] - 25)
    values = values + chance.normal(0, 2, (*shape, 1)) * np.sqrt(weeks)
    values = values + chance.normal(0, 1.5, (*shape, visits))
    leaves = np.where(chance.random(shape) < 0.3, chance.integers(1, visits + 1, shape), visits)
    values[np.arange(visits) >= leaves[..., None]] = np.nan
    if returning:
        values[chance.random(values.shape) < 0.08] = np.nan
    return as_measured(values, arm, arms=range(arms), covariates=base[..., None])
