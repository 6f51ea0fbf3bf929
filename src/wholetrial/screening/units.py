"""Values in another unit, by the Unified Code for Units of Measure (UCUM); or why not."""

from functools import lru_cache
from math import isfinite
from typing import Any

ALIKE = {"percent": "%", "points": "", "score": "", "{score}": "", "1": "", "years": "a"}


class UnitError(ValueError):
    """A value that cannot be given in the unit that is needed."""


def converted(value: float, unit: str | None, needed: str | None) -> float:
    """A value in the unit that is needed; raises UnitError where that cannot be.

    Units are UCUM codes: `converted(0.3, "mg/dL", "mg/L")` is 3.0. A value without a unit is taken
    only where none is needed.
    """
    have, want = (ALIKE.get(text or "", text or "") for text in (unit, needed))
    if have == want:
        return value
    if not have:
        raise UnitError(f"no unit is given; {needed} is needed")
    if not want:
        raise UnitError(f"unit '{unit}' where no unit is expected")
    line = _line(have, want)
    if isinstance(line, str):
        raise UnitError(f"unit '{unit}' cannot be made {needed}: {line}")
    factor, zero = line
    result = round(value * factor + zero, 12)
    if not isfinite(result):
        raise UnitError(f"{value} {unit} is no number in {needed}")
    return result


@lru_cache(maxsize=1024)
def _line(have: str, want: str) -> tuple[float, float] | str:
    """What to multiply by and to add, or in words why there is nothing."""
    try:
        registry = _registry()
    except ImportError:
        return "install wholetrial[units] for conversions"
    try:
        unit, target = registry.from_ucum(have).units, registry.from_ucum(want).units
        zero, one = (float(registry.Quantity(x, unit).to(target).magnitude) for x in (0.0, 1.0))
        scale = float(registry.from_ucum(have).magnitude) / float(
            registry.from_ucum(want).magnitude
        )
        return (one - zero) * scale, zero
    except Exception as problem:  # the two libraries raise a dozen kinds of error
        name = type(problem).__name__
        return "they measure different things" if "Dimension" in name else "it is no UCUM code"


@lru_cache(maxsize=1)
def _registry() -> Any:
    from ucumvert import PintUcumRegistry

    return PintUcumRegistry()
