"""Simulates a trial very many times, in the worlds of its scenarios, in bounded memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wholetrial.analysis.operating import forecast_of_tally, planned_tests, power_of
from wholetrial.programme.asked import Asked, check_asked, check_scenario
from wholetrial.programme.collect import Collected, collect
from wholetrial.programme.decide import decisions_in
from wholetrial.programme.forecast import Counted, described, sweep_of
from wholetrial.programme.opening import opening
from wholetrial.programme.outputs import (
    Written,
    decision_data,
    enumerated_rows,
    forecast_rows,
    power_rows,
    write_outputs,
)
from wholetrial.programme.results import published_beside
from wholetrial.programme.sweep import (
    Engine,
    Sweep,
    blocks_of,
    in_this_process,
    statistics_of,
)
from wholetrial.programme.trials import load_checked
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Contents, Simulated, Successful
from wholetrial.simulation.simulate import block_size, prepare

ALL = "all"
"""The word for every scenario of the file."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How the work is done and watched: the engine, who is told of progress, who may stop it."""

    engine: Engine = in_this_process
    progress: Callable[[int], None] = lambda done: None
    stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Programme:
    """What very many simulated trials say, scenario by scenario.

    `opening` holds what every report begins with and, where the file's scenarios were simulated,
    how often the design decides rightly in them. `stopped` says that somebody stopped before all
    trials were simulated: then `simulated` holds what had been done, the last in part, and
    `not_begun` the scenarios that never began.
    """

    asked: Asked
    opening: Contents
    simulated: tuple[Simulated, ...]
    stopped: bool = False
    not_begun: tuple[str, ...] = ()


def simulate(
    trial: str | Path,
    asked: Asked,
    *,
    version: str | None = None,
    ways: Ways | None = None,
) -> Programme:
    """Simulate a trial as its file models it, in one of its scenarios, or in all of them.

    The same question gives the same answer, to the last bit, whatever the engine and its blocks.

    Raises UnknownTrialError, InvalidTrialFileError with every finding, UnknownScenarioError with
    the nearest name, NotSimulatedError and NotDerivedError with the reason, and ValueError for a
    seed or a number of trials that is out of range.

    >>> found = simulate("NCT00320216", Asked(replicates=2, scenario="no_effect"))
    >>> found.simulated[0].replicates, found.opening.decisions.found[0].succeeds
    (2, False)
    """
    check_asked(asked)
    checked = load_checked(trial, version=version)
    protocol = checked.protocol
    names = scenarios_asked(protocol, asked.scenario)
    done = tuple(_simulated_each(protocol, names, asked, ways or Ways()))
    stopped = len(done) < len(names) or any(one.asked is not None for one in done)
    return Programme(
        asked,
        replace(opening(checked), decisions=decisions_in(protocol, done)),
        done,
        stopped,
        tuple(str(name or "as modeled") for name in names[len(done) :]),
    )


def scenarios_asked(protocol: Protocol, scenario: str | None) -> tuple[str | None, ...]:
    """The scenarios that a word names: one, all of the file, or the world as modeled.

    Raises UnknownScenarioError where the file has none of that name, or none at all.
    """
    known = tuple(protocol.assumptions.scenarios) if protocol.assumptions else ()
    if scenario == ALL and known:
        return known
    check_scenario(scenario, protocol)
    return (scenario,)


def _simulated_each(
    protocol: Protocol, names: Sequence[str | None], asked: Asked, ways: Ways
) -> Iterator[Simulated]:
    """Every scenario in turn, until somebody stops; one that had hardly begun is left out."""
    for number, name in enumerate(names):

        def show(done: int, before: int = number * asked.replicates) -> None:
            ways.progress(before + done)

        question = replace(asked, scenario=name)
        found = simulate_scenario(protocol, question, replace(ways, progress=show))
        if found is None:
            return
        yield found
        if found.asked is not None:
            return


def simulate_scenario(protocol: Protocol, asked: Asked, ways: Ways) -> Simulated | None:
    """Simulate a trial in one world; None where it was stopped before the first trials were done.

    Raises NotSimulatedError for a trial that no model can run.
    """
    simulation = prepare(protocol, asked.seed, asked.scenario, asked.parameters)
    sweep = sweep_of(simulation)
    found = ways.engine(sweep, blocks_of(asked.replicates, block_size(protocol)), ways.stop)
    collected = collect(found, ways.progress)
    if collected is None:
        return None
    simulated = described(sweep, _counted(sweep, collected))
    early = collected.replicates < asked.replicates
    return replace(simulated, asked=asked.replicates) if early else simulated


def _counted(sweep: Sweep, collected: Collected) -> Counted:
    """What was collected, put to the statistics and tests that it is of."""
    alike = statistics_of(sweep, range(1))
    tests = planned_tests(sweep.simulation.protocol, alike)
    whole, some = collected.whole, collected.any
    return Counted(
        collected.replicates,
        tuple(
            forecast_of_tally(replace(one, count=None), tally)
            for one, tally in zip(alike, collected.tallies, strict=True)
        ),
        tuple(
            power_of(one, int(succeeded), int(failed), collected.replicates)
            for one, succeeded, failed in zip(
                tests, collected.succeeded, collected.failed, strict=True
            )
        ),
        None if whole is None or some is None else Successful(whole, some),
    )


def write_programme(programme: Programme, trial: str | Path, folder: Path) -> tuple[Written, ...]:
    """Write a report, its figures and its numbers of what was simulated into a folder.

    Several scenarios each have a folder of their name in it. Raises OSError where it cannot be
    written.
    """
    several = len(programme.simulated) + len(programme.not_begun) > 1
    opening = replace(
        programme.opening, published=published_beside(trial, programme.opening.protocol)
    )
    return tuple(
        write_outputs(
            replace(opening, simulated=one),
            folder / one.scenario if several else folder,
            programme.asked.parameters,
        )
        for one in programme.simulated
    )


def programme_data(programme: Programme) -> dict[str, Any]:
    """What very many trials say, as data: one row for each number, scenario by scenario."""
    asked, protocol = programme.asked, programme.opening.protocol
    return {
        "trial": protocol.trial,
        "title": protocol.title,
        "seed": asked.seed,
        "asked": asked.replicates,
        "stopped": programme.stopped,
        "not_begun": list(programme.not_begun),
        "notes": list(programme.opening.notes),
        "decisions": decision_data(programme.opening.decisions),
        "scenarios": [
            {
                "scenario": one.scenario,
                "replicates": one.replicates,
                "cautions": one.cautions,
                "statistics": [
                    *forecast_rows(one),
                    *power_rows(protocol, one),
                    *enumerated_rows(protocol, one),
                ],
            }
            for one in programme.simulated
        ],
    }
