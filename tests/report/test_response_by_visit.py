"""Response by visit: the file's own rules at every visit, beside the published share."""

from dataclasses import replace

import pytest

from wholetrial.report.response_by_visit import response_by_visit, terms_by_visit
from wholetrial.report.trials_shown import shown_trials


def curves(contents, kind):
    trial = next(one for one in shown_trials(contents) if one.kind == kind)
    (found,) = response_by_visit(contents, trial)
    return {curve.arm: curve for curve in found.curves}


def test_counts_by_visit_match_the_records(whole):
    found = curves(whole, "recorded")
    assert [(p.label, p.met, p.n) for p in found["a"].points] == [
        ("week 4", 0, 4),
        ("week 8", 3, 4),
        ("week 12", 2, 4),
    ]
    assert [(p.met, p.n) for p in found["p"].points] == [(0, 4), (1, 4), (1, 4)]


def test_the_planned_endpoint_and_the_curve_are_one_number(whole):
    found = curves(whole, "recorded")
    planned = {
        one.arm: (int(one.count), int(one.n), float(one.low), float(one.high))
        for one in whole.recorded.statistics
        if (one.endpoint, one.name) == ("pasi_75_week_8", "proportion")
    }
    for arm, curve in found.items():
        week_8 = curve.points[1]
        assert (week_8.met, week_8.n, week_8.low, week_8.high) == pytest.approx(planned[arm])


def test_published_and_simulated_stand_at_their_day(whole):
    (published, forecast) = curves(whole, "simulated")["a"].beside
    assert (published.day, published.published) == (56, 0.75)
    assert (forecast.day, forecast.mean, forecast.low, forecast.high) == (56, 0.5, 0.3, 0.6)
    (only,) = curves(whole, "recorded")["a"].beside
    assert only.published == 0.75


def test_a_loss_since_the_best_value_is_no_response(protocol):
    assert terms_by_visit(protocol) == ("PASI_75",)


def test_a_strategy_that_is_not_built_is_named_instead_of_replaced(whole):
    strategies = {"leaves_study": "principal_stratum"}
    protocol = whole.protocol.model_copy(update={"intercurrent": strategies})
    contents = replace(whole, protocol=protocol)
    (found,) = response_by_visit(contents, shown_trials(contents)[0])
    said = "strategy principal_stratum for leaves_study"
    assert (found.curves, found.not_derived) == ((), said)
