"""The examples of treatment strategies check, read aloud and run; published numbers stand beside."""

from pathlib import Path

import pytest

from wholetrial.programme.run import run
from wholetrial.protocol.check import check_file, has_errors
from wholetrial.protocol.describe import describe

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "strategies"
NAMES = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())


def test_there_are_four() -> None:
    assert NAMES == ["ciclosporin-courses", "induction", "ixekizumab", "ustekinumab-by-weight"]


@pytest.mark.parametrize("name", NAMES)
def test_it_checks_and_reads_aloud(name: str) -> None:
    protocol, findings = check_file(EXAMPLES / name / "trial.yaml")
    assert protocol is not None
    assert not has_errors(findings)
    assert {finding.severity for finding in findings} <= {"note"}
    told = " ".join(describe(protocol).split())
    assert "the number of doses of" in told or "days on it" in told


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_gives_doses_and_days_on_drug(name: str) -> None:
    contents = run(EXAMPLES / name / "trial.yaml", replicates=2)
    assert contents.not_simulated == ""
    assert contents.simulated is not None
    found = {
        (one.arm, one.at): float(one.value[0] if one.value.ndim else one.value)
        for one in contents.simulated.statistics
        if one.name == "mean"
    }
    arms = set(contents.protocol.arms)
    assert {arm for arm, _ in found} == arms
    assert all(value > 0 for value in found.values())


def test_uncover_stands_near_the_simulated_induction() -> None:
    """UNCOVER-1, week 12: PASI 75 in 89.1 % and 82.6 %, which the model was fitted to."""
    contents = run(EXAMPLES / "induction" / "trial.yaml", replicates=40)
    assert contents.simulated is not None
    means = {
        one.statistic.arm: one.mean
        for one in contents.simulated.forecasts
        if (one.statistic.endpoint, one.statistic.name) == ("pasi_75_week_12", "proportion")
    }
    assert float(means["every_2_weeks"]) == pytest.approx(0.891, abs=0.05)
    assert float(means["every_4_weeks"]) == pytest.approx(0.826, abs=0.05)
