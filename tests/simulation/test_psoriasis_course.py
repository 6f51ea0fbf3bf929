from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from wholetrial.numerics.philox import Stream
from wholetrial.simulation.course import NO_DOSES, Doses, Participants
from wholetrial.simulation.disease import (
    PsoriasisCourse,
    advance,
    biology_of,
    drugs_in,
    lesion_at,
    start_with,
)
from wholetrial.simulation.pharmacokinetics import DRUGS, IXEKIZUMAB, USTEKINUMAB
from wholetrial.simulation.psoriasis_fit import fit_b, fit_named

# Standard normal effects: lesion turnover, sensitivity, placebo, T17 turnover, memory, CL, V, ka.
PARTICIPANTS = {
    "typical": (0, 0, 0, 0, 0, 0, 0, 0),
    "IC50 tiny": (0, -4, 0, 0, 0, 0, 0, 0),
    "IC50 huge": (0, 4, 0, 0, 0, 0, 0, 0),
    "lesion turnover very slow": (-4, 0, 0, 0, 0, 0, 0, 0),
    "lesion turnover very fast": (4, 0, 0, 0, 0, 0, 0, 0),
    "fast and sensitive": (4, -4, 0, 0, 0, 0, 0, 0),
    "placebo effect huge": (0, 0, 4, 0, 0, 0, 0, 0),
    "T17 turnover very fast": (0, 0, 0, 4, 0, 0, 0, 0),
    "memory all recalled": (0, -1, 0, 0, 4, 0, 0, 0),
    "memory none recalled": (0, -1, 0, 0, -4, 0, 0, 0),
    "drug cleared fast": (0, 0, 0, 0, 0, 4, -4, 4),
    "drug cleared slowly": (1, -2, 1, -1, 1, -4, 4, -4),
    "none in particular": (0.7, -1.3, 0.4, 1.1, -0.6, 0.9, -0.2, 0.5),
}
EFFECTS = np.array(list(PARTICIPANTS.values()), dtype=float)
PLANS = {
    "ixekizumab": {0: 160, 14: 80, 28: 80, 42: 80, 56: 80, 70: 80},
    "ustekinumab": {0: 90, 7: 90, 14: 90, 21: 90, 112: 90},
    "ustekinumab at week 20": {140: 90},
}
DAYS = (1.0, 7.0, 14.0, 28.0, 56.0, 84.0, 100.0, 140.0, 168.0, 252.0, 364.0)


def given(plan, drug, count, low=0, high=1000):
    days = tuple(float(day) for day in plan if low <= day < high)
    amounts = np.array([plan[day] for day in days], dtype=float)
    return Doses(days, {drug: np.broadcast_to(amounts, (count, len(days)))})


def by_lsoda(biology, who, drug, plan):
    """One participant's lesion on DAYS by scipy's LSODA, drug concentration in closed form."""
    action = biology.drugs[drug]
    rate, amplitude = action.modes.rate[:, who], action.modes.amplitude[:, who]
    kt, kout = biology.t17_turnover[who], biology.lesion_turnover[who]
    phi, placebo = biology.memory[who], biology.placebo_effect[who]

    def change(t, y, doses):
        amount = sum((d * amplitude * np.exp(-rate * (t - day))).sum() for day, d in doses)
        left = action.ic50[who] / (action.ic50[who] + amount)
        a, b = (left, 1.0) if action.target == "IL-23" else (1.0, left)
        loss = 1.0 + placebo * np.exp(-biology.placebo_decay * t)
        return [kt * (a * (1 - phi + phi * y[1]) - y[0]), kout * (b * y[0] - loss * y[1])]

    y, lesions = np.ones(2), []
    stops = sorted({0.0, *map(float, plan), *DAYS})
    for low, high in pairwise(stops):
        doses = [(day, amount) for day, amount in plan.items() if day <= low]
        solution = solve_ivp(
            change, (low, high), y, "LSODA", args=(doses,), rtol=1e-9, atol=1e-12, first_step=1e-7
        )
        y = solution.y[:, -1]
        lesions += [y[1]] if high in DAYS else []
    return np.array(lesions)


@pytest.mark.parametrize("plan", PLANS)
def test_lesion_matches_scipy_lsoda_also_in_the_tails(plan):
    drug = plan.split()[0]
    biology = biology_of((DRUGS[drug],), fit_b(), np.full(len(EFFECTS), 90.0), EFFECTS)
    state, ours = start_with(biology), []
    for low, high in zip((0.0, *DAYS), DAYS, strict=False):
        doses = given(PLANS[plan], drug, len(EFFECTS), low, high)
        state = advance(state, doses, low, high, step=0.25)
        ours.append(state.lesion)
    reference = [by_lsoda(biology, who, drug, PLANS[plan]) for who in range(len(EFFECTS))]
    error = np.abs(np.array(ours).T - np.array(reference)).max(axis=1)
    assert dict(zip(PARTICIPANTS, error, strict=True)) == {
        name: pytest.approx(0.0, abs=2e-5) for name in PARTICIPANTS
    }


def test_without_drug_or_placebo_effect_the_lesion_stays():
    fit = fit_b()
    biology = biology_of((USTEKINUMAB,), fit, np.full(3, 90.0), np.zeros((3, 8)))
    biology = replace(biology, placebo_effect=np.zeros(3))
    state = advance(start_with(biology), NO_DOSES, 0.0, 364.0)
    assert state.lesion == pytest.approx(1.0, abs=1e-12)


def test_a_visit_on_a_whole_week_changes_no_bit():
    doses = PLANS["ustekinumab"]
    course, people = PsoriasisCourse((USTEKINUMAB,)), participants(50)
    at_once = course.advance(course.start(people), given(doses, "ustekinumab", 50), 0, 252)
    state = course.start(people)
    for low, high in ((0, 7), (7, 28), (28, 84), (84, 112), (112, 252)):
        state = course.advance(state, given(doses, "ustekinumab", 50, low, high), low, high)
    assert np.array_equal(course.lesion(state), course.lesion(at_once))


def test_advance_leaves_the_state_it_was_given_as_it_was():
    course = PsoriasisCourse((IXEKIZUMAB,))
    start = course.start(participants(5))
    before = start.lesion.copy(), start.now.modes.copy()
    doses = given(PLANS["ixekizumab"], "ixekizumab", 5)
    first = course.lesion(course.advance(start, doses, 0, 84))
    assert np.array_equal(start.lesion, before[0])
    assert np.array_equal(start.now.modes, before[1])
    assert np.array_equal(course.lesion(course.advance(start, doses, 0, 84)), first)


def test_any_chunk_of_replicates_or_participants_gives_the_same_bits():
    course = PsoriasisCourse((USTEKINUMAB, IXEKIZUMAB))
    weight = 60.0 + np.arange(20)
    plan = given(PLANS["ustekinumab"], "ustekinumab", 20)
    whole = Participants(Stream(3, np.arange(6)[:, None], np.arange(20)), weight)
    lesions = course.lesion(course.advance(course.start(whole), plan, 0, 168))
    assert lesions.shape == (6, 20)
    fourth = Participants(Stream(3, 4, np.arange(20)), weight)
    assert np.array_equal(
        lesions[4], course.lesion(course.advance(course.start(fourth), plan, 0, 168))
    )
    alone = Participants(Stream(3, 4, np.array([13])), weight[13:14])
    one = given(PLANS["ustekinumab"], "ustekinumab", 1)
    assert np.array_equal(
        lesions[4, 13:14], course.lesion(course.advance(course.start(alone), one, 0, 168))
    )


def test_placebo_that_crosses_over_is_placebo_until_then():
    course, people = PsoriasisCourse((USTEKINUMAB,)), participants(40)
    placebo = course.advance(course.start(people), NO_DOSES, 0, 140)
    amounts = np.where(np.arange(40) < 20, 90.0, 0.0)[:, None]
    crossed = course.advance(placebo, Doses((140.0,), {"ustekinumab": amounts}), 140, 224)
    stayed = course.advance(placebo, NO_DOSES, 140, 224)
    assert np.all(course.lesion(crossed)[:20] < course.lesion(stayed)[:20])
    assert course.lesion(crossed)[20:] == pytest.approx(course.lesion(stayed)[20:], abs=2e-6)


def test_a_second_drug_that_nobody_receives_changes_no_bit():
    people = participants(10)
    doses = given(PLANS["ustekinumab"], "ustekinumab", 10, 0, 84)
    one, two = PsoriasisCourse((USTEKINUMAB,)), PsoriasisCourse((USTEKINUMAB, IXEKIZUMAB))
    assert np.array_equal(
        one.lesion(one.advance(one.start(people), doses, 0, 84)),
        two.lesion(two.advance(two.start(people), doses, 0, 84)),
    )


def test_two_drugs_together_do_more_than_either():
    course, people = PsoriasisCourse((USTEKINUMAB, IXEKIZUMAB)), participants(30)
    amount = np.full((30, 1), 45.0)
    plans = [{"ustekinumab": amount}, {"ixekizumab": amount}]
    plans.append(plans[0] | plans[1])
    ust, ixe, both = (
        course.lesion(course.advance(course.start(people), Doses((0.0,), plan), 0, 56))
        for plan in plans
    )
    assert np.all(both < np.minimum(ust, ixe))


@pytest.mark.parametrize(
    ("doses", "low", "high", "message"),
    [
        (NO_DOSES, 7, 14, "the state stands at day 0; from_day is 7"),
        (NO_DOSES, 0, -1, "time runs forward; got day 0 to day -1"),
        (Doses((14.0,), {}), 0, 14, "doses must lie in day 0 <= day < 14; got day 14"),
        (
            Doses((7.0, 7.0), {}),
            0,
            14,
            r"each dose day may be named once; got the days \(7.0, 7.0\)",
        ),
        (
            Doses((0.0,), {"ixekizumab": np.zeros((2, 1))}),
            0,
            14,
            "this course was started with ustekinumab; got a dose of ixekizumab",
        ),
        (
            Doses((0.0, 7.0), {"ustekinumab": np.zeros((2, 1))}),
            0,
            14,
            r"ustekinumab needs amounts for 2 dose days on its last axis; got the shape \(2, 1\)",
        ),
    ],
)
def test_a_wrong_advance_says_what_is_wrong(doses, low, high, message):
    course = PsoriasisCourse((USTEKINUMAB,))
    with pytest.raises(ValueError, match=message):
        course.advance(course.start(participants(2)), doses, low, high)


def test_the_lesion_on_several_days_is_that_of_advancing_from_day_to_day():
    plan = given(PLANS["ustekinumab"], "ustekinumab", len(EFFECTS))
    biology = biology_of((USTEKINUMAB,), fit_b(), np.full(len(EFFECTS), 90.0), EFFECTS)
    lesions = lesion_at(biology, plan, (28.0, 84.0, 252.0))
    state = start_with(biology)
    for low, high, lesion in zip((0, 28, 84), (28, 84, 252), lesions, strict=True):
        doses = given(PLANS["ustekinumab"], "ustekinumab", len(EFFECTS), low, high)
        state = advance(state, doses, low, high)
        assert np.array_equal(state.lesion, lesion)


def test_in_the_turnover_model_every_drug_acts_on_the_lesion_and_t17_stays():
    fit = fit_named("turnover")
    drugs = drugs_in(fit.model, (USTEKINUMAB, IXEKIZUMAB))
    assert [drug.target for drug in drugs] == ["IL-17", "IL-17"]
    biology = biology_of(drugs[:1], fit, np.full(1, 90.0), np.zeros((1, 8)))
    state = advance(
        start_with(biology), given(PLANS["ustekinumab"], "ustekinumab", 1, 0, 84), 0, 84
    )
    assert state.now.state[0, 0] == pytest.approx(1.0, abs=1e-12)
    assert state.lesion < 0.5


def participants(count):
    return Participants(Stream(2007, 0, np.arange(count)), np.full(count, 90.0))
