"""NCT03424629: who is in response at week 52 without a relapse since week 7, of the whole arm."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from wholetrial.analysis.planned.analyze import analyze
from wholetrial.data.records import Records
from wholetrial.endpoints.derive import NotDerivedError, derive, one_time_each
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.read_condition import read_condition
from wholetrial.protocol.reader import Reader

TRIALS = Path(__file__).resolve().parents[2] / "trials"
NAN = float("nan")
WEEKS = (0, 1, 2, 3, 5, 7, 8, 12, 16, 20, 36, 52)
PEOPLE = {
    # week       0   1   2   3   5    7    8  12   16   20  36   52
    "kept": ((20, 20, 20, 20, 12, 8.0, 8, 5, 4.0, 4.0, 4, 4.0), 1),
    "lost 8 of 12 at week 20": ((20, 20, 20, 20, 12, 8.0, 8, 5, 4.0, 16.0, 4, 4.0), 0),
    "lost 6 of 12, just half": ((20, 20, 20, 20, 12, 8.0, 8, 5, 4.0, 14.0, 4, 4.0), 1),
    "nothing gained at week 7": ((20, 20, 20, 20, 20, 20.0, 20, 9, 4.0, 4.0, 4, 4.0), 1),
    "no response at week 52": ((20, 20, 20, 20, 12, 8.0, 8, 5, 4.0, 4.0, 4, 5.1), 0),
    "no visit at week 52": ((20, 20, 20, 20, 12, 8.0, 8, 5, 4.0, 4.0, 4, NAN), NAN),
    "no visit at week 16": ((20, 20, 20, 20, 12, 8.0, 8, 5, NAN, 4.0, 4, 4.0), NAN),
    "no visit at week 7": ((20, 20, 20, 20, 12, NAN, 8, 5, 4.0, 4.0, 4, 4.0), NAN),
    "no week 16, relapsed": ((20, 20, 20, 20, 12, 8.0, 8, 5, NAN, 16.0, 4, 4.0), 0),
    "no week 16, no response": ((20, 20, 20, 20, 12, 8.0, 8, 5, NAN, 4.0, 4, 9.0), 0),
}


@pytest.fixture(scope="module")
def cells() -> Protocol:
    return load(TRIALS / "NCT03424629" / "trial.yaml")


@pytest.fixture
def records(cells: Protocol, records_of: Callable[..., Records]) -> Records:
    rows = [row for row, _ in PEOPLE.values()]
    by_week = {f"week {week}": [row[i] for row in rows] for i, week in enumerate(WEEKS)}
    return records_of(cells, {"PASI": by_week})


def as_observed(protocol: Protocol) -> Protocol:
    rules = protocol.missing.model_copy(update={"response": "as observed"})
    return protocol.model_copy(update={"missing": rules})


def test_response_kept_since_week_7_by_hand(cells: Protocol, records: Records) -> None:
    (found,) = derive(as_observed(cells), records, "kept_pasi_75", "randomized")
    expected = [value for _, value in PEOPLE.values()]
    np.testing.assert_array_equal(found.variable.value, expected)
    assert found.member.all()
    assert (found.variable.at, found.variable.day) == ("week 52", 364.0)


def test_what_is_not_known_is_no_response(cells: Protocol, records: Records) -> None:
    (found,) = derive(cells, records, "kept_pasi_75", "randomized")
    expected = [np.nan_to_num(value) for _, value in PEOPLE.values()]
    np.testing.assert_array_equal(found.variable.value, expected)


def test_those_at_risk_of_relapse_are_named_as_chosen_later(
    cells: Protocol, records: Records
) -> None:
    (found,) = derive(cells, records, "time_to_relapse", "randomized")
    assert found.member.tolist() == [
        name not in ("nothing gained at week 7", "no visit at week 7") for name in PEOPLE
    ]
    note = analyze(cells, "relapse", [found])[0].note
    assert "at risk: PASI improvement > 0 % at week 7, chosen after the start of treatment" in note


def test_parts_with_one_time_keep_it_beside_parts_with_several() -> None:
    phrase = "PASI_75 at weeks 36, 52 and not relapse at any visit from week 8 to week 52"
    assert [(str(part), str(at)) for part, at in one_time_each(read_condition(Reader(phrase)))] == [
        (phrase.replace("weeks 36, 52", "week 36"), "week 36"),
        (phrase.replace("weeks 36, 52", "week 52"), "week 52"),
    ]


def test_different_lists_of_times_are_refused() -> None:
    condition = read_condition(Reader("PASI_75 at weeks 12, 16 and PGA_0_1 at weeks 20, 36"))
    with pytest.raises(NotDerivedError, match="several times in 'PASI_75 at weeks 12, 16 and"):
        list(one_time_each(condition))


def test_an_intercurrent_event_counts_until_the_latest_time_of_the_condition(
    cells: Protocol, records_of: Callable[..., Records]
) -> None:
    """PASI 75 at week 12 and 52: who stops at day 200 has no response, who stops at 365 has."""
    phrase = "PASI_75 at week 12 and PASI_75 at week 52"
    endpoint = cells.endpoints.primary["pasi_75_week_20"].model_copy(
        update={"response": (read_condition(Reader(phrase)),)}
    )
    endpoints = cells.endpoints.model_copy(update={"primary": {"both": endpoint}})
    weeks = {"week 0": [20.0, 20.0], "week 12": [1.0, 1.0], "week 52": [1.0, 1.0]}
    stopped = {"stops_treatment": np.array([200.0, 365.0])}
    (found,) = derive(
        cells.model_copy(update={"endpoints": endpoints}),
        records_of(cells, {"PASI": weeks}, events=stopped),
        "both",
        "randomized",
    )
    assert found.variable.value.tolist() == [0, 1]
