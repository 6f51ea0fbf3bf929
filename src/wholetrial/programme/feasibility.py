"""Counts the people of a database whom a trial could ask."""

from datetime import date
from pathlib import Path
from typing import Any

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Duration
from wholetrial.screening.omop.count import CriterionCount, Feasibility, count_people
from wholetrial.screening.omop.database import opened
from wholetrial.screening.omop.database import shown as address_shown
from wholetrial.screening.omop.suppressed import beside, parts_shown, shown, steps_shown
from wholetrial.screening.read_people import codes_for


def feasibility(
    protocol: Protocol,
    database: str,
    on: date,
    *,
    schema: str | None = None,
    codes: Path | None = None,
    lookback: Duration | None = None,
) -> Feasibility:
    """Count people in an OMOP database, a DuckDB file or `postgresql://...`, as of a day.

    Raises DatabaseError where it cannot be used, InvalidDataError where the file of codes cannot.
    """
    lists = codes_for(protocol, codes)
    with opened(database, schema) as found:
        return count_people(found, protocol, lists, on, lookback=lookback)


def heading(
    protocol: Protocol, database: str, on: date, lookback: Duration | None
) -> dict[str, str]:
    """What was counted: the trial, the database without its password, the day, the lookback."""
    return {
        "trial": protocol.trial,
        "database": address_shown(database),
        "as of": str(on),
        "'ever' looks back": str(lookback) if lookback else "",
    }


def table(found: Feasibility, least: int) -> dict[str, Any]:
    """The counts as they may be shown: none from 1 to below the least, nor one that tells of it."""
    parts = parts_shown((found.certain, found.possible, found.excluded), least)
    people = (shown(found.people, least), *parts)
    decided = [one for one in found.criteria if not one.asked]
    perhaps = steps_shown(
        [one.perhaps for one in decided], least, found.people, found.certain + found.possible
    )
    surely = steps_shown([one.surely for one in decided], least, found.people, found.certain)
    return {
        "people": dict(zip(("people", "certain", "possible", "excluded"), people, strict=True)),
        "criteria": [
            _row(one, found, least, left)
            for one, left in zip(decided, zip(surely, perhaps, strict=True), strict=True)
        ],
        "for the visit": [one.name for one in found.criteria if one.asked],
        "not known": {
            phrase: parts_shown((count, found.certain + found.possible - count), least)[0]
            for phrase, count in sorted(found.unknown.items(), key=lambda item: -item[1])
            if count
        },
        "notes": list(found.notes),
    }


def _row(
    one: CriterionCount, found: Feasibility, least: int, left: tuple[str, str]
) -> dict[str, str]:
    surely, perhaps = left
    allows = found.people - one.blocks - one.unknown
    blocks, unknown, _ = parts_shown((one.blocks, one.unknown, allows), least)
    larger = one.perhaps if perhaps != "hidden" else found.certain + found.possible
    return {
        "criterion": one.name,
        "text": one.text,
        "keeps out": beside(blocks, one.blocks, found.excluded, least),
        "alone": beside(shown(one.price, least), one.price, one.blocks, least),
        "not known": unknown,
        "left surely": beside(surely, one.surely, larger, least),
        "left perhaps": perhaps,
    }
