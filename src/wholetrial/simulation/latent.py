"""How the disease of everybody in a trial stands: the mechanistic model where it applies, and every
empirical course on top of it.

An arm that receives nothing with a model of its own has no mechanistic course: its placebo effect
is part of what its empirical course was calibrated to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wholetrial.data.records import Flags, Floats
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import administrations
from wholetrial.simulation.allotment import centers_of
from wholetrial.simulation.course import Participants
from wholetrial.simulation.disease import PsoriasisCourse, PsoriasisState
from wholetrial.simulation.dosing import Given, Recipients, course_doses
from wholetrial.simulation.empirical import (
    DOSE,
    Effect,
    EffectState,
    Treatment,
    advance,
    begin,
    dependence,
    effect_of,
    lesion,
)
from wholetrial.simulation.population import Population
from wholetrial.simulation.world import World, course_named


@dataclass(frozen=True, slots=True)
class Disease:
    """The state of everybody's disease on a day; `mechanistic` says whose follows the model."""

    day: int
    world: World
    course: PsoriasisCourse | None
    state: PsoriasisState | None
    mechanistic: Flags
    effects: Mapping[str, Effect]
    states: Mapping[str, EffectState]


def begin_disease(
    protocol: Protocol,
    world: World,
    centers: Mapping[str, float],
    who: tuple[Population, Recipients],
) -> Disease:
    """Everybody's disease on day 0, before any dose."""
    population, people = who
    mechanistic = np.isin(people.arm, np.asarray(_modeled_arms(protocol, world), np.int8))
    course = state = None
    if mechanistic.any():
        course = PsoriasisCourse(world.drugs, world.fit)
        state = course.start(Participants(population.stream, people.weight))
    effects = {
        name: _effect(protocol, name, (world.courses[name], centers), who) for name in world.courses
    }
    states = {name: begin(people.arm.shape) for name in effects}
    return Disease(0, world, course, state, mechanistic, effects, states)


def disease_at(disease: Disease, doses: Sequence[Given], day: int) -> Disease:
    """Everybody's disease on a later day, given the doses from its day up to that day."""
    if day <= disease.day:
        return disease
    span = (disease.day, day)
    state = disease.state
    if disease.course is not None and state is not None:
        given = course_doses(doses, disease.world.acts_as, span)
        state = disease.course.advance(state, given, *span)
    states = {
        name: advance(effect, disease.states[name], _treatments(doses, name, span), day)
        for name, effect in disease.effects.items()
    }
    return replace(disease, day=day, state=state, states=states)


def lesion_of(disease: Disease) -> Floats:
    """What is left of the lesion, relative to day 0, `(..., P)`."""
    left = np.ones(disease.mechanistic.shape)
    if disease.course is not None and disease.state is not None:
        left = np.where(disease.mechanistic, disease.course.lesion(disease.state), left)
    for name, effect in disease.effects.items():
        left = left * lesion(effect, disease.states[name])
    return left


def _modeled_arms(protocol: Protocol, world: World) -> list[int]:
    """The arms that receive something with a model, as places in the file."""
    return [
        index
        for index, name in enumerate(protocol.arms)
        if any(dose.intervention in world.acts_as for dose in administrations(protocol, name))
    ]


def _effect(
    protocol: Protocol,
    intervention: str,
    course: tuple[str, Mapping[str, float]],
    who: tuple[Population, Recipients],
) -> Effect:
    (name, centers), (population, people) = course, who
    planned = _planned_amounts(protocol, intervention)
    lowest = min(planned.values(), default=0.0)
    dose = np.asarray([planned.get(arm, lowest) for arm in protocol.arms])[people.arm]
    values = {**population.baseline, **population.screening, DOSE: dose}
    plan = course_named(protocol, name)
    shift = dependence(plan.depends_on, values, {**centers_of(protocol), DOSE: lowest})
    place = list(protocol.assumptions.courses).index(name) if protocol.assumptions else 0
    return effect_of(plan, population.stream, place, centers[name] + shift)


def _planned_amounts(protocol: Protocol, intervention: str) -> dict[str, float]:
    """The amount of one dose of an intervention in each arm that plans it."""
    return {
        arm: dose.amount or 0.0
        for arm in protocol.arms
        for dose in administrations(protocol, arm)
        if dose.intervention == intervention
    }


def _treatments(
    doses: Sequence[Given], intervention: str, span: tuple[int, int]
) -> list[Treatment]:
    return [
        Treatment(given.day, ~np.isnan(given.amount), given.days)
        for given in doses
        if given.intervention == intervention and span[0] <= given.day < span[1]
    ]
