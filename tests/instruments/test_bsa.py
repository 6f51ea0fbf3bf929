"""BSA: a percentage, and its estimate in palms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wholetrial.instruments.bsa import BSA, score_bsa_from_palms
from wholetrial.instruments.instrument import validate_values

NAN = float("nan")

# palms, percent of the body per palm, BSA in percent
BY_HAND = [
    (0, 1.0, 0.0),
    (1, 1.0, 1.0),
    (12.5, 1.0, 12.5),
    (100, 1.0, 100.0),
    (3, 0.8, 2.4),
    (0.33, 1.0, 0.3),
    (125, 0.8, 100.0),
    (NAN, 1.0, NAN),
]


@pytest.mark.parametrize(("palms", "percent_per_palm", "percent"), BY_HAND)
def test_bsa_matches_hand_computation(palms, percent_per_palm, percent):
    np.testing.assert_equal(
        float(score_bsa_from_palms(palms, percent_per_palm=percent_per_palm)), percent
    )


@pytest.mark.parametrize(("palms", "got"), [(101, "101"), (-1, "-1")])
def test_bsa_refuses_more_than_the_body(palms, got):
    with pytest.raises(
        ValueError, match=f"BSA lies between 0 and 100 %; got {got} from 1 % a palm"
    ):
        score_bsa_from_palms([5, palms])


def test_bsa_findings_carry_the_unit():
    messages = [finding.message for finding in validate_values(BSA, [10, 120, 10.25])]
    assert messages == [
        "BSA lies between 0 and 100 %; got 120",
        "BSA comes in steps of 0.1 %; got 10.25",
    ]


@given(st.lists(st.floats(0, 100), min_size=2, max_size=6))
def test_bsa_is_attainable_and_broadcast_equals_loop(palms):
    percent = score_bsa_from_palms(palms)
    assert validate_values(BSA, percent) == ()
    assert percent.tolist() == [float(score_bsa_from_palms(count)) for count in palms]
    assert (np.diff(np.sort(percent)) >= 0).all()
    assert score_bsa_from_palms(max(palms)) >= score_bsa_from_palms(min(palms))
