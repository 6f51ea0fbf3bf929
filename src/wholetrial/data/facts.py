"""Baseline facts: what is known of a participant that no instrument of the trial measures."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from wholetrial.data.cells import UNKNOWN, Numbers, outside, read_names, read_numbers
from wholetrial.data.records import Floats
from wholetrial.data.sheet import Sheet, nearest_name, of_table
from wholetrial.protocol.finding import Finding
from wholetrial.protocol.protocol import Protocol

OLDEST = 130
NOT_FACTS = ("participant", "arm", "received", "week_0", "sex")
_SEXES = {"female": 0, "male": 1}


class Facts(NamedTuple):
    """Facts by name, `(P,)`, NaN where missing; with what is wrong."""

    values: Mapping[str, Floats]
    findings: tuple[Finding, ...]


class Expected(NamedTuple):
    """What a fact that the language knows can be."""

    words: str
    low: float
    high: float
    whole: bool = False


def read_facts(sheet: Sheet, protocol: Protocol) -> Facts:
    """Every column of the table of participants that holds a fact.

    Facts that the language knows (age, male, time since a concept began) must be right; any other
    column is kept where all of it is numbers, and named in a warning where it is not.
    """
    values: dict[str, Floats] = {}
    findings: list[Finding] = []
    for name in sheet.frame.columns:
        if name in NOT_FACTS:
            continue
        if name in protocol.schedule.measure:
            findings.append(_measured(sheet, name))
            continue
        expected = _expected(name, protocol)
        fact = _known(sheet, name, expected) if expected else _other(sheet, name)
        findings += fact.findings
        findings += () if expected else _misspelt(sheet, name, protocol)
        if expected or not fact.findings:
            values[name] = fact.value
    if sheet.has("sex"):
        sex = _sex(sheet)
        findings += sex.findings
        values.setdefault("male", sex.value)
    for name in protocol.eligibility.concepts:
        if name in values:
            findings += _longer_than_life(sheet, name, values)
    return Facts(values, tuple(findings))


def _expected(name: str, protocol: Protocol) -> Expected | None:
    if name == "age":
        return Expected(f"an age in years, up to {OLDEST}", 0, OLDEST)
    if name == "male":
        return Expected("1 (male) or 0 (female)", 0, 1, whole=True)
    if name in protocol.eligibility.concepts:
        return Expected("years since the diagnosis", 0, np.inf)
    return None


def _known(sheet: Sheet, name: str, expected: Expected) -> Numbers:
    number = read_numbers(sheet, name, expected.words)
    value = number.value
    wrong = (value < expected.low) | (value > expected.high)
    if expected.whole:
        wrong |= ~np.isnan(value) & (value != np.rint(value))
    return Numbers(value, (*number.findings, *outside(sheet, name, wrong, expected.words)))


def _misspelt(sheet: Sheet, name: str, protocol: Protocol) -> Iterator[Finding]:
    """A warning for a column that is almost one that the language knows."""
    known = (*NOT_FACTS, "age", "male", *protocol.eligibility.concepts)
    meant = nearest_name(name, known, alike=0.8)
    if meant:
        says = f"the column '{name}' is not one that this language knows"
        yield of_table(sheet, name, says, "", f"did you mean '{meant}'?", "warning")


def _longer_than_life(sheet: Sheet, name: str, values: Mapping[str, Floats]) -> Iterator[Finding]:
    age = values.get("age", np.full(values[name].shape, np.nan))
    too_long = values[name] > np.where(np.isnan(age), OLDEST, age)
    says = "more years since the diagnosis than the participant has lived"
    return outside(sheet, name, too_long, says, severity="warning")


def _other(sheet: Sheet, name: str) -> Numbers:
    number = read_numbers(sheet, name)
    if not number.findings:
        return number
    says = f"the column '{name}' is not kept, as it does not hold numbers only"
    first = number.findings[0]
    warning = of_table(sheet, name, says, first.found, severity="warning")
    return Numbers(number.value, (replace(warning, place=first.place),))


def _sex(sheet: Sheet) -> Numbers:
    code, findings = read_names(sheet, "sex", _SEXES, "a sex", empty=UNKNOWN)
    if sheet.has("male"):
        both = of_table(sheet, "sex", "the column male or the column sex", "both", "remove one")
        findings = (*findings, both)
    return Numbers(np.where(code == UNKNOWN, np.nan, code), findings)


def _measured(sheet: Sheet, name: str) -> Finding:
    advice = "write it into observations.csv, with its visit"
    return of_table(sheet, name, "baseline facts", f"'{name}', which is measured at visits", advice)
