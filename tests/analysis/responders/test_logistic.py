"""Logistic regression: who is separated, by a linear program; its equations; batches."""

import numpy as np
import pytest
from scipy.optimize import linprog

from wholetrial.analysis.responders import logistic
from wholetrial.analysis.responders.logistic import LogisticFit, logistic_regression, standardized

SETS = 120


def data_sets(kind: str, people: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes `(N, P)` and designs `(N, P, K)`: an arm, its complement, standardized covariates."""
    draw = np.random.Generator(np.random.Philox(seed))
    if kind == "long tails":
        covariates = np.exp(draw.normal(0, 1.5, (SETS, people, 1)))
        odds = 0.8 * covariates[..., 0] - 2
    elif kind == "few values":
        covariates = draw.integers(0, 3, (SETS, people, 2)).astype(float)
        odds = (covariates * draw.normal(0, 2, (SETS, 1, 2))).sum(axis=-1)
    else:
        covariates = draw.normal(size=(SETS, people, 3))
        odds = (covariates * draw.normal(0, 3, (SETS, 1, 3))).sum(axis=-1)
    outcome = (draw.random(odds.shape) < 1 / (1 + np.exp(-odds))).astype(float)
    arm = draw.permuted(np.tile(np.arange(people) % 2, (SETS, 1)), axis=1).astype(float)
    scaled = standardized(covariates, np.ones((SETS, people, 1)))
    return outcome, np.concatenate([arm[..., None], 1 - arm[..., None], scaled], axis=-1)


def fitted(outcome: np.ndarray, design: np.ndarray) -> LogisticFit:
    return logistic_regression(
        outcome, design, np.ones(outcome.shape), np.ones(outcome.shape[:-1], bool)
    )


def separable(outcome: np.ndarray, design: np.ndarray) -> bool:
    """Whether a sum of margins, none of them below 0, can be made larger than 0."""
    side = np.where(outcome == 1, 1.0, -1.0)[:, None] * design
    bounds = [(-1, 1)] * side.shape[1]
    found = linprog(-side.sum(axis=0), A_ub=-side, b_ub=np.zeros(len(side)), bounds=bounds)
    return bool(-found.fun > 1e-7)


@pytest.mark.parametrize(
    ("kind", "people"),
    [("normal", 14), ("normal", 40), ("normal", 100), ("few values", 40), ("long tails", 200)],
)
def test_it_is_separated_where_a_linear_program_finds_a_plane_and_fitted_elsewhere(
    kind: str, people: int
) -> None:
    outcome, design = data_sets(kind, people, 7 + people)
    fit = fitted(outcome, design)
    known = ~fit.collinear
    expected = [separable(*one) for one in zip(outcome, design, strict=True)]
    np.testing.assert_array_equal(fit.separated[known], np.array(expected)[known])
    assert not fit.unsettled.any()
    given = known & ~fit.separated
    assert given.sum() > 10
    equations = ((outcome - fit.probability)[..., None, :] @ design)[given]
    assert np.abs(equations).max() < 1e-12 * people


def test_odds_beyond_25_are_no_separation() -> None:
    """Of 120 data sets with long tails all but a few have somebody that far out; all have a fit."""
    outcome, design = data_sets("long tails", 200, 3)
    fit = fitted(outcome, design)
    odds = np.abs((design @ fit.coefficients[..., None])[..., 0]).max(axis=-1)
    assert (odds > 25).mean() > 0.5
    assert not (fit.separated | fit.unsettled | fit.collinear).any()


@pytest.mark.parametrize(("kind", "people"), [("normal", 40), ("long tails", 200)])
def test_batched_equals_one_at_a_time(kind: str, people: int) -> None:
    outcome, design = data_sets(kind, people, 5)
    together = fitted(outcome, design)
    for place in range(0, SETS, 7):
        alone = fitted(outcome[place], design[place])
        for ours, theirs in zip(together, alone, strict=True):
            np.testing.assert_array_equal(ours[place], theirs)


def test_a_shared_design_may_have_many_outcomes() -> None:
    outcome, design = data_sets("normal", 40, 6)
    shared = fitted(outcome, design[0])
    each = fitted(outcome, np.broadcast_to(design[0], design.shape))
    np.testing.assert_array_equal(shared.separated, each.separated)
    good = ~(each.separated | each.collinear)
    np.testing.assert_allclose(shared.coefficients[good], each.coefficients[good], rtol=1e-12)


def test_without_proof_from_the_steps_the_linear_program_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome, design = data_sets("normal", 14, 9)
    expected = fitted(outcome, design)
    assert expected.separated.sum() > 10
    monkeypatch.setattr(logistic, "runs_away", lambda outcome, *_: np.zeros(len(outcome), bool))
    found = fitted(outcome, design)
    np.testing.assert_array_equal(found.separated, expected.separated)
    assert not found.unsettled.any()


FAR_OUT = [[-0.16, -0.08], [0.33, -3.95], [-0.08, -0.33], [-35.89, -0.02],
           [-0.13, 0.29], [0.13, 0.02], [-0.4, 0.05], [101.63, 10.96]]  # fmt: skip


def test_a_step_that_lowers_the_likelihood_is_halved() -> None:
    """Whole Newton steps from even odds overshoot in these data, ever further."""
    design, outcome = np.array(FAR_OUT), np.array([0.0, 1, 1, 0, 0, 0, 1, 0])
    coefficients, reached = np.zeros(2), [8 * np.log(0.5)]
    for _ in range(8):
        p = 1 / (1 + np.exp(-np.clip(design @ coefficients, -30, 30)))
        information = (design * (p * (1 - p))[:, None]).T @ design
        coefficients = coefficients + np.linalg.solve(information, design.T @ (outcome - p))
        odds = design @ coefficients
        reached.append(float((outcome * odds - np.logaddexp(0, odds)).sum()))
    assert min(np.diff(reached)) < -1
    assert not separable(outcome, design)
    fit = fitted(outcome, design)
    assert not (fit.separated | fit.unsettled)
    np.testing.assert_allclose((outcome - fit.probability) @ design, 0, atol=1e-10)
