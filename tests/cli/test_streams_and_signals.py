"""The program among other programs: pipes, full disks, closed streams, Ctrl-C, another language."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from wholetrial.numerics.code_folder import code_folder

Program = Callable[..., subprocess.CompletedProcess[str]]
UNWRITABLE = Path("/proc")


def test_a_reader_who_leaves_sees_no_error(command: tuple[str, ...]) -> None:
    """`wholetrial list | true`: nobody reads what is printed."""
    process = subprocess.Popen(
        [*command, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert said == ""


def test_a_full_disk_is_said_in_one_line(command: tuple[str, ...]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full to stand for a full disk")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*command, "list"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (1, "error: No space left on device\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_does_no_harm(command: tuple[str, ...], closed: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" "$@" {closed}', *command, "list"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert ("NCT00320216" in done.stdout) == (closed == "2>&-")


@pytest.mark.parametrize(
    "language",
    [
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
)
def test_signs_are_printed_as_utf_8_in_any_language(
    program: Program, language: dict[str, str]
) -> None:
    done = program("run", "NCT00320216", "--replicates", "2", **language)
    assert (done.returncode, done.stderr) == (0, "")
    assert "+8 (−3 to 20)" in done.stdout
    assert "100.0% ± 0.0%" in done.stdout


def test_a_name_that_is_not_utf_8_is_said_to_be_unknown(program: Program) -> None:
    done = program("check", os.fsdecode(b"\xff.yaml"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: no trial '\\udcff.yaml': neither an id nor a file;")


def compiled_before(tmp_path: Path) -> str:
    """Where compiled code is kept already: compiling anew is the subject of other tests."""
    folder = code_folder()
    return str(folder.parent if folder else tmp_path)


def test_without_a_home_in_a_folder_that_cannot_be_written_everything_but_writing_works(
    program: Program, tmp_path: Path
) -> None:
    if not UNWRITABLE.is_dir():
        pytest.skip("this system has no folder that nobody can write into")
    home = {"HOME": "/proc/none", "XDG_CONFIG_HOME": "", "XDG_CACHE_HOME": "", "MPLCONFIGDIR": ""}
    home["WHOLETRIAL_CACHE"] = compiled_before(tmp_path)
    out = tmp_path / "out"
    run = ("run", "NCT00320216", "--replicates", "2", "--out")
    done = program(*run, str(out), cwd=UNWRITABLE, **home)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == [
        "figures.html",
        "report.html",
        "results.json",
    ]
    for words in ((*run, "here"), ("new",), ("randomize", "NCT00320216")):
        refused = program(*words, cwd=UNWRITABLE, **home)
        assert refused.returncode == 1
        assert refused.stderr.startswith("error: ")
        assert refused.stderr.count("\n") == 1


def test_ctrl_c_ends_a_long_run_in_one_line_with_nothing_written(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    """On a terminal: the progress bar shows that the simulation has begun, then Ctrl-C comes."""
    terminal, stderr = os.openpty()
    process = subprocess.Popen(
        [*command, "run", "NCT00320216", "--replicates", "100000", "--out", "out"],
        cwd=tmp_path,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
    os.close(stderr)
    shown = b""
    while b"simulating" not in shown:
        shown += os.read(terminal, 4096)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=60)
    said = remaining(terminal)
    assert process.returncode == 130
    assert printed == ""
    assert said.splitlines()[-1].endswith("interrupted")
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def remaining(terminal: int) -> str:
    """What a terminal still shows once its program has ended."""
    parts = []
    while True:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode()


def test_progress_is_not_written_into_files(program: Program) -> None:
    done = program("run", "NCT00320216", "--replicates", "70", "--json")
    assert (done.returncode, done.stderr) == (0, "")
