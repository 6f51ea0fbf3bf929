"""Published rates that a fit is made of or held against, one row of a table for each.

The columns: `doses` as day:mg (45/90 is 45 mg up to 100 kg and 90 mg above), `people` (usual, or
Japan: lighter, with more lesion), `week`, `statistic` (PASI 50, 75, 90 or 100, sPGA 0/1, not
relapsed), `given` (the response that people are selected for, with its week), `relapse` (sPGA 3:
an sPGA of 3 or more; PASI 50: a PASI above half of baseline; seen every 4 weeks after the week of
`given`), `again` (doses from the visit of relapse on; the statistic is taken 24 weeks later),
`missing` (share that counts as without response), `value`, `n`, `standard_error` (by default that
of n), `fitted` (yes or no), `evidence` (seen, or memory: not verified, never a sign of agreement),
`source`, `note`.
"""

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from math import sqrt
from pathlib import Path
from typing import NamedTuple

STATISTICS = ("PASI 50", "PASI 75", "PASI 90", "PASI 100", "sPGA 0/1", "not relapsed")
RELAPSES = ("", "sPGA 3", "PASI 50")
PEOPLE = ("usual", "Japan")
EVIDENCE = ("seen", "memory")
FEWEST_FAILURES = 0.5
HEAVY_ABOVE_KG = 100.0

Given = tuple[tuple[float, float, float], ...]
"""Doses: day, mg up to 100 kg, mg above."""


class PublishedRate(NamedTuple):
    """One published share of participants, and what was given to whom."""

    id: str
    study: str
    drug: str
    doses: Given
    people: str
    week: int
    statistic: str
    given: tuple[str, int] | None
    relapse: str
    again: Given
    missing: float
    value: float
    n: int | None
    standard_error: float
    fitted: bool
    evidence: str
    source: str
    note: str


@cache
def shipped_rates() -> tuple[PublishedRate, ...]:
    """The table that ships.

    >>> sum(rate.fitted for rate in shipped_rates())
    31
    """
    text = files("wholetrial.simulation.fitting").joinpath("published-rates.csv").read_text("utf-8")
    return _rates(text.splitlines(), "published-rates.csv")


def read_rates(path: Path) -> tuple[PublishedRate, ...]:
    """The rates of a file.

    Raises ValueError, with the line, for what is not a table of rates.
    """
    with path.open(encoding="utf-8", newline="") as file:
        return _rates(file, path.name)


def _rates(lines: Iterable[str], name: str) -> tuple[PublishedRate, ...]:
    table = csv.DictReader(lines)
    wanted = [*PublishedRate._fields]
    if table.fieldnames is None or set(wanted) - set(table.fieldnames):
        missing = ", ".join(sorted(set(wanted) - set(table.fieldnames or ())))
        raise ValueError(f"{name}: the first line must name the columns; missing are {missing}")
    rates = []
    for row in table:
        try:
            rates.append(_rate(row))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{name}, line {table.line_num}: {error}") from error
    return tuple(rates)


def _rate(row: Mapping[str, str]) -> PublishedRate:
    value = _share(row["value"], "value")
    n = int(row["n"]) if row["n"] else None
    return PublishedRate(
        id=row["id"],
        study=row["study"],
        drug=row["drug"],
        doses=_doses(row["doses"]),
        people=_one_of(row["people"], PEOPLE, "people"),
        week=int(row["week"]),
        statistic=_one_of(row["statistic"], STATISTICS, "statistic"),
        given=_given(row["given"]),
        relapse=_one_of(row["relapse"], RELAPSES, "relapse"),
        again=_doses(row["again"]),
        missing=_share(row["missing"] or "0", "missing"),
        value=value,
        n=n,
        standard_error=_standard_error(row["standard_error"], value, n),
        fitted=_one_of(row["fitted"], ("yes", "no"), "fitted") == "yes",
        evidence=_one_of(row["evidence"], EVIDENCE, "evidence"),
        source=row["source"],
        note=row["note"],
    )


def _share(text: str, name: str) -> float:
    value = float(text)
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} is a share from 0 to 1; got {text}")
    return value


def _one_of(text: str, known: tuple[str, ...], name: str) -> str:
    if text not in known:
        raise ValueError(f"{name} is one of {', '.join(map(repr, known))}; got {text!r}")
    return text


def _doses(text: str) -> Given:
    return tuple(_dose(one) for one in text.split())


def _dose(text: str) -> tuple[float, float, float]:
    day, _, amount = text.partition(":")
    light, _, heavy = amount.partition("/")
    try:
        return float(day), float(light), float(heavy or light)
    except ValueError:
        raise ValueError(f"a dose is day:mg, such as 14:80; got {text!r}") from None


def _given(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    statistic, _, week = text.partition(" at week ")
    if not week.isdecimal():
        raise ValueError(f"given is a response with its week (sPGA 0/1 at week 12); got {text!r}")
    return _one_of(statistic, STATISTICS[:-1], "given"), int(week)


def _standard_error(text: str, value: float, n: int | None) -> float:
    if text:
        if not float(text) > 0.0:
            raise ValueError(f"standard_error lies above 0; got {text}")
        return float(text)
    if n is None:
        raise ValueError("a rate needs its n or its standard_error")
    inside = min(max(value, FEWEST_FAILURES / n), 1.0 - FEWEST_FAILURES / n)
    return sqrt(inside * (1.0 - inside) / n)
