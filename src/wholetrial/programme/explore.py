"""Explores designs: a grid over amounts of a dose and numbers of participants, without simulation.

Every design has the same people. A rate that designs share is worked out once; given the rates, the
power of each planned comparison is exact, by going through every pair of counts.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from wholetrial.programme.asked import check_numbers, check_scenario
from wholetrial.programme.opening import opening
from wholetrial.programme.outputs import write_whole
from wholetrial.programme.trials import load_checked
from wholetrial.protocol.dose import Dose
from wholetrial.protocol.finding import nearest
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Contents
from wholetrial.simulation.cautions import cautions_of
from wholetrial.simulation.design_rates import Amount, Rate
from wholetrial.simulation.enumerated import Power, power_given, rates_asked, rates_needed
from wholetrial.simulation.planned_questions import Question, planned_questions
from wholetrial.simulation.population import NotSimulatedError
from wholetrial.simulation.simulate import Simulation, prepare

MOST_DESIGNS = 100_000
MOST_PARTICIPANTS = 1_500
_HOW = "once_45.amount=30,45,90 or once_45.amount=10..90 by 20 or n=32,64 or placebo.n=20..60 by 10"
_RANGE = re.compile(r"(?P<first>[\d.]+)\s*\.\.\s*(?P<last>[\d.]+)\s+by\s+(?P<step>[\d.]+)")


class Varied(NamedTuple):
    """What varies between designs: `amount` or `n`, of an arm or (n only) of every arm, ""."""

    arm: str
    what: str
    values: tuple[float, ...]

    @property
    def name(self) -> str:
        return f"{self.arm}.{self.what}" if self.arm else self.what


class Compared(NamedTuple):
    """One comparison in one design: the rates in shares with their errors, and the power."""

    question: Question
    rate: Rate
    control: Rate | None
    power: Power


@dataclass(frozen=True, slots=True)
class Explored:
    """One design: what was chosen, how many participants it has, what each comparison comes to."""

    chosen: Mapping[str, float]
    participants: int
    compared: tuple[Compared, ...]

    @property
    def least(self) -> float:
        """The smallest power among its comparisons: designs are sorted by it."""
        return min(one.power.power for one in self.compared)


@dataclass(frozen=True, slots=True)
class Exploration:
    """Every design of a grid, those with more power first; what to read before; what is left out.

    `left_out` are planned comparisons that only simulated trials can answer, each with the reason.
    """

    opening: Contents
    cautions: tuple[str, ...]
    varied: tuple[Varied, ...]
    designs: tuple[Explored, ...]
    left_out: tuple[Question, ...]


def explore(
    trial: str | Path,
    varied: Sequence[str],
    *,
    seed: int = 1,
    scenario: str | None = None,
    version: str | None = None,
) -> Exploration:
    """Explore the designs of a grid; `varied` are phrases such as "once_45.amount=10..90 by 20".

    Raises ValueError, with what was expected, for a phrase that names no such arm, amount or
    number, and for too many designs; NotSimulatedError, with each reason, where no planned
    comparison can be answered without simulation.

    >>> found = explore("NCT00320216", ["n=8,16"])
    >>> [design.participants for design in found.designs]
    [80, 40]
    """
    checked = load_checked(trial, version=version)
    protocol = checked.protocol
    check_numbers(seed, 1, 1)
    check_scenario(scenario, protocol)
    grid = tuple(read_varied(protocol, text) for text in varied)
    _check_grid(grid)
    simulation = prepare(protocol, seed, scenario, "fixed")
    questions = planned_questions(simulation)
    exact = [one for one in questions if not one.why_simulated]
    if not exact:
        raise NotSimulatedError(_nothing_exact(protocol, questions))
    designs = sorted(
        _designs(simulation, exact, grid), key=lambda one: (-one.least, one.participants)
    )
    return Exploration(
        opening(checked),
        cautions_of(simulation),
        grid,
        tuple(designs),
        tuple(one for one in questions if one.why_simulated),
    )


def read_varied(protocol: Protocol, text: str) -> Varied:
    """Read what varies; numbers one by one, or from one to another by a step.

    Raises ValueError with what was expected.
    """
    name, sign, values = text.partition("=")
    arm, dot, what = name.strip().rpartition(".")
    if not sign or what not in ("amount", "n") or (what == "amount" and not dot):
        raise ValueError(f"what varies is written {_HOW}; got '{text}'")
    if dot and arm not in protocol.arms:
        advice = nearest(arm, protocol.arms) or f"arms are {', '.join(protocol.arms)}"
        raise ValueError(f"no arm '{arm}' in {protocol.trial}; {advice}")
    found = Varied(arm, what, _values(text, values.strip()))
    _check_values(found, text)
    if what == "amount":
        amount_of(protocol, arm)
    return found


def amount_of(protocol: Protocol, arm: str) -> float:
    """The one amount of every dose of an arm.

    Raises ValueError for an arm whose doses have none, or several.
    """
    doses = [one for one in protocol.arms[arm].doses if isinstance(one, Dose)]
    amounts = {one.amount for one in doses}
    plain = len(doses) == len(protocol.arms[arm].doses) and all(
        one.heavier is None and one.most is None for one in doses
    )
    amount = amounts.pop() if len(amounts) == 1 else None
    if not plain or not amount:
        planned = "; ".join(str(one) for one in protocol.arms[arm].doses) or "no doses"
        raise ValueError(f"'{arm}.amount' needs one amount above 0 in every dose; got: {planned}")
    return amount


def _values(text: str, values: str) -> tuple[float, ...]:
    try:
        span = _RANGE.fullmatch(values)
        if span is None:
            return tuple(dict.fromkeys(float(one) for one in values.split(",")))
        first, last, step = (float(span[part]) for part in ("first", "last", "step"))
        if step <= 0 or last < first or (last - first) / step > MOST_DESIGNS:
            raise ValueError
        return tuple(first + step * i for i in range(int((last - first) / step + 1e-9) + 1))
    except ValueError:
        raise ValueError(f"what varies is written {_HOW}; got '{text}'") from None


def _check_values(varied: Varied, text: str) -> None:
    if varied.what == "n":
        whole = all(one.is_integer() and 2 <= one <= MOST_PARTICIPANTS for one in varied.values)
        if not whole:
            raise ValueError(f"n is a whole number from 2 to {MOST_PARTICIPANTS}; got '{text}'")
    elif not all(0 < one <= 1e6 for one in varied.values):
        raise ValueError(f"an amount lies above 0, up to 1,000,000; got '{text}'")


def _check_grid(grid: Sequence[Varied]) -> None:
    names = [one.name for one in grid]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"each may vary once; got {', '.join(twice)} twice")
    if not grid:
        raise ValueError(f"nothing varies: {_HOW}")
    count = prod(len(one.values) for one in grid)
    if count > MOST_DESIGNS:
        raise ValueError(f"at most {MOST_DESIGNS:,} designs at once; got {count:,}")


def _nothing_exact(protocol: Protocol, questions: Sequence[Question]) -> str:
    said = dict.fromkeys(
        f"{one.analysis}, {one.endpoint}: {one.why_simulated}" for one in questions
    )
    reasons = "; ".join(said) or "the file plans no test of efficacy with an alpha"
    return (
        f"a planned comparison of {protocol.trial} that needs no simulated trial: {reasons}. "
        f"Use: wholetrial simulate {protocol.trial}"
    )


def _designs(
    simulation: Simulation, questions: Sequence[Question], grid: Sequence[Varied]
) -> Iterator[Explored]:
    """Every design of the grid; rates and powers that designs share are worked out once."""
    protocol = simulation.protocol
    amounts = {
        one.arm: tuple(value / amount_of(protocol, one.arm) for value in one.values)
        for one in grid
        if one.what == "amount"
    }
    rates = rates_asked(simulation, questions, amounts)
    known: dict[tuple[Any, ...], Compared] = {}
    for values in product(*(one.values for one in grid)):
        chosen = {one.name: value for one, value in zip(grid, values, strict=True)}
        sizes = {
            name: int(chosen.get(f"{name}.n", chosen.get("n", arm.n)))
            for name, arm in protocol.arms.items()
        }
        compared = []
        for question in questions:
            arms = tuple(_amount(protocol, name, chosen) for name in _arms(question))
            key = (question.analysis, question.endpoint, question.at, arms, *_n(question, sizes))
            if key not in known:
                found = [rates[one] for one in rates_needed(question, arms)]
                known[key] = _compared(question, found, _n(question, sizes))
            compared.append(known[key])
        yield Explored(chosen, sum(sizes.values()), tuple(compared))


def _arms(question: Question) -> tuple[str, ...]:
    return (question.arm, question.control) if question.control else (question.arm,)


def _n(question: Question, sizes: Mapping[str, int]) -> tuple[int, int]:
    return sizes[question.arm], sizes[question.control or question.arm]


def _amount(protocol: Protocol, arm: str, chosen: Mapping[str, float]) -> Amount:
    value = chosen.get(f"{arm}.amount")
    return Amount(arm) if value is None else Amount(arm, value / amount_of(protocol, arm))


def _compared(question: Question, rates: Sequence[Rate], sizes: tuple[int, int]) -> Compared:
    power = power_given(question, sizes, (rates[0], rates[-1]))
    return Compared(question, rates[0], rates[1] if len(rates) > 1 else None, power)


def exploration_data(found: Exploration) -> dict[str, Any]:
    """An exploration as data: one row for each design and comparison."""
    return {
        "trial": found.opening.protocol.trial,
        "cautions": list(found.cautions),
        "designs": len(found.designs),
        "left_out": [
            {"analysis": one.analysis, "endpoint": one.endpoint, "arm": one.arm, "why": one.method}
            for one in found.left_out
        ],
        "rows": list(exploration_rows(found)),
    }


def exploration_rows(found: Exploration) -> Iterator[dict[str, Any]]:
    """One row for each design and comparison, in the order of the designs."""
    for number, design in enumerate(found.designs, 1):
        for one in design.compared:
            yield {
                "design": number,
                **design.chosen,
                "participants": design.participants,
                "analysis": one.question.analysis,
                "endpoint": one.question.endpoint,
                "at": one.question.at,
                "arm": one.question.arm,
                "control": one.question.control,
                "rate": one.rate.rate,
                "rate_error": one.rate.error,
                "control_rate": one.control.rate if one.control else None,
                "control_rate_error": one.control.error if one.control else None,
                "power": one.power.power,
                "power_error": one.power.error,
                "method": one.question.method,
            }


def write_exploration(found: Exploration, file: Path) -> None:
    """Write every design and comparison as CSV; whole, or not at all."""
    rows = list(exploration_rows(found))
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_whole({file: text.getvalue()})
