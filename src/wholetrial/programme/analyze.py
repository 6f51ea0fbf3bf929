"""Analyzes real data by a trial's own plan: the same endpoints, analyses and report."""

from dataclasses import replace
from pathlib import Path

from wholetrial.data.columns import read_columns
from wholetrial.data.read import read_records
from wholetrial.programme.opening import opening
from wholetrial.programme.results import analyze_records, papers_of
from wholetrial.programme.trials import load_checked
from wholetrial.report.contents import Contents, Recorded


def analyze(
    trial: str | Path,
    data: str | Path,
    *,
    columns: str | Path | None = None,
    version: str | None = None,
) -> Contents:
    """Analyze records by a trial's plan.

    `data` is a folder of the documented tables as CSV or, with `columns`, one CSV file in wide form
    and the file that says what its columns are.

    Raises UnknownTrialError, InvalidTrialFileError and InvalidDataError with every finding, and
    NotDerivedError where the plan needs a rule that is not built yet.
    """
    checked = load_checked(trial, version=version)
    protocol = checked.protocol
    loaded = (
        read_columns(Path(data), Path(columns), protocol)
        if columns is not None
        else read_records(Path(data), protocol)
    )
    found = analyze_records(protocol, loaded.records)
    contents = opening(checked)
    return replace(
        contents,
        recorded=Recorded(str(data), loaded.records, found.outcomes, found.statistics),
        references=papers_of(found.statistics),
        notes=(*contents.notes, *(str(warning) for warning in loaded.warnings)),
    )
