"""Numbers as journals print them."""

import math

import pytest

from wholetrial.report import numbers


@pytest.mark.parametrize(
    ("p", "printed"),
    [
        (0.1881, "0.19"),
        (0.6943, "0.69"),
        (0.0009999, "<0.001"),
        (0.001, "0.001"),
        (0.0051, "0.005"),
        (0.012, "0.01"),
        (0.0496, "0.0496"),
        (0.0504, "0.05"),
        (0.995, ">0.99"),
        (1.0, ">0.99"),
        (0.0, "<0.001"),
        (math.nan, "–"),
        (None, "–"),
    ],
)
def test_p_values_as_nejm_and_ama_print_them(p, printed):
    assert numbers.p_number(p) == printed


@pytest.mark.parametrize("p", [0.049, 0.0499, 0.04999, 0.0501])
def test_a_printed_p_value_lies_on_the_right_side_of_005(p):
    assert (float(numbers.p_number(p)) < 0.05) == (p < 0.05)


@pytest.mark.parametrize(
    ("count", "n", "printed"),
    [(33, 64, "52%"), (38, 64, "59%"), (43, 64, "67%"), (52, 64, "81%"), (1, 64, "2%")],
)
def test_percentages_match_nejm_2007(count, n, printed):
    assert numbers.percent(count / n) == printed


@pytest.mark.parametrize(
    ("found", "printed"),
    [
        (numbers.percent(None), "–"),
        (numbers.percent(math.nan), "–"),
        (numbers.percent(-0.001), "0%"),
        (numbers.percentage_points(0.5), "+50"),
        (numbers.percentage_points(-0.5), "−50"),
        (numbers.interval(-3.25, -1), "−3.2 to −1.0"),
        (numbers.interval(0, math.inf), "0.0 to ∞"),
        (numbers.with_interval("–", "1 to 2"), "–"),
        (numbers.count_of(200, 252), "200/252"),
        (numbers.count_percent(0, 0), "0"),
        (numbers.number(1234567, 0), "1,234,567"),
    ],
)
def test_numbers_without_a_value_and_with_a_sign(found, printed):
    assert found == printed
