"""Virtual and real participants take the same road: a simulated trial, sent as tables, is analyzed
as it was when it was simulated."""

from pathlib import Path

import numpy as np
import pytest

from wholetrial.data.read import read_records
from wholetrial.data.write import write_tables
from wholetrial.programme.analyze import analyze
from wholetrial.programme.results import analyze_records
from wholetrial.programme.trials import load
from wholetrial.simulation.simulate import prepare, simulate


@pytest.mark.parametrize("trial", ["NCT00320216", "NCT06374979"])
def test_a_simulated_trial_sent_as_tables_gives_the_same_statistics(
    trial: str, tmp_path: Path
) -> None:
    protocol = load(trial)
    simulated = simulate(prepare(protocol, seed=11), range(1)).replicate(0)
    write_tables(simulated, tmp_path)
    expected = analyze_records(protocol, simulated).statistics
    contents = analyze(trial, tmp_path)
    assert contents.recorded is not None
    found = contents.recorded.statistics
    assert [(s.endpoint, s.arm, s.name) for s in found] == [
        (s.endpoint, s.arm, s.name) for s in expected
    ]
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours.value, theirs.value)
        np.testing.assert_array_equal(ours.n, theirs.n)


def test_measured_values_come_back_with_the_same_bits(tmp_path: Path) -> None:
    protocol = load("NCT00320216")
    simulated = simulate(prepare(protocol, seed=11), range(1)).replicate(0)
    write_tables(simulated, tmp_path)
    read = read_records(tmp_path, protocol).records
    for name, values in simulated.values.items():
        np.testing.assert_array_equal(read.values[name], values)
    np.testing.assert_array_equal(read.day, simulated.day)
    np.testing.assert_array_equal(read.arm, simulated.arm)
