"""Plaque psoriasis under antibodies, in two states: T17 cells and the lesion that they sustain.

    dT/dt = kT   * (a * (1 - phi + phi * u) - T)             T(0) = 1
    du/dt = kout * (b * T - (1 + P0 * exp(-kpl * t)) * u)    u(0) = 1

A drug with concentration C leaves the share s = IC50 / (IC50 + C) of the signal it blocks: a = s
for an IL-23 drug, which starves the T17 cells; b = s for an IL-17 drug, which silences them. phi is
the part of T17 that lesions themselves recall: near 1, regrowth after the drug is slow.

Given C(t) the system is linear, so a step of Lobatto IIIA (Simpson's rule, Hermite midpoint) is
solved in closed form: order 4, stable for any rate. A step is a week, ended early by doses; after a
dose the signal is averaged over parts that double in length (`lesion_program`). So a visit on a
whole week changes no bit of a trajectory. No exp or log runs in the loop over time.

Source: the structure is this project's own, after turnover models of PASI (Li 2022, Front Pharmacol
13:966176; Pan 2020); parameters in psoriasis_fit. Lobatto IIIA: Hairer, Wanner, Solving Ordinary
Differential Equations II, 1996, IV.5. Current limitations: see psoriasis_fit; at most two drugs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.numerics.elementary import FloatArray, exp
from wholetrial.numerics.philox import Purpose, normals
from wholetrial.simulation.course import Doses, Participants
from wholetrial.simulation.disease_input import (
    check_days,
    check_parameters,
    check_span,
    within_numbers,
)
from wholetrial.simulation.lesion_program import WEEK, Plan, Program, program_of
from wholetrial.simulation.pharmacokinetics import (
    Drug,
    KineticEffects,
    Modes,
    Signal,
    modes_of,
)
from wholetrial.simulation.psoriasis_fit import PsoriasisFit, default_fit

EFFECTS = 8
_LANES = 64
_MODES = 3


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


class Table(NamedTuple):
    """Participants as the inner loop takes them: people on the last axis, in whole blocks.

    `people` (3, N): kT, kout, phi; `drugs` (D, 4, N): IC50 and the modes' amplitudes; `rates`
    (D, 3, N) per day.
    """

    people: FloatArray
    drugs: FloatArray
    rates: FloatArray


class Moment(NamedTuple):
    """What changes with time: `state` (3, N) T17 cells, lesion, placebo effect; `modes` (D, 3, N).

    `last` (4, N): the lesion and its slope times the last step's length, then both at its start;
    `step` that length. `given` says which drugs anybody had.
    """

    state: FloatArray
    modes: FloatArray
    last: FloatArray
    step: float
    given: frozenset[str]


@dataclass(frozen=True)
class PsoriasisState:
    """Participants' biology and where their disease stands on a day."""

    day: float
    biology: Biology
    table: Table
    now: Moment

    @property
    def lesion(self) -> FloatArray:
        """The lesion relative to day 0, (..., P)."""
        return self._of(self.now.state[1])

    def lesion_near(self, days: FloatArray) -> FloatArray:
        """The lesion so many days after this one (before it, if negative), (..., P).

        On the cubic of the last step, without what is given from this day on: exact within that
        step, and off by less than 1e-3 of the lesion up to half its length beyond it.
        """
        shape = self.biology.lesion_turnover.shape
        u1, m1, u0, m0 = (self._of(row) for row in self.now.last)
        x = 1.0 + np.broadcast_to(days, shape) / self.now.step
        y, rise = 1.0 - x, u1 - u0
        return (y * u0 + x * u1) + (x * y) * (y * (m0 - rise) - x * (m1 - rise))

    def _of(self, row: FloatArray) -> FloatArray:
        shape = self.biology.lesion_turnover.shape
        return row[: int(np.prod(shape))].reshape(shape)


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
        effects = normals(participants.stream, Purpose.BIOLOGY, EFFECTS)
        return start_with(biology_of(self.drugs, self.fit, participants.weight_kg, effects))

    def advance(
        self, state: PsoriasisState, doses: Doses, from_day: float, to_day: float
    ) -> PsoriasisState:
        return advance(state, doses, from_day, to_day)

    def lesion(self, state: PsoriasisState) -> FloatArray:
        return state.lesion


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
    check_parameters(fit.parameters() if isinstance(fit, PsoriasisFit) else fit)
    lesion, sensitivity, placebo, t17, memory, *kinetic = np.moveaxis(effects, -1, 0)
    weight = np.broadcast_to(weight_kg, lesion.shape)
    ic50 = within_numbers("ic50_log_sd", exp(fit["ic50_log_sd"] * sensitivity))
    kinetics = KineticEffects(*kinetic)
    return Biology(
        lesion_turnover=_lognormal(fit, "lesion_turnover", lesion),
        t17_turnover=_lognormal(fit, "t17_turnover", t17),
        memory=1.0 / (1.0 + exp(-(fit["memory"] + fit["memory_logit_sd"] * memory))),
        placebo_effect=_lognormal(fit, "placebo_effect", placebo),
        placebo_decay=_one_number(fit["placebo_decay"]),
        drugs={
            drug.name: DrugAction(
                drug.target, modes_of(drug, weight, kinetics), fit[f"ic50_{drug.name}"] * ic50
            )
            for drug in drugs
        },
    )


def of_participants(biology: Biology, who: NDArray[np.intp]) -> Biology:
    """The biology of some participants, `(K,)`, by their places when arrays are flat."""

    def some(values: FloatArray) -> FloatArray:
        return values.reshape(-1)[who]

    def modes(values: FloatArray) -> FloatArray:
        return values.reshape(values.shape[0], -1)[:, who]

    return Biology(
        lesion_turnover=some(biology.lesion_turnover),
        t17_turnover=some(biology.t17_turnover),
        memory=some(biology.memory),
        placebo_effect=some(biology.placebo_effect),
        placebo_decay=biology.placebo_decay,
        drugs={
            name: DrugAction(
                drug.target,
                Modes(modes(drug.modes.rate), modes(drug.modes.amplitude)),
                some(drug.ic50),
            )
            for name, drug in biology.drugs.items()
        },
    )


def start_with(biology: Biology) -> PsoriasisState:
    """The state at day 0: full lesion, no drug."""
    table = _table(biology)
    ones = np.ones(table.people.shape[-1])
    state = np.stack([ones, ones, _padded(biology.placebo_effect)])
    last = np.stack([ones, 0.0 * ones, ones, 0.0 * ones])
    now = Moment(state, np.zeros_like(table.rates), last, 1.0, frozenset())
    return PsoriasisState(0.0, biology, table, now)


def advance(
    state: PsoriasisState, doses: Doses, from_day: float, to_day: float, *, step: float = WEEK
) -> PsoriasisState:
    """The state at `to_day`; `from_day` is the state's own day, doses lie in between.

    `step` is the longest step in days. With a week the lesion is off by 1.4e-5 in the mean; where
    one effect lies four standard deviations out by up to 3e-3, and by 8e-2 in the first week of an
    untreated placebo effect so far out. With 1.75 days it is 4e-4 there, with 0.25 days 2e-5.
    """
    check_span(state.day, state.biology.drugs, doses, from_day, to_day)
    if to_day == from_day:
        return state
    span = (float(to_day), (float(to_day),))
    now, _ = _taken(state, doses, span, dense=True, step=step)
    return replace(state, day=float(to_day), now=now)


def lesion_at(
    biology: Biology,
    doses: Doses,
    days: Sequence[float],
    *,
    real: Any = np.float64,
    step: float = WEEK,
) -> FloatArray:
    """The lesion relative to day 0 on rising days, shape (T, ..., P).

    Doses on or after the last day are left out: they come too late to be seen. `real` is the
    precision, float64 or float32.
    """
    check_days(days)
    state, last = start_with(biology), float(days[-1])
    kept = [place for place, day in enumerate(doses.day) if day < last]
    if len(kept) < len(doses.day):
        amount = {name: given[..., kept] for name, given in doses.amount.items()}
        doses = replace(doses, day=tuple(doses.day[place] for place in kept), amount=amount)
    check_span(0.0, biology.drugs, doses, 0.0, last)
    span = (last, tuple(map(float, days)))
    _, out = _taken(state, doses, span, real=real, step=step)
    shape = biology.lesion_turnover.shape
    found = out[:, 0, : int(np.prod(shape))].reshape(-1, *shape)
    found[np.asarray(days) == 0.0] = 1.0
    return found


def _taken(
    state: PsoriasisState,
    doses: Doses,
    span: tuple[float, tuple[float, ...]],
    *,
    dense: bool = False,
    real: Any = np.float64,
    step: float = WEEK,
) -> tuple[Moment, FloatArray]:
    """Where everybody stands on the last day of a span, and the lesion on the days it is read."""
    from wholetrial.simulation.lesion_loops import integrate, numbers

    table, known = state.table, tuple(state.biology.drugs)
    given = state.now.given | {name for name in doses.amount if doses.day}
    names = tuple(name for name in known if name in given)
    which = [known.index(name) for name in names]
    targets = [int(state.biology.drugs[name].target == "IL-17") for name in names]
    program = program_of(_plan(state, doses, span, (names, dense, step)), real)
    moved, modes = state.now.state.astype(real), state.now.modes[which].astype(real, copy=False)
    out = np.empty((len(span[1]), 4 if dense else 1, table.people.shape[-1]), real)
    integrate(
        table.people.astype(real, copy=False),
        moved,
        table.drugs[which].astype(real, copy=False),
        modes,
        _decays(table.rates[which], program).astype(real, copy=False),
        _amounts(doses, names, state.biology.lesion_turnover.shape).astype(real, copy=False),
        program.passes,
        program.reals,
        np.asarray(targets, np.int64),
        out,
        numbers(real),
    )
    everywhere = modes
    if len(which) < len(known):
        everywhere = state.now.modes.astype(real)
        everywhere[which] = modes
    last = out[-1] if dense else state.now.last
    return Moment(moved, everywhere, last, program.last_step, given), out


def _plan(
    state: PsoriasisState,
    doses: Doses,
    span: tuple[float, tuple[float, ...]],
    how: tuple[tuple[str, ...], bool, float],
) -> Plan:
    names, dense, step = how
    given = [(names.index(name), name) for name in doses.amount if doses.day]
    return Plan(
        state.day,
        span[0],
        tuple((place, doses.day) for place, _ in given),
        tuple((place, doses.fresh_days(name, state.now.given)) for place, name in given),
        span[1],
        state.biology.placebo_decay,
        dense,
        step,
    )


def _table(biology: Biology) -> Table:
    people = [biology.t17_turnover, biology.lesion_turnover, biology.memory]
    drugs = [[drug.ic50, *_three(drug.modes.amplitude)] for drug in biology.drugs.values()]
    rates = [_three(drug.modes.rate) for drug in biology.drugs.values()]
    table = np.stack([_padded(row) for row in people])
    count = table.shape[-1]
    return Table(
        table,
        np.asarray([[_padded(row) for row in rows] for rows in drugs]).reshape(-1, 4, count),
        np.asarray([[_padded(row) for row in rows] for rows in rates]).reshape(-1, 3, count),
    )


def _three(modes: FloatArray) -> list[FloatArray]:
    """Three modes of every drug; one that it has not is never filled."""
    return [*modes, *[np.zeros_like(modes[0])] * (_MODES - len(modes))]


def _padded(values: FloatArray) -> FloatArray:
    """Participants in one row, filled up to whole blocks with copies of the last."""
    row = values.reshape(-1)
    missing = -row.size % _LANES
    if not missing and row.size:
        return row
    return np.concatenate([row, np.full(missing, row[-1] if row.size else 1.0)])


def _decays(rates: FloatArray, program: Program) -> FloatArray:
    """What every mode keeps over each length of time that a program asks for, (L, D, 3, N)."""
    lengths = np.asarray(program.lengths).reshape(-1, 1, 1, 1)
    return exp(-lengths * rates)


def _amounts(doses: Doses, names: tuple[str, ...], shape: tuple[int, ...]) -> FloatArray:
    """The amounts (D, J, N) of the doses (..., P, J)."""
    count = int(np.prod(shape))
    amounts = np.zeros((len(names), max(len(doses.day), 1), count + -count % _LANES))
    for name, given in doses.amount.items():
        for column in range(len(doses.day) if name in names else 0):
            one = np.broadcast_to(given[..., column], shape)
            amounts[names.index(name), column] = _padded(one)
    return amounts


def _lognormal(fit: Parameters, name: str, effect: FloatArray) -> FloatArray:
    spread = f"{name}_log_sd"
    return fit[name] * within_numbers(spread, exp(fit[spread] * effect))


def _one_number(value: float | FloatArray) -> float:
    """A parameter that is the same for everybody; no fit estimates this one."""
    return float(np.reshape(value, -1)[0])
