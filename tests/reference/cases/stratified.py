"""Stratified tables against base R, coin and ratesci."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from comparing import (
    Case,
    Comparison,
    floats,
    limits,
    no_number,
    numbers,
    p_values,
    read,
)
from labels import codes, levels_of

from wholetrial.analysis.responders import (
    cmh_general,
    cochran_mantel_haenszel,
    homogeneity,
    mantel_haenszel,
    stratified_exact,
    stratified_newcombe,
    stratified_score,
)

MEASURES = {
    "risk_difference": ("miettinen_nurminen", "stratified_miettinen_nurminen"),
    "risk_ratio": ("miettinen_nurminen_rr", "stratified_miettinen_nurminen_risk_ratio"),
    "odds_ratio": ("miettinen_nurminen_or", "stratified_miettinen_nurminen_odds_ratio"),
}
WEIGHTS = {
    "weights_MN": "miettinen_nurminen",
    "weights_MH": "mantel_haenszel",
    "weights_IVS": "inverse_variance",
}


def _cmh(folder: Path, result: Any) -> Iterator[Comparison]:
    for counts, _, row in _designs(folder, result):
        tests = {"cmh": "cmh", "cmh_corrected": "cmh_continuity"}
        for name, key in tests.items():
            test = getattr(cochran_mantel_haenszel, f"{name}_test")(*counts)
            yield from _test(name, test, row[key]["statistic"], row[key]["p"], 1e-13)
        ratio = mantel_haenszel.odds_ratio_mantel_haenszel(*counts)  # R's 95 %, whatever the level
        yield limits("mantel_haenszel_odds_ratio", ratio, row["common_or"], 1e-13)
        yield Comparison(
            "mantel_haenszel_odds_ratio", ratio.value, row["common_or"]["estimate"], 1e-13
        )
        yield from _homogeneity(counts, row.get("homogeneity"))
        exact = stratified_exact.cmh_exact_test(*counts)
        yield p_values("cmh_exact", exact.p_value, row["exact"]["p"], 1e-13)
        yield from _conditional_odds_ratio(counts, row["exact"])


def _conditional_odds_ratio(counts: list[np.ndarray], row: Any) -> Iterator[Comparison]:
    """R seeks a ratio below 1, and 1 over one above, to the tolerance of its uniroot, 1.22e-4."""
    ratio = stratified_exact.odds_ratio_conditional(*counts)
    pairs = (
        (ratio.value, row["or_conditional"]),
        (ratio.low, row["lower"]),
        (ratio.high, row["upper"]),
    )
    for ours, theirs in pairs:
        found, sought = numbers(float(ours)), numbers(theirs)
        if sought > 1:
            found, sought = _inverted(found), _inverted(sought)
        yield Comparison("odds_ratio_conditional", found, sought, 1.22e-4)


def _inverted(ratio: np.ndarray) -> np.ndarray:
    return np.divide(1.0, ratio, out=np.full(ratio.shape, np.inf), where=ratio != 0)


def _homogeneity(counts: list[np.ndarray], row: Any) -> Iterator[Comparison]:
    """Breslow-Day and Tarone, where the reference counts the strata as its README says.

    A stratum in which nobody or everybody has the event is to be left out of the degrees of
    freedom. The reference's own code counts one of them where its expected number misses the whole
    number by rounding (9.0000000000000018 of 9), which changes Tarone's statistic and both p-values;
    there our degrees of freedom are held against the README's rule. Where the reference counts as
    its README says, everything is compared. It has no result where the common odds ratio is 0 or
    infinite, nor one to test with a single stratum: ours must then say why it has none.
    """
    expected = _informative(counts) - 1
    for name, p in (("breslow_day", "p"), ("tarone", "p_tarone")):
        found = getattr(homogeneity, f"{name}_test")(*counts)
        if not row or expected < 1:
            yield no_number(name, found.test, 1e-13)
            continue
        yield Comparison(name, found.freedom, expected, 1e-13)
        if row["df"] == expected:
            yield from _test(name, found.test, row[name], row[p], 1e-13)


def _informative(counts: list[np.ndarray]) -> int:
    """The strata that compare the arms and in which some, and not all, have the event."""
    x, n, control_x, control_n = counts
    events, people = x + control_x, n + control_n
    return int(np.sum((n > 0) & (control_n > 0) & (events > 0) & (events < people)))


def _cmh_general(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "patients.csv")
    places = [codes(data[name], levels_of(data[name])) for name in ("stratum", "arm")]
    response = floats(data["resp"]).astype(int)
    counts = np.zeros((*(max(place) + 1 for place in places), max(response) + 1))
    np.add.at(counts, (*places, response), 1)
    association = cmh_general.cmh_general_association_test(counts)
    name, reference = "cmh_general_association", result["general_association"]
    yield from _test(name, association.test, reference["statistic"], reference["p"], 1e-10)
    yield Comparison(name, association.freedom, reference["df"], 1e-10)
    yield from _with_freedom(name, association, result["general_association_coin"])
    scores, reference = cmh_general.cmh_mean_score_test(counts), result["mean_score_differ"]
    if counts.shape[1] == 2:  # of two arms coin gives the root of the chi-square, with its sign
        reference = {**reference, "statistic": reference["statistic"] ** 2}
    yield from _with_freedom("cmh_mean_score", scores, reference)
    trend = cmh_general.cmh_correlation_test(counts)
    squared = {**result["correlation_z"], "statistic": result["correlation_chisq"]}
    yield from _with_freedom("cmh_correlation", trend, squared)
    z = abs(result["correlation_z"]["statistic"])
    yield Comparison("cmh_correlation", np.sqrt(trend.test.statistic), z, 1e-10)


def _with_freedom(name: str, found: Any, row: Any) -> Iterator[Comparison]:
    """The p-value absolutely: coin takes some as 1 - P, to 16 decimals and not to 16 digits."""
    ours = [found.test.statistic, found.test.p_value, found.freedom]
    yield Comparison(name, ours, [row["statistic"], row["p"], row["df"]], 1e-10)


def _risk_difference(folder: Path, result: Any) -> Iterator[Comparison]:
    for counts, level, row in _designs(folder, result):
        yield from _mantel_haenszel(counts, level, row["mantel_haenszel"])
        yield from _score(counts, level, row)
        mee = stratified_score.risk_difference_stratified_mee(*counts, level)
        reference = row["miettinen_nurminen"]["weights_MH_no_bias_correction"]
        yield from _score_of("stratified_mee", mee, reference)
        newcombe = stratified_newcombe.risk_difference_stratified_newcombe(*counts, level)
        reference = row["newcombe_mh_weights"]
        yield limits("stratified_newcombe", newcombe, reference, 1e-12)
        yield Comparison("stratified_newcombe", newcombe.value, reference["estimate"], 1e-12)
        yield _inverse_variance(counts, level, row.get("inverse_variance"))
        yield from _risk_ratio(counts, level, row["mh_risk_ratio"])


def _inverse_variance(counts: list[np.ndarray], level: float, row: Any) -> Comparison:
    """The reference has none where the variance of a stratum is zero."""
    name = "risk_difference_inverse_variance"
    weighted = mantel_haenszel.risk_difference_inverse_variance(*counts, level)
    if not row:
        return no_number(name, weighted, 1e-12)
    ours = [weighted.value, weighted.standard_error]
    return Comparison(name, ours, [row[key] for key in ("estimate", "se")], 1e-12)


def _risk_ratio(counts: list[np.ndarray], level: float, row: Any) -> Iterator[Comparison]:
    name = "mantel_haenszel_risk_ratio"
    ratio = mantel_haenszel.risk_ratio_mantel_haenszel(*counts, level)
    yield Comparison(name, ratio.value, row["estimate"], 1e-12)
    estimate = numbers(row["estimate"])
    if not (estimate > 0) or not (estimate < np.inf):
        yield no_number(name, ratio, 1e-12)
    else:
        logarithm = mantel_haenszel.log_risk_ratio_mantel_haenszel(*counts, level)
        yield limits(name, ratio, row, 1e-12)
        yield Comparison(name, logarithm.standard_error, row["se_log"], 1e-12)


def _mantel_haenszel(counts: list[np.ndarray], level: float, row: Any) -> Iterator[Comparison]:
    sato = mantel_haenszel.risk_difference_mantel_haenszel(*counts, level)
    yield limits("mantel_haenszel", sato, row["ci_sato"], 1e-12)
    yield Comparison(
        "mantel_haenszel",
        [sato.value, sato.standard_error, sato.statistic],
        [row["estimate"], row["se_sato"], row["z_sato"]],
        1e-12,
    )
    yield p_values("mantel_haenszel", sato.p_value, row["p_sato"], 1e-12)
    name = "mantel_haenszel_greenland_robins"
    robins = mantel_haenszel.risk_difference_mantel_haenszel_greenland_robins(*counts, level)
    yield limits(name, robins, row["ci_greenland_robins"], 1e-12)
    yield Comparison(name, robins.value, row["estimate"], 1e-12)
    for key in ("se_greenland_robins", "se_unpooled_weighted"):
        yield Comparison(name, robins.standard_error, row[key], 1e-12)


def _score(counts: list[np.ndarray], level: float, row: Any) -> Iterator[Comparison]:
    for measure, (key, name) in MEASURES.items():
        method = getattr(stratified_score, f"{measure}_stratified_miettinen_nurminen")
        for weighting, reference in row[key].items():
            if weighting not in WEIGHTS:
                continue
            found = method(*counts, level, weights=WEIGHTS[weighting])
            limited = measure == "risk_difference" or _every_stratum_varies(counts)
            yield from _score_of(name, found, reference, limited=limited)


def _score_of(
    name: str, found: Any, reference: Any, *, limited: bool = True
) -> Iterator[Comparison]:
    if limited:
        yield limits(name, found.interval, reference, 1e-8)
    homogeneity = found.homogeneity.test
    ours = [found.interval.value, found.test.p_value, homogeneity.statistic, homogeneity.p_value]
    keys = ("estimate", "pval_2sided", "Q_homogeneity", "p_homogeneity")
    yield Comparison(name, ours, [reference[key] for key in keys], 1e-8)


def _every_stratum_varies(counts: list[np.ndarray]) -> bool:
    """Where one has none, ratesci keeps a probability of 1e-8 there, which moves its ratios' limits."""
    x, n, control_x, control_n = counts
    events, people = x + control_x, n + control_n
    return bool(((events > 0) & (events < people))[(n > 0) & (control_n > 0)].all())


def _test(
    name: str, test: Any, statistic: float, p_value: float, allowed: float
) -> Iterator[Comparison]:
    yield Comparison(name, test.statistic, statistic, allowed)
    yield p_values(name, test.p_value, p_value, allowed)


def _designs(folder: Path, result: Any) -> Iterator[tuple[list[np.ndarray], float, Any]]:
    """Each design's counts with the strata on the last axis, its level, and its results."""
    data = read(folder / "strata.csv")
    for name, row in result.items():
        inside = data["id"] == name
        counts = [floats(data[column])[inside] for column in ("x1", "n1", "x0", "n0")]
        (level,) = set(floats(data["level"])[inside])
        yield counts, level, row


CASES: dict[str, Case] = {
    "2_stratified/cmh_general*": Case(_cmh_general),
    "2_stratified/cmh*": Case(
        _cmh,
        (
            "homogeneity, but for its degrees of freedom, where R counts a stratum without information",
        ),
    ),
    "2_stratified/risk_difference*": Case(
        _risk_difference,
        (
            "limits of the ratio and odds ratio where nobody or everybody of a stratum has the event",
        ),
    ),
}
