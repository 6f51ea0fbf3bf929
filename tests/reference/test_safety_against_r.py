"""Methods of safety that no frozen case covers, against results of R stored beside their script."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from by_r import computed_again, stored
from comparing import difference, numbers

from wholetrial.analysis.safety.rate_ratios import rate_ratio_mid_p
from wholetrial.analysis.safety.several_arms import fisher_freeman_halton_test

HERE = Path(__file__).parent
STORED = stored("safety")


def test_r_still_gives_the_stored_results() -> None:
    again = computed_again("safety")
    assert [list(rows[0]) for rows in again.values()] == [list(rows[0]) for rows in STORED.values()]
    for name, rows in STORED.items():
        ours = numbers([list(row.values()) for row in again[name]])
        assert difference(ours, numbers([list(row.values()) for row in rows])) <= 1e-12


@pytest.mark.parametrize("row", STORED["fisher"], ids=lambda row: str(row["events"]))
def test_fisher_of_several_arms_matches_r(row: dict[str, Any]) -> None:
    test = fisher_freeman_halton_test(row["events"], row["participants"])
    assert test.p_value == pytest.approx(row["p_value"], rel=1e-10)


@pytest.mark.parametrize("row", STORED["mid_p_ratios"], ids=lambda row: str(row["counts"]))
def test_mid_p_limits_of_a_ratio_match_r(row: dict[str, Any]) -> None:
    interval = rate_ratio_mid_p(*row["counts"], row["level"])
    ours = np.array([float(interval.low), float(interval.high)])
    assert difference(ours, numbers(row["limits"])) <= 1e-10
