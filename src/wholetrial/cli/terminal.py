"""How commands speak: tables, JSON, progress, and errors without a traceback."""

import json
import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from io import StringIO
from shutil import get_terminal_size
from typing import Any, NoReturn, ParamSpec, TypeVar

import typer

P = ParamSpec("P")
T = TypeVar("T")
WIDTH_WITHOUT_TERMINAL = 110
MOST_LINES = 40
"""Findings that a person can take in before the first is put right."""
INTERRUPTED = 130
"""What a shell expects of a command that was stopped with Ctrl-C."""


def clear_errors(command: Callable[P, T]) -> Callable[P, T]:
    """Let a command say what is wrong in a person's words and end with 1; never a traceback.

    A reader of the output who leaves (`| head`) is no error to speak of.
    """

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            typer.echo("interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            why = error.strerror or str(error)
            fail(f"{why}: {error.filename}" if error.filename else why)
        except (ValueError, LookupError) as error:
            if isinstance(error, KeyError | IndexError):
                raise
            fail(str(error))

    return wrapped


def fail(message: str) -> NoReturn:
    """Print an error and end with 1; of very many findings the first errors, and how many more."""
    if ": error:" not in message:
        typer.echo(f"error: {message}", err=True)
        raise typer.Exit(1)
    lines = message.splitlines()
    if len(lines) > MOST_LINES:
        errors = [line for line in lines if ": error:" in line]
        shown = errors[:MOST_LINES]
        lines = [*shown, f"and {len(lines) - len(shown):,} more findings; put these right first"]
    typer.echo("\n".join(lines), err=True)
    raise typer.Exit(1)


def print_json(document: Any) -> None:
    """Print data as JSON."""
    typer.echo(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; columns whose cells are numbers stand to the right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        cells = [row[index] for row in rows if row[index]]
        numeric = index > 0 and all(cell[0].isdigit() or cell[0] in "-<>+−±" for cell in cells)
        table.add_column(column, justify="right" if numeric else "left", no_wrap=index == 0)
    for row in rows:
        table.add_row(*row)
    typer.echo(_drawn(table))


def print_paragraph(text: str) -> None:
    """Print text, wrapped."""
    typer.echo(_drawn(text))


def _drawn(content: Any) -> str:
    """What Rich makes of a table or a text, without spaces at the ends of lines."""
    from rich.console import Console

    width = get_terminal_size().columns if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL
    console = Console(
        file=StringIO(), width=width, highlight=False, emoji=False, markup=False, color_system=None
    )
    console.print(content)
    drawn = console.file
    lines = drawn.getvalue().splitlines() if isinstance(drawn, StringIO) else []
    return "\n".join(line.rstrip() for line in lines)


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how far something is, how fast it goes and when it ends; nothing in a file."""
    say_what_is_compiled()
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
    )
    from rich.text import Text

    class Pace(ProgressColumn):
        """Trials per second since the beginning, and the time left at that pace."""

        def render(self, task: Task) -> Text:
            return Text(pace(task.completed, total, task.elapsed or 0.0))

    console = Console(stderr=True)
    bar = Progress(
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        Pace(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)


def say_what_is_compiled() -> None:
    """Say that the first use compiles, which takes a while, and where that is kept."""
    from wholetrial.numerics.code_folder import code_folder, is_compiled

    if is_compiled():
        return
    folder = code_folder()
    kept = f"kept in {folder}" if folder else "kept for this run only: no folder can be written"
    typer.echo(
        f"The simulator is compiled at its first use, half a minute or so; {kept}. To do it at a "
        "time of your own: wholetrial compile",
        err=True,
    )


def pace(done: float, total: float, seconds: float) -> str:
    """How fast something goes and when it will be done; nothing until anything is.

    >>> pace(500, 10_000, 2.0), pace(0, 10_000, 2.0)
    ('250 trials/s, 0:00:38 left', '')
    """
    if done <= 0 or seconds <= 0:
        return ""
    left = timedelta(seconds=math.ceil(max(total - done, 0) * seconds / done))
    return f"{done / seconds:,.0f} trials/s, {left} left"


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C ask for an end, which the work sees; a second ends it at once."""
    asked = threading.Event()

    def ask(number: int, frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
