"""The imputation model: second implementations, properties, and what it cannot be fitted to."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.imputation.measured import Assumption, Measured, as_measured
from wholetrial.analysis.imputation.model import (
    ImputationModel,
    Samples,
    design,
    fit_imputation_model,
    leaving_one_out,
)
from wholetrial.analysis.measurements.mmrm.fit import fit_mmrm

Trial = Callable[..., Measured]


def by_visit(who: Measured) -> np.ndarray:
    """The rows of the model's design for each visit, `(P, V, V F)`."""
    rows, visits = design(who), who.values.shape[-1]
    return np.einsum("pf,vw->pvwf", rows, np.eye(visits)).reshape(*who.values.shape, -1)


def restricted_log_likelihood(who: Measured, covariance: np.ndarray) -> tuple[float, np.ndarray]:
    """Person by person, up to a constant; with the coefficients of generalized least squares."""
    information, score, rest = 0.0, 0.0, 0.0
    for rows, values in zip(by_visit(who), who.values, strict=True):
        seen = ~np.isnan(values)
        if seen.any():
            weight = np.linalg.inv(covariance[np.ix_(seen, seen)])
            x, y = rows[seen], values[seen]
            information = information + x.T @ weight @ x
            score = score + x.T @ weight @ y
            rest += y @ weight @ y - np.linalg.slogdet(weight)[1]
    coefficients = np.linalg.solve(information, score)
    spread = np.linalg.slogdet(information)[1]
    return -(rest - score @ coefficients + spread) / 2, coefficients


@pytest.mark.parametrize("returning", [False, True])
def test_the_fit_is_the_maximum_of_the_restricted_likelihood(
    a_trial: Trial, returning: bool
) -> None:
    who = a_trial(1, visits=3, returning=returning)
    fit = fit_imputation_model(who)
    best, coefficients = restricted_log_likelihood(who, fit.covariance[0])
    np.testing.assert_allclose(fit.coefficients[0].ravel(), coefficients, rtol=1e-9)
    for row, column in zip(*np.triu_indices(3), strict=True):
        slope = 0.0
        for step in (1e-4, -1e-4):
            moved = fit.covariance[0].copy()
            moved[row, column] = moved[column, row] = moved[row, column] * (1 + step)
            there, _ = restricted_log_likelihood(who, moved)
            assert there < best
            slope += there / (2 * step)
        assert abs(slope) < 1e-4


def test_the_closed_form_is_the_mixed_model_of_the_same_data(a_trial: Trial) -> None:
    who = a_trial(2, people=60, arms=3)
    fit, mixed = fit_imputation_model(who), fit_mmrm(who.values, by_visit(who))
    np.testing.assert_allclose(fit.coefficients[0].ravel(), mixed.coefficients, rtol=1e-6)
    np.testing.assert_allclose(fit.covariance[0], mixed.sigma, rtol=1e-5)


@pytest.mark.parametrize("returning", [False, True])
def test_a_sample_is_fitted_as_the_people_in_it(a_trial: Trial, returning: bool) -> None:
    who = a_trial(3, people=50, returning=returning)
    chosen = np.random.default_rng(4).integers(0, 50, (1, 50))
    sampled = fit_imputation_model(who, None, Samples(chosen, np.ones((1, 50), bool)))
    people = as_measured(
        who.values[chosen[0]],
        who.arm[chosen[0]],
        arms=who.arms,
        covariates=who.covariates[chosen[0]],
    )
    same(sampled, fit_imputation_model(people))


@pytest.mark.parametrize("returning", [False, True])
def test_leaving_one_out_is_the_fit_of_the_others(a_trial: Trial, returning: bool) -> None:
    who = a_trial(5, returning=returning)
    without = fit_imputation_model(who, None, leaving_one_out(who))
    for person in (0, 17, 39):
        others = replace(who, included=np.arange(40) != person)
        others = replace(others, values=np.where(others.included[:, None], who.values, np.nan))
        same(
            ImputationModel(*(part[person : person + 1] for part in fields_of(without))),
            fit_imputation_model(others),
        )


def fields_of(model: ImputationModel) -> tuple[np.ndarray, ...]:
    return model.coefficients, model.covariance, model.reason


def same(one: ImputationModel, other: ImputationModel) -> None:
    for ours, theirs in zip(fields_of(one), fields_of(other), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("returning", "apart"), [(False, 0.0), (True, 1e-11)])
def test_batched_equals_one_at_a_time(a_trial: Trial, returning: bool, apart: float) -> None:
    who = a_trial(6, replicates=(2, 3), returning=returning)
    together = fit_imputation_model(who)
    for place in np.ndindex(2, 3):
        alone = fit_imputation_model(one_of(who, place))
        for ours, theirs in zip(fields_of(together), fields_of(alone), strict=True):
            np.testing.assert_allclose(ours[(0, *place)], theirs[0], rtol=apart)


def one_of(who: Measured, place: tuple[int, ...]) -> Measured:
    return Measured(
        who.values[place], who.arm[place], who.arms, who.covariates[place], who.included[place]
    )


def test_a_batch_may_mix_analyses_with_and_without_returns(a_trial: Trial) -> None:
    left, returned = a_trial(7), a_trial(8, returning=True)
    both = Measured(
        np.stack([left.values, returned.values]),
        np.stack([left.arm, returned.arm]),
        left.arms,
        np.stack([left.covariates, returned.covariates]),
        np.stack([left.included, returned.included]),
    )
    together = fit_imputation_model(both)
    for place, alone in enumerate((left, returned)):
        model = fit_imputation_model(alone)
        np.testing.assert_array_equal(together.covariance[0, place], model.covariance[0])


def test_order_and_units_do_not_matter(a_trial: Trial) -> None:
    who = a_trial(9)
    fit = fit_imputation_model(who)
    order = np.random.default_rng(1).permutation(40)
    same(fit, fit_imputation_model(one_of(who, (order,))))
    far = replace(who, values=1000 * who.values + 5e4, covariates=who.covariates / 100 - 3e3)
    moved = fit_imputation_model(far)
    np.testing.assert_allclose(moved.covariance, 1e6 * fit.covariance, rtol=1e-7)
    arm_effect = moved.coefficients[..., 2]
    np.testing.assert_allclose(arm_effect, 1000 * fit.coefficients[..., 2], rtol=1e-6)


def test_values_after_the_event_do_not_inform_the_model_unless_missing_at_random(
    a_trial: Trial,
) -> None:
    who = a_trial(10)
    first = np.where(np.arange(40) < 6, 2, 4)
    jump = Assumption("jump_to_reference", 0, first)
    erased = np.where(np.arange(4) >= first[:, None], np.nan, who.values)
    same(fit_imputation_model(who, jump), fit_imputation_model(replace(who, values=erased)))
    random = fit_imputation_model(who, Assumption("missing_at_random", None, first))
    np.testing.assert_array_equal(random.covariance, fit_imputation_model(who).covariance)


def test_what_cannot_be_fitted_has_its_reason_and_no_number(a_trial: Trial) -> None:
    whole = a_trial(11, replicates=(7,), people=30)
    values, included, covariates = (
        whole.values.copy(),
        np.ones((7, 30), bool),
        whole.covariates.copy(),
    )
    included[1] = False
    values[2, :, 1] = np.nan
    values[3, :, 3] = np.nan
    values[4, 4:, 1:] = np.nan
    covariates[5] = 12.5
    values[6, ~np.isnan(values[6, :, 2]), 2] = 4.0
    who = as_measured(values, whole.arm, arms=(0, 1), covariates=covariates, included=included)
    fit = fit_imputation_model(who)
    assert fit.reason[0].tolist() == [
        Reason.OK,
        Reason.NO_PARTICIPANTS,
        Reason.NOT_MEASURED,
        Reason.NOT_MEASURED,
        Reason.TOO_FEW,
        Reason.COLLINEAR,
        Reason.NO_VARIATION,
    ]
    known = fit.reason[0] == Reason.OK
    assert np.isfinite(fit.coefficients[0, known]).all()
    assert np.isnan(fit.coefficients[0, ~known]).all()
    assert np.isnan(fit.covariance[0, ~known]).all()


def test_a_collinear_covariate_has_its_reason_where_people_return_too(a_trial: Trial) -> None:
    who = a_trial(12, returning=True)
    twice = replace(who, covariates=np.concatenate([who.covariates, 2 * who.covariates], axis=-1))
    assert fit_imputation_model(twice).reason[0] == Reason.COLLINEAR


def many_columns() -> Measured:
    """A covariate twice and ten visits: what is left of it is 0, and nothing may be divided by it."""
    draw = np.random.default_rng(14)
    people = 400
    covariates = np.repeat(draw.normal(50, 20, (people, 1)), 2, axis=1)
    values = draw.normal(0, 10, (people, 1)) + draw.normal(0, 5, (people, 10))
    return as_measured(values, np.arange(people) % 2, arms=(0, 1), covariates=covariates)


def test_columns_that_follow_from_others_are_a_reason_without_a_warning() -> None:
    assert fit_imputation_model(many_columns()).reason.tolist() == [Reason.COLLINEAR]


def means_of(coefficients: np.ndarray, who: Measured) -> np.ndarray:
    rows = np.repeat(design(who)[:, None], who.values.shape[-1], axis=1)
    return (rows * np.nan_to_num(coefficients)).sum(axis=-1)


@pytest.mark.parametrize("returning", [False, True])
@pytest.mark.parametrize("arm", [0, 1, 2])
def test_an_arm_not_measured_at_a_visit_is_left_out_of_it(
    a_trial: Trial, arm: int, returning: bool
) -> None:
    """The same means and covariance as a mixed model without the column that cannot be told."""
    who = a_trial(15, people=60, arms=3, returning=returning)
    gone = (who.arm == arm)[:, None] & np.array([False, False, False, True])
    who = replace(who, values=np.where(gone, np.nan, who.values))
    effect = by_visit(who).shape[-1] - (1 if arm == 2 else 2)
    rows = np.delete(by_visit(who), effect, axis=-1)
    fit, mixed = fit_imputation_model(who), fit_mmrm(who.values, rows)
    assert fit.reason.tolist() == [Reason.OK]
    seen = ~np.isnan(who.values)
    ours = means_of(fit.coefficients[0], who)
    theirs = (rows * mixed.coefficients).sum(axis=-1)
    np.testing.assert_allclose(ours[seen], theirs[seen], rtol=1e-6)
    np.testing.assert_allclose(fit.covariance[0], mixed.sigma, rtol=1e-5, atol=1e-6)
    effects = fit.coefficients[0, 3, -2:]
    assert np.isnan(effects).tolist() == [arm == 1, arm == 2]
    assert arm > 0 or effects[0] == 0


@pytest.mark.parametrize("returning", [False, True])
@pytest.mark.parametrize("arm", [0, 1, 2])
def test_an_arm_without_anybody_is_as_if_it_was_not_there(
    a_trial: Trial, arm: int, returning: bool
) -> None:
    who = a_trial(16, people=60, arms=3, returning=returning)
    given = who.values, who.arm
    kept = [each for each in range(3) if each != arm]
    inside = who.arm != arm
    some, fewer = (
        as_measured(*given, arms=arms, covariates=who.covariates, included=inside)
        for arms in (who.arms, kept)
    )
    empty, without = fit_imputation_model(some), fit_imputation_model(fewer)
    ours, theirs = (
        means_of(fit.coefficients[0], of) for fit, of in ((empty, some), (without, fewer))
    )
    np.testing.assert_allclose(ours[inside], theirs[inside], rtol=1e-6)
    np.testing.assert_allclose(empty.covariance, without.covariance, rtol=1e-5)


def test_batches_may_lack_different_arms(a_trial: Trial) -> None:
    who = a_trial(17, people=60, arms=3, replicates=(4,))
    inside = who.arm != np.array([0, 1, 2, 3])[:, None]
    who = replace(who, included=inside, values=np.where(inside[..., None], who.values, np.nan))
    together = fit_imputation_model(who)
    assert (together.reason == Reason.OK).all()
    for place in range(4):
        alone = fit_imputation_model(one_of(who, (place,)))
        for ours, theirs in zip(fields_of(together), fields_of(alone), strict=True):
            np.testing.assert_array_equal(ours[:, place], theirs)


@pytest.mark.parametrize("returning", [False, True])
def test_a_covariate_that_is_zero_for_everybody_changes_nothing(
    a_trial: Trial, returning: bool
) -> None:
    """A stratum without anybody; one that is another constant follows from the intercept."""
    who = a_trial(7, people=60, returning=returning)
    place = who.covariates.shape[-1]
    zero, one = (np.full((*who.included.shape, 1), value) for value in (0.0, 1.0))
    beside = replace(who, covariates=np.concatenate([who.covariates, zero], axis=-1))
    plain, more = fit_imputation_model(who), fit_imputation_model(beside)
    np.testing.assert_array_equal(more.reason, Reason.OK)
    assert set(more.coefficients[..., 1 + place].ravel()) == {0.0}
    kept = np.delete(more.coefficients, 1 + place, axis=-1)
    np.testing.assert_allclose(kept, plain.coefficients, rtol=1e-6)
    constant = replace(who, covariates=np.concatenate([who.covariates, one], axis=-1))
    assert fit_imputation_model(constant).reason.tolist() == [Reason.COLLINEAR]
