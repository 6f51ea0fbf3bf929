"""The methods that a plan uses, by the names under which they are built."""

from typing import NamedTuple

from wholetrial.analysis.planned import changes, rates, repeated, shares, stratified_shares
from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.missing import Imputation
from wholetrial.protocol.protocol import Protocol

_CURVES = {
    "kaplan_meier": "kaplan_meier",
    "turnbull": "turnbull",
    "median_time": "brookmeyer_crowley",
    "cumulative_incidence": "aalen_johansen",
    "hazard_ratio": "hazard_ratio",
    "rmst_difference": "restricted_mean",
    "survival_difference": "milestone_survival",
}
_ASSUMED = {
    "missing at random": "missing_at_random",
    "jump to reference": "jump_to_reference",
    "copy reference": "copy_reference",
    "copy increments in reference": "copy_increments_in_reference",
    "last mean carried forward": "last_mean_carried_forward",
}
_CARRIED = {
    "last observation": "last_observation_carried_forward",
    "worst": "worst_observation_carried_forward",
    "baseline": "baseline_observation_carried_forward",
}


class PlannedMethods(NamedTuple):
    """The methods of one analysis: of its test, its estimate, its correction, missing values.

    `described` are those of each arm's own numbers beside a comparison, `beside` those of an
    adjusted estimate next to the crude one, `tipped` those of a tipping point.
    """

    test: tuple[str, ...]
    estimate: tuple[str, ...]
    several: tuple[str, ...]
    missing: tuple[str, ...]
    described: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    tipped: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every method once, in the order of use."""
        return tuple(dict.fromkeys(name for names in self for name in names))


def methods_planned(protocol: Protocol, plan: Analysis) -> PlannedMethods:
    """The methods that an analysis of a protocol uses; a name that is not built stands as it is."""
    rules = _rules(protocol, plan)
    imputed = [rule for rule in rules if isinstance(rule, Imputation)]
    missing = [_ASSUMED[rule.assuming] for rule in imputed]
    missing += [_CARRIED[rule] for rule in rules if isinstance(rule, str) and rule in _CARRIED]
    if imputed:
        missing += ["approximate_bayes_imputation", "rubin_rules"]
    several = (str(plan.multiplicity),) if plan.multiplicity not in (None, "none") else ()
    standardized = {
        stratified_shares.STANDARDIZED: stratified_shares.standardization_of(protocol, plan)
    }
    test, estimate = (
        tuple(standardized.get(name, name) for name in names)
        for names in (_test(plan), _estimate(plan))
    )
    return PlannedMethods(
        test,
        estimate,
        several,
        tuple(missing),
        described=tuple(dict.fromkeys((*_described(plan), *_graded(protocol, plan)))),
        beside=(plan.beside.adjusted_by,) if plan.beside else (),
        tipped=("delta_adjustment",) if plan.tipping_point else (),
    )


def _test(plan: Analysis) -> tuple[str, ...]:
    renamed = {"rubin": "rubin_rules", "mcnemar": "mcnemar_exact"}
    return () if plan.test == "none" else (renamed.get(plan.test, plan.test),)


def _estimate(plan: Analysis) -> tuple[str, ...]:
    summary, interval = plan.estimate.summary, plan.estimate.interval
    for table in (shares.COMPARED, stratified_shares.COMPARED, rates.COMPARED):
        if (summary, interval) in table:
            return (table[summary, interval].method,)
    if summary == "rate" and interval in rates.ONE_ARM:
        return (rates.ONE_ARM[interval].method,)
    if interval == "bootstrap":
        return ("turnbull",)
    if summary in _CURVES:
        return (_CURVES[summary],)
    if summary == "mmrm":
        return ("mmrm", repeated.FREEDOM.get(interval, interval))
    modeled = bool(plan.adjust_for) or plan.test in ("ancova", *changes.TRENDS)
    if summary == "mean_difference" and (modeled or interval == "rubin"):
        return ("ancova", *(("rubin_rules",) if interval == "rubin" else ()))
    return ("rubin_rules",) if interval == "rubin" else (interval,)


def _described(plan: Analysis) -> tuple[str, ...]:
    """What describes each arm beside a comparison: the file names only what compares them."""
    summary, interval = plan.estimate.summary, plan.estimate.interval
    if interval == "rubin":
        return ()
    if summary in ("risk_difference", "risk_ratio", "odds_ratio"):
        return (shares.DESCRIBED_BY,)
    if summary in ("rate_difference", "rate_ratio"):
        return (rates.ONE_ARM[rates.DESCRIBED_BY].method,)
    if summary == "mean_difference":
        return ("ls_means",) if "ancova" in _estimate(plan) else ("student_t",)
    return ("kaplan_meier",) if summary in ("rmst_difference", "survival_difference") else ()


def _graded(protocol: Protocol, plan: Analysis) -> tuple[str, ...]:
    """What describes the worst grade of adverse events."""
    named = protocol.endpoints.named()
    counted = [named[one][1].events for one in plan.of if one in named]
    return (shares.DESCRIBED_BY,) if any(one and one.by_grade for one in counted) else ()


def _rules(protocol: Protocol, plan: Analysis) -> list[object]:
    """The rules for missing values of an analysis' endpoints."""
    named = protocol.endpoints.named()
    kinds = dict.fromkeys(named[one][1].kind for one in plan.of if one in named)
    own = {"response": protocol.missing.response, "change": protocol.missing.change}
    return [plan.missing or own[kind] for kind in kinds if kind in own]
