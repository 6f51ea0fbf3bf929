"""Shares compared within the strata of randomization, or standardized over baseline values."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from math import prod
from typing import Any, NamedTuple, TypeVar

import numpy as np

from wholetrial.analysis.arguments import TwoArms
from wholetrial.analysis.estimate import Effect, Interval, as_test, student_p_value
from wholetrial.analysis.planned.plan import (
    Pair,
    Plan,
    Way,
    alternative,
    bare_statistic,
    confidence,
    covariates_of,
    favoring,
    p_value,
    strata_of,
    with_interval,
    without_baseline,
)
from wholetrial.analysis.responders import (
    cochran_mantel_haenszel,
    mantel_haenszel,
    standardization,
    stratified_newcombe,
    stratified_score,
)
from wholetrial.analysis.responders.marginal_risks import (
    marginal_risks,
    marginal_risks_permuted_blocks,
)
from wholetrial.analysis.responders.strata import stratified_counts
from wholetrial.analysis.statistic import Floats, Statistic
from wholetrial.endpoints.outcomes import Flags
from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.protocol import Protocol

STANDARDIZED = "standardization"
Standardized = TypeVar("Standardized", Effect, Interval)


def _its_interval(
    compute: Callable[..., Effect | stratified_score.StratifiedScore],
) -> Callable[..., Interval]:
    """The interval alone of a method that gives more."""

    def interval(*given: Any, level: float) -> Interval:
        return compute(*given, level=level).interval

    return interval


WITHIN_STRATA: Mapping[tuple[str, str], Way] = {
    ("risk_difference", "sato"): Way(
        "mantel_haenszel", _its_interval(mantel_haenszel.risk_difference_mantel_haenszel)
    ),
    ("risk_ratio", "mantel_haenszel"): Way(
        "mantel_haenszel_risk_ratio", mantel_haenszel.risk_ratio_mantel_haenszel
    ),
    ("odds_ratio", "mantel_haenszel"): Way(
        "mantel_haenszel_odds_ratio", mantel_haenszel.odds_ratio_mantel_haenszel
    ),
    ("risk_difference", "stratified_miettinen_nurminen"): Way(
        "stratified_miettinen_nurminen",
        _its_interval(stratified_score.risk_difference_stratified_miettinen_nurminen),
    ),
    ("risk_difference", "stratified_newcombe"): Way(
        "stratified_newcombe", stratified_newcombe.risk_difference_stratified_newcombe
    ),
    ("risk_ratio", "stratified_miettinen_nurminen"): Way(
        "stratified_miettinen_nurminen_risk_ratio",
        _its_interval(stratified_score.risk_ratio_stratified_miettinen_nurminen),
    ),
    ("odds_ratio", "stratified_miettinen_nurminen"): Way(
        "stratified_miettinen_nurminen_odds_ratio",
        _its_interval(stratified_score.odds_ratio_stratified_miettinen_nurminen),
    ),
}
STANDARDIZED_BY: Mapping[tuple[str, str], Way] = {
    ("risk_difference", STANDARDIZED): Way(
        STANDARDIZED, _its_interval(standardization.difference_of_risks)
    ),
    ("risk_ratio", STANDARDIZED): Way(STANDARDIZED, standardization.ratio_of_risks),
    ("odds_ratio", STANDARDIZED): Way(STANDARDIZED, standardization.odds_ratio_of_risks),
}
"""What is made of the marginal risks."""
COMPARED: Mapping[tuple[str, str], Way] = {**WITHIN_STRATA, **STANDARDIZED_BY}
TESTS = ("cmh", STANDARDIZED)


class _Adjusted(NamedTuple):
    """Who is compared with known baseline values: outcome, arm, covariates, who is included."""

    outcome: Floats
    treated: Flags
    covariates: Floats
    included: Flags


def compared(plan: Plan, pair: Pair) -> Statistic:
    """The estimate of a pair within strata, or standardized over the covariates and strata."""
    key = plan.analysis.estimate.summary, plan.analysis.estimate.interval
    way = COMPARED[key]
    if key in WITHIN_STRATA:
        counts = _counts(plan, pair)
        interval = way.compute(*counts, level=confidence(plan))
        n = (counts.participants + counts.control_participants).sum(axis=-1)
    else:
        who = _adjusted(plan, pair)
        way = Way(standardization_of(plan.protocol, plan.analysis), way.compute)
        interval = _standardized(plan, who, way.compute)
        n = who.included.sum(axis=-1)
    blank = bare_statistic(plan, key[0], pair.arm, interval.value, n.astype(np.int64))
    return _told(
        plan, pair, replace(with_interval(blank, interval, way.method), control=pair.control)
    )


def tested(plan: Plan, pair: Pair) -> Statistic:
    """The Cochran-Mantel-Haenszel test of a pair, or that of its standardized difference."""
    if plan.analysis.test == STANDARDIZED:
        who = _adjusted(plan, pair)
        effect = _standardized(plan, who, standardization.difference_of_risks)
        p = student_p_value(effect.statistic, effect.freedom, alternative(plan))
        found, n = as_test(p, effect.statistic, effect.reason), who.included.sum(axis=-1)
        difference = effect.value
    else:
        counts = _counts(plan, pair)
        found = cochran_mantel_haenszel.cmh_test(*counts, alternative=alternative(plan))
        n = (counts.participants + counts.control_participants).sum(axis=-1)
        difference = mantel_haenszel.risk_difference_mantel_haenszel(*counts).value
    statistic = p_value(plan, pair.arm, found, n.astype(np.int64), pair.control)
    method = statistic.method
    if method == STANDARDIZED:
        method = standardization_of(plan.protocol, plan.analysis)
    told = replace(statistic, method=method, favors=favoring(plan, difference))
    return _told(plan, pair, told)


def standardization_of(protocol: Protocol, analysis: Analysis) -> str:
    """The variance that the randomization asks for: of permuted blocks within strata, or none."""
    allocation = protocol.design.allocation
    blocks = allocation is not None and allocation.randomized == "permuted blocks"
    own = isinstance(analysis.strata, tuple) or not strata_of(protocol, analysis)
    return "standardization_permuted_blocks" if blocks and not own else STANDARDIZED


def _counts(plan: Plan, pair: Pair) -> TwoArms:
    """The counts within strata; who has no known stratum is left out."""
    value, stratum = plan.outcomes.variable.value, _stratum(plan)
    known = stratum >= 0
    return stratified_counts(
        value,
        pair.arm_members & known,
        pair.control_members & known,
        np.where(known, stratum, 0),
        strata=max(int(stratum.max(initial=0)) + 1, 1),
    )


def _stratum(plan: Plan) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    stratum = plan.outcomes.stratum
    return np.full(plan.outcomes.member.shape, -1, np.intp) if stratum is None else stratum


def _adjusted(plan: Plan, pair: Pair) -> _Adjusted:
    """Those compared whose covariates, and whose stratum where there are strata, are known."""
    value = plan.outcomes.variable.value
    known = covariates_of(plan, (one.name for one in plan.analysis.adjust_for))
    inside = (pair.arm_members | pair.control_members) & ~np.isnan(value)
    inside = inside & ~np.isnan(known).any(axis=-1)
    if plan.outcomes.stratum is not None:
        inside = inside & (plan.outcomes.stratum >= 0)
    return _Adjusted(value, pair.arm_members, known, inside)


def _standardized(plan: Plan, who: _Adjusted, compute: Callable[..., Standardized]) -> Standardized:
    """What is made of risks whose model has each stratum with people but the first as a column.

    Trials with equally many such strata are computed together: the columns are theirs.
    """
    stratum = plan.outcomes.stratum
    if stratum is None:
        return compute(marginal_risks(*who), level=confidence(plan))
    blocks = standardization_of(plan.protocol, plan.analysis) != STANDARDIZED
    trials = who.included.shape[:-1]
    rows = _Adjusted(*(_as_rows(part, trials) for part in who))
    codes = stratum.reshape(-1, stratum.shape[-1])
    there = (codes[..., None] == np.arange(codes.max(initial=0) + 1)) & rows.included[..., None]
    present = there.any(axis=-2)
    place = np.take_along_axis(np.cumsum(present, axis=-1) - 1, np.maximum(codes, 0), axis=-1)
    found: dict[str, Any] = {}
    for count in np.unique(present.sum(axis=-1)):
        alike = present.sum(axis=-1) == count
        columns = place[alike][..., None] == np.arange(1, max(count, 1))
        value, treated, covariates, included = (part[alike] for part in rows)
        known = np.concatenate([covariates, columns.astype(np.float64)], axis=-1)
        given = value, treated, known, included
        risks = (
            marginal_risks_permuted_blocks(*given, np.maximum(place[alike], 0))
            if blocks
            else marginal_risks(*given)
        )
        part = compute(risks, level=confidence(plan))
        for name in (field.name for field in fields(part) if field.name != "level"):
            array = np.asarray(getattr(part, name))
            found.setdefault(name, np.empty(len(codes), array.dtype))[alike] = array
    shaped: dict[str, Any] = {name: array.reshape(trials) for name, array in found.items()}
    return replace(part, **shaped)


def _as_rows(part: np.ndarray[Any, Any], trials: tuple[int, ...]) -> np.ndarray[Any, Any]:
    return part.reshape(prod(trials), *part.shape[len(trials) :])


def _told(plan: Plan, pair: Pair, one: Statistic) -> Statistic:
    """The statistic with its strata, its covariates and how many lack them; a reason for none."""
    names = strata_of(plan.protocol, plan.analysis)
    notes = [f"within {', '.join(names)}"] if names else []
    if plan.analysis.adjust_for and one.method.startswith(STANDARDIZED):
        notes.append(f"adjusted for {', '.join(c.name for c in plan.analysis.adjust_for)}")
    value = plan.outcomes.variable.value
    valued = (pair.arm_members | pair.control_members) & ~np.isnan(value)
    told = replace(one, note="; ".join(part for part in (*notes, one.note) if part))
    return without_baseline(told, valued)
