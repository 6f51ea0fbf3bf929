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
    """Numbers of one method beside the reference's."""

    method: str
    ours: Any
    reference: Any
    allowed: float


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
