"""Evaluates the one condition tree on records: met, not met or unknown (Kleene).

Improvement from baseline is computed here and only here, in whole steps of the instrument (tenths
of a PASI point), so that a dose rule, a conditional visit and an endpoint cannot differ.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.data.records import Codes, Floats, Records
from wholetrial.instruments.library import instrument
from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    AtLeast,
    Compare,
    Condition,
    IfThen,
    Named,
    Not,
    State,
    Unless,
    atoms,
)
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import DAYS_PER, Duration, Point, When
from wholetrial.protocol.timeline import Visit, day_of, measured_at, visit_at

MET, NOT_MET, UNKNOWN = 1, 0, -1
AGE = "age"
_COMPARE: dict[str, Callable[[Floats, Floats | float], NDArray[np.bool_]]] = {
    ">=": np.greater_equal,
    "<=": np.less_equal,
    ">": np.greater,
    "<": np.less,
    "=": np.equal,
}


class Scale(NamedTuple):
    """How a measure's values become whole numbers, and which direction is better."""

    steps_in_one: int
    lower_is_better: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """The records that a condition is evaluated on, and the visit that it means by default."""

    protocol: Protocol
    records: Records
    visit: Visit

    def at(self, visit: Visit) -> "Situation":
        """The same records, looked at from another visit."""
        return Situation(self.protocol, self.records, visit)


def evaluate(condition: Condition, situation: Situation) -> Codes:
    """Whether each participant meets a condition: MET, NOT_MET or UNKNOWN, shaped `(..., P)`.

    A value that was not measured, or that nobody recorded, is unknown.
    """
    match condition:
        case AllOf():
            return _fold(np.minimum, condition.all, situation)
        case AnyOf():
            return _fold(np.maximum, condition.any, situation)
        case Not():
            return _kleene(-_signed(evaluate(condition.negated, situation)))
        case IfThen():
            premise = -_signed(evaluate(condition.premise, situation))
            return _kleene(np.maximum(premise, _signed(evaluate(condition.then, situation))))
        case AtLeast():
            return _at_least(condition, situation)
        case Unless():
            holds = _signed(evaluate(condition.holds, situation))
            return _kleene(np.minimum(holds, -_signed(evaluate(condition.unless, situation))))
        case _:
            return _atom(condition, situation)


def _signed(verdict: Codes) -> Codes:
    """Not met, unknown, met as -1, 0, 1: so that `and` is the minimum and `or` the maximum."""
    signed: Codes = np.where(verdict == UNKNOWN, 0, 2 * verdict - 1).astype(np.int8)
    return signed


def _kleene(signed: NDArray[np.int8]) -> Codes:
    verdict: Codes = np.where(signed == 0, UNKNOWN, (signed + 1) // 2).astype(np.int8)
    return verdict


def _fold(
    join: Callable[[Codes, Codes], Codes], parts: Sequence[Condition], situation: Situation
) -> Codes:
    signed = [_signed(evaluate(part, situation)) for part in parts]
    joined = signed[0]
    for part in signed[1:]:
        joined = join(joined, part)
    return _kleene(joined)


def _at_least(condition: AtLeast, situation: Situation) -> Codes:
    verdicts = np.stack([evaluate(part, situation) for part in condition.of])
    surely = (verdicts == MET).sum(axis=0)
    perhaps = (verdicts != NOT_MET).sum(axis=0)
    verdict: Codes = np.where(
        surely >= condition.at_least,
        MET,
        np.where(perhaps < condition.at_least, NOT_MET, UNKNOWN),
    ).astype(np.int8)
    return verdict


def _atom(condition: Condition, situation: Situation) -> Codes:
    match condition:
        case Named():
            term = situation.protocol.terms[condition.term]
            return _over_visits(term, condition.when, situation)
        case Compare() if condition.when is not None:
            bare = condition.model_copy(update={"when": None})
            return _over_visits(bare, condition.when, situation)
        case Compare() if _is_of_the_visit(condition):
            return _compare(condition, situation)
        case State():
            return _state(condition, situation)
        case _:
            return np.full(situation.records.shape, UNKNOWN, np.int8)


def _is_of_the_visit(condition: Compare) -> bool:
    """Whether the value at the visit decides, not one of several before it."""
    of_several = condition.pick not in (None, "latest") or condition.within or condition.before
    return not of_several and condition.unit != "ULN"


def _over_visits(condition: Condition, when: When | None, situation: Situation) -> Codes:
    if when is None:
        return evaluate(condition, situation)
    visits = visits_of(condition, when, situation.protocol)
    join = np.maximum if when.how in ("by", "any") else np.minimum
    verdicts = [_signed(evaluate(condition, situation.at(visit))) for visit in visits]
    if not verdicts:
        return np.full(situation.records.shape, UNKNOWN, np.int8)
    joined = verdicts[0]
    for verdict in verdicts[1:]:
        joined = join(joined, verdict)
    return _kleene(joined)


def visits_of(condition: Condition, when: When, protocol: Protocol) -> tuple[Visit, ...]:
    """The planned visits at which a condition is looked at.

    `at` names them; `by` means every visit after baseline up to the last point, and `every` and
    `any` those from one point to another, where what the condition speaks of is measured.
    """
    if when.how == "at":
        return tuple(visit_at(protocol, point) for point in when.points)
    first = 1 if when.how == "by" else day_of(protocol, when.points[0])
    last = max(day_of(protocol, point) for point in when.points)
    return tuple(
        visit for visit in visits_measured(condition, protocol) if first <= visit.day <= last
    )


def visits_measured(condition: Condition, protocol: Protocol) -> tuple[Visit, ...]:
    """The visits after screening at which everything that a condition speaks of is measured."""
    measures = measures_of(condition, protocol)
    planned = [set(measured_at(protocol, measure)) for measure in measures]
    if not planned:
        return ()
    common = set.intersection(*planned)
    kept = [visit for visit in common if visit.epoch != "screening"]
    return tuple(sorted(kept, key=lambda visit: visit.day))


def measures_of(condition: Condition, protocol: Protocol) -> tuple[str, ...]:
    """The measures of the schedule that a condition speaks of, through the terms it names."""
    found: dict[str, None] = {}
    for atom in atoms(condition):
        if isinstance(atom, Compare) and atom.value in protocol.schedule.measure:
            found[atom.value] = None
        elif isinstance(atom, Named):
            found.update(dict.fromkeys(measures_of(protocol.terms[atom.term], protocol)))
    return tuple(found)


def _state(condition: State, situation: Situation) -> Codes:
    years = situation.records.facts.get(condition.of)
    if years is None or condition.state != "has" or condition.excepting or condition.stable:
        return np.full(situation.records.shape, UNKNOWN, np.int8)
    needed = _years(condition.span) if condition.span else 0.0
    longer = years > needed if condition.longer else years >= needed
    return _verdict(longer, ~np.isnan(years))


def _years(span: Duration) -> float:
    """A span in years; 6 months are exactly half a year."""
    return span.number / 12 if span.unit == "month" else span.number * DAYS_PER[span.unit] / 365.25


def _compare(condition: Compare, situation: Situation) -> Codes:
    now = value_at(condition.value, situation)
    if now is None:
        return np.full(situation.records.shape, UNKNOWN, np.int8)
    scale = scale_of(condition.value, situation.protocol)
    if condition.derived is None:
        return _beside(condition, now, scale.steps_in_one)
    if condition.derived == "loss":
        return _loss(condition, _gain(condition.value, situation), situation)
    if isinstance(condition.since, Point):
        base = _value_at_point(condition.value, condition.since, situation)
    else:
        base = baseline_value(condition.value, situation)
    if condition.derived == "change":
        return _beside(condition, now - base, scale.steps_in_one)
    gained = base - now if scale.lower_is_better else now - base
    whole = np.where(base > 0, base, np.nan)
    return _share_within(condition, gained, whole)


def _loss(condition: Compare, gained: Floats, situation: Situation) -> Codes:
    """Loss since R is the share of the improvement at R that is gone again.

    Where nothing had been gained at a fixed visit R the loss is unknown; nothing gained since
    baseline at any visit so far cannot be lost, so there the condition is not met.
    """
    if isinstance(condition.since, Point):
        at_reference = situation.at(visit_at(situation.protocol, condition.since))
        gained_before = _gain(condition.value, at_reference)
        whole = np.where(gained_before > 0, gained_before, np.nan)
        return _share_within(condition, gained_before - gained, whole)
    best = gained
    for visit in visits_measured(condition, situation.protocol):
        if 0 < visit.day < situation.visit.day:
            best = np.fmax(best, _gain(condition.value, situation.at(visit)))
    verdict = _share_within(condition, best - gained, np.where(best > 0, best, np.nan))
    nothing_gained = ~np.isnan(gained) & (best <= 0)
    return np.where(nothing_gained, np.int8(NOT_MET), verdict)


def _gain(measure: str, situation: Situation) -> Floats:
    now, base = value_at(measure, situation), baseline_value(measure, situation)
    if now is None:
        return np.full(situation.records.shape, np.nan)
    return base - now if scale_of(measure, situation.protocol).lower_is_better else now - base


def _value_at_point(measure: str, point: Point, situation: Situation) -> Floats:
    value = value_at(measure, situation.at(visit_at(situation.protocol, point)))
    return np.full(situation.records.shape, np.nan) if value is None else value


def value_at(measure: str, situation: Situation) -> Floats | None:
    """A measure at the situation's visit, in whole steps; None where unknown.

    A fact is as it is, but age is counted in completed years: somebody of 70.9 years is 70.
    """
    records = situation.records
    if measure in records.facts:
        fact = records.facts[measure]
        return np.floor(fact) if measure == AGE else fact
    if measure not in records.values:
        return None
    values = records.values[measure][..., records.visit_index(situation.visit)]
    steps = scale_of(measure, situation.protocol).steps_in_one
    return values if steps == 1 else np.rint(values * steps)


def baseline_value(measure: str, situation: Situation) -> Floats:
    """What improvement is counted from: the last value on or before day 0, in whole steps."""
    base = np.full(situation.records.shape, np.nan)
    for visit in situation.records.visits:
        if visit.day <= 0:
            now = value_at(measure, situation.at(visit))
            base = base if now is None else np.where(np.isnan(now), base, now)
    return base


def scale_of(measure: str, protocol: Protocol) -> Scale:
    """The steps of a measure: those of its instrument, or none of its own."""
    use = protocol.instruments.get(measure)
    if use is None:
        return Scale(1, True)
    if use.library is None:
        return Scale(1, use.better == "lower")
    found = instrument(use.library)
    return Scale(round(1 / found.step), found.better == "lower")


def _beside(condition: Compare, value: Floats, steps: int) -> Codes:
    """Compare a value, or a change, in whole steps with the threshold."""

    def holds(sign: str, threshold: Fraction) -> NDArray[np.bool_]:
        return _COMPARE[sign](value, float(threshold * steps))

    return _verdict(_held(condition, holds), ~np.isnan(value))


def _share_within(condition: Compare, part: Floats, whole: Floats) -> Codes:
    """Compare part / whole with a percentage without dividing: whole numbers stay exact."""

    def holds(sign: str, percent: Fraction) -> NDArray[np.bool_]:
        return _COMPARE[sign](part * (100 * percent.denominator), whole * percent.numerator)

    return _verdict(_held(condition, holds), ~np.isnan(part) & ~np.isnan(whole))


def _held(
    condition: Compare, holds: Callable[[str, Fraction], NDArray[np.bool_]]
) -> NDArray[np.bool_]:
    sign = ">=" if condition.compare == "in" else condition.compare
    held = holds(sign, Fraction(str(condition.threshold)))
    if condition.upper is not None:
        held = held & holds("<=", Fraction(str(condition.upper)))
    return held


def _verdict(met: NDArray[np.bool_], known: NDArray[np.bool_]) -> Codes:
    verdict: Codes = np.where(known, met.astype(np.int8), np.int8(UNKNOWN)).astype(np.int8)
    return verdict
