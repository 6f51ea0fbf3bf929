"""The picture of the design: every dose, visit and rule in its place, no label on another."""

from itertools import pairwise

import pytest

from wholetrial.protocol.dose import Dose, DoseChoice
from wholetrial.protocol.time import Every, Point
from wholetrial.report.contents import Contents
from wholetrial.report.design_picture import design_picture
from wholetrial.report.time_axis import LETTER, NARROWEST, Axis, placed, week_ticks


def test_doses_visits_and_rules_stand_at_their_days(only_planned):
    picture = design_picture(only_planned)
    axis = Axis(-14, 84)
    drug, placebo = picture.rows
    assert drug.lanes[0].doses == (axis.place(0), axis.place(28))
    assert [label.text for label in drug.lanes[0].labels] == ["2 × 10 mg", "a"]
    assert drug.lanes[0].by_rule == (axis.place(56),)
    assert placebo.lanes[0].by_rule == ()
    assert [label.text for label in placebo.lanes[0].labels] == ["2 × P"]
    assert [(mark.label, mark.hollow) for mark in picture.visits] == [
        ("week 0", False),
        ("week 4", False),
        ("week 8", False),
        ("week 12", True),
    ]
    assert [flag.place for flag in picture.primary] == [axis.place(56)]


def test_notes_say_what_a_rule_does_and_when(only_planned):
    (note,) = design_picture(only_planned).notes
    assert (note.letter, note.title) == ("a", "More")
    assert note.text == (
        "At week 8, participants in the Drug A arm receive drug A 20 mg "
        "if PASI has improved by less than 75%."
    )
    assert design_picture(only_planned).conditional == ("Follow up: only if PASI 75 at week 8",)


def test_daily_doses_are_a_bar_with_words_and_choices_have_lanes(only_planned):
    protocol = only_planned.protocol
    week_0, week_8 = Point(number=0, unit="week"), Point(number=8, unit="week")
    daily = Dose(
        intervention="A", amount=5, most=25, unit="mg",
        times=Every(every=1, unit="day", start=week_0, end=week_8),
    )  # fmt: skip
    cells = daily.model_copy(update={"amount": 3e6, "most": None, "unit": "cells/kg"})
    arm = protocol.arms["a"].model_copy(update={"doses": (DoseChoice(one_of=(daily, cells)),)})
    changed = protocol.model_copy(update={"arms": {**protocol.arms, "a": arm}})
    picture = design_picture(Contents(changed, "", {"a": "A", "p": "P"}))
    first, second = picture.rows[0].lanes
    assert [label.text for label in first.labels if label.text != "a"] == ["A 5 to 25 mg daily"]
    assert [label.text for label in second.labels if label.text != "a"] == [
        "A 3 million cells/kg daily"
    ]
    assert (len(first.bars), first.doses) == (1, ())


@pytest.mark.parametrize(
    "wanted",
    [
        [(10.0, "160 mg"), (20.0, "6 × 80 mg"), (22.0, "a")],
        [(0.0, "a long label at the left"), (1.0, "b")],
        [(100.0, "a long label at the right"), (99.0, "another one")],
    ],
)
def test_labels_never_meet_and_never_leave_a_phone(wanted):
    spans = []
    for label in placed(wanted):
        x, width = label.place * NARROWEST / 100, LETTER * len(label.text)
        left = {"start": x, "middle": x - width / 2, "end": x - width}[label.anchor]
        assert -1e-9 <= left <= left + width <= NARROWEST + 1e-9
        spans.append((label.level, left, left + width))
    for index, (level, left, right) in enumerate(spans):
        for other, start, end in spans[index + 1 :]:
            assert level != other or right <= start or end <= left


@pytest.mark.parametrize("last", [14, 84, 364, 900, 3650])
def test_week_numbers_have_room_on_a_phone(last):
    places = [tick.place for tick in week_ticks(Axis(-28, last))]
    gaps = [later - earlier for earlier, later in pairwise(places)]
    assert all(gap * NARROWEST / 100 >= 25.9 for gap in gaps)
    assert len(places) >= 2
