"""Turnbull's curve of one trial among many, and of visits that fall on many different days."""

from random import Random

import numpy as np
import pytest

from wholetrial.analysis.times.interval_censored import (
    event_free_at,
    event_free_bootstrap,
    turnbull,
)
from wholetrial.numerics.philox import Purpose, Stream, uniforms


def each_alone(lower: np.ndarray, upper: np.ndarray, day: float) -> list[float]:
    curves = [turnbull(low, high) for low, high in zip(lower, upper, strict=True)]
    return [float(event_free_at(curve, day)) for curve in curves]


def test_a_curve_is_the_same_alone_and_among_others() -> None:
    """The second trial's visit on day 6 says nothing of the first, whose visits are days 4 and 8."""
    lower = np.array([[0.0, 4.0, 8.0], [0.0, 6.0, 6.0]])
    upper = np.array([[4.0, 8.0, np.inf], [6.0, 8.0, np.inf]])
    together = turnbull(lower, upper)
    for day in range(1, 10):
        alone = each_alone(lower, upper, day)
        assert event_free_at(together, day).tolist() == pytest.approx(alone, abs=1e-12)


def test_random_curves_are_the_same_alone_and_among_others() -> None:
    chance = Random(1)
    lower = np.array([[chance.choice((0, 2, 3, 5)) for _ in range(6)] for _ in range(40)], float)
    upper = lower + [[chance.choice((1, 2, 3, np.inf)) for _ in range(6)] for _ in range(40)]
    together = turnbull(lower, upper)
    for day in (1, 2.5, 3, 4, 5, 6, 7.5):
        alone = each_alone(lower, upper, day)
        assert event_free_at(together, day).tolist() == pytest.approx(alone, abs=1e-9)


@pytest.mark.parametrize("seed", [1, 2])
def test_visits_on_many_days_have_a_bootstrap_interval(seed: int) -> None:
    """36 people who came up to 5 days early to the visits of days 28, 154 and 280, some not at all."""
    chance = Random(seed)
    lower, upper = np.zeros(36), np.full(36, np.inf)
    for person in range(36):
        relapse = chance.expovariate(1 / 250)
        for day in (28, 154, 280):
            came = day - chance.choice((0, 0, 1, 2, 3, 4, 5))
            if chance.random() < 0.15 or np.isfinite(upper[person]):
                continue
            if relapse <= came:
                upper[person] = came
            else:
                lower[person] = came
    draws = uniforms(Stream(0, np.arange(400), 0), Purpose.RESAMPLING, 36)
    interval = event_free_bootstrap(lower, upper, 280.0, draws)
    assert int(interval.reason) == 0
    assert 0 <= float(interval.low) < float(interval.value) < float(interval.high) < 1
