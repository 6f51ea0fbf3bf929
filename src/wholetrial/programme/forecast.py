"""Simulates a trial and analyzes what comes out, block by block."""

from collections.abc import Callable

from wholetrial.analysis.operating import forecast, powers, stacked
from wholetrial.analysis.statistic import Statistic
from wholetrial.programme.results import analyze_records
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Simulated
from wholetrial.simulation.cautions import assumptions_of, cautions_of
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

    Raises NotSimulatedError for a trial that no model can run.
    """
    simulation = prepare(protocol, seed, scenario)
    first = simulate(simulation, range(1)).replicate(0)
    one = analyze_records(protocol, first)
    blocks: list[tuple[Statistic, ...]] = [
        analyze_records(protocol, records).statistics
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
        cautions=cautions_of(simulation),
        assumptions=assumptions_of(simulation),
    )
