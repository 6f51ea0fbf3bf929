"""The generalized Cochran-Mantel-Haenszel tests: several arms and responses, within strata.

Counts of participants are `(..., K, A, R)`: strata, arms, responses. Given each stratum's margins
the counts are hypergeometric; a stratum with one arm only, or with one participant, contributes
nothing. Landis JR, Heyman ER, Koch GG. Int Stat Rev 1978;46:237-54.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import refuse
from wholetrial.analysis.estimate import Floats, Reason, Reasons, as_test, first_reason
from wholetrial.analysis.responders.homogeneity import ChiSquareTest
from wholetrial.analysis.responders.strata import over_strata

LEAST_SHARE = 1e-9
"""Smallest eigenvalue of a covariance, beside its largest, that is not taken for zero."""


class _Margins(NamedTuple):
    """Of each stratum: counts less what is expected `(..., K, A, R)`, shares of arms and responses.

    `factor` `(..., K)` is N^2 / (N - 1), 0 where there is nobody to compare.
    """

    departure: Floats
    arms: Floats
    responses: Floats
    factor: Floats
    reason: Reasons


def cmh_general_association_test(counts: npt.ArrayLike) -> ChiSquareTest:
    """Test that responses are spread alike in all arms, in any way (nominal by nominal).

    An arm or a response that nobody has takes no degree of freedom.

    >>> counts = [[[9, 5, 2], [4, 6, 6]], [[7, 4, 3], [3, 5, 7]]]
    >>> found = cmh_general_association_test(counts)
    >>> f"{found.test.statistic:.4f} on {found.freedom:.0f}, P={found.test.p_value:.4f}"
    '7.0210 on 2, P=0.0299'
    """
    margins = _margins(_checked(counts))
    spread_of_arms, spread_of_responses = _spread(margins.arms), _spread(margins.responses)
    shape = margins.departure.shape
    size = shape[-2] * shape[-1]
    both = (
        margins.factor[..., None, None, None, None]
        * spread_of_arms[..., :, None, :, None]
        * spread_of_responses[..., None, :, None, :]
    ).reshape(*shape[:-2], size, size)
    return _chi_square(
        margins,
        _total(margins.departure.reshape(*shape[:-2], size), 1),
        _total(both, 2),
    )


def cmh_mean_score_test(
    counts: npt.ArrayLike, *, scores: npt.ArrayLike | None = None
) -> ChiSquareTest:
    """Test that the arms' mean scores of the response are alike ("row mean scores differ").

    `scores` are those of the responses, `(R,)` or by stratum `(..., K, R)`; 0, 1, 2 ... unless
    given.

    >>> counts = [[[9, 5, 2], [4, 6, 6]], [[7, 4, 3], [3, 5, 7]]]
    >>> found = cmh_mean_score_test(counts)
    >>> f"{found.test.statistic:.4f} on {found.freedom:.0f}, P={found.test.p_value:.4f}"
    '6.9537 on 1, P=0.0084'
    """
    checked = _checked(counts)
    margins = _margins(checked)
    weights = _scores("scores", scores, checked.shape[:-2], checked.shape[-1])
    excess = (margins.departure * weights[..., None, :]).sum(axis=-1)
    variance = margins.factor * _variance(margins.responses, weights)
    covariance = variance[..., None, None] * _spread(margins.arms)
    return _chi_square(margins, _total(excess, 1), _total(covariance, 2))


def cmh_correlation_test(
    counts: npt.ArrayLike,
    *,
    scores: npt.ArrayLike | None = None,
    arm_scores: npt.ArrayLike | None = None,
) -> ChiSquareTest:
    """Test that the response's score does not rise or fall with the arm's (ordinal by ordinal).

    `arm_scores` `(A,)` are 0, 1, 2 ... unless given, as for doses.

    >>> counts = [[[9, 5, 2], [6, 5, 5], [4, 6, 6]], [[7, 4, 3], [5, 4, 5], [3, 5, 7]]]
    >>> found = cmh_correlation_test(counts)
    >>> f"{found.test.statistic:.4f} on {found.freedom:.0f}, P={found.test.p_value:.4f}"
    '6.8852 on 1, P=0.0087'
    """
    checked = _checked(counts)
    margins = _margins(checked)
    weights = _scores("scores", scores, checked.shape[:-2], checked.shape[-1])
    doses = _scores("arm_scores", arm_scores, checked.shape[:-2], checked.shape[-2])
    product = margins.departure * doses[..., :, None] * weights[..., None, :]
    excess = product.sum(axis=(-2, -1))[..., None]
    variance = _variance(margins.arms, doses) * _variance(margins.responses, weights)
    covariance = (margins.factor * variance)[..., None, None]
    return _chi_square(margins, _total(excess, 1), _total(covariance, 2))


def modified_ridits(counts: npt.ArrayLike) -> Floats:
    """Give each response its mean rank in the stratum over N + 1, `(..., K, R)`.

    As scores they make the test of mean scores that of van Elteren (Bull Int Stat Inst
    1960;37:351-61).

    >>> modified_ridits([[[1, 1, 0], [1, 0, 1]]])
    array([[0.3, 0.6, 0.8]])
    """
    responses = _checked(counts).sum(axis=-2)
    total = responses.sum(axis=-1, keepdims=True)
    below = np.cumsum(responses, axis=-1) - responses
    return np.asarray((below + (responses + 1) / 2) / (total + 1))


def _checked(counts: npt.ArrayLike) -> Floats:
    values = np.asarray(counts, np.float64)
    whole = np.isfinite(values) & (values >= 0) & (values == np.floor(values))
    refuse("counts must be whole numbers of at least 0", values, ~whole)
    if values.ndim < 3 or values.shape[-3] < 1 or min(values.shape[-2:]) < 2:
        raise ValueError(
            "counts must have at least one stratum, two arms and two responses on the last three "
            f"axes; got shape {values.shape}"
        )
    return values


def _scores(name: str, scores: npt.ArrayLike | None, leading: tuple[int, ...], size: int) -> Floats:
    values = np.arange(float(size)) if scores is None else np.asarray(scores, np.float64)
    refuse(f"{name} must be known", values, ~np.isfinite(values))
    if values.ndim == 0 or values.shape[-1] != size:
        raise ValueError(
            f"{name} must hold one number for each of {size} on the last axis; "
            f"got shape {values.shape}"
        )
    return np.broadcast_to(values, (*leading, size))


def _margins(counts: Floats) -> _Margins:
    of_arms, of_responses = counts.sum(axis=-1), counts.sum(axis=-2)
    total = of_arms.sum(axis=-1)
    people = np.maximum(total, 1.0)
    arms, responses = of_arms / people[..., None], of_responses / people[..., None]
    compares = (of_arms > 0).sum(axis=-1) > 1
    filled = (over_strata(np.moveaxis(of_arms, -2, -1)) > 0).sum(axis=-1)
    expected = of_arms[..., :, None] * responses[..., None, :]
    return _Margins(
        np.where(compares[..., None, None], counts - expected, 0.0),
        arms,
        responses,
        np.where(compares, people**2 / np.maximum(people - 1, 1.0), 0.0),
        first_reason(
            (filled < 2, Reason.NO_PARTICIPANTS),
            (~compares.any(axis=-1), Reason.NO_COMPARISON),
        ),
    )


def _spread(shares: Floats) -> Floats:
    """The covariance of one draw `(..., C, C)` from these shares `(..., C)`."""
    return shares[..., :, None] * (np.eye(shares.shape[-1]) - shares[..., None, :])


def _variance(shares: Floats, scores: Floats) -> Floats:
    centered = scores - (shares * scores).sum(axis=-1, keepdims=True)
    return np.asarray((shares * centered**2).sum(axis=-1))


def _total(parts: Floats, axes: int) -> Floats:
    """Sum over the strata, which stand before this many axes."""
    return over_strata(np.moveaxis(parts, -axes - 1, -1))


def _chi_square(margins: _Margins, excess: Floats, covariance: Floats) -> ChiSquareTest:
    """The quadratic form in the generalized inverse, its rank being the degrees of freedom."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > LEAST_SHARE * np.maximum(values[..., -1:], np.finfo(np.float64).tiny)
    turned = (np.swapaxes(vectors, -1, -2) @ excess[..., None])[..., 0]
    squares = np.where(kept, turned**2 / np.where(kept, values, 1.0), 0.0)
    statistic, freedom = squares.sum(axis=-1), kept.sum(axis=-1).astype(np.float64)
    reason = np.where(
        (margins.reason == Reason.OK) & (freedom == 0),
        np.int8(Reason.NO_VARIATION),
        margins.reason,
    )
    p_value = special.chdtrc(np.maximum(freedom, 1.0), statistic)
    test = as_test(p_value, statistic, reason)
    return ChiSquareTest(test, np.where(reason == Reason.OK, freedom, np.nan))
