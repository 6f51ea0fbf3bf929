"""DLQI, the Dermatology Life Quality Index: codes and scoring, not the questionnaire.

Finlay AY, Khan GK. Clin Exp Dermatol 1994;19:210-6. The wording is copyrighted (A Y Finlay, G K
Khan, April 1992, www.dermatology.org.uk) and its use in research needs permission.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from wholetrial.instruments.instrument import Band, Instrument, Item

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["DLQI", "score_dlqi", "score_dlqi_work_item"]

_DOMAIN_OF_ITEM = (
    *("symptoms and feelings",) * 2,
    *("daily activities",) * 2,
    *("leisure",) * 2,
    "work and school",
    *("personal relationships",) * 2,
    "treatment",
)


def score_dlqi(
    items: Mapping[str, ArrayLike], *, blanks_scored_zero: int = 1
) -> NDArray[np.float64]:
    """DLQI: the sum of its ten items of 0 to 3; 0 (no effect on life) to 30.

    "Not relevant" is given as 0 (dermatology.org.uk). Up to `blanks_scored_zero` items left blank
    (NaN) count as 0; with more, the total is NaN. One blank as 0 and two as not scored is a
    convention, unverified at the questionnaire's owner (the statistical plan of Boehringer
    Ingelheim's trial 1407-0030 writes its first half). Raises ValueError for a missing, unknown or
    impossible item.

    >>> answers = dict.fromkeys([item.code for item in DLQI.items], 2)
    >>> float(score_dlqi(answers | {"item_10": float("nan")}))
    18.0
    >>> float(score_dlqi(answers | {"item_10": float("nan")}, blanks_scored_zero=0))
    nan
    """
    import numpy as np

    from wholetrial.instruments.item_grades import item_grades

    if blanks_scored_zero < 0:
        raise ValueError(f"blanks_scored_zero is 0 or more; got {blanks_scored_zero}")
    grade, recorded = item_grades(DLQI, items)
    blanks = (~recorded).sum(axis=0)
    return np.where(blanks <= blanks_scored_zero, grade.sum(axis=0).astype(np.float64), np.nan)


def score_dlqi_work_item(
    prevented: ArrayLike, problem: ArrayLike, *, prevented_score: int = 3
) -> NDArray[np.float64]:
    """Item 7 from its two parts: work prevented (1 yes, 0 no) and, where it was not, problem 0-2.

    "Yes" as 3 is a convention, unverified, and therefore the parameter `prevented_score`. NaN
    where the deciding part is not recorded. Raises ValueError for other values.

    >>> score_dlqi_work_item([1, 0, 0], [float("nan"), 2, 0]).tolist()
    [3.0, 2.0, 0.0]
    """
    import numpy as np

    yes, grade = np.broadcast_arrays(
        np.asarray(prevented, dtype=np.float64), np.asarray(problem, dtype=np.float64)
    )
    _check_part("prevented", yes, (0, 1))
    _check_part("problem", grade, (0, 1, 2))
    return np.where(yes == 1, float(prevented_score), np.where(yes == 0, grade, np.nan))


def _check_part(name: str, values: NDArray[np.float64], possible: tuple[int, ...]) -> None:
    import numpy as np

    wrong = values[~(np.isin(values, possible) | np.isnan(values))]
    if wrong.size:
        expected = " or ".join(str(value) for value in possible)
        raise ValueError(f"DLQI item_7, {name}: {expected}; got {wrong.flat[0]:g}")


DLQI = Instrument(
    code="dlqi",
    name="Dermatology Life Quality Index",
    unit="",
    low=0,
    high=30,
    step=1,
    better="lower",
    items=tuple(
        Item(f"item_{number}", f"item {number}: {domain}", 0, 3, f"DLQI1{number:02d}")
        for number, domain in enumerate(_DOMAIN_OF_ITEM, start=1)
    ),
    bands=(
        Band("no effect", 0, 1),
        Band("small effect", 2, 5),
        Band("moderate effect", 6, 10),
        Band("very large effect", 11, 20),
        Band("extremely large effect", 21, 30),
    ),
    source="Finlay and Khan, Clin Exp Dermatol 1994;19:210-6; www.dermatology.org.uk",
    score=score_dlqi,
    cdisc_category="DLQI",
    cdisc_total="DLQI111",
)
