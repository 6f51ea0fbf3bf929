"""Counts responders of very many trials without keeping a record: people, treatment, judgement.

For trials whose answer needs counts only: each arm gives one drug of the library with first-order
absorption into one compartment, or none; response is improvement of PASI at one visit; nothing that
happens before it changes the treatment. People are those of the model card: severity and weight
lognormal, enrolled on the observed score, regression to the mean included; improvement is counted
from that score. PASI is read as a continuous score in tenths, so the fit must be one made for that
(`fit_b`).
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.numerics.elementary import log as natural_log
from wholetrial.numerics.elementary import normal_quantile
from wholetrial.numerics.philox import Purpose
from wholetrial.simulation.lesion_program import Plan, program_of
from wholetrial.simulation.pharmacokinetics import REFERENCE_WEIGHT_KG, Drug
from wholetrial.simulation.psoriasis_fit import PsoriasisFit

Counts = NDArray[np.int64]
_CLOSEST = 1e-3


@dataclass(frozen=True, slots=True)
class CountedArm:
    """One arm: how many participants, the drug, and its doses in mg by day."""

    n: int
    drug: Drug | None
    doses: Mapping[float, float]
    missing: float = 0.0
    """The share without a value at the visit, who count as no response."""


@dataclass(frozen=True, slots=True)
class People:
    """Who is enrolled: medians and log SDs of severity and body weight, the least observed PASI."""

    severity: float = 16.0
    severity_log_sd: float = 0.45
    least_pasi: float = 12.0
    weight_kg: float = 89.0
    weight_log_sd: float = 0.245
    lightest_kg: float = 40.0
    heaviest_kg: float = 200.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is counted: PASI lower by so many percent on a day, in which people.

    With `drawn` every replicate draws the model's parameters within their uncertainty.
    """

    day: float = 84.0
    improvements: tuple[int, ...] = (75, 90)
    people: People = People()
    drawn: bool = False


TWELVE_WEEKS = Question()


class Assumed(NamedTuple):
    """What the loop knows of an arm's people, in its precision; logs are natural."""

    place: int
    log_severity: Any
    seen_sd: Any
    screen_below: Any
    screen_share: Any
    regression: Any
    rest_sd: Any
    log_weight: Any
    weight_sd: Any
    weight_below: Any
    weight_share: Any
    log_clearance: Any
    clearance_weight: Any
    clearance_sd: Any
    log_volume: Any
    volume_weight: Any
    volume_sd: Any
    log_absorption: Any
    absorption_sd: Any
    bioavailability: Any
    closest: Any
    noise: Any
    missing: Any


def count_responders(
    arms: Sequence[CountedArm],
    fit: PsoriasisFit,
    replicates: range,
    *,
    seed: int,
    question: Question = TWELVE_WEEKS,
    threads: int = 1,
) -> Counts:
    """Responders `(R, arms, improvements)`.

    The same bits for any split of the replicates and any number of threads. Raises ValueError for a
    drug that has two compartments, and for a fit that reads attainable totals.
    """
    _refuse(arms, fit)
    cuts = [len(replicates) * part // threads for part in range(threads + 1)]
    parts = [replicates[low:high] for low, high in pairwise(cuts)]
    places = np.cumsum([0, *(arm.n for arm in arms)])

    def counted(part: range) -> Counts:
        counts = np.zeros((len(arms), len(part), len(question.improvements)), np.int64)
        for arm, place, mine in zip(arms, places, counts, strict=False):
            _count(arm, (fit, seed, question), part, int(place), mine)
        return np.moveaxis(counts, 0, 1)

    if threads == 1:
        return counted(replicates)
    with ThreadPoolExecutor(threads) as pool:
        return np.concatenate(list(pool.map(counted, parts)))


def _count(
    arm: CountedArm,
    asked: tuple[PsoriasisFit, int, Question],
    replicates: range,
    place: int,
    counts: Counts,
) -> None:
    """Add the responders of one arm, whose participants' numbers begin at a place."""
    from wholetrial.simulation.counting_loops import count
    from wholetrial.simulation.lesion_loops import numbers

    fit, seed, question = asked
    count(
        replicates.start,
        len(replicates),
        arm.n,
        np.uint64(Purpose.COUNTING),
        np.uint64(seed),
        _assumed(arm, fit, question.people, place),
        _model(fit, arm.drug, seed, replicates, drawn=question.drawn),
        _plan(arm, fit, question.day),
        np.asarray([100 - percent for percent in question.improvements], np.float32),
        numbers(np.float32),
        counts,
    )


def _refuse(arms: Sequence[CountedArm], fit: PsoriasisFit) -> None:
    if fit.reading != "continuous":
        raise ValueError(
            f"counting reads PASI as continuous; {fit.name} was fitted to attainable totals: use "
            "fit_named('fit_b')"
        )
    for arm in arms:
        if arm.drug is not None and arm.drug.peripheral is not None:
            raise ValueError(f"counting follows one compartment; {arm.drug.name} has two")


def _assumed(arm: CountedArm, fit: PsoriasisFit, people: People, place: int) -> Assumed:
    real, noise = np.float32, fit["pasi_noise_log_sd"]
    seen = sqrt(people.severity_log_sd**2 + noise**2)
    regression = people.severity_log_sd**2 / seen**2
    below = _below(_ln((people.least_pasi - 0.05) / people.severity) / seen)
    light = _below(_ln(people.lightest_kg / people.weight_kg) / people.weight_log_sd)
    heavy = _below(_ln(people.heaviest_kg / people.weight_kg) / people.weight_log_sd)
    kinetic = arm.drug
    values = (
        _ln(people.severity),
        seen,
        below,
        1.0 - below,
        regression,
        people.severity_log_sd * noise / seen,
        _ln(people.weight_kg / REFERENCE_WEIGHT_KG),
        people.weight_log_sd,
        light,
        heavy - light,
        *(_log(kinetic.clearance) if kinetic else (0.0, 0.0, 0.0)),
        *(_log(kinetic.volume) if kinetic else (0.0, 0.0, 0.0)),
        _ln(kinetic.absorption.typical) if kinetic else 0.0,
        kinetic.absorption.log_sd if kinetic else 0.0,
        kinetic.bioavailability.typical if kinetic else 0.0,
        _CLOSEST,
        noise,
        arm.missing,
    )
    return Assumed(place, *(real(value) for value in values))


def _log(kinetic: Any) -> tuple[float, float, float]:
    return _ln(kinetic.typical), kinetic.weight_exponent, kinetic.log_sd


def _ln(x: float) -> float:
    return float(natural_log(x))


def _below(x: float) -> float:
    """The normal probability below x, from this program's own quantile: the same bits anywhere."""
    low, high = 1e-12, 1.0 - 1e-12
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if float(normal_quantile(middle)) < x else (low, middle)
    return 0.5 * (low + high)


def _model(
    fit: PsoriasisFit, drug: Drug | None, seed: int, replicates: range, *, drawn: bool
) -> NDArray[np.float32]:
    """The model's parameters as the loop takes them, `(R or 1, 11)`."""
    values: Mapping[str, Any] = fit.drawn(seed, replicates) if drawn else fit.parameters()
    potency = values[f"ic50_{drug.name}"] if drug else 1.0
    columns = (
        natural_log(values["lesion_turnover"]),
        values["lesion_turnover_log_sd"],
        natural_log(values["t17_turnover"]),
        values["t17_turnover_log_sd"],
        values["memory"],
        values["memory_logit_sd"],
        natural_log(values["placebo_effect"]),
        values["placebo_effect_log_sd"],
        natural_log(potency),
        values["ic50_log_sd"],
        values["clear_below_pasi"],
    )
    rows = np.broadcast_arrays(*(np.reshape(column, -1) for column in columns))
    return np.ascontiguousarray(np.stack(rows, axis=-1), np.float32)


def _plan(arm: CountedArm, fit: PsoriasisFit, day: float) -> tuple[Any, ...]:
    """The arm's program with what it needs; steps of two weeks where nothing is given."""
    days = tuple(sorted(one for one in arm.doses if one < day)) if arm.drug else ()
    doses = ((0, days),) if days else ()
    fresh = ((0, days[:1]),) if days else ()
    plan = Plan(0.0, day, doses, fresh, (), fit["placebo_decay"], step=14.0, parts=(4, 7))
    program = program_of(plan, np.float32)
    target = -1 if arm.drug is None or not days else int(arm.drug.target == "IL-17")
    amounts = np.asarray([arm.doses[one] for one in days] or [0.0], np.float32)
    lengths = np.asarray(program.lengths or [1.0], np.float32)
    return program.passes, program.reals, lengths, amounts, target
