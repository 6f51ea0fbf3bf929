"""Differences of two means and summaries: properties, batches, reasons and errors."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Effect, Reason
from wholetrial.analysis.measurements.ancova import differences_from_control
from wholetrial.analysis.measurements.linear_functions import only
from wholetrial.analysis.measurements.linear_model import fit_linear_model
from wholetrial.analysis.measurements.summaries import (
    describe,
    quantile_averaged,
    quantile_interpolated,
)
from wholetrial.analysis.measurements.two_means import (
    mean_difference_student_t,
    mean_difference_welch_t,
)

NAN = float("nan")
METHODS = [mean_difference_student_t, mean_difference_welch_t]
QUANTILES = [quantile_averaged, quantile_interpolated]
Method = Callable[..., Effect]
samples = st.lists(st.integers(-50, 50), min_size=2, max_size=20)


def two(control: list[int], active: list[int]) -> tuple[np.ndarray, np.ndarray]:
    values = np.array([*control, *active], float)
    return values, np.repeat([0, 1], [len(control), len(active)])


@pytest.mark.parametrize("method", METHODS)
@given(control=samples, active=samples, unit=st.sampled_from([0.01, 3.0, 1e6]))
@settings(max_examples=40)
def test_swapping_arms_and_changing_units(
    method: Method, control: list[int], active: list[int], unit: float
) -> None:
    values, arm = two(control, active)
    there, back = method(values, arm), method(values, arm, arms=(1, 0))
    assert there.reason == back.reason
    np.testing.assert_allclose([there.low, there.high], [-back.high, -back.low], rtol=1e-12)
    order = np.random.default_rng(len(values)).permutation(len(values))
    scaled = method(values[order] * unit, arm[order])
    np.testing.assert_allclose(scaled.p_value, there.p_value, rtol=1e-8)
    np.testing.assert_allclose(scaled.value, there.value * unit, rtol=1e-9, atol=1e-12)


@given(control=samples, active=samples)
@settings(max_examples=40)
def test_students_t_is_the_linear_model_without_covariates(
    control: list[int], active: list[int]
) -> None:
    values, arm = two(control, active)
    effect = mean_difference_student_t(values, arm)
    model = only(differences_from_control(fit_linear_model(values, arm=arm, arms=(0, 1))))
    assert effect.reason == model.reason
    np.testing.assert_allclose(effect.p_value, model.p_value, rtol=1e-8, atol=1e-14)
    np.testing.assert_allclose(effect.low, model.low, rtol=1e-8, atol=1e-10)


def test_welch_and_student_agree_with_equal_arms_and_variances() -> None:
    values, arm = [1, 2, 4, 5, 7, 8], [0, 0, 1, 1, 2, 2]
    one = mean_difference_student_t(values, arm, arms=(0, 2))
    other = mean_difference_welch_t(values, arm, arms=(0, 2))
    assert one.p_value == pytest.approx(float(other.p_value))
    assert other.freedom == pytest.approx(2)


@pytest.mark.parametrize("method", METHODS)
def test_a_batch_equals_each_replicate_alone(method: Method) -> None:
    values = np.random.default_rng(2).normal(0, 1, (2, 3, 14))
    values[0, 1, :5] = NAN
    arm = np.arange(14) % 3
    together = method(values, arm, arms=(0, 2), level=0.9)
    for place in np.ndindex(2, 3):
        alone = method(values[place], arm, arms=(0, 2), level=0.9)
        for field in ("value", "low", "p_value"):
            np.testing.assert_array_equal(getattr(together, field)[place], getattr(alone, field))


def test_a_reason_where_there_is_no_difference() -> None:
    values = [
        [1.0, 2, NAN, NAN],
        [1.0, 2, 3, NAN],
        [1.0, NAN, 3, NAN],
        [2.0, 2, 2, 2],
        [2.0, 2, 3, 3],
        [1.0, 2, 3, 5],
    ]
    arm = [0, 0, 1, 1]
    student, welch = (method(values, arm) for method in METHODS)
    assert student.reason.tolist() == [
        Reason.NO_PARTICIPANTS,
        Reason.OK,
        Reason.TOO_FEW,
        Reason.NO_VARIATION,
        Reason.SINGULAR,
        Reason.OK,
    ]
    assert welch.reason[1] == Reason.TOO_FEW
    assert np.isnan(student.p_value).tolist() == [True, False, True, True, True, False]
    np.testing.assert_array_equal(student.value, [NAN, 1.5, 2, 0, 1, 2.5])


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match=r"two different arms, the control first; got \(0, 0\)"):
        mean_difference_welch_t([1, 2], [0, 1], arms=(0, 0))
    with pytest.raises(ValueError, match="at least one participant"):
        describe([])
    with pytest.raises(ValueError, match="finite or missing"):
        describe([1, np.inf])
    with pytest.raises(ValueError, match=r"probability must lie between 0 and 1; got 1\.5"):
        quantile_averaged([1, 2], 1.5)


@given(values=st.lists(st.integers(-9, 9), min_size=1, max_size=15))
@settings(max_examples=60)
def test_a_summary_is_that_of_numpy(values: list[int]) -> None:
    found = describe([*values, NAN])
    assert found.participants == len(values)
    assert found.mean == pytest.approx(np.mean(values))
    assert [found.minimum, found.median, found.maximum] == [
        min(values),
        np.median(values),
        max(values),
    ]
    if len(values) > 1:
        assert found.standard_deviation == pytest.approx(np.std(values, ddof=1))
    for quantile, name in zip(QUANTILES, ("averaged_inverted_cdf", "linear"), strict=True):
        for share in (0.0, 0.2, 0.25, 0.5, 0.6, 1.0):
            expected = np.quantile(values, share, method=name)
            assert quantile([*values, NAN], share) == pytest.approx(expected, abs=1e-12)


def test_a_summary_of_nobody_or_of_one_has_a_reason() -> None:
    found = describe([[NAN, NAN], [3, NAN], [3, 5]])
    assert found.reason.tolist() == [Reason.NO_PARTICIPANTS, Reason.TOO_FEW, Reason.OK]
    np.testing.assert_array_equal(found.participants, [0, 1, 2])
    np.testing.assert_array_equal(found.median, [NAN, 3, 4])
    assert np.isnan(found.standard_error).tolist() == [True, True, False]
    np.testing.assert_array_equal(describe([3.0, 5, 9], [1, 0, 1]).mean, 6)
