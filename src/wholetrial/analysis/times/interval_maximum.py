"""The maximum of the likelihood of events seen only at visits: Turnbull's probabilities.

EM steps (Turnbull, J R Stat Soc B 1976;38:290-5), then Newton steps on the probabilities above 0,
cut where one would fall below (Bertsekas, SIAM J Control Optim 1982;20:221-46). At the maximum no
cell wants more probability: Gentleman and Geyer, Biometrika 1994;81:618-23.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from wholetrial.analysis.arguments import Booleans
from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.times.interval_cells import Cells

EM_STEPS = 20
EM_STEPS_BETWEEN = 2
MOST_ROUNDS = 400
HALVINGS = 12
RIDGE = 1e-12
"""Added to the curvature, as a share of its largest entry: some probabilities may not be unique."""

AT_REST = 1e-12
"""Excess of a cell's weight over 1, and probability times its lack, at which the search ends."""

OPTIMAL = 1e-7
"""The largest at which the result counts as the maximum: the log likelihood is within this of it
for each participant, far below what the data can tell apart."""

NEARLY_NONE = 1e-8
"""A probability below this, in a cell that wants less, is tried as 0."""


class _State(NamedTuple):
    """Probabilities `(R, M)`, the likelihood of each interval `(R, K)`, what each cell wants."""

    mass: Floats
    fitted: Floats
    wanted: Floats


def maximum_likelihood(cells: Cells) -> tuple[Floats, Booleans]:
    """Probability of each cell `(R, M)`, and whether it is the maximum of the likelihood."""
    total = np.sum(cells.counts, axis=-1, keepdims=True)
    share = cells.counts / np.maximum(total, 1.0)
    mass = cells.real / np.maximum(np.sum(cells.real, axis=-1, keepdims=True), 1)
    optimal = total[:, 0] == 0
    which = np.flatnonzero(~optimal)
    state = _improved(cells.covers[which], share[which], mass[which], EM_STEPS)
    covers, share, real = cells.covers[which], share[which], cells.real[which]
    for _ in range(MOST_ROUNDS):
        if len(which) == 0:
            break
        mass[which] = state.mass
        lack = _lack(state, real)
        optimal[which] = lack <= OPTIMAL
        stays = np.flatnonzero(lack > AT_REST)
        if len(stays) < len(which):
            which, covers, share, real = which[stays], covers[stays], share[stays], real[stays]
            state = _State(*(values[stays] for values in state))
        if len(which):
            state = _searched(covers, share, real, state)
            state = _improved(covers, share, state.mass, EM_STEPS_BETWEEN)
    mass = mass / np.maximum(np.sum(mass, axis=-1, keepdims=True), 1e-300)
    return np.where(cells.real, mass, 0.0), optimal


def _state(covers: Floats, share: Floats, mass: Floats) -> _State:
    fitted = (covers @ mass[..., None])[..., 0]
    factor = np.divide(share, fitted, out=np.zeros_like(share), where=fitted > 0)
    return _State(mass, fitted, (factor[:, None, :] @ covers)[:, 0, :])


def _improved(covers: Floats, share: Floats, mass: Floats, steps: int) -> _State:
    """EM steps: each probability times what its cell wants."""
    state = _state(covers, share, mass)
    for _ in range(steps):
        state = _state(covers, share, state.mass * state.wanted)
    return state


def _lack(state: _State, real: Booleans) -> Floats:
    """How far from the maximum: 0 where no cell wants more and none that has any wants less."""
    excess = np.where(real, state.wanted - 1, -1.0)
    distance = np.maximum(excess, np.abs(state.mass * excess))
    return np.asarray(np.max(np.maximum(distance, 0.0), axis=-1))


def _searched(covers: Floats, share: Floats, real: Booleans, state: _State) -> _State:
    """One Newton step, shortened until the likelihood does not fall; none where it always does."""
    slope = np.where(real, state.wanted - 1, -1.0)
    free = real & ((state.mass > NEARLY_NONE) | (slope > 0))
    curvature = np.divide(share, state.fitted**2, out=np.zeros_like(share), where=state.fitted > 0)
    matrix = np.swapaxes(covers, -1, -2) @ (curvature[..., None] * covers)
    both = free[:, :, None] & free[:, None, :]
    largest = np.maximum(np.max(matrix, axis=(-1, -2), keepdims=True), 1.0)
    identity = np.eye(matrix.shape[-1])
    matrix = np.where(both, matrix, identity) + RIDGE * largest * identity
    step = np.linalg.solve(matrix, np.where(free, slope, 0.0)[..., None])[..., 0]
    start = np.where(free, state.mass, 0.0)
    before = _height(share, state)
    kept, length = state, np.ones((len(share), 1))
    going = np.ones(len(share), bool)
    for _ in range(HALVINGS):
        tried = _state(covers, share, np.maximum(start + length * step, 0.0))
        better = going & (_height(share, tried) >= before)
        kept = _State(*(np.where(better[:, None], *pair) for pair in zip(tried, kept, strict=True)))
        going = going & ~better
        if not going.any():
            break
        length = length / 2
    return kept


def _height(share: Floats, state: _State) -> Floats:
    """Log likelihood for a participant, less the probability used: highest where that is 1."""
    possible = (state.fitted > 0) | (share == 0)
    logs = share * np.log(np.where(state.fitted > 0, state.fitted, 1.0))
    height = np.sum(logs, axis=-1) - np.sum(state.mass, axis=-1)
    return np.where(np.all(possible, axis=-1), height, -np.inf)
