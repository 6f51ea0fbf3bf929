"""The main job: protocol, published table, the same trial with virtual participants, report."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from wholetrial.endpoints.handling import NotDerivedError
from wholetrial.programme.forecast import forecast_trial
from wholetrial.programme.opening import opening
from wholetrial.programme.results import analyze_published, papers_of
from wholetrial.programme.trials import load_checked, published_file, trial_file
from wholetrial.protocol.finding import nearest
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import Published, load_published
from wholetrial.report.contents import Contents, PublishedResults, Simulated
from wholetrial.simulation.population import NotSimulatedError

SEED = 1
REPLICATES = 200


class UnknownScenarioError(LookupError):
    """The trial file assumes no scenario of this name."""


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
    _possible(seed, replicates)
    checked = load_checked(trial, version=version)
    _known(scenario, checked.protocol)
    found = published_file(trial_file(trial))
    published = _analyzed(checked.protocol, load_published(found)) if found else None
    simulated, why_not = _simulated(
        checked.protocol, seed=seed, replicates=replicates, scenario=scenario, progress=progress
    )
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
    )


def _known(scenario: str | None, protocol: Protocol) -> None:
    scenarios = protocol.assumptions.scenarios if protocol.assumptions else {}
    if scenario is None or scenario in scenarios:
        return
    known = f"has {', '.join(scenarios)}" if scenarios else "has none"
    advice = nearest(scenario, scenarios)
    said = f"no scenario '{scenario}': {protocol.trial} {known}"
    raise UnknownScenarioError(f"{said}; {advice}" if advice else said)


def _analyzed(protocol: Protocol, published: Published) -> PublishedResults:
    return PublishedResults(published, analyze_published(protocol, published))


def _simulated(
    protocol: Protocol,
    *,
    seed: int,
    replicates: int,
    scenario: str | None,
    progress: Callable[[int], None],
) -> tuple[Simulated | None, str]:
    try:
        found = forecast_trial(
            protocol, seed=seed, replicates=replicates, scenario=scenario, progress=progress
        )
    except (NotSimulatedError, NotDerivedError) as reason:
        return None, f"not yet simulated: {reason}"
    return found, ""


def _possible(seed: int, replicates: int) -> None:
    if not 0 <= seed < 2**64:
        raise ValueError(f"a seed is a whole number from 0 to 2**64 - 1; got {seed}")
    if not 1 <= replicates <= 100_000:
        raise ValueError(f"replicates are 1 to 100,000; got {replicates}")
