"""A PostgreSQL server of one's own for a test: Debian's, in a folder of the test, on a free port."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_FOLDERS = "/usr/lib/postgresql"


def _programs() -> Path:
    found = sorted(Path(_FOLDERS).glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql)")
    return Path(on_path).parent


def _as_somebody() -> dict[str, str]:
    """PostgreSQL refuses to run as root: then it runs as its own user."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            return {"user": pwd.getpwnam(name).pw_name}
        except KeyError:
            continue
    return pytest.skip("PostgreSQL cannot run as root, and there is no other user")


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a running server with an empty database."""
    programs, user = _programs(), _as_somebody()
    with tempfile.TemporaryDirectory(prefix="wholetrial-pg-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        if user:
            shutil.chown(folder, user["user"])
            shutil.chown(data, user["user"])
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **user}
        run = [str(programs / "initdb"), "-D", str(data), "-A", "trust", "-U", "tester"]
        subprocess.run([*run, "-E", "UTF8", "--locale", "C.UTF-8", "-N"], cwd=folder, **quiet)
        port = _free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
        control = [str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", f"{folder}/log"]
        subprocess.run([*control, "-o", options, "start"], cwd=folder, **quiet)
        try:
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], cwd=folder, **quiet)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
