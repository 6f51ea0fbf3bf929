"""Doses in all, and time from the first to the last of them, by arm; counted by hand."""

from pathlib import Path

import pytest

from wholetrial.protocol.load import load
from wholetrial.protocol.timeline import administrations, visits

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("trial", "arm", "doses", "total", "unit", "days"),
    [
        ("NCT00320216", "once_45", 1, 45, "mg", 0),
        ("NCT00320216", "once_90", 1, 90, "mg", 0),
        ("NCT00320216", "weekly_45", 4, 180, "mg", 21),
        ("NCT00320216", "weekly_90", 4, 360, "mg", 21),
        ("NCT06374979", "ixekizumab", 7, 160 + 6 * 80, "mg", 84),
        ("NCT03424629", "low_dose", 6, 6e6, "cells/kg", 49),
        ("NCT03424629", "high_dose", 6, 18e6, "cells/kg", 49),
        ("NCT03424629", "methotrexate", 16, 16 * 5, "mg", 105),  # at the lower end
        ("NCT04537689", "ixekizumab", 9, 160 + 6 * 80 + 2 * 80, "mg", 140),  # ten pens
        ("NCT04979910", "ixekizumab", 3, 320, "mg", 28),
    ],
)
def test_doses_and_time_on_drug_by_hand(
    trial: str, arm: str, doses: int, total: float, unit: str, days: int
) -> None:
    given = administrations(load(ROOT / "trials" / trial / "trial.yaml"), arm)
    assert len(given) == doses
    assert sum(dose.amount or 0 for dose in given) == total
    assert {dose.unit for dose in given} == {unit}
    assert given[-1].day - given[0].day == days


@pytest.mark.parametrize(
    ("trial", "count", "last"),
    [
        ("NCT00320216", 14, 252),  # screening, 0 to 4 but 4 weekly, 8, 12 ... 36
        ("NCT06374979", 11, 364),  # screening, seven on treatment, 16, 34, 52
        ("NCT03424629", 13, 364),
        ("NCT04537689", 15, 168 + 730),  # screening, 0 to 24 four-weekly, seven after withdrawal
        ("NCT04979910", 5, 42),
    ],
)
def test_visits_are_counted_by_hand(trial: str, count: int, last: int) -> None:
    planned = visits(load(ROOT / "trials" / trial / "trial.yaml"))
    assert len(planned) == count
    assert planned[-1].day == last
