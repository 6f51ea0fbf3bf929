"""What the psoriasis model refuses: days, doses and parameters that make no course."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from wholetrial.numerics.elementary import FloatArray
from wholetrial.simulation.course import Doses

ABOVE_ZERO = frozenset({"lesion_turnover", "clear_below_pasi"})
_SMALLEST, _LARGEST = 1e-30, 1e30
NEVER_NEGATIVE = frozenset({"placebo_effect", "placebo_decay", "t17_turnover"})
"""Without a turnover T17 cells stay as they are: the plain turnover model."""


def check_parameters(values: Mapping[str, float | FloatArray]) -> None:
    """Refuse parameters of the model that are no numbers or have the wrong sign.

    Rates and concentrations that halve a signal lie above 0; what is a spread, or the placebo
    effect, is not negative; the mean of memory is a logit and may be any number.
    """
    for name, value in values.items():
        given = np.asarray(value, np.float64)
        if not np.isfinite(given).all():
            raise ValueError(f"{name} must be a finite number; got {_first(given, finite=False)}")
        positive = name in ABOVE_ZERO or (name.startswith("ic50_") and not name.endswith("_sd"))
        if positive and not (given > 0).all():
            raise ValueError(f"{name} must be above 0; got {float(given.min()):g}")
        if (name in NEVER_NEGATIVE or name.endswith("_sd")) and not (given >= 0).all():
            raise ValueError(f"{name} must not be negative; got {float(given.min()):g}")


def check_span(
    stands: float, known: Collection[str], doses: Doses, from_day: float, to_day: float
) -> None:
    """Refuse a span of days that does not begin where the state stands, and doses that miss it."""
    if from_day != stands:
        raise ValueError(f"the state stands at day {stands:g}; from_day is {from_day:g}")
    if not from_day <= to_day < np.inf:
        raise ValueError(f"time runs forward; got day {from_day:g} to day {to_day:g}")
    outside = [day for day in doses.day if not from_day <= day < to_day]
    if outside:
        raise ValueError(
            f"doses must lie in day {from_day:g} <= day < {to_day:g}; got day {outside[0]:g}"
        )
    if len(set(doses.day)) < len(doses.day):
        raise ValueError(f"each dose day may be named once; got the days {doses.day}")
    for drug, amount in doses.amount.items():
        _check_amount(drug, np.asarray(amount), known, len(doses.day))


def check_days(days: Sequence[float]) -> None:
    """Refuse days to read the lesion on that do not rise from day 0."""
    given = np.asarray(days, np.float64)
    rising = given.size > 0 and given[0] >= 0 and (np.diff(given) > 0).all()
    if not (rising and np.isfinite(given).all()):
        raise ValueError(f"days to read the lesion on rise from day 0; got {tuple(days)}")


def within_numbers(spread: str, factor: FloatArray) -> FloatArray:
    """The factors by which participants differ, where a spread leaves all of them numbers."""
    if not ((factor > _SMALLEST) & (factor < _LARGEST)).all():
        raise ValueError(
            f"{spread} is so large that some participants differ from the typical one by a factor "
            f"beyond {_LARGEST:.0e}; a fit that knows so little is none"
        )
    return factor


def _check_amount(drug: str, amount: FloatArray, known: Collection[str], days: int) -> None:
    if drug not in known:
        names = ", ".join(known) or "no drug"
        raise ValueError(f"this course was started with {names}; got a dose of {drug}")
    if amount.shape[-1:] != (days,):
        raise ValueError(
            f"{drug} needs amounts for {days} dose days on its last axis; "
            f"got the shape {amount.shape}"
        )
    if not ((amount >= 0) & (amount < np.inf)).all():
        wrong = amount[~((amount >= 0) & (amount < np.inf))]
        raise ValueError(
            f"a dose of {drug} is 0 mg (nothing is given) or more; got {float(wrong.flat[0]):g}"
        )


def _first(values: FloatArray, *, finite: bool) -> float:
    return float(values[np.isfinite(values) == finite].flat[0])
