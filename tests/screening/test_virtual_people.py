"""Virtual people are screened by the same criteria: the arrays agree with the reference."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from wholetrial.numerics.philox import Stream
from wholetrial.programme.trials import load, shipped_trials
from wholetrial.programme.virtual_people import virtual_funnel, virtual_people
from wholetrial.protocol.assumptions import read_lets_through
from wholetrial.protocol.check import check_file
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.value import parse_phrase
from wholetrial.screening.days import exactly
from wholetrial.screening.evaluate import screen
from wholetrial.screening.person import Fact, Person
from wholetrial.simulation.cautions import cautions_of
from wholetrial.simulation.population import enroll
from wholetrial.simulation.simulate import prepare

ON = date(2026, 4, 1)
VERDICTS = {"allows": 1, "not applicable": 1, "blocks": 0, "unknown": -1}
PEOPLE = 300


def _person(values: dict[str, float], protocol: Protocol, name: str) -> Person:
    """A virtual person as somebody would write them down; months are kept as days."""
    facts = [
        Fact(measure, value=value)
        for measure, value in values.items()
        if measure in protocol.instruments and not np.isnan(value)
    ]
    facts += [
        Fact(concept, start=exactly(ON - timedelta(days=int(years * 365.25))))
        for concept, years in values.items()
        if concept in protocol.eligibility.concepts
    ]
    age = int(np.floor(values["age"]))
    return Person(name, ON, born=exactly(date(ON.year - age, 1, 1)), facts=tuple(facts))


@pytest.mark.parametrize("trial", shipped_trials())
def test_arrays_and_the_reference_say_the_same_of_virtual_people(trial: str) -> None:
    protocol = load(trial)
    people = virtual_people(protocol, PEOPLE)
    assert people is not None
    records = people.situation.records
    tables = {**{n: v[..., 0] for n, v in records.values.items()}, **records.facts}
    rows = [
        {name: float(values[row]) for name, values in tables.items()}
        for row in np.flatnonzero(people.exist)
    ]
    answers = [screen(protocol, _person(row, protocol, str(n))) for n, row in enumerate(rows)]
    for name, verdict in people.allowed(protocol).items():
        told = [
            next(VERDICTS[one.verdict] for one in answer.criteria if one.name == name)
            for answer in answers
        ]
        # a drawn time lies within a day of six months for nearly nobody
        assert np.mean(np.asarray(told) == verdict) > 0.99, name
        if set(verdict.tolist()) <= {-1}:
            assert told == verdict.tolist()


def test_a_share_lets_through_as_many_as_it_says() -> None:
    protocol = load("NCT00320216")
    simulation = prepare(protocol, seed=1)
    stream = Stream(1, np.zeros(4000, np.int64), np.arange(4000))
    waived = enroll(protocol, stream, simulation.readers)
    half = parse_phrase("50 %", read_lets_through)
    assumed = protocol.assumptions
    assert assumed is not None
    drawn = protocol.model_copy(
        update={"assumptions": assumed.model_copy(update={"screening": {"I4": half}})}
    )
    chosen = enroll(drawn, stream, simulation.readers)
    assert chosen.screened == pytest.approx(2 * waived.screened, rel=0.05)
    assert "I4 lets" in " ".join(cautions_of(replace(simulation, protocol=drawn)))


def test_waiving_changes_no_number() -> None:
    protocol = load("NCT00320216")
    assumed = protocol.assumptions
    assert assumed is not None
    silent = protocol.model_copy(
        update={"assumptions": assumed.model_copy(update={"screening": {}})}
    )
    stream = Stream(1, np.zeros(200, np.int64), np.arange(200))
    readers = prepare(protocol, seed=1).readers
    one, other = enroll(protocol, stream, readers), enroll(silent, stream, readers)
    assert one.screened == other.screened
    for name, values in one.baseline.items():
        assert np.array_equal(values, other.baseline[name])


def test_the_funnel_of_virtual_people_names_what_is_assumed() -> None:
    people = virtual_people(load("NCT03424629"), 1000)
    assert people is not None
    steps = {step.name: step for step in virtual_funnel(people)}
    assert steps["I3"].blocks > 0
    assert steps["I4"].assumed == "waived"
    assert steps["E9"].left == people.count - sum(
        1 for row in np.stack(list(people.allowed(people.protocol).values())).T if (row == 0).any()
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{I44: waived}", "the name of a criterion"),
        ("{I3: waived}", "is decided by values that virtual people have"),
        ("{I4: maybe}", "expected"),
    ],
)
def test_what_is_wrong_with_the_assumption_is_told(tmp_path, line: str, says: str) -> None:  # type: ignore[no-untyped-def]
    from wholetrial.protocol import check

    starter = (check.__file__ or "").replace("check.py", "starter.yaml")
    with open(starter, encoding="utf-8") as file:  # noqa: PTH123
        text = file.read()
    path = tmp_path / "trial.yaml"
    path.write_text(text.replace("  visit_noise:", f"  screening: {line}\n  visit_noise:"))
    assert any(says in str(found) and "screening" in str(found) for found in check_file(path)[1])
