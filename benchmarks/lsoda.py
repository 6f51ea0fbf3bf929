"""The same virtual participants, two ways: this project's step, and SciPy's LSODA one by one.

Weekly 90 mg of the antibody at weeks 0 to 3 (the 2007 trial's highest dose), the lesion read at
its visits. LSODA runs at an ordinary accuracy (rtol 1e-6), is restarted at each dose and visit, and
is given the drug's concentration in closed form, as ours is.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from wholetrial.numerics.philox import Purpose, Stream, normals
from wholetrial.simulation.course import Doses
from wholetrial.simulation.disease import Biology, advance, biology_of, start_with
from wholetrial.simulation.pharmacokinetics import USTEKINUMAB
from wholetrial.simulation.psoriasis_fit import fit_b

Floats = NDArray[np.float64]

DAYS = tuple(7.0 * week for week in (1, 2, 3, 4, 8, 12, 16, 20, 24, 28, 32, 36))
PLAN = {7.0 * week: 90.0 for week in range(4)}
EFFECTS = 8


def biology(people: int) -> Biology:
    """How so many virtual participants of 90 kg differ."""
    stream = Stream(2007, np.zeros((), np.int64), np.arange(people))
    effects = normals(stream, Purpose.BIOLOGY, EFFECTS)
    return biology_of((USTEKINUMAB,), fit_b(), np.full(people, 90.0), effects)


def lesions(people: Biology) -> Floats:
    """Everybody's lesion at every visit, `(V, P)`, by this project's step."""
    count = people.lesion_turnover.shape[0]
    state, seen = start_with(people), []
    for low, high in pairwise((0.0, *DAYS)):
        days = tuple(day for day in PLAN if low <= day < high)
        amounts = np.array([PLAN[day] for day in days])
        doses = Doses(days, {"ustekinumab": np.broadcast_to(amounts, (count, len(days)))})
        state = advance(state, doses, low, high)
        seen.append(state.lesion)
    return np.array(seen)


def by_lsoda(people: Biology, who: int) -> list[float]:
    """One participant's lesion at every visit, by SciPy."""
    action = people.drugs["ustekinumab"]
    rate, amplitude = action.modes.rate[:, who], action.modes.amplitude[:, who]
    turnover, recall = people.lesion_turnover[who], people.memory[who]
    t17_turnover, placebo = people.t17_turnover[who], people.placebo_effect[who]

    def change(t: float, y: Floats, doses: list[tuple[float, float]]) -> list[float]:
        amount = sum((mg * amplitude * np.exp(-rate * (t - day))).sum() for day, mg in doses)
        left = action.ic50[who] / (action.ic50[who] + amount)
        loss = 1.0 + placebo * np.exp(-people.placebo_decay * t)
        t17 = t17_turnover * (left * (1 - recall + recall * y[1]) - y[0])
        return [t17, turnover * (y[0] - loss * y[1])]

    y, seen = np.ones(2), []
    for low, high in pairwise(sorted({0.0, *PLAN, *DAYS})):
        doses = [(day, mg) for day, mg in PLAN.items() if day <= low]
        solution = solve_ivp(change, (low, high), y, "LSODA", args=(doses,), rtol=1e-6, atol=1e-9)
        y = solution.y[:, -1]
        seen += [float(y[1])] if high in DAYS else []
    return seen
