"""Shares and distributions: "7 of 64 by week 36", "lognormal(median 89 kg, log_sd 0.245)"."""

from typing import Annotated

from pydantic import Field, model_validator

from wholetrial.protocol.read_condition import read_unit_of_measure
from wholetrial.protocol.reader import Reader, number_text
from wholetrial.protocol.time import DAYS_PER, Point, read_point
from wholetrial.protocol.value import Name, Value, phrase

DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "normal": ("mean", "sd"),
    "lognormal": ("median", "log_sd"),
    "exponential": ("mean",),
    "uniform": ("low", "high"),
}


class Share(Value):
    """A share of participants, as a percentage or a count, perhaps reached by a point in time."""

    percent: Annotated[float, Field(ge=0, le=100)] | None = None
    count: Annotated[int, Field(ge=0)] | None = None
    of: Annotated[int, Field(ge=1)] | None = None
    by: Point | None = None

    @model_validator(mode="after")
    def _is_a_percentage_or_a_count(self) -> "Share":
        if (self.percent is None) == (self.count is None) or (self.count is None) != (
            self.of is None
        ):
            raise ValueError("a share is written '79 %' or '33 of 64'")
        if self.count is not None and self.of is not None and self.count > self.of:
            raise ValueError(f"{self.count} of {self.of} is more than all of them")
        return self

    @property
    def fraction(self) -> float:
        """The share as a number from 0 to 1."""
        if self.count is not None and self.of is not None:
            return self.count / self.of
        return (self.percent or 0.0) / 100

    def __str__(self) -> str:
        by = f" by {self.by}" if self.by else ""
        if self.count is not None:
            return f"{self.count} of {self.of}{by}"
        return f"{number_text(self.percent or 0.0)} %{by}"


class Rate(Value):
    """How many events in so many years of participants: "251 per 100 years"."""

    events: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    years: Annotated[float, Field(gt=0, allow_inf_nan=False)]

    @property
    def per_day(self) -> float:
        """Events for each participant and day; a year has 365.25 days."""
        return self.events / self.years / DAYS_PER["year"]

    def __str__(self) -> str:
        if self.years == 1:
            return f"{number_text(self.events)} per year"
        return f"{number_text(self.events)} per {number_text(self.years)} years"


class Parameter(Value):
    """One named number of a distribution: "median 89 kg"."""

    name: Name
    value: float
    unit: str | None = None

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name} {number_text(self.value)}{unit}"


class Distribution(Value):
    """How a value is spread among participants: "normal(mean 45 years, sd 12.5 years)"."""

    distribution: Name
    parameters: tuple[Parameter, ...] = ()
    choices: tuple[tuple[float, float], ...] = ()

    @model_validator(mode="after")
    def _has_its_parameters(self) -> "Distribution":
        names = tuple(parameter.name for parameter in self.parameters)
        if self.distribution == "choice":
            if not self.choices or abs(sum(share for _, share in self.choices) - 1) > 1e-9:
                raise ValueError("the shares of choice(VALUE SHARE, ...) add up to 1")
        elif self.distribution not in DISTRIBUTIONS:
            known = ", ".join(sorted([*DISTRIBUTIONS, "choice"]))
            raise ValueError(f"'{self.distribution}' is no distribution; known: {known}")
        elif names != DISTRIBUTIONS[self.distribution]:
            needed = ", ".join(DISTRIBUTIONS[self.distribution])
            raise ValueError(f"{self.distribution}(...) needs {needed}, in this order")
        self._spread_is_positive()
        return self

    def _spread_is_positive(self) -> None:
        for parameter in self.parameters:
            if parameter.name in ("sd", "log_sd", "median") and parameter.value <= 0:
                raise ValueError(f"{parameter} must be above 0")
        if self.distribution == "exponential" and self["mean"] <= 0:
            raise ValueError("the mean of an exponential is above 0")
        if self.distribution == "uniform" and self["low"] >= self["high"]:
            raise ValueError("the lower end of uniform(low, high) comes first")

    def __getitem__(self, name: str) -> float:
        """The value of one parameter."""
        return next(p.value for p in self.parameters if p.name == name)

    def __str__(self) -> str:
        inner = [str(parameter) for parameter in self.parameters]
        inner += [f"{number_text(v)} {number_text(share)}" for v, share in self.choices]
        return f"{self.distribution}({', '.join(inner)})"


def read_share(reader: Reader) -> Share:
    """Read "79 %" or "7 of 64 by week 36".

    >>> read_share(Reader("33 of 64")).fraction
    0.515625
    """
    number = reader.number()
    if reader.take("%"):
        return Share(percent=number, by=_read_by(reader))
    if not reader.sees("of") or number != int(number):
        reader.fail("'%' or 'of' (79 %, 33 of 64)")
    reader.expect("of")
    return Share(count=int(number), of=reader.integer(), by=_read_by(reader))


def read_rate(reader: Reader) -> Rate:
    """Read "251 per 100 years" or "2.5 per year".

    >>> str(read_rate(Reader("8.3 per 100 years")))
    '8.3 per 100 years'
    """
    events = reader.number()
    reader.expect("per")
    if reader.take("year"):
        return Rate(events=events, years=1)
    years = reader.number()
    if not reader.take("years"):
        reader.fail("'years'")
    return Rate(events=events, years=years)


def read_distribution(reader: Reader) -> Distribution | Share:
    """Read a distribution, or a share for a yes-or-no value."""
    if reader.peek().kind == "number":
        return read_share(reader)
    name = reader.word("a distribution or a share")
    reader.expect("(")
    parameters: list[Parameter] = []
    choices: list[tuple[float, float]] = []
    while True:
        if name == "choice":
            choices.append((reader.number(), reader.number()))
        else:
            parameters.append(_read_parameter(reader))
        if not reader.take(","):
            break
    reader.expect(")")
    return Distribution(distribution=name, parameters=tuple(parameters), choices=tuple(choices))


def _read_parameter(reader: Reader) -> Parameter:
    name = reader.word("the name of a parameter")
    return Parameter(name=name, value=reader.number(), unit=read_unit_of_measure(reader))


def _read_by(reader: Reader) -> Point | None:
    return read_point(reader) if reader.take("by") else None


RatePhrase = Annotated[Rate, phrase(read_rate)]
SharePhrase = Annotated[Share, phrase(read_share)]
DistributionPhrase = Annotated[Distribution | Share, phrase(read_distribution)]
