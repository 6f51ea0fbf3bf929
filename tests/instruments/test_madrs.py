"""MADRS: ten items of 0 to 6."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholetrial.instruments.madrs import MADRS, score_madrs

NAN = float("nan")
CODES = [item.code for item in MADRS.items]


def ratings(values):
    return dict(zip(CODES, values, strict=True))


# items 1 to 10, and the total
BY_HAND = [
    (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 60),
    (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    (1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 27),
    (4, 4, 3, 3, 2, 3, 4, 3, 3, 2, 31),
    (0, 0, 0, 6, 0, 0, 0, 0, 0, 6, 12),
    (NAN, 6, 6, 6, 6, 6, 6, 6, 6, 6, NAN),
    (0, 0, 0, 0, 0, 0, 0, 0, 0, NAN, NAN),
]


def test_madrs_matches_hand_computation():
    *items, total = zip(*BY_HAND, strict=True)
    np.testing.assert_array_equal(score_madrs(ratings(items)), total)


def test_a_rating_of_7_is_refused():
    with pytest.raises(ValueError, match="MADRS item_2 is a whole number from 0 to 6; got 7"):
        score_madrs(ratings([0, 7, 0, 0, 0, 0, 0, 0, 0, 0]))


ten_ratings = st.lists(st.integers(0, 6), min_size=10, max_size=10)


@given(ten_ratings, st.integers(0, 9))
def test_madrs_stays_in_range_and_rises_with_each_item(values, item):
    total = score_madrs(ratings(values))
    assert 0 <= total <= 60
    if values[item] < 6:
        worse = [*values[:item], values[item] + 1, *values[item + 1 :]]
        assert score_madrs(ratings(worse)) == total + 1


@given(st.lists(ten_ratings, min_size=6, max_size=6))
def test_madrs_broadcast_equals_loop(people):
    columns = np.array(people, dtype=float).T.reshape(10, 3, 2)
    one_by_one = np.reshape([float(score_madrs(ratings(values))) for values in people], (3, 2))
    assert score_madrs(ratings(columns)).tolist() == one_by_one.tolist()
