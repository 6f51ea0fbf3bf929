"""Where compiled loops are kept between processes, and whether they are there.

A folder of the user's own, one for each state of the sources: a loop that calls a changed loop is
never taken from an old folder. Nothing here imports the compiler, so it can be asked at once.
"""

import hashlib
import os
import sys
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

FOLDER_VARIABLE = "WHOLETRIAL_CACHE"
_SOURCES = ("numerics/*.py", "simulation/*loops.py", "simulation/regions.py")
_LARGEST = "lesion_loops.integrate*.nbc"


@cache
def code_folder() -> Path | None:
    """Where compiled code is kept; None where no folder can be written.

    The environment variable WHOLETRIAL_CACHE names another place; "" keeps everything in memory.
    """
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen == "":
        return None
    bases = [Path(chosen)] if chosen else [_user_folder(), *_shared_folder()]
    for base in bases:
        folder = base / _state_of_sources()
        if _can_be_written(folder):
            return folder
    return None


def is_compiled() -> bool:
    """Whether the largest loop of these sources is kept from an earlier process."""
    folder = code_folder()
    return folder is not None and any(folder.rglob(_LARGEST))


def _user_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    return Path(base) / "wholetrial"


def _shared_folder() -> list[Path]:
    """A folder of this user among the temporary files, for those without a home."""
    number = getattr(os, "getuid", lambda: "user")()
    return [Path(tempfile.gettempdir()) / f"wholetrial-{number}"]


def _can_be_written(folder: Path) -> bool:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
        if not (_is_ours(folder) and _is_ours(folder.parent)):
            return False
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can put code here, which would be run: ours, and only we may write."""
    if not hasattr(os, "getuid"):
        return True
    found = folder.stat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022


@cache
def _state_of_sources() -> str:
    """What compiled code depends on: sources of loops and of their constants, Python and Numba."""
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(f"{sys.version} {version('numba')} {version('numpy')}".encode())
    for pattern in _SOURCES:
        for source in sorted(package.glob(pattern)):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
