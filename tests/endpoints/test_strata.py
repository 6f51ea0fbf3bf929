"""The stratum of each participant: terms as seen at screening, centers, and what is not known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from wholetrial.data.read import read_records
from wholetrial.data.records import Records, joined, repeated
from wholetrial.data.write import write_tables
from wholetrial.endpoints.baseline import baseline_values, stratum_of
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol

FILE = Path(__file__).resolve().parents[1] / "protocol" / "data" / "several_arms.yaml"
MISSING = float("nan")
Make = Callable[..., Records]


@pytest.fixture(scope="module")
def several() -> Protocol:
    return load(FILE)


@pytest.fixture
def five(several: Protocol, records_of: Make) -> Records:
    """Two are heavy; the third loses PASI points until week 0; the last has no weight, no center.

    PASI at screening  25  15  22  18  30
    PASI at week 0     25  15  12  24  30
    weight            100  80  95  90   ?
    center              1   2   1   3   ?
    """
    values = {
        "PASI": {"screening": [25.0, 15, 22, 18, 30], "week 0": [25.0, 15, 12, 24, 30]},
        "weight": {"screening": [100.0, 80, 95, 90, MISSING]},
    }
    facts = {"center": np.array([1.0, 2, 1, 3, MISSING]), "male": np.array([1.0, 0, 0, 1, 1])}
    return records_of(several, values, facts=facts)


def groups(stratum: np.ndarray) -> list[list[int]]:
    """Who is together with whom, without those of no stratum."""
    return [np.flatnonzero(stratum == code).tolist() for code in np.unique(stratum[stratum >= 0])]


def test_a_term_is_looked_at_when_people_are_randomized(several: Protocol, five: Records) -> None:
    """Severe is PASI of 20 or more at screening, whatever it is when treatment begins."""
    assert groups(stratum_of(several, five, ("severe",))) == [[1, 3], [0, 2, 4]]
    found = baseline_values(several, five, ("severe",))["severe"]
    assert found.tolist() == [1, 0, 1, 0, 1]


def test_a_term_that_screening_does_not_know_is_looked_at_in_the_beginning(
    several: Protocol, five: Records
) -> None:
    values = {**five.values, "PASI": five.values["PASI"].copy()}
    values["PASI"][2, 0] = np.nan
    missed = replace(five, values=values)
    assert groups(stratum_of(several, missed, ("severe",))) == [[1, 2, 3], [0, 4]]


def test_a_center_is_a_number(several: Protocol, five: Records) -> None:
    stratum = stratum_of(several, five, ("center",))
    assert groups(stratum) == [[0, 2], [1], [3]]
    assert stratum.tolist()[-1] == -1


def test_several_factors_have_a_stratum_for_each_combination(
    several: Protocol, five: Records
) -> None:
    stratum = stratum_of(several, five, ("heavy", "center"))
    assert groups(stratum) == [[1], [3], [0, 2]]
    assert stratum.tolist()[-1] == -1
    assert groups(stratum_of(several, five, ("male", "severe"))) == [[1], [2], [3], [0, 4]]


def test_a_factor_that_nobody_recorded_leaves_everybody_without_a_stratum(
    several: Protocol, five: Records
) -> None:
    unknown = replace(five, facts={})
    assert stratum_of(several, unknown, ("center",)).tolist() == [-1] * 5


def test_strata_of_many_trials_part_people_as_those_of_each_alone(
    several: Protocol, five: Records
) -> None:
    other = replace(five, facts={**five.facts, "center": np.array([3.0, 3, 2, MISSING, 2])})
    both = joined((repeated(five, 1), repeated(other, 1)))
    together = stratum_of(several, both, ("center", "heavy"))
    for place, alone in enumerate((five, other)):
        stratum = stratum_of(several, alone, ("center", "heavy"))
        assert groups(together[place]) == groups(stratum)
        assert (together[place] < 0).tolist() == (stratum < 0).tolist()


def test_centers_come_as_numbers_in_the_table_of_participants(
    several: Protocol, five: Records, tmp_path: Path
) -> None:
    known = replace(five, facts={"center": np.array([1.0, 2, 1, 3, 2])})
    write_tables(known, tmp_path)
    header = (tmp_path / "participants.csv").read_text("utf-8").splitlines()[0]
    assert header == "participant,arm,received,center"
    again = read_records(tmp_path, several).records
    assert groups(stratum_of(several, again, ("center",))) == [[0, 2], [1, 4], [3]]
