"""Every name of the language is computed where it suits, with its paper; else checking says why."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from wholetrial.analysis.methods import METHODS
from wholetrial.analysis.planned.analyze import methods_used
from wholetrial.analysis.planned.methods import methods_planned
from wholetrial.analysis.statistic import Statistic
from wholetrial.protocol.analysis_methods import INTERVALS, SUMMARIES, TESTS
from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.protocol import Protocol

ENDPOINTS = {"response": "clear", "change": "lower", "time_to": "worse", "events": "any_ae"}
BETTER = {"response": "higher", "change": "lower", "time_to": "later", "events": "lower"}
IMPUTED = "multiple imputation 3 times, missing at random"
_INSIDE = {"mmrm", "kenward_roger_linear", "satterthwaite", "ancova"}
"""Methods inside of others: what they give stands in the results under the other's name."""

Found = Callable[..., list[Statistic]]


class Named(NamedTuple):
    """A summary with its interval, and a test, of a kind of endpoint."""

    kind: str
    summary: str
    interval: str
    test: str


def named() -> Iterator[Named]:
    """Every summary with each of its intervals and each test that suits the endpoint."""
    for kind in ENDPOINTS:
        for summary in (name for name, one in SUMMARIES.items() if kind in one.suits):
            for interval in (name for name, one in INTERVALS.items() if summary in one.suits):
                for test in (name for name, one in TESTS.items() if kind in one.suits):
                    yield Named(kind, summary, interval, test)


def fields(one: Named) -> dict[str, Any]:
    """An analysis that names them, with what each of them needs."""
    needs: dict[str, Any] = {"of": (ENDPOINTS[one.kind],), "set": "randomized", "test": one.test}
    needs["estimate"] = f"{one.summary}, {one.interval} 95 %"
    if one.test != "none":
        needs |= {"alpha": "0.05 two-sided", "better": BETTER[one.kind]}
    if one.kind in ("time_to", "events") and one.summary in ("rmst_difference", "kaplan_meier"):
        needs["at"] = "week 12"
    if INTERVALS[one.interval].stratified or TESTS[one.test].stratified:
        needs["strata"] = ("center",)
    if "rubin" in (one.interval, one.test):
        needs["missing"] = IMPUTED
    if one.summary == "mmrm":
        needs |= {"missing": "mixed model", "covariance": "compound_symmetry"}
    return {**needs, **_against(one)}


def _against(one: Named) -> dict[str, Any]:
    """What a test holds an arm against: another arm, a benchmark, or its own first time."""
    if one.test == "exact_binomial":
        return {"against": "50 %"}
    if one.test == "mcnemar":
        return {"of": ("early_and_late",)} if one.kind == "response" else {}
    return {"compare": "each experimental with placebo"}


def with_analysis(protocol: Protocol, one: Named) -> Protocol:
    plan = Analysis.model_validate(fields(one))
    return protocol.model_copy(update={"analyses": {"planned": plan}})


@pytest.mark.parametrize("kind", ENDPOINTS)
def test_what_checking_accepts_is_computed(
    several: Protocol, errors: Callable[[Protocol], list[str]], found: Found, kind: str
) -> None:
    """Each summary, interval and test of the kind is accepted somewhere, and none is forgotten."""
    seen: set[str] = set()
    for one in named():
        if one.kind != kind:
            continue
        protocol = with_analysis(several, one)
        if errors(protocol):
            continue
        names = {f"{one.summary}, {one.interval}", one.test}
        if names <= seen:
            continue  # both were computed in other analyses
        seen |= names
        statistics = found(protocol)
        assert [s.not_computed for s in statistics if s.not_computed] == [], one
        assert [s.why_none for s in statistics if s.why_none] == [], one
        assert any(s.name == "p_value" for s in statistics) == (one.test != "none"), one
        assert all(s.row("recorded")["reference"] for s in statistics), one
        planned = methods_planned(protocol, protocol.analyses["planned"])
        assert set(planned.all) <= set(METHODS), one
        used = set(methods_used(statistics))
        assert used <= set(planned.all), one
        assert {*planned.test, *planned.estimate} <= used | _INSIDE, one
    summaries = {f"{one.summary}, {one.interval}" for one in named() if one.kind == kind}
    tests = {one.test for one in named() if one.kind == kind}
    unseen = (summaries | tests) - seen
    assert unseen == UNSUITED.get(kind, set())


UNSUITED: dict[str, set[str]] = {
    "events": {
        "proportion, rubin",
        "risk_difference, rubin",
        "median_time, bootstrap",
        "rubin",
        "mcnemar",
    }
}
"""What the table of names allows and checking refuses: adverse events are not imputed."""
