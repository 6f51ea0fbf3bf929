"""Exact tests of two proportions over all tables with the given arm sizes, whatever the margin.

The p-value is the largest probability, over the common proportion, of a table at least as extreme
as the observed one. Boschloo orders tables by Fisher's one-sided p-value, Stat Neerl 1970;24:1-35;
Suissa and Shuster by the pooled z, J R Stat Soc A 1985;148:317-27, for Barnard's test, Biometrika
1947;34:123-38. Counts have any common shape `(...)`.

Current limitations: memory and time grow with the product of the arm sizes, and each pair of sizes
that differs costs anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import (
    Alternative,
    TwoArms,
    checked_alternative,
    checked_two_arms,
)
from wholetrial.analysis.estimate import Floats, Test, as_test
from wholetrial.analysis.responders.distinct_tables import distinct_tables, no_participants
from wholetrial.analysis.responders.hypergeometric import Margins, distributions

SAME = 1e-9
"""Tables whose order differs by less than this share count as equally extreme."""
GRID = 16
"""Points of the grid for each square root of a participant, even in the angle of the proportion."""
NEAR = 0.9
"""A maximum of the grid below this share of the largest is not the largest between them."""
SECTIONS = 20
"""Golden sections of the stretch around a maximum, until its height is known to 1e-8 of itself."""
GOLDEN = (np.sqrt(5) - 1) / 2
CELLS_AT_ONCE = 2**20
"""Numbers held in memory at once."""

Places = npt.NDArray[np.intp]
Order = Callable[[int, int], Floats]


class _Region(NamedTuple):
    """Tables at least as extreme as each of K, `(K, M + 1)` by the control arm's events.

    Those with at least `least` events in the active arm, and those with fewer than `fewer`.
    """

    least: Places
    fewer: Places


class _Chances(NamedTuple):
    """Binomial probabilities at Q proportions: of each control count, and of the active tails.

    `control` `(Q, M + 1)`; `at_least` and `fewer` `(Q, N + 2)`: that many events or more, or fewer.
    """

    control: Floats
    at_least: Floats
    fewer: Floats


def boschloo_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two proportions by Boschloo's exact unconditional test (1970).

    Two-sided is twice the smaller of the one-sided p-values, at most 1.

    >>> f"{boschloo_test(15, 30, 5, 40).p_value:.6f}"
    '0.000720'
    """
    checked_alternative(alternative)
    arms = checked_two_arms(events, participants, control_events, control_participants)
    if alternative != "two_sided":
        return _worst_case(arms, _BOSCHLOO[alternative])
    greater, less = (_worst_case(arms, _BOSCHLOO[side]) for side in ("greater", "less"))
    doubled = np.minimum(2 * np.minimum(greater.p_value, less.p_value), 1.0)
    return as_test(doubled, None, greater.reason)


def barnard_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two proportions by Barnard's exact unconditional test with the pooled z (1985).

    Two-sided, the tables at least as extreme are those with at least the same absolute z.

    >>> f"{barnard_test(15, 30, 5, 40).p_value:.6f}"
    '0.000594'
    """
    checked_alternative(alternative)
    arms = checked_two_arms(events, participants, control_events, control_participants)
    return _worst_case(arms, _BARNARD[alternative])


def _worst_case(arms: TwoArms, order: Order) -> Test:
    """The largest probability of each table's region, worked out once for each different table."""
    distinct = distinct_tables(arms)
    tables = distinct.tables
    sizes = np.stack([tables.participants, tables.control_participants])
    pairs, which = np.unique(sizes, axis=1, return_inverse=True)
    p_value = np.full(tables.events.shape, np.nan)
    for pair, (n, control_n) in enumerate(pairs.T.astype(int)):
        if n > 0 and control_n > 0:
            here = np.flatnonzero(which.ravel() == pair)
            observed = tables.events[here], tables.control_events[here]
            ranks = order(n, control_n)
            p_value[here] = _largest(_region(ranks, *observed), n, control_n)
    return as_test(p_value[distinct.which], None, no_participants(arms))


def _region(ranks: Floats, events: Floats, control_events: Floats) -> _Region:
    """The tables whose rank `(N + 1, M + 1)` is no larger than the observed table's."""
    observed = ranks[events.astype(np.intp), control_events.astype(np.intp)]
    limit = observed + SAME * np.abs(observed)
    parts = []
    size = max(1, CELLS_AT_ONCE // ranks.size)
    for start in range(0, len(limit), size):
        milder = ranks > limit[start : start + size, None, None]
        some, end = milder.any(axis=1), len(ranks)
        least = np.where(some, end - np.argmax(milder[:, ::-1], axis=1), end)
        parts.append((least, np.where(some, np.argmax(milder, axis=1), end)))
    return _Region(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def _largest(region: _Region, n: int, control_n: int) -> Floats:
    """The largest probability `(K,)` of each region over the common proportion."""
    points = int(GRID * np.sqrt(n + control_n)) + 1
    angles = np.pi * (np.arange(points) + 0.5) / points
    heights = _on_grid(region, _chances(angles, n, control_n))
    nobody = (region.least[:, 0] == 0) | (region.fewer[:, 0] > 0)
    whole = nobody | (region.least[:, -1] <= n) | (region.fewer[:, -1] > n)
    best = np.max(heights, axis=1)
    edge = np.full((len(best), 1), -1.0)
    around = np.hstack([edge, heights, edge])
    peak = (heights > around[:, :-2]) & (heights >= around[:, 2:])
    which, place = np.nonzero(peak & (heights >= NEAR * best[:, None]) & ~whole[:, None])
    size = max(1, CELLS_AT_ONCE // (n + control_n + 3))
    for start in range(0, len(which), size):
        block = slice(start, start + size)
        chosen = _Region(*(part[which[block]] for part in region))
        refined = _highest(chosen, angles[place[block]], np.pi / points, (n, control_n))
        np.maximum.at(best, which[block], refined)
    return np.where(whole, 1.0, np.minimum(best, 1.0))


def _on_grid(region: _Region, chances: _Chances) -> Floats:
    """The probability `(K, Q)` of each region at each proportion."""
    parts = []
    size = max(1, CELLS_AT_ONCE // chances.control.size)
    for start in range(0, len(region.least), size):
        least, fewer = (part[start : start + size] for part in region)
        tails = chances.at_least[:, least]
        if fewer.any():
            tails += chances.fewer[:, fewer]
        tails *= chances.control[:, None, :]
        parts.append(tails.sum(axis=-1).T)
    return np.concatenate(parts)


def _highest(region: _Region, angle: Floats, reach: float, sizes: tuple[int, int]) -> Floats:
    """The largest probability of each region within reach of its angle, by golden section."""

    def height(angles: Floats) -> Floats:
        chances = _chances(angles, *sizes)
        tails = np.take_along_axis(chances.at_least, region.least, axis=1)
        tails = tails + np.take_along_axis(chances.fewer, region.fewer, axis=1)
        return np.asarray((tails * chances.control).sum(axis=-1))

    low, high = np.maximum(angle - reach, 0.0), np.minimum(angle + reach, np.pi)
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = height(left), height(right)
    best = np.maximum(at_left, at_right)
    for _ in range(SECTIONS):
        leftward = at_left >= at_right
        low, high = np.where(leftward, low, left), np.where(leftward, right, high)
        new = np.where(leftward, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        at_new = height(new)
        left, right = np.where(leftward, new, right), np.where(leftward, left, new)
        at_left, at_right = (
            np.where(leftward, at_new, at_right),
            np.where(leftward, at_left, at_new),
        )
        best = np.maximum(best, at_new)
    return best


def _chances(angles: Floats, n: int, control_n: int) -> _Chances:
    """The binomial probabilities where the proportion is the squared sine of half the angle."""
    active = _binomial(angles, n)
    edge = np.zeros((len(angles), 1))
    above = np.hstack([np.cumsum(active[:, ::-1], axis=1)[:, ::-1], edge])
    fewer = np.hstack([edge, np.cumsum(active, axis=1)])
    return _Chances(_binomial(angles, control_n), above, fewer)


def _binomial(angles: Floats, n: int) -> Floats:
    """Probability `(Q, N + 1)` of each count among n."""
    count = np.arange(n + 1, dtype=np.float64)
    ways = special.gammaln(n + 1) - special.gammaln(count + 1) - special.gammaln(n - count + 1)
    event, none = 2 * np.log(np.sin(angles / 2)), 2 * np.log(np.cos(angles / 2))
    chances: Floats = np.exp(ways + count * event[:, None] + (n - count) * none[:, None])
    return chances


def _fisher(n: int, control_n: int) -> Floats:
    """Fisher's p-value `(N + 1, M + 1)` of each table, against more events in the active arm."""
    total = np.arange(n + control_n + 1, dtype=np.float64)
    sizes = np.full_like(total, n), np.full_like(total, control_n)
    found = distributions(Margins(*sizes, total))
    tails = np.cumsum(found.weight[:, ::-1], axis=1)[:, ::-1]
    tails = tails / tails[:, :1]
    x, control_x = np.ogrid[: n + 1, : control_n + 1]
    events = x + control_x
    return np.asarray(tails[events, x - found.lowest[events].astype(np.intp)])


def _pooled_z(n: int, control_n: int) -> Floats:
    """The pooled z `(N + 1, M + 1)` of each table, up to a factor; 0 without variation."""
    x, control_x = np.ogrid[: n + 1, : control_n + 1]
    events = x + control_x
    spread = np.sqrt(np.maximum(events * (n + control_n - events), 1))
    return np.asarray((x * control_n - control_x * n) / spread)


_BOSCHLOO: dict[str, Order] = {
    "greater": _fisher,
    "less": lambda n, control_n: _fisher(control_n, n).T,
}
_BARNARD: dict[str, Order] = {
    "two_sided": lambda n, control_n: -np.abs(_pooled_z(n, control_n)),
    "greater": lambda n, control_n: -_pooled_z(n, control_n),
    "less": _pooled_z,
}
