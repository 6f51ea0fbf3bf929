"""Doses: "CNTO_1275 45 mg at weeks 0 to 3", "methotrexate 5 to 25 mg every week from ..."."""

from typing import Annotated

from pydantic import Field, model_validator

from wholetrial.protocol.read_condition import read_unit_of_measure
from wholetrial.protocol.reader import Reader, number_text
from wholetrial.protocol.time import (
    Duration,
    Every,
    Points,
    Times,
    read_duration,
    read_times,
    read_unit,
)
from wholetrial.protocol.value import Name, Value, phrase

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Heavier(Value):
    """The amount for people above a body weight, in the unit of the dose: 90 above 100 kg."""

    amount: Amount
    above: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    """A body weight in kg; at it the usual amount is given."""


class Dose(Value):
    """What is given, how much and when; `most` is the upper end of a range that is titrated.

    `amount` is None where the intervention is given without a stated amount (a placebo).
    """

    intervention: Name
    amount: Amount | None = None
    most: Amount | None = None
    unit: str | None = None
    heavier: Heavier | None = None
    times: Times

    @model_validator(mode="after")
    def _weight_decides_once(self) -> "Dose":
        if self.heavier is not None and (self.most is not None or self.by_weight):
            raise ValueError("another amount above a weight goes with one amount, not per kg")
        return self

    @model_validator(mode="after")
    def _amount_has_a_unit(self) -> "Dose":
        if self.amount is not None and self.unit is None:
            raise ValueError("an amount needs a unit: 45 mg, 1e6 cells/kg")
        if self.most is not None and (self.amount is None or self.most < self.amount):
            raise ValueError("the lower end of a dose range comes first")
        return self

    @property
    def by_weight(self) -> bool:
        """Whether the amount is counted per kilogram of body weight."""
        return self.unit is not None and self.unit.endswith("/kg")

    def __str__(self) -> str:
        at = "" if isinstance(self.times, Every) else "at "
        comma = "," if self.heavier is not None else ""
        return f"{self.intervention}{amount_text(self)}{comma} {at}{self.times}"


class DoseChoice(Value):
    """One of several doses, chosen by the physician for each participant."""

    one_of: Annotated[tuple["DosePhrase", ...], Field(min_length=2)]
    """The doses among which the physician chooses."""

    def __str__(self) -> str:
        return "one of: " + "; ".join(str(dose) for dose in self.one_of)


class Gift(Value):
    """What a rule gives: an amount, the dose as assigned, or what another arm receives.

    `every` repeats it, for a `length` of time (the end does not count) or until the last visit.
    """

    intervention: Name | None = None
    amount: Amount | None = None
    unit: str | None = None
    heavier: Heavier | None = None
    as_assigned: bool = False
    as_in: Name | None = None
    every: Duration | None = None
    length: Duration | None = None

    @model_validator(mode="after")
    def _is_repeated_at_some_interval(self) -> "Gift":
        if self.every is not None and self.every.days < 1:
            raise ValueError("a dose is repeated every day or less often")
        return self

    def __str__(self) -> str:
        if self.as_in:
            return f"as in {self.as_in}"
        amount = " as assigned" if self.as_assigned else amount_text(self)
        return f"{self.intervention}{amount}{repeated_text(self)}"


def repeated_text(gift: Gift) -> str:
    """How a gift is repeated, as it is written: " every 4 weeks for 12 weeks"."""
    if gift.every is None:
        return ""
    step = gift.every.unit if gift.every.number == 1 else str(gift.every)
    comma = "," if gift.heavier is not None else ""
    length = f" for {gift.length}" if gift.length is not None else ""
    return f"{comma} every {step}{length}"


def weighs(dose: Dose | Gift) -> bool:
    """Whether the amount depends on body weight: per kilogram, or another one above a weight."""
    return dose.heavier is not None or (dose.unit or "").endswith("/kg")


def amount_text(dose: Dose | Gift) -> str:
    """The amount of a dose as it is written: " 45 mg"; empty where none is stated."""
    if dose.amount is None:
        return ""
    most = dose.most if isinstance(dose, Dose) else None
    upper = f" to {number_text(most)}" if most is not None else ""
    usual = f" {number_text(dose.amount)}{upper} {dose.unit}"
    if dose.heavier is None:
        return usual
    more = f"{number_text(dose.heavier.amount)} {dose.unit}"
    return f"{usual}, {more} above {number_text(dose.heavier.above)} kg"


def read_dose(reader: Reader) -> Dose:
    """Read "ixekizumab 80 mg every 2 weeks from week 2 to week 12".

    >>> str(read_dose(Reader("UC_MSC 1e6 cells/kg at weeks 0, 1, 2")))
    'UC_MSC 1000000 cells/kg at weeks 0, 1, 2'
    >>> str(read_dose(Reader("drug 45 mg, 90 mg above 100 kg, at weeks 0, 4")))
    'drug 45 mg, 90 mg above 100 kg, at weeks 0, 4'
    """
    name = reader.word("the name of an intervention")
    amount = most = unit = heavier = None
    if reader.peek().kind == "number":
        amount = reader.number()
        most = reader.number() if reader.take("to") else None
        unit = read_unit_of_measure(reader)
        heavier = _read_heavier(reader, unit)
        if heavier is not None:
            reader.expect(",")
    return Dose(
        intervention=name,
        amount=amount,
        most=most,
        unit=unit,
        heavier=heavier,
        times=_read_when(reader),
    )


def read_gift(reader: Reader) -> Gift:
    """Read "CNTO_1275 90 mg", "CNTO_1275 as assigned" or "as in control".

    >>> str(read_gift(Reader("ixekizumab 80 mg every 4 weeks for 12 weeks")))
    'ixekizumab 80 mg every 4 weeks for 12 weeks'
    """
    if reader.take("as", "in"):
        return Gift(as_in=reader.word("the name of an arm"))
    name = reader.word("the name of an intervention, or 'as in ARM'")
    if reader.take("as", "assigned"):
        every, length = _read_repeated(reader)
        return Gift(intervention=name, as_assigned=True, every=every, length=length)
    amount = reader.number()
    unit = read_unit_of_measure(reader)
    if unit is None:
        reader.fail("a unit, such as mg")
    heavier = _read_heavier(reader, unit)
    if heavier is not None and reader.sees(","):
        reader.expect(",")
    every, length = _read_repeated(reader)
    return Gift(
        intervention=name, amount=amount, unit=unit, heavier=heavier, every=every, length=length
    )


def _read_repeated(reader: Reader) -> tuple[Duration | None, Duration | None]:
    """Read "every 4 weeks for 12 weeks", "every week", or nothing."""
    if not reader.take("every"):
        return None, None
    number = reader.integer() if reader.peek().kind == "number" else 1
    every = Duration(number=number, unit=read_unit(reader))
    return every, read_duration(reader) if reader.take("for") else None


def _read_heavier(reader: Reader, unit: str | None) -> Heavier | None:
    """Read ", 90 mg above 100 kg", in the unit of the usual amount."""
    if not reader.take(","):
        return None
    amount = reader.number()
    if read_unit_of_measure(reader) != unit:
        reader.position -= 1
        reader.fail(f"'{unit}', the unit of the usual amount")
    reader.expect("above")
    above = reader.number()
    reader.expect("kg")
    return Heavier(amount=amount, above=above)


def _read_when(reader: Reader) -> Points | Every:
    if reader.sees("every"):
        return read_times(reader)
    reader.expect("at")
    return read_times(reader)


DosePhrase = Annotated[Dose, phrase(read_dose)]
GiftPhrase = Annotated[Gift, phrase(read_gift)]
DoseChoice.model_rebuild()
