"""The world a trial is simulated in: what stands for each intervention, and how potent it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf

from wholetrial.protocol.assumptions import ActsLike, Assumptions, Course
from wholetrial.protocol.finding import nearest
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.disease import drugs_in
from wholetrial.simulation.pharmacokinetics import DRUGS, Drug
from wholetrial.simulation.population import NotSimulatedError
from wholetrial.simulation.psoriasis_fit import PsoriasisFit, default_fit, fit_named

PLACEBO = "placebo"


@dataclass(frozen=True, slots=True)
class World:
    """What each intervention acts as, a drug of the library or a course of the file.

    `acts_as` names the drug (or placebo) of the mechanistic model, `courses` the empirical course;
    every intervention stands in one of them. `changed` says whether anything acts differently from
    what the file models.
    """

    scenario: str
    acts_as: Mapping[str, str]
    courses: Mapping[str, str]
    drugs: tuple[Drug, ...]
    fit: PsoriasisFit
    succeeds: bool | None
    changed: bool = False


def world_of(protocol: Protocol, scenario: str | None = None) -> World:
    """The world as the file models it, or that of one of its scenarios.

    Raises NotSimulatedError for interventions without a model, and for an unknown scenario.
    """
    assumed = protocol.assumptions
    if assumed is None:
        raise NotSimulatedError("the file has no assumptions")
    acts_as, courses = dict[str, str](), dict[str, str]()
    changes = _changes(assumed, protocol.trial, scenario)
    model = assumed.scenarios[scenario].model if scenario is not None else None
    fit = default_fit() if model is None else fit_named(model)
    for name in protocol.interventions:
        change = changes.get(name)
        like = change.like if change is not None and change.like is not None else None
        if like in assumed.courses:
            courses[name] = str(like)
        else:
            _stand(protocol, name, like or name, (acts_as, courses))
        if change is not None and change.potency is not None:
            fit = _weakened(fit, acts_as.get(name, ""), change.potency)
    drugs = tuple(DRUGS[name] for name in dict.fromkeys(acts_as.values()) if name != PLACEBO)
    drugs = drugs_in(fit.model, drugs)
    succeeds = assumed.scenarios[scenario].succeeds if scenario is not None else None
    name = scenario or "as modeled"
    return World(name, acts_as, courses, drugs, fit, succeeds, changed=bool(changes or model))


def _changes(assumed: Assumptions, trial: str, scenario: str | None) -> Mapping[str, ActsLike]:
    if scenario is None:
        return {}
    if scenario not in assumed.scenarios:
        known = ", ".join(assumed.scenarios)
        advice = nearest(scenario, assumed.scenarios)
        found = f"no scenario '{scenario}': {trial} has {known}"
        raise NotSimulatedError(f"{found}; {advice}" if advice else found)
    return assumed.scenarios[scenario].as_if


def _stand(
    protocol: Protocol, name: str, like: str, tables: tuple[dict[str, str], dict[str, str]]
) -> None:
    """Write down what stands for an intervention: the model or the course of the one it is like."""
    acts_as, courses = tables
    if like not in protocol.interventions:
        raise NotSimulatedError(f"{name}: no intervention and no course '{like}'")
    intervention = protocol.interventions[like]
    if intervention.course is not None:
        if protocol.assumptions is None or intervention.course not in protocol.assumptions.courses:
            raise NotSimulatedError(f"{name}: no course '{intervention.course}' in the assumptions")
        courses[name] = intervention.course
        return
    if intervention.model is None:
        raise NotSimulatedError(f"{name}: the file names no model and no course")
    if intervention.model != PLACEBO and intervention.model not in DRUGS:
        known = ", ".join([*DRUGS, PLACEBO])
        raise NotSimulatedError(f"{name}: no model '{intervention.model}'; there are {known}")
    acts_as[name] = str(intervention.model)


def course_named(protocol: Protocol, name: str) -> Course:
    """A course of the file."""
    if protocol.assumptions is None:
        raise NotSimulatedError("the file has no assumptions")
    return protocol.assumptions.courses[name]


def _weakened(fit: PsoriasisFit, drug: str, potency: float) -> PsoriasisFit:
    """The same fit with a drug that needs 1 / potency times the concentration."""
    if not 0 < potency < inf or not drug or drug == PLACEBO:
        raise NotSimulatedError(
            f"a potency is above 0 and of a modeled drug; got {potency:g} of {drug or 'a course'}"
        )
    changed = tuple(
        row._replace(estimate=row.estimate / potency) if row.name == f"ic50_{drug}" else row
        for row in fit.estimated
    )
    return replace(fit, estimated=changed)
