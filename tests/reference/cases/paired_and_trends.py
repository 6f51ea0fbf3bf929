"""Paired tables and trends over doses against base R, exact2x2, ratesci and coin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comparing import Case, Comparison, floats, limits, p_values, read

from wholetrial.analysis.responders import paired, trend


def _paired_trend(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "paired.csv")
    rows = zip(*(floats(data[name]) for name in "abcd"), result["mcnemar"], strict=True)
    for both, gained, lost, neither, row in rows:
        yield from _mcnemar(gained, lost, row)
        people = both + gained + lost + neither
        wald = paired.paired_difference_wald(gained, lost, people)
        yield limits("paired_wald", wald, row["wald"], 1e-10)
        yield Comparison("paired_wald", wald.value, row["difference"], 1e-10)
        tango = paired.paired_difference_tango(gained, lost, people)
        yield limits("tango", tango, row["tango_score"], 1e-8)
    data = read(folder / "trend.csv")
    for name, row in result["cochran_armitage"].items():
        inside = data["id"] == name
        dose, x, n = (floats(data[column])[inside] for column in ("dose", "x", "n"))
        two_sided = trend.cochran_armitage_test(x, n, dose)
        rising = trend.cochran_armitage_test(x, n, dose, alternative="greater")
        ours, theirs = [two_sided.statistic**2, rising.statistic], [row["chisq"], row["z"]]
        yield Comparison("cochran_armitage", ours, theirs, 1e-10)
        ours = [two_sided.p_value, rising.p_value]
        theirs = [row["p_two_sided"], row["p_one_sided_increasing"]]
        yield p_values("cochran_armitage", ours, theirs, 1e-10)
        exact = trend.cochran_armitage_exact_test(x, n, dose, alternative="greater").p_value
        reference = row["exact_one_sided_increasing"]
        yield p_values("cochran_armitage_exact", exact, reference, 1e-10)


def _mcnemar(gained: float, lost: float, row: Any) -> Iterator[Comparison]:
    exact = paired.mcnemar_exact_test(gained, lost).p_value
    yield p_values("mcnemar_exact", [exact, exact], [row["exact_p"], row["exact_binom_p"]], 1e-10)
    mid_p = paired.mcnemar_mid_p_test(gained, lost).p_value
    yield p_values("mcnemar_mid_p", mid_p, row["midp"], 1e-10)
    for name, end in (("mcnemar", ""), ("mcnemar_corrected", "_corrected")):
        test = getattr(paired, f"{name}_test")(gained, lost)
        yield Comparison(name, test.statistic, row[f"chisq{end}"], 1e-10)
        yield p_values(name, test.p_value, row[f"p{end}"], 1e-10)
    ratio = paired.paired_odds_ratio_exact(gained, lost)
    theirs = [row["or_conditional"], row["or_lower"], row["or_upper"]]
    yield Comparison("paired_odds_ratio", [ratio.value, ratio.low, ratio.high], theirs, 1e-10)


CASES: dict[str, Case] = {
    "9_rank_and_others/paired_trend*": Case(
        _paired_trend, ("permutation z with N - 1 of the trend",)
    )
}
