"""Treatment strategies: withdrawn and given again at each relapse, for a course, or in place."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wholetrial.conditions.evaluate import MET, Situation, evaluate
from wholetrial.data.records import Records
from wholetrial.protocol.describe import describe
from wholetrial.protocol.design import Rule
from wholetrial.protocol.dose import Gift, read_gift
from wholetrial.protocol.load import load
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.reader import Reader
from wholetrial.simulation.simulate import prepare, simulate

ROOT = Path(__file__).resolve().parents[2]
REPLICATES = 4


@pytest.fixture(scope="module")
def strategies() -> Protocol:
    """Continuous, withdrawn and retreated, or at longer intervals; everybody comes, on the day."""
    protocol = load(ROOT / "examples" / "strategies" / "ixekizumab" / "trial.yaml")
    assert protocol.assumptions is not None
    off = {"missed_visits": None, "visit_days": None, "dropout": {}}
    assumed = protocol.assumptions.model_copy(update=off)
    return protocol.model_copy(update={"assumptions": assumed})


@pytest.fixture(scope="module")
def many(strategies: Protocol) -> Records:
    return simulate(prepare(strategies, seed=2007), range(REPLICATES))


def with_rule(protocol: Protocol, name: str, **changes: Any) -> Protocol:
    rule = protocol.rules[name].model_copy(update=changes)
    return protocol.model_copy(update={"rules": {**protocol.rules, name: rule}})


def dosed(records: Records, arm: str) -> np.ndarray:
    """Whether each participant of an arm was dosed on the day of each visit, `(people, V)`."""
    days = np.asarray([visit.day for visit in records.visits])
    on = records.exposures.day[..., None] == days
    return on.any(axis=-2)[records.arm == records.arms.index(arm)]


def met(protocol: Protocol, records: Records, term: str, arm: str) -> np.ndarray:
    """Whether each participant of an arm met a term at each visit, `(people, V)`."""
    found = [
        evaluate(protocol.terms[term], Situation(protocol, records, visit)) == MET
        for visit in records.visits
    ]
    return np.stack(found, axis=-1)[records.arm == records.arms.index(arm)]


def after_withdrawal(records: Records) -> list[int]:
    return [index for index, visit in enumerate(records.visits) if visit.day > 84]


def replayed(relapse: np.ndarray, well: np.ndarray, visits: list[int]) -> np.ndarray:
    """By hand, visit for visit: on at a relapse, off at PASI 90, on again at the next relapse."""
    treated = np.zeros(relapse.shape, bool)
    on = np.zeros(len(relapse), bool)
    for index in visits:
        ends = on & well[:, index]
        begins = ~on & relapse[:, index]
        on = (on & ~ends) | begins
        treated[:, index] = on
    return treated


def test_each_relapse_is_treated_until_pasi_90_and_again_at_the_next(
    strategies: Protocol, many: Records
) -> None:
    relapse, well = (met(strategies, many, term, "retreatment") for term in ("relapse", "PASI_90"))
    visits = after_withdrawal(many)
    expected = replayed(relapse, well, visits)
    found = dosed(many, "retreatment")
    np.testing.assert_array_equal(found[:, visits], expected[:, visits])
    starts = (expected[:, visits][:, 1:] & ~expected[:, visits][:, :-1]).sum(axis=-1)
    assert (starts >= 2).sum() > 100  # treated again, more than once


def test_once_treats_the_first_relapse_only(strategies: Protocol) -> None:
    once = with_rule(strategies, "retreat", repeat="once")
    records = simulate(prepare(once, seed=2007), range(1))
    found = dosed(records, "retreatment")[:, after_withdrawal(records)]
    starts = found[:, 0] + (found[:, 1:] & ~found[:, :-1]).sum(axis=-1)
    assert set(starts.tolist()) == {0, 1}


def test_without_an_end_the_treatment_goes_on(strategies: Protocol) -> None:
    endless = with_rule(strategies, "retreat", until=None)
    records = simulate(prepare(endless, seed=2007), range(1))
    found = dosed(records, "retreatment")[:, after_withdrawal(records)]
    assert not (found[:, :-1] & ~found[:, 1:]).any()


def test_a_course_has_its_length_and_begins_again_after_it(strategies: Protocol) -> None:
    give = read_gift(Reader("ixekizumab 80 mg every 4 weeks for 12 weeks"))
    course = with_rule(strategies, "retreat", give=give, until=None)
    records = simulate(prepare(course, seed=2007), range(2))
    relapse = met(course, records, "relapse", "retreatment")
    found = dosed(records, "retreatment")
    left, expected = np.zeros(len(relapse), int), np.zeros(relapse.shape, bool)
    for index in after_withdrawal(records):
        left = np.where((left == 0) & relapse[:, index], 3, left)
        expected[:, index] = left > 0
        left = np.maximum(left - 1, 0)
    later = after_withdrawal(records)
    np.testing.assert_array_equal(found[:, later], expected[:, later])


def test_shorter_intervals_take_the_place_of_the_planned_ones(
    strategies: Protocol, many: Records
) -> None:
    """Who relapses at longer intervals is dosed at every visit from then on, and once a day."""
    taper = many.arm == many.arms.index("taper")
    first = many.events["shorten"][taper]
    found = dosed(many, "taper")
    days = np.asarray([visit.day for visit in many.visits])
    changed = ~np.isnan(first)
    assert 0.1 < changed.mean() < 0.6
    after = changed[:, None] & (days >= first[:, None]) & (days <= 96 * 7)
    assert found[after].all()
    assert not found[~changed][:, days == 28 * 7].any()  # between the planned doses
    given = np.sort(many.exposures.day[taper], axis=-1)
    assert not (np.diff(given, axis=-1) == 0).any()


def test_more_drug_keeps_more_people_well(strategies: Protocol, many: Records) -> None:
    """Continuous, longer intervals, retreatment: in this order in doses and in response."""
    doses, well = [], []
    for arm in ("retreatment", "taper", "continuous"):
        mine = many.arm == many.arms.index(arm)
        doses.append((~np.isnan(many.exposures.day[mine])).sum(axis=-1).mean())
        well.append(met(strategies, many, "PASI_75", arm)[:, -1].mean())
    assert doses[0] < doses[1] < doses[2] == 8 - 1 + 22
    assert well[0] < well[1] < well[2]


def test_it_reads_aloud(strategies: Protocol) -> None:
    told = " ".join(describe(strategies).split())
    assert "receive ixekizumab 80 mg every 4 weeks if more than 50%" in told
    assert "this ends once PASI has improved by at least 90%" in told
    assert "it may begin again each time it has ended" in told
    assert "receive ixekizumab 80 mg every 4 weeks and no longer receive the doses planned" in told


@pytest.mark.parametrize(
    "text",
    [
        "drug 80 mg every 4 weeks",
        "drug 80 mg every week for 6 weeks",
        "drug as assigned every 8 weeks for 1 year",
        "drug 45 mg, 90 mg above 100 kg, every 12 weeks for 48 weeks",
    ],
)
def test_what_a_rule_gives_prints_as_it_was_written(text: str) -> None:
    gift = read_gift(Reader(text))
    assert str(gift) == text
    assert Gift.model_validate_json(gift.model_dump_json()) == gift


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"give": "drug 80 mg", "until": "PASI_90"}, "until ends what lasts"),
        ({"stop": "treatment", "repeat": "once"}, "go with what a rule gives"),
        ({"stop": "treatment", "instead": True}, "go with what a rule gives"),
        ({"give": "drug 80 mg every 0 weeks"}, "every day or less often"),
    ],
)
def test_rules_that_make_no_sense_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Rule.model_validate({"at": "week 12", **changes})
