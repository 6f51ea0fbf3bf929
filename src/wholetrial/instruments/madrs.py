"""MADRS, the Montgomery-Asberg Depression Rating Scale: codes and scoring.

Montgomery SA, Asberg M. Br J Psychiatry 1979;134:382-9. Bands: Snaith RP et al. 1986. Item texts
are not included.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wholetrial.instruments.instrument import Band, Instrument, Item

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["MADRS", "score_madrs"]


def score_madrs(items: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """MADRS: the sum of its ten items of 0 to 6; 0 to 60.

    NaN where an item is not recorded; estimates of a missing item from the others (Gale and
    Hawley, Int Clin Psychopharmacol 2001;16:205-14) are not built. Raises ValueError for a missing,
    unknown or impossible item.

    >>> ratings = dict.fromkeys([item.code for item in MADRS.items], 3)
    >>> float(score_madrs(ratings))
    30.0
    """
    from wholetrial.instruments.item_grades import sum_of_complete_items

    return sum_of_complete_items(MADRS, items)


MADRS = Instrument(
    code="madrs",
    name="Montgomery-Asberg Depression Rating Scale",
    unit="",
    low=0,
    high=60,
    step=1,
    better="lower",
    items=tuple(Item(f"item_{number}", f"item {number}", 0, 6) for number in range(1, 11)),
    bands=(
        Band("absent", 0, 6),
        Band("mild", 7, 19),
        Band("moderate", 20, 34),
        Band("severe", 35, 60),
    ),
    source="Montgomery and Asberg, Br J Psychiatry 1979;134:382-9; bands: Snaith et al. 1986",
    score=score_madrs,
    cdisc_category="MADRS",
)
