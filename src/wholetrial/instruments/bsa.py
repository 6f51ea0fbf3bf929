"""BSA, the percentage of the body surface that psoriasis involves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wholetrial.instruments.instrument import Instrument, validate_values

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

__all__ = ["BSA", "score_bsa_from_palms"]


def score_bsa_from_palms(palms: ArrayLike, *, percent_per_palm: float = 1.0) -> NDArray[np.float64]:
    """Involved skin in percent, to the tenth, from its size counted in the participant's palms.

    One palm as 1 % of the body is a convention, unverified; sources disagree whether the fingers
    belong to it, so `percent_per_palm` is the protocol's to set. NaN stays NaN. Raises ValueError
    when the result lies outside 0 to 100 %.

    >>> score_bsa_from_palms([3, 12.5]).tolist()
    [3.0, 12.5]
    >>> score_bsa_from_palms([3, 12.5], percent_per_palm=0.8).tolist()
    [2.4, 10.0]
    """
    import numpy as np

    tenths = np.rint(np.asarray(palms, dtype=np.float64) * percent_per_palm * 10)
    percent = np.asarray(tenths / 10)
    for finding in validate_values(BSA, percent):
        raise ValueError(f"{finding.message} from {percent_per_palm:g} % a palm")
    return percent


BSA = Instrument(
    code="bsa",
    name="Body surface area involved",
    unit="%",
    low=0,
    high=100,
    step=0.1,
    better="lower",
    items=(),
    bands=(),
    source="a percentage by definition; CDISC C170575, affected to total body surface area",
    cdisc_total="ABSABSA",
)
