"""Response rates of many designs of one trial, in the same people, with the noise integrated.

Everybody is followed under each design's doses; nobody is drawn. A person's probability to respond
is known exactly (`sobol_people`), and so is the probability to be seen: who leaves or misses the
visit counts as no response. Designs that differ in an arm's amount alone share everything but the
amount. What varies besides is the choice of people, and that is what `error` says.

Who leaves for lack of efficacy does so at the rate that was calibrated to the file's own doses, as
in a scenario: where treatment does less, more leave.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.data.records import Floats
from wholetrial.numerics.elementary import exp, log
from wholetrial.protocol.leaving import REASONS
from wholetrial.protocol.timeline import Visit
from wholetrial.simulation.attendance import reach_of
from wholetrial.simulation.course import Doses
from wholetrial.simulation.disease import Biology, PsoriasisState, biology_of, start_with
from wholetrial.simulation.dosing import Recipients, course_doses, doses_as_in
from wholetrial.simulation.dropout import FIRST_DAY, RESPONDS_BELOW, stated
from wholetrial.simulation.lesion_program import Plan, Program, program_of
from wholetrial.simulation.response_loops import TILE, Seen, Tiles, add_responses
from wholetrial.simulation.shares import fractions
from wholetrial.simulation.simulate import Simulation
from wholetrial.simulation.sobol_people import Response, SobolPeople, response_tables

LACK = "lack_of_efficacy"
NODES = 24
"""Of an arm at more amounts than this the rates are followed at so many, and interpolated."""
WIDEST = 100.0
"""The largest amount over the smallest between which rates are interpolated."""
STEP, PARTS = 14.0, (4, 7)
"""The longest step in days, and the parts of one after a dose: see `lesion_program`."""


class Rate(NamedTuple):
    """A response rate, its Monte Carlo standard error, and what each scramble alone says `(S,)`."""

    rate: float
    error: float
    by_scramble: Floats


class Amount(NamedTuple):
    """The doses of an arm, each this many times what the file says."""

    arm: str
    times: float = 1.0


@dataclass(frozen=True)
class Screen:
    """What every design of a trial shares: people, biology, the visit, what counts as response."""

    simulation: Simulation
    people: SobolPeople
    visit: Visit
    improvements: tuple[float, ...]

    @cached_property
    def responses(self) -> tuple[Response, ...]:
        return response_tables(self.people, self.simulation.readers, self.improvements)

    @cached_property
    def tables(self) -> NDArray[np.float32]:
        """The probability of each response, `(tiles, improvements, TILE, X)`."""
        by_person = [np.moveaxis(one.table, 0, -1) for one in self.responses]
        return np.ascontiguousarray(np.moveaxis(_tiled(np.stack(by_person)), 2, -1))

    @property
    def grid(self) -> tuple[float, float]:
        return self.responses[0].start, self.responses[0].step

    @cached_property
    def start(self) -> PsoriasisState:
        return start_with(self.biology)

    @cached_property
    def biology(self) -> Biology:
        world = self.simulation.world
        return biology_of(world.drugs, world.fit, self.recipients.weight, self.people.effects)

    @cached_property
    def recipients(self) -> Recipients:
        nobody = np.full(self.people.weight.shape, np.nan)
        weight = self.people.baseline.get("weight", nobody)
        return Recipients(np.zeros(nobody.shape, np.int8), weight, self.people.choice)

    @cached_property
    def log_severity(self) -> Floats:
        return log(self.people.severity)

    @cached_property
    def total(self) -> Floats:
        """The weight of all people of each scramble, `(S,)`."""
        people = self.people
        total: Floats = np.zeros(people.scrambles)
        np.add.at(total, people.scramble, people.weight)
        return total

    @cached_property
    def offset(self) -> Floats:
        """How many days off its plan everybody comes to the visit."""
        planned = self.simulation.visits
        early, late = reach_of(self.simulation.protocol, planned)
        place = planned.index(self.visit)
        span = early[place] + late[place] + 1
        return np.floor(self.people.day * span) - early[place]


class _Arm(NamedTuple):
    """An arm under the file's doses, as the inner loop takes it."""

    program: Program
    targets: NDArray[np.int64]
    tiles: Tiles
    seen: Seen


def rates_of(screen: Screen, wanted: Sequence[Amount]) -> list[tuple[Rate, ...]]:
    """The rates of arms at amounts: one for each improvement of the screen, in its order.

    An arm at an amount is worked out once, however often it is wanted. A rate is a smooth function
    of the amount's logarithm: of many amounts a polynomial through NODES of them gives every rate,
    to 1e-5 and nearer.
    """
    found: dict[Amount, tuple[Rate, ...]] = {}
    for name in dict.fromkeys(one.arm for one in wanted):
        amounts = list(dict.fromkeys(one for one in wanted if one.arm == name))
        totals = _totals_at(screen, name, np.asarray([one.times for one in amounts]))
        for one, total in zip(amounts, totals, strict=True):
            found[one] = tuple(rate_from(screen, each) for each in total)
    return [found[one] for one in wanted]


def rate_from(screen: Screen, total: Floats) -> Rate:
    """A rate and its error, from the weighted responses of each scramble `(S,)`."""
    rate = float(total.sum() / screen.total.sum())
    count = total.size
    apart = (total - rate * screen.total) / screen.total.mean()
    error = float(np.sqrt((apart**2).sum() / (count * (count - 1))))
    return Rate(rate, error, total / screen.total)


def _totals_at(screen: Screen, name: str, times: Floats) -> Floats:
    """The weighted responses `(amounts, improvements, S)`, interpolated between many amounts."""
    low, high = times.min(), times.max()
    if times.size <= NODES or high > WIDEST * low:
        return _totals(screen, name, times)
    nodes = np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
    middle, half = (log(high) + log(low)) / 2, (log(high) - log(low)) / 2
    at_nodes = _totals(screen, name, exp(middle + half * nodes))
    weights = _through(nodes, (log(times) - middle) / half)
    found: Floats = np.einsum("an,nis->ais", weights, at_nodes)
    return found


def _through(nodes: Floats, places: Floats) -> Floats:
    """What each node weighs at each place, `(places, nodes)`: the polynomial through Chebyshev's.

    Source: Berrut JP, Trefethen LN, SIAM Rev 2004;46:501-17 (barycentric weights).
    """
    signs = np.where(np.arange(nodes.size) % 2, -1.0, 1.0)
    apart = places[:, None] - nodes
    apart = np.where(np.abs(apart) < 1e-14, 1e-14, apart)
    weights = signs * np.sqrt(1.0 - nodes**2) / apart
    found: Floats = weights / weights.sum(axis=1, keepdims=True)
    return found


def _totals(screen: Screen, name: str, times: Floats) -> Floats:
    """The weighted responses `(amounts, improvements, S)`."""
    from wholetrial.simulation.lesion_loops import numbers

    arm = _arm(screen, name)
    total = np.zeros((len(times), len(screen.improvements), screen.people.scrambles))
    add_responses(
        arm.tiles,
        arm.seen,
        arm.program.passes,
        arm.program.reals,
        arm.targets,
        numbers(np.float32),
        np.asarray(times, np.float32),
        total,
    )
    return total


def _arm(screen: Screen, name: str) -> _Arm:
    simulation, place = screen.simulation, list(screen.simulation.protocol.arms).index(name)
    everybody = np.ones(screen.people.weight.shape, np.bool_)
    given = doses_as_in(simulation.protocol, name, screen.recipients, everybody)
    span, who = (0, screen.visit.day), (place, np.arange(everybody.size))
    doses = course_doses(given, simulation.world.acts_as, span, who)
    rate, may, sure = _leaving(screen, name)
    watched = [
        float(visit.day)
        for visit, after in pairwise(simulation.visits)
        if rate > 0.0 and 0 < visit.day < screen.visit.day and after.day > FIRST_DAY
    ]
    program, drugs = _program(screen, doses, (*watched, float(screen.visit.day)))
    seen = Seen(
        screen.tables,
        screen.grid,
        program.last_step,
        np.asarray(watched, np.float64),
        float(screen.visit.day),
        (rate, may, float(FIRST_DAY), RESPONDS_BELOW),
        _tiled(sure),
    )
    targets = [int(screen.biology.drugs[one].target == "IL-17") for one in drugs]
    return _Arm(program, np.asarray(targets, np.int64), _tiles(screen, doses, program), seen)


def _program(
    screen: Screen, doses: Doses, days: tuple[float, ...]
) -> tuple[Program, tuple[str, ...]]:
    """What the inner loop does from day 0 to the visit, and the drugs that it follows."""
    names = tuple(name for name in screen.biology.drugs if name in doses.amount)
    given = tuple((place, doses.day) for place, _ in enumerate(names))
    fresh = tuple((place, doses.fresh_days(name, frozenset())) for place, name in enumerate(names))
    decay = screen.biology.placebo_decay
    plan = Plan(0.0, days[-1], given, fresh, days, decay, dense=True, step=STEP, parts=PARTS)
    return program_of(plan, np.float32), names


def _tiles(screen: Screen, doses: Doses, program: Program) -> Tiles:
    """Everybody in single precision, in tiles, with what they receive."""
    start, known = screen.start, tuple(screen.biology.drugs)
    names = [name for name in known if name in doses.amount]
    which = [known.index(name) for name in names]
    lengths = np.asarray(program.lengths).reshape(-1, 1, 1, 1)
    people = screen.people.weight.size
    amounts = np.zeros((len(names), max(len(doses.day), 1), people))
    for place, name in enumerate(names):
        amounts[place, : len(doses.day)] = doses.amount[name].T
    scramble = _tiled(screen.people.scramble)
    scramble.reshape(-1)[people:] = -1
    table, real = start.table, np.float32
    return Tiles(
        _tiled(table.people[:, :people], real),
        _tiled(start.now.state[:, :people], real),
        _tiled(table.drugs[which][..., :people], real),
        _tiled(exp(-lengths * table.rates[which][..., :people]), real),
        _tiled(amounts, real),
        _tiled(screen.log_severity),
        _tiled(screen.offset),
        scramble,
    )


def _tiled(values: NDArray[Any], real: Any = None) -> NDArray[Any]:
    """Numbers of people `(..., P)` as `(tiles, ..., TILE)`; the last tile repeats the last one."""
    missing = -values.shape[-1] % TILE
    filled = np.concatenate([values, np.repeat(values[..., -1:], missing, axis=-1)], axis=-1)
    parts = filled.reshape(*values.shape[:-1], filled.shape[-1] // TILE, TILE)
    return np.ascontiguousarray(np.moveaxis(parts, -2, 0), real)


def _leaving(screen: Screen, name: str) -> tuple[float, float, Floats]:
    """The rate of leaving for lack of efficacy; who may leave so; who stays for sure.

    Both are shares of those who come to the visit if they are still in the study.
    """
    protocol = screen.simulation.protocol
    place = list(protocol.arms).index(name)
    day = screen.visit.day + screen.offset
    gone, by_day = 0.0, np.zeros(day.shape)
    for reason in (None, *REASONS):
        shares: Mapping[str, Any] = stated(protocol, reason)
        if shares and reason != LACK:
            share, until = (found[place] for found in fractions(protocol, shares))
            gone += share
            by_day += share * np.clip(day / max(until, 1.0), 0.0, 1.0)
    assumed = protocol.assumptions
    missed = assumed.missed_visits.fraction if assumed and assumed.missed_visits else 0.0
    comes = 1.0 - (missed if screen.visit.day > 0 else 0.0)
    rate = float(screen.simulation.leaving_rates.get(name, 0.0))
    return rate, comes * (1.0 - gone), comes * (gone - by_day)
