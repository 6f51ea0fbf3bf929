"""The inner loop of rates: people in tiles, followed under one amount after another, and added up.

A tile's people, decays and tables stay in the second-level cache while all amounts pass over it.
"""

from typing import Any, NamedTuple

import numpy as np

from wholetrial.numerics.compiled import compiled
from wholetrial.numerics.loops import exp_of, log_of
from wholetrial.simulation.lesion_loops import integrate

TILE = 256
"""People in a tile, whole blocks of the loop over time."""


class Tiles(NamedTuple):
    """People `(tiles, ..., TILE)`: see `integrate`; and who they are when they are seen.

    `scramble` is -1 for those who only fill the last tile up.
    """

    people: Any
    state: Any
    drugs: Any
    decays: Any
    amounts: Any
    log_severity: Any
    offset: Any
    scramble: Any


class Seen(NamedTuple):
    """How people are seen: `table` `(tiles, I, TILE, X)` of probabilities by log severity.

    `grid` is the table's start and step; `last_step` the length of the last step. `watched` `(W,)`
    are the days on which the lesion wears patience out, `visit` the planned day of the visit.
    `leaving`: the rate at which people leave so, the share that may, `first_day` of it;
    `sure` `(tiles, TILE)` the share that stays for another reason.
    """

    table: Any
    grid: Any
    last_step: float
    watched: Any
    visit: float
    leaving: Any
    sure: Any


@compiled
def add_responses(tiles, seen, program, reals, targets, k, times, total) -> None:
    """Add everybody's probability of each response to `total` `(amounts, I, S)`.

    `times` `(amounts,)` multiplies every dose.
    """
    count, size = tiles.people.shape[0], tiles.people.shape[2]
    many = seen.watched.shape[0]
    out = np.empty((many + 1, 4, size), tiles.people.dtype)
    modes = np.empty((tiles.drugs.shape[1], 3, size), tiles.people.dtype)
    for tile in range(count):
        for design in range(times.shape[0]):
            modes[:] = 0.0
            integrate(
                tiles.people[tile],
                tiles.state[tile].copy(),
                tiles.drugs[tile],
                modes,
                tiles.decays[tile],
                tiles.amounts[tile] * times[design],
                program,
                reals,
                targets,
                out,
                k,
            )
            _add(tiles, seen, tile, out, total[design])


@compiled
def _add(tiles, seen, tile, out, total) -> None:
    start, per_cell = seen.grid[0], 1.0 / seen.grid[1]
    table, many = seen.table[tile], seen.watched.shape[0]
    last, step = table.shape[2] - 1.001, seen.last_step
    rate, may, first_day, enough = seen.leaving
    for i in range(tiles.people.shape[2]):
        who = tiles.scramble[tile, i]
        if who < 0:
            continue
        offset = tiles.offset[tile, i]
        stays = seen.sure[tile, i] + may
        if many > 0:
            endured = 0.0
            for place in range(many):
                until = seen.watched[place + 1] if place + 1 < many else seen.visit
                until = min(until, seen.visit + offset)
                days = max(until - max(seen.watched[place], first_day), 0.0)
                endured += max(out[place, 0, i] - enough, 0.0) * days
            stays += may * (exp_of(-rate * endured) - 1.0)
        u1, m1, u0, m0 = out[many, 0, i], out[many, 1, i], out[many, 2, i], out[many, 3, i]
        x = 1.0 + offset / step
        y, rise = 1.0 - x, u1 - u0
        u = (y * u0 + x * u1) + (x * y) * (y * (m0 - rise) - x * (m1 - rise))
        place = (tiles.log_severity[tile, i] + log_of(max(u, 1e-12)) - start) * per_cell
        place = min(max(place, 0.0), last)
        cell = np.int64(place)
        part = place - cell
        for one in range(table.shape[0]):
            low, high = table[one, i, cell], table[one, i, cell + 1]
            total[one, who] += stays * (low + part * (high - low))
