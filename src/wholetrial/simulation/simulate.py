"""Simulates a trial: virtual participants go through its visits, as a hospital records them.

The simulator produces records and never an endpoint. Every random number has an address (seed,
replicate, participant, purpose), so that the records of a replicate are the same bits alone, in any
chunk, and on any machine.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from wholetrial.conditions.evaluate import MET, Situation, evaluate, scale_of
from wholetrial.data.records import (
    LEAVES_STUDY,
    STOPS_TREATMENT,
    Codes,
    Floats,
    Records,
)
from wholetrial.numerics.philox import Stream
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import Visit, measured_at, screening_visit, visits
from wholetrial.simulation.allotment import allot, physicians_choice
from wholetrial.simulation.calibration import calibrate
from wholetrial.simulation.dosing import (
    Recipients,
    exposures_of,
    planned_doses,
    without_stopped,
)
from wholetrial.simulation.dropout import leaving_day
from wholetrial.simulation.harms import adverse_events
from wholetrial.simulation.latent import begin_disease, disease_at, lesion_of
from wholetrial.simulation.measurement import visit_noise
from wholetrial.simulation.population import (
    NotSimulatedError,
    Population,
    enroll,
)
from wholetrial.simulation.readings import Latent, Readers, read_measures, readers_of
from wholetrial.simulation.rules import apply_rules
from wholetrial.simulation.world import World, world_of

BLOCK = 64

Parameters = Literal["drawn", "fixed"]
"""Whether every trial draws the model's parameters within their uncertainty, or all share them."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What stays the same in every replicate of one trial in one world."""

    protocol: Protocol
    world: World
    readers: Readers
    centers: Mapping[str, float]
    visits: tuple[Visit, ...]
    seed: int
    parameters: Parameters = "drawn"


def prepare(
    protocol: Protocol, seed: int, scenario: str | None = None, parameters: Parameters = "drawn"
) -> Simulation:
    """Get a trial ready to be simulated, in the world of one of its scenarios.

    Empirical courses are calibrated to their aims. Raises NotSimulatedError, with the reason, for a
    trial that no model here can run.
    """
    world = world_of(protocol, scenario)
    readers = readers_of(protocol, world.fit)
    if world.drugs and not readers.severity:
        raise NotSimulatedError("no PASI with a baseline and a visit_noise in the assumptions")
    if not readers.kinds:
        raise NotSimulatedError("nothing measured has a baseline and a visit_noise")
    centers = calibrate(protocol, world, readers)
    return Simulation(protocol, world, readers, centers, visits(protocol), seed, parameters)


def simulate(simulation: Simulation, replicates: range) -> Records:
    """The records of some replicates, with the replicate as the leading axis."""
    population = _enrolled(simulation, replicates)
    arm = allot(simulation.protocol, simulation.seed, replicates, population)
    records = _before_treatment(simulation, population, arm)
    return _through_visits(simulation, population, records)


def people_screened(simulation: Simulation, replicate: int = 0) -> int:
    """How many people were screened to fill one replicate, the first unless another is named."""
    return _enrolled(simulation, range(replicate, replicate + 1)).screened


def in_blocks(
    simulation: Simulation,
    replicates: int,
    progress: Callable[[int], None] = lambda done: None,
) -> Iterator[Records]:
    """The records of many replicates, in blocks, so that memory stays bounded."""
    for first in range(0, replicates, BLOCK):
        last = min(first + BLOCK, replicates)
        yield simulate(simulation, range(first, last))
        progress(last)


def _enrolled(simulation: Simulation, replicates: range) -> Population:
    people = np.arange(simulation.protocol.n)
    stream = Stream(simulation.seed, np.asarray(replicates)[:, None], people)
    return enroll(simulation.protocol, stream, simulation.readers)


def _before_treatment(simulation: Simulation, population: Population, arm: Codes) -> Records:
    """Empty records, but for what screening knows and when people will leave."""
    protocol, shape = simulation.protocol, arm.shape
    columns = (*shape, len(simulation.visits))
    samples = [name for name, use in protocol.instruments.items() if use.sample is not None]
    unvalued = ("adverse_events", *samples)
    measures = [name for name in protocol.schedule.measure if name not in unvalued]
    leaves = leaving_day(protocol, population.stream, arm)
    width = len(str(protocol.n))
    return Records(
        arms=tuple(protocol.arms),
        interventions=tuple(protocol.interventions),
        visits=simulation.visits,
        participants=tuple(f"P{number:0{width}d}" for number in range(1, protocol.n + 1)),
        arm=arm,
        received=arm,
        day=np.full(columns, np.nan),
        values={name: np.full(columns, np.nan) for name in measures},
        facts={
            name: values
            for name, values in population.facts.items()
            if name not in protocol.instruments
        },
        events={
            LEAVES_STUDY: leaves,
            STOPS_TREATMENT: leaves.copy(),
            **{name: np.full(shape, np.nan) for name in protocol.rules},
        },
        exposures=exposures_of([], (), shape),
        adverse_events=adverse_events(protocol, population.stream, arm, leaves),
    )


def _through_visits(simulation: Simulation, population: Population, records: Records) -> Records:
    """Take everybody from visit to visit: treat, measure, and do what the rules say."""
    protocol = simulation.protocol
    people = _recipients(population, records.arm)
    doses = without_stopped(planned_doses(protocol, people), records.events[STOPS_TREATMENT])
    disease = begin_disease(protocol, simulation.world, simulation.centers, (population, people))
    for visit in simulation.visits:
        disease = disease_at(disease, doses, visit.day)
        _attend(simulation, population, records, visit, lesion_of(disease))
        doses = apply_rules(Situation(protocol, records, visit), doses, people)
    exposures = exposures_of(doses, records.interventions, records.shape)
    return replace(records, exposures=exposures)


def _recipients(population: Population, arm: Codes) -> Recipients:
    weight = population.baseline.get("weight", np.full(arm.shape, np.nan))
    return Recipients(arm, weight, physicians_choice(population))


def _attend(
    simulation: Simulation,
    population: Population,
    records: Records,
    visit: Visit,
    lesion: Floats,
) -> None:
    """Write down what is measured at a visit of those who come to it."""
    column = records.visit_index(visit)
    comes = ~(records.events[LEAVES_STUDY] <= visit.day)
    if visit.only_if is not None:
        situation = Situation(simulation.protocol, records, visit)
        comes = comes & (evaluate(visit.only_if, situation) == MET)
    records.day[..., column] = np.where(comes, float(visit.day), np.nan)
    seen = _seen(simulation, population, visit, lesion)
    for name, values in records.values.items():
        if name in seen and visit in measured_at(simulation.protocol, name):
            values[..., column] = np.where(comes, seen[name], np.nan)


def _seen(
    simulation: Simulation, population: Population, visit: Visit, lesion: Floats
) -> dict[str, Floats]:
    kilograms = population.baseline.get("weight")
    weight = {} if kilograms is None else {"weight": np.rint(kilograms * 10) / 10}
    if visit == screening_visit(simulation.protocol):
        return {**population.screening, **_without_noise(simulation, population), **weight}
    noise = visit_noise(population.stream, visit.day, len(simulation.protocol.instruments))
    latent = Latent(population.baseline, lesion)
    return {**read_measures(simulation.readers, latent, noise), **weight}


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
