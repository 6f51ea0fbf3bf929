"""PGA from its three signs, on both widths of the scale."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholetrial.instruments.library import instrument
from wholetrial.instruments.pga import score_pga_from_signs

NAN = float("nan")


def signs(erythema, induration, scaling):
    return {"erythema": erythema, "induration": induration, "scaling": scaling}


# erythema, induration, scaling; their mean; the grade on 0-5.
BY_HAND = [
    (0, 0, 0, 0),  # 0
    (0, 0, 1, 0),  # 0.33
    (0, 1, 1, 1),  # 0.67
    (1, 1, 1, 1),  # 1
    (2, 1, 1, 1),  # 1.33
    (2, 2, 1, 2),  # 1.67
    (3, 4, 4, 4),  # 3.67
    (5, 5, 4, 5),  # 4.67
    (5, 5, 5, 5),  # 5
    (5, 0, 0, 2),  # 1.67
    (NAN, 0, 0, NAN),
    (3, NAN, NAN, NAN),
]


def test_pga_matches_hand_computation():
    erythema, induration, scaling, grade = zip(*BY_HAND, strict=True)
    np.testing.assert_array_equal(
        score_pga_from_signs(signs(erythema, induration, scaling), highest=5), grade
    )


def test_the_mean_of_three_whole_grades_never_ends_in_a_half():
    thirds = {Fraction(sum(grades), 3) % 1 for grades in itertools.product(range(6), repeat=3)}
    assert thirds == {Fraction(0), Fraction(1, 3), Fraction(2, 3)}


def test_a_sign_of_5_exists_on_the_six_point_scale_only():
    assert score_pga_from_signs(signs(5, 5, 5), highest=5) == 5
    with pytest.raises(ValueError, match="PGA 0-4 erythema is a whole number from 0 to 4; got 5"):
        score_pga_from_signs(signs(5, 5, 5), highest=4)


def test_half_grades_are_refused():
    with pytest.raises(ValueError, match=r"whole number from 0 to 5; got 2\.5"):
        score_pga_from_signs(signs(2.5, 2, 2), highest=5)


def test_a_third_width_is_refused():
    with pytest.raises(ValueError, match="the highest PGA grade is 4 or 5; got 6"):
        score_pga_from_signs(signs(1, 1, 1), highest=6)


@pytest.mark.parametrize(
    ("code", "highest", "worst", "moderate"),
    [("pga 0-4", 4, "severe", 3), ("pga 0-5", 5, "severe", 3), ("iga 0-4", 4, "severe", 3)],
)
def test_each_width_names_its_grades(code, highest, worst, moderate):
    scale = instrument(code)
    assert (scale.low, scale.high, scale.step) == (0, highest, 1)
    labels = {band.label: band.low for band in scale.bands}
    assert labels[worst] == highest
    assert labels["moderate"] == moderate
    assert len(scale.bands) == highest + 1


def test_the_instruments_score_their_own_width():
    assert instrument("pga 0-4").score(signs(4, 4, 3)) == 4
    assert instrument("pga 0-5").score(signs(5, 4, 4)) == 4
    assert instrument("iga 0-4").score is None
    assert instrument("iga 0-5").score is None


grade = st.integers(0, 5)


@given(grade, grade, grade)
def test_pga_lies_between_the_lowest_and_highest_sign(erythema, induration, scaling):
    total = score_pga_from_signs(signs(erythema, induration, scaling), highest=5)
    assert min(erythema, induration, scaling) <= total <= max(erythema, induration, scaling)


@given(grade, grade, st.integers(0, 4))
def test_pga_never_falls_when_a_sign_rises(erythema, induration, scaling):
    less = score_pga_from_signs(signs(erythema, induration, scaling), highest=5)
    assert less <= score_pga_from_signs(signs(erythema, induration, scaling + 1), highest=5)


def test_pga_broadcast_equals_loop():
    grades = np.arange(6)
    table = score_pga_from_signs(signs(grades[:, None, None], grades[:, None], grades), highest=5)
    for place in itertools.product(range(6), repeat=3):
        assert table[place] == score_pga_from_signs(signs(*place), highest=5)
