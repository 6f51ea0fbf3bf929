"""What checking a trial file finds: each fault of a small file, and the exact lines it prints."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Check = Callable[..., list[str]]
Fault = dict[str, Any]

FAULTS: list[Fault] = yaml.safe_load(
    (Path(__file__).parent / "data" / "faults.yaml").read_text(encoding="utf-8")
)


def changes(fault: Fault) -> list[tuple[str, str]]:
    return [(change["from"], change["to"]) for change in fault["changes"]]


def label(fault: Fault) -> str:
    return str(fault["changes"][-1]["to"]).strip().replace("\n", " ")[:40]


def test_a_sound_file_has_no_findings(findings: Check) -> None:
    assert findings() == []


@pytest.mark.parametrize("fault", FAULTS, ids=label)
def test_each_fault_prints_exactly_its_findings(findings: Check, fault: Fault) -> None:
    assert findings(*changes(fault)) == [f"trial.yaml:{line}" for line in fault["prints"]]


def test_statements_without_a_source_are_counted_by_block(findings: Check) -> None:
    printed = findings(("from: paper\n", ""))
    arms = "arms: 8 statements without a source; add from: and the source, or from: assumed"
    assert f"trial.yaml:25:1: warning: {arms}" in printed
    assert "trial.yaml:5:3: note: sources.paper: nothing is from the source 'paper'" in printed


def test_all_faults_are_found_at_once_in_the_order_of_the_file(findings: Check) -> None:
    several = [
        ("  DLQI: dlqi", "  DLQI: dlqy"),
        ("give: drug", "give: drg"),
        ("of: [life]", "of: [lif]"),
    ]
    errors = [line for line in findings(*several) if ": error: " in line]
    assert [int(line.split(":")[1]) for line in errors] == [16, 44, 104]
