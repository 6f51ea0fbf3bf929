"""How the disease of everybody in a trial stands: the mechanistic model where it applies, and every
empirical course on top of it.

Each arm is followed by itself, from its own doses: what another arm receives changes no bit of a
trajectory. An arm that receives nothing with a model of its own has no mechanistic course: its
placebo effect is part of what its empirical course was calibrated to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.data.records import Floats
from wholetrial.numerics.philox import Purpose, normals
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import administrations
from wholetrial.simulation.allotment import centers_of
from wholetrial.simulation.disease import (
    EFFECTS,
    Parameters,
    PsoriasisState,
    advance,
    biology_of,
    of_participants,
    start_with,
)
from wholetrial.simulation.dosing import Given, Recipients, course_doses
from wholetrial.simulation.empirical import (
    DOSE,
    Effect,
    EffectState,
    Treatment,
    begin,
    dependence,
    effect_of,
    lesion,
)
from wholetrial.simulation.empirical import advance as advance_effect
from wholetrial.simulation.population import Population
from wholetrial.simulation.world import World, course_named

NO_REACH = (0, 0)


class Part(NamedTuple):
    """An arm that the model follows: its place, its participants in flat arrays, its state."""

    arm: int
    who: NDArray[np.intp]
    state: PsoriasisState


@dataclass(frozen=True, slots=True)
class Disease:
    """The state of everybody's disease on a day, `(..., P)`.

    `around` has, for each course, what it leaves of the lesion on the first and the last of the
    days `reach` before and after this one.
    """

    day: int
    shape: tuple[int, ...]
    world: World
    parts: tuple[Part, ...]
    effects: Mapping[str, Effect]
    states: Mapping[str, EffectState]
    around: Mapping[str, tuple[Floats, Floats]]
    reach: tuple[int, int] = NO_REACH


def begin_disease(
    protocol: Protocol,
    given: tuple[World, Parameters, Mapping[str, float]],
    who: tuple[Population, Recipients],
) -> Disease:
    """Everybody's disease on day 0, before any dose.

    `given` is the world, the parameters of the model and the centers of the courses.
    """
    (world, parameters, centers), (population, people) = given, who
    effects = {
        name: _effect(protocol, name, (world.courses[name], centers), who) for name in world.courses
    }
    return Disease(
        day=0,
        shape=people.arm.shape,
        world=world,
        parts=_parts(protocol, world, parameters, (population, people)),
        effects=effects,
        states={name: begin(people.arm.shape) for name in effects},
        around={name: (np.ones(people.arm.shape), np.ones(people.arm.shape)) for name in effects},
    )


def disease_at(
    disease: Disease, doses: Sequence[Given], day: int, reach: tuple[int, int] = NO_REACH
) -> Disease:
    """Everybody's disease on a later day, given the doses from its day up to that day.

    `reach` is on how many days before and after the lesion will be asked for.
    """
    if day <= disease.day:
        return disease
    span = (disease.day, day)
    acts_as = disease.world.acts_as
    parts = tuple(
        part._replace(
            state=advance(
                part.state, course_doses(doses, acts_as, span, (part.arm, part.who)), *span
            )
        )
        for part in disease.parts
    )
    states, around = {}, {}
    for name, effect in disease.effects.items():
        mine = [given for given in doses if given.intervention == name]
        states[name], around[name] = _followed(effect, disease.states[name], mine, (day, reach))
    return replace(disease, day=day, parts=parts, states=states, around=around, reach=reach)


def lesion_of(disease: Disease, offset: Floats | None = None) -> Floats:
    """What is left of the lesion, relative to day 0, `(..., P)`; so many days off, within reach.

    Of courses it is read on a straight line between this day and the farthest days.
    """
    left = np.ones(int(np.prod(disease.shape)))
    for part in disease.parts:
        if offset is None:
            left[part.who] = part.state.lesion
        else:
            left[part.who] = part.state.lesion_near(offset.reshape(-1)[part.who])
    left = left.reshape(disease.shape)
    for name, effect in disease.effects.items():
        now = lesion(effect, disease.states[name])
        left = left * (now if offset is None else _off(disease, name, now, offset))
    return left


def _off(disease: Disease, name: str, now: Floats, offset: Floats) -> Floats:
    (before, after), (early, late) = disease.around[name], disease.reach
    back = np.maximum(-offset, 0.0) / max(early, 1)
    ahead = np.maximum(offset, 0.0) / max(late, 1)
    return now + back * (before - now) + ahead * (after - now)


def _followed(
    effect: Effect, state: EffectState, mine: Sequence[Given], at: tuple[int, tuple[int, int]]
) -> tuple[EffectState, tuple[Floats, Floats]]:
    """A course on a day, and the lesion that it leaves on the farthest days before and after."""
    day, (early, late) = at
    first = max(day - early, state.day)
    before = advance_effect(effect, state, _treatments(mine, (state.day, first)), first)
    now = advance_effect(effect, before, _treatments(mine, (first, day)), day)
    if not early and not late:
        return now, (lesion(effect, now), lesion(effect, now))
    after = advance_effect(effect, now, _treatments(mine, (day, day + late)), day + late)
    return now, (lesion(effect, before), lesion(effect, after))


def _parts(
    protocol: Protocol,
    world: World,
    parameters: Parameters,
    who: tuple[Population, Recipients],
) -> tuple[Part, ...]:
    population, people = who
    modeled = _modeled_arms(protocol, world)
    if not modeled:
        return ()
    effects = normals(population.stream, Purpose.BIOLOGY, EFFECTS)
    biology = biology_of(world.drugs, parameters, people.weight, effects)
    arms = people.arm.reshape(-1)
    found = []
    for arm in modeled:
        mine = np.flatnonzero(arms == arm)
        found.append(Part(arm, mine, start_with(of_participants(biology, mine))))
    return tuple(found)


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


def _treatments(doses: Sequence[Given], span: tuple[int, int]) -> list[Treatment]:
    return [
        Treatment(given.day, ~np.isnan(given.amount), given.days)
        for given in doses
        if span[0] <= given.day < span[1]
    ]
