"""Adjusted p-values: second implementations by closed tests, properties, batches and errors."""

from collections.abc import Callable
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.multiplicity import adjusted_p_values as adjust

NAN = float("nan")
Adjust = Callable[..., Floats]
EVERY = [
    adjust.bonferroni,
    adjust.sidak,
    adjust.holm,
    adjust.hochberg,
    adjust.hommel,
    adjust.fixed_sequence,
    adjust.benjamini_hochberg,
    adjust.benjamini_yekutieli,
]
UNORDERED = [method for method in EVERY if method is not adjust.fixed_sequence]
families = st.lists(st.integers(0, 1000).map(lambda k: k / 1000), min_size=1, max_size=7)


def simes(p: list[float]) -> float:
    return min(len(p) * value / rank for rank, value in enumerate(sorted(p), 1))


def closed(p: list[float], local: Callable[[list[float]], float]) -> list[float]:
    """The largest local p-value of all intersections that hold each hypothesis."""
    places = range(len(p))
    subsets = [s for size in range(1, len(p) + 1) for s in combinations(places, size)]
    found = {subset: local([p[place] for place in subset]) for subset in subsets}
    return [min(1.0, max(found[s] for s in subsets if place in s)) for place in places]


@given(p=families)
@settings(max_examples=80)
def test_hommel_is_the_closed_test_of_simes_and_holm_that_of_bonferroni(p: list[float]) -> None:
    np.testing.assert_allclose(adjust.hommel(p), closed(p, simes), rtol=1e-12)
    smallest = closed(p, lambda part: len(part) * min(part))
    np.testing.assert_allclose(adjust.holm(p), smallest, rtol=1e-12)


@given(p=families)
@settings(max_examples=80)
def test_each_procedure_is_at_least_as_powerful_as_the_one_it_improves(p: list[float]) -> None:
    steps = [adjust.bonferroni, adjust.holm, adjust.hochberg, adjust.hommel]
    found = [method(p) for method in steps]
    for weaker, stronger in pairwise(found):
        assert (stronger <= weaker + 1e-15).all()
    assert (adjust.sidak(p) <= found[0] + 1e-15).all()
    assert (adjust.benjamini_hochberg(p) <= found[2] + 1e-15).all()
    assert (found[3] >= np.array(p) - 1e-15).all()


@pytest.mark.parametrize("method", UNORDERED)
@given(p=families, seed=st.integers(0, 99))
@settings(max_examples=30)
def test_the_order_of_the_tests_does_not_matter(method: Adjust, p: list[float], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(p))
    np.testing.assert_array_equal(method(np.array(p)[order]), method(p)[order])


@pytest.mark.parametrize("method", EVERY)
def test_a_batch_equals_each_family_alone(method: Adjust) -> None:
    p = np.random.default_rng(1).uniform(0, 0.1, (2, 3, 5)).round(2)
    together = method(p)
    for place in np.ndindex(2, 3):
        np.testing.assert_array_equal(together[place], method(p[place]))


@pytest.mark.parametrize("method", EVERY)
def test_a_missing_p_value_stays_missing_and_counts_as_one(method: Adjust) -> None:
    adjusted = method([0.01, NAN, 0.04])
    assert np.isnan(adjusted).tolist() == [False, True, False]
    np.testing.assert_array_equal(adjusted[[0, 2]], method([0.01, 1, 0.04])[[0, 2]])


@pytest.mark.parametrize("method", EVERY)
def test_one_test_needs_no_adjustment_and_bounds_stay(method: Adjust) -> None:
    assert method([0.03]) == pytest.approx(0.03, rel=1e-14)
    np.testing.assert_array_equal(method([1.0, 1.0]), [1, 1])
    np.testing.assert_array_equal(method([0.0, 0.0]), [0, 0])


def test_sidak_keeps_the_precision_of_tiny_p_values() -> None:
    np.testing.assert_allclose(adjust.sidak([1e-30, 1]), [2e-30, 1], rtol=1e-14)


@pytest.mark.parametrize("method", [adjust.bonferroni, adjust.holm, adjust.hochberg, adjust.hommel])
def test_the_chance_of_any_error_is_at_most_the_level(method: Adjust) -> None:
    p = np.random.default_rng(2).uniform(0, 1, (20_000, 4))
    errors = np.mean((method(p) <= 0.05).any(axis=-1))
    assert errors <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 20_000)
    assert errors >= 0.04


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match=r"between 0 and 1, or be missing \(nan\); got 1\.2"):
        adjust.holm([0.1, 1.2])
    with pytest.raises(ValueError, match="at least one test; got shape"):
        adjust.hommel([])
    with pytest.raises(ValueError, match="at least one test; got shape"):
        adjust.bonferroni(0.03)
