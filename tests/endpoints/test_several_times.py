"""One response that speaks of two visits, and several estimates at one visit each."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from wholetrial.data.records import Records
from wholetrial.endpoints.derive import derive
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader

Make = Callable[..., Records]


def values(protocol: Protocol, records: Records, phrase: str) -> dict[str, list[float]]:
    response = (read_condition(Reader(phrase)),)
    primary = protocol.endpoints.primary
    endpoint = primary["pasi_75_week_12"].model_copy(update={"response": response})
    endpoints = protocol.endpoints.model_copy(update={"primary": {"pasi_75_week_12": endpoint}})
    changed = protocol.model_copy(update={"endpoints": endpoints})
    found = derive(changed, records, "pasi_75_week_12", "randomized")
    return {one.variable.at: one.variable.value.tolist() for one in found}


@pytest.fixture
def records(krueger: Protocol, records_of: Make) -> Records:
    """PASI 75 at both visits, at week 12 alone, at week 16 alone, at neither."""
    weeks = {
        "week 0": [20.0] * 4,
        "week 12": [5.0, 5.0, 9.0, 9.0],
        "week 16": [5.0, 9.0, 5.0, 9.0],
    }
    return records_of(krueger, {"PASI": weeks})


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("PASI_75 at week 12 and PASI_75 at week 16", [1, 0, 0, 0]),
        ("PASI_75 at week 12 or PASI_75 at week 16", [1, 1, 1, 0]),
        ("PASI_75 at week 12 and not (PASI_75 at week 16)", [0, 1, 0, 0]),
        ("at least 2 of (PASI_75 at week 12; PASI_75 at week 16)", [1, 0, 0, 0]),
        ("if PASI_75 at week 12 then PASI_75 at week 16", [1, 0, 1, 1]),
        ("PASI_75 at week 12 and PASI_75 at every visit from week 12 to week 16", [1, 0, 0, 0]),
    ],
)
def test_each_part_of_a_response_is_looked_at_on_its_own_visit(
    krueger: Protocol, records: Records, phrase: str, expected: list[float]
) -> None:
    assert list(values(krueger, records, phrase).values()) == [expected]


def test_a_list_of_weeks_gives_one_estimate_for_each(krueger: Protocol, records: Records) -> None:
    found = values(krueger, records, "PASI_75 at weeks 12, 16")
    assert found == {"week 12": [1, 1, 0, 0], "week 16": [1, 0, 1, 0]}


def test_a_term_that_names_its_own_visit_is_looked_at_there(
    krueger: Protocol, records: Records
) -> None:
    """Everybody stops treatment on day 100, after week 12 and before week 16."""
    term = read_condition(Reader("PASI improvement >= 75 % at week 12"))
    protocol = krueger.model_copy(update={"terms": {**krueger.terms, "responder": term}})
    stopped = replace(records, events={"stops_treatment": np.full(4, 100.0)})
    assert values(protocol, stopped, "responder") == {"week 12": [1, 1, 0, 0]}
    assert values(protocol, stopped, "responder and PASI_75 at week 16") == {"week 16": [0] * 4}
