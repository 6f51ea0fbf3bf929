"""Compiles every loop of the simulator once, so that later processes start at once."""

import numpy as np

from wholetrial.numerics.elementary import COMPILED_FROM, exp, log
from wholetrial.numerics.philox import Purpose, Stream, normals
from wholetrial.simulation.counting import CountedArm, count_responders
from wholetrial.simulation.course import Doses
from wholetrial.simulation.disease import EFFECTS, advance, biology_of, lesion_at, start_with
from wholetrial.simulation.pharmacokinetics import USTEKINUMAB
from wholetrial.simulation.psoriasis_fit import fit_named
from wholetrial.simulation.regions import read_totals, regions_at


def compile_loops() -> None:
    """Use every loop once, in each precision, on as few people as it takes."""
    stream = Stream(0, 0, np.arange(COMPILED_FROM))
    effects = normals(stream, Purpose.BIOLOGY, EFFECTS)
    severity = exp(log(np.full(COMPILED_FROM, 20.0)))
    read_totals(regions_at(stream, severity, None), severity, 0.5)
    fit = fit_named("fit_b")
    biology = biology_of((USTEKINUMAB,), fit, np.full(64, 90.0), effects[:64])
    doses = Doses((0.0,), {USTEKINUMAB.name: np.full((64, 1), 45.0)})
    advance(start_with(biology), doses, 0.0, 7.0)
    lesion_at(biology, doses, (7.0,), real=np.float32)
    count_responders([CountedArm(1, USTEKINUMAB, {0.0: 45.0})], fit, range(1), seed=0)
