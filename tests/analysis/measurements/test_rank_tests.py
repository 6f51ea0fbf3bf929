"""Rank tests: second implementations, properties, batches, reasons and errors."""

from collections.abc import Callable
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wholetrial.analysis.estimate import Interval, Reason, Test
from wholetrial.analysis.measurements import exact_ranks
from wholetrial.analysis.measurements.exact_ranks import (
    hodges_lehmann_shift,
    signed_rank_exact_test,
    signed_rank_median,
    wilcoxon_exact_test,
)
from wholetrial.analysis.measurements.rank_tests import (
    jonckheere_terpstra_test,
    kruskal_wallis_test,
    rising_pairs,
    signed_rank_corrected_test,
    van_elteren_test,
    wilcoxon_corrected_test,
    wilcoxon_test,
)
from wholetrial.analysis.measurements.ranks import midranks, ordered

NAN = float("nan")
TWO_ARMS: list[Callable[..., Any]] = [wilcoxon_test, wilcoxon_corrected_test, wilcoxon_exact_test]
MIRROR = {"two_sided": "two_sided", "greater": "less", "less": "greater"}
few = st.lists(st.integers(0, 6), min_size=1, max_size=6)
some = st.lists(st.integers(0, 12), min_size=3, max_size=15)


def two(control: list[int], active: list[int]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([*control, *active], float), np.repeat([0, 1], [len(control), len(active)])


@given(control=few, active=few)
@settings(max_examples=50)
def test_the_exact_rank_sum_is_that_of_all_ways_to_choose_the_arm(
    control: list[int], active: list[int]
) -> None:
    values, arm = two(control, active)
    ranks = stats.rankdata(values)
    center = len(active) * ranks.mean()
    sums = [ranks[list(chosen)].sum() for chosen in combinations(range(len(ranks)), len(active))]
    observed = ranks[arm == 1].sum()
    expected = {
        "two_sided": np.mean(np.abs(sums - center) >= abs(observed - center) - 1e-9),
        "greater": np.mean(sums >= observed - 1e-9),
        "less": np.mean(sums <= observed + 1e-9),
    }
    for alternative, p_value in expected.items():
        test = wilcoxon_exact_test(values, arm, alternative=alternative)
        assert test.p_value == pytest.approx(p_value, rel=1e-10)


@given(change=st.lists(st.integers(-4, 6), min_size=1, max_size=8))
@settings(max_examples=50)
def test_the_exact_signed_rank_is_that_of_all_signs(change: list[int]) -> None:
    moved = np.array([value for value in change if value != 0], float)
    test = signed_rank_exact_test(np.array([*change, NAN]))
    if len(moved) == 0:
        assert test.reason == Reason.NO_VARIATION
        return
    ranks = stats.rankdata(np.abs(moved))
    sums = np.array([ranks @ signs for signs in product([0, 1], repeat=len(moved))])
    observed, center = ranks[moved > 0].sum(), ranks.sum() / 2
    assert test.statistic == observed
    two_sided = np.mean(np.abs(sums - center) >= abs(observed - center) - 1e-9)
    assert test.p_value == pytest.approx(two_sided, rel=1e-10)


@given(change=st.lists(st.integers(-6, 9), min_size=3, max_size=25))
@settings(max_examples=40)
def test_the_corrected_signed_rank_is_that_of_scipy(change: list[int]) -> None:
    if not any(change):
        assert signed_rank_corrected_test(change).reason == Reason.NO_VARIATION
        return
    moved = [value for value in change if value]
    for alternative in MIRROR:
        expected = stats.wilcoxon(
            moved,
            correction=True,
            method="asymptotic",
            alternative=alternative.replace("_", "-"),
        )
        found = signed_rank_corrected_test(change, alternative)
        assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-12)


@given(control=some, active=some, third=some)
@settings(max_examples=50)
def test_large_sample_tests_are_those_of_scipy(
    control: list[int], active: list[int], third: list[int]
) -> None:
    values, arm = two(control, active)
    if len(set(values)) == 1:
        assert wilcoxon_test(values, arm).reason == Reason.NO_VARIATION
        return
    for method, correct in ((wilcoxon_test, False), (wilcoxon_corrected_test, True)):
        for alternative in MIRROR:
            expected = stats.mannwhitneyu(
                active,
                control,
                method="asymptotic",
                use_continuity=correct,
                alternative=alternative.replace("_", "-"),
            )
            found = method(values, arm, alternative=alternative)
            assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9, abs=1e-12)
    whole = np.array([*values, *third], float)
    arms = np.array([*arm, *[2] * len(third)])
    expected = stats.kruskal(control, active, third)
    found = kruskal_wallis_test(whole, arms, arms=[0, 1, 2])
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-9, abs=1e-12)


@given(control=some, active=some, third=some)
@settings(max_examples=40)
def test_rising_pairs_are_counted_one_by_one(
    control: list[int], active: list[int], third: list[int]
) -> None:
    groups = [control, active, third]
    values = np.array([value for group in groups for value in group], float)
    arm = np.repeat([0, 1, 2], [len(group) for group in groups])
    expected = sum(
        (low < high) + 0.5 * (low == high)
        for earlier, later in combinations(groups, 2)
        for low, high in product(earlier, later)
    )
    score = rising_pairs(ordered(values, arm, True, [0, 1, 2]))
    assert score.statistic == expected
    np.testing.assert_array_equal(
        np.sort(midranks(ordered(values, arm, True, [0, 1, 2]))), np.sort(stats.rankdata(values))
    )


def test_the_variance_of_rising_pairs_is_that_of_all_permutations() -> None:
    values, arm = np.array([1.0, 2, 2, 3, 3, 3, 5]), np.array([0, 0, 1, 1, 1, 2, 2])
    order = np.array(list(set(_permutations(tuple(arm)))))
    counts = rising_pairs(ordered(values, order, True, [0, 1, 2]))
    np.testing.assert_allclose(np.mean(counts.statistic), counts.mean[0])
    np.testing.assert_allclose(np.var(counts.statistic), counts.variance[0])


def _permutations(rest: tuple[int, ...]) -> list[tuple[int, ...]]:
    """All different orders of the arms."""
    if not rest:
        return [()]
    found = []
    for first in sorted(set(rest)):
        place = rest.index(first)
        found += [(first, *tail) for tail in _permutations(rest[:place] + rest[place + 1 :])]
    return found


@given(control=some, active=some)
@settings(max_examples=30)
def test_swapping_arms_mirrors_and_order_and_monotone_units_do_not_matter(
    control: list[int], active: list[int]
) -> None:
    values, arm = two(control, active)
    order = np.random.default_rng(len(values)).permutation(len(values))
    for method in TWO_ARMS:
        for alternative, mirrored in MIRROR.items():
            there = method(values, arm, alternative=alternative).p_value
            back = method(values, arm, arms=(1, 0), alternative=mirrored).p_value
            other = method(np.exp(values[order]), arm[order], alternative=alternative).p_value
            np.testing.assert_allclose([back, other], [there, there], rtol=1e-10)
    shift, swapped = (hodges_lehmann_shift(values, arm, arms=pair) for pair in ((0, 1), (1, 0)))
    np.testing.assert_allclose([shift.low, shift.high], [-swapped.high, -swapped.low])
    moved = hodges_lehmann_shift(values + 7 * arm, arm)
    assert moved.value == pytest.approx(shift.value + 7)


def test_one_stratum_is_wilcoxons_test_and_labels_do_not_matter() -> None:
    rng = np.random.default_rng(5)
    values, arm = rng.integers(0, 9, 40).astype(float), np.arange(40) % 2
    stratum = rng.integers(0, 3, 40)
    one = van_elteren_test(values, arm, np.zeros(40))
    assert one.p_value == pytest.approx(float(wilcoxon_test(values, arm).p_value))
    there, back = (van_elteren_test(values, arm, code) for code in (stratum, 7 - stratum))
    assert there.p_value == pytest.approx(float(back.p_value))


def test_two_arms_of_the_trend_test_are_wilcoxons_test() -> None:
    values, arm = two([3, 4, 4, 1, 9], [5, 4, 8, 8])
    trend = jonckheere_terpstra_test(values, arm, arms=[0, 1], alternative="greater")
    plain = wilcoxon_test(values, arm, alternative="greater")
    assert trend.p_value == pytest.approx(float(plain.p_value))
    assert trend.statistic == pytest.approx(float(plain.statistic))


def several(method: Callable[..., Test]) -> Callable[..., Test]:
    return lambda values, arm: method(values, arm, arms=[0, 1])


@pytest.mark.parametrize(
    "method",
    [
        *TWO_ARMS,
        hodges_lehmann_shift,
        several(kruskal_wallis_test),
        several(jonckheere_terpstra_test),
        lambda values, arm: van_elteren_test(values, arm, np.arange(14) // 7),
        lambda values, arm: signed_rank_exact_test(values - 3),
        lambda values, arm: signed_rank_corrected_test(values - 3),
        lambda values, arm: signed_rank_median(values - 3),
    ],
)
def test_a_batch_equals_each_replicate_alone(method: Callable[..., Test | Interval]) -> None:
    values = np.random.default_rng(2).integers(0, 9, (2, 3, 14)).astype(float)
    values[0, 1, :5] = NAN
    arm = np.arange(14) % 2
    together = method(values, arm)
    for place in np.ndindex(2, 3):
        alone = method(values[place], arm)
        for field in ("p_value", "statistic", "value", "low", "high", "reason"):
            if hasattr(together, field):
                np.testing.assert_array_equal(
                    getattr(together, field)[place], getattr(alone, field)
                )


@pytest.mark.parametrize("method", [*TWO_ARMS, hodges_lehmann_shift, several(kruskal_wallis_test)])
def test_an_arm_of_nobody_has_a_reason(method: Callable[..., Test | Interval]) -> None:
    values = [[NAN, NAN, NAN], [1.0, 2, NAN], [1.0, 2, 4]]
    found = method(values, [0, 0, 1])
    expected = [Reason.NO_PARTICIPANTS, Reason.NO_PARTICIPANTS, Reason.OK]
    assert found.reason.tolist() == expected


def test_equal_values_and_strata_without_pairs_have_a_reason() -> None:
    same, arm = [4.0, 4, 4, 4], [0, 0, 1, 1]
    for method in (wilcoxon_test, several(kruskal_wallis_test), several(jonckheere_terpstra_test)):
        assert method(same, arm).reason == Reason.NO_VARIATION
    assert wilcoxon_exact_test(same, arm).p_value == 1
    assert van_elteren_test(same, arm, [1, 1, 1, 1]).reason == Reason.NO_VARIATION
    assert van_elteren_test([1, 2, 3, 4], arm, arm).reason == Reason.NO_COMPARISON
    assert signed_rank_exact_test([0.0, 0.0]).reason == Reason.NO_VARIATION
    assert signed_rank_exact_test([NAN, NAN]).reason == Reason.NO_PARTICIPANTS
    middle = signed_rank_median([[0.0, 0.0], [NAN, NAN]])
    assert middle.reason.tolist() == [Reason.NO_VARIATION, Reason.NO_PARTICIPANTS]


def test_an_empty_arm_is_passed_over_in_a_trend() -> None:
    values, arm = two([3, 4, 4, 1, 9], [5, 4, 8, 8])
    without = jonckheere_terpstra_test(values, arm, arms=[0, 1])
    assert jonckheere_terpstra_test(values, arm, arms=[0, 5, 1]).p_value == without.p_value


def test_limits_beyond_counted_sizes_come_near_those_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(8)
    values, arm = rng.normal(0, 1, 60), np.arange(60) % 2
    counted = hodges_lehmann_shift(values, arm)
    exact_ranks._rank_sum_place.cache_clear()
    monkeypatch.setattr(exact_ranks, "MOST_PARTICIPANTS", 20)
    normal = hodges_lehmann_shift(values, arm)
    exact_ranks._rank_sum_place.cache_clear()
    assert normal.value == counted.value
    np.testing.assert_allclose([normal.low, normal.high], [counted.low, counted.high], atol=0.02)
    with pytest.raises(ValueError, match="takes at most 20 participants; got 60"):
        wilcoxon_exact_test(values, arm)


def test_the_exact_interval_covers_a_shift_at_least_as_often_as_it_says() -> None:
    rng = np.random.default_rng(6)
    arm = np.arange(14) % 2
    values = rng.standard_cauchy((1500, 14)) + 2 * arm
    shift = hodges_lehmann_shift(values, arm, level=0.9)
    covered = np.mean((shift.low <= 2) & (shift.high >= 2))
    assert 0.9 - 3 * np.sqrt(0.09 / 1500) <= covered <= 0.95


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match="two or more different arms; got"):
        kruskal_wallis_test([1, 2], [0, 1], arms=[0])
    with pytest.raises(ValueError, match="at least one participant"):
        wilcoxon_test([], [])
    with pytest.raises(ValueError, match="at least one participant"):
        van_elteren_test([], [], [])
    with pytest.raises(ValueError, match="finite or missing"):
        wilcoxon_test([1, np.inf], [0, 1])
    with pytest.raises(ValueError, match="stratum must be a number"):
        van_elteren_test([1, 2], [0, 1], [1, NAN])
    for method in (*TWO_ARMS, hodges_lehmann_shift):
        with pytest.raises(ValueError, match="arms must name two arms, the control first"):
            method([1, 2], [0, 1], arms=(0, 1, 2))
