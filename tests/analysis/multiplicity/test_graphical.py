"""Graphical procedures: known procedures as graphs, closed tests, batches and errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.multiplicity import adjusted_p_values as adjust
from wholetrial.analysis.multiplicity.graph import Graph
from wholetrial.analysis.multiplicity.graphical import (
    closed_bonferroni,
    closed_hochberg,
    closed_simes,
    graphical_test,
    intersections,
)

NAN = float("nan")


def equal(count: int) -> Graph:
    """Holm's procedure as a graph: equal weights, passed on equally."""
    share = 1 / max(count - 1, 1)
    rows = tuple(tuple(0.0 if i == j else share for j in range(count)) for i in range(count))
    return Graph(tuple(f"h{i}" for i in range(count)), (1 / count,) * count, rows)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Graph, list[float]]:
    """Graphs with shares in tenths, and p-values in thousandths."""
    count = draw(st.integers(2, 4))
    tenths = st.lists(st.integers(0, 10), min_size=count, max_size=count)
    rows = []
    for place in range(count):
        row = draw(tenths)
        row[place] = 0
        rows.append(tuple(share / max(sum(row), 10) for share in row))
    weights = draw(tenths)
    graph = Graph(
        tuple(f"h{place}" for place in range(count)),
        tuple(weight / max(sum(weights), 10) for weight in weights),
        tuple(rows),
    )
    p = draw(st.lists(st.integers(0, 120), min_size=count, max_size=count))
    return graph, [value / 1000 for value in p]


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=6))
@settings(max_examples=60)
def test_equal_weights_passed_on_equally_are_holm_hommel_and_hochberg(p: list[float]) -> None:
    graph = equal(len(p))
    found = graphical_test(graph, p, 0.05)
    np.testing.assert_allclose(found.adjusted_p_values, adjust.holm(p), rtol=1e-10)
    np.testing.assert_allclose(closed_simes(graph, p), adjust.hommel(p), rtol=1e-10)
    closed = closed_hochberg(graph, p)
    assert (closed <= adjust.hochberg(p) * (1 + 1e-10)).all()
    assert (closed >= adjust.hommel(p) * (1 - 1e-10)).all()


@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=6))
@settings(max_examples=40)
def test_a_chain_is_the_fixed_sequence(p: list[float]) -> None:
    count = len(p)
    rows = tuple(tuple(float(j == i + 1) for j in range(count)) for i in range(count))
    chain = Graph(tuple(f"h{i}" for i in range(count)), (1.0,) + (0.0,) * (count - 1), rows)
    found = graphical_test(chain, p, 0.05)
    np.testing.assert_array_equal(found.adjusted_p_values, adjust.fixed_sequence(p))


@given(case=cases())
@settings(max_examples=60)
def test_rejecting_in_sequence_is_the_closed_test(case: tuple[Graph, list[float]]) -> None:
    graph, p = case
    found = graphical_test(graph, p, 0.05)
    np.testing.assert_allclose(found.adjusted_p_values, closed_bonferroni(graph, p), rtol=1e-9)
    assert (closed_simes(graph, p) <= found.adjusted_p_values * (1 + 1e-9)).all()
    np.testing.assert_array_equal(
        np.sort(found.order[found.rejected]), np.arange(found.rejected.sum()) + 1
    )
    assert (found.weights[found.rejected] == 0).all()
    assert found.weights.sum() <= 1 + 1e-9
    assert (found.transitions.sum(axis=-1) <= 1 + 1e-9).all()


@given(case=cases(), seed=st.integers(0, 99))
@settings(max_examples=40)
def test_the_order_of_the_hypotheses_does_not_matter(
    case: tuple[Graph, list[float]], seed: int
) -> None:
    graph, p = case
    order = np.random.default_rng(seed).permutation(len(p))
    shuffled = Graph(
        tuple(graph.hypotheses[i] for i in order),
        tuple(graph.weights[i] for i in order),
        tuple(tuple(graph.transitions[i][j] for j in order) for i in order),
    )
    for method in (closed_simes, closed_bonferroni):
        found = method(shuffled, np.array(p)[order])
        np.testing.assert_allclose(found, method(graph, p)[order], rtol=1e-9)
    found = graphical_test(shuffled, np.array(p)[order], 0.05).adjusted_p_values
    there = graphical_test(graph, p, 0.05).adjusted_p_values
    np.testing.assert_allclose(found, there[order], rtol=1e-9)


def test_a_batch_equals_each_replicate_alone() -> None:
    graph = Graph(("a", "b", "c"), (0.5, 0.3, 0.2), ((0, 0.7, 0.3), (0.5, 0, 0.5), (0.4, 0.6, 0)))
    p = np.random.default_rng(1).uniform(0, 0.06, (2, 4, 3))
    p[1, 2, 0] = NAN
    together = graphical_test(graph, p, 0.025)
    for place in np.ndindex(2, 4):
        alone = graphical_test(graph, p[place], 0.025)
        for whole, part in zip(together, alone, strict=True):
            np.testing.assert_array_equal(whole[place], part)
        np.testing.assert_array_equal(closed_simes(graph, p)[place], closed_simes(graph, p[place]))


def test_a_missing_p_value_is_not_rejected_and_passes_nothing_on() -> None:
    graph = equal(3)
    found = graphical_test(graph, [0.001, NAN, 0.03], 0.05)
    assert found.rejected.tolist() == [True, False, False]
    np.testing.assert_allclose(found.adjusted_p_values, [0.003, NAN, 0.06], rtol=1e-12)
    np.testing.assert_allclose(found.weights, [0, 0.5, 0.5])
    assert np.isnan(closed_simes(graph, [0.001, NAN, 0.03])).tolist() == [False, True, False]


def test_a_hypothesis_without_weight_waits_for_another() -> None:
    graph = Graph(("first", "second"), (1.0, 0.0), ((0.0, 1.0), (0.0, 0.0)))
    found = graphical_test(graph, [0.2, 0.0], 0.05)
    assert found.rejected.tolist() == [False, False]
    assert found.order.tolist() == [0, 0]
    alone = Graph(("first", "second"), (1.0, 0.0), ((0.0, 0.0), (0.0, 0.0)))
    np.testing.assert_array_equal(graphical_test(alone, [0.0, 0.0], 0.05).adjusted_p_values, [0, 1])


def test_the_weights_of_all_intersections_are_those_of_holm() -> None:
    every = intersections(equal(3))
    assert every.members.shape == (7, 3)
    shares = 1 / every.members.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(every.weights, every.members * shares)


def test_a_graph_that_is_none_says_why() -> None:
    with pytest.raises(ValueError, match=r"weights must add up to at most 1; got \[0\.7, 0\.4\]"):
        Graph(("a", "b"), (0.7, 0.4), ((0, 1), (1, 0)))
    with pytest.raises(ValueError, match=r"transitions of b must add up to at most 1"):
        Graph(("a", "b", "c"), (0.5, 0.5, 0), ((0, 1, 0), (0.6, 0, 0.6), (0, 0, 0)))
    with pytest.raises(ValueError, match=r"a must not pass anything to itself; got 0\.5"):
        Graph(("a", "b"), (0.5, 0.5), ((0.5, 0.5), (1, 0)))
    with pytest.raises(ValueError, match=r"weights must lie between 0 and 1; got \[-0\.1, 0\.5\]"):
        Graph(("a", "b"), (-0.1, 0.5), ((0, 1), (1, 0)))
    with pytest.raises(ValueError, match=r"weights must lie between 0 and 1; got \[nan, 0\.5\]"):
        Graph(("a", "b"), (NAN, 0.5), ((0, 1), (1, 0)))
    with pytest.raises(ValueError, match="weights must hold a share for each of"):
        Graph(("a", "b"), (1.0,), ((0, 1), (1, 0)))
    with pytest.raises(ValueError, match="a row for each of 2 hypotheses; got 1"):
        Graph(("a", "b"), (0.5, 0.5), ((0, 1),))
    with pytest.raises(ValueError, match="one or more different names"):
        Graph(("a", "a"), (0.5, 0.5), ((0, 1), (1, 0)))


def test_a_wrong_call_says_what_was_expected() -> None:
    graph = equal(2)
    with pytest.raises(ValueError, match=r"one for each of 2 hypotheses \(h0, h1\); got 3"):
        graphical_test(graph, [0.1, 0.2, 0.3], 0.05)
    with pytest.raises(ValueError, match="alpha must lie between 0 and 1"):
        graphical_test(graph, [0.1, 0.2], 5)
    with pytest.raises(ValueError, match="p_values must lie between 0 and 1"):
        closed_simes(graph, [0.1, -0.2])
    uneven = Graph(("a", "b"), (0.7, 0.3), ((0, 1), (1, 0)))
    with pytest.raises(ValueError, match=r"equal weights in every intersection.*0\.7.*for a, b"):
        closed_hochberg(uneven, [0.1, 0.2])
    with pytest.raises(ValueError, match="at most 14 hypotheses; got 15"):
        closed_simes(equal(15), np.full(15, 0.5))
