"""What virtual participants receive: the doses of their arm, and those that a rule adds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wholetrial.conditions.evaluate import MET, Situation, evaluate
from wholetrial.data.records import Codes, Exposures, Flags, Floats
from wholetrial.protocol.design import Rule
from wholetrial.protocol.dose import DoseChoice
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import Visit, administrations, visits_named
from wholetrial.simulation.course import Doses
from wholetrial.simulation.population import NotSimulatedError


@dataclass(frozen=True, slots=True)
class Given:
    """One intervention on one day: who receives it, and how much (`(..., P)`, NaN for nobody)."""

    intervention: str
    day: int
    amount: Floats


def planned_doses(protocol: Protocol, arm: Codes) -> list[Given]:
    """The doses of everybody's arm, one `Given` for each intervention and day.

    Raises NotSimulatedError for doses that depend on weight, titration or a physician's choice.
    """
    table: dict[tuple[int, str], Floats] = {}
    for index, (name, planned) in enumerate(protocol.arms.items()):
        if any(isinstance(dose, DoseChoice) for dose in planned.doses):
            raise NotSimulatedError(f"arm '{name}': a dose chosen by the physician")
        for dose in administrations(protocol, name):
            if dose.by_weight or dose.most is not None:
                raise NotSimulatedError(f"arm '{name}': a dose by weight or titrated")
            amount = table.setdefault((dose.day, dose.intervention), np.full(arm.shape, np.nan))
            amount[arm == index] = dose.amount or 0.0
    return [Given(name, day, amount) for (day, name), amount in sorted(table.items())]


def rule_doses(rule: Rule, visit: Visit, situation: Situation, doses: list[Given]) -> Given | None:
    """What a rule gives at a visit: to those of its arms who come and meet its condition.

    An unknown condition gives nothing. Raises NotSimulatedError for a rule that titrates or gives
    what another arm receives.
    """
    gift = rule.give
    if gift is None or gift.intervention is None or gift.as_in is not None:
        raise NotSimulatedError(f"a rule that gives '{gift}'" if gift else "a titration rule")
    chosen = concerned(rule, visit, situation)
    amount = (
        assigned_amount(gift.intervention, doses)
        if gift.as_assigned
        else np.full(chosen.shape, gift.amount or 0.0)
    )
    return Given(gift.intervention, visit.day, np.where(chosen, amount, np.nan))


def concerned(rule: Rule, visit: Visit, situation: Situation) -> Flags:
    """Who is in the rule's arms, attends the visit and meets the rule's condition."""
    protocol, records = situation.protocol, situation.records
    arms = [tuple(protocol.arms).index(name) for name in protocol.arms_named(*rule.arms)]
    attends = ~np.isnan(records.day[..., records.visit_index(visit)])
    chosen: Flags = np.isin(records.arm, np.asarray(arms, np.int8)) & attends
    if rule.when is not None:
        chosen = chosen & (evaluate(rule.when, situation.at(visit)) == MET)
    return chosen


def assigned_amount(intervention: str, doses: list[Given]) -> Floats:
    """The amount of an intervention that each participant was first assigned."""
    mine = [given for given in doses if given.intervention == intervention]
    if not mine:
        raise NotSimulatedError(f"'{intervention} as assigned' where nobody is assigned it")
    amount = mine[0].amount
    for given in mine[1:]:
        amount = np.where(np.isnan(amount), given.amount, amount)
    return amount


def rules_at(protocol: Protocol, visit: Visit) -> Mapping[str, Rule]:
    """The rules that are applied at a visit."""
    return {
        name: rule
        for name, rule in protocol.rules.items()
        if visit in visits_named(protocol, rule.at)
    }


def course_doses(doses: list[Given], drugs: Mapping[str, str], span: tuple[int, int]) -> Doses:
    """The doses of a span of days as the disease model takes them, in mg of each drug."""
    inside = [
        given
        for given in doses
        if span[0] <= given.day < span[1] and drugs.get(given.intervention, "placebo") != "placebo"
    ]
    days = tuple(float(day) for day in sorted({given.day for given in inside}))
    amount: dict[str, Floats] = {}
    for given in inside:
        drug = drugs[given.intervention]
        table = amount.setdefault(drug, np.zeros((*given.amount.shape, len(days))))
        table[..., days.index(float(given.day))] += np.nan_to_num(given.amount)
    return Doses(days, amount)


def exposures_of(
    doses: list[Given], interventions: tuple[str, ...], shape: tuple[int, ...]
) -> Exposures:
    """Everything given, as it is recorded: one column for each intervention and day."""
    if not doses:
        empty = np.empty((*shape, 0))
        return Exposures(empty, empty, np.empty((*shape, 0), np.int8))
    ordered = sorted(doses, key=lambda given: (given.day, given.intervention))
    amount = np.stack([given.amount for given in ordered], axis=-1)
    day = np.where(np.isnan(amount), np.nan, np.asarray([float(given.day) for given in ordered]))
    codes = np.asarray([interventions.index(given.intervention) for given in ordered], np.int8)
    return Exposures(day, amount, np.broadcast_to(codes, amount.shape).copy())
