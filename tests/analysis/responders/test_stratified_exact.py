"""Exact conditional methods over strata: enumeration, properties, edges."""

from fractions import Fraction
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.stats import binom, fisher_exact
from stratified_tables import FOUR, Counts, designs, many, relabeled, swapped, without_event

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.responders.stratified_exact import cmh_exact_test, odds_ratio_conditional

MIRROR = {"two_sided": "two_sided", "greater": "less", "less": "greater"}


def _weights(counts: Counts) -> dict[int, Fraction]:
    """The weight of every total of the active arm's events, by enumerating all strata."""
    supports = []
    for x, n, y, m in zip(*(map(int, part) for part in counts), strict=True):
        possible = range(max(0, x + y - m), min(n, x + y) + 1)
        supports.append([(k, comb(n, k) * comb(m, x + y - k)) for k in possible])
    weights: dict[int, Fraction] = {}
    for chosen in product(*supports):
        total, weight = sum(k for k, _ in chosen), Fraction(1)
        for _, ways in chosen:
            weight *= ways
        weights[total] = weights.get(total, Fraction(0)) + weight
    return weights


@given(counts=designs(most=3))
@settings(max_examples=25)
def test_the_p_value_matches_exact_fractions(counts: Counts) -> None:
    weights, observed = _weights(counts), int(counts[0].sum())
    everything = sum(weights.values())
    extreme = {
        "two_sided": [w for w in weights.values() if w <= weights[observed]],
        "greater": [w for k, w in weights.items() if k >= observed],
        "less": [w for k, w in weights.items() if k <= observed],
    }
    for alternative, chosen in extreme.items():
        p_value = cmh_exact_test(*counts, alternative=alternative).p_value
        assert p_value == pytest.approx(float(sum(chosen) / everything), rel=1e-11)


@given(counts=designs(most=3))
@settings(max_examples=25)
def test_the_limits_leave_their_tails(counts: Counts) -> None:
    """At the limits the tail is 2.5 %, at the estimate as many events are expected as seen."""
    weights, observed = _weights(counts), int(counts[0].sum())
    found = odds_ratio_conditional(*counts)
    lowest, highest = min(weights), max(weights)
    if lowest == highest:
        assert found.reason == Reason.NO_VARIATION
        return
    assert (found.low == 0) == (observed == lowest)
    assert (found.high == np.inf) == (observed == highest)
    if observed > lowest:
        assert _tail(weights, float(found.low), range(observed, highest + 1)) == pytest.approx(
            0.025
        )
    if observed < highest:
        assert _tail(weights, float(found.high), range(lowest, observed + 1)) == pytest.approx(
            0.025
        )
    if lowest < observed < highest:
        share = {k: _tail(weights, float(found.value), [k]) for k in weights}
        assert sum(k * chance for k, chance in share.items()) == pytest.approx(observed)


def _tail(weights: dict[int, Fraction], ratio: float, counted: object) -> float:
    least = min(weights)
    weight = {k: float(w) * ratio ** (k - least) for k, w in weights.items()}
    return sum(weight[k] for k in counted if k in weight) / sum(weight.values())  # type: ignore[attr-defined]


@given(counts=designs())
@settings(max_examples=20)
def test_swapped_arms_and_relabeled_strata(counts: Counts) -> None:
    for alternative, mirrored in MIRROR.items():
        there = cmh_exact_test(*counts, alternative=alternative).p_value
        for turned in (swapped(counts), without_event(counts)):
            back = cmh_exact_test(*turned, alternative=mirrored).p_value
            assert there == pytest.approx(float(back), rel=1e-9)
        order = np.arange(len(counts[0]))[::-1]
        again = cmh_exact_test(*relabeled(counts, order), alternative=alternative).p_value
        assert there == pytest.approx(float(again), rel=1e-9)
    ratio, back = odds_ratio_conditional(*counts), odds_ratio_conditional(*swapped(counts))
    if ratio.reason == Reason.OK:
        assert np.arctan(ratio.low) == pytest.approx(np.pi / 2 - np.arctan(back.high), abs=1e-10)
        assert ratio.low <= ratio.value <= ratio.high


@given(counts=designs(most=1))
@settings(max_examples=25)
def test_one_stratum_is_fisher_exact(counts: Counts) -> None:
    x, n, y, m = (int(part[0]) for part in counts)
    for alternative in MIRROR:
        scipy = fisher_exact([[x, n - x], [y, m - y]], alternative.replace("_", "-"))
        ours = cmh_exact_test(*counts, alternative=alternative).p_value
        assert ours == pytest.approx(float(scipy.pvalue), rel=1e-9)


def test_batched_equals_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = many(60)
    together = cmh_exact_test(*(part.reshape(6, 10, 4) for part in counts))
    ratios = odds_ratio_conditional(*(part.reshape(6, 10, 4) for part in counts))
    monkeypatch.setattr("wholetrial.analysis.responders.stratified_exact.CELLS_AT_ONCE", 500)
    blocks = odds_ratio_conditional(*counts)
    for name in ("value", "low", "high", "reason"):
        np.testing.assert_array_equal(getattr(blocks, name), getattr(ratios, name).ravel())
    for index in range(60):
        one = [part[index] for part in counts]
        alone, ratio = cmh_exact_test(*one), odds_ratio_conditional(*one)
        np.testing.assert_array_equal(together.p_value.ravel()[index], alone.p_value)
        assert together.reason.ravel()[index] == alone.reason
        for name in ("value", "low", "high", "reason"):
            ours = getattr(ratios, name).ravel()[index]
            np.testing.assert_array_equal(ours, getattr(ratio, name))


def test_the_exact_test_is_never_anticonservative() -> None:
    """Two strata of 4 v 3 and 3 v 4, every outcome, whatever the chances of the strata."""
    sizes = ((4, 3), (3, 4))
    outcomes = np.array(list(product(range(5), range(4), range(4), range(5))))
    x, y = outcomes[:, [0, 2]], outcomes[:, [1, 3]]
    n, m = (np.array([size[arm] for size in sizes]) for arm in (0, 1))
    for alternative in MIRROR:
        rejects = cmh_exact_test(x, n, y, m, alternative=alternative).p_value <= 0.05
        assert rejects.any()
        for first, second in product(np.linspace(0.05, 0.95, 10), repeat=2):
            chance = np.array([first, second])
            likely = (binom.pmf(x, n, chance) * binom.pmf(y, m, chance)).prod(axis=1)
            assert likely.sum() == pytest.approx(1)
            assert likely[rejects].sum() <= 0.05


def test_what_cannot_be_compared_has_its_reason() -> None:
    assert cmh_exact_test([3, 0], [9, 0], [0, 2], [0, 8]).reason == Reason.NO_COMPARISON
    assert cmh_exact_test([0], [0], [0], [8]).reason == Reason.NO_PARTICIPANTS
    assert cmh_exact_test([0, 0], 9, [0, 0], 8).p_value == 1
    certain = odds_ratio_conditional([0, 9], [8, 9], [0, 7], [8, 7])
    assert certain.reason == Reason.NO_VARIATION
    assert np.isnan([certain.value, certain.low, certain.high]).all()


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match="alternative must be one of"):
        cmh_exact_test(*FOUR, alternative="two.sided")
    with pytest.raises(ValueError, match="at least one stratum"):
        odds_ratio_conditional(1, 2, 1, 2)
