"""PASI of four regions, read off one observed severity: area, signs, total and body surface.

Each participant has regions that are affected more and less, fixed for good: the PASI of a region
is a fixed multiple of the whole. Skin involved is proportional to the region's PASI and gives its
area band, by the bands of the instrument; the sum of the three signs is the region's PASI over its
area, rounded up or down at a place that is fixed for the participant and region, so that totals are
right on average at every severity. Below the limit of detection every regional score is 0. At or
above it at least one sign is seen, in the region affected most.

So PASI 0, BSA 0 and clear skin mean the same; a region's band belongs to its area; and BSA is the
sum of the regions' areas, weighted by their surface. How often and how much regions are affected is
assumed, without source.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.instruments.pasi import PASI_REGIONS
from wholetrial.numerics.elementary import COMPILED_FROM, FloatArray, exp
from wholetrial.numerics.philox import Purpose, Stream, normals

TENTHS = (1, 2, 3, 4)
"""Weights of head, upper limbs, trunk and lower limbs, in tenths: their share of the body."""

EFFECTS = 9
"""How many standard normals make a participant's regions differ."""

SIGNS = ("erythema", "induration", "desquamation")
HIGHEST_PASI = 72.0
HIGHEST_SIGNS = 12.0
BANDS_FROM = (10.0, 30.0, 50.0, 70.0, 90.0)
LOWEST_AREA = (1.0, *BANDS_FROM)
HIGHEST_AREA = (9.9, 29.9, 49.9, 69.9, 89.9, 100.0)
_UNAFFECTED_BELOW = (-0.52, -1.28, -1.28, -1.28)
_LOG_SD_BETWEEN_REGIONS = 0.5
_PERCENT_PER_PASI = 1.4
_PERCENT_LOG_SD = 0.3
_ROOM_FOR_NOISE = 1.5
_LEANS = (
    (0, 1, 2),
    (1, 2, 0),
    (2, 0, 1),
    (3, 1, -1),
    (1, -1, 3),
    (-1, 3, 1),
)
"""Added to the sum of signs before it is divided by three: they differ, and add up to three."""


class Regions(NamedTuple):
    """What is fixed in each participant.

    `share` is a region's PASI over the whole, `rounding` what is added before a sum of signs is cut
    to whole grades, both `(4, ..., P)`; `percent` is skin involved for one point of regional PASI;
    `most` is the region affected most, `lean` which signs lead, both `(..., P)`.
    """

    share: FloatArray
    rounding: FloatArray
    percent: FloatArray
    most: NDArray[np.intp]
    lean: NDArray[np.intp]


class Regional(NamedTuple):
    """One region at a visit, `(..., P)`: area band 0 to 6, signs 0 to 12, percent of its skin."""

    band: FloatArray
    signs: FloatArray
    percent: FloatArray


def regions_at(stream: Stream, severity: FloatArray, body_surface: FloatArray | None) -> Regions:
    """The regions of participants, from their addresses, true baseline PASI and BSA in percent."""
    return regions_of(severity, body_surface, normals(stream, Purpose.REGIONS, EFFECTS))


def regions_of(
    severity: FloatArray, body_surface: FloatArray | None, effects: FloatArray
) -> Regions:
    """The regions, from nine standard normals `(..., P, 9)`.

    Four act on the regions' shares, four on their rounding; the ninth on the skin involved where no
    BSA is given, and on the signs that lead.
    """
    shares, roundings, last = effects[..., :4], effects[..., 4:8], effects[..., 8]
    affected = shares >= np.asarray(_UNAFFECTED_BELOW)
    none = ~affected.any(axis=-1, keepdims=True)
    raw = np.where(affected | none, exp(_LOG_SD_BETWEEN_REGIONS * shares), 0.0)
    raw = np.moveaxis(raw, -1, 0)
    share = raw * 10.0 / _weighted(raw)
    share = _attainable(share, severity)
    percent = (
        _PERCENT_PER_PASI * exp(_PERCENT_LOG_SD * last)
        if body_surface is None
        else body_surface / severity
    )
    rounding = np.moveaxis(_uniform(roundings), -1, 0)
    lean = np.minimum((_uniform(last) * len(_LEANS)).astype(np.intp), len(_LEANS) - 1)
    return Regions(share, rounding, percent, share.argmax(axis=0), lean)


def read_regions(
    regions: Regions, seen: FloatArray, clear_below_pasi: float | FloatArray = 0.0
) -> tuple[Regional, ...]:
    """Every region as recorded, from the observed severity of the whole `(..., P)`."""
    visible = seen >= clear_below_pasi
    return tuple(
        _region(regions, index, np.minimum(regions.share[index] * seen, HIGHEST_PASI), visible)
        for index in range(len(TENTHS))
    )


def read_totals(
    regions: Regions, seen: FloatArray, clear_below_pasi: float | FloatArray = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Recorded PASI in tenths and body surface in tenths of a percent, each `(..., P)`."""
    if seen.size < COMPILED_FROM:
        found = read_regions(regions, seen, clear_below_pasi)
        return scored(found), np.rint(10.0 * body_surface_of(found))
    from wholetrial.simulation.reading_loops import read_skin

    tenths, surface = np.empty(seen.size), np.empty(seen.size)
    flat = [_flat(values, seen.shape) for values in (seen, clear_below_pasi, regions.percent)]
    share, rounding = (
        np.ascontiguousarray(np.broadcast_to(part, (4, *seen.shape))).reshape(4, -1)
        for part in (regions.share, regions.rounding)
    )
    most = np.ascontiguousarray(np.broadcast_to(regions.most, seen.shape)).reshape(-1)
    read_skin(flat[0], flat[1], share, rounding, flat[2], most, tenths, surface)
    return tenths.reshape(seen.shape), surface.reshape(seen.shape)


def _flat(values: float | FloatArray, shape: tuple[int, ...]) -> FloatArray:
    return np.ascontiguousarray(np.broadcast_to(values, shape), np.float64).reshape(-1)


def total_in_tenths(
    regions: Regions, seen: FloatArray, clear_below_pasi: float | FloatArray = 0.0
) -> FloatArray:
    """Recorded PASI in whole tenths, 0 to 720.

    >>> whole = regions_of(np.array([20.0]), np.array([30.0]), np.zeros((1, 9)))
    >>> total_in_tenths(whole, np.array([20.0, 5.0, 0.6, 0.5]), 0.538).tolist()
    [210.0, 50.0, 10.0, 0.0]
    """
    return scored(read_regions(regions, seen, clear_below_pasi))


def scored(found: tuple[Regional, ...]) -> FloatArray:
    """The instrument's score of the regions, in whole tenths."""
    total = np.zeros_like(found[0].band)
    for weight, one in zip(TENTHS, found, strict=True):
        total = total + weight * (one.band * one.signs)
    return total


def body_surface_of(found: tuple[Regional, ...]) -> FloatArray:
    """Body surface involved in percent, in tenths: the regions' areas weighted by their surface."""
    total = np.zeros_like(found[0].band)
    for weight, one in zip(TENTHS, found, strict=True):
        total = total + weight * one.percent
    return np.rint(total) / 10.0


def items_of(regions: Regions, found: tuple[Regional, ...]) -> dict[str, FloatArray]:
    """The sixteen items of the instrument, by code, each `(..., P)`."""
    leans = np.asarray(_LEANS, dtype=np.float64)[regions.lean]
    items: dict[str, FloatArray] = {}
    for region, one in zip(PASI_REGIONS, found, strict=True):
        full = one.signs >= HIGHEST_SIGNS
        for index, sign in enumerate(SIGNS):
            grade = np.floor((one.signs + leans[..., index]) / 3.0)
            items[f"{region}_{sign}"] = np.where(one.signs == 0, 0.0, np.where(full, 4.0, grade))
        items[f"{region}_area"] = one.band
    return items


def _region(regions: Regions, index: int, pasi: FloatArray, visible: NDArray[np.bool_]) -> Regional:
    percent = np.minimum(regions.percent * pasi, 100.0)
    band = np.ones_like(pasi)
    for start in BANDS_FROM:
        band = band + (percent >= start)
    band = np.maximum(band, np.ceil(pasi / HIGHEST_SIGNS))
    band = np.minimum(band, np.maximum(np.floor(pasi), 1.0))
    signs = np.minimum(np.floor(pasi / band + regions.rounding[index]), HIGHEST_SIGNS)
    signs = np.where(regions.most == index, np.maximum(signs, 1.0), signs)
    signs = np.where(visible, signs, 0.0)
    band = np.where(signs > 0.0, band, 0.0)
    return Regional(band, signs, _inside(band, percent))


def _inside(band: FloatArray, percent: FloatArray) -> FloatArray:
    """The percent of skin, moved into its band where the signs ask for another band."""
    place = np.maximum(band, 1.0).astype(np.intp) - 1
    low, high = np.asarray(LOWEST_AREA)[place], np.asarray(HIGHEST_AREA)[place]
    return np.where(band > 0.0, np.minimum(np.maximum(percent, low), high), 0.0)


def _weighted(values: FloatArray) -> FloatArray:
    total = TENTHS[0] * values[0]
    for weight, value in zip(TENTHS[1:], values[1:], strict=True):
        total = total + weight * value
    return np.asarray(total)


def _attainable(share: FloatArray, severity: FloatArray) -> FloatArray:
    """Shares drawn together until the region affected most can have its PASI, noise included."""
    highest = np.maximum(HIGHEST_PASI / (_ROOM_FOR_NOISE * severity), 1.0)
    most = share.max(axis=0)
    part = np.minimum((highest - 1.0) / np.maximum(most - 1.0, 1e-9), 1.0)
    drawn: FloatArray = 1.0 + part * (share - 1.0)
    return drawn


def _uniform(normal: FloatArray) -> FloatArray:
    """A number in (0, 1), nearly uniform, of a standard normal (logistic approximation)."""
    cube = normal * normal * normal
    return 1.0 / (1.0 + exp(-(1.5976 * normal + 0.07056 * cube)))
