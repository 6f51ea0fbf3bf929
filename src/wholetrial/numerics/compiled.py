"""Compiles inner loops to machine code once, and keeps the code for the next process.

Strict IEEE arithmetic: no contraction to fused operations and no reordering, so that a loop gives
the same bits with the vector instructions of any processor.

Compiled code is kept in a folder (`code_folder`). Where nothing can be written it is kept in
memory, for this process only.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

from wholetrial.numerics.code_folder import code_folder

LoopT = TypeVar("LoopT", bound=Callable[..., Any])

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
