"""Fits a model to published rates and writes down what came out: estimate, covariance, agreement.

The document holds nothing that changes from run to run, so the same table and version give the
same bits on the same machine.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wholetrial.numerics.elementary import FloatArray, exp
from wholetrial.simulation.fitting.edges import screened
from wholetrial.simulation.fitting.least_squares import Observed, Solution, least_squares
from wholetrial.simulation.fitting.people import KINDS, POINTS, Kind, candidates
from wholetrial.simulation.fitting.published import PublishedRate
from wholetrial.simulation.fitting.rates import Setting, rates_of
from wholetrial.simulation.fitting.structures import Prior, Structure, structure_of, targets_of

BARELY_LEARNED = 0.8
"""A posterior SD of so much of the prior's: the targets hardly say anything of the parameter."""

ENTANGLED = 0.9
"""A correlation of so much: the targets know the two parameters only together."""

_NOTE = (
    "mean, sd and covariance are on the fitting scale: natural log of the parameter, but identity "
    "for memory, which is already the mean of a logit. Rows and columns of covariance follow the "
    "order of estimated."
)


class Order(NamedTuple):
    """What to fit: the model, the reading (attainable or continuous), names, Sobol points.

    `version` is that of the program, written into the document.
    """

    model: str
    reading: str = "attainable"
    name: str = ""
    version: str = ""
    points: int = POINTS


def setting_of(
    model: str, reading: str, points: int = POINTS, kinds: Mapping[str, Kind] | None = None
) -> Setting:
    """The people of a fit, screened, and how they are read."""
    noise = next(row.value for row in structure_of(model).fixed if row.name == "pasi_noise_log_sd")
    found = {
        name: screened(candidates(kind, noise, points), reading)
        for name, kind in (kinds or KINDS).items()
    }
    return Setting(
        {name: people for name, (people, _) in found.items()},
        {name: edges for name, (_, edges) in found.items()},
        model,
    )


def kinds_in(rates: Sequence[PublishedRate]) -> dict[str, Kind]:
    """The kinds of people that rates speak of."""
    return {name: kind for name, kind in KINDS.items() if name in {one.people for one in rates}}


def calibrate(
    order: Order,
    rates: Sequence[PublishedRate],
    progress: Callable[[int, float], None] = lambda step, loss: None,
) -> dict[str, Any]:
    """Fit a model to the fitted ones among the rates; the document that `psoriasis_fit` reads.

    Raises ValueError where there are fewer targets than parameters, or the steps do not settle.
    """
    problem = problem_of(order, rates)
    solution = least_squares(problem.model, problem.observed, problem.observed.center, progress)
    return _document(order, problem.structure, problem.targets, solution)


class Problem(NamedTuple):
    """What is minimized: the model as a function of stacked parameters, and what it should meet."""

    structure: Structure
    targets: tuple[PublishedRate, ...]
    model: Callable[[FloatArray], FloatArray]
    observed: Observed


def problem_of(order: Order, rates: Sequence[PublishedRate]) -> Problem:
    """The least-squares problem of an order and a table.

    Raises ValueError where there are fewer targets than parameters.
    """
    structure, targets = structure_of(order.model), targets_of(order.model, rates)
    if len(targets) < len(structure.fitted):
        raise ValueError(
            f"{order.model} has {len(structure.fitted)} parameters; a fit needs at least as many "
            f"targets (fitted: yes), and the table has {len(targets)}"
        )
    setting = setting_of(order.model, order.reading, order.points, kinds_in(targets))
    observed = Observed(
        np.asarray([rate.value for rate in targets]),
        np.asarray([rate.standard_error for rate in targets]),
        np.asarray([row.center for row in structure.fitted]),
        np.asarray([row.sd for row in structure.fitted]),
    )
    return Problem(
        structure, targets, lambda x: rates_of(targets, setting, structure.natural(x)), observed
    )


def hardly_learned(document: Mapping[str, Any]) -> list[str]:
    """What the targets do not identify: sentences, one for each parameter or pair."""
    rows, covariance = document["estimated"], np.asarray(document["covariance"])
    sd = np.sqrt(np.diag(covariance))
    priors = {row["name"]: row for row in document["priors"]}
    found = [
        f"{row['name']}: hardly learned from the targets (SD {row['sd']:.2f}, "
        f"before the fit {priors[row['name']]['sd']:.2f})"
        for row in rows
        if row["sd"] >= BARELY_LEARNED * priors[row["name"]]["sd"]
    ]
    correlation = covariance / np.outer(sd, sd)
    found += [
        f"{rows[j]['name']} with {rows[i]['name']}: known only together "
        f"(correlation {correlation[i, j]:.2f})"
        for i in range(len(rows))
        for j in range(i)
        if abs(correlation[i, j]) >= ENTANGLED
    ]
    return found


def _document(
    order: Order, structure: Structure, targets: Sequence[PublishedRate], solution: Solution
) -> dict[str, Any]:
    trials = sorted({rate.study for rate in targets if rate.study.startswith("NCT")})
    return {
        "name": order.name or f"{order.model}, {order.reading}",
        "source": f"wholetrial calibrate {order.version}: weighted least squares on {len(targets)} "
        "published rates, with priors",
        "version": order.version,
        "model": order.model,
        "reading": order.reading,
        "points": order.points,
        "fitted_numbers": len(targets),
        "fitted_trials": [name for name in trials if name.split()[0] == name],
        "note": _NOTE,
        "chi_squared": {
            "targets": solution.chi_squared,
            "priors": solution.chi_squared_of_priors,
        },
        "estimated": [
            _estimated(row, float(x), float(variance) ** 0.5)
            for row, x, variance in zip(
                structure.fitted, solution.estimate, np.diag(solution.covariance), strict=True
            )
        ],
        "fixed": [row._asdict() for row in structure.fixed],
        "covariance": solution.covariance.tolist(),
        "priors": [row._asdict() for row in structure.fitted],
        "targets": [
            {
                "id": rate.id,
                "published": rate.value,
                "standard_error": rate.standard_error,
                "fitted": float(value),
                "evidence": rate.evidence,
            }
            for rate, value in zip(targets, solution.fitted, strict=True)
        ],
    }


def _estimated(row: Prior, x: float, sd: float) -> dict[str, Any]:
    estimate = float(exp(x)) if row.scale == "log" else x
    return {
        "name": row.name,
        "symbol": row.symbol,
        "estimate": estimate,
        "unit": row.unit,
        "scale": row.scale,
        "mean": x,
        "sd": sd,
    }
