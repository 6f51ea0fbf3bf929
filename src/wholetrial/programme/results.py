"""Takes records, or published counts, through every planned analysis of a trial."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from wholetrial.analysis.methods import METHODS, references
from wholetrial.analysis.planned import analyses_of, analyze, methods_used
from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import Records
from wholetrial.endpoints.counts import outcomes_of_counts
from wholetrial.endpoints.derive import derive
from wholetrial.endpoints.outcomes import Outcomes
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import Published


class Analyzed(NamedTuple):
    """The outcomes of every analyzed endpoint, and every statistic of them."""

    outcomes: tuple[Outcomes, ...]
    statistics: tuple[Statistic, ...]


def analyze_records(
    protocol: Protocol, records: Records, *, without: Collection[str] = ()
) -> Analyzed:
    """Every planned analysis of a trial's records; a leading axis of replicates stays.

    `without` names endpoints that the records cannot speak of.
    """
    outcomes: list[Outcomes] = []
    statistics: list[Statistic] = []
    for name, plan in protocol.analyses.items():
        for endpoint in (name for name in plan.of if name not in without):
            for outcome in derive(protocol, records, endpoint, plan.set):
                outcomes.append(outcome)
                statistics += analyze(protocol, name, outcome)
    return Analyzed(tuple(outcomes), tuple(statistics))


def analyze_published(protocol: Protocol, published: Published) -> tuple[Statistic, ...]:
    """Every planned analysis of the published counts."""
    return tuple(_published(protocol, published))


def _published(protocol: Protocol, published: Published) -> Iterator[Statistic]:
    for endpoint, result in published.results.items():
        outcomes = outcomes_of_counts(protocol, endpoint, result)
        for name in analyses_of(protocol, endpoint):
            yield from analyze(protocol, name, outcomes)


def papers_of(statistics: tuple[Statistic, ...]) -> tuple[str, ...]:
    """The references of exactly the methods behind these statistics."""
    return references(name for name in methods_used(list(statistics)) if name in METHODS)
