"""Every shipped trial file, its versions and readings check without errors."""

from pathlib import Path

import pytest

from wholetrial.protocol.check import check_file

TRIALS = sorted((Path(__file__).parents[2] / "trials").glob("*/trial.yaml"))


@pytest.mark.parametrize("file", TRIALS, ids=lambda file: file.parent.name)
def test_a_shipped_file_has_no_errors(file: Path) -> None:
    protocol, findings = check_file(file)
    assert protocol is not None
    assert [str(finding) for finding in findings if finding.severity == "error"] == []


def test_a_single_arm_is_told_what_it_cannot_show() -> None:
    (file,) = (file for file in TRIALS if file.parent.name == "NCT06374979")
    says = "a single arm cannot separate the drug from the spontaneous course of the disease"
    assert any(finding.expected == says for finding in check_file(file)[1])


def test_another_reading_is_checked_as_well() -> None:
    (file,) = (file for file in TRIALS if file.parent.name == "NCT03424629")
    paths = [finding.path for finding in check_file(file)[1] if finding.severity == "warning"]
    assert "design.structure (reading registered)" in paths
