"""Parts about evidence: how near each method comes to a reference result from outside.

`evidence.json` is written by tests/reference/reference_cases.py, which compares every method with
the frozen reference results and fails where one disagrees.
"""

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from parts.methods import grouped
from parts.tables import code, table
from wholetrial.analysis.methods import METHODS

EVIDENCE = Path(__file__).resolve().parents[1] / "evidence.json"
TESTS = "tests/reference/test_reference_cases.py"
ASIDES = {
    "(Breslow)": "ties by Breslow's method",
    "(and nlme)": "likelihood by nlme as well",
    "(closed)": "as a closed test",
    "(d.f.)": "degrees of freedom",
    "(estimate, in Monte Carlo SE)": "estimates, in Monte Carlo standard errors",
    "(model)": "its model",
    "(multcomp)": "random integration",
    "(nothing missing)": "nothing missing",
    "(power by exact2x2)": "power, by exact2x2",
    "(power)": "power by enumeration",
    "(proportional)": "levels weighed as observed",
    "(robust)": "robust variance",
    "(simtrial)": "simtrial as well",
    "(standard error, ratio)": "standard errors, ratio",
    "(summary)": "summaries",
    "(weights)": "weights of intersections",
    "(z)": "as z",
}
"""What is compared beside a method's plain numbers, by the word behind its name."""


MONTE_CARLO = "Monte Carlo SE"
PREPARES = ("dplyr",)
"""Packages that a reference names and that compute no statistic."""


class Other(NamedTuple):
    """Another evidence than a frozen case: with what it is compared, how near, by which test."""

    reference: str
    agrees: str
    test: str


def _against_r(topic: str) -> str:
    return f"tests/reference/test_{topic}_against_r.py"


_CARRIED = Other("R 4.2.2, a loop over visits", "every digit", _against_r("imputation"))
COMPUTED_BY_R = {
    "aalen_johansen": Other("R survival 3.5.3", "1e-12", _against_r("times")),
    "baseline_observation_carried_forward": _CARRIED,
    "fisher_freeman_halton": Other("R 4.2.2, stats", "1e-10", _against_r("safety")),
    "imputed_responders": Other(
        "R 4.2.2, Rubin's rules on given responses", "1e-12", _against_r("imputation")
    ),
    "interval_log_rank": Other(
        "R 4.2.2, a second implementation; R coin 1.4.2", "1e-10", _against_r("times")
    ),
    "inverse_probability_weighting": Other(
        "R 4.2.2, glm, and its own sandwich", "1e-12", _against_r("weighting")
    ),
    "last_observation_carried_forward": _CARRIED,
    "linear_trend": Other("R 4.2.2, stats; emmeans", "1e-10", _against_r("ancova")),
    "paired_t": Other("R 4.2.2, stats", "1e-12", "tests/reference/test_r_results.py"),
    "proportional_hazards": Other("R survival 3.5.3", "1e-10", _against_r("times")),
    "rate_ratio_mid_p": Other("R 4.2.2, uniroot on binomial tails", "1e-10", _against_r("safety")),
    "signed_rank_corrected": Other("R 4.2.2, stats", "1e-12", "tests/reference/test_r_results.py"),
    "worst_observation_carried_forward": _CARRIED,
}
"""Methods that no case shown covers, and whose references R computes anew where it is installed."""

WITHOUT_REFERENCE = {
    "delta_adjustment": Other(
        "none from outside: the tipping point of a straight line by its formula",
        "1e-12",
        "tests/analysis/imputation/test_delta.py",
    ),
    "mid_p": Other(
        "none from outside: its own equation, by SciPy's binomial",
        "1e-12",
        "tests/analysis/responders/test_proportions.py",
    ),
}
"""Methods that nothing from outside is compared with, and what stands in its place."""


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
            line["reference"],
            line["numbers"],
            f"{line['largest_difference']:.0e}",
            f"{line['allowed']:.0e}",
        )
        for line in _document()["compared"]
    ]
    return table(columns, rows)


def evidence_by_r() -> str:
    """The methods that no frozen case covers: what R computes for them."""
    return _others(COMPUTED_BY_R)


def evidence_without_reference() -> str:
    """The methods that nothing from outside is compared with."""
    return _others(WITHOUT_REFERENCE)


def _others(found: dict[str, Other]) -> str:
    columns = ("method", "reference", "agrees to", "test")
    rows = [
        (METHODS[name].title, one.reference, one.agrees, _link(one.test, "../"))
        for name, one in found.items()
    ]
    return table(columns, rows)


def evidence_in_short() -> str:
    """One line for each kind of analysis, and what all of them come to."""
    columns = ("methods", "built", "references", "numbers", "nearest to its limit", "tests")
    rows = [_short(title, [one.name for one in methods]) for title, methods in grouped().items()]
    return f"{table(columns, rows)}\n\n{_in_all()}"


def _short(title: str, names: Sequence[str]) -> tuple[object, ...]:
    lines = _lines_of(names)
    others = [COMPUTED_BY_R[name] for name in names if name in COMPUTED_BY_R]
    none = sum(name in WITHOUT_REFERENCE for name in names)
    references = [line["reference"] for line in lines] + [one.reference for one in others]
    packages = _once(package for reference in references for package in _packages(reference))
    built = f"{len(names)}, {none} of them without reference" if none else len(names)
    tests = _once([*([TESTS] if lines else []), *(one.test for one in others)])
    return (
        title,
        built,
        ", ".join(packages),
        sum(line["numbers"] for line in lines),
        _nearest(lines),
        ", ".join(_link(test) for test in tests),
    )


def _nearest(lines: Sequence[dict[str, Any]]) -> str:
    """The comparison that uses up most of the difference that it is allowed."""
    line = max(lines, key=lambda line: line["largest_difference"] / line["allowed"])
    if MONTE_CARLO in line["method"]:
        return f"{line['largest_difference']:.1f} of {line['allowed']:.0f} {MONTE_CARLO}s"
    return f"{line['largest_difference']:.0e} of {line['allowed']:.0e}"


def _in_all() -> str:
    lines = _document()["compared"]
    cases = len({line["case"] for line in lines})
    total = sum(line["numbers"] for line in lines)
    compared = {line["method"].partition(" ")[0] for line in lines}
    return (
        f"{len(METHODS)} methods: {len(compared)} of them agree in {total:,} numbers of {cases} "
        f"frozen cases, {len(COMPUTED_BY_R)} more with what R computes in the tests, and "
        f"{len(WITHOUT_REFERENCE)} have no reference from outside."
    )


def not_covered() -> str:
    """Reference results that lie ready for methods that are not built yet, and parts of cases."""
    cases = ", ".join(code(case) for case in _document()["not_covered"])
    parts = "\n".join(
        f"- {code(case)}: {'; '.join(parts)}"
        for case, parts in _document()["parts_not_covered"].items()
    )
    return f"Cases without a method: {cases}.\n\nParts of cases that are not compared:\n\n{parts}"


def _lines_of(names: Sequence[str]) -> list[dict[str, Any]]:
    lines = _document()["compared"]
    return [line for line in lines if line["method"].partition(" ")[0] in names]


def _packages(reference: str) -> list[str]:
    """The packages of a reference without their versions: R survival 3.5.3 is survival."""
    named = [name for name in re.findall(r"(\w+) \d", reference) if name not in PREPARES]
    return ["base R" if name in ("R", "stats") else name for name in named]


def _once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _link(test: str, root: str = "") -> str:
    return f"[{Path(test).stem.removeprefix('test_')}]({root}{test})"


def _title(method: str) -> str:
    name, _, aside = method.partition(" ")
    return f"{METHODS[name].title}: {ASIDES[aside]}" if aside else METHODS[name].title
