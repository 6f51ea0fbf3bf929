"""Several tests against base R, graphicalMCP and multcomp."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from comparing import Case, Comparison, floats, read
from labels import codes, levels_of

from wholetrial.analysis.measurements.dose_trend import dose_contrasts, optimal_contrasts
from wholetrial.analysis.measurements.linear_model import fit_linear_model
from wholetrial.analysis.multiplicity import adjusted_p_values, dunnett, graphical
from wholetrial.analysis.multiplicity.graph import Graph

ADJUSTMENTS = {
    "bonferroni": ("bonferroni", adjusted_p_values.bonferroni),
    "holm": ("holm", adjusted_p_values.holm),
    "hochberg": ("hochberg", adjusted_p_values.hochberg),
    "hommel": ("hommel", adjusted_p_values.hommel),
    "BH": ("benjamini_hochberg", adjusted_p_values.benjamini_hochberg),
    "BY": ("benjamini_yekutieli", adjusted_p_values.benjamini_yekutieli),
    "sidak_single_step": ("sidak", adjusted_p_values.sidak),
    "fixed_sequence_in_given_order": ("fixed_sequence", adjusted_p_values.fixed_sequence),
}
ROUNDED = 1e-10
"""graphicalMCP gives its adjusted p-values to ten decimals."""


def _pvalue_adjust(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "pvalues.csv")
    p = floats(data["p"])
    for family, part in result.items():
        for key, (name, adjust) in ADJUSTMENTS.items():
            yield Comparison(name, adjust(p[data["id"] == family]), part[key], 1e-14)


def _graphical(folder: Path, result: Any) -> Iterator[Comparison]:
    graphs = read(folder / "graphs.csv")
    for name, sets in result.items():
        graph = _graph({key: column[graphs["graph"] == name] for key, column in graphs.items()})
        for part in sets.values():
            yield from _graphical_test(graph, part)


def _graph(rows: dict[str, np.ndarray]) -> Graph:
    count = len(rows["hypothesis"])
    transitions = np.stack([floats(rows[f"to{place + 1}"]) for place in range(count)], axis=1)
    return Graph(
        tuple(rows["hypothesis"]),
        tuple(floats(rows["weight"])),
        tuple(tuple(row) for row in transitions),
    )


def _graphical_test(graph: Graph, part: Any) -> Iterator[Comparison]:
    names, alpha = graph.hypotheses, part["alpha"]
    p = [part["p"][name] for name in names]
    found = graphical.graphical_test(graph, p, alpha)
    shortcut = part["shortcut"]
    for reference in (shortcut, part["gMCPLite"]):
        yield _by_name("graph", found.adjusted_p_values, reference["adjusted_p"], names, 1e-12)
        yield _by_name("graph", found.rejected, reference["rejected"], names, 1e-12)
    yield _by_name("graph", found.weights, shortcut["final_weights"], names, 1e-12)
    yield Comparison("graph", found.transitions, shortcut["final_transitions"], 1e-12)
    order = [names.index(name) for name in shortcut["order_rejected"]]
    ours = [place for place in np.argsort(found.order, kind="stable") if found.order[place] > 0]
    yield Comparison("graph", ours, order, 1e-12)
    bonferroni = graphical.closed_bonferroni(graph, p)
    reference = part["closure_bonferroni_adjusted_p"]
    yield _by_name("graph (closed)", bonferroni, reference, names, ROUNDED)
    simes = graphical.closed_simes(graph, p)
    yield _by_name("simes_graph", simes, part["closure_simes"]["adjusted_p"], names, ROUNDED)
    rejected = part["closure_simes"]["rejected"]
    yield _by_name("simes_graph", simes <= alpha, rejected, names, ROUNDED)
    if part["closure_hochberg_adjusted_p"] is not None:
        hochberg = graphical.closed_hochberg(graph, p)
        reference = part["closure_hochberg_adjusted_p"]
        yield _by_name("hochberg_graph", hochberg, reference, names, ROUNDED)
    if part["closure_weights"] is not None:
        every = graphical.intersections(graph)
        ours = np.concatenate([every.members, every.weights], axis=1)
        yield Comparison("graph (weights)", ours, part["closure_weights"], 1e-12)


def _by_name(
    method: str, ours: np.ndarray, reference: Any, names: tuple[str, ...], allowed: float
) -> Comparison:
    return Comparison(method, ours, [reference[name] for name in names], allowed)


def _dunnett(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "patients.csv")
    doses = _doses(data["dose"], [row["comparison"] for row in result["simultaneous_ci"]])
    arm = codes(data["dose"], doses)
    model = fit_linear_model(floats(data["y"]), arm=arm, arms=range(len(doses)))
    found = dunnett.dunnett(model)
    ours = [found.value, found.standard_error, found.statistic, found.freedom[:1]]
    theirs = [result[key] for key in ("estimate", "se", "t")]
    yield Comparison("dunnett", ours, [*theirs, result["df"]], 1e-8)
    yield Comparison("dunnett", found.p_value, result["p_two_sided"], 1e-8)
    rows = result["simultaneous_ci"]
    limits = [[row["lower"] for row in rows], [row["upper"] for row in rows]]
    yield Comparison("dunnett", [found.low, found.high], limits, 1e-8)
    greater = dunnett.dunnett(model, alternative="greater")
    yield Comparison("dunnett", greater.p_value, result["p_one_sided_greater"], 1e-8)
    correlation, freedom = np.atleast_2d(result["correlation"]), result["df"]
    statistics = dunnett.dunnett_p_values(np.atleast_1d(result["t"]), freedom, correlation)
    yield Comparison("dunnett", statistics, result["p_two_sided"], 1e-8)
    two = dunnett.dunnett_critical_value(freedom, correlation, 0.95)
    one = dunnett.dunnett_critical_value(freedom, correlation, 0.975, alternative="greater")
    ours = [two, one]
    theirs = [result["critical_two_sided_95"], result["critical_one_sided_0.025"]]
    yield Comparison("dunnett", ours, theirs, 1e-8)
    random = "multcomp_p_two_sided_montecarlo"
    yield Comparison("dunnett (multcomp)", found.p_value, result[random], 3e-7)
    stepped = dunnett.dunnett_step_down(model)
    yield Comparison(
        "dunnett_step_down", stepped.p_value, result["step_down_free_montecarlo"], 3e-7
    )


def _doses(texts: np.ndarray, comparisons: list[str]) -> list[str]:
    """The levels of the dose, first the control of every comparison, 10 - 0 and 25 - 0."""
    levels = levels_of(texts)
    (control,) = [
        level
        for level in levels
        if set(comparisons) == {f"{other} - {level}" for other in levels if other != level}
    ]
    others = [comparison.removesuffix(f" - {control}") for comparison in comparisons]
    return [control, *others]


def _mcpmod(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "continuous.csv")
    doses, arm = np.unique(floats(data["dose"]), return_inverse=True)
    model = fit_linear_model(floats(data["y"]), arm=arm, arms=range(len(doses)))
    shapes = np.transpose(result["continuous"]["candidate_means"]["values"])
    for part, variances in (
        (result["continuous"], 1 / model.sizes),
        (result["binary_logit"], np.array(result["binary_logit"]["S_diag"])),
    ):
        contrasts = optimal_contrasts(shapes, np.diag(variances))
        reference = np.transpose(part["contrasts"]["values"])
        yield Comparison("dose_contrasts", contrasts, reference, 1e-8)
    contrasts = optimal_contrasts(shapes, np.diag(1 / model.sizes))
    statistics = dose_contrasts(model, contrasts).statistic
    models = result["continuous"]["contrasts"]["cols"]
    reference = [result["continuous"]["t"][name] for name in models]
    yield Comparison("dose_contrasts", statistics, reference, 1e-8)


CASES = {
    "8_multiplicity/pvalue_adjust*": Case(_pvalue_adjust),
    "8_multiplicity/graphical*": Case(_graphical),
    "8_multiplicity/dunnett*": Case(_dunnett),
    "8_multiplicity/mcpmod*": Case(
        _mcpmod, ("candidate models", "adjusted p and critical value", "model fits", "target dose")
    ),
}
