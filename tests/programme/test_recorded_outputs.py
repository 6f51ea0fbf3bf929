"""Every trial that ships prints what is recorded beside it; `make record` records anew."""

import subprocess
import sys
from pathlib import Path

import pytest

from wholetrial.programme.trials import shipped_trials

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("trial", shipped_trials())
def test_the_output_is_the_recorded_one(trial: str) -> None:
    command = [sys.executable, "-c", "from wholetrial.cli import main; main()", "run", trial]
    found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, encoding="utf-8")
    assert found.returncode == 0, found.stderr
    assert found.stdout == (ROOT / "trials" / trial / "run.out").read_text(encoding="utf-8")
