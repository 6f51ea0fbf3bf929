"""What can be fitted: the two structures, their parameters, and what is known of those beforehand.

`two_state` is the model of the card. `turnover` is the plain published one: T17 cells stay as they
are, and every drug acts on the formation of the lesion; it is fitted to week 12 only.
"""

import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from wholetrial.numerics.elementary import FloatArray
from wholetrial.simulation.fitting.published import PublishedRate
from wholetrial.simulation.psoriasis_fit import Fixed

MODELS = ("two_state", "turnover")
_IDLE_IN_TURNOVER = ("t17_turnover", "memory", "memory_logit_sd", "t17_turnover_log_sd")
_WEEK_OF_TURNOVER = 12


class Prior(NamedTuple):
    """A parameter to be fitted: its prior on the fitting scale (log, or identity), and why."""

    name: str
    symbol: str
    unit: str
    scale: str
    center: float
    sd: float
    source: str


class Structure(NamedTuple):
    """A model with the parameters that are fitted and those that are not."""

    model: str
    fitted: tuple[Prior, ...]
    fixed: tuple[Fixed, ...]

    def natural(self, x: FloatArray) -> Mapping[str, float | FloatArray]:
        """Every parameter in its own unit, of fitted ones `(K, parameters)`; arrays `(K, 1)`."""
        values: dict[str, float | FloatArray] = {row.name: row.value for row in self.fixed}
        for index, row in enumerate(self.fitted):
            column = x[:, index, None]
            values[row.name] = np.exp(column) if row.scale == "log" else column
        return values


@cache
def structure_of(model: str) -> Structure:
    """A structure by name.

    >>> [len(structure_of(model).fitted) for model in MODELS]
    [11, 7]
    """
    if model not in MODELS:
        raise ValueError(f"the models are {', '.join(MODELS)}; got {model!r}")
    text = files("wholetrial.simulation.fitting").joinpath("parameters.csv").read_text("utf-8")
    idle = _IDLE_IN_TURNOVER if model == "turnover" else ()
    fitted, fixed = [], []
    for row in csv.DictReader(text.splitlines()):
        if row["scale"] == "fixed" or row["name"] in idle:
            value = 0.0 if row["name"] in idle else float(row["center"])
            fixed.append(Fixed(row["name"], row["symbol"], value, row["unit"]))
        else:
            fitted.append(_prior(row))
    return Structure(model, tuple(fitted), tuple(fixed))


def targets_of(model: str, rates: Sequence[PublishedRate]) -> tuple[PublishedRate, ...]:
    """The rates that a structure is fitted to."""
    fitted = [rate for rate in rates if rate.fitted]
    if model == "turnover":
        fitted = [rate for rate in fitted if rate.week == _WEEK_OF_TURNOVER and not rate.given]
    return tuple(fitted)


def _prior(row: Mapping[str, str]) -> Prior:
    center = float(row["center"])
    return Prior(
        row["name"],
        row["symbol"],
        row["unit"],
        row["scale"],
        float(np.log(center)) if row["scale"] == "log" else center,
        float(row["sd"]),
        row["source"],
    )
