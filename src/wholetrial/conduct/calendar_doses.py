"""The doses of one participant, dated and weighed: what is certain, and what depends on a result.

In a masked trial whoever may not know the arm sees a study dose on every day on which some arm
receives one, and an arm that receives nothing there is given the masking intervention.
"""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Context, Decimal
from math import ceil
from typing import NamedTuple

from wholetrial.conduct.calendar_dates import Participation, PlanError, arm_of, dates_of
from wholetrial.protocol.condition_in_words import condition_in_words
from wholetrial.protocol.design import Rule, read_quantity
from wholetrial.protocol.dose import Dose, DoseChoice, Gift, Heavier, repeated_text
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reader import PhraseError, Reader, number_text
from wholetrial.protocol.time import Every, Points
from wholetrial.protocol.timeline import visits

SIGNIFICANT_DIGITS = 3
BY_WEIGHT = (
    "Amounts per kilogram are multiplied by the body weight and rounded to "
    f"{SIGNIFICANT_DIGITS} significant digits, halves up."
)
UNITS_COUNTED = "Units handed out (pens, vials) are counted up to whole units at each dose."
BY_CHOICE = "if the physician chooses it"
OTHERWISE = "otherwise"

_MOST_ROWS_OF_A_DOSE = 60
_MASKED_WORDS = {
    "subcutaneous": "study injection",
    "intramuscular": "study injection",
    "intravenous": "study infusion",
    "none": "study treatment",
}


@dataclass(frozen=True, slots=True)
class PlannedDose:
    """A dose of one participant, or a course of equal doses from `date` until `until`.

    `intervention` is its name in the file, empty for a study dose whose arm is not shown.
    `amount` is already multiplied by the body weight; it is None where none is stated, and `most`
    is the upper end of a range that is titrated. `units` counts pens or vials. `condition` says
    when the dose is given; it is empty for a dose that is certain. `dummy` marks the masking
    intervention given because another arm is treated that day.
    """

    date: datetime.date
    intervention: str
    name: str
    amount: float | None = None
    most: float | None = None
    unit: str | None = None
    units: int | None = None
    unit_size: str = ""
    condition: str = ""
    until: datetime.date | None = None
    times: int = 1
    every: str = ""
    dummy: bool = False
    by_weight: bool = False

    def __str__(self) -> str:
        words = [self.name, *self._amount_words()]
        if self.until is not None:
            words += [f"{self.every} until {self.until} ({self.times} times)"]
        return " ".join(words)

    def _amount_words(self) -> Iterator[str]:
        if self.amount is None:
            return
        upper = f" to {grouped(self.most)}" if self.most is not None else ""
        yield f"{grouped(self.amount)}{upper} {self.unit}"
        if self.most is not None:
            yield "(titrated)"
        if self.units is not None:
            yield f"({self.units} × {self.unit_size})"


def grouped(number: float) -> str:
    """A number as a pharmacist reads it.

    >>> grouped(7e7), grouped(183.5)
    ('70,000,000', '183.5')
    """
    return f"{int(number):,}" if number == int(number) else number_text(number)


def weighed(amount: float, weight: float) -> float:
    """An amount per kilogram times the body weight, to three significant digits, halves up.

    >>> weighed(1e6, 70), weighed(2.5, 73.4), weighed(0.1, 22.25)
    (70000000.0, 184.0, 2.23)
    """
    product = Decimal(repr(amount)) * Decimal(repr(weight))
    return float(Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_UP).plus(product))


def doses_shown(person: Participation) -> tuple[PlannedDose, ...]:
    """Every dose that the calendar shows, by date.

    With an arm: its own doses, and dummies where the trial is masked. Without one: study doses.
    """
    protocol = person.protocol
    if person.arm is None:
        every = [dose for arm in protocol.arms for dose in _doses_of_arm(replace(person, arm=arm))]
        found = _masked(protocol, every)
    else:
        own = _doses_of_arm(person)
        found = [*own, *_dummies(person, own)]
    return tuple(sorted(found, key=lambda dose: (dose.date, dose.condition != "", dose.dummy)))


def rules_shown(person: Participation) -> Iterator[tuple[str, Rule]]:
    """The rules that concern the arm; those of every arm where the arm is not known."""
    arms = set(person.protocol.arms) if person.arm is None else {person.arm}
    for name, rule in person.protocol.rules.items():
        if arms <= set(person.protocol.arms_named(*rule.arms)):
            yield name, rule


def rule_dates(person: Participation, rule: Rule) -> tuple[datetime.date, ...]:
    """The dates at which a rule is applied; none where it is applied at every visit of a kind."""
    times = [item for item in rule.at.items if isinstance(item, Points | Every)]
    return tuple(day for item in times for day in dates_of(person, item))


def _doses_of_arm(person: Participation) -> list[PlannedDose]:
    found: list[PlannedDose] = []
    for planned in arm_of(person).doses:
        if isinstance(planned, DoseChoice):
            options = [course for dose in planned.one_of for course in _course(person, dose)]
            found += [replace(course, condition=BY_CHOICE) for course in options]
        elif _is_course(person, planned):
            found += _course(person, planned)
        else:
            found += [_dose(person, planned, day) for day in dates_of(person, planned.times)]
    for _, rule in rules_shown(person):
        if rule.give is not None:
            found += [_gift(person, rule, rule.give, day) for day in rule_dates(person, rule)]
    return found


def _is_course(person: Participation, dose: Dose) -> bool:
    if not isinstance(dose.times, Every):
        return False
    at_home = person.protocol.interventions[dose.intervention].route in ("oral", "topical")
    return at_home or len(dates_of(person, dose.times)) > _MOST_ROWS_OF_A_DOSE


class _Amount(NamedTuple):
    """How much a file says is given."""

    least: float | None
    most: float | None
    unit: str | None
    heavier: Heavier | None = None


def _given(
    person: Participation, intervention: str, written: _Amount, day: datetime.date
) -> PlannedDose:
    name = intervention.replace("_", " ")
    least, most, unit, _ = _for_weight(person, name, written)
    weighed_here = unit != written.unit
    dose = PlannedDose(day, intervention, name, least, most, unit, by_weight=weighed_here)
    size = person.protocol.interventions[intervention].unit
    count = None if size is None or most is not None else _units(least, unit, size)
    return dose if count is None else replace(dose, units=count, unit_size=str(size))


def _for_weight(person: Participation, name: str, written: _Amount) -> _Amount:
    if written.heavier is not None:
        if person.weight is None:
            raise PlanError(f"the dose of {name} depends on weight: give the body weight in kg")
        heavy = person.weight > written.heavier.above
        return written._replace(least=written.heavier.amount) if heavy else written
    if written.unit is None or not written.unit.endswith("/kg") or written.least is None:
        return written
    if person.weight is None:
        raise PlanError(f"{name} is dosed in {written.unit}: give the body weight in kg")
    most = None if written.most is None else weighed(written.most, person.weight)
    least = weighed(written.least, person.weight)
    return _Amount(least, most, written.unit.removesuffix("/kg"))


def _units(amount: float | None, unit: str | None, size: str) -> int | None:
    """How many units of a size make an amount, counted up; None where they do not compare."""
    try:
        one = read_quantity(Reader(size))
    except PhraseError:
        return None
    if amount is None or one.unit != unit or one.number <= 0:
        return None
    return ceil(Decimal(repr(amount)) / Decimal(repr(one.number)))


def _dose(person: Participation, dose: Dose, day: datetime.date) -> PlannedDose:
    written = _Amount(dose.amount, dose.most, dose.unit, dose.heavier)
    return _given(person, dose.intervention, written, day)


def _course(person: Participation, dose: Dose) -> list[PlannedDose]:
    """Equal doses as one entry; none where the time they end is before the time they start."""
    days = dates_of(person, dose.times)
    if not days:
        return []
    course = _dose(person, dose, days[0])
    if len(days) == 1:
        return [course]
    every = str(dose.times).partition(" from ")[0] if isinstance(dose.times, Every) else "repeated"
    return [replace(course, until=days[-1], times=len(days), every=every)]


def _gift(person: Participation, rule: Rule, gift: Gift, day: datetime.date) -> PlannedDose:
    condition = (
        f"if {condition_in_words(rule.when, person.protocol)}" if rule.when is not None else ""
    )
    if gift.as_in is not None or gift.intervention is None:
        label = person.protocol.arms[str(gift.as_in)].label
        return PlannedDose(day, "", f"as in the arm {label}", condition=condition)
    written = _Amount(gift.amount, None, gift.unit, gift.heavier)
    if gift.as_assigned:
        written = _assigned(person, gift.intervention, day)
    dose = replace(_given(person, gift.intervention, written, day), condition=condition)
    return _repeated(person, gift, dose)


def _repeated(person: Participation, gift: Gift, dose: PlannedDose) -> PlannedDose:
    """A dose of a rule as the course that it begins, until its length or the last visit."""
    if gift.every is None:
        return dose
    start = (dose.date - person.start).days
    last = max(visit.day for visit in visits(person.protocol))
    end = last + 1 if gift.length is None else min(start + gift.length.days, last + 1)
    days = range(start, end, gift.every.days)
    if len(days) < 2:
        return dose
    until = dose.date + datetime.timedelta(days=days[-1] - start)
    every = repeated_text(gift.model_copy(update={"length": None})).strip(", ")
    return replace(dose, until=until, times=len(days), every=every)


def _assigned(person: Participation, intervention: str, day: datetime.date) -> _Amount:
    """The arm's last dose of an intervention up to a day; its first where all come later."""
    planned = sorted(
        (given, index, dose)
        for index, dose in enumerate(arm_of(person).doses)
        if isinstance(dose, Dose) and dose.intervention == intervention
        for given in dates_of(person, dose.times)
    )
    if not planned:
        return _Amount(None, None, None)
    *_, dose = max((found for found in planned if found[0] <= day), default=planned[0])
    return _Amount(dose.amount, dose.most, dose.unit, dose.heavier)


_When = tuple[datetime.date, datetime.date | None]


def _by_day(doses: Iterable[PlannedDose]) -> dict[_When, list[PlannedDose]]:
    found: dict[_When, list[PlannedDose]] = {}
    for dose in doses:
        found.setdefault((dose.date, dose.until), []).append(dose)
    return found


def _condition_of(doses: list[PlannedDose]) -> str:
    """When any of these is given; empty where one is certain."""
    conditions = list(dict.fromkeys(dose.condition for dose in doses))
    return "" if "" in conditions else " or ".join(conditions)


def _masked(protocol: Protocol, doses: Iterable[PlannedDose]) -> list[PlannedDose]:
    return [
        PlannedDose(
            date=day,
            intervention="",
            name=" and ".join(dict.fromkeys(_masked_word(protocol, dose) for dose in together)),
            condition=_condition_of(together),
            until=until,
            times=max(dose.times for dose in together),
            every=together[0].every,
        )
        for (day, until), together in _by_day(doses).items()
    ]


def _masked_word(protocol: Protocol, dose: PlannedDose) -> str:
    if not dose.intervention:
        return "study treatment"
    return _MASKED_WORDS.get(protocol.interventions[dose.intervention].route, "study medicine")


def _dummies(person: Participation, own: Iterable[PlannedDose]) -> Iterator[PlannedDose]:
    protocol = person.protocol
    masked_by = protocol.design.masked_by
    if masked_by is None or protocol.design.masking == "none":
        return
    others = [replace(person, arm=arm) for arm in protocol.arms if arm != person.arm]
    own_by_day = _by_day(own)
    elsewhere_by_day = _by_day(dose for other in others for dose in _doses_of_arm(other))
    for (day, until), elsewhere in elsewhere_by_day.items():
        received, condition = own_by_day.get((day, until), []), _condition_of(elsewhere)
        if received and (condition or not _condition_of(received)):
            continue
        yield PlannedDose(
            date=day,
            intervention=masked_by,
            name=masked_by.replace("_", " "),
            condition=OTHERWISE if received else condition,
            until=until,
            times=elsewhere[0].times,
            every=elsewhere[0].every,
            dummy=True,
        )
