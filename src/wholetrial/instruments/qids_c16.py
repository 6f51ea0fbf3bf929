"""QIDS-C16, the clinician-rated Quick Inventory of Depressive Symptomatology: codes and scoring.

Rush AJ et al. Biol Psychiatry 2003;54:573-83; bands: ids-qids.org. Sixteen items make nine domains
of 0 to 3, and the total adds the domains (0 to 27), not the items. Item texts are not included.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wholetrial.instruments.instrument import Band, Instrument, Item

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["QIDS_C16", "score_qids_c16"]

# Each domain with the number of its consecutive items, in the order of the form.
_ITEMS_IN_DOMAIN = {
    "sleep": 4,
    "mood": 1,
    "appetite and weight": 4,
    "concentration": 1,
    "self-outlook": 1,
    "suicidal ideation": 1,
    "involvement": 1,
    "energy": 1,
    "psychomotor": 2,
}


def score_qids_c16(items: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """QIDS-C16: the sum of nine domains, each the highest of its items; 0 to 27.

    Items 1-4 (sleep), 6-9 (appetite and weight) and 15-16 (psychomotor) make one domain each, the
    other items stand alone. NaN where an item is not recorded: the form asks for all sixteen, and
    no rule for missing items was found. Raises ValueError for a missing, unknown or impossible
    item.

    >>> worst = dict.fromkeys([item.code for item in QIDS_C16.items], 3)
    >>> float(score_qids_c16(worst))
    27.0
    """
    import numpy as np

    from wholetrial.instruments.item_grades import item_grades

    grade, recorded = item_grades(QIDS_C16, items)
    first_items = np.cumsum([0, *_ITEMS_IN_DOMAIN.values()])[:-1]
    domains = np.maximum.reduceat(grade, first_items, axis=0)
    return np.where(recorded.all(axis=0), domains.sum(axis=0).astype(np.float64), np.nan)


def _items() -> tuple[Item, ...]:
    domains = [domain for domain, count in _ITEMS_IN_DOMAIN.items() for _ in range(count)]
    return tuple(
        Item(f"item_{number}", f"item {number}: {domain}", 0, 3, f"QIDSC1{number:02d}")
        for number, domain in enumerate(domains, start=1)
    )


QIDS_C16 = Instrument(
    code="qids_c16",
    name="Quick Inventory of Depressive Symptomatology, clinician-rated, 16 items",
    unit="",
    low=0,
    high=27,
    step=1,
    better="lower",
    items=_items(),
    bands=(
        Band("none", 0, 5),
        Band("mild", 6, 10),
        Band("moderate", 11, 15),
        Band("severe", 16, 20),
        Band("very severe", 21, 27),
    ),
    source="Rush et al., Biol Psychiatry 2003;54:573-83; ids-qids.org",
    score=score_qids_c16,
    cdisc_category="QIDS-C",
    cdisc_total="QIDSC120",
)
