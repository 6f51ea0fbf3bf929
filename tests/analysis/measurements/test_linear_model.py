"""Linear models: a second implementation, properties, batches, reasons and errors."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Effect, Reason
from wholetrial.analysis.measurements import ancova, linear_functions, linear_model
from wholetrial.analysis.measurements.covariates import Covariate, factor, measured
from wholetrial.analysis.measurements.linear_functions import (
    LinearFunction,
    covariate_test,
    linear_effect,
    robust_effect,
    slope,
)
from wholetrial.analysis.measurements.linear_model import LinearModel, fit_linear_model

NAN = float("nan")
FIELDS = ("value", "standard_error", "low", "high", "p_value", "statistic", "freedom", "reason")


class Study(NamedTuple):
    values: np.ndarray
    arm: np.ndarray
    age: np.ndarray
    center: np.ndarray


def study(seed: int, people: int = 40, arms: int = 3) -> Study:
    rng = np.random.default_rng(seed)
    arm = np.arange(people) % arms
    age, center = rng.normal(45, 12, people), rng.integers(0, 3, people)
    values = 0.2 * age + arm + center + rng.normal(0, 2, people)
    values[rng.random(people) < 0.1] = NAN
    return Study(values, arm, age, center)


def covariates(trial: Study) -> list[Covariate]:
    return [measured("age", trial.age), factor("center", trial.center, [0, 1, 2])]


def fit(trial: Study, arms: tuple[int, ...] = (0, 1, 2)) -> LinearModel:
    return fit_linear_model(trial.values, covariates(trial), arm=trial.arm, arms=arms)


def assert_same(one: Effect, other: Effect, **tolerance: float) -> None:
    for field in FIELDS:
        np.testing.assert_allclose(
            getattr(one, field), getattr(other, field), err_msg=field, **tolerance
        )


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30)
def test_against_second_implementation_by_dummy_columns(seed: int) -> None:
    """Treatment coding solved by the pseudoinverse of the whole design."""
    trial = study(seed)
    kept = ~np.isnan(trial.values)
    ones = np.ones(kept.sum())
    dummies = [trial.arm[kept] == code for code in (1, 2)]
    dummies += [trial.center[kept] == code for code in (1, 2)]
    design = np.column_stack([ones, *dummies, trial.age[kept]]).astype(float)
    inverse = np.linalg.pinv(design)
    expected = inverse @ trial.values[kept]
    rest = trial.values[kept] - design @ expected
    freedom = len(rest) - design.shape[1]
    covariance = inverse @ inverse.T * (rest @ rest) / freedom
    model = fit(trial)
    found = ancova.differences_from_control(model)
    np.testing.assert_allclose(found.value, expected[1:3], rtol=1e-9)
    np.testing.assert_allclose(found.standard_error, np.sqrt(np.diag(covariance)[1:3]), rtol=1e-9)
    np.testing.assert_allclose(slope(model, "age").value, expected[5], rtol=1e-9)
    weights = np.sum(rest**2 / (1 - np.sum(design * inverse.T, axis=1)) ** 2 * inverse**2, axis=1)
    robust = robust_effect(model, ancova.control_contrasts(model), linear_functions.hc3)
    np.testing.assert_allclose(robust.standard_error, np.sqrt(weights[1:3]), rtol=1e-9)
    hat = np.zeros(len(kept))
    hat[kept] = np.sum(design * inverse.T, axis=1)
    np.testing.assert_allclose(linear_functions.leverage(model), hat, atol=1e-12)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30)
def test_the_order_of_participants_and_the_coding_of_levels_do_not_matter(seed: int) -> None:
    trial = study(seed)
    order = np.random.default_rng(seed + 1).permutation(len(trial.arm))
    shuffled = Study(*(part[order] for part in trial))
    recoded = fit_linear_model(
        trial.values,
        [factor("center", 2 - trial.center, [0, 1, 2]), measured("age", trial.age)],
        arm=trial.arm,
        arms=(0, 1, 2),
    )
    for report in (
        ancova.ls_means,
        ancova.ls_means_proportional,
        ancova.pairwise_differences,
    ):
        assert_same(report(fit(shuffled)), report(fit(trial)), rtol=1e-8, atol=1e-12)
        assert_same(report(recoded), report(fit(trial)), rtol=1e-8, atol=1e-12)
    for term in ("age", "center"):
        statistics = [covariate_test(m, term).test.statistic for m in (recoded, fit(trial))]
        assert statistics[0] == pytest.approx(statistics[1], rel=1e-8)


@given(seed=st.integers(0, 10_000), unit=st.sampled_from([1e-6, 0.1, 25.4, 1e7]))
@settings(max_examples=30)
def test_units_and_origins_do_not_matter(seed: int, unit: float) -> None:
    trial = study(seed)
    before = ancova.differences_from_control(fit(trial))
    shifted = Study(trial.values, trial.arm, trial.age * unit + 3 * unit, trial.center)
    assert_same(ancova.differences_from_control(fit(shifted)), before, rtol=1e-7, atol=1e-10)
    other = ancova.differences_from_control(fit(trial._replace(values=trial.values * unit)))
    np.testing.assert_allclose(other.value, before.value * unit, rtol=1e-8)
    np.testing.assert_allclose(other.p_value, before.p_value, rtol=1e-8)
    moved = ancova.differences_from_control(fit(trial._replace(values=trial.values + 100)))
    np.testing.assert_allclose(moved.value, before.value, rtol=1e-7, atol=1e-10)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=30)
def test_swapping_arms_changes_the_sign(seed: int) -> None:
    trial = study(seed)
    there = ancova.differences_from_control(fit(trial, (0, 1)))
    back = ancova.differences_from_control(fit(trial, (1, 0)))
    np.testing.assert_allclose(there.value, -back.value, rtol=1e-10)
    np.testing.assert_allclose(there.low, -back.high, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(there.p_value, back.p_value, rtol=1e-8)


def test_a_covariate_far_from_zero_keeps_its_precision() -> None:
    """Dates as days, 1e8 days from the origin: the differences of whole days are exact."""
    trial = study(5)
    days = np.round(trial.age * 10)
    near = ancova.differences_from_control(fit(trial._replace(age=days)))
    far = ancova.differences_from_control(fit(trial._replace(age=days + 1e8)))
    assert_same(far, near, rtol=1e-11)


def test_nearly_collinear_covariates_keep_their_precision() -> None:
    """The sum and the difference of two covariates span what the two themselves span."""
    trial = study(6)
    small = np.random.default_rng(6).integers(-8, 9, len(trial.arm)) / 2.0**16
    age = np.round(trial.age * 16) / 16
    pair = [measured("age", age), measured("nearly", age + small)]
    apart = [measured("age", age), measured("small", small)]
    effects = [
        ancova.differences_from_control(
            fit_linear_model(trial.values, terms, arm=trial.arm, arms=(0, 1, 2))
        )
        for terms in (pair, apart)
    ]
    assert_same(effects[0], effects[1], rtol=1e-9)


def test_a_batch_equals_each_replicate_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = [study(seed) for seed in range(6)]
    together = Study(*(np.reshape(parts, (2, 3, -1)) for parts in zip(*trials, strict=True)))
    monkeypatch.setattr(linear_model, "CELLS_AT_ONCE", 400)
    model = fit(together)
    assert model.residual_sd.shape == (2, 3)
    reports = (
        ancova.ls_means,
        ancova.differences_from_control,
        lambda m: slope(m, "age"),
        lambda m: robust_effect(m, ancova.control_contrasts(m), linear_functions.hc2),
    )
    for place, trial in zip(np.ndindex(2, 3), trials, strict=True):
        alone = fit(trial)
        for report in reports:
            for field in FIELDS:
                whole = getattr(report(model), field)
                np.testing.assert_array_equal(whole[place], getattr(report(alone), field))
        for test in (ancova.arms_test, lambda m: covariate_test(m, "center")):
            np.testing.assert_array_equal(test(model).test.p_value[place], test(alone).test.p_value)


def test_covariates_of_all_replicates_may_be_shared() -> None:
    trial = study(3)
    values = trial.values + np.random.default_rng(3).normal(0, 1, (4, 1))
    model = fit_linear_model(values, covariates(trial), arm=trial.arm, arms=(0, 1, 2))
    assert model.slopes.shape == (4, 4)
    np.testing.assert_allclose(model.slopes[0], model.slopes[3], rtol=1e-9)


def test_without_covariates_the_means_are_those_of_the_arms() -> None:
    trial = study(2)
    model = fit_linear_model(trial.values, arm=trial.arm, arms=(0, 1, 2))
    expected = [np.nanmean(trial.values[trial.arm == code]) for code in range(3)]
    np.testing.assert_allclose(ancova.ls_means(model).value, expected, rtol=1e-12)


def test_a_level_that_nobody_has_is_left_out() -> None:
    trial = study(4)
    fewer = trial._replace(center=np.maximum(trial.center, 1))
    model = fit(fewer)
    two = fit_linear_model(
        fewer.values,
        [measured("age", fewer.age), factor("center", fewer.center)],
        arm=fewer.arm,
        arms=(0, 1, 2),
    )
    assert covariate_test(model, "center").numerator == 1
    assert_same(ancova.ls_means(model), ancova.ls_means(two), rtol=1e-10)


def test_a_reason_where_there_is_no_estimate() -> None:
    age = np.array([30.0, 40, 50, 60, 70, 80])
    values = np.array(
        [
            [1.0, 2, 4, 3, 7, 5],
            [NAN, NAN, NAN, NAN, NAN, NAN],
            [1.0, NAN, NAN, NAN, 7, 5],
            [3.0, 3, 3, 3, 3, 3],
            [31.0, 41, 51, 66, 76, 86],
        ]
    )
    arm = [0, 0, 0, 1, 1, 1]
    model = fit_linear_model(values, [measured("age", age)], arm=arm, arms=(0, 1))
    assert model.reason.tolist() == [
        Reason.OK,
        Reason.NO_PARTICIPANTS,
        Reason.TOO_FEW,
        Reason.NO_VARIATION,
        Reason.SINGULAR,
    ]
    effect = ancova.differences_from_control(model)
    assert effect.reason[:, 0].tolist() == model.reason.tolist()
    assert np.isnan(effect.p_value[:, 0]).tolist() == [False, True, True, True, True]
    assert effect.value[4, 0] == pytest.approx(5)
    assert ancova.arms_test(model).test.reason.tolist() == model.reason.tolist()
    assert np.isnan(model.r_squared).tolist() == [False, True, True, True, True]


@pytest.mark.parametrize(
    "second",
    [
        measured("constant", [7.0] * 6),
        measured("twice", [60.0, 80, 100, 120, 140, 161]),
        factor("arm again", [0, 0, 0, 1, 1, 1]),
    ],
)
def test_a_constant_or_collinear_covariate_is_said_to_be_one(second: Covariate) -> None:
    values, arm = [1.0, 2, 4, 3, 7, 5], [0, 0, 0, 1, 1, 1]
    first = measured("age", [30.0, 40, 50, 60, 70, 80.5])
    model = fit_linear_model(values, [first, second], arm=arm, arms=(0, 1))
    assert model.reason == Reason.COLLINEAR
    effect = ancova.ls_means(model)
    assert effect.reason.tolist() == [Reason.COLLINEAR] * 2
    assert np.isnan(effect.value).all()
    assert covariate_test(model, "age").test.reason == Reason.COLLINEAR


def test_an_arm_of_nobody_has_no_mean_and_leaves_the_others_theirs() -> None:
    trial = study(7)
    model = fit(trial, (0, 9, 1, 2))
    effect = ancova.differences_from_control(model)
    assert effect.reason.tolist() == [Reason.NO_PARTICIPANTS, Reason.OK, Reason.OK]
    assert np.isnan(effect.value).tolist() == [True, False, False]
    np.testing.assert_array_equal(
        effect.p_value[1:], ancova.differences_from_control(fit(trial)).p_value
    )
    whole = ancova.arms_test(model)
    assert whole.numerator == 2
    assert whole.test.statistic == pytest.approx(ancova.arms_test(fit(trial)).test.statistic)
    assert ancova.arms_test(fit(trial, (0, 9))).test.reason == Reason.NO_COMPARISON


def test_an_arm_of_one_has_no_variance_that_allows_for_its_own() -> None:
    values, arm = [1.0, 2, 4, 3, 7, 5], [0, 0, 0, 0, 0, 1]
    model = fit_linear_model(values, arm=arm, arms=(0, 1))
    contrast = ancova.control_contrasts(model)
    assert linear_effect(model, contrast).reason == Reason.OK
    assert robust_effect(model, contrast, linear_functions.hc1).reason == Reason.OK
    for weights in (linear_functions.hc2, linear_functions.hc3):
        robust = robust_effect(model, contrast, weights)
        assert robust.reason == Reason.SINGULAR
        assert np.isnan(robust.standard_error)
        assert robust.value == pytest.approx(5 - 3.4)


def test_alternatives_divide_the_two_sided_p_value() -> None:
    model = fit(study(8))
    greater = ancova.differences_from_control(model, alternative="greater").p_value
    less = ancova.differences_from_control(model, alternative="less").p_value
    np.testing.assert_allclose(greater + less, 1)
    two_sided = ancova.differences_from_control(model).p_value
    np.testing.assert_allclose(two_sided, 2 * np.minimum(greater, less))


def test_of_a_true_null_hypothesis_one_in_twenty_is_rejected() -> None:
    rng = np.random.default_rng(1)
    values, age = rng.normal(0, 1, (4000, 30)), rng.normal(0, 1, (4000, 30))
    model = fit_linear_model(
        values + age, [measured("age", age)], arm=np.arange(30) % 3, arms=(0, 1, 2)
    )
    rejected = np.mean(ancova.arms_test(model).test.p_value < 0.05)
    assert rejected == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 4000))


def test_a_wrong_call_says_what_was_expected() -> None:
    age = measured("age", [30.0, NAN, 50])
    with pytest.raises(ValueError, match=r"covariates of those analyzed must be known.*nan"):
        fit_linear_model([1.0, 2, 3], [age])
    assert fit_linear_model([1.0, NAN, 3], [age]).sizes == 2
    with pytest.raises(ValueError, match="one value for each of at least one participant"):
        fit_linear_model([], [])
    with pytest.raises(ValueError, match="finite or missing"):
        fit_linear_model([1.0, np.inf], [])
    with pytest.raises(ValueError, match="different arms; got"):
        fit_linear_model([1.0, 2], [], arms=(0, 0))
    with pytest.raises(ValueError, match="one value for each of 2 participants; got 3"):
        fit_linear_model([1.0, 2], [age])
    with pytest.raises(ValueError, match="different names; got age, age"):
        fit_linear_model([1.0, 2, 3], [age, age])
    with pytest.raises(ValueError, match="covariates of those analyzed must be known"):
        fit_linear_model([1.0, 2, 3], [factor("center", [1, 2, 9], [1, 2])])
    with pytest.raises(ValueError, match="levels of center must be one or more different codes"):
        factor("center", [1, 2], [1, 1])
    model = fit_linear_model([1.0, 2, 4], [factor("sex", [0, 1, 1])])
    with pytest.raises(ValueError, match="covariates of this model are: sex; got 'age'"):
        covariate_test(model, "age")
    with pytest.raises(ValueError, match="slope needs a measured covariate"):
        slope(model, "sex")
    with pytest.raises(ValueError, match="two or more arms; got 1"):
        ancova.differences_from_control(model)
    with pytest.raises(ValueError, match="alternative must be one of"):
        linear_effect(model, LinearFunction(np.ones((1, 1)), np.zeros((1, 2))), alternative="more")
