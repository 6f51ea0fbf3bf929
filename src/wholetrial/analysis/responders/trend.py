"""The trend of a proportion over ordered doses: Cochran-Armitage, by the normal and exactly.

Cochran WG. Biometrics 1954;10:417-51. Armitage P. Biometrics 1955;11:375-86. The arms are the last
axis of the counts, `(..., A)`; every arm has a score, such as its dose.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm

import numpy as np
import numpy.typing as npt
from scipy import special

from wholetrial.analysis.arguments import (
    Alternative,
    OneArm,
    checked_alternative,
    checked_one_arm,
    refuse,
)
from wholetrial.analysis.estimate import (
    Floats,
    Reason,
    Test,
    as_test,
    first_reason,
    student_p_value,
)
from wholetrial.analysis.responders.hypergeometric import Margins, distributions

SAME = 1e-9
"""Distances from the expected score that differ by less than this count as equal."""
LARGEST_DENOMINATOR = 10_000
MOST_CELLS = 2**24
"""Probabilities of the exact distribution, beyond which it is not computed."""


def cochran_armitage_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    scores: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test that a proportion changes with the score of the arms `(A,)`, by the normal.

    `events` and `participants` are `(..., A)`; the statistic is z, positive where the proportion
    rises with the score (`greater`). Raises ValueError for fewer than two arms or scores all alike.

    >>> test = cochran_armitage_test([5, 7, 10, 10], [20, 20, 20, 20], [0, 1, 2, 3])
    >>> f"z={test.statistic:.4f}, P={test.p_value:.4f}"
    'z=1.8371, P=0.0662'
    """
    checked_alternative(alternative)
    arms, weight = _checked(events, participants, scores)
    x, n = arms
    total, people = np.sum(x, axis=-1), np.sum(n, axis=-1)
    reason = first_reason(
        (np.any(n == 0, axis=-1), Reason.NO_PARTICIPANTS),
        (total == 0, Reason.NO_EVENTS),
        (total == people, Reason.ALL_EVENTS),
    )
    size = np.maximum(people, 1.0)
    share = total / size
    centered = weight - np.sum(n * weight, axis=-1, keepdims=True) / size[..., None]
    variance = share * (1 - share) * np.sum(n * centered**2, axis=-1)
    known = reason == Reason.OK
    z = np.sum(x * centered, axis=-1) / np.sqrt(np.where(known, variance, 1.0))
    if alternative == "two_sided":
        return as_test(special.erfc(np.abs(z) / np.sqrt(2)), z, reason)
    return as_test(student_p_value(z, np.inf, alternative), z, reason)


def cochran_armitage_exact_test(
    events: npt.ArrayLike,
    participants: npt.ArrayLike,
    scores: npt.ArrayLike,
    *,
    alternative: Alternative = "two_sided",
) -> Test:
    """Test the same by the distribution of the events' total score when the margins are given.

    Two-sided is the probability of a total score at least as far from its expectation. Raises
    ValueError for scores that are not multiples of a common step, such as 0, 5, 10, 40.

    >>> test = cochran_armitage_exact_test(
    ...     [5, 7, 10, 10], [20, 20, 20, 20], [0, 1, 2, 3], alternative="greater"
    ... )
    >>> f"{test.p_value:.4f}"
    '0.0421'
    """
    checked_alternative(alternative)
    arms, weight = _checked(events, participants, scores)
    steps = _whole_steps(weight)
    shape, doses = arms.events.shape[:-1], len(steps)
    x, n = (counts.reshape(-1, doses) for counts in arms)
    reason = first_reason((np.any(n == 0, axis=-1), Reason.NO_PARTICIPANTS))
    p_value = np.full(len(x), np.nan)
    designs, which = np.unique(n, axis=0, return_inverse=True)
    for design, sizes in enumerate(designs):
        here = np.flatnonzero((which.ravel() == design) & (reason == Reason.OK))
        if len(here):
            p_value[here] = _exact(x[here], sizes, steps, alternative)
    return as_test(p_value.reshape(shape), None, reason.reshape(shape))


def _checked(
    events: npt.ArrayLike, participants: npt.ArrayLike, scores: npt.ArrayLike
) -> tuple[OneArm, Floats]:
    arms, weight = checked_one_arm(events, participants), np.asarray(scores, np.float64)
    doses = arms.events.shape[-1] if arms.events.ndim else 0
    if doses < 2 or weight.shape != (doses,):
        raise ValueError(
            "events and participants must have two or more arms on the last axis, and scores one "
            f"value for each; got shapes {arms.events.shape} and {weight.shape}"
        )
    refuse("scores must be finite numbers", weight, ~np.isfinite(weight))
    if np.all(weight == weight[0]):
        raise ValueError(f"scores must not be all the same; got {weight.tolist()}")
    return arms, weight


def _whole_steps(weight: Floats) -> npt.NDArray[np.intp]:
    """The scores above the lowest one as whole numbers of the largest common step."""
    shares = (weight - weight.min()) / np.ptp(weight)
    parts = [Fraction(float(share)).limit_denominator(LARGEST_DENOMINATOR) for share in shares]
    if any(abs(float(part) - share) > SAME for part, share in zip(parts, shares, strict=True)):
        raise ValueError(
            "the exact test needs scores that are multiples of a common step, such as 0, 5, 10, 40;"
            f" got {weight.tolist()} (use the asymptotic test, or ranks)"
        )
    unit = lcm(*(part.denominator for part in parts))
    whole = [int(part * unit) for part in parts]
    return np.array(whole, np.intp) // gcd(*whole)


def _exact(x: Floats, sizes: Floats, steps: npt.NDArray[np.intp], alternative: str) -> Floats:
    """P-values `(K,)` of tables `(K, A)` with these arm sizes."""
    chances = _total_score_chances(sizes.astype(int).tolist(), steps.tolist())
    events, score = np.sum(x, axis=-1).astype(np.intp), x @ steps
    expected = events * (np.sum(sizes * steps) / np.sum(sizes))
    away = np.abs(score - expected) - SAME
    none = np.full(len(x), -1.0)
    low, high = {
        "greater": (none, score),
        "less": (score, none + chances.shape[1] + 1),
        "two_sided": (np.floor(expected - away), np.ceil(expected + away)),
    }[alternative]
    edge = np.zeros((len(chances), 1))
    at_most = np.hstack([edge, np.cumsum(chances, axis=1)])
    at_least = np.hstack([np.cumsum(chances[:, ::-1], axis=1)[:, ::-1], edge])
    ends = (np.clip(end, 0, chances.shape[1]).astype(np.intp) for end in (low + 1, high))
    below, above = ends
    tails: Floats = at_most[events, below] + at_least[events, above]
    return np.minimum(tails, 1.0)


def _total_score_chances(sizes: list[int], steps: list[int]) -> Floats:
    """Probability of each total score given each number of events: `(people + 1, scores)`.

    Arm after arm: how many of the events fall into the arm is hypergeometric, and the total score
    of the others has the probabilities found before.
    """
    scores = sum(size * step for size, step in zip(sizes, steps, strict=True)) + 1
    if (sum(sizes) + 1) * scores > MOST_CELLS:
        raise ValueError(
            f"the exact test of {sum(sizes)} participants would need {scores} total scores; "
            "use scores with a larger common step, or the asymptotic test"
        )
    chances = np.zeros((sum(sizes) + 1, scores))
    chances[0, 0] = 1.0
    people, reached = 0, 0
    for size, step in zip(sizes, steps, strict=True):
        before = chances[: people + 1, : reached + 1].copy()
        chances[: people + 1, : reached + 1] = 0.0
        total = np.arange(people + size + 1, dtype=np.float64)
        found = distributions(
            Margins(np.full_like(total, size), np.full_like(total, people), total)
        )
        share = found.weight / np.sum(found.weight, axis=1, keepdims=True)
        lowest = found.lowest.astype(np.intp)
        for inside in range(size + 1):
            events = slice(inside, inside + people + 1)
            column = inside - lowest[events]
            weight = share[np.arange(inside, inside + people + 1), column]
            at = slice(inside * step, inside * step + reached + 1)
            chances[events, at] += weight[:, None] * before
        people, reached = people + size, reached + size * step
    return chances
