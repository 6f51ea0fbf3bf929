"""Turnbull's curve for events seen only at visits, and its bootstrap interval."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.times.interval_censored import (
    event_free_at,
    event_free_bootstrap,
    event_time,
    event_time_bootstrap,
    turnbull,
)
from wholetrial.analysis.times.survival import kaplan_meier

INF = np.inf
VISITS = np.array([0.0, 4, 8, 12, 16, 24, 32])


def relapses(seed: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Relapse between visits, some visits missed."""
    generator = np.random.default_rng(seed)
    time = generator.exponential(20, shape)
    seen = np.searchsorted(VISITS, time)
    earlier = np.maximum(seen - 1 - (generator.random(shape) < 0.2), 0)
    later = np.minimum(seen + (generator.random(shape) < 0.2), len(VISITS))
    return VISITS[earlier], np.append(VISITS, INF)[later]


def test_turnbull_with_every_visit_kept_is_the_share_at_each_visit() -> None:
    curve = turnbull([0, 0, 4, 8, 8], [4, 4, 8, INF, INF])
    assert curve.right.tolist() == [4, 8, INF]
    np.testing.assert_allclose(curve.mass, [0.4, 0.2, 0.4], atol=1e-12)
    expected = 2 * np.log(0.4) + np.log(0.2) + 2 * np.log(0.4)
    np.testing.assert_allclose(curve.log_likelihood, expected)


def test_turnbull_puts_no_probability_where_no_interval_ends() -> None:
    """Peto's example: (0, 8] and (4, 12] and (6, 10] meet in (6, 8]."""
    curve = turnbull([0, 4, 6], [8, 12, 10])
    assert curve.mass[(curve.left == 6) & (curve.right == 8)] == 1
    assert np.sum(curve.mass) == 1


@pytest.mark.parametrize("participants", [3, 15, 60])
def test_turnbull_meets_the_condition_of_the_maximum(participants: int) -> None:
    """No cell could take more probability: its mean weight is 1, or at most 1 where it has none."""
    lower, upper = relapses(9, (400, participants))
    curve = turnbull(lower, upper)
    assert (curve.reason == Reason.OK).all()
    np.testing.assert_allclose(np.sum(curve.mass, axis=-1), 1, rtol=1e-12)
    covers = (lower[..., None] <= curve.left) & (upper[..., None] >= curve.right)
    likelihood = np.sum(covers * curve.mass[:, None, :], axis=-1)
    weight = np.mean(covers / likelihood[..., None], axis=1)
    assert np.max(weight) <= 1 + 1e-9
    np.testing.assert_allclose(weight[curve.mass > 1e-3], 1, atol=1e-8)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10)
def test_turnbull_does_not_depend_on_order_or_unit_of_time(seed: int) -> None:
    lower, upper = relapses(seed, (30,))
    order = np.random.default_rng(seed).permutation(30)
    curve, other = turnbull(lower, upper), turnbull(lower[order] * 7, upper[order] * 7)
    np.testing.assert_allclose(curve.right * 7, other.right)
    np.testing.assert_allclose(curve.mass, other.mass, atol=1e-9)


def test_batched_equals_one_at_a_time() -> None:
    lower, upper = relapses(11, (6, 40))
    included = np.arange(40) % 3 != 0
    together = turnbull(lower, upper, included)
    for r in range(6):
        alone = turnbull(lower[r], upper[r], included)
        for visit in VISITS[1:]:
            ours = event_free_at(together, visit)[r]
            assert ours == pytest.approx(float(event_free_at(alone, visit)), abs=1e-7)
        np.testing.assert_allclose(together.log_likelihood[r], alone.log_likelihood, rtol=1e-9)


def test_turnbull_with_exact_visits_is_kaplan_meier_at_the_visits() -> None:
    weeks = np.array([4, 8, 8, 12, 12, 12, 16, 16.0])
    relapsed = np.array([1, 1, 0, 1, 1, 0, 1, 0])
    before = VISITS[np.searchsorted(VISITS, weeks) - 1]
    curve = turnbull(np.where(relapsed, before, weeks), np.where(relapsed, weeks, INF))
    exact = kaplan_meier(weeks, relapsed)
    for week in (4, 8, 12, 16):
        survival = exact.survival[exact.times == week][0]
        np.testing.assert_allclose(event_free_at(curve, week), survival, atol=1e-9)


def test_an_empty_arm_gives_a_reason() -> None:
    curve = turnbull([[0, 4], [0, 4]], [[4, 8], [4, 8]], [[1, 1], [0, 0]])
    assert curve.reason.tolist() == [Reason.OK, Reason.NO_PARTICIPANTS]
    assert np.isnan(curve.mass[1]).all()


def test_drawing_everybody_once_gives_the_estimate_itself() -> None:
    lower, upper = relapses(2, (20,))
    everybody_once = np.tile((np.arange(20) + 0.5) / 20, (40, 1))
    interval = event_free_bootstrap(lower, upper, 16, everybody_once)
    np.testing.assert_allclose([interval.low, interval.high], interval.value, atol=1e-9)


def test_bootstrap_without_censoring_is_the_percentile_interval_of_a_share() -> None:
    """30 of 50 relapse at once: the bootstrap of a share, against its binomial quantiles."""
    lower, upper = np.where(np.arange(50) < 30, 0, 4), np.where(np.arange(50) < 30, 4, INF)
    uniforms = np.random.default_rng(5).random((2000, 50))
    interval = event_free_bootstrap(lower, upper, 4, uniforms, level=0.9)
    drawn = np.mean(np.floor(uniforms * 50) >= 30, axis=1)
    np.testing.assert_allclose(interval.value, 0.4, atol=1e-12)
    limits = [interval.low, interval.high]
    np.testing.assert_allclose(limits, np.quantile(drawn, [0.05, 0.95]), atol=1e-9)


def test_bootstrap_draws_only_from_those_included() -> None:
    lower, upper = relapses(9, (2, 30))
    included = np.broadcast_to(np.arange(30) % 2 == 0, (2, 30))
    uniforms = np.random.default_rng(1).random((60, 2, 30))
    interval = event_free_bootstrap(lower, upper, 12, uniforms, included=included)
    chosen = uniforms[:, :, :15]
    alone = event_free_bootstrap(lower[:, ::2], upper[:, ::2], 12, chosen)
    np.testing.assert_allclose(interval.low, alone.low, atol=1e-7)
    np.testing.assert_allclose(interval.high, alone.high, atol=1e-7)


def test_bootstrap_says_why_there_is_no_interval() -> None:
    lower = [[4, 4, 4], [0, 0, 0], [0, 4, 4], [0, 0, 0]]
    upper = [[INF, INF, INF], [4, 4, 4], [4, INF, INF], [4, 4, 4]]
    included = [[1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0]]
    uniforms = np.random.default_rng(1).random((50, 4, 3))
    seen = event_free_bootstrap(lower, upper, 4, uniforms, included=included)
    assert seen.reason.tolist() == [
        Reason.NO_EVENTS,
        Reason.ALL_EVENTS,
        Reason.OK,
        Reason.NO_PARTICIPANTS,
    ]
    beyond = event_free_bootstrap(lower, upper, 8, uniforms, included=included)
    assert beyond.reason.tolist() == [
        Reason.BEYOND_FOLLOW_UP,
        Reason.ALL_EVENTS,
        Reason.BEYOND_FOLLOW_UP,
        Reason.NO_PARTICIPANTS,
    ]
    assert np.isnan(beyond.low).all()


def test_the_median_lies_in_the_stretch_where_half_have_had_the_event() -> None:
    """Half by week 8; a participant seen only at week 16 does not say when before it."""
    median = event_time([0, 0, 4, 4, 8], [4, 4, 8, 8, INF])
    assert (median.after, median.by, median.reason) == (4, 8, Reason.OK)
    exactly_half = event_time([0, 0, 4, 4], [4, 4, INF, INF])
    assert (exactly_half.after, exactly_half.by) == (0, 4)
    not_reached = event_time([0, 4, 4, 4], [4, INF, INF, INF])
    assert (not_reached.after, not_reached.by, not_reached.reason) == (INF, INF, Reason.OK)
    coarse = event_time([0, 0, 0], [16, 16, INF], 0.25)
    assert (coarse.after, coarse.by) == (0, 16)


@given(seed=st.integers(0, 10_000), probability=st.sampled_from([0.1, 0.25, 0.5, 0.75]))
@settings(max_examples=20)
def test_the_share_is_reached_within_the_stretch_and_not_before(
    seed: int, probability: float
) -> None:
    lower, upper = relapses(seed, (25,))
    found, curve = event_time(lower, upper, probability), turnbull(lower, upper)
    if np.isfinite(found.by):
        assert 1 - event_free_at(curve, float(found.by)) >= probability - 1e-8
        assert found.after < found.by
    assert 1 - event_free_at(curve, min(float(found.after), 1e9)) < probability + 1e-8


def test_event_times_of_a_batch_are_those_of_each_alone() -> None:
    lower, upper = relapses(21, (30, 20))
    lower[3], upper[4] = 0, INF
    included = np.arange(20) % 4 != 0
    together = event_time(lower, upper, 0.4, included=included)
    for r in range(30):
        alone = event_time(lower[r] * 7, upper[r] * 7, 0.4, included=included)
        assert (together.after[r] * 7, together.by[r] * 7) == (alone.after, alone.by)


def test_the_bootstrap_of_a_median_gives_visits_and_inf_where_it_is_not_reached() -> None:
    lower, upper = relapses(3, (30,))
    uniforms = np.random.default_rng(1).random((400, 30))
    median = event_time_bootstrap(lower, upper, 0.5, uniforms)
    assert median.value == event_time(lower, upper).by
    assert {float(median.low), float(median.high)} <= {*VISITS, INF}
    assert median.low <= median.value <= median.high
    late = event_time_bootstrap(lower, upper, 0.95, uniforms)
    assert late.high == INF
    everybody_once = np.tile((np.arange(30) + 0.5) / 30, (40, 1))
    itself = event_time_bootstrap(lower, upper, 0.5, everybody_once)
    assert itself.low == itself.value == itself.high


def test_an_event_time_says_why_there_is_none() -> None:
    lower, upper = [[4, 4], [0, 4], [0, 4]], [[INF, INF], [4, 8], [4, 8]]
    included = [[1, 1], [1, 1], [0, 0]]
    found = event_time(lower, upper, included=included)
    assert found.reason.tolist() == [Reason.NO_EVENTS, Reason.OK, Reason.NO_PARTICIPANTS]
    assert np.isnan(found.by[2])
    uniforms = np.random.default_rng(1).random((50, 3, 2))
    interval = event_time_bootstrap(lower, upper, 0.5, uniforms, included=included)
    assert interval.reason.tolist() == found.reason.tolist()
    np.testing.assert_array_equal(np.isnan(interval.low), interval.reason != Reason.OK)


def test_whether_a_time_is_beyond_follow_up_does_not_depend_on_other_trials() -> None:
    lower, upper = np.array([[0.0, 4, 4], [0, 12, 12]]), np.array([[4, INF, INF], [4, INF, INF]])
    uniforms = np.random.default_rng(1).random((50, 2, 3))
    together = event_free_bootstrap(lower, upper, 8, uniforms)
    assert together.reason.tolist() == [Reason.BEYOND_FOLLOW_UP, Reason.OK]


@pytest.mark.parametrize("participants", [4, 12, 40])
def test_every_one_of_many_continuous_trials_reaches_the_maximum(participants: int) -> None:
    generator = np.random.default_rng(participants)
    time = generator.exponential(1, (80, participants))
    width = generator.exponential(0.7, time.shape)
    lower = np.maximum(time - width * generator.random(time.shape), 0)
    upper = np.where(generator.random(time.shape) < 0.2, INF, lower + width + 1e-3)
    curve = turnbull(lower, upper)
    assert (curve.reason == Reason.OK).all()
    covers = (lower[..., None] <= curve.left) & (upper[..., None] >= curve.right)
    likelihood = np.einsum("rpi,ri->rp", covers, curve.mass)
    weight = np.einsum("rpi,rp->ri", covers, 1 / likelihood) / participants
    assert np.max(weight) <= 1 + 1e-9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: turnbull([0, 4], [4, 4]), "upper must be later than lower, or inf; got 4"),
        (lambda: turnbull([-1, 4], [4, 8]), "lower must be 0 or later; got -1"),
        (lambda: turnbull([0, float("nan")], [4, 8]), "lower must be 0 or later; got nan"),
        (lambda: turnbull([], []), "at least one participant"),
        (lambda: event_time([0, 4], [4, 8], 1), "between 0 and 1, such as 0.5; got 1"),
        (
            lambda: event_free_bootstrap([0, 4], [4, 8], 4, np.zeros((50, 3))),
            r"uniforms must have the shape \(B, 2\); got \(50, 3\)",
        ),
        (
            lambda: event_free_bootstrap([0, 4], [4, 8], 4, np.ones((50, 2))),
            r"uniforms must lie in \[0, 1\); got 1",
        ),
        (
            lambda: event_free_bootstrap([0, 4], [4, 8], 4, np.zeros((10, 2))),
            "at least 40 samples for a 95% interval; got 10",
        ),
    ],
)
def test_a_wrong_call_says_what_was_expected(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
