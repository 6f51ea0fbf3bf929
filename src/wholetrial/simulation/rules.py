"""What a trial's rules do at a visit: give, stop, titrate; an unknown condition does nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from wholetrial.conditions.evaluate import MET, Situation, evaluate
from wholetrial.data.records import STOPS_TREATMENT, Flags, Floats
from wholetrial.protocol.condition import (
    AllOf,
    AnyOf,
    AtLeast,
    Condition,
    Consent,
    History,
    IfThen,
    Judgement,
    Not,
    Unless,
)
from wholetrial.protocol.design import Rule, Step
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import Visit, visits_named
from wholetrial.simulation.dosing import (
    Given,
    Recipients,
    amount_for,
    assigned_amount,
    doses_as_in,
    together,
    without_stopped,
)
from wholetrial.simulation.population import NotSimulatedError


def rules_at(protocol: Protocol, visit: Visit) -> Mapping[str, Rule]:
    """The rules that are applied at a visit."""
    return {
        name: rule
        for name, rule in protocol.rules.items()
        if visit in visits_named(protocol, rule.at)
    }


def apply_rules(situation: Situation, doses: Sequence[Given], people: Recipients) -> list[Given]:
    """The doses after the rules of the situation's visit; what happened is noted in the records."""
    records, visit = situation.records, situation.visit
    doses, day = list(doses), records.day[..., records.visit_index(visit)]
    rules = rules_at(situation.protocol, visit)
    if not rules:
        return doses
    for name, rule in rules.items():
        who = concerned(rule, situation)
        if rule.stop is not None:
            _note(records.events[STOPS_TREATMENT], who, day)
            doses = without_stopped(doses, np.where(who, float(visit.day), np.nan))
        elif rule.start is not None:
            doses = _titrated(rule, situation, doses)
        elif rule.give is not None:
            doses, who = given_by(name, situation, who, (doses, people))
        _note(records.events[name], who, day)
    stops = records.events[STOPS_TREATMENT]
    # Who came before the planned day, and stops before it, still has the dose of the visit.
    later = np.where(day < stops, np.maximum(stops, visit.day + 1.0), stops)
    return without_stopped(doses, later, visit.day)


def given_by(
    name: str, situation: Situation, who: Flags, context: tuple[Sequence[Given], Recipients]
) -> tuple[list[Given], Flags]:
    """The doses after a rule has ended or begun what it gives, and in whom it began.

    `who` meets the rule's condition; `context` is what everybody receives so far, and they. What a
    rule gives ends before it begins again, never at the same visit.
    """
    rule, day = situation.protocol.rules[name], situation.visit.day
    doses, people = list(context[0]), context[1]
    running = is_running(name, doses, day, who.shape)
    if rule.until is not None:
        everybody = concerned(_for_everybody(rule), situation)
        ends = running & everybody & (evaluate(rule.until, situation) == MET)
        doses = [
            replace(one, amount=np.where(ends, np.nan, one.amount))
            if one.rule == name and one.day >= day
            else one
            for one in doses
        ]
    who = who & _may_again(rule, situation.records.events[name], running)
    gifts = _gift(rule, who, situation, (doses, people))
    if rule.instead:
        doses = _without_planned(doses, who, day, {one.intervention for one in gifts})
    arms = tuple(map(list(situation.protocol.arms).index, _arms_of(rule, situation)))
    gifts = [replace(one, rule=name, arms=arms, fresh=True) for one in gifts]
    return together([*doses, *gifts]), who


def _arms_of(rule: Rule, situation: Situation) -> tuple[str, ...]:
    return tuple(situation.protocol.arms_named(*rule.arms))


def is_running(name: str, doses: Sequence[Given], day: int, shape: tuple[int, ...]) -> Flags:
    """Who is being treated by a rule on a day: a dose of it is due, or still treats."""
    running = np.zeros(shape, np.bool_)
    for given in doses:
        if given.rule == name and given.day + given.days > day:
            running |= ~np.isnan(given.amount)
    return running


def _without_planned(
    doses: Sequence[Given], who: Flags, day: int, interventions: set[str]
) -> list[Given]:
    """The doses without those due from a day on, in these participants."""
    return [
        replace(one, amount=np.where(who, np.nan, one.amount))
        if one.day >= day and one.intervention in interventions
        else one
        for one in doses
    ]


def concerned(rule: Rule, situation: Situation) -> Flags:
    """Who is in the rule's arms, attends the visit and meets the rule's condition."""
    protocol, records = situation.protocol, situation.records
    arms = [tuple(protocol.arms).index(name) for name in protocol.arms_named(*rule.arms)]
    attends = ~np.isnan(records.day[..., records.visit_index(situation.visit)])
    chosen: Flags = np.isin(records.arm, np.asarray(arms, np.int8)) & attends
    if rule.when is not None:
        chosen = chosen & (evaluate(rule.when, situation) == MET)
    return chosen


def never_known(protocol: Protocol) -> tuple[str, ...]:
    """The rules whose condition no simulated record can meet, so that they never apply."""
    return tuple(
        name
        for name, rule in protocol.rules.items()
        if rule.when is not None and not _can_be(rule.when, met=True)
    )


def _can_be(condition: Condition, *, met: bool) -> bool:
    """Whether records could show a condition met, or not met: nobody records a judgement."""
    match condition:
        case History() | Judgement() | Consent():
            return False
        case Not():
            return _can_be(condition.negated, met=not met)
        case AllOf():
            return (all if met else any)(_can_be(part, met=met) for part in condition.all)
        case AnyOf():
            return (any if met else all)(_can_be(part, met=met) for part in condition.any)
        case IfThen():
            either = (_can_be(condition.premise, met=not met), _can_be(condition.then, met=met))
            return any(either) if met else all(either)
        case Unless():
            both = (_can_be(condition.holds, met=met), _can_be(condition.unless, met=not met))
            return all(both) if met else any(both)
        case AtLeast():
            enough = condition.at_least if met else len(condition.of) - condition.at_least + 1
            return sum(_can_be(part, met=met) for part in condition.of) >= enough
        case _:
            return True


def _may_again(rule: Rule, happened: Floats, running: Flags) -> Flags:
    """Who may begin: what lasts begins once unless stated, a single dose is given each time."""
    gift = rule.give
    lasts = gift is not None and (gift.as_in is not None or gift.every is not None)
    if rule.repeat == "once" or (rule.repeat is None and lasts):
        return np.isnan(happened)
    return ~running if lasts else np.ones(happened.shape, np.bool_)


def _gift(
    rule: Rule, who: Flags, situation: Situation, context: tuple[Sequence[Given], Recipients]
) -> list[Given]:
    """What a rule gives to these participants; `context` is what they receive so far, and they."""
    gift, visit = rule.give, situation.visit
    doses, people = context
    if gift is None:
        return []
    if gift.as_in is not None:
        last = max(visit.day for visit in situation.records.visits)
        begun = doses_as_in(situation.protocol, gift.as_in, people, who, from_day=visit.day)
        return [given for given in begun if given.day <= last]
    amount: Floats | None = None
    if gift.as_assigned:
        amount = assigned_amount(str(gift.intervention), doses)
    else:
        amount = amount_for(people, gift, gift.amount or 0.0)
    if amount is None:
        raise NotSimulatedError(f"'{gift}' where nobody is assigned it")
    amount, name = np.where(who, amount, np.nan), str(gift.intervention)
    if gift.every is None:
        return [Given(name, visit.day, amount)]
    last = max(visit.day for visit in situation.records.visits)
    end = last + 1 if gift.length is None else min(visit.day + gift.length.days, last + 1)
    step = gift.every.days
    return [Given(name, day, amount, step) for day in range(visit.day, end, step)]


def _titrated(rule: Rule, situation: Situation, doses: Sequence[Given]) -> list[Given]:
    """The doses from this visit on, raised or lowered within the range of the file."""
    if rule.start is None:
        return list(doses)
    in_arms = concerned(_for_everybody(rule), situation)
    raised, lowered = (_meets(step, in_arms, situation) for step in (rule.raised, rule.lower))
    low, high = _range_of(situation.protocol, rule)
    change = np.where(lowered, -_size(rule.lower), np.where(raised, _size(rule.raised), 0.0))
    return [
        replace(given, amount=np.clip(given.amount + change, low, high))
        if given.intervention == rule.start.intervention and given.day >= situation.visit.day
        else given
        for given in doses
    ]


def _for_everybody(rule: Rule) -> Rule:
    """The rule for everybody of its arms."""
    return rule.model_copy(update={"when": None})


def _meets(step: Step | None, who: Flags, situation: Situation) -> Flags:
    if step is None:
        return np.zeros(who.shape, np.bool_)
    meets: Flags = who & (evaluate(step.when, situation) == MET)
    return meets


def _size(step: Step | None) -> float:
    return step.by.number if step is not None else 0.0


def _range_of(protocol: Protocol, rule: Rule) -> tuple[float, float]:
    """The range within which a rule titrates: that of the arms' doses."""
    from wholetrial.protocol.timeline import administrations

    ranges = [
        (dose.amount or 0.0, dose.most or dose.amount or 0.0)
        for arm in protocol.arms_named(*rule.arms)
        for dose in administrations(protocol, arm)
        if rule.start is not None and dose.intervention == rule.start.intervention
    ]
    return (
        (min(low for low, _ in ranges), max(high for _, high in ranges))
        if ranges
        else (0.0, np.inf)
    )


def _note(days: Floats, who: Flags, day: Floats) -> None:
    first = who & ~(days <= day)
    days[first] = day[first]
