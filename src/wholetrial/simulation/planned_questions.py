"""Which planned comparisons can be answered without simulating a trial, and why others cannot.

The power of a comparison is exact by enumeration of the counts, given the rates, where every
participant of an arm responds independently with the same probability and the arm's size is fixed.
That is so for a response at one visit that nothing before it decides. All else is simulated.
"""

from collections.abc import Iterator
from itertools import product
from typing import Literal, NamedTuple

from wholetrial.analysis.enumeration import MOST_TABLES, Success
from wholetrial.analysis.planned.plan import with_estimand
from wholetrial.analysis.planned.shares import TESTS
from wholetrial.endpoints.derive import one_time_each
from wholetrial.endpoints.handling import NotDerivedError
from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.condition import Compare, Condition, Named
from wholetrial.protocol.endpoint import Endpoint
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Point
from wholetrial.protocol.timeline import (
    ScheduleError,
    Visit,
    administrations,
    measured_at,
    visit_at,
    visits_named,
)
from wholetrial.simulation.simulate import Simulation

ENUMERATED = (
    "exact enumeration of both counts, given rates from Sobol participants with the model at its "
    "estimates"
)
ENUMERATED_ALONE = (
    "exact enumeration of the count, given a rate from Sobol participants with the model at its "
    "estimates"
)
_STRATEGIES = ("composite_variable", "treatment_policy", "hypothetical")


class Question(NamedTuple):
    """One planned comparison: what it asks, and why it must be simulated; "" where it need not.

    `against` is the benchmark of an arm that is compared with none. `visit` and `improvement` (a
    percentage of PASI) are known where nothing stands against enumeration.
    """

    analysis: str
    endpoint: str
    at: str
    arm: str
    control: str
    success: Success
    against: float | None = None
    visit: Visit | None = None
    improvement: float = 0.0
    why_simulated: str = ""

    @property
    def method(self) -> str:
        """How it is answered, in words."""
        if self.why_simulated:
            return f"simulated: {self.why_simulated}"
        return ENUMERATED if self.control else ENUMERATED_ALONE


def planned_questions(simulation: Simulation) -> tuple[Question, ...]:
    """Every planned test of efficacy, with the cheapest method that is exact for it."""
    protocol = simulation.protocol
    found = []
    for name, plan in protocol.analyses.items():
        if plan.alpha is None or plan.test == "none":
            continue
        for endpoint in plan.of:
            level, stated = protocol.endpoints.named()[endpoint]
            if level == "safety":
                continue
            mine = with_estimand(protocol, name, endpoint)
            for (at, part, point), pair in product(_times(stated), _pairs(protocol, plan)):
                asked = Question(name, endpoint, at, *pair, _success(plan), _share_against(plan))
                found.append(_answered(simulation, mine, asked, (stated, part, point)))
    return tuple(found)


def _times(endpoint: Endpoint) -> list[tuple[str, Condition | None, Point | None]]:
    """The times of a response, each with its label and its condition."""
    several = len(endpoint.response) > 1
    try:
        return [
            (str(part) if several else str(point or part), part, point)
            for condition in endpoint.response
            for part, point in one_time_each(condition)
        ] or [("", None, None)]
    except NotDerivedError:
        return [("", None, None)]


def _pairs(protocol: Protocol, plan: Analysis) -> list[tuple[str, str]]:
    """The arms compared; without a comparison, each arm alone."""
    if plan.compare is None:
        return [(name, "") for name in protocol.arms]
    control = protocol.arms_named(plan.compare.control)
    arms = [name for name in protocol.arms_named(plan.compare.arms) if name not in control]
    if plan.compare.how == "pooled" or len(control) != 1:
        return [(plan.compare.arms, plan.compare.control)]
    return [(name, control[0]) for name in arms]


def _success(plan: Analysis) -> Success:
    if plan.alpha is None:
        raise ValueError("a comparison succeeds at its alpha, and has none")
    lower = plan.better in ("lower", "later")
    better: Literal["lower", "higher"] = "lower" if lower else "higher"
    return Success(plan.test, plan.alpha.level, plan.alpha.sides, better)


def _share_against(plan: Analysis) -> float | None:
    share = plan.against.share if plan.against else None
    return share.fraction if share else None


def _answered(
    simulation: Simulation,
    protocol: Protocol,
    asked: Question,
    what: tuple[Endpoint, Condition | None, Point | None],
) -> Question:
    """The question with its visit and its improvement, or with the reason to simulate it."""
    endpoint, part, point = what
    why = next(_not_of_two_counts(protocol, asked, endpoint), "")
    if why:
        return asked._replace(why_simulated=why)
    improvement = _improvement(simulation, protocol, part)
    visit = _visit(protocol, point)
    if improvement is None or visit is None:
        return asked._replace(
            why_simulated="it is no improvement of PASI by a percentage at one visit"
        )
    why = next(_not_alone(simulation, protocol, asked, visit), "")
    return asked._replace(visit=visit, improvement=improvement, why_simulated=why)


def _not_of_two_counts(protocol: Protocol, asked: Question, endpoint: Endpoint) -> Iterator[str]:
    """Why the test is no function of fixed numbers of participants and their counts."""
    plan = protocol.analyses[asked.analysis]
    if not endpoint.response:
        yield "the endpoint is no response"
    if asked.success.test not in TESTS and (asked.control or asked.against is None):
        yield f"the test ({asked.success.test}) is no function of two counts"
    if not asked.control and asked.success.test != "exact_binomial":
        yield f"the test ({asked.success.test}) is no function of one count"
    if asked.arm not in protocol.arms or (asked.control and asked.control not in protocol.arms):
        yield "several arms are pooled"
    if plan.multiplicity not in (None, "none"):
        yield f"several tests are corrected together ({plan.multiplicity})"
    if endpoint.among is not None:
        yield "it speaks of some participants only, and how many is left to chance"
    if protocol.missing.response != "no response":
        yield "a missing value is no 'no response'"
    yield from _other_strategies(protocol)
    yield from _sizes_vary(protocol, asked)


def _other_strategies(protocol: Protocol) -> Iterator[str]:
    for event, strategy in protocol.intercurrent.items():
        if strategy not in _STRATEGIES:
            yield f"the strategy for {event} is {strategy}"


def _sizes_vary(protocol: Protocol, asked: Question) -> Iterator[str]:
    """Why the numbers of participants compared are not fixed."""
    allocation, arms = protocol.design.allocation, _arms(asked)
    if len(protocol.arms) > 1 and (allocation is None or allocation.not_randomized is not None):
        yield "people are not randomized"
    elif allocation is not None and allocation.randomized == "simple":
        yield "simple randomization leaves the arms' sizes to chance"
    elif allocation is not None and allocation.strata:
        yield "randomization within strata leaves the arms' sizes to chance"
    members = protocol.analysis_sets[protocol.analyses[asked.analysis].set].members
    on_day_0 = [any(one.day == 0 for one in administrations(protocol, arm)) for arm in arms]
    if members == "given a dose" and not all(on_day_0):
        yield "not everybody is given a dose on the first day"
    sizes = [protocol.arms[arm].n + 1 for arm in arms]
    if len(sizes) > 1 and sizes[0] * sizes[1] > MOST_TABLES:
        yield "the arms are too large to go through every outcome"


def _not_alone(
    simulation: Simulation, protocol: Protocol, asked: Question, visit: Visit
) -> Iterator[str]:
    """Why something before the visit decides on who is treated or seen how."""
    for name, rule in protocol.rules.items():
        concerned = set(protocol.arms_named(*rule.arms)) & set(_arms(asked))
        if concerned and any(one.day < visit.day for one in visits_named(protocol, rule.at)):
            yield f"a rule acts before it ({name})"
    if visit.only_if is not None:
        yield "the visit takes place on a condition"
    given = {one.intervention for arm in _arms(asked) for one in administrations(protocol, arm)}
    if given & set(simulation.world.courses):
        yield "an empirical course is followed trial by trial"
    if any(one.most is not None for arm in _arms(asked) for one in administrations(protocol, arm)):
        yield "a dose is titrated"


def _arms(asked: Question) -> list[str]:
    return [asked.arm, *([asked.control] if asked.control else [])]


def _improvement(
    simulation: Simulation, protocol: Protocol, condition: Condition | None
) -> float | None:
    """The percentage by which PASI must improve, if that is what a response is."""
    if isinstance(condition, Named):
        condition = protocol.terms.get(condition.term)
    if not isinstance(condition, Compare) or condition.derived != "improvement":
        return None
    plain = condition.compare == ">=" and condition.unit == "%"
    since = condition.since in (None, "baseline")
    severity = simulation.readers.severity
    if not (plain and since and condition.value == severity):
        return None
    return condition.threshold if 0.0 < condition.threshold <= 100.0 else None


def _visit(protocol: Protocol, point: Point | None) -> Visit | None:
    """The visit at which PASI is measured, if it is one after the first day."""
    try:
        found = visit_at(protocol, point) if point is not None else None
    except ScheduleError:
        return None
    if found is None or found.day <= 0:
        return None
    measured = [visit for name in protocol.instruments for visit in measured_at(protocol, name)]
    return found if found in measured else None
