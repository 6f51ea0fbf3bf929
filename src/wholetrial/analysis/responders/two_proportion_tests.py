"""Two proportions: tests of no difference that take the table as it stands.

Every function takes the counts of the active arm, then of the control arm, of any common shape
`(...)`. References: Fisher, J R Stat Soc 1935;98:39-82. Lancaster, J Am Stat Assoc 1961;56:223-34
(mid-p). Pearson, Philos Mag 1900;50:157-75. Yates, Suppl J R Stat Soc 1934;1:217-35.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import (
    Alternative,
    TwoArms,
    checked_alternative,
    checked_two_arms,
)
from wholetrial.analysis.estimate import (
    Floats,
    Reason,
    Test,
    as_test,
    first_reason,
    student_p_value,
)
from wholetrial.analysis.responders.distinct_tables import distinct_tables, no_participants
from wholetrial.analysis.responders.hypergeometric import (
    Distributions,
    Margins,
    blocks,
    distributions,
    margins_of,
    ordered_sum,
)
from wholetrial.analysis.responders.proportions import TIE


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
    return _by_distribution(arms, _EXTREME[alternative])


def fisher_mid_p_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two proportions by Fisher's distribution, the observed table counted half (mid-p).

    Two-sided is twice the smaller of the one-sided p-values, at most 1.

    Current limitations: the type I error may exceed the level a little; it is not an exact test.

    >>> f"{fisher_mid_p_test(200, 252, 48, 67).p_value:.4f}"
    '0.1862'
    """
    checked_alternative(alternative)
    arms = checked_two_arms(events, participants, control_events, control_participants)
    if alternative == "two_sided":
        greater, less = (_by_distribution(arms, _MID_P[side]) for side in ("greater", "less"))
        doubled = np.minimum(2 * np.minimum(greater.p_value, less.p_value), 1.0)
        return as_test(doubled, None, greater.reason)
    return _by_distribution(arms, _MID_P[alternative])


def pearson_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two proportions by Pearson's chi-square, without continuity correction.

    The statistic is chi-square; one-sided it is z, its root with the sign of the difference. The
    primary endpoint of METOP (methotrexate 37 of 91, placebo 3 of 29), printed as P=0.0026:

    >>> f"{pearson_test(37, 91, 3, 29).p_value:.4f}"
    '0.0026'
    """
    checked_alternative(alternative)
    arms = checked_two_arms(events, participants, control_events, control_participants)
    return _chi_square(arms, _departure(arms), alternative)


def pearson_corrected_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two proportions by Pearson's chi-square with Yates' continuity correction.

    The statistic is chi-square; one-sided it is z, its root with the sign of the difference.

    >>> f"{pearson_corrected_test(37, 91, 3, 29).p_value:.4f}"
    '0.0053'
    """
    checked_alternative(alternative)
    arms = checked_two_arms(events, participants, control_events, control_participants)
    departure = _departure(arms)
    corrected = np.maximum(np.abs(departure) - 0.5, 0.0)
    return _chi_square(arms, np.copysign(corrected, departure), alternative)


def _by_distribution(arms: TwoArms, share: Callable[[Floats, Distributions], Floats]) -> Test:
    """P-values from the distribution that each table's margins give."""
    distinct = distinct_tables(arms)
    margins, counts = margins_of(distinct.tables), distinct.tables.events
    p_value = np.empty(counts.shape)
    for block in blocks(margins):
        found = distributions(Margins(*(margin[block] for margin in margins)))
        total = ordered_sum(found.weight)
        p_value[block] = np.minimum(share(counts[block] - found.lowest, found) / total, 1.0)
    return as_test(p_value[distinct.which], None, no_participants(arms))


def _no_more_probable(place: Floats, found: Distributions) -> Floats:
    observed = np.take_along_axis(found.weight, place[:, None].astype(np.intp), axis=1)
    return ordered_sum(found.weight * (found.weight <= observed * (1 + TIE)))


def _at_least(place: Floats, found: Distributions) -> Floats:
    return ordered_sum(found.weight * (_places(found) >= place[:, None]))


def _at_most(place: Floats, found: Distributions) -> Floats:
    return ordered_sum(found.weight * (_places(found) <= place[:, None]))


def _half_and_more(place: Floats, found: Distributions) -> Floats:
    return ordered_sum(found.weight * (1 + np.sign(_places(found) - place[:, None])) / 2)


def _half_and_less(place: Floats, found: Distributions) -> Floats:
    return ordered_sum(found.weight * (1 - np.sign(_places(found) - place[:, None])) / 2)


def _places(found: Distributions) -> Floats:
    return np.arange(found.weight.shape[1], dtype=np.float64)


_EXTREME = {"two_sided": _no_more_probable, "greater": _at_least, "less": _at_most}
_MID_P = {"greater": _half_and_more, "less": _half_and_less}


def _departure(arms: TwoArms) -> Floats:
    """How far the active arm's events lie above their expected count."""
    total = np.maximum(arms.participants + arms.control_participants, 1.0)
    return arms.events - arms.participants * ((arms.events + arms.control_events) / total)


def _chi_square(arms: TwoArms, departure: Floats, alternative: str) -> Test:
    events = arms.events + arms.control_events
    total = arms.participants + arms.control_participants
    reason = first_reason(
        (no_participants(arms) != Reason.OK, Reason.NO_PARTICIPANTS),
        (events == 0, Reason.NO_EVENTS),
        (events == total, Reason.ALL_EVENTS),
    )
    margins = arms.participants * arms.control_participants * events * (total - events)
    statistic = departure**2 * total**3 / np.where(reason == Reason.OK, margins, 1.0)
    if alternative == "two_sided":
        return as_test(special.erfc(np.sqrt(statistic / 2)), statistic, reason)
    z = np.copysign(np.sqrt(statistic), departure)
    return as_test(student_p_value(z, np.inf, alternative), z, reason)
