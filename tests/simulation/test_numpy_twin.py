"""The compiled loop gives the bits of the same algorithm written as NumPy array operations."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import by_numpy

from wholetrial.numerics.philox import Purpose, Stream, normals
from wholetrial.simulation.course import Doses
from wholetrial.simulation.disease import biology_of, lesion_at
from wholetrial.simulation.pharmacokinetics import IXEKIZUMAB, USTEKINUMAB
from wholetrial.simulation.psoriasis_fit import fit_b

DAYS = tuple(7.0 * week for week in range(53))


@pytest.mark.parametrize("real", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("drug", "plan"),
    [
        (USTEKINUMAB, {0: 45.0, 28: 45.0, 112: 90.0}),
        (USTEKINUMAB, {140: 90.0, 151: 45.0}),
        (IXEKIZUMAB, {0: 160.0, 14: 80.0, 33: 80.0, 200: 80.0}),
    ],
)
def test_the_loop_gives_the_bits_of_arrays(drug, plan, real):
    effects = normals(Stream(2007, 0, np.arange(100)), Purpose.BIOLOGY, 8)
    biology = biology_of((drug,), fit_b(), np.linspace(45.0, 190.0, 100), effects)
    doses = Doses(tuple(map(float, plan)), {drug.name: np.tile([*plan.values()], (100, 1))})
    arrays = by_numpy.lesions(biology, doses, DAYS, real)
    loop = lesion_at(biology, doses, DAYS, real=real)
    assert arrays.dtype == loop.dtype == real
    assert np.array_equal(arrays, loop)
