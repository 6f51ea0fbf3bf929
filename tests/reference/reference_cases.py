"""Compare the statistical methods with the frozen reference results, one line a case and method.

The cases lie in the folder that WHOLETRIAL_REFERENCE names (../shared/reference beside the
repository unless set); a case is known by its folder's name, whatever its data (see `cases/`).
`allowed` is the precision that the folder's README states. Differences are
|ours - reference| / max(1, |reference|), and for p-values of tests by formula also
|ours - reference| / reference, see `comparing.CLOSED`.

Run by hand to see the table and write it:
python tests/reference/reference_cases.py docs/evidence.json
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from cases import ALL
from comparing import Case, Comparison, difference, numbers, relative_difference

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Evidence:
    """How near a method comes to a reference case, and who made the reference.

    Some of the numbers are `p_values` that are compared relatively too, if any.
    """

    case: str
    method: str
    reference: str
    numbers: int
    largest_difference: float
    allowed: float
    p_values: int = 0
    largest_relative_difference: float = 0.0
    allowed_relative: float = 0.0

    @property
    def agrees(self) -> bool:
        return (
            self.largest_difference <= self.allowed
            and self.largest_relative_difference <= self.allowed_relative
        )

    @property
    def used(self) -> float:
        """The part used of what is allowed, 1 at most where it agrees."""
        relative = self.largest_relative_difference
        return max(
            self.largest_difference / self.allowed,
            relative / self.allowed_relative if relative else 0.0,
        )


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
    return [case for case in all_cases() if kind_of(case)]


def evidence_of(case: str) -> list[Evidence]:
    """Run a case: for each method the largest difference over all its numbers."""
    folder = reference_folder() / case
    kind = kind_of(case)
    if kind is None:
        raise ValueError(f"no method covers the reference case {case!r}")
    document = json.loads((folder / "result.json").read_text())
    comparisons = kind.compare(folder, document["result"])
    return gathered(case, _made_by(kind, document), comparisons)


def gathered(case: str, reference: str, comparisons: Iterable[Comparison]) -> list[Evidence]:
    """Sum comparisons up, one piece of evidence for each method."""
    found: dict[str, Evidence] = {}
    for comparison in comparisons:
        one = _of_one(case, reference, comparison)
        before = found.get(one.method)
        found[one.method] = _together(before, one) if before else one
    return list(found.values())


def _of_one(case: str, reference: str, comparison: Comparison) -> Evidence:
    ours, theirs = numbers(comparison.ours), numbers(comparison.reference)
    relative = comparison.relative
    return Evidence(
        case,
        comparison.method,
        reference,
        ours.size,
        difference(ours, theirs),
        comparison.allowed,
        0 if relative is None else ours.size,
        0.0 if relative is None else relative_difference(ours, theirs),
        0.0 if relative is None else relative,
    )


def _together(one: Evidence, other: Evidence) -> Evidence:
    """Both, with the larger differences; a method has one precision in a case."""
    relative = {part.allowed_relative for part in (one, other) if part.p_values}
    if one.allowed != other.allowed or len(relative) > 1:
        raise ValueError(f"{one.case}: {one.method} should have one precision, not several")
    return replace(
        one,
        numbers=one.numbers + other.numbers,
        largest_difference=max(one.largest_difference, other.largest_difference),
        p_values=one.p_values + other.p_values,
        largest_relative_difference=max(
            one.largest_relative_difference, other.largest_relative_difference
        ),
        allowed_relative=max(one.allowed_relative, other.allowed_relative),
    )


def write_evidence(path: Path) -> list[Evidence]:
    """Run every covered case and write the evidence, and what is not covered, as JSON."""
    lines = [line for case in covered_cases() for line in evidence_of(case)]
    document = {
        "compared": [asdict(line) for line in lines],
        "not_covered": sorted(set(all_cases()) - set(covered_cases())),
        "parts_not_covered": {
            case: list(kind.not_covered)
            for case in all_cases()
            if (kind := kind_of(case)) and kind.not_covered
        },
    }
    path.write_text(json.dumps(document, indent=2) + "\n")
    return lines


def table(lines: Sequence[Evidence], not_covered: Sequence[str]) -> list[str]:
    """The evidence as lines to print, one a case: that which comes nearest to what is allowed.

    A case that disagrees names each method that does, with its difference and what is allowed.
    """
    rows = []
    for case in dict.fromkeys(line.case for line in lines):
        mine = [line for line in lines if line.case == case]
        worst = max(mine, key=lambda line: line.used)
        methods = ", ".join(dict.fromkeys(line.method.partition(" ")[0] for line in mine))
        apart = "; ".join(_apart(line) for line in mine if not line.agrees)
        rows.append(
            f"{case:42} {_apart(worst)}, {sum(line.numbers for line in mine):,} numbers: "
            + (f"DISAGREES: {apart}" if apart else methods)
        )
    return [*rows, *(f"{case:42} not covered" for case in not_covered)]


def _apart(line: Evidence) -> str:
    """The difference beside what is allowed, and the relative one of p-values where that is more."""
    found, allowed, of = line.largest_difference, line.allowed, line.method
    if found <= allowed and line.largest_relative_difference and line.used > found / allowed:
        found, allowed = line.largest_relative_difference, line.allowed_relative
        of += ", p-values relatively"
    return f"{found:8.1e} {'<=' if found <= allowed else '>'} {allowed:.0e} ({of})"


def kind_of(case: str) -> Case | None:
    """Give the kind whose pattern fits, the longest of several: cmh_general* before cmh*."""
    return ALL[max(fitting, key=len)] if (fitting := _patterns(case)) else None


def _patterns(case: str) -> list[str]:
    return [pattern for pattern in ALL if fnmatch(case, pattern)]


def _made_by(kind: Case, document: Any) -> str:
    packages = document["packages"].items()
    return kind.reference or f"R {', '.join(f'{name} {version}' for name, version in packages)}"


if __name__ == "__main__":
    written = write_evidence(Path(sys.argv[1]))
    print("\n".join(table(written, sorted(set(all_cases()) - set(covered_cases())))))
    sys.exit(any(not line.agrees for line in written))
