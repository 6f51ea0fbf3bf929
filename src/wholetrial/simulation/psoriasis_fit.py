"""The parameters of the psoriasis model with their uncertainty, and what the fit is known to miss.

Fit B of the model card: least squares on 31 published rates of ixekizumab and ustekinumab trials.
Current limitations: plaque psoriasis only. It was not validated for guttate psoriasis, and it does
not describe methotrexate or cell therapy.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Estimated(NamedTuple):
    """A fitted parameter; `mean` and `sd` are on the fitting scale (log, or identity)."""

    name: str
    symbol: str
    estimate: float
    unit: str
    scale: str
    mean: float
    sd: float


class Fixed(NamedTuple):
    """A parameter that the data could not teach and that was held fixed."""

    name: str
    symbol: str
    value: float
    unit: str


@dataclass(frozen=True)
class PsoriasisFit:
    """Fitted and fixed parameters; rows and columns of `covariance` follow `estimated`.

    `fitted_numbers` is how many published numbers they were fitted to, `fitted_trials` which of the
    trials that ship gave some of them.
    """

    name: str
    source: str
    note: str
    fitted_numbers: int
    fitted_trials: tuple[str, ...]
    estimated: tuple[Estimated, ...]
    fixed: tuple[Fixed, ...]
    covariance: tuple[tuple[float, ...], ...]

    def __getitem__(self, name: str) -> float:
        """The value of a parameter in its own unit."""
        values = {row.name: row.estimate for row in self.estimated}
        values |= {row.name: row.value for row in self.fixed}
        if name not in values:
            raise KeyError(f"{self.name} has the parameters {', '.join(values)}; got {name!r}")
        return values[name]


class KnownMiss(NamedTuple):
    """A published result that the model does not reproduce; shares of participants, 0 to 1."""

    what: str
    model: float
    published: float


KNOWN_MISSES: tuple[KnownMiss, ...] = (
    KnownMiss("ixekizumab 10 mg at weeks 0, 2, 4, 8: PASI 75 at week 12", 0.55, 0.29),
    KnownMiss("ixekizumab every 4 weeks, responders kept on it: sPGA 0/1 at week 60", 0.90, 0.74),
    KnownMiss("ixekizumab again after relapse, 147 observed: sPGA 0/1", 0.89, 0.71),
    KnownMiss("ixekizumab again after relapse, 130 observed: sPGA 0/1", 0.96, 0.82),
)


@cache
def fit_b() -> PsoriasisFit:
    """Fit B of the model card.

    >>> round(fit_b()["lesion_turnover"], 4)
    0.0455
    """
    text = files("wholetrial.simulation").joinpath("psoriasis-fit-b.json").read_text("utf-8")
    document = json.loads(text)
    return PsoriasisFit(
        name=document["name"],
        source=document["source"],
        note=document["note"],
        fitted_numbers=document["fitted_numbers"],
        fitted_trials=tuple(document["fitted_trials"]),
        estimated=tuple(Estimated(**row) for row in document["estimated"]),
        fixed=tuple(Fixed(**row) for row in document["fixed"]),
        covariance=tuple(tuple(row) for row in document["covariance"]),
    )
