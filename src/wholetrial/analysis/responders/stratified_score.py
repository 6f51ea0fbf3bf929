"""Score intervals over strata of Miettinen and Nurminen: risk difference, ratio, odds ratio.

The limits are the common values at which the stratified score test, with the factor N / (N - 1) in
each stratum's variance, just rejects. Every function takes the counts of the active arm, then of
the control arm, with the strata on the last axis, `(..., K)`. A stratum without participants in one
of the arms contributes nothing. References: Miettinen and Nurminen, Stat Med 1985;4:213-26. Inverse
variance of the score: Laud, Pharm Stat 2017;16:334-48; of the ratio: Tang, Stat Med
2020;39:3427-57. Without the factor: Mee, Biometrics 1984;40:1175-6.
"""

from __future__ import annotations

from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import Booleans, TwoArms, checked_level
from wholetrial.analysis.estimate import (
    Floats,
    Interval,
    Reason,
    Reasons,
    Test,
    as_interval,
    as_test,
    first_reason,
    normal_quantile,
)
from wholetrial.analysis.responders.crossing import Places, crossing
from wholetrial.analysis.responders.homogeneity import ChiSquareTest
from wholetrial.analysis.responders.strata import (
    Strata,
    checked_strata,
    no_variation,
    over_strata,
)
from wholetrial.analysis.responders.stratum_scores import (
    Measure,
    Scores,
    Tables,
    Weights,
    difference_scores,
    odds_ratio_scores,
    ratio_scores,
    summed,
)

END = 1 - 1e-9
"""The place of a ratio of 1e9, beyond which it is taken for infinite; -END is that of 1e-9."""
HALF = 0.5
"""Events given to an arm without variance, so that a stratum does not outweigh all others."""


class StratifiedScore(NamedTuple):
    """A common measure's interval, the test of no effect, and whether all strata have the same."""

    interval: Interval
    test: Test
    homogeneity: ChiSquareTest


class _Problem(NamedTuple):
    """What is sought in tables `(K, M)`; a measure's values lie at places from -1 to 1.

    A difference lies at itself, a ratio at its angle. `lowest` and `highest` `(M,)` say where the
    estimate is the measure's smallest or largest value.
    """

    tables: Tables
    measure: Measure
    weights: Weights
    is_ratio: bool
    lowest: Booleans
    highest: Booleans


def risk_difference_stratified_miettinen_nurminen(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
    *,
    weights: Weights = "miettinen_nurminen",
) -> StratifiedScore:
    """Estimate a common risk difference with its score interval.

    With the weights of Miettinen and Nurminen (iterated) or of Mantel and Haenszel the p-value is
    that of the Cochran-Mantel-Haenszel test. With the inverse variance, a stratum without an event,
    or with nothing else, counts as having half an event (half a participant without) more in each
    arm.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> found = risk_difference_stratified_miettinen_nurminen(*four)
    >>> f"{found.interval.value:.4f} ({found.interval.low:.4f} to {found.interval.high:.4f})"
    '0.2991 (0.1759 to 0.4129)'
    """
    strata = checked_strata(events, participants, control_events, control_participants)
    tables = _tables(strata, weights, none=True, every=True)
    return _difference(strata, tables, weights, level)


def risk_difference_stratified_mee(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
    *,
    weights: Weights = "mantel_haenszel",
) -> StratifiedScore:
    """Estimate a common risk difference with the score interval without the factor N / (N - 1).

    In one stratum it is Mee's interval.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> found = risk_difference_stratified_mee(*four)
    >>> f"{found.interval.value:.4f} ({found.interval.low:.4f} to {found.interval.high:.4f})"
    '0.2990 (0.1769 to 0.4120)'
    """
    strata = checked_strata(events, participants, control_events, control_participants)
    tables = _tables(strata, weights, none=True, every=True)
    tables = tables._replace(factor=np.ones_like(tables.factor))
    return _difference(strata, tables, weights, level)


def risk_ratio_stratified_miettinen_nurminen(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
    *,
    weights: Weights = "miettinen_nurminen",
) -> StratifiedScore:
    """Estimate a common risk ratio with its score interval; inf where no control had the event.

    A stratum without an event tells nothing of the ratio.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> found = risk_ratio_stratified_miettinen_nurminen(*four)
    >>> f"{found.interval.value:.3f} ({found.interval.low:.3f} to {found.interval.high:.3f})"
    '1.903 (1.441 to 2.555)'
    """
    strata = checked_strata(events, participants, control_events, control_participants)
    seen, control_seen = over_strata(strata.events), over_strata(strata.control_events)
    reason = first_reason(*_why(strata.reason), (seen + control_seen == 0, Reason.NO_EVENTS))
    informative = strata.compares & (strata.events + strata.control_events > 0)
    tables = _tables(strata, weights, none=False, every=True)
    edges = seen == 0, control_seen == 0
    problem = _Problem(tables, ratio_scores, weights, True, *edges)
    return _score(strata, problem, reason, informative, level)


def odds_ratio_stratified_miettinen_nurminen(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
    *,
    weights: Weights = "miettinen_nurminen",
) -> StratifiedScore:
    """Estimate a common odds ratio with its score interval; 0 or inf at the edge.

    With the weights of Miettinen and Nurminen it is the most likely ratio, and the p-value that of
    the Cochran-Mantel-Haenszel test. A stratum in which nobody or everybody had the event tells
    nothing of it.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> found = odds_ratio_stratified_miettinen_nurminen(*four)
    >>> f"{found.interval.value:.3f} ({found.interval.low:.3f} to {found.interval.high:.3f})"
    '3.463 (2.044 to 5.864)'
    """
    strata = checked_strata(events, participants, control_events, control_participants)
    x, n, control_x, control_n = strata.arms
    informative = strata.compares & (x + control_x > 0) & (x + control_x < n + control_n)
    seen, without, control_seen, control_without = (
        over_strata(np.where(informative, counts, 0.0))
        for counts in (x, n - x, control_x, control_n - control_x)
    )
    reason = no_variation(strata)
    reason = first_reason(*_why(reason), (~informative.any(axis=-1), Reason.SINGULAR))
    tables = _tables(strata, weights, none=False, every=False)
    edges = (seen == 0) | (control_without == 0), (control_seen == 0) | (without == 0)
    problem = _Problem(tables, odds_ratio_scores, weights, True, *edges)
    return _score(strata, problem, reason, informative, level)


def _difference(strata: Strata, tables: Tables, weights: Weights, level: float) -> StratifiedScore:
    extreme = np.zeros_like(strata.reason, bool)
    problem = _Problem(tables, difference_scores, weights, False, extreme, extreme)
    return _score(strata, problem, strata.reason, strata.compares, level)


def _why(reason: Reasons) -> list[tuple[npt.ArrayLike, Reason]]:
    """The reasons that there are already, as causes."""
    return [(reason == why, why) for why in Reason if why is not Reason.OK]


def _tables(strata: Strata, weights: Weights, *, none: bool, every: bool) -> Tables:
    """Flat tables `(K, M)`; with inverse variances half an event more where nothing varies."""
    if weights not in get_args(Weights):
        raise ValueError(f"weights must be one of {', '.join(get_args(Weights))}; got {weights!r}")
    x, n, control_x, control_n = strata.arms
    if weights == "inverse_variance":
        certain = (x + control_x == 0) & none | (x + control_x == n + control_n) & every
        half = np.where(certain & strata.compares, HALF, 0.0)
        x, control_x, n, control_n = x + half, control_x + half, n + 2 * half, control_n + 2 * half
    total = np.maximum(n + control_n, 1.0)
    factor = np.where(total > 1, total / np.maximum(total - 1, 1.0), 1.0)
    filled = (np.where(strata.compares, people, 1.0) for people in (n, control_n))
    parts = (x, control_x, *filled, factor, n * control_n / total)
    x, control_x, n, control_n, factor, fixed = (_first(part) for part in parts)
    return Tables(TwoArms(x, n, control_x, control_n), factor, fixed)


def _first(parts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The strata of all tables as the first axis, `(K, M)`."""
    return np.ascontiguousarray(parts.reshape(-1, parts.shape[-1]).T)


def _score(
    strata: Strata, problem: _Problem, reason: Reasons, informative: Booleans, level: float
) -> StratifiedScore:
    level = checked_level(level)
    shape = reason.shape
    problem = problem._replace(lowest=problem.lowest.ravel(), highest=problem.highest.ravel())
    at = _estimate(problem)
    z = normal_quantile(level)
    low, high = (_limit(problem, at, z, side).reshape(shape) for side in (-1.0, 1.0))
    value = np.where(reason == Reason.OK, _value(problem, at).reshape(shape), np.nan)
    return StratifiedScore(
        as_interval(value, (low, high), level, reason),
        _test(problem, np.where(reason == Reason.OK, no_variation(strata), reason)),
        _homogeneity(problem, at, reason, informative),
    )


def _end(problem: _Problem) -> float:
    return END if problem.is_ratio else 1.0


def _at_place(problem: _Problem, place: Floats) -> Floats:
    return np.tan(np.pi / 4 * (place + 1)) if problem.is_ratio else place


def _value(problem: _Problem, place: Floats) -> Floats:
    """The measure at these places: a difference from -1 to 1, or a ratio from 0 to inf."""
    if not problem.is_ratio:
        return place
    ratio = np.where(place >= END, np.inf, _at_place(problem, place))
    return np.where(place <= -END, 0.0, ratio)


def _sums(problem: _Problem, place: Floats, which: Places) -> tuple[Floats, Floats]:
    """The weighted score and its standard error at these places, of these tables."""
    arms, factor, fixed = problem.tables
    if len(which) < len(problem.lowest):
        arms = TwoArms(*(counts[:, which] for counts in arms))
        factor, fixed = factor[:, which], fixed[:, which]
    part = Tables(arms, factor, fixed)
    return _summed(problem.measure(part, _at_place(problem, place), problem.weights), part)


def _summed(scores: Scores, tables: Tables) -> tuple[Floats, Floats]:
    squares = scores.weight**2 * scores.variance * tables.factor
    inside = np.where(tables.fixed > 0, scores.weight * scores.score, 0.0)
    return summed(inside), np.sqrt(summed(np.where(tables.fixed > 0, squares, 0.0)))


def _estimate(problem: _Problem) -> Floats:
    """The place where the weighted score is zero."""

    def falls(place: Floats, which: Places) -> Floats:
        return -_sums(problem, place, which)[0]

    end = np.full(len(problem.lowest), _end(problem))
    found = crossing(falls, -end, end)
    return np.where(problem.lowest, -end, np.where(problem.highest, end, found))


def _limit(problem: _Problem, estimate: Floats, z: float, side: float) -> Floats:
    """The farthest value on one side of the estimate that the test does not reject."""

    def rejects(place: Floats, which: Places) -> Floats:
        """Share of the score beside what is allowed, less a half: far from 0 at the estimate."""
        score, error = _sums(problem, place, which)
        total = np.abs(score) + z * error
        return -side * score / np.where(total > 0, total, 1.0) - 0.5

    end = np.full(len(estimate), side * _end(problem))
    return _value(problem, crossing(rejects, estimate, end))


def _test(problem: _Problem, reason: Reasons) -> Test:
    neutral = np.full(len(problem.lowest), 1.0 if problem.is_ratio else 0.0)
    scores = problem.measure(problem.tables, neutral, problem.weights)
    score, error = (part.reshape(reason.shape) for part in _summed(scores, problem.tables))
    reason = np.where((reason == Reason.OK) & (error == 0), np.int8(Reason.SINGULAR), reason)
    root = score / np.where(error > 0, error, 1.0)
    return as_test(special.erfc(np.abs(root) / np.sqrt(2)), np.square(root), reason)


def _homogeneity(
    problem: _Problem, at: Floats, reason: Reasons, informative: Booleans
) -> ChiSquareTest:
    """The strata's squared standardized scores at the estimate."""
    edge = (problem.lowest | problem.highest).reshape(reason.shape)
    reason = np.where((reason == Reason.OK) & edge, np.int8(Reason.SINGULAR), reason)
    strata = informative.sum(axis=-1)
    reason = np.where((reason == Reason.OK) & (strata < 2), np.int8(Reason.ONE_STRATUM), reason)
    scores = problem.measure(problem.tables, _at_place(problem, at), problem.weights)
    variance = scores.variance * problem.tables.factor
    told = _first(informative) & (variance > 0)
    squares = np.where(told, scores.score**2 / np.where(told, variance, 1.0), 0.0)
    statistic = summed(squares).reshape(reason.shape)
    freedom = np.maximum(strata - 1.0, 1.0)
    test = as_test(special.chdtrc(freedom, statistic), statistic, reason)
    return ChiSquareTest(test, np.where(reason == Reason.OK, freedom, np.nan))
