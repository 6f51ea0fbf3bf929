"""Graphical procedures over p-values `(..., M)`: sequential rejection, and closed tests.

A test that gave no p-value (NaN) keeps its place in the graph with a p-value of 1: it stays NaN, is
not rejected and passes nothing on. References: Bretz F, Maurer W, Brannath W, Posch M. Stat Med
2009;28:586-604. Lu K. Stat Med 2016;35:4041-55 (weighted Simes tests). Xi D, Bretz F. Stat Med
2019;38:5268-82 (Hochberg's test in a graph).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import Booleans
from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.multiplicity.adjusted_p_values import counted_p_values
from wholetrial.analysis.multiplicity.graph import ROUNDING, Graph, transitions_of, weights_of

MOST_CLOSED = 14
"""Most hypotheses of a closed test: 16,383 intersections."""
BEYOND = 1e300
"""Adjusted p-value, before it is cut at 1, of a hypothesis without any weight."""
COMPLETE = 1 - 1e-12
"""Share passed round a pair of hypotheses from which nothing is left to pass on."""


class GraphicalTest(NamedTuple):
    """Adjusted p-values and rejections `(..., M)`, and the graph that is left.

    `order` numbers the hypotheses in the order in which they are rejected, from 1; 0 where not.
    """

    adjusted_p_values: Floats
    rejected: Booleans
    order: npt.NDArray[np.intp]
    weights: Floats
    transitions: Floats


class Intersections(NamedTuple):
    """Which hypotheses each intersection holds `(S, M)`, and their weights in it `(S, M)`."""

    members: Booleans
    weights: Floats


LocalTest = Callable[[Floats, Floats], Floats]
"""The p-value `(...)` of an intersection from p-values `(..., m)` and their weights `(m,)`."""


class _State(NamedTuple):
    """The graph of each replicate as it stands: weights `(R, M)`, transitions `(R, M, M)`."""

    weights: Floats
    transitions: Floats


def graphical_test(graph: Graph, p_values: npt.ArrayLike, alpha: float) -> GraphicalTest:
    """Reject hypotheses one after another, each time passing on the level of the one rejected.

    `alpha` is the overall level of the p-values, one- or two-sided as they are.

    >>> graph = Graph(("high", "low"), (0.5, 0.5), ((0, 1), (1, 0)))
    >>> found = graphical_test(graph, [0.01, 0.03], 0.05)
    >>> found.adjusted_p_values, found.rejected
    (array([0.02, 0.03]), array([ True, True]))
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, such as 0.05; got {alpha!r}")
    p = _checked(graph, p_values)
    rows = p.reshape(-1, p.shape[-1])
    now = left = _started(graph, len(rows))
    kept = np.ones(rows.shape, bool)
    adjusted, order = np.empty(rows.shape), np.zeros(rows.shape, np.intp)
    reached, each = np.zeros(len(rows)), np.arange(len(rows))
    for step in range(rows.shape[-1]):
        ratio = np.minimum(_ratio(rows, now.weights), BEYOND)
        chosen = np.argmin(np.where(kept, ratio, np.inf), axis=-1)
        reached = np.maximum(reached, np.minimum(ratio[each, chosen], 1.0))
        adjusted[each, chosen] = reached
        kept[each, chosen] = False
        now = _without(now, chosen)
        rejects = reached <= alpha
        order[each, chosen] = np.where(rejects, step + 1, 0)
        left = _State(
            np.where(rejects[:, None], now.weights, left.weights),
            np.where(rejects[:, None, None], now.transitions, left.transitions),
        )
    shaped = _kept(p_values, adjusted.reshape(p.shape))
    return GraphicalTest(
        shaped,
        shaped <= alpha,
        order.reshape(p.shape),
        left.weights.reshape(p.shape),
        left.transitions.reshape((*p.shape, p.shape[-1])),
    )


def closed_bonferroni(graph: Graph, p_values: npt.ArrayLike) -> Floats:
    """Adjust by testing every intersection with Bonferroni's weighted test.

    The same as the adjusted p-values of `graphical_test`, by another way.

    >>> closed_bonferroni(Graph(("high", "low"), (0.5, 0.5), ((0, 1), (1, 0))), [0.04, 0.045])
    array([0.08, 0.08])
    """
    return _closed(graph, p_values, _bonferroni)


def closed_simes(graph: Graph, p_values: npt.ArrayLike) -> Floats:
    """Adjust by testing every intersection with the weighted Simes test.

    Valid where the tests are independent or agree, as those of arms with one control.

    >>> closed_simes(Graph(("high", "low"), (0.5, 0.5), ((0, 1), (1, 0))), [0.04, 0.045])
    array([0.045, 0.045])
    """
    return _closed(graph, p_values, _simes)


def closed_hochberg(graph: Graph, p_values: npt.ArrayLike) -> Floats:
    """Adjust by testing every intersection with Hochberg's test.

    Raises ValueError for a graph in which an intersection has unequal weights: none is defined.

    >>> closed_hochberg(Graph(("high", "low"), (0.5, 0.5), ((0, 1), (1, 0))), [0.04, 0.045])
    array([0.045, 0.045])
    """
    every = intersections(graph)
    highest = np.max(every.weights, axis=-1)
    lowest = np.min(np.where(every.members, every.weights, np.inf), axis=-1)
    unequal = highest - lowest > ROUNDING
    if np.any(unequal):
        row = int(np.argmax(unequal))
        weights = every.weights[row][every.members[row]]
        names = np.array(graph.hypotheses)[every.members[row]]
        raise ValueError(
            "Hochberg's test needs equal weights in every intersection of the graph; "
            f"got {weights.tolist()} for {', '.join(names)}"
        )
    return _closed(graph, p_values, _hochberg)


def intersections(graph: Graph) -> Intersections:
    """Give the weights of every intersection of hypotheses; all of them first, `(2**M - 1, M)`.

    >>> intersections(Graph(("first", "second"), (1.0, 0.0), ((0, 1), (0, 0)))).weights
    array([[1., 0.], [1., 0.], [0., 1.]])
    """
    count = len(graph.hypotheses)
    if count > MOST_CLOSED:
        raise ValueError(f"a closed test takes at most {MOST_CLOSED} hypotheses; got {count}")
    state, members = _started(graph, 1), np.ones((1, count), bool)
    for place in range(count):
        removed = _without(state, np.full(len(members), place))
        others = members & (np.arange(count) != place)
        members = np.stack([members, others], axis=1).reshape(-1, count)
        state = _State(
            np.stack([state.weights, removed.weights], axis=1).reshape(-1, count),
            np.stack([state.transitions, removed.transitions], axis=1).reshape(-1, count, count),
        )
    return Intersections(members[:-1], state.weights[:-1])


def _closed(graph: Graph, p_values: npt.ArrayLike, local: LocalTest) -> Floats:
    p = _checked(graph, p_values)
    every = intersections(graph)
    adjusted = np.zeros(p.shape)
    for members, weights in zip(every.members, every.weights, strict=True):
        found = local(p[..., members], weights[members])[..., None]
        adjusted = np.where(members, np.maximum(adjusted, found), adjusted)
    return _kept(p_values, np.minimum(adjusted, 1.0))


def _bonferroni(p: Floats, weights: Floats) -> Floats:
    return np.asarray(_ratio(p, np.broadcast_to(weights, p.shape)).min(axis=-1))


def _simes(p: Floats, weights: Floats) -> Floats:
    smaller = p[..., None, :] <= p[..., :, None]
    return np.asarray(_ratio(p, (smaller * weights).sum(axis=-1)).min(axis=-1))


def _hochberg(p: Floats, weights: Floats) -> Floats:
    smaller = (p[..., None, :] <= p[..., :, None]).sum(axis=-1)
    scaled = p * (p.shape[-1] - smaller + 1)
    return np.asarray(_ratio(scaled, np.full(p.shape, weights.sum())).min(axis=-1))


def _ratio(p: Floats, weights: Floats) -> Floats:
    """P-values over weights, infinite without a weight."""
    positive = weights > 0
    return np.where(positive, p / np.where(positive, weights, 1.0), np.inf)


def _started(graph: Graph, rows: int) -> _State:
    count = len(graph.hypotheses)
    return _State(
        np.broadcast_to(weights_of(graph), (rows, count)),
        np.broadcast_to(transitions_of(graph), (rows, count, count)),
    )


def _without(state: _State, chosen: npt.NDArray[np.intp]) -> _State:
    """The graph of each replicate once its chosen hypothesis is taken out and passes all on."""
    each = np.arange(len(chosen))
    outward = state.transitions[each, chosen]
    inward = state.transitions[each, :, chosen]
    weights = state.weights + state.weights[each, chosen, None] * outward
    round_trip = inward * outward
    ends = round_trip >= COMPLETE
    rest = np.where(ends, 1.0, 1 - round_trip)
    through = state.transitions + inward[:, :, None] * outward[:, None, :]
    transitions = np.where(ends[:, :, None], 0.0, through / rest[:, :, None])
    stays = np.arange(state.weights.shape[-1]) != chosen[:, None]
    between = stays[:, :, None] & stays[:, None, :] & ~np.eye(stays.shape[-1], dtype=bool)
    return _State(np.where(stays, weights, 0.0), np.where(between, transitions, 0.0))


def _checked(graph: Graph, p_values: npt.ArrayLike) -> Floats:
    p = counted_p_values(p_values)
    if p.shape[-1] != len(graph.hypotheses):
        raise ValueError(
            f"p_values must hold one for each of {len(graph.hypotheses)} hypotheses "
            f"({', '.join(graph.hypotheses)}); got {p.shape[-1]}"
        )
    return p


def _kept(p_values: npt.ArrayLike, adjusted: Floats) -> Floats:
    """The adjusted p-values, NaN where there was no p-value."""
    return np.where(np.isnan(np.asarray(p_values, np.float64)), np.nan, adjusted)
