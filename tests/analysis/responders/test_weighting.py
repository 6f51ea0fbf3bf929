"""Weighting: what it must do with balanced, swapped, shuffled, separated and confounded arms."""

import numpy as np
import pytest

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.responders.risk_difference import risk_difference_wald
from wholetrial.analysis.responders.weighting import Weighting, risk_difference_weighted

REPLICATES, PEOPLE = 400, 200


@pytest.fixture(scope="module")
def confounded() -> dict[str, np.ndarray]:
    """Trials in which the young choose the arm and do better anyway; the arm does nothing."""
    draw = np.random.Generator(np.random.Philox(20201210))
    age = draw.normal(45, 13, (REPLICATES, PEOPLE))
    severity = draw.lognormal(np.log(16), 0.45, (REPLICATES, PEOPLE))
    old = (age - 45) / 13
    treated = draw.random(age.shape) < 1 / (1 + np.exp(0.8 * old))
    outcome = draw.random(age.shape) < 1 / (1 + np.exp(0.9 * old))
    return {
        "outcome": outcome.astype(float),
        "treated": treated.astype(float),
        "covariates": np.stack([age, severity], axis=-1),
    }


def weighted(data: dict[str, np.ndarray], keep: np.ndarray | None = None) -> Weighting:
    inside = np.ones(data["outcome"].shape) if keep is None else keep
    return risk_difference_weighted(data["outcome"], data["treated"], data["covariates"], inside)


def crude(data: dict[str, np.ndarray]) -> np.ndarray:
    arm, value = data["treated"], data["outcome"]
    in_arm = (arm * value).sum(axis=-1) / arm.sum(axis=-1)
    return in_arm - ((1 - arm) * value).sum(axis=-1) / (1 - arm).sum(axis=-1)


def one(data: dict[str, np.ndarray], index: int) -> dict[str, np.ndarray]:
    return {name: array[index] for name, array in data.items()}


def test_two_strata_by_hand() -> None:
    """Old: 2 of 3 in the arm, 1 of 1 in control; young: 0 of 1 and 1 of 3; half of all are old."""
    old, well = [1, 1, 1, 0, 1, 0, 0, 0], [1, 1, 0, 0, 1, 0, 1, 0]
    arm = [1, 1, 1, 1, 0, 0, 0, 0]
    found = risk_difference_weighted(well, arm, np.transpose([old]), np.ones(8))
    by_hand = (2 / 3 + 0) / 2 - (1 + 1 / 3) / 2
    assert found.interval.value == pytest.approx(by_hand, abs=1e-12)
    # weights 4/3, 4/3, 4/3, 4: 8^2 / (3 * 16/9 + 16) in either arm
    np.testing.assert_allclose(found.effective, [3, 3], rtol=1e-12)


def test_balanced_covariates_change_nothing() -> None:
    old = np.array([[1.0], [0], [1], [0], [1], [0], [1], [0]])
    well, arm = [1, 1, 0, 1, 0, 0, 1, 0], [1, 1, 1, 1, 0, 0, 0, 0]
    found = risk_difference_weighted(well, arm, old, np.ones(8)).interval
    assert found.value == pytest.approx(3 / 4 - 1 / 4, abs=1e-12)


def test_no_covariates_give_the_wald_interval() -> None:
    well = np.repeat([1.0, 0, 1, 0], [37, 54, 3, 26])
    arm = np.repeat([1.0, 0], [91, 29])
    found = risk_difference_weighted(well, arm, np.empty((120, 0)), np.ones(120)).interval
    wald = risk_difference_wald(37, 91, 3, 29)
    assert [found.value, found.low, found.high] == pytest.approx(
        [float(wald.value), float(wald.low), float(wald.high)], abs=1e-12
    )


def test_swapped_arms_flip_the_sign(confounded: dict[str, np.ndarray]) -> None:
    found = weighted(confounded).interval
    swapped = weighted({**confounded, "treated": 1 - confounded["treated"]}).interval
    np.testing.assert_allclose(swapped.value, -found.value, atol=1e-10)
    np.testing.assert_allclose(swapped.low, -found.high, atol=1e-10)


def test_the_order_of_participants_and_units_do_not_matter(
    confounded: dict[str, np.ndarray],
) -> None:
    data = one(confounded, 0)
    order = np.random.Generator(np.random.Philox(1)).permutation(PEOPLE)
    shuffled = {name: array[order] for name, array in data.items()}
    shuffled["covariates"] = shuffled["covariates"] * [365.25, 0.001] + 7
    first, second = weighted(data), weighted(shuffled)
    assert second.interval.value == pytest.approx(float(first.interval.value), abs=1e-10)
    assert second.interval.low == pytest.approx(float(first.interval.low), abs=1e-10)
    np.testing.assert_allclose(second.effective, first.effective, rtol=1e-9)


def test_batches_give_what_each_trial_gives(confounded: dict[str, np.ndarray]) -> None:
    together = weighted(confounded)
    for index in range(0, REPLICATES, 100):
        alone = weighted(one(confounded, index))
        assert together.interval.value[index] == pytest.approx(float(alone.interval.value))
        assert together.interval.high[index] == pytest.approx(float(alone.interval.high))


def test_those_left_out_do_not_count(confounded: dict[str, np.ndarray]) -> None:
    data = one(confounded, 0)
    keep = np.arange(PEOPLE) < 150
    fewer = {name: array[:150] for name, array in data.items()}
    data["covariates"] = np.where(keep[:, None], data["covariates"], np.nan)
    assert weighted(data, keep).interval.low == pytest.approx(float(weighted(fewer).interval.low))


def test_weighting_removes_what_the_covariates_confound(
    confounded: dict[str, np.ndarray],
) -> None:
    """No effect: the crude difference is far from 0, the weighted within its Monte Carlo error."""
    found = weighted(confounded).interval
    assert (found.reason == Reason.OK).all()
    error = found.value.std() / REPLICATES**0.5
    assert crude(confounded).mean() > 0.1
    assert abs(found.value.mean()) < 3 * error
    covered = ((found.low <= 0) & (found.high >= 0)).mean()
    assert 0.92 <= covered <= 0.98  # 95 % of 400 trials, 3 standard errors of 1.1 %
    reported = (found.high - found.low).mean() / (2 * 1.959964)
    assert reported == pytest.approx(found.value.std(), rel=0.1)


@pytest.mark.parametrize(
    ("covariates", "treated", "reason"),
    [
        ([[1, 2], [2, 4], [3, 6], [4, 8]], [1, 0, 1, 0], Reason.SINGULAR),
        ([[5, 1], [5, 2], [5, 1], [5, 3]], [1, 0, 1, 0], Reason.SINGULAR),
        ([[1, 0], [2, 1], [3, 1], [4, 0]], [1, 1, 0, 0], Reason.NOT_CONVERGED),
        ([[1, 0], [2, 1], [3, 1], [4, 0]], [1, 1, 1, 1], Reason.NO_PARTICIPANTS),
    ],
    ids=["twice the same", "constant", "separated", "one arm only"],
)
def test_what_cannot_be_weighted_has_a_reason_and_no_number(
    covariates: list[list[float]], treated: list[int], reason: Reason
) -> None:
    found = risk_difference_weighted([1, 0, 0, 1], treated, covariates, np.ones(4))
    assert found.interval.reason == reason
    assert np.isnan([found.interval.value, found.interval.low, *found.effective]).all()


def test_one_trial_that_cannot_be_weighted_leaves_the_others_alone(
    confounded: dict[str, np.ndarray],
) -> None:
    data = {name: array[:3].copy() for name, array in confounded.items()}
    data["treated"][1] = data["covariates"][1, :, 0] > 45
    found, alone = weighted(data).interval, weighted(one(confounded, 2)).interval
    assert found.reason.tolist() == [Reason.OK, Reason.NOT_CONVERGED, Reason.OK]
    assert found.value[2] == pytest.approx(float(alone.value))


def test_nobody_with_the_outcome_has_no_uncertainty() -> None:
    covariates = [[1.0], [2], [3], [1], [2], [3]]
    found = risk_difference_weighted([0.0] * 6, [1, 1, 0, 0, 0, 1], covariates, np.ones(6))
    assert (found.interval.value, found.interval.reason) == (0, Reason.NO_VARIATION)
    assert np.isnan(found.interval.low)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"outcome": [1, 0, 2, 0]}, "outcome of those included must be true or false"),
        ({"covariates": [[1.0], [np.nan], [3], [4]]}, "covariates of those included must be known"),
        ({"level": 95}, "level must lie between 0 and 1"),
    ],
)
def test_bad_input_is_refused_with_its_value(changed: dict[str, object], message: str) -> None:
    given = {
        "outcome": [1, 0, 1, 0],
        "treated": [1, 1, 0, 0],
        "covariates": [[1.0], [3], [2], [4]],
        "included": np.ones(4),
        **changed,
    }
    with pytest.raises(ValueError, match=message):
        risk_difference_weighted(**given)
