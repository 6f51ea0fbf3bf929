"""The power of two arms by enumeration against own code in base R, and exact2x2."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comparing import Case, Comparison, floats, read

from wholetrial.analysis.enumeration import Success, power_of_comparison

ENUMERATED, FAR_TAILS_DROPPED = 1e-12, 5e-8
"""exact2x2 drops outcomes that are all but impossible: it says 5e-8 less at most."""


def _exact_power(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "power.csv")
    columns = ("n1", "n0", "p1", "p0", "alpha")
    designs = list(zip(*(floats(data[name]) for name in columns), strict=True))
    for test in ("fisher_exact", "pearson"):
        key = "fisher" if test == "fisher_exact" else test
        both = [_power(Success(test, d[4]), d) + _less(Success(test, d[4]), d) for d in designs]
        reference = [row[f"{key}_two_sided"] for row in result["power"]]
        yield Comparison(f"{test} (power)", both, reference, ENUMERATED)
        one_sided = [_power(Success(test, d[4] / 2, sides=1), d) for d in designs]
        key = "fisher" if test == "fisher_exact" else "z_pooled"
        reference = [row[f"{key}_one_sided_half_alpha"] for row in result["power"]]
        yield Comparison(f"{test} (power)", one_sided, reference, ENUMERATED)
        if test == "fisher_exact":
            reference = [row["exact2x2_fisher_minlike"] for row in result["power"]]
            yield Comparison("fisher_exact (power by exact2x2)", both, reference, FAR_TAILS_DROPPED)


def _power(success: Success, design: tuple[float, ...]) -> float:
    n, control_n, rate, control_rate, _ = design
    return float(power_of_comparison(success, (int(n), int(control_n)), rate, control_rate))


def _less(success: Success, design: tuple[float, ...]) -> float:
    """The probability to succeed on the wrong side: the reference counts both sides."""
    return _power(success._replace(better="lower"), design)


CASES = {"7_group_sequential/exact_two_arm_power": Case(_exact_power, ("smallest n",))}
