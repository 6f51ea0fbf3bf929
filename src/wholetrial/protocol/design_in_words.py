"""The design in a few sentences: arms, doses, visits, primary endpoint, sample size, masking."""

from collections.abc import Iterator
from math import gcd

from wholetrial.protocol.condition_in_words import condition_in_words
from wholetrial.protocol.dose import Dose, DoseChoice
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.english import (
    amount,
    count_word,
    intervention_in_words,
    listed,
    measure_in_words,
    name_in_words,
    plan_in_words,
    point_in_words,
    points_in_words,
    sentence,
    times_in_words,
)
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.schedule import Epoch
from wholetrial.protocol.time import Before, Point, Points
from wholetrial.protocol.timeline import ScheduleError, visits

_STRUCTURES = {
    "parallel": "parallel-group",
    "crossover": "crossover",
    "single_group": "single-arm",
    "factorial": "factorial",
    "sequential": "sequential",
}


def design_in_words(protocol: Protocol) -> str:
    """The design as a physician would tell it, in one paragraph."""
    told = [_opening(protocol), _arms(protocol), _allocation(protocol), _masking(protocol)]
    told += [_visits(protocol), _primary(protocol)]
    return " ".join(sentence(part) for part in told if part)


def _opening(protocol: Protocol) -> str:
    design = protocol.design
    words = [] if design.phase == "not applicable" else [f"phase {design.phase}"]
    if design.allocation:
        words.append("randomized" if design.allocation.randomized else "nonrandomized")
    words.append("open-label" if design.masking == "none" else _masked_word(design.masking))
    words.append(_STRUCTURES[design.structure])
    article = "an" if words[0].startswith(("o", "n/")) else "a"
    kind = "trial" if design.type == "interventional" else "observational study"
    return f"{protocol.trial} is {article} {', '.join(words)} {kind} in {design.condition}"


def _masked_word(masked: tuple[str, ...]) -> str:
    return "double-masked" if {"participant", "investigator"} <= set(masked) else "masked"


def _arms(protocol: Protocol) -> str:
    numbers = {arm.n for arm in protocol.arms.values()}
    if len(protocol.arms) == 1:
        (arm,) = protocol.arms.values()
        people = "participant receives" if arm.n == 1 else "participants receive"
        return f"{arm.n:,} {people} {doses_in_words(arm.doses, protocol)}"
    if len(numbers) == 1:
        each = f"{numbers.pop():,} participants in each of {count_word(len(protocol.arms))} arms"
        size = f"It plans {each}, {protocol.n:,} in all"
    else:
        each = listed(f"{arm.n:,} on {arm.label}" for arm in protocol.arms.values())
        size = f"It plans {protocol.n:,} participants: {each}"
    given = "; ".join(
        f"{arm.label} ({doses_in_words(arm.doses, protocol)})" for arm in protocol.arms.values()
    )
    return f"{size}. The arms are {given}"


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
    return " ".join([*words, times_in_words(dose.times)])


def _allocation(protocol: Protocol) -> str:
    allocation = protocol.design.allocation
    if allocation is None:
        return ""
    if allocation.randomized is None:
        return f"Participants are not randomized: {allocation.not_randomized}"
    how = "simple randomization"
    if allocation.randomized == "permuted blocks":
        sizes = listed((str(size) for size in allocation.sizes), "or")
        how = f"permuted blocks of {sizes}"
    numbers = [arm.n for arm in protocol.arms.values()]
    ratio = ":".join(str(n // gcd(*numbers)) for n in numbers)
    strata = listed(measure_in_words(name, protocol) for name in allocation.strata)
    within = f", stratified by {strata}" if allocation.strata else ""
    return f"Participants are randomized {ratio} by {how}{within}"


def _masking(protocol: Protocol) -> str:
    design = protocol.design
    if design.masking == "none":
        return ""
    people = {"participant": "participants", "investigator": "investigators",
              "assessor": "assessors", "caregiver": "caregivers"}  # fmt: skip
    unaware = listed(people[one] for one in design.masking)
    by = ""
    if design.masked_by:
        given = intervention_in_words(design.masked_by, protocol)
        by = f"; {given} is given wherever another arm is injected"
    return f"{unaware} do not know the assigned arm{by}"


def _visits(protocol: Protocol) -> str:
    epochs = protocol.schedule.epochs
    spoken = [epoch_in_words(epoch) for epoch in epochs.values() if epoch.only_if is None]
    later = [epoch for epoch in epochs.values() if epoch.only_if is not None]
    told = "Visits are planned " + ", then ".join(spoken) if spoken else ""
    try:
        count = len(visits(protocol))
        told = (
            told.replace("Visits are", f"{count_word(count)} visits are", 1) if not later else told
        )
    except ScheduleError:
        pass
    for epoch in later:
        condition = condition_in_words(epoch.only_if, protocol) if epoch.only_if else ""
        told += f"{'. ' if told else ''}Visits {epoch_in_words(epoch)} follow only if {condition}"
    return told


def epoch_in_words(epoch: Epoch) -> str:
    """When the visits of an epoch fall: "at weeks 0, 4 and 8", "once within 4 weeks before ..."."""
    items = epoch.visits.items
    points: tuple[Point, ...] = ()
    for item in items:
        points += item.points if isinstance(item, Points) else ()
    if len(items) == 1 and isinstance(items[0], Before):
        return plan_in_words(epoch.visits)
    if all(isinstance(item, Points) for item in items):
        return f"at {points_in_words(points)}"
    spoken = plan_in_words(epoch.visits)
    return (
        spoken
        if spoken.startswith(("every", "daily", "weekly", "monthly", "yearly", "once"))
        else f"at {spoken}"
    )


def _primary(protocol: Protocol) -> str:
    told = [endpoint_in_words(one, protocol) for one in protocol.endpoints.primary.values()]
    verb = "endpoint is" if len(told) == 1 else "endpoints are"
    return f"The primary {verb} {listed(told)}"


def endpoint_in_words(endpoint: Endpoint, protocol: Protocol) -> str:
    """What an endpoint observes, as a noun: "the share of participants for whom PASI has ..."."""
    told = _observed(endpoint, protocol)
    if endpoint.among is None:
        return told
    return f"{told}, among participants for whom {condition_in_words(endpoint.among, protocol)}"


def _observed(endpoint: Endpoint, protocol: Protocol) -> str:
    match endpoint.kind:
        case "response":
            shares = (condition_in_words(one, protocol) for one in endpoint.response)
            return "the share of participants for whom " + listed(shares, "and the share for whom")
        case "change":
            changes = listed(_changes(endpoint, protocol))
            return f"the change from baseline in {changes}"
        case "time_to":
            return _time_to(endpoint, protocol)
        case "events":
            return _events(endpoint)
        case _:
            taken = listed(name_in_words(name) for name in endpoint.samples)
            split = ""
            if endpoint.split_by is not None:
                condition = condition_in_words(endpoint.split_by, protocol)
                split = f", compared between participants for whom {condition} and the others"
            return f"samples of {taken}{split}"


def _changes(endpoint: Endpoint, protocol: Protocol) -> Iterator[str]:
    for one in endpoint.change:
        yield f"{measure_in_words(one.measure, protocol)} at {points_in_words(one.at.points)}"


def _time_to(endpoint: Endpoint, protocol: Protocol) -> str:
    condition = condition_in_words(endpoint.time_to, protocol) if endpoint.time_to else ""
    since = point_in_words(endpoint.since) if endpoint.since else "baseline"
    until = point_in_words(endpoint.until) if endpoint.until else "the last visit"
    seen = "known to lie between two visits" if endpoint.seen == "between visits" else "to the day"
    return f"the time from {since} until {condition}, followed to {until} and {seen}"


def _events(endpoint: Endpoint) -> str:
    counted = endpoint.events
    if counted is None:
        return ""
    kind = "serious adverse event" if counted.serious else "adverse event"
    span = f"from {point_in_words(counted.start)} to {point_in_words(counted.end)}"
    grade = ", by grade" if counted.by_grade else ""
    return f"the share of participants with at least one {kind} {span}{grade}"
