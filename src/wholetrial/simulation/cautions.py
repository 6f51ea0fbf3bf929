"""What must be read before a forecast: what the model was made for, and what it misses."""

from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.measurement import ASSUMPTIONS
from wholetrial.simulation.population import taken_as_given
from wholetrial.simulation.psoriasis_fit import FITTED_TRIALS, KNOWN_MISSES
from wholetrial.simulation.simulate import Simulation

FITTED_TO = "plaque psoriasis"


def cautions_of(simulation: Simulation) -> tuple[str, ...]:
    """The lines that stand above a forecast; a use beyond the model's data comes first."""
    protocol = simulation.protocol
    lines = [*_beyond_the_data(protocol), *_fitted_to_itself(protocol)]
    if simulation.world.scenario != "as modeled":
        lines.append(f"Scenario '{simulation.world.scenario}': not what is expected, but what if.")
    lines += [
        f"Known miss: {miss.what}: model {miss.model:.0%}, published {miss.published:.0%}."
        for miss in KNOWN_MISSES
    ]
    correlated = protocol.assumptions.correlation if protocol.assumptions else {}
    if correlated:
        pairs = ", ".join(correlated)
        lines.append(f"Baseline values are drawn without the correlation assumed: {pairs}.")
    given = taken_as_given(protocol)
    if given:
        lines.append(
            f"Criteria taken as met, since no virtual person can be asked: {', '.join(given)}."
        )
    lines.append("Intervals show how trials vary by chance; the model's parameters are held fixed.")
    return tuple(lines)


def _beyond_the_data(protocol: Protocol) -> tuple[str, ...]:
    condition = protocol.design.condition
    if FITTED_TO in condition.lower():
        return ()
    line = (
        f"The model was fitted to {FITTED_TO} and is not validated for {condition.lower()}: "
        "this forecast is a what-if."
    )
    return (line,)


def _fitted_to_itself(protocol: Protocol) -> tuple[str, ...]:
    if protocol.trial not in FITTED_TRIALS:
        return ()
    line = (
        "The model was fitted to 31 published numbers, this trial's week 12 among them: "
        "where it agrees with them it shows that it fits, not that it predicts."
    )
    return (line,)


def assumptions_of(simulation: Simulation) -> tuple[tuple[str, str], ...]:
    """What the model takes for granted, each with its reason."""
    kinds = set(simulation.readers.kinds.values())
    needed = {"PGA": {"pga 0-4", "pga 0-5"}, "BSA": {"bsa"}, "DLQI": {"dlqi"}, "a trial": {"own"}}
    used = [word for word, reads in needed.items() if reads & kinds]
    return tuple(
        (assumed.what, assumed.because)
        for assumed in ASSUMPTIONS
        if any(assumed.what.startswith(word) for word in used)
    )
