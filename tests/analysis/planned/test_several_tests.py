"""Several tests of one analysis: over endpoints, times and arms, by each procedure of the language."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from wholetrial.analysis.multiplicity import adjusted_p_values as adjust
from wholetrial.analysis.multiplicity.graph import Graph as Hypotheses
from wholetrial.analysis.multiplicity.graphical import graphical_test
from wholetrial.analysis.operating import powers, stacked
from wholetrial.analysis.planned.several import adjusted, hypothesis
from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import Records, joined, repeated
from wholetrial.protocol.checks.hypotheses import hypotheses
from wholetrial.protocol.protocol import Protocol

Found = Callable[..., list[Statistic]]
Plan = Callable[..., Protocol]
ESTIMATE = "risk_difference, wald 95 %"
FAMILY = ("early_and_late", "clear")
ORDER = [
    ("early_and_late", "week 4", "high"),
    ("early_and_late", "week 4", "low"),
    ("early_and_late", "week 12", "high"),
    ("early_and_late", "week 12", "low"),
    ("clear", "week 12", "high"),
    ("clear", "week 12", "low"),
]


def of_family(planned: Plan, of: tuple[str, ...] = FAMILY, **fields: Any) -> Protocol:
    """Three tests of each dose: PASI 75 at week 4, at week 12, and again at week 12."""
    return planned(of, ESTIMATE, "fisher_exact", **fields)


@pytest.mark.parametrize("procedure", ["bonferroni", "holm", "hochberg", "hommel"])
def test_a_family_is_all_endpoints_times_and_arms(
    planned: Plan, found: Found, procedure: str
) -> None:
    statistics = found(of_family(planned, multiplicity=procedure))
    tests = [one for one in statistics if one.name == "p_value"]
    together = [one for one in statistics if one.name == "adjusted_p_value"]
    assert [(one.endpoint, one.at, one.arm) for one in tests] == ORDER
    assert [(one.endpoint, one.at, one.arm) for one in together] == ORDER
    theirs = getattr(adjust, procedure)([float(one.value) for one in tests])
    np.testing.assert_array_equal([float(one.value) for one in together], theirs)
    assert {(one.method, one.note) for one in together} == {
        (procedure, f"{procedure} over 6 tests")
    }


def test_a_fixed_sequence_goes_by_endpoints_then_times_then_arms(
    planned: Plan, found: Found
) -> None:
    """No test is better than the worst before it: as the largest P so far."""
    statistics = found(of_family(planned, multiplicity="fixed_sequence"))
    tests = [float(one.value) for one in statistics if one.name == "p_value"]
    together = [float(one.value) for one in statistics if one.name == "adjusted_p_value"]
    assert together == np.maximum.accumulate(tests).tolist()
    other_way = found(of_family(planned, FAMILY[::-1], multiplicity="fixed_sequence"))
    first = next(one for one in other_way if one.name == "adjusted_p_value")
    assert (first.endpoint, first.arm) == ("clear", "high")


NAMES = (
    "early_and_late at week 4 of high",
    "early_and_late at week 4 of low",
    "early_and_late at week 12 of high",
    "early_and_late at week 12 of low",
    "clear of high",
    "clear of low",
)


def graph_of(names: tuple[str, ...]) -> dict[str, Any]:
    """Each dose starts with half of alpha, which it passes down its own endpoints."""
    high, low = names[4::-2], names[5::-2]
    passes = {one: {other: 1.0} for row in (high, low) for one, other in pairwise(row)}
    return {"weights": {name: 0.5 if name in (high[0], low[0]) else 0.0 for name in names},
            "passes": passes}  # fmt: skip


def test_a_graph_names_its_hypotheses_by_endpoint_time_and_arm(
    planned: Plan, found: Found, errors: Callable[[Protocol], list[str]]
) -> None:
    protocol = of_family(planned, multiplicity="graph", graph=graph_of(NAMES))
    assert errors(protocol) == []
    statistics = found(protocol)
    tests = [one for one in statistics if one.name == "p_value"]
    assert tuple(hypothesis(one, tests) for one in tests) == NAMES
    assert hypotheses(protocol, protocol.analyses["planned"]) == NAMES
    planned_graph = graph_of(NAMES)
    graph = Hypotheses(
        NAMES,
        tuple(planned_graph["weights"][name] for name in NAMES),
        tuple(
            tuple(planned_graph["passes"].get(name, {}).get(other, 0.0) for other in NAMES)
            for name in NAMES
        ),
    )
    theirs = graphical_test(graph, [float(one.value) for one in tests], 0.05).adjusted_p_values
    together = [float(one.value) for one in statistics if one.name == "adjusted_p_value"]
    np.testing.assert_array_equal(together, theirs)


@pytest.mark.parametrize(
    ("of", "test", "estimate", "fields"),
    [
        (("clear",), "fisher_exact", ESTIMATE, {}),
        (("clear", "any_ae"), "pearson", ESTIMATE, {}),
        (("early_and_late",), "fisher_exact", ESTIMATE, {"compare": "pooled experimental with placebo"}),
        (("early_and_late", "clear"), "cochran_armitage", ESTIMATE, {}),
        (("by_visit", "feels"), "ancova", "mean_difference, student_t 95 %", {}),
        (("by_visit",), "linear_trend", "mean_difference, student_t 95 %", {}),
        (("by_visit", "lower"), "paired_t", "mean_change, student_t 95 %", {"compare": None}),
        (("worse", "any_ae"), "log_rank", "kaplan_meier, log 95 %", {}),
        (("by_visit",), "mmrm", "mmrm, satterthwaite 95 %",
         {"missing": "mixed model", "covariance": "unstructured"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_checking_knows_the_hypotheses_that_results_have(
    planned: Plan, found: Found, of: Any, test: str, estimate: str, fields: dict[str, Any]
) -> None:
    protocol = planned(of, estimate, test, **fields)
    tests = [one for one in found(protocol) if one.name == "p_value"]
    ours = tuple(hypothesis(one, tests) for one in tests)
    assert len(set(ours)) == len(ours)
    assert hypotheses(protocol, protocol.analyses["planned"]) == ours


def test_a_graph_of_other_hypotheses_is_found_before_anything_runs(
    planned: Plan, found: Found, errors: Callable[[Protocol], list[str]]
) -> None:
    wrong = {"weights": {"clear": 1.0}}
    protocol = planned("clear", ESTIMATE, "fisher_exact", multiplicity="graph", graph=wrong)
    assert errors(protocol) == [
        "analyses: expected a hypothesis that is tested, found 'clear'; known: clear of high, clear of low",
        ("analyses: expected a weight for each hypothesis that is tested, be it 0, found none for "
        "clear of high, clear of low"),
    ]  # fmt: skip
    says = "the graph needs the hypotheses clear of high, clear of low; it has clear"
    with pytest.raises(ValueError, match=says):
        found(protocol)


def test_a_test_without_a_number_is_not_rejected_and_holds_up_the_others(
    planned: Plan, people: Records, found: Found
) -> None:
    """The low dose lost everybody: Holm's family keeps three tests and all of its penalty."""
    fewer = people.chosen(people.arm != 1)
    statistics = found(of_family(planned, multiplicity="holm"), None, fewer)
    tests = np.array([float(one.value) for one in statistics if one.name == "p_value"])
    together = [float(one.value) for one in statistics if one.name == "adjusted_p_value"]
    assert np.isnan(tests).tolist() == [False, True] * 3
    np.testing.assert_array_equal(together, adjust.holm(tests))
    known = tests[~np.isnan(tests)]
    assert np.nanmin(together) == min(6 * known.min(), 1)


def test_dunnett_stands_beside_an_analysis_of_covariance_by_visit(
    planned: Plan, found: Found
) -> None:
    fields = {"multiplicity": "dunnett", "better": "lower"}
    protocol = planned("by_visit", "mean_difference, student_t 95 %", "ancova", **fields)
    statistics = found(protocol)
    tests = {(one.at, one.arm): float(one.value) for one in statistics if one.name == "p_value"}
    together = {
        (one.at, one.arm): float(one.value) for one in statistics if one.name == "adjusted_p_value"
    }
    assert tests.keys() == together.keys()
    for key, p in tests.items():
        assert p <= together[key] <= min(2 * p, 1)  # between none and Bonferroni's correction


def test_several_are_adjusted_in_many_trials_as_in_each(
    planned: Plan, people: Records, others: Records, found: Found
) -> None:
    both = joined((repeated(people, 1), repeated(others, 1)))
    for fields in ({"multiplicity": "hommel"}, {"multiplicity": "graph", "graph": graph_of(NAMES)}):
        protocol = of_family(planned, **fields)
        together = found(protocol, "adjusted_p_value", both)
        for place, records in enumerate((people, others)):
            alone = found(protocol, "adjusted_p_value", records)
            np.testing.assert_array_equal(
                [one.value[place] for one in together], [one.value for one in alone]
            )


def test_power_counts_the_adjusted_p_value(planned: Plan, found: Found) -> None:
    protocol = of_family(planned, multiplicity="bonferroni", alpha="0.2 two-sided")
    statistics = found(protocol)
    level = protocol.analyses["planned"].alpha
    assert level is not None
    expected = {
        (one.endpoint, one.at, one.arm): float(one.value < level.level)
        for one in statistics
        if one.name == "adjusted_p_value"
    }
    crude = [float(one.value < level.level) for one in statistics if one.name == "p_value"]
    assert 0 < sum(expected.values()) < sum(crude)
    counted = powers(protocol, stacked([statistics]))
    assert {(one.endpoint, one.at, one.arm): one.share for one in counted} == expected
    assert {one.alpha for one in counted} == {
        "0.2 two-sided, with the correction for several tests (bonferroni)"
    }


def test_power_takes_the_direction_of_a_test_that_has_no_estimate_beside_it(
    planned: Plan, found: Found
) -> None:
    """A log-rank test says itself which arm did better; so does a share of adverse events."""
    for better, share in (("later", 1.0), ("earlier", 0.0)):
        fields = {"better": better, "alpha": "0.5 two-sided"}
        protocol = planned("worse", "kaplan_meier, log_log 95 %", "log_rank", **fields)
        counted = powers(protocol, stacked([found(protocol)]))
        assert {one.arm: one.share for one in counted}["high"] == share


def test_a_family_of_one_analysis_does_not_count_another(planned: Plan, found: Found) -> None:
    protocol = of_family(planned, multiplicity="holm")
    plan = protocol.analyses["planned"]
    other = plan.model_copy(update={"of": ("clear",)})
    both = protocol.model_copy(update={"analyses": {"planned": plan, "other": other}})
    statistics = found(both)
    assert len(adjusted(both, "planned", statistics)) == 6
    assert len(adjusted(both, "other", statistics)) == 2
