"""Calibrates an empirical course to the aim that the trial file states."""

from collections.abc import Callable, Mapping

import numpy as np

from wholetrial.conditions.evaluate import MET, Situation, evaluate
from wholetrial.data.records import Floats, Records, empty_events, empty_exposures
from wholetrial.numerics.philox import Stream
from wholetrial.protocol.assumptions import Aim, ChangeAim, Course
from wholetrial.protocol.condition import Compare, Condition, Named
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import Visit, day_of
from wholetrial.simulation.allotment import centers_of
from wholetrial.simulation.empirical import (
    DOSE,
    Treatment,
    advance,
    begin,
    dependence,
    effect_of,
    left_over,
)
from wholetrial.simulation.measurement import visit_noise
from wholetrial.simulation.population import NotSimulatedError, Population, enroll
from wholetrial.simulation.readings import Latent, Readers, read_measures
from wholetrial.simulation.world import World

PEOPLE = 4096
SEED = 0
WIDEST = 15.0
STEPS = 40


def calibrate(protocol: Protocol, world: World, readers: Readers) -> Mapping[str, float]:
    """The center of each course in use, on the log scale, so that its aim is met.

    The aim is met by the file's own virtual people, screened and measured as in the trial, treated
    until the aim's day (or for as long as the file says), and with nobody lost.

    Raises NotSimulatedError for an aim that no effect can meet.
    """
    names = dict.fromkeys(world.courses.values())
    if not names or protocol.assumptions is None:
        return {}
    stream = Stream(SEED, np.zeros(PEOPLE, np.int64), np.arange(PEOPLE))
    population = enroll(protocol, stream, readers)
    courses = protocol.assumptions.courses
    place = list(courses)
    return {
        name: _center(
            name, courses[name], _result_at(protocol, readers, population, place.index(name))
        )
        for name in names
    }


def aim_day(protocol: Protocol, aim: Aim | ChangeAim) -> int:
    """The day on which a course is to meet its aim."""
    if isinstance(aim, ChangeAim):
        return 7 * aim.week
    when = aim.condition.when if isinstance(aim.condition, Named | Compare) else None
    if when is None or when.how != "at":
        raise NotSimulatedError(
            f"an aim needs its time, such as 'at week 16'; got '{aim.condition}'"
        )
    return day_of(protocol, when.points[0])


def _center(name: str, course: Course, result: Callable[[float], float]) -> float:
    """The center at which the result is the aim: the result rises with it, so halve the span."""
    aim = course.aim
    goal = -aim.mean if isinstance(aim, ChangeAim) else aim.share.fraction
    low, high = -WIDEST, WIDEST
    if not result(low) <= goal <= result(high):
        raise NotSimulatedError(f"no effect meets the aim of the course '{name}'")
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if result(middle) < goal else (low, middle)
    return high


def _result_at(
    protocol: Protocol, readers: Readers, population: Population, place: int
) -> Callable[[float], float]:
    """What the aim speaks of, as a function of the center: a share, or a mean fall."""
    assumed = protocol.assumptions
    if assumed is None:
        raise NotSimulatedError("the file has no assumptions")
    course = list(assumed.courses.values())[place]
    day = aim_day(protocol, course.aim)
    shape = population.stream.shape
    reached = _reached(course, day)
    values = {**population.baseline, **population.screening, DOSE: np.zeros(shape)}
    shift = dependence(course.depends_on, values, {**centers_of(protocol), DOSE: 0.0})

    def result(center: float) -> float:
        effect = effect_of(course, population.stream, place, center + shift)
        left = left_over(effect, reached)
        return _judged(protocol, readers, population, (course.aim, day, left))

    return result


def _reached(course: Course, day: int) -> float:
    """How much of the effect is reached by a day, treated for as long as the aim's source did."""
    length = day if course.treated_for is None else min(course.treated_for.days, day)
    effect = effect_of(course, Stream(SEED, 0, np.arange(1)), 0, 0.0)
    treatment = Treatment(0, np.ones(1, np.bool_), length)
    return float(advance(effect, begin((1,)), [treatment], day).reached[0])


def _judged(
    protocol: Protocol,
    readers: Readers,
    population: Population,
    question: tuple[Aim | ChangeAim, int, Floats],
) -> float:
    aim, day, left = question
    records = _records(protocol, readers, population, day, left)
    if isinstance(aim, ChangeAim):
        values = records.values[aim.measure]
        return float((values[..., 0] - values[..., 1]).mean())
    situation = Situation(protocol, records, records.visits[1])
    return float((evaluate(_without_time(protocol, aim.condition), situation) == MET).mean())


def _without_time(protocol: Protocol, condition: Condition) -> Condition:
    if isinstance(condition, Named):
        return protocol.terms[condition.term]
    return condition.model_copy(update={"when": None})


def _records(
    protocol: Protocol, readers: Readers, population: Population, day: int, left: Floats
) -> Records:
    """Records of a baseline visit and of the visit of the aim."""
    shape, count = population.stream.shape, len(protocol.instruments)
    visits = (Visit("baseline", "aim", 0, 0, 0), Visit("aim", "aim", day, day, day))
    none = np.zeros(shape, np.int8)
    seen = [
        read_measures(
            readers,
            Latent(population.baseline, course, population.regions),
            visit_noise(population.stream, visit.day, count),
        )
        for visit, course in zip(visits, (np.ones(shape), left), strict=True)
    ]
    return Records(
        arms=tuple(protocol.arms),
        interventions=tuple(protocol.interventions),
        visits=visits,
        participants=(),
        arm=none,
        received=none,
        day=np.zeros((*shape, 2)),
        values={name: np.stack([one[name] for one in seen], axis=-1) for name in seen[0]},
        facts=population.facts,
        events={},
        exposures=empty_exposures(shape),
        adverse_events=empty_events(shape),
    )
