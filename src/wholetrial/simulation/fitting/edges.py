"""Where, on the continuous scale of observed severity, a recorded PASI or sPGA stops to respond.

Read as continuous, PASI 75 is met up to a quarter of the observed baseline: one edge. An attainable
total rises in steps and may fall where a region's area drops to the next band, so a participant may
have several edges; each adds or takes a normal probability.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.numerics.elementary import FloatArray
from wholetrial.simulation.fitting.people import LOWEST_SCREENING_PASI, People, chosen
from wholetrial.simulation.measurement import PGA_UPPER_PASI
from wholetrial.simulation.regions import Regions, regions_of, total_in_tenths

GRID = np.exp(np.linspace(np.log(0.25), np.log(45.0), 128))
"""Severities between which attainable totals are looked up, 4 % apart.

Nobody with a PASI up to 72 loses a response below the first or keeps one above the last.
"""

IMPROVEMENT = {"PASI 50": 2, "PASI 75": 4, "PASI 90": 10}
"""The baseline is at least so many times the PASI that counts as a response."""


class Level(NamedTuple):
    """Edges of some participants: who (positions or all), log severity, +1 or -1."""

    who: NDArray[np.intp] | slice
    log_edge: FloatArray
    sign: FloatArray


class Response(NamedTuple):
    """The edges of a response, and the name of the noise that blurs them."""

    levels: tuple[Level, ...]
    noise: str


Edges = Mapping[str, Response]
"""The responses of one kind of people, by name."""


def response_of(edges: Edges, statistic: str) -> Response:
    """A response by name."""
    return edges[statistic]


def screened(people: People, reading: str) -> tuple[People, Edges]:
    """Who passes screening on the observed PASI, and where they respond."""
    if reading == "continuous":
        people = chosen(people, people.seen >= LOWEST_SCREENING_PASI)
        limits = {name: people.seen / times for name, times in IMPROVEMENT.items()}
        return people, _edges({name: _one_level(np.log(edge)) for name, edge in limits.items()})
    baseline = total_in_tenths(_regions(people), people.seen)
    passed = baseline >= 10 * LOWEST_SCREENING_PASI
    people, baseline = chosen(people, passed), baseline[passed]
    totals = total_in_tenths(_regions(people), GRID[:, None])
    return people, _edges(
        {name: _levels(times * totals <= baseline) for name, times in IMPROVEMENT.items()}
    )


def _regions(people: People) -> Regions:
    return regions_of(people.severity, None, people.regions)


def _edges(pasi: Mapping[str, tuple[Level, ...]]) -> Edges:
    almost, mild, *_ = PGA_UPPER_PASI["0-5"]
    never = _one_level(np.asarray(-np.inf))
    return {
        **{name: Response(levels, "pasi_noise_log_sd") for name, levels in pasi.items()},
        "PASI 100": Response(never, "pasi_noise_log_sd"),
        "sPGA 0/1": Response(_one_level(np.log(almost)), "pga_noise_log_sd"),
        "sPGA 2 or less": Response(_one_level(np.log(mild)), "pga_noise_log_sd"),
    }


def _one_level(log_edge: FloatArray) -> tuple[Level, ...]:
    return (Level(slice(None), np.asarray(log_edge), np.ones(())),)


def _levels(responds: NDArray[np.bool_]) -> tuple[Level, ...]:
    """The edges of everybody's response over the grid `(grid, P)`: first ones, second ones, ..."""
    log_grid = np.log(GRID)
    middle = (log_grid[1:] + log_grid[:-1]) / 2.0
    changes = responds[1:] != responds[:-1]
    order = np.cumsum(changes, axis=0)
    levels = []
    for nth in range(1, int(order.max()) + 1):
        at, who = np.nonzero(changes & (order == nth))
        sign = np.where(responds[at, who], 1.0, -1.0)
        levels.append(Level(who, middle[at], sign))
    return tuple(levels)
