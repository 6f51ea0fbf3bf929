"""The trend over doses: enumeration, properties, edges and errors."""

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.responders import trend
from wholetrial.analysis.responders.trend import (
    cochran_armitage_exact_test,
    cochran_armitage_test,
)
from wholetrial.analysis.responders.two_proportion_tests import fisher_exact_test, pearson_test

TESTS = [cochran_armitage_test, cochran_armitage_exact_test]
SIDES = ("two_sided", "greater", "less")
MIRROR = {"two_sided": "two_sided", "greater": "less", "less": "greater"}


@st.composite
def designs(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    doses = draw(st.integers(2, 5))
    n = draw(st.lists(st.integers(1, 12), min_size=doses, max_size=doses))
    x = [draw(st.integers(0, size)) for size in n]
    scores = draw(st.lists(st.integers(-5, 20), min_size=doses, max_size=doses))
    if len(set(scores)) == 1:
        scores[0] += 1
    return x, n, scores


@pytest.mark.parametrize("scores", [(0, 1, 2), (0, 5, 40), (2, 0, 1), (-0.5, 0.25, 1.0)])
def test_exact_trend_against_enumeration(scores: tuple[float, ...]) -> None:
    n = (4, 6, 5)
    for x in product(range(0, 5, 2), range(0, 7, 3), range(0, 6, 2)):
        total, observed = sum(x), float(np.dot(x, scores))
        chance = {
            k: np.prod([comb(size, count) for size, count in zip(n, k, strict=True)])
            for k in product(*(range(size + 1) for size in n))
            if sum(k) == total
        }
        everything = sum(chance.values())
        expected = total * np.dot(n, scores) / sum(n)
        score = {k: float(np.dot(k, scores)) for k in chance}
        extreme = {
            "greater": [c for k, c in chance.items() if score[k] >= observed - 1e-9],
            "less": [c for k, c in chance.items() if score[k] <= observed + 1e-9],
            "two_sided": [
                c
                for k, c in chance.items()
                if abs(score[k] - expected) >= abs(observed - expected) - 1e-9
            ],
        }
        for side, chosen in extreme.items():
            ours = cochran_armitage_exact_test(x, n, scores, alternative=side).p_value
            assert ours == pytest.approx(sum(chosen) / everything, rel=1e-12)


@given(st.integers(1, 50), st.integers(1, 50), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=25)
def test_two_arms_give_pearson_and_fisher(
    n: int, control_n: int, share: float, control_share: float
) -> None:
    x, control_x = round(share * n), round(control_share * control_n)
    counts, sizes = [control_x, x], [control_n, n]
    for side in SIDES:
        ours = cochran_armitage_test(counts, sizes, [0, 1], alternative=side)
        theirs = pearson_test(x, n, control_x, control_n, alternative=side)
        assert ours.reason == theirs.reason
        assert ours.p_value == pytest.approx(theirs.p_value, rel=1e-9, nan_ok=True)
    for side in SIDES[1:]:
        exact = cochran_armitage_exact_test(counts, sizes, [0, 1], alternative=side).p_value
        fisher = fisher_exact_test(x, n, control_x, control_n, alternative=side).p_value
        assert exact == pytest.approx(fisher, rel=1e-9)


@given(designs(), st.sampled_from(SIDES))
@settings(max_examples=25)
def test_units_and_order_do_not_matter_and_a_mirror_swaps_the_sides(
    design: tuple[list[int], list[int], list[int]], side: str
) -> None:
    x, n, scores = (np.array(values) for values in design)
    order = np.random.default_rng(len(n)).permutation(len(n))
    for test in TESTS:
        there = test(x, n, scores, alternative=side).p_value
        for changed in (
            test(x, n, 0.25 * scores - 7, alternative=side),
            test(x[order], n[order], scores[order], alternative=side),
            test(x, n, -scores, alternative=MIRROR[side]),
            test(n - x, n, scores, alternative=MIRROR[side]),
        ):
            assert changed.p_value == pytest.approx(there, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("test", TESTS)
def test_batched_equals_one_at_a_time(test: object) -> None:
    assert callable(test)
    random = np.random.default_rng(1955)
    n = np.where(random.random((3, 8, 1)) < 0.5, 9, [7, 9, 8, 12])
    x = random.binomial(n, 0.4)
    together = test(x, n, [0, 1, 2, 4])
    assert together.p_value.shape == (3, 8)
    for place in np.ndindex(3, 8):
        assert together.p_value[place] == test(x[place], n[place], [0, 1, 2, 4]).p_value


def test_without_variation_or_participants() -> None:
    x, n = [[0, 0, 0], [4, 5, 6], [1, 0, 2]], [[4, 5, 6], [4, 5, 6], [4, 0, 6]]
    asymptotic = cochran_armitage_test(x, n, [0, 1, 2])
    expected = [Reason.NO_EVENTS, Reason.ALL_EVENTS, Reason.NO_PARTICIPANTS]
    assert asymptotic.reason.tolist() == expected
    assert np.isnan(asymptotic.p_value).all()
    exact = cochran_armitage_exact_test(x, n, [0, 1, 2])
    assert exact.p_value[:2].tolist() == [1, 1]
    assert exact.reason.tolist() == [Reason.OK, Reason.OK, Reason.NO_PARTICIPANTS]


def test_a_wrong_call_says_what_was_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    for test in TESTS:
        with pytest.raises(ValueError, match=r"two or more arms .* shapes \(3,\) and \(2,\)"):
            test([1, 2, 3], [9, 9, 9], [0, 1])
        with pytest.raises(ValueError, match="two or more arms"):
            test(3, 9, [1])
        with pytest.raises(
            ValueError, match=r"scores must not be all the same; got \[2\.0, 2\.0\]"
        ):
            test([1, 2], [9, 9], [2, 2])
        with pytest.raises(
            ValueError, match="scores must be finite numbers; got nan at position 1"
        ):
            test([1, 2], [9, 9], [2, np.nan])
        with pytest.raises(ValueError, match="events must not exceed participants; got 10"):
            test([1, 10], [9, 9], [0, 1])
        with pytest.raises(ValueError, match="alternative must be one of"):
            test([1, 2], [9, 9], [0, 1], alternative="rising")
    with pytest.raises(ValueError, match="multiples of a common step, such as 0, 5, 10, 40; got"):
        cochran_armitage_exact_test([1, 2, 3], [9, 9, 9], [0, np.sqrt(2), np.pi])
    monkeypatch.setattr(trend, "MOST_CELLS", 100)
    with pytest.raises(ValueError, match="27 participants would need 28 total scores"):
        cochran_armitage_exact_test([1, 2, 3], [9, 9, 9], [0, 1, 2])
