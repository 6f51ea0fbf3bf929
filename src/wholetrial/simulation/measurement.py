"""What a hospital writes down: PASI, PGA, BSA and DLQI read off a lesion, with the reader's noise.

A visit's PASI, PGA and BSA see one and the same skin (`Skin`), read once, region by region, so they
agree with each other: PASI 0, BSA 0 and PGA 0 come together. PGA shares the visit's noise and adds
a part of its own.

`noise` is always standard normal and shaped as the measurement. Percent improvement is computed
from these observed scores, the observed screening or baseline PASI included, never from the truth:
who looked worse than they were at screening seems to improve (regression to the mean).

Noise and limit of detection belong to the fit. What is assumed here is listed in ASSUMPTIONS.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from wholetrial.numerics.elementary import FloatArray, exp, normal_quantile
from wholetrial.numerics.philox import Purpose, Stream, normals, uniforms
from wholetrial.simulation.psoriasis_fit import PsoriasisFit
from wholetrial.simulation.regions import (
    HIGHEST_PASI,
    Regions,
    read_totals,
)

PgaScale = Literal["0-4", "0-5"]

PGA_UPPER_PASI: dict[PgaScale, tuple[float, ...]] = {
    "0-4": (3.7, 8.0, 24.0),
    "0-5": (3.7, 8.0, 18.0, 36.0),
}
DLQI_SHARE_WITHOUT_LESION = 0.1
_EARLIEST_DAY = -36_525


class Assumption(NamedTuple):
    """Something the model takes for granted, and why."""

    what: str
    because: str


ASSUMPTIONS: tuple[Assumption, ...] = (
    Assumption("PGA 0 or 1 up to a PASI of 3.7", "the fit reads sPGA 0/1 so"),
    Assumption("PGA 3 or more above a PASI of 8", "the fit assumes it for relapse (sPGA >= 3)"),
    Assumption("PGA 0 and BSA 0 exactly where PASI is 0", "all three mean: no lesion is seen"),
    Assumption("PGA shares the noise of the visit's PASI", "both see the same skin that day"),
    Assumption(
        "PASI's regions are affected unequally, by fixed parts in each participant",
        "assumed, no source",
    ),
    Assumption("PGA 4 above a PASI of 24 (scale 0-4), 18 (scale 0-5)", "assumed, no source"),
    Assumption("PGA 5 above a PASI of 36 (scale 0-5)", "assumed, no source"),
    Assumption(
        "BSA is the sum of the regions' areas, which shrink as the lesion does; noise as PASI",
        "assumed, no source",
    ),
    Assumption("DLQI falls with the lesion to a tenth", "assumed, no source"),
    Assumption(
        "a trial's other scores and laboratory values fall as the lesion does",
        "assumed, no source",
    ),
)


class Skin(NamedTuple):
    """The skin as seen at a visit, `(..., P)`: its true PASI, the visit's noise, what is recorded.

    `seen` is the severity with its noise, `tenths` recorded PASI in whole tenths, `surface` the
    body surface involved in tenths of a percent.
    """

    true_pasi: FloatArray
    noise: FloatArray
    seen: FloatArray
    tenths: FloatArray
    surface: FloatArray


class Reader(NamedTuple):
    """How well a reader sees: log SD of PASI and of PGA, PASI below which skin reads as clear."""

    pasi_noise_log_sd: float
    pga_noise_log_sd: float
    clear_below_pasi: float | FloatArray


def visit_noise(stream: Stream, day: int, instruments: int) -> FloatArray:
    """The noise of the visit on a day (negative before day 0), whatever else is planned.

    Standard normal, one row for each instrument, shape (instruments, ..., P).
    """
    _check_day(day)
    draws = normals(stream, Purpose.VISIT_NOISE, instruments, occasion=day - _EARLIEST_DAY)
    return np.moveaxis(draws, -1, 0)


def visit_noise_of(stream: Stream, day: int, places: Sequence[int]) -> dict[int, FloatArray]:
    """Some rows of `visit_noise`, the same numbers: those of the instruments at these places."""
    if not places:
        return {}
    _check_day(day)
    occasion = day - _EARLIEST_DAY
    drawn = uniforms(stream, Purpose.VISIT_NOISE, max(places) + 1, occasion=occasion)
    return {place: normal_quantile(drawn[..., place]) for place in places}


def _check_day(day: int) -> None:
    if day < _EARLIEST_DAY:
        raise ValueError(f"a visit's day must be {_EARLIEST_DAY} or later; got {day}")


def reader_of(fit: PsoriasisFit) -> Reader:
    """The reader of a fit."""
    return Reader(fit["pasi_noise_log_sd"], fit["pga_noise_log_sd"], fit["clear_below_pasi"])


def seen_skin(regions: Regions, true_pasi: FloatArray, noise: FloatArray, reader: Reader) -> Skin:
    """The skin of a visit, region by region; every regional score is 0 below the limit."""
    seen = np.minimum(true_pasi * exp(reader.pasi_noise_log_sd * noise), HIGHEST_PASI)
    return Skin(true_pasi, noise, seen, *read_totals(regions, seen, reader.clear_below_pasi))


def pasi_of(skin: Skin) -> FloatArray:
    """PASI as recorded: the instrument's score of the regional items, in tenths."""
    return np.asarray(skin.tenths / 10.0)


def bsa_of(skin: Skin) -> FloatArray:
    """BSA as recorded, in percent and tenths: the areas of the regions by their surface."""
    return np.asarray(skin.surface / 10.0)


def pga_of(skin: Skin, own_noise: FloatArray, reader: Reader, scale: PgaScale) -> FloatArray:
    """PGA as recorded: 0 exactly where PASI is 0, else a grade by the visit's severity.

    Its noise is the visit's, as far as PASI has it, and a part of its own, so that its log SD
    in all is the reader's.
    """
    shared = min(reader.pasi_noise_log_sd, reader.pga_noise_log_sd)
    own = float(np.sqrt(reader.pga_noise_log_sd**2 - shared**2))
    seen = skin.true_pasi * exp(shared * skin.noise + own * own_noise)
    return np.where(skin.tenths == 0.0, 0.0, _grade(seen, scale))


def _grade(seen: FloatArray, scale: PgaScale) -> FloatArray:
    """The grade, 1 or more, of a severity."""
    if scale not in PGA_UPPER_PASI:
        raise ValueError(f"PGA has the scales {', '.join(PGA_UPPER_PASI)}; got {scale!r}")
    grade = np.ones_like(seen)
    for upper in PGA_UPPER_PASI[scale]:
        grade = grade + (seen > upper)
    return grade


def observed_bsa(true_percent: FloatArray, noise: FloatArray, log_sd: float) -> FloatArray:
    """Affected body surface where no PASI is measured: whole percent (about a palm), 0 to 100.

    >>> observed_bsa(np.array([25.0, 0.4]), np.zeros(2), 0.2).tolist()
    [25.0, 0.0]
    """
    return np.minimum(np.rint(true_percent * exp(log_sd * noise)), 100.0)


def observed_dlqi(
    baseline: FloatArray, lesion: FloatArray, noise: FloatArray, sd: float
) -> FloatArray:
    """Dermatology Life Quality Index, 0 to 30, from its true baseline and the relative lesion.

    >>> observed_dlqi(np.array([12.0, 12.0]), np.array([1.0, 0.1]), np.zeros(2), 2.0).tolist()
    [12.0, 2.0]
    """
    share = DLQI_SHARE_WITHOUT_LESION + (1.0 - DLQI_SHARE_WITHOUT_LESION) * lesion
    return np.clip(np.rint(baseline * share + sd * noise), 0.0, 30.0)
