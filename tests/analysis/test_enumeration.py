"""Power by enumeration: tables whose answer can be worked out by hand, and what cannot be asked."""

import numpy as np
import pytest

from wholetrial.analysis.enumeration import (
    Success,
    power_against,
    power_of_comparison,
    successes,
)

FISHER = Success("fisher_exact", 0.05)


def test_one_table_alone_succeeds_with_four_and_four() -> None:
    # Of 25 tables only 4 of 4 with 0 of 4 has P = 2/70 = 0.029 and favors the arm; 3 v 0 has 0.14.
    assert np.argwhere(successes(FISHER, (4, 4))).tolist() == [[4, 0]]
    assert float(power_of_comparison(FISHER, (4, 4), 0.9, 0.1)) == pytest.approx(0.9**4 * 0.9**4)


def test_fewer_is_better_turns_the_table_around() -> None:
    told = successes(FISHER._replace(better="lower"), (4, 4))
    assert np.argwhere(told).tolist() == [[0, 4]]


def test_a_level_is_not_reached_by_a_p_value_that_equals_it() -> None:
    level = 1 / 70  # one-sided P of 4 of 4 with 0 of 4
    assert not successes(Success("fisher_exact", level * (1 - 1e-9), sides=1), (4, 4)).any()
    assert successes(Success("fisher_exact", level * (1 + 1e-9), sides=1), (4, 4)).sum() == 1


def test_nobody_or_everybody_responding_is_no_success_of_pearsons_test() -> None:
    pearson = Success("pearson", 0.05)
    assert float(power_of_comparison(pearson, (30, 30), 0.0, 0.0)) == 0.0
    assert float(power_of_comparison(pearson, (30, 30), 1.0, 1.0)) == 0.0
    assert float(power_of_comparison(pearson, (30, 30), 1.0, 0.0)) == 1.0


def test_rates_broadcast() -> None:
    rates = np.array([0.3, 0.5, 0.7])
    power = power_of_comparison(FISHER, (20, 20), rates, 0.1)
    alone = [float(power_of_comparison(FISHER, (20, 20), rate, 0.1)) for rate in rates]
    assert power == pytest.approx(alone, rel=1e-14)
    assert (np.diff(power) > 0).all()


def test_one_arm_against_a_benchmark_of_one_half() -> None:
    # 5 of 5 has P = 1/32 one-sided, below 0.05; 4 of 5 has 6/32.
    success = Success("exact_binomial", 0.05, sides=1)
    assert float(power_against(success, 5, 0.5, 0.9)) == pytest.approx(0.9**5)


def test_what_cannot_be_enumerated_says_why() -> None:
    with pytest.raises(ValueError, match=r"fisher_exact.*got 'cmh'"):
        power_of_comparison(Success("cmh", 0.05), (5, 5), 0.5, 0.5)
    with pytest.raises(ValueError, match=r"from 0 to 1; got 1\.2"):
        power_of_comparison(FISHER, (5, 5), 1.2, 0.5)
    with pytest.raises(ValueError, match=r"up to 4,000,000 tables.*got 5000 and 5000"):
        power_of_comparison(FISHER, (5000, 5000), 0.5, 0.5)
    with pytest.raises(ValueError, match=r"exact_binomial; got 'fisher_exact'"):
        power_against(FISHER, 5, 0.5, 0.5)
