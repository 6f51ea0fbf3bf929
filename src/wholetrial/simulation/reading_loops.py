"""Regional PASI of very many people at a visit: the operations of `regions`, in one pass.

Every number here has the bits of its NumPy twin in `regions.read_regions`; the tests compare them.
"""

import numpy as np

from wholetrial.numerics.compiled import compiled, inlined
from wholetrial.simulation.regions import (
    BANDS_FROM,
    HIGHEST_AREA,
    HIGHEST_PASI,
    HIGHEST_SIGNS,
    LOWEST_AREA,
)

_B0, _B1, _B2, _B3, _B4 = BANDS_FROM
_L0, _L1, _L2, _L3, _L4, _L5 = LOWEST_AREA
_H0, _H1, _H2, _H3, _H4, _H5 = HIGHEST_AREA


@inlined
def _lowest(band):
    low = _L5 if band >= 6.0 else _L4
    low = low if band >= 5.0 else _L3
    low = low if band >= 4.0 else _L2
    low = low if band >= 3.0 else _L1
    return low if band >= 2.0 else _L0


@inlined
def _highest(band):
    high = _H5 if band >= 6.0 else _H4
    high = high if band >= 5.0 else _H3
    high = high if band >= 4.0 else _H2
    high = high if band >= 3.0 else _H1
    return high if band >= 2.0 else _H0


@inlined
def _region(seen, visible, share, rounding, per_point, worst):
    """Area band, sum of signs and percent of skin of one region."""
    pasi = min(share * seen, HIGHEST_PASI)
    percent = min(per_point * pasi, 100.0)
    band = 1.0
    band += 1.0 if percent >= _B0 else 0.0
    band += 1.0 if percent >= _B1 else 0.0
    band += 1.0 if percent >= _B2 else 0.0
    band += 1.0 if percent >= _B3 else 0.0
    band += 1.0 if percent >= _B4 else 0.0
    band = max(band, np.ceil(pasi / HIGHEST_SIGNS))
    band = min(band, max(np.floor(pasi), 1.0))
    signs = min(np.floor(pasi / band + rounding), HIGHEST_SIGNS)
    signs = max(signs, 1.0) if worst else signs
    signs = signs if visible else 0.0
    inside = min(max(percent, _lowest(band)), _highest(band))
    return band if signs > 0.0 else 0.0, signs, inside if signs > 0.0 else 0.0


@compiled
def read_skin(seen, clear, share, rounding, per_point, most, tenths, surface) -> None:
    """PASI in tenths and body surface in tenths of a percent, each `(N,)`.

    seen `(N,)`: observed severity; clear `(N,)`: below it nothing is seen; share and rounding
    `(4, N)`; per_point and most `(N,)` as in `regions.Regions`.
    """
    for i in range(seen.size):
        visible = seen[i] >= clear[i]
        total, area = 0.0, 0.0
        for region in range(4):
            band, signs, percent = _region(
                seen[i],
                visible,
                share[region, i],
                rounding[region, i],
                per_point[i],
                most[i] == region,
            )
            weight = float(region + 1)
            total += weight * (band * signs)
            area += weight * percent
        tenths[i] = total
        surface[i] = np.rint(area)
