"""One person, looked at by one protocol: index days, and when silence means no."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Duration
from wholetrial.screening.days import FIRST, LAST, before
from wholetrial.screening.person import Fact, Person

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Case:
    """A protocol, a person, and how silence is read.

    `lookback` is how far back "ever" looks in a source that covers some years only; `absence` is
    what the criterion says that silence means.
    """

    protocol: Protocol
    person: Person
    lookback: Duration | None = None
    absence: Literal["no", "unknown"] = "no"

    def day_of(self, event: str | None) -> date:
        """The index day: that of the event, or of the anchor; the screening day if not known."""
        named = event or self.protocol.eligibility.anchor
        return self.person.dates.get(named, self.person.screened)

    def lay(self, concept: str) -> str:
        """A concept in lay words."""
        known = self.protocol.eligibility.concepts.get(concept)
        return known.lay if known else concept.replace("_", " ")


def denial(case: Case, about: str, first: date, end: date) -> Fact | None:
    """A statement that denies something for all days from the first to the end."""
    for fact in case.person.facts:
        if fact.about != about or fact.yes:
            continue
        reaches = fact.last.earliest if fact.last else case.person.screened
        begins = fact.start.latest if fact.start else FIRST
        if begins <= first and reaches >= end:
            return fact
    return None


def covered(case: Case, about: str, first: date, end: date) -> bool:
    """Whether a source would have recorded it on all days from the first to the end.

    The first day is FIRST for "ever": then the source covers the life, or the lookback.
    """
    if first == FIRST and case.lookback is not None:
        first = before(end, case.lookback) + ONE_DAY
    if case.person.born is not None:
        first = max(first, case.person.born.earliest)
    return any(
        span.first <= first
        and end <= span.last
        and (span.about == about or (span.about is None and case.absence == "no"))
        for span in case.person.covered
    )


def earliest_start(fact: Fact) -> date:
    """The first day on which it can have begun."""
    return fact.start.earliest if fact.start else FIRST


def latest_start(fact: Fact, person: Person) -> date:
    """The last day on which it can have begun."""
    if fact.start:
        return fact.start.latest
    return min(fact.last.latest, person.screened) if fact.last else person.screened


def last_days(fact: Fact, person: Person) -> tuple[date, date]:
    """The first and the last day on which it can have ended; open where it goes on."""
    if fact.last:
        return fact.last
    if fact.ended:
        return earliest_start(fact), person.screened
    return (LAST if fact.start else FIRST), LAST


def undated(fact: Fact) -> bool:
    """Whether nothing is known of when."""
    return fact.start is None and fact.last is None and not fact.ended
