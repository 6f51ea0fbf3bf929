"""Means by arm and visit: properties, small trials, edges and errors."""

import numpy as np
import pytest
from repeated_trials import trial_of

from wholetrial.analysis.estimate import Effect, Reason
from wholetrial.analysis.measurements.covariates import factor, measured
from wholetrial.analysis.measurements.mmrm import effects
from wholetrial.analysis.measurements.mmrm.effects import (
    RepeatedMeasures,
    arm_by_visit_test,
    fit_visits,
    visit_differences,
    visit_effects,
)

NUMBERS = ("value", "standard_error", "freedom", "low", "high", "statistic", "p_value")


def differences(found: effects.VisitEffects) -> Effect:
    assert found.differences is not None
    return found.differences


def test_swapping_the_arms_turns_the_differences_around() -> None:
    trial = trial_of(1)
    plan = RepeatedMeasures(freedom="kenward_roger_linear", by_visit=("base",))
    covariates = [measured("base", trial.base)]
    there = visit_effects(trial.values, covariates, arm=trial.arm, arms=[0, 1], plan=plan)
    back = visit_effects(trial.values, covariates, arm=trial.arm, arms=[1, 0], plan=plan)
    np.testing.assert_allclose(differences(there).value, -differences(back).value, rtol=1e-8)
    np.testing.assert_allclose(differences(there).low, -differences(back).high, rtol=1e-8)
    np.testing.assert_allclose(differences(there).p_value, differences(back).p_value, rtol=1e-7)
    np.testing.assert_allclose(there.means.value, back.means.value[::-1], rtol=1e-9)
    assert there.measured.tolist() == back.measured.tolist()[::-1]


def test_levels_of_a_factor_may_have_any_code_and_a_baseline_any_unit() -> None:
    trial = trial_of(2)
    stratum = np.arange(60) // 7 % 3
    plain, coded = (
        visit_effects(
            trial.values,
            [factor("stratum", codes), measured("base", base)],
            arm=trial.arm,
            arms=[0, 1],
        )
        for codes, base in (
            (stratum, trial.base),
            (np.array([9, 4, 7])[stratum], 1e4 + trial.base / 1000),
        )
    )
    for name in ("value", "standard_error", "freedom"):
        np.testing.assert_allclose(
            getattr(coded.means, name), getattr(plain.means, name), rtol=1e-5
        )


def test_batches_are_cut_into_blocks_and_equal_one_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trial = trial_of(3, people=40, visits=3, arms=3, replicates=(7,))
    covariates = [measured("base", trial.base)]
    together = visit_effects(trial.values, covariates, arm=trial.arm, arms=[0, 1, 2])
    monkeypatch.setattr(effects, "REPLICATES_AT_ONCE", 3)
    in_blocks = visit_effects(trial.values, covariates, arm=trial.arm, arms=[0, 1, 2])
    assert together.means.value.shape == (7, 3, 3)
    assert differences(together).value.shape == (7, 2, 3)
    for name in NUMBERS:
        np.testing.assert_allclose(
            getattr(differences(in_blocks), name), getattr(differences(together), name), rtol=1e-12
        )
    for place in range(7):
        alone = visit_effects(
            trial.values[place],
            [measured("base", trial.base[place])],
            arm=trial.arm[place],
            arms=[0, 1, 2],
        )
        for name in NUMBERS:
            np.testing.assert_allclose(
                getattr(alone.means, name), getattr(together.means, name)[place], rtol=1e-12
            )


@pytest.mark.parametrize("people", [3, 4, 7])
def test_a_single_arm_of_few_participants(people: int) -> None:
    values = trial_of(4, people=people, visits=3, arms=1, missing=0.0).values
    base = np.linspace(30, 40, people)
    plan = RepeatedMeasures(by_visit=("base",))
    found = visit_effects(values, [measured("base", base)], plan=plan)
    simple = visit_effects(
        values,
        [measured("base", base)],
        plan=RepeatedMeasures("compound_symmetry", by_visit=("base",)),
    )
    assert found.differences is None
    assert found.measured.tolist() == [[people] * 3]
    expected = Reason.OK if people - 2 >= 3 else Reason.COVARIANCE_SINGULAR
    assert found.means.reason.tolist() == [[expected] * 3]
    assert simple.means.reason.tolist() == [[Reason.OK] * 3]
    np.testing.assert_allclose(simple.means.value[0], values.mean(axis=0), rtol=1e-9)


@pytest.mark.parametrize("gone", [0, 1])
def test_an_arm_without_values_at_a_visit_has_its_reason_there_only(gone: int) -> None:
    trial = trial_of(5)
    values = np.where((trial.arm == gone)[:, None] & (np.arange(4) == 3), np.nan, trial.values)
    found = visit_effects(values, [measured("base", trial.base)], arm=trial.arm, arms=[0, 1, 8])
    expected = np.full((3, 4), Reason.OK)
    expected[gone, 3] = expected[2] = Reason.NOT_MEASURED
    assert found.means.reason.tolist() == expected.tolist()
    apart = [Reason.OK, Reason.OK, Reason.OK, Reason.NOT_MEASURED]
    assert differences(found).reason.tolist() == [apart, [Reason.NOT_MEASURED] * 4]
    assert np.isnan(differences(found).p_value[0]).tolist() == [False, False, False, True]


@pytest.mark.parametrize("by_visit", [(), ("base",)])
def test_a_constant_covariate_is_collinear(by_visit: tuple[str, ...]) -> None:
    trial = trial_of(6)
    found = visit_effects(
        trial.values,
        [measured("base", np.full(60, 20.0))],
        arm=trial.arm,
        arms=[0, 1],
        plan=RepeatedMeasures(by_visit=by_visit),
    )
    assert (found.means.reason == Reason.COLLINEAR).all()
    assert np.isnan(differences(found).value).all()


def test_nobody_gives_a_reason() -> None:
    trial = trial_of(7)
    found = visit_effects(trial.values * np.nan, arm=trial.arm, arms=[0, 1])
    assert (found.means.reason == Reason.NO_PARTICIPANTS).all()
    none = visit_effects(trial.values, included=False, arm=trial.arm, arms=[0, 1])
    assert (none.means.reason == Reason.NO_PARTICIPANTS).all()


def test_interaction_of_two_arms_and_two_visits_is_the_change_of_the_difference() -> None:
    trial = trial_of(8, visits=2)
    fit = fit_visits(trial.values, arm=trial.arm, arms=[0, 1])
    test = arm_by_visit_test(fit)
    change = np.diff(visit_differences(fit).value[0])[0]
    weights = fit.means[1, 1] - fit.means[1, 0] - fit.means[0, 1] + fit.means[0, 0]
    variance = weights @ fit.model.covariance @ weights
    assert test.statistic == pytest.approx(float(change**2 / variance), rel=1e-9)
    assert test.numerator == 1


def test_a_wrong_call_says_what_was_expected() -> None:
    trial = trial_of(9)
    base = trial.base.copy()
    base[4] = np.nan
    with pytest.raises(ValueError, match="covariates of those analyzed must be known"):
        visit_effects(trial.values, [measured("base", base)], arm=trial.arm, arms=[0, 1])
    apart = visit_effects(
        trial.values, [measured("base", base)], ~np.isnan(base), arm=trial.arm, arms=[0, 1]
    )
    assert apart.measured[:, 0].sum() == np.sum(~np.isnan(trial.values[:, 0])) - 1
    with pytest.raises(ValueError, match="by_visit must name covariates; got weight"):
        visit_effects(trial.values, plan=RepeatedMeasures(by_visit=("weight",)))
    with pytest.raises(ValueError, match=r"one or more different arms; got \[1, 1\]"):
        visit_effects(trial.values, arm=trial.arm, arms=[1, 1])
    with pytest.raises(ValueError, match="two or more arms; got 1"):
        visit_differences(fit_visits(trial.values))
    with pytest.raises(ValueError, match="an interaction needs two or more arms and visits"):
        arm_by_visit_test(fit_visits(trial.values))
