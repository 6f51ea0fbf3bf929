"""Negative binomial regression: largest likelihood, Poisson's limit, properties, edges, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import nbinom

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.safety.negative_binomial import (
    NegativeBinomialRegression,
    negative_binomial_regression,
)
from wholetrial.analysis.safety.rate_regression import poisson_regression

NAN = np.nan


def trial(seed: int, people: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    covariates = np.stack([np.arange(people) % 2, rng.normal(5, 2, people)], axis=-1)
    years = rng.uniform(0.3, 2, people)
    differing = rng.gamma(0.8, 1 / 0.8, people)
    counts = rng.poisson(differing * years * np.exp(covariates @ [0.4, 0.1]))
    return counts, years, covariates


def numbers(found: NegativeBinomialRegression) -> list[np.ndarray]:
    effect = found.coefficients
    return [
        *(effect.value, effect.standard_error, effect.low, effect.high, effect.p_value),
        *(found.theta, found.theta_standard_error, found.log_likelihood, found.reason),
    ]


def log_likelihood(
    found: np.ndarray, counts: np.ndarray, years: np.ndarray, design: np.ndarray
) -> float:
    mean, theta = years * np.exp(design @ found[:-1]), np.exp(found[-1])
    return float(nbinom.logpmf(counts, theta, theta / (theta + mean)).sum())


def test_against_the_largest_likelihood_that_scipy_finds() -> None:
    counts, years, covariates = trial(1)
    design = np.column_stack([np.ones(len(counts)), covariates])
    best = minimize(
        lambda found: -log_likelihood(found, counts, years, design),
        np.zeros(4),
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 9000, "maxfev": 9000},
    )
    found = negative_binomial_regression(counts, years, covariates)
    assert found.coefficients.value == pytest.approx(best.x[:-1], abs=1e-6)
    assert found.theta == pytest.approx(np.exp(best.x[-1]), rel=1e-5)
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-9)
    mean = years * np.exp(design @ found.coefficients.value)
    weights = mean * found.theta / (found.theta + mean)
    errors = np.sqrt(np.diag(np.linalg.inv((design * weights[:, None]).T @ design)))
    assert found.coefficients.standard_error == pytest.approx(errors, rel=1e-8)


def test_the_error_of_theta_is_the_curvature_of_the_likelihood() -> None:
    counts, years, covariates = trial(2)
    design = np.column_stack([np.ones(len(counts)), covariates])
    found = negative_binomial_regression(counts, years, covariates)
    step = 1e-3
    at = [
        log_likelihood(
            np.append(found.coefficients.value, np.log(found.theta + away)), counts, years, design
        )
        for away in (-step, 0.0, step)
    ]
    curvature = -(at[0] - 2 * at[1] + at[2]) / step**2
    assert found.theta_standard_error == pytest.approx(curvature**-0.5, rel=1e-4)


def test_its_errors_exceed_those_of_poisson_where_rates_differ() -> None:
    found, poisson = negative_binomial_regression(*trial(3)), poisson_regression(*trial(3))
    assert poisson.dispersion > 1.5
    assert (found.coefficients.standard_error > poisson.coefficients.standard_error).all()
    assert found.log_likelihood > poisson.log_likelihood


@given(seed=st.integers(0, 499), scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
@settings(max_examples=20)
def test_order_units_and_origins_do_not_matter(seed: int, scale: float, shift: float) -> None:
    counts, years, covariates = trial(seed)
    found = negative_binomial_regression(counts, years, covariates)
    assert found.reason == Reason.OK
    order = np.random.default_rng(seed).permutation(len(counts))
    shuffled = negative_binomial_regression(counts[order], years[order], covariates[order])
    for ours, theirs in zip(numbers(found), numbers(shuffled), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-8)
    changed = covariates * [1.0, scale] + [0.0, shift]
    rescaled = negative_binomial_regression(counts, years * 12, changed)
    expected = found.coefficients.value * [1.0, 1.0, 1 / scale]
    assert rescaled.coefficients.value[1:] == pytest.approx(expected[1:], rel=1e-6, abs=1e-8)
    assert rescaled.theta == pytest.approx(float(found.theta), rel=1e-7)


def test_swapping_the_arms_changes_the_sign() -> None:
    counts, years, covariates = trial(5)
    swapped = covariates * [-1.0, 1.0] + [1.0, 0.0]
    there = negative_binomial_regression(counts, years, covariates).coefficients
    back = negative_binomial_regression(counts, years, swapped).coefficients
    assert there.value[1] == pytest.approx(-back.value[1], abs=1e-9)
    assert there.p_value[1] == pytest.approx(back.p_value[1], rel=1e-8)


def test_batched_equals_one_at_a_time_and_says_why_there_is_no_number() -> None:
    trials = [trial(seed) for seed in range(6)]
    counts, years, covariates = (np.stack(parts) for parts in zip(*trials, strict=True))
    counts[1] = np.arange(80) // 40
    counts[2] = 0
    counts[3, covariates[3, :, 0] == 1] = 0
    covariates[4, :, 1] = 7.0
    included = np.ones(counts.shape, bool)
    included[5] = False
    together = negative_binomial_regression(counts, years, covariates, included)
    assert together.reason.tolist() == [
        *(Reason.OK, Reason.NO_OVERDISPERSION, Reason.NO_EVENTS, Reason.SEPARATED),
        *(Reason.COLLINEAR, Reason.NO_EXPOSURE),
    ]
    for place in range(6):
        alone = negative_binomial_regression(
            counts[place], years[place], covariates[place], included[place]
        )
        for ours, theirs in zip(numbers(together), numbers(alone), strict=True):
            np.testing.assert_array_equal(ours[place], theirs)
        if together.reason[place] != Reason.OK:
            assert all(np.isnan(part).all() for part in numbers(alone)[:-1])


def test_many_trials_all_have_a_number_or_a_reason() -> None:
    rng = np.random.default_rng(8)
    counts = rng.poisson(rng.gamma(2.0, 0.25, (400, 20)))
    arm = (np.arange(20) % 2)[:, None]
    found = negative_binomial_regression(counts, np.ones(20), arm)
    good = found.reason == Reason.OK
    assert 0.3 < good.mean() < 1
    assert Reason.NOT_CONVERGED not in found.reason
    assert np.isfinite(found.theta[good]).all()
    assert np.isnan(found.theta[~good]).all()
    poisson = poisson_regression(counts, np.ones(20), arm)
    assert (found.log_likelihood[good] >= poisson.log_likelihood[good] - 1e-9).all()


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match=r"at least 0; got 0\.5"):
        negative_binomial_regression([0.5, 1], [1, 1], [[0], [1]])
    with pytest.raises(ValueError, match="years must be 0 or more and finite; got -1"):
        negative_binomial_regression([1, 1], [1, -1], [[0], [1]])
    with pytest.raises(ValueError, match="covariates of those included must be known; got nan"):
        negative_binomial_regression([1, 1], [1, 1], [[0], [NAN]])
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        negative_binomial_regression([1, 1], [1, 1], [[0], [1]], level=2)
