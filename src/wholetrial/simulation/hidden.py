"""What nobody sees in a trial: the biology of virtual participants, and the drug in their blood.

The records of a simulated trial hold what a hospital would see. Here stands what lies behind it, so
that a reader can ask what drives the model. None of it is evidence of what drives people.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wholetrial.data.records import Exposures, Floats, Records
from wholetrial.numerics.elementary import exp
from wholetrial.numerics.philox import Purpose, normals
from wholetrial.simulation.disease import EFFECTS, Biology, biology_of
from wholetrial.simulation.pharmacokinetics import DRUGS, Modes, individual
from wholetrial.simulation.simulate import Simulation, enrolled_in

_CLEARANCE_EFFECT = 5


class HiddenQuantity(NamedTuple):
    """Something of every virtual participant that no record holds, `(R, P)`.

    `drug` is the drug that it belongs to, empty where it belongs to none; `from_blood` says that
    repeated blood samples could tell it of real people, and nothing can of the others.
    """

    name: str
    unit: str
    values: Floats
    drug: str = ""
    from_blood: bool = False


class Hidden(NamedTuple):
    """The participants of some replicates: their quantities, and how each drug moves in them."""

    quantities: tuple[HiddenQuantity, ...]
    biology: Biology | None


def hidden_of(simulation: Simulation, replicates: range) -> Hidden:
    """What lies behind the records of some replicates; nothing where no drug has a model."""
    drugs = simulation.world.drugs
    if not drugs:
        return Hidden((), None)
    population, parameters = enrolled_in(simulation, replicates)
    shape = population.stream.shape
    weight = np.broadcast_to(population.baseline.get("weight", np.float64(np.nan)), shape)
    effects = normals(population.stream, Purpose.BIOLOGY, EFFECTS)
    biology = biology_of(drugs, parameters, weight, effects)
    quantities = [
        HiddenQuantity("lesion turnover, kout", "per day", biology.lesion_turnover),
        HiddenQuantity("T17 turnover, kT", "per day", biology.t17_turnover),
        HiddenQuantity("T17 memory, phi", "0 to 1", biology.memory),
    ]
    for drug in drugs:
        cleared = individual(drug.clearance, weight, effects[..., _CLEARANCE_EFFECT])
        half = biology.drugs[drug.name].ic50
        quantities.append(
            HiddenQuantity(f"clearance of {drug.name}", "L/day", cleared, drug.name, True)
        )
        quantities.append(HiddenQuantity(f"IC50 of {drug.name}", "mg/L", half, drug.name))
    return Hidden(tuple(quantities), biology)


def drugs_of(simulation: Simulation) -> Mapping[str, str]:
    """The interventions that act as a drug with pharmacokinetics, and the drug."""
    return {name: drug for name, drug in simulation.world.acts_as.items() if drug in DRUGS}


def exposures_to(records: Records, acts_as: Mapping[str, str], drug: str) -> Exposures:
    """The recorded doses of one drug; columns in which nobody received it are left out."""
    codes = [records.interventions.index(name) for name, acts in acts_as.items() if acts == drug]
    given = records.exposures
    mine = np.isin(given.intervention, np.asarray(codes, np.int8)) & ~np.isnan(given.day)
    used = mine.reshape(-1, mine.shape[-1]).any(axis=0)
    return Exposures(
        np.where(mine, given.day, np.nan)[..., used],
        np.where(mine, given.amount, np.nan)[..., used],
        given.intervention[..., used],
    )


def concentrations(modes: Modes, given: Exposures, days: Floats) -> Floats:
    """Concentration in mg/L on some days `(T,)` by exact superposition of doses, `(..., P, T)`.

    `modes` are those of the same participants, `(M, ..., P)`; a dose counts from its day on.

    >>> modes = Modes(np.array([[0.05], [0.5]]), np.array([[0.1], [-0.1]]))
    >>> given = Exposures(np.array([[0.0]]), np.array([[90.0]]), np.int8([[0]]))
    >>> concentrations(modes, given, np.array([0.0, 7.0, 28.0])).round(2).tolist()
    [[0.0, 6.07, 2.22]]
    """
    total = np.zeros((*given.day.shape[:-1], len(days)))
    for day, amount in _each_dose(given):
        since = days - day[..., None]
        counts = since >= 0
        waited = np.where(counts, since, 0.0)
        for rate, amplitude in zip(*modes, strict=True):
            left = exp(-rate[..., None] * waited)
            total += np.where(counts, amount[..., None] * amplitude[..., None] * left, 0.0)
    return np.maximum(total, 0.0)


def modes_of_some(modes: Modes, who: NDArray[np.intp]) -> Modes:
    """The modes of some participants, `(M, K)`, by their places when arrays are flat."""
    return Modes(*(part.reshape(part.shape[0], -1)[:, who] for part in modes))


def _each_dose(given: Exposures) -> Iterator[tuple[Floats, Floats]]:
    for column in range(given.day.shape[-1]):
        yield given.day[..., column], np.nan_to_num(given.amount[..., column])
