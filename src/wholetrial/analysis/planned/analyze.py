"""Runs the analyses that a trial file plans, on outcomes from wherever they come.

Test, analysis set, direction and level are fields of the file. A method that is not built yet
stands in the results as such; nothing is put in its place.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from wholetrial.analysis.methods import METHODS
from wholetrial.analysis.planned import changes, rates, repeated, shares, times
from wholetrial.analysis.planned.plan import Plan, not_computed
from wholetrial.analysis.statistic import Statistic
from wholetrial.endpoints.outcomes import Outcomes
from wholetrial.protocol.protocol import Protocol

SUMMARIES: Mapping[str, Callable[[Plan], Iterator[Statistic]]] = {
    "proportion": shares.shares,
    "risk_difference": shares.compared_shares,
    "risk_ratio": shares.compared_shares,
    "odds_ratio": shares.compared_shares,
    "mean_change": changes.mean_changes,
    "mean": changes.mean_changes,
    "mean_difference": changes.mean_differences,
    "kaplan_meier": times.kaplan_meier,
    "turnbull": times.turnbull,
    "median_time": times.median_times,
    "cumulative_incidence": times.cumulative_incidences,
    "hazard_ratio": times.hazard_ratios,
    "rmst_difference": times.restricted_means,
    "survival_difference": times.survival_differences,
    "rate": rates.rates,
    "rate_difference": rates.rates,
    "rate_ratio": rates.rates,
}
"""What each summary of an estimand is estimated by, one time after another."""


def analyze(protocol: Protocol, analysis: str, outcomes: Sequence[Outcomes]) -> list[Statistic]:
    """Every statistic that one planned analysis gives of one endpoint, at all of its times.

    `outcomes` are the endpoint's times in order. Several tests of an analysis are corrected
    together in `several.adjusted`.
    """
    plans = [Plan(protocol, analysis, protocol.analyses[analysis], one) for one in outcomes]
    if not plans:
        return []
    if plans[0].analysis.estimate.summary == "mmrm":
        return [*repeated.by_visit(plans), *_unbuilt(plans[0])]
    found = [one for plan in plans for one in _at_one_time(plan)]
    if plans[0].analysis.test == "mcnemar" and plans[0].analysis.compare is None:
        found += shares.between_times(plans)
    return found


def _at_one_time(plan: Plan) -> Iterator[Statistic]:
    if plan.outcomes.variable.kind == "grade":
        yield from shares.worst_grades(plan)
        return
    estimate = SUMMARIES.get(plan.analysis.estimate.summary)
    if estimate is None:
        yield not_computed(plan, plan.analysis.estimate.summary)
        return
    yield from estimate(plan)
    yield from _unbuilt(plan)


def analyses_of(protocol: Protocol, endpoint: str) -> tuple[str, ...]:
    """The planned analyses that an endpoint belongs to."""
    return tuple(name for name, plan in protocol.analyses.items() if endpoint in plan.of)


def _unbuilt(plan: Plan) -> Iterator[Statistic]:
    """The adjustments beside the estimate that the file plans and nothing here computes yet."""
    beside, summary = plan.analysis.beside, plan.analysis.estimate.summary
    if beside is not None and summary != "risk_difference":
        yield not_computed(plan, f"{beside.adjusted_by} of {summary}")


def methods_used(statistics: Sequence[Statistic]) -> tuple[str, ...]:
    """The built methods behind these statistics, each once, in the order of use."""
    return tuple(dict.fromkeys(s.method for s in statistics if s.method in METHODS))
