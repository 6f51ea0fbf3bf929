"""Who could be enrolled, as Sobol points: the same people for every design of a trial.

A point is a person drawn from the trial's assumptions. Noise of the skin at screening and at
baseline is no coordinate: it is averaged over strata of equal probability, so that a person has a
weight, the probability to meet the criteria, instead of passing or not. Nobody with weight 0 stays.
What responds at a visit is worked out beforehand for every severity that may be seen.

Points come in several independent sets (scrambles), of which each alone estimates every rate.
Sources: Sobol IM, USSR Comput Math Math Phys 1967;7(4):86-112; random linear scrambling and digital
shift: Matousek J, J Complexity 1998;14:527-56.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.data.records import Floats
from wholetrial.numerics.elementary import exp, log, normal_quantile
from wholetrial.numerics.philox import Purpose, Stream, uniforms
from wholetrial.protocol.assumptions import Assumptions
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import measured_at, screening_visit
from wholetrial.simulation.disease import EFFECTS
from wholetrial.simulation.population import (
    NotSimulatedError,
    baseline_of,
    eligible,
    possible_people,
)
from wholetrial.simulation.readings import Latent, Readers, read_measures
from wholetrial.simulation.regions import EFFECTS as REGION_EFFECTS
from wholetrial.simulation.regions import Regions, read_totals, regions_of
from wholetrial.simulation.simulate import Simulation

SCRAMBLES = 8
POINTS = 2048
"""Points of each scramble, a power of two."""
STRATA = 8
"""Strata of noise at screening, and at baseline."""
BITS = 30
_SEVERITIES = (0.25, 72.0)
_MOST_STEP = 0.05
_BELOW, _FARTHEST_SD = 25, 7.0
_OWN = 4
"""Coordinates beside effects, regions and baseline: day of the visit, choice, two of noise."""


class Points(NamedTuple):
    """Coordinates `(P, ...)`: normals of biology and regions; uniforms of everything else."""

    effects: Floats
    regions: Floats
    baseline: Floats
    screening: Floats
    own: Floats


@dataclass(frozen=True, slots=True)
class SobolPeople:
    """People with a weight, `(P,)`: the probability that they meet the criteria.

    `scramble` is the set of points that each is of. `day` in (0, 1) places the visit within its
    days, `choice` a physician's choice. `regions` says where on the body lesions are.
    """

    effects: Floats
    baseline: Mapping[str, Floats]
    severity: Floats
    regions: Regions
    weight: Floats
    scramble: NDArray[np.int64]
    scrambles: int
    day: Floats
    choice: Floats
    recorded: Floats
    """PASI at baseline in tenths, as recorded, in each stratum of noise `(STRATA, P)`."""
    passes: Floats
    """The weight of each stratum of `recorded`, `(STRATA, P)`; they add up to `weight`."""


def sobol_people(
    simulation: Simulation, *, scrambles: int = SCRAMBLES, points: int = POINTS
) -> SobolPeople:
    """The people of a trial in a world, for all its designs.

    Raises NotSimulatedError where the trial has no PASI, or hardly anybody meets the criteria.
    """
    assumed, readers = simulation.protocol.assumptions, simulation.readers
    if assumed is None or readers.severity not in assumed.baseline:
        raise NotSimulatedError("no PASI with a baseline and a visit_noise in the assumptions")
    drawn, scramble = _points(simulation, assumed, scrambles, points)
    baseline = baseline_of(assumed, drawn.baseline)
    surface = next((baseline[name] for name in baseline if readers.kinds.get(name) == "bsa"), None)
    regions = regions_of(baseline[readers.severity], surface, drawn.regions)
    seen = _Seen(simulation.protocol, readers, Latent(baseline, np.ones(scramble.size), regions))
    recorded, passes = _recorded(seen, drawn)
    kept = passes.sum(axis=0) > 0.0
    if len(np.unique(scramble[kept])) < scrambles:
        raise NotSimulatedError("hardly anybody of assumptions.baseline meets the criteria")
    return SobolPeople(
        effects=drawn.effects[kept],
        baseline={name: values[kept] for name, values in baseline.items()},
        severity=baseline[readers.severity][kept],
        regions=_chosen(regions, kept),
        weight=passes[:, kept].sum(axis=0),
        scramble=scramble[kept],
        scrambles=scrambles,
        day=drawn.own[kept, 0],
        choice=drawn.own[kept, 1],
        recorded=recorded[:, kept],
        passes=passes[:, kept],
    )


class Response(NamedTuple):
    """How probable a response is at every true severity.

    `table` `(P, X)` has the probability, times the weight, at log severities `start + step * x`.
    """

    table: NDArray[np.float32]
    start: float
    step: float


def response_tables(
    people: SobolPeople, readers: Readers, improvements: tuple[float, ...]
) -> tuple[Response, ...]:
    """The tables of responses: PASI lower by so many percent or more, compared as whole numbers.

    A visit's noise is integrated: a person's true severity is recorded somewhere on a grid of
    severities, 5 % apart or nearer, with normal probabilities.
    """
    spread = max(readers.spread[readers.severity], 1e-9)
    step = min(_MOST_STEP, max(0.2 * spread, 0.01))
    low, high = (float(log(end)) for end in _SEVERITIES)
    cells: Floats = low + step * np.arange(int(np.ceil((high - low) / step)) + 1.0)
    now = _totals(people, readers, np.minimum(exp(cells), _SEVERITIES[1]))
    found = []
    for percent in improvements:
        least = Fraction(str(percent))
        below = 100 * least.denominator - least.numerator
        meets = np.zeros_like(now)
        for base, passes in zip(people.recorded, people.passes, strict=True):
            meets += passes * (100 * least.denominator * now <= below * base)
        blurred = _blurred(meets, _BELOW, min(step / spread, 2 * _FARTHEST_SD))
        table = np.ascontiguousarray(blurred.T, np.float32)
        found.append(Response(table, low - step * _BELOW, step))
    return tuple(found)


def _totals(people: SobolPeople, readers: Readers, seen: Floats) -> Floats:
    """PASI in tenths as everybody is recorded at severities seen `(cells,)`: `(cells, P)`."""
    regions = people.regions
    each = regions._replace(share=regions.share[:, None], rounding=regions.rounding[:, None])
    severity = np.broadcast_to(seen[:, None], (seen.size, people.weight.size))
    totals, _ = read_totals(each, severity, readers.clear_below_pasi)
    return totals


def _blurred(meets: Floats, below: int, per_cell: float) -> Floats:
    """What is met at each true severity, of what is met where it is recorded `(cells, P)`.

    `below` severities lie below the first cell; beyond the ends all is as at the ends. `per_cell`
    is a cell's width in SDs of the noise. Added up in one order, so that it is the same each time.
    """
    from scipy.special import ndtr

    reach = int(np.ceil(_FARTHEST_SD / per_cell))
    places = np.arange(-reach, reach + 1)
    weights = ndtr((places + 0.5) * per_cell) - ndtr((places - 0.5) * per_cell)
    many = meets.shape[0] + below
    padded = np.pad(meets, ((below + reach, reach), (0, 0)), mode="edge")
    found = np.zeros((many, meets.shape[1]))
    for place, weight in enumerate(weights / weights.sum()):
        found += weight * padded[place : place + many]
    return found


class _Seen(NamedTuple):
    protocol: Protocol
    readers: Readers
    latent: Latent


def _recorded(seen: _Seen, drawn: Points) -> tuple[Floats, Floats]:
    """PASI at baseline in tenths and the weight, in each stratum of noise `(STRATA, P)`.

    Where PASI is measured after screening and before treatment, improvement counts from there, and
    that noise does not depend on who passed; else it counts from screening itself.
    """
    protocol, readers, latent = seen
    screening = screening_visit(protocol)
    visits = [one for one in measured_at(protocol, readers.severity) if one.day <= 0]
    again = bool(visits) and visits[-1] != screening
    possible = possible_people(protocol, latent.baseline)
    others = dict(enumerate(normal_quantile(drawn.screening.T)))
    place = list(readers.kinds).index(readers.severity)
    tenths, passes = [], []
    for stratum in range(STRATA):
        noise = normal_quantile((stratum + drawn.own[:, 2]) / STRATA)
        found = read_measures(readers, latent, {**others, place: noise})
        passes.append((possible & eligible(protocol, latent.baseline, found)) / STRATA)
        if again:
            noise = normal_quantile((stratum + drawn.own[:, 3]) / STRATA)
            found = read_measures(readers, latent, {place: noise}, [readers.severity])
        tenths.append(np.rint(10.0 * found[readers.severity]))
    if again:
        passes = [np.mean(passes, axis=0)] * STRATA
    return np.stack(tenths), np.stack(passes)


def _points(
    simulation: Simulation, assumed: Assumptions, scrambles: int, points: int
) -> tuple[Points, NDArray[np.int64]]:
    """The coordinates of all points, and the scramble that each is of."""
    kinds = len(simulation.readers.kinds)
    sizes = (EFFECTS, len(assumed.baseline), _OWN, kinds, REGION_EFFECTS)
    uniform = np.concatenate(
        [
            _scrambled(_directions(points, sum(sizes)), simulation.seed, one)
            for one in range(scrambles)
        ]
    )
    effects, baseline, own, screening, regions = np.split(uniform, np.cumsum(sizes)[:-1], axis=1)
    drawn = Points(normal_quantile(effects), normal_quantile(regions), baseline, screening, own)
    return drawn, np.repeat(np.arange(scrambles), points)


def _directions(points: int, dimensions: int) -> NDArray[np.int64]:
    """Sobol's direction numbers as whole numbers of BITS bits, `(log2 points, dimensions)`."""
    from scipy.stats.qmc import Sobol

    sequence = Sobol(dimensions, scramble=False, bits=BITS).random(points)
    whole = np.floor(sequence * 2.0**BITS).astype(np.int64)
    at = 2 ** np.arange(points.bit_length() - 1)
    found: NDArray[np.int64] = whole[at] ^ whole[at - 1]
    return found


def _scrambled(directions: NDArray[np.int64], seed: int, scramble: int) -> Floats:
    """Points `(2 ** K, D)` in (0, 1) of directions `(K, D)`, each bit mixed with those above it."""
    many, dimensions = directions.shape
    stream = Stream(seed, scramble, np.arange(dimensions))
    words = np.floor(uniforms(stream, Purpose.SOBOL_SCRAMBLE, BITS + 1) * 2.0**BITS)
    random = words.astype(np.int64)
    mixed = np.zeros_like(directions)
    for place in range(BITS):
        bit = 1 << (BITS - 1 - place)
        column = bit | (random[:, place] & (bit - 1))
        mixed ^= np.where(directions & bit, column, 0)
    number = np.arange(1, 2**many)
    lowest = np.log2(number & -number).astype(np.int64)
    steps = np.concatenate([random[None, :, BITS], mixed[lowest]])
    return (np.bitwise_xor.accumulate(steps, axis=0) + 0.5) / 2.0**BITS


def _chosen(regions: Regions, kept: NDArray[np.bool_]) -> Regions:
    return Regions(
        regions.share[:, kept],
        regions.rounding[:, kept],
        regions.percent[kept],
        regions.most[kept],
        regions.lean[kept],
    )
