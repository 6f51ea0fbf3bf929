"""Records written as tables and read back are the same bits."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wholetrial.data.read import read_records
from wholetrial.data.records import (
    AdverseEvents,
    Exposures,
    Records,
    empty_events,
    empty_exposures,
    packed,
    planned_visits,
)
from wholetrial.data.write import write_tables
from wholetrial.protocol.load import load
from wholetrial.simulation.simulate import prepare, simulate

TRIALS = Path(__file__).parents[2] / "trials"
PROTOCOL = load(TRIALS / "NCT00320216" / "trial.yaml")
VISITS = planned_visits(PROTOCOL)
NAN = float("nan")
REASONS = ("other", "lack_of_efficacy", 'moved, to another "town"', "adverse_event")

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=6)


def bits(value):
    """Every array of some records as its type, shape and bytes."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, dict):
        return {name: bits(part) for name, part in value.items()}
    if isinstance(value, Records | Exposures | AdverseEvents):
        return {part.name: bits(getattr(value, part.name)) for part in fields(value)}
    return value


def column(draw, people, elements):
    """One value for each participant, NaN for some."""
    maybe = st.one_of(st.just(NAN), elements)
    return np.array(draw(st.lists(maybe, min_size=people, max_size=people)), float)


def codes(draw, people):
    """The place of a reason plus 1 for each participant, 0 for some."""
    place = st.integers(0, len(REASONS))
    return np.array(draw(st.lists(place, min_size=people, max_size=people)), np.int32)


def table(draw, people, days):
    """For each participant up to three rows, as a padded array of each of their columns."""
    rows = [draw(st.lists(days, max_size=3)) for _ in range(people)]
    width = max(map(len, rows))
    return [list(row) + [None] * (width - len(row)) for row in rows], (people, width)


@st.composite
def trials(draw):
    """Small trials of NCT00320216, with everything that tables can hold."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    assume(not set(names) & {"NA", "NaN", "."})
    people = len(names)
    arm = np.array(draw(st.lists(st.integers(0, 4), min_size=people, max_size=people)), np.int8)
    day = np.stack(
        [
            column(draw, people, st.integers(-60, 0) if v.day < 0 else st.integers(0, 400))
            for v in VISITS
        ],
        axis=-1,
    )
    scores = {
        "PASI": st.integers(0, 720).map(lambda tenths: tenths / 10),
        "BSA": st.integers(0, 1000).map(lambda tenths: tenths / 10),
        "weight": st.floats(1, 700),
    }
    values = {name: np.full(day.shape, NAN) for name in scores}
    for name, score in scores.items():
        for visit in draw(st.sets(st.integers(0, len(VISITS) - 1), max_size=2)):
            seen = ~np.isnan(day[:, visit])
            values[name][:, visit] = np.where(seen, column(draw, people, score), NAN)
    assume(any((~np.isnan(array)).any() for array in values.values()))
    days = st.integers(-30, 500)
    names_of_events = ("leaves_study", "stops_treatment", "additional_dose", "crossover")
    happened = {name: column(draw, people, days) for name in names_of_events}
    doses, shape = table(draw, people, st.tuples(days, st.floats(0, 1e300), st.integers(0, 1)))
    exposures = (
        empty_exposures((people,))
        if not shape[1]
        else Exposures(
            np.array([[NAN if d is None else d[0] for d in row] for row in doses], float),
            np.array([[NAN if d is None else d[1] for d in row] for row in doses], float),
            np.array([[0 if d is None else d[2] for d in row] for row in doses], np.int8),
        )
    )
    harms, shape = table(draw, people, st.tuples(days, st.integers(0, 5), st.booleans()))
    events = (
        empty_events((people,))
        if not shape[1]
        else AdverseEvents(
            np.array([[NAN if e is None else e[0] for e in row] for row in harms], float),
            np.array([[0 if e is None else e[1] for e in row] for row in harms], np.int8),
            np.array([[e is not None and e[2] for e in row] for row in harms], np.bool_),
        )
    )
    return Records(
        arms=tuple(PROTOCOL.arms),
        interventions=tuple(PROTOCOL.interventions),
        visits=VISITS,
        participants=tuple(names),
        arm=arm,
        received=np.where([row and row[0] is not None for row in doses], arm, -1).astype(np.int8)
        if exposures.day.size
        else np.full(people, draw(st.sampled_from([-1, 0, 4])), np.int8),
        day=day,
        values=values,
        facts={
            "age": column(draw, people, st.floats(0, 130)),
            "male": column(draw, people, st.sampled_from([0.0, 1.0])),
            "marker": column(draw, people, NUMBERS),
        },
        events=happened,
        exposures=exposures,
        adverse_events=events,
        reason_terms=REASONS,
        reasons={
            name: np.where(np.isnan(happened[name]), 0, codes(draw, people)).astype(np.int32)
            for name in draw(st.sets(st.sampled_from(names_of_events)))
        },
    )


@settings(max_examples=60)
@given(trials())
def test_tables_give_back_the_same_bits(tmp_path_factory, records):
    folder = tmp_path_factory.mktemp("tables")
    write_tables(records, folder)
    assert bits(read_records(folder, PROTOCOL).records) == bits(packed(records))


@pytest.mark.parametrize("trial", ["NCT00320216", "NCT06374979"])
def test_a_simulated_trial_gives_back_the_same_bits(trial, tmp_path):
    protocol = load(TRIALS / trial / "trial.yaml")
    records = simulate(prepare(protocol, seed=2007), range(1)).replicate(0)
    write_tables(records, tmp_path)
    again = read_records(tmp_path, protocol).records
    assert bits(again) == bits(packed(records))
    assert (~np.isnan(again.values["PASI"])).sum() > 2 * len(again.participants)


def test_why_somebody_left_is_read_back(tmp_path):
    records = simulate(prepare(PROTOCOL, seed=2007), range(1)).replicate(0)
    write_tables(records, tmp_path)
    rows = (tmp_path / "dispositions.csv").read_text().splitlines()
    assert rows[0] == "participant,day,event,reason"
    left = [row.split(",") for row in rows[1:] if ",leaves_study," in row]
    assert {row[3] for row in left} == {"", "adverse_event", "lack_of_efficacy", "other"}
    again = read_records(tmp_path, PROTOCOL).records
    assert again.reason_terms == ("adverse_event", "lack_of_efficacy", "other")
    spoken = dict(zip(again.participants, again.reasons["leaves_study"].tolist(), strict=True))
    assert all(("", *again.reason_terms)[spoken[who]] == why for who, _, _, why in left)


def simulated():
    return simulate(prepare(PROTOCOL, seed=1), range(1)).replicate(0)


def test_the_same_records_are_the_same_bytes(tmp_path):
    first = write_tables(simulated(), tmp_path / "first")
    again = write_tables(read_records(tmp_path / "first", PROTOCOL).records, tmp_path / "again")
    assert [path.name for path in first] == [
        "participants.csv",
        "visits.csv",
        "observations.csv",
        "exposures.csv",
        "adverse_events.csv",
        "dispositions.csv",
    ]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]


def test_files_are_whole_or_absent(tmp_path):
    (tmp_path / "observations.csv").mkdir()
    with pytest.raises(IsADirectoryError, match="observations"):
        write_tables(simulated(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["observations.csv"]


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    write = Path.write_bytes

    def full(path, content):
        if "exposures" in path.name:
            raise OSError(28, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_tables(simulated(), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: replace(r, participants=("NA", *r.participants[1:])), "'NA' cannot be"),
        (lambda r: replace(r, participants=("a\nb", *r.participants[1:])), "cannot be"),
        (lambda r: replace(r, participants=("P002", *r.participants[1:])), "of their own"),
        (lambda r: replace(r, facts={"PASI": r.facts["age"]}), "'PASI' cannot be a fact"),
        (lambda r: replace(r, day=np.full_like(r.day, NAN)), "that nobody attended"),
        (lambda r: replace(r, day=r.day + 0.5), "a day is not whole"),
        (lambda r: replace(r, facts={"age": r.facts["age"] * np.inf}), "infinite"),
    ],
)
def test_what_tables_cannot_hold_is_refused(change, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        write_tables(change(simulated()), tmp_path)
    assert not list(tmp_path.iterdir())


def test_several_replicates_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"take records.replicate\(0\)"):
        write_tables(simulate(prepare(PROTOCOL, seed=1), range(2)), tmp_path)
