"""Parts about the language and the program: fields, tables, commands, instruments, verbs."""

import inspect
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import wholetrial
from parts.page import output_of
from parts.tables import code, table
from wholetrial.cli.application import app
from wholetrial.data.tables import TABLES, ReferenceRow, table_reference
from wholetrial.instruments.instrument import Instrument
from wholetrial.instruments.library import instrument, known_instruments
from wholetrial.protocol.reference import FieldRow, field_reference


def fields() -> str:
    """Every field of a trial file, one section for each field of the file itself."""
    sections = groupby(field_reference(), key=lambda row: row.path.split(".")[0])
    return "\n\n".join(_section(name, list(rows)) for name, rows in sections)


def _section(name: str, rows: list[FieldRow]) -> str:
    first, *inside = rows
    need = "Needed." if first.required else "May be left out."
    example = f" Example: {code(first.example)}." if first.example else ""
    opening = f"## {name}\n\n{first.meaning} {need} Written as {first.type}.{example}"
    columns = ("field", "needed", "written as", "meaning", "example")
    lines = [
        (
            code(row.path.removeprefix(f"{name}.")),
            "yes" if row.required else "",
            row.type,
            row.meaning,
            code(row.example),
        )
        for row in inside
    ]
    return f"{opening}\n\n{table(columns, lines)}" if lines else opening


def data_tables() -> str:
    """Every table of a trial's data with its columns."""
    by_file = groupby(table_reference(), key=lambda row: row.file)
    return "\n\n".join(_data_table(file, list(rows)) for file, rows in by_file)


def _data_table(file: str, rows: list[ReferenceRow]) -> str:
    found = TABLES[file.removesuffix(".csv")]
    need = "Needed." if found.required else "Read where it is there."
    columns = ("column", "holds", "needed", "meaning", "an empty cell means")
    lines = [(code(row.column), row.kind, row.needed, row.meaning, row.empty) for row in rows]
    return f"### {file}\n\nOne row: {found.row}. {need}\n\n{table(columns, lines)}"


def commands() -> str:
    """The help of every command."""
    names = [command.name or "" for command in app.registered_commands]
    with TemporaryDirectory() as folder:
        return "\n\n".join(_help(name, Path(folder)) for name in names)


def _help(name: str, folder: Path) -> str:
    command = f"wholetrial {name} --help"
    return f"## {name}\n\n```console\n$ {command}\n{output_of(command, folder)}\n```"


def instruments() -> str:
    """The instruments of the library."""
    columns = ("name in a file", "instrument", "range", "step", "better", "source")
    return table(columns, (_instrument(instrument(name)) for name in known_instruments()))


def _instrument(found: Instrument) -> tuple[str, ...]:
    unit = f" {found.unit}" if found.unit else ""
    variant = f" ({found.variant})" if found.variant else ""
    attainable = f"{found.low:g} to {found.high:g}{unit}"
    return (
        code(found.code),
        f"{found.name}{variant}",
        attainable,
        f"{found.step:g}",
        found.better,
        found.source,
    )


def shipped_trials() -> str:
    """The trials that ship with the program, each linked to its file."""
    columns = ("trial", "arms", "n", "condition")
    loaded = [wholetrial.load(name) for name in wholetrial.shipped_trials()]
    rows = [
        (
            f"[{trial.trial}](trials/{trial.trial}/trial.yaml)",
            len(trial.arms),
            trial.n,
            trial.design.condition,
        )
        for trial in loaded
    ]
    return table(columns, rows)


def verbs() -> str:
    """The public names of the package, each with what it does."""
    rows = [(code(f"wholetrial.{name}"), _first_line(name)) for name in wholetrial.__all__]
    return table(("verb", "what it does"), rows)


def _first_line(name: str) -> str:
    return (inspect.getdoc(getattr(wholetrial, name)) or "").splitlines()[0]
