"""Analyzes real data by a trial's own plan: the same endpoints, analyses and report."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from wholetrial.data.columns import read_columns
from wholetrial.data.read import read_records
from wholetrial.programme.opening import opening
from wholetrial.programme.results import analyze_records, papers_of
from wholetrial.programme.trials import load_checked
from wholetrial.protocol.protocol import Protocol
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
    and the file that says what its columns are. An endpoint of adverse events or of doses used
    is left out, and a note says so, where there is no table of them.

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
    unrecorded = unrecorded_endpoints(protocol, loaded.tables)
    found = analyze_records(protocol, loaded.records, without=unrecorded)
    contents = opening(checked)
    return replace(
        contents,
        recorded=Recorded(
            str(data), loaded.records, found.outcomes, found.statistics, loaded.tables
        ),
        references=papers_of(found.statistics),
        notes=(
            *contents.notes,
            *(f"Not computed: {name}: {why}." for name, why in unrecorded.items()),
            *(str(warning) for warning in loaded.warnings),
        ),
    )


def unrecorded_endpoints(protocol: Protocol, tables: Collection[str]) -> dict[str, str]:
    """The endpoints that these tables cannot speak of, each with the reason.

    No table of adverse events is not the same as no adverse event, and so with doses.
    """
    needs = {"events": "adverse_events", "used": "exposures"}
    lacks = {
        name: needs[endpoint.kind]
        for name, (_, endpoint) in protocol.endpoints.named().items()
        if endpoint.kind in needs and needs[endpoint.kind] not in tables
    }
    had = {"adverse_events": "had one", "exposures": "had a dose"}
    return {
        name: f"there is no {table}.csv (where nobody {had[table]}, its heading alone)"
        for name, table in lacks.items()
    }
