"""The simulated road gives the same bits with and without a processor's vector instructions."""

import os
import subprocess
import sys

import pytest

DIGEST = """
import hashlib
import numpy as np
from wholetrial.numerics.elementary import exp, log, normal_quantile
from wholetrial.numerics.philox import Purpose, Stream, normals, uniforms
from wholetrial.simulation.course import Doses, Participants
from wholetrial.simulation.disease import PsoriasisCourse
from wholetrial.simulation.measurement import bsa_of, pasi_of, pga_of, reader_of, seen_skin, visit_noise
from wholetrial.simulation.pharmacokinetics import IXEKIZUMAB, USTEKINUMAB
from wholetrial.simulation.psoriasis_fit import fit_b
from wholetrial.simulation.regions import regions_at

stream = Stream(2007, np.arange(7)[:, None], np.arange(101))
u = uniforms(stream, Purpose.BASELINE, 3)
weight = 89.0 * exp(0.245 * normals(stream, Purpose.DEMOGRAPHICS, 1)[..., 0])
course = PsoriasisCourse((IXEKIZUMAB, USTEKINUMAB), fit_b())
doses = Doses((0.0, 14.0, 33.0), {"ixekizumab": np.tile([160.0, 0.0, 0.0], (101, 1)),
                                  "ustekinumab": np.tile([0.0, 45.0, 90.0], (101, 1))})
lesion = course.lesion(course.advance(course.start(Participants(stream, weight)), doses, 0, 85))
noise, reader = visit_noise(stream, 85, 4), reader_of(fit_b())
regions = regions_at(stream, np.full(stream.shape, 16.0), None)
skin = seen_skin(regions, 16 * lesion, noise[0], reader)
arrays = (u, exp(700 * u - 350), log(u), normal_quantile(u), weight, lesion,
          pasi_of(skin), bsa_of(skin), pga_of(skin, noise[1], reader, "0-5"))
for array in arrays:
    print(hashlib.sha256(np.ascontiguousarray(array, dtype="<f8").tobytes()).hexdigest()[:16])
"""

GOLDEN = """
57dd4f8918c981a4
1eba23ee1c5f8fe7
3f729fa3ca4fabc6
c7b512d3d1166c6f
092c1d6041d7f271
2b91b412686e948e
ed8d418b3614bd97
20d3b6a3400174ec
bb0740ddea0e8398
"""


def digest(**environment):
    result = subprocess.run(
        [sys.executable, "-c", DIGEST],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.split()


def vector_features():
    """The vector instructions that NumPy chooses at run time on this processor."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [feature for feature in __cpu_dispatch__ if __cpu_features__[feature]]


def test_the_bits_are_those_recorded():
    assert digest() == GOLDEN.split()


def test_the_bits_do_not_depend_on_vector_instructions():
    features = vector_features()
    if not features:
        pytest.skip("NumPy has no vector instructions to switch off on this processor")
    assert digest(NPY_DISABLE_CPU_FEATURES=" ".join(features)) == GOLDEN.split()
