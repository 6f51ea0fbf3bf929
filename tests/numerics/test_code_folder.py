"""Compiled code of a user who is not root: kept where there is a home, else in memory, same bits."""

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from wholetrial.numerics.code_folder import FOLDER_VARIABLE

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "wholetrial"
SCRIPT = """
import hashlib, json, os, sys, tempfile
import numpy as np
from wholetrial.numerics import code_folder, compiled, loops

def bits(loop):
    out = np.empty(64)
    loop(np.linspace(-20.0, 20.0, 64), out)
    return hashlib.sha256(out.tobytes()).hexdigest()

def as_user(user, group, environment):
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
    os.environ.pop("WHOLETRIAL_CACHE", None)
    os.environ.pop("XDG_CACHE_HOME", None)
    os.environ.update(environment)
    tempfile.tempdir = environment["TMPDIR"]    # Python itself would fall back on /tmp
    code_folder.code_folder.cache_clear()
    folder = code_folder.code_folder()
    kept = lambda: folder is not None and any(folder.rglob("loops.exponentials*.nbc"))
    known = kept()
    found = bits(compiled.compiled(loops.exponentials.py_func))
    return [str(folder), known, kept(), found]

# as root: everything that Python and Numba load, which another user may not be able to read
for turn in range(2):
    bits(compiled.compiled(loops.exponentials.py_func))
user, group, *environments = json.loads(sys.argv[1])
for environment in environments:
    if os.fork() == 0:
        print(json.dumps(as_user(user, group, environment)), flush=True)
        os._exit(0)
    os.wait()
"""
"""Compiles one loop as another user, once for each environment, each in a process of its own.

Prints the folder, whether code was there before and after, and the bits that the loop gives.
"""


class Found(NamedTuple):
    """What a process of another user found."""

    folder: str
    known: bool
    kept: bool
    bits: str


Run = Callable[..., list[Found]]


@pytest.fixture
def nobody() -> pwd.struct_passwd:
    """The user that owns nothing; only root may become one."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can run a process as another user")
    return pwd.getpwnam("nobody")


@pytest.fixture
def run(tmp_path: Path, nobody: pwd.struct_passwd) -> Run:
    """Runs the script as nobody, who can read the package and write only where the test says."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(0o755)
    package = tmp_path / "package"
    shutil.copytree(PACKAGE, package / "wholetrial", ignore=shutil.ignore_patterns("__pycache__"))

    def started(*environments: dict[str, str]) -> list[Found]:
        given = [nobody.pw_uid, nobody.pw_gid, *environments]
        warm = {"WHOLETRIAL_CACHE": str(tmp_path / "of root"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, json.dumps(given)],
            env={**os.environ, **warm, "PYTHONPATH": str(package)},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        assert not done.stderr
        return [Found(*json.loads(line)) for line in done.stdout.splitlines()]

    return started


def a_folder(path: Path, owner: pwd.struct_passwd | None, mode: int) -> Path:
    path.mkdir()
    if owner is not None:
        os.chown(path, owner.pw_uid, owner.pw_gid)
    path.chmod(mode)
    return path


def test_a_user_who_is_not_root_keeps_code_where_nobody_else_writes_or_in_memory(
    tmp_path: Path, run: Run, nobody: pwd.struct_passwd
) -> None:
    """One process pays for compiling: a folder of somebody else could hold code of anybody."""
    home = a_folder(tmp_path / "home", nobody, 0o700)
    closed = a_folder(tmp_path / "closed", None, 0o555)
    temporary = a_folder(tmp_path / "temporary", None, 0o1777)
    taken = a_folder(tmp_path / "taken", None, 0o1777)
    a_folder(taken / f"wholetrial-{nobody.pw_uid}", None, 0o777)
    others = a_folder(tmp_path / "others", None, 0o777)
    shared = a_folder(tmp_path / "shared", nobody, 0o777)

    def environment(
        home: Path, temporary: Path, chosen: str | Path | None = None
    ) -> dict[str, str]:
        found = {"HOME": str(home), "TMPDIR": str(temporary)}
        return found if chosen is None else {**found, FOLDER_VARIABLE: str(chosen)}

    first, again, in_memory, asked, without_home, *not_trusted = run(
        environment(home, closed),
        environment(home, closed),
        environment(closed, closed),
        environment(home, closed, ""),
        environment(closed, temporary),
        environment(closed, taken),
        environment(closed, closed, others),
        environment(closed, closed, shared),
    )
    folder = Path(first.folder)
    assert folder.is_relative_to(home / ".cache" / "wholetrial")
    assert (folder.stat().st_uid, folder.stat().st_mode & 0o077) == (nobody.pw_uid, 0)
    assert (first.known, first.kept) == (False, True)
    assert again == Found(first.folder, True, True, first.bits)
    assert in_memory == asked == Found("None", False, False, first.bits)
    assert Path(without_home.folder).is_relative_to(temporary / f"wholetrial-{nobody.pw_uid}")
    assert (without_home.kept, without_home.bits) == (True, first.bits)
    assert not_trusted == [in_memory] * 3
