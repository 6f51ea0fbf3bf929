"""Trends over doses: properties, second implementations, reasons and errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.measurements.ancova import arms_test, differences_from_control
from wholetrial.analysis.measurements.covariates import measured
from wholetrial.analysis.measurements.dose_trend import (
    dose_contrasts,
    linear_trend,
    optimal_contrasts,
)
from wholetrial.analysis.measurements.linear_functions import slope
from wholetrial.analysis.measurements.linear_model import LinearModel, fit_linear_model

DOSES = (0.0, 10.0, 30.0, 90.0)


def model(seed: int = 1, per_arm: int = 8) -> LinearModel:
    rng = np.random.default_rng(seed)
    arm = np.repeat(np.arange(4), per_arm)
    values = np.array(DOSES)[arm] / 30 + rng.normal(0, 1, (5, len(arm)))
    return fit_linear_model(values, arm=arm, arms=(0, 1, 2, 3))


def test_with_equal_arms_the_trend_is_the_slope_of_the_dose() -> None:
    rng = np.random.default_rng(1)
    arm = np.repeat(np.arange(4), 8)
    values = np.array(DOSES)[arm] / 30 + rng.normal(0, 1, (5, len(arm)))
    dose = fit_linear_model(values, [measured("dose", np.array(DOSES)[arm])])
    np.testing.assert_allclose(
        linear_trend(model(), DOSES).value, slope(dose, "dose").value, rtol=1e-10
    )


@given(unit=st.sampled_from([1e-3, 1.0, 50.0]), origin=st.integers(-5, 5))
@settings(max_examples=15)
def test_units_and_origin_of_the_dose_do_not_change_the_test(unit: float, origin: int) -> None:
    moved = [origin + unit * dose for dose in DOSES]
    before, after = linear_trend(model(), DOSES), linear_trend(model(), moved)
    np.testing.assert_allclose(after.p_value, before.p_value, rtol=1e-9)
    np.testing.assert_allclose(after.value * unit, before.value, rtol=1e-9)


def test_reversing_the_doses_reverses_the_sign() -> None:
    forward, backward = linear_trend(model(), DOSES), linear_trend(model(), [-d for d in DOSES])
    np.testing.assert_allclose(forward.value, -backward.value)
    greater = linear_trend(model(), DOSES, alternative="greater").p_value
    less = linear_trend(model(), [-d for d in DOSES], alternative="less").p_value
    np.testing.assert_allclose(greater, less)


def test_a_contrast_of_two_arms_is_their_difference() -> None:
    rows = [[-1, 1, 0, 0], [-1, 0, 1, 0], [-1, 0, 0, 1]]
    contrasts, control = dose_contrasts(model(), rows), differences_from_control(model())
    np.testing.assert_allclose(contrasts.p_value, control.p_value)


def test_the_optimal_contrast_for_the_observed_means_has_the_largest_t_there_is() -> None:
    """Its square over the degrees of freedom is the F statistic of all arms."""
    fitted = model()
    best = optimal_contrasts(fitted.adjusted_means[:, None, :], np.diag(1 / fitted.sizes[0]))
    statistic = dose_contrasts(fitted, best).statistic[:, 0]
    np.testing.assert_allclose(statistic**2 / 3, arms_test(fitted).test.statistic, rtol=1e-9)
    np.testing.assert_allclose(best.sum(axis=-1), 0, atol=1e-12)
    np.testing.assert_allclose((best**2).sum(axis=-1), 1)


def test_a_dose_that_nobody_had_has_no_trend() -> None:
    fitted = fit_linear_model([1.0, 2, 4, 3, 6], arm=[0, 0, 1, 1, 1], arms=(0, 1, 2))
    trend = linear_trend(fitted, [0, 10, 20])
    assert trend.reason == Reason.NO_PARTICIPANTS
    assert np.isnan(trend.value)


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match="doses must hold 4 doses, not all the same"):
        linear_trend(model(), [0, 10])
    with pytest.raises(ValueError, match="doses must hold 4 doses, not all the same"):
        linear_trend(model(), [5, 5, 5, 5])
    with pytest.raises(ValueError, match="must add up to zero, and not all be zero; got 1"):
        dose_contrasts(model(), [[0, 0, 0, 1]])
    with pytest.raises(ValueError, match=r"rows of 4, one for each arm; got shape \(4,\)"):
        dose_contrasts(model(), [-1, 0, 0, 1])
    with pytest.raises(ValueError, match="must not be the same at all doses"):
        optimal_contrasts([[1, 1, 1]], np.eye(3))
