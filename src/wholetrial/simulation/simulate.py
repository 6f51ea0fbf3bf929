"""Simulates a trial: virtual participants go through its visits, as a hospital records them.

The simulator produces records and never an endpoint. Every random number has an address (seed,
replicate, participant, purpose), so that the records of a replicate are the same bits alone, in any
chunk, and on any machine.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from wholetrial.conditions.evaluate import MET, Situation, evaluate
from wholetrial.data.records import (
    LEAVES_STUDY,
    STOPS_TREATMENT,
    Codes,
    Floats,
    Records,
    empty_events,
)
from wholetrial.numerics.philox import Stream
from wholetrial.protocol.leaving import REASONS
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import Visit, measured_at, screening_visit, visits
from wholetrial.simulation.allotment import allot, physicians_choice
from wholetrial.simulation.attendance import (
    Attendance,
    attendance,
    given_at_visits,
    lesion_on,
)
from wholetrial.simulation.calibration import calibrate
from wholetrial.simulation.dosing import (
    DAYS_OF_A_SINGLE_DOSE,
    Given,
    Recipients,
    as_recorded,
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


@dataclass(frozen=True, slots=True)
class Simulation:
    """What stays the same in every replicate of one trial in one world.

    `leaving_rates` says how fast each arm leaves for lack of efficacy.
    """

    protocol: Protocol
    world: World
    readers: Readers
    centers: Mapping[str, float]
    visits: tuple[Visit, ...]
    seed: int
    leaving_rates: Mapping[str, float] = field(default_factory=dict)


def prepare(protocol: Protocol, seed: int, scenario: str | None = None) -> Simulation:
    """Get a trial ready to be simulated, in the world of one of its scenarios.

    Empirical courses are calibrated to their aims, and leaving for lack of efficacy to its shares.
    Raises NotSimulatedError, with the reason, for a trial that no model here can run.
    """
    rates = leaving_rates(protocol, partial(_endured, protocol))
    return replace(_prepared(protocol, seed, scenario), leaving_rates=rates)


def _prepared(protocol: Protocol, seed: int, scenario: str | None = None) -> Simulation:
    """A simulation in which nobody leaves for lack of efficacy yet."""
    world = world_of(protocol, scenario)
    readers = readers_of(protocol, world.fit)
    if world.drugs and not readers.severity:
        raise NotSimulatedError("no PASI with a baseline and a visit_noise in the assumptions")
    if not readers.kinds:
        raise NotSimulatedError("nothing measured has a baseline and a visit_noise")
    centers = calibrate(protocol, world, readers)
    return Simulation(protocol, world, readers, centers, visits(protocol), seed)


def simulate(simulation: Simulation, replicates: range) -> Records:
    """The records of some replicates, with the replicate as the leading axis."""
    return _through_visits(simulation, *_begun(simulation, replicates))[0]


def _endured(protocol: Protocol, replicates: range) -> tuple[Codes, Floats]:
    """The arm and the endured lesion of a pilot that leaves for no other reason, `(people,)`."""
    simulation = _prepared(protocol, PILOT_SEED)
    population, records, leaves = _begun(simulation, replicates)
    patience = _through_visits(simulation, population, records, leaves)[1]
    endured = np.zeros(records.shape) if patience is None else patience.endured
    stay = np.isnan(leaves.day)
    return records.arm[stay], endured[stay]


def _begun(simulation: Simulation, replicates: range) -> tuple[Population, Records, Leaving]:
    """Everybody as enrolled, their records before treatment, and who will leave by chance."""
    population = _enrolled(simulation, replicates)
    arm = allot(simulation.protocol, simulation.seed, replicates, population)
    leaves = leaving(simulation.protocol, population.stream, arm)
    return population, _before_treatment(simulation, population, arm, leaves), leaves


def people_screened(simulation: Simulation) -> int:
    """How many people were screened to fill the first replicate."""
    return _enrolled(simulation, range(1)).screened


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


def _before_treatment(
    simulation: Simulation, population: Population, arm: Codes, leaves: Leaving
) -> Records:
    """Empty records, but for what screening knows and when people will leave by chance."""
    protocol, shape = simulation.protocol, arm.shape
    columns = (*shape, len(simulation.visits))
    samples = [name for name, use in protocol.instruments.items() if use.sample is not None]
    unvalued = ("adverse_events", *samples)
    measures = [name for name in protocol.schedule.measure if name not in unvalued]
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
        facts=population.facts,
        events={
            LEAVES_STUDY: leaves.day,
            STOPS_TREATMENT: leaves.day.copy(),
            **{name: np.full(shape, np.nan) for name in protocol.rules},
        },
        exposures=exposures_of([], (), shape),
        adverse_events=empty_events(shape),
    )


def _through_visits(
    simulation: Simulation, population: Population, records: Records, leaves: Leaving
) -> tuple[Records, Patience | None]:
    """Take everybody from visit to visit: treat, measure, do what the rules say, let people go."""
    protocol, stream, planned = simulation.protocol, population.stream, simulation.visits
    people = _recipients(population, records.arm)
    doses = without_stopped(planned_doses(protocol, people), records.events[STOPS_TREATMENT])
    disease = begin_disease(protocol, simulation.world, simulation.centers, (population, people))
    patience = begin_patience(protocol, stream, records.arm, simulation.leaving_rates)
    coming = attendance(protocol, stream, planned)
    for index, visit in enumerate(planned):
        disease, lesion = _seen_lesion(disease, doses, coming, (index, visit))
        _attend(simulation, population, records, (visit, coming.day[..., index]), lesion)
        doses = apply_rules(Situation(protocol, records, visit), doses, people)
        if patience is not None and index + 1 < len(planned):
            span = (visit.day, planned[index + 1].day)
            seen = lesion_of(disease), records.day[..., index]
            patience, leaves = endure(patience, leaves, seen, span)
            doses = _gone(records, leaves, doses, visit.day + 1)
    return _after_visits(simulation, stream, records, (leaves, doses)), patience


def _seen_lesion(
    disease: Disease, doses: Sequence[Given], coming: Attendance, at: tuple[int, Visit]
) -> tuple[Disease, Floats]:
    """The disease on the planned day of a visit, and the lesion on the day that people come."""
    index, visit = at
    early, late = coming.early[index], coming.late[index]
    if not early and not late:
        disease = disease_at(disease, doses, visit.day)
        return disease, lesion_of(disease)
    before = disease_at(disease, doses, visit.day - early)
    disease = disease_at(before, doses, visit.day)
    waiting = [
        given
        for given in doses
        if given.day != visit.day or given.intervention in disease.world.courses
    ]
    after = disease_at(disease, waiting, visit.day + late)
    around = (lesion_of(before), lesion_of(disease), lesion_of(after))
    return disease, lesion_on(coming.day[..., index] - visit.day, around, (early, late))


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
    given = exposures_of(doses, records.interventions, records.shape)
    waits = np.asarray([one.days >= DAYS_OF_A_SINGLE_DOSE for one in as_recorded(doses)], np.bool_)
    reasons = gives_reasons(simulation.protocol)
    return replace(
        records,
        exposures=given_at_visits(given, waits, records),
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
    column = records.visit_index(visit)
    comes = ~(records.events[LEAVES_STUDY] <= day) & ~np.isnan(day)
    if visit.only_if is not None:
        situation = Situation(simulation.protocol, records, visit)
        comes = comes & (evaluate(visit.only_if, situation) == MET)
    records.day[..., column] = np.where(comes, day, np.nan)
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
        return {**population.screening, **weight}
    noise = visit_noise(population.stream, visit.day, len(simulation.protocol.instruments))
    latent = Latent(population.baseline, lesion)
    return {**read_measures(simulation.readers, latent, noise), **weight}
