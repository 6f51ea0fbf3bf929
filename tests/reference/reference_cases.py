"""Compare the statistical methods with the frozen reference results, one line a case and method.

The cases lie in the folder that WHOLETRIAL_REFERENCE names (../shared/reference beside the
repository unless set); a case is known by its folder's name, whatever its data (see `cases/`).
`allowed` is the precision that the folder's README states. Differences are
|ours - reference| / max(1, |reference|).

Run by hand to see the table and write it: python tests/reference/reference_cases.py docs/evidence.json
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from cases import ALL
from comparing import Case, Comparison, difference, numbers

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Evidence:
    """How near a method comes to a reference case, and who made the reference."""

    case: str
    method: str
    reference: str
    numbers: int
    largest_difference: float
    allowed: float

    @property
    def agrees(self) -> bool:
        return self.largest_difference <= self.allowed


def reference_folder() -> Path:
    """The folder of reference cases, whether or not it exists."""
    named = os.environ.get("WHOLETRIAL_REFERENCE")
    return Path(named) if named else REPOSITORY.parent / "shared" / "reference"


def all_cases() -> list[str]:
    """Every case in the reference folder, by its path within it."""
    folder = reference_folder()
    return sorted(str(file.parent.relative_to(folder)) for file in folder.rglob("result.json"))


def covered_cases() -> list[str]:
    """The cases that a method here can be held against."""
    return [case for case in all_cases() if _kind(case)]


def evidence_of(case: str) -> list[Evidence]:
    """Run a case: for each method the largest difference over all its numbers."""
    folder = reference_folder() / case
    kind = _kind(case)
    if kind is None:
        raise ValueError(f"no method covers the reference case {case!r}")
    document = json.loads((folder / "result.json").read_text())
    comparisons = kind.compare(folder, document["result"])
    return gathered(case, _made_by(kind, document), comparisons)


def gathered(case: str, reference: str, comparisons: Iterable[Comparison]) -> list[Evidence]:
    """Sum comparisons up, one piece of evidence for each method."""
    found: dict[str, Evidence] = {}
    for comparison in comparisons:
        ours, theirs = numbers(comparison.ours), numbers(comparison.reference)
        before = found.get(comparison.method)
        found[comparison.method] = Evidence(
            case,
            comparison.method,
            reference,
            ours.size + (before.numbers if before else 0),
            max(difference(ours, theirs), before.largest_difference if before else 0.0),
            comparison.allowed,
        )
    return list(found.values())


def write_evidence(path: Path) -> list[Evidence]:
    """Run every covered case and write the evidence, and what is not covered, as JSON."""
    lines = [line for case in covered_cases() for line in evidence_of(case)]
    document = {
        "compared": [asdict(line) for line in lines],
        "not_covered": sorted(set(all_cases()) - set(covered_cases())),
        "parts_not_covered": {
            case: list(kind.not_covered)
            for case in all_cases()
            if (kind := _kind(case)) and kind.not_covered
        },
    }
    path.write_text(json.dumps(document, indent=2) + "\n")
    return lines


def table(lines: Sequence[Evidence], not_covered: Sequence[str]) -> list[str]:
    """The evidence as lines to print, one a case: that which comes nearest to what is allowed."""
    rows = []
    for case in dict.fromkeys(line.case for line in lines):
        mine = [line for line in lines if line.case == case]
        worst = max(mine, key=lambda line: line.largest_difference / line.allowed)
        methods = ", ".join(dict.fromkeys(line.method.partition(" ")[0] for line in mine))
        mark = "" if all(line.agrees for line in mine) else "DISAGREES "
        rows.append(
            f"{case:42} {worst.largest_difference:8.1e} <= {worst.allowed:.0e} ({worst.method}), "
            f"{sum(line.numbers for line in mine):,} numbers: {mark}{methods}"
        )
    return [*rows, *(f"{case:42} not covered" for case in not_covered)]


def _kind(case: str) -> Case | None:
    return next((kind for pattern, kind in ALL.items() if fnmatch(case, pattern)), None)


def _made_by(kind: Case, document: Any) -> str:
    packages = document["packages"].items()
    return kind.reference or f"R {', '.join(f'{name} {version}' for name, version in packages)}"


if __name__ == "__main__":
    written = write_evidence(Path(sys.argv[1]))
    print("\n".join(table(written, sorted(set(all_cases()) - set(covered_cases())))))
    sys.exit(any(not line.agrees for line in written))
