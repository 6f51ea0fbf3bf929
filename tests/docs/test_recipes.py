"""The recipes of CONTRIBUTING, followed on a copy of the program, give what they promise."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The program and its trials, to be changed."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignored)
    shutil.copytree(ROOT / "trials", tmp_path / "trials", ignore=ignored)
    return tmp_path


def follow(heading: str, copy: Path) -> None:
    """Write the files of a recipe and apply its changes."""
    recipe = CONTRIBUTING.split(f"## {heading}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```(\w+) (\S+)\n(.*?)^```", recipe, re.S | re.M)
    assert blocks
    for language, file, block in blocks:
        path = copy / file
        path.write_text(changed(path.read_text("utf-8"), block) if language == "diff" else block)


def changed(text: str, difference: str) -> str:
    """A text with a difference applied, which must fit exactly once."""
    lines = difference.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if not line.startswith("+"))
    after = "".join(line[1:] for line in lines if not line.startswith("-"))
    assert text.count(before) == 1, f"the recipe does not fit: {before}"
    return text.replace(before, after)


def python(copy: Path, program: str, *arguments: str) -> str:
    """What a Python program prints that imports the copy."""
    path = f"import sys; sys.path.insert(0, {str(copy / 'src')!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", path + program, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=copy,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wholetrial(copy: Path, *arguments: str) -> str:
    """What a command of the copy prints."""
    return python(copy, "from wholetrial.cli import main; main()", *arguments)


def replace(file: Path, changes: dict[str, str]) -> None:
    """Change parts of a file, each of which stands in it."""
    text = file.read_text("utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, "utf-8")


def test_an_instrument_added_by_the_recipe_serves_a_trial_file(copy: Path) -> None:
    follow("Add an instrument", copy)
    wholetrial(copy, "new", "trial.yaml")
    own = '{own: "worst itch of the day, 0 (none) to 10 (worst)", range: 0 to 10}'
    replace(copy / "trial.yaml", {own: "itch_nrs"})
    assert "no errors" in wholetrial(copy, "check", "trial.yaml")


def test_a_method_added_by_the_recipe_is_computed_and_matches_r(copy: Path) -> None:
    """R 4.2.2, Agresti-Coull of 2 of 5, not clipped: 0.1159866 to 0.7709098."""
    follow("Add a statistical method", copy)
    wholetrial(copy, "new", "trial.yaml")
    replace(
        copy / "trial.yaml",
        {
            "    of: [dlqi_change]\n": "    of: [clear_week_12]\n",
            "    estimate: mean_change, student_t 95 %\n": (
                "    estimate: proportion, agresti_coull 95 %\n"
            ),
        },
    )
    write_data(copy / "data")
    assert "40% (12 to 77)" in wholetrial(copy, "analyze", "trial.yaml", "--data", "data")
    program = """
        import doctest
        from wholetrial.analysis.responders import proportions
        interval = proportions.agresti_coull(2, 5)
        print(f"{interval.low:.7f} {interval.high:.7f} {doctest.testmod(proportions).failed}")
    """
    assert python(copy, dedent(program)).split() == ["0.1159866", "0.7709098", "0"]


def write_data(folder: Path) -> None:
    """Ten participants; two of five under the antibody are clear at week 12."""
    arms = {"A": ("antibody", (0, 0, 9, 9, 9)), "C": ("placebo", (18, 18, 18, 18, 18))}
    people, scores = ["participant,arm"], ["participant,visit,measure,value"]
    for letter, (arm, week_12) in arms.items():
        for number, score in enumerate(week_12):
            people.append(f"{letter}{number},{arm}")
            scores.append(f"{letter}{number},week 0,PASI,20")
            scores.append(f"{letter}{number},week 12,PASI,{score}")
    folder.mkdir()
    (folder / "participants.csv").write_text("\n".join(people), "utf-8")
    (folder / "observations.csv").write_text("\n".join(scores), "utf-8")


def test_a_trial_added_by_the_recipe_ships_and_runs(copy: Path) -> None:
    folder = copy / "trials" / "NCT01234567"
    folder.mkdir()
    wholetrial(copy, "new", "trials/NCT01234567/trial.yaml")
    replace(folder / "trial.yaml", {"trial: my_trial": "trial: NCT01234567"})
    follow("Add a trial", copy)
    assert "NCT01234567" in wholetrial(copy, "list")
    assert "no errors" in wholetrial(copy, "check", "trials/NCT01234567/trial.yaml")
    assert "NCT01234567" in wholetrial(copy, "describe", "NCT01234567")
    printed = wholetrial(copy, "run", "NCT01234567", "--replicates", "20")
    assert "28/40" in printed
