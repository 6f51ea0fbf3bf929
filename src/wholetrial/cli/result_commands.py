"""Commands that give results: run, simulate, analyze."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wholetrial.cli.file_commands import AsJson, Trial
from wholetrial.cli.terminal import (
    clear_errors,
    fail,
    print_json,
    print_paragraph,
    print_table,
    progress,
)

if TYPE_CHECKING:
    from wholetrial.programme.run_all import Ran
    from wholetrial.report.comparison_table import EndpointTable
    from wholetrial.report.contents import Contents

TrialUnlessAll = Annotated[
    str | None, typer.Argument(metavar="TRIAL", help="An id (wholetrial list) or a file.")
]
AllTrials = Annotated[
    bool, typer.Option("--all", help="Run every trial that ships, and write an index page.")
]
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
    "recorded adjusted": "adjusted (95% CI)",
    "simulated adjusted": "adjusted (95% CI)",
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
    trial: TrialUnlessAll = None,
    every: AllTrials = False,
    out: Out = None,
    seed: Seed = 1,
    replicates: Replicates = 200,
    scenario: Scenario = None,
    version: OtherVersion = None,
    as_json: AsJson = False,
) -> None:
    """The main job: the published table, and beside it the same trial simulated."""
    if every:
        _all_or_one(trial, out, scenario, version)
        _run_all(out or Path(), seed, replicates, as_json=as_json)
        return
    if trial is None:
        raise typer.BadParameter("name a trial, or use --all")
    _run_one(trial, out, seed, replicates, scenario, version, as_json=as_json)


def _all_or_one(
    trial: str | None, out: Path | None, scenario: str | None, version: str | None
) -> None:
    """Refuse what does not go together with --all."""
    given = {"TRIAL": trial, "--scenario": scenario, "--protocol-version": version}
    wrong = [name for name, value in given.items() if value is not None]
    if wrong:
        raise typer.BadParameter(f"--all runs every trial as it is; leave out {wrong[0]}")
    if out is None:
        raise typer.BadParameter("--all needs --out, a folder for the reports and their index")


def _run_one(
    trial: str,
    out: Path | None,
    seed: int,
    replicates: int,
    scenario: str | None,
    version: str | None,
    *,
    as_json: bool,
) -> None:
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


def _run_all(folder: Path, seed: int, replicates: int, *, as_json: bool) -> None:
    from wholetrial.programme.outputs import results_of
    from wholetrial.programme.run_all import INDEX, run_all
    from wholetrial.programme.trials import shipped_trials

    total = replicates * len(shipped_trials())
    with progress("simulating", total) as show:
        ran = run_all(folder, seed=seed, replicates=replicates, progress=show)
    if as_json:
        print_json(
            [
                results_of(one.contents)
                if one.contents
                else {"trial": one.trial, "failure": one.failure}
                for one in ran
            ]
        )
    else:
        _print_index(ran)
    typer.echo(f"wrote {folder / INDEX}", err=as_json)
    failed = [one for one in ran if one.failure]
    if failed:
        fail("\n".join(f"{one.trial} did not run: {one.failure}" for one in failed))


def _print_index(ran: "tuple[Ran, ...]") -> None:
    rows = [
        (
            one.trial,
            str(len(one.row.arms) or ""),
            str(one.row.n or ""),
            one.failure.splitlines()[0] if one.failure else _listed(one.row.results),
            one.row.caution,
        )
        for one in ran
    ]
    print_table(("trial", "arms", "n", "results", "first caution"), rows)


def _listed(results: tuple[tuple[str, str], ...]) -> str:
    return "; ".join(text for _, text in results)


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
    first = cautions[:1]
    title = f"{protocol.trial} · {protocol.title}"
    for line in (*first, title, contents.design, f"The file was checked: {contents.checked}."):
        print_paragraph(f"{line}\n")
    tables = tuple(comparison_tables(contents))
    for table in tables:
        _print(table)
    if any(column.key in DIFFERENCES for table in tables for column in table.columns):
        print_paragraph("Differences of shares are in percentage points.\n")
    _print_nearby(contents)
    _print_planned(contents)
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


def _print_nearby(contents: "Contents") -> None:
    """A short table: the figures of other studies that this trial asks for too."""
    from wholetrial.protocol.english import short_name
    from wholetrial.report.nearby_table import NO_VALIDATION, nearby_studies

    rows = []
    for study in nearby_studies(contents):
        for row in (one for one in study.rows if one.asked):
            found = f"{row.what}, {row.group}" if row.group else row.what
            when = f"{row.published}, {row.at}" if row.at else row.published
            made = "; ".join(one.text for one in row.simulated)
            fitted = " fitted" if row.fitted and made else ""
            rows.append((short_name(study.study), found, when, row.asked, f"{made}{fitted}"))
    if not rows:
        return
    print_paragraph("Nearest published results, of other studies, beside what is simulated here")
    print_table(("", "found", "published", "asked here", "simulated (90%)"), rows)
    print_paragraph(f"· {NO_VALIDATION}\n")


def _print_planned(contents: "Contents") -> None:
    from wholetrial.report.planned_samples import planned_samples

    for one in planned_samples(contents.protocol):
        print_paragraph(f"{one}\n")


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
