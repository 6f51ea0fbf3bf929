"""Poisson regression: closed form of two arms, likelihood equations, properties, edges, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import poisson

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.safety.rate_ratios import rate_ratio_log_wald
from wholetrial.analysis.safety.rate_regression import RateRegression, poisson_regression

NAN = np.nan


def trial(seed: int, people: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    covariates = np.stack([np.arange(people) % 2, rng.normal(5, 2, people)], axis=-1)
    years = rng.uniform(0.3, 2, people)
    counts = rng.poisson(years * np.exp(covariates @ [0.4, 0.1]))
    return counts, years, covariates


def numbers(found: RateRegression) -> list[np.ndarray]:
    effect = found.coefficients
    return [
        *(effect.value, effect.standard_error, effect.low, effect.high, effect.p_value),
        *(found.log_likelihood, found.deviance, found.dispersion, found.reason),
    ]


@given(
    x=st.integers(1, 40),
    control=st.integers(1, 40),
    years=st.floats(0.5, 50),
    control_years=st.floats(0.5, 50),
)
@settings(max_examples=40)
def test_two_arms_give_the_ratio_of_rates_and_its_wald_interval(
    x: int, control: int, years: float, control_years: float
) -> None:
    found = poisson_regression([x, control], [years, control_years], [[1], [0]])
    ratio = rate_ratio_log_wald(x, years, control, control_years)
    effect = found.coefficients
    for ours, theirs in ((effect.value, ratio.value), (effect.low, ratio.low)):
        assert np.exp(ours[1]) == pytest.approx(float(theirs), rel=1e-8)
    assert effect.value[0] == pytest.approx(np.log(control / control_years), abs=1e-9)
    assert found.deviance == pytest.approx(0, abs=1e-9)
    assert np.isnan(found.dispersion)


def test_without_covariates_it_is_the_logarithm_of_the_rate() -> None:
    found = poisson_regression([2, 3, 0], [1.0, 2.0, 2.0], np.empty((3, 0)))
    assert found.coefficients.value == pytest.approx([0.0], abs=1e-12)
    assert found.coefficients.standard_error == pytest.approx([5**-0.5])


def test_against_the_largest_likelihood_that_scipy_finds() -> None:
    counts, years, covariates = trial(1)
    design = np.column_stack([np.ones(len(counts)), covariates])

    def misfit(found: np.ndarray) -> float:
        return -float(poisson.logpmf(counts, years * np.exp(design @ found)).sum())

    best = minimize(
        misfit,
        np.zeros(3),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000},
    )
    found = poisson_regression(counts, years, covariates)
    assert found.coefficients.value == pytest.approx(best.x, abs=1e-6)
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-9)
    fitted = years * np.exp(design @ found.coefficients.value)
    assert (counts - fitted) @ design == pytest.approx(np.zeros(3), abs=1e-8)
    information = (design * fitted[:, None]).T @ design
    errors = np.sqrt(np.diag(np.linalg.inv(information)))
    assert found.coefficients.standard_error == pytest.approx(errors, rel=1e-9)


@given(seed=st.integers(0, 999), scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
@settings(max_examples=25)
def test_order_units_and_origins_do_not_matter(seed: int, scale: float, shift: float) -> None:
    counts, years, covariates = trial(seed)
    found = poisson_regression(counts, years, covariates)
    order = np.random.default_rng(seed).permutation(len(counts))
    shuffled = poisson_regression(counts[order], years[order], covariates[order])
    for ours, theirs in zip(numbers(found), numbers(shuffled), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-9)
    changed = covariates * [1.0, scale] + [0.0, shift]
    rescaled = poisson_regression(counts, years * 12, changed).coefficients
    expected = found.coefficients.value * [1.0, 1.0, 1 / scale]
    assert rescaled.value[1:] == pytest.approx(expected[1:], rel=1e-6, abs=1e-9)
    assert rescaled.p_value[1:] == pytest.approx(found.coefficients.p_value[1:], abs=1e-7)


def test_swapping_the_arms_changes_the_sign() -> None:
    counts, years, covariates = trial(5)
    swapped = covariates * [-1.0, 1.0] + [1.0, 0.0]
    there = poisson_regression(counts, years, covariates).coefficients
    back = poisson_regression(counts, years, swapped).coefficients
    assert there.value[1] == pytest.approx(-back.value[1], abs=1e-10)
    assert there.p_value[1] == pytest.approx(back.p_value[1], rel=1e-9)


def test_batched_equals_one_at_a_time() -> None:
    trials = [trial(seed) for seed in range(6)]
    counts, years, covariates = (np.stack(parts) for parts in zip(*trials, strict=True))
    counts[2] = 0
    counts[3, covariates[3, :, 0] == 1] = 0
    covariates[4, :, 1] = 7.0
    included = np.random.default_rng(9).random(counts.shape) < 0.8
    included[5] = False
    together = poisson_regression(counts, years, covariates, included)
    assert together.reason.tolist() == [
        *(Reason.OK, Reason.OK, Reason.NO_EVENTS, Reason.SEPARATED, Reason.COLLINEAR),
        Reason.NO_EXPOSURE,
    ]
    for place in range(6):
        alone = poisson_regression(counts[place], years[place], covariates[place], included[place])
        for ours, theirs in zip(numbers(together), numbers(alone), strict=True):
            np.testing.assert_array_equal(ours[place], theirs)
        if together.reason[place] != Reason.OK:
            assert all(np.isnan(part).all() for part in numbers(alone)[:-1])


def test_who_is_left_out_or_followed_for_no_time_adds_nothing() -> None:
    counts, years, covariates = trial(4)
    more = (
        np.append(counts, [9, 0]),
        np.append(years, [NAN, 0.0]),
        np.vstack([covariates, [[1, NAN], [0, 3.0]]]),
    )
    found = poisson_regression(*more, np.arange(62) != 60)
    for ours, theirs in zip(numbers(found), numbers(poisson_regression(*trial(4))), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match=r"at least 0; got 0\.5"):
        poisson_regression([0.5, 1], [1, 1], [[0], [1]])
    with pytest.raises(ValueError, match="events need years above 0; got 1 at position 1"):
        poisson_regression([1, 1], [1, 0], [[0], [1]])
    with pytest.raises(ValueError, match="years must be 0 or more and finite; got -1"):
        poisson_regression([1, 1], [1, -1], [[0], [1]])
    with pytest.raises(ValueError, match="covariates of those included must be known; got nan"):
        poisson_regression([1, 1], [1, 1], [[0], [NAN]])
    with pytest.raises(ValueError, match=r"one row for each participant; got shape \(2,\)"):
        poisson_regression([1, 1], [1, 1], [0, 1])
    with pytest.raises(ValueError, match="at least one participant"):
        poisson_regression([], [], np.empty((0, 1)))
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        poisson_regression([1, 1], [1, 1], [[0], [1]], level=2)
