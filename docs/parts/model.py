"""Parts of the model card: parameters, pharmacokinetics, and the model beside published rates."""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from parts.tables import table
from wholetrial.numerics.elementary import FloatArray, exp
from wholetrial.numerics.philox import Purpose, Stream, normals
from wholetrial.simulation.course import Doses, Participants
from wholetrial.simulation.disease import PsoriasisCourse
from wholetrial.simulation.measurement import (
    ASSUMPTIONS,
    observed_pasi,
    observed_pga,
    reader_of,
    visit_noise,
)
from wholetrial.simulation.pharmacokinetics import DRUGS, Drug, Kinetic
from wholetrial.simulation.psoriasis_fit import Estimated, default_fit

RATES = Path(__file__).resolve().parents[1] / "published-rates.csv"
PEOPLE = 10_000
CANDIDATES = 40
SEED = 2007
NOT_MISSING = 0.975
STREAM = Stream(SEED, 0, np.arange(PEOPLE))


class Rate(NamedTuple):
    """One published rate, and what was given."""

    drug: str
    given: str
    doses: tuple[tuple[float, float], ...]
    week: int
    statistic: str
    published: float
    source: str


class Enrolled(NamedTuple):
    """Virtual people with an observed PASI of 12 or more: true and observed PASI, and who."""

    severity: FloatArray
    baseline: FloatArray
    participants: Participants


def model_parameters() -> str:
    """The parameters of the disease model, fitted and fixed."""
    fit = default_fit()
    columns = ("parameter", "symbol", "value", "unit", "one SD of the fit below and above")
    fitted = [
        (_words(row.name), row.symbol, f"{row.estimate:.3g}", row.unit, _uncertainty(row))
        for row in fit.estimated
    ]
    fixed = [
        (_words(row.name), row.symbol, f"{row.value:g}", row.unit, "not fitted")
        for row in fit.fixed
    ]
    return table(columns, [*fitted, *fixed])


def _words(name: str) -> str:
    short = {"ic50": "IC50", "t17": "T17", "pasi": "PASI", "pga": "PGA"}
    plain, _, spread = name.partition("_log")
    words = " ".join(short.get(word, word) for word in plain.split("_"))
    scale = {"_sd": ", log SD between people", "it_sd": ", logit SD between people"}
    return words + scale.get(spread, "")


def _uncertainty(row: Estimated) -> str:
    low, high = row.mean - row.sd, row.mean + row.sd
    if row.scale == "log":
        low, high = float(np.exp(low)), float(np.exp(high))
    return f"{low:.3g} to {high:.3g}"


def pharmacokinetics() -> str:
    """The pharmacokinetic parameters of every drug."""
    columns = ("drug", "parameter", "typical", "log SD between people", "weight exponent", "source")
    rows = [
        (
            drug.name,
            name,
            f"{one.typical:g} {one.unit}".strip(),
            f"{one.log_sd:g}" if one.log_sd else "",
            f"{one.weight_exponent:g}" if one.weight_exponent else "",
            one.source,
        )
        for drug in DRUGS.values()
        for name, one in _kinetics(drug)
    ]
    return table(columns, rows)


def _kinetics(drug: Drug) -> list[tuple[str, Kinetic]]:
    found = [
        ("clearance", drug.clearance),
        ("volume", drug.volume),
        ("absorption", drug.absorption),
        ("bioavailability", drug.bioavailability),
    ]
    second = drug.peripheral
    return [
        *found,
        *([("second volume", second.volume), ("flow between", second.flow)] if second else []),
    ]


def measurement_assumptions() -> str:
    """What is taken for granted about the instruments."""
    return table(("assumed", "because"), [(one.what, one.because) for one in ASSUMPTIONS])


def known_misses() -> str:
    """What the model is known to get wrong."""
    columns = ("published result", "model", "published")
    rows = [
        (one.what, f"{one.model:.0%}", f"{one.published:.0%}") for one in default_fit().known_misses
    ]
    return table(columns, rows)


def model_and_published() -> str:
    """Simulated response rates beside published ones."""
    columns = ("drug", "given", "week", "response", "model", "published", "source")
    rows = []
    for rate in _rates():
        drug = rate.drug if rate.doses else "placebo"
        given = rate.given if rate.doses else ""
        published = f"{rate.published:g} %"
        model = f"{_simulated(rate):.0f} %"
        rows.append((drug, given, rate.week, rate.statistic, model, published, rate.source))
    return table(columns, rows)


def _rates() -> list[Rate]:
    with RATES.open(encoding="utf-8", newline="") as file:
        return [_rate(row) for row in csv.DictReader(file)]


def _rate(row: dict[str, str]) -> Rate:
    pairs = [dose.split(":") for dose in row["day:mg"].split()]
    doses = tuple((float(day), float(amount)) for day, amount in pairs)
    week, published = int(row["week"]), float(row["published"])
    return Rate(row["drug"], row["given"], doses, week, row["statistic"], published, row["source"])


@cache
def _enrolled() -> Enrolled:
    """The first candidate for each place whose observed PASI is 12 or more."""
    draws = normals(STREAM, Purpose.SCREENING, 3, occasion=np.arange(CANDIDATES)[:, None])
    pasi, weight = 16.0 * exp(0.45 * draws[..., 0]), 89.0 * exp(0.245 * draws[..., 2])
    seen = observed_pasi(pasi, draws[..., 1], reader_of(default_fit()))
    accepted = (pasi <= 72) & (seen >= 12) & (weight >= 40) & (weight <= 200)
    first = accepted.argmax(axis=0), np.arange(PEOPLE)
    return Enrolled(pasi[first], seen[first], Participants(STREAM, weight[first]))


@cache
def _lesion(drug: str, doses: tuple[tuple[float, float], ...], week: int) -> FloatArray:
    course = PsoriasisCourse((DRUGS[drug],))
    before = [(day, amount) for day, amount in doses if day < 7 * week]
    amounts = np.broadcast_to(np.asarray([amount for _, amount in before]), (PEOPLE, len(before)))
    given = Doses(tuple(day for day, _ in before), {drug: amounts})
    start = course.start(_enrolled().participants)
    return course.lesion(course.advance(start, given, 0, 7 * week))


def _simulated(rate: Rate) -> float:
    """Percent of virtual people with the response; 2.5 % missing count as none, as in the fit."""
    people, reader = _enrolled(), reader_of(default_fit())
    truth = people.severity * _lesion(rate.drug, rate.doses, rate.week)
    noise = visit_noise(STREAM, 7 * rate.week, 2)
    now = np.rint(10 * observed_pasi(truth, noise[0], reader))
    base = np.rint(10 * people.baseline)
    responses = {
        "PASI 75": 4 * now <= base,
        "PASI 90": 10 * now <= base,
        "sPGA 0/1": observed_pga(truth, noise[1], reader, "0-5") <= 1,
    }
    return 100 * NOT_MISSING * float(responses[rate.statistic].mean())
