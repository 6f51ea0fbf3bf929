"""Trials with repeated measures for the tests: values with gaps, a baseline, arms."""

from typing import NamedTuple

import numpy as np


class Trial(NamedTuple):
    """Values `(..., P, V)`, NaN where missing, baseline `(..., P)` and arm `(..., P)`."""

    values: np.ndarray
    base: np.ndarray
    arm: np.ndarray


def trial_of(
    seed: int,
    people: int = 60,
    visits: int = 4,
    arms: int = 2,
    missing: float = 0.1,
    replicates: tuple[int, ...] = (),
) -> Trial:
    draw = np.random.default_rng(seed)
    base = draw.normal(24, 4, (*replicates, people))
    arm = np.broadcast_to(np.arange(people) % arms, base.shape)
    own = draw.normal(size=(*replicates, people, 1)) * 3
    noise = draw.normal(size=(*replicates, people, visits)) * np.linspace(1, 2, visits)
    values = own + noise - 0.2 * base[..., None] - 0.5 * arm[..., None] * np.arange(visits)
    gaps = draw.random(values.shape) < missing
    last = draw.integers(1, 2 * visits, base.shape)[..., None]
    gaps |= (missing > 0) & (np.arange(visits) >= last)
    gaps[..., : 2 * arms, :] = False
    return Trial(np.where(gaps, np.nan, values), base, arm)
