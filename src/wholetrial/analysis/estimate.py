"""What a statistical method returns: an interval or a test, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]
Reasons = npt.NDArray[np.int8]


class Reason(IntEnum):
    """Why a method gives no number; `REASON_TEXT` holds the sentence of each.

    >>> REASON_TEXT[Reason.NO_PARTICIPANTS]
    'There are no participants to analyze.'
    """

    OK = 0
    NO_PARTICIPANTS = 1
    NO_EVENTS = 2
    ALL_EVENTS = 3
    NO_VARIATION = 4
    TOO_FEW = 5
    SINGULAR = 6
    BEYOND_FOLLOW_UP = 7
    NOT_CONVERGED = 8
    NO_BASELINE = 9
    NO_GRADES = 10
    COLLINEAR = 11
    SEPARATED = 12
    NO_COMPARISON = 13
    NO_DISCORDANT_PAIRS = 14
    NO_EXPOSURE = 15
    CONCLUSION_STANDS = 16
    NOT_MEASURED = 17
    ONE_STRATUM = 18
    COVARIANCE_SINGULAR = 19
    UNSUITED_CORRELATIONS = 20
    NO_OVERDISPERSION = 21
    NO_CONCLUSION = 22


REASON_TEXT: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.OK: "The method gives a number.",
        Reason.NO_PARTICIPANTS: "There are no participants to analyze.",
        Reason.NO_EVENTS: "No participant had the event, so the method gives no uncertainty.",
        Reason.ALL_EVENTS: "Every participant had the event, so the method gives no uncertainty.",
        Reason.NO_VARIATION: "All values are the same, so their variation cannot be estimated.",
        Reason.TOO_FEW: "There are too few participants for this method.",
        Reason.SINGULAR: "The comparison cannot be estimated: its variance is zero or singular.",
        Reason.BEYOND_FOLLOW_UP: "The time lies beyond the follow-up of every participant.",
        Reason.NOT_CONVERGED: "The iteration did not converge.",
        Reason.NO_BASELINE: "The baseline values to adjust for are not known of any participant.",
        Reason.NO_GRADES: "No grade of any adverse event was recorded.",
        Reason.COLLINEAR: "A covariate is constant or follows from the others.",
        Reason.SEPARATED: "A covariate or an arm tells the outcome with certainty.",
        Reason.NO_COMPARISON: "No stratum holds participants of the groups compared.",
        Reason.NO_DISCORDANT_PAIRS: "No participant differs between the two times.",
        Reason.NO_EXPOSURE: "The participants were followed for no time.",
        Reason.CONCLUSION_STANDS: "The conclusion is the same for every amount tried.",
        Reason.NOT_MEASURED: "Nobody of an arm was measured at one of the visits.",
        Reason.ONE_STRATUM: "Fewer than two strata tell anything of the effect.",
        Reason.COVARIANCE_SINGULAR: "These values do not determine the covariance between visits.",
        Reason.UNSUITED_CORRELATIONS: "The comparisons are not all positively correlated.",
        Reason.NO_OVERDISPERSION: "The counts vary no more than Poisson counts do.",
        Reason.NO_CONCLUSION: "The arm is not significantly better, so no conclusion can turn.",
    }
)


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its confidence limits, arrays of one shape `(...)`.

    Where `reason` is not `Reason.OK` the limits are NaN, and so is the value unless it stands
    without them (a survival of 1 while nobody had the event). A time that the follow-up does not
    reach is `inf`.
    """

    value: Floats
    low: Floats
    high: Floats
    level: float
    reason: Reasons


@dataclass(frozen=True, slots=True)
class Test:
    """A p-value, arrays of one shape `(...)`, with the test statistic where the method has one.

    Where `reason` is not `Reason.OK` the p-value and the statistic are NaN.
    """

    __test__ = False

    p_value: Floats
    statistic: Floats | None
    reason: Reasons


@dataclass(frozen=True, slots=True)
class Effect:
    """A model's estimate with its standard error, limits and p-value, arrays of one shape `(...)`.

    `freedom` are the degrees of freedom of Student's t, `inf` where the normal distribution is
    used. Where `reason` is not `Reason.OK` every number is NaN, except a value that stands without
    its uncertainty.
    """

    value: Floats
    standard_error: Floats
    freedom: Floats
    low: Floats
    high: Floats
    level: float
    statistic: Floats
    p_value: Floats
    reason: Reasons

    @property
    def interval(self) -> Interval:
        """The estimate with its limits alone."""
        return Interval(self.value, self.low, self.high, self.level, self.reason)

    @property
    def test(self) -> Test:
        """The test alone."""
        return Test(self.p_value, self.statistic, self.reason)


def as_effect(
    value: npt.ArrayLike,
    standard_error: npt.ArrayLike,
    freedom: npt.ArrayLike,
    level: float,
    reason: npt.ArrayLike,
    *,
    alternative: Literal["two_sided", "greater", "less"] = "two_sided",
) -> Effect:
    """Make an effect tested against zero: limits and p-value by Student's t or the normal.

    >>> effect = as_effect(2.0, 1.0, 10, 0.95, Reason.OK)
    >>> f"{effect.low:.3f} to {effect.high:.3f}, P={effect.p_value:.4f}"
    '-0.228 to 4.228, P=0.0734'
    """
    shape = np.broadcast_shapes(*map(np.shape, (value, standard_error, freedom, reason)))
    why = _filled(reason, shape, np.int8)
    known = why == Reason.OK
    estimate = _filled(value, shape)
    error, degrees = (
        np.where(known, _filled(numbers, shape), np.nan) for numbers in (standard_error, freedom)
    )
    half = error * student_quantile(level, degrees)
    statistic = np.where(known, estimate, np.nan) / error
    return Effect(
        value=estimate,
        standard_error=error,
        freedom=degrees,
        low=estimate - half,
        high=estimate + half,
        level=level,
        statistic=statistic,
        p_value=student_p_value(statistic, degrees, alternative),
        reason=why,
    )


def effect_at(effects: Effect, place: Any) -> Effect:
    """One, or a part, of several effects: those at a NumPy index, such as `(..., 0)`.

    >>> both = as_effect([2.0, 5.0], 1.0, np.inf, 0.95, Reason.OK)
    >>> float(effect_at(both, (..., 1)).value)
    5.0
    """
    arrays = {
        field.name: np.asarray(getattr(effects, field.name))[place]
        for field in fields(effects)
        if field.name != "level"
    }
    return replace(effects, **arrays)


def student_p_value(
    statistic: npt.ArrayLike, freedom: npt.ArrayLike, alternative: str = "two_sided"
) -> Floats:
    """Give the p-value of a t statistic, or of a normal one where `freedom` is infinite."""
    t = np.asarray(statistic, np.float64)
    below = -np.abs(t) if alternative == "two_sided" else (-t if alternative == "greater" else t)
    degrees = np.asarray(freedom, np.float64)
    tail = np.where(np.isinf(degrees), special.ndtr(below), special.stdtr(degrees, below))
    return np.asarray(2 * tail if alternative == "two_sided" else tail)


def student_quantile(level: float, freedom: npt.ArrayLike) -> Floats:
    """Give the half width of a two-sided t interval in standard errors; normal for `inf`.

    >>> [f"{half:.4f}" for half in student_quantile(0.95, [10, np.inf])]
    ['2.2281', '1.9600']
    """
    degrees = np.asarray(freedom, np.float64)
    finite = np.where(np.isinf(degrees), 1.0, degrees)
    t = special.stdtrit(finite, 1 - (1 - level) / 2)
    return np.where(np.isinf(degrees), normal_quantile(level), t)


def as_interval(
    value: npt.ArrayLike,
    limits: tuple[npt.ArrayLike, npt.ArrayLike],
    level: float,
    reason: npt.ArrayLike,
) -> Interval:
    """Make an interval whose limits are NaN wherever the reason is not OK."""
    shape = np.broadcast_shapes(np.shape(value), np.shape(reason))
    why = _filled(reason, shape, np.int8)
    low, high = (np.where(why == Reason.OK, limit, np.nan) for limit in limits)
    return Interval(_filled(value, shape), _filled(low, shape), _filled(high, shape), level, why)


def as_test(p_value: npt.ArrayLike, statistic: npt.ArrayLike | None, reason: npt.ArrayLike) -> Test:
    """Make a test whose p-value and statistic are NaN wherever the reason is not OK."""
    shape = np.broadcast_shapes(np.shape(p_value), np.shape(reason))
    why = _filled(reason, shape, np.int8)
    told = None if statistic is None else np.where(why == Reason.OK, statistic, np.nan)
    return Test(
        _filled(np.where(why == Reason.OK, p_value, np.nan), shape),
        None if told is None else _filled(told, shape),
        why,
    )


def first_reason(*causes: tuple[npt.ArrayLike, Reason]) -> Reasons:
    """Give, for each analysis, the first reason that applies and OK where none does.

    >>> first_reason(([True, False], Reason.NO_PARTICIPANTS), ([True, True], Reason.TOO_FEW))
    array([1, 5], dtype=int8)
    """
    conditions = np.broadcast_arrays(*(np.asarray(condition, bool) for condition, _ in causes))
    return np.select(conditions, [np.int8(reason) for _, reason in causes], np.int8(Reason.OK))


def normal_quantile(level: float) -> float:
    """Give the half width of a two-sided normal interval in standard errors.

    >>> f"{normal_quantile(0.95):.6f}"
    '1.959964'
    """
    return float(special.ndtri(1 - (1 - level) / 2))


def _filled(
    values: npt.ArrayLike, shape: tuple[int, ...], kind: npt.DTypeLike = np.float64
) -> npt.NDArray[Any]:
    return np.array(np.broadcast_to(np.asarray(values, kind), shape))
