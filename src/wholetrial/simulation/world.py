"""The world a trial is simulated in: which model stands for each intervention, how potent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wholetrial.protocol.finding import nearest
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.pharmacokinetics import DRUGS, Drug
from wholetrial.simulation.population import NotSimulatedError
from wholetrial.simulation.psoriasis_fit import PsoriasisFit, fit_b

PLACEBO = "placebo"


@dataclass(frozen=True, slots=True)
class World:
    """Which drug of the library each intervention acts as, with the parameters of the disease."""

    scenario: str
    acts_as: Mapping[str, str]
    drugs: tuple[Drug, ...]
    fit: PsoriasisFit
    succeeds: bool | None


def world_of(protocol: Protocol, scenario: str | None = None) -> World:
    """The world as the file models it, or that of one of its scenarios.

    Raises NotSimulatedError for interventions without a model, and for an unknown scenario.
    """
    assumed = protocol.assumptions
    if assumed is None:
        raise NotSimulatedError("the file has no assumptions")
    models = {name: _model(protocol, name) for name in protocol.interventions}
    if scenario is None:
        return World("as modeled", models, _drugs(models), fit_b(), None)
    if scenario not in assumed.scenarios:
        known = ", ".join(assumed.scenarios)
        advice = nearest(scenario, assumed.scenarios)
        raise NotSimulatedError(f"no scenario '{scenario}'; the file has {known}. {advice}".strip())
    fit = fit_b()
    for name, change in assumed.scenarios[scenario].as_if.items():
        if change.potency is not None:
            fit = _weakened(fit, models[name], change.potency)
        elif change.like in protocol.interventions:
            models[name] = _model(protocol, str(change.like))
        else:
            raise NotSimulatedError(f"scenario '{scenario}': an empirical course, '{change.like}'")
    succeeds = assumed.scenarios[scenario].succeeds
    return World(scenario, models, _drugs(models), fit, succeeds)


def _model(protocol: Protocol, name: str) -> str:
    intervention = protocol.interventions[name]
    if intervention.model is None:
        raise NotSimulatedError(f"{name}: an empirical course, '{intervention.course}'")
    if intervention.model != PLACEBO and intervention.model not in DRUGS:
        known = ", ".join([*DRUGS, PLACEBO])
        raise NotSimulatedError(f"{name}: no model '{intervention.model}'; there are {known}")
    return intervention.model


def _drugs(models: Mapping[str, str]) -> tuple[Drug, ...]:
    return tuple(DRUGS[name] for name in dict.fromkeys(models.values()) if name != PLACEBO)


def _weakened(fit: PsoriasisFit, drug: str, potency: float) -> PsoriasisFit:
    """The same fit with a drug that needs 1 / potency times the concentration."""
    if potency <= 0:
        raise NotSimulatedError(f"a potency above 0; got {potency}")
    changed = tuple(
        row._replace(estimate=row.estimate / potency) if row.name == f"ic50_{drug}" else row
        for row in fit.estimated
    )
    return replace(fit, estimated=changed)
