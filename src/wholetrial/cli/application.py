"""Gathers the commands; each imports what it needs only when it is used."""

import os
import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from wholetrial import __version__
from wholetrial.cli import (
    amendment_commands,
    conduct_commands,
    drafting_commands,
    exploring_commands,
    file_commands,
    model_commands,
    publishing_commands,
    question_commands,
    result_commands,
    screening_commands,
    simulation_commands,
)

app = typer.Typer(
    name="wholetrial",
    help="The whole clinical trial in one file: check it, run it, simulate it, report it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"wholetrial {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """TRIAL is the id of a trial that ships (wholetrial list) or the path of a trial file."""


file_commands.register(app)
drafting_commands.register(app)
amendment_commands.register(app)
result_commands.register(app)
simulation_commands.register(app)
exploring_commands.register(app)
conduct_commands.register(app)
screening_commands.register(app)
question_commands.register(app)
publishing_commands.register(app)
model_commands.register(app)


def run_application() -> None:
    """Run the command line; what it prints is UTF-8, whatever the machine's language."""
    _open_streams()
    app()


def _open_streams() -> None:
    """Make both streams ready for any sign; one that was closed takes and forgets everything."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
