"""How commands speak: tables, JSON, progress, and errors without a traceback."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import typer

if TYPE_CHECKING:
    from rich.console import Console

P = ParamSpec("P")
T = TypeVar("T")
WIDTH_WITHOUT_TERMINAL = 110


def clear_errors(command: Callable[P, T]) -> Callable[P, T]:
    """Let a command say what is wrong in a person's words and end with 1; never a traceback."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return command(*args, **kwargs)
        except OSError as error:
            fail(f"{error.strerror or error}: {error.filename}" if error.filename else str(error))
        except (ValueError, LookupError) as error:
            if isinstance(error, KeyError | IndexError):
                raise
            fail(str(error))

    return wrapped


def fail(message: str) -> Any:
    """Print an error and end with 1."""
    typer.echo(message if ": error:" in message else f"error: {message}", err=True)
    raise typer.Exit(1)


def console() -> "Console":
    """Where tables are printed: as wide as the terminal, or a fixed width where there is none."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL
    return Console(width=width, highlight=False, emoji=False, markup=False, soft_wrap=False)


def print_json(document: Any) -> None:
    """Print data as JSON."""
    typer.echo(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; columns whose cells are numbers stand to the right."""
    from rich import box
    from rich.table import Table

    table = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, title_style="bold"
    )
    for index, column in enumerate(columns):
        numeric = all(row[index][:1].isdigit() or row[index][:1] in "-<−" for row in rows if row[index])
        table.add_column(column, justify="right" if numeric and index else "left")
    for row in rows:
        table.add_row(*row)
    console().print(table)


def print_paragraph(text: str) -> None:
    """Print text, wrapped."""
    console().print(text)


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how far something is, on the error stream, while it lasts."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn(title),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)
