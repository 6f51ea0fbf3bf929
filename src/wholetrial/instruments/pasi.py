"""PASI, the Psoriasis Area and Severity Index, from its regional items.

Fredriksson T, Pettersson U. Severe psoriasis: oral therapy with a new retinoid. Dermatologica
1978;157:238-44. Area bands as printed in Feldman SR, Krueger GG. Ann Rheum Dis 2005;64(suppl
2):ii65-8, Table 1. CDISC keeps four versions apart (Fredriksson, Feldman, EMA, Bozek); their
regions, signs and weights are the same, and this file carries the codes of the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from wholetrial.instruments.instrument import Instrument, Item, Steps, in_steps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["PASI", "PASI_REGIONS", "in_tenths", "pasi_area_score", "pasi_queries", "score_pasi"]

_WEIGHT_IN_TENTHS = {"head": 1, "upper_limbs": 2, "trunk": 3, "lower_limbs": 4}
_HIGHEST_GRADE = {"erythema": 4, "induration": 4, "desquamation": 4, "area": 6}
_AREA_BANDS_FROM = (10, 30, 50, 70, 90)

PASI_REGIONS = tuple(_WEIGHT_IN_TENTHS)


class _Regions(NamedTuple):
    """The regional grades, `(region, ...)`: sum of the three signs, and area."""

    signs: NDArray[np.int64]
    signs_recorded: NDArray[np.bool_]
    area: NDArray[np.int64]
    area_recorded: NDArray[np.bool_]


def score_pasi(items: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """PASI: over the regions, weight x area x (erythema + induration + desquamation), 0 to 72.

    Weights are 0.1 head, 0.2 upper limbs, 0.3 trunk, 0.4 lower limbs; the sum is taken in whole
    tenths, so that every total is the float nearest to its decimal. `items` holds the 16 codes
    of `PASI.items`, any shapes that broadcast together. A region of area 0 contributes 0 although
    its signs are not recorded. NaN where another grade is not recorded (no rule for missing
    grades is published) and where `pasi_queries` has a question. Raises ValueError for a missing,
    unknown or impossible item.

    >>> clear = dict.fromkeys([item.code for item in PASI.items], 0)
    >>> float(score_pasi(clear | {"head_area": 1, "head_erythema": 2, "head_desquamation": 1}))
    0.3
    """
    import numpy as np

    regions = _regions(items)
    known = regions.area_recorded & (regions.signs_recorded | (regions.area == 0))
    weights = np.array(list(_WEIGHT_IN_TENTHS.values()), dtype=np.int64)
    tenths = np.tensordot(weights, regions.area * regions.signs, axes=1)
    scorable = (known & ~_contradictory(regions)).all(axis=0)
    return np.where(scorable, tenths / 10, np.nan)


def pasi_queries(items: Mapping[str, ArrayLike]) -> NDArray[np.bool_]:
    """Regions whose grades contradict each other, `(..., region)` in the order of `PASI_REGIONS`.

    A region is queried when its area is 0 and a sign is above 0, or its area is above 0 and all
    three signs are 0. Such a PASI is not scored until the site has answered.

    >>> clear = dict.fromkeys([item.code for item in PASI.items], 0)
    >>> pasi_queries(clear | {"trunk_erythema": 2}).tolist()
    [False, False, True, False]
    """
    import numpy as np

    return np.moveaxis(_contradictory(_regions(items)), 0, -1)


def pasi_area_score(percent: ArrayLike) -> NDArray[np.float64]:
    """The area grade 0 to 6 of a region from its percentage of involved skin; NaN stays NaN.

    The bands are often printed in whole percents (1-9, 10-29, ...), which leaves 9.5 % nowhere.
    Here each band runs up to the next one's beginning (above 0 and below 10, 10 to below 30, ...,
    90 to 100), as Feldman and Krueger print them: 9.5 % has not reached 10 %. Only exactly 0 % is
    grade 0, since skin with any lesion is not clear. Raises ValueError outside 0 to 100.

    >>> pasi_area_score([0, 0.5, 9.5, 10, 29.9, 90]).tolist()
    [0.0, 1.0, 1.0, 2.0, 2.0, 6.0]
    """
    import numpy as np

    involved = np.asarray(percent, dtype=np.float64)
    outside = involved[(involved < 0) | (involved > 100)]
    if outside.size:
        raise ValueError(f"involved skin lies between 0 and 100 %; got {outside.flat[0]:g}")
    grade = np.where(involved > 0, 1.0 + np.digitize(involved, _AREA_BANDS_FROM), 0.0)
    return np.where(np.isnan(involved), np.nan, grade)


def in_tenths(values: ArrayLike) -> Steps:
    """PASI totals as whole tenths, with the mask of those observed (0 tenths where missing).

    Comparing tenths is exact: PASI 75 is `4 * now <= baseline`. Raises ValueError for a total
    outside 0 to 72 or between two tenths.

    >>> in_tenths([12.3, float("nan")])
    Steps(number=array([123,   0]), observed=array([ True, False]))
    """
    return in_steps(PASI, values)


def _regions(items: Mapping[str, ArrayLike]) -> _Regions:
    import numpy as np

    from wholetrial.instruments.item_grades import item_grades

    grade, recorded = item_grades(PASI, items)
    by_region = (len(PASI_REGIONS), len(_HIGHEST_GRADE), *grade.shape[1:])
    grade, recorded = grade.reshape(by_region), recorded.reshape(by_region)
    return _Regions(
        signs=grade[:, :3].sum(axis=1),
        signs_recorded=np.asarray(recorded[:, :3].all(axis=1)),
        area=grade[:, 3],
        area_recorded=recorded[:, 3],
    )


def _contradictory(regions: _Regions) -> NDArray[np.bool_]:
    lesions_without_area = regions.area_recorded & (regions.area == 0) & (regions.signs > 0)
    area_without_lesions = (regions.area > 0) & regions.signs_recorded & (regions.signs == 0)
    contradictory: NDArray[np.bool_] = lesions_without_area | area_without_lesions
    return contradictory


def _items() -> tuple[Item, ...]:
    grades = [(region, sign) for region in PASI_REGIONS for sign in _HIGHEST_GRADE]
    return tuple(
        Item(
            code=f"{region}_{sign}",
            label=f"{region.replace('_', ' ')}: {sign}",
            low=0,
            high=_HIGHEST_GRADE[sign],
            cdisc=f"PASI03{number:02d}",
        )
        for number, (region, sign) in enumerate(grades, start=1)
    )


PASI = Instrument(
    code="pasi",
    name="Psoriasis Area and Severity Index",
    unit="",
    low=0,
    high=72,
    step=0.1,
    better="lower",
    items=_items(),
    bands=(),
    source="Fredriksson and Pettersson, Dermatologica 1978;157:238-44",
    variant="Fredriksson",
    score=score_pasi,
    cdisc_category="PASI FREDRIKSSON",
    cdisc_total="PASI0329",
)
