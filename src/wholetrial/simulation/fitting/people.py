"""The virtual people that a fit sees: Sobol points instead of chance, screened as in the trials.

Every fit and every draw of parameters sees the same people (common random numbers), so a rate is a
smooth function of the parameters. People are those of the model card: baseline PASI lognormal with
median 16 and log SD 0.45 up to 72, an observed screening PASI of at least 12, body weight lognormal
with median 89 kg and log SD 0.245 within 40 to 200 kg. In UNCOVER-J: medians of 22 and 71 kg, log
SD of weight 0.20.
"""

from typing import NamedTuple

import numpy as np

from wholetrial.numerics.elementary import FloatArray, exp, normal_quantile

POINTS = 4096
LOWEST_SCREENING_PASI = 12.0
HIGHEST_PASI = 72.0
_EFFECTS = 8
_REGIONS = 9
_WEIGHT_KG = (40.0, 200.0)


class Kind(NamedTuple):
    """A kind of people: medians and log SDs of baseline PASI and body weight."""

    pasi: float
    pasi_log_sd: float
    weight_kg: float
    weight_log_sd: float


KINDS = {"usual": Kind(16.0, 0.45, 89.0, 0.245), "Japan": Kind(22.0, 0.45, 71.0, 0.20)}


class People(NamedTuple):
    """Candidates `(P,)`: true PASI, observed PASI before rounding, weight, and normal effects.

    `effects` are the eight of biology, `regions` the nine of the regions.
    """

    severity: FloatArray
    seen: FloatArray
    weight_kg: FloatArray
    effects: FloatArray
    regions: FloatArray


def candidates(kind: Kind, noise_log_sd: float, points: int = POINTS) -> People:
    """People before screening; about 72 in 100 of the usual kind pass it."""
    from scipy.stats.qmc import Sobol

    sobol = Sobol(_EFFECTS + 3 + _REGIONS, scramble=False).random(points)
    normal = normal_quantile(sobol + 0.5 / points)
    effects, noise = normal[:, :_EFFECTS], normal[:, _EFFECTS]
    pasi, weight = normal[:, _EFFECTS + 1], normal[:, _EFFECTS + 2]
    severity = kind.pasi * exp(kind.pasi_log_sd * pasi)
    kilograms = kind.weight_kg * exp(kind.weight_log_sd * weight)
    people = People(
        severity,
        severity * exp(noise_log_sd * noise),
        kilograms,
        effects,
        normal[:, _EFFECTS + 3 :],
    )
    low, high = _WEIGHT_KG
    return chosen(people, (severity <= HIGHEST_PASI) & (kilograms >= low) & (kilograms <= high))


def chosen(people: People, which: np.typing.NDArray[np.bool_]) -> People:
    """Some of the people."""
    return People(*(values[which] for values in people))
