"""Takes records, or published counts, through every planned analysis of a trial."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from wholetrial.analysis.methods import METHODS, references
from wholetrial.analysis.planned.analyze import analyses_of, analyze, methods_used
from wholetrial.analysis.planned.imputed import completed, pooled_statistics
from wholetrial.analysis.planned.plan import rule_for, strata_of, with_estimand
from wholetrial.analysis.planned.several import adjusted
from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import Records
from wholetrial.endpoints.counts import outcomes_of_counts
from wholetrial.endpoints.derive import derive
from wholetrial.endpoints.outcomes import Outcomes
from wholetrial.programme.trials import published_file, trial_file
from wholetrial.protocol.missing import Imputation
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.published import Published, load_published
from wholetrial.protocol.reading import Reading, readings_not_taken, with_reading
from wholetrial.report.contents import PublishedResults


class Analyzed(NamedTuple):
    """The outcomes of every analyzed endpoint, and every statistic of them.

    Statistics of an ambiguous definition are there for each of its readings; outcomes for the one
    taken.
    """

    outcomes: tuple[Outcomes, ...]
    statistics: tuple[Statistic, ...]


def analyze_records(
    protocol: Protocol, records: Records, *, without: Collection[str] = ()
) -> Analyzed:
    """Every planned analysis of a trial's records; a leading axis of replicates stays.

    An endpoint whose definition has several readings is analyzed by the one taken and then by each
    of the others, one at a time. `without` names endpoints that the records cannot speak of.
    """
    outcomes: list[Outcomes] = []
    statistics: list[Statistic] = []
    for name, plan in protocol.analyses.items():
        found: list[Statistic] = []
        for endpoint in (name for name in plan.of if name not in without):
            analyzed = _analyzed(protocol, records, name, endpoint)
            outcomes += analyzed.outcomes
            found += analyzed.statistics
            for reading in readings_not_taken(protocol, endpoint):
                found += _read_as(protocol, records, name, endpoint, reading)
        statistics += [*found, *adjusted(protocol, name, found)]
    return Analyzed(tuple(outcomes), tuple(statistics))


def _analyzed(protocol: Protocol, records: Records, analysis: str, endpoint: str) -> Analyzed:
    derived = _derived(protocol, records, analysis, endpoint)
    ruled = with_estimand(protocol, analysis, endpoint)
    rule = rule_for(ruled, endpoint)
    if isinstance(rule, Imputation):
        found = completed(ruled, records, analysis, endpoint, rule)
        return Analyzed(tuple(derived), tuple(pooled_statistics(found)))
    return Analyzed(tuple(derived), tuple(analyze(ruled, analysis, derived)))


def _derived(protocol: Protocol, records: Records, analysis: str, endpoint: str) -> list[Outcomes]:
    plan = protocol.analyses[analysis]
    ruled = with_estimand(protocol, analysis, endpoint)
    beside = plan.beside.adjust_for if plan.beside else ()
    covariates = dict.fromkeys((*beside, *(one.name for one in plan.adjust_for)))
    return derive(ruled, records, endpoint, plan.set, tuple(covariates), strata_of(protocol, plan))


def _read_as(
    protocol: Protocol, records: Records, analysis: str, endpoint: str, reading: Reading
) -> Iterator[Statistic]:
    """The statistics of an endpoint by another reading of its definition, each marked with it.

    What was done to people (a retreatment on relapse) was done by the reading taken.
    """
    other = with_reading(protocol, reading.path, reading.name)
    for found in _analyzed(other, records, analysis, endpoint).statistics:
        note = "; ".join(part for part in (f"reading: {reading}", found.note) if part)
        yield replace(found, reading=str(reading), note=note)


def analyze_published(protocol: Protocol, published: Published) -> tuple[Statistic, ...]:
    """Every planned analysis of the published counts."""
    return tuple(_published(protocol, published))


def _published(protocol: Protocol, published: Published) -> Iterator[Statistic]:
    found: list[Statistic] = []
    for endpoint, result in published.results.items():
        outcomes = outcomes_of_counts(protocol, endpoint, result)
        for name in analyses_of(protocol, endpoint):
            found += analyze(protocol, name, [outcomes])
    yield from found
    for name in protocol.analyses:
        yield from adjusted(protocol, name, found)


def published_beside(trial: str | Path, protocol: Protocol) -> PublishedResults | None:
    """What is published beside a trial file, taken through its analyses; None where nothing is."""
    found = published_file(trial_file(trial))
    if found is None:
        return None
    published = load_published(found)
    return PublishedResults(published, analyze_published(protocol, published))


def papers_of(statistics: tuple[Statistic, ...]) -> tuple[str, ...]:
    """The references of exactly the methods behind these statistics."""
    return references(name for name in methods_used(list(statistics)) if name in METHODS)
