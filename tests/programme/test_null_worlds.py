"""In a world where the drug does nothing, a design fails: the error rate stays at its level."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact

from wholetrial.programme.forecast import forecast_trial
from wholetrial.programme.results import analyze_records
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.simulate import prepare, simulate

FILE = Path(__file__).resolve().parents[2] / "trials" / "NCT00320216" / "trial.yaml"
REPLICATES = 240


def test_a_drug_without_effect_has_no_power(krueger: Protocol) -> None:
    powers = forecast_trial(krueger, seed=1, replicates=64, scenario="no_effect").powers
    assert len(powers) == 8
    for power in powers:
        assert power.share <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 64)


@pytest.fixture(scope="module")
def anybody_better(tmp_path_factory: pytest.TempPathFactory) -> Protocol:
    """The trial with an endpoint that about half of the people meet without any treatment.

    With so few responders as PASI 75 has on placebo, Fisher's test never errs; here it does. All
    arms lose equally many: who drops out counts as no response, and more do so on placebo.
    """
    text = FILE.read_text("utf-8")
    easy = text.replace("PASI_75: PASI improvement >= 75 %", "PASI_75: PASI improvement >= 1 %")
    lost = r"(?<=: )(\d+ of 64 by week 36|\{lack_of_efficacy: .*\})$"
    easy, changed = re.subn(lost, "6 of 64 by week 36", easy, flags=re.M)
    assert changed == 5
    file = tmp_path_factory.mktemp("easy") / "trial.yaml"
    file.write_text(easy, encoding="utf-8")
    return load(file)


def size_of_fisher(n: int, share: float) -> float:
    """How often Fisher's test of two arms with the same share gives P below 0.05, exactly."""
    chance = binom.pmf(range(n + 1), n, share)
    likely = [count for count in range(n + 1) if chance[count] > 1e-6]
    return sum(
        chance[a] * chance[b]
        for a in likely
        for b in likely
        if fisher_exact([[a, n - a], [b, n - b]]).pvalue < 0.05
    )


def test_the_error_rate_of_fisher_is_the_one_that_theory_gives(anybody_better: Protocol) -> None:
    simulation = prepare(anybody_better, seed=3, scenario="no_effect")
    found = analyze_records(anybody_better, simulate(simulation, range(REPLICATES))).statistics
    tests = [
        one.value for one in found if (one.name, one.endpoint) == ("p_value", "pasi_75_week_12")
    ]
    shares = [
        one.value for one in found if (one.name, one.endpoint) == ("proportion", "pasi_75_week_12")
    ]
    rates = [float((p_values < 0.05).mean()) for p_values in tests]
    expected = size_of_fisher(64, float(np.mean(shares)))
    error = np.sqrt(expected * (1 - expected) / REPLICATES)
    assert len(rates) == 4
    assert 0.02 < expected <= 0.05
    assert all(abs(rate - expected) < 3 * error for rate in rates)
    assert np.mean(rates) <= 0.05
