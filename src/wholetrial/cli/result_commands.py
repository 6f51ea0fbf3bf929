"""Commands that give results: run and analyze."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wholetrial.cli.file_commands import AsJson, Trial
from wholetrial.cli.printed import print_contents
from wholetrial.cli.terminal import clear_errors, fail, print_json, print_table, progress

if TYPE_CHECKING:
    from wholetrial.programme.run_all import Ran
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
Out = Annotated[
    Path | None, typer.Option(help="A folder for report.html, figures.html and results.json.")
]
OtherVersion = Annotated[
    str | None, typer.Option("--protocol-version", help="Another version that the file holds.")
]


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
        typer.echo(f"wrote {written}", err=as_json)
