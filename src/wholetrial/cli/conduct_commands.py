"""Commands for the people who run a trial: randomize, verify, plan."""

import datetime
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wholetrial.cli.file_commands import AsJson, Trial
from wholetrial.cli.terminal import clear_errors, fail, print_json, print_paragraph, print_table

if TYPE_CHECKING:
    from wholetrial.conduct.calendar_plan import CalendarPlan

Folder = Annotated[Path, typer.Option("--out", help="A new folder for the list.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("randomize")(randomize)
    app.command("verify")(verify)
    app.command("plan")(plan)


@clear_errors
def randomize(
    trial: Trial,
    out: Folder = Path("allocation"),
    seed: Annotated[
        str | None, typer.Option(help="64 hexadecimal digits; drawn by the system if left out.")
    ] = None,
    reserve: Annotated[int, typer.Option(help="More lines, for participants replaced.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Make the allocation list: sealed seed, a commitment to publish now, files apart."""
    from wholetrial.programme.conduct import randomize_trial
    from wholetrial.programme.trials import load_checked

    done = randomize_trial(load_checked(trial).protocol, out, seed=seed, reserve=reserve)
    if as_json:
        files = {name: str(path) for name, path in asdict(done.files).items()}
        print_json({"commitment": done.commitment, "lines": done.lines, "files": files})
        return
    typer.echo(f"{done.lines} lines. Publish this commitment now, reveal the seed at the end:")
    typer.echo(f"  {done.commitment}")
    typer.echo(f"for the unblinded pharmacist only  {done.files.pharmacist}")
    typer.echo(f"for the site                       {done.files.site}")
    typer.echo(f"sealed, to be kept apart           {done.files.seed}")
    typer.echo(f"to publish                         {done.files.commitment}")


@clear_errors
def verify(
    trial: Trial,
    folder: Annotated[Path, typer.Argument(help="The folder that randomize wrote.")],
    seed: Annotated[str, typer.Option(help="The revealed seed.")],
    commitment: Annotated[str, typer.Option(help="The commitment that was published.")],
    as_json: AsJson = False,
) -> None:
    """Prove that an allocation list is the one committed to; ends with 1 where it is not."""
    from wholetrial.programme.conduct import verify_allocation
    from wholetrial.programme.trials import load

    found = verify_allocation(load(trial), folder, seed, commitment)
    if as_json:
        print_json({**asdict(found), "holds": found.holds})
    if not found.holds:
        why = (
            ""
            if found.seed_holds
            else "this seed with this trial file is not what was committed to. "
        )
        fail(f"the list does not hold: {why}{found.difference}")
    if not as_json:
        typer.echo("the list is the one committed to")


@clear_errors
def plan(
    trial: Trial,
    start: Annotated[str, typer.Option(help="Day 0 of the participant, as 2026-01-05.")],
    weight: Annotated[float | None, typer.Option(help="Body weight in kg.")] = None,
    arm: Annotated[str | None, typer.Option(help="The arm; masked trials need none.")] = None,
    out: Annotated[Path | None, typer.Option(help="A page to print, such as plan.html.")] = None,
    as_json: AsJson = False,
) -> None:
    """A participant's calendar: visits with windows, doses, what depends on a result."""
    from wholetrial.conduct.calendar_dates import read_start
    from wholetrial.conduct.calendar_plan import calendar_plan
    from wholetrial.programme.outputs import write_calendar
    from wholetrial.programme.trials import load_checked

    protocol = load_checked(trial).protocol
    made = calendar_plan(protocol, read_start(start), weight=weight, arm=arm)
    if as_json:
        print_json(_calendar_json(made))
    else:
        _print_calendar(made)
    if out is not None:
        write_calendar(made, out)
        typer.echo(f"wrote {out}", err=True)


def _print_calendar(made: "CalendarPlan") -> None:
    weight = f", {made.weight:g} kg" if made.weight else ""
    arm = f" · {made.arm_label}" if made.arm_label else ""
    print_paragraph(f"{made.trial} · {made.title}{arm}")
    print_paragraph(f"{made.counted_from} {made.start}{weight}\n")
    print_table(("date", "", "window", "visit", "doses", "depends on"), _calendar_rows(made))
    for total in made.totals:
        print_paragraph(f"{total}{f' ({total.condition})' if total.condition else ''}")
    for note in made.notes:
        print_paragraph(f"· {note}")


def _calendar_rows(made: "CalendarPlan") -> list[tuple[str, ...]]:
    from wholetrial.report.calendar_page import conditions

    return [
        (
            str(row.date),
            row.weekday[:3],
            "" if row.earliest == row.latest else f"{row.earliest:%d %b} to {row.latest:%d %b}",
            row.what,
            "\n".join(str(dose) for dose in row.doses),
            "\n".join(conditions(row)),
        )
        for row in made.rows
    ]


def _calendar_json(made: "CalendarPlan") -> dict[str, Any]:
    document = _plain(asdict(made))
    assert isinstance(document, dict)
    for row, shown in zip(document["rows"], made.rows, strict=True):
        row["weekday"] = shown.weekday
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, datetime.date) else value
