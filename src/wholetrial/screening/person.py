"""A person who may be screened, and the facts that are known of them.

What is not stated is not known: a person has no diagnosis, drug or value by default.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from wholetrial.screening.days import Days


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement about a person, and where it is from.

    `about` is a concept, a measure, or a condition that a person answers, as the trial file
    spells it: `consents`, `investigator judges "suitable"`. `yes` is False for a denial.

    `start` and `last` are the first and the last day: of a state, a treatment or an occurrence;
    a value has its day as `start`. Neither: at some time up to the screening day. `ended` says
    that it was over after `last`; a treatment that has begun and not ended is still given.
    `may_last` says that a record was closed then, as at the end of a visit: the state may go on.
    `steady` is the day since which it is unchanged.

    `value` is in `unit`; None where it cannot be used, and `unusable` says why. `high` is the
    laboratory's upper limit of normal in the same unit. On a concept, `value` is a number of times.
    """

    about: str
    yes: bool = True
    kind: str | None = None
    value: float | None = None
    unit: str | None = None
    high: float | None = None
    start: Days | None = None
    last: Days | None = None
    ended: bool = False
    may_last: bool = False
    steady: Days | None = None
    source: str = ""
    unusable: str | None = None


class Covered(NamedTuple):
    """A span of days in which a source would have recorded it: there its silence means no.

    `about` is the one thing that it speaks of completely; None for everything, as with the
    observation period of a database.
    """

    first: date
    last: date
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """A person on the day of screening.

    `born` is the interval of possible birthdays. `dates` are days of the trial's events, such as
    the first dose; an event without a day is taken to be on the screening day.
    """

    id: str
    screened: date
    born: Days | None = None
    sex: str | None = None
    facts: tuple[Fact, ...] = ()
    covered: tuple[Covered, ...] = ()
    dates: Mapping[str, date] = field(default_factory=dict)
