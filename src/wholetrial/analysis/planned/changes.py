"""Changes from baseline, and amounts used: means, adjusted differences of arms, tests, trends."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.arguments import Booleans
from wholetrial.analysis.estimate import Effect, effect_at
from wholetrial.analysis.measurements import ancova, continuous, covariates, two_means
from wholetrial.analysis.measurements.dose_trend import linear_trend
from wholetrial.analysis.measurements.linear_model import LinearModel, fit_linear_model
from wholetrial.analysis.measurements.rank_tests import jonckheere_terpstra_test
from wholetrial.analysis.multiplicity.dunnett import dunnett
from wholetrial.analysis.planned.plan import (
    Pair,
    Plan,
    alternative,
    bare_statistic,
    compared_pairs,
    confidence,
    covariates_of,
    described_groups,
    favoring,
    not_computed,
    p_value,
    strata_of,
    with_effect,
    with_interval,
    without_baseline,
)
from wholetrial.analysis.planned.several import ADJUSTED_P
from wholetrial.analysis.statistic import Floats, Statistic
from wholetrial.endpoints.outcomes import Flags
from wholetrial.protocol.total_dose import total_doses

TWO_MEANS: Mapping[str, Callable[..., Effect]] = {
    "student_t": two_means.mean_difference_student_t,
    "welch_t": two_means.mean_difference_welch_t,
}
TRENDS = ("linear_trend", "jonckheere_terpstra")
LS_MEAN = "least_squares_mean"


class Modeled(NamedTuple):
    """The linear model of the arms compared: who is in it, and the effects of each arm."""

    model: LinearModel
    code: NDArray[np.intp]
    inside: Booleans
    means: Effect
    differences: Effect


def mean_changes(plan: Plan) -> Iterator[Statistic]:
    """The mean change from baseline, or amount used, of each arm, in those with a value."""
    rule = plan.outcomes.variable.stands_for_missing
    method = plan.analysis.estimate.interval
    if method != "student_t" or rule == "mixed model":
        yield not_computed(plan, rule if method == "student_t" else method)
        return
    against = plan.analysis.against.number if plan.analysis.against else None
    for name, change in _described(plan):
        yield from _mean_change(plan, name, change)
        n = (~np.isnan(change)).sum(axis=-1)
        if plan.analysis.test == "paired_t":
            before = np.full_like(change, against or 0.0)
            test = continuous.paired_t_test(before, change, alternative(plan))
            yield p_value(plan, name, test, n)
        elif plan.analysis.test != "none":
            yield not_computed(plan, plan.analysis.test)


def mean_differences(plan: Plan) -> Iterator[Statistic]:
    """The mean of each arm and the difference of each pair, adjusted where the plan says so."""
    rule = plan.outcomes.variable.stands_for_missing
    if rule == "mixed model":
        yield not_computed(plan, f"{rule} (estimate: mmrm)")
        return
    if plan.analysis.adjust_for or plan.analysis.test in ("ancova", *TRENDS):
        yield from _adjusted_differences(plan)
        return
    method, test = plan.analysis.estimate.interval, plan.analysis.test
    if method not in TWO_MEANS or test not in ("none", method):
        yield not_computed(plan, method if method not in TWO_MEANS else test)
        return
    for name, change in _described(plan):
        yield from _mean_change(plan, name, change)
    for pair in compared_pairs(plan):
        effect = TWO_MEANS[method](
            np.where(pair.arm_members | pair.control_members, plan.outcomes.variable.value, np.nan),
            pair.arm_members.astype(np.int8),
            arms=(0, 1),
            level=confidence(plan),
            alternative=alternative(plan),
        )
        yield from _difference(plan, pair, effect, method)


def modeled(plan: Plan) -> Modeled | None:
    """The analysis of covariance of all arms compared; None where nothing is compared."""
    pairs = compared_pairs(plan)
    if not pairs:
        return None
    codes = np.where(pairs[0].control_members, 0, -1)
    for number, pair in enumerate(pairs, start=1):
        codes = np.where(pair.arm_members, number, codes)
    known = covariates_of(plan, (one.name for one in plan.analysis.adjust_for))
    value = plan.outcomes.variable.value
    inside = (codes >= 0) & ~np.isnan(value) & ~np.isnan(known).any(axis=-1)
    columns = [
        covariates.measured(one.name, np.where(inside, known[..., place], 0.0))
        for place, one in enumerate(plan.analysis.adjust_for)
    ]
    stratum = plan.outcomes.stratum
    if stratum is not None:
        inside = inside & (stratum >= 0)
        columns.append(covariates.factor("stratum", np.where(inside, stratum, stratum.max())))
    arms = tuple(range(len(pairs) + 1))
    model = fit_linear_model(value, columns, inside, arm=codes, arms=arms)
    return Modeled(
        model,
        codes,
        inside,
        ancova.ls_means(model, confidence(plan)),
        ancova.differences_from_control(model, confidence(plan), alternative=alternative(plan)),
    )


def _adjusted_differences(plan: Plan) -> Iterator[Statistic]:
    found = modeled(plan) if plan.outcomes.variable.kind == "change" else None
    if found is None or plan.analysis.estimate.interval != "student_t":
        amount = plan.outcomes.variable.kind == "used"
        what = "adjusted means of an amount used" if amount else plan.analysis.estimate.interval
        yield not_computed(plan, what)
        return
    if plan.analysis.test in TRENDS:
        yield _trend(plan, found)
    elif plan.analysis.test not in ("none", "ancova"):
        yield not_computed(plan, plan.analysis.test)
    pairs = compared_pairs(plan)
    names = [pairs[0].control, *(pair.arm for pair in pairs)]
    for place, name in enumerate(names):
        mean = effect_at(found.means, (..., place))
        n = found.model.sizes[..., place].astype(np.int64)
        blank = bare_statistic(plan, LS_MEAN, name, mean.value, n)
        yield _noted(plan, with_effect(blank, mean, "ls_means"), found.code == place)
    for place, pair in enumerate(pairs):
        effect = effect_at(found.differences, (..., place))
        n = found.model.sizes[..., [0, place + 1]].sum(axis=-1).astype(np.int64)
        compared = pair.arm_members | pair.control_members
        for one in _difference(plan, pair, effect, "ancova"):
            yield _noted(plan, replace(one, n=n), compared)
    if plan.analysis.multiplicity == "dunnett" and plan.analysis.test == "ancova":
        yield from _dunnett(plan, pairs, found.model)


def _trend(plan: Plan, found: Modeled) -> Statistic:
    """One test over all arms compared, by what each is planned to receive in all."""
    pairs = compared_pairs(plan)
    names = [pairs[0].control, *(pair.arm for pair in pairs)]
    doses = total_doses(plan.protocol, names) if set(names) <= set(plan.protocol.arms) else None
    if doses is None:
        return not_computed(plan, f"{plan.analysis.test} (the arms' doses are no numbers)")
    amounts = [doses[name] for name in names]
    if plan.analysis.test == "linear_trend":
        effect = linear_trend(found.model, amounts, confidence(plan), alternative=alternative(plan))
        test = effect.test
    else:
        value = np.where(found.inside, plan.outcomes.variable.value, np.nan)
        steps, rank = np.unique(amounts, return_inverse=True)
        ordered = np.where(found.code >= 0, rank[np.maximum(found.code, 0)], -1)
        test = jonckheere_terpstra_test(
            value, ordered, arms=range(len(steps)), alternative=alternative(plan)
        )
    statistic = _noted(plan, p_value(plan, "", test, found.inside.sum(axis=-1)), found.code >= 0)
    told = ", ".join(f"{name} {dose:g}" for name, dose in doses.items())
    return replace(
        statistic,
        note=f"trend over planned doses: {told}; {statistic.note}",
        favors=favoring(plan, np.asarray(test.statistic)),
    )


def _dunnett(plan: Plan, pairs: list[Pair], model: LinearModel) -> Iterator[Statistic]:
    """The p-values of all arms against the one control, adjusted together."""
    effects = dunnett(model, confidence(plan), alternative=alternative(plan))
    for place, pair in enumerate(pairs):
        one = effect_at(effects, (..., place))
        n = model.sizes[..., [0, place + 1]].sum(axis=-1).astype(np.int64)
        blank = bare_statistic(plan, ADJUSTED_P, pair.arm, one.p_value, n)
        told = f"Dunnett's procedure over {len(pairs)} arms"
        yield replace(blank, method="dunnett", reason=one.reason, control=pair.control, note=told)


def _difference(plan: Plan, pair: Pair, effect: Effect, method: str) -> Iterator[Statistic]:
    """The difference of a pair, and its test where one is planned."""
    value = plan.outcomes.variable.value
    n = ((pair.arm_members | pair.control_members) & ~np.isnan(value)).sum(axis=-1)
    blank = bare_statistic(plan, "mean_difference", pair.arm, effect.value, n)
    yield replace(with_effect(blank, effect, method), control=pair.control)
    if plan.analysis.test == method:
        yield p_value(plan, pair.arm, effect.test, n, pair.control)


def adjusted_for(plan: Plan) -> list[str]:
    """What a linear model is adjusted for, in words; empty where for nothing."""
    names = [str(covariate) for covariate in plan.analysis.adjust_for]
    names += strata_of(plan.protocol, plan.analysis) if plan.outcomes.stratum is not None else ()
    return [f"adjusted for {', '.join(names)}"] if names else []


def _noted(plan: Plan, one: Statistic, who: Flags) -> Statistic:
    """The statistic with what its model is adjusted for, and how many of these people lack it."""
    note = "; ".join(part for part in (*adjusted_for(plan), one.note) if part)
    return without_baseline(replace(one, note=note), who & ~np.isnan(plan.outcomes.variable.value))


def _described(plan: Plan) -> Iterator[tuple[str, Floats]]:
    """Every group with the changes of its members, NaN for others."""
    for name, members in described_groups(plan):
        yield name, np.where(members, plan.outcomes.variable.value, np.nan)


def _mean_change(plan: Plan, name: str, change: Floats) -> Iterator[Statistic]:
    interval = continuous.mean_change_t(change, confidence(plan))
    n = (~np.isnan(change)).sum(axis=-1)
    kind = "mean" if plan.outcomes.variable.kind == "used" else "mean_change"
    blank = bare_statistic(plan, kind, name, interval.value, n)
    yield with_interval(blank, interval, "student_t")
