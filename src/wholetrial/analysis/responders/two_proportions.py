"""Two proportions: tests of no difference, and intervals of the risk difference.

Every function takes the counts of the active arm, then of the control arm, of any common shape
`(...)`. References: Fisher, J R Stat Soc 1935;98:39-82. Pearson, Philos Mag 1900;50:157-75. Yates,
Suppl J R Stat Soc 1934;1:217-35. Miettinen and Nurminen, Stat Med 1985;4:213-26. Newcombe, Stat Med
1998;17:873-90 (method 10).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import (
    Alternative,
    TwoArms,
    checked_alternative,
    checked_level,
    checked_two_arms,
)
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
from wholetrial.analysis.responders.proportions import TIE, wilson

CELLS_AT_ONCE = 2**21
"""Largest number of table probabilities held in memory at once."""

HALVINGS = 56
"""Bisection steps that bring a risk difference within one rounding error."""


class _DistinctTables(NamedTuple):
    """The different tables among many, `(K,)` each, and which of them stands at each place."""

    tables: TwoArms
    which: npt.NDArray[np.intp]


def fisher_exact_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two proportions by the hypergeometric distribution of the table's margins.

    Two-sided is the total probability of the tables no more probable than the observed one.
    The adverse events of Krueger, N Engl J Med 2007;356:580-92, printed as P=0.19:

    >>> f"{fisher_exact_test(200, 252, 48, 67).p_value:.4f}"
    '0.1881'
    """
    checked_alternative(alternative)
    arms = checked_two_arms(events, participants, control_events, control_participants)
    distinct = _distinct_tables(arms)
    p_value = np.empty(distinct.tables.events.shape)
    for block in _blocks(distinct.tables):
        p_value[block] = _hypergeometric_tail(
            TwoArms(*(counts[block] for counts in distinct.tables)), alternative
        )
    return as_test(p_value[distinct.which], None, _no_participants(arms))


def pearson_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
) -> Test:
    """Test two proportions by Pearson's chi-square, without continuity correction.

    The primary endpoint of METOP (methotrexate 37 of 91, placebo 3 of 29), printed as P=0.0026:

    >>> f"{pearson_test(37, 91, 3, 29).p_value:.4f}"
    '0.0026'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    return _chi_square(arms, _departure(arms))


def pearson_corrected_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
) -> Test:
    """Test two proportions by Pearson's chi-square with Yates' continuity correction.

    >>> f"{pearson_corrected_test(37, 91, 3, 29).p_value:.4f}"
    '0.0053'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    return _chi_square(arms, np.maximum(_departure(arms) - 0.5, 0.0))


def risk_difference_miettinen_nurminen(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a risk difference with the score interval of Miettinen and Nurminen (1985).

    The limits are the differences at which the score test, with its factor N / (N - 1), just
    rejects.

    >>> interval = risk_difference_miettinen_nurminen(33, 64, 1, 64)
    >>> f"{interval.value:.4f} ({interval.low:.6f} to {interval.high:.6f})"
    '0.5000 (0.372563 to 0.621246)'
    """
    level = checked_level(level)
    arms = checked_two_arms(events, participants, control_events, control_participants)
    distinct = _distinct_tables(arms)
    low, high = _score_limits(distinct.tables, normal_quantile(level))
    limits = low[distinct.which], high[distinct.which]
    return as_interval(_difference(arms), limits, level, _no_participants(arms))


def risk_difference_newcombe(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a risk difference with Newcombe's interval from two Wilson intervals (1998).

    >>> interval = risk_difference_newcombe(31, 64, 1, 64)
    >>> f"{interval.low:.4f} to {interval.high:.4f}"
    '0.3327 to 0.5892'
    """
    arms = checked_two_arms(events, participants, control_events, control_participants)
    active = wilson(arms.events, arms.participants, level)
    control = wilson(arms.control_events, arms.control_participants, level)
    below = np.hypot(active.value - active.low, control.high - control.value)
    above = np.hypot(active.high - active.value, control.value - control.low)
    difference = _difference(arms)
    limits = difference - below, difference + above
    return as_interval(difference, limits, active.level, _no_participants(arms))


def risk_difference_wald(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a risk difference with the normal approximation, limits not clipped to -1 and 1.

    Current limitations: where each arm has no event, or only events, the interval has no width.

    >>> interval = risk_difference_wald(37, 91, 3, 29)
    >>> f"{interval.value:.1%} ({interval.low:.1%} to {interval.high:.1%})"
    '30.3% (15.3% to 45.3%)'
    """
    level = checked_level(level)
    arms = checked_two_arms(events, participants, control_events, control_participants)
    half = normal_quantile(level) * np.sqrt(_variance(arms, *_proportions(arms)))
    difference = _difference(arms)
    return as_interval(
        difference, (difference - half, difference + half), level, _no_participants(arms)
    )


def _no_participants(arms: TwoArms) -> Reasons:
    empty = (arms.participants == 0) | (arms.control_participants == 0)
    return first_reason((empty, Reason.NO_PARTICIPANTS))


def _proportions(arms: TwoArms) -> tuple[Floats, Floats]:
    active = np.maximum(arms.participants, 1.0)
    control = np.maximum(arms.control_participants, 1.0)
    return arms.events / active, arms.control_events / control


def _difference(arms: TwoArms) -> Floats:
    active, control = _proportions(arms)
    return np.where(_no_participants(arms) == Reason.OK, active - control, np.nan)


def _variance(arms: TwoArms, active: Floats, control: Floats) -> Floats:
    """Variance of the difference where the arms have these probabilities."""
    of_active = active * (1 - active) / np.maximum(arms.participants, 1.0)
    return of_active + control * (1 - control) / np.maximum(arms.control_participants, 1.0)


def _departure(arms: TwoArms) -> Floats:
    """How far each of the four cells lies from its expected count (the same for all four)."""
    total = np.maximum(arms.participants + arms.control_participants, 1.0)
    return np.abs(arms.events - arms.participants * ((arms.events + arms.control_events) / total))


def _chi_square(arms: TwoArms, departure: Floats) -> Test:
    events = arms.events + arms.control_events
    total = arms.participants + arms.control_participants
    reason = first_reason(
        (_no_participants(arms) != Reason.OK, Reason.NO_PARTICIPANTS),
        (events == 0, Reason.NO_EVENTS),
        (events == total, Reason.ALL_EVENTS),
    )
    margins = arms.participants * arms.control_participants * events * (total - events)
    statistic = departure**2 * total**3 / np.where(reason == Reason.OK, margins, 1.0)
    return as_test(special.erfc(np.sqrt(statistic / 2)), statistic, reason)


def _distinct_tables(arms: TwoArms) -> _DistinctTables:
    rows = np.stack([counts.ravel() for counts in arms], axis=-1)
    distinct, which = np.unique(rows, axis=0, return_inverse=True)
    return _DistinctTables(TwoArms(*distinct.T), which.reshape(arms.events.shape))


def _blocks(tables: TwoArms) -> list[slice]:
    """Stretches of tables whose probabilities fit in memory together."""
    count = len(tables.events)
    support = np.minimum(tables.participants, tables.events + tables.control_events) + 1
    size = max(1, int(CELLS_AT_ONCE / np.max(support, initial=1.0)))
    return [slice(start, start + size) for start in range(0, count, size)]


def _hypergeometric_tail(tables: TwoArms, alternative: str) -> Floats:
    """P-value of each table `(K,)` from the probabilities of all tables with its margins."""
    n, control_n = tables.participants, tables.control_participants
    total = tables.events + tables.control_events
    lowest = np.maximum(total - control_n, 0.0)
    width = int(np.max(np.minimum(n, total) - lowest, initial=0.0)) + 1
    count: Floats = lowest[:, None] + np.arange(width, dtype=np.float64)
    log_weight = _log_hypergeometric(count, n[:, None], control_n[:, None], total[:, None])
    observed = tables.events[:, None]
    if alternative == "less":
        extreme = count <= observed
    elif alternative == "greater":
        extreme = count >= observed
    else:
        at = np.take_along_axis(log_weight, (observed - lowest[:, None]).astype(np.intp), axis=1)
        extreme = log_weight <= at + np.log1p(TIE)
    weight = np.exp(log_weight)
    share = _ordered_sum(weight * extreme) / _ordered_sum(weight)
    return np.asarray(np.minimum(share, 1.0))


def _ordered_sum(rows: Floats) -> Floats:
    """Sum of each row from left to right: the same bits whatever zeros follow."""
    return np.asarray(np.cumsum(rows, axis=1)[:, -1])


def _log_hypergeometric(count: Floats, n: Floats, control_n: Floats, total: Floats) -> Floats:
    """Log of the probability of each count `(K, W)` over that of the most probable one.

    Summed outward from the most probable count, so that rounding is least where the weight lies.
    """
    here = count[:, :-1]
    up = np.maximum((n - here) * (total - here), 0.0)
    down = (here + 1) * (control_n - total + here + 1)
    inside = up > 0
    step = np.log(np.where(inside, up, 1.0)) - np.log(np.where(inside, down, 1.0))
    rising = inside & (up >= down)
    edge = np.zeros((len(count), 1))
    beyond = np.hstack([edge, np.cumsum(np.where(inside & ~rising, step, 0.0), axis=1)])
    before = np.cumsum(np.where(rising, step, 0.0)[:, ::-1], axis=1)[:, ::-1]
    return np.where(count <= np.minimum(n, total), beyond - np.hstack([before, edge]), -np.inf)


def _score_limits(arms: TwoArms, z: float) -> tuple[Floats, Floats]:
    """Where the score statistic crosses z, by bisection between the estimate and -1 or 1."""
    active, control = _proportions(arms)
    estimate = active - control
    total = arms.participants + arms.control_participants
    factor = z**2 * total / np.maximum(total - 1, 1.0)
    kept = np.stack([estimate, estimate])
    rejected = np.stack([np.full_like(estimate, -1.0), np.ones_like(estimate)])
    for _ in range(HALVINGS):
        difference = (kept + rejected) / 2
        fitted = _constrained_control(arms, difference)
        variance = _variance(arms, fitted + difference, fitted)
        rejects = (estimate - difference) ** 2 > factor * variance
        rejected = np.where(rejects, difference, rejected)
        kept = np.where(rejects, kept, difference)
    low, high = (kept + rejected) / 2
    return low, high


def _constrained_control(arms: TwoArms, difference: Floats) -> Floats:
    """Most likely control probability when the active one is larger by `difference`.

    The root of the cubic likelihood equation that Miettinen and Nurminen give in closed form. A
    sign of exactly zero must count as positive: at symmetric tables the root would be lost.
    """
    x, n, control_x, control_n = arms
    total, events = n + control_n, x + control_x
    a = np.maximum(total, 1.0)
    b = (n + 2 * control_n) * difference - total - events
    c = (control_n * difference - total - 2 * control_x) * difference + events
    d = control_x * difference * (1 - difference)
    shift = b / (3 * a)
    half = shift**3 - b * c / (6 * a**2) + d / (2 * a)
    spread = np.where(half >= 0, 1.0, -1.0) * np.sqrt(np.maximum(shift**2 - c / (3 * a), 0.0))
    cube = np.where(spread == 0, 1.0, spread**3)
    angle = (np.pi + np.arccos(np.clip(half / cube, -1.0, 1.0))) / 3
    root = 2 * spread * np.cos(angle) - shift
    lowest, highest = np.maximum(0.0, -difference), np.minimum(1.0, 1 - difference)
    return np.asarray(np.clip(root, lowest, highest))
