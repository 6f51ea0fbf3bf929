"""Responders of imputed measurements: properties, edges and errors (R's results are elsewhere)."""

from collections.abc import Callable

import numpy as np
import pytest

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.imputation.bootstrap import Draws
from wholetrial.analysis.imputation.impute import impute
from wholetrial.analysis.imputation.measured import Assumption, Measured
from wholetrial.analysis.imputation.responders import on_instrument, risk_difference_pooled
from wholetrial.analysis.responders.risk_difference import risk_difference_wald

Trial = Callable[..., Measured]
ARM = np.repeat([1, 0], 10)


def responses(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).random((*shape, 20)) < 0.5


def test_with_nothing_imputed_it_is_the_difference_with_walds_interval() -> None:
    response = responses(1, 3)
    effect = risk_difference_pooled(np.stack([response] * 4), ARM == 1, ARM == 0)
    events, control = response[:, :10].sum(axis=-1), response[:, 10:].sum(axis=-1)
    wald = risk_difference_wald(events, 10, control, 10)
    np.testing.assert_allclose(effect.value, wald.value, rtol=1e-12)
    np.testing.assert_allclose([effect.low, effect.high], [wald.low, wald.high], rtol=1e-12)


def test_swapping_the_arms_and_the_order_changes_the_sign_alone() -> None:
    response = responses(2, 6)
    there = risk_difference_pooled(response, ARM == 1, ARM == 0)
    back = risk_difference_pooled(response[:, ::-1], ARM[::-1] == 0, ARM[::-1] == 1)
    assert back.value == pytest.approx(-there.value)
    assert (back.low, back.high) == pytest.approx((-there.high, -there.low))


def test_batched_equals_one_at_a_time() -> None:
    response = responses(3, 5, 7)
    together = risk_difference_pooled(response, ARM == 1, ARM == 0)
    for place in range(7):
        alone = risk_difference_pooled(response[:, place], ARM == 1, ARM == 0)
        np.testing.assert_array_equal(together.low[place], alone.low)
        np.testing.assert_array_equal(together.p_value[place], alone.p_value)


def test_what_has_no_number_has_its_reason() -> None:
    nobody, everybody = np.zeros((2, 20)), np.ones((2, 20))
    for response, reason in ((nobody, Reason.NO_EVENTS), (everybody, Reason.ALL_EVENTS)):
        effect = risk_difference_pooled(response, ARM == 1, ARM == 0)
        assert effect.reason == reason
        assert np.isnan([effect.low, effect.p_value]).all()
    certain = risk_difference_pooled(np.stack([ARM, ARM]), ARM == 1, ARM == 0)
    assert (certain.reason, certain.value) == (Reason.NO_VARIATION, 1)
    empty = risk_difference_pooled(responses(4, 2), ARM == 1, ARM == 5)
    assert empty.reason == Reason.NO_PARTICIPANTS
    missing = np.full((2, 20), np.nan)
    gone = risk_difference_pooled(missing, ARM == 1, ARM == 0, reason=[Reason.TOO_FEW] * 2)
    assert gone.reason == Reason.TOO_FEW


def test_imputed_values_are_moved_to_what_the_instrument_shows(a_trial: Trial) -> None:
    who = a_trial(5)
    many = impute(who, Assumption(), Draws(3, 5))
    shown = on_instrument(many, low=-12, high=0, step=0.5)
    imputed = shown.values[:, who.missing]
    assert ((imputed >= -12) & (imputed <= 0)).all()
    assert (imputed * 2 == np.round(imputed * 2)).all()
    assert (np.abs(imputed - np.clip(many.values[:, who.missing], -12, 0)) <= 0.25 + 1e-12).all()
    np.testing.assert_array_equal(shown.values[:, ~who.missing], many.values[:, ~who.missing])
    np.testing.assert_array_equal(on_instrument(many).values, many.values)


def test_a_step_of_a_tenth_gives_tenths_as_they_are_written(a_trial: Trial) -> None:
    who = a_trial(8)
    shown = on_instrument(impute(who, Assumption(), Draws(4, 5)), step=0.1)
    written = [float(f"{value:.1f}") for value in shown.values[:, who.missing].ravel()]
    np.testing.assert_array_equal(shown.values[:, who.missing].ravel(), written)
    wide = on_instrument(impute(who, Assumption(), Draws(4, 5)), step=3)
    assert (np.mod(wide.values[:, who.missing], 3) == 0).all()


def test_a_wrong_call_says_what_was_expected(a_trial: Trial) -> None:
    with pytest.raises(ValueError, match="response must be true or false"):
        risk_difference_pooled(np.full((2, 20), 0.5), ARM == 1, ARM == 0)
    with pytest.raises(ValueError, match="nobody must be in both arms; got 1 at position 0"):
        risk_difference_pooled(responses(6, 2), ARM == 1, ARM == 1)
    with pytest.raises(ValueError, match=r"participants on the last; got shape \(20,\)"):
        risk_difference_pooled(responses(6), ARM == 1, ARM == 0)
    many = impute(a_trial(7), Assumption(), Draws(3, 2))
    with pytest.raises(ValueError, match="step must be 0"):
        on_instrument(many, step=-1)
    with pytest.raises(ValueError, match="low must be below high"):
        on_instrument(many, low=3, high=3)
