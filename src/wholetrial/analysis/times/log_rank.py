"""The log-rank test and its weighted forms, of two or more arms, within strata.

Participants are the last axis of every array, `(..., P)`. References: Mantel, Cancer Chemother Rep
1966;50:163-70. Peto and Peto, J R Stat Soc A 1972;135:185-207. Harrington and Fleming, Biometrika
1982;69:553-66. Fleming and Harrington, Counting Processes and Survival Analysis, 1991 (weights
with rho and gamma).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from wholetrial.analysis.arguments import (
    Alternative,
    check_participants,
    checked_follow_up,
    same_shape,
)
from wholetrial.analysis.estimate import Floats, Reason, Reasons, Test, first_reason
from wholetrial.analysis.times.ordered import (
    Indices,
    Order,
    at_places,
    blocks_of,
    by_time,
    checked_strata,
    counted_before,
    in_order,
)
from wholetrial.analysis.times.score_test import chi_square_test, directed_test


@dataclass(frozen=True, slots=True)
class Weights:
    """Weight of an event: S ** rho * (1 - S) ** gamma, S the survival of all just before it.

    Survival is the Kaplan-Meier estimate of all arms compared, in each stratum its own.
    """

    rho: float = 0.0
    gamma: float = 0.0


LOG_RANK = Weights()
"""Every event counts the same."""

PETO_PETO = Weights(rho=1.0)
"""An event counts by the survival at its time: early differences count more."""


@dataclass(frozen=True, slots=True)
class LogRankScore:
    """Weighted events observed and expected by arm `(..., A)`, with their covariance.

    `covariance` of observed - expected is `(..., A, A)`; `participants` of each arm `(..., A)`, and
    all `events` `(...)`, are not weighted.
    """

    observed: Floats
    expected: Floats
    covariance: Floats
    participants: Floats
    events: Floats

    @property
    def excess(self) -> Floats:
        """Weighted events of each arm beyond those expected."""
        return np.asarray(self.observed - self.expected)

    @property
    def reason(self) -> Reasons:
        """Why there is nothing to test."""
        return first_reason(
            (np.any(self.participants == 0, axis=-1), Reason.NO_PARTICIPANTS),
            (self.events == 0, Reason.NO_EVENTS),
        )


class _Compared(NamedTuple):
    """The order, and at each place the arm's number from 0, the event, and those at risk."""

    order: Order
    arm: npt.NDArray[np.int8]
    event: npt.NDArray[np.bool_]
    at_risk: Indices
    tied: npt.NDArray[Any]


def logrank_score(
    times: npt.ArrayLike,
    event_observed: npt.ArrayLike,
    arm: npt.ArrayLike,
    *,
    arms: Sequence[int],
    stratum: npt.ArrayLike = 0,
    weights: Weights = LOG_RANK,
) -> LogRankScore:
    """Count events observed and expected in each of the arms, summed over strata.

    Participants of other arms are left out. An arm without participants counts 0.

    >>> score = logrank_score([1, 2, 2, 3], [1, 1, 1, 1], [0, 0, 1, 1], arms=[0, 1])
    >>> score.observed.tolist(), score.expected.round(4).tolist()
    ([2.0, 2.0], [1.1667, 2.8333])
    """
    check_arms(arms)
    check_weights(weights)
    labels, days, seen = same_shape(
        np.asarray(arm), np.asarray(times, np.float64), np.asarray(event_observed)
    )
    check_participants("times", days)
    number = np.full(labels.shape, -1, np.int8)
    for place, label in enumerate(arms):
        number[labels == label] = place
    strata = checked_strata(stratum, number >= 0)
    shape, people = labels.shape[:-1], labels.shape[-1]
    compared_arm = number.reshape(-1, people)
    days, seen = days.reshape(-1, people), seen.reshape(-1, people)
    parts = []
    for block in blocks_of(len(days), people):
        inside = None if strata is None else strata.reshape(-1, people)[block]
        compared = _compared(days[block], seen[block], compared_arm[block], inside)
        parts.append(_score(compared, len(arms), weights))
    joined = (np.concatenate(terms) for terms in zip(*parts, strict=True))
    return LogRankScore(*(terms.reshape((*shape, *terms.shape[1:])) for terms in joined))


def logrank_test(
    times: npt.ArrayLike,
    event_observed: npt.ArrayLike,
    arm: npt.ArrayLike,
    *,
    arms: Sequence[int],
    stratum: npt.ArrayLike = 0,
    weights: Weights = LOG_RANK,
) -> Test:
    """Test that two or more arms have the same survival, by the (stratified) log-rank test.

    The statistic is chi-square with one degree of freedom less than there are arms.

    >>> test = logrank_test([6, 4, 6, 2, 9, 8], [1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1], arms=[0, 1])
    >>> f"{test.statistic:.4f}, P={test.p_value:.4f}"
    '3.7765, P=0.0520'
    """
    score = logrank_score(times, event_observed, arm, arms=arms, stratum=stratum, weights=weights)
    return chi_square_test(score.excess, score.covariance, score.reason)


def directed_logrank_test(score: LogRankScore, alternative: Alternative = "two_sided") -> Test:
    """Test two arms with a direction: z is positive where the first has more events than expected.

    `less` asks whether the first of `arms` has fewer events, as a benefit of the first would.

    >>> score = logrank_score(
    ...     [6, 4, 6, 2, 9, 8], [1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 1, 1], arms=[1, 0]
    ... )
    >>> test = directed_logrank_test(score, "less")
    >>> f"{test.statistic:.4f}, P={test.p_value:.4f}"
    '-1.9433, P=0.0260'
    """
    return directed_test(score.excess, score.covariance, score.reason, alternative)


def check_arms(arms: Sequence[int]) -> None:
    """Raise ValueError unless two or more different arms are named."""
    if len(arms) < 2 or len(set(arms)) != len(arms):
        raise ValueError(f"arms must name two or more different arms; got {list(arms)}")


def check_weights(weights: Weights) -> None:
    """Raise ValueError unless rho and gamma are 0 or more."""
    for name, power in (("rho", weights.rho), ("gamma", weights.gamma)):
        if not 0 <= power < np.inf:
            raise ValueError(f"{name} must be 0 or more; got {power!r}")


def _compared(
    times: Floats,
    event_observed: npt.NDArray[Any],
    number: npt.NDArray[np.int8],
    stratum: Indices | None,
) -> _Compared:
    follow_up = checked_follow_up(times, event_observed, number >= 0)
    order = by_time(follow_up, stratum)
    event = in_order(follow_up.event_observed, order.participant)
    at_risk = order.stop - order.ties.first
    if order.ties.first is order.ties.last:
        tied = event.astype(np.int32)
    else:
        before = counted_before(event)
        tied = at_places(before, order.ties.last + 1)
        tied = tied - at_places(before, order.ties.first)
    return _Compared(order, in_order(number, order.participant), event, at_risk, tied)


def _score(
    compared: _Compared, arms: int, weights: Weights
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Observed, expected, covariance, participants and events; the last arm is what remains."""
    event, at_risk = compared.event, np.maximum(compared.at_risk, 1)
    weight = np.where(event, _weight(compared, weights), 0.0)
    spread = weight**2 * (at_risk - compared.tied) / np.maximum(at_risk - 1, 1)
    participants = np.stack(
        [np.sum(compared.arm == place, axis=-1) for place in range(arms)], axis=-1
    )
    observed, expected = np.zeros(participants.shape), np.zeros(participants.shape)
    covariance = np.zeros((*participants.shape, arms))
    shares: list[Floats] = []
    for place in range(arms - 1):
        member = compared.arm == place
        share = _at_risk(compared, member) / at_risk
        observed[..., place] = np.sum(weight * member, axis=-1)
        expected[..., place] = np.sum(weight * share, axis=-1)
        weighted = spread * share
        covariance[..., place, place] = np.sum(weighted * (1 - share), axis=-1)
        for other, before in enumerate(shares):
            both = -np.sum(weighted * before, axis=-1)
            covariance[..., place, other] = covariance[..., other, place] = both
        shares.append(share)
    total = np.sum(weight, axis=-1)
    observed[..., -1] = np.sum(weight * (compared.arm == arms - 1), axis=-1)
    expected[..., -1] = total - np.sum(expected, axis=-1)
    covariance[..., -1, :] = -np.sum(covariance, axis=-2)
    covariance[..., :, -1] = covariance[..., -1, :]
    covariance[..., -1, -1] = -np.sum(covariance[..., -1, :-1], axis=-1)
    return observed, expected, covariance, participants.astype(np.float64), np.sum(event, axis=-1)


def _at_risk(compared: _Compared, member: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """How many of an arm are at risk at each place, in the stratum of that place."""
    before, ties, stop = counted_before(member), compared.order.ties, compared.order.stop
    until = at_places(before, stop)
    if ties.first is ties.last:
        return np.asarray(until - before[..., :-1])
    return np.asarray(until - at_places(before, ties.first))


def _weight(compared: _Compared, weights: Weights) -> npt.NDArray[Any]:
    """Weight of an event at each place, from the survival of all just before it."""
    if weights == LOG_RANK:
        return np.ones_like(compared.event, np.float64)
    ties, at_risk = compared.order.ties, np.maximum(compared.at_risk, 1)
    last = ties.last == np.arange(at_risk.shape[-1])
    staying = at_risk - compared.tied
    falls = last & (compared.tied > 0) & (staying > 0)
    step = np.where(falls, np.log(np.where(falls, staying / at_risk, 1.0)), 0.0)
    log_survival = np.zeros((*step.shape[:-1], step.shape[-1] + 1))
    np.cumsum(step, axis=-1, out=log_survival[..., 1:])
    here = at_places(log_survival, ties.first)
    survival = np.exp(here - at_places(log_survival, compared.order.start))
    return np.asarray(survival**weights.rho * (1 - survival) ** weights.gamma)
