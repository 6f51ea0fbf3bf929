"""The lesion of 40 virtual participants under six plans of doses against deSolve's lsoda.

R integrates the drugs as compartments together with the disease (psoriasis.c), from a table of who
the participants are, at rtol 1e-8. So kinetics and disease are held together against one reference
that shares no line with the program.
"""

import numpy as np
import pytest
from by_r import computed_again, stored
from desolve_people import CARD, TABLE, people, table

from wholetrial.simulation.course import Doses
from wholetrial.simulation.disease import advance, biology_of, lesion_at, start_with
from wholetrial.simulation.pharmacokinetics import IXEKIZUMAB, USTEKINUMAB

STORED = stored("desolve")
DAYS = tuple(float(day) for day in STORED["days"])

# Weeks and mg, typed again from desolve.R.
PLANS = {
    "ustekinumab 45 mg at weeks 0, 4, then every 12": {
        "ustekinumab": dict.fromkeys((0, 4, 16, 28, 40), 45.0)
    },
    "ustekinumab 90 mg weekly for 4 weeks, and at week 16": {
        "ustekinumab": dict.fromkeys((0, 1, 2, 3, 16), 90.0)
    },
    "ustekinumab 90 mg at week 20": {"ustekinumab": {20: 90.0}},
    "ixekizumab every 2 weeks to week 12, then every 4": {
        "ixekizumab": {0: 160.0} | dict.fromkeys((*range(2, 13, 2), *range(16, 49, 4)), 80.0)
    },
    "ixekizumab 10 mg at weeks 0, 2, 4, 8": {"ixekizumab": dict.fromkeys((0, 2, 4, 8), 10.0)},
    "ixekizumab for 12 weeks, ustekinumab from week 10": {
        "ixekizumab": {0: 160.0} | dict.fromkeys(range(2, 13, 2), 80.0),
        "ustekinumab": dict.fromkeys((10, 14, 26, 38), 90.0),
    },
}


def biology():
    _, weight, effects = zip(*people(), strict=True)
    drugs = (IXEKIZUMAB, USTEKINUMAB)
    return biology_of(drugs, CARD, np.array(weight), np.array(effects))


def doses(plan, low=0.0, high=364.0):
    """A plan for everybody, `(P, days)`, between two days."""
    days = sorted({7.0 * week for weeks in plan.values() for week in weeks})
    days = [day for day in days if low <= day < high]
    amount = {
        drug: np.tile([weeks.get(day / 7, 0.0) for day in days], (len(people()), 1))
        for drug, weeks in plan.items()
    }
    return Doses(tuple(days), amount)


def test_r_integrates_the_people_that_are_drawn_here():
    assert TABLE.read_text("utf-8") == table()
    assert STORED["lesion"].keys() == PLANS.keys()
    assert all(np.shape(rows) == (len(people()), len(DAYS)) for rows in STORED["lesion"].values())


def test_desolve_still_gives_the_stored_lesions():
    again = computed_again("desolve", "deSolve")
    assert again["days"] == STORED["days"]
    assert again["lesion"].keys() == STORED["lesion"].keys()
    for plan, before in STORED["lesion"].items():
        # two runs at rtol 1e-8 on different processors
        np.testing.assert_allclose(again["lesion"][plan], before, rtol=0, atol=1e-7)


@pytest.mark.parametrize("plan", PLANS)
def test_with_short_steps_everybodys_lesion_is_that_of_desolve(plan):
    ours = lesion_at(biology(), doses(PLANS[plan]), DAYS, step=0.25)
    worst = np.abs(ours.T - STORED["lesion"][plan]).max(axis=1)
    assert {
        name: error for (name, *_), error in zip(people(), worst, strict=True) if error > 2e-5
    } == {}


@pytest.mark.parametrize("plan", PLANS)
def test_advancing_from_day_to_day_with_short_steps_gives_that_of_desolve(plan):
    state, ours = start_with(biology()), []
    for low, high in zip((0.0, *DAYS), DAYS, strict=False):
        state = advance(state, doses(PLANS[plan], low, high), low, high, step=0.25)
        ours.append(state.lesion)
    np.testing.assert_allclose(np.array(ours).T, STORED["lesion"][plan], rtol=0, atol=2e-5)


def errors_of_weekly_steps(days):
    """The error of the 28 drawn people's lesion under every plan on days of the table, `(6, 28, T)`."""
    drawn = [place for place, (name, *_) in enumerate(people()) if name.startswith("drawn")]
    assert len(drawn) == 28
    columns = [DAYS.index(day) for day in days]
    return np.array(
        [
            np.abs(lesion_at(biology(), doses(PLANS[plan]), days).T - np.array(rows)[:, columns])[
                drawn
            ]
            for plan, rows in STORED["lesion"].items()
        ]
    )


def test_with_weekly_steps_the_mean_error_at_whole_weeks_is_below_3e_5():
    weeks = tuple(day for day in DAYS if day % 7 == 0)
    assert len(weeks) == 9
    assert errors_of_weekly_steps(weeks).mean() <= 3e-5


@pytest.mark.parametrize(("step", "most"), [(7.0, 8e-2), (1.75, 4e-4)])
def test_how_far_off_the_lesion_is_four_standard_deviations_out(step, most):
    """At whole weeks; what the function's description and the model card say."""
    weeks = [place for place, day in enumerate(DAYS) if day % 7 == 0]
    days = tuple(DAYS[place] for place in weeks)
    worst = {}
    for plan, rows in STORED["lesion"].items():
        off = np.abs(
            lesion_at(biology(), doses(PLANS[plan]), days, step=step).T - np.array(rows)[:, weeks]
        )
        worst |= {
            (plan, name): error for (name, *_), error in zip(people(), off.max(axis=1), strict=True)
        }
    assert most / 2 < max(worst.values()) <= most
    if step == 7.0:
        largest = max(worst, key=worst.get)
        assert largest == ("ustekinumab 90 mg at week 20", "placebo effect huge")
        assert max(error for case, error in worst.items() if case != largest) <= 3e-3


def test_the_lesion_the_day_after_a_first_dose_is_not_read_off_a_long_step():
    """Under ixekizumab it bends sharply there: a cubic over half a week was off by 2e-2 in the mean."""
    assert errors_of_weekly_steps((1.0,)).mean() <= 3e-5
    assert errors_of_weekly_steps((7.0, 100.0)).mean() <= 3e-5
