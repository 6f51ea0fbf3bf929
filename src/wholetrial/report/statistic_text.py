"""How each statistic is printed: in which column, in which form, and what its number is."""

from collections.abc import Callable
from typing import Literal, NamedTuple, SupportsFloat

from wholetrial.analysis.statistic import Statistic
from wholetrial.report.numbers import (
    interval,
    number,
    p_number,
    percent,
    percent_interval,
    percentage_points,
    signed,
    with_interval,
)

Kind = Literal["value", "difference", "ratio", "adjusted", "p", "adjusted p"]


class Printed(NamedTuple):
    """The column of a statistic, the form of its number and of its interval, and what it is."""

    kind: Kind
    form: Callable[[SupportsFloat | None], str]
    ends: Callable[[SupportsFloat | None, SupportsFloat | None], str] = interval
    words: str = ""


def _ratio(value: SupportsFloat | None) -> str:
    return number(value, 2)


def _ratio_ends(low: SupportsFloat | None, high: SupportsFloat | None) -> str:
    return interval(low, high, 2)


def _whole(value: SupportsFloat | None) -> str:
    return number(value, 0)


def _whole_ends(low: SupportsFloat | None, high: SupportsFloat | None) -> str:
    return interval(low, high, 0)


PRINTED: dict[str, Printed] = {
    "proportion": Printed("value", percent, percent_interval, "share of participants"),
    "event_free": Printed("value", percent, percent_interval, "share without the event"),
    "cumulative_incidence": Printed(
        "value", percent, percent_interval, "share with the event, leaving the study beside it"
    ),
    "mean": Printed("value", number, words="mean"),
    "mean_change": Printed("value", signed, words="mean change from baseline"),
    "least_squares_mean": Printed("value", signed, words="least-squares mean change from baseline"),
    "median_time": Printed("value", _whole, _whole_ends, "median time in days"),
    "restricted_mean": Printed("value", _whole, _whole_ends, "mean time without it, in days"),
    "rate": Printed("value", number, words="participants with events per 100 patient-years"),
    "risk_difference": Printed("difference", percentage_points, percent_interval),
    "survival_difference": Printed("difference", percentage_points, percent_interval),
    "mean_difference": Printed("difference", signed),
    "rmst_difference": Printed("difference", signed),
    "rate_difference": Printed("difference", signed),
    "risk_ratio": Printed("ratio", _ratio, _ratio_ends),
    "odds_ratio": Printed("ratio", _ratio, _ratio_ends),
    "hazard_ratio": Printed("ratio", _ratio, _ratio_ends),
    "rate_ratio": Printed("ratio", _ratio, _ratio_ends),
    "adjusted_risk_difference": Printed("adjusted", percentage_points, percent_interval),
    "p_value": Printed("p", p_number),
    "adjusted_p_value": Printed("adjusted p", p_number),
}
"""Every statistic by its name, but for worst grades, tipping points and what is not computed."""
SHARES = tuple(name for name, one in PRINTED.items() if one.ends is percent_interval)
"""Statistics that are printed in percent or percentage points."""
IN_POINTS = ("risk_difference", "survival_difference", "adjusted_risk_difference")


def value_text(one: Statistic) -> str:
    """A statistic with its interval, as it is printed."""
    printed = PRINTED[one.name]
    return with_interval(printed.form(one.value), printed.ends(one.low, one.high))


def plain_value(one: Statistic, value: float) -> tuple[str, str]:
    """A number of the statistic's kind without a sign, and its unit for an interval."""
    return (percent(value), "%") if one.name in SHARES else (number(value), "")
