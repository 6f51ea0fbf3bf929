"""The allocation list of a real trial: made from a sealed seed, committed to before it is used.

The seed is a secret of 256 bits. Its commitment, a SHA-256, can be published at once: it fixes the
list without showing it. When the trial is over the seed is revealed, and anybody can make the list
again and compare. Sites never receive arms, in open trials neither: their list holds kit codes,
which are sequence codes and say nothing.

Current limitations: a commitment proves that the seed was not changed, not that it was drawn at
random; let someone outside the trial draw it where that matters. Philox is no cipher: the list is
concealed by keeping it, not by its arithmetic.
"""

import csv
import hashlib
import io
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

from wholetrial.conduct.allocation import Randomization, lines, randomization
from wholetrial.protocol.protocol import Protocol

VERSION = "wholetrial allocation 1"
"""The version of the arithmetic; part of every commitment."""
MOST_RESERVE = 1_000_000
MOST_LINES = 5_000_000

_SEED = re.compile(r"[0-9a-f]{64}")


class SeedError(ValueError):
    """A text that is no sealed seed."""


@dataclass(frozen=True, slots=True)
class Allocated:
    """One line of the list: the place in its stratum, the block, the arm, the code of the kit."""

    sequence: int
    stratum: str
    block: int | None
    arm: str
    kit: str


@dataclass(frozen=True, slots=True)
class AllocationList:
    """Every line, stratum by stratum; `planned` lines of each stratum, then the reserve."""

    trial: str
    arms: tuple[str, ...]
    planned: int
    reserve: int
    lines: tuple[Allocated, ...]


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a revealed seed is the committed one, and whether it makes the list.

    `difference` says what first differs; it is empty where the list holds.
    """

    seed_holds: bool
    list_holds: bool
    difference: str = ""

    @property
    def holds(self) -> bool:
        """Whether the list is the committed one."""
        return self.seed_holds and self.list_holds


def new_seed() -> str:
    """A fresh secret seed: 256 bits from the operating system, as 64 hexadecimal digits."""
    return secrets.token_bytes(32).hex()


def read_seed(text: str) -> str:
    """A seed as somebody wrote it: 64 hexadecimal digits.

    Raises SeedError for anything else: a short seed could be found by trying.
    """
    seed = text.strip().lower()
    if not _SEED.fullmatch(seed):
        raise SeedError(
            "a sealed seed is 64 hexadecimal digits (256 bits), because a short one could be found "
            f"by trying; got {len(seed)} characters. Leave it out and one is drawn"
        )
    return seed


def generator_key(seed: str) -> int:
    """The 64-bit key of the generator: the first eight bytes of a SHA-256 over the seed.

    >>> generator_key("00" * 32)
    2379618776415412708
    """
    digest = hashlib.sha256(f"{VERSION} key\n".encode() + bytes.fromhex(read_seed(seed))).digest()
    return int.from_bytes(digest[:8], "big")


def allocation_list(protocol: Protocol, seed: str, *, reserve: int = 0) -> AllocationList:
    """The list made from a sealed seed; a list with a reserve begins with the one without.

    With blocks and no strata the planned total has exactly n participants in every arm. With
    strata every stratum's list is long enough for all participants. The reserve is that many more
    lines of each stratum, for participants who are replaced.

    Raises AllocationError for a trial that is not randomized, SeedError for no seed.
    """
    plan, key = randomization(protocol), generator_key(seed)
    length = plan.planned + reserve
    if not 0 <= reserve <= MOST_RESERVE or length * len(plan.strata) > MOST_LINES:
        raise ValueError(
            f"a reserve lies in 0 to {MOST_RESERVE:,} and a list has at most {MOST_LINES:,} lines; "
            f"got a reserve of {reserve:,} for {len(plan.strata)} lists of {plan.planned:,}"
        )
    listed = [_listed(plan, key, number, length) for number in range(len(plan.strata))]
    together = tuple(line for stratum in listed for line in stratum)
    return AllocationList(protocol.trial, plan.arms, plan.planned, reserve, together)


def allocation_content(protocol: Protocol) -> bytes:
    """What a list depends on besides its seed, as canonical JSON: keys sorted, no spaces.

    The reserve is not part of it, so a list can go on under its first commitment.
    """
    plan = randomization(protocol)
    content = {
        "arms": [[name, arm.n] for name, arm in protocol.arms.items()],
        "sizes": list(plan.sizes),
        "strata": list(plan.strata),
        "trial": protocol.trial,
        "version": VERSION,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def commitment(protocol: Protocol, seed: str) -> str:
    """The SHA-256 over seed and content, to publish before the first participant is randomized."""
    message = f"{VERSION} commitment\n".encode() + bytes.fromhex(read_seed(seed))
    return hashlib.sha256(message + allocation_content(protocol)).hexdigest()


def list_csv(listed: AllocationList) -> str:
    """The list with its arms, for the unblinded pharmacist only; an empty block is none."""
    header = ("sequence", "stratum", "block", "arm", "kit")
    rows = ((x.sequence, x.stratum, x.block, x.arm, x.kit) for x in listed.lines)
    return _csv(header, rows)


def site_csv(listed: AllocationList) -> str:
    """The list for the site: sequence and kit codes, and room to write; never an arm or a block."""
    header = ("sequence", "stratum", "kit", "participant", "date", "signature")
    return _csv(header, ((x.sequence, x.stratum, x.kit, "", "", "") for x in listed.lines))


def verify(protocol: Protocol, seed: str, committed: str, written: str) -> Verification:
    """Whether a list as it was written (`list_csv`) is the one that was committed to.

    The reserve is read off the number of lines; every byte of the list counts.
    """
    seed_holds = commitment(protocol, seed) == committed.strip()
    plan = randomization(protocol)
    length = (written.count("\n") - 1) // len(plan.strata)
    reserve = min(max(length - plan.planned, 0), MOST_RESERVE)
    made = list_csv(allocation_list(protocol, seed, reserve=reserve))
    return Verification(seed_holds, made == written, _difference(made, written))


def _listed(plan: Randomization, key: int, stratum: int, length: int) -> tuple[Allocated, ...]:
    drawn = lines(plan, key, stratum, length)
    label, blocks = plan.strata[stratum], bool(plan.sizes)
    prefix = f"{stratum + 1}-" if label else ""
    return tuple(
        Allocated(
            sequence=place,
            stratum=label,
            block=int(block) + 1 if blocks else None,
            arm=plan.arms[arm],
            kit=f"{prefix}{place:04d}",
        )
        for place, (arm, block) in enumerate(zip(drawn.arm[0], drawn.block[0], strict=True), 1)
    )


def _csv(header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _difference(made: str, written: str) -> str:
    pairs = zip_longest(made.splitlines(keepends=True), written.splitlines(keepends=True))
    for number, (expected, found) in enumerate(pairs, 1):
        if expected != found:
            shown = "nothing" if found is None else repr(found)
            wanted = "nothing" if expected is None else repr(expected)
            return f"row {number}: the seed makes {wanted}, the list holds {shown}"
    return ""
