"""Thresholds that no value can meet or that every value meets, and units that do not fit."""

from collections.abc import Iterator
from typing import NamedTuple

from wholetrial.protocol.checks.examined import Examined, error, warning
from wholetrial.protocol.checks.walk import every
from wholetrial.protocol.condition import Compare
from wholetrial.protocol.design import InstrumentUse
from wholetrial.protocol.finding import Finding, nearest
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reader import number_text
from wholetrial.protocol.time import UNITS

AGES = (0.0, 120.0)
WEIGHTS = (0.0, 400.0)


class Limits(NamedTuple):
    """The attainable values of a measure, its smallest step and its unit."""

    low: float
    high: float
    step: float | None
    unit: str


def limits_of(protocol: Protocol, measure: str) -> Limits | None:
    """The attainable values of a measure; None where nothing is known of them."""
    from wholetrial.instruments.library import UnknownInstrumentError, instrument

    if measure == "age":
        return Limits(*AGES, None, "years")
    if measure == "weight":
        return Limits(*WEIGHTS, None, "kg")
    used = protocol.instruments.get(measure)
    if used is None:
        return None
    try:
        known = instrument(used.library) if used.library else None
    except UnknownInstrumentError:
        return None
    if known:
        return Limits(known.low, known.high, known.step, known.unit)
    return Limits(used.range.low, used.range.high, None, used.unit or "") if used.range else None


def check_thresholds(trial: Examined) -> Iterator[Finding]:
    """Every instrument and every comparison."""
    for name, used in trial.protocol.instruments.items():
        yield from _instrument(trial, f"instruments.{name}", used)
    for path, compare in every(trial.protocol, Compare):
        limits = limits_of(trial.protocol, compare.value)
        if limits is None:
            continue
        if compare.derived is None:
            yield from _value(trial, path, compare, limits)
        elif compare.derived == "change":
            yield from _change(trial, path, compare, limits)
        else:
            yield from _percentage(trial, path, compare)


def _instrument(trial: Examined, path: str, used: InstrumentUse) -> Iterator[Finding]:
    from wholetrial.instruments.library import UnknownInstrumentError, instrument

    if used.range and used.range.low >= used.range.high:
        yield error(trial, f"{path}.range", "a range whose lower end comes first", str(used.range))
    if used.library is None:
        return
    try:
        known = instrument(used.library)
    except UnknownInstrumentError as problem:
        advice = str(problem).partition("; ")[2]
        yield error(trial, path, "an instrument of the library", f"'{used.library}'", advice)
        return
    stated = {"range": used.range, "unit": used.unit}
    for field, value in stated.items():
        if value is not None:
            own = f"{number_text(known.low)} to {number_text(known.high)}"
            own = own if field == "range" else known.unit or "none"
            expected = f"no {field}: the library's {known.short_name} has its own ({own})"
            yield error(trial, f"{path}.{field}", expected, str(value), "remove it")


def _value(trial: Examined, path: str, compare: Compare, limits: Limits) -> Iterator[Finding]:
    yield from _unit(trial, path, compare, limits.unit)
    unit = f" {limits.unit}" if limits.unit else ""
    reach = f"{number_text(limits.low)} to {number_text(limits.high)}{unit}"
    ends = [end for end in (compare.threshold, compare.upper) if end is not None]
    outside = [end for end in ends if not limits.low <= end <= limits.high]
    expected = f"a threshold within {compare.value}'s range, {reach}"
    if outside:
        yield error(trial, path, expected, f"'{compare}'", word=number_text(outside[0]))
        return
    if never(compare, limits):
        advice = "no value meets it"
        yield error(trial, path, f"a value that {compare.value} can have, {reach}",
                    f"'{compare}'", advice, word=compare.value)  # fmt: skip
    elif _always(compare, limits):
        says = f"'{compare}' holds for everybody: {compare.value} lies between {reach}"
        yield warning(trial, path, says.replace(" to ", " and ", 1), word=compare.value)
    elif limits.step and any(_off_step(end - limits.low, limits.step) for end in ends):
        says = f"'{compare}': {compare.value} comes in steps of {number_text(limits.step)}"
        yield warning(trial, path, says, word=compare.value)


def never(compare: Compare, limits: Limits) -> bool:
    """Whether no attainable value meets a comparison."""
    if compare.compare == ">":
        return compare.threshold >= limits.high
    if compare.compare == "<":
        return compare.threshold <= limits.low
    return False


def _always(compare: Compare, limits: Limits) -> bool:
    match compare.compare:
        case ">=":
            return compare.threshold <= limits.low
        case "<=":
            return compare.threshold >= limits.high
        case "in":
            upper = compare.upper if compare.upper is not None else limits.high
            return compare.threshold <= limits.low and upper >= limits.high
        case _:
            return False


def _off_step(above_low: float, step: float) -> bool:
    return abs(above_low / step - round(above_low / step)) > 1e-6


def _change(trial: Examined, path: str, compare: Compare, limits: Limits) -> Iterator[Finding]:
    yield from _unit(trial, path, compare, limits.unit)
    widest = limits.high - limits.low
    if any(abs(end) > widest for end in (compare.threshold, compare.upper or 0)):
        expected = f"a change that {compare.value} can make, at most {number_text(widest)}"
        yield error(trial, path, expected, f"'{compare}'", word=compare.value)


def _percentage(trial: Examined, path: str, compare: Compare) -> Iterator[Finding]:
    shown = f"'{compare}'"
    if compare.unit != "%":
        expected = f"a percentage: {compare.derived} is counted in %"
        advice = f"write {number_text(compare.threshold)} %; for points use 'change'"
        yield error(trial, path, expected, shown, advice, word=compare.value)
        return
    if compare.derived == "improvement" and _beyond_all(compare):
        expected = "an improvement of at most 100 %"
        yield error(trial, path, expected, shown, word=number_text(compare.threshold))
    elif 0 < abs(compare.threshold) < 1:
        meant = number_text(compare.threshold * 100)
        says = f"{shown} is less than one percent"
        yield warning(trial, path, says, f"did you mean {meant} %?", word=compare.value)
    elif compare.threshold < 0 and compare.derived == "improvement":
        says = f"{shown} allows worsening: an improvement is positive when people are better"
        yield warning(trial, path, says, word=compare.value)


def _beyond_all(compare: Compare) -> bool:
    highest = compare.upper if compare.upper is not None else compare.threshold
    return highest > 100 or (compare.compare == ">" and compare.threshold >= 100)


def _unit(trial: Examined, path: str, compare: Compare, unit: str) -> Iterator[Finding]:
    found = compare.unit
    if compare.value == "age":
        if found is None:
            yield warning(trial, path, f"'{compare}' has no unit", "write years", word="age")
        elif found not in UNITS:
            near = nearest(found, UNITS) or "write years"
            yield error(trial, path, "an age in years", f"'{found}'", near, word=found)
    elif found is None and unit:
        says = f"'{compare}' has no unit: {compare.value} is measured in {unit}"
        yield warning(trial, path, says, f"write {unit}", word=compare.value)
    elif found is not None and found != unit:
        expected = f"{compare.value} in {unit}" if unit else f"no unit: {compare.value} has none"
        yield error(trial, path, expected, f"'{found}'", word=found)
