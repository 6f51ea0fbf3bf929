"""QIDS-C16: nine domains, not sixteen items."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholetrial.instruments.qids_c16 import QIDS_C16, score_qids_c16

NAN = float("nan")
CODES = [item.code for item in QIDS_C16.items]


def ratings(values):
    return dict(zip(CODES, values, strict=True))


# sleep 1-4; mood 5; appetite and weight 6-9; 10; 11; 12; 13; 14; psychomotor 15-16; the total
BY_HAND = [
    ((0, 0, 0, 0), 0, (0, 0, 0, 0), 0, 0, 0, 0, 0, (0, 0), 0),
    ((3, 3, 3, 3), 3, (3, 3, 3, 3), 3, 3, 3, 3, 3, (3, 3), 27),
    ((3, 3, 3, 3), 0, (0, 0, 0, 0), 0, 0, 0, 0, 0, (0, 0), 3),
    ((0, 0, 0, 0), 0, (2, 0, 1, 0), 0, 0, 0, 0, 0, (0, 0), 2),
    ((0, 0, 0, 0), 0, (0, 0, 0, 0), 0, 0, 0, 0, 0, (1, 2), 2),
    ((0, 0, 0, 0), 2, (0, 0, 0, 0), 1, 1, 1, 1, 1, (0, 0), 7),
    ((1, 2, 0, 0), 2, (1, 0, 2, 0), 2, 1, 0, 3, 2, (1, 1), 15),  # 2 2 2 2 1 0 3 2 1
    ((0, 0, 0, 3), 3, (0, 1, 0, 1), 2, 3, 1, 2, 2, (2, 0), 19),  # 3 3 1 2 3 1 2 2 2
    ((NAN, 3, 3, 3), 3, (3, 3, 3, 3), 3, 3, 3, 3, 3, (3, 3), NAN),
    ((0, 0, 0, 0), NAN, (0, 0, 0, 0), 0, 0, 0, 0, 0, (0, 0), NAN),
    ((0, 0, 0, 0), 0, (0, 0, 0, 0), 0, 0, 0, 0, 0, (0, NAN), NAN),
]


def sixteen(row):
    return [value for part in row[:-1] for value in (part if isinstance(part, tuple) else (part,))]


def test_qids_c16_matches_hand_computation():
    columns = ratings(zip(*(sixteen(row) for row in BY_HAND), strict=True))
    columns = {code: list(values) for code, values in columns.items()}
    np.testing.assert_array_equal(score_qids_c16(columns), [row[-1] for row in BY_HAND])


def test_sixteen_items_are_not_summed():
    worst = ratings([3] * 16)
    assert sum(worst.values()) == 48
    assert score_qids_c16(worst) == QIDS_C16.high == 27


def test_domains_of_the_sixteen_items():
    assert [item.label.partition(": ")[2] for item in QIDS_C16.items] == [
        *["sleep"] * 4,
        "mood",
        *["appetite and weight"] * 4,
        "concentration",
        "self-outlook",
        "suicidal ideation",
        "involvement",
        "energy",
        *["psychomotor"] * 2,
    ]


def test_a_grade_of_4_is_refused():
    with pytest.raises(ValueError, match="QIDS-C16 item_5 is a whole number from 0 to 3; got 4"):
        score_qids_c16(ratings([0] * 4 + [4] + [0] * 11))


sixteen_ratings = st.lists(st.integers(0, 3), min_size=16, max_size=16)


@given(sixteen_ratings, st.integers(0, 15))
def test_qids_c16_stays_in_range_and_never_falls_when_an_item_rises(values, item):
    total = score_qids_c16(ratings(values))
    assert 0 <= total <= min(27, sum(values))
    worse = [*values[:item], min(values[item] + 1, 3), *values[item + 1 :]]
    assert total <= score_qids_c16(ratings(worse)) <= total + 1


@given(st.lists(sixteen_ratings, min_size=4, max_size=4))
def test_qids_c16_broadcast_equals_loop(people):
    columns = np.array(people, dtype=float).T.reshape(16, 2, 2)
    one_by_one = np.reshape([float(score_qids_c16(ratings(values))) for values in people], (2, 2))
    assert score_qids_c16(ratings(columns)).tolist() == one_by_one.tolist()
