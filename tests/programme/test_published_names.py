"""published.yaml speaks of the trial beside it: names that it does not have are errors."""

from pathlib import Path

import pytest

from wholetrial.programme.published import check_published
from wholetrial.programme.trials import check_trial
from wholetrial.protocol.protocol import Protocol

FOLDER = Path(__file__).resolve().parents[2] / "trials" / "NCT00320216"
TEXT = (FOLDER / "published.yaml").read_text("utf-8")

SLIPS = {
    "endpoint": (
        "  pasi_75_week_12:", "  pasi_57_week_12:",
        "10:3: error: results.pasi_57_week_12: expected the name of an endpoint, found 'pasi_57_week_12'; did you mean 'pasi_75_week_12'?",
    ),
    "arm": (
        "once_45: 33 of 64", "once_54: 33 of 64",
        "13:14: error: results.pasi_75_week_12.counts.once_54: expected the name of an arm or a role, found 'once_54'; did you mean 'once_45'?",
    ),
    "role": (
        "experimental: 200 of", "experimentl: 200 of",
        "27:14: error: results.any_ae.counts.experimentl: expected the name of an arm or a role, found 'experimentl'; did you mean 'experimental'?",
    ),
    "comparison": (
        "with placebo: 0.19", "with plazebo: 0.19",
        "28:5: error: results.any_ae.p_value: expected the name of an arm, found 'plazebo'; did you mean 'placebo'?",
    ),
    "analysis set": (
        "set: randomized", "set: randomised",
        "11:5: error: results.pasi_75_week_12.set: expected the name of an analysis set, found 'randomised'; did you mean 'randomized'?",
    ),
    "another trial": (
        "published: NCT00320216", "published: NCT00320219",
        "3:1: error: published: expected the trial beside it, found 'NCT00320219'; did you mean 'NCT00320216'?",
    ),
    "a share for a count": (
        "counts: {once_45: 33 of 64", "counts: {once_45: 52 %",
        "13:14: error: results.pasi_75_week_12.counts.once_45: expected a count with its total, found '52 %'; for instance 33 of 64",
    ),
    "a digit too many": (
        "counts: {once_45: 33 of 64", "counts: {once_45: 33 of 640",
        "13:14: warning: results.pasi_75_week_12.counts.once_45: '33 of 640' counts more people than the 64 that are planned",
    ),
    "more than all": (
        "33 of 64", "65 of 64",
        "13:23: error: results.pasi_75_week_12.counts.once_45: expected a value that holds together, found '65 of 64'; 65 of 64 is more than all of them",
    ),
    "a field": (
        "    counts: {once_45: 33", "    count: {once_45: 33",
        "13:5: error: results.pasi_75_week_12.count: expected a field of this language, found 'count'; did you mean 'counts'?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SLIPS)
def test_a_slip_in_the_published_results_is_said_at_its_place(
    krueger: Protocol, tmp_path: Path, kind: str
) -> None:
    old, new, said = SLIPS[kind]
    assert old in TEXT
    file = tmp_path / "published.yaml"
    file.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    (finding,) = check_published(file, krueger)
    assert str(finding).removeprefix(f"{file}:") == said


def test_what_ships_has_no_findings(krueger: Protocol) -> None:
    assert check_published(FOLDER / "published.yaml", krueger) == ()


def test_checking_a_trial_checks_what_is_published_beside_it(tmp_path: Path) -> None:
    (tmp_path / "trial.yaml").write_bytes((FOLDER / "trial.yaml").read_bytes())
    old, new, said = SLIPS["arm"]
    (tmp_path / "published.yaml").write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    _, findings = check_trial(tmp_path)
    assert [str(one) for one in findings if one.severity == "error"] == [
        f"{tmp_path / 'published.yaml'}:{said}"
    ]


def test_as_treated_more_people_than_planned_are_no_slip(krueger: Protocol) -> None:
    """67 were given placebo, 64 were to be: the set counts by treatment received."""
    assert "placebo: 48 of 67" in TEXT
    assert sum(arm.n for arm in krueger.arms.values() if arm.role == "control") == 64
    assert check_published(FOLDER / "published.yaml", krueger) == ()
