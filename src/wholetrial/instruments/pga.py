"""PGA and IGA, a physician's or investigator's global grade of psoriasis.

The width of the scale is part of the instrument: a grade of 3 is one below the worst of five
grades (0-4) and two below the worst of six (0-5), so thresholds do not carry over, while "0 or 1"
does. Grades and labels as written in trial registrations: PGA 0-5 in NCT01550744 and NCT02698475,
PGA 0-4 in NCT04123795, IGA 0-4 in NCT03412747. The labels of a six-point IGA were not found.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Literal

from wholetrial.instruments.instrument import Band, Instrument, Item

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["IGA_0_4", "IGA_0_5", "PGA_0_4", "PGA_0_5", "score_pga_from_signs"]

_FIVE_GRADES = ("clear", "almost clear", "mild", "moderate", "severe")
_SIX_GRADES = ("cleared", "minimal", "mild", "moderate", "marked", "severe")


def score_pga_from_signs(
    items: Mapping[str, ArrayLike], *, highest: Literal[4, 5]
) -> NDArray[np.float64]:
    """PGA 0-4 or 0-5 as the mean of erythema, induration and scaling, rounded to a whole grade.

    The signs are whole grades 0 to `highest` of any shapes that broadcast together. Sources do not
    say how a half is rounded, and need not: the mean of three whole grades ends in .0, .33 or .67.
    NaN where a sign is not recorded (no rule for missing signs is published). Raises ValueError
    for a missing, unknown or impossible sign.

    >>> signs = {"erythema": [2, 3], "induration": [1, 3], "scaling": [1, 2]}
    >>> score_pga_from_signs(signs, highest=5).tolist()
    [1.0, 3.0]
    """
    import numpy as np

    from wholetrial.instruments.item_grades import sum_of_complete_items

    by_width = {4: PGA_0_4, 5: PGA_0_5}
    if highest not in by_width:
        raise ValueError(f"the highest PGA grade is 4 or 5; got {highest}")
    return np.rint(sum_of_complete_items(by_width[highest], items) / 3)


def _signs(highest: int) -> tuple[Item, ...]:
    return tuple(Item(sign, sign, 0, highest) for sign in ("erythema", "induration", "scaling"))


def _bands(labels: tuple[str, ...]) -> tuple[Band, ...]:
    return tuple(Band(label, grade, grade) for grade, label in enumerate(labels))


PGA_0_4 = Instrument(
    code="pga 0-4",
    name="Physician's Global Assessment, five grades",
    unit="",
    low=0,
    high=4,
    step=1,
    better="lower",
    items=_signs(4),
    bands=_bands(_FIVE_GRADES),
    source="ClinicalTrials.gov NCT04123795; mean of three signs: usdermed.com/clinical-tools/spga",
    variant="0 to 4",
    score=partial(score_pga_from_signs, highest=4),
)

PGA_0_5 = Instrument(
    code="pga 0-5",
    name="Physician's Global Assessment, six grades",
    unit="",
    low=0,
    high=5,
    step=1,
    better="lower",
    items=_signs(5),
    bands=_bands(_SIX_GRADES),
    source="ClinicalTrials.gov NCT01550744 and NCT02698475",
    variant="0 to 5",
    score=partial(score_pga_from_signs, highest=5),
)

IGA_0_4 = Instrument(
    code="iga 0-4",
    name="Investigator's Global Assessment, five grades",
    unit="",
    low=0,
    high=4,
    step=1,
    better="lower",
    items=(),
    bands=_bands(_FIVE_GRADES),
    source="ClinicalTrials.gov NCT03412747",
    variant="0 to 4",
)

IGA_0_5 = Instrument(
    code="iga 0-5",
    name="Investigator's Global Assessment, six grades",
    unit="",
    low=0,
    high=5,
    step=1,
    better="lower",
    items=(),
    bands=(),
    source="the range only; the labels of its grades were not found in a source",
    variant="0 to 5",
)
