"""How often a design decides rightly in the scenarios that its file assumes."""

from collections.abc import Sequence

from wholetrial.analysis.decisions import Decision, decision_of, rule_in_words
from wholetrial.analysis.operating import PlannedTest, planned_tests
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Decisions, Simulated

NO_TEST = "The plan tests no primary endpoint, so there is no decision to get right."
NO_SCENARIO = "The file assumes no scenarios, so nothing says which decision is right."


def decisions_in(protocol: Protocol, simulated: Sequence[Simulated]) -> Decisions | None:
    """How often the design decides rightly in the scenarios among these; None of none at all."""
    if not simulated:
        return None
    tests = list(planned_tests(protocol, simulated[0].statistics))
    rule = rule_in_words(protocol, tests)
    scenarios = protocol.assumptions.scenarios if protocol.assumptions else {}
    if not rule or not scenarios:
        return Decisions(rule, (), NO_SCENARIO if rule else NO_TEST)
    found = [
        _decision(protocol, tests, one, scenarios[one.scenario].succeeds)
        for one in simulated
        if one.scenario in scenarios
    ]
    return Decisions(rule, tuple(one for one in found if one is not None))


def decides(protocol: Protocol) -> bool:
    """Whether the plan tests a primary endpoint, and the file says in which worlds it should."""
    primary = protocol.endpoints.primary
    tested = any(
        plan.alpha is not None and any(endpoint in primary for endpoint in plan.of)
        for plan in protocol.analyses.values()
    )
    return tested and bool(protocol.assumptions and protocol.assumptions.scenarios)


def _decision(
    protocol: Protocol, tests: Sequence[PlannedTest], one: Simulated, succeeds: bool
) -> Decision | None:
    if one.successful is None:
        return None
    right = one.successful.whole if succeeds else one.replicates - one.successful.any
    return decision_of(one.scenario, succeeds, right, one.replicates, _alpha(protocol, tests))


def _alpha(protocol: Protocol, tests: Sequence[PlannedTest]) -> float:
    """The share of trials that may succeed where none should: the largest alpha of the plan."""
    alphas = [protocol.analyses[one.analysis].alpha for one in tests if one.level == "primary"]
    return max(alpha.level for alpha in alphas if alpha is not None)
