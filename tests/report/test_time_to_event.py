"""Curves of a time to an event: steps where the day is known, boxes where only visits see it."""

from dataclasses import replace

import numpy as np
import pytest

from wholetrial.endpoints.outcomes import Outcomes, Variable
from wholetrial.report.survival_curve import times_to_event
from wholetrial.report.trials_shown import shown_trials


def with_times(contents, lower, upper, *, exact):
    variable = Variable(
        "time_to",
        "until week 8",
        56.0,
        np.isfinite(upper) * 1.0,
        np.array(lower),
        np.array(upper),
        exact,
    )
    outcomes = Outcomes(
        "time_to_relapse",
        "secondary",
        "randomized",
        ("a", "p"),
        np.zeros(len(lower), np.int8),
        np.ones(len(lower), np.bool_),
        variable,
    )
    return replace(contents, recorded=replace(contents.recorded, outcomes=(outcomes,)))


def curves(contents):
    (found,) = times_to_event(contents, shown_trials(contents)[0])
    return found, found.curves


def test_kaplan_meier_steps_by_hand(whole):
    # events on days 7 and 21, one person seen free until day 14, one until day 56
    inf = np.inf
    found, (drug, placebo) = curves(
        with_times(whole, [0, 14, 0, 56], [7, inf, 21, inf], exact=True)
    )
    assert [(s.right, s.after) for s in drug.steps] == [(7, 0.75), (21, pytest.approx(0.375))]
    assert all(step.sudden for step in drug.steps)
    assert found.days == (0, 14, 28, 42, 56)
    assert drug.at_risk == (4, 3, 1, 1, 1)
    assert [day for day, _ in drug.censored] == [14, 56]
    assert (placebo.n, placebo.steps) == (0, ())


def test_turnbull_boxes_span_the_visits_between_which_the_event_lies(whole):
    # the four people of Turnbull's doctest: masses 0.375, 0.375, 0.25
    inf = np.inf
    _, (drug, _) = curves(with_times(whole, [0, 4, 0, 8], [4, 8, 8, inf], exact=False))
    boxes = [(s.left, s.right, round(s.before, 3), round(s.after, 3)) for s in drug.steps]
    assert boxes == [(0, 4, 1.0, 0.625), (4, 8, 0.625, 0.25)]
    assert not any(step.sudden for step in drug.steps)
    assert drug.events == 3


def test_the_records_of_the_small_trial_hold_one_relapse(whole):
    found, (drug, placebo) = curves(whole)
    assert (found.exact, found.since) == (False, "week 4")
    # three of four were seen after week 4; one of them relapsed between weeks 8 and 12
    assert (drug.n, drug.events, placebo.events) == (4, 1, 0)
    (box,) = drug.steps
    assert (box.left, box.right, round(box.after, 3)) == (28, 56, 0.667)
