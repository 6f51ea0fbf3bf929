"""The strata of randomization are in the imputation model, as they are in the analysis."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from wholetrial.data.records import Records
from wholetrial.protocol.protocol import Protocol

Found = Callable[..., list]
RULE = "multiple imputation 12 times, jump to reference"
ESTIMATE = "mean_difference, rubin 95 %"


@pytest.mark.parametrize("name", ["mean_difference", "mean_change", "p_value"])
def test_two_strata_are_a_covariate_of_two_values(
    planned: Callable[..., Protocol], people: Records, found: Found, name: str
) -> None:
    center = np.where(people.facts["center"] > 1, 7.0, 3.0)
    assert 0 < (center == 7).sum() < len(center)
    halves = replace(people, facts={**people.facts, "center": center})
    within = planned("lower", ESTIMATE, "rubin", missing=RULE, strata=("center",))
    beside = planned(
        "lower", ESTIMATE, "rubin", missing=RULE, strata="ignored", adjust_for=("center",)
    )
    without = planned("lower", ESTIMATE, "rubin", missing=RULE, strata="ignored")
    ours, theirs, other = (found(plan, name, halves) for plan in (within, beside, without))
    assert len(ours) == len(theirs) == len(other) > 0
    values = [[float(one.value) for one in group] for group in (ours, theirs, other)]
    assert values[0] == pytest.approx(values[1], rel=1e-9)
    assert values[0] != pytest.approx(values[2], rel=1e-6)
    told = [one.note for one in other if "ignores the strata" in one.note]
    assert told == []  # this trial has none that it could ignore


def test_who_was_never_randomized_into_a_stratum_is_left_out(
    planned: Callable[..., Protocol], people: Records, found: Found
) -> None:
    center = people.facts["center"].astype(float).copy()
    center[:2] = np.nan
    some = replace(people, facts={**people.facts, "center": center})
    plan = planned("lower", ESTIMATE, "rubin", missing=RULE, strata=("center",))
    changes = found(plan, "mean_change", some)
    assert sum(int(one.n) for one in changes) == len(center) - 2
    assert not any(one.why_none for one in changes)
