"""Events over person-time against exactci, ratesci and base R's Poisson regression."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from comparing import Case, Comparison, floats, limits, numbers, p_values, read

from wholetrial.analysis.safety import rate_differences, rate_ratios, rates
from wholetrial.analysis.safety.negative_binomial import negative_binomial_regression
from wholetrial.analysis.safety.rate_regression import poisson_regression

ONE_ARM = {
    "rate_exact": ("exact_garwood", 1e-10),
    "rate_mid_p": ("mid_p", 1e-5),
    "rate_score": ("byar_free_score", 1e-10),
    "rate_log_wald": ("log_wald", 1e-10),
}
DIFFERENCES = {
    "rate_difference_wald": ("wald", 1e-10),
    "rate_difference_score": ("score", 1e-8),
    "rate_difference_mover": ("mover_exact", 1e-10),
}
RATIOS = {
    "rate_ratio_exact": ("exact_conditional", 1e-10),
    "rate_ratio_log_wald": ("log_wald", 1e-10),
    "rate_ratio_score": ("score", 1e-8),
}


def _rates(folder: Path, result: Any) -> Iterator[Comparison]:
    data = read(folder / "rates.csv")
    tables = zip(*(floats(data[name]) for name in ("x1", "t1", "x0", "t0")), strict=True)
    for counts, row in zip(tables, result["tables"], strict=True):
        for arm, one in (("active", counts[:2]), ("control", counts[2:])):
            yield from _one_arm(one, row[arm], row["per_100"][arm])
        yield from _difference(counts, row["difference"])
        yield from _ratio(counts, row["ratio"])
    yield from _regressions(folder, result)


def _one_arm(counts: Any, row: Any, per_100: float) -> Iterator[Comparison]:
    for method, (key, allowed) in ONE_ARM.items():
        ours = getattr(rates, method)(*counts, per=1)
        yield from _limits(method, ours, row[key], allowed)
    yield Comparison("rate_exact", rates.rate_exact(*counts).value, per_100, 1e-10)


def _difference(counts: Any, row: Any) -> Iterator[Comparison]:
    for method, (key, allowed) in DIFFERENCES.items():
        ours = getattr(rate_differences, method)(*counts, per=1)
        yield limits(method, ours, row[key], allowed)
        yield Comparison(method, ours.value, row["estimate"], allowed)
    wide = rate_differences.rate_difference_wald(*counts, 0.5, per=1)
    error = (wide.high - wide.low) / 2 / 0.6744897501960817
    yield Comparison("rate_difference_wald", error, row["se"], 1e-10)
    test = rate_ratios.rates_score_test(*counts)
    yield Comparison("rates_score", test.p_value, row["score"]["pval_2sided"], 1e-8)


def _ratio(counts: Any, row: Any) -> Iterator[Comparison]:
    for method, (key, allowed) in RATIOS.items():
        ours = getattr(rate_ratios, method)(*counts)
        yield from _limits(method, ours, row[key], allowed)
    value = rate_ratios.rate_ratio_exact(*counts).value
    yield Comparison("rate_ratio_exact", value, row["estimate"], 1e-10)
    exact = rate_ratios.rates_exact_test(*counts)
    yield p_values("rates_exact", exact.p_value, row["exact_conditional"]["p"], 1e-10)
    mid = rate_ratios.rates_mid_p_test(*counts)
    yield Comparison("rates_mid_p", mid.p_value, row["midp_central"]["p"], 1e-5)
    score = rate_ratios.rates_score_test(*counts)
    yield Comparison("rates_score", score.p_value, row["score"]["pval_2sided"], 1e-8)


def _limits(method: str, ours: Any, reference: Any, allowed: float) -> Iterator[Comparison]:
    """Where R's formula divides by no events (NaN), ours must give a reason, and no limits."""
    none = bool(np.isnan(numbers([reference["lower"], reference["upper"]])).any())
    yield Comparison(method, bool(ours.reason), none, allowed)
    if not none:
        yield limits(method, ours, reference, allowed)


def _regressions(folder: Path, result: Any) -> Iterator[Comparison]:
    data, reference = read(folder / "patients.csv"), result["poisson_regression"]
    columns = [_column(data, name) for name in reference["coef"] if name != "(Intercept)"]
    call = floats(data["count"]), floats(data["years"]), np.stack(columns, axis=-1)
    poisson = poisson_regression(*call)
    ours = [poisson.log_likelihood, poisson.deviance, poisson.dispersion]
    theirs = [reference[key] for key in ("loglik", "deviance", "pearson_dispersion")]
    yield Comparison("poisson_regression", ours, theirs, 1e-8)
    # R's errors come from the weights of the iteration before its last: 2e-9 off.
    yield _coefficients("poisson_regression", poisson.coefficients, reference, 1e-8)
    binomial, reference = negative_binomial_regression(*call), result["negative_binomial"]
    ours = [binomial.log_likelihood, binomial.theta, binomial.theta_standard_error]
    theirs = [reference[key] for key in ("loglik", "theta", "se_theta")]
    yield Comparison("negative_binomial_regression", ours, theirs, 1e-6)
    yield _coefficients("negative_binomial_regression", binomial.coefficients, reference, 1e-6)


def _column(data: dict[str, np.ndarray], name: str) -> np.ndarray:
    """What a coefficient of R is of: a column of the data, or an arm other than the first."""
    return floats(data[name]) if name in data else data["arm"] == name.removeprefix("arm")


def _coefficients(method: str, effect: Any, reference: Any, allowed: float) -> Comparison:
    theirs = [list(reference[key].values()) for key in ("coef", "se")]
    return Comparison(method, [effect.value, effect.standard_error], theirs, allowed)


CASES = {
    "9_rank_and_others/rates*": Case(
        _rates,
        (
            "score intervals corrected for skewness",
            "mid-p limits of the ratio (R's search for them stops up to 5e-4 short)",
        ),
    )
}
