"""A trial in which the arms do worse has no power, whatever the test and whatever stands beside it.

The sixty people of the fixture do the better the more they get; where `better` is turned round, a
two-sided test is as small as before and its success must be none.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from wholetrial.analysis.operating import powers, stacked
from wholetrial.data.records import AdverseEvents, Records
from wholetrial.endpoints.derive import derive
from wholetrial.programme.results import analyze_records
from wholetrial.protocol.protocol import Protocol

Plan = Callable[..., Protocol]
SHARE, MEAN = "proportion, clopper_pearson 95 %", "mean_difference, student_t 95 %"
DIFFERENCE = "risk_difference, newcombe 95 %"


@pytest.mark.parametrize(
    ("of", "estimate", "test", "fields"),
    [
        ("clear", SHARE, "fisher_exact", {}),
        ("clear", SHARE, "boschloo", {}),
        ("clear", SHARE, "pearson", {}),
        ("clear", DIFFERENCE, "cochran_armitage", {}),
        ("clear", DIFFERENCE, "cmh", {"strata": ("center",)}),
        ("clear", "odds_ratio, log 95 %", "pearson", {}),
        ("lower", MEAN, "linear_trend", {}),
        ("lower", MEAN, "jonckheere_terpstra", {}),
        ("lower", MEAN, "ancova", {"adjust_for": ("baseline",)}),
        ("worse", "kaplan_meier, log_log 95 %", "log_rank", {}),
        ("worse", "hazard_ratio, wald 95 %", "cox", {}),
        ("between", "turnbull, bootstrap 95 %", "interval_log_rank", {}),
    ],
)
def test_success_lies_on_the_better_side_only(
    planned: Plan, people: Records, of: str, estimate: str, test: str, fields: dict[str, Any]
) -> None:
    sides = {"lower": ("lower", "higher")}.get(of, ("higher", "lower"))
    sides = ("later", "earlier") if of in ("worse", "between") else sides
    found = {}
    for better in sides:
        protocol = planned(of, estimate, test, better=better, alpha="0.5 two-sided", **fields)
        statistics = analyze_records(protocol, people).statistics
        found[better] = [one.share for one in powers(protocol, stacked([statistics]))]
    assert sum(found[sides[0]]) >= 1
    assert sum(found[sides[1]]) == 0


def test_who_left_before_a_span_adds_no_day_and_an_event_after_leaving_counts(
    several: Protocol, people: Records
) -> None:
    """Left before, on and after the first day; an event on day 80 of who left on day 70."""
    leaves = np.full(people.shape, np.nan)
    leaves[:4] = [-3.0, 0.0, 30.0, 70.0]
    day = np.full((*people.shape, 1), np.nan)
    day[3] = 80.0
    none = np.zeros(day.shape, np.int8)
    records = replace(
        people,
        events={**people.events, "leaves_study": leaves},
        adverse_events=AdverseEvents(day, none, none.astype(bool)),
    )
    (found,) = derive(several, records, "any_ae", "randomized")
    lower, upper, left = found.variable.lower, found.variable.upper, found.variable.left
    assert lower is not None
    assert upper is not None
    assert left is not None
    np.testing.assert_array_equal(lower[:5], [-1, 0, 30, 80, 84])
    np.testing.assert_array_equal(upper[:5], [np.inf, np.inf, np.inf, 80, np.inf])
    np.testing.assert_array_equal(left[:5], [0, 0, 30, 70, np.nan])
    assert found.variable.value[3] == 1
