"""The schedule lies inside its windows, whatever the schedule."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wholetrial.protocol.load import load_bytes
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.time import Point
from wholetrial.protocol.timeline import ScheduleError, day_of, event_day, measured_at, visits

OLD = "      visits: weeks 0, 4, 8, 12\n      window: 3 days\n"


def with_schedule(minimal: str, treatment: str, events: str = "{}") -> Protocol:
    text = minimal.replace(OLD, treatment)
    text = text.replace("counted_from: first_dose", f"counted_from: first_dose\n  events: {events}")
    return load_bytes(text.encode(), "trial.yaml")[0]


@given(
    weeks=st.lists(st.integers(0, 104), min_size=1, max_size=8, unique=True),
    before=st.integers(0, 20),
    after=st.integers(0, 20),
    screening=st.integers(1, 12),
)
@settings(max_examples=100)
def test_every_visit_lies_inside_its_window(
    minimal: str, weeks: list[int], before: int, after: int, screening: int
) -> None:
    window = f"{{before: {before} days, after: {after} days}}"
    named = f"weeks {', '.join(str(week) for week in weeks)}"
    protocol = with_schedule(
        minimal.replace("within 4 weeks", f"within {screening} weeks"),
        f"      visits: {named}\n      window: {window}\n",
    )
    planned = visits(protocol)
    assert all(visit.earliest <= visit.day <= visit.latest for visit in planned)
    assert [visit.day for visit in planned] == sorted(visit.day for visit in planned)
    assert [visit.day for visit in planned if visit.epoch == "treatment"] == sorted(
        7 * w for w in weeks
    )
    (first,) = (visit for visit in planned if visit.epoch == "screening")
    assert (first.earliest, first.latest) == (-7 * screening, -1)
    assert set(measured_at(protocol, "PASI")) == set(planned)


def test_an_event_may_follow_an_epoch_that_others_follow(minimal: str) -> None:
    treatment = "      visits: weeks 0, 4\n    later:\n      visits: month 3 after withdrawal\n"
    protocol = with_schedule(minimal, treatment, "{withdrawal: week 2 after treatment}")
    assert event_day(protocol, "withdrawal") == 14
    assert [visit.day for visit in visits(protocol)][-1] == 14 + 91


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ("{a: week 1 after a}", "'a' is counted from itself: a after a"),
        ("{a: week 1 after b, b: week 1 after a}", "'a' is counted from itself: a after b after a"),
        ("{a: week 1 after last_dose}", "'last_dose' is counted from itself"),
    ],
)
def test_an_event_counted_from_itself_is_refused(minimal: str, events: str, problem: str) -> None:
    doses = minimal.replace('["placebo at weeks 0, 4"]', "[placebo at week 1 after a]")
    circular = "last_dose" in events
    protocol = with_schedule(doses if circular else minimal, OLD, events)
    with pytest.raises(ScheduleError, match=problem):
        event_day(protocol, "last_dose" if circular else "a")


def test_a_chain_of_events_is_followed_but_not_for_ever(minimal: str) -> None:
    chain = ", ".join(f"e{n}: week 1 after e{n + 1}" for n in range(15)) + ", e15: week 1"
    assert day_of(with_schedule(minimal, OLD, f"{{{chain}}}"), Point(after="e0")) == 16 * 7
    chain = ", ".join(f"e{n}: week 1 after e{n + 1}" for n in range(2000)) + ", e2000: week 1"
    with pytest.raises(ScheduleError, match="more than 20 events"):
        event_day(with_schedule(minimal, OLD, f"{{{chain}}}"), "e0")
