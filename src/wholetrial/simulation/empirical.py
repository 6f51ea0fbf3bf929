"""The empirical course: an effect without pharmacology, for treatments that no model describes.

While somebody is treated, the effect is built up; after treatment it goes again, each with its own
half-time. People differ in how strong it is, and it shrinks the lesion by a factor:

    dx/dt = (1 - x) ln 2 / half_effect   on treatment,      dx/dt = -x ln 2 / half_lost   off it,
    lesion = exp(-m x),    log m = center + spread z + what it depends on,     z standard normal.

People may differ in `half_lost` too (`lost_spread`), independently of how strong the effect is.

`center` is calibrated so that the aim of the trial file is met. Each time treatment begins again
after a gap m is smaller by the file's `decline`; what is left of the effect then stays as it is. It
describes no mechanism: whatever rests on it is a scenario.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wholetrial.data.records import Flags, Floats
from wholetrial.numerics.elementary import exp, log
from wholetrial.numerics.philox import Purpose, Stream, normals
from wholetrial.protocol.assumptions import Course, Odds

DOSE = "dose"
LN_2 = 0.6931471805599453
LARGEST_LOG_STRENGTH = 6.0


@dataclass(frozen=True, slots=True)
class Treatment:
    """A dose as a course sees it: who receives it on a day, and for how many days it treats."""

    day: int
    received: Flags
    days: int


@dataclass(frozen=True, slots=True)
class Effect:
    """One course in participants `(..., P)`: how strong it is in each, half-times in days.

    `kept` is the share of the strength that each further course of treatment keeps.
    """

    strength: Floats
    half_effect: float
    half_lost: Floats | float
    kept: float = 1.0


@dataclass(frozen=True, slots=True)
class EffectState:
    """How much of the effect is reached `(..., P)`, and the day until which people are treated.

    `strength` is the share of the first course's strength that the present one has.
    """

    day: int
    reached: Floats
    treated_until: Floats
    strength: Floats


def effect_of(course: Course, stream: Stream, place: int, center: Floats | float) -> Effect:
    """A course in the participants of a stream.

    `place` is the course's place in the trial file, so that each has random numbers of its own;
    `center` its calibrated center with what it depends on, on the log scale.
    """
    draws = normals(stream, Purpose.COURSE, 2, occasion=place)
    strength = exp(np.minimum(center + course.spread * draws[..., 0], LARGEST_LOG_STRENGTH))
    half_lost: Floats | float = float(course.half_lost.days)
    if course.lost_spread > 0.0:
        half_lost = half_lost * exp(course.lost_spread * draws[..., 1])
    kept = 1.0 - course.decline.percent / 100 if course.decline is not None else 1.0
    return Effect(strength, float(course.half_effect.days), half_lost, kept)


def dependence(
    depends_on: Mapping[str, Odds], values: Mapping[str, Floats], centers: Mapping[str, float]
) -> Floats | float:
    """What baseline values or the dose add on the log scale, `(..., P)`; 0 at their centers."""
    total: Floats | float = 0.0
    for name, odds in depends_on.items():
        slope = float(log(np.asarray(odds.ratio))) / odds.per
        total = total + slope * (values[name] - centers[name])
    return total


def begin(shape: tuple[int, ...]) -> EffectState:
    """No effect, nobody treated, on day 0."""
    return EffectState(0, np.zeros(shape), np.full(shape, -np.inf), np.ones(shape))


def advance(
    effect: Effect, state: EffectState, treatments: Sequence[Treatment], to_day: int
) -> EffectState:
    """The state on a later day, given the treatments from the state's day up to that day."""
    for treatment in sorted(treatments, key=lambda one: one.day):
        state = _begun_again(effect, _passed(effect, state, treatment.day), treatment)
        until = np.where(treatment.received, float(treatment.day + treatment.days), -np.inf)
        state = replace(state, treated_until=np.maximum(state.treated_until, until))
    return _passed(effect, state, to_day)


def lesion(effect: Effect, state: EffectState) -> Floats:
    """What is left of the lesion, relative to day 0."""
    return left_over(effect, state.strength * state.reached)


def left_over(effect: Effect, reached: Floats | float) -> Floats:
    """The lesion, relative to day 0, where so much of the effect is reached."""
    return exp(-effect.strength * reached)


def _begun_again(effect: Effect, state: EffectState, treatment: Treatment) -> EffectState:
    """A weaker course for those whose treatment begins again after a gap."""
    if effect.kept == 1.0:
        return state
    again = treatment.received & np.isfinite(state.treated_until)
    again &= state.treated_until < treatment.day
    kept = np.where(again, effect.kept, 1.0)
    return replace(state, reached=state.reached / kept, strength=state.strength * kept)


def _passed(effect: Effect, state: EffectState, day: int) -> EffectState:
    length = float(day - state.day)
    if length <= 0:
        return state
    treated = np.clip(state.treated_until - state.day, 0.0, length)
    rising = 1.0 - (1.0 - state.reached) * _halved(treated, effect.half_effect)
    falling = rising * _halved(length - treated, effect.half_lost)
    return replace(state, day=day, reached=falling)


def _halved(days: NDArray[np.float64], half_time: Floats | float) -> Floats:
    return exp(days * (-LN_2 / np.maximum(half_time, 1e-9)))
