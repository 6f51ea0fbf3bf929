"""The Cochran-Mantel-Haenszel test: two proportions compared within strata.

Every function takes the counts of the active arm, then of the control arm, with the strata on the
last axis, `(..., K)`. A stratum without participants in one of the arms contributes nothing.
References: Cochran, Biometrics 1954;10:417-51. Mantel and Haenszel, J Natl Cancer Inst
1959;22:719-48.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import Alternative, checked_alternative
from wholetrial.analysis.estimate import Floats, Reason, Test, as_test
from wholetrial.analysis.responders.strata import (
    Strata,
    checked_strata,
    everybody,
    no_variation,
    over_strata,
)

CORRECTION = 0.5


def cmh_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two proportions within strata by the Cochran-Mantel-Haenszel chi-square.

    The statistic has 1 degree of freedom and no continuity correction; a one-sided p-value is that
    of its signed root. In one stratum it is Pearson's, times (N - 1) / N.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> test = cmh_test(*four)
    >>> f"{test.statistic:.4f}, P={test.p_value:.2g}"
    '21.9264, P=2.8e-06'
    """
    strata = checked_strata(events, participants, control_events, control_participants)
    return _chi_square(strata, _departure(strata), alternative)


def cmh_corrected_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_participants: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test two proportions within strata by the chi-square with a continuity correction of 1/2.

    As in R, a departure of less than 1/2 is not corrected.

    >>> four = [20, 16, 15, 27], [30, 25, 28, 41], [9, 8, 15, 9], [31, 24, 29, 40]
    >>> test = cmh_corrected_test(*four)
    >>> f"{test.statistic:.4f}, P={test.p_value:.2g}"
    '20.7593, P=5.2e-06'
    """
    strata = checked_strata(events, participants, control_events, control_participants)
    departure = _departure(strata)
    size = np.abs(departure)
    corrected = np.where(size >= CORRECTION, size - CORRECTION, size)
    return _chi_square(strata, np.sign(departure) * corrected, alternative)


def _departure(strata: Strata) -> Floats:
    """How many more events the active arm has than expected, given each stratum's events."""
    total = everybody(strata)
    events = strata.events + strata.control_events
    # One product over one divisor: where the arms are alike the difference is exactly zero.
    return over_strata((strata.events * total - strata.participants * events) / total)


def _variance(strata: Strata) -> Floats:
    """The hypergeometric variance of the active arm's events, summed over strata."""
    total = everybody(strata)
    events = strata.events + strata.control_events
    without = strata.participants + strata.control_participants - events
    people = strata.participants * strata.control_participants
    return over_strata(people * events * without / (total**2 * np.maximum(total - 1, 1.0)))


def _chi_square(strata: Strata, departure: Floats, alternative: str) -> Test:
    checked_alternative(alternative)
    variance = _variance(strata)
    reason = no_variation(strata)
    reason = np.where((reason == Reason.OK) & (variance == 0), np.int8(Reason.SINGULAR), reason)
    root = departure / np.sqrt(np.where(reason == Reason.OK, variance, 1.0))
    p_value = {
        "two_sided": special.erfc(np.abs(root) / np.sqrt(2)),
        "greater": special.ndtr(-root),
        "less": special.ndtr(root),
    }[alternative]
    return as_test(p_value, np.square(root), reason)
