"""Counting responders without records: the card's rates, the same bits however it is split."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from wholetrial.numerics.compiled import compiled
from wholetrial.simulation.counting import CountedArm, People, Question, count_responders
from wholetrial.simulation.counting_loops import exp32, log32, quantile32
from wholetrial.simulation.pharmacokinetics import IXEKIZUMAB, USTEKINUMAB
from wholetrial.simulation.psoriasis_fit import fit_named

WEEKS = (0.0, 7.0, 14.0, 21.0)
ARMS = [
    CountedArm(64, USTEKINUMAB, {0.0: 45.0}, 0.025),
    CountedArm(64, USTEKINUMAB, {0.0: 90.0}, 0.025),
    CountedArm(64, USTEKINUMAB, dict.fromkeys(WEEKS, 45.0), 0.025),
    CountedArm(64, USTEKINUMAB, dict.fromkeys(WEEKS, 90.0), 0.025),
    CountedArm(64, None, {}, 0.025),
]
CARD = ((51, 23), (61, 30), (73, 41), (79, 49), (4, 1))
GOLDEN = "b0c51ba8"


@compiled
def three(x, u, e, q, n):
    for i in range(x.size):
        e[i], q[i], n[i] = exp32(x[i]), log32(u[i]), quantile32(u[i])


def counted(replicates, **changes):
    return count_responders(ARMS, fit_named("fit_b"), replicates, seed=7, **changes)


def test_rates_are_those_of_the_model_card():
    """1,500 trials: 96,000 people an arm; the card prints whole points of 2,900 Sobol people."""
    rates = 100 * counted(range(1500)).mean(axis=0) / 64
    for ours, card in zip(rates, CARD, strict=True):
        assert ours == pytest.approx(card, abs=1.0)


def test_any_split_of_trials_and_any_number_of_threads_gives_the_same_counts():
    whole = counted(range(30))
    parts = [counted(range(11)), counted(range(11, 12)), counted(range(12, 30))]
    assert np.array_equal(whole, np.concatenate(parts))
    assert np.array_equal(whole, counted(range(30), threads=4))


def test_another_arm_changes_nobody():
    more = [*ARMS, CountedArm(10, USTEKINUMAB, {0.0: 90.0})]
    both = count_responders(more, fit_named("fit_b"), range(20), seed=7)
    assert np.array_equal(both[:, :5], counted(range(20)))


def test_an_arm_of_70_is_an_arm_of_64_and_six_more():
    people = [replace(ARMS[0], n=n) for n in (64, 70)]
    few, many = (count_responders([arm], fit_named("fit_b"), range(50), seed=7) for arm in people)
    assert ((many >= few) & (many <= few + 6)).all()
    assert many.sum() > few.sum()


def test_drawn_parameters_spread_the_counts():
    fixed = counted(range(400))[..., 0].var(axis=0)
    drawn = counted(range(400), question=Question(drawn=True))[..., 0].var(axis=0)
    assert (drawn[:4] > 1.1 * fixed[:4]).all()


def test_milder_people_are_harder_to_enroll_and_start_lower():
    mild = Question(people=People(severity=8.0, least_pasi=6.0))
    assert counted(range(20), question=mild).shape == (20, 5, 2)


def test_single_precision_functions_keep_their_digits():
    x = np.linspace(-40, 40, 100_001, dtype=np.float32)
    u = ((2 * np.arange(100_001) * 83 + 1) * 2.0**-24).astype(np.float32)  # as they are drawn
    e, q, n = (np.empty_like(x) for _ in range(3))
    three(x, u, e, q, n)
    np.testing.assert_allclose(e, np.exp(x.astype(float)), rtol=3e-7)
    np.testing.assert_allclose(q, np.log(u.astype(float)), rtol=3e-7, atol=1e-7)
    np.testing.assert_allclose(n, norm.ppf(u.astype(float)), rtol=3e-6, atol=3e-7)


@pytest.mark.parametrize(
    ("arms", "fit", "message"),
    [
        (ARMS, "two_state", "counting reads PASI as continuous"),
        ([CountedArm(8, IXEKIZUMAB, {0.0: 160.0})], "fit_b", "ixekizumab has two"),
    ],
)
def test_what_cannot_be_counted_is_refused(arms, fit, message):
    with pytest.raises(ValueError, match=message):
        count_responders(arms, fit_named(fit), range(1), seed=1)


def test_the_counts_are_those_recorded():
    digest = hashlib.sha256(counted(range(10)).astype("<i8").tobytes()).hexdigest()
    assert digest[:8] == GOLDEN
