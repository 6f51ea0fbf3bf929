"""Rank tests against base R and coin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from comparing import Case, Comparison, floats, limits, p_values, read
from labels import codes, levels_of

from wholetrial.analysis.measurements import exact_ranks, rank_tests

PRECISION = 1e-10


def _rank_tests(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "patients.csv")
    arm, group = floats(data["arm"]), codes(data["group3"], levels_of(data["group3"]))
    stratum = np.unique(data["stratum"], return_inverse=True)[1]
    for name, part in result.items():
        values = floats(data[name])
        yield from _two_arms(values, arm, part)
        stratified = rank_tests.van_elteren_test(values, arm, stratum)
        ours = [stratified.statistic, stratified.statistic**2]
        reference = part["van_elteren"]
        yield Comparison("van_elteren", ours, [reference["z"], reference["chisq"]], PRECISION)
        yield p_values("van_elteren", stratified.p_value, reference["p"], PRECISION)
        yield from _several_arms(values, group, part)
        change = values - floats(data["pre"])
        yield from _signed_rank(change, part["signed_rank_change_from_pre"])


def _two_arms(values: np.ndarray, arm: np.ndarray, part: Any) -> Iterator[Comparison]:
    plain = rank_tests.wilcoxon_test(values, arm)
    corrected = rank_tests.wilcoxon_corrected_test(values, arm)
    uncorrected, asymptotic = part["normal_uncorrected"], part["coin_asymptotic_uncorrected"]
    yield p_values("wilcoxon", plain.p_value, uncorrected["p"], PRECISION)
    # coin takes its p-value as 1 - P, to 16 decimals and not to 16 digits
    ours, theirs = [plain.statistic, plain.p_value], [asymptotic["z"], asymptotic["p"]]
    yield Comparison("wilcoxon", ours, theirs, PRECISION)
    reference = part["normal_corrected"]["p"]
    yield p_values("wilcoxon_corrected", corrected.p_value, reference, PRECISION)
    exact = exact_ranks.wilcoxon_exact_test(values, arm)
    yield Comparison("wilcoxon_exact", exact.statistic, uncorrected["statistic_W"], PRECISION)
    yield p_values("wilcoxon_exact", exact.p_value, part["coin_exact"]["p"], PRECISION)
    shift = exact_ranks.hodges_lehmann_shift(values, arm)
    median = part["hodges_lehmann_median_of_differences"]
    yield Comparison("hodges_lehmann", shift.value, median, PRECISION)
    if "exact" in part:
        greater = exact_ranks.wilcoxon_exact_test(values, arm, alternative="greater")
        ours, theirs = (
            [exact.p_value, greater.p_value],
            [part["exact"]["p"], part["exact_greater_p"]],
        )
        yield p_values("wilcoxon_exact", ours, theirs, PRECISION)
        yield limits("hodges_lehmann", shift, part["exact"], PRECISION)


def _several_arms(values: np.ndarray, group: np.ndarray, part: Any) -> Iterator[Comparison]:
    arms = range(max(group) + 1)
    whole = rank_tests.kruskal_wallis_test(values, group, arms=arms)
    reference = part["kruskal_wallis"]
    ours, theirs = [whole.statistic, len(arms) - 1], [reference["statistic"], reference["df"]]
    yield Comparison("kruskal_wallis", ours, theirs, PRECISION)
    yield p_values("kruskal_wallis", whole.p_value, reference["p"], PRECISION)
    score = rank_tests.rising_pairs(rank_tests.ordered(values, group, True, arms))
    trend = rank_tests.jonckheere_terpstra_test(values, group, arms=arms)
    ours = [score.statistic, score.mean, score.variance, trend.statistic]
    reference = part["jonckheere_terpstra"]
    theirs = [reference[key] for key in ("J", "mean", "var", "z")]
    yield Comparison("jonckheere_terpstra", ours, theirs, PRECISION)
    yield p_values("jonckheere_terpstra", trend.p_value, reference["p_two_sided"], PRECISION)


def _signed_rank(change: np.ndarray, part: Any) -> Iterator[Comparison]:
    """R counts the signs exactly only without zeros and ties, else it takes the normal."""
    test = exact_ranks.signed_rank_exact_test(change)
    yield Comparison("signed_rank", test.statistic, part["V"], PRECISION)
    if not part["exact"]:
        corrected = rank_tests.signed_rank_corrected_test(change)
        yield p_values("signed_rank_corrected", corrected.p_value, part["p"], PRECISION)
        return
    middle = exact_ranks.signed_rank_median(change)
    yield p_values("signed_rank", test.p_value, part["p"], PRECISION)
    yield Comparison("hodges_lehmann", middle.value, part["pseudomedian"], PRECISION)
    yield limits("hodges_lehmann", middle, part, PRECISION)


CASES = {
    "9_rank_and_others/rank_tests*": Case(
        _rank_tests,
        ("Hodges-Lehmann as a root of the normal equation",),
    ),
}
