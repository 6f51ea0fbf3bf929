"""What is asked of the simulator: how many trials, of which world; and what cannot be asked."""

from dataclasses import dataclass

from wholetrial.protocol.finding import nearest
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.simulate import HowDrawn

SEED = 1
REPLICATES = 200
"""Enough for a forecast beside a published table; the power of a design needs more."""
MOST_TO_RUN = 100_000
MOST_TO_SIMULATE = 10_000_000
MANY = 10_000
"""Enough to know a share within one point: its 95 % Monte Carlo interval is at most that wide."""


class UnknownScenarioError(LookupError):
    """The trial file assumes no scenario of this name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: so many trials with this seed, in one scenario, as modeled (None) or in all."""

    replicates: int = MANY
    seed: int = SEED
    scenario: str | None = None
    parameters: HowDrawn = "drawn"


def check_asked(asked: Asked) -> None:
    """Raise ValueError for a question that cannot be asked."""
    check_numbers(asked.seed, asked.replicates, MOST_TO_SIMULATE)
    if asked.parameters not in ("drawn", "fixed"):
        raise ValueError(f"parameters are drawn or fixed; got '{asked.parameters}'")


def check_numbers(seed: int, replicates: int, most: int) -> None:
    """Raise ValueError for a seed or a number of replicates that is out of range."""
    if not 0 <= seed < 2**64:
        raise ValueError(f"a seed is a whole number from 0 to 2**64 - 1; got {seed}")
    if not 1 <= replicates <= most:
        raise ValueError(f"replicates are 1 to {most:,}; got {replicates}")


def check_scenario(scenario: str | None, protocol: Protocol) -> None:
    """Raise UnknownScenarioError, with the nearest name, for one that the file does not assume."""
    scenarios = protocol.assumptions.scenarios if protocol.assumptions else {}
    if scenario is None or scenario in scenarios:
        return
    known = f"has {', '.join(scenarios)}" if scenarios else "has none"
    advice = nearest(scenario, scenarios)
    said = f"no scenario '{scenario}': {protocol.trial} {known}"
    raise UnknownScenarioError(f"{said}; {advice}" if advice else said)
