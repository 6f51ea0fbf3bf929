"""A value as it was measured, in the protocol's unit; or why it cannot be used."""

from dataclasses import replace
from math import isfinite

from wholetrial.instruments.instrument import validate_values
from wholetrial.instruments.library import instrument
from wholetrial.protocol.protocol import Protocol
from wholetrial.screening.person import Fact
from wholetrial.screening.units import UnitError, converted

WEIGHTS = (0.0, 400.0)
"""Body weights in kg, the heaviest somewhat below the heaviest person ever reported."""


def measures(protocol: Protocol) -> tuple[str, ...]:
    """What can have a value: instruments, laboratory values and body weight."""
    named = (name for name, used in protocol.instruments.items() if used.sample is None)
    return (*named, "weight")


def in_protocol_unit(fact: Fact, protocol: Protocol) -> Fact:
    """The same fact with its value in the unit of the protocol, unusable where that cannot be.

    A value of the library's instruments needs no unit. A value outside the instrument's range, or
    between its steps, is a mistake somewhere, so nothing is decided by it.
    """
    if fact.value is None or not isfinite(fact.value):
        return replace(fact, value=None, unusable=fact.unusable or "no number is given")
    library, needed = _library_and_unit(fact.about, protocol)
    if library and not fact.unit:
        return _within_range(replace(fact, unit=needed or None), protocol)
    try:
        value = converted(fact.value, fact.unit, needed)
        high = None if fact.high is None else converted(fact.high, fact.unit, needed)
    except UnitError as problem:
        return replace(fact, value=None, unusable=f"{fact.value:g}: {problem}")
    return _within_range(replace(fact, value=value, high=high, unit=needed or None), protocol)


def _library_and_unit(measure: str, protocol: Protocol) -> tuple[bool, str]:
    if measure == "weight":
        return False, "kg"
    used = protocol.instruments[measure]
    if used.library is None:
        return False, used.unit or ""
    return True, instrument(used.library).unit


def _within_range(fact: Fact, protocol: Protocol) -> Fact:
    why = _wrong(fact.value or 0.0, fact.about, protocol)
    return replace(fact, value=None, unusable=why) if why else fact


def _wrong(value: float, measure: str, protocol: Protocol) -> str | None:
    """What is wrong with a value, in words."""
    used = protocol.instruments.get(measure)
    if used is not None and used.library is not None:
        found = validate_values(instrument(used.library), [value])
        return found[0].message if found else None
    low, high = WEIGHTS if used is None else (0.0, float("inf"))
    if used is not None and used.range is not None:
        low, high = used.range.low, used.range.high
    if low <= value <= high:
        return None
    return f"{measure} lies between {low:g} and {high:g}; got {value:g}"
