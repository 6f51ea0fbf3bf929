"""An instrument as a value: its items, the range and step of its total, its bands and codes.

CDISC codes are those of the SDTM controlled terminology of 2025-03-28 and stay empty where it
has none for the instrument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Band", "Instrument", "Item", "Steps", "ValueFinding", "in_steps", "validate_values"]

# A sum such as 0.1 + 0.2 misses its multiple of the step by float noise, never by this much.
_NOISE_IN_STEPS = 1e-6


@dataclass(frozen=True, slots=True)
class Item:
    """One graded question or sign: whole numbers from `low` to `high`."""

    code: str
    label: str
    low: int
    high: int
    cdisc: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A named stretch of the total; both ends belong to it."""

    label: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Instrument:
    """What an instrument measures and how: `score` maps item values to totals, NaN where it cannot.

    `low`, `high` and `step` describe the total; `cdisc_category` and `cdisc_total` are the CDISC
    terms of the instrument and of its total.
    """

    code: str
    name: str
    unit: str
    low: float
    high: float
    step: float
    better: Literal["lower", "higher"]
    items: tuple[Item, ...]
    bands: tuple[Band, ...]
    source: str
    variant: str = ""
    score: Callable[[Mapping[str, NDArray[Any]]], NDArray[np.float64]] | None = None
    cdisc_category: str = ""
    cdisc_total: str = ""

    @property
    def short_name(self) -> str:
        """The name as people write it: 'PASI', 'PGA 0-4', 'QIDS-C16'."""
        return self.code.replace("_", "-").upper()


class ValueFinding(NamedTuple):
    """A value that the instrument cannot give: where it stands and what is wrong with it."""

    position: tuple[int, ...]
    value: float
    message: str


class Steps(NamedTuple):
    """Totals as whole numbers of the instrument's step; `number` is 0 where none was observed."""

    number: NDArray[np.int64]
    observed: NDArray[np.bool_]


def validate_values(instrument: Instrument, values: ArrayLike) -> tuple[ValueFinding, ...]:
    """Say which totals lie outside the instrument's range or off its step; NaN is missing.

    >>> from wholetrial.instruments.pasi import PASI
    >>> [finding.message for finding in validate_values(PASI, [7.2, 80, 12.34])]
    ['PASI lies between 0 and 72; got 80', 'PASI comes in steps of 0.1; got 12.34']
    """
    import numpy as np

    totals = np.asarray(values, dtype=np.float64)
    outside = (totals < instrument.low) | (totals > instrument.high)
    in_range = np.where(outside | np.isnan(totals), instrument.low, totals)
    counts = in_range * _steps_in_one(instrument)
    off_step = np.abs(counts - np.rint(counts)) > _NOISE_IN_STEPS
    return tuple(
        ValueFinding(
            position,
            float(totals[position]),
            _complaint(instrument, float(totals[position]), bool(outside[position])),
        )
        for position in _positions(outside | off_step)
    )


def in_steps(instrument: Instrument, values: ArrayLike) -> Steps:
    """Totals of any shape as whole numbers of steps, for comparisons without float error.

    Raises ValueError for a total that the instrument cannot give.

    >>> from wholetrial.instruments.bsa import BSA
    >>> in_steps(BSA, [0.1 + 0.2, 12, float("nan")])
    Steps(number=array([  3, 120,   0]), observed=array([ True,  True, False]))
    """
    import numpy as np

    findings = validate_values(instrument, values)
    if findings:
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise ValueError(f"{findings[0].message}{more}")
    totals = np.asarray(values, dtype=np.float64)
    observed = np.asarray(~np.isnan(totals))
    counts = np.rint(np.where(observed, totals, 0.0) * _steps_in_one(instrument))
    return Steps(counts.astype(np.int64), observed)


def _steps_in_one(instrument: Instrument) -> int:
    return round(1 / instrument.step)


def _complaint(instrument: Instrument, value: float, outside: bool) -> str:
    name, unit = instrument.short_name, f" {instrument.unit}" if instrument.unit else ""
    if outside:
        limits = f"{instrument.low:g} and {instrument.high:g}"
        return f"{name} lies between {limits}{unit}; got {_written(value)}"
    return f"{name} comes in steps of {instrument.step:g}{unit}; got {_written(value)}"


def _written(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _positions(flagged: NDArray[np.bool_]) -> list[tuple[int, ...]]:
    import numpy as np

    return [tuple(int(axis) for axis in place) for place in np.argwhere(flagged)]
