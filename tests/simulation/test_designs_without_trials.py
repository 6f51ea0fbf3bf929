"""Rates of Sobol participants and enumerated power against the same trial simulated whole.

The simulated trials go down the whole road: people enrolled, visits on their days or missed,
leaving by reason, regional PASI, endpoints, tests. Parameters are held fixed on both sides.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from wholetrial.analysis.enumeration import Enumerated
from wholetrial.programme.asked import Asked
from wholetrial.programme.simulate import Ways, simulate_scenario
from wholetrial.programme.trials import load
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Simulated
from wholetrial.simulation.design_rates import Amount, Screen, rates_of
from wholetrial.simulation.enumerated import enumerated_powers, rates_asked
from wholetrial.simulation.planned_questions import planned_questions
from wholetrial.simulation.simulate import Simulation, prepare
from wholetrial.simulation.sobol_people import sobol_people

ROOT = Path(__file__).resolve().parents[2]
TRIALS, SMALL = 3072, 12
FARTHEST = 4.0
"""Standard errors between both, at most: one in 16,000 is farther."""


class Both(NamedTuple):
    simulation: Simulation
    enumerated: tuple[Enumerated, ...]
    simulated: Simulated


def small(protocol: Protocol) -> Protocol:
    """The trial with 12 participants an arm, so that power is far from 1."""
    arms = {name: arm.model_copy(update={"n": SMALL}) for name, arm in protocol.arms.items()}
    return protocol.model_copy(update={"arms": arms})


@cache
def both() -> Both:
    """The small trial where twice the dose is needed: enumerated, and simulated whole."""
    protocol = small(load("NCT00320216"))
    simulation = prepare(protocol, 1, "cautious", "fixed")
    asked = Asked(TRIALS, 5, "cautious", "fixed")
    simulated = simulate_scenario(protocol, asked, Ways())
    assert simulated is not None
    return Both(simulation, enumerated_powers(simulation), simulated)


def test_enumerated_power_is_that_of_simulated_trials() -> None:
    found = both()
    powers = {(one.endpoint, one.arm): one for one in found.simulated.powers}
    assert len(found.enumerated) == len(powers) == 8
    assert min(one.share for one in powers.values()) < 0.1
    assert max(one.share for one in powers.values()) > 0.9
    for one in found.enumerated:
        counted = powers[one.endpoint, one.arm]
        assert one.power is not None
        assert (one.at, one.control) == (counted.at, counted.control)
        expected = np.sqrt(one.power * (1 - one.power) / TRIALS)
        assert abs(counted.share - one.power) <= FARTHEST * np.hypot(expected, one.error)


def test_rates_are_those_of_simulated_participants() -> None:
    found = both()
    questions = planned_questions(found.simulation)
    ends = {one.improvement: one.endpoint for one in questions}
    means = {
        (one.statistic.endpoint, one.statistic.arm): one.mean
        for one in found.simulated.forecasts
        if one.statistic.name == "proportion"
    }
    rates = rates_asked(found.simulation, questions)
    assert len(rates) == 10
    for (_, improvement, amount), rate in rates.items():
        expected = np.sqrt(rate.rate * (1 - rate.rate) / (TRIALS * SMALL))
        apart = means[ends[improvement], amount.arm] - rate.rate
        assert abs(apart) <= FARTHEST * np.hypot(expected, rate.error)
        assert rate.error < 0.002


@cache
def screen() -> Screen:
    simulation = prepare(load("NCT00320216"), 1)
    visit = next(visit for visit in simulation.visits if visit.day == 84)
    return Screen(simulation, sobol_people(simulation, points=256), visit, (75.0, 90.0))


def test_the_error_is_how_far_independent_sets_of_points_lie_apart() -> None:
    """Thirty-two estimates by 8 sets of 128 points each spread as their own errors say."""
    simulation = screen().simulation
    rates = []
    for seed in range(32):
        other = simulation.__class__(**{**_fields(simulation), "seed": seed})
        people = sobol_people(other, points=64)
        one = Screen(other, people, screen().visit, (75.0,))
        rates.append(rates_of(one, [Amount("once_45")])[0][0])
    spread = np.std([one.rate for one in rates], ddof=1)
    said = np.sqrt(np.mean([one.error**2 for one in rates]))
    assert 0.6 < spread / said < 1.5


def _fields(simulation: Simulation) -> dict[str, object]:
    return {name: getattr(simulation, name) for name in simulation.__dataclass_fields__}


def test_more_of_a_dose_never_clears_fewer_people() -> None:
    times = [0.25, 0.5, 1.0, 2.0, 4.0]
    rates = rates_of(screen(), [Amount("once_45", one) for one in times])
    for place in (0, 1):
        assert (np.diff([found[place].rate for found in rates]) > 0).all()


def test_rates_between_the_nodes_are_those_followed_directly() -> None:
    """Forty amounts over a factor of 100, through 24 of them; and some of them alone."""
    for arm in ("once_45", "weekly_90"):
        times = np.geomspace(0.1, 9.9, 40)
        many = rates_of(screen(), [Amount(arm, float(one)) for one in times])
        for found, one in zip(many[3::9], times[3::9], strict=True):
            (alone,) = rates_of(screen(), [Amount(arm, float(one))])
            for place in (0, 1):
                assert found[place].rate == pytest.approx(alone[place].rate, abs=1e-5)


def test_the_dose_that_two_arms_share_gives_the_same_rate_but_for_who_leaves() -> None:
    """45 mg twice over is 90 mg: the arms differ by leaving and by the visit alone."""
    (doubled,), (stated,) = (
        [one[0]] for one in rates_of(screen(), [Amount("once_45", 2.0), Amount("once_90")])
    )
    assert doubled.rate == pytest.approx(stated.rate, abs=0.01)


def test_the_same_points_give_the_same_bits() -> None:
    first = rates_of(screen(), [Amount("weekly_90"), Amount("once_45")])
    again = rates_of(screen(), [Amount("once_45"), Amount("weekly_90")])
    assert [one.rate for one in first[0]] == [one.rate for one in again[1]]
    assert first[1][0].by_scramble.tolist() == again[0][0].by_scramble.tolist()


def test_one_arm_against_its_benchmark_agrees_with_simulated_trials() -> None:
    """Two compartments, an induction, a visit at week 16: guttate psoriasis as if it were plaque.

    With 15 participants instead of 50 the power is far from 1.
    """
    whole = load("NCT06374979")
    arms = {name: arm.model_copy(update={"n": 15}) for name, arm in whole.arms.items()}
    protocol = whole.model_copy(update={"arms": arms})
    simulated = simulate_scenario(protocol, Asked(TRIALS, 3, None, "fixed"), Ways())
    assert simulated is not None
    (enumerated,) = enumerated_powers(prepare(protocol, 1))
    (counted,) = simulated.powers
    assert enumerated.power is not None
    assert enumerated.control == ""
    expected = np.sqrt(enumerated.power * (1 - enumerated.power) / TRIALS)
    assert 0.05 < enumerated.power < 0.95
    assert abs(counted.share - enumerated.power) <= FARTHEST * np.hypot(expected, enumerated.error)


@pytest.mark.parametrize(
    ("trial", "reasons"),
    [
        ("NCT00320216", {""}),
        (
            "NCT03424629",
            {
                "several tests are corrected together (holm)",
                "a rule acts before it (titration)",
                "it is no improvement of PASI by a percentage at one visit",
                "the endpoint is no response",
            },
        ),
        ("NCT04537689", set()),
        ("NCT04979910", {"the endpoint is no response"}),
        ("NCT06374979", {""}),
    ],
)
def test_trials_that_ship_say_which_comparisons_are_simulated(
    trial: str, reasons: set[str]
) -> None:
    questions = planned_questions(prepare(load(trial), 1))
    assert {one.why_simulated for one in questions} == reasons


ALLOCATION = "{randomized: permuted blocks, sizes: [5, 10]}"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (ALLOCATION, "{randomized: simple}", "simple randomization leaves the arms' sizes to"),
        (
            ALLOCATION,
            "{randomized: permuted blocks, sizes: [5, 10], strata: [heavy]}",
            "randomization within strata leaves",
        ),
        (
            "    multiplicity: none\n    from: {rest: assumed, of: paper, compare: paper}\n",
            "    multiplicity: holm\n",
            "corrected together (holm)",
        ),
        ("{response: no response,", "{response: as observed,", "a missing value is no"),
        (
            "stops_treatment: composite_variable",
            "stops_treatment: while_on_treatment",
            "stops_treatment is while_on_treatment",
        ),
        ("    at: week 16\n", "    at: week 8\n", "a rule acts before it (additional_dose)"),
        (
            "response: PASI_75 at week 12",
            "response: BSA <= 3 % at week 12",
            "no improvement of PASI",
        ),
        (
            "    test: fisher_exact\n    estimate: risk_difference, miettinen_nurminen 95 %\n    alpha: 0.05 two-sided\n    better: higher",
            "    test: cochran_armitage\n    estimate: risk_difference, miettinen_nurminen 95 %\n    alpha: 0.05 two-sided\n    better: higher",
            "cochran_armitage) is no function of two",
        ),
    ],
)
def test_what_makes_participants_or_numbers_depend_is_simulated(
    tmp_path: Path, old: str, new: str, why: str
) -> None:
    text = (ROOT / "trials" / "NCT00320216" / "trial.yaml").read_text("utf-8")
    assert text.count(old) == 1
    text = text.replace(old, new).replace("terms:  ", "terms:\n  heavy: weight > 90 kg\n#")
    file = tmp_path / "trial.yaml"
    file.write_text(text, "utf-8")
    questions = planned_questions(prepare(load(file), 1))
    assert any(why in one.why_simulated for one in questions)
