"""Print, at the end of a session, how near each method came to its reference."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    import reference_cases

    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    lines = [
        reference_cases.Evidence(**line)
        for report in reports
        for name, found in getattr(report, "user_properties", ())
        if name == "evidence"
        for line in found
    ]
    if not lines:
        return
    not_covered = sorted(set(reference_cases.all_cases()) - set(reference_cases.covered_cases()))
    terminalreporter.section("evidence: largest difference from the reference")
    for row in reference_cases.table(lines, not_covered):
        terminalreporter.write_line(row)
