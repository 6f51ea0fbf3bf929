"""Fisher's exact test of several arms: exact fractions, two arms, properties, edges and errors."""

from fractions import Fraction
from itertools import product
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.responders.two_proportion_tests import fisher_exact_test
from wholetrial.analysis.safety.several_arms import fisher_freeman_halton_test


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    sizes = draw(st.lists(st.integers(1, 12), min_size=2, max_size=4))
    return [draw(st.integers(0, size)) for size in sizes], sizes


@given(table=tables())
@settings(max_examples=60)
def test_it_matches_exact_fractions(table: tuple[list[int], list[int]]) -> None:
    events, sizes = table
    ways = {
        counts: prod(map(comb, sizes, counts))
        for counts in product(*(range(size + 1) for size in sizes))
        if sum(counts) == sum(events)
    }
    extreme = sum(way for way in ways.values() if way <= ways[tuple(events)])
    expected = float(Fraction(extreme, sum(ways.values())))
    ours = fisher_freeman_halton_test(events, sizes).p_value
    assert ours == pytest.approx(expected, rel=1e-11)


@given(table=tables(), seed=st.integers(0, 99))
@settings(max_examples=40)
def test_the_order_of_arms_and_what_counts_as_the_event_do_not_matter(
    table: tuple[list[int], list[int]], seed: int
) -> None:
    events, sizes = np.array(table[0]), np.array(table[1])
    order = np.random.default_rng(seed).permutation(len(sizes))
    here = fisher_freeman_halton_test(events, sizes).p_value
    assert here == pytest.approx(
        fisher_freeman_halton_test(events[order], sizes[order]).p_value, rel=1e-10
    )
    assert here == pytest.approx(
        fisher_freeman_halton_test(sizes - events, sizes).p_value, rel=1e-10
    )


def test_two_arms_are_the_test_of_two_arms() -> None:
    x, control = np.meshgrid(np.arange(31), np.arange(21))
    both = np.stack([x, control], axis=-1)
    np.testing.assert_allclose(
        fisher_freeman_halton_test(both, [30, 20]).p_value,
        fisher_exact_test(x, 30, control, 20).p_value,
        rtol=1e-10,
    )


def test_batched_equals_one_at_a_time() -> None:
    events = np.random.default_rng(2).binomial(15, 0.3, (3, 20, 3))
    sizes = np.array([[[15, 20, 15]], [[15, 15, 40]], [[30, 20, 15]]])
    together = fisher_freeman_halton_test(events, sizes).p_value
    for place in np.ndindex(3, 20):
        alone = fisher_freeman_halton_test(events[place], sizes[place[0], 0]).p_value
        assert together[place] == alone


def test_it_keeps_its_level_by_enumeration() -> None:
    events = np.array(list(product(range(9), range(11), range(8))))
    p_value = fisher_freeman_halton_test(events, [8, 10, 7]).p_value
    for chance in (0.05, 0.3, 0.5):
        weight = np.ones(len(events))
        for arm, size in enumerate((8, 10, 7)):
            x = events[:, arm]
            ways = np.array([comb(size, count) for count in x])
            weight = weight * ways * chance**x * (1 - chance) ** (size - x)
        assert weight.sum() == pytest.approx(1)
        assert 0 < weight[p_value <= 0.05].sum() <= 0.05


def test_edges() -> None:
    assert fisher_freeman_halton_test([0, 0, 0], [5, 6, 7]).p_value == 1
    assert fisher_freeman_halton_test([5, 6, 7], [5, 6, 7]).p_value == 1
    empty = fisher_freeman_halton_test([[0, 2, 3], [1, 2, 3]], [[0, 6, 7], [5, 6, 7]])
    assert empty.reason.tolist() == [Reason.NO_PARTICIPANTS, Reason.OK]
    assert np.isnan(empty.p_value).tolist() == [True, False]


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match="events must not exceed participants; got 9"):
        fisher_freeman_halton_test([9, 1, 2], [5, 6, 7])
    with pytest.raises(ValueError, match="events must be whole numbers of at least 0; got -1"):
        fisher_freeman_halton_test([-1, 1, 2], [5, 6, 7])
    with pytest.raises(ValueError, match=r"two or more arms on the last axis; got .* shape \(1,\)"):
        fisher_freeman_halton_test([1], [5])
    with pytest.raises(ValueError, match=r"at most 16777216 tables .* use Pearson's test"):
        fisher_freeman_halton_test([40] * 5, [80] * 5)
