"""The design in a few sentences: arms, doses, visits, primary endpoint, sample size, masking."""

from collections import defaultdict
from collections.abc import Iterator
from math import gcd

from wholetrial.protocol.condition_in_words import (
    condition_in_words,
    participants_in_words,
    relative_clause,
)
from wholetrial.protocol.design import Rule
from wholetrial.protocol.dose import Dose, DoseChoice, Gift, Heavier, repeated_text
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.english import (
    amount,
    arm_in_words,
    count_word,
    intervention_in_words,
    listed,
    listed_apart,
    measure_in_words,
    name_in_words,
    plan_in_words,
    point_in_words,
    points_in_words,
    sentence,
    times_in_words,
    visits_in_words,
)
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Point
from wholetrial.protocol.timeline import ScheduleError, visits

LONGEST_ADJECTIVE = 2
"""Words of a label that still stand well before "arm"."""
_STRUCTURES = {
    "parallel": "parallel-group",
    "crossover": "crossover",
    "single_group": "single-arm",
    "factorial": "factorial",
    "sequential": "sequential",
}


def design_in_words(protocol: Protocol) -> str:
    """The design as a physician would tell it, in one paragraph."""
    return " ".join(
        sentence(told) for told in (*design_sentences(protocol), _primary_endpoints(protocol))
    )


def design_sentences(protocol: Protocol) -> Iterator[str]:
    """The sentences of the design, from the kind of trial to its visits."""
    yield _opening(protocol)
    yield from _arms(protocol)
    yield from _allocation(protocol)
    yield from _masking(protocol)
    for rule in protocol.rules.values():
        yield rule_in_words(rule, protocol)
    yield from _visits(protocol)


def _primary_endpoints(protocol: Protocol) -> str:
    told = [endpoint_in_words(one, protocol) for one in protocol.endpoints.primary.values()]
    return f"The primary {'endpoint is' if len(told) == 1 else 'endpoints are'} {listed(told)}"


def _opening(protocol: Protocol) -> str:
    design = protocol.design
    words = [] if design.phase == "not applicable" else [f"phase {design.phase}"]
    if design.allocation:
        words.append("randomized" if design.allocation.randomized else "nonrandomized")
    words.append("open-label" if design.masking == "none" else _masked_word(design.masking))
    words.append(_STRUCTURES[design.structure])
    article = "an" if words[0].startswith(("o", "n/")) else "a"
    kind = "trial" if design.type == "interventional" else "observational study"
    name = f"the trial {protocol.trial}" if protocol.trial[0].islower() else protocol.trial
    return f"{name} is {article} {', '.join(words)} {kind} in {design.condition}"


def _masked_word(masked: tuple[str, ...]) -> str:
    return "double-masked" if {"participant", "investigator"} <= set(masked) else "masked"


def _arms(protocol: Protocol) -> Iterator[str]:
    arms = protocol.arms.values()
    if len(arms) == 1:
        (arm,) = arms
        people = "participant receives" if arm.n == 1 else "participants receive"
        yield f"{count_word(arm.n)} {people} {doses_in_words(arm.doses, protocol)}"
        return
    numbers = {arm.n for arm in arms}
    if len(numbers) == 1:
        (n,) = numbers
        people = "participant" if n == 1 else "participants"
        each = f"{count_word(n)} {people} in each of {count_word(len(arms))} arms"
        yield f"It plans {each}, {count_word(protocol.n)} in all"
    else:
        each = listed(f"{count_word(arm.n)} in the {arm.label} arm" for arm in arms)
        yield f"It plans {count_word(protocol.n)} participants: {each}"
    given = [f"{arm.label} ({doses_in_words(arm.doses, protocol)})" for arm in arms]
    yield f"The arms are {listed_apart(given)}"


def doses_in_words(doses: tuple[Dose | DoseChoice, ...], protocol: Protocol) -> str:
    """The doses of an arm: "CNTO 1275 45 mg at weeks 0, 1, 2 and 3"."""
    told: list[str] = []
    before = ""
    for dose in doses:
        if isinstance(dose, DoseChoice):
            choices = listed((dose_in_words(one, protocol) for one in dose.one_of), "or")
            told.append(f"by the physician's choice {choices}")
            before = ""
        else:
            told.append(dose_in_words(dose, protocol, named=dose.intervention != before))
            before = dose.intervention
    return ", then ".join(told) if told else "no study treatment"


def dose_in_words(dose: Dose, protocol: Protocol, *, named: bool = True) -> str:
    """One dose, with the name of what is given unless that is already clear."""
    words = [intervention_in_words(dose.intervention, protocol)] if named else []
    if dose.amount is not None:
        size = amount(dose.amount, None if dose.most is not None else dose.unit)
        words.append(f"{size} to {amount(dose.most, dose.unit)}" if dose.most is not None else size)
        if dose.heavier is not None:
            words.append(f"({_heavier(dose.heavier, dose.unit)})")
    return " ".join([*words, times_in_words(dose.times)])


def _heavier(heavier: Heavier, unit: str | None) -> str:
    """The amount above a body weight: "90 mg above 100 kg of body weight"."""
    return f"{amount(heavier.amount, unit)} above {amount(heavier.above, 'kg')} of body weight"


def _allocation(protocol: Protocol) -> Iterator[str]:
    allocation = protocol.design.allocation
    if allocation is None:
        return
    if allocation.randomized is None:
        yield f"Participants are not randomized: {allocation.not_randomized}"
        return
    how = "simple randomization"
    if allocation.randomized == "permuted blocks":
        sizes = listed((str(size) for size in allocation.sizes), "or")
        how = f"permuted blocks of {sizes}"
    numbers = [arm.n for arm in protocol.arms.values()]
    ratio = ":".join(str(n // gcd(*numbers)) for n in numbers)
    strata = listed(measure_in_words(name, protocol) for name in allocation.strata)
    within = f", stratified by {strata}" if allocation.strata else ""
    yield f"Participants are randomized {ratio} by {how}{within}"


def _masking(protocol: Protocol) -> Iterator[str]:
    design = protocol.design
    if design.masking == "none" or not design.masking:
        return
    people = {"participant": "participants", "investigator": "investigators",
              "assessor": "assessors", "caregiver": "caregivers"}  # fmt: skip
    unaware = listed(people[one] for one in design.masking)
    by = ""
    if design.masked_by:
        given = intervention_in_words(design.masked_by, protocol)
        by = f"; {given} is given wherever another arm is injected"
    yield f"{unaware} do not know the assigned arm{by}"


def _visits(protocol: Protocol) -> Iterator[str]:
    epochs = protocol.schedule.epochs.values()
    certain = [item for epoch in epochs if epoch.only_if is None for item in epoch.visits.items]
    if certain:
        yield f"{_how_many(protocol)} planned: {visits_in_words(certain, 'then')}"
    for epoch in epochs:
        if epoch.only_if is not None:
            condition = condition_in_words(epoch.only_if, protocol)
            yield f"Visits {plan_in_words(epoch.visits)} follow only if {condition}"


def _how_many(protocol: Protocol) -> str:
    try:
        count = sum(visit.only_if is None for visit in visits(protocol))
    except ScheduleError:
        return "visits are"
    return "one visit is" if count == 1 else f"{count_word(count)} visits are"


def rule_in_words(rule: Rule, protocol: Protocol) -> str:
    """What a rule does: "at week 20, participants in Placebo receive CNTO 1275 90 mg"."""
    told = [_done(rule, protocol)]
    for direction, step in (("rises", rule.raised), ("falls", rule.lower)):
        if step is not None:
            size = amount(step.by.number, step.by.unit)
            condition = condition_in_words(step.when, protocol)
            told.append(f"the dose {direction} by {size} if {condition}")
    if rule.when is not None:
        told[0] += f" if {condition_in_words(rule.when, protocol)}"
    if rule.until is not None:
        told.append(f"this ends once {condition_in_words(rule.until, protocol)}")
    if rule.repeat == "each_time":
        told.append("it may begin again each time it has ended")
    elif rule.repeat == "once":
        told.append("this happens once")
    return f"{plan_in_words(rule.at)}, {'; '.join(told)}"


def _done(rule: Rule, protocol: Protocol) -> str:
    arms = listed(_arm(arm, protocol) for arm in rule.arms)
    within = "" if "all" in rule.arms else f" in {arms}"
    if rule.stop and not rule.give and not rule.start:
        return f"a participant{within} stops study treatment"
    who = f"participants{within}"
    does = [_given(rule.give, protocol)] if rule.give else []
    does += ["no longer receive the doses planned"] if rule.instead else []
    does += ["stop study treatment"] if rule.stop else []
    does += (
        [f"have their dose adjusted, starting from {gift_in_words(rule.start, protocol)}"]
        if rule.start
        else []
    )
    return f"{who} {listed(does)}"


def _arm(arm: str, protocol: Protocol) -> str:
    label = arm_in_words(arm, protocol)
    if arm not in protocol.arms:
        return label
    return f"the {label} arm" if len(label.split()) <= LONGEST_ADJECTIVE else f'the arm "{label}"'


def _given(gift: Gift, protocol: Protocol) -> str:
    if gift.as_in:
        return f"are treated as in {_arm(gift.as_in, protocol)}"
    return f"receive {gift_in_words(gift, protocol)}"


def gift_in_words(gift: Gift, protocol: Protocol) -> str:
    """What a rule gives: "CNTO 1275 90 mg", "CNTO 1275 in the assigned dose"."""
    name = intervention_in_words(gift.intervention or "treatment", protocol)
    if gift.as_assigned:
        return f"{name} in the assigned dose{_repeated(gift)}"
    if gift.amount is None:
        return name
    told = f"{name} {amount(gift.amount, gift.unit)}"
    if gift.heavier is not None:
        told += f" ({_heavier(gift.heavier, gift.unit)})"
    return told + _repeated(gift)


def _repeated(gift: Gift) -> str:
    """How a gift is repeated: " every 4 weeks for 12 weeks"."""
    return repeated_text(gift).removeprefix(",")


def endpoint_in_words(endpoint: Endpoint, protocol: Protocol) -> str:
    """What an endpoint observes, as a noun: "the share of participants for whom PASI has ..."."""
    told = observed_in_words(endpoint, protocol)
    if endpoint.among is None:
        return told
    return f"{told}, among {participants_in_words(endpoint.among, protocol)}"


def observed_in_words(endpoint: Endpoint, protocol: Protocol) -> str:
    """What an endpoint observes, without saying among whom."""
    match endpoint.kind:
        case "response":
            met = [relative_clause(one, protocol) for one in endpoint.response]
            return f"the share of participants {_one_word_apart(met) or '; '.join(met)}"
        case "change":
            changes = listed(_changes(endpoint, protocol))
            return f"the change from baseline in {changes}"
        case "time_to":
            return _time_to(endpoint, protocol)
        case "events":
            return _events(endpoint)
        case "used":
            return _used(endpoint, protocol)
        case _:
            taken = listed(name_in_words(name) for name in endpoint.samples)
            split = ""
            if endpoint.split_by is not None:
                people = participants_in_words(endpoint.split_by, protocol)
                split = f", compared between {people} and the others"
            return f"samples of {taken}{split} (planned, not analyzed here)"


def _one_word_apart(told: list[str]) -> str:
    """Clauses that differ in one word only, as one: "by at least 50%, 75% and 90% at week 12"."""
    words = [clause.split(" ") for clause in told]
    if len(told) == 1 or len({len(clause) for clause in words}) > 1:
        return ""
    differing = [at for at, column in enumerate(zip(*words, strict=True)) if len(set(column)) > 1]
    if len(differing) != 1:
        return ""
    (at,) = differing
    return " ".join([*words[0][:at], listed(clause[at] for clause in words), *words[0][at + 1 :]])


def _changes(endpoint: Endpoint, protocol: Protocol) -> Iterator[str]:
    by_measure: defaultdict[str, list[Point]] = defaultdict(list)
    for one in endpoint.change:
        by_measure[one.measure] += one.at.points
    for measure, points in by_measure.items():
        yield f"{measure_in_words(measure, protocol)} at {points_in_words(points)}"


def _time_to(endpoint: Endpoint, protocol: Protocol) -> str:
    condition = condition_in_words(endpoint.time_to, protocol) if endpoint.time_to else ""
    since = point_in_words(endpoint.since) if endpoint.since else "baseline"
    until = point_in_words(endpoint.until) if endpoint.until else "the last visit"
    seen = "known to lie between two visits" if endpoint.seen == "between visits" else "to the day"
    return f"the time from {since} until {condition}, followed to {until} and {seen}"


def _used(endpoint: Endpoint, protocol: Protocol) -> str:
    use = endpoint.used
    if use is None:
        return ""
    name = intervention_in_words(use.intervention, protocol)
    span = f"from {point_in_words(use.start)} to {point_in_words(use.end)}"
    return (
        f"the number of doses of {name} and the days on it {span}, counting at most "
        f"{use.dose_lasts} for a dose"
    )


def _events(endpoint: Endpoint) -> str:
    counted = endpoint.events
    if counted is None:
        return ""
    kind = "serious adverse event" if counted.serious else "adverse event"
    span = f"from {point_in_words(counted.start)} to {point_in_words(counted.end)}"
    grade = ", by grade" if counted.by_grade else ""
    return f"the share of participants with at least one {kind} {span}{grade}"
