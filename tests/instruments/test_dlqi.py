"""DLQI: sums, blanks, the item on work, and bands."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholetrial.instruments.dlqi import DLQI, score_dlqi, score_dlqi_work_item

NAN = float("nan")
CODES = [item.code for item in DLQI.items]


def answers(*values):
    return dict(zip(CODES, values, strict=True))


# items 1 to 10, and the total
BY_HAND = [
    (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 30),
    (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
    (3, 2, 1, 0, 3, 2, 1, 0, 3, 2, 17),
    (0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 3),
    (2, 2, 1, 1, 1, 0, 0, 1, 0, 2, 10),
    (NAN, 3, 3, 3, 3, 3, 3, 3, 3, 3, 27),  # one blank counts as 0
    (1, 1, 1, 1, 1, 1, 1, 1, 1, NAN, 9),
    (NAN, NAN, 3, 3, 3, 3, 3, 3, 3, 3, NAN),  # two are not scored
    (NAN,) * 11,
]


def test_dlqi_matches_hand_computation():
    *items, total = zip(*BY_HAND, strict=True)
    np.testing.assert_array_equal(score_dlqi(answers(*items)), total)


BLANKS = [(0, 0, 20), (1, 0, NAN), (1, 1, 18), (2, 1, NAN), (2, 2, 16), (3, 2, NAN)]


@pytest.mark.parametrize(("blank", "allowed", "total"), BLANKS)
def test_the_blanks_that_count_as_0_are_the_callers_choice(blank, allowed, total):
    items = answers(*[NAN] * blank, *[2] * (10 - blank))
    np.testing.assert_equal(float(score_dlqi(items, blanks_scored_zero=allowed)), total)


def test_a_negative_number_of_blanks_is_refused():
    with pytest.raises(ValueError, match="blanks_scored_zero is 0 or more; got -1"):
        score_dlqi(answers(*[0] * 10), blanks_scored_zero=-1)


# work prevented, problem at work, item 7
WORK = [(1, NAN, 3), (1, 2, 3), (0, 2, 2), (0, 1, 1), (0, 0, 0), (0, NAN, NAN), (NAN, 2, NAN)]


def test_work_item_matches_the_form():
    prevented, problem, item_7 = zip(*WORK, strict=True)
    np.testing.assert_array_equal(score_dlqi_work_item(prevented, problem), item_7)


def test_the_score_of_prevented_work_is_the_callers_choice():
    assert score_dlqi_work_item(1, NAN, prevented_score=2) == 2


@pytest.mark.parametrize(
    ("prevented", "problem", "message"),
    [(2, 0, "prevented: 0 or 1; got 2"), (0, 3, "problem: 0 or 1 or 2; got 3")],
)
def test_work_item_refuses_other_answers(prevented, problem, message):
    with pytest.raises(ValueError, match=message):
        score_dlqi_work_item([0, prevented], [0, problem])


def test_a_grade_of_4_is_refused():
    with pytest.raises(ValueError, match="DLQI item_3 is a whole number from 0 to 3; got 4"):
        score_dlqi(answers(0, 0, 4, 0, 0, 0, 0, 0, 0, 0))


def test_items_belong_to_six_domains():
    domains = [label.partition(": ")[2] for label in (item.label for item in DLQI.items)]
    assert [(name, len(list(run))) for name, run in itertools.groupby(domains)] == [
        ("symptoms and feelings", 2),
        ("daily activities", 2),
        ("leisure", 2),
        ("work and school", 1),
        ("personal relationships", 2),
        ("treatment", 1),
    ]


ten_answers = st.lists(st.integers(0, 3), min_size=10, max_size=10)


@given(ten_answers, st.integers(0, 9))
def test_dlqi_stays_in_range_and_rises_with_each_item(values, item):
    total = score_dlqi(answers(*values))
    assert 0 <= total <= 30
    if values[item] < 3:
        worse = [*values[:item], values[item] + 1, *values[item + 1 :]]
        assert score_dlqi(answers(*worse)) == total + 1


@given(st.lists(ten_answers, min_size=4, max_size=4))
def test_dlqi_broadcast_equals_loop(people):
    columns = np.array(people, dtype=float).T.reshape(10, 2, 2)
    one_by_one = np.reshape([float(score_dlqi(answers(*values))) for values in people], (2, 2))
    assert score_dlqi(answers(*columns)).tolist() == one_by_one.tolist()
