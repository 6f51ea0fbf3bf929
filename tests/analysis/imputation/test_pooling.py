"""Rubin's rules and the jackknife: second implementations, properties, edges and errors."""

from statistics import fmean, variance

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.imputation.pooling import jackknifed, pooled

NUMBERS = st.lists(st.floats(-10, 10), min_size=2, max_size=20)


@given(values=NUMBERS, within=st.floats(0.01, 5), complete=st.floats(2, 500))
def test_rubin_and_barnard_against_second_implementation(
    values: list[float], within: float, complete: float
) -> None:
    many, between = len(values), variance(values)
    total = within + (1 + 1 / many) * between
    effect = pooled(values, [within] * many, complete)
    assert effect.value == pytest.approx(fmean(values), rel=1e-12, abs=1e-12)
    assert effect.standard_error == pytest.approx(total**0.5, rel=1e-9)
    gamma = (1 + 1 / many) * between / total
    observed = (1 - gamma) * complete * (complete + 1) / (complete + 3)
    inverse = gamma**2 / (many - 1) + 1 / observed
    assert effect.freedom == pytest.approx(1 / inverse, rel=1e-8)
    assert effect.low < effect.value < effect.high


@given(values=NUMBERS, scale=st.floats(0.01, 100))
def test_units_scale_everything_but_the_p_value(values: list[float], scale: float) -> None:
    effect = pooled(values, [1.0] * len(values), 30)
    scaled = pooled(np.multiply(values, scale), [scale**2] * len(values), 30)
    assert scaled.low == pytest.approx(scale * effect.low, rel=1e-7, abs=1e-9)
    assert scaled.p_value == pytest.approx(effect.p_value, rel=1e-6, abs=1e-12)
    assert scaled.freedom == pytest.approx(effect.freedom, rel=1e-7)


def test_without_variance_between_it_is_the_complete_analysis() -> None:
    effect = pooled([2.0] * 5, [0.25] * 5)
    assert effect.standard_error == 0.5
    assert np.isinf(effect.freedom)
    assert effect.low == pytest.approx(2 - 0.5 * 1.959963984540054, rel=1e-12)


def test_a_data_set_without_a_number_leaves_the_pooled_one_without() -> None:
    reason = [[Reason.OK, Reason.OK], [Reason.OK, Reason.COLLINEAR], [Reason.OK, Reason.TOO_FEW]]
    value = [[1.0, 1.0], [2.0, np.nan], [2.0, np.nan]]
    effect = pooled(value, [[0.2, 0.2]] * 3, reason=reason)
    assert effect.reason.tolist() == [Reason.OK, Reason.COLLINEAR]
    assert np.isnan(effect.value).tolist() == [False, True]
    assert np.isnan(effect.p_value).tolist() == [False, True]


def test_one_data_set_or_no_variance_gives_a_reason_and_keeps_the_value() -> None:
    single, flat = pooled([2.0], [0.2]), pooled([2.0, 2.0], [0.0, 0.0])
    assert (single.reason, flat.reason) == (Reason.TOO_FEW, Reason.NO_VARIATION)
    assert single.value == flat.value == 2
    assert np.isnan([single.low, flat.low, single.p_value, flat.p_value]).all()


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(5).normal(size=(3, 12))
    left_out = np.stack([np.delete(values, place, axis=-1).mean(axis=-1) for place in range(12)])
    effect = jackknifed(values.mean(axis=-1), left_out)
    expected = values.std(axis=-1, ddof=1) / 12**0.5
    np.testing.assert_allclose(effect.standard_error, expected, rtol=1e-12)
    assert np.isinf(effect.freedom).all()


def test_the_jackknife_does_not_count_who_is_not_analyzed() -> None:
    values = np.array([4.0, 6, 7, 11])
    left_out = np.array([np.delete(values, place).mean() for place in range(4)])
    padded = jackknifed(7.0, [*left_out, 99.0], counted=[True] * 4 + [False])
    assert padded.standard_error == jackknifed(7.0, left_out).standard_error
    one = jackknifed(7.0, left_out, counted=[True, False, False, False])
    assert one.reason == Reason.TOO_FEW
    assert jackknifed(7.0, [7.0] * 4).reason == Reason.NO_VARIATION


@pytest.mark.parametrize("method", [pooled, jackknifed])
def test_batched_equals_one_at_a_time(method: type) -> None:
    chance = np.random.default_rng(11)
    values, second = chance.normal(size=(7, 3, 4)), chance.uniform(0.5, 1, (7, 3, 4))
    together = method(values, second) if method is pooled else method(values[0], second)
    for place in np.ndindex(3, 4):
        first = values[(slice(None), *place)] if method is pooled else values[(0, *place)]
        alone = method(first, second[(slice(None), *place)])
        for name in ("value", "standard_error", "freedom", "low", "p_value", "reason"):
            np.testing.assert_array_equal(getattr(together, name)[place], getattr(alone, name))


def test_a_wrong_call_says_what_was_expected() -> None:
    with pytest.raises(
        ValueError, match="value must be a finite number in every analysis; got nan"
    ):
        pooled([1.0, np.nan], [0.2, 0.2])
    with pytest.raises(ValueError, match=r"variance must be 0 or more; got -0.2 at position 1"):
        pooled([1.0, 2.0], [0.2, -0.2])
    with pytest.raises(ValueError, match="complete_freedom must be above 0; got 0"):
        pooled([1.0, 2.0], [0.2, 0.2], 0)
    with pytest.raises(ValueError, match="at least one analysis"):
        pooled([], [])
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        pooled([1.0, 2.0], [0.2, 0.2], level=95)
