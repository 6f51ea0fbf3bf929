"""Plaque psoriasis under antibodies, in two states: T17 cells and the lesion that they sustain.

    dT/dt = kT   * (a * (1 - phi + phi * u) - T)             T(0) = 1
    du/dt = kout * (b * T - (1 + P0 * exp(-kpl * t)) * u)    u(0) = 1

A drug with concentration C leaves the share s = IC50 / (IC50 + C) of the signal it blocks: a = s
for an IL-23 drug, which starves the T17 cells; b = s for an IL-17 drug, which silences them. phi is
the part of T17 that lesions themselves recall: near 1, regrowth after the drug is slow.

Given C(t) the system is linear, so a step of Lobatto IIIA (Simpson's rule, Hermite midpoint) is
solved in closed form: order 4, stable for any rate. Steps end on quarter weeks counted from day 0
(finer in the first week) and on dose days, so a visit on a whole week changes no bit of a
trajectory. Day 0 and every dose are met with steps that start tiny and double. No exp or log runs
in the loop over time. Largest error of u against LSODA: 2e-5 with any one effect at four standard
deviations, 4e-4 with lesion turnover and placebo effect at four both.

Source: the structure is this project's own, after turnover models of PASI (Li 2022, Front Pharmacol
13:966176; Pan 2020); parameters in psoriasis_fit. Lobatto IIIA: Hairer, Wanner, Solving Ordinary
Differential Equations II, 1996, IV.5. Current limitations: see psoriasis_fit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import ceil, floor
from typing import NamedTuple

import numpy as np

from wholetrial.numerics.elementary import FloatArray, exp
from wholetrial.numerics.philox import Purpose, normals
from wholetrial.simulation.course import Doses, Participants
from wholetrial.simulation.pharmacokinetics import (
    Drug,
    KineticEffects,
    Modes,
    Signal,
    concentration,
    modes_of,
)
from wholetrial.simulation.psoriasis_fit import PsoriasisFit, default_fit

STEP_DAYS = 1.75
FIRST_WEEK_STEP_DAYS = 0.4375
_DOUBLINGS = 10
_EFFECTS = 8

Signals = Mapping[Signal, FloatArray]
Parameters = PsoriasisFit | Mapping[str, float | FloatArray]
"""Parameters by name: numbers, or arrays that broadcast with participants, such as (R, 1)."""


class DrugAction(NamedTuple):
    """One drug in each participant: its modes and the concentration that halves its signal."""

    target: Signal
    modes: Modes
    ic50: FloatArray


@dataclass(frozen=True)
class Biology:
    """What makes participants differ: each array (..., P); rates per day."""

    lesion_turnover: FloatArray
    t17_turnover: FloatArray
    memory: FloatArray
    placebo_effect: FloatArray
    placebo_decay: float
    drugs: Mapping[str, DrugAction]


class Moment(NamedTuple):
    """What changes with time: T17 cells, lesion, remaining placebo effect, drugs in their modes."""

    t17: FloatArray
    lesion: FloatArray
    placebo: FloatArray
    in_modes: Mapping[str, FloatArray]


@dataclass(frozen=True)
class PsoriasisState:
    """Participants' biology and where their disease stands on a day."""

    day: float
    biology: Biology
    now: Moment


@dataclass(frozen=True)
class PsoriasisCourse:
    """The course of psoriasis in a trial of the given drugs (the Course of this model).

    >>> from wholetrial.numerics.philox import Stream
    >>> from wholetrial.simulation.pharmacokinetics import USTEKINUMAB
    >>> course = PsoriasisCourse((USTEKINUMAB,))
    >>> people = Participants(Stream(2007, 0, np.arange(3)), np.full(3, 90.0))
    >>> doses = Doses((0.0,), {"ustekinumab": np.full((3, 1), 45.0)})
    >>> course.lesion(course.advance(course.start(people), doses, 0, 84)).round(3).tolist()
    [0.699, 0.231, 0.779]
    """

    drugs: tuple[Drug, ...]
    fit: PsoriasisFit = field(default_factory=default_fit)

    def start(self, participants: Participants) -> PsoriasisState:
        effects = normals(participants.stream, Purpose.BIOLOGY, _EFFECTS)
        return start_with(biology_of(self.drugs, self.fit, participants.weight_kg, effects))

    def advance(
        self, state: PsoriasisState, doses: Doses, from_day: float, to_day: float
    ) -> PsoriasisState:
        return advance(state, doses, from_day, to_day)

    def lesion(self, state: PsoriasisState) -> FloatArray:
        return state.now.lesion


def drugs_in(model: str, drugs: tuple[Drug, ...]) -> tuple[Drug, ...]:
    """The drugs as a structure sees them: in `turnover` each acts on the lesion's formation."""
    if model != "turnover":
        return drugs
    return tuple(replace(drug, target="IL-17") for drug in drugs)


def biology_of(
    drugs: tuple[Drug, ...], fit: Parameters, weight_kg: FloatArray, effects: FloatArray
) -> Biology:
    """Participants' biology from body weight (..., P) and eight standard normals (..., P, 8).

    The normals act on, in order: lesion turnover, sensitivity to drugs (one for all of them: an
    assumption), placebo effect, T17 turnover, memory, and clearance, volume and absorption.
    """
    lesion, sensitivity, placebo, t17, memory, *kinetic = np.moveaxis(effects, -1, 0)
    weight = np.broadcast_to(weight_kg, lesion.shape)
    ic50 = exp(fit["ic50_log_sd"] * sensitivity)
    kinetics = KineticEffects(*kinetic)
    return Biology(
        lesion_turnover=_lognormal(fit, "lesion_turnover", lesion),
        t17_turnover=_lognormal(fit, "t17_turnover", t17),
        memory=1.0 / (1.0 + exp(-(fit["memory"] + fit["memory_logit_sd"] * memory))),
        placebo_effect=_lognormal(fit, "placebo_effect", placebo),
        placebo_decay=float(fit["placebo_decay"]),
        drugs={
            drug.name: DrugAction(
                drug.target, modes_of(drug, weight, kinetics), fit[f"ic50_{drug.name}"] * ic50
            )
            for drug in drugs
        },
    )


def start_with(biology: Biology) -> PsoriasisState:
    """The state at day 0: full lesion, no drug."""
    full = np.ones_like(biology.lesion_turnover)
    empty = {name: np.zeros_like(drug.modes.rate) for name, drug in biology.drugs.items()}
    return PsoriasisState(0.0, biology, Moment(full, full, biology.placebo_effect, empty))


def advance(state: PsoriasisState, doses: Doses, from_day: float, to_day: float) -> PsoriasisState:
    """The state at `to_day`; `from_day` is the state's own day, doses lie in between."""
    _check(state, doses, from_day, to_day)
    biology, now = state.biology, state.now
    single_steps: dict[float, _Decay] = {}
    for begin, end in _segments(doses, from_day, to_day):
        days = end - begin
        now = now._replace(in_modes=_dosed(now.in_modes, biology, doses, begin))
        if begin == 0.0 or begin in doses.day:
            now = _doubling_steps(biology, now, days)
        else:
            if days not in single_steps:
                single_steps[days] = _decay(biology, days)
            now = _step(biology, now, single_steps[days], days)
    return replace(state, day=float(to_day), now=now)


class _Decay(NamedTuple):
    """What remains after half a step, of the placebo effect and of each mode of each drug."""

    placebo: float
    modes: Mapping[str, FloatArray]


class _Change(NamedTuple):
    """The coefficients of the system at one instant, times the step."""

    t17_from_lesion: FloatArray
    t17_supply: FloatArray
    lesion_from_t17: FloatArray
    lesion_loss: FloatArray


def _lognormal(fit: Parameters, name: str, effect: FloatArray) -> FloatArray:
    return fit[name] * exp(fit[f"{name}_log_sd"] * effect)


def _segments(doses: Doses, from_day: float, to_day: float) -> Iterator[tuple[float, float]]:
    """Neighboring days among both ends, the doses and the grid of quarter weeks between them."""
    days = {float(from_day), float(to_day), *map(float, doses.day)}
    days.update(_multiples(STEP_DAYS, from_day, to_day))
    days.update(_multiples(FIRST_WEEK_STEP_DAYS, from_day, min(to_day, 7.0)))
    return pairwise(sorted(days))


def _multiples(step: float, low: float, high: float) -> Iterator[float]:
    return (step * n for n in range(ceil(low / step), floor(high / step) + 1))


def _dosed(
    in_modes: Mapping[str, FloatArray], biology: Biology, doses: Doses, day: float
) -> Mapping[str, FloatArray]:
    if day not in doses.day:
        return in_modes
    which = doses.day.index(day)
    given = {name: amount[..., which] for name, amount in doses.amount.items()}
    return {
        name: mode + biology.drugs[name].modes.amplitude * given[name] if name in given else mode
        for name, mode in in_modes.items()
    }


def _doubling_steps(biology: Biology, now: Moment, days: float) -> Moment:
    """A step of days / 2^10, then steps that double and together make `days`."""
    step = days * 0.5**_DOUBLINGS
    decay = _decay(biology, step)
    now = _step(biology, now, decay, step)
    for _ in range(_DOUBLINGS):
        now = _step(biology, now, decay, step)
        decay, step = _squared(decay), 2.0 * step
    return now


def _decay(biology: Biology, days: float) -> _Decay:
    half = -0.5 * days
    return _Decay(
        float(exp(half * biology.placebo_decay)),
        {name: exp(half * drug.modes.rate) for name, drug in biology.drugs.items()},
    )


def _squared(decay: _Decay) -> _Decay:
    return _Decay(
        decay.placebo * decay.placebo, {name: left * left for name, left in decay.modes.items()}
    )


def _step(biology: Biology, now: Moment, decay: _Decay, days: float) -> Moment:
    """One step of Lobatto IIIA: the state at its end, from a 2 x 2 system solved in closed form."""
    middle = _decayed(now, decay)
    end = _decayed(middle, decay)
    t17, lesion = _lobatto(
        now,
        biology.t17_turnover * days,
        _change(biology, now, days),
        _change(biology, middle, days),
        _change(biology, end, days),
    )
    return end._replace(t17=t17, lesion=lesion)


def _decayed(moment: Moment, decay: _Decay) -> Moment:
    in_modes = {name: mode * decay.modes[name] for name, mode in moment.in_modes.items()}
    return moment._replace(placebo=moment.placebo * decay.placebo, in_modes=in_modes)


def _change(biology: Biology, moment: Moment, days: float) -> _Change:
    signals = _signals(biology, moment.in_modes)
    t17 = biology.t17_turnover * days
    lesion = biology.lesion_turnover * days
    upheld = t17 * signals["IL-23"]
    recalled = upheld * biology.memory
    return _Change(
        recalled, upheld - recalled, lesion * signals["IL-17"], lesion * (1.0 + moment.placebo)
    )


def _signals(biology: Biology, in_modes: Mapping[str, FloatArray]) -> Signals:
    """The share of each signal that the drugs leave."""
    left: dict[Signal, FloatArray] = {"IL-17": np.ones(()), "IL-23": np.ones(())}
    for name, drug in biology.drugs.items():
        share = drug.ic50 / (drug.ic50 + concentration(in_modes[name]))
        left[drug.target] = left[drug.target] * share
    return left


def _lobatto(
    now: Moment, k: FloatArray, first: _Change, middle: _Change, last: _Change
) -> tuple[FloatArray, FloatArray]:
    """T and u at the end of a step, with y' = A(t) y + g(t) and H = h A, G = h g:

    (I - H1/6 - Hm/3 + Hm H1/12) y1 = y0 + F0/6 + Hm (y0/3 + F0/12 - G1/12) + 2/3 Gm + G1/6
    """
    t, u = now.t17, now.lesion
    t_change = first.t17_from_lesion * u + first.t17_supply - k * t
    u_change = first.lesion_from_t17 * t - first.lesion_loss * u
    t_lever = t / 3.0 + (t_change - last.t17_supply) / 12.0
    u_lever = u / 3.0 + u_change / 12.0
    e, d, q = middle.t17_from_lesion, middle.lesion_from_t17, middle.lesion_loss
    e1, d1, q1 = last.t17_from_lesion, last.lesion_from_t17, last.lesion_loss
    supply = (4.0 * middle.t17_supply + last.t17_supply) / 6.0
    t_right = t + t_change / 6.0 + e * u_lever - k * t_lever + supply
    u_right = u + u_change / 6.0 + d * t_lever - q * u_lever
    tt = 1.0 + k / 2.0 + (k * k + e * d1) / 12.0
    tu = e / 3.0 + e1 / 6.0 + (k * e1 + e * q1) / 12.0
    ut = d / 3.0 + d1 / 6.0 + (d * k + q * d1) / 12.0
    uu = 1.0 + q / 3.0 + q1 / 6.0 + (d * e1 + q * q1) / 12.0
    determinant = tt * uu - tu * ut
    return (uu * t_right + tu * u_right) / determinant, (ut * t_right + tt * u_right) / determinant


def _check(state: PsoriasisState, doses: Doses, from_day: float, to_day: float) -> None:
    if from_day != state.day:
        raise ValueError(f"the state stands at day {state.day:g}; from_day is {from_day:g}")
    if to_day < from_day:
        raise ValueError(f"time runs forward; got day {from_day:g} to day {to_day:g}")
    outside = [day for day in doses.day if not from_day <= day < to_day]
    if outside:
        raise ValueError(
            f"doses must lie in day {from_day:g} <= day < {to_day:g}; got day {outside[0]:g}"
        )
    if len(set(doses.day)) < len(doses.day):
        raise ValueError(f"each dose day may be named once; got the days {doses.day}")
    for drug, amount in doses.amount.items():
        _check_amount(drug, np.shape(amount), state, doses)


def _check_amount(drug: str, shape: tuple[int, ...], state: PsoriasisState, doses: Doses) -> None:
    if drug not in state.biology.drugs:
        known = ", ".join(state.biology.drugs) or "no drug"
        raise ValueError(f"this course was started with {known}; got a dose of {drug}")
    if shape[-1:] != (len(doses.day),):
        raise ValueError(
            f"{drug} needs amounts for {len(doses.day)} dose days on its last axis; "
            f"got the shape {shape}"
        )


def lesion_at(biology: Biology, doses: Doses, days: tuple[float, ...]) -> FloatArray:
    """The lesion relative to day 0 on rising days, shape (T, ..., P).

    Doses on or after the last day are left out: they come too late to be seen.
    """
    state, lesions = start_with(biology), []
    for day in days:
        state = advance(state, _between(doses, state.day, day), state.day, day)
        lesions.append(state.now.lesion)
    return np.stack(lesions)


def _between(doses: Doses, from_day: float, to_day: float) -> Doses:
    which = [index for index, day in enumerate(doses.day) if from_day <= day < to_day]
    amount = {name: given[..., which] for name, given in doses.amount.items()}
    return Doses(tuple(doses.day[index] for index in which), amount)
