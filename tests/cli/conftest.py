"""The program as a user meets it: in a process of its own, or in this one where speed matters."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from wholetrial.cli.application import app

ROOT = Path(__file__).resolve().parents[2]
START = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
PROGRAM = (sys.executable, "-c", f"{START}from wholetrial.cli import main; main()")

Program = Callable[..., subprocess.CompletedProcess[str]]
Invoke = Callable[..., Result]


@pytest.fixture
def command() -> tuple[str, ...]:
    """The words that start the program."""
    return PROGRAM


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Runs the program in a process of its own, in an empty folder."""

    def run(
        *arguments: str, cwd: Path = tmp_path, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*PROGRAM, *arguments],
            cwd=cwd,
            env={**os.environ, **environment},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )

    return run


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Runs a command in this process, in an empty folder; a bug shows as the test's own error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> Result:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def krueger_text() -> str:
    """The text of the 2007 trial's file."""
    return (ROOT / "trials" / "NCT00320216" / "trial.yaml").read_text("utf-8")
