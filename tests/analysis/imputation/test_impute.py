"""Missing values imputed: what theory promises, batches, random numbers, edges and errors."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pytest

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.imputation.ancova import ancova_jackknifed, ancova_pooled
from wholetrial.analysis.imputation.bootstrap import Draws, bootstrapped_models
from wholetrial.analysis.imputation.conditional import Incomplete, as_covariance, filled
from wholetrial.analysis.imputation.impute import (
    Imputed,
    impute,
    impute_conditional_mean,
    impute_leaving_one_out,
)
from wholetrial.analysis.imputation.measured import Assumption, Measured, as_measured
from wholetrial.analysis.imputation.model import fit_imputation_model
from wholetrial.analysis.imputation.strategies import STRATEGIES
from wholetrial.analysis.measurements.ancova import differences_from_control
from wholetrial.analysis.measurements.covariates import measured
from wholetrial.analysis.measurements.linear_model import fit_linear_model

Trial = Callable[..., Measured]
MISSING = float("nan")
JUMP = Assumption("jump_to_reference", reference=0)


def one_of(who: Measured, place: tuple[int, ...]) -> Measured:
    return Measured(
        who.values[place], who.arm[place], who.arms, who.covariates[place], who.included[place]
    )


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("returning", [False, True])
def test_measured_values_stay_and_nothing_is_missing_after(
    a_trial: Trial, strategy: str, returning: bool
) -> None:
    who = a_trial(1, returning=returning)
    for imputed in (
        impute_conditional_mean(who, Assumption(strategy, 0)),
        impute(who, Assumption(strategy, 0), Draws(5, 3)),
    ):
        seen = np.broadcast_to(~np.isnan(who.values), imputed.values.shape)
        expected = np.broadcast_to(who.values, imputed.values.shape)
        np.testing.assert_array_equal(imputed.values[seen], expected[seen])
        assert np.isfinite(imputed.values).all()
        np.testing.assert_array_equal(imputed.imputed, np.isnan(who.values))


@pytest.mark.parametrize("returning", [False, True])
def test_conditional_means_at_random_give_the_effects_of_the_mixed_model(
    a_trial: Trial, returning: bool
) -> None:
    who = a_trial(2, arms=3, people=60, returning=returning)
    at_random = Assumption()
    once, left_out = impute_conditional_mean(who, at_random), impute_leaving_one_out(who, at_random)
    found = ancova_jackknifed(who, once, left_out).differences
    effects = fit_imputation_model(who).coefficients[0, :, -2:]
    np.testing.assert_allclose(found.value, effects, rtol=1e-6, atol=1e-7)


def test_with_the_own_arm_as_reference_a_jump_is_missing_at_random(a_trial: Trial) -> None:
    who = a_trial(3)
    own = Assumption("jump_to_reference", reference=who.arm)
    at_random = impute(who, Assumption(), Draws(6, 4))
    np.testing.assert_allclose(impute(who, own, Draws(6, 4)).values, at_random.values, rtol=1e-12)


def test_the_control_arm_is_imputed_alike_under_every_strategy_on_the_reference(
    a_trial: Trial,
) -> None:
    who = a_trial(4)
    control = who.arm == 0
    at_random = impute_conditional_mean(who, Assumption()).values[0, control]
    for strategy in STRATEGIES:
        values = impute_conditional_mean(who, Assumption(strategy, 0)).values[0]
        if strategy != "last_mean_carried_forward":
            np.testing.assert_allclose(values[control], at_random, rtol=1e-10, atol=1e-10)
        differ = np.any(
            values[~control] != impute_conditional_mean(who, Assumption()).values[0, ~control]
        )
        assert differ == (strategy != "missing_at_random")


def test_before_the_event_a_missing_value_is_missing_at_random(a_trial: Trial) -> None:
    who = a_trial(5, people=80, returning=True)
    at_random = impute_conditional_mean(who, Assumption()).values[0]
    jumped = impute_conditional_mean(who, JUMP)
    before = jumped.imputed & (np.arange(4) < jumped.first_affected[:, None])
    assert before.sum() > 3
    np.testing.assert_allclose(jumped.values[0][before], at_random[before], rtol=1e-9)


def test_measured_values_after_the_event_stay(a_trial: Trial) -> None:
    who = a_trial(6)
    first = np.where(np.arange(40) < 8, 1, 4)
    imputed = impute_conditional_mean(who, replace(JUMP, first_affected=first))
    seen = ~np.isnan(who.values)
    np.testing.assert_array_equal(imputed.values[0][seen], who.values[seen])
    assert np.isfinite(imputed.values).all()


def test_without_an_event_what_is_missing_is_missing_at_random(a_trial: Trial) -> None:
    who = a_trial(7)
    never = np.full(40, 4)
    at_random = impute_conditional_mean(who, Assumption()).values
    imputed = impute_conditional_mean(who, replace(JUMP, first_affected=never)).values
    np.testing.assert_allclose(imputed, at_random, rtol=1e-10)


@pytest.mark.parametrize("returning", [False, True])
def test_nobody_missing_is_the_complete_analysis(a_trial: Trial, returning: bool) -> None:
    who = a_trial(8, returning=returning)
    who = replace(who, values=impute_conditional_mean(who, Assumption()).values[0])
    many = impute(who, JUMP, Draws(7, 3))
    np.testing.assert_array_equal(many.values, np.stack([who.values] * 3))
    model = fit_linear_model(
        who.values.T, [measured("base", who.covariates[:, 0])], arm=who.arm, arms=[0, 1]
    )
    complete, pooled = differences_from_control(model), ancova_pooled(who, many).differences
    np.testing.assert_allclose(pooled.value, complete.value, rtol=1e-10)
    np.testing.assert_allclose(pooled.standard_error, complete.standard_error, rtol=1e-10)
    np.testing.assert_allclose(pooled.freedom, 37 * 38 / 40, rtol=1e-12)


def test_nobody_missing_needs_no_model() -> None:
    who = as_measured([[1.0, 2.0], [1.0, 2.0]], [0, 1], arms=[0, 1])
    assert impute_conditional_mean(who, JUMP).reason.tolist() == [Reason.OK]
    np.testing.assert_array_equal(impute(who, JUMP, Draws(1, 2)).values[1], who.values)


def test_draws_have_the_covariance_left_by_the_values_measured() -> None:
    chance = np.random.default_rng(3)
    root = np.tril(chance.normal(size=(4, 4))) + 2 * np.eye(4)
    covariance = as_covariance((root @ root.T)[None, None])
    for known in ([1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0]):
        seen = np.array(known, bool)
        values = np.where(seen, chance.normal(size=4), MISSING)[None]
        base = Incomplete(values, np.zeros((1, 1, 4)), covariance, np.zeros(1, np.intp), None)
        noise = np.eye(4)[:, None, :]
        drawn = filled(
            base._replace(mean=np.zeros((4, 1, 4)), covariance=four(covariance), noise=noise)
        )
        effects = (drawn - filled(base))[:, 0][:, ~seen]
        matrix = covariance.matrix[0, 0]
        cross = matrix[np.ix_(~seen, seen)]
        left = matrix[np.ix_(~seen, ~seen)] - cross @ np.linalg.solve(
            matrix[np.ix_(seen, seen)], cross.T
        )
        np.testing.assert_allclose(effects.T @ effects, left, rtol=1e-10, atol=1e-10)
        mean = cross @ np.linalg.solve(matrix[np.ix_(seen, seen)], values[0, seen])
        np.testing.assert_allclose(filled(base)[0, 0, ~seen], mean, rtol=1e-10, atol=1e-12)


def four(covariance):  # type: ignore[no-untyped-def]
    return type(covariance)(*(np.repeat(part, 4, axis=0) for part in covariance))


def test_the_order_of_participants_does_not_matter(a_trial: Trial) -> None:
    who = a_trial(9, returning=True)
    order = np.random.default_rng(1).permutation(40)
    there = impute_conditional_mean(who, JUMP).values[0, order]
    np.testing.assert_allclose(
        impute_conditional_mean(one_of(who, (order,)), JUMP).values[0], there, rtol=1e-6
    )


def test_units_scale_what_is_imputed(a_trial: Trial) -> None:
    who = a_trial(10)
    scaled = replace(who, values=who.values * 7 + 100)
    for make in (
        lambda one: impute_conditional_mean(one, JUMP).values,
        lambda one: impute(one, JUMP, Draws(4, 3)).values,
    ):
        np.testing.assert_allclose(make(scaled), 7 * make(who) + 100, rtol=1e-8)


@pytest.mark.parametrize(("returning", "apart"), [(False, 0.0), (True, 1e-11)])
def test_batched_equals_one_at_a_time(a_trial: Trial, returning: bool, apart: float) -> None:
    """Bit for bit, but for the mixed models of people who return after a missed visit."""
    who = a_trial(11, replicates=(3,), returning=returning)
    numbers = np.array([4, 9, 2])
    together = impute(who, JUMP, Draws(2013, 5, numbers))
    means, without = impute_conditional_mean(who, JUMP), impute_leaving_one_out(who, JUMP)
    effects = ancova_pooled(who, together).differences
    for place in range(3):
        alone = one_of(who, (place,))
        many = impute(alone, JUMP, Draws(2013, 5, int(numbers[place])))
        pairs = (
            (together.values[:, place], many.values),
            (means.values[:, place], impute_conditional_mean(alone, JUMP).values),
            (without.values[:, place], impute_leaving_one_out(alone, JUMP).values),
        )
        for ours, theirs in pairs:
            np.testing.assert_allclose(ours, theirs, rtol=apart, atol=apart)
        pooled = ancova_pooled(alone, many).differences
        np.testing.assert_allclose(effects.low[place], pooled.low, rtol=1e-10)


@pytest.mark.parametrize(("returning", "apart"), [(False, 0.0), (True, 1e-11)])
def test_the_same_seed_gives_the_same_values_and_blocks_do_not_matter(
    a_trial: Trial, monkeypatch: pytest.MonkeyPatch, returning: bool, apart: float
) -> None:
    who = a_trial(12, replicates=(2,), returning=returning)
    draws = Draws(99, 6, np.array([0, 1]))
    first = impute(who, JUMP, draws).values
    fewer = impute(who, JUMP, replace(draws, imputations=3)).values
    np.testing.assert_allclose(fewer, first[:3], rtol=apart, atol=apart)
    np.testing.assert_array_equal(impute(who, JUMP, draws).values, first)
    monkeypatch.setattr("wholetrial.analysis.imputation.impute.CELLS_AT_ONCE", 50)
    monkeypatch.setattr("wholetrial.analysis.imputation.model.CELLS_AT_ONCE", 50)
    np.testing.assert_allclose(impute(who, JUMP, draws).values, first, rtol=apart, atol=apart)
    other = impute(who, JUMP, replace(draws, seed=100)).values
    assert (other[:, who.missing] != first[:, who.missing]).all()


def test_samples_without_a_model_are_drawn_anew(a_trial: Trial) -> None:
    """Two of six in an arm are seen at the last visit: a sample often has neither of them."""
    who = a_trial(13, people=30)
    values = who.values.copy()
    late = np.flatnonzero(who.arm == 1)
    values[late[2:], 3] = MISSING
    values[late[:2]] = np.nan_to_num(values[late[:2]], nan=-4.0)
    assert impute(replace(who, values=values), JUMP, Draws(1, 40)).reason.tolist() == [0] * 40


def test_each_measure_has_draws_of_its_own(a_trial: Trial) -> None:
    """What is imputed of two measures of the same person is not related, whatever the measure."""
    who = a_trial(20, people=30)
    first, second, again = (
        impute(who, JUMP, Draws(5, 300, measure=measure)) for measure in (0, 1, 1)
    )
    np.testing.assert_array_equal(second.values, again.values)
    np.testing.assert_array_equal(first.values, impute(who, JUMP, Draws(5, 300)).values)
    missing = np.isnan(who.values)[:, 3]
    ours, theirs = (one.values[:, missing, 3] for one in (first, second))
    related = [np.corrcoef(a, b)[0, 1] for a, b in zip(ours.T, theirs.T, strict=True)]
    assert len(related) > 5
    assert np.abs(related).max() < 4 / 300**0.5
    models = [
        bootstrapped_models(who, JUMP, Draws(5, 50, measure=measure)).coefficients
        for measure in (0, 1)
    ]
    assert (models[0] != models[1]).any(axis=(1, 2)).all()
    with pytest.raises(ValueError, match="measure must be a whole number from 0 to 255; got 256"):
        Draws(5, 3, measure=256)


def test_one_visit_is_imputed_from_the_covariates(a_trial: Trial) -> None:
    who = a_trial(16, visits=1)
    values = who.values.copy()
    values[:5] = MISSING
    who = replace(who, values=values)
    model = fit_linear_model(
        values[:, 0], [measured("base", who.covariates[:, 0])], arm=who.arm, arms=[0, 1]
    )
    predicted = (
        model.adjusted_means[who.arm]
        + (who.covariates[:, 0] - model.covariate_means[0]) * model.slopes[0]
    )
    once = impute_conditional_mean(who, Assumption()).values[0, :, 0]
    np.testing.assert_allclose(once[:5], predicted[:5], rtol=1e-9)


def test_a_trial_may_have_no_covariates(a_trial: Trial) -> None:
    who = a_trial(19, replicates=(2,))
    alone = as_measured(who.values, who.arm, arms=who.arms)
    many = impute(alone, JUMP, Draws(3, 4, [0, 1]))
    found = ancova_pooled(alone, many)
    first = [alone.values[:, alone.arm[0] == place, 0].mean(axis=-1) for place in (0, 1)]
    np.testing.assert_allclose(found.means.value[:, 0], np.transpose(first), rtol=1e-12)
    assert np.isfinite(found.differences.p_value).all()


def test_who_is_not_included_is_neither_used_nor_imputed(a_trial: Trial) -> None:
    who = a_trial(17)
    inside = np.arange(40) >= 6
    some = as_measured(
        who.values, who.arm, arms=who.arms, covariates=who.covariates, included=inside
    )
    few = one_of(who, (inside,))
    once = impute_conditional_mean(some, JUMP)
    np.testing.assert_allclose(
        once.values[0, inside], impute_conditional_mean(few, JUMP).values[0], rtol=1e-9
    )
    assert np.isnan(once.values[0, ~inside]).all()
    jackknife = [
        ancova_jackknifed(
            one, impute_conditional_mean(one, JUMP), impute_leaving_one_out(one, JUMP)
        )
        for one in (some, few)
    ]
    for name in ("value", "standard_error", "p_value"):
        ours, theirs = (getattr(one.differences, name) for one in jackknife)
        np.testing.assert_allclose(ours, theirs, rtol=1e-8)


def test_a_wrong_call_says_what_was_expected(a_trial: Trial) -> None:
    who = a_trial(18)
    for assumption, message in (
        (Assumption("JR", 0), "strategy must be one of missing_at_random"),
        (Assumption("copy_reference"), "'copy_reference' needs the label of the reference arm"),
        (Assumption("copy_reference", 5), r"reference must be one of \[0, 1\]; got 5"),
        (replace(JUMP, first_affected=np.full(40, 5)), "first_affected must be a whole number"),
        (replace(JUMP, first_affected=np.zeros(3, int)), r"shape \(40,\); got shape \(3,\)"),
    ):
        with pytest.raises(ValueError, match=message):
            impute_conditional_mean(who, assumption)
    with pytest.raises(ValueError, match="imputations must be at least 1, such as 100; got 0"):
        impute(who, JUMP, Draws(1, 0))
    with pytest.raises(ValueError, match="one number for each replicate"):
        impute(who, JUMP, Draws(1, 2, [0, 1]))
    with pytest.raises(ValueError, match="covariates of those included must be known; got nan"):
        as_measured([[1.0], [2.0]], [0, 1], arms=[0, 1], covariates=[[1.0], [MISSING]])
    with pytest.raises(ValueError, match=r"arm must be one of \[0, 1\]; got 2 at position 1"):
        as_measured([[1.0], [2.0]], [0, 2], arms=[0, 1])
    with pytest.raises(ValueError, match="at least one participant and one visit"):
        as_measured(np.empty((0, 4)), [], arms=[0, 1])
    with pytest.raises(ValueError, match="values must be finite or missing"):
        as_measured([[np.inf], [2.0]], [0, 1], arms=[0, 1])


def test_results_say_which_values_are_imputed_and_since_when() -> None:
    names = [field.name for field in fields(Imputed)]
    assert names == ["values", "imputed", "first_affected", "included", "reasons"]
