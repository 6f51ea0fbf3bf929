"""Gets the simulator ready: its loops are compiled and kept for later processes."""

from pathlib import Path
from time import perf_counter
from typing import NamedTuple


class Ready(NamedTuple):
    """How long it took, and where compiled code is kept; None where no folder can be written."""

    seconds: float
    folder: Path | None


def make_ready() -> Ready:
    """Compile every loop that is not compiled yet, and go the whole road of one trial once."""
    from wholetrial.numerics.code_folder import code_folder
    from wholetrial.programme.run import run
    from wholetrial.simulation.ready import compile_loops

    began = perf_counter()
    compile_loops()
    run("NCT00320216", replicates=1)
    return Ready(perf_counter() - began, code_folder())
