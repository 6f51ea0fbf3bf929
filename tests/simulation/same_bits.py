"""The bits of the simulated road, array by array.

    python tests/simulation/same_bits.py           prints same_bits.txt anew

A line for each array: what it is, and the first 16 digits of the SHA-256 of its numbers. Small
arrays go through NumPy and large ones through compiled loops; both are among these.
"""

import hashlib
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np

from wholetrial.data.records import Records, joined
from wholetrial.numerics.elementary import exp, log, normal_quantile
from wholetrial.numerics.philox import Purpose, Stream, normals, uniforms
from wholetrial.programme.trials import load
from wholetrial.simulation.course import Doses, Participants
from wholetrial.simulation.disease import PsoriasisCourse
from wholetrial.simulation.measurement import (
    bsa_of,
    pasi_of,
    pga_of,
    reader_of,
    seen_skin,
    visit_noise,
)
from wholetrial.simulation.pharmacokinetics import IXEKIZUMAB, USTEKINUMAB
from wholetrial.simulation.psoriasis_fit import fit_b
from wholetrial.simulation.regions import regions_at
from wholetrial.simulation.simulate import prepare, simulate

GOLDEN = Path(__file__).with_name("same_bits.txt")
TRIALS = {"NCT00320216": 5, "NCT04537689": 11}
"""Trials with the number of replicates: 1,600 and 440 participants."""


def digest(array):
    """The first digits of the SHA-256 of an array's numbers; every NaN is the same one."""
    numbers = np.asarray(array, "<f8")
    numbers = np.where(np.isnan(numbers), np.nan, numbers)
    shape = str(numbers.shape).encode()
    return hashlib.sha256(shape + np.ascontiguousarray(numbers).tobytes()).hexdigest()[:16]


def parts():
    """What simulating is made of, by name: numbers drawn, functions, lesions, scores."""
    stream = Stream(2007, np.arange(7)[:, None], np.arange(101))
    u = uniforms(stream, Purpose.BASELINE, 3)
    weight = 89.0 * exp(0.245 * normals(stream, Purpose.DEMOGRAPHICS, 1)[..., 0])
    course = PsoriasisCourse((IXEKIZUMAB, USTEKINUMAB), fit_b())
    ixekizumab = np.tile([160.0, 0.0, 0.0], (101, 1))
    ustekinumab = np.tile([0.0, 45.0, 90.0], (101, 1))
    doses = Doses((0.0, 14.0, 33.0), {"ixekizumab": ixekizumab, "ustekinumab": ustekinumab})
    state = course.advance(course.start(Participants(stream, weight)), doses, 0, 85)
    noise, reader = visit_noise(stream, 85, 4), reader_of(fit_b())
    regions = regions_at(stream, np.full(stream.shape, 16.0), None)
    skin = seen_skin(regions, 16 * state.lesion, noise[0], reader)
    return {
        "uniforms": u,
        "exp": exp(700 * u - 350),
        "log": log(u),
        "normal_quantile": normal_quantile(u),
        "many uniforms": uniforms(Stream(1, 0, np.arange(5000)), Purpose.BIOLOGY, 8),
        "many normals": normals(Stream(1, 0, np.arange(5000)), Purpose.BIOLOGY, 8),
        "weight": weight,
        "lesion": state.lesion,
        "lesion two days on": state.lesion_near(np.full(stream.shape, 2.0)),
        "PASI": pasi_of(skin),
        "BSA": bsa_of(skin),
        "PGA": pga_of(skin, noise[1], reader, "0-5"),
        "parameters drawn": np.stack([*fit_b().drawn(3, range(40)).values()]),
    }


@cache
def simulation_of(trial):
    return prepare(load(trial), seed=1)


def records_of(trial, threads, block):
    """The records of a few replicates, in blocks that threads simulate."""
    simulation, count = simulation_of(trial), TRIALS[trial]
    blocks = [range(n, min(n + block, count)) for n in range(0, count, block)]
    with ThreadPoolExecutor(threads) as pool:
        return joined(tuple(pool.map(lambda one: simulate(simulation, one), blocks)))


def arrays_of(records: Records):
    """Every array of records by name."""
    found = {"arm": records.arm, "received": records.received, "day": records.day}
    for block in ("values", "facts", "events", "reasons"):
        found |= {f"{block} {name}": given for name, given in getattr(records, block).items()}
    for block in ("exposures", "adverse_events"):
        given = getattr(records, block)
        found |= {f"{block} {name}": getattr(given, name) for name in given.__slots__}
    return found


def lines(threads=1, block=64):
    """Every array's line."""
    named = parts()
    for trial in TRIALS:
        records = records_of(trial, threads, block)
        named |= {f"{trial} {name}": array for name, array in arrays_of(records).items()}
    return [f"{digest(array)}  {name}" for name, array in named.items()]


if __name__ == "__main__":
    text = "\n".join(lines()) + "\n"
    if sys.argv[1:] == ["--write"]:
        GOLDEN.write_text(text, "utf-8")
    else:
        print(text, end="")
