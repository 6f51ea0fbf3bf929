"""What two versions of a protocol say differently, statement by statement."""

from pathlib import Path

import pytest

from wholetrial.protocol.describe import describe
from wholetrial.protocol.differences import Difference, differences
from wholetrial.protocol.load import load, load_bytes
from wholetrial.protocol.protocol import Protocol

FILE = Path(__file__).parents[2] / "trials" / "NCT04979910" / "trial.yaml"


@pytest.fixture(scope="module")
def versions() -> tuple[Protocol, Protocol]:
    """The depression trial: seven people on the drug, and the earlier design with placebo."""
    return load(FILE), load(FILE, version="placebo_controlled")


def test_the_open_label_and_the_placebo_controlled_version(
    versions: tuple[Protocol, Protocol],
) -> None:
    found = {one.path: (one.before, one.after) for one in differences(*versions)}
    assert found["design.structure"] == ("single_group", "parallel")
    assert found["design.masking"] == ("none", "participant, investigator")
    assert found["arms.ixekizumab.n"] == ("7", "14")
    assert found["arms.placebo"] == (
        "",
        "Placebo; role: control; n: 14; doses: placebo at weeks 0, 2, 4",
    )
    assert found["eligibility.include.S1.rule"] == (
        "age in 18 to 65 years",
        "age in 18 to 70 years",
    )
    assert found["analyses.primary.test"] == ("paired_t", "ancova")
    assert not [path for path in found if path.startswith(("provenance", "versions"))]


def test_a_protocol_does_not_differ_from_itself(versions: tuple[Protocol, Protocol]) -> None:
    assert differences(versions[0], versions[0]) == ()


def test_what_is_added_one_way_is_gone_the_other_way(versions: tuple[Protocol, Protocol]) -> None:
    there = {(one.path, one.before, one.after) for one in differences(*versions)}
    back = {(one.path, one.after, one.before) for one in differences(*reversed(versions))}
    assert there == back


CHANGES = {
    "n: 10": ("n: 12", Difference("arms.drug.n", "10", "12")),
    "PASI improvement >= 75 %": (
        "PASI improvement >= 90 %",
        Difference("terms.PASI_75", "PASI improvement >= 75 %", "PASI improvement >= 90 %"),
    ),
}


@pytest.mark.parametrize("old", CHANGES)
def test_one_change_is_one_difference(minimal: str, old: str) -> None:
    new, said = CHANGES[old]
    protocol = load_bytes(minimal.encode(), "trial.yaml")[0]
    changed = load_bytes(minimal.replace(old, new, 1).encode(), "trial.yaml")[0]
    assert said in differences(protocol, changed)
    assert len(differences(protocol, changed)) == 1


def test_a_description_tells_what_another_version_changes(
    versions: tuple[Protocol, Protocol],
) -> None:
    told = " ".join(describe(versions[0], {"placebo_controlled": versions[1]}).split())
    assert "Placebo controlled (2023-11), 28 participants instead of 7: " in told
    assert "arms ixekizumab n 14 instead of 7" in told
    assert "Other versions" not in describe(versions[0])
