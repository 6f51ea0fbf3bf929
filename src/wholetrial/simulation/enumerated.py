"""The power of planned comparisons without simulated trials: rates, then every pair of counts.

Rates come from Sobol participants (`design_rates`), with the model's parameters at their estimates;
given them the power is exact (`analysis.enumeration`). The error that is left is that of the rates:
each set of points is left out in turn (jackknife), so it is one of arm and control together.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from wholetrial.analysis.enumeration import Enumerated, power_against, power_of_comparison
from wholetrial.data.records import Floats
from wholetrial.protocol.timeline import Visit
from wholetrial.simulation.design_rates import Amount, Rate, Screen, rates_of
from wholetrial.simulation.planned_questions import Question, planned_questions
from wholetrial.simulation.simulate import Simulation
from wholetrial.simulation.sobol_people import SobolPeople, sobol_people


class Power(NamedTuple):
    """A power given rates, and the Monte Carlo error that the rates leave in it."""

    power: float
    error: float


def enumerated_powers(simulation: Simulation) -> tuple[Enumerated, ...]:
    """Every planned comparison: its power by enumeration, or why it must be simulated."""
    questions = planned_questions(simulation)
    rates = rates_asked(simulation, questions)
    return tuple(_enumerated(simulation, one, rates) for one in questions)


Asked = tuple[Visit, float, Amount]
"""A rate that is asked for: at a visit, of an improvement in percent, of an arm at an amount."""


def rates_asked(
    simulation: Simulation,
    questions: Sequence[Question],
    amounts: Mapping[str, Sequence[float]] | None = None,
    people: SobolPeople | None = None,
) -> dict[Asked, Rate]:
    """Every rate that some questions need, at the multiples of an arm's amount that are named."""
    exact = [one for one in questions if not one.why_simulated]
    if not exact:
        return {}
    people = people or sobol_people(simulation)
    found: dict[Asked, Rate] = {}
    for visit in dict.fromkeys(one.visit for one in exact if one.visit is not None):
        here = [one for one in exact if one.visit == visit]
        improvements = tuple(dict.fromkeys(one.improvement for one in here))
        arms = dict.fromkeys(arm for one in here for arm in (one.arm, one.control) if arm)
        wanted = [Amount(arm, times) for arm in arms for times in (amounts or {}).get(arm, (1.0,))]
        screen = Screen(simulation, people, visit, improvements)
        for amount, rates in zip(wanted, rates_of(screen, wanted), strict=True):
            found |= {
                (visit, improvement, amount): rate
                for improvement, rate in zip(improvements, rates, strict=True)
            }
    return found


def power_given(question: Question, sizes: tuple[int, int], rates: tuple[Rate, Rate]) -> Power:
    """The power of a question with so many participants, at the rates of arm and control.

    The control's is not used where there is none.
    """
    active, control = (_left_out(rate) for rate in rates)
    if question.control:
        found = power_of_comparison(question.success, sizes, active, control)
    else:
        found = power_against(question.success, sizes[0], question.against or 0.0, active)
    apart = found[1:] - found[1:].mean()
    count = apart.size
    return Power(float(found[0]), float(np.sqrt((count - 1) / count * (apart**2).sum())))


def _left_out(rate: Rate) -> Floats:
    """The rate, then what it is without each set of points, `(1 + S,)`."""
    count = rate.by_scramble.size
    without = (rate.by_scramble.sum() - rate.by_scramble) / (count - 1)
    found: Floats = np.clip(np.concatenate([[rate.rate], without]), 0.0, 1.0)
    return found


def _enumerated(simulation: Simulation, one: Question, rates: Mapping[Asked, Rate]) -> Enumerated:
    names = (one.analysis, one.endpoint, one.at, one.arm, one.control)
    if one.why_simulated or one.visit is None:
        return Enumerated(*names, one.method)
    arms = simulation.protocol.arms
    names_of_arms = (one.arm, one.control) if one.control else (one.arm,)
    mine = [rates[key] for key in rates_needed(one, [Amount(arm) for arm in names_of_arms])]
    sizes = (arms[one.arm].n, arms[one.control or one.arm].n)
    power = power_given(one, sizes, (mine[0], mine[-1]))
    return Enumerated(*names, one.method, power.power, power.error)


def rates_needed(question: Question, amounts: Sequence[Amount]) -> list[Asked]:
    """The rates of a question that can be enumerated, of its arms at these amounts."""
    if question.visit is None:
        raise ValueError(f"a rate needs a visit; {question.endpoint} is {question.method}")
    return [(question.visit, question.improvement, one) for one in amounts]
