"""Names that refer to nothing, with the nearest right name."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from wholetrial.protocol.assumptions import ActsLike, Assumptions, ChangeAim, Choice
from wholetrial.protocol.checks import vocabulary
from wholetrial.protocol.checks.examined import Examined, unknown
from wholetrial.protocol.checks.walk import walk
from wholetrial.protocol.condition import Compare, History, Judgement, Named, State
from wholetrial.protocol.dose import Dose, Gift
from wholetrial.protocol.endpoint import MeasureAt
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Point, Visits

MEASURE = "the name of an instrument"
TERM = "the name of a term"
EVENT = "the name of an event"
CONCEPT = "the name of a concept"
INTERVENTION = "the name of an intervention"
ARM = "the name of an arm"


class Use(NamedTuple):
    """A name used somewhere, what it should name, and the names there are."""

    path: str
    name: str
    what: str
    known: Iterable[str]


def check_names(trial: Examined) -> Iterator[Finding]:
    """Every name that refers to nothing."""
    protocol = trial.protocol
    for path, value in walk(protocol):
        for use in (*_in_condition(protocol, path, value), *_in_phrase(protocol, path, value)):
            yield from _found(trial, use)
    for use in _in_blocks(protocol):
        yield from _found(trial, use)


def _found(trial: Examined, use: Use) -> Iterator[Finding]:
    if use.name not in use.known:
        yield unknown(trial, use.path, use.what, use.name, use.known)


def _in_condition(protocol: Protocol, path: str, value: Any) -> Iterator[Use]:
    concepts = protocol.eligibility.concepts
    match value:
        case Compare():
            yield Use(path, value.value, f"{MEASURE}, age or weight", vocabulary.values(protocol))
            yield from _anchor(protocol, path, value)
        case Named():
            yield Use(path, value.term, TERM, protocol.terms)
        case Judgement():
            yield Use(path, value.judge, "who judges", vocabulary.JUDGES)
        case History():
            yield Use(path, value.had, CONCEPT, concepts)
            yield from _excepted(path, value.excepting, concepts)
            yield from _anchor(protocol, path, value)
        case State():
            spoken = {"is": vocabulary.STATES, "plans": vocabulary.PLANS}.get(value.state, ())
            yield Use(path, value.of, CONCEPT, (*concepts, *spoken))
            yield from _excepted(path, value.excepting, concepts)


def _anchor(protocol: Protocol, path: str, value: Compare | History) -> Iterator[Use]:
    if value.before:
        yield Use(path, value.before, EVENT, vocabulary.events(protocol))


def _excepted(path: str, excepting: str | None, concepts: Iterable[str]) -> Iterator[Use]:
    if excepting:
        yield Use(path, excepting, CONCEPT, concepts)


def _in_phrase(protocol: Protocol, path: str, value: Any) -> Iterator[Use]:
    match value:
        case Point() if value.after:
            yield Use(path, value.after, EVENT, vocabulary.events(protocol))
        case Visits():
            yield from _in_visits(protocol, path, value)
        case Dose():
            yield Use(path, value.intervention, INTERVENTION, protocol.interventions)
        case Gift() if value.as_in:
            yield Use(path, value.as_in, ARM, protocol.arms)
        case Gift() if value.intervention:
            yield Use(path, value.intervention, INTERVENTION, protocol.interventions)
        case MeasureAt():
            yield Use(path, value.measure, MEASURE, vocabulary.values(protocol))


def _in_visits(protocol: Protocol, path: str, value: Visits) -> Iterator[Use]:
    for epoch in filter(None, (value.epoch, value.but)):
        yield Use(path, epoch, "the name of an epoch", protocol.schedule.epochs)
    if value.after:
        yield Use(path, value.after, EVENT, vocabulary.events(protocol))


def _in_blocks(protocol: Protocol) -> Iterator[Use]:
    yield from _in_design(protocol)
    yield from _in_interventions(protocol)
    yield from _in_schedule(protocol)
    yield from _in_eligibility(protocol)
    yield from _in_endpoints(protocol)
    yield from _in_analyses(protocol)
    yield from _in_assumptions(protocol)


def _in_design(protocol: Protocol) -> Iterator[Use]:
    design = protocol.design
    if design.masked_by:
        yield Use("design.masked_by", design.masked_by, INTERVENTION, protocol.interventions)
    if design.allocation:
        factors = (*vocabulary.baseline_names(protocol), *protocol.terms, "center")
        for name in design.allocation.strata:
            yield Use("design.allocation.strata", name, "a baseline factor", factors)
        for name in design.allocation.quota:
            yield Use(f"design.allocation.quota.{name}", name, ARM, protocol.arms)


def _in_interventions(protocol: Protocol) -> Iterator[Use]:
    courses = vocabulary.courses(protocol)
    for name, intervention in protocol.interventions.items():
        path = f"interventions.{name}"
        if intervention.model:
            what = "a model of the library"
            yield Use(f"{path}.model", intervention.model, what, vocabulary.MODELS)
        if intervention.course:
            yield Use(f"{path}.course", intervention.course, "the name of a course", courses)
    for name, rule in protocol.rules.items():
        known = (*vocabulary.arms(protocol), "all")
        for arm in rule.arms:
            yield Use(f"rules.{name}.arms", arm, f"{ARM} or a role", known)


def _in_schedule(protocol: Protocol) -> Iterator[Use]:
    for name in protocol.schedule.measure:
        yield Use(f"schedule.measure.{name}", name, MEASURE, vocabulary.measures(protocol))
    anchor = protocol.eligibility.anchor
    yield Use("eligibility.anchor", anchor, EVENT, vocabulary.events(protocol))
    for name in protocol.eligibility.codes:
        known = (*protocol.eligibility.concepts, *vocabulary.values(protocol))
        yield Use(f"eligibility.codes.{name}", name, "a concept or a measure", known)


def _in_eligibility(protocol: Protocol) -> Iterator[Use]:
    eligibility = protocol.eligibility
    criteria = {**eligibility.include, **eligibility.exclude, **eligibility.permit}
    for block in ("include", "exclude", "permit"):
        for name, criterion in getattr(eligibility, block).items():
            for head in criterion.heads:
                path = f"eligibility.{block}.{name}.heads"
                yield Use(path, head, "the name of a criterion", criteria)


def _in_endpoints(protocol: Protocol) -> Iterator[Use]:
    samples = [name for name, used in protocol.instruments.items() if used.sample]
    for name, (level, endpoint) in protocol.endpoints.named().items():
        if endpoint.used is not None:
            path = f"endpoints.{level}.{name}.used"
            yield Use(path, endpoint.used.intervention, INTERVENTION, protocol.interventions)
        for sample in endpoint.samples:
            path = f"endpoints.{level}.{name}.samples"
            yield Use(path, sample, "the name of a sample", samples)


def _in_analyses(protocol: Protocol) -> Iterator[Use]:
    endpoints = protocol.endpoints.named()
    for name, analysis in protocol.analyses.items():
        path = f"analyses.{name}"
        for endpoint in analysis.of:
            yield Use(f"{path}.of", endpoint, "the name of an endpoint", endpoints)
        what = "the name of an analysis set"
        yield Use(f"{path}.set", analysis.set, what, protocol.analysis_sets)
        if analysis.compare:
            known = vocabulary.arms(protocol)
            for side in (analysis.compare.arms, analysis.compare.control):
                yield Use(f"{path}.compare", side, f"{ARM} or a role", known)
        if analysis.beside:
            method = analysis.beside.adjusted_by
            what = "a method of adjustment"
            yield Use(f"{path}.beside.adjusted_by", method, what, vocabulary.ADJUSTMENTS)
            factors = vocabulary.baseline_names(protocol)
            for covariate in analysis.beside.adjust_for:
                yield Use(f"{path}.beside.for", covariate, "a baseline value", factors)


def _in_assumptions(protocol: Protocol) -> Iterator[Use]:
    assumed = protocol.assumptions
    if assumed is None:
        return
    drawn, by_arm = vocabulary.baseline_names(protocol), vocabulary.arms(protocol)
    values = vocabulary.values(protocol)
    for name in assumed.baseline:
        yield Use(f"assumptions.baseline.{name}", name, "a baseline value", drawn)
    for name in assumed.visit_noise:
        yield Use(f"assumptions.visit_noise.{name}", name, MEASURE, values)
    for path, name in _by_arm(assumed):
        yield Use(path, name, f"{ARM} or a role", by_arm)
    for pair in assumed.correlation:
        for name in pair.split(" with "):
            path = f"assumptions.correlation.{pair}"
            yield Use(path, name, "two baseline values: 'A with B'", drawn)
    if assumed.choice:
        yield from _in_choice(protocol, assumed.choice)
    yield from _in_scenarios(protocol, assumed)
    yield from _in_courses(protocol, assumed)


def _in_courses(protocol: Protocol, assumed: Assumptions) -> Iterator[Use]:
    known = (*vocabulary.baseline_names(protocol), "dose")
    for course, plan in assumed.courses.items():
        for name in plan.depends_on:
            path = f"assumptions.courses.{course}.depends_on.{name}"
            yield Use(path, name, "a baseline value, or dose", known)


def _by_arm(assumed: Assumptions) -> Iterator[tuple[str, str]]:
    yield from ((f"assumptions.dropout.{name}", name) for name in assumed.dropout)
    yield from ((f"assumptions.adverse_events.{name}", name) for name in assumed.adverse_events)


def _in_choice(protocol: Protocol, choice: Choice) -> Iterator[Use]:
    yield Use("assumptions.choice.declines", choice.declines, ARM, protocol.arms)
    for name in choice.odds:
        known = vocabulary.baseline_names(protocol)
        yield Use(f"assumptions.choice.odds.{name}", name, "a baseline value", known)


def _in_scenarios(protocol: Protocol, assumed: Assumptions) -> Iterator[Use]:
    acts = (*protocol.interventions, *vocabulary.courses(protocol))
    for path, value in walk(protocol):
        if isinstance(value, ActsLike) and value.like:
            yield Use(path, value.like, "an intervention or a course", acts)
        elif isinstance(value, ChangeAim):
            yield Use(path, value.measure, MEASURE, vocabulary.values(protocol))
    for name, scenario in assumed.scenarios.items():
        for changed in scenario.as_if:
            path = f"assumptions.scenarios.{name}.as_if.{changed}"
            yield Use(path, changed, INTERVENTION, protocol.interventions)
