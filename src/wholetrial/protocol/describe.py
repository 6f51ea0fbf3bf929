"""A trial on one page of plain English, all of it derived from the protocol."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from textwrap import fill

from wholetrial.protocol.analysis_plan import SUMMARIES, TESTS, Analysis
from wholetrial.protocol.condition_in_words import condition_in_words
from wholetrial.protocol.design import Rule
from wholetrial.protocol.design_in_words import (
    design_in_words,
    endpoint_in_words,
    epoch_in_words,
)
from wholetrial.protocol.dose import Gift
from wholetrial.protocol.eligibility import Criterion
from wholetrial.protocol.endpoint import LEVELS
from wholetrial.protocol.english import (
    amount,
    arm_in_words,
    intervention_in_words,
    listed,
    measure_in_words,
    name_in_words,
    plan_in_words,
    point_in_words,
    sentence,
    window_in_words,
)
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.provenance import ASSUMED

WIDTH = 88
_ROUTES = {
    "subcutaneous": "by injection under the skin",
    "intravenous": "into a vein",
    "oral": "by mouth",
    "topical": "on the skin",
    "intramuscular": "by injection into a muscle",
}


def describe(protocol: Protocol) -> str:
    """The trial in words: question, design, visits, people, rules, endpoints, analyses, doubts."""
    parts = {
        "Question": [protocol.design.question, *protocol.design.objectives],
        "Design": [design_in_words(protocol), *_interventions(protocol)],
        "Visits": list(_schedule(protocol)),
        "Who may take part": list(_people(protocol)),
        "Rules": [_rule(name, rule, protocol) for name, rule in protocol.rules.items()],
        "Endpoints": list(_endpoints(protocol)),
        "Analyses": list(_analyses(protocol)),
        "What is assumed": list(_assumed(protocol)),
        "What is unsettled": list(_unsettled(protocol)),
    }
    told = [fill(f"{protocol.title} ({protocol.trial})", WIDTH)]
    for heading, sentences in parts.items():
        text = " ".join(sentence(one) for one in sentences if one)
        if text:
            told.append(f"{heading}\n{fill(text, WIDTH)}")
    return "\n\n".join(told) + "\n"


def _interventions(protocol: Protocol) -> Iterator[str]:
    by_route = defaultdict(list)
    for intervention in protocol.interventions.values():
        by_route[intervention.route].append(intervention.name)
    for route, names in by_route.items():
        if route in _ROUTES:
            verb = "are" if len(names) > 1 else "is"
            yield f"{'; '.join(names)} {verb} given {_ROUTES[route]}"


def _schedule(protocol: Protocol) -> Iterator[str]:
    start = {"first_dose": "the first dose", "randomization": "randomization"}
    yield f"Week 0 is the day of {start[protocol.schedule.counted_from]}"
    for name, point in protocol.schedule.events.items():
        yield f"The {name_in_words(name)} falls on {point_in_words(point)}"
    for name, epoch in protocol.schedule.epochs.items():
        only = f", only if {condition_in_words(epoch.only_if, protocol)}" if epoch.only_if else ""
        window = f" ({window_in_words(epoch.window)})" if epoch.window else ""
        yield f"The {name_in_words(name)} visits fall {epoch_in_words(epoch)}{window}{only}"
    by_plan = defaultdict(list)
    for name, plan in protocol.schedule.measure.items():
        used = protocol.instruments.get(name)
        taken = used is not None and used.sample is not None
        measure = name_in_words(name) if taken else measure_in_words(name, protocol)
        by_plan[plan_in_words(plan)].append(measure)
    told = [f"{listed(names)} at {plan}" for plan, names in by_plan.items()]
    if told:
        yield f"Taken are {'; '.join(told)}"


def _people(protocol: Protocol) -> Iterator[str]:
    eligibility = protocol.eligibility
    needed = _criteria(eligibility.include, protocol)
    if needed:
        when = name_in_words(eligibility.anchor)
        yield f"Somebody may take part if, at {when}, {'; '.join(needed)}"
    forbidden = _criteria(eligibility.exclude, protocol)
    if forbidden:
        yield f"Nobody may take part if {'; or if '.join(forbidden)}"
    permitted = [criterion.text.rstrip(".") for criterion in eligibility.permit.values()]
    if permitted:
        yield f"The trial allows the following: {'; '.join(permitted)}"
    unseen = eligibility.unseen
    if unseen:
        yield (
            "The source hides criteria: "
            f"{_hidden(unseen.include)} for inclusion and {_hidden(unseen.exclude)} for exclusion"
        )


def _hidden(count: int | str) -> str:
    return "an unknown number" if count == "not known" else str(count)


def _criteria(criteria: Mapping[str, Criterion], protocol: Protocol) -> list[str]:
    told = dict[str, None]()
    for criterion in criteria.values():
        if criterion.rule is not None:
            told[condition_in_words(criterion.rule, protocol)] = None
        elif not criterion.heads:
            told[f'the following holds: "{criterion.text.rstrip(".")}"'] = None
    return list(told)


def _rule(name: str, rule: Rule, protocol: Protocol) -> str:
    arms = listed(arm_in_words(arm, protocol) for arm in rule.arms)
    when = f", if {condition_in_words(rule.when, protocol)}" if rule.when is not None else ""
    did = [_given(rule.give, protocol)] if rule.give else []
    did += ["study treatment stops"] if rule.stop else []
    did += [f"treatment starts with {_gift(rule.start, protocol)}"] if rule.start else []
    for direction, step in (("rises", rule.raised), ("falls", rule.lower)):
        if step is not None:
            size = amount(step.by.number, step.by.unit)
            condition = condition_in_words(step.when, protocol)
            did.append(f"the dose {direction} by {size} if {condition}")
    at = plan_in_words(rule.at)
    return f"{name_in_words(name)} (in {arms}, at {at}): {listed(did)}{when}"


def _given(gift: Gift, protocol: Protocol) -> str:
    if gift.as_in:
        return f"the participant is treated as in {arm_in_words(gift.as_in, protocol)}"
    return f"the participant receives {_gift(gift, protocol)}"


def _gift(gift: Gift, protocol: Protocol) -> str:
    name = intervention_in_words(gift.intervention or "treatment", protocol)
    if gift.as_assigned:
        return f"{name} in the assigned dose"
    return f"{name} {amount(gift.amount, gift.unit)}" if gift.amount is not None else name


def _endpoints(protocol: Protocol) -> Iterator[str]:
    named = protocol.endpoints.named()
    for level in LEVELS:
        told = [
            endpoint_in_words(endpoint, protocol)
            for stood, endpoint in named.values()
            if stood == level
        ]
        if told:
            plural = "endpoint is" if len(told) == 1 else "endpoints are"
            yield f"The {level} {plural} {'; '.join(told)}"
    by_strategy = defaultdict(list)
    for event, strategy in protocol.intercurrent.items():
        by_strategy[strategy].append(f'"{name_in_words(event)}"')
    for strategy, events in by_strategy.items():
        yield f"For {listed(events)} the {name_in_words(strategy)} strategy applies"
    yield from _missing(protocol)


def _missing(protocol: Protocol) -> Iterator[str]:
    missing = protocol.missing
    if missing.response:
        yield f"A missing response is handled as: {missing.response}"
    if missing.change:
        yield f"A missing change is handled as: {missing.change}"
    if missing.time_to:
        yield f"A time without the event is {missing.time_to}"


def _analyses(protocol: Protocol) -> Iterator[str]:
    for name, analysis in protocol.analyses.items():
        yield _analysis(name, analysis, protocol)


def _analysis(name: str, analysis: Analysis, protocol: Protocol) -> str:
    chosen = protocol.analysis_sets.get(analysis.set)
    people = str(chosen) if chosen else name_in_words(analysis.set)
    endpoints = listed(name_in_words(endpoint) for endpoint in analysis.of)
    test = TESTS.get(analysis.test, name_in_words(analysis.test))
    summary = SUMMARIES.get(analysis.estimate.summary, name_in_words(analysis.estimate.summary))
    interval = name_in_words(analysis.estimate.interval).title().replace(" T", " t")
    words = [f"{name_in_words(name)}: {endpoints} in {people}"]
    words += [_contrast(analysis, protocol)]
    words += ["without a test" if analysis.test == "none" else f"by {test}"]
    words += [f"at the {analysis.alpha} level" if analysis.alpha else ""]
    words += [f"reporting {summary}"]
    if analysis.at:
        words.append(f"read at {point_in_words(analysis.at)}")
    level = amount(analysis.estimate.level, "%")
    words += [f"with {level} intervals ({interval})"]
    if analysis.multiplicity:
        how = name_in_words(analysis.multiplicity)
        no = "without correction for multiplicity"
        words.append(no if how == "none" else f"with the {how} correction")
    if analysis.beside:
        factors = listed(measure_in_words(f, protocol) for f in analysis.beside.adjust_for)
        how = name_in_words(analysis.beside.adjusted_by)
        words.append(f"and beside it an estimate adjusted for {factors} by {how}")
    return ", ".join(word for word in words if word)


def _contrast(analysis: Analysis, protocol: Protocol) -> str:
    if analysis.compare:
        names = {"experimental": "experimental arm", "control": "control arm"}
        arms = names.get(analysis.compare.arms) or arm_in_words(analysis.compare.arms, protocol)
        control = arm_in_words(analysis.compare.control, protocol)
        pooled = analysis.compare.how == "pooled"
        lead = f"all of the {arms}s together" if pooled else f"each {arms}"
        if analysis.compare.arms not in names:
            lead = arms
        return f"comparing {lead} with {control}"
    return f"against {analysis.against}" if analysis.against else "each arm described by itself"


def _assumed(protocol: Protocol) -> Iterator[str]:
    marks = protocol.provenance.marks
    blocks = [path for path, source in marks.items() if source == ASSUMED]
    if "" in blocks:
        yield "Where no other source is named, this file's statements are assumptions"
    elsewhere = [path.replace(".", ", ").replace("_", " ") for path in blocks if path]
    if elsewhere:
        shown = (
            elsewhere if len(elsewhere) <= 12 else [*elsewhere[:11], f"{len(elsewhere) - 11} more"]
        )
        yield f"Assumed rather than found in a source are these parts: {'; '.join(shown)}"
    for path, found in protocol.provenance.readings.items():
        others = listed((name_in_words(n) for n in found.readings if n != found.taken), "or")
        where = path.replace(".", ", ").replace("_", " ")
        rest = f", not {others}" if others else ""
        yield f"For {where} the reading taken is {name_in_words(found.taken)}{rest}"
    assumed = protocol.assumptions
    if assumed and assumed.scenarios:
        worlds = (
            f"{name_in_words(name)} ({'should succeed' if one.succeeds else 'should not succeed'})"
            for name, one in assumed.scenarios.items()
        )
        yield f"The design is tried in these scenarios: {listed(worlds)}"


def _unsettled(protocol: Protocol) -> Iterator[str]:
    for doubt in protocol.unsettled:
        says, taken = doubt.says.rstrip("."), doubt.taken.rstrip(".")
        yield f"{doubt.about}: {says}; taken here: {taken}"
