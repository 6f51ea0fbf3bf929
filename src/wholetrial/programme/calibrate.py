"""Fits the psoriasis model to published rates, and holds it against them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wholetrial.simulation.fitting.agreement import Compared
    from wholetrial.simulation.psoriasis_fit import PsoriasisFit

READINGS = ("attainable", "continuous")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A fit with its document, what the targets hardly taught, and the model beside the rates."""

    fit: "PsoriasisFit"
    document: Mapping[str, Any]
    hardly_learned: tuple[str, ...]
    compared: tuple["Compared", ...]


def calibrate(
    targets: Path | None = None,
    *,
    model: str = "two_state",
    reading: str = "attainable",
    name: str = "",
    progress: Callable[[int, float], None] = lambda step, loss: None,
) -> Calibrated:
    """Fit a model to the rates of a table (by default the one that ships) and compare it with all.

    Raises ValueError for a table that cannot be read or fitted.
    """
    from wholetrial import __version__
    from wholetrial.simulation.fitting.agreement import compare, misses_of
    from wholetrial.simulation.fitting.fit import Order, hardly_learned
    from wholetrial.simulation.fitting.fit import calibrate as fit_rates
    from wholetrial.simulation.psoriasis_fit import fit_from

    if reading not in READINGS:
        raise ValueError(f"PASI is read as {' or '.join(READINGS)}; got {reading!r}")
    rates = _table(targets)
    order = Order(model, reading, name, __version__)
    document = fit_rates(order, rates, progress)
    fitted = [row["id"] for row in document["targets"]]
    compared = compare(fit_from(document), rates, fitted)
    document["known_misses"] = [miss._asdict() for miss in misses_of(compared)]
    document["agreement"] = [_agreement(one) for one in compared]
    return Calibrated(fit_from(document), document, tuple(hardly_learned(document)), compared)


def check_fit(
    fit: str, targets: Path | None = None, progress: Callable[[int], None] = lambda done: None
) -> tuple["Compared", ...]:
    """A fit beside every rate of a table; `fit` is the name of one that ships or a JSON file."""
    from wholetrial.simulation.fitting.agreement import compare
    from wholetrial.simulation.fitting.structures import targets_of
    from wholetrial.simulation.psoriasis_fit import SHIPPED, fit_named, read_fit

    found = fit_named(fit) if fit in SHIPPED else read_fit(Path(fit))
    rates = _table(targets)
    fitted = [rate.id for rate in targets_of(found.model, rates)]
    return compare(found, rates, fitted, progress)


def write_fit(calibrated: Calibrated, path: Path) -> None:
    """Write a fit as JSON."""
    text = json.dumps(calibrated.document, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def _table(targets: Path | None) -> tuple[Any, ...]:
    from wholetrial.simulation.fitting.published import read_rates, shipped_rates

    return shipped_rates() if targets is None else read_rates(targets)


def _agreement(one: "Compared") -> dict[str, Any]:
    from wholetrial.simulation.fitting.agreement import size_of

    return {
        "id": one.rate.id,
        "published": one.rate.value,
        "people": size_of(one.rate),
        "model": round(one.model, 4),
        "low": round(one.low, 4),
        "high": round(one.high, 4),
        "inside": one.inside,
        "fitted": one.fitted,
        "evidence": one.rate.evidence,
        "note": one.rate.note,
        "source": one.rate.source,
    }
