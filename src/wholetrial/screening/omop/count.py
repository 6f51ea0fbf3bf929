"""Counts people in a database of the OMOP model: certain, possible, excluded, and by criterion."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any, NamedTuple

from wholetrial.protocol.eligibility import Codes
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Duration
from wholetrial.screening.evaluate import decisive
from wholetrial.screening.omop.codes import roots_of
from wholetrial.screening.omop.database import CLINICAL, Database
from wholetrial.screening.omop.units import units_of
from wholetrial.screening.omop.views import Seen, silence_means_no, views
from wholetrial.screening.plan.criteria import plan
from wholetrial.screening.plan.expression import Column, Expression
from wholetrial.screening.plan.in_sql import parts_in_sql, quoted
from wholetrial.screening.plan.plan import Plan


class CriterionCount(NamedTuple):
    """One criterion among all people of a database.

    `asked` says that no database can decide it. `surely` and `perhaps` count whom this and all
    before it allow, or do not block; `price` is how many more would be possible without it.
    """

    name: str
    kind: str
    text: str
    asked: bool
    blocks: int
    unknown: int
    surely: int
    perhaps: int
    price: int


@dataclass(frozen=True, slots=True)
class Feasibility:
    """How many people a database has for a trial, as far as a database can know.

    Of all `people`, `certain` meet every criterion that the database can decide, `possible` are not
    excluded by any and unknown in one or more, `excluded` miss one. `unknown` counts, by atom, the
    people not excluded of whom it is not known.
    """

    people: int
    certain: int
    possible: int
    excluded: int
    criteria: tuple[CriterionCount, ...]
    unknown: Mapping[str, int]
    notes: tuple[str, ...]
    query: str


def count_people(
    database: Database,
    protocol: Protocol,
    codes: Mapping[str, Codes],
    on: date,
    *,
    lookback: Duration | None = None,
) -> Feasibility:
    """Count the people of a database as of a day."""
    roots = roots_of(codes, database)
    units = units_of(database, protocol, roots.concepts)
    seen = Seen(protocol, roots.concepts, units.lines, on)
    planned = plan(protocol, lookback=lookback, known=roots.concepts, with_atoms=True)
    renamed = {f"atom {number}": one for number, one in enumerate(planned.truths.values())}
    numbered = Plan(planned.events, planned.steps, planned.criteria, renamed)
    definitions, rows = parts_in_sql(numbered, database.dialect, views(database, seen))
    decided = [name for name, one in planned.criteria.items() if _depends(one)]
    counts = _counts(planned.criteria, decided, renamed)
    chosen = ",\n  ".join(f"COUNT(*) FILTER (WHERE {where})" for where in counts.values())
    query = f"WITH {definitions},\nverdicts AS ({rows})\nSELECT {chosen}\nFROM verdicts"
    found = dict(zip(counts, map(int, database.rows(query)[0]), strict=True))
    return Feasibility(
        people=found["people"],
        certain=found["certain"],
        possible=found["people"] - found["certain"] - found["excluded"],
        excluded=found["excluded"],
        criteria=tuple(_criteria(protocol, decided, found)),
        unknown={phrase: found[name] for phrase, name in zip(planned.truths, renamed, strict=True)},
        notes=(*_notes(database, protocol, roots.concepts), *roots.notes, *units.notes),
        query=query,
    )


def _depends(expression: Any) -> bool:
    """Whether an expression reads any column at all."""
    if isinstance(expression, Column):
        return True
    if isinstance(expression, tuple):
        return any(_depends(part) for part in expression)
    if not is_dataclass(expression) or not isinstance(expression, Expression):
        return False
    return any(_depends(getattr(expression, one.name)) for one in fields(expression))


def _counts(
    criteria: Mapping[str, Expression], decided: list[str], atoms: Mapping[str, Expression]
) -> dict[str, str]:
    """What is counted, each as a condition on the row of a person."""
    allowed = {name: f"{quoted(name)} IS TRUE" for name in decided}
    open_ = {name: f"{quoted(name)} IS NOT FALSE" for name in decided}
    none_blocks = _all(open_.values())
    counts = {
        "people": "TRUE",
        "certain": _all(allowed.values()),
        "excluded": f"NOT ({none_blocks})",
    }
    for place, name in enumerate(decided):
        before, others = decided[: place + 1], [one for one in decided if one != name]
        counts[f"{name} blocks"] = f"{quoted(name)} IS FALSE"
        counts[f"{name} unknown"] = f"{quoted(name)} IS NULL"
        counts[f"{name} surely"] = _all(allowed[one] for one in before)
        counts[f"{name} perhaps"] = _all(open_[one] for one in before)
        counts[f"{name} price"] = _all([f"{quoted(name)} IS FALSE", *(open_[o] for o in others)])
    for name in atoms:
        counts[name] = f"{quoted(name)} IS NULL AND {none_blocks}"
    return counts


def _all(conditions: Any) -> str:
    return " AND ".join(conditions) or "TRUE"


def _criteria(
    protocol: Protocol, decided: list[str], found: Mapping[str, int]
) -> Iterator[CriterionCount]:
    surely = perhaps = found["people"]
    for name, kind, criterion in decisive(protocol):
        if name not in decided:
            unknown = found["people"]
            yield CriterionCount(name, kind, criterion.text, True, 0, unknown, surely, perhaps, 0)
            continue
        surely, perhaps = found[f"{name} surely"], found[f"{name} perhaps"]
        blocks, unknown = found[f"{name} blocks"], found[f"{name} unknown"]
        price = found[f"{name} price"]
        yield CriterionCount(
            name, kind, criterion.text, False, blocks, unknown, surely, perhaps, price
        )


def _notes(
    database: Database, protocol: Protocol, known: Mapping[str, tuple[int, ...]]
) -> Iterator[str]:
    """What keeps the counts from saying more."""
    missing = [name for name in CLINICAL if not database.has(name)]
    if missing:
        yield f"no table {', '.join(missing)}: what is not recorded is not known, never no"
    elif not silence_means_no(database):
        yield "no table observation_period: what is not recorded is not known, never no"
    if not database.has("concept_ancestor"):
        yield "no table concept_ancestor: only the codes themselves are counted, none beneath them"
    without = [name for name in _names(protocol) if name not in known]
    if without:
        yield f"no codes in the trial file or --codes, so unknown: {', '.join(without)}"
    unseen = protocol.eligibility.unseen
    if unseen is not None and (unseen.include != 0 or unseen.exclude != 0):
        yield "the source hides criteria: whoever is counted as certain may still not be eligible"


def _names(protocol: Protocol) -> Iterator[str]:
    """The concepts and measures that criteria speak of, each once."""
    planned = plan(protocol)
    names = dict.fromkeys(step.about for step in planned.steps)
    known = {*protocol.eligibility.concepts, *protocol.instruments, "weight", "pregnant"}
    yield from (name for name in names if name in known or name == "breastfeeding")
