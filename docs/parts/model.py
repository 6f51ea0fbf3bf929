"""Parts of the model card: parameters, pharmacokinetics, and the model beside published rates."""

from typing import Any

import numpy as np

from parts.tables import table
from wholetrial.simulation.fitting.fit import hardly_learned
from wholetrial.simulation.fitting.structures import Prior, structure_of
from wholetrial.simulation.measurement import ASSUMPTIONS
from wholetrial.simulation.pharmacokinetics import DRUGS, Drug, Kinetic
from wholetrial.simulation.psoriasis_fit import (
    Estimated,
    PsoriasisFit,
    default_fit,
    fit_named,
    shipped_document,
)


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
    return _misses(default_fit())


def misses_of_turnover() -> str:
    """What the plain turnover model gets wrong."""
    return _misses(fit_named("turnover"))


def _misses(fit: PsoriasisFit) -> str:
    columns = ("published result", "model", "published")
    rows = [(one.what, f"{one.model:.0%}", f"{one.published:.0%}") for one in fit.known_misses]
    return table(columns, rows)


def model_and_published() -> str:
    """Every published rate beside the default fit, with its prediction interval."""
    columns = (
        "published rate",
        "published",
        "model",
        "90 % interval",
        "",
        "",
        "evidence",
        "source",
    )
    rows = [
        (
            row["id"],
            f"{row['published']:.1%}",
            f"{row['model']:.1%}",
            f"{row['low']:.1%} to {row['high']:.1%}",
            "inside" if row["inside"] else "**miss**",
            "fitted" if row["fitted"] else "kept out",
            row["evidence"],
            "; ".join(filter(None, (row["source"], row["note"]))),
        )
        for row in agreement("two_state")
    ]
    return table(columns, rows)


def agreement_counted() -> str:
    """How many published rates lie inside their intervals, by fit."""
    columns = ("fit", "parameters", "fitted, inside", "kept out, inside")
    rows = []
    for name in ("two_state", "turnover"):
        document = shipped_document(name)
        counts = [_inside(document["agreement"], fitted=fitted) for fitted in (True, False)]
        rows.append((name, str(len(document["estimated"])), *counts))
    return table(columns, rows)


def _inside(rows: list[dict[str, Any]], *, fitted: bool) -> str:
    some = [row["inside"] for row in rows if row["fitted"] is fitted]
    return f"{sum(some)} of {len(some)}"


def priors() -> str:
    """What was taken as known of the parameters before the fit, and why."""
    columns = ("parameter", "before the fit", "two SDs below and above", "because")
    rows = [
        (
            _words(row.name),
            f"{_natural(row, 0.0):.3g} {row.unit}".strip(),
            _prior_range(row),
            row.source,
        )
        for row in structure_of("two_state").fitted
    ]
    return table(columns, rows)


def _prior_range(row: Prior) -> str:
    return f"{_natural(row, -2.0):.2g} to {_natural(row, 2.0):.2g}"


def _natural(row: Prior, sds: float) -> float:
    x = row.center + sds * row.sd
    return float(np.exp(x)) if row.scale == "log" else x


def what_is_hardly_learned() -> str:
    """The parameters that the targets hardly say anything of."""
    return "\n".join(
        f"- {_words(name)}{colon}{rest}"
        for name, colon, rest in (
            line.partition(":") for line in hardly_learned(shipped_document("two_state"))
        )
    )


def shift_of_attainable_totals() -> str:
    """The parameters of fits B and C, and how far they moved in SDs of fit B."""
    before, after = fit_named("fit_b"), default_fit()
    moved = {row.name: row for row in after.estimated}
    columns = (
        "parameter",
        "fit B, continuous",
        "fit C, attainable totals",
        "shift in SDs of fit B",
    )
    rows = [
        (
            _words(row.name),
            f"{row.estimate:.3g}",
            f"{moved[row.name].estimate:.3g}",
            f"{(moved[row.name].mean - row.mean) / row.sd:+.2f}",
        )
        for row in before.estimated
    ]
    return table(columns, rows)


def agreement(name: str) -> list[dict[str, Any]]:
    """The rows that the fit's JSON stores: each published rate beside the model."""
    rows: list[dict[str, Any]] = shipped_document(name)["agreement"]
    return rows
