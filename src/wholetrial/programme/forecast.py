"""Simulates a trial and analyzes what comes out, block by block."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from wholetrial.analysis.decisions import successes_of
from wholetrial.analysis.operating import (
    Forecast,
    Power,
    forecast,
    planned_tests,
    powers,
    stacked,
)
from wholetrial.analysis.statistic import Statistic
from wholetrial.conditions.evaluate import measures_of
from wholetrial.programme.results import analyze_records
from wholetrial.programme.sweep import Sweep
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Simulated, Successful
from wholetrial.simulation.cautions import assumptions_of, cautions_of
from wholetrial.simulation.enumerated import enumerated_powers
from wholetrial.simulation.readings import Readers
from wholetrial.simulation.simulate import (
    Simulation,
    in_blocks,
    people_screened,
    prepare,
    simulate,
)

Progress = Callable[[int], None]


class Counted(NamedTuple):
    """What many trials say."""

    replicates: int
    forecasts: tuple[Forecast, ...]
    powers: tuple[Power, ...]
    successful: Successful | None


def forecast_trial(
    protocol: Protocol,
    *,
    seed: int,
    replicates: int,
    scenario: str | None = None,
    progress: Progress = lambda done: None,
) -> Simulated:
    """Simulate a trial many times; keep the records of the first, and what all of them say.

    An endpoint of something that the assumptions do not let the simulator record is left out, and
    a caution says so: nobody reads an empty column as no change.

    Raises NotSimulatedError for a trial that no model can run.
    """
    sweep = sweep_of(prepare(protocol, seed, scenario))
    blocks: list[tuple[Statistic, ...]] = [
        analyze_records(protocol, records, without=sweep.without).statistics
        for records in in_blocks(sweep.simulation, replicates, progress)
    ]
    statistics = stacked(blocks)
    counted = Counted(
        replicates,
        tuple(forecast(found) for found in statistics if not found.not_computed),
        tuple(powers(protocol, statistics)),
        _successful(protocol, statistics),
    )
    return described(sweep, counted)


def sweep_of(simulation: Simulation) -> Sweep:
    """A sweep over a trial in one world, without the endpoints that nothing is recorded of."""
    return Sweep(simulation, tuple(unseen_endpoints(simulation.protocol, simulation.readers)))


def described(sweep: Sweep, counted: Counted, replicate: int = 0) -> Simulated:
    """What many trials say, with the records of one of them and what must be read before."""
    simulation = sweep.simulation
    first = simulate(simulation, range(replicate, replicate + 1)).replicate(0)
    one = analyze_records(simulation.protocol, first, without=sweep.without)
    unseen = unseen_endpoints(simulation.protocol, simulation.readers)
    return Simulated(
        seed=simulation.seed,
        replicates=counted.replicates,
        scenario=simulation.world.scenario,
        records=first,
        outcomes=one.outcomes,
        statistics=one.statistics,
        forecasts=counted.forecasts,
        powers=counted.powers,
        screened=people_screened(simulation, replicate),
        cautions=(
            *cautions_of(simulation),
            *(f"Not simulated: {endpoint}: {why}." for endpoint, why in unseen.items()),
        ),
        assumptions=assumptions_of(simulation),
        successful=counted.successful,
        enumerated=enumerated_powers(simulation),
    )


def _successful(protocol: Protocol, statistics: Sequence[Statistic]) -> Successful | None:
    found = successes_of(protocol, list(planned_tests(protocol, statistics)))
    return Successful(int(found.whole.sum()), int(found.any.sum())) if found else None


def unseen_endpoints(protocol: Protocol, readers: Readers) -> dict[str, str]:
    """The endpoints of what is never recorded in a simulation, each with the reason."""
    recorded, found = _recorded(protocol, readers), {}
    for name, (_, endpoint) in protocol.endpoints.named().items():
        missing = [one for one in _instruments(protocol, endpoint) if one not in recorded]
        if missing:
            found[name] = (
                f"{', '.join(missing)} needs a baseline and a visit_noise in the assumptions"
            )
        elif endpoint.events and (arms := _without_event_rates(protocol)):
            found[name] = f"the assumptions have no adverse_events for {', '.join(arms)}"
    return found


def _without_event_rates(protocol: Protocol) -> list[str]:
    """The arms whose adverse events nothing is assumed of."""
    rates = protocol.assumptions.adverse_events if protocol.assumptions else {}
    covered = protocol.arms_named(*rates)
    return [arm for arm in protocol.arms if arm not in covered]


def _recorded(protocol: Protocol, readers: Readers) -> set[str]:
    baseline = protocol.assumptions.baseline if protocol.assumptions else {}
    return {
        name for name, kind in readers.kinds.items() if name in baseline or kind.startswith("pga")
    }


def _instruments(protocol: Protocol, endpoint: Endpoint) -> list[str]:
    conditions = [*endpoint.response, endpoint.among, endpoint.time_to]
    used = [change.measure for change in endpoint.change]
    for condition in conditions:
        if condition is not None:
            used += measures_of(condition, protocol)
    return [name for name in dict.fromkeys(used) if name in protocol.instruments]
