"""Power by enumeration against R: every outcome tested by base R, weighed by its probability."""

from typing import Any

import pytest
from by_r import computed_again, flat, shape, stored
from comparing import difference

from wholetrial.analysis.enumeration import Success, power_against, power_of_comparison


def test_r_still_gives_the_stored_powers() -> None:
    again = computed_again("power")
    assert shape(again) == shape(stored("power"))
    assert difference(flat(again), flat(stored("power"))) <= 1e-12


@pytest.mark.parametrize("row", stored("power")["two_arms"])
def test_power_of_two_arms_matches_r(row: dict[str, Any]) -> None:
    success = Success(row["test"], row["alpha"], row["sides"])
    arms = (row["n"], row["control_n"])
    power = power_of_comparison(success, arms, row["rate"], row["control_rate"])
    assert float(power) == pytest.approx(row["power"], rel=1e-11, abs=1e-15)


@pytest.mark.parametrize("row", stored("power")["one_arm"])
def test_power_of_one_arm_matches_r(row: dict[str, Any]) -> None:
    success = Success("exact_binomial", row["alpha"], row["sides"])
    power = power_against(success, row["n"], row["against"], row["rate"])
    assert float(power) == pytest.approx(row["power"], rel=1e-11, abs=1e-15)
