"""PASI against vectors added by hand, and the properties its definition implies."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholetrial.instruments.pasi import (
    PASI,
    PASI_REGIONS,
    in_tenths,
    pasi_area_score,
    pasi_queries,
    score_pasi,
)

NAN = float("nan")
SIGNS = ("erythema", "induration", "desquamation")


def pasi_items(head, upper_limbs, trunk, lower_limbs):
    """Items from four rows of (erythema, induration, desquamation, area)."""
    rows = zip(PASI_REGIONS, (head, upper_limbs, trunk, lower_limbs), strict=True)
    return {
        f"{region}_{sign}": grade
        for region, row in rows
        for sign, grade in zip((*SIGNS, "area"), row, strict=True)
    }


CLEAR = (0, 0, 0, 0)

# head, upper limbs, trunk, lower limbs: (erythema, induration, desquamation, area) and the total.
BY_HAND = [
    (CLEAR, CLEAR, CLEAR, CLEAR, 0.0),
    ((4, 4, 4, 6), (4, 4, 4, 6), (4, 4, 4, 6), (4, 4, 4, 6), 72.0),
    ((1, 0, 0, 1), CLEAR, CLEAR, CLEAR, 0.1),  # the smallest total above 0
    ((1, 1, 1, 1), CLEAR, CLEAR, CLEAR, 0.3),  # 0.1 x 1 x 3
    (CLEAR, CLEAR, (1, 0, 0, 1), CLEAR, 0.3),
    ((2, 1, 1, 1), (2, 2, 2, 2), (3, 2, 2, 3), (3, 3, 2, 4), 21.9),  # .4 + 2.4 + 6.3 + 12.8
    ((4, 4, 4, 6), CLEAR, CLEAR, CLEAR, 7.2),
    (CLEAR, (4, 4, 4, 6), CLEAR, CLEAR, 14.4),
    (CLEAR, CLEAR, (4, 4, 4, 6), CLEAR, 21.6),
    (CLEAR, CLEAR, CLEAR, (4, 4, 4, 6), 28.8),
    ((2, 2, 1, 2), (3, 2, 2, 3), (2, 2, 2, 2), (3, 3, 3, 4), 23.2),  # 1.0 + 4.2 + 3.6 + 14.4
    (CLEAR, (0, 0, 1, 6), CLEAR, CLEAR, 1.2),  # scaling alone is a lesion
]


@pytest.mark.parametrize("row", BY_HAND)
def test_pasi_matches_hand_computation(row):
    assert float(score_pasi(pasi_items(*row[:4]))) == row[4]


def test_pasi_of_a_column_of_participants_matches_each_row():
    columns = {
        code: [pasi_items(*row[:4])[code] for row in BY_HAND] for code in pasi_items(*[CLEAR] * 4)
    }
    assert score_pasi(columns).tolist() == [row[4] for row in BY_HAND]


def test_pasi_of_0_3_is_exact_where_float_weights_are_not():
    assert 0.1 * 1 * 3 != 0.3
    assert float(score_pasi(pasi_items((1, 1, 1, 1), CLEAR, CLEAR, CLEAR))) == 0.3


MISSING = [
    ("a sign where there is area", ((1, NAN, 1, 1), CLEAR, CLEAR, CLEAR), NAN),
    ("the area where there are signs", ((1, 1, 1, NAN), CLEAR, CLEAR, CLEAR), NAN),
    ("the area where there are none", ((0, 0, 0, NAN), CLEAR, CLEAR, CLEAR), NAN),
    ("everything", ((NAN,) * 4, (NAN,) * 4, (NAN,) * 4, (NAN,) * 4), NAN),
    ("the signs of a region without area", ((NAN, NAN, NAN, 0), CLEAR, (1, 0, 0, 1), CLEAR), 0.3),
    ("one sign of a region without area", ((0, NAN, 0, 0), CLEAR, CLEAR, (1, 0, 0, 1)), 0.4),
]


@pytest.mark.parametrize(("what", "rows", "total"), MISSING)
def test_pasi_with_missing_grades(what, rows, total):
    np.testing.assert_equal(float(score_pasi(pasi_items(*rows))), total, err_msg=what)


CONTRADICTIONS = [
    ((2, 0, 0, 0), [True, False, False, False]),  # erythema without area
    ((NAN, 1, NAN, 0), [True, False, False, False]),
    ((0, 0, 0, 3), [True, False, False, False]),  # area without any sign
    ((0, NAN, 0, 3), [False] * 4),  # the missing sign may be the lesion
    ((0, 0, 1, 3), [False] * 4),
    ((1, 1, 1, NAN), [False] * 4),
]


@pytest.mark.parametrize(("head", "queried"), CONTRADICTIONS)
def test_contradictory_regions_are_queried_and_not_scored(head, queried):
    items = pasi_items(head, CLEAR, CLEAR, CLEAR)
    assert pasi_queries(items).tolist() == queried
    if any(queried):
        assert np.isnan(score_pasi(items))


def test_queries_have_the_regions_on_the_last_axis():
    items = pasi_items(CLEAR, CLEAR, ([[0, 1], [0, 1]], 0, 0, 0), CLEAR)
    assert pasi_queries(items).shape == (2, 2, 4)
    assert pasi_queries(items)[:, 1, 2].all()
    assert pasi_queries(items).sum() == 2


AREA = [
    (0, 0), (0.1, 1), (1, 1), (9, 1), (9.5, 1), (9.999, 1), (10, 2), (29, 2), (29.9, 2), (30, 3),
    (49.5, 3), (50, 4), (69.5, 4), (70, 5), (89.5, 5), (90, 6), (100, 6),
]  # fmt: skip


def test_area_score_of_each_band_and_each_gap():
    percent, grade = zip(*AREA, strict=True)
    assert pasi_area_score(percent).tolist() == list(grade)
    assert np.isnan(pasi_area_score(NAN))


@pytest.mark.parametrize("percent", [-0.1, 100.1, float("inf")])
def test_area_score_refuses_what_is_no_percentage(percent):
    with pytest.raises(ValueError, match=f"between 0 and 100 %; got {percent:g}"):
        pasi_area_score([50, percent])


def test_every_attainable_total_is_a_tenth_from_0_to_72():
    grades = [
        (*signs, area) for signs in itertools.product(range(5), repeat=3) for area in range(1, 7)
    ]
    grades = [CLEAR, *(grade for grade in grades if sum(grade[:3]))]
    totals = {0}
    for region in PASI_REGIONS:
        rows = dict.fromkeys(PASI_REGIONS, CLEAR) | {region: tuple(zip(*grades, strict=True))}
        alone = score_pasi(pasi_items(*rows.values()))
        tenths = {int(count) for count in in_tenths(alone).number}
        assert [float(total) for total in alone] == [float(f"{total:.1f}") for total in alone]
        totals = {total + more for total in totals for more in tenths}
    assert min(totals) == 0
    assert sorted(totals)[1] == 1
    assert max(totals) == 720


def test_in_tenths_separates_missing_from_clear():
    number, observed = in_tenths([0, NAN, 7.2, 72])
    assert number.tolist() == [0, 0, 72, 720]
    assert observed.tolist() == [True, False, True, True]
    assert number.dtype == np.int64


def test_in_tenths_of_every_decimal():
    decimals = [float(f"{tenths // 10}.{tenths % 10}") for tenths in range(721)]
    assert in_tenths(decimals).number.tolist() == list(range(721))


@pytest.mark.parametrize("wrong", [80, -0.1, 12.34, float("inf")])
def test_in_tenths_refuses_an_impossible_pasi(wrong):
    with pytest.raises(ValueError, match=r"PASI .*; got"):
        in_tenths([12, wrong])


WRONG = [
    ({"head_erythema": 5}, "PASI head_erythema is a whole number from 0 to 4; got 5"),
    ({"trunk_area": 7}, "PASI trunk_area is a whole number from 0 to 6; got 7"),
    ({"trunk_area": [1, 2.5]}, "PASI trunk_area is a whole number from 0 to 6; got 2.5"),
    ({"head_induration": -1}, "got -1"),
    ({"hed_erythema": 1}, "PASI has no item hed_erythema; did you mean head_erythema?"),
]


@pytest.mark.parametrize(("change", "message"), WRONG)
def test_pasi_refuses_impossible_items(change, message):
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        score_pasi(pasi_items(CLEAR, CLEAR, CLEAR, CLEAR) | change)


def test_pasi_names_the_absent_items():
    items = pasi_items(CLEAR, CLEAR, CLEAR, CLEAR)
    del items["trunk_area"]
    with pytest.raises(ValueError, match="PASI needs 16 items; absent: trunk_area"):
        score_pasi(items)


sign = st.integers(0, 4)
lesion = st.tuples(sign, sign, sign, st.integers(1, 6)).filter(lambda row: sum(row[:3]) > 0)
region_rows = st.one_of(st.just(CLEAR), lesion)
bodies = st.tuples(region_rows, region_rows, region_rows, region_rows)


@given(bodies)
def test_pasi_is_a_tenth_from_0_to_72_and_adds_the_regions(body):
    total = float(score_pasi(pasi_items(*body)))
    assert 0 <= total <= 72
    by_hand = sum(
        weight * area * (e + i + d)
        for weight, (e, i, d, area) in zip((1, 2, 3, 4), body, strict=True)
    )
    assert total == float(f"{by_hand // 10}.{by_hand % 10}")


@given(bodies, st.sampled_from([item.code for item in PASI.items]))
def test_pasi_rises_with_each_grade_of_an_involved_region(body, code):
    items = pasi_items(*body)
    region = code.rpartition("_")[0]
    highest = {item.code: item.high for item in PASI.items}[code]
    if items[f"{region}_area"] > 0 and items[code] < highest:
        assert score_pasi(items | {code: items[code] + 1}) > score_pasi(items)


@given(st.lists(bodies, min_size=6, max_size=6))
def test_pasi_broadcast_equals_loop(people):
    columns = {
        code: np.array([pasi_items(*body)[code] for body in people]).reshape(2, 3)
        for code in pasi_items(*people[0])
    }
    one_by_one = [float(score_pasi(pasi_items(*body))) for body in people]
    assert score_pasi(columns).tolist() == np.reshape(one_by_one, (2, 3)).tolist()


@given(st.floats(0, 100), st.floats(0, 100))
def test_area_score_never_falls_with_the_area(one, other):
    less, more = sorted([one, other])
    assert pasi_area_score(less) <= pasi_area_score(more)
