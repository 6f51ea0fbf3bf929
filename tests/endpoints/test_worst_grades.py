"""Adverse events by grade: shares by the worst grade, and no zeros where nobody wrote grades."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from wholetrial.analysis.planned.analyze import analyze
from wholetrial.analysis.statistic import Statistic
from wholetrial.data.records import AdverseEvents, Records
from wholetrial.endpoints.derive import derive
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol

TRIALS = Path(__file__).resolve().parents[2] / "trials"
NAN = float("nan")
DAY = [[5.0, 20.0], [30.0, NAN], [NAN, NAN], [400.0, NAN], [3.0, 9.0]]
GRADE = [[1, 3], [2, 0], [0, 0], [4, 0], [0, 0]]  # the last has two events without a grade
SERIOUS = [[False, True], [False, False], [False, False], [True, False], [False, False]]


@pytest.fixture(scope="module")
def cells() -> Protocol:
    return load(TRIALS / "NCT03424629" / "trial.yaml")


def statistics(
    cells: Protocol, records_of: Callable[..., Records], grade: list[list[int]], endpoint: str
) -> list[Statistic]:
    happened = AdverseEvents(np.array(DAY), np.array(grade, np.int8), np.array(SERIOUS))
    records = records_of(cells, {"PASI": {"week 0": [20.0] * 5}}, adverse_events=happened)
    found = [
        statistic
        for outcomes in derive(cells, records, endpoint, "treated")
        for statistic in analyze(cells, "safety", [outcomes])
    ]
    return [one for one in found if one.name == "worst_grade" and one.arm == "low_dose"]


def test_the_worst_grade_of_each_participant_by_hand(
    cells: Protocol, records_of: Callable[..., Records]
) -> None:
    """Worst 3 and 2 inside 52 weeks, none, one after week 52; the fifth's grades are not known."""
    found = statistics(cells, records_of, GRADE, "all_ae")
    assert [one.at for one in found] == [f"week 0 to week 52, worst grade {g}" for g in range(1, 6)]
    assert [(int(one.count or 0), int(one.n)) for one in found] == [
        (0, 4), (1, 4), (1, 4), (0, 4), (0, 4)
    ]  # fmt: skip
    assert float(found[2].value) == 0.25
    assert {one.method for one in found} == {"clopper_pearson"}


def test_only_serious_events_count_for_their_worst_grade(
    cells: Protocol, records_of: Callable[..., Records]
) -> None:
    found = statistics(cells, records_of, GRADE, "all_sae")
    assert [(int(one.count or 0), int(one.n)) for one in found] == [
        (0, 5), (0, 5), (1, 5), (0, 5), (0, 5)
    ]  # fmt: skip


@pytest.mark.parametrize("endpoint", ["all_ae", "all_sae"])
def test_grades_that_nobody_wrote_are_no_zeros(
    cells: Protocol, records_of: Callable[..., Records], endpoint: str
) -> None:
    found = statistics(cells, records_of, [[0, 0]] * 5, endpoint)
    assert len(found) == 5
    assert np.isnan([one.value for one in found]).all()
    assert {one.why_none for one in found} == {"No grade of any adverse event was recorded."}
    assert {one.row("recorded")["value"] for one in found} == {None}
