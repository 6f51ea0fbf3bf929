"""Whether the odds ratio is the same in every stratum: the tests of Breslow and Day, and of Tarone.

Every function takes the counts of the active arm, then of the control arm, with the strata on the
last axis, `(..., K)`. References: Breslow and Day, IARC Sci Publ 1980;32:5-338. Tarone, Biometrika
1985;72:91-5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import Booleans, TwoArms
from wholetrial.analysis.estimate import Floats, Reason, Reasons, Test, as_test
from wholetrial.analysis.responders.constrained import expected_given_odds_ratio
from wholetrial.analysis.responders.strata import (
    Strata,
    checked_strata,
    everybody,
    no_variation,
    over_strata,
)


class ChiSquareTest(NamedTuple):
    """A chi-square test with its degrees of freedom, which differ from replicate to replicate."""

    test: Test
    freedom: Floats


class _Expected(NamedTuple):
    """Events of the active arm: how many more than expected, variance, where they tell anything."""

    departure: Floats
    variance: Floats
    informative: Booleans
    reason: Reasons


def breslow_day_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
) -> ChiSquareTest:
    """Test that the odds ratio is the same in all strata, without Tarone's correction.

    The common ratio is that of Mantel and Haenszel. A stratum in which nobody or everybody had the
    event tells nothing of it and does not count in the degrees of freedom.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> found = breslow_day_test(*four)
    >>> f"{found.test.statistic:.4f} on {found.freedom:.0f}, P={found.test.p_value:.4f}"
    '7.0563 on 3, P=0.0701'
    """
    expected = _expected(checked_strata(events, participants, control_events, control_participants))
    return _chi_square(expected, _sum_of_squares(expected))


def tarone_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
) -> ChiSquareTest:
    """Test that the odds ratio is the same in all strata, with Tarone's correction (1985).

    The correction allows for the Mantel-Haenszel ratio not being the most likely one.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> found = tarone_test(*four)
    >>> f"{found.test.statistic:.4f} on {found.freedom:.0f}, P={found.test.p_value:.4f}"
    '7.0380 on 3, P=0.0707'
    """
    expected = _expected(checked_strata(events, participants, control_events, control_participants))
    total = over_strata(expected.variance)
    excess = np.square(over_strata(expected.departure)) / np.where(total > 0, total, 1.0)
    return _chi_square(expected, np.maximum(_sum_of_squares(expected) - excess, 0.0))


def _expected(strata: Strata) -> _Expected:
    """What the Mantel-Haenszel odds ratio makes of each stratum's events."""
    x, n, control_x, control_n = strata.arms
    total, all_events = everybody(strata), x + control_x
    above = over_strata(x * (control_n - control_x) / total)
    below = over_strata((n - x) * control_x / total)
    finite = (above > 0) & (below > 0)
    ratio = np.where(finite, above, 1.0) / np.where(finite, below, 1.0)
    informative = strata.compares & (all_events > 0) & (all_events < n + control_n)
    filled = TwoArms(
        x, np.where(strata.compares, n, 1.0), control_x, np.where(strata.compares, control_n, 1.0)
    )
    cells = expected_given_odds_ratio(filled, ratio[..., None])
    information = 1 / np.sum(1 / np.where(informative, cells, 1.0), axis=0)
    reason = no_variation(strata)
    # a common odds ratio of 0 or inf fits every stratum or none: nothing is left to test
    reason = np.where((reason == Reason.OK) & ~finite, np.int8(Reason.SINGULAR), reason)
    few = np.sum(informative, axis=-1) < 2
    reason = np.where((reason == Reason.OK) & few, np.int8(Reason.ONE_STRATUM), reason)
    return _Expected(
        np.where(informative, x - cells[0], 0.0),
        np.where(informative, information, 0.0),
        informative,
        reason,
    )


def _sum_of_squares(expected: _Expected) -> Floats:
    variance = np.where(expected.variance > 0, expected.variance, 1.0)
    return over_strata(expected.departure**2 / variance)


def _chi_square(expected: _Expected, statistic: Floats) -> ChiSquareTest:
    freedom = np.maximum(np.sum(expected.informative, axis=-1) - 1.0, 0.0)
    p_value = special.chdtrc(np.maximum(freedom, 1.0), statistic)
    test = as_test(p_value, statistic, expected.reason)
    return ChiSquareTest(test, np.where(expected.reason == Reason.OK, freedom, np.nan))
