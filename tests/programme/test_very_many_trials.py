"""Very many trials: the same answer however the work is shared out, in bounded memory."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from wholetrial.data.write import write_tables
from wholetrial.programme.analyze import analyze
from wholetrial.programme.asked import Asked
from wholetrial.programme.collect import collect
from wholetrial.programme.forecast import forecast_trial, sweep_of
from wholetrial.programme.replay import replay
from wholetrial.programme.simulate import Ways, programme_data, simulate
from wholetrial.programme.sweep import (
    BlockFound,
    Stop,
    Sweep,
    block_found,
    blocks_of,
    in_this_process,
    in_threads,
)
from wholetrial.programme.trials import load
from wholetrial.simulation.simulate import prepare
from wholetrial.simulation.simulate import simulate as simulated_records

SHIPPED = ("NCT00320216", "NCT03424629", "NCT04537689", "NCT04979910", "NCT06374979")
QUICK = "NCT06374979"


def in_blocks_of_five(sweep: Sweep, blocks: Iterator[range], stop: Stop) -> Iterator[BlockFound]:
    last = max(block.stop for block in blocks)
    yield from in_this_process(sweep, blocks_of(last, 5), stop)


def test_threads_change_nothing() -> None:
    asked = Asked(replicates=300, seed=3)
    alone = programme_data(simulate(QUICK, asked))
    assert programme_data(simulate(QUICK, asked, ways=Ways(engine=in_threads(3)))) == alone


def test_blocks_of_another_size_change_nothing() -> None:
    """Not a bit of what is simulated, nor of exact tests and intervals of shares."""
    asked = Asked(replicates=66, seed=3)
    alone = programme_data(simulate("NCT00320216", asked))
    ways = Ways(engine=in_blocks_of_five)
    assert programme_data(simulate("NCT00320216", asked, ways=ways)) == alone


def test_it_says_what_run_says() -> None:
    """Two ways of counting, one keeping every value and one not, on the same trials."""
    protocol = load("NCT00320216")
    kept = forecast_trial(protocol, seed=4, replicates=70)
    counted = simulate("NCT00320216", Asked(replicates=70, seed=4)).simulated[0]
    assert counted.powers == kept.powers
    assert counted.successful == kept.successful
    for one, other in zip(kept.forecasts, counted.forecasts, strict=True):
        assert (one.mean, one.low, one.high, one.failed) == (
            other.mean, other.low, other.high, other.failed,
        )  # fmt: skip


def test_what_was_done_when_it_was_stopped_is_what_so_many_trials_say() -> None:
    done: list[int] = []
    ways = Ways(progress=done.append, stop=lambda: bool(done and done[-1] >= 256))
    stopped = simulate(QUICK, Asked(replicates=5000, seed=3), ways=ways)
    assert stopped.stopped
    one = stopped.simulated[0]
    assert (one.replicates, one.asked) == (256, 5000)
    asked_for = simulate(QUICK, Asked(replicates=256, seed=3)).simulated[0]
    assert not asked_for.asked
    assert programme_data(stopped)["scenarios"] == programme_data(
        simulate(QUICK, Asked(replicates=256, seed=3))
    )["scenarios"]  # fmt: skip


def test_scenarios_that_never_began_are_named() -> None:
    done: list[int] = []
    ways = Ways(progress=done.append, stop=lambda: bool(done and done[-1] >= 8))
    found = simulate(QUICK, Asked(replicates=8, seed=3, scenario="all"), ways=ways)
    assert [one.scenario for one in found.simulated] == ["like_plaque"]
    assert found.not_begun == ("half_as_potent", "no_better_than_benchmark")


def test_decisions_are_counted_in_every_scenario() -> None:
    """Each share is that of the one primary test: its power, or one less its error."""
    found = simulate(QUICK, Asked(replicates=60, seed=3, scenario="all"))
    decisions = found.opening.decisions
    assert decisions is not None
    assert [(one.scenario, one.succeeds) for one in decisions.found] == [
        ("like_plaque", True),
        ("half_as_potent", True),
        ("no_better_than_benchmark", False),
    ]
    for decision, one in zip(decisions.found, found.simulated, strict=True):
        power = one.powers[0].share
        assert decision.share == pytest.approx(power if decision.succeeds else 1 - power)


@pytest.mark.parametrize("trial", SHIPPED)
def test_a_replayed_trial_sent_as_tables_has_the_numbers_it_had(trial: str, tmp_path: Path) -> None:
    done = replay(trial, Asked(replicates=9, seed=5), 3, tmp_path / "sent")
    assert done.contents.simulated is not None
    told = [one.row("") for one in done.contents.simulated.statistics]
    recorded = analyze(trial, tmp_path / "sent").recorded
    assert recorded is not None
    assert [one.row("") for one in recorded.statistics] == told


def test_a_replayed_trial_is_the_one_among_the_many(tmp_path: Path) -> None:
    done = replay("NCT00320216", Asked(replicates=9, seed=5), 3, tmp_path / "sent")
    sweep = sweep_of(prepare(load("NCT00320216"), 5))
    among = block_found(sweep, range(9)).values[:, 2]
    assert done.contents.simulated is not None
    alone = [float(one.value) for one in done.contents.simulated.statistics]
    np.testing.assert_array_equal(among[: len(alone)], alone)


def changed(tmp_path: Path, trial: str, old: str, new: str) -> Path:
    text = (Path(__file__).parents[2] / "trials" / trial / "trial.yaml").read_text("utf-8")
    assert text.count(old) == 1
    file = tmp_path / "trial.yaml"
    file.write_text(text.replace(old, new), "utf-8")
    return file


def test_a_measure_with_a_baseline_and_no_noise_is_recorded_once_at_screening(
    tmp_path: Path,
) -> None:
    """DLQI is drawn, and nothing says how it is read later: a measure, and no fact of a person."""
    file = changed(tmp_path, "NCT06374979", "    DLQI: 2 points\n", "")
    protocol = load(file)
    records = simulated_records(prepare(protocol, 5), range(1)).replicate(0)
    assert "DLQI" not in records.facts
    dlqi = records.values["DLQI"]
    screened = [visit.day < 0 for visit in records.visits]
    assert not np.isnan(dlqi[:, screened]).any()
    assert np.isnan(dlqi[:, ~np.array(screened)]).all()
    np.testing.assert_array_equal(dlqi[:, screened], np.rint(dlqi[:, screened]))
    assert write_tables(records, tmp_path / "sent")
    done = replay(file, Asked(replicates=1, seed=5), 1, tmp_path / "again")
    recorded = analyze(file, tmp_path / "again").recorded
    assert done.contents.simulated is not None
    assert recorded is not None
    told = {str(one.row("")) for one in done.contents.simulated.statistics}
    assert told <= {str(one.row("")) for one in recorded.statistics}


def test_no_table_of_adverse_events_is_sent_where_none_are_assumed(tmp_path: Path) -> None:
    old = "    ixekizumab: {any: 58 % by week 12, serious: 2 % by week 12}\n"
    file = changed(
        tmp_path,
        "NCT06374979",
        f"  adverse_events:\n{old}    from: strober\n    because: rates of induction, turned into shares over 12 weeks\n",
        "",
    )
    done = replay(file, Asked(replicates=1), 1, tmp_path / "sent")
    assert "adverse_events.csv" not in {path.name for path in done.files}
    assert done.contents.simulated is not None
    told = [one.row("") for one in done.contents.simulated.statistics]
    recorded = analyze(file, tmp_path / "sent").recorded
    assert recorded is not None
    assert [one.row("") for one in recorded.statistics] == told


MEMORY = """
import resource, sys
import numpy as np
from wholetrial.programme.collect import collect
from wholetrial.programme.sweep import BlockFound, blocks_of

def found(block):
    # forty statistics: half shares of 64 participants, half values that never repeat
    number = np.arange(block.start, block.stop)
    shares = ((number[None] * 7919 + np.arange(20)[:, None]) % 65) / 64
    values = np.sqrt(number[None] + 1.5) * (1 + np.arange(20)[:, None])
    none = np.zeros((4, len(block)), np.bool_)
    return BlockFound(block, np.concatenate([shares, values]), none, none, None)

collected = collect(map(found, blocks_of(int(sys.argv[1]), 1000)))
assert collected.replicates == int(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(replicates: int) -> int:
    """The most memory in KiB that counting so many trials takes, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(replicates)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_ten_times_as_many_trials_take_no_more_memory() -> None:
    """Once the tallies are full, 40 statistics of 10 times as many trials need no more room.

    Kept as they are, 450,000 more trials would take 140 MiB.
    """
    few, many = peak(50_000), peak(500_000)
    assert many - few < 30 * 1024


def test_nothing_collected_of_nothing() -> None:
    assert collect(iter(())) is None
