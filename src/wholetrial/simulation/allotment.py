"""How virtual people come to arms: randomized by the list, or by refusal and quota."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wholetrial.conditions.evaluate import MET, UNKNOWN, evaluate
from wholetrial.conduct.allocation import allocate
from wholetrial.data.records import Codes, Floats
from wholetrial.numerics.elementary import exp, log
from wholetrial.numerics.philox import Purpose, uniforms
from wholetrial.protocol.assumptions import Choice
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.quantity import Distribution, Share
from wholetrial.simulation.empirical import dependence
from wholetrial.simulation.population import NotSimulatedError, Population, at_screening


def allot(protocol: Protocol, seed: int, replicates: ArrayLike, population: Population) -> Codes:
    """The arm of every participant, `(R, P)`, as its place in the file.

    Raises NotSimulatedError for people who choose their arm where the file does not say how.
    """
    if len(protocol.arms) == 1:
        return np.zeros(population.stream.shape, np.int8)
    allocation = protocol.design.allocation
    if allocation is not None and allocation.not_randomized is None:
        stratum = _stratum(protocol, allocation.strata, population) if allocation.strata else None
        return allocate(protocol, seed, np.asarray(replicates), stratum=stratum)
    choice = protocol.assumptions.choice if protocol.assumptions else None
    if choice is None or allocation is None or len(protocol.arms) != 2:
        raise NotSimulatedError("how people choose their arm (assumptions.choice, two arms)")
    return _chosen(protocol, choice, allocation.quota.get(choice.declines), population)


def _stratum(
    protocol: Protocol, factors: tuple[str, ...], population: Population
) -> NDArray[np.int64]:
    """The stratum of every participant, the place in `strata_labels`: as seen at screening.

    Raises NotSimulatedError for a factor that nobody assumed anything about.
    """
    situation = at_screening(protocol, population.baseline, population.screening)
    stratum = np.zeros(population.stream.shape, np.int64)
    for factor in factors:
        if factor in protocol.terms:
            verdict = evaluate(protocol.terms[factor], situation)
            known, levels, place = verdict != UNKNOWN, 2, (verdict != MET).astype(np.int64)
        else:
            centers = population.baseline.get(factor, np.full(stratum.shape, np.nan))
            levels = protocol.design.centers or 1
            known = (centers >= 1) & (centers <= levels)
            place = np.where(known, centers, 1).astype(np.int64) - 1
        if not known.all():
            raise NotSimulatedError(
                f"the stratum '{factor}' of every participant (assumptions.baseline, and a measure "
                "at screening)"
            )
        stratum = stratum * levels + place
    return stratum


def _chosen(protocol: Protocol, choice: Choice, quota: int | None, population: Population) -> Codes:
    """People come one after another: those who decline, or find the quota full, take the other."""
    values = {**population.baseline, **population.screening}
    share = choice.share.fraction
    middle = float(log(np.asarray(share / (1 - share))))
    odds = middle + dependence(choice.odds, values, centers_of(protocol))
    declines = uniforms(population.stream, Purpose.PHYSICIAN_CHOICE, 2)[..., 0] < 1 / (
        1 + exp(-odds)
    )
    accepted = np.cumsum(~declines, axis=-1)
    takes = ~declines & (accepted <= (quota if quota is not None else accepted.shape[-1]))
    arms = list(protocol.arms)
    wanted = arms.index(choice.declines)
    chosen: Codes = np.where(takes, wanted, 1 - wanted).astype(np.int8)
    return chosen


def centers_of(protocol: Protocol) -> Mapping[str, float]:
    """The middle of each assumed baseline value: its mean or median, 0.5 for yes and no."""
    assumed = protocol.assumptions
    return {
        name: _center(planned)
        for name, planned in (assumed.baseline.items() if assumed is not None else ())
    }


def _center(planned: Distribution | Share) -> float:
    if isinstance(planned, Share):
        return planned.fraction
    match planned.distribution:
        case "lognormal":
            return planned["median"]
        case "uniform":
            return (planned["low"] + planned["high"]) / 2
        case "choice":
            return sum(value * share for value, share in planned.choices)
        case _:
            return planned["mean"]


def physicians_choice(population: Population) -> Floats:
    """The number that decides which option a physician chooses for each participant."""
    return uniforms(population.stream, Purpose.PHYSICIAN_CHOICE, 2)[..., 1]
