"""Counts of two arms in strata, made of participants."""

from typing import Any

import numpy as np
import pytest

from wholetrial.analysis.responders.strata import stratified_counts


def people(replicates: int = 30, participants: int = 60) -> dict[str, np.ndarray]:
    random = np.random.default_rng(3)
    shape = (replicates, participants)
    arm = random.integers(0, 3, shape)
    return {
        "value": np.where(random.random(shape) < 0.1, np.nan, random.integers(0, 2, shape)),
        "arm_members": arm == 1,
        "control_members": arm == 0,
        "stratum": random.integers(0, 4, shape).astype(float),
    }


def test_counts_equal_a_loop_over_participants() -> None:
    data = people()
    found = stratified_counts(**data)
    assert found.events.shape == (30, 4)
    expected = np.zeros((4, 30, 4))
    for replicate, person in np.ndindex(data["value"].shape):
        value = data["value"][replicate, person]
        stratum = int(data["stratum"][replicate, person])
        for place, members in ((0, "arm_members"), (2, "control_members")):
            if data[members][replicate, person] and not np.isnan(value):
                expected[place, replicate, stratum] += value
                expected[place + 1, replicate, stratum] += 1
    np.testing.assert_array_equal(np.stack(found), expected)


def test_the_order_of_participants_does_not_matter_and_batches_equal_single_trials() -> None:
    data = people()
    order = np.random.default_rng(1).permutation(60)
    together = np.stack(stratified_counts(**data))
    shuffled = stratified_counts(**{name: part[:, order] for name, part in data.items()})
    np.testing.assert_array_equal(np.stack(shuffled), together)
    alone = stratified_counts(**{name: part[7] for name, part in data.items()}, strata=4)
    np.testing.assert_array_equal(np.stack(alone), together[:, 7])


def test_strata_shared_by_all_replicates_broadcast() -> None:
    data = people()
    shared = data["stratum"][0]
    found = stratified_counts(**{**data, "stratum": shared}, strata=6)
    repeated = stratified_counts(**{**data, "stratum": np.tile(shared, (30, 1))}, strata=6)
    np.testing.assert_array_equal(np.stack(found), np.stack(repeated))
    assert (found.participants[:, 4:] == 0).all()


def test_those_in_no_arm_or_without_a_value_need_no_stratum() -> None:
    found = stratified_counts([1, np.nan, 0, 1], [1, 1, 0, 0], [0, 0, 1, 0], [0, np.nan, 1, np.nan])
    np.testing.assert_array_equal(np.stack(found), [[1, 0], [1, 0], [0, 0], [0, 1]])


def test_nobody_counted_gives_empty_strata() -> None:
    found = stratified_counts([np.nan, 1], [1, 0], [0, 0], [0, 0])
    np.testing.assert_array_equal(np.stack(found), np.zeros((4, 1)))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"value": [1, 0.5, 0, 1]}, r"value of those in an arm must be true or false .*got 0\.5"),
        ({"stratum": [0, np.nan, 0, 1]}, "stratum must be a whole number from 0 .*got nan"),
        ({"stratum": [0, -1, 0, 1]}, "stratum must be a whole number from 0 .*got -1"),
        ({"stratum": [0, 1.5, 0, 1]}, r"stratum must be a whole number from 0 .*got 1\.5"),
        ({"control_members": [0, 1, 1, 1]}, "nobody may be a member of both arms"),
        ({"strata": 1}, "strata must be more than the largest number of a stratum, 1; got 1"),
        ({"value": [], "arm_members": [], "control_members": [], "stratum": []}, "at least one"),
        ({"stratum": [0, 1]}, "one common shape"),
    ],
)
def test_a_wrong_call_says_what_was_expected(changed: dict[str, Any], message: str) -> None:
    given = {
        "value": [1, 0, 0, 1],
        "arm_members": [1, 1, 0, 0],
        "control_members": [0, 0, 1, 1],
        "stratum": [0, 1, 0, 1],
        **changed,
    }
    with pytest.raises(ValueError, match=message):
        stratified_counts(**given)
