"""What many simulated trials say: forecasts with their spread, and the power of each comparison."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.analysis.estimate import Reason
from wholetrial.analysis.planned.several import ADJUSTED_P
from wholetrial.analysis.statistic import Statistic
from wholetrial.analysis.tally import Tally, mean_of, quantile_of, tally_of
from wholetrial.protocol.analysis_plan import Analysis
from wholetrial.protocol.protocol import Protocol

COVERAGE = 0.90
_P_VALUES = ("p_value", ADJUSTED_P, "tipping_point")
_RATIOS = ("risk_ratio", "odds_ratio", "hazard_ratio", "rate_ratio")


@dataclass(frozen=True, slots=True)
class Forecast:
    """One statistic over simulated trials: its mean and the range of the middle 90 % of trials.

    `low` and `high` are the trials' own spread (sampling of participants); the model's parameters
    are held at their estimates. `failed` counts the trials in which it could not be computed;
    `error` is how far an end may lie from the exact one, where there are too many values to keep.
    """

    statistic: Statistic
    mean: float
    low: float
    high: float
    replicates: int
    failed: int
    error: float = 0.0


@dataclass(frozen=True, slots=True)
class PlannedTest:
    """A planned test of efficacy in each simulated trial.

    `succeeded` and `failed` (no number) have one place a trial, `(R,)`; the rest names the test.
    """

    analysis: str
    endpoint: str
    level: str
    at: str
    arm: str
    control: str
    test: str
    alpha: str
    succeeded: NDArray[np.bool_]
    failed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Power:
    """How often a comparison succeeds: P below alpha, in the direction that favors the arm.

    `error` is the Monte Carlo standard error. A trial whose test gives no number is no success;
    `failed` counts those.
    """

    analysis: str
    endpoint: str
    at: str
    arm: str
    control: str
    test: str
    alpha: str
    share: float
    error: float
    replicates: int
    failed: int


def stacked(blocks: Sequence[Sequence[Statistic]]) -> list[Statistic]:
    """The statistics of blocks of replicates, one after another, with the replicate as axis."""
    return [_stack(parts) for parts in zip(*blocks, strict=True)]


def _stack(parts: Sequence[Statistic]) -> Statistic:
    first = parts[0]
    if first.not_computed:
        return first
    joined: dict[str, Any] = {
        name: np.concatenate([np.atleast_1d(getattr(part, name)) for part in parts])
        for name in ("value", "n", "count", "low", "high", "reason", "favors")
        if getattr(first, name) is not None
    }
    return replace(first, **joined)


def forecast(statistic: Statistic) -> Forecast:
    """The mean of a statistic over replicates and the middle 90 % of its values.

    >>> shares = np.linspace(0.4, 0.6, 201)
    >>> n = np.full(201, 64)
    >>> found = forecast(Statistic("a", "e", "primary", "", "", "proportion", "x", "", shares, n))
    >>> round(found.mean, 3), round(found.low, 3), round(found.high, 3)
    (0.5, 0.41, 0.59)
    """
    return forecast_of_tally(statistic, tally_of(statistic.value))


def forecast_of_tally(statistic: Statistic, tally: Tally) -> Forecast:
    """The forecast of a statistic of which many trials were counted."""
    tail = (1 - COVERAGE) / 2
    low, high = quantile_of(tally, tail), quantile_of(tally, 1 - tail)
    return Forecast(
        statistic,
        mean_of(tally),
        low.value,
        high.value,
        tally.known + tally.missing,
        tally.missing,
        max(low.error, high.error),
    )


def powers(protocol: Protocol, statistics: Sequence[Statistic]) -> list[Power]:
    """The power of every test of efficacy among the statistics of simulated trials."""
    return [
        power_of(one, int(one.succeeded.sum()), int(one.failed.sum()), one.succeeded.size)
        for one in planned_tests(protocol, statistics)
    ]


def power_of(one: PlannedTest, successes: int, failed: int, replicates: int) -> Power:
    """The power of a test that succeeded in so many of so many trials."""
    share = successes / replicates
    return Power(
        analysis=one.analysis,
        endpoint=one.endpoint,
        at=one.at,
        arm=one.arm,
        control=one.control,
        test=one.test,
        alpha=one.alpha,
        share=share,
        error=float(np.sqrt(share * (1 - share) / replicates)),
        replicates=replicates,
        failed=failed,
    )


def planned_tests(protocol: Protocol, statistics: Sequence[Statistic]) -> Iterator[PlannedTest]:
    """Every test of efficacy among the statistics of simulated trials, and where it succeeds.

    Only the readings taken are counted: the protocol promises no success by another one.
    Each test counts at its alpha, by its adjusted p-value where several are corrected together. A
    two-sided test succeeds only where the estimate beside it lies on the better side of no
    difference, or of the benchmark that the file states.
    """
    for statistic in statistics:
        if (
            statistic.name == "p_value"
            and statistic.level != "safety"
            and not statistic.reading
            and protocol.analyses[statistic.analysis].alpha is not None
        ):
            yield _planned_test(protocol, statistic, _beside(statistic, statistics))


class _Beside(NamedTuple):
    """What stands beside a test: its estimate, and its p-value adjusted with those of others."""

    estimate: Statistic | None
    adjusted: Statistic | None


def _beside(test: Statistic, statistics: Sequence[Statistic]) -> _Beside:
    alike = [one for one in statistics if _compared(one) == _compared(test)]
    estimates = (one for one in alike if one.name not in (*_P_VALUES, "not_computed"))
    adjusted = (one for one in alike if one.name == ADJUSTED_P)
    return _Beside(next(estimates, None), next(adjusted, None))


def _compared(one: Statistic) -> tuple[str, ...]:
    return one.analysis, one.endpoint, one.at, one.reading, one.arm, one.control


def _planned_test(protocol: Protocol, test: Statistic, beside: _Beside) -> PlannedTest:
    plan = protocol.analyses[test.analysis]
    alpha = plan.alpha
    if alpha is None:
        raise ValueError(f"the power of '{test.analysis}' needs its alpha")
    decisive = beside.adjusted or test
    p_value = np.atleast_1d(decisive.value)
    success = ~np.isnan(p_value) & (p_value < alpha.level)
    if alpha.sides == 2 and test.favors is not None:
        success &= np.atleast_1d(test.favors)
    elif alpha.sides == 2 and beside.estimate is not None:
        success &= _on_better_side(beside.estimate, plan)
    failed = np.isnan(p_value)
    if test.reason is not None:
        failed = failed | (np.atleast_1d(test.reason) != Reason.OK)
    return PlannedTest(
        analysis=test.analysis,
        endpoint=test.endpoint,
        level=test.level,
        at=test.at,
        arm=test.arm,
        control=test.control,
        test=test.method,
        alpha=f"{alpha}{_corrected(plan, beside.adjusted)}",
        succeeded=success,
        failed=failed,
    )


def _corrected(plan: Analysis, adjusted: Statistic | None) -> str:
    """The correction that the power counts, or that it leaves out."""
    if plan.multiplicity in (None, "none"):
        return ""
    if adjusted is not None:
        return f", with the correction for several tests ({adjusted.method})"
    return f", without the planned correction ({plan.multiplicity})"


def _on_better_side(estimate: Statistic, plan: Analysis) -> NDArray[np.bool_]:
    """Where an estimate is better than what it is compared with: no difference, or a benchmark."""
    against = plan.against
    share = against.share if against else None
    benchmark = share.fraction if share else ((against.number if against else None) or 0.0)
    null = 1.0 if estimate.name in _RATIOS else benchmark
    above = np.nan_to_num(np.atleast_1d(estimate.value) - null)
    less_is_better = plan.better == "lower" or (
        (plan.better == "later") == (estimate.name == "hazard_ratio")
        and plan.better in ("later", "earlier")
    )
    side: NDArray[np.bool_] = above < 0 if less_is_better else above > 0
    return side
