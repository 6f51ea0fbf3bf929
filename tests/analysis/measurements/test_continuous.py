"""Mean change with Student's t interval and the paired t test: properties, edges, errors."""

import numpy as np
import pytest

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.measurements.continuous import mean_change_t, paired_t_test


def test_missing_values_are_left_out() -> None:
    whole = mean_change_t([-8, -5, -11, -4])
    holed = mean_change_t([-8, np.nan, -5, -11, np.nan, -4])
    assert (whole.value, whole.low, whole.high) == (holed.value, holed.low, holed.high)
    assert paired_t_test([20, 18, 9], [12, 13, np.nan]).p_value == pytest.approx(
        float(paired_t_test([20, 18], [12, 13]).p_value)
    )


def test_the_interval_excludes_zero_exactly_when_the_test_rejects() -> None:
    change = np.random.default_rng(4).normal(0.5, 1, (200, 12))
    interval, test = mean_change_t(change), paired_t_test(np.zeros(12), change)
    excludes = (interval.low > 0) | (interval.high < 0)
    np.testing.assert_array_equal(excludes, test.p_value < 0.05)
    assert 0 < np.sum(excludes) < 200


def test_batched_equals_one_at_a_time() -> None:
    change = np.random.default_rng(4).normal(0, 1, (2, 3, 12))
    change[0, 1, :5] = np.nan
    together = mean_change_t(change, 0.9)
    assert together.value.shape == (2, 3)
    for place in np.ndindex(2, 3):
        alone = mean_change_t(change[place], 0.9)
        assert together.low[place] == alone.low


def test_the_sign_of_the_change_swaps_the_sides() -> None:
    change = np.array([1.5, 0.2, -0.4, 2.2])
    greater = paired_t_test(np.zeros(4), change, "greater").p_value
    less = paired_t_test(np.zeros(4), -change, "less").p_value
    assert greater == less
    two_sided = paired_t_test(np.zeros(4), change).p_value
    assert two_sided == pytest.approx(2 * min(greater, 1 - greater))


def test_a_reason_where_there_is_no_interval() -> None:
    nan = np.nan
    change = [[nan, nan, nan], [3, nan, nan], [0.1, 0.1, 0.1], [1, 2, 4]]
    interval = mean_change_t(change)
    expected = [Reason.NO_PARTICIPANTS, Reason.TOO_FEW, Reason.NO_VARIATION, Reason.OK]
    assert interval.reason.tolist() == expected
    np.testing.assert_allclose(interval.value, [nan, 3, 0.1, 7 / 3])
    assert np.isnan(interval.low).tolist() == [True, True, True, False]
    test = paired_t_test(np.zeros(3), change)
    assert test.reason.tolist() == expected
    assert np.isnan(test.p_value).tolist() == [True, True, True, False]


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(ValueError, match="finite or missing"):
        mean_change_t([1, np.inf])
    with pytest.raises(ValueError, match="one common shape"):
        paired_t_test([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="at least one participant"):
        mean_change_t([])
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        mean_change_t([1, 2], 0)
    with pytest.raises(ValueError, match="alternative must be one of"):
        paired_t_test([1, 2], [1, 3], "both")
