"""The page of a participant's calendar: every day of the plan, what it depends on, to print."""

import datetime
import re
from pathlib import Path

import pytest

from wholetrial.conduct.calendar_plan import calendar_plan
from wholetrial.protocol.load import load
from wholetrial.report.calendar_page import render_calendar

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def page() -> str:
    protocol = load(ROOT / "trials" / "NCT00320216" / "trial.yaml")
    return render_calendar(calendar_plan(protocol, datetime.date(2026, 1, 5), weight=80))


def test_every_visit_has_its_row_and_a_box_to_tick(page: str) -> None:
    dates = re.findall(r'class="date">\w{3} (\d{4}-\d\d-\d\d)<', page)
    assert len(dates) == 14
    assert dates[7] == "2026-03-30"  # week 12
    assert page.count('aria-label="to tick"') == 14


def test_a_masked_calendar_shows_no_arm(page: str) -> None:
    assert "study injection" in page
    assert "90 mg" not in page
    assert "45 mg" not in page


def test_what_depends_on_a_result_says_on_which(page: str) -> None:
    assert "if PASI has improved by less than 75%" in page


def test_nothing_is_fetched_from_elsewhere(page: str) -> None:
    assert "http" not in page
    assert "<script" not in page
