"""A reference case beside our methods: what is compared, how far apart, how near it must be."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Comparison:
    """Numbers of one method beside the reference's.

    `relative`, for p-values, is by which part of the reference they may differ besides: below 1 a
    difference is absolute, and any small p-value would be near to any other.
    """

    method: str
    ours: Any
    reference: Any
    allowed: float
    relative: float | None = None


CLOSED, ITERATED = 1e-8, 1e-4
"""How far p-values may differ relatively: those of a statistic given to 1e-10 or nearer, of 1e-6.

A p-value of a normal or chi-square statistic differs by z squared times what the statistic does:
by 1e-8 at z = 10 and 1e-10. That of a mixed model has degrees of freedom besides, given to 1e-4.
"""
SMALLEST = 1e-300
"""Numbers below it lose digits, so that p-values there are not compared relatively."""


Compare = Callable[[Path, Any], Iterator[Comparison]]


@dataclass(frozen=True, slots=True)
class Case:
    """How a kind of case is compared, what of it no method covers, and who made the reference.

    Without `reference`, the packages that the case itself names made it.
    """

    compare: Compare
    not_covered: tuple[str, ...] = ()
    reference: str = ""


def difference(ours: np.ndarray, reference: np.ndarray) -> float:
    """Largest difference; a number that only one side has, or another infinity, is infinite."""
    if ours.shape != reference.shape:
        return float("inf")
    same = (ours == reference) | (np.isnan(ours) & np.isnan(reference))
    with np.errstate(invalid="ignore"):
        relative = np.abs(ours - reference) / np.maximum(1.0, np.abs(reference))
    relative = np.where(np.isfinite(relative), relative, np.inf)
    return float(np.max(np.where(same, 0.0, relative), initial=0.0))


def relative_difference(ours: np.ndarray, reference: np.ndarray) -> float:
    """Largest difference as a part of the reference; below 1e-300 both must be."""
    if ours.shape != reference.shape:
        return float("inf")
    known = np.isfinite(ours) & np.isfinite(reference)
    alike = (ours == reference) | (np.isnan(ours) & np.isnan(reference))
    alike |= known & (np.abs(ours) < SMALLEST) & (np.abs(reference) < SMALLEST)
    size = np.where(known & (np.abs(reference) >= SMALLEST), np.abs(reference), 1.0)
    apart = np.abs(np.where(known, ours, 0.0) - np.where(known, reference, 0.0)) / size
    tiny = known & (np.abs(reference) < SMALLEST)
    return float(np.max(np.where(alike, 0.0, np.where(known & ~tiny, apart, np.inf)), initial=0.0))


def p_values(
    method: str, ours: Any, reference: Any, allowed: float, relative: float = CLOSED
) -> Comparison:
    """Compare p-values as any number, and relatively."""
    return Comparison(method, ours, reference, allowed, relative)


def no_number(method: str, effect: Any, allowed: float) -> Comparison:
    """Where the reference has no number, ours must say why it has none."""
    return Comparison(
        method, np.asarray(effect.reason) != 0, np.ones(np.shape(effect.reason)), allowed
    )


def numbers(value: Any) -> np.ndarray:
    """A flat array of floats; null is missing, "Inf" and "-Inf" are infinities."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return value.astype(float).ravel()
    if isinstance(value, (list, tuple)):
        parts = [numbers(item) for item in value]
        return np.concatenate(parts) if parts else np.empty(0)
    return np.array([np.nan if value is None else float(value)])


def read(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def floats(texts: np.ndarray, missing: float = np.nan) -> np.ndarray:
    return np.array([missing if text in ("", "NA") else float(text) for text in texts])


def limits(method: str, ours: Any, reference: Mapping[str, Any], allowed: float) -> Comparison:
    return Comparison(
        method, [ours.low, ours.high], [reference["lower"], reference["upper"]], allowed
    )
