"""A tally says what all values say, exactly where it can, and how nearly where it cannot."""

import math

import numpy as np
import pytest

from wholetrial.analysis.tally import (
    MOST_DISTINCT,
    mean_of,
    merged,
    quantile_of,
    tally_of,
)

SHARES = (0.0, 0.05, 0.5, 0.95, 1.0)


def drawn(n: int) -> np.ndarray:
    """Skewed values over many powers of two, the same each time."""
    place = (np.arange(n) * 0.6180339887498949) % 1.0
    return np.exp(12 * place - 9) - 0.01


def in_parts(values: np.ndarray, parts: int):
    first, *rest = np.array_split(values, parts)
    tally = tally_of(first)
    for part in rest:
        tally = merged(tally, tally_of(part))
    return tally


@pytest.mark.parametrize("n", [1, 2, 7, 201, MOST_DISTINCT])
def test_quantiles_and_mean_are_exact_up_to_the_stated_number(n: int) -> None:
    values = drawn(n)
    tally = in_parts(values, min(n, 5))
    assert mean_of(tally) == pytest.approx(math.fsum(values) / n, rel=1e-15)
    for share in SHARES:
        assert quantile_of(tally, share) == (np.quantile(values, share), 0.0)


def test_shares_of_64_participants_stay_exact_in_any_number_of_trials() -> None:
    counts = (np.arange(1_000_000) * 7919) % 65
    tally = in_parts(counts / 64, 9)
    assert tally.values.tolist() == [k / 64 for k in range(65)]
    assert [quantile_of(tally, share).value for share in SHARES] == [
        np.quantile(counts / 64, share) for share in SHARES
    ]
    assert mean_of(tally) == counts.sum() / 64 / 1_000_000


def test_beyond_it_a_quantile_says_how_near_it_is() -> None:
    values = drawn(20 * MOST_DISTINCT)
    tally = tally_of(values)
    assert tally.values.size <= MOST_DISTINCT
    assert mean_of(tally) == pytest.approx(math.fsum(values) / values.size, rel=1e-15)
    for share in SHARES:
        found = quantile_of(tally, share)
        exact = np.quantile(values, share)
        assert 0 < found.error <= 0.01 * abs(exact) + 1e-9
        assert abs(found.value - exact) <= found.error


def test_any_order_and_any_parts_give_the_same_tally_to_the_last_bit() -> None:
    values = drawn(3 * MOST_DISTINCT)
    whole = tally_of(values)
    for other in (in_parts(values, 2), in_parts(values, 31), in_parts(values[::-1], 7)):
        assert (other.dropped, other.missing, other.total) == (whole.dropped, 0, whole.total)
        assert other.values.tobytes() == whole.values.tobytes()
        assert other.counts.tobytes() == whole.counts.tobytes()


def test_what_is_missing_is_counted_and_never_averaged() -> None:
    tally = tally_of(np.array([np.nan, 1.0, 3.0, np.nan]))
    assert (tally.known, tally.missing, mean_of(tally)) == (2, 2, 2.0)
    nothing = tally_of(np.array([np.nan]))
    assert np.isnan(mean_of(nothing))
    assert np.isnan(quantile_of(nothing, 0.5).value)


def test_a_time_that_is_never_reached_has_none_beside_it() -> None:
    """Median times of four trials, two of them never reached: 8, 12, never, never."""
    tally = tally_of(np.array([np.inf, 8.0, np.inf, 12.0]))
    assert [quantile_of(tally, share).value for share in (0.25, 0.5, 0.75)] == [8.0, 12.0, np.inf]
    assert mean_of(tally) == np.inf
