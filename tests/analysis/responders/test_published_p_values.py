"""P-values and intervals that papers print, from the counts they print.

Krueger, N Engl J Med 2007;356:580-92 (safety is as treated: 252 and 67). METOP: subcutaneous
methotrexate v placebo. Reich 2020: ixekizumab v methotrexate. IXORA-S: ixekizumab v ustekinumab. Counts
of Krueger's safety and of Reich are derived from printed percentages.
"""

import pytest

from wholetrial.analysis.responders.risk_difference import risk_difference_wald
from wholetrial.analysis.responders.two_proportion_tests import (
    fisher_exact_test,
    pearson_corrected_test,
    pearson_test,
)


@pytest.mark.parametrize(
    ("events", "control_events", "printed"), [(200, 48, "0.19"), (9, 1, "0.69")]
)
def test_krueger_safety_matches_published(events: int, control_events: int, printed: str) -> None:
    assert f"{fisher_exact_test(events, 252, control_events, 67).p_value:.2f}" == printed
    assert f"{pearson_test(events, 252, control_events, 67).p_value:.2f}" != printed


@pytest.mark.parametrize("events", [33, 38, 43, 52, 15, 19, 28])
def test_krueger_response_matches_published(events: int) -> None:
    assert fisher_exact_test(events, 64, 1, 64).p_value < 0.001


def test_metop_pearson_matches_published() -> None:
    assert f"{pearson_test(37, 91, 3, 29).p_value:.4f}" == "0.0026"
    assert f"{pearson_corrected_test(37, 91, 3, 29).p_value:.4f}" != "0.0026"
    assert f"{fisher_exact_test(37, 91, 3, 29).p_value:.4f}" != "0.0026"


def test_metop_wald_interval_matches_published() -> None:
    interval = risk_difference_wald(37, 91, 3, 29)
    printed = [f"{100 * bound:.1f}" for bound in (interval.value, interval.low, interval.high)]
    assert printed == ["30.3", "15.3", "45.3"]


def test_reich_pasi_75_matches_published() -> None:
    assert f"{fisher_exact_test(49, 54, 38, 54).p_value:.3f}" == "0.014"


def test_reich_pasi_100_matches_published_when_doubled() -> None:
    assert f"{2 * fisher_exact_test(22, 54, 7, 54).p_value:.4f}" == "0.0041"


def test_ixora_s_prints_an_adjusted_difference_that_counts_alone_do_not_give() -> None:
    """PASI 90: printed as 32.1 (97.5 % 19.8 to 44.5), adjusted; the counts give 30.6."""
    crude = risk_difference_wald(99, 136, 70, 166, 0.975)
    assert f"{100 * crude.value:.1f}" == "30.6"
    assert crude.low < 0.321 < crude.high
