"""Several tests of one analysis: p-values adjusted together by the procedure of the file.

The family are all tests of the analysis: its endpoints in the order of `of`, their times, then the
arms in the order of the file. A test that gives no number counts as not rejected.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from wholetrial.analysis.estimate import Floats
from wholetrial.analysis.multiplicity import adjusted_p_values as adjust
from wholetrial.analysis.multiplicity.graph import Graph as Hypotheses
from wholetrial.analysis.multiplicity.graphical import graphical_test
from wholetrial.analysis.statistic import Statistic
from wholetrial.protocol.analysis_plan import Analysis, Graph
from wholetrial.protocol.protocol import Protocol

ADJUSTED_P = "adjusted_p_value"
PROCEDURES: Mapping[str, Callable[[Floats], Floats]] = {
    "bonferroni": adjust.bonferroni,
    "holm": adjust.holm,
    "hochberg": adjust.hochberg,
    "hommel": adjust.hommel,
    "fixed_sequence": adjust.fixed_sequence,
}


def adjusted(protocol: Protocol, name: str, statistics: Iterable[Statistic]) -> list[Statistic]:
    """The adjusted p-values of one analysis, beside those by themselves; none without a procedure.

    Where a part of the planned endpoints has no test (a publication that prints only some), the
    family is not whole and nothing is adjusted.
    """
    plan = protocol.analyses[name]
    if plan.multiplicity in (None, "none", "dunnett"):
        return []
    tests = [
        one
        for one in statistics
        if one.analysis == name and one.name == "p_value" and not one.reading
    ]
    if not tests:
        return []
    procedure = str(plan.multiplicity)
    lacking = [endpoint for endpoint in plan.of if endpoint not in {one.endpoint for one in tests}]
    if lacking:
        why = f"{procedure}: no test of {', '.join(lacking)}"
        return [_not_adjusted(tests[0], why)]
    p_values = np.stack([one.value for one in tests], axis=-1)
    found = _procedure(plan, tests)(np.asarray(p_values, np.float64))
    note = f"{procedure} over {len(tests)} tests"
    return [
        replace(one, name=ADJUSTED_P, value=found[..., place], method=procedure, note=note)
        for place, one in enumerate(tests)
    ]


def hypothesis(test: Statistic, tests: Sequence[Statistic]) -> str:
    """The name of a tested hypothesis in a graph: "pasi_75", "pasi_75 at week 12 of once_45".

    The time and the arm stand only where the endpoint is tested at several times, or several arms.
    """
    alike = [one for one in tests if one.endpoint == test.endpoint]
    time = f" at {test.at}" if len({one.at for one in alike}) > 1 else ""
    arm = f" of {test.arm}" if len({one.arm for one in alike}) > 1 else ""
    return f"{test.endpoint}{time}{arm}"


def _procedure(plan: Analysis, tests: Sequence[Statistic]) -> Callable[[Floats], Floats]:
    if plan.graph is None:
        return PROCEDURES[str(plan.multiplicity)]
    names = [hypothesis(one, tests) for one in tests]
    graph = _graph(plan.graph, names)
    level = plan.alpha.level if plan.alpha else 0.05
    return lambda p_values: graphical_test(graph, p_values, level).adjusted_p_values


def _graph(planned: Graph, names: Sequence[str]) -> Hypotheses:
    """The graph in the order of the tests; raises ValueError for another set of hypotheses."""
    if set(planned.weights) != set(names):
        tested, stated = ", ".join(names), ", ".join(planned.weights)
        raise ValueError(f"the graph needs the hypotheses {tested}; it has {stated}")
    passes = [planned.passes.get(one, {}) for one in names]
    return Hypotheses(
        tuple(names),
        tuple(planned.weights[name] for name in names),
        tuple(tuple(row.get(other, 0.0) for other in names) for row in passes),
    )


def _not_adjusted(test: Statistic, why: str) -> Statistic:
    blank = np.full(np.shape(test.value), np.nan)
    return replace(
        test, name="not_computed", value=blank, method=why, not_computed=why, arm="", control=""
    )
