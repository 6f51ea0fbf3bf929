"""The simulated road gives the same bytes: in any block, on any processor, and as recorded here."""

import os
import subprocess
import sys

import pytest

from wholetrial.programme.outputs import results_json
from wholetrial.programme.run import run

DIGEST = """
import hashlib
import numpy as np
from wholetrial.programme.results import analyze_records
from wholetrial.programme.trials import load
from wholetrial.simulation.simulate import prepare, simulate

protocol = load("NCT00320216")
records = simulate(prepare(protocol, seed=1), range(1)).replicate(0)
arrays = {"arm": records.arm, "received": records.received, "day": records.day}
for block in ("values", "facts", "events"):
    arrays |= {f"{block} {name}": array for name, array in getattr(records, block).items()}
for block in ("exposures", "adverse_events"):
    given = getattr(records, block)
    arrays |= {f"{block} {name}": getattr(given, name) for name in given.__slots__}
digest = hashlib.sha256()
for name in sorted(arrays):
    array = np.asarray(arrays[name], "<f8")
    array = np.where(np.isnan(array), np.nan, array)
    digest.update(f"{name} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
print(digest.hexdigest())
found = analyze_records(protocol, records).statistics
print(*(int(one.count) for one in found if one.name == "proportion"))
"""
"""Prints the SHA-256 of the first simulated trial's records, and the counts that come of them."""

RECORDS = "11d8bdf133a9284f74b5ffc0bb577b9ad70b2a9b49eebb10235b4aa26fc311e9"
COUNTS = "32 47 47 54 2 14 24 24 31 0 193 45 10 1"


def printed(**environment: str) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-c", DIGEST],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.splitlines()


def vector_features() -> list[str]:
    """The vector instructions that NumPy chooses at run time on this processor."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [feature for feature in __cpu_dispatch__ if __cpu_features__[feature]]


def test_the_records_of_seed_1_are_those_recorded() -> None:
    """A change here is a change of every simulated result: intended, and said in CHANGELOG."""
    assert printed() == [RECORDS, COUNTS]


def test_the_records_do_not_depend_on_vector_instructions() -> None:
    features = vector_features()
    if not features:
        pytest.skip("NumPy has no vector instructions to switch off on this processor")
    assert printed(NPY_DISABLE_CPU_FEATURES=" ".join(features)) == [RECORDS, COUNTS]


@pytest.mark.parametrize("block", [1, 3, 64])
def test_results_are_the_same_bytes_in_any_block(
    monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    whole = results_json(run("NCT06374979", replicates=7, seed=2026))
    monkeypatch.setattr("wholetrial.simulation.simulate.BLOCK", block)
    assert results_json(run("NCT06374979", replicates=7, seed=2026)) == whole
    shown: list[int] = []
    run("NCT06374979", replicates=7, scenario="like_plaque", progress=shown.append)
    assert shown == [*range(block, 7, block), 7]


def test_the_first_trial_is_the_same_however_many_follow() -> None:
    """One simulated trial is shown beside the published; more replicates do not change it."""
    few, many = (run("NCT00320216", replicates=n, seed=5).simulated for n in (1, 70))
    assert few is not None
    assert many is not None
    assert [one.row("") for one in few.statistics] == [one.row("") for one in many.statistics]
