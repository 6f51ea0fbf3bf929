"""A page and what happens in it, from top to bottom: files grow, commands run, parts are written.

A fence marked with a language and the name of a file (yaml guttate.yaml) writes that file in the
page's own folder. In YAML a block replaces the top-level fields that it names and adds the others,
so that a page can build a file step by step; any other file is replaced whole.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_GENERATED = re.compile(r"<!-- generated: (.+) -->")
_END = "<!-- end -->"
_FENCE = re.compile(r"```(\w+) ([\w./-]+\.\w+)")
_FIELD = re.compile(r"[A-Za-z_]+(?=:)")
_INNER = re.compile(r'"\$\((.+)\)"')
_PART = re.compile(r"(.+?) \| (head|tail) -n (\d+)")


class PageError(ValueError):
    """A page that cannot be written, and why."""


def rendered(text: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """The page with everything generated written anew."""
    with TemporaryDirectory() as name:
        return "\n".join(_rendered(iter(text.splitlines()), parts, Path(name))) + "\n"


def _rendered(
    lines: Iterator[str], parts: Mapping[str, Callable[[], str]], folder: Path
) -> Iterator[str]:
    for line in lines:
        yield line
        fence, marker = _FENCE.fullmatch(line), _GENERATED.fullmatch(line)
        if fence:
            block = _until(lines, "```")
            _write(folder / fence[2], "\n".join(block) + "\n")
            yield from [*block, "```"]
        elif marker:
            _until(lines, _END)
            yield from _generated(marker[1], parts, folder).splitlines()
            yield _END


def _until(lines: Iterator[str], end: str) -> list[str]:
    found = []
    for line in lines:
        if line == end:
            return found
        found.append(line)
    raise PageError(f"'{end}' is missing at the end of the page")


def _generated(name: str, parts: Mapping[str, Callable[[], str]], folder: Path) -> str:
    if name.startswith("$ "):
        return f"```console\n{name}\n{output_of(name[2:], folder)}\n```"
    if name not in parts:
        raise PageError(f"no part '{name}'; there are {', '.join(parts)}")
    return parts[name]().strip("\n")


def _write(path: Path, block: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".yaml" and path.exists():
        block = grown(path.read_text("utf-8"), block)
    path.write_text(block, "utf-8")


def grown(file: str, block: str) -> str:
    """A YAML file in which a block's top-level fields replace those of the same name.

    >>> grown("a: 1\\nb: 2\\n", "b: 3\\nc: 4\\n")
    'a: 1\\nb: 3\\nc: 4\\n'
    """
    return "".join({**_fields(file), **_fields(block)}.values())


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines(keepends=True):
        start = _FIELD.match(line)
        name = start[0] if start else name
        found[name] = found.get(name, "") + line
    return found


def output_of(command: str, folder: Path) -> str:
    """What a `wholetrial` command prints, run in a folder.

    `| head -n N` keeps the first lines, `| tail -n N` the last.
    """
    shortened = _PART.fullmatch(command)
    lines = "\n".join(_run(shortened[1] if shortened else command, folder)).strip("\n").splitlines()
    if shortened:
        many = int(shortened[3])
        lines = lines[:many] if shortened[2] == "head" else lines[-many:]
    return "\n".join(lines).strip("\n")


def _run(command: str, folder: Path) -> list[str]:
    from typer.testing import CliRunner

    from wholetrial.cli.application import app

    program, *words = shlex.split(_INNER.sub(lambda inner: _said(inner[1], folder), command))
    if program != "wholetrial":
        raise PageError(f"a page runs wholetrial only, not '{program}'")
    with chdir(folder), _eighty_columns():
        done = CliRunner().invoke(app, words, prog_name="wholetrial")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise PageError(f"'{command}' failed") from done.exception
    if not done.exit_code:
        return [line.rstrip() for line in done.stdout.splitlines()]
    said = f"{done.stdout.rstrip()}\n{done.stderr.strip()}".strip()
    return [line.rstrip() for line in said.splitlines()]


def _said(command: str, folder: Path) -> str:
    """What a shell puts in the place of "$(command)"."""
    return subprocess.check_output(["sh", "-c", command], cwd=folder, text=True).strip()


@contextmanager
def _eighty_columns() -> Iterator[None]:
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        yield
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
