"""Two incidence rates: tests that they are equal, and intervals of their ratio.

Every function takes events and participant-years of the active arm, then of the control arm, of
any common shape `(...)`. References: Przyborowski and Wilenski, Biometrika 1940;31:313-23.
Lancaster, J Am Stat Assoc 1961;56:223-34 (mid-p). Graham, Mengersen and Morton, Stat Med
2003;22:2071-83 (score). Gu, Ng, Tang and Schucany, Biom J 2008;50:283-98 (logarithm).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import Alternative, checked_alternative, checked_level
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
from wholetrial.analysis.responders.proportions import clopper_pearson, exact_binomial_test
from wholetrial.analysis.safety.exposure import (
    TwoExposures,
    checked_exposures,
    not_followed,
    positive_years,
)
from wholetrial.analysis.safety.rates import crossing


def rates_exact_test(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_years: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test that two rates are equal, given the events of both arms together (exact).

    Of all events, those of the active arm are binomial with its share of the years. Two-sided is
    the total probability of the splits no more probable than the observed one.

    >>> f"{rates_exact_test(5, 107.82, 0, 148.56).p_value:.4f}"
    '0.0132'
    """
    checked_alternative(alternative)
    arms = checked_exposures(events, years, control_events, control_years)
    reason = not_followed(arms)
    total = arms.events + arms.control_events
    split = exact_binomial_test(
        arms.events, np.maximum(total, 1.0), _share_of_years(arms), alternative
    )
    return as_test(np.where(total > 0, split.p_value, 1.0), None, reason)


def rates_mid_p_test(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_years: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test that two rates are equal, given all events, by the mid-p value.

    The observed split stands with half of its probability; two-sided is twice the smaller side.

    >>> f"{rates_mid_p_test(5, 107.82, 0, 148.56).p_value:.4f}"
    '0.0132'
    """
    checked_alternative(alternative)
    arms = checked_exposures(events, years, control_events, control_years)
    share = _share_of_years(arms)
    greater = _mid_p_tail(arms.events, arms.control_events, share)
    less = _mid_p_tail(arms.control_events, arms.events, 1 - share)
    both = np.minimum(1.0, 2 * np.minimum(greater, less))
    p_value = {"greater": greater, "less": less, "two_sided": both}[alternative]
    none = arms.events + arms.control_events == 0
    return as_test(np.where(none, 1.0, p_value), None, not_followed(arms))


def rates_score_test(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_years: npt.ArrayLike,
) -> Test:
    """Test that two rates are equal by the score statistic, chi-square with 1 degree of freedom.

    >>> f"{rates_score_test(5, 107.82, 0, 148.56).p_value:.4f}"
    '0.0087'
    """
    arms = checked_exposures(events, years, control_events, control_years)
    total = arms.events + arms.control_events
    reason = first_reason(
        (not_followed(arms) != Reason.OK, Reason.NO_EXPOSURE), (total == 0, Reason.NO_EVENTS)
    )
    share = _share_of_years(arms)
    variance = np.where(reason == Reason.OK, total * share * (1 - share), 1.0)
    statistic = (arms.events - total * share) ** 2 / variance
    return as_test(special.erfc(np.sqrt(statistic / 2)), statistic, reason)


def rate_ratio_log_wald(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_years: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a ratio of rates with the normal approximation of its logarithm.

    Current limitations: an arm without an event gives no standard error, and so no interval.

    >>> interval = rate_ratio_log_wald(3, 68.43, 1, 95.54)
    >>> f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"
    '4.19 (0.44 to 40.27)'
    """
    z = normal_quantile(checked_level(level))
    arms = checked_exposures(events, years, control_events, control_years)
    x, control_x = np.maximum(arms.events, 1.0), np.maximum(arms.control_events, 1.0)
    factor = np.exp(z * np.sqrt(1 / x + 1 / control_x))
    ratio, reason = _ratio(arms), _no_ratio(arms)
    empty = (arms.events == 0) | (arms.control_events == 0)
    reason = np.where(empty & (reason == Reason.OK), np.int8(Reason.NO_EVENTS), reason)
    return as_interval(ratio, (ratio / factor, ratio * factor), level, reason)


def rate_ratio_score(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_years: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a ratio of rates with the score interval, in closed form (Graham 2003).

    A control arm without an event gives the ratio `inf`, with a lower limit.

    >>> interval = rate_ratio_score(5, 107.82, 0, 148.56)
    >>> f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"
    'inf (1.79 to inf)'
    """
    z = normal_quantile(checked_level(level))
    arms = checked_exposures(events, years, control_events, control_years)
    x, control_x = arms.events, arms.control_events
    middle = 2 * x * control_x + z**2 * (x + control_x)
    spread = z * np.sqrt((x + control_x) * (4 * x * control_x + z**2 * (x + control_x)))
    # The ratio of expected counts solves control_x^2 r^2 - middle r + x^2 = 0; dividing by the
    # larger root takes no difference of near numbers.
    larger = np.where(middle > 0, middle + spread, 1.0)
    low = 2 * x**2 / larger
    high = _divided(larger, 2 * control_x**2)
    active, control = positive_years(arms)
    years_ratio = control / active
    return as_interval(
        _ratio(arms), (low * years_ratio, high * years_ratio), level, _no_ratio(arms)
    )


def rate_ratio_exact(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_years: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a ratio of rates with the exact interval, given the events of both arms together.

    >>> interval = rate_ratio_exact(5, 107.82, 0, 148.56)
    >>> f"{interval.low:.2f} to {interval.high:.2f}"
    '1.26 to inf'
    """
    arms = checked_exposures(events, years, control_events, control_years)
    split = clopper_pearson(arms.events, arms.events + arms.control_events, level)
    return _as_ratio(arms, split.low, split.high, level)


def rate_ratio_mid_p(
    events: npt.ArrayLike,
    years: npt.ArrayLike,
    control_events: npt.ArrayLike,
    control_years: npt.ArrayLike,
    level: float = 0.95,
) -> Interval:
    """Estimate a ratio of rates with the mid-p interval, given all events; shorter than the exact.

    >>> interval = rate_ratio_mid_p(5, 107.82, 0, 148.56)
    >>> f"{interval.low:.2f} to {interval.high:.2f}"
    '1.68 to inf'
    """
    tail = (1 - checked_level(level)) / 2
    arms = checked_exposures(events, years, control_events, control_years)
    low = _mid_p_limit(arms.events, arms.control_events, tail)
    high = 1 - _mid_p_limit(arms.control_events, arms.events, tail)
    return _as_ratio(arms, low, high, level)


def _no_ratio(arms: TwoExposures) -> Reasons:
    return first_reason(
        (not_followed(arms) != Reason.OK, Reason.NO_EXPOSURE),
        (arms.events + arms.control_events == 0, Reason.NO_EVENTS),
    )


def _share_of_years(arms: TwoExposures) -> Floats:
    active, control = positive_years(arms)
    return np.asarray(active / (active + control))


def _ratio(arms: TwoExposures) -> Floats:
    """Ratio of the rates, `inf` where only the control arm has no event, NaN without any event."""
    active, control = positive_years(arms)
    ratio = _divided(arms.events * control, arms.control_events * active)
    return np.where(_no_ratio(arms) == Reason.OK, ratio, np.nan)


def _divided(numerator: Floats, denominator: Floats) -> Floats:
    """Quotient of numbers of at least 0, `inf` where the denominator is 0."""
    finite = denominator > 0
    return np.where(finite, numerator / np.where(finite, denominator, 1.0), np.inf)


def _as_ratio(arms: TwoExposures, low: Floats, high: Floats, level: float) -> Interval:
    """Turn limits of the active arm's share of all events into limits of the ratio of rates."""
    active, control = positive_years(arms)
    below = _divided(low * control, (1 - low) * active)
    above = _divided(high * control, (1 - high) * active)
    return as_interval(_ratio(arms), (below, above), level, _no_ratio(arms))


def _mid_p_tail(x: Floats, other: Floats, share: Floats) -> Floats:
    """Probability of more than x events of the active arm, and half that of x."""
    at_least = np.where(x > 0, special.betainc(np.maximum(x, 1.0), other + 1, share), 1.0)
    more = np.where(other > 0, special.betainc(x + 1, np.maximum(other, 1.0), share), 0.0)
    return np.asarray((at_least + more) / 2)


def _mid_p_limit(x: Floats, other: Floats, tail: float) -> Floats:
    """Share of the active arm at which its mid-p tail is `tail`; 0 where it has no event."""
    share = crossing(
        lambda middle: _mid_p_tail(x, other, middle), np.zeros(x.shape), np.ones(x.shape), tail
    )
    return np.where(x > 0, share, 0.0)
