"""Fits of repeated measures: properties, second computations, edges and errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from repeated_trials import trial_of

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.measurements.mmrm.contrasts import contrast, contrasts, joint_test
from wholetrial.analysis.measurements.mmrm.fit import fit_mmrm, information_criteria
from wholetrial.analysis.measurements.mmrm.freedom import FREEDOM, TOGETHER
from wholetrial.analysis.measurements.mmrm.structures import STRUCTURES


def saturated(columns: np.ndarray, visits: int) -> np.ndarray:
    """A slope of each column at each visit, `(..., P, V, V K)`."""
    crossed = np.eye(visits)[:, :, None] * columns[..., None, None, :]
    return crossed.reshape(*columns.shape[:-1], visits, -1)


def of_trial(seed: int, **options: object) -> tuple[np.ndarray, np.ndarray]:
    trial = trial_of(seed, **options)
    columns = np.stack([np.ones_like(trial.base), trial.base, trial.arm], axis=-1)
    return trial.values, saturated(columns, trial.values.shape[-1])


def test_complete_data_unstructured_are_least_squares_at_each_visit() -> None:
    values, design = of_trial(1, missing=0.0)
    model = fit_mmrm(values, design)
    columns = design[:, 0, :3]
    coefficients, squares, *_ = np.linalg.lstsq(columns, values)
    freedom = len(values) - 3
    inverse = np.linalg.inv(columns.T @ columns)
    found = contrasts(model, np.eye(12))
    np.testing.assert_allclose(model.coefficients.reshape(4, 3), coefficients.T, rtol=1e-10)
    expected = np.sqrt(np.outer(squares / freedom, np.diag(inverse))).ravel()
    np.testing.assert_allclose(found.standard_error, expected, rtol=1e-10)
    np.testing.assert_allclose(found.freedom, freedom, rtol=1e-9)
    residuals = values - columns @ coefficients
    np.testing.assert_allclose(model.sigma, residuals.T @ residuals / freedom, rtol=1e-10)


def test_balanced_compound_symmetry_is_the_split_plot_analysis_of_variance() -> None:
    trial = trial_of(2, missing=0.0)
    arms = np.eye(2)[trial.arm]
    model = fit_mmrm(trial.values, saturated(arms, 4), structure="compound_symmetry")
    means = np.array([trial.values[trial.arm == code].mean(axis=0) for code in (0, 1)])
    left = trial.values - means[trial.arm]
    between = 4 * np.sum(left.mean(axis=-1) ** 2) / (60 - 2)
    within = np.sum((left - left.mean(axis=-1, keepdims=True)) ** 2) / (58 * 3)
    np.testing.assert_allclose(model.sigma[0, 0], (between + 3 * within) / 4, rtol=1e-9)
    np.testing.assert_allclose(model.sigma[0, 1], (between - within) / 4, rtol=1e-8)
    change = contrast(model, [1, -1, -1, 1, 0, 0, 0, 0])
    assert change.freedom == pytest.approx(58 * 3, rel=1e-7)
    assert contrast(model, [1, -1] * 4).freedom == pytest.approx(58, rel=1e-7)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_batch_equals_one_at_a_time(structure: str) -> None:
    values, design = of_trial(3, replicates=(2, 3))
    together = fit_mmrm(values, design, structure=structure)
    weights = np.eye(12)[[2, 5, 8, 11]]
    for freedom in FREEDOM:
        found = contrasts(together, weights, freedom=freedom)
        for place in np.ndindex(2, 3):
            alone = fit_mmrm(values[place], design[place], structure=structure)
            effect = contrasts(alone, weights, freedom=freedom)
            for name in ("value", "standard_error", "freedom", "p_value"):
                np.testing.assert_allclose(
                    getattr(found, name)[place], getattr(effect, name), rtol=1e-12
                )
            assert together.reason[place] == alone.reason == Reason.OK
            np.testing.assert_allclose(
                together.log_likelihood[place], alone.log_likelihood, rtol=1e-12
            )


@given(seed=st.integers(0, 10**6), structure=st.sampled_from(sorted(STRUCTURES)))
@settings(max_examples=25)
def test_order_scale_and_shift_do_not_matter(seed: int, structure: str) -> None:
    values, design = of_trial(seed, people=40, visits=3)
    weights = np.eye(9)
    plain = contrasts(fit_mmrm(values, design, structure=structure), weights)
    order = np.random.default_rng(seed).permutation(len(values))
    moved = contrasts(fit_mmrm(values[order], design[order], structure=structure), weights)
    scaled = contrasts(fit_mmrm(values * 1e-4, design, structure=structure), weights)
    shift = design @ np.linspace(1000, 2000, 9)
    shifted = contrasts(fit_mmrm(values + shift, design, structure=structure), weights)
    assert (plain.reason == moved.reason).all()
    for other, factor, added in ((moved, 1.0, 0.0), (scaled, 1e-4, 0.0), (shifted, 1.0, 1.0)):
        value = plain.value + added * np.linspace(1000, 2000, 9)
        np.testing.assert_allclose(other.value, factor * value, rtol=1e-7, atol=1e-8 * factor)
        np.testing.assert_allclose(other.standard_error, factor * plain.standard_error, rtol=1e-6)
        np.testing.assert_allclose(other.freedom, plain.freedom, rtol=1e-5)


def test_rows_that_are_not_needed_may_hold_anything() -> None:
    values, design = of_trial(5)
    told = fit_mmrm(values, design)
    blank = np.where(np.isnan(values)[..., None], np.nan, design)
    without = fit_mmrm(values, blank)
    np.testing.assert_allclose(without.coefficients, told.coefficients, rtol=1e-9)
    np.testing.assert_allclose(without.covariance, told.covariance, rtol=1e-8)
    included = np.ones(len(values))
    included[7] = 0
    wild = values.copy()
    wild[7] = 1e6
    left_out = fit_mmrm(wild, design, included=included)
    removed = fit_mmrm(np.delete(values, 7, axis=0), np.delete(design, 7, axis=0))
    np.testing.assert_allclose(left_out.coefficients, removed.coefficients, rtol=1e-9)
    assert left_out.participants == removed.participants


def test_a_column_that_follows_from_others_is_aliased_and_its_contrast_has_a_reason() -> None:
    values, design = of_trial(6)
    twice = np.concatenate([design, design[..., :1] * 3 - design[..., 1:2]], axis=-1)
    model, plain = fit_mmrm(values, twice), fit_mmrm(values, design)
    assert model.aliased.tolist() == [False] * 12 + [True]
    np.testing.assert_allclose(model.log_likelihood, plain.log_likelihood, atol=1e-8)
    found = contrasts(model, np.eye(13))
    expected = [Reason.COLLINEAR, Reason.COLLINEAR] + [Reason.OK] * 10 + [Reason.COLLINEAR]
    assert found.reason.tolist() == expected
    estimable = contrast(model, [1.0, 0.0, *[0.0] * 10, 3.0])
    assert estimable.value == pytest.approx(float(plain.coefficients[0]), rel=1e-8)


@pytest.mark.parametrize("freedom", TOGETHER)
def test_one_contrast_alone_and_together_agree(freedom: str) -> None:
    values, design = of_trial(8)
    model = fit_mmrm(values, design)
    alone = contrast(model, np.eye(12)[11], freedom=freedom)
    together = joint_test(model, np.eye(12)[[11]], freedom=freedom)
    assert together.statistic == pytest.approx(float(alone.statistic**2), rel=1e-9)
    assert together.denominator == pytest.approx(float(alone.freedom), rel=1e-8)
    assert together.p_value == pytest.approx(float(alone.p_value), rel=1e-8)


def test_joint_test_of_dependent_contrasts_has_a_reason() -> None:
    values, design = of_trial(9)
    model = fit_mmrm(values, design)
    twice = joint_test(model, np.eye(12)[[11, 11]], freedom="kenward_roger_linear")
    assert twice.reason == Reason.SINGULAR
    assert np.isnan(twice.p_value)


def test_unstructured_fits_at_least_as_well_as_every_other_covariance() -> None:
    values, design = of_trial(10)
    likelihoods = {
        name: float(fit_mmrm(values, design, structure=name).log_likelihood) for name in STRUCTURES
    }
    assert max(likelihoods, key=lambda name: likelihoods[name]) == "unstructured"
    for name in ("compound_symmetry", "ar1", "toeplitz"):
        assert likelihoods[f"heterogeneous_{name}"] > likelihoods[name]
    model = fit_mmrm(values, design, structure="ar1", estimation="ml")
    criteria = information_criteria(model)
    assert criteria.akaike == pytest.approx(-2 * float(model.log_likelihood) + 2 * (12 + 2))


def test_participants_without_values_and_empty_replicates() -> None:
    values, design = of_trial(12)
    batch = np.stack([values, np.full_like(values, np.nan)])
    model = fit_mmrm(batch, design)
    assert model.reason.tolist() == [Reason.OK, Reason.NO_PARTICIPANTS]
    assert np.isnan(model.coefficients[1]).all()
    assert model.observations.tolist() == [int(np.sum(~np.isnan(values))), 0]
    for freedom in FREEDOM:
        found = contrasts(model, np.eye(12)[:2], freedom=freedom)
        assert found.reason.tolist() == [[Reason.OK] * 2, [Reason.NO_PARTICIPANTS] * 2]
        assert np.isnan(found.p_value[1]).all()
    for freedom in TOGETHER:
        test = joint_test(model, np.eye(12)[:2], freedom=freedom)
        assert test.reason.tolist() == [Reason.OK, Reason.NO_PARTICIPANTS]


def test_what_the_values_cannot_tell_has_its_reason() -> None:
    values, design = of_trial(13, missing=0.0)
    never = values.copy()
    never[:30, 2], never[30:, 3] = np.nan, np.nan
    still = values.copy()
    still[:, 0] = 4.0
    few, few_design = values[:5], design[:5]
    assert fit_mmrm(never, design).reason == Reason.COVARIANCE_SINGULAR
    assert fit_mmrm(never, design, structure="ar1").reason == Reason.OK
    assert fit_mmrm(still, design).reason == Reason.COVARIANCE_SINGULAR
    assert fit_mmrm(values * 0 + 4, design).reason == Reason.NO_VARIATION
    assert fit_mmrm(few, few_design).reason == Reason.COVARIANCE_SINGULAR
    assert fit_mmrm(few, few_design, structure="compound_symmetry").reason == Reason.OK
    assert fit_mmrm(values[:3], design[:3]).reason == Reason.TOO_FEW


@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_visit_that_nobody_has_does_not_change_the_others(structure: str) -> None:
    values, design = of_trial(14)
    values[:, 2] = np.nan
    model = fit_mmrm(values, design, structure=structure)
    assert model.reason == Reason.OK
    assert np.isnan(model.sigma[2]).all()
    if structure in ("ar1", "heterogeneous_ar1", "toeplitz", "heterogeneous_toeplitz"):
        return  # these count the visits between
    kept = [0, 1, 3]
    columns = [place for place in range(12) if place // 3 != 2]
    without = fit_mmrm(values[:, kept], design[:, kept][..., columns], structure=structure)
    np.testing.assert_allclose(model.log_likelihood, without.log_likelihood, rtol=1e-10)
    ours, theirs = contrasts(model, np.eye(12)[columns]), contrasts(without, np.eye(9))
    np.testing.assert_allclose(ours.standard_error, theirs.standard_error, rtol=1e-6)
    np.testing.assert_allclose(ours.freedom, theirs.freedom, rtol=1e-5)


def test_a_wrong_call_says_what_was_expected() -> None:
    values, design = of_trial(15)
    model = fit_mmrm(values, design)
    wild = values.copy()
    wild[3, 1] = np.inf
    with pytest.raises(ValueError, match=r"finite or missing .*; got inf at position \(3, 1\)"):
        fit_mmrm(wild, design)
    unknown = design.copy()
    unknown[0, 0, 1] = np.nan
    with pytest.raises(
        ValueError, match="design must be finite wherever a value is known; got nan"
    ):
        fit_mmrm(values, unknown)
    with pytest.raises(ValueError, match="a row of effects"):
        fit_mmrm(values, design[:, :2])
    with pytest.raises(ValueError, match=r"structure must be one of .*; got 'spatial'"):
        fit_mmrm(values, design, structure="spatial")
    with pytest.raises(ValueError, match="estimation must be reml or ml; got 'mle'"):
        fit_mmrm(values, design, estimation="mle")
    with pytest.raises(ValueError, match=r"freedom must be one of .*; got 'kr'"):
        contrast(model, np.eye(12)[0], freedom="kr")
    with pytest.raises(ValueError, match="one number for each of 12 coefficients"):
        contrast(model, [1.0, 0.0])
    with pytest.raises(ValueError, match="weights must be finite; got nan"):
        contrast(model, [np.nan] * 12)
    with pytest.raises(ValueError, match="at least one participant and visit"):
        fit_mmrm(np.zeros((0, 3)), np.zeros((0, 3, 1)))
    with pytest.raises(ValueError, match="60 visits at most; got 61"):
        fit_mmrm(np.zeros((3, 61)), np.ones((3, 61, 1)))


@pytest.mark.parametrize("seed", range(6))
def test_an_effect_of_which_no_row_is_known_is_aliased(seed: int) -> None:
    """The last arm has nobody at the last visit: its effect there is rounding, and no effect."""
    draw = np.random.Generator(np.random.Philox(seed))
    arm = np.arange(40) % 3
    values = draw.normal(size=(40, 3)) + arm[:, None]
    values[arm == 2, 2] = np.nan
    design = np.zeros((40, 3, 10))
    for visit in range(3):
        design[:, visit, visit] = 1
        design[:, visit, 3 + visit] = arm == 1
        design[:, visit, 6 + visit] = arm == 2
    design[..., 9] = draw.normal(50, 10, 40)[:, None]
    model = fit_mmrm(values, design)
    assert model.reason == Reason.OK
    assert np.flatnonzero(model.aliased).tolist() == [8]
