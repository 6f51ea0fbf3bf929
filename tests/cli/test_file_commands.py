"""list, new, check and describe: what they print, what they write, how they end."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from wholetrial.protocol.load import from_json, load

Invoke = Callable[..., Result]
ROOT = Path(__file__).resolve().parents[2]
TRIALS = ["NCT00320216", "NCT03424629", "NCT04537689", "NCT04979910", "NCT06374979"]


def test_list_shows_the_five_trials(invoke: Invoke) -> None:
    printed = invoke("list").stdout
    assert [line.split()[0] for line in printed.splitlines() if "NCT" in line] == TRIALS
    listed = json.loads(invoke("list", "--json").stdout)
    assert [(trial["trial"], trial["arms"], trial["n"]) for trial in listed] == [
        ("NCT00320216", 5, 320),
        ("NCT03424629", 3, 57),
        ("NCT04537689", 2, 40),
        ("NCT04979910", 1, 7),
        ("NCT06374979", 1, 50),
    ]


def test_new_writes_a_file_that_holds_describes_itself_and_runs(invoke: Invoke) -> None:
    made = invoke("new")
    assert made.stdout == "wrote trial.yaml; next: wholetrial check trial.yaml\n"
    checked = invoke("check", "trial.yaml")
    assert checked.exit_code == 0
    assert checked.stdout.splitlines()[-1].startswith("my_trial: no errors")
    assert invoke("describe", "trial.yaml").exit_code == 0
    assert invoke("run", "trial.yaml", "--replicates", "2").exit_code == 0


def test_the_starter_file_is_simulated(invoke: Invoke) -> None:
    invoke("new")
    assert "not yet simulated" not in invoke("run", "trial.yaml", "--replicates", "2").stdout


def test_new_never_overwrites(invoke: Invoke) -> None:
    Path("trial.yaml").write_text("a week of work")
    refused = invoke("new")
    assert refused.exit_code == 1
    assert refused.stderr == (
        "error: 'trial.yaml' exists, and is never overwritten; name another file\n"
    )
    assert Path("trial.yaml").read_text() == "a week of work"


def test_new_in_a_folder_that_is_not_there_says_so(invoke: Invoke) -> None:
    refused = invoke("new", "none/trial.yaml")
    assert (refused.exit_code, refused.stderr) == (
        1,
        "error: No such file or directory: none/trial.yaml\n",
    )


def test_new_leaves_no_half_file(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sign that no file can hold stands for a disk that fills up while writing."""
    monkeypatch.setattr("wholetrial.protocol.starter.starter_text", lambda: "half \ud800")
    assert invoke("new").exit_code == 1
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("trial", TRIALS)
def test_the_trials_that_ship_have_no_errors(invoke: Invoke, trial: str) -> None:
    checked = invoke("check", trial)
    assert checked.exit_code == 0
    assert checked.stdout.splitlines()[-1].startswith(f"{trial}: no errors, ")


def test_check_gives_every_finding_as_json(invoke: Invoke, krueger_text: str) -> None:
    text = krueger_text.replace("structure: parallel", "strcture: parallel", 1)
    Path("mine.yaml").write_text(text, encoding="utf-8")
    checked = invoke("check", "mine.yaml", "--json")
    assert checked.exit_code == 1
    assert json.loads(checked.stdout) == [
        {
            "file": "mine.yaml",
            "line": 19,
            "column": 3,
            "severity": "error",
            "path": "design.strcture",
            "expected": "a field of this language",
            "found": "'strcture'",
            "advice": "did you mean 'structure'?",
        }
    ]


def test_check_takes_a_folder_a_file_or_an_id(invoke: Invoke, krueger_text: str) -> None:
    Path("mine").mkdir()
    Path("mine/trial.yaml").write_text(krueger_text, encoding="utf-8")
    endings = {
        invoke("check", given).stdout.splitlines()[-1]
        for given in ("mine", "mine/trial.yaml", "NCT00320216")
    }
    assert len(endings) == 1


def test_describe_as_json_is_the_whole_protocol(invoke: Invoke) -> None:
    printed = invoke("describe", "NCT00320216", "--json").stdout
    assert from_json(printed) == load(ROOT / "trials" / "NCT00320216" / "trial.yaml")


def test_another_version_is_described_and_a_misspelt_one_names_the_nearest(invoke: Invoke) -> None:
    usual = invoke("describe", "NCT04979910").stdout
    other = invoke("describe", "NCT04979910", "--protocol-version", "placebo_controlled").stdout
    assert "single-arm" in usual
    assert "single-arm" not in other
    refused = invoke("describe", "NCT04979910", "--protocol-version", "placebo_controled")
    assert refused.exit_code == 1
    assert refused.stderr.rstrip().endswith(
        "error: versions: expected one of the versions placebo_controlled, "
        "found 'placebo_controled'; did you mean 'placebo_controlled'?"
    )


def test_a_version_of_a_file_without_versions_says_what_to_leave_out(invoke: Invoke) -> None:
    refused = invoke("describe", "NCT00320216", "--protocol-version", "two")
    assert refused.exit_code == 1
    assert refused.stderr.rstrip().endswith(
        "error: versions: expected a file with versions, found 'two'; leave the version out"
    )


def test_a_word_that_is_no_command_is_an_error_of_use(invoke: Invoke) -> None:
    assert invoke("lst").exit_code == 2
    assert invoke("check").exit_code == 2
    assert invoke("--version").stdout.startswith("wholetrial ")


VERBS = ["list", "new", "check", "describe", "run", "analyze", "randomize", "verify", "plan"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_has_help(invoke: Invoke, verb: str) -> None:
    helped = invoke(verb, "--help")
    assert helped.exit_code == 0
    _, _, what, *_ = helped.stdout.splitlines()
    assert len(what.split()) > 3
    assert f" {verb} " in invoke("--help").stdout
