"""What must be read before a forecast: what the model was made for, and what it misses."""

from collections.abc import Iterator

from wholetrial.protocol.dose import DoseChoice
from wholetrial.protocol.english import listed
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.dropout import stated
from wholetrial.simulation.measurement import ASSUMPTIONS
from wholetrial.simulation.population import taken_as_given
from wholetrial.simulation.psoriasis_fit import KnownMiss
from wholetrial.simulation.rules import never_known
from wholetrial.simulation.simulate import Simulation

FITTED_TO = "plaque psoriasis"


def cautions_of(simulation: Simulation) -> tuple[str, ...]:
    """The lines that stand above a forecast; the first says what kind of forecast it is.

    A scenario and a use beyond the model's data come first of all.
    """
    protocol, world = simulation.protocol, simulation.world
    lines = [*_scenario_by_nature(simulation), *_beyond_the_data(simulation)]
    lines += _fitted_to_itself(simulation)
    if not lines:
        lines.append(f"A forecast by a model that was fitted to {FITTED_TO}, not a result.")
    if world.changed:
        lines.append(f"Scenario '{world.scenario}': not what is expected, but what if.")
    lines += [
        f"Known miss: {miss.what}: model {miss.model:.0%}, published {miss.published:.0%}."
        for miss in _misses(simulation)
    ]
    lines += _what_never_happens(protocol)
    lines += _what_nobody_is_asked(protocol)
    lines.append(f"Left out: {listed(_left_out(protocol))}.")
    lines.append(_what_intervals_hold(simulation))
    return tuple(lines)


def _what_nobody_is_asked(protocol: Protocol) -> Iterator[str]:
    """The criteria that no virtual person can be asked: taken as met, waived, or drawn."""
    assumed = protocol.assumptions.screening if protocol.assumptions else {}
    given = [name for name in taken_as_given(protocol) if name not in assumed]
    waived = [name for name, one in assumed.items() if one.share is None]
    drawn = [f"{name} lets {one} through" for name, one in assumed.items() if one.share]
    if given:
        yield f"Criteria taken as met, since no virtual person can be asked: {', '.join(given)}."
    if waived:
        yield f"Criteria waived for virtual people, as the file assumes: {', '.join(waived)}."
    if drawn:
        yield f"Criteria drawn for virtual people, as the file assumes: {'; '.join(drawn)}."


def _what_intervals_hold(simulation: Simulation) -> str:
    if not simulation.world.drugs:
        return "Intervals show how trials vary by chance; the courses are held as they are assumed."
    if simulation.parameters == "fixed":
        return "Intervals show how trials vary by chance; the model's parameters are held fixed."
    return (
        "Intervals hold chance between trials and the uncertainty of the model's parameters, which "
        "each trial draws anew; success is averaged over both. What else differs between studies "
        "is not in them."
    )


def _misses(simulation: Simulation) -> list[KnownMiss]:
    """What the fit is known to miss of the drugs in the trial, and of placebo."""
    drugs = {drug.name for drug in simulation.world.drugs}
    misses = simulation.world.fit.known_misses if drugs else ()
    return [miss for miss in misses if not miss.drug or miss.drug in drugs]


def _scenario_by_nature(simulation: Simulation) -> tuple[str, ...]:
    courses = simulation.world.courses
    if not courses:
        return ()
    names = ", ".join(name.replace("_", " ") for name in courses)
    line = (
        f"A scenario, no forecast: the effect of {names} is an empirical course assumed in the "
        "trial file, calibrated to the aim stated there, without pharmacology."
    )
    return (line,)


def _what_never_happens(protocol: Protocol) -> Iterator[str]:
    rules = never_known(protocol)
    if rules:
        names = ", ".join(name.replace("_", " ") for name in rules)
        yield f"Rules that never apply here, since no record says when: {names}."
    if any(isinstance(dose, DoseChoice) for arm in protocol.arms.values() for dose in arm.doses):
        yield "Where the physician chooses among treatments, each is equally likely."


def _left_out(protocol: Protocol) -> Iterator[str]:
    """What happens in trials and not in this simulation, because the file does not state it."""
    assumed = protocol.assumptions
    if assumed is None or assumed.missed_visits is None:
        yield "missed visits"
    if assumed is None or assumed.visit_days is None:
        yield "visits off their day"
    linked = {
        "response": stated(protocol, "lack_of_efficacy"),
        "adverse events": stated(protocol, "adverse_event"),
    }
    for what, arms in linked.items():
        if not arms:
            yield f"any link of leaving with {what}"
    if any(linked.values()) and stated(protocol, None):
        yield "any link of leaving with the disease in arms of which the file gives no reasons"
    yield "any link of adverse events with response"


def _beyond_the_data(simulation: Simulation) -> tuple[str, ...]:
    condition = simulation.protocol.design.condition
    if FITTED_TO in condition.lower() or not simulation.world.drugs:
        return ()
    line = (
        f"The model was fitted to {FITTED_TO} and is not validated for {condition.lower()}: "
        "this forecast is a what-if."
    )
    return (line,)


def _fitted_to_itself(simulation: Simulation) -> tuple[str, ...]:
    fit = simulation.world.fit
    if simulation.protocol.trial not in fit.fitted_trials:
        return ()
    line = (
        f"The model was fitted to {fit.fitted_numbers} published numbers, this trial's week 12 "
        "among them: where it agrees with them it shows that it fits, not that it predicts."
    )
    return (line,)


def assumptions_of(simulation: Simulation) -> tuple[tuple[str, str], ...]:
    """What the model takes for granted, each with its reason."""
    kinds = set(simulation.readers.kinds.values())
    needed = {
        "PGA": {"pga 0-4", "pga 0-5"},
        "BSA": {"bsa"},
        "DLQI": {"dlqi"},
        "a trial": {"scale", "laboratory"},
    }
    used = [word for word, reads in needed.items() if reads & kinds]
    return tuple(
        (assumed.what, assumed.because)
        for assumed in ASSUMPTIONS
        if any(assumed.what.startswith(word) for word in used)
    )
