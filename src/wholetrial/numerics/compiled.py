"""Compiles inner loops to machine code once, and keeps the code for the next process.

Strict IEEE arithmetic: no contraction to fused operations and no reordering, so that a loop gives
the same bits with the vector instructions of any processor.

Compiled code is kept in a folder of the user's own, one for each state of the sources: a loop that
calls a changed loop is never taken from an old folder. Where nothing can be written it is kept in
memory, for this process only.
"""

import hashlib
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

LoopT = TypeVar("LoopT", bound=Callable[..., Any])

FOLDER_VARIABLE = "WHOLETRIAL_CACHE"
_LOCK = threading.RLock()


def compiled(function: LoopT) -> LoopT:
    """A loop over arrays as machine code; it runs without Python's lock, so in threads as well.

    Each kind of argument is compiled when it first comes up, in a second or some; afterwards its
    code is found in `code_folder()`.
    """
    loop = njit(nogil=True, error_model="numpy")(function)
    folder = code_folder()
    if folder is not None:
        with _kept_in(folder):
            loop.enable_caching()
    return cast(LoopT, loop)


def inlined(function: LoopT) -> LoopT:
    """A few operations on numbers, written out wherever a compiled loop uses them."""
    return cast(LoopT, njit(forceinline=True, error_model="numpy")(function))


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
    """Whether compiled code of these sources is kept from an earlier process."""
    folder = code_folder()
    return folder is not None and any(folder.rglob("*.nbc"))


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
    """What compiled code depends on: every source that may hold a loop, Python and Numba."""
    import numba
    import numpy

    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256(f"{sys.version} {numba.__version__} {numpy.__version__}".encode())
    for source in sorted([*package.glob("numerics/*.py"), *package.glob("simulation/**/*.py")]):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@contextmanager
def _kept_in(folder: Path) -> Iterator[None]:
    """Numba's own setting, changed while one loop is made ready and then put back."""
    import numba

    config: Any = numba.config
    with _LOCK:
        before = config.CACHE_DIR
        config.CACHE_DIR = str(folder)
        try:
            yield
        finally:
            config.CACHE_DIR = before
