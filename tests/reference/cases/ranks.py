"""Rank tests against base R and coin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from comparing import Case, Comparison, floats, limits, read

from wholetrial.analysis.measurements import exact_ranks, rank_tests

PRECISION = 1e-10


def _rank_tests(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "patients.csv")
    arm, group = floats(data["arm"]), floats(data["group3"])
    stratum = np.unique(data["stratum"], return_inverse=True)[1]
    for name, part in result.items():
        values = floats(data[name])
        yield from _two_arms(values, arm, part)
        stratified = rank_tests.van_elteren_test(values, arm, stratum)
        ours = [stratified.statistic, stratified.statistic**2, stratified.p_value]
        reference = part["van_elteren"]
        theirs = [reference[key] for key in ("z", "chisq", "p")]
        yield Comparison("van_elteren", ours, theirs, PRECISION)
        yield from _several_arms(values, group, part)
        change = values - floats(data["pre"])
        yield from _signed_rank(change, part["signed_rank_change_from_pre"])


def _two_arms(values: np.ndarray, arm: np.ndarray, part: Any) -> Iterator[Comparison]:
    plain = rank_tests.wilcoxon_test(values, arm)
    corrected = rank_tests.wilcoxon_corrected_test(values, arm)
    uncorrected, asymptotic = part["normal_uncorrected"], part["coin_asymptotic_uncorrected"]
    yield Comparison("wilcoxon", plain.p_value, uncorrected["p"], PRECISION)
    ours, theirs = [plain.statistic, plain.p_value], [asymptotic["z"], asymptotic["p"]]
    yield Comparison("wilcoxon", ours, theirs, PRECISION)
    reference = part["normal_corrected"]["p"]
    yield Comparison("wilcoxon_corrected", corrected.p_value, reference, PRECISION)
    exact = exact_ranks.wilcoxon_exact_test(values, arm)
    ours = [exact.p_value, exact.statistic]
    theirs = [part["coin_exact"]["p"], uncorrected["statistic_W"]]
    yield Comparison("wilcoxon_exact", ours, theirs, PRECISION)
    shift = exact_ranks.hodges_lehmann_shift(values, arm)
    median = part["hodges_lehmann_median_of_differences"]
    yield Comparison("hodges_lehmann", shift.value, median, PRECISION)
    if "exact" in part:
        greater = exact_ranks.wilcoxon_exact_test(values, arm, alternative="greater")
        ours, theirs = (
            [exact.p_value, greater.p_value],
            [part["exact"]["p"], part["exact_greater_p"]],
        )
        yield Comparison("wilcoxon_exact", ours, theirs, PRECISION)
        yield limits("hodges_lehmann", shift, part["exact"], PRECISION)


def _several_arms(values: np.ndarray, group: np.ndarray, part: Any) -> Iterator[Comparison]:
    arms = sorted({int(label) for label in group})
    whole = rank_tests.kruskal_wallis_test(values, group, arms=arms)
    reference = part["kruskal_wallis"]
    ours, theirs = [whole.statistic, whole.p_value], [reference["statistic"], reference["p"]]
    yield Comparison("kruskal_wallis", ours, theirs, PRECISION)
    score = rank_tests.rising_pairs(rank_tests.ordered(values, group, True, arms))
    trend = rank_tests.jonckheere_terpstra_test(values, group, arms=arms)
    ours = [score.statistic, score.mean, score.variance, trend.statistic, trend.p_value]
    reference = part["jonckheere_terpstra"]
    theirs = [reference[key] for key in ("J", "mean", "var", "z", "p_two_sided")]
    yield Comparison("jonckheere_terpstra", ours, theirs, PRECISION)


def _signed_rank(change: np.ndarray, part: Any) -> Iterator[Comparison]:
    """R counts the signs exactly only without zeros and ties, else it takes the normal."""
    test = exact_ranks.signed_rank_exact_test(change)
    yield Comparison("signed_rank", test.statistic, part["V"], PRECISION)
    if not part["exact"]:
        corrected = rank_tests.signed_rank_corrected_test(change)
        yield Comparison("signed_rank_corrected", corrected.p_value, part["p"], PRECISION)
        return
    middle = exact_ranks.signed_rank_median(change)
    yield Comparison("signed_rank", test.p_value, part["p"], PRECISION)
    yield Comparison("hodges_lehmann", middle.value, part["pseudomedian"], PRECISION)
    yield limits("hodges_lehmann", middle, part, PRECISION)


CASES = {
    "9_rank_and_others/rank_tests*": Case(
        _rank_tests,
        ("Hodges-Lehmann as a root of the normal equation",),
    ),
}
