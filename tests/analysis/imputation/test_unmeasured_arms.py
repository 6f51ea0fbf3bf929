"""Arms of which nobody was measured at a visit, or nobody at all: what is imputed, and why not."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.imputation.ancova import ancova_jackknifed, ancova_pooled
from wholetrial.analysis.imputation.bootstrap import Draws
from wholetrial.analysis.imputation.impute import (
    impute,
    impute_conditional_mean,
    impute_leaving_one_out,
)
from wholetrial.analysis.imputation.measured import Assumption, Measured, as_measured

Trial = Callable[..., Measured]
MISSING = float("nan")
JUMP = Assumption("jump_to_reference", reference=0)


def test_an_arm_without_measurements_at_a_visit_has_its_reason(a_trial: Trial) -> None:
    """At random nothing tells its values then; the other arm and visits are imputed all the same."""
    who = a_trial(14, replicates=(2,))
    values = who.values.copy()
    values[1, who.arm[1] == 1, 3] = MISSING
    gone = replace(who, values=values)
    at_random = Assumption()
    once, left_out = (
        impute_conditional_mean(gone, at_random),
        impute_leaving_one_out(gone, at_random),
    )
    assert once.reason.tolist() == [[Reason.OK, Reason.NOT_MEASURED]]
    concerned = gone.arm[1] == 1
    np.testing.assert_array_equal(once.reasons[0, 1] == Reason.NOT_MEASURED, concerned)
    assert np.isnan(once.values[0, 1, concerned, 3]).all()
    assert np.isfinite(once.values[0, 1, concerned, :3]).all()
    assert np.isfinite(once.values[0, 1, ~concerned]).all()
    for found in (
        ancova_jackknifed(gone, once, left_out),
        ancova_pooled(gone, impute(gone, at_random, Draws(3, 2, [0, 1]))),
    ):
        reason = found.differences.reason[..., 0]
        assert reason[:, -1].tolist() == [Reason.OK, Reason.NOT_MEASURED]
        assert (reason[:, :-1] == Reason.OK).all()
        assert np.isnan(found.differences.p_value[1, -1]).all()
        assert np.isnan(found.means.value[1, -1]).all()


def test_who_jumps_needs_no_measurements_of_the_own_arm_after_it(a_trial: Trial) -> None:
    who = a_trial(14)
    gone = replace(
        who, values=np.where((who.arm == 1)[:, None] & (np.arange(4) == 3), MISSING, who.values)
    )
    once = impute_conditional_mean(gone, JUMP)
    assert once.reason.tolist() == [Reason.OK]
    assert np.isfinite(once.values).all()
    back = Assumption("jump_to_reference", reference=1)
    needing = impute_conditional_mean(gone, back)
    np.testing.assert_array_equal(
        needing.reasons[0] == Reason.NOT_MEASURED, np.isnan(gone.values[:, 3])
    )


@pytest.mark.parametrize("returning", [False, True])
def test_an_arm_without_anybody_does_not_touch_the_others(a_trial: Trial, returning: bool) -> None:
    who = a_trial(15, arms=3, people=60, returning=returning)
    for arm, control in ((0, 1), (1, 2), (2, 0)):
        inside = who.arm != arm
        jump = Assumption("jump_to_reference", reference=control)
        several, fewer = (
            impute(
                as_measured(
                    who.values, who.arm, arms=arms, covariates=who.covariates, included=inside
                ),
                jump,
                Draws(3, 4),
            )
            for arms in ([0, 1, 2], [each for each in range(3) if each != arm])
        )
        assert several.reason.tolist() == [Reason.OK] * 4
        np.testing.assert_allclose(several.values, fewer.values, rtol=1e-5, atol=1e-5)


def test_an_empty_reference_arm_is_a_reason_for_those_who_need_it(a_trial: Trial) -> None:
    who = a_trial(15, arms=3)
    without = as_measured(
        who.values,
        who.arm,
        arms=who.arms,
        covariates=who.covariates,
        included=who.arm != 0,
    )
    once = impute_conditional_mean(without, JUMP)
    assert once.reason.tolist() == [Reason.NO_PARTICIPANTS]
    assert not once.imputed[who.arm == 0].any()
    strategy = np.where(who.arm == 1, "missing_at_random", "jump_to_reference")
    mixed = impute_conditional_mean(without, Assumption(strategy, reference=0))
    needing = (who.arm == 2) & np.isnan(who.values).any(axis=-1)
    np.testing.assert_array_equal(mixed.reasons[0] == Reason.NO_PARTICIPANTS, needing)
    assert np.isfinite(mixed.values[0, who.arm == 1]).all()
