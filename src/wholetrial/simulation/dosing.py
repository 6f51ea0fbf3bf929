"""What virtual participants receive: the doses of their arm, worked out for each of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.data.records import Codes, Exposures, Flags, Floats, Records, empty_exposures
from wholetrial.protocol.dose import DoseChoice, Gift
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import Administration, administrations
from wholetrial.simulation.course import Doses
from wholetrial.simulation.population import NotSimulatedError

DAYS_OF_A_SINGLE_DOSE = 7
LONG_PAUSE_DAYS = 112


@dataclass(frozen=True, slots=True)
class Given:
    """One intervention on one day: who receives it, and how much (`(..., P)`, NaN for nobody).

    `days` is how long one dose treats: until the next is due; `rule` names the rule that gives it.
    `arms` are the places of the arms that may receive it, empty for any; `fresh` says that it may
    meet a body with none of it: the first dose, one after a long pause, and whatever a rule gives.
    """

    intervention: str
    day: int
    amount: Floats
    days: int = DAYS_OF_A_SINGLE_DOSE
    rule: str = ""
    arms: tuple[int, ...] = ()
    fresh: bool = True


class Recipients(NamedTuple):
    """What decides a participant's doses `(..., P)`: arm, body weight, the physician's choice.

    `choice` is uniform in (0, 1); the options of a choice are equally likely.
    """

    arm: Codes
    weight: Floats
    choice: Floats


def planned_doses(protocol: Protocol, people: Recipients) -> list[Given]:
    """The doses of everybody's arm, one `Given` for each intervention, day and option.

    Amounts per kilogram are multiplied by the weight; where a range is titrated the first amount
    is the titration's, else the lower end of the range.
    """
    found: list[Given] = []
    for index, name in enumerate(protocol.arms):
        mine = doses_as_in(protocol, name, people, people.arm == index)
        found += [replace(one, arms=(index,), fresh=_after_a_pause(one, mine)) for one in mine]
    return together(found)


def _after_a_pause(given: Given, doses: Sequence[Given]) -> bool:
    """Whether no dose of the same intervention comes in the time before."""
    before = [
        one.day for one in doses if one.intervention == given.intervention and one.day < given.day
    ]
    return not before or given.day - max(before) > LONG_PAUSE_DAYS


def doses_as_in(
    protocol: Protocol, arm: str, people: Recipients, who: Flags, *, from_day: int = 0
) -> list[Given]:
    """The doses of an arm for some participants, counted from a day."""
    found: list[Given] = []
    options = _options(protocol, arm)
    picked = np.floor(people.choice * options)
    for option in range(options):
        mine = who & (picked == option)
        for dose, days in _with_days(administrations(protocol, arm, choice=option)):
            start = _first_amount(protocol, arm, dose)
            amount = amount_for(people, dose, start)
            day = dose.day + from_day
            found.append(Given(dose.intervention, day, np.where(mine, amount, np.nan), days))
    return found


def amount_for(people: Recipients, dose: Administration | Gift, usual: float) -> Floats:
    """The amount for each participant: per kilogram, or another one above a body weight.

    Raises NotSimulatedError where weight decides and nobody knows it.
    """
    weighed = (dose.unit or "").endswith("/kg")
    if (weighed or dose.heavier is not None) and np.isnan(people.weight).any():
        raise NotSimulatedError(f"the weight that decides a dose of {dose.intervention} (baseline)")
    amount = usual * people.weight if weighed else np.full(people.weight.shape, usual)
    if dose.heavier is None:
        return amount
    return np.where(people.weight > dose.heavier.above, dose.heavier.amount, amount)


def _options(protocol: Protocol, arm: str) -> int:
    doses = protocol.arms[arm].doses
    return max([len(dose.one_of) for dose in doses if isinstance(dose, DoseChoice)], default=1)


def _with_days(doses: Sequence[Administration]) -> Iterator[tuple[Administration, int]]:
    """Each dose with the days until the next of its intervention; the last as the one before."""
    for name in dict.fromkeys(dose.intervention for dose in doses):
        mine = [dose for dose in doses if dose.intervention == name]
        gaps = [after.day - before.day for before, after in pairwise(mine)]
        last = gaps[-1] if gaps else DAYS_OF_A_SINGLE_DOSE
        yield from zip(mine, [*gaps, last], strict=True)


def _first_amount(protocol: Protocol, arm: str, dose: Administration) -> float:
    if dose.most is not None:
        for rule in protocol.rules.values():
            start = rule.start
            if start is None or start.intervention != dose.intervention:
                continue
            if arm in protocol.arms_named(*rule.arms) and start.amount is not None:
                return start.amount
    return dose.amount or 0.0


def together(doses: Sequence[Given]) -> list[Given]:
    """Doses of one intervention, day, length and rule as one."""
    table: dict[tuple[int, str, int, str], Given] = {}
    for given in doses:
        key = (given.day, given.intervention, given.days, given.rule)
        before = table.get(key)
        table[key] = given if before is None else _merged(before, given)
    return [given for _, given in sorted(table.items(), key=lambda item: item[0])]


def _merged(one: Given, other: Given) -> Given:
    arms = tuple(dict.fromkeys((*one.arms, *other.arms))) if one.arms and other.arms else ()
    amount = np.where(np.isnan(one.amount), other.amount, one.amount)
    return replace(one, amount=amount, arms=arms, fresh=one.fresh or other.fresh)


def assigned_amount(intervention: str, doses: Sequence[Given]) -> Floats | None:
    """The amount of an intervention that each participant was first assigned; None if nobody."""
    mine = [given for given in doses if given.intervention == intervention]
    if not mine:
        return None
    amount = mine[0].amount
    for given in mine[1:]:
        amount = np.where(np.isnan(amount), given.amount, amount)
    return amount


def without_stopped(
    doses: Sequence[Given], stops: Floats, from_day: float = -np.inf
) -> list[Given]:
    """The doses without those that fall on or after the day that somebody stopped.

    Those before `from_day` stay: they have been given.
    """
    return [
        replace(given, amount=np.where(stops <= given.day, np.nan, given.amount))
        if given.day >= from_day
        else given
        for given in doses
    ]


def course_doses(
    doses: Sequence[Given],
    drugs: Mapping[str, str],
    span: tuple[int, int],
    who: tuple[int, NDArray[np.intp]],
) -> Doses:
    """The doses of a span of days as the disease model takes them, in mg of each drug.

    `who` is an arm and its participants' places when the arrays are flat.
    """
    arm, places = who
    inside = [
        given
        for given in doses
        if span[0] <= given.day < span[1]
        and drugs.get(given.intervention, "placebo") != "placebo"
        and (not given.arms or arm in given.arms)
    ]
    days = tuple(float(day) for day in sorted({given.day for given in inside}))
    amount: dict[str, Floats] = {}
    for given in inside:
        drug = drugs[given.intervention]
        table = amount.setdefault(drug, np.zeros((places.size, len(days))))
        table[:, days.index(float(given.day))] += np.nan_to_num(given.amount.reshape(-1)[places])
    fresh = tuple(dict.fromkeys(float(given.day) for given in inside if given.fresh))
    return Doses(days, amount, fresh)


def exposures_of(doses: Sequence[Given], records: Records) -> Exposures:
    """Everything given, as it is recorded: one column for each intervention and day.

    A dose that waits for a visit is recorded on the day on which the visit took place.
    """
    if not doses:
        return empty_exposures(records.shape)
    ordered = sorted(doses, key=lambda given: (given.day, given.intervention))
    amount, day = _by_dose(records.shape, len(ordered)), _by_dose(records.shape, len(ordered))
    for place, given in enumerate(ordered):
        amount[..., place] = given.amount
        day[..., place] = np.where(np.isnan(given.amount), np.nan, _day_given(given, records))
    codes = [records.interventions.index(given.intervention) for given in ordered]
    shape = np.broadcast_to(np.asarray(codes, np.int8), amount.shape)
    return Exposures(day, amount, shape.copy())


def _by_dose(shape: tuple[int, ...], doses: int) -> Floats:
    """Room for numbers `(..., P, D)`, laid out so that those of a dose lie together."""
    return np.moveaxis(np.empty((doses, *shape)), 0, -1)


def _day_given(given: Given, records: Records) -> Floats | float:
    """The day on which everybody receives a dose: the visit's, or its own where none is waited for.

    Doses that come more often than weekly are taken at home and wait for no visit.
    """
    visits = [place for place, one in enumerate(records.visits) if one.day == given.day]
    if given.day <= 0 or not visits or given.days < DAYS_OF_A_SINGLE_DOSE:
        return float(given.day)
    came = records.day[..., visits[-1]]
    return np.where(np.isnan(came), float(given.day), came)
