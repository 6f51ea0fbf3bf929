"""What is written down at a visit: every instrument of the trial read off the same latent course.

All instruments of a virtual participant agree with each other, because they see the same lesion;
each is read with its own noise, which the trial file states.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from wholetrial.data.records import Floats
from wholetrial.instruments.library import instrument
from wholetrial.numerics.elementary import exp
from wholetrial.protocol.design import InstrumentUse
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.measurement import (
    Reader,
    observed_bsa,
    observed_dlqi,
    observed_pasi,
    observed_pga,
)
from wholetrial.simulation.psoriasis_fit import PsoriasisFit

Read = Literal["pasi", "pga 0-4", "pga 0-5", "bsa", "dlqi", "scale", "laboratory"]
_ALIKE: dict[str, Read] = {
    "pasi": "pasi",
    "pga 0-4": "pga 0-4",
    "pga 0-5": "pga 0-5",
    "iga 0-4": "pga 0-4",
    "iga 0-5": "pga 0-5",
    "bsa": "bsa",
    "dlqi": "dlqi",
    "qids_c16": "scale",
    "madrs": "scale",
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
    relative: Mapping[str, bool]
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
        kind = _kind(use)
        if kind is not None and name in noise:
            kinds[name], ranges[name] = kind, _range(use)
    severity = next((name for name, kind in kinds.items() if kind == "pasi"), "")
    relative = {name: noise[name].unit == "%" for name in kinds}
    spread = {name: noise[name].amount / (100 if relative[name] else 1) for name in kinds}
    return Readers(kinds, spread, relative, fit["clear_below_pasi"], severity, ranges)


def read_measures(readers: Readers, latent: Latent, noise: Floats) -> dict[str, Floats]:
    """Every measure as recorded; `noise` is `(instruments, ..., P)` standard normal."""
    return {
        name: _read(readers, name, latent, noise[index])
        for index, name in enumerate(readers.kinds)
        if name in latent.baseline or _from_severity(readers, name)
    }


def _kind(use: InstrumentUse) -> Read | None:
    if use.library is not None:
        return _ALIKE.get(use.library)
    if use.own is not None:
        return "scale"
    return "laboratory" if use.lab is not None else None


def _range(use: InstrumentUse) -> tuple[float, float]:
    if use.library is not None:
        found = instrument(use.library)
        return found.low, found.high
    return (use.range.low, use.range.high) if use.range else (0.0, 0.0)


def _from_severity(readers: Readers, name: str) -> bool:
    return readers.kinds[name].startswith("pga") and readers.severity != ""


def _read(readers: Readers, name: str, latent: Latent, noise: Floats) -> Floats:
    kind, spread = readers.kinds[name], readers.spread[name]
    reader = Reader(spread, spread, readers.clear_below_pasi)
    if kind == "pasi":
        return observed_pasi(latent.baseline[name] * latent.lesion, noise, reader)
    if kind == "pga 0-4" or kind == "pga 0-5":
        scale: Literal["0-4", "0-5"] = "0-4" if kind == "pga 0-4" else "0-5"
        return observed_pga(latent.baseline[readers.severity] * latent.lesion, noise, reader, scale)
    if kind == "bsa":
        return observed_bsa(latent.baseline[name] * latent.lesion, noise, spread)
    if kind == "dlqi":
        return observed_dlqi(latent.baseline[name], latent.lesion, noise, spread)
    return _on_a_scale(readers, name, latent, noise)


def _on_a_scale(readers: Readers, name: str, latent: Latent, noise: Floats) -> Floats:
    """A score or a laboratory value that falls towards its lowest as the lesion does."""
    (low, high), spread = readers.ranges[name], readers.spread[name]
    true = low + (latent.baseline[name] - low) * latent.lesion
    seen = true * exp(spread * noise) if readers.relative[name] else true + spread * noise
    tenths = 10.0 if readers.kinds[name] == "laboratory" else 1.0
    return np.clip(np.rint(seen * tenths) / tenths, low, high)
