"""The parameters of a psoriasis model with their uncertainty, and what the fit is known to miss.

`wholetrial calibrate` writes a fit as JSON, and this file reads it. Fits that ship: `two_state`,
the model of the card fitted to attainable PASI totals (fit C); `fit_b`, the same model fitted to a
continuous PASI; `turnover`, the plain published model, fitted to week 12 only.

Current limitations: plaque psoriasis only. It was not validated for guttate psoriasis, and it does
not describe methotrexate or cell therapy.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from wholetrial.numerics.elementary import FloatArray, exp
from wholetrial.numerics.philox import Purpose, Stream, normals
from wholetrial.simulation.disease_input import check_parameters

SHIPPED = {
    "two_state": "psoriasis-fit-c.json",
    "fit_c": "psoriasis-fit-c.json",
    "fit_b": "psoriasis-fit-b.json",
    "turnover": "psoriasis-fit-turnover.json",
}
"""The fits that ship, by the name that a trial file or the command line gives."""


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


class KnownMiss(NamedTuple):
    """A published result that the model does not reproduce; shares of participants, 0 to 1.

    `drug` is what was given, empty for placebo.
    """

    what: str
    model: float
    published: float
    drug: str = ""


@dataclass(frozen=True)
class PsoriasisFit:
    """Fitted and fixed parameters; rows and columns of `covariance` follow `estimated`.

    `model` is the structure, two_state or turnover; `reading` says whether the fit saw PASI as
    continuous or as attainable totals. `fitted_numbers` is how many published numbers it was
    fitted to, `fitted_trials` which of the trials that ship gave some of them.
    """

    name: str
    source: str
    note: str
    fitted_numbers: int
    fitted_trials: tuple[str, ...]
    estimated: tuple[Estimated, ...]
    fixed: tuple[Fixed, ...]
    covariance: tuple[tuple[float, ...], ...]
    model: str = "two_state"
    reading: str = "continuous"
    known_misses: tuple[KnownMiss, ...] = ()

    def __getitem__(self, name: str) -> float:
        """The value of a parameter in its own unit."""
        values = self.parameters()
        if name not in values:
            raise KeyError(f"{self.name} has the parameters {', '.join(values)}; got {name!r}")
        return values[name]

    def parameters(self) -> Mapping[str, float]:
        """Every parameter in its own unit, fitted ones first."""
        values = {row.name: row.estimate for row in self.estimated}
        return values | {row.name: row.value for row in self.fixed}

    def drawn(self, seed: int, replicates: ArrayLike) -> Mapping[str, FloatArray]:
        """Each replicate's own parameters, in their own units, each `(R, 1)`.

        The fitted ones are multivariate normal on the fitting scale, with the fit's covariance; the
        fixed ones are the same in every replicate. A replicate's draw depends on its number only.

        >>> drawn = fit_named("fit_b").drawn(1, range(3))
        >>> drawn["lesion_turnover"].round(4).tolist()
        [[0.0404], [0.054], [0.0405]]
        """
        replicate = np.asarray(replicates)[:, None]
        effects = normals(
            Stream(seed, replicate, 0), Purpose.MODEL_UNCERTAINTY, len(self.estimated)
        )
        shifts = correlated(self.covariance, effects)
        values = {
            row.name: row.estimate * exp(shift) if row.scale == "log" else row.estimate + shift
            for row, shift in zip(self.estimated, shifts, strict=True)
        }
        return values | {row.name: np.full(replicate.shape, row.value) for row in self.fixed}


def correlated(covariance: tuple[tuple[float, ...], ...], effects: FloatArray) -> list[FloatArray]:
    """Normals with a covariance, one array `(...)` for each row, of independent ones `(..., rows)`.

    By Cholesky's decomposition in plain loops of + - * / and square roots, so that the bits do not
    depend on a linear algebra library.
    """
    lower = cholesky(covariance)
    shifts = []
    for row in lower:
        shift = row[0] * effects[..., 0]
        for column in range(1, len(row)):
            shift = shift + row[column] * effects[..., column]
        shifts.append(shift)
    return shifts


def cholesky(covariance: tuple[tuple[float, ...], ...]) -> list[list[float]]:
    """The lower triangle L with L L' = covariance, row by row.

    Raises ValueError where the covariance is not positive definite.

    >>> cholesky(((4.0, 2.0), (2.0, 5.0)))
    [[2.0], [1.0, 2.0]]
    """
    lower: list[list[float]] = []
    for i, row in enumerate(covariance):
        current: list[float] = []
        for j in range(i + 1):
            rest = row[j]
            known = current if i == j else lower[j]
            for k in range(j):
                rest -= current[k] * known[k]
            current.append(_root(rest, i) if i == j else rest / lower[j][j])
        lower.append(current)
    return lower


def _root(rest: float, row: int) -> float:
    if not rest > 0.0:
        raise ValueError(
            f"a covariance must be positive definite; row {row + 1} leaves {rest:g}. "
            "Write the fit anew with wholetrial calibrate"
        )
    return float(np.sqrt(rest))


@cache
def fit_named(name: str) -> PsoriasisFit:
    """A fit that ships.

    >>> round(fit_named("fit_b")["lesion_turnover"], 4)
    0.0455
    """
    return fit_from(shipped_document(name))


def shipped_document(name: str) -> dict[str, Any]:
    """The JSON document of a fit that ships: besides the fit, what `calibrate` found of it."""
    if name not in SHIPPED:
        raise ValueError(f"the fits that ship are {', '.join(SHIPPED)}; got {name!r}")
    text = files("wholetrial.simulation").joinpath(SHIPPED[name]).read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def read_fit(path: Path) -> PsoriasisFit:
    """A fit that `wholetrial calibrate` wrote."""
    try:
        return fit_from(json.loads(path.read_text("utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path}: a fit is a JSON file that wholetrial calibrate wrote; {error}"
        ) from error


def fit_from(document: Mapping[str, Any]) -> PsoriasisFit:
    """A fit of its JSON document.

    Raises ValueError for parameters that are no numbers or have the wrong sign, and for a
    covariance that is not one of the estimated parameters.
    """
    fit = PsoriasisFit(
        name=document["name"],
        source=document["source"],
        note=document["note"],
        fitted_numbers=document["fitted_numbers"],
        fitted_trials=tuple(document["fitted_trials"]),
        estimated=tuple(Estimated(**row) for row in document["estimated"]),
        fixed=tuple(Fixed(**row) for row in document["fixed"]),
        covariance=tuple(tuple(row) for row in document["covariance"]),
        model=document.get("model", "two_state"),
        reading=document.get("reading", "continuous"),
        known_misses=tuple(KnownMiss(**row) for row in document.get("known_misses", ())),
    )
    _check_fit(fit)
    return fit


def _check_fit(fit: PsoriasisFit) -> None:
    check_parameters(fit.parameters())
    for row in fit.estimated:
        if row.scale not in ("log", "identity"):
            raise ValueError(f"{row.name} has the scale log or identity; got {row.scale!r}")
        if row.scale == "log" and not row.estimate > 0:
            raise ValueError(f"{row.name} must be above 0; got {row.estimate:g}")
    rows, count = fit.covariance, len(fit.estimated)
    if len(rows) != count or any(len(row) != count for row in rows):
        raise ValueError(f"the covariance of {count} parameters has {count} rows and columns")
    apart = np.abs(np.subtract(rows, np.transpose(rows))).max(initial=0.0)
    if not apart <= 1e-9 * np.abs(rows).max(initial=0.0):
        raise ValueError("a covariance must be symmetric, and all of it finite numbers")
    cholesky(rows)


def fit_b() -> PsoriasisFit:
    """Fit B of the model card, on a continuous PASI."""
    return fit_named("fit_b")


def default_fit() -> PsoriasisFit:
    """The fit that a trial is simulated with unless it names another."""
    return fit_named("two_state")
