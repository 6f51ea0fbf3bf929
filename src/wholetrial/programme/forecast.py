"""Simulates a trial and analyzes what comes out, block by block."""

from collections.abc import Callable

from wholetrial.analysis.operating import forecast, powers, stacked
from wholetrial.analysis.statistic import Statistic
from wholetrial.conditions.evaluate import measures_of
from wholetrial.programme.results import analyze_records
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Simulated
from wholetrial.simulation.cautions import assumptions_of, cautions_of
from wholetrial.simulation.readings import Readers
from wholetrial.simulation.simulate import in_blocks, people_screened, prepare, simulate

Progress = Callable[[int], None]


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
    simulation = prepare(protocol, seed, scenario)
    first = simulate(simulation, range(1)).replicate(0)
    unseen = unseen_endpoints(protocol, simulation.readers)
    one = analyze_records(protocol, first, without=unseen)
    blocks: list[tuple[Statistic, ...]] = [
        analyze_records(protocol, records, without=unseen).statistics
        for records in in_blocks(simulation, replicates, progress)
    ]
    statistics = stacked(blocks)
    return Simulated(
        seed=seed,
        replicates=replicates,
        scenario=simulation.world.scenario,
        records=first,
        outcomes=one.outcomes,
        statistics=one.statistics,
        forecasts=tuple(forecast(found) for found in statistics if not found.not_computed),
        powers=tuple(powers(protocol, statistics)),
        screened=people_screened(simulation),
        cautions=(
            *cautions_of(simulation),
            *(f"Not simulated: {endpoint}: {why}." for endpoint, why in unseen.items()),
        ),
        assumptions=assumptions_of(simulation),
    )


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
