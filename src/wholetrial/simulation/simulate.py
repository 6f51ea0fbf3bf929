"""Simulates a trial: virtual participants go through its visits, as a hospital records them.

The simulator produces records and never an endpoint. Every random number has an address (seed,
replicate, participant, purpose), so that the records of a replicate are the same bits alone, in any
chunk, and on any machine.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import numpy as np

from wholetrial.conditions.evaluate import MET, Situation, evaluate, scale_of
from wholetrial.data.records import (
    LEAVES_STUDY,
    STOPS_TREATMENT,
    Codes,
    Floats,
    Records,
    empty_events,
    empty_exposures,
)
from wholetrial.numerics.philox import Stream
from wholetrial.protocol.leaving import REASONS
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import Visit, measured_at, screening_visit, visits
from wholetrial.simulation.allotment import allot, physicians_choice
from wholetrial.simulation.attendance import (
    Attendance,
    attendance,
)
from wholetrial.simulation.calibration import calibrate
from wholetrial.simulation.disease import Parameters
from wholetrial.simulation.dosing import (
    Given,
    Recipients,
    exposures_of,
    planned_doses,
    without_stopped,
)
from wholetrial.simulation.dropout import (
    Leaving,
    Patience,
    begin_patience,
    endure,
    gives_reasons,
    leaving,
)
from wholetrial.simulation.harms import adverse_events
from wholetrial.simulation.lack_of_efficacy import PILOT_SEED, leaving_rates
from wholetrial.simulation.latent import Disease, begin_disease, disease_at, lesion_of
from wholetrial.simulation.measurement import visit_noise_of
from wholetrial.simulation.population import (
    NotSimulatedError,
    Population,
    enroll,
)
from wholetrial.simulation.readings import Latent, Readers, noise_needed, read_measures, readers_of
from wholetrial.simulation.rules import apply_rules
from wholetrial.simulation.world import World, world_of

BLOCK = 256
"""The most trials simulated together."""
PEOPLE_AT_ONCE = 81_920
"""So many participants are simulated together; 14 visits of each take about 4 kB."""
MOST_PEOPLE = 1_000_000

HowDrawn = Literal["drawn", "fixed"]
"""Whether every trial draws the model's parameters within their uncertainty, or all share them."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What stays the same in every replicate of one trial in one world.

    `measured` names what is measured at each visit.
    `leaving_rates` says how fast each arm leaves for lack of efficacy; `parameters` whether every
    replicate draws the model's parameters, and `drawn` has them for the replicates at hand.
    """

    protocol: Protocol
    world: World
    readers: Readers
    centers: Mapping[str, float]
    visits: tuple[Visit, ...]
    measured: tuple[tuple[str, ...], ...]
    seed: int
    leaving_rates: Mapping[str, float] = field(default_factory=dict)
    parameters: HowDrawn = "drawn"
    drawn: Mapping[str, Floats] | None = None


def prepare(
    protocol: Protocol, seed: int, scenario: str | None = None, parameters: HowDrawn = "drawn"
) -> Simulation:
    """Get a trial ready to be simulated, in the world of one of its scenarios.

    Empirical courses are calibrated to their aims, and leaving for lack of efficacy to its shares.
    Raises NotSimulatedError, with the reason, for a trial that no model here can run.
    """
    rates = leaving_rates(protocol, partial(_endured, protocol))
    prepared = _prepared(protocol, seed, scenario)
    return replace(prepared, leaving_rates=rates, parameters=parameters)


def _prepared(protocol: Protocol, seed: int, scenario: str | None = None) -> Simulation:
    """A simulation in which nobody leaves for lack of efficacy yet."""
    if protocol.n > MOST_PEOPLE:
        raise NotSimulatedError(
            f"a trial of at most {MOST_PEOPLE:,} participants, which takes some 4 GB of memory; "
            f"this one plans {protocol.n:,}. A tenth of them answers nearly every question"
        )
    world = world_of(protocol, scenario)
    readers = readers_of(protocol, world.fit)
    if world.drugs and not readers.severity:
        raise NotSimulatedError("no PASI with a baseline and a visit_noise in the assumptions")
    if not readers.kinds:
        raise NotSimulatedError("nothing measured has a baseline and a visit_noise")
    centers = calibrate(protocol, world, readers)
    planned = visits(protocol)
    measured = tuple(
        tuple(name for name in _measures(protocol) if visit in measured_at(protocol, name))
        for visit in planned
    )
    return Simulation(protocol, world, readers, centers, planned, measured, seed)


def simulate(simulation: Simulation, replicates: range) -> Records:
    """The records of some replicates, with the replicate as the leading axis."""
    mine = _of_replicates(simulation, replicates)
    return _through_visits(mine, *_begun(mine, replicates))[0]


def _endured(protocol: Protocol, replicates: range) -> tuple[Codes, Floats]:
    """The arm and the endured lesion of a pilot that leaves for no other reason, `(people,)`."""
    simulation = _prepared(protocol, PILOT_SEED)
    arms, all_endured = [], []
    for block in _blocks(protocol, len(replicates)):
        population, records, leaves = _begun(simulation, block)
        patience = _through_visits(simulation, population, records, leaves)[1]
        endured = np.zeros(records.shape) if patience is None else patience.endured
        stay = np.isnan(leaves.day)
        arms.append(records.arm[stay])
        all_endured.append(endured[stay])
    return np.concatenate(arms), np.concatenate(all_endured)


def _of_replicates(simulation: Simulation, replicates: range) -> Simulation:
    """The simulation with each replicate's own parameters, drawn within their uncertainty.

    With fixed parameters, and where no drug of the library is given, all replicates share them.
    """
    fit = simulation.world.fit
    if simulation.parameters == "fixed" or not simulation.world.drugs:
        return simulation
    drawn = fit.drawn(simulation.seed, replicates)
    readers = replace(simulation.readers, clear_below_pasi=drawn["clear_below_pasi"])
    return replace(simulation, readers=readers, drawn=drawn)


def _begun(simulation: Simulation, replicates: range) -> tuple[Population, Records, Leaving]:
    """Everybody as enrolled, their records before treatment, and who will leave by chance."""
    population = _enrolled(simulation, replicates)
    arm = allot(simulation.protocol, simulation.seed, replicates, population)
    leaves = leaving(simulation.protocol, population.stream, arm)
    return population, _before_treatment(simulation, population, arm, leaves), leaves


def enrolled_in(simulation: Simulation, replicates: range) -> tuple[Population, Parameters]:
    """The people of some replicates before treatment, and the model's parameters in each."""
    mine = _of_replicates(simulation, replicates)
    return _enrolled(mine, replicates), mine.drawn or mine.world.fit


def people_screened(simulation: Simulation, replicate: int = 0) -> int:
    """How many people were screened to fill one replicate, the first unless another is named."""
    one = range(replicate, replicate + 1)
    return _enrolled(_of_replicates(simulation, one), one).screened


def block_size(protocol: Protocol) -> int:
    """How many trials are simulated together: memory is bounded, whatever the number of trials."""
    return max(1, min(BLOCK, PEOPLE_AT_ONCE // protocol.n))


def in_blocks(
    simulation: Simulation,
    replicates: int,
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[Records]:
    """The records of many replicates, in blocks, so that memory stays bounded."""
    for block in _blocks(simulation.protocol, replicates):
        yield simulate(simulation, block)
        progress(block.stop)


def _blocks(protocol: Protocol, replicates: int) -> Iterator[range]:
    size = block_size(protocol)
    for first in range(0, replicates, size):
        yield range(first, min(first + size, replicates))


def _enrolled(simulation: Simulation, replicates: range) -> Population:
    people = np.arange(simulation.protocol.n)
    stream = Stream(simulation.seed, np.asarray(replicates)[:, None], people)
    return enroll(simulation.protocol, stream, simulation.readers)


def _before_treatment(
    simulation: Simulation, population: Population, arm: Codes, leaves: Leaving
) -> Records:
    """Empty records, but for what screening knows and when people will leave by chance."""
    protocol, shape = simulation.protocol, arm.shape
    columns = (*shape, len(simulation.visits))
    width = len(str(protocol.n))
    return Records(
        arms=tuple(protocol.arms),
        interventions=tuple(protocol.interventions),
        visits=simulation.visits,
        participants=tuple(f"P{number:0{width}d}" for number in range(1, protocol.n + 1)),
        arm=arm,
        received=arm,
        day=_by_visit(columns),
        values={name: _by_visit(columns) for name in _measures(protocol)},
        facts={
            name: values
            for name, values in population.facts.items()
            if name not in protocol.instruments
        },
        events={
            LEAVES_STUDY: leaves.day,
            STOPS_TREATMENT: leaves.day.copy(),
            **{name: np.full(shape, np.nan) for name in protocol.rules},
        },
        exposures=empty_exposures(shape),
        adverse_events=empty_events(shape),
    )


def _measures(protocol: Protocol) -> list[str]:
    """What the schedule measures as a number."""
    samples = [name for name, use in protocol.instruments.items() if use.sample is not None]
    unvalued = ("adverse_events", *samples)
    return [name for name in protocol.schedule.measure if name not in unvalued]


def _by_visit(shape: tuple[int, ...]) -> Floats:
    """Missing values `(..., P, V)`, laid out so that the numbers of a visit lie together."""
    return np.moveaxis(np.full((shape[-1], *shape[:-1]), np.nan), 0, -1)


def _through_visits(
    simulation: Simulation, population: Population, records: Records, leaves: Leaving
) -> tuple[Records, Patience | None]:
    """Take everybody from visit to visit: treat, measure, do what the rules say, let people go."""
    protocol, stream, planned = simulation.protocol, population.stream, simulation.visits
    people = _recipients(population, records.arm)
    doses = without_stopped(planned_doses(protocol, people), records.events[STOPS_TREATMENT])
    model = simulation.drawn or simulation.world.fit
    given = (simulation.world, model, simulation.centers)
    disease = begin_disease(protocol, given, (population, people))
    patience = begin_patience(protocol, stream, records.arm, simulation.leaving_rates)
    coming = attendance(protocol, stream, planned)
    for index, visit in enumerate(planned):
        disease, lesion = _seen_lesion(disease, doses, coming, (index, visit))
        _attend(simulation, population, records, (visit, coming.day[..., index]), lesion)
        doses = apply_rules(Situation(protocol, records, visit), doses, people)
        if patience is not None and index + 1 < len(planned):
            span = (visit.day, planned[index + 1].day)
            seen = lesion_of(disease), records.day[..., index]
            before = leaves
            patience, leaves = endure(patience, leaves, seen, span)
            if leaves is not before:
                doses = _gone(records, leaves, doses, visit.day + 1)
    return _after_visits(simulation, stream, records, (leaves, doses)), patience


def _seen_lesion(
    disease: Disease, doses: Sequence[Given], coming: Attendance, at: tuple[int, Visit]
) -> tuple[Disease, Floats]:
    """The disease on the planned day of a visit, and the lesion on the day that people come."""
    index, visit = at
    reach = (coming.early[index], coming.late[index])
    disease = disease_at(disease, doses, visit.day, reach)
    if not any(reach):
        return disease, lesion_of(disease)
    return disease, lesion_of(disease, coming.day[..., index] - visit.day)


def _gone(records: Records, leaves: Leaving, doses: Sequence[Given], from_day: int) -> list[Given]:
    """Note who leaves, and take away the doses that they do not have any more."""
    stops = records.events[STOPS_TREATMENT]
    np.copyto(records.events[LEAVES_STUDY], leaves.day)
    np.fmin(stops, leaves.day, out=stops)
    return without_stopped(doses, stops, from_day)


def _after_visits(
    simulation: Simulation,
    stream: Stream,
    records: Records,
    ended: tuple[Leaving, Sequence[Given]],
) -> Records:
    """The records with doses, adverse events and reasons, once it is known who left when."""
    leaves, doses = ended
    given = exposures_of(doses, records)
    reasons = gives_reasons(simulation.protocol)
    return replace(
        records,
        exposures=given,
        adverse_events=adverse_events(simulation.protocol, stream, records.arm, leaves),
        reason_terms=REASONS if reasons else (),
        reasons={LEAVES_STUDY: leaves.reason} if reasons else {},
    )


def _recipients(population: Population, arm: Codes) -> Recipients:
    weight = population.baseline.get("weight", np.full(arm.shape, np.nan))
    return Recipients(arm, weight, physicians_choice(population))


def _attend(
    simulation: Simulation,
    population: Population,
    records: Records,
    at: tuple[Visit, Floats],
    lesion: Floats,
) -> None:
    """Write down what is measured at a visit of those who come to it, each on their day."""
    visit, day = at
    protocol, column = simulation.protocol, records.visit_index(visit)
    comes = ~(records.events[LEAVES_STUDY] <= day) & ~np.isnan(day)
    if visit.only_if is not None:
        comes = comes & (evaluate(visit.only_if, Situation(protocol, records, visit)) == MET)
    records.day[..., column] = np.where(comes, day, np.nan)
    wanted = simulation.measured[column]
    seen = _seen(simulation, population, (visit, wanted), lesion)
    for name in wanted:
        if name in seen:
            records.values[name][..., column] = np.where(comes, seen[name], np.nan)


def _seen(
    simulation: Simulation,
    population: Population,
    at: tuple[Visit, Sequence[str]],
    lesion: Floats,
) -> dict[str, Floats]:
    """What is measured at a visit of everybody, of the measures wanted."""
    visit, wanted = at
    kilograms = population.baseline.get("weight")
    weight = {} if kilograms is None else {"weight": np.rint(kilograms * 10) / 10}
    if visit == screening_visit(simulation.protocol):
        return {**population.screening, **_without_noise(simulation, population), **weight}
    needed = noise_needed(simulation.readers, wanted)
    noise = visit_noise_of(population.stream, visit.day, needed)
    latent = Latent(population.baseline, lesion, population.regions)
    return {**read_measures(simulation.readers, latent, noise, wanted), **weight}


def _without_noise(simulation: Simulation, population: Population) -> dict[str, Floats]:
    """What is drawn and has no stated noise: the criteria saw it at screening as it is, once.

    Nothing says how it would be read at a later visit, and there it stays unrecorded.
    """
    protocol = simulation.protocol
    steps = {name: scale_of(name, protocol).steps_in_one for name in protocol.instruments}
    return {
        name: np.rint(values * steps[name]) / steps[name]
        for name, values in population.facts.items()
        if name in protocol.instruments
    }
