"""An ambiguous definition is analyzed by every reading: NCT04537689 does not define relapse."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from wholetrial.analysis.operating import powers
from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import Records
from wholetrial.programme.results import Analyzed, analyze_records
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reading import (
    UnknownReadingError,
    reading_taken,
    readings_not_taken,
    with_reading,
)

TRIALS = Path(__file__).resolve().parents[2] / "trials"
READINGS = ("", "relapse as lost_PASI_75", "relapse as lost_PASI_50")
MONTHS = (3, 6, 9, 12, 15, 18, 24)


@pytest.fixture(scope="module")
def withdrawal() -> Protocol:
    return load(TRIALS / "NCT04537689" / "trial.yaml")


def analyzed(protocol: Protocol, records_of: Callable[..., Records]) -> Analyzed:
    """Four on ixekizumab, PASI 20 until week 4 and 1 at week 24; what they have after withdrawal.

    Best improvement 19. PASI 6 loses PASI 75 only; 10.4 loses PASI 50 too, but 9.4 of 19 is less
    than half (49.5 %); 10.6 loses half (50.5 %) as well.
    """
    after = [1.0, 6.0, 10.4, 10.6]
    weeks = {f"week {week}": [20.0 if week <= 4 else 1.0] * 4 for week in range(0, 25, 4)}
    months = {f"month {month} after withdrawal": after for month in MONTHS}
    return analyze_records(protocol, records_of(protocol, {"PASI": {**weeks, **months}}))


def of(found: Analyzed, endpoint: str, name: str, reading: str) -> list[Statistic]:
    return [
        one
        for one in found.statistics
        if (one.endpoint, one.name, one.reading, one.arm) == (endpoint, name, reading, "ixekizumab")
    ]


@pytest.mark.parametrize(
    ("reading", "without"),
    [("", 3), ("relapse as lost_PASI_75", 1), ("relapse as lost_PASI_50", 2)],
)
def test_those_without_relapse_by_hand_in_each_reading(
    withdrawal: Protocol, records_of: Callable[..., Records], reading: str, without: int
) -> None:
    found = analyzed(withdrawal, records_of)
    shares = of(found, "relapse_rate", "proportion", reading)
    assert [(int(one.count or 0), int(one.n)) for one in shares] == [(without, 4)] * 3
    assert [one.at for one in shares] == [
        f"not relapse at any visit from withdrawal to month {month} after withdrawal"
        for month in (15, 18, 24)
    ]
    (curve,) = of(found, "time_to_relapse", "event_free", reading)
    assert float(curve.value) == pytest.approx(without / 4)


def test_other_readings_are_marked_in_their_rows(
    withdrawal: Protocol, records_of: Callable[..., Records]
) -> None:
    found = analyzed(withdrawal, records_of)
    rows = [one.row("recorded") for one in found.statistics]
    assert {row["reading"] for row in rows} == set(READINGS)
    assert {row["endpoint"] for row in rows if row["reading"]} == {
        "relapse_rate",
        "time_to_relapse",
    }
    for row in rows:
        assert (f"reading: {row['reading']}" in row["note"]) == bool(row["reading"])
    keys = ("analysis", "endpoint", "at", "reading", "arm", "comparison", "statistic", "method")
    named = [tuple(row[key] for key in keys) for row in rows]
    assert len(named) == len(set(named))


def test_outcomes_and_power_are_of_the_reading_taken(
    withdrawal: Protocol, records_of: Callable[..., Records]
) -> None:
    found = analyzed(withdrawal, records_of)
    relapses = [one for one in found.outcomes if one.endpoint == "time_to_relapse"]
    assert [one.variable.value.tolist() for one in relapses] == [[0, 0, 0, 1]]
    assert powers(withdrawal, found.statistics) == []


def test_a_reading_changes_its_statement_and_keeps_the_others_recorded(
    withdrawal: Protocol,
) -> None:
    other = with_reading(withdrawal, "terms.relapse", "lost_PASI_75")
    assert str(other.terms["relapse"]) == "not PASI_75"
    assert str(reading_taken(other, "terms.relapse")) == "relapse as lost_PASI_75"
    assert [str(one) for one in readings_not_taken(other, "relapse_rate")] == [
        "relapse as lost_half",
        "relapse as lost_PASI_50",
    ]
    assert with_reading(other, "terms.relapse", "lost_half") == withdrawal


@pytest.mark.parametrize("file", sorted(TRIALS.glob("*/trial.yaml")), ids=lambda f: f.parent.name)
def test_every_reading_of_the_shipped_trials_holds_together(file: Path) -> None:
    protocol = load(file)
    for path, stated in protocol.provenance.readings.items():
        for name in stated.readings:
            other = with_reading(protocol, path, name)
            assert (other == protocol) == (name == stated.taken)


@pytest.mark.parametrize(
    ("path", "name", "message"),
    [
        ("terms.relapse", "lost_PASI_57", "a reading of terms.relapse .*did you mean 'lost_PASI_"),
        ("terms.relaps", "lost_half", "a statement with readings .*did you mean 'terms.relapse'"),
    ],
)
def test_a_reading_that_is_not_recorded_is_refused(
    withdrawal: Protocol, path: str, name: str, message: str
) -> None:
    with pytest.raises(UnknownReadingError, match=message):
        with_reading(withdrawal, path, name)


def test_an_endpoint_without_ambiguous_terms_is_analyzed_once(
    withdrawal: Protocol, records_of: Callable[..., Records]
) -> None:
    assert readings_not_taken(withdrawal, "pasi_response") == ()
    shares = of(analyzed(withdrawal, records_of), "sustained", "proportion", "")
    assert [int(one.n) for one in shares] == [4]
    assert np.isfinite([float(one.value) for one in shares]).all()
