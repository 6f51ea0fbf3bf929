"""Commands on the trial file itself: list, new, check, describe."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wholetrial.cli.terminal import clear_errors, print_json, print_paragraph, print_table

if TYPE_CHECKING:
    from wholetrial.protocol.protocol import Protocol

Trial = Annotated[str, typer.Argument(metavar="TRIAL", help="An id (wholetrial list) or a file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("list")(list_trials)
    app.command("new")(new)
    app.command("check")(check)
    app.command("describe")(describe)
    app.command("statistics")(statistics)


@clear_errors
def list_trials(as_json: AsJson = False) -> None:
    """List the trials that ship with the program."""
    from wholetrial.programme.trials import load, shipped_trials

    protocols = [load(name) for name in shipped_trials()]
    if as_json:
        print_json(
            [{"trial": p.trial, "title": p.title, "arms": len(p.arms), "n": p.n} for p in protocols]
        )
        return
    rows = [(p.trial, str(len(p.arms)), str(p.n), p.design.condition) for p in protocols]
    print_table(("trial", "arms", "n", "condition"), rows)


@clear_errors
def new(
    file: Annotated[Path, typer.Argument(help="Where to write the file.")] = Path("trial.yaml"),
) -> None:
    """Write a commented starter file."""
    from wholetrial.programme.starter import write_starter

    write_starter(file)
    typer.echo(f"wrote {file}; next: wholetrial check {file}")


@clear_errors
def check(
    trial: Trial,
    as_json: AsJson = False,
) -> None:
    """Check a trial file: all findings at once, each with its line; ends with 1 on errors."""
    from wholetrial.programme.trials import check_trial, verdict
    from wholetrial.protocol.check import has_errors

    protocol, findings = check_trial(trial)
    if as_json:
        print_json(
            [
                {
                    "file": found.file,
                    "line": found.place.line,
                    "column": found.place.column,
                    "severity": found.severity,
                    "path": found.path,
                    "expected": found.expected,
                    "found": found.found,
                    "advice": found.advice,
                }
                for found in findings
            ]
        )
    else:
        for found in findings:
            typer.echo(str(found))
        _print_readings(protocol)
        typer.echo(f"{protocol.trial if protocol else trial}: {verdict(findings)}")
    if has_errors(findings) or protocol is None:
        raise typer.Exit(1)


def _print_readings(protocol: "Protocol | None") -> None:
    """What each reading of an ambiguous criterion costs, where there are virtual people."""
    if protocol is None or not protocol.provenance.readings:
        return
    from wholetrial.programme.priced_readings import priced_readings

    priced = priced_readings(protocol)
    for line in priced.lines() if priced else ():
        typer.echo(line)


@clear_errors
def describe(
    trial: Trial,
    version: Annotated[
        str | None, typer.Option("--protocol-version", help="Another version that the file holds.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a trial file says, in one page of plain English."""
    from wholetrial.programme.trials import load, other_versions, trial_file
    from wholetrial.protocol.describe import describe as in_words

    protocol = load(trial, version=version)
    if as_json:
        typer.echo(protocol.model_dump_json(indent=1, exclude_none=True))
        return
    typer.echo(
        in_words(protocol, other_versions(trial_file(trial), load(trial), version)), nl=False
    )


@clear_errors
def statistics(
    trial: Trial,
    version: Annotated[
        str | None, typer.Option("--protocol-version", help="Another version that the file holds.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the planned statistics: a table, the paragraph for a paper, the references."""
    from wholetrial.programme.trials import load_checked
    from wholetrial.report.statistical_plan import statistical_plan

    plan = statistical_plan(load_checked(trial, version=version).protocol)
    if as_json:
        print_json(plan.as_data())
        return
    print_paragraph(f"{plan.trial} · {plan.title}\n")
    columns = ("analysis", "endpoints", "test", "estimate", "level", "several tests")
    print_table(
        columns,
        [(r.analysis, r.endpoints, r.test, r.estimate, r.level, r.several) for r in plan.rows],
    )
    for paragraph in plan.paragraphs:
        print_paragraph(f"{paragraph}\n")
    for number, paper in enumerate(plan.references, start=1):
        print_paragraph(f"{number}. {paper}")
    for name in plan.not_built:
        print_paragraph(f"· not yet computed: {name}")
