"""Dunnett's test: second implementations, properties, batches, reasons and errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.measurements.ancova import differences_from_control
from wholetrial.analysis.measurements.covariates import measured
from wholetrial.analysis.measurements.linear_model import LinearModel, fit_linear_model
from wholetrial.analysis.multiplicity.adjusted_p_values import bonferroni
from wholetrial.analysis.multiplicity.dunnett import (
    dunnett,
    dunnett_critical_value,
    dunnett_p_values,
    dunnett_step_down,
    one_factor_loadings,
)

NAN = float("nan")


def one_way(sizes: tuple[int, ...], seed: int = 1, replicates: int = 4) -> LinearModel:
    rng = np.random.default_rng(seed)
    arm = np.repeat(np.arange(len(sizes)), sizes)
    values = rng.normal(0, 1, (replicates, len(arm))) + 0.4 * arm
    return fit_linear_model(values, arm=arm, arms=range(len(sizes)))


def product_correlation(loadings: list[float]) -> np.ndarray:
    correlation = np.outer(loadings, loadings)
    np.fill_diagonal(correlation, 1)
    return correlation


def exceeded(bound: float, freedom: float, loadings: list[float], *, two_sided: bool) -> float:
    """The double integral by Gauss-Legendre quadrature with hundreds of nodes either way."""
    nodes, weights = np.polynomial.legendre.leggauss(400)
    deviation, factor = 9 * nodes, np.array(loadings)
    rest = np.sqrt(1 - factor**2)
    spread, share = np.ones(1), np.ones(1)
    if np.isfinite(freedom):
        density = stats.chi(freedom, scale=1 / np.sqrt(freedom))
        low, high = density.ppf(1e-13), density.isf(1e-13)
        spread = (low + high) / 2 + (high - low) / 2 * nodes
        share = (high - low) / 2 * weights * density.pdf(spread)
    moved = factor * deviation[:, None]
    edge = bound * spread[:, None, None]
    within = special.ndtr((edge - moved) / rest)
    if two_sided:
        within = within - special.ndtr((-edge - moved) / rest)
    inner = within.prod(axis=-1) @ (9 * weights * stats.norm.pdf(deviation))
    return float(1 - share @ inner)


@pytest.mark.parametrize(
    ("freedom", "loadings"),
    [(8.0, [0.7, 0.5]), (71.0, [0.6, 0.64, 0.9]), (np.inf, [0.3, 0.97]), (3.0, [0.55, 0.8])],
)
def test_p_values_against_second_implementation_by_gauss_legendre(
    freedom: float, loadings: list[float]
) -> None:
    correlation = product_correlation(loadings)
    for bound in (0.4, 2.3):
        statistics = np.full(len(loadings), bound)
        found = dunnett_p_values(statistics, freedom, correlation)
        expected = exceeded(bound, freedom, loadings, two_sided=True)
        assert found[0] == pytest.approx(expected, abs=1e-8)
        greater = dunnett_p_values(statistics, freedom, correlation, alternative="greater")
        expected = exceeded(bound, freedom, loadings, two_sided=False)
        assert greater[0] == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("sizes", [(12, 12), (10, 14, 7), (30, 10, 12, 9, 11), (5, 40, 40)])
def test_one_way_matches_scipy(sizes: tuple[int, ...]) -> None:
    """SciPy integrates at random, to about 1e-4."""
    rng = np.random.default_rng(3)
    groups = [rng.normal(0.3 * place, 1, size) for place, size in enumerate(sizes)]
    arm = np.repeat(np.arange(len(sizes)), sizes)
    model = fit_linear_model(np.concatenate(groups), arm=arm, arms=range(len(sizes)))
    for alternative in ("two_sided", "greater", "less"):
        expected = stats.dunnett(
            *groups[1:], control=groups[0], alternative=alternative.replace("_", "-"), rng=1
        )
        found = dunnett(model, alternative=alternative)
        np.testing.assert_allclose(found.p_value, expected.pvalue, atol=3e-4)


def test_one_comparison_is_students_t() -> None:
    model = one_way((9, 12))
    found, alone = dunnett(model, 0.9), differences_from_control(model, 0.9)
    np.testing.assert_allclose(found.p_value, alone.p_value, rtol=1e-13)
    np.testing.assert_allclose(found.low, alone.low, rtol=1e-13)
    stepped = dunnett_step_down(model, alternative="less")
    less = differences_from_control(model, alternative="less")
    np.testing.assert_allclose(stepped.p_value, less.p_value, rtol=1e-13)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20)
def test_adjusted_p_values_lie_between_unadjusted_and_bonferroni(seed: int) -> None:
    model = one_way((9, 7, 12, 5), seed)
    alone = differences_from_control(model).p_value
    found, stepped = dunnett(model), dunnett_step_down(model)
    assert (found.p_value >= alone).all()
    assert (found.p_value <= bonferroni(alone) + 1e-12).all()
    assert (stepped.p_value <= found.p_value + 1e-9).all()
    assert (stepped.p_value >= alone).all()
    smallest = np.argmin(found.p_value, axis=-1)[:, None]
    first = [np.take_along_axis(part.p_value, smallest, axis=-1) for part in (found, stepped)]
    np.testing.assert_allclose(first[0], first[1], atol=1e-12)


def test_the_limits_exclude_zero_exactly_when_the_test_rejects() -> None:
    found = dunnett(one_way((9, 7, 12, 5), replicates=300))
    excludes = (found.low > 0) | (found.high < 0)
    np.testing.assert_array_equal(excludes, found.p_value < 0.05)
    assert 0 < excludes.sum() < excludes.size


@given(seed=st.integers(0, 10_000))
@settings(max_examples=15)
def test_order_of_arms_sign_and_unit_do_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    arm, values = np.arange(30) % 4, rng.normal(0, 1, 30)
    age = [measured("age", rng.normal(40, 10, 30))]
    model = fit_linear_model(values, age, arm=arm, arms=(0, 1, 2, 3))
    turned = fit_linear_model(-7 * values, age, arm=arm, arms=(0, 3, 1, 2))
    for method in (dunnett, dunnett_step_down):
        found = method(model, alternative="greater").p_value
        other = method(turned, alternative="less").p_value
        np.testing.assert_allclose(other, found[[2, 0, 1]], atol=1e-10)


def test_the_critical_value_is_where_the_p_value_is_the_level() -> None:
    loadings = [[0.7, 0.6, 0.5], [0.3, 0.4, 0.9]]
    correlation = np.stack([product_correlation(row) for row in loadings])
    freedom = np.array([[7.0], [40.0], [np.inf]])
    for alternative in ("two_sided", "greater"):
        bound = dunnett_critical_value(freedom, correlation, 0.9, alternative=alternative)
        assert bound.shape == (3, 2)
        statistics = np.broadcast_to(bound[..., None], (3, 2, 3))
        p_value = dunnett_p_values(statistics, freedom, correlation, alternative=alternative)
        np.testing.assert_allclose(p_value, 0.1, atol=1e-10)
    less = dunnett_critical_value(freedom, correlation, 0.9, alternative="less")
    np.testing.assert_array_equal(less, bound)


def test_dunnetts_table_of_1964() -> None:
    """Two-sided 95 %, equal arms: 1 to 4 comparisons with 10 and 20 degrees of freedom."""
    printed = {10.0: [2.23, 2.57, 2.76, 2.89], 20.0: [2.09, 2.38, 2.54, 2.65]}
    for freedom, row in printed.items():
        for count, bound in enumerate(row, 1):
            correlation = np.full((count, count), 0.5) + 0.5 * np.eye(count)
            assert f"{dunnett_critical_value(freedom, correlation):.2f}" == f"{bound:.2f}"


def test_a_batch_equals_each_replicate_alone() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(0, 1, (2, 3, 40))
    values[0, 1, :9] = NAN
    arm, age = np.arange(40) % 4, [measured("age", rng.normal(40, 9, (2, 3, 40)))]
    together = fit_linear_model(values, age, arm=arm, arms=(0, 1, 2, 3))
    for method in (dunnett, dunnett_step_down):
        whole = method(together)
        for place in np.ndindex(2, 3):
            covariate = [measured("age", age[0].columns[place][:, 0])]
            alone = method(fit_linear_model(values[place], covariate, arm=arm, arms=(0, 1, 2, 3)))
            for field in ("value", "low", "p_value", "reason"):
                np.testing.assert_array_equal(getattr(whole, field)[place], getattr(alone, field))


def test_an_arm_of_nobody_does_not_count_among_the_comparisons() -> None:
    rng = np.random.default_rng(5)
    values, arm = rng.normal(0, 1, 24), np.arange(24) % 3
    with_empty = fit_linear_model(values, arm=arm, arms=(0, 9, 1, 2))
    without = fit_linear_model(values, arm=arm, arms=(0, 1, 2))
    for method in (dunnett, dunnett_step_down):
        found, expected = method(with_empty), method(without)
        assert found.reason.tolist() == [Reason.NO_PARTICIPANTS, Reason.OK, Reason.OK]
        np.testing.assert_allclose(found.p_value, [NAN, *expected.p_value], rtol=1e-12)
        np.testing.assert_allclose(found.low, [NAN, *expected.low], rtol=1e-12)
    no_control = dunnett(fit_linear_model(values, arm=arm, arms=(9, 1, 2)))
    assert no_control.reason.tolist() == [Reason.NO_PARTICIPANTS] * 2
    assert np.isnan(no_control.p_value).all()


def test_covariates_that_set_the_arms_far_apart_have_a_stated_reason() -> None:
    """Control in the middle of the others' ages: two differences are negatively correlated."""
    age = [50, 51, 52, 10, 11, 12, 90, 91, 92, 50, 52, 53]
    arm, values = np.repeat([0, 1, 2, 3], 3), [1.0, 3, 2, 4, 6, 5, 7, 9, 9, 3, 2, 5]
    model = fit_linear_model(values, [measured("age", age)], arm=arm, arms=(0, 1, 2, 3))
    found = dunnett(model)
    assert found.reason.tolist() == [Reason.UNSUITED_CORRELATIONS] * 3
    assert np.isnan(found.p_value).all()
    assert np.isnan(found.low).all()
    assert not np.isnan(found.value).any()
    assert np.isnan(dunnett_step_down(model).p_value).all()


def test_equal_values_have_a_reason() -> None:
    model = fit_linear_model(np.ones(9), arm=np.arange(9) % 3, arms=(0, 1, 2))
    assert dunnett(model).reason.tolist() == [Reason.NO_VARIATION] * 2
    assert np.isnan(dunnett_step_down(model).p_value).all()


def test_loadings_give_back_the_correlations_of_unequal_arms() -> None:
    sizes = np.array([20, 10, 35, 8, 15])
    expected = np.sqrt(sizes[1:] / (sizes[1:] + sizes[0]))
    found = one_factor_loadings(product_correlation(list(expected)))
    np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert one_factor_loadings([[1.0]]).tolist() == [0]
    np.testing.assert_allclose(one_factor_loadings([[1, 0.49], [0.49, 1]]), [0.7, 0.7])
    assert np.isnan(one_factor_loadings([[1, -0.2], [-0.2, 1]])).all()


def test_the_chance_of_any_error_is_the_level() -> None:
    rng = np.random.default_rng(6)
    arm = np.repeat([0, 1, 2, 3], (12, 6, 8, 5))
    model = fit_linear_model(rng.normal(0, 1, (4000, len(arm))), arm=arm, arms=(0, 1, 2, 3))
    for method in (dunnett, dunnett_step_down):
        errors = np.mean((method(model).p_value < 0.05).any(axis=-1))
        assert errors == pytest.approx(0.05, abs=4 * np.sqrt(0.05 * 0.95 / 4000))


def test_a_wrong_call_says_what_was_expected() -> None:
    even = product_correlation([0.7, 0.7])
    with pytest.raises(ValueError, match="2 rows and columns, one for each comparison"):
        dunnett_p_values([1.0, 2.0], 10, np.eye(3))
    with pytest.raises(ValueError, match=r"positive and at most 1; got -0\.5"):
        dunnett_p_values([1.0, 2.0], 10, [[1, -0.5], [-0.5, 1]])
    with pytest.raises(ValueError, match="products of loadings below 1"):
        dunnett_p_values([1.0, 2.0], 10, [[1, 1], [1, 1]])
    with pytest.raises(ValueError, match="freedom must be above 0, inf for normal statistics"):
        dunnett_critical_value(0, even)
    with pytest.raises(ValueError, match="one for each comparison; got a single number"):
        dunnett_p_values(2.0, 10, even)
    with pytest.raises(ValueError, match="alternative must be one of"):
        dunnett_p_values([1.0, 2.0], 10, even, alternative="both")
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        dunnett_critical_value(10, even, 95)
    np.testing.assert_array_equal(np.isnan(dunnett_p_values([1.0, NAN], 10, even)), [False, True])
