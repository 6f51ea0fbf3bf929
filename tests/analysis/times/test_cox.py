"""Cox's model and the hazard ratio: a second implementation, properties, edges."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.times.cox import (
    coefficient,
    cox_regression,
    cox_score_test,
    likelihood_ratio_test,
    wald_test,
)
from wholetrial.analysis.times.hazard_ratio import Adjustment, as_ratio, hazard_ratio
from wholetrial.analysis.times.log_rank import logrank_test
from wholetrial.analysis.times.proportional_hazards import (
    baseline_hazard,
    proportional_hazards_test,
)

SEEDS = st.integers(0, 10_000)
TIES = ["efron", "breslow"]


def trial(seed: int, shape: tuple[int, ...], *, ties: bool = True) -> tuple[np.ndarray, ...]:
    """Times, events, three covariates (the arm first), strata 0 to 2."""
    generator = np.random.default_rng(seed)
    covariates = generator.normal(size=(*shape, 3)) * [1, 10, 0.1] + [0, 40, 3]
    covariates[..., 0] = np.arange(shape[-1]) % 2
    slope = covariates[..., 0] * -0.7 + (covariates[..., 1] - 40) * 0.05
    times = generator.exponential(10 * np.exp(-slope))
    times = np.ceil(times / 3) * 3 if ties else times
    return times, generator.random(shape) < 0.7, covariates, generator.integers(0, 3, shape)


def log_likelihood(
    beta: np.ndarray, times: np.ndarray, event: np.ndarray, covariates: np.ndarray, ties: str
) -> float:
    """The log partial likelihood of one stratum, as written in the textbook."""
    total, weight = 0.0, np.exp(covariates @ beta)
    for time in np.unique(times[event]):
        here = (times == time) & event
        at_risk, tied = np.sum(weight[times >= time]), np.sum(weight[here])
        total += np.sum(covariates[here] @ beta)
        for place in range(np.sum(here)):
            part = place / np.sum(here) if ties == "efron" else 0.0
            total -= np.log(at_risk - part * tied)
    return total


def of_strata(beta: np.ndarray, data: tuple[np.ndarray, ...], ties: str) -> float:
    times, event, covariates, stratum = data
    parts = [stratum == label for label in np.unique(stratum)]
    return sum(
        log_likelihood(beta, times[here], event[here], covariates[here], ties) for here in parts
    )


@pytest.mark.parametrize("ties", TIES)
@given(seed=SEEDS)
@settings(max_examples=8)
def test_no_neighbor_has_a_higher_likelihood_and_the_curvature_is_the_covariance(
    ties: str, seed: int
) -> None:
    data = trial(seed, (60,))
    times, event, covariates, stratum = data
    covariates = covariates - [0.5, 40, 3]
    data = (times, event, covariates, stratum)
    model = cox_regression(times, event, covariates, stratum=stratum, ties=ties)
    beta = model.coefficients
    np.testing.assert_allclose(model.log_likelihood, of_strata(beta, data, ties), rtol=1e-12)
    null = of_strata(np.zeros(3), data, ties)
    np.testing.assert_allclose(model.null_log_likelihood, null, rtol=1e-12)
    step = np.sqrt(np.diag(model.covariance)) * 1e-3
    information = np.zeros((3, 3))
    for a in range(3):
        one = np.eye(3)[a] * step
        up, down = (of_strata(beta + sign * one, data, ties) for sign in (1, -1))
        assert max(up, down) < model.log_likelihood
        np.testing.assert_allclose(up, down, atol=1e-9 + 2e-2 * (model.log_likelihood - up))
        for b in range(3):
            other = np.eye(3)[b] * step
            corners = [
                s * t * of_strata(beta + s * one + t * other, data, ties)
                for s in (1, -1)
                for t in (1, -1)
            ]
            information[a, b] = -sum(corners) / (4 * step[a] * step[b])
    scale = np.sqrt(np.outer(np.diag(information), np.diag(information)))
    expected = np.linalg.inv(model.covariance)
    np.testing.assert_allclose(information / scale, expected / scale, atol=1e-4)


@given(seed=SEEDS)
@settings(max_examples=15)
def test_order_of_participants_names_of_strata_and_units_change_nothing(seed: int) -> None:
    times, event, covariates, stratum = trial(seed, (60,))
    order = np.random.default_rng(seed).permutation(60)
    first = cox_regression(times, event, covariates, stratum=stratum)
    again = cox_regression(
        times[order] * 7,
        event[order],
        covariates[order] * [1, 1000, 1] + [0, 5, -3],
        stratum=5 - stratum[order] / 2,
    )
    assert first.reason == again.reason == Reason.OK
    scale = np.array([1, 1000, 1])
    np.testing.assert_allclose(first.coefficients, again.coefficients * scale, rtol=1e-7)
    scales = np.outer(scale, scale)
    np.testing.assert_allclose(first.covariance, again.covariance * scales, rtol=1e-7)
    np.testing.assert_allclose(first.robust_covariance, again.robust_covariance * scales, rtol=1e-7)
    np.testing.assert_allclose(first.log_likelihood, again.log_likelihood, rtol=1e-10)
    for test in (wald_test, likelihood_ratio_test, cox_score_test):
        np.testing.assert_allclose(test(first).p_value, test(again).p_value, rtol=1e-6)


@given(seed=SEEDS)
@settings(max_examples=15)
def test_swapping_arms_turns_the_hazard_ratio_over(seed: int) -> None:
    times, event, covariates, stratum = trial(seed, (50,))
    treated = covariates[:, 0]
    adjustment = Adjustment(covariates[:, 1:], stratum)
    one = hazard_ratio(times, event, treated, adjustment=adjustment)
    other = hazard_ratio(times, event, 1 - treated, adjustment=adjustment)
    np.testing.assert_allclose(one.value, -other.value, rtol=1e-8)
    np.testing.assert_allclose(one.low, -other.high, rtol=1e-8)
    np.testing.assert_allclose(one.p_value, other.p_value, rtol=1e-8)
    np.testing.assert_allclose(as_ratio(one).low, 1 / as_ratio(other).high, rtol=1e-8)


@given(seed=SEEDS)
@settings(max_examples=15)
def test_without_ties_the_score_test_of_the_arm_is_the_logrank_test(seed: int) -> None:
    times, event, covariates, stratum = trial(seed, (40,), ties=False)
    arm = covariates[:, :1]
    model = cox_regression(times, event, arm, stratum=stratum)
    test = logrank_test(times, event, arm[:, 0], arms=[0, 1], stratum=stratum)
    np.testing.assert_allclose(cox_score_test(model).statistic, test.statistic, rtol=1e-9)
    breslow = cox_regression(times, event, arm, stratum=stratum, ties="breslow")
    np.testing.assert_array_equal(model.coefficients, breslow.coefficients)


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("stratified", [True, False])
def test_batched_equals_one_at_a_time(ties: bool, stratified: bool) -> None:
    times, event, covariates, stratum = trial(3, (2, 400, 30), ties=ties)
    event[0, 3] = False
    times[1, 7, :4] = 6.0
    strata = stratum if stratified else np.zeros_like(stratum)
    together = cox_regression(times, event, covariates, stratum=strata)
    assert together.reason.shape == (2, 400)
    for place in [(0, 0), (0, 3), (1, 7), (1, 399)]:
        alone = cox_regression(times[place], event[place], covariates[place], stratum=strata[place])
        assert alone.reason == together.reason[place]
        np.testing.assert_array_equal(together.coefficients[place], alone.coefficients)
        np.testing.assert_array_equal(together.covariance[place], alone.covariance)
        np.testing.assert_array_equal(together.robust_covariance[place], alone.robust_covariance)
        np.testing.assert_array_equal(together.score_statistic[place], alone.score_statistic)


def test_those_left_out_change_nothing_and_may_be_unknown() -> None:
    times, event, covariates, stratum = trial(5, (60,))
    inside = np.arange(60) % 4 != 0
    with_unknown = np.where(inside[:, None], covariates, np.nan)
    model = cox_regression(times, event, with_unknown, included=inside, stratum=stratum)
    alone = cox_regression(
        times[inside], event[inside], covariates[inside], stratum=stratum[inside]
    )
    np.testing.assert_allclose(model.coefficients, alone.coefficients, rtol=1e-10)
    np.testing.assert_allclose(model.robust_covariance, alone.robust_covariance, rtol=1e-9)


def test_an_arm_without_events_or_with_all_of_them_first_has_no_finite_ratio() -> None:
    times = [[1, 2, 3, 4, 5, 6]] * 4
    event = [[1, 0, 1, 0, 1, 0], [1, 1, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1]]
    treated = [[0, 1, 0, 1, 0, 1], [1, 1, 1, 0, 0, 0], [0, 1, 0, 1, 0, 1], [1, 1, 1, 1, 1, 1]]
    effect = hazard_ratio(times, event, treated)
    assert effect.reason.tolist() == [
        Reason.SEPARATED,
        Reason.SEPARATED,
        Reason.NO_EVENTS,
        Reason.NO_PARTICIPANTS,
    ]
    assert np.isnan(effect.value).all()
    assert np.isnan(effect.p_value).all()


@pytest.mark.parametrize("ties", TIES)
def test_small_trials_have_a_ratio_or_a_reason_and_never_a_runaway(ties: str) -> None:
    """Eight participants: a fifth of the trials tells the events by the arm."""
    generator = np.random.default_rng(8)
    times = np.ceil(generator.exponential(3, (4000, 8)))
    event = generator.random((4000, 8)) < 0.5
    arm = np.broadcast_to(np.arange(8) % 2, (4000, 8))
    model = cox_regression(times, event, arm[..., None], ties=ties)
    assert set(model.reason) <= {Reason.OK, Reason.NO_EVENTS, Reason.SINGULAR, Reason.SEPARATED}
    known = model.reason == Reason.OK
    assert np.max(np.abs(model.coefficients[known])) < 4
    assert np.max(model.covariance[known]) < 5
    seen = [np.sum(event & (arm == label), axis=-1) for label in (0, 1)]
    nobody = (np.minimum(*seen) == 0) & (np.maximum(*seen) > 0) & (model.reason != Reason.SINGULAR)
    assert (model.reason[nobody] == Reason.SEPARATED).all()


def test_edges_give_a_reason() -> None:
    times, event = np.arange(1.0, 9), np.ones(8)
    constant, score = np.ones((8, 1)), np.arange(8.0)[:, None]
    assert cox_regression(times, event, constant).reason == Reason.COLLINEAR
    mixed = np.array([[3.0], [1], [4], [1.5], [9], [2], [6], [5]])
    both = np.concatenate([mixed, 2 * mixed + 1], axis=-1)
    assert cox_regression(times, event, both).reason == Reason.COLLINEAR
    assert cox_regression(times, event, score).reason == Reason.SEPARATED
    assert cox_regression([3], [1], [[1.0]]).reason == Reason.COLLINEAR
    assert (
        cox_regression(times, event, mixed, included=np.zeros(8)).reason == Reason.NO_PARTICIPANTS
    )
    at_once = cox_regression(np.zeros(8), event, mixed)
    assert (at_once.reason, at_once.coefficients) == (Reason.OK, 0)
    within = cox_regression(times, event, mixed, stratum=np.arange(8))
    assert within.reason == Reason.SINGULAR
    nobody = cox_regression(np.zeros((0, 8)), np.zeros((0, 8)), mixed)
    assert nobody.coefficients.shape == (0, 1)


@given(seed=SEEDS)
@settings(max_examples=10)
def test_proportional_hazards_of_a_batch_permuted_or_rescaled_are_the_same(seed: int) -> None:
    times, event, covariates, stratum = trial(seed, (3, 50))
    order = np.random.default_rng(seed).permutation(50)
    call = {"tested": [0, 2]}
    together = proportional_hazards_test(times, event, covariates, stratum=stratum, **call)
    for r in range(3):
        alone = proportional_hazards_test(
            times[r], event[r], covariates[r], stratum=stratum[r], **call
        )
        assert together.p_value[r] == alone.p_value
        again = proportional_hazards_test(
            times[r][order] * 2,
            event[r][order],
            covariates[r][order] * [1, 10, 100] - 7,
            stratum=stratum[r][order],
            **call,
        )
        np.testing.assert_allclose(alone.statistic, again.statistic, rtol=1e-6, atol=1e-9)


def test_an_effect_that_fades_is_found_and_one_that_stays_is_not() -> None:
    generator = np.random.default_rng(11)
    arm = np.arange(400) % 2
    stays = generator.exponential(1, 400) * np.where(arm, 2.0, 1.0)
    early = generator.exponential(1, 400)
    fades = np.where((arm == 1) & (early < 0.7), early / 3, early)
    p_stays, p_fades = (
        float(proportional_hazards_test(times, np.ones(400), arm[:, None]).p_value)
        for times in (stays, fades)
    )
    assert p_fades < 1e-4 < 0.01 < p_stays


def test_baseline_hazard_at_no_effect_is_the_cumulative_hazard() -> None:
    """A covariate that is balanced at every event time has a coefficient of 0."""
    times, arm = np.repeat([1.0, 2, 3, 4], 2), np.tile([0.0, 1], 4)
    baseline = baseline_hazard(times, np.ones(8), arm[:, None], ties="breslow")
    np.testing.assert_allclose(baseline.hazard[1::2], np.cumsum([2 / 8, 2 / 6, 2 / 4, 2 / 2]))
    none = baseline_hazard(times, np.zeros(8), arm[:, None])
    assert none.reason == Reason.NO_EVENTS
    assert np.isnan(none.hazard).all()


def test_robust_errors_are_near_the_models_own_in_a_large_trial() -> None:
    times, event, covariates, _ = trial(2, (4000,), ties=False)
    model = cox_regression(times, event, covariates)
    for place in range(3):
        own, robust = (coefficient(model, place, robust=robust) for robust in (False, True))
        np.testing.assert_allclose(robust.standard_error, own.standard_error, rtol=0.1)
        assert robust.value == own.value


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cox_regression([], [], np.zeros((0, 1))), "at least one participant"),
        (lambda: cox_regression([1, 2], [1, 1], [1.0, 2]), r"one row for each participant .*shape \(2,\)"),
        (lambda: cox_regression([1, 2], [1, 1], np.zeros((2, 0))), r"at least one column; .*shape \(2, 0\)"),
        (lambda: cox_regression([1, 2], [1, 1], [[1.0], [np.nan]]), "covariates of those included must be known; got nan"),
        (lambda: cox_regression([1, -2], [1, 1], [[1.0], [2]]), "must be 0 or later and finite; got -2"),
        (lambda: cox_regression([1, 2, 3], [1, 1, 0], [[1.0], [2]]), "one common shape"),
        (lambda: cox_regression([1, 2], [1, 1], [[1.0], [2]], ties="exact"), "ties must be efron or breslow; got 'exact'"),
        (lambda: cox_regression([1, 2], [1, 1], [[1.0], [2]], stratum=[0, np.nan]), "stratum must be a number"),
        (lambda: hazard_ratio([1, 2], [1, 1], [1, 2]), "treated must be true or false .*; got 2"),
        (lambda: hazard_ratio([1, 2], [1, 1], [1, 0], level=95), "level must lie between 0 and 1"),
        (
            lambda: hazard_ratio([1, 2], [1, 1], [1, 0], adjustment=Adjustment([1.0, 2])),
            r"covariates must have the shape \(..., P, K\); got \(2,\)",
        ),
        (lambda: proportional_hazards_test([1, 2], [1, 1], [[1.0], [2]], tested=[1]), r"of the 1, from 0; got \[1\]"),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_was_expected(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
