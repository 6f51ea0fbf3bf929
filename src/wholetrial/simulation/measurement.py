"""What a hospital writes down: PASI, PGA, BSA and DLQI read off a lesion, with the reader's noise.

`noise` is always standard normal and shaped as the measurement. Percent improvement is computed
from these observed scores, the observed screening or baseline PASI included, never from the truth:
who looked worse than they were at screening seems to improve (regression to the mean).

Noise and limit of detection belong to the fit. What is assumed here is listed in ASSUMPTIONS.
"""

from typing import Literal, NamedTuple

import numpy as np

from wholetrial.numerics.elementary import FloatArray, exp
from wholetrial.numerics.philox import Purpose, Stream, normals
from wholetrial.simulation.psoriasis_fit import PsoriasisFit

HIGHEST_PASI = 72.0
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
    Assumption("PGA 0 where PASI would read as clear", "both mean: no lesion is seen"),
    Assumption("PGA 4 above a PASI of 24 (scale 0-4), 18 (scale 0-5)", "assumed, no source"),
    Assumption("PGA 5 above a PASI of 36 (scale 0-5)", "assumed, no source"),
    Assumption("BSA shrinks as the lesion does", "assumed, no source"),
    Assumption("DLQI falls with the lesion to a tenth", "assumed, no source"),
    Assumption(
        "a trial's other scores and laboratory values fall as the lesion does",
        "assumed, no source",
    ),
)


class Reader(NamedTuple):
    """How well a reader sees: log SD of PASI and of PGA, PASI below which skin reads as clear."""

    pasi_noise_log_sd: float
    pga_noise_log_sd: float
    clear_below_pasi: float


def visit_noise(stream: Stream, day: int, instruments: int) -> FloatArray:
    """The noise of the visit on a day (negative before day 0), whatever else is planned.

    Standard normal, one row for each instrument, shape (instruments, ..., P).
    """
    if day < _EARLIEST_DAY:
        raise ValueError(f"a visit's day must be {_EARLIEST_DAY} or later; got {day}")
    draws = normals(stream, Purpose.VISIT_NOISE, instruments, occasion=day - _EARLIEST_DAY)
    return np.moveaxis(draws, -1, 0)


def reader_of(fit: PsoriasisFit) -> Reader:
    """The reader of a fit."""
    return Reader(fit["pasi_noise_log_sd"], fit["pga_noise_log_sd"], fit["clear_below_pasi"])


def observed_pasi(true_pasi: FloatArray, noise: FloatArray, reader: Reader) -> FloatArray:
    """PASI as recorded: noisy, 0 below the limit of detection, 0 to 72, in tenths.

    >>> reader = Reader(0.20, 0.25, 0.538)
    >>> observed_pasi(np.array([16.0, 0.5, 70.0]), np.array([0.5, 0.0, 2.0]), reader).tolist()
    [17.7, 0.0, 72.0]
    """
    seen = true_pasi * exp(reader.pasi_noise_log_sd * noise)
    seen = np.where(seen < reader.clear_below_pasi, 0.0, np.minimum(seen, HIGHEST_PASI))
    return np.asarray(np.rint(seen * 10.0) / 10.0)


def observed_pga(
    true_pasi: FloatArray, noise: FloatArray, reader: Reader, scale: PgaScale
) -> FloatArray:
    """Physician's global assessment on the scale 0-4 or 0-5, from the same lesion as PASI.

    >>> reader = Reader(0.20, 0.25, 0.538)
    >>> observed_pga(np.array([0.2, 3.0, 6.0, 12.0, 30.0]), np.zeros(5), reader, "0-4").tolist()
    [0.0, 1.0, 2.0, 3.0, 4.0]
    """
    if scale not in PGA_UPPER_PASI:
        raise ValueError(f"PGA has the scales {', '.join(PGA_UPPER_PASI)}; got {scale!r}")
    seen = true_pasi * exp(reader.pga_noise_log_sd * noise)
    grade = np.where(seen < reader.clear_below_pasi, 0.0, 1.0)
    for upper in PGA_UPPER_PASI[scale]:
        grade = grade + (seen > upper)
    return grade


def observed_bsa(true_percent: FloatArray, noise: FloatArray, log_sd: float) -> FloatArray:
    """Affected body surface in whole percent (a palm is about one), 0 to 100.

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
