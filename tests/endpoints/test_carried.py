"""Values carried to visits missed: properties, edges and errors (R's results are elsewhere)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wholetrial.endpoints.carried import (
    baseline_observation_carried_forward,
    last_observation_carried_forward,
    worst_observation_carried_forward,
)

MISSING = float("nan")
TABLES = arrays(float, (3, 5), elements=st.one_of(st.floats(0, 50), st.just(MISSING)))


@given(values=TABLES)
def test_measured_values_stay_and_a_known_baseline_fills_everything(values: np.ndarray) -> None:
    seen = ~np.isnan(values)
    for filled in (
        last_observation_carried_forward(values, 9),
        worst_observation_carried_forward(values, "lower", 9),
        worst_observation_carried_forward(values, "higher", 9),
        baseline_observation_carried_forward(values, 9),
    ):
        np.testing.assert_array_equal(filled[seen], values[seen])
        assert not np.isnan(filled).any()


@given(values=TABLES)
def test_the_last_value_is_never_beyond_the_worst_and_the_sides_mirror(values: np.ndarray) -> None:
    last = last_observation_carried_forward(values, 9)
    worst = worst_observation_carried_forward(values, "lower", 9)
    assert (worst >= last).all()
    mirrored = -worst_observation_carried_forward(-values, "higher", -9)
    np.testing.assert_array_equal(mirrored, worst)


def test_nothing_to_carry_stays_missing() -> None:
    values = [[MISSING, MISSING, 4, MISSING], [MISSING] * 4]
    last = last_observation_carried_forward(values)
    np.testing.assert_array_equal(last, [[MISSING, MISSING, 4, 4], [MISSING] * 4])
    np.testing.assert_array_equal(worst_observation_carried_forward(values, "lower"), last)
    unknown = baseline_observation_carried_forward(values, [MISSING, 7])
    np.testing.assert_array_equal(unknown, [[MISSING, MISSING, 4, MISSING], [7] * 4])


def test_batched_equals_one_at_a_time() -> None:
    chance = np.random.default_rng(8)
    values = np.where(chance.random((4, 6, 5)) < 0.4, MISSING, chance.normal(size=(4, 6, 5)))
    baseline = chance.normal(size=(4, 6))
    together = last_observation_carried_forward(values, baseline)
    for place in range(4):
        alone = last_observation_carried_forward(values[place], baseline[place])
        np.testing.assert_array_equal(together[place], alone)


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match="better must be 'lower' or 'higher'; got 'up'"):
        worst_observation_carried_forward([[1, 2]], "up")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"one value for each participant, shape \(2,\)"):
        baseline_observation_carried_forward([[1, 2], [3, 4]], [1, 2, 3])
    with pytest.raises(ValueError, match="values must be finite or missing"):
        last_observation_carried_forward([[1, np.inf]])
    with pytest.raises(ValueError, match="at least one visit"):
        last_observation_carried_forward(np.empty((3, 0)))
