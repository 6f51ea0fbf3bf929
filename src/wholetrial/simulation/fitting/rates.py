"""The model's rates beside published ones, with the noise of every visit integrated analytically.

Given a participant's true PASI, the recorded one is lognormal around it. Whether a recorded total
means a response changes at a few edges of that continuous severity (at one, if PASI is read as
continuous), so the probability of response is a sum of normal probabilities, smooth in every
parameter. Below the limit of detection a participant reads as clear. Noise of different visits is
independent: a participant who is watched every four weeks stays without relapse with the product of
the visits' probabilities.

Parameters may be stacked: arrays `(K, 1)` give rates `(K,)`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from wholetrial.numerics.elementary import FloatArray
from wholetrial.simulation.course import Doses
from wholetrial.simulation.disease import Biology, biology_of, drugs_in, lesion_at
from wholetrial.simulation.fitting.edges import Edges, Response, response_of
from wholetrial.simulation.fitting.people import People
from wholetrial.simulation.fitting.published import HEAVY_ABOVE_KG, Given, PublishedRate
from wholetrial.simulation.pharmacokinetics import DRUGS, Drug

WEEKS_BETWEEN_VISITS = 4
WEEKS_OF_RETREATMENT = 24
PLACEBO = "ustekinumab"
"""The drug of which placebo gives none: the model needs a drug to be named."""

Parameters = Mapping[str, float | FloatArray]


@dataclass(frozen=True)
class Setting:
    """Who is simulated (by kind), how PASI is read, and which structure the model has."""

    people: Mapping[str, People]
    edges: Mapping[str, Edges]
    model: str


class _Arm(NamedTuple):
    """What one group of rates shares: the drug, the people, their biology, what is read."""

    setting: Setting
    parameters: Parameters
    kind: str
    drug: Drug
    biology: Biology
    severity: FloatArray
    known: dict[tuple[Given, int], FloatArray]


def rates_of(
    rates: Sequence[PublishedRate], setting: Setting, parameters: Parameters
) -> FloatArray:
    """The model's value of every published rate, `(K, rates)`."""
    found: dict[int, FloatArray] = {}
    groups: dict[tuple[str, str, Given], list[int]] = {}
    for index, rate in enumerate(rates):
        groups.setdefault((rate.people, rate.drug or PLACEBO, rate.doses), []).append(index)
    for (kind, drug, doses), members in groups.items():
        arm = _arm(setting, parameters, kind, drug)
        weeks = sorted({week for index in members for week in _weeks(rates[index])})
        log_pasi = dict(zip(weeks, _log_pasi(arm, doses, weeks), strict=True))
        for index in members:
            found[index] = (1.0 - rates[index].missing) * _rate(arm, rates[index], log_pasi)
    return np.stack([found[index] for index in range(len(rates))], axis=-1)


def _arm(setting: Setting, parameters: Parameters, kind: str, drug: str) -> _Arm:
    people = setting.people[kind]
    known = drugs_in(setting.model, (DRUGS[drug],))
    draws = np.broadcast_shapes(*(np.shape(value)[:1] for value in parameters.values()))
    effects = np.broadcast_to(people.effects, (*draws, *people.effects.shape))
    biology = biology_of(known, parameters, people.weight_kg, effects)
    return _Arm(setting, parameters, kind, known[0], biology, people.severity, {})


def _weeks(rate: PublishedRate) -> list[int]:
    """The weeks at which anything of a rate is read."""
    first = [rate.given[1]] if rate.given else []
    last = [] if rate.again else [rate.week]
    return [*first, *_visits(rate), *last]


def _visits(rate: PublishedRate) -> range:
    """The weeks at which relapse is looked for."""
    if not rate.relapse or rate.given is None:
        return range(0)
    step = WEEKS_BETWEEN_VISITS
    stop = rate.week + 1 if rate.statistic == "not relapsed" or rate.again else rate.week
    return range(rate.given[1] + step, stop, step)


def _log_pasi(arm: _Arm, doses: Given, weeks: Sequence[int]) -> FloatArray:
    """Log of the true PASI at some weeks, `(weeks, K, P)`."""
    light = arm.setting.people[arm.kind].weight_kg <= HEAVY_ABOVE_KG
    amounts = [np.where(light, low, high) for _, low, high in doses]
    given = np.stack(amounts, axis=-1) if amounts else np.empty((light.size, 0))
    plan = Doses(tuple(day for day, _, _ in doses), {arm.drug.name: given})
    lesion = lesion_at(arm.biology, plan, tuple(7.0 * week for week in weeks))
    logs: FloatArray = np.log(arm.severity * lesion)
    return logs


def _rate(arm: _Arm, rate: PublishedRate, log_pasi: Mapping[int, FloatArray]) -> FloatArray:
    who: float | FloatArray = 1.0
    if rate.given is not None:
        who = _probability(arm, rate.given[0], log_pasi[rate.given[1]])
    if rate.again:
        return _after_retreatment(arm, rate, log_pasi, np.asarray(who))
    stays = who
    for week in _visits(rate):
        stays = stays * (1.0 - _relapse(arm, rate.relapse, log_pasi[week]))
    if rate.statistic != "not relapsed":
        stays = stays * _probability(arm, rate.statistic, log_pasi[rate.week])
    return _share(stays, who)


def _after_retreatment(
    arm: _Arm, rate: PublishedRate, log_pasi: Mapping[int, FloatArray], who: FloatArray
) -> FloatArray:
    """Response 24 weeks after each visit of relapse, weighted by who relapses there."""
    relapsed, responded = np.zeros_like(who), np.zeros_like(who)
    for week in _visits(rate):
        now = who * _relapse(arm, rate.relapse, log_pasi[week])
        who = who - now
        again = tuple((7.0 * week + day, low, high) for day, low, high in rate.again)
        later = _once(arm, (*rate.doses, *again), week + WEEKS_OF_RETREATMENT)
        relapsed = relapsed + now
        responded = responded + now * _probability(arm, rate.statistic, later)
    return _share(responded, relapsed)


def _once(arm: _Arm, doses: Given, week: int) -> FloatArray:
    """Log of the true PASI at a week, computed once for all the rates of an arm."""
    if (doses, week) not in arm.known:
        arm.known[doses, week] = _log_pasi(arm, doses, [week])[0]
    return arm.known[doses, week]


def _share(some: float | FloatArray, of: float | FloatArray) -> FloatArray:
    total = np.sum(np.broadcast_to(of, np.shape(some)), axis=-1)
    return np.asarray(np.sum(some, axis=-1) / total)


def _relapse(arm: _Arm, relapse: str, log_pasi: FloatArray) -> FloatArray:
    return 1.0 - _probability(arm, "sPGA 2 or less" if relapse == "sPGA 3" else relapse, log_pasi)


def _probability(arm: _Arm, statistic: str, log_pasi: FloatArray) -> FloatArray:
    """Each participant's probability of a response `(K, P)`, given the log of true PASI."""
    response: Response = response_of(arm.setting.edges[arm.kind], statistic)
    sd = arm.parameters[response.noise]
    clear = np.log(arm.parameters["clear_below_pasi"])
    total = np.zeros_like(log_pasi)
    for level in response.levels:
        edge = np.maximum(level.log_edge, clear)
        total[..., level.who] += level.sign * ndtr((edge - log_pasi[..., level.who]) / sd)
    return total
