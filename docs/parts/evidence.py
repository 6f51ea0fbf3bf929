"""Parts about evidence: how near each method comes to a reference result from outside.

`evidence.json` is written by tests/reference/reference_cases.py, which compares every method with
the frozen reference results and fails where one disagrees.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from parts.tables import code, table
from wholetrial.analysis.methods import METHODS

EVIDENCE = Path(__file__).resolve().parents[1] / "evidence.json"
TESTS = "tests/reference/test_reference_cases.py"
AGAIN = "tests/reference/test_r_results.py"
WEIGHTED = "tests/reference/test_weighting_against_r.py"
SURVFIT = "(survfit)"
BESIDE = {"": "", SURVFIT: ", the same"}
COMPUTED_BY_R = {
    "paired_t": ("R 4.2.2, stats", AGAIN),
    "student_t": ("R 4.2.2, stats", AGAIN),
    "inverse_probability_weighting": ("R 4.2.2, glm, and its own sandwich", WEIGHTED),
}
"""Methods whose references R computes anew, to within 1e-12, and no frozen case covers."""


@cache
def _document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(EVIDENCE.read_text("utf-8"))
    return found


def evidence() -> str:
    """Every comparison: the case, the method, how many numbers, the largest difference."""
    columns = ("method", "case", "reference", "numbers", "largest difference", "allowed")
    rows = [
        (
            _title(line["method"]),
            line["case"].split("/")[1],
            _reference(line),
            line["numbers"],
            f"{line['largest_difference']:.0e}",
            f"{line['allowed']:.0e}",
        )
        for line in _document()["compared"]
    ]
    return table(columns, rows)


def evidence_in_short() -> str:
    """One line a method: its references, and how near it comes to them."""
    lines = _document()["compared"]
    methods = dict.fromkeys(_title(line["method"]) for line in lines)
    again = [
        (METHODS[name].title, reference, "1e-12", f"[{Path(test).stem}]({test})")
        for name, (reference, test) in COMPUTED_BY_R.items()
    ]
    return table(("method", "reference", "agrees to", "test"), [*map(_short, methods), *again])


def _short(title: str) -> tuple[str, str, str, str]:
    mine = [line for line in _document()["compared"] if _title(line["method"]) == title]
    references = "; ".join(dict.fromkeys(_reference(line) for line in mine))
    worst = max(line["largest_difference"] for line in mine)
    link = f"[{Path(TESTS).stem}]({TESTS})"
    return title, references, f"{worst:.0e}" if worst else "every digit", link


def not_covered() -> str:
    """Reference results that lie ready for methods that are not built yet, and parts of cases."""
    cases = ", ".join(code(case) for case in _document()["not_covered"])
    parts = "; ".join(
        f"of {code(case)}: {', '.join(parts)}"
        for case, parts in _document()["parts_not_covered"].items()
    )
    return f"Cases without a method: {cases}.\n\nParts of cases without a method: {parts}."


def _title(method: str) -> str:
    name, _, aside = method.partition(" ")
    return f"{METHODS[name].title}{BESIDE[aside]}"


def _reference(line: dict[str, Any]) -> str:
    if line["method"].endswith(SURVFIT):
        return "R survival 3.5.3, survfit, which stops its EM early"
    return str(line["reference"])
