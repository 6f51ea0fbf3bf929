"""Writes an allocation: the list, the site's list, the sealed seed and the commitment, each alone.

All four appear together or not at all, and nothing that exists is overwritten.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from wholetrial.conduct.allocation_list import (
    VERSION,
    AllocationList,
    allocation_content,
    commitment,
    list_csv,
    site_csv,
)
from wholetrial.protocol.protocol import Protocol


@dataclass(frozen=True, slots=True)
class AllocationFiles:
    """Where the parts of an allocation stand, and who may see each."""

    pharmacist: Path
    """The list with arms: for the unblinded pharmacist only."""
    site: Path
    """Sequence and kit codes: for the site."""
    seed: Path
    """The sealed seed: for whoever keeps it until the end of the trial, apart from the list."""
    commitment: Path
    """The hash: for everybody, now."""


def allocation_files(folder: Path) -> AllocationFiles:
    """The names of an allocation's files in a folder."""
    return AllocationFiles(
        pharmacist=folder / "for-the-pharmacist" / "allocation-list.csv",
        site=folder / "for-the-site" / "kit-list.csv",
        seed=folder / "sealed" / "seed.txt",
        commitment=folder / "commitment.txt",
    )


def write_allocation(
    folder: Path, protocol: Protocol, seed: str, listed: AllocationList
) -> AllocationFiles:
    """Write an allocation into a new folder, which only its owner can read.

    Everything is written under a temporary name beside it, then renamed. Raises FileExistsError
    where the folder exists: a list in use is never replaced.
    """
    if folder.exists():
        raise FileExistsError(
            f"'{folder}' exists, and an allocation is never overwritten; name another folder"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write_all(temporary, protocol, seed, listed)
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return allocation_files(folder)


def commitment_text(protocol: Protocol, seed: str) -> str:
    """What can be published at once: the hash, and how it is checked; no seed, no block size."""
    return f"""\
Allocation of {protocol.trial}: commitment
SHA-256  {commitment(protocol, seed)}
over     the line "{VERSION} commitment", the 32 bytes of the seed, and the
         trial's allocation content, which is sealed with the seed.

The hash fixes the allocation list and does not show it. Once the seed is revealed, anybody can
make the list again from the trial file and compare the two.
"""


def seed_text(protocol: Protocol, seed: str) -> str:
    """What is sealed until the end of the trial: the seed, and the content it is hashed with."""
    return f"""\
Allocation of {protocol.trial}: SEALED until the end of the trial
Keep this apart from the allocation list: whoever has it can make the list.
seed     {seed}
content  {allocation_content(protocol).decode()}
"""


def _write_all(folder: Path, protocol: Protocol, seed: str, listed: AllocationList) -> None:
    files = allocation_files(folder)
    _write(files.pharmacist, list_csv(listed))
    _write(files.site, site_csv(listed))
    _write(files.seed, seed_text(protocol, seed))
    _write(files.commitment, commitment_text(protocol, seed))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
