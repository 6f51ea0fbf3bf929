"""Paired tables, one-sided tests and trends against results of R stored beside their script."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_r import computed_again, stored

from wholetrial.analysis.responders import paired, trend
from wholetrial.analysis.responders.two_proportion_tests import pearson_corrected_test, pearson_test

HERE = Path(__file__).parent
STORED = stored("paired_and_trends")
SIDES = ("two_sided", "greater", "less")


def test_r_still_gives_the_stored_paired_tables_and_trends() -> None:
    again = computed_again("paired_and_trends", "coin")
    assert again.keys() == STORED.keys()
    for section, rows in STORED.items():
        assert len(again[section]) == len(rows)
        for now, before in zip(again[section], rows, strict=True):
            assert now.keys() == before.keys()
            for name in before:
                np.testing.assert_allclose(now[name], before[name], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("row", STORED["pairs"], ids=lambda row: f"{row['gained']} {row['lost']}")
def test_mcnemar_matches_r(row: dict[str, Any]) -> None:
    counts = row["gained"], row["lost"]
    plain, corrected = paired.mcnemar_test(*counts), paired.mcnemar_corrected_test(*counts)
    ours = [plain.statistic, plain.p_value, corrected.statistic, corrected.p_value]
    theirs = [row[name] for name in ("statistic", "p", "statistic_corrected", "p_corrected")]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)
    for side in SIDES:
        exact = paired.mcnemar_exact_test(*counts, alternative=side).p_value
        assert exact == pytest.approx(row[side], rel=1e-12)


@pytest.mark.parametrize("row", STORED["one_sided"], ids=lambda row: str(row["table"]))
def test_one_sided_pearson_matches_r(row: dict[str, Any]) -> None:
    for side in SIDES[1:]:
        plain = pearson_test(*row["table"], alternative=side).p_value
        corrected = pearson_corrected_test(*row["table"], alternative=side).p_value
        assert plain == pytest.approx(row[side], rel=1e-12)
        assert corrected == pytest.approx(row[f"{side}_corrected"], rel=1e-12)


@pytest.mark.parametrize("row", STORED["trends"], ids=lambda row: str(row["events"]))
def test_trend_matches_r(row: dict[str, Any]) -> None:
    design = row["events"], row["participants"], row["scores"]
    test = trend.cochran_armitage_test(*design)
    assert test.statistic is not None
    assert test.statistic**2 == pytest.approx(row["statistic"], rel=1e-12)
    assert test.p_value == pytest.approx(row["p"], rel=1e-12)
    for side in SIDES:
        exact = trend.cochran_armitage_exact_test(*design, alternative=side).p_value
        assert exact == pytest.approx(row[f"exact_{side}"], rel=1e-9)
