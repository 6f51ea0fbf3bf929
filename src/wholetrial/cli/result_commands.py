"""Commands that give results: run, simulate, analyze."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wholetrial.cli.file_commands import AsJson, Trial
from wholetrial.cli.terminal import (
    clear_errors,
    print_paragraph,
    print_table,
    progress,
)

if TYPE_CHECKING:
    from wholetrial.report.comparison_table import EndpointTable
    from wholetrial.report.contents import Contents

Seed = Annotated[int, typer.Option(help="The same seed gives the same results, bit for bit.")]
Replicates = Annotated[int, typer.Option(help="How many trials are simulated.")]
Scenario = Annotated[
    str | None, typer.Option(help="A world that the file assumes, such as no_effect.")
]
Out = Annotated[Path | None, typer.Option(help="A folder for report.html and results.json.")]
OtherVersion = Annotated[
    str | None, typer.Option("--protocol-version", help="Another version that the file holds.")
]

DIFFERENCES = ("published difference", "recorded difference", "simulated difference")
_HEADINGS = {
    "published count": "published",
    "printed": "printed",
    "recorded count": "recorded",
    "recorded value": "estimate (95% CI)",
    "mean": "simulated (90%)",
    "simulated count": "simulated",
    "simulated value": "estimate (95% CI)",
    **dict.fromkeys(DIFFERENCES, "difference (95% CI)"),
    "printed p": "P printed",
    "published p": "P here",
    "recorded p": "P",
    "simulated p": "P",
}
"""The columns that a terminal has room for, in its order; the report has them all."""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("run")(run)
    app.command("analyze")(analyze)


@clear_errors
def run(
    trial: Trial,
    out: Out = None,
    seed: Seed = 1,
    replicates: Replicates = 200,
    scenario: Scenario = None,
    version: OtherVersion = None,
    as_json: AsJson = False,
) -> None:
    """The main job: the published table, and beside it the same trial simulated."""
    from wholetrial.programme.run import run as run_trial

    _check_folder(out)
    with progress("simulating", replicates) as show:
        contents = run_trial(
            trial,
            version=version,
            seed=seed,
            replicates=replicates,
            scenario=scenario,
            progress=show,
        )
    _finish(contents, out, as_json=as_json)


@clear_errors
def analyze(
    trial: Trial,
    data: Annotated[Path, typer.Option(help="A folder of tables, or one CSV with --columns.")],
    columns: Annotated[
        Path | None, typer.Option(help="What the columns of one wide CSV are.")
    ] = None,
    out: Out = None,
    version: OtherVersion = None,
    as_json: AsJson = False,
) -> None:
    """Analyze your own data by the trial's plan: the same analyses, the same report."""
    from wholetrial.programme.analyze import analyze as analyze_trial

    _check_folder(out)
    contents = analyze_trial(trial, data, columns=columns, version=version)
    _finish(contents, out, as_json=as_json)


def _check_folder(out: Path | None) -> None:
    from wholetrial.programme.outputs import check_folder

    if out is not None:
        check_folder(out)


def _finish(contents: "Contents", out: Path | None, *, as_json: bool) -> None:
    from wholetrial.programme.outputs import results_json, write_outputs

    written = write_outputs(contents, out) if out is not None else None
    if as_json:
        typer.echo(results_json(contents), nl=False)
    else:
        print_contents(contents)
    if written is not None:
        typer.echo(f"wrote {written.report} and {written.results}", err=as_json)


def print_contents(contents: "Contents") -> None:
    """Print what a report shows: cautions, design, one table for each endpoint, power."""
    from wholetrial.report.comparison_table import comparison_tables

    protocol, simulated = contents.protocol, contents.simulated
    cautions = simulated.cautions if simulated else ()
    first = [line for line in cautions if line.startswith("The model was fitted")]
    title = f"{protocol.trial} · {protocol.title}"
    for line in (*first, title, contents.design, f"The file was checked: {contents.checked}."):
        print_paragraph(f"{line}\n")
    tables = tuple(comparison_tables(contents))
    for table in tables:
        _print(table)
    if any(column.key in DIFFERENCES for table in tables for column in table.columns):
        print_paragraph("Differences of shares are in percentage points.\n")
    _print_power(contents)
    missing = [contents.not_simulated] if contents.not_simulated else []
    for line in (*contents.notes, *missing):
        print_paragraph(f"· {line}")
    if simulated is not None:
        print_paragraph(
            f"Simulated: {simulated.replicates:,} trials of {protocol.n} virtual participants, "
            f"seed {simulated.seed}, {simulated.scenario}; in brackets the middle 90% of them."
        )
    for line in cautions[len(first) :]:
        print_paragraph(f"· {line}")


def _print(table: "EndpointTable") -> None:
    from wholetrial.report.numbers import NONE

    keys = [column.key for column in table.columns]
    shown = [keys.index(key) for key in _HEADINGS if key in keys]
    columns = [_HEADINGS[keys[index]] for index in shown]
    rows = [
        (row.label, *("" if row.cells[i].text == NONE else row.cells[i].text for i in shown))
        for row in table.rows
    ]
    at = "" if table.at in table.text else f", {table.at}"
    about = [part for part in (table.level, table.number, table.analysis_set) if part]
    print_paragraph(f"{table.text}{at} ({'; '.join(about)})")
    if shown and rows:
        print_table(("", *columns), rows)
    without = (
        f"{row.label}: {cell.note}"
        for row in table.rows
        for cell in row.cells
        if cell.text == NONE and cell.note
    )
    for line in (*dict.fromkeys(without), *table.words, *table.not_computed):
        print_paragraph(f"· {line}")
    print_paragraph("")


def _print_power(contents: "Contents") -> None:
    from wholetrial.report.operating_table import power_blocks

    blocks = power_blocks(contents)
    if not blocks:
        return
    print_paragraph("Power: share of simulated trials that succeed ± Monte Carlo error\n")
    for block in blocks:
        print_paragraph(block.title)
        rows = [(row.compared, row.successes, row.power) for row in block.rows]
        print_table(("", "successes", "power"), rows)
        print_paragraph("")
