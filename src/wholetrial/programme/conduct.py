"""Runs a trial's paperwork: makes and proves an allocation list, plans a participant's calendar."""

from dataclasses import dataclass
from pathlib import Path

from wholetrial.conduct.allocation_files import AllocationFiles, allocation_files, write_allocation
from wholetrial.conduct.allocation_list import (
    Verification,
    allocation_list,
    commitment,
    new_seed,
    verify,
)
from wholetrial.protocol.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Randomized:
    """An allocation list that was written: where it stands, its commitment, how long it is."""

    files: AllocationFiles
    commitment: str
    lines: int


def randomize_trial(
    protocol: Protocol, folder: Path, *, seed: str | None = None, reserve: int = 0
) -> Randomized:
    """Make a trial's allocation list from a secret seed and write its parts into a new folder.

    Raises AllocationError where the trial is not randomized, FileExistsError where the folder
    exists.
    """
    secret = seed or new_seed()
    listed = allocation_list(protocol, secret, reserve=reserve)
    files = write_allocation(folder, protocol, secret, listed)
    return Randomized(files, commitment(protocol, secret), len(listed.lines))


def verify_allocation(protocol: Protocol, folder: Path, seed: str, committed: str) -> Verification:
    """Whether the list in a folder is the one that was committed to, now that the seed is known."""
    with allocation_files(folder).pharmacist.open(encoding="utf-8", newline="") as file:
        return verify(protocol, seed, committed, file.read())
