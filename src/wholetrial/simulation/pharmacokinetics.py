"""Concentration in blood after subcutaneous doses: exact superposition of exponential modes.

A linear drug's concentration is a sum of modes, C(t) = sum of m_i(t). A dose of D mg adds
D * amplitude_i to mode i, and over h days mode i shrinks by exp(-rate_i * h). Every dose is exact,
whatever the schedule, and a participant remembers two or three numbers instead of all doses.
First-order absorption into one compartment gives two modes, into two compartments three.

Source of the closed form: M. Gibaldi, D. Perrier, Pharmacokinetics, 2nd ed., 1982, ch. 1-2.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from wholetrial.numerics.elementary import FloatArray, exp, log

REFERENCE_WEIGHT_KG = 90.0
_CLOSEST_RATES = 1e-6

Signal = Literal["IL-17", "IL-23"]


class Kinetic(NamedTuple):
    """A pharmacokinetic parameter in a population: lognormal around a power of body weight."""

    typical: float
    unit: str
    source: str
    log_sd: float = 0.0
    weight_exponent: float = 0.0


class Peripheral(NamedTuple):
    """A second compartment: its volume and the flow between it and the blood."""

    volume: Kinetic
    flow: Kinetic


@dataclass(frozen=True)
class Drug:
    """An antibody with linear kinetics and the signal it blocks."""

    name: str
    target: Signal
    clearance: Kinetic
    volume: Kinetic
    absorption: Kinetic
    bioavailability: Kinetic
    peripheral: Peripheral | None = None


class KineticEffects(NamedTuple):
    """Standard normal effects that make a participant differ, each (..., P), one for all drugs.

    That a participant who clears one antibody fast clears the other fast too is an assumption.
    """

    clearance: FloatArray
    volume: FloatArray
    absorption: FloatArray


class Modes(NamedTuple):
    """A participant's modes: rate per day and amplitude in mg/L per mg, both shaped (M, ..., P)."""

    rate: FloatArray
    amplitude: FloatArray


_CARD = "model card, pharmacokinetics adopted"
_ZHU = "Zhu 2009, 1,937 participants"

IXEKIZUMAB = Drug(
    name="ixekizumab",
    target="IL-17",
    clearance=Kinetic(0.41, "L/d", _CARD, log_sd=0.30, weight_exponent=0.99),
    volume=Kinetic(3.0, "L", _CARD, log_sd=0.30, weight_exponent=1.0),
    absorption=Kinetic(0.5, "/d", _CARD, log_sd=0.30),
    bioavailability=Kinetic(0.65, "", _CARD),
    peripheral=Peripheral(
        volume=Kinetic(3.2, "L", _CARD, log_sd=0.30, weight_exponent=1.0),
        flow=Kinetic(0.6, "L/d", _CARD, weight_exponent=0.99),
    ),
)

USTEKINUMAB = Drug(
    name="ustekinumab",
    target="IL-23",
    clearance=Kinetic(
        0.465, "L/d", f"{_ZHU}, CL/F; weight exponent unverified", log_sd=0.41, weight_exponent=0.81
    ),
    volume=Kinetic(
        15.7, "L", f"{_ZHU}, V/F; weight exponent unverified", log_sd=0.332, weight_exponent=0.82
    ),
    absorption=Kinetic(0.354, "/d", f"{_ZHU}; variability assumed", log_sd=0.30),
    bioavailability=Kinetic(1.0, "", f"{_ZHU}: clearance and volume are apparent, CL/F and V/F"),
)

DRUGS = {drug.name: drug for drug in (IXEKIZUMAB, USTEKINUMAB)}


def modes_of(drug: Drug, weight_kg: FloatArray, effects: KineticEffects) -> Modes:
    """Each participant's modes of a drug.

    >>> typical = KineticEffects(np.zeros(1), np.zeros(1), np.zeros(1))
    >>> half_life = np.log(2) / modes_of(IXEKIZUMAB, np.array([90.0]), typical).rate[1, 0]
    >>> round(float(half_life), 1)
    12.7
    """
    clearance = individual(drug.clearance, weight_kg, effects.clearance)
    volume = individual(drug.volume, weight_kg, effects.volume)
    absorption = individual(drug.absorption, weight_kg, effects.absorption)
    elimination = clearance / volume
    input_rate = drug.bioavailability.typical / volume * absorption
    if drug.peripheral is None:
        return _one_compartment(elimination, absorption, input_rate)
    flow = individual(drug.peripheral.flow, weight_kg, np.zeros_like(volume))
    second = individual(drug.peripheral.volume, weight_kg, effects.volume)
    fast, slow = _disposition(elimination, flow / volume, flow / second)
    return _two_compartments(fast, slow, flow / second, absorption, input_rate)


def individual(kinetic: Kinetic, weight_kg: FloatArray, effect: FloatArray) -> FloatArray:
    """Individual parameters: typical * (weight / 90 kg)^exponent * exp(log SD * effect)."""
    size = kinetic.weight_exponent * log(weight_kg / REFERENCE_WEIGHT_KG)
    return kinetic.typical * exp(size + kinetic.log_sd * effect)


def concentration(amount_in_modes: FloatArray) -> FloatArray:
    """Concentration in mg/L (the same as ug/mL): the modes (M, ..., P) added up, in order."""
    total: FloatArray = amount_in_modes[0]
    for mode in amount_in_modes[1:]:
        total = total + mode
    return total


def _one_compartment(
    elimination: FloatArray, absorption: FloatArray, input_rate: FloatArray
) -> Modes:
    absorption = _kept_apart(absorption, elimination)
    amplitude = input_rate / (absorption - elimination)
    return Modes(np.stack([elimination, absorption]), np.stack([amplitude, -amplitude]))


def _disposition(
    elimination: FloatArray, outward: FloatArray, inward: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Fast and slow rates of two compartments; the slow one without cancellation."""
    total = elimination + outward + inward
    product = elimination * inward
    fast = 0.5 * (total + np.sqrt(total * total - 4.0 * product))
    return fast, product / fast


def _two_compartments(
    fast: FloatArray,
    slow: FloatArray,
    inward: FloatArray,
    absorption: FloatArray,
    input_rate: FloatArray,
) -> Modes:
    ka = _kept_apart(_kept_apart(absorption, fast), slow)
    in_fast = input_rate * (inward - fast) / ((ka - fast) * (slow - fast))
    in_slow = input_rate * (inward - slow) / ((ka - slow) * (fast - slow))
    return Modes(np.stack([fast, slow, ka]), np.stack([in_fast, in_slow, -(in_fast + in_slow)]))


def _kept_apart(rate: FloatArray, other: FloatArray) -> FloatArray:
    """The rate, moved by a millionth where it meets another: there the closed form divides by 0."""
    closest = _CLOSEST_RATES * other
    return np.where(np.abs(rate - other) < closest, other + closest, rate)
