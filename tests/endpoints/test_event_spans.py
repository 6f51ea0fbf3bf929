"""Adverse events count from the first day of their span to its last, both included."""

from collections.abc import Callable

import numpy as np
import pytest

from wholetrial.data.records import AdverseEvents, Records
from wholetrial.endpoints.derive import derive
from wholetrial.protocol.protocol import Protocol

NAN = np.nan


@pytest.mark.parametrize(
    ("day", "counts"), [(-1, 0), (0, 1), (1, 1), (139, 1), (140, 1), (141, 0), (NAN, 0)]
)
def test_an_event_from_week_0_to_week_20_has_a_day_from_0_to_140(
    krueger: Protocol, records_of: Callable[..., Records], day: float, counts: int
) -> None:
    happened = AdverseEvents(np.array([[day]]), np.int8([[0]]), np.array([[False]]))
    records = records_of(krueger, {"PASI": {"week 0": [20.0]}}, adverse_events=happened)
    (any_event,) = derive(krueger, records, "any_ae", "treated")
    (serious_event,) = derive(krueger, records, "any_sae", "treated")
    assert any_event.variable.value.tolist() == [counts]
    assert serious_event.variable.value.tolist() == [0]
