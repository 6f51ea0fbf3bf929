"""Missed visits, and visits off their day: how many, how far, and what is read on them."""

import numpy as np
import pytest

from wholetrial.data.records import LEAVES_STUDY, Records
from wholetrial.numerics.philox import Stream
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.quantity import read_share
from wholetrial.protocol.reader import Reader
from wholetrial.protocol.time import Duration
from wholetrial.protocol.timeline import Visit, visits
from wholetrial.simulation.attendance import attendance
from wholetrial.simulation.simulate import prepare, simulate

REPLICATES = 40


def with_attendance(protocol: Protocol, missed: str | None, off: int) -> Protocol:
    assert protocol.assumptions is not None
    changed = {
        "missed_visits": read_share(Reader(missed)) if missed else None,
        "visit_days": Duration(number=off, unit="day") if off else None,
        "dropout": {},
    }
    assumed = protocol.assumptions.model_copy(update=changed)
    return protocol.model_copy(update={"assumptions": assumed})


@pytest.fixture(scope="module")
def protocol(krueger: Protocol) -> Protocol:
    return with_attendance(krueger, "5 %", 5)


@pytest.fixture(scope="module")
def many(protocol: Protocol) -> Records:
    return simulate(prepare(protocol, seed=2007), range(REPLICATES))


def test_each_visit_after_day_0_is_missed_with_the_stated_share(many: Records) -> None:
    for index, visit in enumerate(many.visits):
        missed = np.isnan(many.day[..., index])
        if visit.day <= 0:
            assert not missed.any()
        else:
            assert abs(missed.mean() - 0.05) < 4 * np.sqrt(0.05 * 0.95 / missed.size)


def test_missing_one_visit_says_nothing_about_the_next(many: Records) -> None:
    missed = np.isnan(many.day[..., [visit.day > 0 for visit in many.visits]])
    both = (missed[..., 1:] & missed[..., :-1]).mean()
    assert both == pytest.approx(0.05**2, rel=0.25)


def test_nothing_is_measured_and_no_rule_applies_at_a_missed_visit(many: Records) -> None:
    missed = np.isnan(many.day)
    assert all(np.isnan(values[missed]).all() for values in many.values.values())
    at_16 = [visit.label for visit in many.visits].index("week 16")
    assert np.isnan(many.events["additional_dose"][missed[..., at_16]]).all()


def test_visits_lie_evenly_around_their_day_inside_their_window(many: Records) -> None:
    for index, visit in enumerate(many.visits):
        days = many.day[..., index]
        came = days[~np.isnan(days)]
        if visit.day <= 0:
            assert (came == visit.day).all()
            continue
        # The window is 3 days up to week 12, and 7 days later; the file says 5 at most.
        off = 3 if visit.day <= 84 else 5
        values, count = np.unique(came - visit.day, return_counts=True)
        assert values.tolist() == list(range(-off, off + 1))
        assert abs(count / came.size - 1 / (2 * off + 1)).max() < 0.01


def test_days_close_together_keep_their_order(krueger: Protocol) -> None:
    """Visits every 4 days whose windows overlap: each still comes after the one before."""
    close = [Visit(f"day {day}", "treatment", day, day - 9, day + 9) for day in range(0, 40, 4)]
    coming = attendance(with_attendance(krueger, None, 9), Stream(1, 0, np.arange(2000)), close)
    assert (np.diff(coming.day, axis=-1) > 0).all()
    assert (coming.day[:, 1:-1] != np.asarray([visit.day for visit in close])[1:-1]).any()


def test_the_lesion_is_read_on_the_day_of_the_visit(krueger: Protocol) -> None:
    """Read 2 days early or late, against the same people on the planned day of week 4.

    90 mg weekly: the lesion falls by a tenth or so in the 4 days between.
    """
    moved = with_attendance(krueger, None, 2)
    records = simulate(prepare(moved, seed=7), range(REPLICATES))
    on_plan = simulate(prepare(with_attendance(krueger, None, 0), seed=7), range(REPLICATES))
    week_4 = [visit.label for visit in records.visits].index("week 4")
    off = records.day[..., week_4] - 28
    arm = records.arm == records.arms.index("weekly_90")
    now, planned_then = (one.values["PASI"][..., week_4] for one in (records, on_plan))
    seen = arm & (planned_then > 5)
    early, planned, late = (
        np.median(now[seen & (off == days)] / planned_then[seen & (off == days)])
        for days in (-2, 0, 2)
    )
    assert planned == 1.0
    assert 1.02 < early < 1.12
    assert 0.88 < late < 0.98


def test_a_dose_due_at_a_visit_is_recorded_on_the_day_of_the_visit(many: Records) -> None:
    labels = [visit.label for visit in many.visits]
    week_20 = many.day[..., labels.index("week 20")]
    crossed = ~np.isnan(many.events["crossover"])
    assert crossed.sum() > 1000
    np.testing.assert_array_equal(many.events["crossover"][crossed], week_20[crossed])
    given = np.where(many.exposures.amount == 90, many.exposures.day, np.nan)
    on_the_day = (given == week_20[..., None]).any(axis=-1)
    assert on_the_day[crossed].all()


def test_who_leaves_before_the_actual_day_does_not_come(krueger: Protocol) -> None:
    records = simulate(prepare(krueger, seed=3), range(10))
    assert not (records.day >= records.events[LEAVES_STUDY][..., None]).any()


def test_adding_a_visit_moves_no_other(krueger: Protocol) -> None:
    stream, planned = Stream(1, 0, np.arange(50)), visits(krueger)
    changed = with_attendance(krueger, "10 %", 2)
    fewer = [visit for visit in planned if visit.label != "week 24"]
    kept = [index for index, visit in enumerate(planned) if visit.label != "week 24"]
    every, without = (attendance(changed, stream, some).day for some in (planned, fewer))
    np.testing.assert_array_equal(every[:, kept], without)


def test_without_a_word_everybody_comes_on_the_planned_day(krueger: Protocol) -> None:
    stated = with_attendance(krueger, None, 0)
    records = simulate(prepare(stated, seed=3), range(3))
    planned = np.asarray([float(visit.day) for visit in records.visits])
    np.testing.assert_array_equal(records.day, np.broadcast_to(planned, records.day.shape))
