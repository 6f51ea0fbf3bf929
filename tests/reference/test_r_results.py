"""Methods against results of R stored beside the script that made them, which runs again here."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_r import computed_again, flat, shape, stored
from cases.survival import BANDS
from comparing import difference

from wholetrial.analysis.measurements import continuous, rank_tests
from wholetrial.analysis.responders import proportions
from wholetrial.analysis.responders import two_proportion_tests as two
from wholetrial.analysis.times import interval_censored, log_rank, survival

HERE = Path(__file__).parent
ALTERNATIVES = ("two_sided", "greater", "less")


def differences(ours: Any, theirs: Any, *, lost: float = np.nan) -> float:
    missing = [lost if value is None else float(value) for value in np.ravel(theirs)]
    return difference(np.ravel(np.asarray(ours, float)), np.array(missing))


@pytest.mark.parametrize("name", ["two_proportions", "continuous", "survival"])
def test_r_still_gives_the_stored_results(name: str) -> None:
    again = computed_again(name, *(["survival"] if name == "survival" else []))
    assert shape(again) == shape(stored(name))
    assert difference(flat(again), flat(stored(name))) <= 1e-12


@pytest.mark.parametrize("row", stored("two_proportions")["two_arms"], ids=lambda row: row["table"])
def test_fisher_and_pearson_match_r(row: dict[str, Any]) -> None:
    counts = [
        row[name] for name in ("events", "participants", "control_events", "control_participants")
    ]
    for alternative in ALTERNATIVES:
        p_value = two.fisher_exact_test(*counts, alternative=alternative).p_value
        assert p_value == pytest.approx(row[alternative], rel=1e-11, abs=1e-15)
    plain, corrected = two.pearson_test(*counts), two.pearson_corrected_test(*counts)
    assert differences(plain.p_value, row["pearson"]) <= 1e-14
    assert differences(corrected.p_value, row["pearson_corrected"]) <= 1e-14


@pytest.mark.parametrize("row", stored("two_proportions")["one_arm"])
def test_exact_binomial_and_clopper_pearson_match_r(row: dict[str, Any]) -> None:
    x, n = row["events"], row["participants"]
    for alternative in ALTERNATIVES:
        p_value = proportions.exact_binomial_test(x, n, row["against"], alternative).p_value
        assert differences(p_value, row[alternative]) <= 1e-12
    interval = proportions.clopper_pearson(x, n, 0.9)
    assert differences([interval.low, interval.high], [row["low_90"], row["high_90"]]) <= 1e-12


@pytest.mark.parametrize("row", stored("continuous")["paired"])
def test_paired_t_and_its_interval_match_r(row: dict[str, Any]) -> None:
    before, after = np.array(row["before"]), np.array(row["after"])
    for alternative in ALTERNATIVES:
        test = continuous.paired_t_test(before, after, alternative)
        assert differences(test.p_value, row[alternative]) <= 1e-12
        assert differences(test.statistic, row["statistic"]) <= 1e-12
    for level, key in ((0.95, "limits_95"), (0.8, "limits_80")):
        interval = continuous.mean_change_t(after - before, level)
        assert differences([interval.low, interval.high], row[key]) <= 1e-12


@pytest.mark.parametrize("row", stored("continuous")["paired"])
def test_corrected_signed_ranks_match_r(row: dict[str, Any]) -> None:
    change = np.array(row["after"]) - np.array(row["before"])
    for alternative, expected in zip(ALTERNATIVES, row["signed_rank"], strict=True):
        test = rank_tests.signed_rank_corrected_test(change, alternative)
        assert differences(test.p_value, expected) <= 1e-12


@pytest.mark.parametrize("row", stored("survival")["follow_up"])
def test_kaplan_meier_and_logrank_match_r(row: dict[str, Any]) -> None:
    times, events, arm = (np.array(row[name]) for name in ("time", "event", "arm"))
    curve = survival.kaplan_meier(times, events)
    _, first = np.unique(curve.times, return_index=True)
    for name, band_of in BANDS.items():
        band, reference = band_of(curve), row[name]
        assert differences(curve.survival[first], reference["survival"]) <= 1e-12
        inside = (curve.survival[first] > 0) & (curve.survival[first] < 1)
        for ours, key in ((band.low, "low"), (band.high, "high")):
            assert differences(ours[first][inside], np.array(reference[key])[inside]) <= 1e-12
        median = survival.median_survival(curve, band)
        ours_median = [median.value, median.low, median.high]
        assert differences(ours_median, reference["median"], lost=np.inf) == 0
    arms = sorted({int(label) for label in arm})
    for key, stratum in (("logrank", 0), ("stratified", np.array(row["stratum"]))):
        test = log_rank.logrank_test(times, events, arm, arms=arms, stratum=stratum)
        assert differences([test.statistic, test.p_value], row[key]) <= 1e-12


def test_turnbull_matches_r() -> None:
    (row,) = stored("survival")["visits"]
    upper = [np.inf if value == "Inf" else value for value in row["upper"]]
    curve = interval_censored.turnbull(row["lower"], upper)
    for time, reference in zip(row["time"], row["survival"], strict=True):
        visit = curve.right[curve.right >= time][0]
        if np.isfinite(visit):
            ours = interval_censored.event_free_at(curve, float(visit))
            assert differences(ours, reference) <= 2e-5
