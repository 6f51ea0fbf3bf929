"""Stratified score intervals: a second implementation, properties, edges, errors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import ndtri
from stratified_tables import FOUR, Counts, designs, many, relabeled, swapped, without_event

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.responders.cochran_mantel_haenszel import cmh_test
from wholetrial.analysis.responders.mantel_haenszel import (
    risk_difference_mantel_haenszel,
    risk_ratio_mantel_haenszel,
)
from wholetrial.analysis.responders.ratios import (
    odds_ratio_miettinen_nurminen,
    risk_ratio_miettinen_nurminen,
)
from wholetrial.analysis.responders.risk_difference import (
    risk_difference_mee,
    risk_difference_miettinen_nurminen,
)
from wholetrial.analysis.responders.stratified_score import (
    StratifiedScore,
    odds_ratio_stratified_miettinen_nurminen,
    risk_difference_stratified_mee,
    risk_difference_stratified_miettinen_nurminen,
    risk_ratio_stratified_miettinen_nurminen,
)

MEASURES = {
    "difference": risk_difference_stratified_miettinen_nurminen,
    "ratio": risk_ratio_stratified_miettinen_nurminen,
    "odds": odds_ratio_stratified_miettinen_nurminen,
}
UNSTRATIFIED = {
    risk_difference_stratified_miettinen_nurminen: risk_difference_miettinen_nurminen,
    risk_difference_stratified_mee: risk_difference_mee,
    risk_ratio_stratified_miettinen_nurminen: risk_ratio_miettinen_nurminen,
    odds_ratio_stratified_miettinen_nurminen: odds_ratio_miettinen_nurminen,
}
RATIOS = [MEASURES["ratio"], MEASURES["odds"]]
WEIGHTS = ["miettinen_nurminen", "mantel_haenszel", "inverse_variance"]
Z = float(ndtri(0.975))


def told(found: StratifiedScore) -> np.ndarray:
    interval, test, homogeneity = found
    parts = [interval.value, interval.low, interval.high, test.p_value]
    return np.stack([*parts, homogeneity.test.statistic, homogeneity.freedom], axis=-1)


def reasons(found: StratifiedScore) -> np.ndarray:
    parts = (found.interval.reason, found.test.reason, found.homogeneity.test.reason)
    return np.stack(parts, axis=-1)


def _fitted(measure: str, x: int, n: int, y: int, m: int, value: float) -> tuple[float, float]:
    """Most likely proportions with this value, by searching the likelihood of control's."""
    low, high = {
        "difference": (max(0.0, -value), min(1.0, 1 - value)),
        "ratio": (0.0, min(1.0, 1 / value)),
        "odds": (0.0, 1.0),
    }[measure]

    def active(q: float) -> float:
        if measure == "difference":
            return q + value
        return q * value if measure == "ratio" else q * value / (1 - q + q * value)

    def unlikely(q: float) -> float:
        p = active(q)
        cells = ((x, p), (n - x, 1 - p), (y, q), (m - y, 1 - q))
        return -sum(k * np.log(max(chance, 1e-300)) for k, chance in cells if k)

    best = minimize_scalar(unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-13})
    q = min((low, high, float(best.x)), key=unlikely)
    return active(q), q


def _statistic(measure: str, weights: str, counts: Counts, value: float) -> float:
    """The stratified score at a value, written out stratum by stratum."""
    rows = [tuple(map(int, row)) for row in zip(*counts, strict=True)]
    fitted = [_fitted(measure, *row, value) for row in rows]
    weight = [n * m / (n + m) for _, n, _, m in rows]
    if weights == "miettinen_nurminen" and measure != "odds":
        for _ in range(200):
            total = sum(weight)
            a = sum(w * p for w, (p, _) in zip(weight, fitted, strict=True)) / total
            b = sum(w * q for w, (_, q) in zip(weight, fitted, strict=True)) / total
            if measure == "difference":
                weight = [1 / (a * (1 - a) / (b * (1 - b)) / n + 1 / m) for _, n, _, m in rows]
            else:
                weight = [1 / ((1 - a) / (1 - b) / n + value / m) for _, n, _, m in rows]
    score = variance = 0.0
    for (x, n, y, m), (p, q), w in zip(rows, fitted, weight, strict=True):
        factor = (n + m) / (n + m - 1)
        if measure == "difference":
            s, v = x / n - y / m - value, p * (1 - p) / n + q * (1 - q) / m
        elif measure == "ratio":
            s, v = x / n - value * y / m, p * (1 - p) / n + value**2 * q * (1 - q) / m
        else:
            s = (x / n - p) / (p * (1 - p)) - (y / m - q) / (q * (1 - q))
            v = 1 / (n * p * (1 - p)) + 1 / (m * q * (1 - q))
            w = 1 / v if weights == "miettinen_nurminen" else w
        if weights == "inverse_variance":
            s, v = (s / q, v / q**2) if measure == "ratio" else (s, v)
            w = 1 / (v * factor)
        score, variance = score + w * s, variance + w**2 * v * factor
    return score / variance**0.5


@pytest.mark.parametrize("measure", list(MEASURES))
@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_score_at_the_limits_against_second_implementation(measure: str, weights: str) -> None:
    """At the estimate the written-out score is 0, at the limits it is 1.96."""
    counts: Counts = tuple(
        np.array(part) for part in ([7, 3, 12], [20, 9, 30], [2, 3, 8], [18, 11, 25])
    )  # type: ignore[assignment]
    interval = MEASURES[measure](*counts, weights=weights).interval
    for value, expected in ((interval.low, Z), (interval.value, 0.0), (interval.high, -Z)):
        statistic = _statistic(measure, weights, counts, float(value))
        assert statistic == pytest.approx(expected, abs=2e-6)


@given(counts=designs())
@settings(max_examples=12)
def test_the_p_value_is_that_of_cochran_mantel_haenszel(counts: Counts) -> None:
    cmh = cmh_test(*counts)
    for method in MEASURES.values():
        found = method(*counts).test
        assert found.reason == cmh.reason
        assert found.p_value == pytest.approx(float(cmh.p_value), rel=1e-9, nan_ok=True)
    for name in ("difference", "ratio"):
        found = MEASURES[name](*counts, weights="mantel_haenszel").test
        assert found.p_value == pytest.approx(float(cmh.p_value), rel=1e-9, nan_ok=True)


@given(counts=designs())
@settings(max_examples=12)
def test_mantel_haenszel_weights_give_the_mantel_haenszel_estimate(counts: Counts) -> None:
    difference = MEASURES["difference"](*counts, weights="mantel_haenszel").interval
    theirs = risk_difference_mantel_haenszel(*counts).value
    assert difference.value == pytest.approx(float(theirs), abs=1e-12)
    ratio = MEASURES["ratio"](*counts, weights="mantel_haenszel").interval
    theirs = risk_ratio_mantel_haenszel(*counts).value
    assert ratio.value == pytest.approx(float(theirs), rel=1e-9, nan_ok=True)


@given(counts=designs(), weights=st.sampled_from(WEIGHTS))
@settings(max_examples=15)
def test_swapped_arms_and_counted_others_mirror_the_interval(counts: Counts, weights: Any) -> None:
    there = MEASURES["difference"](*counts, weights=weights).interval
    assert there.low <= there.value <= there.high
    for turned in (swapped(counts), without_event(counts)):
        back = MEASURES["difference"](*turned, weights=weights).interval
        assert there.low == pytest.approx(-back.high, abs=1e-9)
        assert there.value == pytest.approx(-back.value, abs=1e-9)
    for method in RATIOS:
        there, back = (
            method(*part, weights=weights).interval for part in (counts, swapped(counts))
        )
        assert there.reason == back.reason
        if there.reason == Reason.OK:
            assert there.low <= there.value <= there.high
            for ours, theirs in ((there.low, back.high), (there.value, back.value)):
                assert _angle(ours) == pytest.approx(np.pi / 2 - _angle(theirs), abs=1e-8)
    there = MEASURES["odds"](*counts, weights=weights).interval
    back = MEASURES["odds"](*without_event(counts), weights=weights).interval
    if there.reason == Reason.OK:
        assert _angle(there.high) == pytest.approx(np.pi / 2 - _angle(back.low), abs=1e-8)


def _angle(ratio: np.ndarray) -> float:
    return float(np.arctan(ratio))


@given(counts=designs(least=2), order=st.randoms(use_true_random=False))
@settings(max_examples=12)
def test_relabeling_the_strata_changes_nothing(counts: Counts, order: Any) -> None:
    places = list(range(len(counts[0])))
    order.shuffle(places)
    for method in MEASURES.values():
        there, back = method(*counts), method(*relabeled(counts, places))
        np.testing.assert_array_equal(reasons(there), reasons(back))
        for ours, theirs in zip(told(there), told(back), strict=True):
            assert np.arctan(ours) == pytest.approx(np.arctan(theirs), abs=1e-8, nan_ok=True)


@given(counts=designs(most=1), weights=st.sampled_from(WEIGHTS))
@settings(max_examples=40)
def test_one_stratum_equals_the_unstratified_interval(counts: Counts, weights: Any) -> None:
    x, n, control_x, control_n = (int(part[0]) for part in counts)
    varied = 0 < x + control_x < n + control_n
    for stratified, alone in UNSTRATIFIED.items():
        found, expected = stratified(*counts, weights=weights), alone(x, n, control_x, control_n)
        assert found.homogeneity.test.reason != Reason.OK
        if not varied and weights == "inverse_variance":
            continue  # half an event more: no longer the same table
        assert (found.interval.reason == Reason.OK) == (expected.reason == Reason.OK)
        for name in ("value", "low", "high"):
            ours, theirs = getattr(found.interval, name), getattr(expected, name)
            # near an edge the statistic is flat, and the crossing is known less exactly
            assert np.arctan(ours) == pytest.approx(np.arctan(theirs), abs=1e-8, nan_ok=True)


@pytest.mark.parametrize("method", MEASURES.values())
@pytest.mark.parametrize("weights", WEIGHTS)
def test_batched_equals_one_at_a_time(method: Callable[..., StratifiedScore], weights: str) -> None:
    counts = many(40)
    together = method(*(part.reshape(4, 10, 4) for part in counts), weights=weights)
    numbers, why = told(together).reshape(40, -1), reasons(together).reshape(40, -1)
    assert len(set(why[:, 0].tolist())) > 1
    for index in range(40):
        alone = method(*(part[index] for part in counts), weights=weights)
        np.testing.assert_array_equal(numbers[index], told(alone))
        np.testing.assert_array_equal(why[index], reasons(alone))


@given(counts=designs(), empty=st.integers(0, 25), weights=st.sampled_from(WEIGHTS))
@settings(max_examples=12)
def test_a_stratum_with_an_empty_arm_contributes_nothing(
    counts: Counts, empty: int, weights: Any
) -> None:
    for more in ((empty // 2, empty, 0, 0), (0, 0, empty // 3, empty)):
        wider = [np.append(part, one) for part, one in zip(counts, more, strict=True)]
        for method in MEASURES.values():
            there, back = method(*counts, weights=weights), method(*wider, weights=weights)
            np.testing.assert_array_equal(told(there), told(back))


@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_stratum_without_an_event_tells_nothing_of_a_ratio(weights: Any) -> None:
    """Not so for the risk ratio with iterated weights, which average the strata's proportions."""
    none = [np.append(part, one) for part, one in zip(FOUR, (0, 15, 0, 16), strict=True)]
    every = [np.append(part, one) for part, one in zip(FOUR, (15, 15, 16, 16), strict=True)]
    odds = MEASURES["odds"]
    for counts in (none, every):
        found, alone = odds(*counts, weights=weights), odds(*FOUR, weights=weights)
        np.testing.assert_allclose(told(found), told(alone), rtol=1e-12)
    ratio, alone = (MEASURES["ratio"](*counts, weights=weights) for counts in (none, FOUR))
    same = np.allclose(told(ratio), told(alone), rtol=1e-12)
    assert same == (weights != "miettinen_nurminen")


def test_no_stratum_with_both_arms_has_its_reason() -> None:
    for method in MEASURES.values():
        found = method([3, 0], [9, 0], [0, 2], [0, 8])
        assert (reasons(found) == Reason.NO_COMPARISON).all()
        assert np.isnan(told(found)).all()
        assert (reasons(method([0], [0], [1], [9])) == Reason.NO_PARTICIPANTS).all()


def test_nobody_or_everybody_with_the_event() -> None:
    none, every = ([0, 0], [9, 7], [0, 0], [8, 7]), ([9, 7], [9, 7], [8, 7], [8, 7])
    for counts, why in ((none, Reason.NO_EVENTS), (every, Reason.ALL_EVENTS)):
        found = MEASURES["difference"](*counts)
        assert found.interval.value == 0
        assert -0.5 < found.interval.low == pytest.approx(-found.interval.high, abs=0.1)
        assert found.test.reason == why
        assert MEASURES["odds"](*counts).interval.reason == why
    assert MEASURES["ratio"](*none).interval.reason == Reason.NO_EVENTS
    ratio = MEASURES["ratio"](*every).interval
    assert (ratio.value, ratio.reason) == (pytest.approx(1), Reason.OK)
    assert 0.5 < ratio.low < 1 < ratio.high < 2


def test_an_arm_without_an_event_has_a_limit_on_the_other_side() -> None:
    for method in RATIOS:
        for weights in WEIGHTS:
            none = method([0, 0], 9, [2, 3], 9, weights=weights)
            only = method([2, 3], 9, [0, 0], 9, weights=weights)
            assert (none.interval.value, none.interval.low) == (0, 0)
            assert (only.interval.value, only.interval.high) == (np.inf, np.inf)
            assert 0.5 < none.interval.high < 2
            assert none.interval.high == pytest.approx(1 / only.interval.low)
            assert none.homogeneity.test.reason == Reason.SINGULAR


def test_the_difference_ends_at_one_when_all_respond_and_no_control_does() -> None:
    found = MEASURES["difference"]([10, 8], [10, 8], [0, 0], [9, 7]).interval
    assert (found.value, found.high) == (1, 1)
    assert 0.6 < found.low < 1


def test_all_in_one_stratum_and_none_in_the_other_tells_nothing_of_the_odds() -> None:
    found = MEASURES["odds"]([0, 9], [8, 9], [0, 7], [8, 7])
    assert (reasons(found) == Reason.SINGULAR).all()


def test_inverse_variance_gives_half_an_event_where_nobody_has_one() -> None:
    counts = [4, 0], [12, 15], [1, 0], [11, 16]
    halved = [4, 0.5], [12, 16], [1, 0.5], [11, 17]
    found = MEASURES["difference"](*counts, weights="inverse_variance").interval
    weight = [0.0, 0.0]
    for stratum in range(2):
        x, n, y, m = (part[stratum] for part in halved)
        q, low, high = 0.0, max(0.0, -found.value), min(1.0, 1 - found.value)
        grid = np.linspace(low, high, 400_001)[1:-1]
        p = grid + found.value
        likely = x * np.log(p) + (n - x) * np.log(1 - p) + y * np.log(grid)
        q = grid[np.argmax(likely + (m - y) * np.log(1 - grid))]
        p = q + float(found.value)
        variance = p * (1 - p) / n + q * (1 - q) / m
        weight[stratum] = (n + m - 1) / (n + m) / variance
    differences = [4 / 12 - 1 / 11, 0.5 / 16 - 0.5 / 17]
    mean = np.dot(weight, differences) / sum(weight)
    assert found.value == pytest.approx(mean, abs=1e-5)


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match=r"weights must be one of miettinen_nurminen.*got 'IVS'"):
        MEASURES["difference"](*FOUR, weights="IVS")
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        MEASURES["odds"](*FOUR, 95)
    with pytest.raises(ValueError, match="at least one stratum"):
        MEASURES["ratio"](np.zeros((2, 0)), 1, 1, 1)
