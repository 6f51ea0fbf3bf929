"""Whether the design decides rightly in the scenarios of its file, and how well that is known."""

from typing import NamedTuple

from wholetrial.analysis.decisions import Decision
from wholetrial.report.contents import Decisions
from wholetrial.report.labels import plain
from wholetrial.report.numbers import count_of, percent, percent_interval


class DecisionRow(NamedTuple):
    """One scenario: what should be found in it, the right decisions, and the verdict."""

    scenario: str
    should: str
    right: str
    share: str
    interval: str
    verdict: str
    suffices: bool


class DecisionTable(NamedTuple):
    """The rule in words and a row for each scenario; or why there is nothing to decide."""

    rule: str
    rows: tuple[DecisionRow, ...]
    why_none: str


def decision_table(decisions: Decisions | None) -> DecisionTable | None:
    """The table of right decisions; None where nothing was simulated."""
    if decisions is None:
        return None
    rows = tuple(_row(one) for one in decisions.found)
    return (
        DecisionTable(decisions.rule, rows, decisions.why_none)
        if rows or decisions.why_none
        else None
    )


def _row(one: Decision) -> DecisionRow:
    return DecisionRow(
        scenario=plain(one.scenario),
        should="succeed" if one.succeeds else "not succeed",
        right=count_of(one.right, one.replicates),
        share=f"{percent(one.share, 1)} ± {percent(one.error, 1)}",
        interval=percent_interval(one.low, one.high, 1),
        verdict=_verdict(one),
        suffices=one.needed is None,
    )


def _verdict(one: Decision) -> str:
    """Whether so many trials suffice, and for what."""
    crossed = [limit for limit in one.limits if one.low <= limit <= one.high]
    if one.needed is not None:
        limits = " and ".join(_limit(limit) for limit in crossed)
        return f"too few: about {one.needed:,} trials are needed to tell it from {limits}"
    if crossed:
        return "enough: known within 1 point"
    above = [limit for limit in one.limits if limit < one.low]
    below = [limit for limit in one.limits if limit > one.high]
    if above and below:
        return f"enough: between {_limit(max(above))} and {_limit(min(below))}"
    return f"enough: above {_limit(max(above))}" if above else f"enough: below {_limit(min(below))}"


def _limit(share: float) -> str:
    return percent(share, 0 if round(share * 100, 6).is_integer() else 1)
