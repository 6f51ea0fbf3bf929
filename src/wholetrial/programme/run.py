"""The main job: protocol, published table, the same trial with virtual participants, report."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from wholetrial.endpoints.handling import NotDerivedError
from wholetrial.programme.asked import (
    MOST_TO_RUN,
    REPLICATES,
    SEED,
    Asked,
    UnknownScenarioError,
    check_numbers,
    check_scenario,
)
from wholetrial.programme.decide import decides, decisions_in
from wholetrial.programme.forecast import forecast_trial
from wholetrial.programme.opening import opening
from wholetrial.programme.results import papers_of, published_beside
from wholetrial.programme.simulate import Ways, simulate_scenario
from wholetrial.programme.trials import load_checked
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Contents, Decisions, Simulated
from wholetrial.simulation.population import NotSimulatedError

__all__ = ["REPLICATES", "SEED", "UnknownScenarioError", "run"]


def run(
    trial: str | Path,
    *,
    version: str | None = None,
    seed: int = SEED,
    replicates: int = REPLICATES,
    scenario: str | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Contents:
    """Run a trial: analyze what is published, simulate it, and put both side by side.

    `trial` is the id of a trial that ships or the path of a file; `replicates` how many trials are
    simulated. The same seed gives the same results on any machine.

    Raises UnknownTrialError, InvalidTrialFileError with every finding, UnknownScenarioError with
    the nearest name, and ValueError for a seed or a number of replicates that is out of range.

    >>> contents = run("NCT00320216", replicates=2)
    >>> tests = [one for one in contents.published.statistics if one.name == "p_value"]
    >>> [round(float(one.value), 2) for one in tests][-2:]
    [0.19, 0.69]
    """
    check_numbers(seed, replicates, MOST_TO_RUN)
    checked = load_checked(trial, version=version)
    check_scenario(scenario, checked.protocol)
    published = published_beside(trial, checked.protocol)
    asked = Asked(replicates, seed, scenario)
    worlds = _other_worlds(checked.protocol, asked)

    def show(done: int, world: int = 0) -> None:
        progress((world * replicates + done) // (1 + len(worlds)))

    simulated, why_not = _simulated(checked.protocol, asked, show)
    decisions = _decisions(checked.protocol, simulated, worlds, asked, show)
    statistics = (
        *(published.statistics if published else ()),
        *(simulated.statistics if simulated else ()),
    )
    return replace(
        opening(checked),
        published=published,
        simulated=simulated,
        not_simulated=why_not,
        references=papers_of(statistics),
        decisions=decisions,
    )


def _simulated(
    protocol: Protocol, asked: Asked, progress: Callable[[int], None]
) -> tuple[Simulated | None, str]:
    try:
        found = forecast_trial(
            protocol,
            seed=asked.seed,
            replicates=asked.replicates,
            scenario=asked.scenario,
            progress=progress,
        )
    except (NotSimulatedError, NotDerivedError) as reason:
        return None, f"not yet simulated: {reason}"
    return found, ""


def _other_worlds(protocol: Protocol, asked: Asked) -> tuple[str, ...]:
    """The scenarios to be simulated beside the trial as modeled, so that decisions are counted."""
    assumed = protocol.assumptions
    if asked.scenario is not None or asked.replicates < 2 or assumed is None:
        return ()
    if not decides(protocol):
        return ()
    return tuple(name for name, scenario in assumed.scenarios.items() if scenario.as_if)


def _decisions(
    protocol: Protocol,
    simulated: Simulated | None,
    worlds: tuple[str, ...],
    asked: Asked,
    progress: Callable[[int, int], None],
) -> Decisions | None:
    """How often the design decides rightly; None where nothing, or one trial, was simulated."""
    if simulated is None or asked.replicates < 2 or protocol.assumptions is None:
        return None
    if asked.scenario is not None:
        return decisions_in(protocol, [simulated])
    found: list[Simulated] = []
    for name in protocol.assumptions.scenarios:
        if name not in worlds:
            found.append(replace(simulated, scenario=name))
            continue
        ways = Ways(progress=_of_world(progress, 1 + worlds.index(name)))
        other = simulate_scenario(protocol, replace(asked, scenario=name), ways)
        found += [other] if other is not None else []
    return decisions_in(protocol, found or [simulated])


def _of_world(progress: Callable[[int, int], None], world: int) -> Callable[[int], None]:
    return lambda done: progress(done, world)
