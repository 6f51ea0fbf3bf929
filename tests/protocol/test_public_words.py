"""The words for volunteers may not contradict the design: a check says so, and where."""

from pathlib import Path

import pytest

from wholetrial.programme.trials import load, shipped_trials, trial_file
from wholetrial.protocol.check import check_file

SUMMARY = (
    "Do 12 weeks of ixekizumab clear guttate psoriasis that other drugs did not clear? Is it safe?"
)


def _said(tmp_path: Path, summary: str) -> list[str]:
    text = trial_file("NCT06374979").read_text(encoding="utf-8")
    assert SUMMARY in text
    file = tmp_path / "trial.yaml"
    file.write_text(text.replace(SUMMARY, summary), encoding="utf-8")
    _, findings = check_file(file)
    return [str(found) for found in findings if "the page says" in str(found)]


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        ("Is it better than placebo?", "public.summary: the page says 'placebo', and no arm is given one"),
        ("People are randomized.", "public.summary: the page says 'randomized', and nobody is randomized"),
        ("Your group is picked by chance.", "public.summary: the page says 'by chance', and nobody is randomized"),
        ("The trial is double-blind.", "public.summary: the page says 'double-blind', and nobody is masked"),
    ],
)  # fmt: skip
def test_words_that_the_design_does_not_bear_out_are_found(
    tmp_path: Path, summary: str, told: str
) -> None:
    (line,) = _said(tmp_path, summary)
    assert f"warning: {told}" in line


def test_words_that_deny_it_are_fine(tmp_path: Path) -> None:
    assert _said(tmp_path, "There is no placebo. All get the drug.") == []


@pytest.mark.parametrize("trial", shipped_trials())
def test_the_shipped_pages_do_not_contradict_their_trials(trial: str) -> None:
    assert load(trial).public is not None
    _, findings = check_file(trial_file(trial))
    assert not [str(found) for found in findings if "the page says" in str(found)]
