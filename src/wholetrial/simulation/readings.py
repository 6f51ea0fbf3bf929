"""What is written down at a visit: every instrument of the trial read off the same latent course.

All instruments of a virtual participant agree with each other, because they see the same lesion;
each is read with its own noise, which the trial file states.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from wholetrial.data.records import Floats
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.measurement import (
    Reader,
    observed_bsa,
    observed_dlqi,
    observed_pasi,
    observed_pga,
)
from wholetrial.simulation.psoriasis_fit import PsoriasisFit

Read = Literal["pasi", "pga 0-4", "pga 0-5", "bsa", "dlqi", "own"]
_ALIKE: dict[str, Read] = {
    "pasi": "pasi",
    "pga 0-4": "pga 0-4",
    "pga 0-5": "pga 0-5",
    "iga 0-4": "pga 0-4",
    "iga 0-5": "pga 0-5",
    "bsa": "bsa",
    "dlqi": "dlqi",
}


class Latent(NamedTuple):
    """The truth that instruments see: true baseline values, and the lesion relative to day 0."""

    baseline: Mapping[str, Floats]
    lesion: Floats


@dataclass(frozen=True, slots=True)
class Readers:
    """How each measure of a trial is read, and with which spread; in the order of the file."""

    kinds: Mapping[str, Read]
    spread: Mapping[str, float]
    clear_below_pasi: float
    severity: str
    ranges: Mapping[str, tuple[float, float]]


def readers_of(protocol: Protocol, fit: PsoriasisFit) -> Readers:
    """The readers of a trial: what is measured, drawn at baseline and has a stated noise."""
    assumed = protocol.assumptions
    noise = assumed.visit_noise if assumed else {}
    kinds: dict[str, Read] = {}
    ranges: dict[str, tuple[float, float]] = {}
    for name, use in protocol.instruments.items():
        kind = _ALIKE.get(use.library or "") if use.library else ("own" if use.own else None)
        if kind is not None and name in noise:
            kinds[name] = kind
            ranges[name] = (use.range.low, use.range.high) if use.range else (0.0, 0.0)
    severity = next((name for name, kind in kinds.items() if kind == "pasi"), "")
    spread = {
        name: noise[name].amount / 100 if noise[name].unit == "%" else noise[name].amount
        for name in kinds
    }
    return Readers(kinds, spread, fit["clear_below_pasi"], severity, ranges)


def read_measures(readers: Readers, latent: Latent, noise: Floats) -> dict[str, Floats]:
    """Every measure as recorded; `noise` is `(instruments, ..., P)` standard normal."""
    return {
        name: _read(readers, name, latent, noise[index])
        for index, name in enumerate(readers.kinds)
        if name in latent.baseline or _from_severity(readers, name)
    }


def _from_severity(readers: Readers, name: str) -> bool:
    return readers.kinds[name].startswith("pga") and readers.severity != ""


def _read(readers: Readers, name: str, latent: Latent, noise: Floats) -> Floats:
    kind, spread = readers.kinds[name], readers.spread[name]
    if kind == "pasi":
        reader = Reader(spread, spread, readers.clear_below_pasi)
        return observed_pasi(latent.baseline[name] * latent.lesion, noise, reader)
    if kind == "pga 0-4" or kind == "pga 0-5":
        reader = Reader(spread, spread, readers.clear_below_pasi)
        scale: Literal["0-4", "0-5"] = "0-4" if kind == "pga 0-4" else "0-5"
        return observed_pga(latent.baseline[readers.severity] * latent.lesion, noise, reader, scale)
    if kind == "bsa":
        return observed_bsa(latent.baseline[name] * latent.lesion, noise, spread)
    if kind == "dlqi":
        return observed_dlqi(latent.baseline[name], latent.lesion, noise, spread)
    low, high = readers.ranges[name]
    seen = low + (latent.baseline[name] - low) * latent.lesion + spread * noise
    return np.clip(np.rint(seen), low, high)
