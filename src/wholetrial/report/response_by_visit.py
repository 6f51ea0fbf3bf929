"""Response at every visit: the shares that meet each term of the file, with exact intervals.

Each term becomes an endpoint of its own at all its visits, so that what stands for missing values
and what counts as no response is what the trial file says.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from wholetrial.analysis.responders.proportions import clopper_pearson
from wholetrial.conditions.evaluate import measures_of, visits_measured
from wholetrial.endpoints.derive import derive, one_time_each
from wholetrial.endpoints.handling import NotDerivedError
from wholetrial.endpoints.outcomes import Outcomes
from wholetrial.protocol.condition import Compare, Condition, Named, atoms
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Point, When
from wholetrial.protocol.timeline import Visit, day_of
from wholetrial.report.contents import Contents
from wholetrial.report.trials_shown import ShownTrial

_AT_ONCE = 4
"""Terms of the same measures that one picture can hold."""


class SharePoint(NamedTuple):
    """A share of participants at a day, with its interval."""

    day: int
    label: str
    met: int
    n: int
    share: float
    low: float
    high: float


class Beyond(NamedTuple):
    """What stands beside a curve at one day: the range of many trials, what was published."""

    day: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    published: float | None = None


class Curve(NamedTuple):
    """One arm's share that meets one term, by visit."""

    term: str
    arm: str
    points: tuple[SharePoint, ...]
    beside: tuple[Beyond, ...]


class ResponseByVisit(NamedTuple):
    """The curves of the terms of one or several measures, or why there are none."""

    kind: str
    title: str
    caution: str
    measures: tuple[str, ...]
    terms: tuple[str, ...]
    described: tuple[tuple[str, str], ...]
    analysis_set: str
    missing: str
    for_some: tuple[str, ...]
    arms: tuple[str, ...]
    with_control: bool
    curves: tuple[Curve, ...]
    not_derived: str

    @property
    def with_forecast(self) -> bool:
        """Whether what many trials say stands beside a curve."""
        return any(mark.mean is not None for curve in self.curves for mark in curve.beside)

    @property
    def with_published(self) -> bool:
        """Whether a published share stands beside a curve."""
        return any(mark.published is not None for curve in self.curves for mark in curve.beside)


def response_by_visit(contents: Contents, trial: ShownTrial) -> Iterator[ResponseByVisit]:
    """The shares of one trial by visit, for each group of terms of the same measures."""
    protocol = contents.protocol
    analysis_set = response_set(protocol)
    for measures, terms in _terms_by_measures(protocol).items():
        shown = terms[:_AT_ONCE]
        found: list[Curve] = []
        not_derived = ""
        try:
            for term in shown:
                found += _curves(contents, trial, term, analysis_set)
        except NotDerivedError as reason:
            found, not_derived = [], str(reason)
        if found or not_derived:
            yield ResponseByVisit(
                kind=trial.kind,
                title=trial.title,
                caution=trial.caution,
                measures=measures,
                terms=tuple(shown),
                described=tuple((term, str(protocol.terms[term])) for term in shown),
                analysis_set=analysis_set,
                missing=str(protocol.missing.response or ""),
                for_some=tuple(for_some(protocol, shown[0])),
                arms=trial.records.arms,
                with_control=0 < len(protocol.arms_named("control")) < len(protocol.arms),
                curves=tuple(found),
                not_derived=not_derived,
            )


def terms_by_visit(protocol: Protocol) -> tuple[str, ...]:
    """The terms that can be looked at visit by visit: measured values, no loss, no time inside."""
    return tuple(name for name, term in protocol.terms.items() if _is_by_visit(protocol, term))


def _is_by_visit(protocol: Protocol, condition: Condition) -> bool:
    parts = list(atoms(condition))
    plain = all(
        isinstance(part, Compare | Named)
        and part.when is None
        and not (isinstance(part, Compare) and (part.derived == "loss" or part.since))
        for part in parts
    )
    named = [protocol.terms[part.term] for part in parts if isinstance(part, Named)]
    return (
        plain
        and bool(visits_measured(condition, protocol))
        and all(_is_by_visit(protocol, term) for term in named)
    )


def _terms_by_measures(protocol: Protocol) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    watched = {str(end.time_to) for _, end in protocol.endpoints.named().values() if end.time_to}
    for term in terms_by_visit(protocol):
        if term not in watched:
            found.setdefault(measures_of(protocol.terms[term], protocol), []).append(term)
    return found


def for_some(protocol: Protocol, term: str) -> Iterator[str]:
    """The visits that only some people come to."""
    for visit in visits_measured(protocol.terms[term], protocol):
        if visit.only_if is not None:
            yield visit.label


def response_set(protocol: Protocol) -> str:
    """The analysis set of the first analysis of a response; else the first set of all."""
    for name, (_, endpoint) in protocol.endpoints.named().items():
        for plan in protocol.analyses.values():
            if endpoint.kind == "response" and name in plan.of:
                return plan.set
    return next(iter(protocol.analysis_sets))


def _curves(contents: Contents, trial: ShownTrial, term: str, analysis_set: str) -> Iterator[Curve]:
    protocol = contents.protocol
    planned = {
        visit.day: visit
        for visit in visits_measured(protocol.terms[term], protocol)
        if visit.day > 0 and visit in trial.records.visits
    }
    if not planned:
        return
    outcomes = outcomes_at_visits(protocol, trial, term, tuple(planned.values()), analysis_set)
    beside = list(_beside(contents, trial, term))
    for arm in trial.records.arms:
        yield Curve(
            term=term,
            arm=arm,
            points=tuple(
                _point(found, arm, planned[round(found.variable.day)]) for found in outcomes
            ),
            beside=tuple(mark for name, mark in beside if name == arm),
        )


def outcomes_at_visits(
    protocol: Protocol,
    trial: ShownTrial,
    term: str,
    planned: tuple[Visit, ...],
    analysis_set: str,
) -> list[Outcomes]:
    """Whether each participant meets a term at these visits, by the file's own rules."""
    points = tuple(Point(number=visit.day, unit="day") for visit in planned)
    at_visits = Named(term=term, when=When(how="at", points=points))
    endpoint = Endpoint(text=term, response=(at_visits,))
    by_visit = protocol.endpoints.model_copy(
        update={"primary": {"by_visit": endpoint}, "secondary": {}, "exploratory": {}, "safety": {}}
    )
    with_endpoint = protocol.model_copy(update={"endpoints": by_visit})
    return derive(with_endpoint, trial.records, "by_visit", analysis_set)


def _point(outcomes: Outcomes, arm: str, visit: Visit) -> SharePoint:
    value = outcomes.variable.value
    known = outcomes.of_group(arm) & ~np.isnan(value)
    n, count = int(known.sum()), int((known & (value == 1)).sum())
    found = clopper_pearson(count, n)
    return SharePoint(
        visit.day, visit.label, count, n, float(found.value), float(found.low), float(found.high)
    )


def _beside(contents: Contents, trial: ShownTrial, term: str) -> Iterator[tuple[str, Beyond]]:
    """What was published and what many trials say of this term, by arm and day."""
    for endpoint, at, day in endpoints_of_term(contents.protocol, term):
        if contents.published is not None:
            for one in contents.published.statistics:
                if (one.endpoint, one.name) == (endpoint, "proportion"):
                    yield one.arm, Beyond(day, published=float(one.value))
        if trial.kind == "simulated" and contents.simulated and contents.simulated.replicates > 1:
            for found in contents.simulated.forecasts:
                one = found.statistic
                told = (one.endpoint, one.at, one.reading, one.name)
                if told == (endpoint, at, "", "proportion"):
                    yield one.arm, Beyond(day, mean=found.mean, low=found.low, high=found.high)


def endpoints_of_term(protocol: Protocol, term: str) -> Iterator[tuple[str, str, int]]:
    """The endpoints that are this term at a time, among everybody: name, time, day."""
    for name, (_, endpoint) in protocol.endpoints.named().items():
        for condition in endpoint.response if endpoint.among is None else ():
            try:
                timed = list(one_time_each(condition))
            except NotDerivedError:
                continue
            for part, point in timed:
                if point is not None and isinstance(part, Named) and part.term == term:
                    label = str(part) if len(endpoint.response) > 1 else str(point)
                    yield name, label, day_of(protocol, point)
