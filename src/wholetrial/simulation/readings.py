"""What is written down at a visit: every instrument of the trial read off the same latent course.

All instruments of a virtual participant agree with each other, because they see the same lesion:
PASI, PGA and BSA even the same skin with the same noise of the visit. How large each noise is
stands in the trial file.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from wholetrial.data.records import Floats
from wholetrial.instruments.library import instrument
from wholetrial.numerics.elementary import exp
from wholetrial.numerics.philox import Stream
from wholetrial.protocol.design import InstrumentUse
from wholetrial.protocol.protocol import Protocol
from wholetrial.simulation.measurement import (
    Reader,
    Skin,
    bsa_of,
    observed_bsa,
    observed_dlqi,
    pasi_of,
    pga_of,
    seen_skin,
)
from wholetrial.simulation.psoriasis_fit import PsoriasisFit
from wholetrial.simulation.regions import Regions, items_of, read_regions, regions_at

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


Noise = Floats | Mapping[int, Floats]


class Latent(NamedTuple):
    """The truth that instruments see: true baseline values, and the lesion relative to day 0.

    `regions` says where on the body (`regions_for`); None where no PASI is measured.
    """

    baseline: Mapping[str, Floats]
    lesion: Floats
    regions: Regions | None = None


@dataclass(frozen=True, slots=True)
class Readers:
    """How each measure of a trial is read, and with which spread; in the order of the file."""

    kinds: Mapping[str, Read]
    spread: Mapping[str, float]
    relative: Mapping[str, bool]
    clear_below_pasi: float | Floats
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


def read_measures(
    readers: Readers, latent: Latent, noise: Noise, wanted: Collection[str] | None = None
) -> dict[str, Floats]:
    """Measures as recorded, all of them or those wanted.

    `noise` has standard normals for each place among the measures: `(instruments, ..., P)`, or a
    mapping with the places that are needed (`noise_needed`).
    """
    skin = _skin(readers, latent, noise) if _needs_skin(readers, wanted) else None
    return {
        name: _read(readers, name, (latent, skin), noise)
        for name in readers.kinds
        if (name in latent.baseline or _from_severity(readers, name))
        and (wanted is None or name in wanted)
    }


def noise_needed(readers: Readers, wanted: Collection[str]) -> tuple[int, ...]:
    """The places whose noise the wanted measures need: their own, and that of the skin."""
    names = [name for name in readers.kinds if name in wanted]
    own = [name for name in names if not _of_skin_alone(readers, name)]
    if _needs_skin(readers, wanted):
        own.append(readers.severity)
    places = list(readers.kinds)
    return tuple(sorted({places.index(name) for name in own}))


def _needs_skin(readers: Readers, wanted: Collection[str] | None) -> bool:
    of_skin = ("pasi", "pga 0-4", "pga 0-5", "bsa")
    return readers.severity != "" and any(
        kind in of_skin and (wanted is None or name in wanted)
        for name, kind in readers.kinds.items()
    )


def _of_skin_alone(readers: Readers, name: str) -> bool:
    """Whether a measure has no noise but that of the skin."""
    return readers.kinds[name] in ("pasi", "bsa") and readers.severity != ""


def read_items(readers: Readers, latent: Latent, noise: Noise) -> dict[str, Floats]:
    """The items behind the same visit's PASI, by their codes; none where no PASI is measured.

    The arguments are those of `read_measures`, and the instrument scores these items to its PASI.
    """
    skin = _skin(readers, latent, noise)
    if skin is None or latent.regions is None:
        return {}
    found = read_regions(latent.regions, skin.seen, readers.clear_below_pasi)
    return items_of(latent.regions, found)


def regions_for(readers: Readers, stream: Stream, baseline: Mapping[str, Floats]) -> Regions | None:
    """Where on the body participants have their lesions; None where no PASI is measured."""
    if readers.severity not in baseline:
        return None
    surface = next((baseline[name] for name in baseline if readers.kinds.get(name) == "bsa"), None)
    return regions_at(stream, baseline[readers.severity], surface)


def _skin(readers: Readers, latent: Latent, noise: Noise) -> Skin | None:
    name = readers.severity
    if name not in latent.baseline:
        return None
    if latent.regions is None:
        raise ValueError("PASI is read from regions; give Latent those of regions_for")
    spread = readers.spread[name]
    reader = Reader(spread, spread, readers.clear_below_pasi)
    shared = noise[list(readers.kinds).index(name)]
    return seen_skin(latent.regions, latent.baseline[name] * latent.lesion, shared, reader)


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


def _read(readers: Readers, name: str, seen: tuple[Latent, Skin | None], noises: Noise) -> Floats:
    (latent, skin), spread = seen, readers.spread[name]
    kind, place = readers.kinds[name], list(readers.kinds).index(name)
    if skin is not None and kind == "pasi":
        return pasi_of(skin)
    if skin is not None and kind == "bsa":
        return bsa_of(skin)
    noise = noises[place]
    if skin is not None and kind in ("pga 0-4", "pga 0-5"):
        return _read_pga(readers, kind, skin, (spread, noise))
    if kind == "bsa":
        return observed_bsa(latent.baseline[name] * latent.lesion, noise, spread)
    if kind == "dlqi":
        return observed_dlqi(latent.baseline[name], latent.lesion, noise, spread)
    return _on_a_scale(readers, name, latent, noise)


def _read_pga(readers: Readers, kind: Read, skin: Skin, own: tuple[float, Floats]) -> Floats:
    spread, noise = own
    reader = Reader(readers.spread[readers.severity], spread, readers.clear_below_pasi)
    return pga_of(skin, noise, reader, "0-4" if kind == "pga 0-4" else "0-5")


def _on_a_scale(readers: Readers, name: str, latent: Latent, noise: Floats) -> Floats:
    """A score or a laboratory value that falls towards its lowest as the lesion does."""
    (low, high), spread = readers.ranges[name], readers.spread[name]
    true = low + (latent.baseline[name] - low) * latent.lesion
    seen = true * exp(spread * noise) if readers.relative[name] else true + spread * noise
    tenths = 10.0 if readers.kinds[name] == "laboratory" else 1.0
    return np.clip(np.rint(seen * tenths) / tenths, low, high)
