"""Paired outcomes: second implementations, properties, edges and errors."""

from collections.abc import Callable
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtri, xlogy

from wholetrial.analysis.estimate import Interval, Reason, Test
from wholetrial.analysis.responders.paired import (
    count_pairs,
    mcnemar_corrected_test,
    mcnemar_exact_test,
    mcnemar_mid_p_test,
    mcnemar_test,
    paired_difference_tango,
    paired_difference_wald,
    paired_odds_ratio_exact,
)

TESTS = [mcnemar_test, mcnemar_corrected_test, mcnemar_exact_test, mcnemar_mid_p_test]
DIFFERENCES = [paired_difference_wald, paired_difference_tango]
MIRROR = {"two_sided": "two_sided", "greater": "less", "less": "greater"}
counts = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 80))


def test_pairs_are_counted_from_participants() -> None:
    before = np.array([[0, 0, 1, 1, 0], [1, 1, 1, 0, 0]])
    after = np.array([[1, 1, 1, 0, 0], [0, 0, 1, 1, np.nan]])
    pairs = count_pairs(before, after, [[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]])
    assert pairs.gained.tolist() == [2, 1]
    assert pairs.lost.tolist() == [1, 2]
    assert pairs.participants.tolist() == [5, 4]
    order = np.random.default_rng(3).permutation(5)
    shuffled = count_pairs(before[0, order], after[0, order])
    assert [float(count) for count in shuffled] == [2, 1, 5]


@given(counts)
@settings(max_examples=25)
def test_exact_and_mid_p_match_fractions(table: tuple[int, int, int]) -> None:
    gained, lost, _ = table
    total = gained + lost
    chance = [Fraction(comb(total, k), 2**total) for k in range(total + 1)]
    point, greater = chance[gained], sum(chance[gained:])
    less = sum(chance[: gained + 1])
    exact = {"greater": greater, "less": less, "two_sided": min(1, 2 * min(greater, less))}
    mid = {"greater": greater - point / 2, "less": less - point / 2}
    mid["two_sided"] = min(1, 2 * min(mid.values()))
    for alternative, expected in exact.items():
        ours = mcnemar_exact_test(gained, lost, alternative=alternative).p_value
        assert ours == pytest.approx(float(expected), rel=1e-11)
        ours = mcnemar_mid_p_test(gained, lost, alternative=alternative).p_value
        assert ours == pytest.approx(float(mid[alternative]), rel=1e-11)


@given(counts)
@settings(max_examples=25)
def test_counting_backwards_swaps_the_sides(table: tuple[int, int, int]) -> None:
    gained, lost, unchanged = table
    people = gained + lost + unchanged
    for test in TESTS:
        for alternative, mirrored in MIRROR.items():
            there = test(gained, lost, alternative=alternative)
            back = test(lost, gained, alternative=mirrored)
            assert there.p_value == pytest.approx(back.p_value, rel=1e-9, nan_ok=True)
    for interval in DIFFERENCES:
        there, back = interval(gained, lost, people), interval(lost, gained, people)
        assert there.low == pytest.approx(-back.high, abs=1e-12, nan_ok=True)
        assert there.high == pytest.approx(-back.low, abs=1e-12, nan_ok=True)
        if people:
            assert there.low <= there.value <= there.high
    there, back = paired_odds_ratio_exact(gained, lost), paired_odds_ratio_exact(lost, gained)
    if gained and lost:
        assert there.low == pytest.approx(1 / back.high, rel=1e-9)


@given(counts, st.sampled_from([0.9, 0.95]))
@settings(max_examples=25)
def test_tango_against_second_implementation(table: tuple[int, int, int], level: float) -> None:
    """The likelihood of the two discordant shares searched, the limits by brentq."""
    gained, lost, unchanged = table
    people = gained + lost + unchanged
    if people < 2:
        return
    interval = paired_difference_tango(gained, lost, people, level)
    z, estimate = float(ndtri((1 + level) / 2)), (gained - lost) / people

    def excess(difference: float) -> float:
        low, high = max(0.0, -difference), (1 - difference) / 2

        def unlikely(losing: float) -> float:
            shares = np.clip([losing + difference, losing, 1 - 2 * losing - difference], 0, 1)
            return -float(np.sum(xlogy([gained, lost, unchanged], shares)))

        found = minimize_scalar(
            unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-13}
        )
        candidates = [found.x, low, high]
        losing = min(candidates, key=unlikely)
        variance = (2 * losing + difference - difference**2) / people
        return (estimate - difference) ** 2 - z**2 * variance

    for limit, end in ((interval.low, -1.0), (interval.high, 1.0)):
        if abs(float(limit) - end) > 1e-6:
            near, far = estimate + 1e-6 * (end - estimate), end - end * 1e-9
            expected = brentq(excess, near, far, xtol=1e-12)
            assert float(limit) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("method", [*TESTS, *DIFFERENCES, paired_odds_ratio_exact])
def test_batched_equals_one_at_a_time(method: Callable[..., Test | Interval]) -> None:
    gained, lost = np.meshgrid(np.arange(0, 13, 3), np.arange(0, 10, 3))
    more = (40,) if method in DIFFERENCES else ()
    together = method(gained, lost, *more)
    field = "p_value" if isinstance(together, Test) else "low"
    for place in np.ndindex(gained.shape):
        alone = method(int(gained[place]), int(lost[place]), *more)
        np.testing.assert_array_equal(getattr(together, field)[place], getattr(alone, field))
        assert together.reason[place] == alone.reason


def test_where_nobody_changed() -> None:
    for test in (mcnemar_test, mcnemar_corrected_test):
        found = test([0, 5], [0, 2])
        assert found.reason.tolist() == [Reason.NO_DISCORDANT_PAIRS, Reason.OK]
        assert np.isnan(found.p_value).tolist() == [True, False]
    assert mcnemar_exact_test(0, 0).p_value == mcnemar_mid_p_test(0, 0).p_value == 1
    assert paired_odds_ratio_exact(0, 0).reason == Reason.NO_DISCORDANT_PAIRS
    flat = paired_difference_wald(0, 0, 30)
    assert flat.low == flat.high == 0
    score = paired_difference_tango(0, 0, 30)
    z = float(ndtri(0.975))
    assert score.high == pytest.approx(z**2 / (30 + z**2), rel=1e-12)
    assert score.low == pytest.approx(-score.high, rel=1e-12)


def test_without_participants_there_is_a_reason() -> None:
    for method in DIFFERENCES:
        interval = method([0, 2], [0, 1], [0, 9])
        assert interval.reason.tolist() == [Reason.NO_PARTICIPANTS, Reason.OK]
        assert np.isnan([interval.value[0], interval.low[0], interval.high[0]]).all()


def test_everybody_gaining_or_losing_ends_at_one() -> None:
    interval = paired_difference_tango([12, 0], [0, 12], 12)
    assert interval.high[0] == 1
    assert interval.low[1] == -1
    ratio = paired_odds_ratio_exact([6, 0], [0, 6])
    assert (ratio.value.tolist(), ratio.high[0], ratio.low[1]) == ([np.inf, 0], np.inf, 0)


def test_a_wrong_call_says_what_was_expected() -> None:
    for test in TESTS:
        with pytest.raises(ValueError, match="gained must be whole numbers of at least 0; got -1"):
            test(-1, 3)
        with pytest.raises(ValueError, match=r"lost must be whole numbers .* got 0\.5"):
            test(1, 0.5)
        with pytest.raises(ValueError, match="alternative must be one of"):
            test(1, 2, alternative="more")
    for method in DIFFERENCES:
        with pytest.raises(ValueError, match="events must not exceed participants; got 12"):
            method(7, 5, 11)
        with pytest.raises(ValueError, match="level must lie between 0 and 1"):
            method(7, 5, 20, 95)
    with pytest.raises(ValueError, match="before must be true or false"):
        count_pairs([0, 2], [0, 1])
    with pytest.raises(ValueError, match="after must be true or false"):
        count_pairs([0, 1], [0, np.nan])
    with pytest.raises(ValueError, match="at least one participant"):
        count_pairs([], [])
    with pytest.raises(ValueError, match="one common shape"):
        mcnemar_test([1, 2], [1, 2, 3])
