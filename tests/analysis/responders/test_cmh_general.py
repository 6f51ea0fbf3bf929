"""Generalized Cochran-Mantel-Haenszel tests: second implementation, properties, edges, errors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import chi2, mannwhitneyu

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.responders.cmh_general import (
    cmh_correlation_test,
    cmh_general_association_test,
    cmh_mean_score_test,
    modified_ridits,
)
from wholetrial.analysis.responders.cochran_mantel_haenszel import cmh_test
from wholetrial.analysis.responders.homogeneity import ChiSquareTest

ALL = [cmh_general_association_test, cmh_mean_score_test, cmh_correlation_test]
TABLES = arrays.arrays(
    np.int64, st.tuples(st.integers(1, 3), st.integers(2, 4), st.integers(2, 4)),
    elements=st.integers(0, 9),
)  # fmt: skip


def told(found: ChiSquareTest) -> np.ndarray:
    return np.stack([found.test.statistic, found.test.p_value, found.freedom], axis=-1)


def _kronecker(counts: np.ndarray, contrast_of: Callable[[int, int], np.ndarray]) -> list[float]:
    """Statistic and degrees of freedom, stratum by stratum, with NumPy's kron and pinv."""
    arms, responses = counts.shape[1:]
    contrast = contrast_of(arms, responses)
    total, spread = np.zeros(len(contrast)), np.zeros((len(contrast), len(contrast)))
    for table in counts:
        people = table.sum()
        if people < 2:
            continue
        a, b = table.sum(axis=1) / people, table.sum(axis=0) / people
        covariance = np.kron(np.diag(a) - np.outer(a, a), np.diag(b) - np.outer(b, b))
        total += contrast @ (table - people * np.outer(a, b)).ravel()
        spread += people**2 / (people - 1) * contrast @ covariance @ contrast.T
    rank = np.linalg.matrix_rank(spread, tol=1e-8)
    return [float(total @ np.linalg.pinv(spread, rcond=1e-9) @ total), rank]


CONTRASTS = {
    cmh_general_association_test: lambda a, r: np.eye(a * r),
    cmh_mean_score_test: lambda a, r: np.kron(np.eye(a), np.arange(r)),
    cmh_correlation_test: lambda a, r: np.kron(np.arange(a), np.arange(r))[None],
}


@given(counts=TABLES)
@settings(max_examples=60)
def test_against_second_implementation(counts: np.ndarray) -> None:
    for method in ALL:
        found = method(counts)
        statistic, freedom = _kronecker(counts, CONTRASTS[method])
        if freedom == 0:
            assert found.test.reason != Reason.OK
            continue
        assert found.freedom == freedom
        assert found.test.statistic == pytest.approx(statistic, rel=1e-7, abs=1e-9)
        expected = chi2.sf(found.test.statistic, freedom)
        assert found.test.p_value == pytest.approx(expected, rel=1e-9)


@given(counts=TABLES, random=st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_relabeling_strata_arms_and_responses(counts: np.ndarray, random: Any) -> None:
    orders = [list(range(size)) for size in counts.shape]
    for order in orders:
        random.shuffle(order)
    strata, arms, responses = orders
    np.testing.assert_allclose(
        told(cmh_general_association_test(counts)),
        told(cmh_general_association_test(counts[np.ix_(strata, arms, responses)])),
        rtol=1e-7, atol=1e-9,
    )  # fmt: skip
    moved = counts[np.ix_(strata, arms, range(counts.shape[2]))]
    np.testing.assert_allclose(
        told(cmh_mean_score_test(counts)), told(cmh_mean_score_test(moved)), rtol=1e-7, atol=1e-9
    )
    np.testing.assert_allclose(
        told(cmh_correlation_test(counts)),
        told(cmh_correlation_test(moved, arm_scores=np.array(arms, float))),
        rtol=1e-7, atol=1e-9,
    )  # fmt: skip


@given(counts=TABLES)
@settings(max_examples=40)
def test_scores_may_be_scaled_and_shifted(counts: np.ndarray) -> None:
    scores, doses = 7 - 3.5 * np.arange(counts.shape[2]), 10 + 2 * np.arange(counts.shape[1])
    np.testing.assert_allclose(
        told(cmh_mean_score_test(counts)),
        told(cmh_mean_score_test(counts, scores=scores)),
        rtol=1e-7, atol=1e-9,
    )  # fmt: skip
    np.testing.assert_allclose(
        told(cmh_correlation_test(counts)),
        told(cmh_correlation_test(counts, scores=scores, arm_scores=doses)),
        rtol=1e-7, atol=1e-9,
    )  # fmt: skip


@given(counts=arrays.arrays(np.int64, (3, 2, 2), elements=st.integers(0, 20)))
@settings(max_examples=40)
def test_two_arms_and_two_responses_are_cochran_mantel_haenszel(counts: np.ndarray) -> None:
    people = counts.sum(axis=-1)
    cmh = cmh_test(counts[:, 0, 1], people[:, 0], counts[:, 1, 1], people[:, 1])
    for method in ALL:
        found = method(counts)
        assert (found.test.reason == Reason.OK) == (cmh.reason == Reason.OK)
        assert found.test.statistic == pytest.approx(float(cmh.statistic), rel=1e-7, nan_ok=True)


@pytest.mark.parametrize("method", ALL)
def test_batched_equals_one_at_a_time(method: Callable[..., ChiSquareTest]) -> None:
    random = np.random.default_rng(2)
    most = random.integers(1, 7, (80, 1, 1, 1))
    counts = random.integers(0, most, (80, 3, 3, 4))
    together = method(counts.reshape(8, 10, 3, 3, 4))
    assert len(set(together.test.reason.ravel().tolist())) > 1
    for index in range(80):
        alone = method(counts[index])
        np.testing.assert_array_equal(told(together).reshape(80, 3)[index], told(alone))
        assert together.test.reason.ravel()[index] == alone.test.reason


def test_an_arm_or_response_that_nobody_has_takes_no_degree_of_freedom() -> None:
    counts = np.array([[[9, 0, 5, 2], [0, 0, 0, 0], [4, 0, 6, 6]]])
    without = counts[:, [0, 2]][:, :, [0, 2, 3]]
    found, less = cmh_general_association_test(counts), cmh_general_association_test(without)
    assert (found.freedom, less.freedom) == (2, 2)
    assert found.test.statistic == pytest.approx(float(less.test.statistic))


def test_modified_ridits_make_the_wilcoxon_test_of_one_stratum() -> None:
    random = np.random.default_rng(4)
    first, second = random.integers(0, 5, 30), random.integers(1, 5, 25)
    counts = np.array([[np.bincount(part, minlength=5) for part in (first, second)]])
    found = cmh_mean_score_test(counts, scores=modified_ridits(counts))
    scipy = mannwhitneyu(first, second, method="asymptotic", use_continuity=False)
    assert found.test.p_value == pytest.approx(float(scipy.pvalue), rel=1e-10)


@pytest.mark.parametrize("method", ALL)
def test_what_cannot_be_compared_has_its_reason(method: Callable[..., ChiSquareTest]) -> None:
    one_arm = [[[4, 5], [0, 0]], [[2, 3], [0, 0]]]
    apart = [[[4, 5], [0, 0]], [[0, 0], [2, 3]]]
    alike = [[[4, 0], [5, 0]], [[0, 3], [0, 2]]]
    expected = [Reason.NO_PARTICIPANTS, Reason.NO_COMPARISON, Reason.NO_VARIATION]
    found = method([one_arm, apart, alike])
    assert found.test.reason.tolist() == expected
    assert np.isnan(told(found)).all()


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match=r"at least one stratum, two arms .*got shape \(2, 2\)"):
        cmh_general_association_test([[1, 2], [3, 4]])
    with pytest.raises(ValueError, match="at least one stratum"):
        cmh_mean_score_test(np.zeros((0, 2, 2)))
    with pytest.raises(ValueError, match=r"whole numbers of at least 0; got 0\.5"):
        cmh_mean_score_test([[[1, 0.5], [3, 4]]])
    with pytest.raises(ValueError, match=r"scores must hold one number for each of 2 .*\(3,\)"):
        cmh_mean_score_test([[[1, 2], [3, 4]]], scores=[0, 1, 2])
    with pytest.raises(ValueError, match="arm_scores must be known; got nan"):
        cmh_correlation_test([[[1, 2], [3, 4]]], arm_scores=[0, np.nan])
