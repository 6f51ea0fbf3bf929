"""Weeks, calendar months, windows and events as dates."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.conduct.calendar_dates import (
    Participation,
    PlanError,
    add_months,
    date_of,
    dated_visits,
    dates_of,
    later,
    read_start,
)
from wholetrial.protocol.load import load
from wholetrial.protocol.reader import Reader
from wholetrial.protocol.schedule import Epoch
from wholetrial.protocol.time import read_point, read_times, read_visit_plan
from wholetrial.protocol.timeline import ScheduleError, visits

TRIALS = Path(__file__).parents[2] / "trials"
NAMES = ("NCT00320216", "NCT03424629", "NCT04537689", "NCT04979910", "NCT06374979")
LOADED = {name: load(TRIALS / name / "trial.yaml") for name in NAMES}
STARTS = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def person(start: str, name: str = "NCT04537689") -> Participation:
    return Participation(LOADED[name], date.fromisoformat(start))


def on(start: str, point: str) -> str:
    return str(date_of(person(start), read_point(Reader(point))))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-10-31", 4, "2027-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-05-15", 0, "2026-05-15"),
        ("2026-12-01", 1, "2027-01-01"),
    ],
)
def test_a_month_ends_with_a_shorter_month(day, months, expected):
    assert str(add_months(date.fromisoformat(day), months)) == expected


@given(day=st.dates(date(1990, 1, 1), date(2090, 1, 1)), months=st.integers(-300, 300))
def test_months_keep_the_day_of_the_month_or_clip_it(day, months):
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ("week 12", "2026-03-30"),
        ("day 3", "2026-01-08"),
        ("month 1", "2026-02-05"),
        ("withdrawal", "2026-06-22"),
        ("month 3 after withdrawal", "2026-09-22"),
        ("year 1 after withdrawal", "2027-06-22"),
        ("baseline", "2026-01-05"),
        ("off_treatment", "2026-09-22"),
    ],
)
def test_points_as_dates(point, expected):
    assert on("2026-01-05", point) == expected


def test_months_after_withdrawal_are_clipped_at_the_end_of_the_month():
    start = "2025-03-16"
    assert on(start, "withdrawal") == "2025-08-31"
    assert on(start, "month 3 after withdrawal") == "2025-11-30"
    assert on(start, "month 6 after withdrawal") == "2026-02-28"
    assert on(start, "month 12 after withdrawal") == "2026-08-31"


def test_every_month_is_counted_from_the_first_and_holds_both_ends():
    times = read_times(Reader("every month from month 0 to month 4"))
    assert [str(day) for day in dates_of(person("2026-01-31"), times)] == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
        "2026-05-31",
    ]


def test_every_two_weeks_holds_both_ends():
    times = read_times(Reader("every 2 weeks from week 2 to week 6"))
    assert [str(day) for day in dates_of(person("2026-01-05"), times)] == [
        "2026-01-19",
        "2026-02-02",
        "2026-02-16",
    ]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(start=STARTS)
def test_windows_hold_the_planned_date_and_weeks_agree_with_the_arrays(name, start):
    protocol = LOADED[name]
    planned = dated_visits(Participation(protocol, start))
    in_days = visits(protocol)
    assert [(v.epoch, v.day) for v in planned] == [(v.epoch, v.day) for v in in_days]
    for visit, counted in zip(planned, in_days, strict=True):
        assert visit.earliest <= visit.planned <= visit.latest
        if "month" in visit.label:
            assert abs((visit.planned - start).days - counted.day) <= 3
        else:
            assert (visit.planned - start).days == counted.day
        if counted.day != 0 and "month" not in visit.label:
            assert (visit.earliest - start).days == counted.earliest
            assert (visit.latest - start).days == counted.latest


def test_the_first_day_has_no_window():
    first = next(v for v in dated_visits(person("2026-01-05", "NCT00320216")) if v.day == 0)
    assert first.earliest == first.latest == date(2026, 1, 5)


def test_screening_lies_before_the_first_day():
    screening = dated_visits(person("2026-01-05", "NCT04979910"))[0]
    assert (str(screening.earliest), str(screening.latest)) == ("2025-12-08", "2025-12-22")
    assert screening.anywhere


def test_visits_every_month_have_their_months_as_labels():
    protocol = LOADED["NCT00320216"]
    monthly = Epoch(visits=read_visit_plan(Reader("every 2 months from month 2 to month 6")))
    schedule = protocol.schedule.model_copy(update={"epochs": {"monthly": monthly}})
    planned = dated_visits(
        Participation(protocol.model_copy(update={"schedule": schedule}), date(2026, 8, 31))
    )
    assert [(visit.label, str(visit.planned)) for visit in planned] == [
        ("month 2", "2026-10-31"),
        ("month 4", "2026-12-31"),
        ("month 6", "2027-02-28"),
    ]


def test_an_event_without_a_place_is_refused():
    with pytest.raises(ScheduleError, match="no event 'rain'"):
        on("2026-01-05", "month 3 after rain")


def test_beyond_the_calendar_is_refused():
    with pytest.raises(ScheduleError, match="beyond the calendar"):
        later(date(2026, 1, 5), 100_000, "year")
    with pytest.raises(ScheduleError, match="beyond the calendar"):
        later(date(9999, 12, 1), 100, "week")


@pytest.mark.parametrize("text", ["2026-02-30", "5.1.2026", "tomorrow", "", "2026-13-01"])
def test_what_is_no_date_is_refused(text):
    with pytest.raises(PlanError, match="a day of the calendar, written 2026-01-05"):
        read_start(text)
