"""The model beside published rates: 90 % prediction intervals, and which numbers it misses.

An interval holds what a study of that size could have published if the model were right. Five
things vary: the parameters (draws from the fit's covariance), who took part (the study's median
baseline PASI and body weight), the share of people missing, whatever else differs between studies
(criteria, earlier treatments, raters), and chance among the study's n. The spread of people is that
of 15 arms of five trials: mean baseline PASI 18.9 to 24.1, mean weight 82 to 93.7 kg. Early dropout
was 2.7 to 5 % in four trials. The rest is as large as the targets take it to be: they give rates
pooled over three trials of about 430 people an arm the weight of 300 people.

A number outside its interval is a known miss.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import binom

from wholetrial.numerics.elementary import FloatArray, normal_quantile
from wholetrial.numerics.philox import Purpose, Stream, uniforms
from wholetrial.simulation.fitting.fit import kinds_in, setting_of
from wholetrial.simulation.fitting.people import POINTS
from wholetrial.simulation.fitting.published import FEWEST_FAILURES, PublishedRate
from wholetrial.simulation.fitting.rates import Setting, rates_of
from wholetrial.simulation.psoriasis_fit import KnownMiss, PsoriasisFit

DRAWS = 200
DRAW_POINTS = 512
STUDIES_PER_DRAW = 10
SEED = 2026
LEVEL = 0.9
_AT_ONCE = 20
_STEP = 0.1
_FEWEST = 1e-6
_LEAST_SHARE = 0.001

MEAN_PASI_LOG_SD = 0.07
"""SD between studies of log mean PASI: 5.2 points between 15 arms are 3.5 SDs, around 21.5."""

MEAN_WEIGHT_LOG_SD = 0.039
"""SD between studies of log mean weight: 11.7 kg between 15 arms are 3.5 SDs, around 88 kg."""

MISSING_LOG_SD = 0.25
"""SD between studies of the log share missing: 2.7 to 5 % in four trials are 2.1 SDs."""

STUDY_LOGIT_SD = 0.2
"""SD between studies of a rate's logit, beyond the people: 3 (1 / 300 - 1 / 1290) / (p (1 - p))
is its square for a pooled rate, 0.19 at 70 %. Pooled rates and a meta-analysis have it in their SE.
"""

PASI_MEDIAN_PER_MEAN = 1.76
"""Screening pulls means together: so much the median before it must differ, on the log scale."""


class Compared(NamedTuple):
    """A published rate, the model's, and the interval for a study of its size; shares 0 to 1."""

    rate: PublishedRate
    fitted: bool
    model: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the published number of people lies in the interval, ends included."""
        people = size_of(self.rate)
        count = round(people * self.rate.value)
        return round(people * self.low) <= count <= round(people * self.high)


def compare(
    fit: PsoriasisFit,
    rates: Sequence[PublishedRate],
    targets: Sequence[str] | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> tuple[Compared, ...]:
    """Every published rate beside the model; `targets` are the ids of those it was fitted to."""
    people = setting_of(fit.model, fit.reading, POINTS, kinds_in(rates))
    center = rates_of(rates, people, fit.parameters())
    shifts = _shifts(fit, rates, progress)
    spread = STUDY_LOGIT_SD * np.asarray([_is_one_study(rate) for rate in rates])
    others = spread * _normal(len(rates), STUDIES_PER_DRAW, 5)[..., 4]
    drawn = _sampled(rates, _logit(np.atleast_2d(center)[0]) + shifts + others)
    low, high = np.quantile(drawn, [(1.0 - LEVEL) / 2.0, (1.0 + LEVEL) / 2.0], axis=0)
    known = set(targets) if targets is not None else {one.id for one in rates if one.fitted}
    return tuple(
        Compared(rate, rate.id in known, float(model), float(least), float(most))
        for rate, model, least, most in zip(rates, np.atleast_2d(center)[0], low, high, strict=True)
    )


def misses_of(compared: Sequence[Compared]) -> tuple[KnownMiss, ...]:
    """The published numbers outside their intervals."""
    return tuple(
        KnownMiss(one.rate.id, round(one.model, 4), one.rate.value, one.rate.drug)
        for one in compared
        if not one.inside
    )


def _is_one_study(rate: PublishedRate) -> bool:
    return "pooled" not in rate.study and rate.study != "meta-analysis"


def _shifts(
    fit: PsoriasisFit, rates: Sequence[PublishedRate], progress: Callable[[int], None]
) -> FloatArray:
    """How far each draw of parameters and of a study moves each rate's logit, `(draws, rates)`."""
    setting = setting_of(fit.model, fit.reading, DRAW_POINTS, kinds_in(rates))
    base = _logit(rates_of(rates, setting, fit.parameters()))
    drawn = fit.drawn(SEED, range(DRAWS))
    fixed = {row.name: row.value for row in fit.fixed}
    moved = []
    for first in range(0, DRAWS, _AT_ONCE):
        some = {name: values[first : first + _AT_ONCE] for name, values in drawn.items()} | fixed
        moved.append(_logit(rates_of(rates, setting, some)) - base)
        progress(first + _AT_ONCE)
    parameters = np.concatenate(moved)
    study = _normal(len(rates), STUDIES_PER_DRAW, 2)
    slopes = _slopes(fit, rates, base)
    spread = (PASI_MEDIAN_PER_MEAN * MEAN_PASI_LOG_SD, MEAN_WEIGHT_LOG_SD)
    shifts: FloatArray = np.repeat(parameters, STUDIES_PER_DRAW, axis=0)
    for index, (slope, sd) in enumerate(zip(slopes, spread, strict=True)):
        shifts = shifts + study[..., index] * (slope * sd)
    return shifts


def _slopes(
    fit: PsoriasisFit, rates: Sequence[PublishedRate], base: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """How the logit of each rate changes with the log of median PASI and of median weight."""
    larger, known = np.exp(_STEP), kinds_in(rates)
    severe = {name: kind._replace(pasi=kind.pasi * larger) for name, kind in known.items()}
    heavy = {name: kind._replace(weight_kg=kind.weight_kg * larger) for name, kind in known.items()}
    found = []
    for kinds in (severe, heavy):
        setting: Setting = setting_of(fit.model, fit.reading, DRAW_POINTS, kinds)
        found.append((_logit(rates_of(rates, setting, fit.parameters())) - base) / _STEP)
    return found[0], found[1]


def _sampled(rates: Sequence[PublishedRate], logit: FloatArray) -> FloatArray:
    """What studies of the same size would have published, `(draws, rates)`."""
    expected = 1.0 / (1.0 + np.exp(-logit))
    missing = np.asarray([rate.missing for rate in rates])
    drawn = missing * np.exp(MISSING_LOG_SD * _normal(len(rates), STUDIES_PER_DRAW, 3)[..., 2])
    expected = expected * (1.0 - np.minimum(drawn, 1.0)) / (1.0 - missing)
    sizes = np.asarray([size_of(rate) for rate in rates])
    chance = _uniform(len(rates), STUDIES_PER_DRAW, 4)[..., 3]
    inside = np.clip(expected, _FEWEST, 1.0 - _FEWEST)
    counts = np.asarray(binom.ppf(chance, sizes, inside), dtype=np.float64)
    shares: FloatArray = counts / sizes
    return shares


def size_of(rate: PublishedRate) -> int:
    """The study's n, or the smaller number that its standard error speaks of."""
    least = FEWEST_FAILURES / rate.n if rate.n else _LEAST_SHARE
    inside = min(max(rate.value, least), 1.0 - least)
    effective = max(round(inside * (1.0 - inside) / rate.standard_error**2), 1)
    return min(effective, rate.n) if rate.n else effective


def _uniform(rates: int, studies: int, count: int) -> FloatArray:
    stream = Stream(SEED, np.arange(DRAWS * studies)[:, None], np.arange(rates))
    return uniforms(stream, Purpose.MODEL_UNCERTAINTY, count, occasion=1)


def _normal(rates: int, studies: int, count: int) -> FloatArray:
    return normal_quantile(_uniform(rates, studies, count))


def _logit(share: FloatArray) -> FloatArray:
    inside = np.clip(share, _FEWEST, 1.0 - _FEWEST)
    logit: FloatArray = np.log(inside / (1.0 - inside))
    return logit
