"""The starter file that a newcomer gets: it checks, teaches, and is described in English."""

from pathlib import Path

import pytest

from wholetrial.protocol.check import check_file, has_errors
from wholetrial.protocol.describe import describe
from wholetrial.protocol.load import load_bytes
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.starter import starter_text


@pytest.fixture(scope="module")
def starter() -> Protocol:
    return load_bytes(starter_text().encode(), "trial.yaml")[0]


def test_it_checks_without_an_error_or_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "trial.yaml"
    file.write_text(starter_text(), encoding="utf-8")
    protocol, findings = check_file(file)
    assert protocol is not None
    assert not has_errors(findings)
    assert {finding.severity for finding in findings} <= {"note"}


def test_it_explains_every_block(starter: Protocol) -> None:
    blocks = [line for line in starter_text().splitlines() if line[:1].isalpha()]
    stated = {line.split(":")[0] for line in blocks}
    assert {"design", "arms", "rules", "terms", "schedule", "assumptions", "missing"} <= stated
    assert starter_text().count("#") > 35
    assert all(len(line) <= 110 for line in starter_text().splitlines())


def test_it_is_a_small_two_arm_trial(starter: Protocol) -> None:
    assert {name: arm.n for name, arm in starter.arms.items()} == {"antibody": 40, "placebo": 20}
    assert (
        "It plans 60 participants: 40 in the Antibody arm and 20 in the Placebo arm."
        in " ".join(describe(starter).split())
    )
