"""The planned doses of arms as numbers, for a trend over ordered doses."""

from collections.abc import Iterable

from wholetrial.protocol.dose import Dose, weighs
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import days_named


def total_doses(protocol: Protocol, arms: Iterable[str]) -> dict[str, float] | None:
    """The planned amount of each arm in all, in one unit; None where there is no such number.

    An arm without an amount (a placebo) has 0. Amounts by weight, titrated or chosen by a
    physician, other units and different interventions give no number.
    """
    totals: dict[str, float] = {}
    counted: set[tuple[str, str | None]] = set()
    for arm in arms:
        totals[arm] = 0.0
        for dose in protocol.arms[arm].doses:
            if not isinstance(dose, Dose) or dose.most is not None or weighs(dose):
                return None
            if dose.amount is not None:
                counted.add((dose.intervention, dose.unit))
                totals[arm] += dose.amount * len(days_named(protocol, dose.times))
    return totals if len(counted) == 1 else None
