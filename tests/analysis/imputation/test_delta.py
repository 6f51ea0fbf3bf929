"""Delta adjustment and tipping points: closed forms, properties, edges and errors."""

from collections.abc import Callable

import numpy as np
import pytest

from wholetrial.analysis.estimate import Effect, Reason, as_effect
from wholetrial.analysis.estimate import effect_at as one_of
from wholetrial.analysis.imputation.ancova import ancova_jackknifed, ancova_pooled
from wholetrial.analysis.imputation.bootstrap import Draws
from wholetrial.analysis.imputation.delta import (
    Side,
    TippingPoint,
    tipping_point,
    with_delta,
    with_delta_per_visit,
)
from wholetrial.analysis.imputation.impute import (
    impute,
    impute_conditional_mean,
    impute_leaving_one_out,
)
from wholetrial.analysis.imputation.measured import Assumption, Measured
from wholetrial.analysis.imputation.responders import risk_difference_pooled

Trial = Callable[..., Measured]


def straight(delta: float) -> Effect:
    return as_effect(2 - 0.5 * delta, 0.5, np.inf, 0.95, Reason.OK)


def test_delta_is_added_to_what_is_imputed_after_the_event_in_those_who_receive_it(
    a_trial: Trial,
) -> None:
    who = a_trial(1, returning=True)
    once = impute_conditional_mean(who, Assumption())
    receives = who.arm == 1
    shift = with_delta(once, 3.0, receives=receives).values - once.values
    after = who.missing & (np.arange(4) >= once.first_affected[:, None]) & receives[:, None]
    np.testing.assert_allclose(shift[0], 3.0 * after)
    assert 0 < after.sum() < (who.missing & receives[:, None]).sum()
    later = with_delta_per_visit(once, 2.0, receives=receives).values - once.values
    steps = np.where(after, np.arange(4) - once.first_affected[:, None] + 1, 0)
    np.testing.assert_allclose(later[0], 2.0 * steps)
    assert steps.max() > 1


def test_a_delta_moves_a_conditional_mean_analysis_in_a_straight_line(a_trial: Trial) -> None:
    who = a_trial(2)
    once, without = (
        impute_conditional_mean(who, Assumption()),
        impute_leaving_one_out(who, Assumption()),
    )
    values = [
        ancova_jackknifed(
            who,
            with_delta(once, delta, receives=who.arm == 1),
            with_delta(without, delta, receives=who.arm == 1),
        ).differences.value
        for delta in (0.0, 1.0, 3.0)
    ]
    np.testing.assert_allclose(values[2] - values[0], 3 * (values[1] - values[0]), rtol=1e-9)
    assert (values[1][-1] > values[0][-1]).all()


def test_a_tipping_point_is_where_the_limit_is_zero(a_trial: Trial) -> None:
    who = a_trial(3, people=80)
    at_random = Assumption()
    once, without = impute_conditional_mean(who, at_random), impute_leaving_one_out(who, at_random)

    def effect_at(delta: float) -> Effect:
        found = ancova_jackknifed(
            who,
            with_delta(once, delta, receives=who.arm == 1),
            with_delta(without, delta, receives=who.arm == 1),
        )
        return one_of(found.differences, (3, 0))

    tip = tipping_point(effect_at, np.arange(0, 40, 4.0), alpha=0.05, favorable="less")
    assert tip.significant[0]
    assert tip.p_value == pytest.approx(0.05, abs=1e-9)
    assert effect_at(tip.delta).high == pytest.approx(0, abs=1e-9)
    assert len(tip.effects) == 10


def test_the_tipping_point_of_a_straight_line_is_that_of_its_formula() -> None:
    expected = 2 * (2 - 0.5 * 1.959963984540054)
    for deltas in ([0, 1, 2, 3, 4], [0.0, 3.0], [2.0, 2.5]):
        tip = tipped(straight, deltas)
        assert tip.delta == pytest.approx(expected, rel=1e-12)
        assert tip.p_value == pytest.approx(0.05, rel=1e-12)


def test_alpha_and_the_alternative_are_those_planned() -> None:
    """The quantiles of 0.1 two-sided and 0.05 one-sided are the same; 0.025 is that of 0.05."""
    for alpha, alternative, quantile in (
        (0.1, "two_sided", 1.644853626951472),
        (0.05, "greater", 1.644853626951472),
        (0.025, "greater", 1.959963984540054),
        (0.001, "two_sided", 3.290526731491926),
    ):
        tip = tipping_point(
            straight, [0, 4], alpha=alpha, favorable="greater", alternative=alternative
        )
        assert tip.delta == pytest.approx(2 * (2 - 0.5 * quantile), rel=1e-11)
        assert tip.p_value == pytest.approx(alpha, rel=1e-9)


def test_only_the_loss_of_significance_in_favor_of_the_arm_tips() -> None:
    """An effect that is not significant, or against the arm, has nothing to lose."""
    for deltas in ([4, 0], [3, 5, 9]):
        never = tipped(straight, deltas)
        assert np.isnan([never.delta, never.p_value]).all()
        assert not never.significant[0]
    for harm in (
        tipping_point(straight, [0, 4], alpha=0.05, favorable="less"),
        tipping_point(straight, [0, 4], alpha=0.05, favorable="less", alternative="less"),
    ):
        assert np.isnan(harm.delta)
        assert harm.significant.tolist() == [False, False]
    better = tipping_point(
        lambda delta: as_effect(-2 + 0.5 * delta, 0.5, np.inf, 0.95, Reason.OK),
        [0, 20],
        alpha=0.05,
        favorable="less",
    )
    assert better.significant.tolist() == [True, False]
    assert better.delta == pytest.approx(2 * (2 - 0.5 * 1.959963984540054), rel=1e-12)


def tipped(effect_at: Callable[[float], Effect], deltas: list[float]) -> TippingPoint:
    return tipping_point(effect_at, deltas, alpha=0.05, favorable="greater")


def test_where_nothing_turns_there_is_no_tipping_point() -> None:
    tip = tipped(straight, [0, 1])
    assert np.isnan(tip.delta)
    assert tip.significant.tolist() == [True, True]
    unknown = tipped(
        lambda delta: as_effect(2.0, 0.5, np.inf, 0.95, Reason.OK if delta < 1 else Reason.TOO_FEW),
        [0, 1],
    )
    assert np.isnan(unknown.delta)
    assert unknown.effects[1].reason == Reason.TOO_FEW


def test_draws_and_responders_have_tipping_points_too(a_trial: Trial) -> None:
    who = a_trial(4, people=90)
    many = impute(who, Assumption(), Draws(8, 20))

    def mean_at(delta: float) -> Effect:
        shifted = with_delta(many, delta, receives=who.arm == 1)
        return one_of(ancova_pooled(who, shifted, visits=[3]).differences, (0, 0))

    def share_at(delta: float) -> Effect:
        shifted = with_delta(many, delta, receives=who.arm == 1)
        return risk_difference_pooled(shifted.values[..., 3] <= -6, who.arm == 1, who.arm == 0)

    sides: tuple[Side, ...] = ("less", "greater")
    for effect_at, favorable in zip((mean_at, share_at), sides, strict=True):
        tip = tipping_point(effect_at, [0, 10, 20, 40], alpha=0.05, favorable=favorable)
        assert tip.significant[0]
        assert 0 < tip.delta < 40
        assert effect_at(tip.delta).p_value >= 0.05
        assert effect_at(tip.delta - 1e-6).p_value < 0.05 + 1e-6


def test_a_wrong_call_says_what_was_expected(a_trial: Trial) -> None:
    with pytest.raises(ValueError, match=r"deltas must rise or fall .* got \[0, 2, 1\]"):
        tipped(straight, [0, 2, 1])
    with pytest.raises(ValueError, match="deltas must rise or fall"):
        tipped(straight, [])
    with pytest.raises(ValueError, match=r"effect of one trial; got effects of shape \(2,\)"):
        tipped(lambda _: as_effect([1.0, 2.0], 0.5, 9, 0.95, Reason.OK), [0, 1])
    with pytest.raises(ValueError, match=r"alpha must lie between 0 and 1, .* got 5"):
        tipping_point(straight, [0, 1], alpha=5, favorable="less")
    with pytest.raises(ValueError, match="favorable must be greater or less; got 'more'"):
        tipping_point(straight, [0, 1], alpha=0.05, favorable="more")  # type: ignore[arg-type]
    once = impute_conditional_mean(a_trial(5), Assumption())
    with pytest.raises(ValueError, match="delta must be finite; got nan"):
        with_delta(once, float("nan"))
