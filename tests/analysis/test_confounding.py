"""Where people choose their arm and both get the same: crude is wrong, weighting is right."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs"))

import confounding
from confounding import SETTINGS, STRONG_ODDS, Misled, Setting

FOUND = [Misled(**row) for row in json.loads(confounding.RESULTS.read_text("utf-8"))]


def test_a_crude_comparison_finds_what_is_not_there_and_the_weighted_one_does_not() -> None:
    """Drawn anew: 400 people who choose by strong odds, 64 trials."""
    crude, weighted = confounding.misled("now", Setting(400, STRONG_ODDS, 64))
    assert crude.difference > 6 * crude.error
    assert crude.holds < 0.75
    assert abs(weighted.difference) < 3.5 * weighted.error
    assert abs(weighted.difference) < crude.difference / 3
    assert weighted.holds > 0.9


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_the_page_shows_was_found_in_every_setting(setting: str) -> None:
    crude, weighted = (one for one in FOUND if one.setting == setting)
    assert [crude.comparison, weighted.comparison] == ["crude", "weighted"]
    assert crude.trials == weighted.trials == SETTINGS[setting].trials
    assert crude.difference > 3 * crude.error
    assert abs(weighted.difference) < crude.difference
    assert crude.error < 0.5


def test_in_the_world_of_the_page_both_arms_are_treated_alike() -> None:
    protocol = confounding.world(SETTINGS["40 people, the file's odds"])
    ixekizumab, control = protocol.arms.values()
    assert ixekizumab.doses == control.doses
    assert (ixekizumab.n, control.n, protocol.rules) == (20, 20, {})
    leaves = protocol.assumptions.dropout if protocol.assumptions else {}
    assert str(leaves["ixekizumab"]) == str(leaves["control"])
