"""Intercurrent events before or after the visit itself, not the day on which it was planned."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from wholetrial.data.records import Records
from wholetrial.endpoints.derive import derive
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import visits

Make = Callable[..., Records]


def test_stopping_is_held_against_the_day_of_the_visit(krueger: Protocol, records_of: Make) -> None:
    """Week 12 is planned on day 84. All respond when they come; all stop treatment at some time.

    came on day   82   82   86   86   84   84
    stopped on    82   83   85   87   84   85
    """
    records = records_of(
        krueger,
        {"PASI": {"week 0": [20.0] * 6, "week 12": [1.0] * 6}},
        events={"stops_treatment": np.array([82.0, 83.0, 85.0, 87.0, 84.0, 85.0])},
    )
    week_12 = [visit.label for visit in visits(krueger)].index("week 12")
    day = records.day.copy()
    day[:, week_12] = [82.0, 82.0, 86.0, 86.0, 84.0, 84.0]
    (found,) = derive(krueger, replace(records, day=day), "pasi_75_week_12", "randomized")
    assert found.variable.value.tolist() == [0, 1, 0, 1, 0, 1]
