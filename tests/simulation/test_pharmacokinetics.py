from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from wholetrial.numerics.philox import Purpose, Stream, normals
from wholetrial.simulation.pharmacokinetics import (
    IXEKIZUMAB,
    USTEKINUMAB,
    KineticEffects,
    concentration,
    individual,
    modes_of,
)

TYPICAL = KineticEffects(np.zeros(1), np.zeros(1), np.zeros(1))
WEIGHT = np.array([90.0])


def profile(modes, days, amounts, at):
    doses = [(day, amount) for day, amount in zip(days, amounts, strict=True) if day <= at]
    return sum(
        amount * concentration(modes.amplitude * np.exp(-modes.rate * (at - day)))
        for day, amount in doses
    )


def compartments(drug, weight, effects, amount, times):
    """The same drug as a system of differential equations, by scipy."""
    value = {
        name: float(individual(kinetic, weight, effect)[0])
        for name, kinetic, effect in (
            ("clearance", drug.clearance, effects.clearance),
            ("volume", drug.volume, effects.volume),
            ("absorption", drug.absorption, effects.absorption),
        )
    }
    flow = second = 1.0
    if drug.peripheral is not None:
        flow = float(individual(drug.peripheral.flow, weight, np.zeros(1))[0])
        second = float(individual(drug.peripheral.volume, weight, effects.volume)[0])
    exchange = 0.0 if drug.peripheral is None else 1.0

    def change(_, y):
        absorbed = value["absorption"] * y[0]
        out = exchange * flow * (y[1] / value["volume"] - y[2] / second)
        eliminated = value["clearance"] / value["volume"] * y[1]
        return [-absorbed, absorbed - eliminated - out, out]

    start = [drug.bioavailability.typical * amount, 0.0, 0.0]
    solution = solve_ivp(
        change, (0, times[-1]), start, t_eval=times, method="LSODA", rtol=1e-11, atol=1e-13
    )
    return solution.y[1] / value["volume"]


@pytest.mark.parametrize("drug", [IXEKIZUMAB, USTEKINUMAB], ids=lambda drug: drug.name)
@pytest.mark.parametrize("weight", [45.0, 90.0, 180.0])
@pytest.mark.parametrize("effect", [(0.0, 0.0, 0.0), (2.0, -1.0, -2.5), (-3.0, 3.0, 3.0)])
def test_concentration_matches_scipy_compartments(drug, weight, effect):
    effects = KineticEffects(*np.array(effect)[:, None])
    weights = np.array([weight])
    times = np.array([0.25, 1.0, 3.0, 7.0, 14.0, 28.0, 84.0])
    modes = modes_of(drug, weights, effects)
    ours = np.array([profile(modes, [0.0], [100.0], t)[0] for t in times])
    assert ours == pytest.approx(compartments(drug, weights, effects, 100.0, times), rel=1e-7)


def test_ustekinumab_matches_the_textbook_formula_for_one_compartment():
    modes = modes_of(USTEKINUMAB, WEIGHT, TYPICAL)
    k, ka = 0.465 / 15.7, 0.354
    expected = 45 * ka / (15.7 * (ka - k)) * (np.exp(-k * 10) - np.exp(-ka * 10))
    assert profile(modes, [0.0], [45.0], 10.0)[0] == pytest.approx(expected, rel=1e-13)


def test_concentration_starts_at_zero_and_never_falls_below():
    effects = KineticEffects(*np.moveaxis(normals(people(500), Purpose.BIOLOGY, 3), -1, 0))
    for drug in (IXEKIZUMAB, USTEKINUMAB):
        modes = modes_of(drug, np.full(500, 90.0), effects)
        assert np.max(np.abs(concentration(modes.amplitude))) < 1e-15
        for t in (1e-3, 0.1, 1.0, 30.0, 300.0):
            assert np.min(concentration(modes.amplitude * np.exp(-modes.rate * t))) > 0.0


def test_superposition_of_two_doses_is_the_sum_of_each():
    modes = modes_of(IXEKIZUMAB, WEIGHT, TYPICAL)
    both = profile(modes, [0.0, 14.0], [160.0, 80.0], 20.0)
    alone = profile(modes, [0.0], [160.0], 20.0) + profile(modes, [0.0], [80.0], 6.0)
    assert both[0] == pytest.approx(alone[0], rel=1e-14)


@pytest.mark.parametrize("apart", [0.0, 1e-12, 1e-9, 1e-7, 1e-5])
def test_absorption_as_fast_as_elimination_is_no_division_by_zero(apart):
    k = 0.465 / 15.7
    same = USTEKINUMAB.absorption._replace(typical=k * (1 + apart))
    modes = modes_of(replace(USTEKINUMAB, absorption=same), WEIGHT, TYPICAL)
    limit = 45 / 15.7 * k * 20 * np.exp(-k * 20)
    assert profile(modes, [0.0], [45.0], 20.0)[0] == pytest.approx(limit, rel=1e-5)


@pytest.mark.parametrize("mode", [0, 1])
def test_absorption_as_fast_as_either_disposition_rate_of_two_compartments(mode):
    rate = float(modes_of(IXEKIZUMAB, WEIGHT, TYPICAL).rate[mode, 0])
    drug = replace(IXEKIZUMAB, absorption=IXEKIZUMAB.absorption._replace(typical=rate))
    times = np.array([1.0, 7.0, 28.0])
    ours = [profile(modes_of(drug, WEIGHT, TYPICAL), [0.0], [80.0], t)[0] for t in times]
    assert ours == pytest.approx(compartments(drug, WEIGHT, TYPICAL, 80.0, times), rel=2e-6)


@pytest.mark.parametrize(
    ("amounts", "interval", "peak", "trough"),
    [([160.0], 14.0, 16.9, None), ([80.0] * 30, 14.0, 13.8, 6.2), ([80.0] * 20, 28.0, 10.3, 2.0)],
    ids=["160 mg once", "80 mg every 2 weeks", "80 mg every 4 weeks"],
)
def test_mean_ixekizumab_exposure_matches_the_model_card(amounts, interval, peak, trough):
    draws = normals(people(4000), Purpose.BIOLOGY, 4)
    weight = 89.0 * np.exp(0.245 * draws[:, 3])
    modes = modes_of(IXEKIZUMAB, weight, KineticEffects(*np.moveaxis(draws[:, :3], -1, 0)))
    days = interval * np.arange(len(amounts))
    after = np.arange(0.0, interval, 0.5)
    course = np.array([profile(modes, days, amounts, days[-1] + t) for t in after])
    # 4,000 participants with a log SD near 0.4: 2 % is three standard errors, and one digit printed.
    assert course.max(axis=0).mean() == pytest.approx(peak, rel=0.02, abs=0.05)
    if trough is not None:
        assert course[0].mean() == pytest.approx(trough, rel=0.03, abs=0.05)


def test_every_number_of_a_drug_has_a_source():
    for drug in (IXEKIZUMAB, USTEKINUMAB):
        kinetics = [drug.clearance, drug.volume, drug.absorption, drug.bioavailability]
        kinetics += list(drug.peripheral or ())
        assert all(kinetic.source for kinetic in kinetics)


def people(count):
    return Stream(2007, 0, np.arange(count))
