"""Analysis of covariance: least-squares means, differences between arms, and the test of arms.

The model is `fit_linear_model` with arms and covariates, without interactions; the first arm is the
control. References: Cochran WG. Biometrics 1957;13:261-81. Searle SR, Speed FM, Milliken GA. Am
Stat 1980;34:216-21 (least-squares means).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from wholetrial.analysis.arguments import Alternative
from wholetrial.analysis.estimate import Effect, Floats
from wholetrial.analysis.measurements.linear_functions import (
    FTest,
    LinearFunction,
    joint_f_test,
    linear_effect,
)
from wholetrial.analysis.measurements.linear_model import LinearModel


def ls_means(model: LinearModel, level: float = 0.95) -> Effect:
    """Estimate the mean of each arm `(..., A)` with the levels of each factor weighed equally.

    Measured covariates are at their overall means. This is SAS's LSMEANS and the default of
    emmeans.

    >>> from wholetrial.analysis.measurements.covariates import measured
    >>> from wholetrial.analysis.measurements.linear_model import fit_linear_model
    >>> change, baseline = [-3, -5, -4, -9, -8, -13], [measured("baseline", [8, 14, 9, 9, 8, 15])]
    >>> model = fit_linear_model(change, baseline, arm=[0, 0, 0, 1, 1, 1], arms=[0, 1])
    >>> [f"{mean:.3f}" for mean in ls_means(model).value]
    ['-4.088', '-9.912']
    """
    return linear_effect(model, equal_weights(model), level)


def ls_means_proportional(model: LinearModel, level: float = 0.95) -> Effect:
    """Estimate the mean of each arm `(..., A)` with the levels of each factor weighed as observed.

    This is SAS's LSMEANS with OM, and `weights = "proportional"` of emmeans.
    """
    return linear_effect(model, proportional_weights(model), level)


def differences_from_control(
    model: LinearModel, level: float = 0.95, *, alternative: Alternative = "two_sided"
) -> Effect:
    """Estimate the adjusted difference of each other arm from the first one `(..., A - 1)`.

    >>> from wholetrial.analysis.measurements.covariates import measured
    >>> from wholetrial.analysis.measurements.linear_model import fit_linear_model
    >>> change, baseline = [-3, -5, -4, -9, -8, -13], [measured("baseline", [8, 14, 9, 9, 8, 15])]
    >>> model = fit_linear_model(change, baseline, arm=[0, 0, 0, 1, 1, 1], arms=[0, 1])
    >>> found = differences_from_control(model)
    >>> f"{found.value[0]:.3f} ({found.low[0]:.3f} to {found.high[0]:.3f})"
    '-5.824 (-8.102 to -3.547)'
    """
    return linear_effect(model, control_contrasts(model), level, alternative=alternative)


def pairwise_differences(model: LinearModel, level: float = 0.95) -> Effect:
    """Estimate the adjusted difference of each arm from each earlier one `(..., A (A - 1) / 2)`.

    The order is second less first, third less first, third less second and so on by first arms.
    """
    identity = np.eye(model.sizes.shape[-1])
    pairs = list(combinations(range(len(identity)), 2))
    rows = np.reshape(
        [identity[later] - identity[earlier] for earlier, later in pairs], (len(pairs), -1)
    )
    return linear_effect(model, _of_arms(model, rows), level)


def arms_test(model: LinearModel) -> FTest:
    """Test that all arms with participants have the same adjusted mean, by the F test (type III).

    >>> from wholetrial.analysis.measurements.covariates import measured
    >>> from wholetrial.analysis.measurements.linear_model import fit_linear_model
    >>> change, baseline = [-3, -5, -4, -9, -8, -13], [measured("baseline", [8, 14, 9, 9, 8, 15])]
    >>> model = fit_linear_model(change, baseline, arm=[0, 0, 0, 1, 1, 1], arms=[0, 1])
    >>> f"F={arms_test(model).test.statistic:.2f}, P={arms_test(model).test.p_value:.4f}"
    'F=66.22, P=0.0039'
    """
    present = model.sizes > 0
    identity = np.eye(present.shape[-1])
    first = np.argmax(present, axis=-1)
    asked = present & (np.cumsum(present, axis=-1) > 1)
    rows = np.where(asked[..., None], identity - identity[first][..., None, :], 0.0)
    return joint_f_test(model, _of_arms(model, rows), asked)


def equal_weights(model: LinearModel) -> LinearFunction:
    """Weigh the levels of each factor that have participants equally, for each arm's mean."""
    shares = model.covariate_means
    target = np.array(shares)
    for term in dict.fromkeys(model.terms):
        columns = [place for place, name in enumerate(model.terms) if name == term]
        if model.is_factor[columns[0]]:
            present = shares[..., columns] > 0
            count = np.maximum(present.sum(axis=-1, keepdims=True), 1)
            target[..., columns] = present / count
    moved = (target - shares)[..., None, :]
    count = model.sizes.shape[-1]
    slopes = np.broadcast_to(moved, (*moved.shape[:-2], count, moved.shape[-1]))
    return LinearFunction(np.eye(count), slopes)


def proportional_weights(model: LinearModel) -> LinearFunction:
    """Weigh the levels of each factor as observed over all arms, for each arm's mean."""
    return _of_arms(model, np.eye(model.sizes.shape[-1]))


def control_contrasts(model: LinearModel) -> LinearFunction:
    """Compare each other arm with the first."""
    return _of_arms(model, contrasts_with_first(model.sizes.shape[-1]))


def contrasts_with_first(arms: int) -> Floats:
    """Weights `(arms - 1, arms)` of each other arm's mean less the first one's.

    >>> contrasts_with_first(3)
    array([[-1.,  1.,  0.], [-1.,  0.,  1.]])
    """
    if arms < 2:
        raise ValueError(f"a comparison with control needs two or more arms; got {arms}")
    identity = np.eye(arms)
    return np.asarray(identity[1:] - identity[0])


def _of_arms(model: LinearModel, weights: Floats) -> LinearFunction:
    return LinearFunction(weights, np.zeros((weights.shape[-2], len(model.terms))))
